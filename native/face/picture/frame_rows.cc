#include "face/picture/frame_rows.h"

#include <cstring>
#include <string>

#include "engine/error.h"
#include "face/picture/pixels.h"

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

}  // namespace

FrameRows::FrameRows(const Frame& frame) : frame_(frame) {
  check_frame(frame);
  factors_ = yuv_factors(frame.range, frame.matrix);
}

bool FrameRows::in_pairs() const {
  return frame_.format == PixelFormat::Yuyv || chroma_planes(frame_.format) > 0;
}

const std::uint8_t* FrameRows::in_place(int y) const {
  const bool three = frame_.format == PixelFormat::Rgb || frame_.format == PixelFormat::Bgr;
  return three ? row({frame_.offset, frame_.stride}, y) : nullptr;
}

void FrameRows::read(int y, int x, int count, std::uint8_t* bgr) const {
  const std::uint8_t* from = row({frame_.offset, frame_.stride}, y);
  const auto pixel = static_cast<std::size_t>(x);
  switch (frame_.format) {
    case PixelFormat::Rgb:
      return copy_row<3, 2, 1, 0>(from + 3 * pixel, bgr, count);
    case PixelFormat::Bgr:
      std::memcpy(bgr, from + 3 * pixel, std::size_t(count) * 3);
      return;
    case PixelFormat::Rgba:
      return copy_row<4, 2, 1, 0>(from + 4 * pixel, bgr, count);
    case PixelFormat::Bgra:
      return copy_row<4, 0, 1, 2>(from + 4 * pixel, bgr, count);
    case PixelFormat::Gray:
      return copy_row<1, 0, 0, 0>(from + pixel, bgr, count);
    case PixelFormat::Nv12: {
      const std::uint8_t* uv = row(frame_.chroma[0], y / 2) + pixel;
      return yuv_row_to_bgr({from + pixel, uv, uv + 1}, YuvSteps::SemiPlanar, factors_, bgr, count);
    }
    case PixelFormat::Nv21: {
      const std::uint8_t* vu = row(frame_.chroma[0], y / 2) + pixel;
      return yuv_row_to_bgr({from + pixel, vu + 1, vu}, YuvSteps::SemiPlanar, factors_, bgr, count);
    }
    case PixelFormat::I420: {
      const std::uint8_t* u = row(frame_.chroma[0], y / 2) + pixel / 2;
      const std::uint8_t* v = row(frame_.chroma[1], y / 2) + pixel / 2;
      return yuv_row_to_bgr({from + pixel, u, v}, YuvSteps::Planar, factors_, bgr, count);
    }
    case PixelFormat::Yuyv:
      from += 2 * pixel;
      return yuv_row_to_bgr({from, from + 1, from + 3}, YuvSteps::Packed, factors_, bgr, count);
  }
}

}  // namespace seesaw
