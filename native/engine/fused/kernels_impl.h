// The fused kernels, written once over a vector type. Each instruction set includes this file
// with its own `Simd` inside a namespace of its own: the file is compiled with flags of that
// instruction set, so nothing in it may be shared with code that runs elsewhere (no std:: here).
//
// Simd gives: V, kLanes, kPairs (whether two groups of pixels fit the registers with `n` vectors),
// load, store, load_first, store_first (of so many numbers), splat, fma(a, b, c) = a b + c, add,
// sub, mul, min, max, divide, prelu and scale_exponent. With SEESAW_LANE_FMA, for processors whose
// instructions take one of a vector's numbers as a factor, also fma_lane, mul_lane, a Swish of its
// own, and kSwishUnits beside it.

#if defined(__clang__)
#define SEESAW_UNROLL _Pragma("clang loop unroll(full)")
#else
#define SEESAW_UNROLL _Pragma("GCC unroll 32")
#endif

using V = Simd::V;
constexpr int kLanes = Simd::kLanes;

/** Distances in bytes from a pixel to the others of its group. */
struct Group {
  std::ptrdiff_t bytes[kGroup];

  inline __attribute__((always_inline)) explicit Group(std::ptrdiff_t pixel) {
    SEESAW_UNROLL
    for (int i = 0; i < kGroup; ++i) {
      bytes[i] = i * pixel;
#ifdef SEESAW_LANE_FMA
      // Kept in registers as they are: they need not be added up again for each access.
      __asm__("" : "+r"(bytes[i]));
#endif
    }
  }
  template <typename Number>
  inline __attribute__((always_inline)) const Number* from(const Number* first, int i) const {
    return reinterpret_cast<const Number*>(reinterpret_cast<const char*>(first) + bytes[i]);
  }
  inline __attribute__((always_inline)) float* to(float* first, int i) const {
    return reinterpret_cast<float*>(reinterpret_cast<char*>(first) + bytes[i]);
  }
};

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

/**
 * Where the sums of a tile go: `pixel` numbers from one pixel to the next, `vector` from one vector
 * of channels to the next.
 */
struct Rows {
  std::ptrdiff_t pixel, vector;
  int last_lanes;  // of the last vector
};
/** As Rows, for maps whose pixels lie next to each other, vector by vector: all of it is known. */
struct Planes {
  static constexpr std::ptrdiff_t pixel = kLanes;
  std::ptrdiff_t vector;
  static constexpr int last_lanes = kLanes;
};

/** What becomes of the sums of a tile, by pixels and vectors. */
template <int G, int N, Store kStore, typename Layout>
inline __attribute__((always_inline)) void store_tile(V (&sum)[N * G * kGroup],
                                                      float* const (&out)[G],
                                                      const Layout& layout) {
  if constexpr (kStore == Store::Swish) swish<3>(Swish(), sum);
  SEESAW_UNROLL
  for (int j = 0; j < N; ++j) {
    SEESAW_UNROLL
    for (int i = 0; i < G * kGroup; ++i) {
      float* to = out[i / kGroup] + (i % kGroup) * layout.pixel + j * layout.vector;
      V value = sum[j * G * kGroup + i];
      if (j + 1 < N || layout.last_lanes == kLanes) {
        if (kStore == Store::Add) value = Simd::add(value, Simd::load(to));
        Simd::store(to, value);
      } else {
        if (kStore == Store::Add) {
          value = Simd::add(value, Simd::load_first(to, layout.last_lanes));
        }
        Simd::store_first(to, value, layout.last_lanes);
      }
    }
  }
}

/** How the tiles of a job are summed: of what numbers, and by what panels. */
class FloatTile {
 public:
  using Number = float;
  using PanelType = Panel;
  static constexpr bool kPeaks = false;

  template <typename Job>
  inline __attribute__((always_inline)) explicit FloatTile(const Job& job)
      : runs_(job.runs), group_(job.in_pixel * std::ptrdiff_t(sizeof(float))) {}

  /** G groups of seven pixels times N vectors of output channels, all sums in registers. */
  template <int G, int N, Store kStore, typename Layout>
  inline __attribute__((always_inline)) void run(const float* const (&in)[G], const Panel& panel,
                                                 float* const (&out)[G],
                                                 const Layout& layout) const {
    const float* w = panel.weight;
    V sum[N * G * kGroup];
    SEESAW_UNROLL
    for (int j = 0; j < N; ++j) {
      const V start = Simd::load(panel.bias + j * kLanes);
      SEESAW_UNROLL
      for (int i = 0; i < G * kGroup; ++i) sum[j * G * kGroup + i] = start;
    }
    int r = 0;
    do {
      const float* a[G];
      SEESAW_UNROLL
      for (int g = 0; g < G; ++g) a[g] = in[g] + r * runs_.stride;
      const float* const end = a[0] + runs_.length;
#ifdef SEESAW_LANE_FMA
      // Four input channels of each pixel in one register, taken lane by lane.
      for (const float* const last = end - 4; a[0] <= last;) {
        V left[G * kGroup];
        SEESAW_UNROLL
        for (int i = 0; i < G * kGroup; ++i) {
          left[i] = Simd::load(group_.from(a[i / kGroup], i % kGroup));
        }
        SEESAW_UNROLL
        for (int g = 0; g < G; ++g) a[g] += 4;
#define SEESAW_LANE(lane)                                                     \
  {                                                                           \
    V right[N];                                                               \
    SEESAW_UNROLL                                                             \
    for (int j = 0; j < N; ++j) right[j] = Simd::load(w + j * kLanes);        \
    w += N * kLanes;                                                          \
    SEESAW_UNROLL                                                             \
    for (int i = 0; i < G * kGroup; ++i) {                                    \
      SEESAW_UNROLL                                                           \
      for (int j = 0; j < N; ++j) {                                           \
        sum[j * G * kGroup + i] =                                             \
            Simd::fma_lane<lane>(right[j], left[i], sum[j * G * kGroup + i]); \
      }                                                                       \
    }                                                                         \
  }
        SEESAW_LANE(0)
        SEESAW_LANE(1)
        SEESAW_LANE(2)
        SEESAW_LANE(3)
#undef SEESAW_LANE
      }
#endif
      while (a[0] < end) {
        V right[N];
        SEESAW_UNROLL
        for (int j = 0; j < N; ++j) right[j] = Simd::load(w + j * kLanes);
        w += N * kLanes;
        SEESAW_UNROLL
        for (int i = 0; i < G * kGroup; ++i) {
          const V left = Simd::splat(*group_.from(a[i / kGroup], i % kGroup));
          SEESAW_UNROLL
          for (int j = 0; j < N; ++j) {
            sum[j * G * kGroup + i] = Simd::fma(left, right[j], sum[j * G * kGroup + i]);
          }
        }
        SEESAW_UNROLL
        for (int g = 0; g < G; ++g) ++a[g];
      }
    } while (++r < runs_.count);
    store_tile<G, N, kStore>(sum, out, layout);
  }

 private:
  const Runs runs_;
  const Group group_;
};

/** One panel of N vectors for as many groups as there are, whose places follow from `start`. */
template <typename Tile, int N, Store kStore, typename Job, typename Place, typename Layout>
__attribute__((noinline)) void panel_tiles(const Job& job, const typename Tile::PanelType& one,
                                           int groups, Place place, const Layout& where) {
  using Number = typename Tile::Number;
  // Copies, which cannot be changed by what is stored.
  const Tile tile(job);
  const typename Tile::PanelType panel = one;
  const Layout layout = where;
  const std::ptrdiff_t first = panel.column / kLanes * layout.vector;
  int g = 0;
  if constexpr (N <= Simd::kPairs) {
    for (; g + 2 <= groups; g += 2) {
      const Number* from[2];
      float* to[2];
      SEESAW_UNROLL
      for (int i = 0; i < 2; ++i) {
        from[i] = place.in;
        to[i] = place.out + first;
        place.next();
      }
      tile.template run<2, N, kStore>(from, panel, to, layout);
    }
  }
  for (; g < groups; ++g) {
    const Number* const from[1] = {place.in};
    float* const to[1] = {place.out + first};
    tile.template run<1, N, kStore>(from, panel, to, layout);
    place.next();
  }
}

/** Runs every panel of a job over `groups` groups from `place` on. */
template <typename Tile, Store kStore, typename Job, typename Place, typename LayoutOf>
inline void all_tiles(const Job& job, int groups, const Place& place, const LayoutOf& layout_of) {
  for (int p = 0; p < job.panel_count; ++p) {
    const typename Tile::PanelType& panel = job.panels[p];
    const auto layout = layout_of(panel);
    switch (panel.vectors) {
      case 1:
        panel_tiles<Tile, 1, kStore>(job, panel, groups, place, layout);
        break;
      case 2:
        panel_tiles<Tile, 2, kStore>(job, panel, groups, place, layout);
        break;
      default:
        panel_tiles<Tile, 3, kStore>(job, panel, groups, place, layout);
    }
  }
}

/** Groups that follow each other in memory. */
template <typename Number>
struct InOrder {
  const Number* in;
  float* out;
  std::ptrdiff_t in_group, out_group;

  void next() {
    in += in_group;
    out += out_group;
  }
};

template <typename Tile, Store kStore, typename Job>
void pointwise_as(const Job& job) {
  const InOrder<typename Tile::Number> place{job.in, job.out, kGroup * job.in_pixel,
                                             kGroup * job.out_pixel};
  all_tiles<Tile, kStore>(job, job.groups, place, [&](const typename Tile::PanelType& panel) {
    const int left = job.channels - panel.column - (panel.vectors - 1) * kLanes;
    return Rows{job.out_pixel, kLanes, left < kLanes ? left : kLanes};
  });
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

/** The groups of rows, one row after the other; those of the output are a ring of rows. */
template <typename Number>
struct InRing {
  const Number* in;
  float* out;
  std::ptrdiff_t in_group, in_skip;    // skip: from the end of a row to the next
  std::ptrdiff_t out_skip, out_whole;  // whole: the size of the ring
  int groups, group;                   // of a row
  float* last;                         // where the last row of the ring ends

  void next() {
    in += in_group;
    out += kGroup * kLanes;
    if (++group < groups) return;
    group = 0;
    in += in_skip;
    out += out_skip;
    if (out >= last) out -= out_whole;
  }
};

/**
 * One row of a depthwise 3x3 convolution with swish, of `rows` of the ring: their first pixel is
 * left of the first output.
 */
template <int kStride, bool kPeaks>
__attribute__((noinline)) void depthwise_row(const float* const (&rows)[3], int columns,
                                             int channels, const float* weight, const float* bias,
                                             float* out, std::ptrdiff_t out_pixel, float* sums,
                                             [[maybe_unused]] float* peaks) {
  constexpr int kReach = (kGroup - 1) * kStride + 3;
  const Swish activation;
  const Group group(out_pixel * std::ptrdiff_t(sizeof(float)));
  const std::ptrdiff_t plane = std::ptrdiff_t(columns * kStride + 2) * kLanes;
  std::ptrdiff_t first = 0;
  for (int c = 0; c < channels; c += kLanes, first += plane) {
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
        const float* from = rows[r] + first + x * kStride * kLanes;
        SEESAW_UNROLL
        for (int i = 0; i < kReach; ++i) {
          const V value = Simd::load(from + i * kLanes);
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
      swish<2>(activation, sum);
      SEESAW_UNROLL
      for (int i = 0; i < kGroup; ++i) {
        Simd::store(group.to(to, i), sum[i]);
        total = Simd::add(total, sum[i]);
        if constexpr (kPeaks) peak = Simd::max(peak, sum[i]);
      }
    }
    Simd::store(sums + c, total);
    if constexpr (kPeaks) Simd::store(peaks + c, peak);
  }
}

template <typename Tile, typename Job>
inline void expand_depthwise_by(const Job& job) {
  const int width = job.columns + 2;
  const int slots = ring_rows(job.rows, job.columns);
  const int groups = job.columns / kGroup;
  // An odd number of groups in a row is made even by taking all rows at once.
  const int batch = groups % 2 ? job.rows : 2;
  for (int c = 0; c < job.channels; ++c) job.sums[c] = 0;
  float* peaks = nullptr;
  if constexpr (Tile::kPeaks) {
    peaks = job.peaks;
    for (int c = 0; c < job.channels; ++c) peaks[c] = 0;
  }
  // A row holds its vectors one after the other, each of all columns and a zero at either side.
  const std::ptrdiff_t plane = std::ptrdiff_t(width) * kLanes,
                       row_size = plane * (job.channels / kLanes);
  for (float* edge = job.ring; edge < job.ring + slots * row_size; edge += plane) {
    Simd::store(edge, Simd::splat(0));
    Simd::store(edge + plane - kLanes, Simd::splat(0));
  }
  InRing<typename Tile::Number> place{job.in,
                                      job.ring + kLanes,
                                      kGroup * job.in_pixel,
                                      job.in_row - groups * kGroup * job.in_pixel,
                                      row_size - groups * kGroup * kLanes,
                                      slots * row_size,
                                      groups,
                                      0,
                                      job.ring + slots * row_size};
  int ready = 0;  // rows of the convolution made so far
  for (int y = 0; y < job.rows / job.stride; ++y) {
    const int centre = y * job.stride;
    while (ready < job.rows && ready <= centre + 1) {
      const int some = job.rows - ready < batch ? job.rows - ready : batch;
      all_tiles<Tile, Store::Swish>(job, groups * some, place,
                                    [&](const auto&) { return Planes{plane}; });
      for (int g = 0; g < groups * some; ++g) place.next();
      ready += some;
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
