// What a detector finds.
#pragma once

#include <array>

namespace seesaw {

struct Point {
  float x = 0;
  float y = 0;
};

struct Box {
  float x = 0;
  float y = 0;
  float width = 0;
  float height = 0;
};

/**
 * Five points of a face in the order of the ArcFace template: the eye on the left of the image, the
 * other eye, the tip of the nose, the corner of the mouth on the left of the image, the other one.
 * A coordinate of 0 is the centre of the first pixel.
 */
using Landmarks = std::array<Point, 5>;

struct Face {
  Box box;
  float score = 0;  // 0 to 1
  Landmarks landmarks;
};

}  // namespace seesaw
