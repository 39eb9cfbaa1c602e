// Frames as callers describe them, and the one pixel format that the rest works on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace seesaw {

enum class PixelFormat { Rgb, Bgr, Rgba, Bgra, Gray };

/** Bytes of one pixel. */
int bytes_per_pixel(PixelFormat format) noexcept;

/** Pixels that belong to someone else. Rows start every `stride` bytes. */
struct Frame {
  const std::uint8_t* data = nullptr;
  std::size_t bytes = 0;
  int width = 0;
  int height = 0;
  int stride = 0;
  PixelFormat format = PixelFormat::Rgb;
};

/** Pixels of 3 bytes, blue first, without gaps between rows. */
struct Image {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> bgr;

  const std::uint8_t* row(int y) const { return bgr.data() + std::size_t(y) * width * 3; }
  std::uint8_t* row(int y) { return bgr.data() + std::size_t(y) * width * 3; }
};

/** Longest side accepted; keeps every product of sizes well inside 64 bits. */
inline constexpr int kMaxImageSide = 1 << 16;

/** A black image. @throws Error InvalidArgument naming "width" or "height" */
Image blank_image(int width, int height);

/**
 * A copy of a frame as BGR; transparency is ignored. The last row may end before its stride does.
 * @throws Error InvalidArgument naming "width", "height", "stride" or "data"
 */
Image to_bgr(const Frame& frame);

/** The part of an image that starts at (x, y); all of it must be inside. @throws Error */
Image crop(const Image& image, int x, int y, int width, int height);

/** Half the width and half the height, each pixel the mean of four; an odd last line is dropped. */
Image halve(const Image& image);

/** Shrinks by the mean of the area that each pixel covers, enlarges bilinearly. */
Image resize(const Image& image, int width, int height);

}  // namespace seesaw
