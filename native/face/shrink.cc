#include "face/shrink.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>
#include <vector>

#include "face/quarter_turn.h"

namespace seesaw {
namespace {

/** What one pixel of a smaller line covers of a longer one: the first and last pixel in part. */
struct Cover {
  int first;
  int last;
  float first_weight;
  float last_weight;
};

std::vector<Cover> covers(int from, int to) {
  std::vector<Cover> all;
  all.reserve(to);
  for (std::int64_t i = 0; i < to; ++i) {
    // In units of 1 / `to` of a pixel, so that the borders are exact.
    const std::int64_t start = i * from;
    const std::int64_t end = start + from;
    const auto first = static_cast<int>(start / to);
    const auto last = static_cast<int>((end - 1) / to);
    const std::int64_t first_end = std::min(end, (first + std::int64_t{1}) * to);
    const std::int64_t last_start = std::max(start, last * std::int64_t{to});
    all.push_back({first, last, float(first_end - start) / to, float(end - last_start) / to});
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
  void sum(const Picture& picture, const Cover& cover) {
    weigh<true>(row(picture, cover.first), cover.first_weight);
    int pending = 0;
    for (int line = cover.first + 1; line < cover.last; ++line) {
      const std::uint8_t* from = row(picture, line);
      pending++ == 0 ? add<true>(from) : add<false>(from);
      if (pending == kMostWholeRows || line + 1 == cover.last) {
        collect();
        pending = 0;
      }
    }
    if (cover.last > cover.first) weigh<false>(row(picture, cover.last), cover.last_weight);
  }

  /** Beyond the last number there is room for one more vector. */
  const float* data() const { return sums_.data(); }

 private:
  static constexpr std::size_t kBeyond = 4;

  static const std::uint8_t* row(const Picture& picture, int y) {
    return picture.row(y, 0, picture.row_width());
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

}  // namespace

Image shrink(const Picture& picture, int width, int height) {
  if (picture.turns() % 2 != 0) std::swap(width, height);
  const int from_width = picture.row_width(), from_height = picture.row_count();
  Image small = blank_image(width, height);
  const std::vector<Cover> columns = covers(from_width, width);
  const std::vector<Cover> rows = covers(from_height, height);
  const float area = float(from_width) / float(width) * (float(from_height) / float(height));
  // Where blue, green and red are in a row of the picture.
  const std::array<int, 3> order = picture.red_first() ? std::array{2, 1, 0} : std::array{0, 1, 2};
  RowSums sums(std::size_t(from_width) * 3);
  for (int y = 0; y < height; ++y) {
    sums.sum(picture, rows[y]);
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
