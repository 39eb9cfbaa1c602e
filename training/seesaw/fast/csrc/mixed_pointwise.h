// Uneven 1x1 convolutions of feature maps in bfloat16, with what stands around them: as
// pointwise.h.
#pragma once

#include "norm.h"
#include "packed.h"
#include "source.h"

#ifdef __AVX512BF16__

namespace seesaw {

constexpr int kFetchedRows = 32;  // how far ahead memory is asked for

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

// Rows of the gradient before a norm, take * dt + pull * y + offset, from feature maps `channels`
// wide: as rows, and as `count` rows in pairs, of which those from `rows` on are zeros.
inline void before_norm(const Norm& norm, int channels, int rows, int count, const Bf16* dt,
                        const Bf16* y, Bf16* dy, Bf16* dy_pairs) {
  const float *take = norm.take.data(), *pull = norm.pull.data(), *offset = norm.offset.data();
  const ptrdiff_t ahead = static_cast<ptrdiff_t>(kFetchedRows) * channels;
  for (int r = 0; r < count; r += 2) {
    const ptrdiff_t row = static_cast<ptrdiff_t>(r) * channels;
    for (int c = 0; c < channels; c += kLanes) {
      const auto value = [&](ptrdiff_t at) {
        fetch_ahead(dt + at + ahead);
        fetch_ahead(y + at + ahead);
        const __m256i v = narrow(load(dt + at) * load(take + c) +
                                 (load(y + at) * load(pull + c) + load(offset + c)));
        store_bits(dy + at, v);
        return _mm512_cvtepu16_epi32(v);
      };
      __m512i both = _mm512_setzero_si512();
      if (r < rows) both = value(row + c);
      if (r + 1 < rows) {
        both = _mm512_or_si512(both, _mm512_slli_epi32(value(row + channels + c), 16));
      }
      _mm512_storeu_si512(dy_pairs + row + 2 * c, both);
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
