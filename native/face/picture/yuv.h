// Rows of YUV pixels as BGR.
#pragma once

#include <cstdint>

#include "face/picture/frame.h"

namespace seesaw {

/** One row of pixels, whichever planes it comes from; of chroma there is a sample for two pixels.
 */
struct YuvRow {
  const std::uint8_t* y = nullptr;
  const std::uint8_t* u = nullptr;
  const std::uint8_t* v = nullptr;
};

/** How far apart the samples of a row are in memory. */
enum class YuvSteps {
  Planar,      // I420: luma 1, chroma 1
  SemiPlanar,  // NV12, NV21: luma 1, chroma 2
  Packed       // YUYV: luma 2, chroma 4
};

/** Factors of the conversion in units of 2^-16. */
struct YuvFactors {
  int black = 0;  // the luma of black
  int luma = 0;
  int red_v = 0;
  int green_u = 0;
  int green_v = 0;
  int blue_u = 0;
};

YuvFactors yuv_factors(YuvRange range, YuvMatrix matrix);

/** Writes `width` pixels of three bytes, blue first. */
void yuv_row_to_bgr(const YuvRow& row, YuvSteps steps, const YuvFactors& factors, std::uint8_t* bgr,
                    int width);

}  // namespace seesaw
