#include "face/detect/merge.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

#include "face/detect/yunet_heads.h"

namespace seesaw {
namespace {

/** Landmarks of one face have centres closer than this share of the face's size. */
constexpr float kNear = 0.2f;
/** Sizes of one face differ by less than this factor from view to view. */
constexpr float kLikeSize = 2;

Point centre_of(const Landmarks& landmarks) {
  Point centre;
  for (const Point& point : landmarks) {
    centre.x += point.x / float(landmarks.size());
    centre.y += point.y / float(landmarks.size());
  }
  return centre;
}

float size_of(const Box& box) { return std::sqrt(box.width * box.height); }

}  // namespace

bool same_face(const Face& a, const Face& b, float iou) {
  if (overlap(a.box, b.box) > iou) return true;
  const float smaller = std::min(size_of(a.box), size_of(b.box));
  const float larger = std::max(size_of(a.box), size_of(b.box));
  if (!(larger < kLikeSize * smaller)) return false;
  const Point from = centre_of(a.landmarks);
  const Point to = centre_of(b.landmarks);
  return std::hypot(from.x - to.x, from.y - to.y) < kNear * smaller;
}

std::vector<Face> merge(std::vector<Face> a, std::vector<Face> b, float iou) {
  const std::size_t first_of_b = a.size();
  a.insert(a.end(), b.begin(), b.end());
  std::vector<std::size_t> order(a.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t i, std::size_t j) { return a[i].score > a[j].score; });
  std::vector<Face> kept;
  std::vector<bool> from_b;
  for (const std::size_t i : order) {
    const bool is_b = i >= first_of_b;
    bool seen = false;
    for (std::size_t j = 0; j < kept.size() && !seen; ++j) {
      // Within a list faces are known to be different ones.
      seen = from_b[j] != is_b && same_face(a[i], kept[j], iou);
    }
    if (seen) continue;
    kept.push_back(a[i]);
    from_b.push_back(is_b);
  }
  return kept;
}

}  // namespace seesaw
