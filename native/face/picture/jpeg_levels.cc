#include "face/picture/jpeg_levels.h"

#include <algorithm>
#include <utility>

#include "engine/error.h"

namespace seesaw {
namespace {

/** All pixels of the reduced photo that show something of a part of it. */
Area reduced_area(const Area& part, int step) {
  const int x = part.x / step, y = part.y / step;
  return {x, y, reduced(part.x + part.width, step) - x, reduced(part.y + part.height, step) - y};
}

bool contains(const Area& whole, const Area& part) {
  return part.x >= whole.x && part.y >= whole.y && part.x + part.width <= whole.x + whole.width &&
         part.y + part.height <= whole.y + whole.height;
}

void check(const Frame& frame) {
  const JpegFile& file = frame.jpeg;
  check_side("jpeg", file.width);
  check_side("jpeg", file.height);
  const int step = frame.reduced_by;
  const bool is_step = step == 2 || step == 4 || step == kLargestJpegStep;
  if (!is_step || frame.width != reduced(file.width, step) ||
      frame.height != reduced(file.height, step)) {
    throw Error::invalid_argument("jpeg", "jpeg is not of the size that its reduced pixels are of");
  }
}

}  // namespace

JpegLevels::JpegLevels(const Frame& frame)
    : file_(frame.jpeg), first_step_(frame.reduced_by), first_(frame) {
  check(frame);
}

Level JpegLevels::level(const Area& part, int step) {
  step = std::min(step, kLargestJpegStep);
  Level best{nullptr, 0, 0, 0};
  if (first_step_ <= step) best = {&first_, first_step_, 0, 0};
  bool again = false;
  for (const Decoded& decoded : decoded_) {
    again = again || decoded.step == step;
    if (decoded.step <= step && decoded.step > best.step &&
        contains(decoded.area, reduced_area(part, decoded.step))) {
      best = {&decoded.rows, decoded.step, decoded.area.x, decoded.area.y};
    }
  }
  if (best.rows != nullptr) return best;
  const Area area = again ? Area{0, 0, reduced(width(), step), reduced(height(), step)}
                          : reduced_area(part, step);
  Image image = blank_image(area.width, area.height);
  decode_jpeg(file_, step, area, JpegPixels::Bgr, image.bgr.data());
  decoded_.emplace_back(step, area, std::move(image));
  return {&decoded_.back().rows, step, area.x, area.y};
}

}  // namespace seesaw
