// Views, tiles and the merging of what is found in them.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <random>

#include "../samples.h"
#include "face/detect/face_patch.h"
#include "face/detect/merge.h"
#include "face/detect/search_plan.h"
#include "face/picture/quarter_turn.h"

namespace seesaw {
namespace {

std::string written(const std::vector<View>& views) {
  std::string text;
  for (const View& view : views) {
    text +=
        (text.empty() ? "" : " ") + std::to_string(view.width) + "x" + std::to_string(view.height);
    if (view.turns) text += "@" + std::to_string(view.turns * 90);
  }
  return text;
}

SearchOptions quick(bool turned) {
  SearchOptions options;
  options.turned = turned;
  return options;
}

SearchOptions thorough(bool turned, std::int64_t budget, int min_face = 0) {
  SearchOptions options;
  options.thorough = true;
  options.turned = turned;
  options.budget = budget;
  options.min_face = min_face;
  return options;
}

TEST(SearchPlan, Views) {
  struct Case {
    const char* name;
    int width, height;
    SearchOptions options;
    const char* expected;
  };
  const Case cases[] = {
      {"quick: first, half, doubled", 3000, 2000, quick(false), "640x427 320x213 1280x853"},
      {"quick: a small photo is enlarged", 400, 300, quick(false), "400x300 200x150 640x480"},
      {"quick: no view under 64", 100, 50, quick(false), "100x50 200x100"},
      {"quick: turned ones last, half a turn last of these", 640, 480, quick(true),
       "640x480 320x240 640x480@90 640x480@270 640x480@180 320x240@90 320x240@270 320x240@180"},
      {"thorough: twice the photo at most", 400, 300, thorough(false, 100'000'000),
       "400x300 200x150 800x600"},
      {"thorough: all sizes", 2000, 1000, thorough(false, 100'000'000),
       "640x320 320x160 1280x640 2560x1280 4000x2000"},
      {"thorough: as large as the budget allows", 2000, 1000, thorough(false, 3'000'000),
       "640x320 320x160 1280x640 1898x949"},
      {"thorough: nothing but the first", 2000, 1000, thorough(true, 0), "640x320"},
      {"thorough: faces of 40 pixels need no enlarging", 2000, 1000,
       thorough(false, 100'000'000, 40), "640x320 320x160 1280x640 2000x1000"},
      {"thorough, turned", 640, 480, thorough(true, 100'000'000),
       "640x480 640x480@90 640x480@270 640x480@180 320x240 1280x960"},
      {"one pixel", 1, 1, thorough(true, 1'000'000), "1x1 1x1@90 1x1@270 1x1@180 2x2"},
  };
  for (const Case& item : cases) {
    EXPECT_EQ(written(plan_views(item.width, item.height, item.options)), item.expected)
        << item.name;
  }
}

TEST(SearchPlan, NeverCostsMoreThanTheBudgetAndItsFirstView) {
  std::mt19937 random(7);
  for (int round = 0; round < 2000; ++round) {
    const int width = 1 + int(random() % 6000);
    const int height = 1 + int(random() % 6000);
    SearchOptions options = thorough(random() % 2, random() % 8'000'000, int(random() % 60));
    options.thorough = random() % 4 != 0;
    const std::vector<View> views = plan_views(width, height, options);
    std::int64_t cost = 0;
    for (const View& view : views) cost += view_cost(view.width, view.height);
    const std::int64_t first = view_cost(views[0].width, views[0].height);
    EXPECT_LE(cost, std::max(first, options.budget)) << width << "x" << height;
  }
}

TEST(SearchPlan, EveryPixelIsInTheCoreOfOneTile) {
  for (const int side : {1, 640, 1280, 1281, 1500, 2400, 2401, 4000, 8192}) {
    const int other = 900;
    for (const bool wide : {true, false}) {
      const std::vector<Tile> tiles = wide ? plan_tiles(side, other) : plan_tiles(other, side);
      std::vector<int> owners(std::size_t(side), 0);
      for (const Tile& tile : tiles) {
        const int start = wide ? tile.x : tile.y;
        const int length = wide ? tile.width : tile.height;
        const int low = wide ? tile.core_left : tile.core_top;
        const int high = wide ? tile.core_right : tile.core_bottom;
        EXPECT_LE(length, kTileSide);
        EXPECT_LE(start, low);
        EXPECT_GE(start + length, high);
        // A face as large as the overlap, centred in the core, is whole in the tile.
        if (low > 0) {
          EXPECT_GE(low - start, kTileOverlap / 2) << side;
        }
        if (high < side) {
          EXPECT_GE(start + length - high, kTileOverlap / 2) << side;
        }
        for (int i = low; i < high; ++i) ++owners[std::size_t(i)];
      }
      EXPECT_TRUE(std::all_of(owners.begin(), owners.end(), [](int n) { return n == 1; })) << side;
    }
  }
}

Face face_at(float x, float y, float size, float score) {
  Face face;
  face.box = {x, y, size, size};
  face.score = score;
  for (std::size_t i = 0; i < face.landmarks.size(); ++i) {
    const Point& point = kArcFaceTemplate[i];
    face.landmarks[i] = {x + point.x / kAlignedSize * size, y + point.y / kAlignedSize * size};
  }
  return face;
}

TEST(Merge, SameFace) {
  const Face face = face_at(100, 100, 80, 0.9f);
  struct Case {
    const char* name;
    Face other;
    bool expected;
  };
  Face slim = face_at(100, 100, 80, 0.9f);
  slim.box = {128, 100, 23, 80};
  const Case cases[] = {
      {"itself", face, true},
      {"a little beside", face_at(110, 105, 80, 0.9f), true},
      {"beside", face_at(160, 100, 80, 0.9f), false},
      {"a box of another shape around the same landmarks", slim, true},
      {"a small face before a large one", face_at(120, 120, 30, 0.9f), false},
  };
  for (const Case& item : cases) {
    EXPECT_EQ(same_face(face, item.other, 0.3f), item.expected) << item.name;
    EXPECT_EQ(same_face(item.other, face, 0.3f), item.expected) << item.name;
  }
}

TEST(Merge, KeepsTheBetterOfTwo) {
  const std::vector<Face> a{face_at(0, 0, 50, 0.9f), face_at(200, 0, 50, 0.7f)};
  const std::vector<Face> b{face_at(202, 0, 50, 0.8f), face_at(400, 0, 50, 0.75f),
                            face_at(1, 0, 50, 0.9f)};
  const std::vector<Face> both = merge(a, b, 0.3f);
  ASSERT_EQ(both.size(), 3u);
  EXPECT_EQ(both[0].box.x, 0);
  EXPECT_EQ(both[1].box.x, 202);
  EXPECT_EQ(both[2].box.x, 400);
  EXPECT_EQ(merge({}, b, 0.3f).size(), b.size());
}

TEST(Merge, FacesOfOneViewAreNotComparedWithEachOther) {
  // Two that suppression left beside each other stay two.
  const std::vector<Face> a{face_at(0, 0, 50, 0.9f), face_at(5, 0, 50, 0.8f)};
  EXPECT_EQ(merge(a, {}, 0.3f).size(), 2u);
}

TEST(QuarterTurn, TheCornersGoWhereTheyShould) {
  Image image = blank_image(3, 2);
  std::iota(image.bgr.begin(), image.bgr.end(), std::uint8_t{0});
  // Rows 0 3 6 and 9 12 15 by their first bytes.
  const std::vector<std::vector<int>> expected{
      {0, 3, 6, 9, 12, 15}, {9, 0, 12, 3, 15, 6}, {15, 12, 9, 6, 3, 0}, {6, 15, 3, 12, 0, 9}};
  for (int turns = 0; turns < 4; ++turns) {
    const Image turned = turn(image, turns);
    EXPECT_EQ(turned.width, turns % 2 ? 2 : 3);
    std::vector<int> first;
    for (std::size_t i = 0; i < turned.bgr.size(); i += 3) first.push_back(turned.bgr[i]);
    EXPECT_EQ(first, expected[std::size_t(turns)]) << turns;
  }
}

TEST(QuarterTurn, AsOftenAsOneByOne) {
  const Image image = test::noise(71, 45, 3);
  Image step = image;
  for (int turns = 0; turns <= 4; ++turns) {
    EXPECT_EQ(turn(image, turns).bgr, step.bgr) << turns;
    step = turn(step, 1);
  }
}

TEST(QuarterTurn, FacesComeBackToTheirPixels) {
  // A bright dot at each landmark of an image is found again through turn() and turn_back().
  const int width = 90, height = 60;
  const Point dots[]{{10, 5}, {80, 7}, {40, 30}, {12, 50}, {77, 55}};
  for (int turns = 0; turns < 4; ++turns) {
    Face turned_face;
    for (std::size_t i = 0; i < 5; ++i) {
      Image image = blank_image(width, height);
      image.row(int(dots[i].y))[3 * int(dots[i].x)] = 255;
      const Image turned = turn(image, turns);
      const auto at = std::find(turned.bgr.begin(), turned.bgr.end(), 255) - turned.bgr.begin();
      turned_face.landmarks[i] = {float(at / 3 % turned.width), float(at / 3 / turned.width)};
    }
    // The box around pixels 10 to 80 and 5 to 55, borders included.
    const Image frame = turn(blank_image(width, height), turns);
    float left = 1e9f, top = 1e9f, right = 0, bottom = 0;
    for (const Point& point : turned_face.landmarks) {
      left = std::min(left, point.x);
      top = std::min(top, point.y);
      right = std::max(right, point.x + 1);
      bottom = std::max(bottom, point.y + 1);
    }
    EXPECT_LE(right, float(frame.width));
    turned_face.box = {left, top, right - left, bottom - top};
    const Face back = turn_back(turned_face, turns, width, height);
    for (std::size_t i = 0; i < 5; ++i) {
      EXPECT_EQ(back.landmarks[i].x, dots[i].x) << turns;
      EXPECT_EQ(back.landmarks[i].y, dots[i].y) << turns;
    }
    EXPECT_EQ(back.box.x, 10) << turns;
    EXPECT_EQ(back.box.y, 5) << turns;
    EXPECT_EQ(back.box.width, 71) << turns;
    EXPECT_EQ(back.box.height, 51) << turns;
  }
}

TEST(FacePatch, PointsOfATurnedPatchComeBack) {
  // A soft spot in a large image is looked for in the turned patch.
  const int size = 600;
  for (const double degrees : {0.0, 30.0, 90.0, -135.0}) {
    Image image = blank_image(size, size);
    const Point spot{311, 274};
    for (int y = 0; y < size; ++y) {
      for (int x = 0; x < size; ++x) {
        const double far = std::hypot(x - spot.x, y - spot.y);
        image.row(y)[3 * x] = static_cast<std::uint8_t>(std::max(0.0, 250 - 10 * far));
      }
    }
    const FacePatch patch(image, {200, 180, 160, 200});
    const Image turned = patch.turned(degrees);
    double sum = 0, sum_x = 0, sum_y = 0;
    for (int y = 0; y < kPatchSide; ++y) {
      for (int x = 0; x < kPatchSide; ++x) {
        const double value = turned.row(y)[3 * x];
        sum += value;
        sum_x += value * x;
        sum_y += value * y;
      }
    }
    ASSERT_GT(sum, 0);
    Landmarks seen;
    seen.fill({float(sum_x / sum), float(sum_y / sum)});
    const Landmarks back = patch.in_image(seen, degrees);
    EXPECT_NEAR(back[0].x, spot.x, 0.7) << degrees;
    EXPECT_NEAR(back[0].y, spot.y, 0.7) << degrees;
  }
}

TEST(FacePatch, OfBoxesThatAreNowhere) {
  const Image image = test::noise(50, 40, 1);
  for (const Box& box :
       {Box{-500, -500, 10, 10}, Box{1e6f, 3, 20, 20}, Box{0, 0, 1e9f, 1e9f}, Box{10, 10, 0, 0}}) {
    EXPECT_EQ(FacePatch(image, box).turned(17).width, kPatchSide);
  }
}

TEST(FacePatch, Lean) {
  for (const double degrees : {0.0, 20.0, -75.0, 170.0}) {
    const Landmarks landmarks = test::landmarks_for(test::turned(-degrees, 0.5, 3, 4));
    EXPECT_NEAR(lean_of(landmarks), degrees, 1e-3);
  }
}

TEST(FacePatch, LandmarksThatFitNoFaceHaveNoLean) {
  constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
  const std::vector<std::pair<const char*, Landmarks>> cases{
      {"one point", {{{5, 5}, {5, 5}, {5, 5}, {5, 5}, {5, 5}}}},
      {"no numbers", {{{kNaN, 5}, {9, 5}, {7, 7}, {5, 9}, {9, 9}}}},
      {"larger than any picture",
       {{{-1e7f, -1e7f}, {1e7f, -1e7f}, {0, 0}, {-1e7f, 1e7f}, {1e7f, 1e7f}}}},
  };
  for (const auto& [name, landmarks] : cases) {
    EXPECT_EQ(lean_of(landmarks), 0) << name;
  }
}

}  // namespace
}  // namespace seesaw
