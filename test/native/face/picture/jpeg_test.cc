#include "face/picture/jpeg.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "../samples.h"
#include "face/detect/face_patch.h"
#include "face/embed/align.h"
#include "face/picture/block_means.h"
#include "face/picture/jpeg_end.h"
#include "face/picture/picture.h"
#include "face/picture/quarter_turn.h"

namespace seesaw {
namespace {

using test::expect_error;

std::vector<std::uint8_t> bytes_of(const std::string& name) {
  std::ifstream file(std::string(PHOTOS_FOLDER) + "/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/** A photo of odd sides, 551x1137. */
const std::vector<std::uint8_t>& photo() {
  static const std::vector<std::uint8_t> bytes = bytes_of("obama_partial_face2.jpg");
  return bytes;
}

JpegFile file_of(const std::vector<std::uint8_t>& bytes) {
  const auto header = read_jpeg_header(bytes.data(), bytes.size());
  return {bytes.data(), bytes.size(), header->width, header->height};
}

Image decoded(const JpegFile& file, int step, const Area& part) {
  Image image = blank_image(part.width, part.height);
  decode_jpeg(file, step, part, JpegPixels::Bgr, image.bgr.data());
  return image;
}

Image decoded(const JpegFile& file, int step) {
  return decoded(file, step, {0, 0, reduced(file.width, step), reduced(file.height, step)});
}

/** The mean difference of two images of one size. */
double difference(const Image& a, const Image& b) {
  EXPECT_EQ(a.width, b.width);
  EXPECT_EQ(a.height, b.height);
  double sum = 0;
  for (std::size_t i = 0; i < a.bgr.size(); ++i) sum += std::abs(a.bgr[i] - b.bgr[i]);
  return sum / static_cast<double>(a.bgr.size());
}

/** The photo reduced by a step, as it comes from JavaScript; refers to the file. */
struct Reduced {
  Reduced(const JpegFile& file, int step, int rotation) : pixels(decoded(file, step)) {
    frame.data = pixels.bgr.data();
    frame.bytes = pixels.bgr.size();
    frame.width = pixels.width;
    frame.height = pixels.height;
    frame.stride = 3 * pixels.width;
    frame.format = PixelFormat::Bgr;
    frame.rotation = rotation;
    frame.reduced_by = step;
    frame.jpeg = file;
  }

  Image pixels;
  Frame frame;
};

/** Whether all of the file's data were there, decoded whole at a step. */
bool had_all(const std::vector<std::uint8_t>& bytes, int step) {
  const JpegFile file = file_of(bytes);
  const int width = reduced(file.width, step), height = reduced(file.height, step);
  Image image = blank_image(width, height);
  return decode_jpeg(file, step, {0, 0, width, height}, JpegPixels::Bgr, image.bgr.data());
}

class EachStep : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Jpeg, EachStep, testing::Values(1, 2, 4, 8));

TEST_P(EachStep, TellsWhetherDataWereMissing) {
  std::vector<std::uint8_t> bytes = photo();
  const std::uint8_t marker[] = {0xff, 0xd9};
  const auto end = std::find_end(bytes.begin(), bytes.end(), marker, marker + 2);
  bytes.erase(end, bytes.end());
  EXPECT_TRUE(had_all(photo(), GetParam()));
  EXPECT_TRUE(had_all(bytes, GetParam())) << "without the end marker";
  bytes.resize(bytes.size() - 8);
  EXPECT_FALSE(had_all(bytes, GetParam())) << "without the last bytes";
  bytes.resize(bytes.size() / 2);
  EXPECT_FALSE(had_all(bytes, GetParam())) << "without a half";
}

TEST(Jpeg, TheHeaderTellsSizeAndColours) {
  const auto header = read_jpeg_header(photo().data(), photo().size());
  ASSERT_TRUE(header);
  EXPECT_EQ(header->width, 551);
  EXPECT_EQ(header->height, 1137);
  EXPECT_FALSE(header->gray);
  EXPECT_EQ(std::string(jpeg_library()).rfind("libjpeg-turbo ", 0), 0u);
}

TEST_P(EachStep, AReducedPhotoIsTheMeansOfItsBlocks) {
  const int step = GetParam();
  const JpegFile file = file_of(photo());
  const Image all = decoded(file, 1);
  const Image small = decoded(file, step);
  EXPECT_EQ(small.width, (551 + step - 1) / step);
  EXPECT_EQ(small.height, (1137 + step - 1) / step);
  const int width = 551 / step, height = 1137 / step;
  EXPECT_LT(
      difference(crop(small, 0, 0, width, height), block_means(all, 0, 0, width, height, step)),
      step == 1 ? 1e-9 : 1.5);
}

TEST_P(EachStep, APartIsThatOfTheWhole) {
  const int step = GetParam();
  const JpegFile file = file_of(photo());
  const Image all = decoded(file, step);
  const Area parts[] = {{0, 0, 1, 1},
                        {all.width - 1, all.height - 1, 1, 1},
                        {all.width / 3, all.height / 2, 17, 40},
                        {5, 3, all.width - 5, 9},
                        {0, all.height / 4, all.width / 2, all.height / 2},
                        {all.width / 2, 0, all.width - all.width / 2, all.height}};
  for (const auto& [x, y, width, height] : parts) {
    EXPECT_EQ(decoded(file, step, {x, y, width, height}).bgr, crop(all, x, y, width, height).bgr)
        << x << ", " << y << ", " << width << ", " << height;
  }
}

TEST(Jpeg, GreyAndRgbAreWhatTheyAreCalled) {
  const JpegFile file = file_of(photo());
  const Image bgr = decoded(file, 4);
  std::vector<std::uint8_t> rgb(bgr.bgr.size()), gray(bgr.bgr.size() / 3);
  const Area all{0, 0, bgr.width, bgr.height};
  decode_jpeg(file, 4, all, JpegPixels::Rgb, rgb.data());
  decode_jpeg(file, 4, all, JpegPixels::Gray, gray.data());
  for (std::size_t i = 0; i < gray.size(); ++i) {
    const std::uint8_t* pixel = bgr.bgr.data() + 3 * i;
    EXPECT_EQ(rgb[3 * i], pixel[2]);
    EXPECT_EQ(rgb[3 * i + 2], pixel[0]);
    // BT.601; colours outside of the cube are clipped, each for itself.
    const double brightness = 0.114 * pixel[0] + 0.587 * pixel[1] + 0.299 * pixel[2];
    const auto [low, high] = std::minmax({pixel[0], pixel[1], pixel[2]});
    if (low > 0 && high < 255) {
      EXPECT_NEAR(gray[i], brightness, 1.6);
    }
  }
}

TEST(Jpeg, WhatIsNoJpegIsRefused) {
  const std::vector<std::uint8_t> cut(photo().begin(), photo().begin() + 100);
  const std::vector<std::uint8_t> text(200, 'x');
  for (const auto& bytes : {std::vector<std::uint8_t>(1), cut, text}) {
    expect_error(ErrorCode::ImageDecode, "", [&] { read_jpeg_header(bytes.data(), bytes.size()); });
  }
}

TEST(Jpeg, AFileOfAnotherSizeThanToldIsRefused) {
  JpegFile file = file_of(photo());
  file.width += 8;
  std::vector<std::uint8_t> out(file.width * file.height * 3);
  expect_error(ErrorCode::ImageDecode, "", [&] {
    decode_jpeg(file, 1, {0, 0, file.width, file.height}, JpegPixels::Bgr, out.data());
  });
}

TEST(Jpeg, APartOutsideIsRefused) {
  const JpegFile file = file_of(photo());
  std::vector<std::uint8_t> out(600 * 1200 * 3);
  const Area parts[] = {{-1, 0, 9, 9},  {0, -1, 9, 9},  {0, 0, 0, 9},    {0, 0, 9, 0},
                        {268, 0, 9, 9}, {0, 561, 9, 9}, {0, 0, 277, 569}};
  for (const Area& part : parts) {
    expect_error(ErrorCode::Internal, "",
                 [&] { decode_jpeg(file, 2, part, JpegPixels::Bgr, out.data()); });
  }
  expect_error(ErrorCode::Internal, "", [&] {
    decode_jpeg(file, 3, {0, 0, 9, 9}, JpegPixels::Bgr, out.data());
  });
}

TEST(Jpeg, ReducedPixelsOfAnotherSizeAreRefused) {
  const JpegFile file = file_of(photo());
  Reduced given(file, 4, 0);
  for (const int step : {2, 3, 5, 8, 16}) {
    Frame frame = given.frame;
    frame.reduced_by = step;
    expect_error(ErrorCode::InvalidArgument, "jpeg", [&] { Picture picture(frame); });
  }
  Frame frame = given.frame;
  frame.jpeg.height = 1138;
  Picture fits(frame);
  frame.jpeg.height = 1132;
  expect_error(ErrorCode::InvalidArgument, "jpeg", [&] { Picture picture(frame); });
}

/** All that is done with a picture, of a reduced photo beside the same photo in full. */
class EachTurn : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Jpeg, EachTurn, testing::Values(0, 90, 180, 270));

TEST_P(EachTurn, WhatIsCutOutIsThatOfTheWholePhoto) {
  const JpegFile file = file_of(photo());
  const Image upright = turn(decoded(file, 1), GetParam() / 90);
  for (const int step : {2, 4, 8}) {
    const Reduced given(file, step, GetParam());
    const Picture picture(given.frame);
    ASSERT_EQ(picture.width(), upright.width);
    ASSERT_EQ(picture.height(), upright.height);
    // The second part makes it decode all, which answers for the third.
    for (const Area& part : {Area{100, 90, 50, 33}, Area{300, 400, 77, 101}, Area{0, 0, 9, 9}}) {
      EXPECT_EQ(crop(picture, part.x, part.y, part.width, part.height).bgr,
                crop(upright, part.x, part.y, part.width, part.height).bgr)
          << step;
    }
  }
}

TEST_P(EachTurn, WhatIsMadeSmallIsThatOfTheWholePhoto) {
  const JpegFile file = file_of(photo());
  const Image upright = turn(decoded(file, 1), GetParam() / 90);
  for (const int step : {2, 4, 8}) {
    const Reduced given(file, step, GetParam());
    const Picture picture(given.frame);
    for (const int divisor : {1, 2, 3, 7, 10}) {
      const int width = upright.width / divisor, height = upright.height / divisor;
      // Of pixels that are nearly as large already it is not quite the mean.
      EXPECT_LT(difference(resize(picture, width, height), resize(upright, width, height)), 3)
          << step << ", " << divisor;
    }
  }
}

TEST_P(EachTurn, AnAlignedFaceIsThatOfTheWholePhoto) {
  const JpegFile file = file_of(photo());
  const Image upright = turn(decoded(file, 1), GetParam() / 90);
  for (const int step : {2, 4, 8}) {
    const Reduced given(file, step, GetParam());
    for (const double scale : {0.1, 0.2, 0.3, 0.6, 1.3}) {
      for (const double degrees : {0.0, 20.0}) {
        // The crop's centre is on a point of the photo, near its border at times.
        for (const double along : {0.05, 0.5, 0.97}) {
          Similarity forward = test::turned(degrees, scale, 0, 0);
          const double x = along * upright.width, y = along * upright.height;
          forward.tx = 56 - (forward.a * x - forward.b * y);
          forward.ty = 56 - (forward.b * x + forward.a * y);
          const Landmarks landmarks = test::landmarks_for(forward);
          const Picture picture(given.frame);
          // A pixel of the crop at the border of the photo may be black in one of them.
          EXPECT_LT(difference(align(picture, landmarks), align(upright, landmarks)), 3)
              << step << ", " << scale << ", " << degrees << ", " << along;
        }
      }
    }
  }
}

TEST_P(EachTurn, APatchIsThatOfTheWholePhoto) {
  const JpegFile file = file_of(photo());
  const Image upright = turn(decoded(file, 1), GetParam() / 90);
  for (const int step : {2, 4, 8}) {
    const Reduced given(file, step, GetParam());
    const Picture picture(given.frame);
    for (const Box& box : {Box{100, 120, 90, 100}, Box{20, 30, 330, 400}, Box{-50, 10, 500, 450}}) {
      const FacePatch patch(picture, box), expected(upright, box);
      Landmarks corner;
      corner.fill({3, 150});
      // Where blocks begin may differ by half of one.
      const Point a = patch.in_image(corner, 30)[0], b = expected.in_image(corner, 30)[0];
      EXPECT_NEAR(a.x, b.x, 2.01) << step;
      EXPECT_NEAR(a.y, b.y, 2.01) << step;
      EXPECT_LT(difference(patch.turned(0), expected.turned(0)), 4) << step << ", " << box.width;
    }
  }
}

TEST(Jpeg, FullSizeIsAskedForNoMoreThanTwice) {
  const JpegFile file = file_of(photo());
  const Reduced given(file, 8, 0);
  const Picture picture(given.frame);
  const Level first = picture.rows({10, 10, 30, 30}, 1);
  EXPECT_EQ(first.rows->width(), 30);
  EXPECT_EQ(picture.rows({12, 12, 20, 20}, 1).rows, first.rows);
  const Level second = picture.rows({200, 300, 30, 30}, 1);
  EXPECT_EQ(second.rows->width(), 551);
  EXPECT_EQ(second.rows->count(), 1137);
  EXPECT_EQ(picture.rows({500, 700, 30, 30}, 1).rows, second.rows);
  EXPECT_EQ(picture.rows({500, 700, 30, 30}, 8).step, 8);
}

TEST(JpegEnd, IsFoundByTheStructure) {
  struct Case {
    const char* what;
    std::vector<std::uint8_t> bytes;
    bool ends;
  };
  const Case cases[] = {
      {"nothing", {}, false},
      {"no JPEG", {0xff, 0xd9, 0xff, 0xd9}, false},
      {"the start alone", {0xff, 0xd8}, false},
      {"start and end", {0xff, 0xd8, 0xff, 0xd9}, true},
      {"half an end", {0xff, 0xd8, 0xff}, false},
      {"fill bytes", {0xff, 0xd8, 0xff, 0xff, 0xff, 0xd9}, true},
      {"data, a stuffed zero and a restart",
       {0xff, 0xd8, 1, 0xff, 0, 0xff, 0xd0, 2, 0xff, 0xd9},
       true},
      {"an end within a segment", {0xff, 0xd8, 0xff, 0xe0, 0, 4, 0xff, 0xd9}, false},
      {"an end after a segment", {0xff, 0xd8, 0xff, 0xe0, 0, 3, 7, 0xff, 0xd9}, true},
      {"a segment that is cut", {0xff, 0xd8, 0xff, 0xe0, 0, 99, 0xff, 0xd9}, false},
      {"a segment of no length", {0xff, 0xd8, 0xff, 0xe0, 0, 1, 0xff, 0xd9}, false},
      {"half a segment's length", {0xff, 0xd8, 0xff, 0xe0, 0}, false},
  };
  for (const Case& each : cases) {
    EXPECT_EQ(jpeg_has_end(each.bytes.data(), each.bytes.size()), each.ends) << each.what;
  }
}

}  // namespace
}  // namespace seesaw
