// The int8 kernels for AVX-512 with VNNI.
#include <immintrin.h>

#include "engine/fused/int8/kernel_tables.h"
#include "engine/fused/kernels/kernel_tables.h"

namespace seesaw::fused {
namespace {

#include "engine/fused/kernels/simd_avx512.h"

struct Dot {
  using I = __m512i;
  using Bytes = __m512i;
  static constexpr int kStoredLess = 0;

  static I splat(int x) { return _mm512_set1_epi32(x); }
  static I load(const std::int32_t* p) { return _mm512_loadu_si512(p); }
  static I mul(I a, I b) { return _mm512_mullo_epi32(a, b); }
  static Bytes load_weights(const std::int8_t* p) { return _mm512_loadu_si512(p); }
  static Bytes splat_bytes(const std::uint8_t* p) {
    int four;
    __builtin_memcpy(&four, p, 4);
    return _mm512_set1_epi32(four);
  }
  static I dot(I sum, Bytes bytes, Bytes weights) {
    // Not the intrinsic: GCC 12 copies its sums from register to register, or to memory.
    __asm__("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(bytes), "v"(weights));
    return sum;
  }
  static __m512 to_float(I x) { return _mm512_cvtepi32_ps(x); }
  static void store_bytes(std::uint8_t* p, __m512 v, I zero) {
    const I q =
        _mm512_max_epi32(_mm512_add_epi32(_mm512_cvtps_epi32(v), zero), _mm512_setzero_si512());
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm512_cvtusepi32_epi8(q));
  }
};

#include "engine/fused/int8/kernels_impl.h"

}  // namespace

const int8::Int8Kernels int8::kAvx512Vnni{
    "avx512vnni", &kAvx512, Dot::kStoredLess, pointwise_of_bytes, expand_depthwise_of_bytes,
    quantise,     range};

}  // namespace seesaw::fused
