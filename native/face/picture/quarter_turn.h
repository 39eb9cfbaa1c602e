// Turning images by quarters, and faces found in them back.
#pragma once

#include "face/picture/pixels.h"
#include "face/types.h"

namespace seesaw {

/** The image turned clockwise by `turns` quarters; no pixel is changed. */
Image turn(Image image, int turns);

/**
 * A face of an image that was turned by `turns` quarters, in the image before; width and height
 * are those of the image before. The landmarks keep their order: the first is still the eye that
 * is on the left when the face is upright.
 */
Face turn_back(const Face& face, int turns, int width, int height);

}  // namespace seesaw
