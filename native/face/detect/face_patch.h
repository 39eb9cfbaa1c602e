// The square around a face, small and turned by any angle: what a second look at the face sees.
#pragma once

#include "face/picture/picture.h"
#include "face/types.h"

namespace seesaw {

/** Width and height of a patch; the face takes a bit less than half of it. */
inline constexpr int kPatchSide = 160;

class FacePatch {
 public:
  /** Cuts the square out and shrinks or enlarges it. What lies outside of the picture is black. */
  FacePatch(const Picture& picture, const Box& face);

  /** The patch turned counter-clockwise by `degrees` about its centre. */
  Image turned(double degrees) const;

  /** Landmarks in the turned patch as landmarks in the image. */
  Landmarks in_image(const Landmarks& landmarks, double degrees) const;
  /** The upright square in the image with the centre and the longer side of a box in the patch. */
  Box in_image(const Box& box, double degrees) const;

 private:
  Image square_;
  double left_ = 0;
  double top_ = 0;
  double scale_ = 1;  // pixels of the image for each of the patch
};

/**
 * By how many degrees a face is turned clockwise, from -180 to 180: the angle of the similarity
 * between its landmarks and the upright template; 0 for landmarks that fit no face, which a network
 * may give.
 */
double lean_of(const Landmarks& landmarks);

}  // namespace seesaw
