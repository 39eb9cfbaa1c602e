// Pointwise convolutions: tiles of pixels by output channels, summed in registers. Part of
// impl.h.
#pragma once

#include "engine/fused/kernels/activation.h"

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

/** One panel of N vectors for as many groups as there are, from `place` on. */
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
