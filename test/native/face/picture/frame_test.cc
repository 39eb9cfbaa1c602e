#include "face/picture/frame.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "../samples.h"
#include "../upright.h"
#include "face/picture/picture.h"

namespace seesaw {
namespace {

using test::expect_error;

Image pixels_of(const Frame& frame) { return whole(Picture(frame)); }

struct Layout {
  PixelFormat format;
  int step;
  int blue, green, red;  // where in a pixel
};

constexpr Layout kLayouts[] = {
    {PixelFormat::Rgb, 3, 2, 1, 0},  {PixelFormat::Bgr, 3, 0, 1, 2},
    {PixelFormat::Rgba, 4, 2, 1, 0}, {PixelFormat::Bgra, 4, 0, 1, 2},
    {PixelFormat::Gray, 1, 0, 0, 0},
};

class EachLayout : public testing::TestWithParam<Layout> {};
INSTANTIATE_TEST_SUITE_P(Frame, EachLayout, testing::ValuesIn(kLayouts));

TEST_P(EachLayout, TheRightBytesOfEveryRowAreRead) {
  const Layout layout = GetParam();
  constexpr int width = 7, height = 5;
  for (const int padding : {0, 1, 64}) {
    const int stride = width * layout.step + padding;
    // Exactly as much as is needed: the last row has no padding.
    std::vector<std::uint8_t> data(stride * (height - 1) + width * layout.step);
    for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<std::uint8_t>(i * 37 + 11);
    const Image image = pixels_of({data.data(), data.size(), width, height, stride, layout.format});
    ASSERT_EQ(image.bgr.size(), std::size_t(width * height * 3));
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        const std::uint8_t* from = data.data() + y * stride + x * layout.step;
        const std::uint8_t* to = image.row(y) + 3 * x;
        EXPECT_EQ(to[0], from[layout.blue]);
        EXPECT_EQ(to[1], from[layout.green]);
        EXPECT_EQ(to[2], from[layout.red]);
      }
    }
  }
}

TEST_P(EachLayout, TheArgumentAtFaultIsNamed) {
  const Layout layout = GetParam();
  const std::vector<std::uint8_t> data(10 * 10 * 4);
  const int stride = 10 * layout.step;
  const Frame good{data.data(), std::size_t(stride * 10), 10, 10, stride, layout.format};
  EXPECT_NO_THROW(pixels_of(good));
  struct Case {
    const char* argument;
    void (*spoil)(Frame&);
  };
  const Case cases[] = {
      {"width", [](Frame& f) { f.width = 0; }},
      {"width", [](Frame& f) { f.width = -3; }},
      {"width", [](Frame& f) { f.width = kMaxImageSide + 1; }},
      {"height", [](Frame& f) { f.height = 0; }},
      {"height", [](Frame& f) { f.height = 1 << 30; }},
      {"stride", [](Frame& f) { f.stride -= 1; }},
      {"stride", [](Frame& f) { f.stride = -f.stride; }},
      {"data", [](Frame& f) { f.bytes -= 1; }},
      {"data", [](Frame& f) { f.bytes = 0; }},
      {"data", [](Frame& f) { f.data = nullptr; }},
      {"data", [](Frame& f) { f.stride += 1; }},
      {"data", [](Frame& f) { f.offset = 1; }},
      {"data", [](Frame& f) { f.offset = SIZE_MAX; }},
      {"rotation", [](Frame& f) { f.rotation = 45; }},
      {"rotation", [](Frame& f) { f.rotation = -90; }},
      {"rotation", [](Frame& f) { f.rotation = 360; }},
  };
  for (const Case& item : cases) {
    Frame frame = good;
    item.spoil(frame);
    expect_error(ErrorCode::InvalidArgument, item.argument, [&] { pixels_of(frame); });
  }
}

/** A YUV frame of noise with gaps between and within its planes, and the reference beside it. */
class YuvSample {
 public:
  YuvSample(PixelFormat format, int width, int height, int padding) {
    const int samples = (width + 1) / 2;
    const int lines = (height + 1) / 2;
    frame_.width = width;
    frame_.height = height;
    frame_.format = format;
    frame_.offset = 3;
    frame_.stride = (format == PixelFormat::Yuyv ? 4 * samples : width) + padding;
    std::size_t end = frame_.offset + std::size_t(frame_.stride) * height;
    const int planes = format == PixelFormat::Yuyv ? 0 : format == PixelFormat::I420 ? 2 : 1;
    for (int i = 0; i < planes; ++i) {
      frame_.chroma[i] = {end + 5, samples * (planes == 2 ? 1 : 2) + padding};
      end = frame_.chroma[i].offset + std::size_t(frame_.chroma[i].stride) * lines;
    }
    std::mt19937 random(7);
    bytes_.resize(end - padding);  // the last row has no padding
    for (std::uint8_t& value : bytes_) value = static_cast<std::uint8_t>(random() >> 24);
    frame_.data = bytes_.data();
    frame_.bytes = bytes_.size();
  }

  Frame& frame() { return frame_; }

  /** Blue, green or red straight from the definition in BT.601 and BT.709. */
  double reference(int x, int y, int channel) const {
    const bool full = frame_.range == YuvRange::Full;
    const bool old = frame_.matrix == YuvMatrix::Bt601;
    const double kr = old ? 0.299 : 0.2126, kb = old ? 0.114 : 0.0722, kg = 1 - kr - kb;
    const double luma = full ? sample_y(x, y) / 255.0 : (sample_y(x, y) - 16) / 219.0;
    const double pb = (sample_c(x, y, 0) - 128) / (full ? 255.0 : 224.0);
    const double pr = (sample_c(x, y, 1) - 128) / (full ? 255.0 : 224.0);
    const double red = luma + 2 * (1 - kr) * pr;
    const double blue = luma + 2 * (1 - kb) * pb;
    const double green = (luma - kr * red - kb * blue) / kg;
    const double value = channel == 0 ? blue : channel == 1 ? green : red;
    return std::clamp(value, 0.0, 1.0) * 255;
  }

 private:
  int sample_y(int x, int y) const {
    const int step = frame_.format == PixelFormat::Yuyv ? 2 : 1;
    return bytes_[frame_.offset + std::size_t(y) * frame_.stride + std::size_t(x) * step];
  }
  /** U is 0, V is 1. */
  int sample_c(int x, int y, int which) const {
    const std::size_t column = x / 2;
    if (frame_.format == PixelFormat::Yuyv) {
      return bytes_[frame_.offset + std::size_t(y) * frame_.stride + 4 * column + 1 + 2 * which];
    }
    if (frame_.format == PixelFormat::I420) {
      const Plane& plane = frame_.chroma[which];
      return bytes_[plane.offset + std::size_t(y / 2) * plane.stride + column];
    }
    const bool v_first = frame_.format == PixelFormat::Nv21;
    const Plane& plane = frame_.chroma[0];
    return bytes_[plane.offset + std::size_t(y / 2) * plane.stride + 2 * column +
                  (v_first ? 1 - which : which)];
  }

  Frame frame_;
  std::vector<std::uint8_t> bytes_;
};

class EachYuv : public testing::TestWithParam<PixelFormat> {};
INSTANTIATE_TEST_SUITE_P(Frame, EachYuv,
                         testing::Values(PixelFormat::Nv12, PixelFormat::Nv21, PixelFormat::I420,
                                         PixelFormat::Yuyv));

TEST_P(EachYuv, PixelsAreWhatTheStandardsSay) {
  const int sizes[][2] = {{1, 1}, {2, 2}, {3, 3}, {7, 5}, {64, 4}, {65, 3}, {131, 6}};
  for (const auto& [width, height] : sizes) {
    for (const int padding : {0, 6}) {
      YuvSample sample(GetParam(), width, height, padding);
      for (const YuvRange range : {YuvRange::Limited, YuvRange::Full}) {
        for (const YuvMatrix matrix : {YuvMatrix::Bt601, YuvMatrix::Bt709}) {
          sample.frame().range = range;
          sample.frame().matrix = matrix;
          const Image image = pixels_of(sample.frame());
          ASSERT_EQ(image.width, width);
          ASSERT_EQ(image.height, height);
          for (int y = 0; y < height; ++y) {
            for (int x = 0; x < width; ++x) {
              for (int c = 0; c < 3; ++c) {
                ASSERT_NEAR(image.row(y)[3 * x + c], sample.reference(x, y, c), 0.51)
                    << width << " x " << height << " at " << x << ", " << y << " channel " << c;
              }
            }
          }
        }
      }
    }
  }
}

TEST_P(EachYuv, EveryPlaneIsChecked) {
  const bool planar = GetParam() != PixelFormat::Yuyv;
  struct Case {
    const char* argument;
    bool planar_only;
    void (*spoil)(Frame&);
  };
  const Case cases[] = {
      {"stride", false, [](Frame& f) { f.stride = 8; }},
      {"data", false, [](Frame& f) { f.bytes -= 1; }},
      {"data", false, [](Frame& f) { f.offset += 100; }},
      {"data", true, [](Frame& f) { f.chroma[0].offset = SIZE_MAX - 3; }},
      {"chroma", true, [](Frame& f) { f.chroma[0].stride = 4; }},
      {"chroma", true, [](Frame& f) { f.chroma[0].stride = -10; }},
  };
  for (const Case& item : cases) {
    if (item.planar_only && !planar) continue;
    YuvSample sample(GetParam(), 9, 7, 0);
    EXPECT_NO_THROW(pixels_of(sample.frame()));
    item.spoil(sample.frame());
    expect_error(ErrorCode::InvalidArgument, item.argument, [&] { pixels_of(sample.frame()); });
  }
}

TEST(Frame, RotationTurnsThePictureClockwise) {
  const int sizes[][2] = {{1, 1}, {1, 9}, {9, 1}, {33, 17}, {40, 16}, {6, 47}};
  for (const auto& [width, height] : sizes) {
    const Image source = test::noise(width, height, 5);
    for (const int rotation : {0, 90, 180, 270}) {
      Frame frame{source.bgr.data(), source.bgr.size(), width, height, width * 3, PixelFormat::Bgr};
      frame.rotation = rotation;
      const Image image = pixels_of(frame);
      const bool across = rotation % 180 != 0;
      ASSERT_EQ(image.width, across ? height : width);
      ASSERT_EQ(image.height, across ? width : height);
      for (int y = 0; y < image.height; ++y) {
        for (int x = 0; x < image.width; ++x) {
          const test::Place from = test::place_of(x, y, frame);
          const std::uint8_t* pixel = source.row(from.y) + 3 * from.x;
          ASSERT_TRUE(std::equal(pixel, pixel + 3, image.row(y) + 3 * x))
              << rotation << " degrees, " << x << ", " << y;
        }
      }
    }
  }
}

TEST(Frame, YuvIsTurnedAfterItsConversion) {
  YuvSample sample(PixelFormat::Nv12, 21, 35, 3);
  const Image straight = pixels_of(sample.frame());
  sample.frame().rotation = 90;
  const Image image = pixels_of(sample.frame());
  for (int y = 0; y < 21; ++y) {
    for (int x = 0; x < 35; ++x) {
      const std::uint8_t* pixel = straight.row(34 - x) + 3 * y;
      ASSERT_TRUE(std::equal(pixel, pixel + 3, image.row(y) + 3 * x));
    }
  }
}

/** Parts of a picture, turned or not, against all of it, and its rows against what lies there. */
void expect_same_pixels(const Frame& frame) {
  const Image all = test::upright(frame);
  const Picture picture(frame);
  ASSERT_EQ(picture.width(), all.width);
  ASSERT_EQ(picture.height(), all.height);
  ASSERT_EQ(whole(picture).bgr, all.bgr);
  const PixelRows& rows = *picture.rows({0, 0, picture.row_width(), picture.row_count()}, 1).rows;
  const int blue = rows.red_first() ? 2 : 0;
  std::vector<std::uint8_t> read(all.bgr.size());
  for (int y = 0; y < all.height; ++y) {
    for (int x = 0; x < all.width; ++x) {
      const std::uint8_t* expected = all.row(y) + 3 * x;
      for (const int count : {1, all.width - x}) {
        const Image part = crop(picture, x, y, count, 1);
        ASSERT_TRUE(std::equal(part.bgr.begin(), part.bgr.end(), expected))
            << count << " pixels at " << x << ", " << y;
      }
      const Area lying = picture.lying({x, y, 1, 1});
      rows.read(lying.y, lying.x, 1, read.data());
      ASSERT_TRUE(std::equal(expected, expected + 3, read.data()));
      const int count = picture.row_width() - lying.x;
      const std::uint8_t* row = rows.row(lying.y, lying.x, count);
      ASSERT_EQ(row[blue], expected[0]);
      ASSERT_EQ(row[1], expected[1]);
      ASSERT_EQ(row[2 - blue], expected[2]);
    }
  }
}

TEST_P(EachYuv, APictureOfAFrameHasTheFramesPixels) {
  for (const auto& [width, height] : {std::pair{1, 1}, {9, 7}, {12, 6}}) {
    for (const int rotation : {0, 90, 180, 270}) {
      YuvSample sample(GetParam(), width, height, 3);
      sample.frame().rotation = rotation;
      expect_same_pixels(sample.frame());
    }
  }
}

TEST_P(EachLayout, APictureOfAFrameHasTheFramesPixels) {
  const Layout layout = GetParam();
  constexpr int width = 9, height = 5;
  const int stride = width * layout.step + 2;
  std::vector<std::uint8_t> data(stride * height);
  for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<std::uint8_t>(i * 37 + 11);
  for (const int rotation : {0, 90, 180, 270}) {
    Frame frame{data.data(), data.size(), width, height, stride, layout.format};
    frame.rotation = rotation;
    expect_same_pixels(frame);
  }
}

TEST(Frame, APictureIsCheckedAsAFrameIs) {
  const std::vector<std::uint8_t> data(300);
  expect_error(ErrorCode::InvalidArgument, "data", [&] {
    Picture(Frame{data.data(), 299, 10, 10, 30, PixelFormat::Rgb});
  });
}

}  // namespace
}  // namespace seesaw
