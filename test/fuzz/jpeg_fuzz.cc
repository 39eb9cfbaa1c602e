// JPEG files damaged in any way: pixels or an error, for all of the file and for a part of it,
// whose memory is allocated to the byte for the sanitizer to see.

#include "engine/error.h"
#include "face/picture/jpeg.h"
#include "face/picture/jpeg_end.h"
#include "face/picture/picture.h"
#include "input.h"

namespace {

/** Larger ones only take longer. */
constexpr int kMostPixels = 1 << 18;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  seesaw::fuzz::Input input(data, size);
  const int step = 1 << input.between(0, 3);
  const int left = input.between(0, 1 << 20), top = input.between(0, 1 << 20);
  const int across = input.between(0, 1 << 20), down = input.between(0, 1 << 20);
  seesaw::jpeg_has_end(input.data(), input.left());
  try {
    const auto header = seesaw::read_jpeg_header(input.data(), input.left());
    if (!header || header->width > kMostPixels / header->height) return 0;
    const seesaw::JpegFile file{input.data(), input.left(), header->width, header->height};
    const int width = seesaw::reduced(file.width, step);
    const int height = seesaw::reduced(file.height, step);
    seesaw::Image all = seesaw::blank_image(width, height);
    decode_jpeg(file, step, {0, 0, width, height}, seesaw::JpegPixels::Bgr, all.bgr.data());
    seesaw::Area part{left % width, top % height, 0, 0};
    part.width = 1 + across % (width - part.x);
    part.height = 1 + down % (height - part.y);
    seesaw::Image some = seesaw::blank_image(part.width, part.height);
    decode_jpeg(file, step, part, seesaw::JpegPixels::Bgr, some.bgr.data());
  } catch (const seesaw::Error&) {
    // Refused.
  }
  return 0;
}
