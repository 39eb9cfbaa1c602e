// Where a head looks, from its five landmarks.
#pragma once

#include "face/types.h"

namespace seesaw {

/** Degrees; all are 0 for the face of the alignment template. */
struct Pose {
  double yaw = 0;    // positive: the nose points to the right, the head set upright
  double pitch = 0;  // positive: the nose points down, likewise
  double roll = 0;   // positive: turned clockwise in the image
};

/**
 * The pose under which a generic head, seen from far away, comes closest to the landmarks:
 * the linear step of POS (DeMenthon and Davis, "Model-Based Object Pose in 25 Lines of Code",
 * IJCV 1995) for scaled orthographic projection. The generic head is the alignment template with a
 * nose that stands out.
 * @throws Error InvalidArgument naming "landmarks" when they are not finite or all one point
 */
Pose pose_of(const Landmarks& landmarks);

}  // namespace seesaw
