// The int8 kernels for 64-bit ARM with the dot product instructions of ARMv8.2.
#include <arm_neon.h>

#include "engine/fused/int8/kernel_tables.h"
#include "engine/fused/kernels/kernel_tables.h"

#define SEESAW_LANE_FMA
#define SEESAW_LANE_DOT

namespace seesaw::fused {
namespace {

#include "engine/fused/kernels/simd_neon.h"

struct Dot {
  using I = int32x4_t;
  using Bytes = int8x16_t;
  static constexpr int kStoredLess = 128;  // both factors have a sign

  static I splat(int x) { return vdupq_n_s32(x); }
  static I load(const std::int32_t* p) { return vld1q_s32(p); }
  static I mul(I a, I b) { return vmulq_s32(a, b); }
  static Bytes load_weights(const std::int8_t* p) { return vld1q_s8(p); }
  static Bytes load_bytes(const std::uint8_t* p) { return vreinterpretq_s8_u8(vld1q_u8(p)); }
  static Bytes splat_bytes(const std::uint8_t* p) {
    std::int32_t four;
    __builtin_memcpy(&four, p, 4);
    return vreinterpretq_s8_s32(vdupq_n_s32(four));
  }
  static I dot(I sum, Bytes bytes, Bytes weights) { return vdotq_s32(sum, weights, bytes); }
  template <int kLane>
  static I dot_lane(I sum, Bytes weights, Bytes bytes) {
    return vdotq_laneq_s32(sum, weights, bytes, kLane);
  }
  static float32x4_t to_float(I x) { return vcvtq_f32_s32(x); }
  static void store_bytes(std::uint8_t* p, float32x4_t v, I zero) {
    // The conversion and the addition saturate, and so does the narrowing to -128 ... 127.
    const I q = vqaddq_s32(vcvtnq_s32_f32(v), vsubq_s32(zero, splat(kStoredLess)));
    const int16x4_t words = vqmovn_s32(q);
    const int8x8_t bytes = vqmovn_s16(vcombine_s16(words, words));
    const std::int32_t four = vget_lane_s32(vreinterpret_s32_s8(bytes), 0);
    __builtin_memcpy(p, &four, 4);
  }
};

#include "engine/fused/int8/kernels_impl.h"

}  // namespace

const int8::Int8Kernels int8::kDotprod{
    "dotprod", &kNeon, Dot::kStoredLess, pointwise_of_bytes, expand_depthwise_of_bytes,
    quantise,  range};

}  // namespace seesaw::fused
