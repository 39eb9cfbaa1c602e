#include "face/pixels.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "engine/error.h"
#include "mat.h"

namespace seesaw {
namespace {

void check_side(const char* argument, int side) {
  if (side >= 1 && side <= kMaxImageSide) return;
  throw Error::invalid_argument(argument, std::string(argument) + " must be from 1 to " +
                                              std::to_string(kMaxImageSide) + " pixels, not " +
                                              std::to_string(side));
}

void check_frame(const Frame& frame) {
  check_side("width", frame.width);
  check_side("height", frame.height);
  const std::size_t used = std::size_t(frame.width) * bytes_per_pixel(frame.format);
  if (frame.stride < 0 || std::size_t(frame.stride) < used) {
    throw Error::invalid_argument("stride", "stride must be at least " + std::to_string(used) +
                                                " bytes for this width and format, not " +
                                                std::to_string(frame.stride));
  }
  const std::size_t needed = std::size_t(frame.height - 1) * frame.stride + used;
  if (frame.data == nullptr || frame.bytes < needed) {
    throw Error::invalid_argument("data", "data must have at least " + std::to_string(needed) +
                                              " bytes for this frame, not " +
                                              std::to_string(frame.data ? frame.bytes : 0));
  }
}

/** Copies pixels of `Step` bytes; the three constants are where blue, green and red are. */
template <int Step, int Blue, int Green, int Red>
void copy_row(const std::uint8_t* from, std::uint8_t* to, int width) {
  for (int x = 0; x < width; ++x, from += Step, to += 3) {
    to[0] = from[Blue];
    to[1] = from[Green];
    to[2] = from[Red];
  }
}

using RowCopy = void (*)(const std::uint8_t*, std::uint8_t*, int);

RowCopy row_copy(PixelFormat format) {
  switch (format) {
    case PixelFormat::Rgb:
      return copy_row<3, 2, 1, 0>;
    case PixelFormat::Bgr:
      return [](const std::uint8_t* from, std::uint8_t* to, int width) {
        std::memcpy(to, from, std::size_t(width) * 3);
      };
    case PixelFormat::Rgba:
      return copy_row<4, 2, 1, 0>;
    case PixelFormat::Bgra:
      return copy_row<4, 0, 1, 2>;
    case PixelFormat::Gray:
      return copy_row<1, 0, 0, 0>;
  }
  throw Error::invalid_argument("format", "unknown pixel format");
}

}  // namespace

int bytes_per_pixel(PixelFormat format) noexcept {
  switch (format) {
    case PixelFormat::Gray:
      return 1;
    case PixelFormat::Rgba:
    case PixelFormat::Bgra:
      return 4;
    case PixelFormat::Rgb:
    case PixelFormat::Bgr:
      break;
  }
  return 3;
}

Image blank_image(int width, int height) {
  check_side("width", width);
  check_side("height", height);
  return {width, height, std::vector<std::uint8_t>(std::size_t(width) * height * 3)};
}

Image to_bgr(const Frame& frame) {
  const RowCopy copy = row_copy(frame.format);
  check_frame(frame);
  Image image = blank_image(frame.width, frame.height);
  for (int y = 0; y < frame.height; ++y) {
    copy(frame.data + std::size_t(y) * frame.stride, image.row(y), frame.width);
  }
  return image;
}

Image crop(const Image& image, int x, int y, int width, int height) {
  Image part = blank_image(width, height);
  if (x < 0 || y < 0 || x > image.width - width || y > image.height - height) {
    throw Error(ErrorCode::Internal, "a part that is not inside of its image");
  }
  for (int line = 0; line < height; ++line) {
    const std::uint8_t* from = image.row(y + line) + std::size_t(x) * 3;
    std::memcpy(part.row(line), from, std::size_t(width) * 3);
  }
  return part;
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

Image resize(const Image& image, int width, int height) {
  if (image.width >= 2 * std::int64_t{width} && image.height >= 2 * std::int64_t{height}) {
    return resize(halve(image), width, height);
  }
  Image resized = blank_image(width, height);
  if (width == image.width && height == image.height) {
    resized.bgr = image.bgr;
  } else {
    ncnn::resize_bilinear_c3(image.bgr.data(), image.width, image.height, resized.bgr.data(), width,
                             height);
  }
  return resized;
}

}  // namespace seesaw
