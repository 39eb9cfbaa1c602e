#include "face/picture/block_means.h"

#include <array>
#include <cstring>
#include <utility>
#include <vector>

#include "engine/error.h"
#include "face/picture/quarter_turn.h"

namespace seesaw {
namespace {

/** The sums of a pixel's three channels; those of the next pixels follow and are not used. */
using Sums = std::uint16_t __attribute__((vector_size(16)));

/** Numbers that may be read beyond the last pixel. */
constexpr std::size_t kBeyond = sizeof(Sums) / sizeof(std::uint16_t);

template <bool IsFirst>
void add_row(const std::uint8_t* __restrict from, std::uint16_t* __restrict sums,
             std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    sums[i] = static_cast<std::uint16_t>((IsFirst ? 0 : sums[i]) + from[i]);
  }
}

/** The sum of `Step` pixels of a line. */
template <int Step>
Sums sum_of(const std::uint16_t* line) {
  Sums sum = {};
  for (int i = 0; i < Step; ++i) {
    Sums pixel;
    std::memcpy(&pixel, line + 3 * i, sizeof pixel);
    sum += pixel;
  }
  return sum;
}

/** Of that part of the rows. */
template <int Step>
Image means_of(const PixelRows& rows, const Area& part) {
  const int width = part.width / Step, height = part.height / Step;
  Image means = blank_image(width, height);
  const std::size_t count = std::size_t(width) * Step * 3;
  std::vector<std::uint16_t> line(count + kBeyond);
  // Where blue, green and red are in a row of the picture.
  const std::array<int, 3> order = rows.red_first() ? std::array{2, 1, 0} : std::array{0, 1, 2};
  for (int y = 0; y < height; ++y) {
    for (int row = 0; row < Step; ++row) {
      const std::uint8_t* from = rows.row(part.y + y * Step + row, part.x, part.width);
      row == 0 ? add_row<true>(from, line.data(), count) : add_row<false>(from, line.data(), count);
    }
    std::uint8_t* to = means.row(y);
    for (int x = 0; x < width; ++x) {
      const Sums sum = sum_of<Step>(line.data() + std::size_t(x) * Step * 3);
      for (const int channel : order) {
        *to++ = static_cast<std::uint8_t>((sum[channel] + Step * Step / 2) / (Step * Step));
      }
    }
  }
  return means;
}

/** The rows of a part that are means already. */
Image copy_of(const PixelRows& rows, const Area& part) {
  Image copy = blank_image(part.width, part.height);
  for (int y = 0; y < part.height; ++y) {
    rows.read(part.y + y, part.x, part.width, copy.row(y));
  }
  return copy;
}

Image means_of(const PixelRows& rows, const Area& part, int step) {
  switch (step) {
    case 1:
      return copy_of(rows, part);
    case 2:
      return means_of<2>(rows, part);
    case 4:
      return means_of<4>(rows, part);
    case 8:
      return means_of<8>(rows, part);
    case kLargestBlock:
      return means_of<kLargestBlock>(rows, part);
    default:
      throw Error(ErrorCode::Internal, "blocks of a size that is none of 1, 2, 4, 8 and 16");
  }
}

}  // namespace

Image block_means(const Picture& picture, int left, int top, int width, int height, int step) {
  if (left < 0 || top < 0 || width > (picture.width() - left) / step ||
      height > (picture.height() - top) / step) {
    throw Error(ErrorCode::Internal, "blocks that are not inside of their image");
  }
  const Area lying = picture.lying({left, top, width * step, height * step});
  const Level level = picture.rows(lying, step);
  if (lying.x % level.step != 0 || lying.y % level.step != 0) {
    throw Error(ErrorCode::Internal, "blocks that are not those of their photo");
  }
  const Area part{lying.x / level.step - level.x, lying.y / level.step - level.y,
                  lying.width / level.step, lying.height / level.step};
  return turn(means_of(*level.rows, part, step / level.step), picture.turns());
}

}  // namespace seesaw
