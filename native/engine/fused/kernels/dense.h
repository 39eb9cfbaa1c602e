// Fully connected layers, weights times gates, and the depthwise convolution of a whole map.
// Part of impl.h.
#pragma once

#include "engine/fused/kernels/activation.h"

inline void linear(const LinearJob& job) {
  constexpr int kWidth = kLinearVectors * kLanes;
  const float* w = job.weight;
  for (int o = 0; o < job.outputs; o += kWidth) {
    // Two sets of sums, as each would wait for itself otherwise.
    V even[kLinearVectors], odd[kLinearVectors];
    SEESAW_UNROLL
    for (int j = 0; j < kLinearVectors; ++j) {
      even[j] = Simd::load(job.bias + o + j * kLanes);
      odd[j] = Simd::splat(0);
    }
    int k = 0;
#ifdef SEESAW_LANE_FMA
    for (; k + 4 <= job.inputs; k += 4, w += 4 * kWidth) {
      const V a = Simd::load(job.in + k);
      SEESAW_UNROLL
      for (int j = 0; j < kLinearVectors; ++j) {
        const float* at = w + j * kLanes;
        even[j] = Simd::fma_lane<0>(Simd::load(at), a, even[j]);
        odd[j] = Simd::fma_lane<1>(Simd::load(at + kWidth), a, odd[j]);
        even[j] = Simd::fma_lane<2>(Simd::load(at + 2 * kWidth), a, even[j]);
        odd[j] = Simd::fma_lane<3>(Simd::load(at + 3 * kWidth), a, odd[j]);
      }
    }
#endif
    for (; k + 2 <= job.inputs; k += 2, w += 2 * kWidth) {
      const V a = Simd::splat(job.in[k]), b = Simd::splat(job.in[k + 1]);
      SEESAW_UNROLL
      for (int j = 0; j < kLinearVectors; ++j) {
        even[j] = Simd::fma(a, Simd::load(w + j * kLanes), even[j]);
        odd[j] = Simd::fma(b, Simd::load(w + kWidth + j * kLanes), odd[j]);
      }
    }
    if (k < job.inputs) {
      const V a = Simd::splat(job.in[k]);
      SEESAW_UNROLL
      for (int j = 0; j < kLinearVectors; ++j) {
        even[j] = Simd::fma(a, Simd::load(w + j * kLanes), even[j]);
      }
      w += kWidth;
    }
    SEESAW_UNROLL
    for (int j = 0; j < kLinearVectors; ++j) {
      V value = Simd::add(even[j], odd[j]);
      if (job.activation == Activation::Sigmoid) {
        // Not-a-number may hold bits that the exponential takes for an exponent: 0 x keeps it one,
        // where infinity times 0 would be a new one. In this order min and max leave it as it is.
        value = Simd::max(Simd::splat(-125), Simd::min(Simd::splat(125), value));
        value = Simd::fma(value, Simd::splat(0), sigmoid(value));
      }
      if (job.activation == Activation::PReLU) {
        value = Simd::prelu(value, Simd::load(job.slope + o + j * kLanes));
      }
      Simd::store(job.out + o + j * kLanes, value);
    }
  }
}

template <int N>
inline void scale_rows_of(const float* from, const Runs& runs, const float* gates, float* to) {
  for (int r = 0; r < runs.count; ++r) {
    const float* gate = gates + r * runs.stride;
    int k = 0;
#ifdef SEESAW_LANE_FMA
    for (; k + 4 <= runs.length; k += 4, from += 4 * N * kLanes, to += 4 * N * kLanes) {
      const V factors = Simd::load(gate + k);
      SEESAW_UNROLL
      for (int j = 0; j < N; ++j) {
        const std::ptrdiff_t at[] = {j * kLanes, (N + j) * kLanes, (2 * N + j) * kLanes,
                                     (3 * N + j) * kLanes};
        Simd::store(to + at[0], Simd::mul_lane<0>(Simd::load(from + at[0]), factors));
        Simd::store(to + at[1], Simd::mul_lane<1>(Simd::load(from + at[1]), factors));
        Simd::store(to + at[2], Simd::mul_lane<2>(Simd::load(from + at[2]), factors));
        Simd::store(to + at[3], Simd::mul_lane<3>(Simd::load(from + at[3]), factors));
      }
    }
#endif
    for (; k < runs.length; ++k, from += N * kLanes, to += N * kLanes) {
      const V factor = Simd::splat(gate[k]);
      SEESAW_UNROLL
      for (int j = 0; j < N; ++j) {
        Simd::store(to + j * kLanes, Simd::mul(Simd::load(from + j * kLanes), factor));
      }
    }
  }
}

inline void scale_rows(const float* from, const Runs& runs, const float* gates, int columns,
                       float* to) {
  switch (columns / kLanes) {
    case 1:
      return scale_rows_of<1>(from, runs, gates, to);
    case 2:
      return scale_rows_of<2>(from, runs, gates, to);
    default:
      return scale_rows_of<3>(from, runs, gates, to);
  }
}

inline void reduce(const float* in, const float* weight, const float* bias, int pixels,
                   int channels, std::ptrdiff_t weight_pixel, float* out) {
  for (int c = 0; c < channels; c += kLanes) {
    V even = Simd::load(bias + c), odd = Simd::splat(0);
    int p = 0;
    for (; p + 2 <= pixels; p += 2) {
      even = Simd::fma(Simd::load(in + p * channels + c), Simd::load(weight + p * weight_pixel + c),
                       even);
      odd = Simd::fma(Simd::load(in + (p + 1) * channels + c),
                      Simd::load(weight + (p + 1) * weight_pixel + c), odd);
    }
    if (p < pixels) {
      even = Simd::fma(Simd::load(in + p * channels + c), Simd::load(weight + p * weight_pixel + c),
                       even);
    }
    Simd::store(out + c, Simd::add(even, odd));
  }
}
