// What the jobs of floats and those of bytes have in common: where the steps of a plan find what
// they read, and where they write.
#pragma once

#include <cstddef>

#include "engine/fused/kernels/kernels.h"
#include "engine/fused/plan.h"
#include "engine/fused/workspace.h"

namespace seesaw::fused {

/** A part of an expansion and its depthwise convolution; `packed` are the convolution's weights. */
template <typename Job, typename Number, typename PackedType>
void set_expansion(Job& job, const Expansion& e, int number, const Number* in,
                   const PackedType& packed, float* out, Workspace& space, Scratch& scratch) {
  const ExpandPart& part = e.parts[number];
  job.in = in + part.in_offset;
  job.in_pixel = e.in_pixel;
  job.in_row = e.in_row;
  job.runs = e.runs[e.range[number]];
  job.rows = job.columns = e.rows;
  job.panels = packed.panels.data();
  job.panel_count = static_cast<int>(packed.panels.size());
  job.channels = packed.outputs;
  job.weight = part.depthwise.data();
  job.bias = job.weight + 9 * job.channels;
  job.stride = e.stride;
  job.out = out + part.first;
  job.out_pixel = e.middle;
  job.sums = space.sums.data() + part.first;
  job.ring = scratch.ring.data();
  job.zeros = space.zeros.data();
}

/** One of a block's projections, of all pixels; its panels are the caller's to set. */
template <typename Job, typename Number>
void set_projection(Job& job, const PlannedBlock& stage, const Projection& projection,
                    const Number* middle, int channels, float* out) {
  job.in = middle + projection.input.offset;
  job.in_pixel = stage.expansion.middle;
  job.runs = projection.input.runs;
  job.out = out + projection.column;
  job.out_pixel = stage.out;
  job.groups = stage.size * stage.size / kGroup;
  job.channels = channels;
  job.store = stage.shortcut == Shortcut::None ? Store::Linear : Store::Add;
}

}  // namespace seesaw::fused
