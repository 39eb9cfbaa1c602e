// A photo at several sizes: those that were decoded already, and those that turn out to be needed.
#pragma once

#include <list>
#include <utility>

#include "face/picture/frame.h"
#include "face/picture/pixel_rows.h"

namespace seesaw {

/** Where in a photo the pixels are that were asked for. */
struct Level {
  const PixelRows* rows;
  int step;  // by how much the photo is made smaller there
  int x, y;  // where the rows begin, in pixels of the reduced photo
};

/** To be used by one thread at a time. */
class JpegLevels {
 public:
  /** @param frame the photo made smaller by some step, and its file; both must outlive this */
  explicit JpegLevels(const Frame& frame);
  JpegLevels(const JpegLevels&) = delete;
  JpegLevels& operator=(const JpegLevels&) = delete;

  int width() const { return file_.width; }
  int height() const { return file_.height; }

  /**
   * The most reduced level at hand whose step is no more than `step`, with all of `part` of the
   * photo; else one that is decoded at that step. The first of a step has no more than that part;
   * when another one is asked for, it is all of the photo.
   * @throws Error ImageDecode, OutOfMemory
   */
  Level level(const Area& part, int step);

 private:
  struct Decoded {
    Decoded(int reduced_by, const Area& part, Image pixels)
        : step(reduced_by), area(part), image(std::move(pixels)), rows(image) {}
    Decoded(const Decoded&) = delete;
    Decoded& operator=(const Decoded&) = delete;

    const int step;
    const Area area;  // in pixels of the reduced photo
    const Image image;
    const PixelRows rows;
  };

  JpegFile file_;
  int first_step_;
  PixelRows first_;
  std::list<Decoded> decoded_;  // whose elements stay where they are
};

}  // namespace seesaw
