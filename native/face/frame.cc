#include "face/frame.h"

#include <algorithm>
#include <vector>

#include "face/frame_rows.h"

namespace seesaw {
namespace {

/** Rows turned at a time: whole runs of pixels are then written, not single ones. */
constexpr int kBand = 16;

/** The picture turned by 90 or 270 degrees clockwise. */
Image turned(const FrameRows& rows) {
  const Frame& frame = rows.frame();
  const int width = frame.width;
  const bool clockwise = frame.rotation == 90;
  Image image = blank_image(frame.height, width);
  std::vector<std::uint8_t> band(std::size_t{kBand} * width * 3);
  for (int top = 0; top < frame.height; top += kBand) {
    const int count = std::min(kBand, frame.height - top);
    // Clockwise the lowest row comes first on the left.
    for (int i = 0; i < count; ++i) {
      const int y = clockwise ? top + count - 1 - i : top + i;
      rows.read(y, 0, width, band.data() + std::size_t(i) * width * 3);
    }
    const int left = clockwise ? frame.height - top - count : top;
    for (int x = 0; x < width; ++x) {
      std::uint8_t* to = image.row(clockwise ? x : width - 1 - x) + std::size_t(left) * 3;
      const std::uint8_t* from = band.data() + std::size_t(x) * 3;
      for (int i = 0; i < count; ++i, from += std::size_t(width) * 3, to += 3) {
        to[0] = from[0];
        to[1] = from[1];
        to[2] = from[2];
      }
    }
  }
  return image;
}

void reverse_row(std::uint8_t* bgr, int width) {
  for (std::uint8_t *left = bgr, *right = bgr + std::size_t(width) * 3 - 3; left < right;
       left += 3, right -= 3) {
    std::swap_ranges(left, left + 3, right);
  }
}

}  // namespace

Image to_bgr(const Frame& frame) {
  const FrameRows rows(frame);
  if (frame.rotation == 90 || frame.rotation == 270) return turned(rows);
  Image image = blank_image(frame.width, frame.height);
  const bool upside_down = frame.rotation == 180;
  for (int y = 0; y < frame.height; ++y) {
    std::uint8_t* to = image.row(upside_down ? frame.height - 1 - y : y);
    rows.read(y, 0, frame.width, to);
    if (upside_down) reverse_row(to, frame.width);
  }
  return image;
}

}  // namespace seesaw
