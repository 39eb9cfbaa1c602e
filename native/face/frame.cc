#include "face/frame.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "engine/error.h"
#include "face/yuv.h"

namespace seesaw {
namespace {

std::size_t half_up(int side) { return (std::size_t(side) + 1) / 2; }

/** What the format says about a plane: bytes of a row that are read, and rows. */
struct PlaneShape {
  std::size_t row_bytes;
  std::size_t rows;
};

PlaneShape first_plane(const Frame& frame) {
  const auto width = static_cast<std::size_t>(frame.width);
  const auto rows = static_cast<std::size_t>(frame.height);
  switch (frame.format) {
    case PixelFormat::Rgb:
    case PixelFormat::Bgr:
      return {width * 3, rows};
    case PixelFormat::Rgba:
    case PixelFormat::Bgra:
      return {width * 4, rows};
    case PixelFormat::Yuyv:
      return {half_up(frame.width) * 4, rows};
    case PixelFormat::Gray:
    case PixelFormat::Nv12:
    case PixelFormat::Nv21:
    case PixelFormat::I420:
      return {width, rows};
  }
  throw Error::invalid_argument("format", "unknown pixel format");
}

std::size_t chroma_planes(PixelFormat format) {
  if (format == PixelFormat::I420) return 2;
  return format == PixelFormat::Nv12 || format == PixelFormat::Nv21 ? 1 : 0;
}

void check_plane(const Frame& frame, const char* argument, const Plane& plane,
                 const PlaneShape& shape) {
  if (plane.stride < 0 || std::size_t(plane.stride) < shape.row_bytes) {
    throw Error::invalid_argument(
        argument, std::string(argument) + " must be at least " + std::to_string(shape.row_bytes) +
                      " bytes for this width and format, not " + std::to_string(plane.stride));
  }
  const std::size_t needed = (shape.rows - 1) * plane.stride + shape.row_bytes;
  if (frame.data == nullptr || frame.bytes < needed || frame.bytes - needed < plane.offset) {
    throw Error::invalid_argument(
        "data", "data must have at least " + std::to_string(needed) + " bytes from " +
                    std::to_string(plane.offset) + " on for this frame, not " +
                    std::to_string(frame.data ? frame.bytes : 0) + " in all");
  }
}

void check_frame(const Frame& frame) {
  check_side("width", frame.width);
  check_side("height", frame.height);
  if (frame.rotation % 90 != 0 || frame.rotation < 0 || frame.rotation > 270) {
    throw Error::invalid_argument("rotation", "rotation must be 0, 90, 180 or 270");
  }
  check_plane(frame, "stride", {frame.offset, frame.stride}, first_plane(frame));
  const std::size_t samples = half_up(frame.width);
  const PlaneShape chroma{frame.format == PixelFormat::I420 ? samples : samples * 2,
                          half_up(frame.height)};
  for (std::size_t i = 0; i < chroma_planes(frame.format); ++i) {
    check_plane(frame, "chroma", frame.chroma[i], chroma);
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

/** Reads rows of a frame that was checked. */
class Rows {
 public:
  explicit Rows(const Frame& frame)
      : frame_(frame), factors_(yuv_factors(frame.range, frame.matrix)) {}

  void read(int y, std::uint8_t* bgr) const {
    const std::uint8_t* from = row({frame_.offset, frame_.stride}, y);
    const int width = frame_.width;
    switch (frame_.format) {
      case PixelFormat::Rgb:
        return copy_row<3, 2, 1, 0>(from, bgr, width);
      case PixelFormat::Bgr:
        std::memcpy(bgr, from, std::size_t(width) * 3);
        return;
      case PixelFormat::Rgba:
        return copy_row<4, 2, 1, 0>(from, bgr, width);
      case PixelFormat::Bgra:
        return copy_row<4, 0, 1, 2>(from, bgr, width);
      case PixelFormat::Gray:
        return copy_row<1, 0, 0, 0>(from, bgr, width);
      case PixelFormat::Nv12: {
        const std::uint8_t* uv = row(frame_.chroma[0], y / 2);
        return yuv_row_to_bgr({from, uv, uv + 1}, YuvSteps::SemiPlanar, factors_, bgr, width);
      }
      case PixelFormat::Nv21: {
        const std::uint8_t* vu = row(frame_.chroma[0], y / 2);
        return yuv_row_to_bgr({from, vu + 1, vu}, YuvSteps::SemiPlanar, factors_, bgr, width);
      }
      case PixelFormat::I420:
        return yuv_row_to_bgr({from, row(frame_.chroma[0], y / 2), row(frame_.chroma[1], y / 2)},
                              YuvSteps::Planar, factors_, bgr, width);
      case PixelFormat::Yuyv:
        return yuv_row_to_bgr({from, from + 1, from + 3}, YuvSteps::Packed, factors_, bgr, width);
    }
  }

 private:
  const std::uint8_t* row(const Plane& plane, int y) const {
    return frame_.data + plane.offset + std::size_t(y) * plane.stride;
  }

  const Frame& frame_;
  const YuvFactors factors_;
};

/** Rows turned at a time: whole runs of pixels are then written, not single ones. */
constexpr int kBand = 16;

/** The picture turned by 90 or 270 degrees clockwise. */
Image turned(const Frame& frame, const Rows& rows) {
  const int width = frame.width;
  const bool clockwise = frame.rotation == 90;
  Image image = blank_image(frame.height, width);
  std::vector<std::uint8_t> band(std::size_t{kBand} * width * 3);
  for (int top = 0; top < frame.height; top += kBand) {
    const int count = std::min(kBand, frame.height - top);
    // Clockwise the lowest row comes first on the left.
    for (int i = 0; i < count; ++i) {
      const int y = clockwise ? top + count - 1 - i : top + i;
      rows.read(y, band.data() + std::size_t(i) * width * 3);
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
  check_frame(frame);
  const Rows rows(frame);
  if (frame.rotation == 90 || frame.rotation == 270) return turned(frame, rows);
  Image image = blank_image(frame.width, frame.height);
  const bool upside_down = frame.rotation == 180;
  for (int y = 0; y < frame.height; ++y) {
    std::uint8_t* to = image.row(upside_down ? frame.height - 1 - y : y);
    rows.read(y, to);
    if (upside_down) reverse_row(to, frame.width);
  }
  return image;
}

}  // namespace seesaw
