// Sixteen floats at a time with AVX-512, else eight: one register. Wider than a register, vectors
// live in memory and cost more than they save. GCC vector extensions keep the kernels free of
// instruction-set names.
#pragma once

#include <cstdint>
#include <cstring>

#ifdef __AVX__
#include <immintrin.h>
#endif

namespace seesaw {

#ifdef __AVX512F__
constexpr int kLanes = 16;
#else
constexpr int kLanes = 8;
#endif
constexpr int kVecBytes = kLanes * sizeof(float);

typedef float Vec __attribute__((vector_size(kVecBytes)));
typedef int32_t IntVec __attribute__((vector_size(kVecBytes)));
typedef float LooseVec __attribute__((vector_size(kVecBytes), aligned(4), may_alias));

inline Vec load(const float* p) { return *reinterpret_cast<const LooseVec*>(p); }
inline void store(float* p, Vec v) { *reinterpret_cast<LooseVec*>(p) = v; }
// x - 0 is x for every x, so this is a broadcast and nothing else.
inline Vec splat(float x) { return x - Vec{}; }
inline void add_to(float* p, Vec v) { store(p, load(p) + v); }

// A vector that lies as two halves.
constexpr int kHalf = kLanes / 2;

inline Vec load_halves(const float* low, const float* high) {
#ifdef __AVX512DQ__
  return (Vec)_mm512_insertf32x8(_mm512_castps256_ps512(_mm256_loadu_ps(low)),
                                 _mm256_loadu_ps(high), 1);
#elif defined(__AVX__)
  return (Vec)_mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(low)), _mm_loadu_ps(high),
                                   1);
#else
  Vec v;
  std::memcpy(&v, low, kHalf * sizeof(float));
  std::memcpy(reinterpret_cast<float*>(&v) + kHalf, high, kHalf * sizeof(float));
  return v;
#endif
}

inline void store_halves(float* low, float* high, Vec v) {
  std::memcpy(low, &v, kHalf * sizeof(float));
  std::memcpy(high, reinterpret_cast<const float*>(&v) + kHalf, kHalf * sizeof(float));
}

#ifdef __AVX512BF16__
// The upper half of a float, rounded to nearest: how feature maps are kept where the processor
// multiplies such numbers. Arithmetic on them is done in float.
struct Bf16 {
  uint16_t bits;
};

inline Vec widen(__m256i v) { return (Vec)_mm512_slli_epi32(_mm512_cvtepu16_epi32(v), 16); }
inline __m256i narrow(Vec v) { return (__m256i)_mm512_cvtneps_pbh((__m512)v); }
inline __m256i load_bits(const Bf16* p) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
}
inline void store_bits(Bf16* p, __m256i v) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), v);
}
inline Vec load(const Bf16* p) { return widen(load_bits(p)); }
inline void store(Bf16* p, Vec v) { store_bits(p, narrow(v)); }
// Two vectors of neighbours: a whole cache line.
inline void store_pair(Bf16* p, Vec low, Vec high) {
  _mm512_storeu_si512(p, (__m512i)_mm512_cvtne2ps_pbh((__m512)high, (__m512)low));
}
#endif

// Asks for a cache line that will be read, or written, about one tile later. The feature maps of a
// batch do not fit the caches, and rows of one channel group are too far apart for the hardware to
// guess. An address past the end does no harm.
inline void fetch_ahead(const void* p) { __builtin_prefetch(p, 0, 2); }

inline Vec reciprocal(Vec x) {
#ifdef __AVX512F__
  // 14 good bits, then one Newton step: enough for float.
  const Vec y = (Vec)_mm512_rcp14_ps((__m512)x);
  return y * (splat(2.0f) - x * y);
#elif defined(__AVX__)
  // 12 good bits, then one Newton step.
  const Vec y = (Vec)_mm256_rcp_ps((__m256)x);
  return y * (splat(2.0f) - x * y);
#else
  return splat(1.0f) / x;
#endif
}

// 1 / (1 + e^-x). e^-x = 2^n * 2^f with n an integer and |f| <= 1/2; 2^f by its Taylor series to
// the sixth power (relative error 1e-7). Arguments are clamped to where float still has exponents.
inline Vec sigmoid(Vec x) {
  Vec t = x * splat(-1.44269504088896341f);
  const Vec top = splat(126.0f);
  t = t < top ? t : top;
  t = t > -top ? t : -top;
  // Adding 1.5 * 2^23 rounds to an integer and leaves that integer in the low bits.
  const Vec magic = splat(12582912.0f);
  const Vec rounded = t + magic;
  const Vec f = t - (rounded - magic);
  Vec p = splat(1.5403530393381608e-4f);
  p = p * f + splat(1.3333558146428443e-3f);
  p = p * f + splat(9.6181291076284772e-3f);
  p = p * f + splat(5.5504108664821580e-2f);
  p = p * f + splat(2.4022650695910072e-1f);
  p = p * f + splat(6.9314718055994531e-1f);
  p = p * f + splat(1.0f);
  const IntVec exponent = (IntVec)rounded << 23;
  const Vec e = (Vec)((IntVec)p + exponent);
  return reciprocal(splat(1.0f) + e);
}

inline Vec swish(Vec x) { return x * sigmoid(x); }

// d swish(x) / dx = s + x s (1 - s), s the sigmoid.
inline Vec swish_slope(Vec x) {
  const Vec s = sigmoid(x);
  return s + x * s * (splat(1.0f) - s);
}

// The sigmoid as exact as a feature map of `Number` deserves.
template <class Number>
inline Vec sigmoid_for(Vec x) {
  return sigmoid(x);
}

#ifdef __AVX512BF16__
// Relative error 2e-4, where the last place of Bf16 is 4e-3: a cubic and the bare reciprocal.
template <>
inline Vec sigmoid_for<Bf16>(Vec x) {
  const __m512 t = (__m512)(x * splat(-1.44269504088896341f));
  const __m512 f = _mm512_reduce_ps(t, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  Vec p = splat(0.0551716736f);
  p = p * (Vec)f + splat(0.242611157f);
  p = p * (Vec)f + splat(0.693260988f);
  p = p * (Vec)f + splat(0.999928071f);
  // Scaling saturates by itself: neither infinity nor zero needs a clamp.
  const Vec e = (Vec)_mm512_scalef_ps((__m512)p, _mm512_sub_ps(t, f));
  return (Vec)_mm512_rcp14_ps((__m512)(e + splat(1.0f)));
}
#endif

template <class Number>
inline Vec swish_for(Vec x) {
  return x * sigmoid_for<Number>(x);
}

// Returns swish(x) and sets its slope.
template <class Number>
inline Vec activate(Vec x, Vec* slope) {
  const Vec s = sigmoid_for<Number>(x);
  const Vec v = x * s;
  *slope = s + v * (splat(1.0f) - s);
  return v;
}

}  // namespace seesaw
