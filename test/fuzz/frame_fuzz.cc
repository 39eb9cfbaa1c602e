// Frames described in any way: an upright picture of the right size or an error, and no byte read
// beyond the data, which is allocated to the byte for the sanitizer to see.
#include <algorithm>
#include <cstdlib>
#include <vector>

#include "../native/face/upright.h"
#include "engine/error.h"
#include "face/picture/frame.h"
#include "face/picture/picture.h"
#include "input.h"

namespace {

/** Mostly what a correct description would say, sometimes anything. */
int near(seesaw::fuzz::Input& input, int right) {
  const int kind = input.between(0, 7);
  if (kind == 0) return input.take<std::int32_t>();
  if (kind == 1) return right + input.between(-4, 4);
  return right + (kind == 2 ? input.between(0, 64) : 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  seesaw::fuzz::Input input(data, size);
  seesaw::Frame frame;
  const int width = input.between(1, 70), height = input.between(1, 70);
  frame.width = near(input, width);
  frame.height = near(input, height);
  frame.format = static_cast<seesaw::PixelFormat>(input.between(0, 8));
  frame.range = static_cast<seesaw::YuvRange>(input.between(0, 1));
  frame.matrix = static_cast<seesaw::YuvMatrix>(input.between(0, 1));
  frame.rotation = 90 * input.between(0, 3) + (input.between(0, 15) == 0 ? 7 : 0);
  const bool is_planar =
      frame.format >= seesaw::PixelFormat::Nv12 && frame.format <= seesaw::PixelFormat::I420;
  const int per_pixel = is_planar ? 1 : frame.format == seesaw::PixelFormat::Yuyv ? 2 : 4;
  frame.stride = near(input, width * per_pixel + per_pixel);
  frame.offset = static_cast<std::size_t>(input.between(0, 3) ? 0 : input.between(0, 4096));
  const std::size_t luma = static_cast<std::size_t>(width * per_pixel + per_pixel) * height;
  for (seesaw::Plane& plane : frame.chroma) {
    plane.stride = near(input, width + 1);
    plane.offset = input.between(0, 7) ? luma : input.take<std::uint32_t>();
  }
  std::vector<std::uint8_t> bytes(
      static_cast<std::size_t>(near(input, static_cast<int>(luma) * 2)) % (1 << 16));
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i * 7);
  frame.data = bytes.data();
  frame.bytes = bytes.size();
  try {
    const seesaw::Picture picture(frame);
    const seesaw::Image image = seesaw::whole(picture);
    const bool turned = frame.rotation % 180 != 0;
    if (image.width != (turned ? frame.height : frame.width) ||
        image.height != (turned ? frame.width : frame.height) ||
        image.bgr.size() != static_cast<std::size_t>(image.width) * image.height * 3) {
      std::abort();
    }
    if (image.bgr != seesaw::test::upright(frame).bgr) std::abort();
    // Read in parts, where it lies, it is the same picture.
    const int x = input.between(0, image.width - 1), y = input.between(0, image.height - 1);
    const seesaw::Image part = seesaw::crop(picture, x, y, image.width - x, 1);
    const std::uint8_t* row = image.row(y) + std::size_t(x) * 3;
    if (!std::equal(part.bgr.begin(), part.bgr.end(), row)) std::abort();
    seesaw::resize(picture, (image.width + 1) / 2, (image.height + 2) / 3);
  } catch (const seesaw::Error&) {
    // Refused.
  }
  return 0;
}
