#include "face/picture/shrink.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>
#include <vector>

#include "face/picture/quarter_turn.h"

namespace seesaw {
namespace {

/** What one pixel of a smaller line covers of a longer one: the first and last pixel in part. */
struct Cover {
  int first;
  int last;
  float first_weight;
  float last_weight;
};

/** A line of `from` pixels, of which each at hand is `step`, becomes one of `to`. */
std::vector<Cover> covers(int from, int step, int to) {
  std::vector<Cover> all;
  all.reserve(to);
  // In units of 1 / `to` of a pixel, so that the borders are exact.
  const std::int64_t pixel = std::int64_t{to} * step;
  for (std::int64_t i = 0; i < to; ++i) {
    const std::int64_t start = i * from;
    const std::int64_t end = start + from;
    const auto first = static_cast<int>(start / pixel);
    const auto last = static_cast<int>((end - 1) / pixel);
    const std::int64_t first_end = std::min(end, (first + 1) * pixel);
    const std::int64_t last_start = std::max(start, last * pixel);
    all.push_back({first, last, float(first_end - start) / float(pixel),
                   float(end - last_start) / float(pixel)});
  }
  return all;
}

/** As many bytes add up in 16 bits. */
constexpr int kMostWholeRows = 257;

/** Sums of the rows that a row of the smaller picture covers, a number for each byte of a row. */
class RowSums {
 public:
  explicit RowSums(std::size_t bytes) : count_(bytes), whole_(bytes), sums_(bytes + kBeyond) {}

  /** Rows in the middle count whole: their bytes add up as whole numbers, which is quickest. */
  void sum(const PixelRows& rows, const Cover& cover) {
    weigh<true>(row(rows, cover.first), cover.first_weight);
    int pending = 0;
    for (int line = cover.first + 1; line < cover.last; ++line) {
      const std::uint8_t* from = row(rows, line);
      pending++ == 0 ? add<true>(from) : add<false>(from);
      if (pending == kMostWholeRows || line + 1 == cover.last) {
        collect();
        pending = 0;
      }
    }
    if (cover.last > cover.first) weigh<false>(row(rows, cover.last), cover.last_weight);
  }

  /** Beyond the last number there is room for one more vector. */
  const float* data() const { return sums_.data(); }

 private:
  static constexpr std::size_t kBeyond = 4;

  static const std::uint8_t* row(const PixelRows& rows, int y) {
    return rows.row(y, 0, rows.width());
  }

  template <bool IsFirst>
  void weigh(const std::uint8_t* __restrict from, float weight) {
    float* __restrict sums = sums_.data();
    for (std::size_t i = 0; i < count_; ++i) sums[i] = (IsFirst ? 0 : sums[i]) + weight * from[i];
  }
  template <bool IsFirst>
  void add(const std::uint8_t* __restrict from) {
    std::uint16_t* __restrict whole = whole_.data();
    for (std::size_t i = 0; i < count_; ++i) {
      whole[i] = static_cast<std::uint16_t>((IsFirst ? 0 : whole[i]) + from[i]);
    }
  }
  void collect() {
    float* __restrict sums = sums_.data();
    const std::uint16_t* __restrict whole = whole_.data();
    for (std::size_t i = 0; i < count_; ++i) sums[i] += whole[i];
  }

  std::size_t count_;
  std::vector<std::uint16_t> whole_;
  std::vector<float> sums_;
};

/** The three sums of a pixel, and the first one of the next. */
using Pixel = float __attribute__((vector_size(16)));

Pixel pixel_at(const float* sums, int x) {
  Pixel pixel;
  std::memcpy(&pixel, sums + std::size_t(x) * 3, sizeof pixel);
  return pixel;
}

/** The sum of the pixels that one of the smaller picture covers. */
Pixel sum_of(const float* sums, const Cover& cover) {
  Pixel even = pixel_at(sums, cover.first) * cover.first_weight;
  if (cover.last == cover.first) return even;
  Pixel odd = pixel_at(sums, cover.last) * cover.last_weight;
  int x = cover.first + 1;
  // Two sums, so that an addition need not wait for the one before.
  for (; x + 1 < cover.last; x += 2) {
    even += pixel_at(sums, x);
    odd += pixel_at(sums, x + 1);
  }
  if (x < cover.last) even += pixel_at(sums, x);
  return even + odd;
}

/** The largest step that leaves at least the pixels wanted, as far as the photo's decoder goes. */
int step_for(int from_width, int from_height, int width, int height) {
  int step = 1;
  while (step < kLargestJpegStep && from_width / (2 * step) >= width &&
         from_height / (2 * step) >= height) {
    step *= 2;
  }
  return step;
}

}  // namespace

Image shrink(const Picture& picture, int width, int height) {
  if (picture.turns() % 2 != 0) std::swap(width, height);
  const int from_width = picture.row_width(), from_height = picture.row_count();
  Image small = blank_image(width, height);
  const Level level = picture.rows({0, 0, from_width, from_height},
                                   step_for(from_width, from_height, width, height));
  const std::vector<Cover> columns = covers(from_width, level.step, width);
  const std::vector<Cover> rows = covers(from_height, level.step, height);
  const float area = float(from_width) / float(width) * (float(from_height) / float(height)) /
                     float(level.step * level.step);
  // Where blue, green and red are in a row of the picture.
  const std::array<int, 3> order =
      level.rows->red_first() ? std::array{2, 1, 0} : std::array{0, 1, 2};
  RowSums sums(std::size_t(level.rows->width()) * 3);
  for (int y = 0; y < height; ++y) {
    sums.sum(*level.rows, rows[y]);
    std::uint8_t* to = small.row(y);
    for (const Cover& column : columns) {
      const Pixel pixel = sum_of(sums.data(), column) / area;
      for (const int channel : order) {
        *to++ = static_cast<std::uint8_t>(std::min(255.0f, pixel[channel] + 0.5f));
      }
    }
  }
  return turn(std::move(small), picture.turns());
}

}  // namespace seesaw
