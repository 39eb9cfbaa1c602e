#include "engine/fused/int8/steps.h"

#include <algorithm>
#include <utility>

#include "engine/fused/jobs.h"

namespace seesaw::fused::int8 {
namespace {

/** The least value of swish, x / (1 + e^-x), which it has at x = -1.2785. */
constexpr float kLeastSwish = -0.27846455f;

std::size_t input_size(const fused::PlannedBlock& stage) {
  return std::size_t(stage.expansion.rows) * stage.expansion.rows * stage.in;
}

std::size_t middle_size(const fused::PlannedBlock& stage) {
  return std::size_t(stage.size) * stage.size * stage.expansion.middle;
}

template <typename Size>
std::size_t most(const Plan& plan, const Size& size) {
  std::size_t most = 0;
  for (const fused::PlannedBlock& stage : plan.stages)
    most = std::max<std::size_t>(most, size(stage));
  return most;
}

}  // namespace

Steps::Steps(const Plan& plan, std::vector<QuantisedBlock> stages, const Int8Kernels& kernels,
             Workspace& space)
    : plan_(plan),
      stages_(std::move(stages)),
      kernels_(kernels),
      space_(space),
      input_(most(plan, input_size)),
      peaks_(most(plan, [](const fused::PlannedBlock& stage) { return stage.expansion.middle; })) {}

Local Steps::make_local() const {
  const std::size_t channels = most(plan_, [](const fused::PlannedBlock& stage) {
    return std::max(stage.in, stage.expansion.middle);
  });
  return {{}, Buffer(channels), std::vector<std::uint8_t>(most(plan_, middle_size))};
}

void Steps::find_input_levels(int index, const float* in, Local& local) const {
  const fused::PlannedBlock& stage = plan_.stages[index];
  float low = 0, high = 0;
  kernels_.range(in, input_size(stage), low, high);
  local.levels = levels_between(low, high);
  std::fill_n(local.factors.data(), stage.in, 1 / local.levels.scale);
}

void Steps::quantise_row(int index, int row, const float* in, const Local& local) {
  // All threads find the same levels; one of them says them to those that had no row to do.
  if (row == 0) input_levels_ = local.levels;
  const fused::PlannedBlock& stage = plan_.stages[index];
  const std::size_t offset = std::size_t(row) * stage.expansion.rows * stage.in;
  QuantiseJob job;
  job.in = in + offset;
  job.pixels = stage.expansion.rows;
  job.channels = stage.in;
  job.factors = local.factors.data();
  job.zero = local.levels.zero;
  job.out = input_.data() + offset;
  kernels_.quantise(job);
}

void Steps::expand(int index, int number, float* out, fused::Scratch& scratch) {
  const Expansion& e = plan_.stages[index].expansion;
  ExpandDepthwiseJob job;
  set_expansion(job, e, number, std::as_const(input_).data(), stages_[index].expand[number], out,
                space_, scratch);
  job.levels = input_levels_;
  job.peaks = peaks_.data() + e.parts[number].first;
  kernels_.expand_depthwise(job);
}

void Steps::find_middle_levels(int index, const fused::Scratch& scratch, Local& local) const {
  const int channels = plan_.stages[index].expansion.middle;
  const float* gates = scratch.gates.data();
  float high = 0, gate = 0;
  for (int c = 0; c < channels; ++c) {
    high = std::max(high, peaks_.data()[c] * gates[c]);
    gate = std::max(gate, gates[c]);
  }
  local.levels = levels_between(kLeastSwish * kernels_.floats->swish.out * gate, high);
  const float inverse = 1 / local.levels.scale;
  for (int c = 0; c < channels; ++c) local.factors[c] = gates[c] * inverse;
}

void Steps::quantise_middle(int index, int first, int groups, Local& local) const {
  const int channels = plan_.stages[index].expansion.middle;
  QuantiseJob job;
  job.in = space_.middle.data() + std::ptrdiff_t(first) * kGroup * channels;
  job.pixels = groups * kGroup;
  job.channels = channels;
  job.factors = local.factors.data();
  job.zero = local.levels.zero;
  job.out = local.bytes.data();
  kernels_.quantise(job);
}

PointwiseJob Steps::projection_job(int index, int which, float* out, const Local& local) const {
  const fused::PlannedBlock& stage = plan_.stages[index];
  const Projection& projection = stage.projections[which];
  const Packed& packed = stages_[index].project[which];
  PointwiseJob job;
  set_projection(job, stage, projection, local.bytes.data(), packed.outputs, out);
  job.levels = local.levels;
  job.panels = packed.panels.data();
  job.panel_count = static_cast<int>(packed.panels.size());
  return job;
}

int Steps::panel_count(int index) const {
  const auto& [first, second] = stages_[index].project;
  return static_cast<int>(first.panels.size() + second.panels.size());
}

void Steps::project_panel(int index, int panel, float* out, const Local& local) const {
  const int second = static_cast<int>(stages_[index].project[1].panels.size());
  const bool later = panel < second;  // the larger ones go first
  PointwiseJob job = projection_job(index, later ? 1 : 0, out, local);
  job.panels += later ? panel : panel - second;
  job.panel_count = 1;
  kernels_.pointwise(job);
}

void Steps::project_groups(int index, int first, int count, float* out, const Local& local) const {
  for (const int which : {0, 1}) {
    PointwiseJob job = projection_job(index, which, out, local);
    job.out += std::ptrdiff_t(first) * kGroup * job.out_pixel;
    job.groups = count;
    kernels_.pointwise(job);
  }
}

}  // namespace seesaw::fused::int8
