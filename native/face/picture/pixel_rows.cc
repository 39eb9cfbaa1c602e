#include "face/picture/pixel_rows.h"

#include <algorithm>
#include <utility>

namespace seesaw {

PixelRows::PixelRows(const Image& image)
    : image_(&image), width_(image.width), count_(image.height) {}

PixelRows::PixelRows(const Frame& frame)
    : rows_(std::in_place, frame),
      width_(frame.width),
      count_(frame.height),
      red_first_(frame.format == PixelFormat::Rgb) {}

const std::uint8_t* PixelRows::row(int y, int x, int count) const {
  const std::size_t start = std::size_t(x) * 3;
  if (image_ != nullptr) return image_->row(y) + start;
  if (const std::uint8_t* row = rows_->in_place(y)) return row + start;
  // Pixels that share chroma are read in pairs: the other half of the first one, too.
  const int before = rows_->in_pairs() ? x % 2 : 0;
  line_.resize(std::max(line_.size(), std::size_t(count + before) * 3));
  rows_->read(y, x - before, count + before, line_.data());
  return line_.data() + std::size_t(before) * 3;
}

void PixelRows::read(int y, int x, int count, std::uint8_t* bgr) const {
  if (image_ == nullptr && (x % 2 == 0 || !rows_->in_pairs())) {
    rows_->read(y, x, count, bgr);
  } else {
    std::copy_n(row(y, x, count), std::size_t(count) * 3, bgr);
  }
}

}  // namespace seesaw
