#include "face/picture/pixels.h"

#include <algorithm>
#include <string>

#include "engine/error.h"

namespace seesaw {

void check_side(const char* argument, int side) {
  if (side >= 1 && side <= kMaxImageSide) return;
  throw Error::invalid_argument(argument, std::string(argument) + " must be from 1 to " +
                                              std::to_string(kMaxImageSide) + " pixels, not " +
                                              std::to_string(side));
}

Image blank_image(int width, int height) {
  check_side("width", width);
  check_side("height", height);
  return {width, height, std::vector<std::uint8_t>(std::size_t(width) * height * 3)};
}

Image halve(const Image& image) {
  Image half = blank_image(std::max(1, image.width / 2), std::max(1, image.height / 2));
  // A side of one pixel stays as it is: its pixel is its own neighbour.
  const int right = image.width > 1 ? 3 : 0;
  for (int y = 0; y < half.height; ++y) {
    const std::uint8_t* upper = image.row(2 * y);
    const std::uint8_t* lower = image.row(std::min(2 * y + 1, image.height - 1));
    std::uint8_t* to = half.row(y);
    for (int x = 0; x < half.width; ++x, upper += 6, lower += 6, to += 3) {
      for (int c = 0; c < 3; ++c) {
        const int sum = upper[c] + upper[c + right] + lower[c] + lower[c + right];
        to[c] = static_cast<std::uint8_t>((sum + 2) / 4);
      }
    }
  }
  return half;
}

}  // namespace seesaw
