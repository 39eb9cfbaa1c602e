// Sigmoid and swish of the fused kernels. Part of impl.h.
#pragma once

/** 1 + e^-x. */
inline __attribute__((always_inline)) V denominator(V x) {
  // e^-x = 2^n 2^f, n whole and |f| <= 1/2. Beyond 2^127 no exponent is left; the order of the
  // arguments is such that not-a-number stays what it is, also where the second of two is taken.
  const V t = Simd::min(Simd::splat(125), Simd::mul(x, Simd::splat(-1.44269504088896341f)));
  const V u = Simd::max(Simd::splat(-125), t);
  // Adding 1.5 * 2^23 rounds to a whole number, which is left in the low bits.
  const V magic = Simd::splat(12582912.0f);
  const V rounded = Simd::add(u, magic);
  const V f = Simd::sub(u, Simd::sub(rounded, magic));
  V p = Simd::splat(kExp2[5]);
  SEESAW_UNROLL
  for (int i = 4; i >= 0; --i) p = Simd::fma(p, f, Simd::splat(kExp2[i]));
  return Simd::add(Simd::scale_exponent(p, rounded), Simd::splat(1));
}
inline __attribute__((always_inline)) V sigmoid(V x) {
  return Simd::divide(Simd::splat(1), denominator(x));
}

#ifdef SEESAW_LANE_FMA
using Swish = Simd::Swish;
#else
constexpr SwishUnits kSwishUnits{1, 1};
struct Swish {
  template <int kCount>
  inline __attribute__((always_inline)) void apply(V (&x)[kCount]) const {
    SEESAW_UNROLL
    for (int i = 0; i < kCount; ++i) x[i] = Simd::divide(x[i], denominator(x[i]));
  }
};
#endif

/** Swish of all of them, kStep at a time. */
template <int kStep, int kCount>
inline __attribute__((always_inline)) void swish(const Swish& activation, V (&x)[kCount]) {
  SEESAW_UNROLL
  for (int i = 0; i + kStep <= kCount; i += kStep) {
    V some[kStep];
    SEESAW_UNROLL
    for (int j = 0; j < kStep; ++j) {
      some[j] = x[i + j];
#ifdef SEESAW_LANE_FMA
      // Not before the last ones are done: the registers are full.
      if (i > 0) __asm__("" : "+w"(some[j]) : "w"(x[i - kStep + j]));
#endif
    }
    activation.apply(some);
    SEESAW_UNROLL
    for (int j = 0; j < kStep; ++j) x[i + j] = some[j];
  }
  if constexpr (kCount % kStep != 0) {
    constexpr int kRest = kCount % kStep, kDone = kCount - kRest;
    V some[kRest];
    for (int j = 0; j < kRest; ++j) some[j] = x[kDone + j];
    activation.apply(some);
    for (int j = 0; j < kRest; ++j) x[kDone + j] = some[j];
  }
}
