#include "face/picture/yuv.h"

#include <algorithm>
#include <cmath>

namespace seesaw {
namespace {

constexpr int kShift = 16;
constexpr int kHalf = 1 << (kShift - 1);

int fixed(double factor) { return static_cast<int>(std::lround(factor * (1 << kShift))); }

std::uint8_t clamped(int value) { return static_cast<std::uint8_t>(std::clamp(value, 0, 255)); }

/**
 * Pixels converted in one go: few enough for arrays in the fastest memory, enough for vector
 * instructions. Even, as two pixels share their chroma.
 */
constexpr int kBlock = 64;

/** The three chroma terms of a block's pixels. */
struct ChromaTerms {
  int blue[kBlock];
  int green[kBlock];
  int red[kBlock];
};

template <int Step>
void chroma_terms(const std::uint8_t* u, const std::uint8_t* v, int pairs,
                  const YuvFactors& factors, ChromaTerms& terms) {
  for (int i = 0; i < pairs; ++i) {
    const int cb = u[i * Step] - 128;
    const int cr = v[i * Step] - 128;
    const int blue = factors.blue_u * cb + kHalf;
    const int green = factors.green_u * cb + factors.green_v * cr + kHalf;
    const int red = factors.red_v * cr + kHalf;
    terms.blue[2 * i] = terms.blue[2 * i + 1] = blue;
    terms.green[2 * i] = terms.green[2 * i + 1] = green;
    terms.red[2 * i] = terms.red[2 * i + 1] = red;
  }
}

template <int LumaStep, int ChromaStep>
void convert(const YuvRow& row, const YuvFactors& factors, std::uint8_t* bgr, int width) {
  ChromaTerms terms;
  for (int start = 0; start < width; start += kBlock) {
    const int count = std::min(kBlock, width - start);
    const int pair = start / 2;
    chroma_terms<ChromaStep>(row.u + pair * ChromaStep, row.v + pair * ChromaStep, (count + 1) / 2,
                             factors, terms);
    const std::uint8_t* luma = row.y + start * LumaStep;
    std::uint8_t* to = bgr + 3 * start;
    for (int i = 0; i < count; ++i) {
      const int y = (luma[i * LumaStep] - factors.black) * factors.luma;
      to[3 * i] = clamped((y + terms.blue[i]) >> kShift);
      to[3 * i + 1] = clamped((y + terms.green[i]) >> kShift);
      to[3 * i + 2] = clamped((y + terms.red[i]) >> kShift);
    }
  }
}

}  // namespace

YuvFactors yuv_factors(YuvRange range, YuvMatrix matrix) {
  // ITU-R BT.601-7, 2.5.1 and BT.709-6, 3.2: the weights of red and blue in luma, and that luma
  // spans 219 and chroma 224 steps in 8 bits of limited range.
  const double red = matrix == YuvMatrix::Bt601 ? 0.299 : 0.2126;
  const double blue = matrix == YuvMatrix::Bt601 ? 0.114 : 0.0722;
  const double green = 1 - red - blue;
  const bool full = range == YuvRange::Full;
  const double luma = full ? 1 : 255.0 / 219;
  const double chroma = full ? 1 : 255.0 / 224;
  return {full ? 0 : 16,
          fixed(luma),
          fixed(2 * (1 - red) * chroma),
          fixed(-2 * blue * (1 - blue) / green * chroma),
          fixed(-2 * red * (1 - red) / green * chroma),
          fixed(2 * (1 - blue) * chroma)};
}

void yuv_row_to_bgr(const YuvRow& row, YuvSteps steps, const YuvFactors& factors, std::uint8_t* bgr,
                    int width) {
  switch (steps) {
    case YuvSteps::Planar:
      return convert<1, 1>(row, factors, bgr, width);
    case YuvSteps::SemiPlanar:
      return convert<1, 2>(row, factors, bgr, width);
    case YuvSteps::Packed:
      return convert<2, 4>(row, factors, bgr, width);
  }
}

}  // namespace seesaw
