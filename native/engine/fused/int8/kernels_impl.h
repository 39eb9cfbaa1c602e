// The int8 kernels, written once over a vector type: with kernels_impl.h, which it
// includes, and under the same rules.
//
// Dot gives: I, a vector of as many 32-bit integers as Simd has floats; kStoredLess; splat, load,
// mul; dot(sum, bytes, weights), which adds four products to each sum; splat_bytes, which repeats
// four bytes; to_float; store_bytes(to, V, zero).

#include "engine/fused/kernels_impl.h"

/** See FloatTile. */
struct ByteTile {
  using Number = std::uint8_t;
  using PanelType = int8::Panel;
  static constexpr bool kPeaks = true;

  template <int G, int N, Store kStore, typename Job>
  static inline __attribute__((always_inline)) void run(const Job& job,
                                                        const std::uint8_t* const (&in)[G],
                                                        const int8::Panel& panel,
                                                        float* const (&out)[G],
                                                        std::ptrdiff_t out_pixel, int last_lanes) {
    using I = Dot::I;
    const std::ptrdiff_t in_pixel = job.in_pixel;
    const Runs runs = job.runs;
    const std::int8_t* w = panel.weight;
    // sum of w (byte - zero) = sum of w stored + (stored_less - zero) times the sum of w
    const I offset = Dot::splat(Dot::kStoredLess - job.levels.zero);
    I sum[G * kGroup][N];
    SEESAW_UNROLL
    for (int j = 0; j < N; ++j) {
      const I start = Dot::mul(offset, Dot::load(panel.total + j * kLanes));
      SEESAW_UNROLL
      for (int i = 0; i < G * kGroup; ++i) sum[i][j] = start;
    }
    for (int r = 0; r < runs.count; ++r) {
      const std::uint8_t* a[G];
      SEESAW_UNROLL
      for (int g = 0; g < G; ++g) a[g] = in[g] + r * runs.stride;
      int k = 0;
#ifdef SEESAW_LANE_DOT
      // Sixteen input channels of each pixel in one register, taken four by four.
      for (; k + 16 <= runs.length; k += 16) {
        Dot::Bytes left[G * kGroup];
        SEESAW_UNROLL
        for (int i = 0; i < G * kGroup; ++i) {
          left[i] = Dot::load_bytes(a[i / kGroup] + (i % kGroup) * in_pixel + k);
        }
#define SEESAW_LANE(lane)                                                                        \
  {                                                                                              \
    Dot::Bytes right[N];                                                                         \
    SEESAW_UNROLL                                                                                \
    for (int j = 0; j < N; ++j) right[j] = Dot::load_weights(w + j * 4 * kLanes);                \
    w += N * 4 * kLanes;                                                                         \
    SEESAW_UNROLL                                                                                \
    for (int i = 0; i < G * kGroup; ++i) {                                                       \
      SEESAW_UNROLL                                                                              \
      for (int j = 0; j < N; ++j) sum[i][j] = Dot::dot_lane<lane>(sum[i][j], right[j], left[i]); \
    }                                                                                            \
  }
        SEESAW_LANE(0)
        SEESAW_LANE(1)
        SEESAW_LANE(2)
        SEESAW_LANE(3)
#undef SEESAW_LANE
      }
#endif
      for (; k < runs.length; k += 4) {
        Dot::Bytes right[N];
        SEESAW_UNROLL
        for (int j = 0; j < N; ++j) right[j] = Dot::load_weights(w + j * 4 * kLanes);
        w += N * 4 * kLanes;
        SEESAW_UNROLL
        for (int i = 0; i < G * kGroup; ++i) {
          const Dot::Bytes left = Dot::splat_bytes(a[i / kGroup] + (i % kGroup) * in_pixel + k);
          SEESAW_UNROLL
          for (int j = 0; j < N; ++j) sum[i][j] = Dot::dot(sum[i][j], left, right[j]);
        }
      }
    }
    const V scale = Simd::splat(job.levels.scale);
    V factor[N], bias[N];
    SEESAW_UNROLL
    for (int j = 0; j < N; ++j) {
      factor[j] = Simd::mul(scale, Simd::load(panel.scale + j * kLanes));
      bias[j] = Simd::load(panel.bias + j * kLanes);
    }
    V value[G * kGroup][N];
    SEESAW_UNROLL
    for (int i = 0; i < G * kGroup; ++i) {
      SEESAW_UNROLL
      for (int j = 0; j < N; ++j) {
        value[i][j] = Simd::fma(Dot::to_float(sum[i][j]), factor[j], bias[j]);
      }
    }
    store_tile<G, N, kStore>(value, out, out_pixel, last_lanes);
  }
};

inline void pointwise_of_bytes(const int8::PointwiseJob& job) { pointwise_by<ByteTile>(job); }

inline void expand_depthwise_of_bytes(const int8::ExpandDepthwiseJob& job) {
  expand_depthwise_by<ByteTile>(job);
}

inline void quantise(const int8::QuantiseJob& job) {
  const Dot::I zero = Dot::splat(job.zero);
  for (int c = 0; c < job.channels; c += kLanes) {
    const V factor = Simd::load(job.factors + c);
    const float* from = job.in + c;
    std::uint8_t* to = job.out + c;
    for (int p = 0; p < job.pixels; ++p, from += job.channels, to += job.channels) {
      Dot::store_bytes(to, Simd::mul(Simd::load(from), factor), zero);
    }
  }
}

inline void range(const float* in, std::size_t count, float& low, float& high) {
  // Four of each, as each would wait for itself otherwise.
  constexpr int kEach = 16 / kLanes > 4 ? 16 / kLanes : 4;
  V least[kEach], greatest[kEach];
  SEESAW_UNROLL
  for (int j = 0; j < kEach; ++j) {
    least[j] = Simd::splat(low);
    greatest[j] = Simd::splat(high);
  }
  std::size_t i = 0;
  for (; i + kEach * kLanes <= count; i += kEach * kLanes) {
    SEESAW_UNROLL
    for (int j = 0; j < kEach; ++j) {
      const V value = Simd::load(in + i + j * kLanes);
      least[j] = Simd::min(least[j], value);
      greatest[j] = Simd::max(greatest[j], value);
    }
  }
  for (; i < count; i += kLanes) {
    const V value = Simd::load(in + i);
    least[0] = Simd::min(least[0], value);
    greatest[0] = Simd::max(greatest[0], value);
  }
  SEESAW_UNROLL
  for (int j = 1; j < kEach; ++j) {
    least[0] = Simd::min(least[0], least[j]);
    greatest[0] = Simd::max(greatest[0], greatest[j]);
  }
  float lows[kLanes], highs[kLanes];
  Simd::store(lows, least[0]);
  Simd::store(highs, greatest[0]);
  for (int j = 0; j < kLanes; ++j) {
    low = lows[j] < low ? lows[j] : low;
    high = highs[j] > high ? highs[j] : high;
  }
}
