// A network made ready for the kernels: the tasks of each step, and their weights in order.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "engine/fused/buffer.h"
#include "engine/fused/description.h"
#include "engine/fused/kernels/kernels.h"
#include "engine/fused/pack.h"

namespace seesaw::fused {

/** The picture in memory: a row and a column of zeros lie above and left of it. */
inline constexpr int kPaddedSize = kInputSize + 1;
inline constexpr int kImageRow = kPaddedSize * 3;

/** A part of the channels of an expansion and its depthwise convolution: one task. */
struct ExpandPart {
  Packed pointwise;
  Buffer depthwise;  // [9][channels], then the biases
  int in_offset = 0;
  int first = 0;  // channel of the middle
};

/** A convolution with swish followed by a depthwise one with swish. */
struct Expansion {
  std::vector<ExpandPart> parts;  // the longest first
  Runs runs[2];                   // of each range's inputs
  std::vector<int> range;         // of each part
  int middle = 0, rows = 0, stride = 1;
  std::ptrdiff_t in_pixel = 0, in_row = 0;
};

struct Projection {
  ProjectionInput input;
  Packed pointwise;
  int column = 0;  // the first output channel
};

/** One block of the network, its weights packed for the kernels. */
struct PlannedBlock {
  Expansion expansion;
  PackedLinear down, up;
  std::array<Projection, 2> projections;
  Shortcut shortcut = Shortcut::None;
  Packed shortcut_conv;
  int in = 0, out = 0, size = 0;  // channels; width of the result
};

struct Plan {
  Expansion stem;
  std::vector<PlannedBlock> stages;
  std::vector<ExpandPart> head;  // each a convolution, then a weighted sum over all pixels
  int head_pixels = 0;
  PackedLinear embed;
  std::size_t numbers = 0;  // in all buffers
};

/**
 * How many numbers a plan and the memory it works in may have together: 1 GB, as all blobs of a
 * network that NCNN runs.
 */
inline constexpr std::size_t kMaxNumbers = std::size_t{1} << 28;
/** @throws Error ModelInvalid when there are more */
void check_numbers(std::size_t numbers);

/**
 * @param bgr     whether the network's first channel is blue; the picture's always is
 * @param threads that the tasks are to be dealt out to
 * @throws Error ModelInvalid when it takes too much memory
 */
Plan make_plan(const Description& net, bool bgr, const Kernels& kernels, int threads);

}  // namespace seesaw::fused
