// An upright picture that is read where it lies: little is looked at of a large photo, and a copy
// of all its pixels would take longer than the search for faces.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "face/frame.h"
#include "face/frame_rows.h"
#include "face/pixels.h"

namespace seesaw {

/** Refers to pixels that must outlive it; to be used by one thread at a time. */
class Picture {
 public:
  Picture(const Image& image);  // NOLINT: an image is a picture
  /** Of a frame with a rotation an upright copy is made. @throws Error as to_bgr() */
  explicit Picture(const Frame& frame);

  int width() const { return width_; }
  int height() const { return height_; }

  /** Whether the pixels of row() begin with red; else with blue. */
  bool red_first() const { return red_first_; }
  /** `count` pixels of row y from x on, three bytes each; good until the next call. */
  const std::uint8_t* row(int y, int x, int count) const;
  /** Writes `count` pixels of row y from x on, blue first. */
  void read(int y, int x, int count, std::uint8_t* bgr) const;

 private:
  std::shared_ptr<const Image> upright_;
  const Image* image_ = nullptr;   // given, or `upright_`
  std::optional<FrameRows> rows_;  // where there is no image
  int width_ = 0;
  int height_ = 0;
  bool red_first_ = false;
  mutable std::vector<std::uint8_t> line_;
};

/** The part of a picture that starts at (x, y); all of it must be inside. @throws Error */
Image crop(const Picture& picture, int x, int y, int width, int height);

/** Shrinks by the mean of the area that each pixel covers, enlarges bilinearly. */
Image resize(const Picture& picture, int width, int height);

}  // namespace seesaw
