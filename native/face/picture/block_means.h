// A large face made small by whole factors, on the way to its crop.
#pragma once

#include "face/picture/picture.h"

namespace seesaw {

/** The largest block: the sum of its bytes fits into 16 bits. */
inline constexpr int kLargestBlock = 16;

/**
 * The means of blocks of step x step pixels, `width` of them side by side and `height` below each
 * other, from (left, top) on; all must be inside of the picture. `step` is a power of two up to
 * kLargestBlock; blocks of more than a pixel begin where Picture::first_column() and first_row() of
 * that step say, or a multiple of it further on.
 */
Image block_means(const Picture& picture, int left, int top, int width, int height, int step);

}  // namespace seesaw
