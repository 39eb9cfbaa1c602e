// The fused kernels, written once over a vector type. Each instruction set includes this file
// with its own `Simd` inside a namespace of its own: the file is compiled with flags of that
// instruction set, so nothing in it may be shared with code that runs elsewhere (no std:: here).
//
// Simd gives: V, kLanes, kPairs (whether two groups of pixels fit the registers with `n` vectors),
// load, store, load_first, store_first (of so many numbers), splat, fma(a, b, c) = a b + c, add,
// mul, max0/min0 for PReLU, reciprocal-based sigmoid and swish.

#if defined(__clang__)
#define SEESAW_UNROLL _Pragma("clang loop unroll(full)")
#else
#define SEESAW_UNROLL _Pragma("GCC unroll 32")
#endif

using V = Simd::V;
constexpr int kLanes = Simd::kLanes;

/** G groups of seven pixels times N vectors of output channels, all sums in registers. */
template <int G, int N, Store kStore>
inline __attribute__((always_inline)) void tile(const float* const (&in)[G],
                                                std::ptrdiff_t in_pixel, const Runs& runs,
                                                const float* w, const float* bias,
                                                float* const (&out)[G], std::ptrdiff_t out_pixel,
                                                int last_lanes) {
  V sum[G * kGroup][N];
  SEESAW_UNROLL
  for (int j = 0; j < N; ++j) {
    const V start = Simd::load(bias + j * kLanes);
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
  SEESAW_UNROLL
  for (int i = 0; i < G * kGroup; ++i) {
    float* to = out[i / kGroup] + (i % kGroup) * out_pixel;
    SEESAW_UNROLL
    for (int j = 0; j < N; ++j) {
      V value = sum[i][j];
      if (kStore == Store::Swish) value = Simd::swish(value);
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

/** All panels for one or two groups. */
template <int G, Store kStore>
inline void tiles(const float* const (&in)[G], std::ptrdiff_t in_pixel, const Runs& runs,
                  const Panel& panel, float* const (&to)[G], std::ptrdiff_t out_pixel,
                  int channels) {
  const int left = channels - panel.column - (panel.vectors - 1) * kLanes;
  const int last = left < kLanes ? left : kLanes;
  float* out[G];
  for (int g = 0; g < G; ++g) out[g] = to[g] + panel.column;
  switch (panel.vectors) {
    case 1:
      tile<G, 1, kStore>(in, in_pixel, runs, panel.weight, panel.bias, out, out_pixel, last);
      break;
    case 2:
      if constexpr (G == 1 || Simd::kPairs >= 2) {
        tile<G, 2, kStore>(in, in_pixel, runs, panel.weight, panel.bias, out, out_pixel, last);
      }
      break;
    default:
      if constexpr (G == 1 || Simd::kPairs >= 3) {
        tile<G, 3, kStore>(in, in_pixel, runs, panel.weight, panel.bias, out, out_pixel, last);
      }
  }
}

/** Runs every panel over `groups` groups, whose places the two functions give. */
template <Store kStore, typename In, typename Out>
inline void all_tiles(const Panel* panels, int panel_count, int groups, std::ptrdiff_t in_pixel,
                      const Runs& runs, std::ptrdiff_t out_pixel, int channels, const In& in,
                      const Out& out) {
  for (int p = 0; p < panel_count; ++p) {
    const Panel& panel = panels[p];
    int g = 0;
    if (panel.vectors <= Simd::kPairs) {
      for (; g + 2 <= groups; g += 2) {
        const float* const from[2] = {in(g), in(g + 1)};
        float* const to[2] = {out(g), out(g + 1)};
        tiles<2, kStore>(from, in_pixel, runs, panel, to, out_pixel, channels);
      }
    }
    for (; g < groups; ++g) {
      const float* const from[1] = {in(g)};
      float* const to[1] = {out(g)};
      tiles<1, kStore>(from, in_pixel, runs, panel, to, out_pixel, channels);
    }
  }
}

template <Store kStore>
void pointwise_as(const PointwiseJob& job) {
  all_tiles<kStore>(
      job.panels, job.panel_count, job.groups, job.in_pixel, job.runs, job.out_pixel, job.channels,
      [&](int g) { return job.in + g * kGroup * job.in_pixel; },
      [&](int g) { return job.out + g * kGroup * job.out_pixel; });
}

void pointwise(const PointwiseJob& job) {
  switch (job.store) {
    case Store::Linear:
      return pointwise_as<Store::Linear>(job);
    case Store::Swish:
      return pointwise_as<Store::Swish>(job);
    case Store::Add:
      return pointwise_as<Store::Add>(job);
  }
}

/** One row of a depthwise 3x3 convolution with swish; above[0] is left of the first output. */
template <int kStride>
inline void depthwise_row(const float* const (&rows)[3], int columns, int channels,
                          const float* weight, const float* bias, float* out,
                          std::ptrdiff_t out_pixel, float* sums) {
  constexpr int kReach = (kGroup - 1) * kStride + 3;
  for (int c = 0; c < channels; c += kLanes) {
    V w[9];
    SEESAW_UNROLL
    for (int i = 0; i < 9; ++i) w[i] = Simd::load(weight + i * channels + c);
    const V start = Simd::load(bias + c);
    V total = Simd::load(sums + c);
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
        const V value = Simd::swish(sum[i]);
        Simd::store(to + i * out_pixel, value);
        total = Simd::add(total, value);
      }
    }
    Simd::store(sums + c, total);
  }
}

void expand_depthwise(const ExpandDepthwiseJob& job) {
  const int width = job.columns + 2;
  const std::ptrdiff_t row_size = std::ptrdiff_t(width) * job.channels;
  const int slots = ring_rows(job.rows, job.columns);
  const int groups = job.columns / kGroup;
  // An odd number of groups in a row is made even by taking all rows at once.
  const int batch = groups % 2 ? job.rows : 1;
  for (int c = 0; c < job.channels; ++c) job.sums[c] = 0;
  for (int slot = 0; slot < slots; ++slot) {
    float* left = job.ring + slot * row_size;
    float* right = left + (width - 1) * job.channels;
    for (int c = 0; c < job.channels; ++c) left[c] = right[c] = 0;
  }
  int ready = 0;  // rows of the convolution made so far
  for (int y = 0; y < job.rows / job.stride; ++y) {
    const int centre = y * job.stride;
    while (ready < job.rows && ready <= centre + 1) {
      all_tiles<Store::Swish>(
          job.panels, job.panel_count, groups * batch, job.in_pixel, job.runs, job.channels,
          job.channels,
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
      depthwise_row<1>(rows, columns, job.channels, job.weight, job.bias, out, job.out_pixel,
                       job.sums);
    } else {
      depthwise_row<2>(rows, columns, job.channels, job.weight, job.bias, out, job.out_pixel,
                       job.sums);
    }
  }
}

void linear(const LinearJob& job) {
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
        value = Simd::fma(value, Simd::splat(0), Simd::sigmoid(value));
      }
      if (job.activation == Activation::PReLU) {
        value = Simd::prelu(value, Simd::load(job.slope + o + j * kLanes));
      }
      Simd::store(job.out + o + j * kLanes, value);
    }
  }
}

void scale_rows(const float* from, const Runs& runs, const float* gates, int columns, float* to) {
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

void reduce(const float* in, const float* weight, const float* bias, int pixels, int channels,
            std::ptrdiff_t weight_pixel, float* out) {
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

#undef SEESAW_UNROLL
