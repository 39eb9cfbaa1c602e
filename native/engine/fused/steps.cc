#include "engine/fused/steps.h"

#include <algorithm>

#include "engine/fused/jobs.h"

namespace seesaw::fused {

void Steps::expand(const Expansion& e, int index, const float* in, float* out,
                   Scratch& scratch) const {
  ExpandDepthwiseJob job;
  set_expansion(job, e, index, in, e.parts[index].pointwise, out, space_, scratch);
  kernels_.expand_depthwise(job);
}

/** The maxima of 2 x 2 pixels. */
void Steps::pool_row(const PlannedBlock& stage, const float* in, int row) const {
  const std::ptrdiff_t channels = stage.in, width = std::ptrdiff_t(stage.expansion.rows);
  for (int x = 0; x < stage.size; ++x) {
    const float* a = in + (2 * row * width + 2 * x) * channels;
    const float* b = a + width * channels;
    float* to = space_.pooled.data() + (std::ptrdiff_t(row) * stage.size + x) * channels;
    for (int c = 0; c < channels; ++c) {
      to[c] = std::max(std::max(a[c], a[c + channels]), std::max(b[c], b[c + channels]));
    }
  }
}

void Steps::shortcut_row(const PlannedBlock& stage, const float* in, float* out, int row) const {
  PointwiseJob job;
  if (stage.shortcut == Shortcut::PoolConv) {
    pool_row(stage, in, row);
    job.in = space_.pooled.data() + std::ptrdiff_t(row) * stage.size * stage.in;
    job.in_pixel = stage.in;
  } else {
    job.in = in + std::ptrdiff_t(2) * row * stage.expansion.rows * stage.in;
    job.in_pixel = std::ptrdiff_t(2) * stage.in;
  }
  job.out = out + std::ptrdiff_t(row) * stage.size * stage.out;
  job.out_pixel = stage.out;
  job.groups = stage.size / kGroup;
  job.runs = {1, 0, stage.in};
  job.panels = stage.shortcut_conv.panels.data();
  job.panel_count = static_cast<int>(stage.shortcut_conv.panels.size());
  job.channels = stage.out;
  job.store = Store::Swish;
  kernels_.pointwise(job);
}

void Steps::squeeze_excite(const PlannedBlock& stage, Scratch& scratch) const {
  LinearJob job;
  job.in = space_.sums.data();
  job.inputs = stage.down.inputs;
  job.outputs = stage.down.outputs;
  job.weight = stage.down.weight.data();
  job.bias = stage.down.bias.data();
  job.slope = stage.down.slope.data();
  job.activation = Activation::PReLU;
  job.out = scratch.hidden.data();
  kernels_.linear(job);
  job.in = scratch.hidden.data();
  job.inputs = stage.up.inputs;
  job.outputs = stage.up.outputs;
  job.weight = stage.up.weight.data();
  job.bias = stage.up.bias.data();
  job.activation = Activation::Sigmoid;
  job.out = scratch.gates.data();
  kernels_.linear(job);
}

PointwiseJob Steps::projection_job(const PlannedBlock& stage, const Projection& projection,
                                   float* out) const {
  PointwiseJob job;
  set_projection(job, stage, projection, space_.middle.data(), projection.pointwise.outputs, out);
  return job;
}

/** The panel with its weights times the gates of their inputs, in `to`. */
Panel Steps::fold(const Projection& projection, const Panel& panel, const Scratch& scratch,
                  float* to) const {
  Panel folded = panel;
  kernels_.scale_rows(panel.weight, projection.input.runs,
                      scratch.gates.data() + projection.input.offset,
                      panel.vectors * kernels_.lanes, to);
  folded.weight = to;
  return folded;
}

int Steps::panel_count(const PlannedBlock& stage) {
  const auto& [first, second] = stage.projections;
  return static_cast<int>(first.pointwise.panels.size() + second.pointwise.panels.size());
}

void Steps::project_panel(const PlannedBlock& stage, int panel, float* out,
                          Scratch& scratch) const {
  const int second = static_cast<int>(stage.projections[1].pointwise.panels.size());
  const bool later = panel < second;  // the larger ones go first
  const Projection& projection = stage.projections[later ? 1 : 0];
  const Panel folded = fold(projection, projection.pointwise.panels[later ? panel : panel - second],
                            scratch, scratch.folded.data());
  PointwiseJob job = projection_job(stage, projection, out);
  job.panels = &folded;
  job.panel_count = 1;
  kernels_.pointwise(job);
}

void Steps::fold_projections(const PlannedBlock& stage, Scratch& scratch) const {
  float* to = scratch.folded.data();
  for (const int which : {0, 1}) {
    const Projection& projection = stage.projections[which];
    std::vector<Panel>& panels = scratch.panels[which];
    panels.clear();  // what it takes is reserved: nothing may throw on a worker
    for (const Panel& panel : projection.pointwise.panels) {
      panels.push_back(fold(projection, panel, scratch, to));
      to += std::size_t(projection.pointwise.inputs) * panel.vectors * kernels_.lanes;
    }
  }
}

void Steps::project_groups(const PlannedBlock& stage, int first, int count, float* out,
                           const Scratch& scratch) const {
  for (const int which : {0, 1}) {
    PointwiseJob job = projection_job(stage, stage.projections[which], out);
    job.in += first * kGroup * job.in_pixel;
    job.out += first * kGroup * job.out_pixel;
    job.groups = count;
    job.panels = scratch.panels[which].data();
    job.panel_count = static_cast<int>(scratch.panels[which].size());
    kernels_.pointwise(job);
  }
}

void Steps::head(int index, const float* in, Scratch& scratch) const {
  const ExpandPart& part = plan_.head[index];
  const int width = part.pointwise.outputs;
  PointwiseJob job;
  job.in = in;
  job.in_pixel = part.pointwise.inputs;
  job.out = scratch.ring.data();
  job.out_pixel = width;
  job.groups = plan_.head_pixels / kGroup;
  job.runs = {1, 0, part.pointwise.inputs};
  job.panels = part.pointwise.panels.data();
  job.panel_count = static_cast<int>(part.pointwise.panels.size());
  job.channels = width;
  job.store = Store::Swish;
  kernels_.pointwise(job);
  kernels_.reduce(scratch.ring.data(), part.depthwise.data(),
                  part.depthwise.data() + std::ptrdiff_t(plan_.head_pixels) * width,
                  plan_.head_pixels, width, width, space_.features.data() + part.first);
}

int Steps::embed_parts() const { return plan_.embed.padded / (kLinearVectors * kernels_.lanes); }

void Steps::embed(int part) const {
  const PackedLinear& map = plan_.embed;
  const int width = kLinearVectors * kernels_.lanes;
  LinearJob job;
  job.in = space_.features.data();
  job.inputs = map.inputs;
  job.outputs = width;
  job.weight = map.weight.data() + std::size_t(part) * width * map.inputs;
  job.bias = map.bias.data() + part * width;
  job.out = space_.embedding.data() + part * width;
  kernels_.linear(job);
}

}  // namespace seesaw::fused
