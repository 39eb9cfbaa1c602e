#include "face/picture/quarter_turn.h"

#include <algorithm>
#include <utility>

namespace seesaw {
namespace {

/** Pixels are copied in squares of this side, so that both images stay in the cache. */
constexpr int kBlock = 32;

}  // namespace

Image turn(Image image, int turns) {
  turns &= 3;
  if (turns == 0) return image;
  const bool swaps = turns != 2;
  Image turned =
      blank_image(swaps ? image.height : image.width, swaps ? image.width : image.height);
  for (int top = 0; top < turned.height; top += kBlock) {
    for (int left = 0; left < turned.width; left += kBlock) {
      const int bottom = std::min(top + kBlock, turned.height);
      const int right = std::min(left + kBlock, turned.width);
      for (int y = top; y < bottom; ++y) {
        for (int x = left; x < right; ++x) {
          const int from_x = turns == 1   ? y
                             : turns == 2 ? image.width - 1 - x
                                          : image.width - 1 - y;
          const int from_y = turns == 1   ? image.height - 1 - x
                             : turns == 2 ? image.height - 1 - y
                                          : x;
          std::copy_n(image.row(from_y) + std::size_t(from_x) * 3, 3,
                      turned.row(y) + std::size_t(x) * 3);
        }
      }
    }
  }
  return turned;
}

Face turn_back(const Face& face, int turns, int width, int height) {
  Face back = face;
  // Turned back one quarter after the other; the sizes swap each time.
  for (int left = turns & 3; left > 0; --left) {
    // Before this quarter the image had been turned left - 1 times.
    const auto before = static_cast<float>((left - 1) % 2 == 0 ? height : width);
    const Box box = back.box;
    back.box = {box.y, before - box.x - box.width, box.height, box.width};
    // Points count from the centre of the first pixel, boxes from its border.
    for (Point& point : back.landmarks) point = {point.y, before - 1 - point.x};
  }
  return back;
}

}  // namespace seesaw
