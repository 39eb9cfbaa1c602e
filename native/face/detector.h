// YuNet: an image in, faces out.
#pragma once

#include <vector>

#include "engine/network.h"
#include "face/pixels.h"
#include "face/types.h"

namespace seesaw {

struct DetectOptions {
  float score_threshold = 0.6f;
  float nms_iou = 0.3f;  // of two boxes that overlap by more, the better one stays
  int max_side = 640;    // the longer side of what the network sees
  int max_faces = 1000;
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
   * The faces in an image, in its pixels; boxes may reach over its borders. Without a find at
   * `max_side` other sizes are tried, smaller ones (a face that fills the picture) before larger
   * ones (small faces in a large picture).
   * @throws Error
   */
  Detections detect(const Image& image, const DetectOptions& options) const;

 private:
  Detections detect_at(const Image& image, int side, const DetectOptions& options) const;

  Network network_;
};

/**
 * The face a photo is most likely about: the largest product of area, score and centrality, which
 * falls from 1 in the middle of the image to 1/2 in its corners. `faces` must not be empty.
 */
const Face& most_prominent(const std::vector<Face>& faces, int width, int height);

}  // namespace seesaw
