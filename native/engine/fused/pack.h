// Weights in the order in which the kernels read them.
#pragma once

#include <functional>
#include <vector>

#include "engine/fused/buffer.h"
#include "engine/fused/description.h"
#include "engine/fused/kernels/kernels.h"

namespace seesaw::fused {

/** A linear map as panels. */
struct Packed {
  Buffer data;
  std::vector<Panel> panels;
  int inputs = 0, outputs = 0;

  std::size_t largest_panel(int lanes) const;
};

/** The map of a picture, whose numbers are as large as they are, into swish. */
Linear picture_into_swish(const Linear& map, const SwishUnits& units);
/** The map of activations, which are `units.out` times as large in memory, into swish. */
Linear into_swish(const Linear& map, const SwishUnits& units);
/** The map of activations into memory, beside the results of swish. */
Linear into_memory(const Linear& map, const SwishUnits& units);

/** input(k) is the column of `map` that the k-th input in the kernel's order belongs to. */
using InputOrder = std::function<int(int)>;

/** Output channels [first, first + count) of a map. */
Packed pack(const Linear& map, int first, int count, const InputOrder& input,
            const Kernels& kernels);

/** Where one of the two projections finds its inputs, which lie in the order of the expansion. */
struct ProjectionInput {
  int offset = 0;
  Runs runs;
  InputOrder order;
};
ProjectionInput projection_input(const Block& block, int which);

/** The position after the shuffle of a channel in the order of the expansion. */
int shuffled(const Block& block, int channel);

/** What weights and biases are multiplied by. */
struct Factors {
  float weight, bias;
};

/**
 * The weights of `depthwise` as [taps][channels], then its biases, the channels renamed by
 * `position`.
 */
Buffer pack_depthwise(const Depthwise& depthwise, int first, int count,
                      const std::function<int(int)>& position, const Factors& factors);

/** A small linear layer, for LinearJob; output j and input k are renamed, weights times `scale`. */
struct PackedLinear {
  Buffer weight, bias, slope;
  int inputs = 0, outputs = 0;
  int padded = 0;  // outputs in whole panels
};
PackedLinear pack_linear(const Linear& map, const std::vector<float>& slope,
                         const std::function<int(int)>& output,
                         const std::function<int(int)>& input, float scale, const Kernels& kernels);

}  // namespace seesaw::fused
