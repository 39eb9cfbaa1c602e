// A pointwise convolution and the depthwise one that follows it, row by row. Part of
// impl.h.
#pragma once

#include "engine/fused/kernels/tile.h"

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
