#include "face/analyse.h"

#include <utility>

#include "engine/error.h"
#include "face/embed/align.h"

namespace seesaw {
namespace {

/** Adds what is known of a face when its crop has been seen. */
void add_face(const Picture& picture, const Face& face, const Embedder& embedder, Stages& stages,
              Analysis& analysis) {
  stages.enter(Stage::Align);
  std::vector<float> embedding;
  Quality quality;
  try {
    const Image crop = align(picture, face.landmarks);
    quality = quality_of(face, crop);
    stages.enter(Stage::Embed);
    embedding = embedder.embed(crop);
  } catch (const Error& error) {
    // Landmarks of a face at the border may be of no use; that is no reason to lose the others.
    if (error.code() != ErrorCode::InvalidArgument) throw;
  }
  analysis.embeddings.push_back(std::move(embedding));
  analysis.qualities.push_back(quality);
}

}  // namespace

Analysis analyse(const Frame& frame, const Detector& detector, const Embedder* embedder,
                 const DetectOptions& options, Stages& stages) {
  stages.enter(Stage::Convert);
  const Picture picture(frame);
  stages.enter(Stage::Detect);
  Analysis analysis{detector.detect(picture, options), {}, {}};
  if (embedder != nullptr) {
    for (const Face& face : analysis.found.faces) {
      add_face(picture, face, *embedder, stages, analysis);
    }
  }
  return analysis;
}

}  // namespace seesaw
