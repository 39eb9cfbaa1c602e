// The fused kernels, written once over a vector type. Each instruction set includes this file
// with its own `Simd` inside a namespace of its own: the file is compiled with flags of that
// instruction set, so nothing in it may be shared with code that runs elsewhere (no std:: here).
//
// Simd gives: V, kLanes, kPairs (whether two groups of pixels fit the registers with `n` vectors),
// load, store, load_first, store_first (of so many numbers), splat, fma(a, b, c) = a b + c, add,
// sub, mul, min, max, divide, prelu and scale_exponent.

#if defined(__clang__)
#define SEESAW_UNROLL _Pragma("clang loop unroll(full)")
#else
#define SEESAW_UNROLL _Pragma("GCC unroll 32")
#endif

using V = Simd::V;
constexpr int kLanes = Simd::kLanes;

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
inline __attribute__((always_inline)) V swish(V x) { return Simd::divide(x, denominator(x)); }

/** What becomes of the sums of a tile, by pixels and vectors. */
template <int G, int N, Store kStore>
inline __attribute__((always_inline)) void store_tile(const V (&sum)[G * kGroup][N],
                                                      float* const (&out)[G],
                                                      std::ptrdiff_t out_pixel, int last_lanes) {
  SEESAW_UNROLL
  for (int i = 0; i < G * kGroup; ++i) {
    float* to = out[i / kGroup] + (i % kGroup) * out_pixel;
    SEESAW_UNROLL
    for (int j = 0; j < N; ++j) {
      V value = sum[i][j];
      if (kStore == Store::Swish) value = swish(value);
      if (j + 1 < N || last_lanes == kLanes) {
        if (kStore == Store::Add) value = Simd::add(value, Simd::load(to + j * kLanes));
        Simd::store(to + j * kLanes, value);
      } else {
        if (kStore == Store::Add) {
          value = Simd::add(value, Simd::load_first(to + j * kLanes, last_lanes));
        }
        Simd::store_first(to + j * kLanes, value, last_lanes);
      }
    }
  }
}

/** How a tile is summed: of what numbers, and by what panels. */
struct FloatTile {
  using Number = float;
  using PanelType = Panel;
  static constexpr bool kPeaks = false;

  /** G groups of seven pixels times N vectors of output channels, all sums in registers. */
  template <int G, int N, Store kStore, typename Job>
  static inline __attribute__((always_inline)) void run(const Job& job, const float* const (&in)[G],
                                                        const Panel& panel, float* const (&out)[G],
                                                        std::ptrdiff_t out_pixel, int last_lanes) {
    const std::ptrdiff_t in_pixel = job.in_pixel;
    const Runs runs = job.runs;
    const float* w = panel.weight;
    V sum[G * kGroup][N];
    SEESAW_UNROLL
    for (int j = 0; j < N; ++j) {
      const V start = Simd::load(panel.bias + j * kLanes);
      SEESAW_UNROLL
      for (int i = 0; i < G * kGroup; ++i) sum[i][j] = start;
    }
    for (int r = 0; r < runs.count; ++r) {
      const float* a[G];
      SEESAW_UNROLL
      for (int g = 0; g < G; ++g) a[g] = in[g] + r * runs.stride;
      int k = 0;
#ifdef SEESAW_LANE_FMA
      // Four input channels of each pixel in one register, taken lane by lane.
      for (; k + 4 <= runs.length; k += 4) {
        V left[G * kGroup];
        SEESAW_UNROLL
        for (int i = 0; i < G * kGroup; ++i) {
          left[i] = Simd::load(a[i / kGroup] + (i % kGroup) * in_pixel + k);
        }
#define SEESAW_LANE(lane)                                               \
  {                                                                     \
    V right[N];                                                         \
    SEESAW_UNROLL                                                       \
    for (int j = 0; j < N; ++j) right[j] = Simd::load(w + j * kLanes);  \
    w += N * kLanes;                                                    \
    SEESAW_UNROLL                                                       \
    for (int i = 0; i < G * kGroup; ++i) {                              \
      SEESAW_UNROLL                                                     \
      for (int j = 0; j < N; ++j) {                                     \
        sum[i][j] = Simd::fma_lane<lane>(right[j], left[i], sum[i][j]); \
      }                                                                 \
    }                                                                   \
  }
        SEESAW_LANE(0)
        SEESAW_LANE(1)
        SEESAW_LANE(2)
        SEESAW_LANE(3)
#undef SEESAW_LANE
      }
#endif
      for (; k < runs.length; ++k) {
        V right[N];
        SEESAW_UNROLL
        for (int j = 0; j < N; ++j) right[j] = Simd::load(w + j * kLanes);
        w += N * kLanes;
        SEESAW_UNROLL
        for (int i = 0; i < G * kGroup; ++i) {
          const V left = Simd::splat(a[i / kGroup][(i % kGroup) * in_pixel + k]);
          SEESAW_UNROLL
          for (int j = 0; j < N; ++j) sum[i][j] = Simd::fma(left, right[j], sum[i][j]);
        }
      }
    }
    store_tile<G, N, kStore>(sum, out, out_pixel, last_lanes);
  }
};

/** All panels for one or two groups. */
template <typename Tile, int G, Store kStore, typename Job>
inline void tiles(const Job& job, const typename Tile::Number* const (&in)[G],
                  const typename Tile::PanelType& panel, float* const (&to)[G],
                  std::ptrdiff_t out_pixel) {
  const int left = job.channels - panel.column - (panel.vectors - 1) * kLanes;
  const int last = left < kLanes ? left : kLanes;
  float* out[G];
  for (int g = 0; g < G; ++g) out[g] = to[g] + panel.column;
  switch (panel.vectors) {
    case 1:
      Tile::template run<G, 1, kStore>(job, in, panel, out, out_pixel, last);
      break;
    case 2:
      if constexpr (G == 1 || Simd::kPairs >= 2) {
        Tile::template run<G, 2, kStore>(job, in, panel, out, out_pixel, last);
      }
      break;
    default:
      if constexpr (G == 1 || Simd::kPairs >= 3) {
        Tile::template run<G, 3, kStore>(job, in, panel, out, out_pixel, last);
      }
  }
}

/** Runs every panel of a job over `groups` groups, whose places the two functions give. */
template <typename Tile, Store kStore, typename Job, typename In, typename Out>
inline void all_tiles(const Job& job, int groups, std::ptrdiff_t out_pixel, const In& in,
                      const Out& out) {
  using Number = typename Tile::Number;
  for (int p = 0; p < job.panel_count; ++p) {
    const typename Tile::PanelType& panel = job.panels[p];
    int g = 0;
    if (panel.vectors <= Simd::kPairs) {
      for (; g + 2 <= groups; g += 2) {
        const Number* const from[2] = {in(g), in(g + 1)};
        float* const to[2] = {out(g), out(g + 1)};
        tiles<Tile, 2, kStore>(job, from, panel, to, out_pixel);
      }
    }
    for (; g < groups; ++g) {
      const Number* const from[1] = {in(g)};
      float* const to[1] = {out(g)};
      tiles<Tile, 1, kStore>(job, from, panel, to, out_pixel);
    }
  }
}

template <typename Tile, Store kStore, typename Job>
void pointwise_as(const Job& job) {
  all_tiles<Tile, kStore>(
      job, job.groups, job.out_pixel, [&](int g) { return job.in + g * kGroup * job.in_pixel; },
      [&](int g) { return job.out + g * kGroup * job.out_pixel; });
}

template <typename Tile, typename Job>
inline void pointwise_by(const Job& job) {
  switch (job.store) {
    case Store::Linear:
      return pointwise_as<Tile, Store::Linear>(job);
    case Store::Swish:
      return pointwise_as<Tile, Store::Swish>(job);
    case Store::Add:
      return pointwise_as<Tile, Store::Add>(job);
  }
}

/** One row of a depthwise 3x3 convolution with swish; above[0] is left of the first output. */
template <int kStride, bool kPeaks>
inline void depthwise_row(const float* const (&rows)[3], int columns, int channels,
                          const float* weight, const float* bias, float* out,
                          std::ptrdiff_t out_pixel, float* sums, [[maybe_unused]] float* peaks) {
  constexpr int kReach = (kGroup - 1) * kStride + 3;
  for (int c = 0; c < channels; c += kLanes) {
    V w[9];
    SEESAW_UNROLL
    for (int i = 0; i < 9; ++i) w[i] = Simd::load(weight + i * channels + c);
    const V start = Simd::load(bias + c);
    V total = Simd::load(sums + c);
    [[maybe_unused]] V peak;
    if constexpr (kPeaks) peak = Simd::load(peaks + c);
    for (int x = 0; x < columns; x += kGroup) {
      V sum[kGroup];
      SEESAW_UNROLL
      for (int i = 0; i < kGroup; ++i) sum[i] = start;
      SEESAW_UNROLL
      for (int r = 0; r < 3; ++r) {
        const float* from = rows[r] + std::ptrdiff_t(x) * kStride * channels + c;
        SEESAW_UNROLL
        for (int i = 0; i < kReach; ++i) {
          const V value = Simd::load(from + i * channels);
          SEESAW_UNROLL
          for (int k = 0; k < 3; ++k) {
            if (i >= k && (i - k) % kStride == 0 && (i - k) / kStride < kGroup) {
              V& s = sum[(i - k) / kStride];
              s = Simd::fma(value, w[r * 3 + k], s);
            }
          }
        }
      }
      float* to = out + x * out_pixel + c;
      SEESAW_UNROLL
      for (int i = 0; i < kGroup; ++i) {
        const V value = swish(sum[i]);
        Simd::store(to + i * out_pixel, value);
        total = Simd::add(total, value);
        if constexpr (kPeaks) peak = Simd::max(peak, value);
      }
    }
    Simd::store(sums + c, total);
    if constexpr (kPeaks) Simd::store(peaks + c, peak);
  }
}

template <typename Tile, typename Job>
inline void expand_depthwise_by(const Job& job) {
  const int width = job.columns + 2;
  const std::ptrdiff_t row_size = std::ptrdiff_t(width) * job.channels;
  const int slots = ring_rows(job.rows, job.columns);
  const int groups = job.columns / kGroup;
  // An odd number of groups in a row is made even by taking all rows at once.
  const int batch = groups % 2 ? job.rows : 1;
  for (int c = 0; c < job.channels; ++c) job.sums[c] = 0;
  float* peaks = nullptr;
  if constexpr (Tile::kPeaks) {
    peaks = job.peaks;
    for (int c = 0; c < job.channels; ++c) peaks[c] = 0;
  }
  for (int slot = 0; slot < slots; ++slot) {
    float* left = job.ring + slot * row_size;
    float* right = left + (width - 1) * job.channels;
    for (int c = 0; c < job.channels; ++c) left[c] = right[c] = 0;
  }
  int ready = 0;  // rows of the convolution made so far
  for (int y = 0; y < job.rows / job.stride; ++y) {
    const int centre = y * job.stride;
    while (ready < job.rows && ready <= centre + 1) {
      all_tiles<Tile, Store::Swish>(
          job, groups * batch, job.channels,
          [&](int g) {
            return job.in + (ready + g / groups) * job.in_row + g % groups * kGroup * job.in_pixel;
          },
          [&](int g) {
            return job.ring + (ready + g / groups) % slots * row_size +
                   (1 + g % groups * kGroup) * job.channels;
          });
      ready += batch;
    }
    const auto row = [&](int r) -> const float* {
      return r < 0 || r >= job.rows ? job.zeros : job.ring + r % slots * row_size;
    };
    const float* const rows[3] = {row(centre - 1), row(centre), row(centre + 1)};
    const int columns = job.columns / job.stride;
    float* out = job.out + std::ptrdiff_t(y) * columns * job.out_pixel;
    if (job.stride == 1) {
      depthwise_row<1, Tile::kPeaks>(rows, columns, job.channels, job.weight, job.bias, out,
                                     job.out_pixel, job.sums, peaks);
    } else {
      depthwise_row<2, Tile::kPeaks>(rows, columns, job.channels, job.weight, job.bias, out,
                                     job.out_pixel, job.sums, peaks);
    }
  }
}

inline void pointwise(const PointwiseJob& job) { pointwise_by<FloatTile>(job); }
inline void expand_depthwise(const ExpandDepthwiseJob& job) { expand_depthwise_by<FloatTile>(job); }

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
        // Not-a-number may hold bits that the exponential takes for an exponent: 0 x keeps it one.
        value = Simd::fma(value, Simd::splat(0), sigmoid(value));
      }
      if (job.activation == Activation::PReLU) {
        value = Simd::prelu(value, Simd::load(job.slope + o + j * kLanes));
      }
      Simd::store(job.out + o + j * kLanes, value);
    }
  }
}

inline void scale_rows(const float* from, const Runs& runs, const float* gates, int columns,
                       float* to) {
  for (int r = 0; r < runs.count; ++r) {
    const float* gate = gates + r * runs.stride;
    for (int k = 0; k < runs.length; ++k, from += columns, to += columns) {
      const V factor = Simd::splat(gate[k]);
      for (int j = 0; j < columns; j += kLanes) {
        Simd::store(to + j, Simd::mul(Simd::load(from + j), factor));
      }
    }
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
