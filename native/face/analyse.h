// A frame in, all its faces out, each with its embedding if wanted.
#pragma once

#include <vector>

#include "engine/stages.h"
#include "face/detect/detector.h"
#include "face/embed/embedder.h"
#include "face/picture/frame.h"
#include "face/quality/quality.h"

namespace seesaw {

struct Analysis {
  Detections found;
  /** One for each face; empty for a face that cannot be aligned. Empty when none are wanted. */
  std::vector<std::vector<float>> embeddings;
  /** One for each face, like `embeddings`. */
  std::vector<Quality> qualities;
};

/** @param embedder null when no embeddings are wanted  @throws Error, also Aborted */
Analysis analyse(const Frame& frame, const Detector& detector, const Embedder* embedder,
                 const DetectOptions& options, Stages& stages);

}  // namespace seesaw
