// YuNet: an image in, faces out.
#pragma once

#include <vector>

#include "engine/network.h"
#include "face/detect/search_plan.h"
#include "face/picture/picture.h"
#include "face/types.h"

namespace seesaw {

struct DetectOptions {
  float score_threshold = 0.6f;
  float nms_iou = 0.3f;  // of two boxes that overlap by more, the better one stays
  int max_faces = 1000;
  SearchOptions search;
};

struct Detections {
  std::vector<Face> faces;  // the best score first
  float best_score = 0;     // of anything seen, also below the threshold
};

class Detector {
 public:
  /** Runs a blank image once: a network of another shape is refused here. @throws Error */
  explicit Detector(Network network);

  /**
   * The faces in a picture, in its pixels; boxes may reach over its borders. Looks at the views of
   * plan_views() until one shows a face or, in a thorough search, at all of them.
   * @throws Error
   */
  Detections detect(const Picture& picture, const DetectOptions& options) const;

 private:
  /** All candidates in a view, in pixels of the picture. */
  Detections look(const Picture& picture, const View& view, const DetectOptions& options) const;
  /**
   * The face with landmarks found where it stands upright. The network finds faces at almost any
   * angle, but it places their landmarks as if they were nearly upright.
   */
  Face set_upright(const Picture& picture, const Face& face) const;
  /** All candidates in an image that the network sees at once. */
  Detections look_at_once(const Image& image, float score_threshold) const;

  Network network_;
};

/**
 * The face a photo is most likely about: the largest product of area, score and centrality, which
 * falls from 1 in the middle of the image to 1/2 in its corners. `faces` must not be empty.
 */
const Face& most_prominent(const std::vector<Face>& faces, int width, int height);

}  // namespace seesaw
