// Frames as callers describe them: pixels in the layout of a camera or a decoder.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "face/picture/jpeg.h"

namespace seesaw {

enum class PixelFormat { Rgb, Bgr, Rgba, Bgra, Gray, Nv12, Nv21, I420, Yuyv };

/** What the numbers of a YUV frame mean: 16 to 235 (chroma 240) are black to white, or 0 to 255. */
enum class YuvRange { Limited, Full };
/** Which weights of red, green and blue make up luma. */
enum class YuvMatrix { Bt601, Bt709 };

struct Plane {
  std::size_t offset = 0;  // of its first byte in the frame's data
  int stride = 0;          // bytes from one row to the next
};

/**
 * Pixels that belong to someone else. `offset` and `stride` are those of the only plane, or of
 * luma; `chroma` has U and V (I420) or both in one (NV12, NV21). Of a photo these may be the pixels
 * made smaller by `reduced_by`; the others are then decoded from its file where they are needed.
 */
struct Frame {
  const std::uint8_t* data = nullptr;
  std::size_t bytes = 0;
  int width = 0;
  int height = 0;
  int stride = 0;
  PixelFormat format = PixelFormat::Rgb;
  std::size_t offset = 0;
  std::array<Plane, 2> chroma{};
  YuvRange range = YuvRange::Limited;
  YuvMatrix matrix = YuvMatrix::Bt601;
  int rotation = 0;    // degrees clockwise that make the picture upright: 0, 90, 180 or 270
  int reduced_by = 1;  // 1, 2, 4 or 8
  JpegFile jpeg = {};  // where that is not 1
};

}  // namespace seesaw
