// One face seen in several views is one face.
#pragma once

#include <vector>

#include "face/types.h"

namespace seesaw {

/**
 * Whether two detections are of one face: their boxes overlap by more than `iou`, or they are of
 * like size and their landmarks have nearly the same centre. Views at other sizes or turned by a
 * quarter give boxes of somewhat different shapes for one face.
 */
bool same_face(const Face& a, const Face& b, float iou);

/**
 * Both lists as one, the best score first. Each must be free of duplicates already. Of one face in
 * both the better one stays; of equals that of `a`.
 */
std::vector<Face> merge(std::vector<Face> a, std::vector<Face> b, float iou);

}  // namespace seesaw
