#include "face/picture.h"

#include <algorithm>
#include <utility>

#include "engine/error.h"
#include "face/quarter_turn.h"
#include "face/shrink.h"
#include "mat.h"

namespace seesaw {
namespace {

/**
 * The image with a side of one pixel made two of the same. NCNN's bilinear kernel takes pixels in
 * pairs: of a single one it would read what lies before the image in memory, if with weight 0.
 */
Image doubled(const Image& image) {
  Image both = blank_image(std::max(2, image.width), std::max(2, image.height));
  for (int y = 0; y < both.height; ++y) {
    const std::uint8_t* from = image.row(std::min(y, image.height - 1));
    for (int x = 0; x < both.width; ++x) {
      std::copy_n(from + std::size_t(std::min(x, image.width - 1)) * 3, 3, both.row(y) + 3 * x);
    }
  }
  return both;
}

}  // namespace

Picture::Picture(const Image& image)
    : image_(&image), row_width_(image.width), row_count_(image.height) {}

Picture::Picture(const Frame& frame)
    : rows_(std::in_place, frame),
      row_width_(frame.width),
      row_count_(frame.height),
      turns_(frame.rotation / 90),
      red_first_(frame.format == PixelFormat::Rgb) {}

Area Picture::lying(const Area& upright) const {
  const auto& [x, y, width, height] = upright;
  switch (turns_) {
    case 1:
      return {y, row_count_ - x - width, height, width};
    case 2:
      return {row_width_ - x - width, row_count_ - y - height, width, height};
    case 3:
      return {row_width_ - y - height, x, height, width};
    default:
      return upright;
  }
}

const std::uint8_t* Picture::row(int y, int x, int count) const {
  const std::size_t start = std::size_t(x) * 3;
  if (image_ != nullptr) return image_->row(y) + start;
  if (const std::uint8_t* row = rows_->in_place(y)) return row + start;
  // Pixels that share chroma are read in pairs: the other half of the first one, too.
  const int before = rows_->in_pairs() ? x % 2 : 0;
  line_.resize(std::max(line_.size(), std::size_t(count + before) * 3));
  rows_->read(y, x - before, count + before, line_.data());
  return line_.data() + std::size_t(before) * 3;
}

void Picture::read(int y, int x, int count, std::uint8_t* bgr) const {
  if (image_ == nullptr && (x % 2 == 0 || !rows_->in_pairs())) {
    rows_->read(y, x, count, bgr);
  } else {
    std::copy_n(row(y, x, count), std::size_t(count) * 3, bgr);
  }
}

Image crop(const Picture& picture, int x, int y, int width, int height) {
  if (x < 0 || y < 0 || x > picture.width() - width || y > picture.height() - height) {
    throw Error(ErrorCode::Internal, "a part that is not inside of its image");
  }
  const Area area = picture.lying({x, y, width, height});
  Image part = blank_image(area.width, area.height);
  for (int line = 0; line < area.height; ++line) {
    picture.read(area.y + line, area.x, area.width, part.row(line));
  }
  return turn(std::move(part), picture.turns());
}

Image whole(const Picture& picture) {
  return crop(picture, 0, 0, picture.width(), picture.height());
}

Image resize(const Picture& picture, int width, int height) {
  if (width <= picture.width() && height <= picture.height() &&
      (width != picture.width() || height != picture.height())) {
    return shrink(picture, width, height);
  }
  Image image = whole(picture);
  if (width == image.width && height == image.height) return image;
  if (image.width == 1 || image.height == 1) image = doubled(image);
  if (width <= image.width && height <= image.height) return resize(image, width, height);
  Image resized = blank_image(width, height);
  ncnn::resize_bilinear_c3(image.bgr.data(), image.width, image.height, resized.bgr.data(), width,
                           height);
  return resized;
}

}  // namespace seesaw
