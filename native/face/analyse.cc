#include "face/analyse.h"

#include "engine/error.h"
#include "face/align.h"

namespace seesaw {
namespace {

std::vector<float> embedding_of(const Image& image, const Face& face, const Embedder& embedder,
                                Stages& stages) {
  stages.enter(Stage::Align);
  Image crop;
  try {
    crop = align(image, face.landmarks);
  } catch (const Error& error) {
    // Landmarks of a face at the border may be of no use; that is no reason to lose the others.
    if (error.code() != ErrorCode::InvalidArgument) throw;
    return {};
  }
  stages.enter(Stage::Embed);
  return embedder.embed(crop);
}

}  // namespace

Analysis analyse(const Frame& frame, const Detector& detector, const Embedder* embedder,
                 const DetectOptions& options, Stages& stages) {
  stages.enter(Stage::Convert);
  const Image image = to_bgr(frame);
  stages.enter(Stage::Detect);
  Analysis analysis{detector.detect(image, options), {}};
  if (embedder != nullptr) {
    for (const Face& face : analysis.found.faces) {
      analysis.embeddings.push_back(embedding_of(image, face, *embedder, stages));
    }
  }
  return analysis;
}

}  // namespace seesaw
