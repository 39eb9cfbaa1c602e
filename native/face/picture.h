// An upright picture that is read where it lies: little is looked at of a large photo, and a copy
// of all its pixels, or turning them, would take longer than the search for faces. What is cut out
// or made small is turned afterwards.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "face/frame.h"
#include "face/frame_rows.h"
#include "face/pixels.h"

namespace seesaw {

/** A part of a picture: where it begins, and its size. */
struct Area {
  int x = 0;
  int y = 0;
  int width = 0;
  int height = 0;
};

/** Refers to pixels that must outlive it; to be used by one thread at a time. */
class Picture {
 public:
  Picture(const Image& image);  // NOLINT: an image is a picture
  /**
   * The upright picture of a frame; transparency is ignored, chroma is that of the nearest sample.
   * Of a side of odd length the last chroma sample covers one pixel. The last row of a plane may
   * end before its stride does.
   * @throws Error InvalidArgument naming "width", "height", "stride", "chroma", "rotation" or
   * "data"
   */
  explicit Picture(const Frame& frame);

  int width() const { return turns_ % 2 == 0 ? row_width_ : row_count_; }
  int height() const { return turns_ % 2 == 0 ? row_count_ : row_width_; }

  /** By how many quarters the rows, as they lie, have to be turned clockwise to be upright. */
  int turns() const { return turns_; }
  int row_width() const { return row_width_; }
  int row_count() const { return row_count_; }
  /** Where a part of the upright picture lies in the rows. */
  Area lying(const Area& upright) const;

  /** Whether the pixels of row() begin with red; else with blue. */
  bool red_first() const { return red_first_; }
  /** `count` pixels of row y, as it lies, from x on, three bytes each; good until the next call. */
  const std::uint8_t* row(int y, int x, int count) const;
  /** Writes `count` pixels of row y, as it lies, from x on, blue first. */
  void read(int y, int x, int count, std::uint8_t* bgr) const;

 private:
  const Image* image_ = nullptr;
  std::optional<FrameRows> rows_;  // where there is no image
  int row_width_ = 0;
  int row_count_ = 0;
  int turns_ = 0;
  bool red_first_ = false;
  mutable std::vector<std::uint8_t> line_;
};

/** The part of a picture that starts at (x, y); all of it must be inside. @throws Error */
Image crop(const Picture& picture, int x, int y, int width, int height);

/** All of it. */
Image whole(const Picture& picture);

/** Shrinks by the mean of the area that each pixel covers, enlarges bilinearly. */
Image resize(const Picture& picture, int width, int height);

}  // namespace seesaw
