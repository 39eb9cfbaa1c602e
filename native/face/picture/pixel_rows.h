// Rows of pixels as they lie, those of an image or of a frame.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "face/picture/frame.h"
#include "face/picture/frame_rows.h"
#include "face/picture/pixels.h"

namespace seesaw {

/** Refers to pixels that must outlive it; to be used by one thread at a time. */
class PixelRows {
 public:
  explicit PixelRows(const Image& image);
  /** @throws Error InvalidArgument, see Picture */
  explicit PixelRows(const Frame& frame);

  int width() const { return width_; }
  int count() const { return count_; }
  /** Whether the pixels of row() begin with red; else with blue. */
  bool red_first() const { return red_first_; }
  /** `count` pixels of row y from x on, three bytes each; good until the next call. */
  const std::uint8_t* row(int y, int x, int count) const;
  /** Writes `count` pixels of row y from x on, blue first. */
  void read(int y, int x, int count, std::uint8_t* bgr) const;

 private:
  const Image* image_ = nullptr;
  std::optional<FrameRows> rows_;  // where there is no image
  int width_ = 0;
  int count_ = 0;
  bool red_first_ = false;
  mutable std::vector<std::uint8_t> line_;
};

}  // namespace seesaw
