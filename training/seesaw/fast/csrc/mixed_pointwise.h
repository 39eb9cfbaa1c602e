// Uneven 1x1 convolutions of feature maps in bfloat16, with what stands around them: as
// pointwise.h.
#pragma once

#include "norm.h"
#include "packed.h"
#include "source.h"

#ifdef __AVX512BF16__

namespace seesaw {

// Adds the sums and square sums of `rows` rows of products, `blocks` blocks wide, to `sum` and
// `square`, and keeps the rows.
inline void keep_products(int rows, int blocks, const float* from, Bf16* to, ptrdiff_t to_row,
                          float* sum, float* square) {
  if (blocks == 1) {
    Vec s{}, q{};
    for (int r = 0; r < rows; ++r) {
      const Vec v = load(from + r * kPairSide);
      s += v;
      q += v * v;
      store(to + r * to_row, v);
    }
    add_to(sum, s);
    add_to(square, q);
    return;
  }
  Vec s0{}, s1{}, q0{}, q1{};
  for (int r = 0; r < rows; ++r) {
    const Vec a = load(from + r * kPairSide), b = load(from + r * kPairSide + kSide);
    s0 += a;
    s1 += b;
    q0 += a * a;
    q1 += b * b;
    store_pair(to + r * to_row, a, b);
  }
  add_to(sum, s0);
  add_to(sum + kSide, s1);
  add_to(square, q0);
  add_to(square + kSide, q1);
}

// Rows of the gradient before a norm: take * dt + pull * y + offset, from feature maps
// `channels` wide.
inline void before_norm(const Norm& norm, int channels, int rows, const Bf16* dt, const Bf16* y,
                        Bf16* dy) {
  for (int c = 0; c < channels; c += 2 * kLanes) {
    const Vec take[2] = {load(&norm.take[c]), load(&norm.take[c + kLanes])},
              pull[2] = {load(&norm.pull[c]), load(&norm.pull[c + kLanes])},
              offset[2] = {load(&norm.offset[c]), load(&norm.offset[c + kLanes])};
    for (int r = 0; r < rows; ++r) {
      const ptrdiff_t at = static_cast<ptrdiff_t>(r) * channels + c;
      fetch_ahead(dt + at + static_cast<ptrdiff_t>(rows) * channels);
      fetch_ahead(y + at + static_cast<ptrdiff_t>(rows) * channels);
      const auto value = [&](int i) {
        return load(dt + at + i * kLanes) * take[i] +
               (load(y + at + i * kLanes) * pull[i] + offset[i]);
      };
      store_pair(dy + at, value(0), value(1));
    }
  }
}

inline int whole_depths(int rows) { return (rows + kDepth - 1) / kDepth * kDepth; }

// Scratch memory for rows of bfloat16, with room for a block of rows behind them.
inline Bf16* mixed_scratch(int slot, int rows, int channels) {
  return reinterpret_cast<Bf16*>(scratch(slot, static_cast<size_t>(rows + kSide) * channels / 2));
}

void pointwise_forward(const Source<Bf16>& source, const MixedPointwise& pointwise, int batch,
                       int pixels, Bf16* x, Bf16* y, Partials* stats);
void pointwise_backward(const Bf16* dt, const Bf16* y, const Norm& norm, const Bf16* x,
                        const MixedPointwise& pointwise, const Source<Bf16>& source,
                        const Bf16* residual_gradient, int batch, int pixels, Bf16* dx,
                        Partials* sums, Partials* weight_gradient);

}  // namespace seesaw

#endif
