// The naive way to make a frame upright: all of it is converted, then each pixel is looked up.
#pragma once

#include <algorithm>

#include "face/picture/frame.h"
#include "face/picture/picture.h"
#include "face/picture/pixels.h"

namespace seesaw::test {

/** Where a pixel of the upright picture is in a frame of this size. */
struct Place {
  int x, y;
};

inline Place place_of(int x, int y, const Frame& frame) {
  switch (frame.rotation) {
    case 90:
      return {y, frame.height - 1 - x};
    case 180:
      return {frame.width - 1 - x, frame.height - 1 - y};
    case 270:
      return {frame.width - 1 - y, x};
    default:
      return {x, y};
  }
}

inline Image upright(const Frame& frame) {
  Frame straight = frame;
  straight.rotation = 0;
  const Image lying = whole(Picture(straight));
  const bool across = frame.rotation % 180 != 0;
  Image image =
      blank_image(across ? frame.height : frame.width, across ? frame.width : frame.height);
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x) {
      const Place from = place_of(x, y, frame);
      std::copy_n(lying.row(from.y) + 3 * from.x, 3, image.row(y) + 3 * x);
    }
  }
  return image;
}

}  // namespace seesaw::test
