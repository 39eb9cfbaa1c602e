// An upright picture that is read where it lies: little is looked at of a large photo, and a copy
// of all its pixels, or turning them, would take longer than the search for faces. What is cut out
// or made small is turned afterwards.
#pragma once

#include <optional>

#include "face/picture/frame.h"
#include "face/picture/jpeg_levels.h"
#include "face/picture/pixel_rows.h"
#include "face/picture/pixels.h"

namespace seesaw {

/** Refers to pixels that must outlive it; to be used by one thread at a time. */
class Picture {
 public:
  Picture(const Image& image);  // NOLINT: an image is a picture
  /**
   * The upright picture of a frame; transparency is ignored, chroma is that of the nearest sample.
   * Of a side of odd length the last chroma sample covers one pixel. The last row of a plane may
   * end before its stride does. Of a reduced photo it is the picture in full.
   * @throws Error InvalidArgument naming "width", "height", "stride", "chroma", "rotation", "jpeg"
   * or "data"
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

  /**
   * The rows of a part of the picture, both as they lie, for somebody who will make means of `step`
   * by `step` pixels: they may be made smaller by a divisor of that, a power of two.
   * @throws Error ImageDecode, OutOfMemory
   */
  Level rows(const Area& lying, int step) const;
  /**
   * Where blocks of `step` by `step` pixels begin, across and down, for rows() to have them whole:
   * a photo is reduced from the corner where its rows begin.
   */
  int first_column(int step) const { return origin(step, width(), turns_ == 1 || turns_ == 2); }
  int first_row(int step) const { return origin(step, height(), turns_ == 2 || turns_ == 3); }

 private:
  int origin(int step, int side, bool from_the_end) const {
    return levels_ && from_the_end ? side % step : 0;
  }

  std::optional<PixelRows> rows_;
  mutable std::optional<JpegLevels> levels_;  // where there are no such rows
  int row_width_ = 0;
  int row_count_ = 0;
  int turns_ = 0;
};

/** The part of a picture that starts at (x, y); all of it must be inside. @throws Error */
Image crop(const Picture& picture, int x, int y, int width, int height);

/** All of it. */
Image whole(const Picture& picture);

/** Shrinks by the mean of the area that each pixel covers, enlarges bilinearly. */
Image resize(const Picture& picture, int width, int height);

}  // namespace seesaw
