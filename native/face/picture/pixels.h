// The one pixel format that everything after a frame works on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace seesaw {

/** Pixels of 3 bytes, blue first, without gaps between rows. */
struct Image {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> bgr;

  const std::uint8_t* row(int y) const { return bgr.data() + std::size_t(y) * width * 3; }
  std::uint8_t* row(int y) { return bgr.data() + std::size_t(y) * width * 3; }
};

/** A part of a picture: where it begins, and its size. */
struct Area {
  int x = 0;
  int y = 0;
  int width = 0;
  int height = 0;
};

/** Longest side accepted, a JPEG's; every product of sizes stays well inside 64 bits. */
inline constexpr int kMaxImageSide = 65535;

/** A black image. @throws Error InvalidArgument naming "width" or "height" */
Image blank_image(int width, int height);

/** @throws Error InvalidArgument naming `argument` unless `side` is from 1 to kMaxImageSide */
void check_side(const char* argument, int side);

/** Half the width and half the height, each pixel the mean of four; an odd last line is dropped. */
Image halve(const Image& image);

}  // namespace seesaw
