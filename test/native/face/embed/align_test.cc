#include "face/embed/align.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "../samples.h"

namespace seesaw {
namespace {

using test::expect_error;
using test::landmarks_for;
using test::turned;

/** Bilinear sample with black outside. */
double sample(const Image& image, double x, double y, int channel) {
  const double left = std::floor(x), top = std::floor(y);
  const auto at = [&](double i, double j) -> double {
    if (i < 0 || j < 0 || i >= image.width || j >= image.height) return 0;
    return image.row(int(j))[3 * int(i) + channel];
  };
  const double u = x - left, v = y - top;
  return (1 - v) * ((1 - u) * at(left, top) + u * at(left + 1, top)) +
         v * ((1 - u) * at(left, top + 1) + u * at(left + 1, top + 1));
}

/** The crop by definition: every pixel through the inverse transform, averaging `grid`² samples. */
double mean_difference(const Image& image, const Similarity& forward, int grid) {
  const Image aligned = align(image, landmarks_for(forward));
  const Similarity back = forward.inverse();
  double sum = 0;
  for (int v = 0; v < kAlignedSize; ++v) {
    for (int u = 0; u < kAlignedSize; ++u) {
      for (int c = 0; c < 3; ++c) {
        double expected = 0;
        for (int k = 0; k < grid * grid; ++k) {
          const double x = u + (k % grid + 0.5) / grid - 0.5;
          const double y = v + (k / grid + 0.5) / grid - 0.5;
          expected += sample(image, back.a * x - back.b * y + back.tx,
                             back.b * x + back.a * y + back.ty, c);
        }
        sum += std::abs(aligned.row(v)[3 * u + c] - expected / (grid * grid));
      }
    }
  }
  return sum / (kAlignedSize * kAlignedSize * 3);
}

struct Pose {
  double degrees, scale, tx, ty;
};

class EachPose : public testing::TestWithParam<Pose> {};
INSTANTIATE_TEST_SUITE_P(Align, EachPose,
                         testing::Values(Pose{0, 1, 0, 0}, Pose{0, 1, -40, -30},
                                         Pose{30, 0.8, 20, -60}, Pose{-75, 0.6, 10, 120},
                                         Pose{180, 1.5, 300, 280}, Pose{12, 3, -250, -180}));

TEST_P(EachPose, EstimateRecoversAnExactTransform) {
  const auto [degrees, scale, tx, ty] = GetParam();
  const Similarity expected = turned(degrees, scale, tx, ty);
  const Similarity found = estimate_similarity(landmarks_for(expected));
  EXPECT_NEAR(found.scale(), scale, 1e-5);
  EXPECT_NEAR(found.a, expected.a, 1e-5);
  EXPECT_NEAR(found.b, expected.b, 1e-5);
  EXPECT_NEAR(found.tx, tx, 2e-3);
  EXPECT_NEAR(found.ty, ty, 2e-3);
}

TEST_P(EachPose, AlignAgreesWithTheNaiveWarp) {
  const auto [degrees, scale, tx, ty] = GetParam();
  const Image image = test::waves(240, 200);
  EXPECT_LT(mean_difference(image, turned(degrees, scale, tx, ty), 1), 1.0);
}

TEST(Align, LargeFacesAreAveragedDown) {
  // Noise: taking every fourth pixel instead of means would be off by about 60.
  const Image image = test::noise(900, 900, 7);
  EXPECT_LT(mean_difference(image, turned(0, 0.125, 0, 0), 8), 6.0);
  const Image smooth = test::waves(900, 700);
  EXPECT_LT(mean_difference(smooth, turned(20, 0.2, 20, -30), 5), 2.0);
}

TEST(Align, LeastSquaresIsNoWorseThanItsNeighbours) {
  Landmarks landmarks = landmarks_for(turned(25, 0.7, 12, -8));
  const float shifts[5][2] = {{3, -2}, {-4, 1}, {0, 5}, {2, 2}, {-3, -1}};
  for (int i = 0; i < 5; ++i) {
    landmarks[i].x += shifts[i][0];
    landmarks[i].y += shifts[i][1];
  }
  const auto error = [&](const Similarity& s) {
    double sum = 0;
    for (int i = 0; i < 5; ++i) {
      const auto [x, y] = landmarks[i];
      sum += std::pow(s.a * x - s.b * y + s.tx - kArcFaceTemplate[i].x, 2) +
             std::pow(s.b * x + s.a * y + s.ty - kArcFaceTemplate[i].y, 2);
    }
    return sum;
  };
  const Similarity best = estimate_similarity(landmarks);
  for (const double step : {-1e-3, 1e-3}) {
    EXPECT_GT(error({best.a + step, best.b, best.tx, best.ty}), error(best));
    EXPECT_GT(error({best.a, best.b + step, best.tx, best.ty}), error(best));
    EXPECT_GT(error({best.a, best.b, best.tx + step, best.ty}), error(best));
    EXPECT_GT(error({best.a, best.b, best.tx, best.ty + step}), error(best));
  }
}

TEST(Align, FacesAcrossTheBorderAreBlackOutside) {
  const Image image = test::waves(120, 120);
  const Similarity half_left = turned(0, 1, 56, 0);  // the crop's left half is outside
  EXPECT_LT(mean_difference(image, half_left, 1), 1.0);
  const Image aligned = align(image, landmarks_for(half_left));
  for (int y = 0; y < kAlignedSize; ++y) EXPECT_EQ(aligned.row(y)[3 * 20], 0);
}

TEST(Align, VeryWideImagesWork) {
  // NCNN's NEON code keeps the length of a row in 16 bits: 12000 pixels are 36000 bytes.
  const Image image = test::waves(12000, 130);
  EXPECT_LT(mean_difference(image, turned(0, 1, -11800, -10), 1), 1.0);
  EXPECT_NO_THROW(align(image, landmarks_for(turned(0, 0.01, 0, 0))));
}

TEST(Align, UselessLandmarksAreRefused) {
  constexpr float nan = std::numeric_limits<float>::quiet_NaN();
  constexpr float infinite = std::numeric_limits<float>::infinity();
  Landmarks mirrored = kArcFaceTemplate;
  for (Point& point : mirrored) point.x = 112 - point.x;
  Landmarks with_nan = kArcFaceTemplate, with_infinity = kArcFaceTemplate;
  with_nan[2].y = nan;
  with_infinity[4].x = -infinite;
  Landmarks huge = kArcFaceTemplate;
  for (Point& point : huge) point = {point.x * 1e30f, point.y * 1e30f};
  const Landmarks cases[] = {
      with_nan,
      with_infinity,
      huge,
      Landmarks{},
      {{{5, 5}, {5, 5}, {5, 5}, {5, 5}, {5, 5}}},
      landmarks_for(turned(0, 1, 500, 0)),    // left of the image
      landmarks_for(turned(0, 1, 0, -1000)),  // below it
      landmarks_for(turned(0, 1000, 0, 0)),   // a tenth of a pixel
  };
  const Image image = test::waves(200, 200);
  for (const Landmarks& landmarks : cases) {
    expect_error(ErrorCode::InvalidArgument, "landmarks", [&] { align(image, landmarks); });
  }
  // A mirrored face has a similarity, if a poor one: it must neither crash nor be refused.
  EXPECT_NO_THROW(align(image, mirrored));
}

}  // namespace
}  // namespace seesaw
