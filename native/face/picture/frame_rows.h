// Rows of a frame as it lies in memory, converted to BGR as they are read.
#pragma once

#include <cstdint>

#include "face/picture/frame.h"
#include "face/picture/yuv.h"

namespace seesaw {

/** Reads a frame; its rotation is not applied. */
class FrameRows {
 public:
  /** @throws Error InvalidArgument when the frame is not what it claims, see Picture */
  explicit FrameRows(const Frame& frame);

  /** Writes `count` pixels of row y from x on, blue first. In YUV frames x must be even. */
  void read(int y, int x, int count, std::uint8_t* bgr) const;
  /** Whether chroma is shared by pairs of pixels. */
  bool in_pairs() const;
  /** The row itself where its pixels are three bytes already, whichever first; else null. */
  const std::uint8_t* in_place(int y) const;

 private:
  const std::uint8_t* row(const Plane& plane, int y) const {
    return frame_.data + plane.offset + std::size_t(y) * plane.stride;
  }

  Frame frame_;
  YuvFactors factors_;
};

}  // namespace seesaw
