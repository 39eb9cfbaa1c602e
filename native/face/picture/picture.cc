#include "face/picture/picture.h"

#include <algorithm>
#include <utility>

#include "engine/error.h"
#include "face/picture/quarter_turn.h"
#include "face/picture/shrink.h"
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
    : rows_(std::in_place, image), row_width_(image.width), row_count_(image.height) {}

Picture::Picture(const Frame& frame) : turns_(frame.rotation / 90) {
  if (frame.reduced_by == 1) {
    rows_.emplace(frame);
    row_width_ = frame.width;
    row_count_ = frame.height;
  } else {
    levels_.emplace(frame);
    row_width_ = levels_->width();
    row_count_ = levels_->height();
  }
}

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

Level Picture::rows(const Area& lying, int step) const {
  return levels_ ? levels_->level(lying, step) : Level{&*rows_, 1, 0, 0};
}

Image crop(const Picture& picture, int x, int y, int width, int height) {
  if (x < 0 || y < 0 || x > picture.width() - width || y > picture.height() - height) {
    throw Error(ErrorCode::Internal, "a part that is not inside of its image");
  }
  const Area area = picture.lying({x, y, width, height});
  Image part = blank_image(area.width, area.height);
  const Level level = picture.rows(area, 1);
  for (int line = 0; line < area.height; ++line) {
    level.rows->read(area.y - level.y + line, area.x - level.x, area.width, part.row(line));
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
