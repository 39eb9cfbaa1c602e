// Sums for 64-bit ARM with the dot product instructions of ARMv8.2: high and low bytes of the query
// on their own. All is modulo 2^32, and the result fits.
#include <arm_neon.h>

#include "gallery/kernels/kernel_tables.h"

namespace seesaw::gallery {
namespace {

/** Of `kRows` rows, so that the query is loaded once for them. */
template <int kRows>
void group(const std::int8_t* rows, std::size_t stride, const QueryNumbers& query,
           std::int32_t* sums) {
  int32x4_t high[kRows], low[kRows];
  for (int i = 0; i < kRows; ++i) high[i] = low[i] = vdupq_n_s32(0);
  for (std::size_t j = 0; j < stride; j += 16) {
    const int8x16_t above = vld1q_s8(query.high.data() + j), below = vld1q_s8(query.low.data() + j);
    for (int i = 0; i < kRows; ++i) {
      const int8x16_t bytes = vld1q_s8(rows + i * stride + j);
      high[i] = vdotq_s32(high[i], bytes, above);
      low[i] = vdotq_s32(low[i], bytes, below);
    }
  }
  for (int i = 0; i < kRows; ++i) sums[i] = vaddvq_s32(vaddq_s32(vshlq_n_s32(high[i], 8), low[i]));
}

void sums_of(const std::int8_t* rows, std::size_t count, std::size_t stride,
             const QueryNumbers& query, std::int32_t* sums) {
  std::size_t i = 0;
  for (; i + 4 <= count; i += 4) group<4>(rows + i * stride, stride, query, sums + i);
  for (; i < count; ++i) group<1>(rows + i * stride, stride, query, sums + i);
}

}  // namespace

const Kernels kDotprod{"dotprod", sums_of};

}  // namespace seesaw::gallery
