// Sums for ARM with NEON, 32 and 64 bits: bytes widened to 16 bits, products added in 32 bits.
#include <arm_neon.h>

#include "gallery/kernels/kernel_tables.h"

namespace seesaw::gallery {
namespace {

inline int32x4_t added(int32x4_t sum, int16x8_t row, int16x8_t query) {
  sum = vmlal_s16(sum, vget_low_s16(row), vget_low_s16(query));
  return vmlal_s16(sum, vget_high_s16(row), vget_high_s16(query));
}

inline std::int32_t total(int32x4_t sum) {
  const int32x2_t half = vadd_s32(vget_low_s32(sum), vget_high_s32(sum));
  return vget_lane_s32(vpadd_s32(half, half), 0);
}

/** Of `kRows` rows, so that the query is loaded once for them. */
template <int kRows>
void group(const std::int8_t* rows, std::size_t stride, const std::int16_t* words,
           std::int32_t* sums) {
  int32x4_t sum[kRows][2];
  for (auto& pair : sum) pair[0] = pair[1] = vdupq_n_s32(0);
  for (std::size_t j = 0; j < stride; j += 16) {
    const int16x8_t first = vld1q_s16(words + j), second = vld1q_s16(words + j + 8);
    for (int i = 0; i < kRows; ++i) {
      const int8x16_t bytes = vld1q_s8(rows + i * stride + j);
      sum[i][0] = added(sum[i][0], vmovl_s8(vget_low_s8(bytes)), first);
      sum[i][1] = added(sum[i][1], vmovl_s8(vget_high_s8(bytes)), second);
    }
  }
  for (int i = 0; i < kRows; ++i) sums[i] = total(vaddq_s32(sum[i][0], sum[i][1]));
}

void sums_of(const std::int8_t* rows, std::size_t count, std::size_t stride,
             const QueryNumbers& query, std::int32_t* sums) {
  std::size_t i = 0;
  for (; i + 4 <= count; i += 4) group<4>(rows + i * stride, stride, query.words.data(), sums + i);
  for (; i < count; ++i) group<1>(rows + i * stride, stride, query.words.data(), sums + i);
}

}  // namespace

const Kernels kNeon{"neon", sums_of};

}  // namespace seesaw::gallery
