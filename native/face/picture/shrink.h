// A large picture made small: every pixel is the mean of the area it covers.
#pragma once

#include "face/picture/picture.h"

namespace seesaw {

/** Neither side may grow. None of the picture's pixels is skipped. */
Image shrink(const Picture& picture, int width, int height);

}  // namespace seesaw
