#include "face/quality/quality.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "../samples.h"
#include "face/quality/quality_model.h"

namespace seesaw {
namespace {

using test::expect_error;

constexpr double kRadians = 0.017453292519943295;

/** The template's head, with a nose that stands out by 14, turned and seen from far away. */
Landmarks seen(double yaw, double pitch, double roll, double scale) {
  const double a = yaw * kRadians, b = pitch * kRadians, c = roll * kRadians;
  Landmarks landmarks;
  for (std::size_t i = 0; i < landmarks.size(); ++i) {
    const double x = kArcFaceTemplate[i].x - 56;
    const double y = kArcFaceTemplate[i].y - 72;
    const double towards = i == 2 ? 14 : 0;
    // Turning right moves what stands out to the right, nodding moves it down.
    const double x1 = x * std::cos(a) + towards * std::sin(a);
    const double z1 = towards * std::cos(a) - x * std::sin(a);
    const double y1 = y * std::cos(b) + z1 * std::sin(b);
    landmarks[i].x = static_cast<float>(scale * (x1 * std::cos(c) - y1 * std::sin(c)) + 300);
    landmarks[i].y = static_cast<float>(scale * (x1 * std::sin(c) + y1 * std::cos(c)) + 200);
  }
  return landmarks;
}

TEST(Pose, OfAHeadTurnedByKnownAngles) {
  struct Case {
    double yaw, pitch, roll, scale;
  };
  const Case cases[] = {{0, 0, 0, 1},    {30, 0, 0, 1},    {-30, 0, 0, 2},    {0, 25, 0, 1},
                        {0, -25, 0, 9},  {0, 0, 90, 1},    {0, 0, -179, 0.3}, {40, 0, 120, 1},
                        {0, 20, -60, 1}, {-50, 0, 10, 0.5}};
  for (const Case& item : cases) {
    const Pose pose = pose_of(seen(item.yaw, item.pitch, item.roll, item.scale));
    const std::string name = std::to_string(item.yaw) + " " + std::to_string(item.pitch) + " " +
                             std::to_string(item.roll);
    EXPECT_NEAR(pose.yaw, item.yaw, 0.5) << name;
    EXPECT_NEAR(pose.pitch, item.pitch, 0.5) << name;
    EXPECT_NEAR(pose.roll, item.roll, 0.5) << name;
  }
}

TEST(Pose, OfNoFace) {
  Landmarks point;
  point.fill({5, 5});
  expect_error(ErrorCode::InvalidArgument, "landmarks", [&] { pose_of(point); });
  Landmarks endless = seen(0, 0, 0, 1);
  endless[3].x = HUGE_VALF;
  expect_error(ErrorCode::InvalidArgument, "landmarks", [&] { pose_of(endless); });
}

Image flat(int value) {
  Image image = blank_image(kAlignedSize, kAlignedSize);
  std::fill(image.bgr.begin(), image.bgr.end(), static_cast<std::uint8_t>(value));
  return image;
}

/** Every pixel the mean of a square around it, by hand. */
Image blurred(const Image& image, int reach) {
  Image soft = image;
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x) {
      for (int c = 0; c < 3; ++c) {
        int sum = 0, count = 0;
        for (int j = std::max(0, y - reach); j <= std::min(image.height - 1, y + reach); ++j) {
          for (int i = std::max(0, x - reach); i <= std::min(image.width - 1, x + reach); ++i) {
            sum += image.row(j)[3 * i + c];
            ++count;
          }
        }
        soft.row(y)[3 * x + c] = static_cast<std::uint8_t>(sum / count);
      }
    }
  }
  return soft;
}

/** The metric as the paper writes it, with the blurred image made first, pixel by pixel. */
double sharpness_by_hand(const Image& image) {
  const auto grey = [&](int x, int y) {
    const std::uint8_t* pixel =
        image.row(36 + std::clamp(y, 0, 65)) + 3 * (24 + std::clamp(x, 0, 63));
    return double((114 * pixel[0] + 587 * pixel[1] + 299 * pixel[2] + 500) / 1000);
  };
  double worst = 0;
  for (const bool across : {true, false}) {
    double all = 0, kept = 0;
    const auto soft = [&](int x, int y) {
      double sum = 0;
      for (int k = -4; k <= 4; ++k) sum += across ? grey(x + k, y) : grey(x, y + k);
      return sum / 9;
    };
    for (int y = across ? 0 : 1; y < 66; ++y) {
      for (int x = across ? 1 : 0; x < 64; ++x) {
        const int px = across ? x - 1 : x, py = across ? y : y - 1;
        const double sharp = std::abs(grey(x, y) - grey(px, py));
        const double left = std::abs(soft(x, y) - soft(px, py));
        all += sharp;
        kept += sharp - std::max(0.0, sharp - left);
      }
    }
    worst = std::max(worst, kept / all);
  }
  return 1 - worst;
}

TEST(Sharpness, IsThatOfThePaper) {
  for (const Image& image :
       {test::noise(112, 112, 5), test::waves(112, 112), blurred(test::noise(112, 112, 6), 2)}) {
    EXPECT_NEAR(sharpness_of(image), sharpness_by_hand(image), 1e-9);
  }
}

TEST(Sharpness, FallsWithEveryBlurItCanMeasure) {
  Image image = test::noise(112, 112, 9);
  double before = 1;
  for (const int reach : {0, 1, 2, 4}) {
    const double now = sharpness_of(blurred(image, reach));
    EXPECT_LT(now, before) << reach;
    before = now;
  }
  EXPECT_EQ(sharpness_of(flat(90)), 0);
}

TEST(Exposure, Table) {
  struct Case {
    const char* name;
    Light light;
    double expected;
  };
  const Case cases[] = {
      {"middle", {0.5, 0.2, 0}, 1},
      {"dark skin in good light", {0.22, 0.1, 0}, 1},
      {"black", {0, 0, 1}, 0},
      {"white", {1, 0, 1}, 0},
      {"grey", {0.5, 0, 0}, 0},
      {"half dark", {0.1, 0.2, 0}, 0.5},
      {"half bright", {0.9, 0.2, 0}, 0.5},
      {"a quarter clipped", {0.5, 0.2, 0.25}, 0.75},
  };
  for (const Case& item : cases) {
    EXPECT_NEAR(exposure_of(item.light), item.expected, 1e-9) << item.name;
  }
}

TEST(Exposure, LightOfCrops) {
  const Light grey = light_of(flat(102));
  EXPECT_NEAR(grey.mean, 0.4, 1e-9);
  EXPECT_EQ(grey.spread, 0);
  EXPECT_EQ(grey.clipped, 0);
  EXPECT_EQ(light_of(flat(255)).clipped, 1);
  // Noise from 0 to 255: nearly its mean and the spread of grey made of three channels.
  const Light noise = light_of(test::noise(112, 112, 2));
  EXPECT_NEAR(noise.mean, 0.5, 0.01);
  EXPECT_NEAR(noise.spread, 0.289 * std::sqrt(0.114 * 0.114 + 0.587 * 0.587 + 0.299 * 0.299), 0.01);
}

TEST(Overall, FallsWithEveryAspect) {
  Quality good;
  good.sharpness = 0.55;
  good.exposure = 1;
  good.size = 60;
  const double best = overall_quality(good);
  EXPECT_GT(best, 0.9);
  EXPECT_LE(best, 1);
  struct Case {
    const char* name;
    double Quality::*aspect;
    double worse;
  };
  const Case cases[] = {{"sharpness", &Quality::sharpness, 0.2},
                        {"exposure", &Quality::exposure, 0.3},
                        {"size", &Quality::size, 6}};
  for (const Case& item : cases) {
    Quality worse = good;
    worse.*item.aspect = item.worse;
    EXPECT_LT(overall_quality(worse), best) << item.name;
    EXPECT_GE(overall_quality(worse), 0) << item.name;
  }
  for (const double angle : {-40.0, 40.0}) {
    Quality turned = good;
    turned.pose.yaw = angle;
    EXPECT_LT(overall_quality(turned), best);
    turned = good;
    turned.pose.pitch = angle;
    EXPECT_LT(overall_quality(turned), best);
  }
}

}  // namespace
}  // namespace seesaw
