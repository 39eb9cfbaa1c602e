// The int8 kernels, written once over a vector type: with fused/kernels/impl.h, which it
// includes, and under the same rules.
//
// Dot gives: I, a vector of as many 32-bit integers as Simd has floats; kStoredLess; splat, load,
// mul; dot(sum, bytes, weights), which adds four products to each sum; splat_bytes, which repeats
// four bytes; to_float; store_bytes(to, V, zero).

#include "engine/fused/kernels/impl.h"

/** See FloatTile. */
class ByteTile {
 public:
  using Number = std::uint8_t;
  using PanelType = int8::Panel;
  static constexpr bool kPeaks = true;

  template <typename Job>
  inline __attribute__((always_inline)) explicit ByteTile(const Job& job)
      : runs_(job.runs), levels_(job.levels), group_(job.in_pixel) {}

  template <int G, int N, Store kStore, typename Layout>
  inline __attribute__((always_inline)) void run(const std::uint8_t* const (&in)[G],
                                                 const int8::Panel& panel, float* const (&out)[G],
                                                 const Layout& layout) const {
    using I = Dot::I;
    const std::int8_t* w = panel.weight;
    // sum of w (byte - zero) = sum of w stored + (stored_less - zero) times the sum of w
    const I offset = Dot::splat(Dot::kStoredLess - levels_.zero);
    I sum[N * G * kGroup];
    SEESAW_UNROLL
    for (int j = 0; j < N; ++j) {
      const I start = Dot::mul(offset, Dot::load(panel.total + j * kLanes));
      SEESAW_UNROLL
      for (int i = 0; i < G * kGroup; ++i) sum[j * G * kGroup + i] = start;
    }
    for (int r = 0; r < runs_.count; ++r) {
      const std::uint8_t* a[G];
      SEESAW_UNROLL
      for (int g = 0; g < G; ++g) a[g] = in[g] + r * runs_.stride;
      int k = 0;
#ifdef SEESAW_LANE_DOT
      // Sixteen input channels of each pixel in one register, taken four by four.
      for (; k + 16 <= runs_.length; k += 16) {
        Dot::Bytes left[G * kGroup];
        SEESAW_UNROLL
        for (int i = 0; i < G * kGroup; ++i) {
          left[i] = Dot::load_bytes(group_.from(a[i / kGroup] + k, i % kGroup));
        }
#define SEESAW_LANE(lane)                                                                          \
  {                                                                                                \
    Dot::Bytes right[N];                                                                           \
    SEESAW_UNROLL                                                                                  \
    for (int j = 0; j < N; ++j) right[j] = Dot::load_weights(w + j * 4 * kLanes);                  \
    w += N * 4 * kLanes;                                                                           \
    SEESAW_UNROLL                                                                                  \
    for (int i = 0; i < G * kGroup; ++i) {                                                         \
      SEESAW_UNROLL                                                                                \
      for (int j = 0; j < N; ++j)                                                                  \
        sum[j * G * kGroup + i] = Dot::dot_lane<lane>(sum[j * G * kGroup + i], right[j], left[i]); \
    }                                                                                              \
  }
        SEESAW_LANE(0)
        SEESAW_LANE(1)
        SEESAW_LANE(2)
        SEESAW_LANE(3)
#undef SEESAW_LANE
      }
#endif
      for (; k < runs_.length; k += 4) {
        Dot::Bytes right[N];
        SEESAW_UNROLL
        for (int j = 0; j < N; ++j) right[j] = Dot::load_weights(w + j * 4 * kLanes);
        w += N * 4 * kLanes;
        SEESAW_UNROLL
        for (int i = 0; i < G * kGroup; ++i) {
          const Dot::Bytes left = Dot::splat_bytes(group_.from(a[i / kGroup] + k, i % kGroup));
          SEESAW_UNROLL
          for (int j = 0; j < N; ++j)
            sum[j * G * kGroup + i] = Dot::dot(sum[j * G * kGroup + i], left, right[j]);
        }
      }
    }
    const V scale = Simd::splat(levels_.scale);
    V factor[N], bias[N];
    SEESAW_UNROLL
    for (int j = 0; j < N; ++j) {
      factor[j] = Simd::mul(scale, Simd::load(panel.scale + j * kLanes));
      bias[j] = Simd::load(panel.bias + j * kLanes);
    }
    V value[N * G * kGroup];
    SEESAW_UNROLL
    for (int i = 0; i < G * kGroup; ++i) {
      SEESAW_UNROLL
      for (int j = 0; j < N; ++j) {
        value[j * G * kGroup + i] =
            Simd::fma(Dot::to_float(sum[j * G * kGroup + i]), factor[j], bias[j]);
      }
    }
    store_tile<G, N, kStore>(value, out, layout);
  }

 private:
  const Runs runs_;
  const int8::Levels levels_;
  const Group group_;
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
