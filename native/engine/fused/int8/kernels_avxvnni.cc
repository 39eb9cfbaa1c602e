// The int8 kernels for AVX2 with AVX-VNNI.
#include <immintrin.h>

#include "engine/fused/int8/kernel_tables.h"
#include "engine/fused/kernels/kernel_tables.h"

namespace seesaw::fused {
namespace {

#include "engine/fused/kernels/simd_avx2.h"

struct Dot {
  using I = __m256i;
  using Bytes = __m256i;
  static constexpr int kStoredLess = 0;

  static I splat(int x) { return _mm256_set1_epi32(x); }
  static I load(const std::int32_t* p) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  }
  static I mul(I a, I b) { return _mm256_mullo_epi32(a, b); }
  static Bytes load_weights(const std::int8_t* p) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  }
  static Bytes splat_bytes(const std::uint8_t* p) {
    int four;
    __builtin_memcpy(&four, p, 4);
    return _mm256_set1_epi32(four);
  }
  static I dot(I sum, Bytes bytes, Bytes weights) {
    // Not the intrinsic: see the AVX-512 one.
    __asm__("%{vex%} vpdpbusd %2, %1, %0" : "+x"(sum) : "x"(bytes), "x"(weights));
    return sum;
  }
  static __m256 to_float(I x) { return _mm256_cvtepi32_ps(x); }
  static void store_bytes(std::uint8_t* p, __m256 v, I zero) {
    const I q = _mm256_add_epi32(_mm256_cvtps_epi32(v), zero);
    // Both packs work within halves: the low half of each holds what is wanted.
    const I words = _mm256_packs_epi32(q, q);
    const I bytes = _mm256_packus_epi16(words, words);
    const int low = _mm_cvtsi128_si32(_mm256_castsi256_si128(bytes));
    const int high = _mm_cvtsi128_si32(_mm256_extracti128_si256(bytes, 1));
    __builtin_memcpy(p, &low, 4);
    __builtin_memcpy(p + 4, &high, 4);
  }
};

#include "engine/fused/int8/kernels_impl.h"

}  // namespace

const int8::Int8Kernels int8::kAvxVnni{
    "avxvnni", &kAvx2, Dot::kStoredLess, pointwise_of_bytes, expand_depthwise_of_bytes,
    quantise,  range};

}  // namespace seesaw::fused
