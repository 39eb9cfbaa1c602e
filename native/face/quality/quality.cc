#include "face/quality/quality.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <vector>

#include "face/quality/quality_model.h"

namespace seesaw {
namespace {

/** The part of a crop that is face in every pose: from the eyebrows to the lower lip. */
constexpr int kLeft = 24;
constexpr int kTop = 36;
constexpr int kWidth = 64;
constexpr int kHeight = 66;
/** Half the length of the blur, 9 pixels as in the paper. */
constexpr int kReach = 4;

/** Brightness (BT.601) of the face's part of a crop, 0 to 255. */
std::vector<int> brightness_of(const Image& aligned) {
  std::vector<int> values;
  values.reserve(std::size_t(kWidth) * kHeight);
  for (int y = kTop; y < kTop + kHeight; ++y) {
    const std::uint8_t* pixel = aligned.row(y) + std::size_t(kLeft) * 3;
    for (int x = 0; x < kWidth; ++x, pixel += 3) {
      values.push_back((114 * pixel[0] + 587 * pixel[1] + 299 * pixel[2] + 500) / 1000);
    }
  }
  return values;
}

/**
 * The blur in one direction: which share of the differences between neighbours a strong blur along
 * that direction leaves. `step` leads to the next pixel of a line, `line` to the next line.
 */
double blur_along(const std::vector<int>& values, int length, int step, int lines, int line) {
  const auto at = [&](int i, int j) {
    return values[std::size_t(std::clamp(i, 0, length - 1) * step + j * line)];
  };
  double before = 0;
  double lost = 0;
  for (int j = 0; j < lines; ++j) {
    int sum = 0;
    for (int i = -kReach; i <= kReach; ++i) sum += at(i, j);
    for (int i = 1; i < length; ++i) {
      // Sums of nine pixels move on by one; differences of sums are nine times those of means.
      const int next = sum + at(i + kReach, j) - at(i - 1 - kReach, j);
      const double sharp = std::abs(at(i, j) - at(i - 1, j));
      const double blurred = std::abs(next - sum) / (2.0 * kReach + 1);
      before += sharp;
      lost += std::max(0.0, sharp - blurred);
      sum = next;
    }
  }
  return before > 0 ? (before - lost) / before : 1;
}

}  // namespace

double sharpness_of(const Image& aligned) {
  const std::vector<int> values = brightness_of(aligned);
  const double across = blur_along(values, kWidth, 1, kHeight, kWidth);
  const double down = blur_along(values, kHeight, kWidth, kWidth, 1);
  return 1 - std::max(across, down);
}

Light light_of(const Image& aligned) {
  const std::vector<int> values = brightness_of(aligned);
  const auto count = static_cast<double>(values.size());
  double sum = 0, squares = 0, clipped = 0;
  for (const int value : values) {
    sum += value;
    squares += double(value) * value;
    if (value <= 4 || value >= 251) clipped += 1;
  }
  const double mean = sum / count;
  const double variance = std::max(0.0, squares / count - mean * mean);
  return {mean / 255, std::sqrt(variance) / 255, clipped / count};
}

double exposure_of(const Light& light) {
  const double margin = std::min(light.mean, 1 - light.mean);
  return std::min({1.0, margin / 0.2, light.spread / 0.08}) * (1 - light.clipped);
}

Quality quality_of(const Face& face, const Image& aligned) {
  Quality quality;
  quality.sharpness = sharpness_of(aligned);
  quality.exposure = exposure_of(light_of(aligned));
  quality.size = std::hypot(double(face.landmarks[1].x) - face.landmarks[0].x,
                            double(face.landmarks[1].y) - face.landmarks[0].y);
  quality.pose = pose_of(face.landmarks);
  quality.overall = overall_quality(quality);
  return quality;
}

}  // namespace seesaw
