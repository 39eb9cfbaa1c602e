// From landmarks to the upright 112x112 crop that an embedder takes.
#pragma once

#include "face/picture/picture.h"
#include "face/types.h"

namespace seesaw {

/** Where the landmarks of an aligned face are: the template of ArcFace (Deng et al., 2018). */
inline constexpr Landmarks kArcFaceTemplate{{{38.2946f, 51.6963f},
                                             {73.5318f, 51.5014f},
                                             {56.0252f, 71.7366f},
                                             {41.5493f, 92.3655f},
                                             {70.7299f, 92.2041f}}};
inline constexpr int kAlignedSize = 112;

/** Rotation, uniform scale and translation: (x, y) becomes (a x - b y + tx, b x + a y + ty). */
struct Similarity {
  double a = 1;
  double b = 0;
  double tx = 0;
  double ty = 0;

  double scale() const;
  /** The transform that undoes this one. */
  Similarity inverse() const;
};

/**
 * The similarity that takes the landmarks closest to kArcFaceTemplate: least squares over the five
 * points (Umeyama 1991). Unlike Umeyama's general solution it needs no decomposition, as in the
 * plane a rotation with scale is one complex factor.
 * @throws Error InvalidArgument naming "landmarks" when they are not finite, are one and the same
 *   point or fit no face at all
 */
Similarity estimate_similarity(const Landmarks& landmarks);

/**
 * The aligned face of 112x112 pixels; what lies outside of the picture is black. A face much larger
 * than the crop is averaged down first, so no pixel of it is skipped.
 * @throws Error InvalidArgument naming "landmarks", also when no part of the crop is in the picture
 */
Image align(const Picture& picture, const Landmarks& landmarks);

}  // namespace seesaw
