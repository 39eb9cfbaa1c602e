// From YuNet's output maps to faces: decoding as OpenCV's FaceDetectorYN does it, and suppression.
#pragma once

#include <cstddef>
#include <vector>

#include "face/types.h"

namespace seesaw {

/**
 * One output map: 16 planes of width x height numbers, a plane every `plane` floats. They are the
 * logits of "face" and "object", the box (centre x, centre y, log width, log height) and five
 * points, the lengths in cells of `stride` pixels.
 */
struct HeadMap {
  const float* data = nullptr;
  std::size_t plane = 0;
  int width = 0;
  int height = 0;
  int stride = 0;
};

inline constexpr int kHeadPlanes = 16;

/**
 * Adds the faces of a map that score at least `threshold` and returns the best score of all cells.
 * A score is the geometric mean of the two probabilities.
 * @throws Error Internal when a score, or a number of such a face, is not finite
 */
float decode_head(const HeadMap& map, float threshold, std::vector<Face>& faces);

/** Intersection over union; 0 when both boxes are empty. */
float overlap(const Box& a, const Box& b);

/**
 * The best faces, none of which overlaps a better one by more than `iou`; at most `max_faces`, the
 * best first. Of equal scores the one that comes first in `faces` counts as better.
 */
std::vector<Face> suppress(std::vector<Face> faces, float iou, int max_faces);

}  // namespace seesaw
