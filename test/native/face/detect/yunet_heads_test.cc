#include "face/detect/yunet_heads.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "../samples.h"

namespace seesaw {
namespace {

using test::expect_error;

/** A map of cells that are surely no faces, with room after each plane as NCNN leaves it. */
class Map {
 public:
  Map(int width, int height, int stride)
      : plane_(std::size_t(width) * height + 5),
        width_(width),
        height_(height),
        stride_(stride),
        values_(plane_ * kHeadPlanes, 0.0f) {
    std::fill_n(values_.begin(), 2 * plane_, -20.0f);
  }
  float& at(int plane, int x, int y) { return values_[plane * plane_ + y * width_ + x]; }
  HeadMap view() const { return {values_.data(), plane_, width_, height_, stride_}; }

 private:
  std::size_t plane_;
  int width_, height_, stride_;
  std::vector<float> values_;
};

TEST(Decode, OneCellByHand) {
  Map map(6, 4, 16);
  map.at(0, 3, 2) = 2;  // probabilities 0.8808 and 0.7311
  map.at(1, 3, 2) = 1;
  map.at(2, 3, 2) = 0.5f;  // centre at ((3 + 0.5) 16, (2 - 0.25) 16) = (56, 28)
  map.at(3, 3, 2) = -0.25f;
  map.at(4, 3, 2) = std::log(2.0f);  // 32 wide
  map.at(5, 3, 2) = std::log(3.0f);  // 48 high
  for (int i = 0; i < 5; ++i) {
    map.at(6 + 2 * i, 3, 2) = 0.25f * float(i);
    map.at(7 + 2 * i, 3, 2) = -0.5f * float(i);
  }
  std::vector<Face> faces;
  const float best = decode_head(map.view(), 0.6f, faces);
  ASSERT_EQ(faces.size(), 1u);
  const Face& face = faces[0];
  EXPECT_NEAR(face.score, std::sqrt(0.880797 * 0.731059), 1e-5);
  EXPECT_EQ(best, face.score);
  EXPECT_NEAR(face.box.x, 40, 1e-3);
  EXPECT_NEAR(face.box.y, 4, 1e-3);
  EXPECT_NEAR(face.box.width, 32, 1e-3);
  EXPECT_NEAR(face.box.height, 48, 1e-3);
  for (int i = 0; i < 5; ++i) {
    EXPECT_NEAR(face.landmarks[i].x, 48 + 4 * i, 1e-3);
    EXPECT_NEAR(face.landmarks[i].y, 32 - 8 * i, 1e-3);
  }
}

TEST(Decode, TheBestScoreCountsBelowTheThresholdToo) {
  Map map(5, 5, 8);
  map.at(0, 4, 0) = 0;
  map.at(1, 4, 0) = 0;
  std::vector<Face> faces;
  EXPECT_NEAR(decode_head(map.view(), 0.6f, faces), 0.5f, 1e-6);
  EXPECT_TRUE(faces.empty());
  EXPECT_NEAR(decode_head(map.view(), 0.5f, faces), 0.5f, 1e-6);
  EXPECT_EQ(faces.size(), 1u);
}

TEST(Decode, NumbersThatAreNotFiniteAreAnError) {
  // Of the logits too: a network whose scores are no numbers must not look like one that sees
  // nobody.
  for (const int plane : {0, 1, 2, 4, 15}) {
    Map map(3, 3, 8);
    map.at(0, 1, 1) = map.at(1, 1, 1) = 9;
    map.at(plane, 1, 1) = plane == 4 ? 1000 : std::numeric_limits<float>::quiet_NaN();
    std::vector<Face> faces;
    expect_error(ErrorCode::Internal, "", [&] { decode_head(map.view(), 0.6f, faces); });
  }
}

TEST(Decode, InfiniteLogitsAreSureOfThemselves) {
  constexpr float infinite = std::numeric_limits<float>::infinity();
  Map map(3, 1, 8);
  map.at(0, 0, 0) = map.at(1, 0, 0) = infinite;
  map.at(0, 1, 0) = map.at(1, 1, 0) = -infinite;
  map.at(0, 2, 0) = infinite;
  map.at(1, 2, 0) = -infinite;
  std::vector<Face> faces;
  EXPECT_EQ(decode_head(map.view(), 0.6f, faces), 1);
  EXPECT_EQ(faces.size(), 1u);
}

TEST(Decode, Overlap) {
  const Box box{10, 10, 20, 20};
  EXPECT_FLOAT_EQ(overlap(box, box), 1);
  EXPECT_FLOAT_EQ(overlap(box, {20, 10, 20, 20}), 1.0f / 3);
  EXPECT_FLOAT_EQ(overlap(box, {15, 15, 10, 10}), 0.25f);
  EXPECT_FLOAT_EQ(overlap(box, {30, 10, 20, 20}), 0);
  EXPECT_FLOAT_EQ(overlap(box, {100, 100, 5, 5}), 0);
  EXPECT_FLOAT_EQ(overlap({}, {}), 0);
}

std::vector<Face> random_faces(unsigned seed, int count) {
  std::mt19937 random(seed);
  const auto number = [&](float low, float high) {
    return low + (high - low) * static_cast<float>(random() % 100000) / 100000.0f;
  };
  std::vector<Face> faces(count);
  for (Face& face : faces) {
    face.box = {number(0, 200), number(0, 200), number(5, 80), number(5, 80)};
    face.score = std::round(number(0.5f, 1) * 50) / 50;  // many equal scores
  }
  return faces;
}

/** By definition: strike the best face from the list and all it covers, until none is left. */
std::vector<Face> naive_suppress(std::vector<Face> faces, float iou) {
  std::vector<Face> kept;
  while (!faces.empty()) {
    const auto best = std::max_element(
        faces.begin(), faces.end(), [](const Face& a, const Face& b) { return a.score < b.score; });
    kept.push_back(*best);
    const Box box = best->box;
    faces.erase(best);
    std::vector<Face> rest;
    for (const Face& face : faces) {
      if (overlap(face.box, box) <= iou) rest.push_back(face);
    }
    faces = rest;
  }
  return kept;
}

TEST(Decode, SuppressAgreesWithItsDefinition) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    for (const float iou : {0.0f, 0.3f, 0.9f}) {
      const std::vector<Face> faces = random_faces(seed, 200);
      const std::vector<Face> expected = naive_suppress(faces, iou);
      const std::vector<Face> kept = suppress(faces, iou, 1000);
      ASSERT_EQ(kept.size(), expected.size());
      for (std::size_t i = 0; i < kept.size(); ++i) {
        EXPECT_EQ(kept[i].score, expected[i].score);
        EXPECT_EQ(kept[i].box.x, expected[i].box.x);
      }
      const std::vector<Face> three = suppress(faces, iou, 3);
      ASSERT_EQ(three.size(), 3u);
      EXPECT_EQ(three[2].box.x, expected[2].box.x);
    }
  }
}

TEST(Decode, SuppressOfNothingAndForNobody) {
  EXPECT_TRUE(suppress({}, 0.3f, 10).empty());
  EXPECT_TRUE(suppress(random_faces(1, 10), 0.3f, 0).empty());
}

}  // namespace
}  // namespace seesaw
