#include "face/detect/yunet_heads.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "engine/error.h"

namespace seesaw {
namespace {

/** Candidates compared with each other at most, as OpenCV's default; more come only at low
 * thresholds, and comparing them all would take seconds. */
constexpr std::size_t kMaxCandidates = 5000;

Error not_finite() { return Error(ErrorCode::Internal, "the detector's output is not finite"); }

float probability(float logit) { return 1 / (1 + std::exp(-logit)); }

/** The 14 numbers of a face at cell (x, y), which is the `cell`th of its map. */
Face face_at(const HeadMap& map, int x, int y, std::size_t cell, float score) {
  const auto value = [&](int plane) { return map.data[plane * map.plane + cell]; };
  const auto stride = static_cast<float>(map.stride);
  Face face;
  face.score = score;
  face.box.width = std::exp(value(4)) * stride;
  face.box.height = std::exp(value(5)) * stride;
  face.box.x = (static_cast<float>(x) + value(2)) * stride - face.box.width / 2;
  face.box.y = (static_cast<float>(y) + value(3)) * stride - face.box.height / 2;
  float sum = face.box.x + face.box.y + face.box.width + face.box.height;
  for (std::size_t i = 0; i < face.landmarks.size(); ++i) {
    const int plane = 6 + 2 * static_cast<int>(i);
    Point& point = face.landmarks[i];
    point.x = (static_cast<float>(x) + value(plane)) * stride;
    point.y = (static_cast<float>(y) + value(plane + 1)) * stride;
    sum += point.x + point.y;
  }
  if (!std::isfinite(sum)) throw not_finite();
  return face;
}

}  // namespace

float decode_head(const HeadMap& map, float threshold, std::vector<Face>& faces) {
  const float* face_logits = map.data;
  const float* object_logits = map.data + map.plane;
  float best = 0;
  std::size_t cell = 0;
  for (int y = 0; y < map.height; ++y) {
    for (int x = 0; x < map.width; ++x, ++cell) {
      const float product = probability(face_logits[cell]) * probability(object_logits[cell]);
      const float score = std::sqrt(product);
      if (std::isnan(score)) throw not_finite();
      best = std::max(best, score);
      if (score >= threshold) faces.push_back(face_at(map, x, y, cell, score));
    }
  }
  return best;
}

float overlap(const Box& a, const Box& b) {
  const float width = std::min(a.x + a.width, b.x + b.width) - std::max(a.x, b.x);
  const float height = std::min(a.y + a.height, b.y + b.height) - std::max(a.y, b.y);
  if (!(width > 0 && height > 0)) return 0;
  const float both = width * height;
  return both / (a.width * a.height + b.width * b.height - both);
}

std::vector<Face> suppress(std::vector<Face> faces, float iou, int max_faces) {
  std::stable_sort(faces.begin(), faces.end(),
                   [](const Face& a, const Face& b) { return a.score > b.score; });
  if (faces.size() > kMaxCandidates) faces.resize(kMaxCandidates);
  std::vector<Face> kept;
  for (const Face& face : faces) {
    if (kept.size() >= static_cast<std::size_t>(std::max(0, max_faces))) break;
    const bool covered = std::any_of(kept.begin(), kept.end(), [&](const Face& better) {
      return overlap(face.box, better.box) > iou;
    });
    if (!covered) kept.push_back(face);
  }
  return kept;
}

}  // namespace seesaw
