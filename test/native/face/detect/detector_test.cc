#include "face/detect/detector.h"

#include <gtest/gtest.h>

#include "../samples.h"

namespace seesaw {
namespace {

using test::expect_error;

Network network(const char* param) { return Network(param, {}, {}); }

TEST(Detector, NetworksOfAnotherKindAreRefused) {
  const char* const params[] = {
      // no such outputs
      "7767517\n1 1\nInput in0 0 1 in0\n",
      // another input
      "7767517\n2 4\nInput data 0 1 data\nSplit s 1 3 data head_8 head_16 head_32\n",
      // outputs of another shape
      "7767517\n2 4\nInput in0 0 1 in0\nSplit s 1 3 in0 head_8 head_16 head_32\n",
  };
  for (const char* param : params) {
    expect_error(ErrorCode::ModelInvalid, "", [&] { Detector{network(param)}; });
  }
}

Face face(float x, float y, float width, float height, float score) {
  Face made;
  made.box = {x, y, width, height};
  made.score = score;
  return made;
}

TEST(Detector, TheMostProminentFace) {
  struct Case {
    const char* name;
    std::vector<Face> faces;
    std::size_t expected;
  };
  const Case cases[] = {
      {"a single one", {face(0, 0, 10, 10, 0.6f)}, 0},
      {"the larger one", {face(100, 100, 50, 50, 0.9f), face(200, 100, 60, 60, 0.9f)}, 1},
      {"the central one", {face(5, 5, 60, 60, 0.9f), face(170, 120, 60, 60, 0.9f)}, 1},
      {"the surer one", {face(50, 120, 60, 60, 0.7f), face(290, 120, 60, 60, 0.95f)}, 1},
      {"a large one in a corner", {face(10, 10, 150, 150, 0.9f), face(190, 140, 20, 20, 0.95f)}, 0},
      {"not the one outside", {face(-190, 100, 200, 200, 0.9f), face(150, 100, 80, 80, 0.9f)}, 1},
      {"the first of equals", {face(170, 120, 60, 60, 0.9f), face(170, 120, 60, 60, 0.9f)}, 0},
  };
  for (const Case& item : cases) {
    const Face& found = most_prominent(item.faces, 400, 300);
    EXPECT_EQ(&found - item.faces.data(), std::ptrdiff_t(item.expected)) << item.name;
  }
}

}  // namespace
}  // namespace seesaw
