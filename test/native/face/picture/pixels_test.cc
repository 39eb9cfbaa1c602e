#include "face/picture/pixels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "../samples.h"
#include "face/detect/face_patch.h"
#include "face/picture/block_means.h"
#include "face/picture/picture.h"
#include "face/picture/quarter_turn.h"

namespace seesaw {
namespace {

using test::expect_error;

TEST(Pixels, CropTakesExactlyThatPart) {
  const Image image = test::noise(13, 9, 1);
  const Image part = crop(image, 4, 2, 5, 7);
  for (int y = 0; y < 7; ++y) {
    EXPECT_TRUE(std::equal(part.row(y), part.row(y) + 15, image.row(y + 2) + 12));
  }
  expect_error(ErrorCode::Internal, "", [&] { crop(image, 9, 2, 5, 7); });
  expect_error(ErrorCode::Internal, "", [&] { crop(image, -1, 2, 5, 7); });
}

/** Mean over the area a smaller pixel covers, straight from the definition. */
double mean_of_area(const Image& image, double left, double top, double right, double bottom,
                    int channel) {
  double sum = 0;
  for (int y = int(top); y < std::min<double>(image.height, std::ceil(bottom)); ++y) {
    const double rows = std::min<double>(bottom, y + 1) - std::max<double>(top, y);
    for (int x = int(left); x < std::min<double>(image.width, std::ceil(right)); ++x) {
      const double columns = std::min<double>(right, x + 1) - std::max<double>(left, x);
      sum += rows * columns * image.row(y)[3 * x + channel];
    }
  }
  return sum / ((right - left) * (bottom - top));
}

void expect_means(const Image& image, const Image& small) {
  const double x_ratio = double(image.width) / small.width;
  const double y_ratio = double(image.height) / small.height;
  for (int y = 0; y < small.height; ++y) {
    for (int x = 0; x < small.width; ++x) {
      for (int c = 0; c < 3; ++c) {
        const double mean =
            mean_of_area(image, x * x_ratio, y * y_ratio, (x + 1) * x_ratio, (y + 1) * y_ratio, c);
        ASSERT_NEAR(small.row(y)[3 * x + c], mean, 0.51) << x << ", " << y;
      }
    }
  }
}

TEST(Pixels, ResizeToSmallerIsTheMeanOfTheArea) {
  const int sizes[][4] = {{20, 20, 10, 10}, {31, 17, 13, 9},  {64, 48, 63, 47}, {100, 3, 7, 3},
                          {5, 90, 1, 1},    {90, 90, 90, 31}, {33, 33, 32, 1},  {3, 1500, 2, 2}};
  for (const auto& [width, height, to_width, to_height] : sizes) {
    const Image image = test::noise(width, height, 2);
    const Image small = resize(image, to_width, to_height);
    ASSERT_EQ(small.width, to_width);
    ASSERT_EQ(small.height, to_height);
    expect_means(image, small);
  }
}

TEST(Pixels, ResizeToSmallerHasRoomForTheSumOfManyWhiteRows) {
  Image image = blank_image(2, kMaxImageSide);
  std::fill(image.bgr.begin(), image.bgr.end(), std::uint8_t{255});
  for (const int height : {1, 2, 127, 128, 255, 256}) {
    EXPECT_EQ(resize(image, 1, height).bgr, std::vector<std::uint8_t>(3 * height, 255)) << height;
  }
}

TEST(Pixels, ResizeToSmallerReadsEitherOrderOfChannels) {
  const Image image = test::noise(67, 41, 9);
  Image swapped = image;
  for (std::size_t i = 0; i < swapped.bgr.size(); i += 3) {
    std::swap(swapped.bgr[i], swapped.bgr[i + 2]);
  }
  const Frame rgb{swapped.bgr.data(), swapped.bgr.size(), 67, 41, 67 * 3, PixelFormat::Rgb};
  EXPECT_EQ(resize(Picture(rgb), 23, 17).bgr, resize(image, 23, 17).bgr);
}

TEST(Pixels, BlockMeansAreThoseOfTheirAreas) {
  for (const int step : {1, 2, 4, 8, 16}) {
    const Image image = test::noise(5 * step + 7, 3 * step + 2, 11);
    Image swapped = image;
    for (std::size_t i = 0; i < swapped.bgr.size(); i += 3) {
      std::swap(swapped.bgr[i], swapped.bgr[i + 2]);
    }
    const Frame rgb{swapped.bgr.data(), swapped.bgr.size(), image.width,
                    image.height,       image.width * 3,    PixelFormat::Rgb};
    const Image means = block_means(image, 3, 1, 5, 3, step);
    ASSERT_EQ(means.width, 5);
    ASSERT_EQ(means.height, 3);
    expect_means(crop(image, 3, 1, 5 * step, 3 * step), means);
    EXPECT_EQ(block_means(Picture(rgb), 3, 1, 5, 3, step).bgr, means.bgr) << step;
  }
}

/** The same upright picture as a frame that lies there turned. */
struct TurnedFrame {
  TurnedFrame(const Image& upright, int turns) : lying(turn(upright, 4 - turns)) {
    frame = {lying.bgr.data(), lying.bgr.size(), lying.width,
             lying.height,     lying.width * 3,  PixelFormat::Bgr};
    frame.rotation = 90 * turns;
  }
  Image lying;
  Frame frame;
};

TEST(Pixels, PartsOfATurnedPictureAreThoseOfTheUprightOne) {
  const Image image = test::noise(97, 61, 13);
  for (const int turns : {0, 1, 2, 3}) {
    const TurnedFrame turned(image, turns);
    const Picture picture(turned.frame);
    EXPECT_EQ(whole(picture).bgr, image.bgr) << turns;
    for (const auto& [x, y, width, height] : {Area{0, 0, 1, 1}, {5, 3, 40, 7}, {96, 60, 1, 1}}) {
      EXPECT_EQ(crop(picture, x, y, width, height).bgr, crop(image, x, y, width, height).bgr)
          << turns;
    }
    for (const int step : {1, 2, 4, 8, 16}) {
      EXPECT_EQ(block_means(picture, 9, 2, 4, 3, step).bgr,
                block_means(image, 9, 2, 4, 3, step).bgr)
          << turns << ", " << step;
    }
    for (const auto& [width, height] : {std::pair{97, 61}, {40, 30}, {97, 3}, {1, 61}, {120, 90}}) {
      const Image small = resize(picture, width, height);
      const Image expected = resize(image, width, height);
      ASSERT_EQ(small.width, width);
      ASSERT_EQ(small.height, height);
      for (std::size_t i = 0; i < expected.bgr.size(); ++i) {
        // The same numbers are added in another order.
        ASSERT_NEAR(small.bgr[i], expected.bgr[i], 1) << turns << ", " << width << " by " << height;
      }
    }
    for (const Box& box :
         {Box{20, 10, 30, 30}, {-10, -5, 25, 20}, {80, 40, 60, 50}, {300, 9, 9, 9}}) {
      EXPECT_EQ(FacePatch(picture, box).turned(30).bgr, FacePatch(image, box).turned(30).bgr)
          << turns;
    }
  }
}

TEST(Pixels, BlockMeansOfWhiteAreWhite) {
  Image white = blank_image(35, 33);
  std::fill(white.bgr.begin(), white.bgr.end(), std::uint8_t{255});
  EXPECT_EQ(block_means(white, 2, 1, 2, 2, 16).bgr, std::vector<std::uint8_t>(12, 255));
}

TEST(Pixels, BlocksMustBeInsideAndOfAKnownSize) {
  const Image image = test::noise(32, 16, 12);
  const int bad[][5] = {{1, 0, 2, 1, 16}, {0, 1, 2, 1, 16}, {-1, 0, 1, 1, 16},
                        {0, -1, 1, 1, 8}, {0, 0, 1, 1, 3},  {0, 0, 1, 1, 32}};
  for (const auto& [left, top, width, height, step] : bad) {
    expect_error(ErrorCode::Internal, "", [&, l = left, t = top, w = width, h = height, s = step] {
      block_means(image, l, t, w, h, s);
    });
  }
}

TEST(Pixels, HalveIsTheMeanOfFourAndDropsOddLines) {
  for (const auto& [width, height] : {std::pair{20, 14}, {21, 15}, {2, 2}, {3, 2}}) {
    const Image image = test::noise(width, height, 3);
    const Image half = halve(image);
    ASSERT_EQ(half.width, width / 2);
    ASSERT_EQ(half.height, height / 2);
    expect_means(crop(image, 0, 0, width / 2 * 2, height / 2 * 2), half);
  }
}

TEST(Pixels, HalveKeepsASideOfOnePixel) {
  const Image line = halve(test::noise(1, 10, 4));
  EXPECT_EQ(line.width, 1);
  EXPECT_EQ(line.height, 5);
  expect_means(test::noise(1, 10, 4), line);
  EXPECT_EQ(halve(test::noise(1, 1, 5)).bgr, test::noise(1, 1, 5).bgr);
}

TEST(Pixels, ResizeToTheSameSizeChangesNothing) {
  const Image image = test::noise(12, 8, 6);
  EXPECT_EQ(resize(image, 12, 8).bgr, image.bgr);
}

TEST(Pixels, ResizeToLargerIsBilinear) {
  const Image image = test::waves(40, 30);
  const Image large = resize(image, 80, 75);
  for (int y = 3; y < 70; ++y) {
    for (int x = 3; x < 76; ++x) {
      const double from_x = (x + 0.5) / 2 - 0.5, from_y = (y + 0.5) / 2.5 - 0.5;
      const int left = int(from_x), top = int(from_y);
      const double u = from_x - left, v = from_y - top;
      for (int c = 0; c < 3; ++c) {
        const auto at = [&](int i, int j) { return double(image.row(j)[3 * i + c]); };
        const double expected = (1 - v) * ((1 - u) * at(left, top) + u * at(left + 1, top)) +
                                v * ((1 - u) * at(left, top + 1) + u * at(left + 1, top + 1));
        ASSERT_NEAR(large.row(y)[3 * x + c], expected, 1.1) << x << ", " << y;
      }
    }
  }
}

TEST(Pixels, ResizeToLargerKeepsWhatALineOfPixelsIs) {
  const int sizes[][4] = {{1, 1, 2, 2},   {1, 1, 640, 640}, {1, 40, 2, 80},
                          {40, 1, 80, 2}, {1, 40, 1, 80},   {40, 1, 80, 1}};
  for (const auto& [width, height, to_width, to_height] : sizes) {
    const Image image = test::noise(width, height, 8);
    const Image large = resize(image, to_width, to_height);
    // The same picture two pixels across is what it has to look like.
    Image twice = blank_image(std::max(2, width), std::max(2, height));
    for (int y = 0; y < twice.height; ++y) {
      for (int i = 0; i < 3 * twice.width; ++i) {
        twice.row(y)[i] = image.row(std::min(y, height - 1))[width == 1 ? i % 3 : i];
      }
    }
    EXPECT_EQ(large.bgr, resize(twice, to_width, to_height).bgr) << width << " x " << height;
    ASSERT_EQ(large.bgr.size(), std::size_t(to_width) * to_height * 3);
    EXPECT_TRUE(std::equal(image.row(0), image.row(0) + 3, large.row(0)));
  }
}

}  // namespace
}  // namespace seesaw
