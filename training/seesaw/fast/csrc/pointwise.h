// Uneven 1x1 convolutions, forward and backward, with what stands around them.
#pragma once

#include <vector>

#include "gemm.h"
#include "norm.h"
#include "parallel.h"
#include "source.h"

namespace seesaw {

struct Range {
  int in, depth, out, width;  // columns [in, in + depth) of the input make [out, out + width)
};

// A part of the matrix of all ranges that is multiplied as one, in whole vectors.
struct Tile {
  Range range;
  size_t at;  // where its weights begin
};

// One or two 1x1 convolutions side by side. Where a boundary between ranges is no multiple of the
// lanes, the vector across it is a tile of its own that reads both ranges, with zeros where an
// output does not depend on an input.
struct Pointwise {
  int in_channels = 0, out_channels = 0;
  std::vector<Range> ranges;
  std::vector<Tile> forward_tiles;   // whole vectors of outputs
  std::vector<Tile> backward_tiles;  // whole vectors of inputs
  std::vector<float> transposed;     // each forward tile: [depth][width]
  std::vector<float> weight;         // each backward tile: [width][depth], as its gradient

  void add_range(int depth, int width);
  // `weights` as the module holds them; column[k] is the module's column for input channel k.
  void set_weights(const std::vector<const float*>& weights, const std::vector<int>& column);
  // Weight gradient, from this order back to the module's, one pointer a range.
  void unload(const float* gradient, const std::vector<int>& column,
              const std::vector<float*>& out) const;
  size_t gradient_size() const { return weight.size(); }

  template <bool kStats>
  void forward(int rows, const float* x, float* y, float* sum, float* square) const {
    for (const auto& [r, at] : forward_tiles) {
      multiply<kStats>(rows, r.width, r.depth, x + r.in, in_channels, transposed.data() + at,
                       r.width, y + r.out, out_channels, kStats ? sum + r.out : nullptr,
                       kStats ? square + r.out : nullptr);
    }
  }
  void backward_input(int rows, const float* dy, float* dx) const;
  void backward_weight(int rows, const float* x, const float* dy, float* gradient) const;
};

// x = source; y = pointwise(x); column sums and square sums of y into `stats`.
void pointwise_forward(const Source<float>& source, const Pointwise& pointwise, int batch,
                       int pixels, float* x, float* y, Partials* stats);

// `dt` is the gradient after the norm of y. Writes the gradient after the source's norm to `dx`
// (there, `residual` of the source is only a flag) and the sums its backward pass needs to `sums`.
// `residual_gradient`, when not null, is added to dx; it may be the same memory.
void pointwise_backward(const float* dt, const float* y, const Norm& norm, const float* x,
                        const Pointwise& pointwise, const Source<float>& source,
                        const float* residual_gradient, int batch, int pixels, float* dx,
                        Partials* sums, Partials* weight_gradient);

}  // namespace seesaw
