#include "face/detect/detector.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include "engine/error.h"
#include "face/detect/face_patch.h"
#include "face/detect/merge.h"
#include "face/detect/yunet_heads.h"
#include "face/picture/quarter_turn.h"
#include "mat.h"

namespace seesaw {
namespace {

constexpr char kInput[] = "in0";
constexpr std::array<int, 3> kStrides{8, 16, 32};

/** The image with black added at the right and the bottom, as planes of numbers 0 to 255. */
ncnn::Mat network_input(const Image& image, ncnn::Allocator* memory) {
  Image padded = blank_image(padded_side(image.width), padded_side(image.height));
  for (int y = 0; y < image.height; ++y) {
    std::copy_n(image.row(y), std::size_t(image.width) * 3, padded.row(y));
  }
  ncnn::Mat in = ncnn::Mat::from_pixels(padded.bgr.data(), ncnn::Mat::PIXEL_BGR, padded.width,
                                        padded.height, memory);
  if (in.empty()) throw Error(ErrorCode::OutOfMemory, "no memory for the detector's input");
  return in;
}

/**
 * The network answers to a lean of up to 45 degrees with landmarks that lean by less than half of
 * it (measured: 6, 14 and 19 degrees at 15, 30 and 45), so a step goes further than they say.
 */
constexpr double kLeanGain = 2;
/** Landmarks of such a lean (of a face that leans by twice as much) are looked for anew. */
constexpr double kLeaning = 8;
/** Near enough to upright to stop. */
constexpr double kUpright = 3;
constexpr int kMostSteps = 4;
/** Directions tried first. */
constexpr int kDirections = 8;
/** By how much another direction must score better than upright. */
constexpr float kTurnMargin = 0.02f;
/** Faces on their side or upside down score lower. */
constexpr float kSurelyUpright = 0.88f;
/** A second look is at a place where a face is known to be. */
constexpr float kPatchScore = 0.3f;
constexpr std::size_t kMostSetUpright = 12;

/** The best face near the centre of a patch. */
std::optional<Face> central(const std::vector<Face>& faces) {
  std::optional<Face> best;
  for (const Face& face : faces) {
    const float x = face.box.x + face.box.width / 2 - kPatchSide / 2;
    const float y = face.box.y + face.box.height / 2 - kPatchSide / 2;
    const float size = std::max(face.box.width, face.box.height);
    const bool near = std::hypot(x, y) < kPatchSide / 8 && size > kPatchSide / 5;
    if (near && (!best || face.score > best->score)) best = face;
  }
  return best;
}

HeadMap head_map(const ncnn::Mat& out, int width, int height, int stride) {
  if (out.dims != 3 || out.c != kHeadPlanes || out.w != width / stride ||
      out.h != height / stride) {
    throw Error(ErrorCode::ModelInvalid, "the network is not a YuNet face detector");
  }
  return {static_cast<const float*>(out.data), out.cstep, out.w, out.h, stride};
}

void enlarge(Face& face, float x, float y) {
  face.box = {face.box.x * x, face.box.y * y, face.box.width * x, face.box.height * y};
  for (Point& point : face.landmarks) point = {point.x * x, point.y * y};
}

void move(Face& face, float x, float y) {
  face.box.x += x;
  face.box.y += y;
  for (Point& point : face.landmarks) point = {point.x + x, point.y + y};
}

/** Whether the face's centre is in the tile's core; cores at a border reach beyond it. */
bool answers_for(const Tile& tile, const Face& face) {
  const float x = face.box.x + face.box.width / 2;
  const float y = face.box.y + face.box.height / 2;
  const auto within = [](float value, int low, int high, int start, int length) {
    // A core that begins or ends with its tile is at the border of the view.
    const bool after = low == start || value >= static_cast<float>(low);
    const bool before = high == start + length || value < static_cast<float>(high);
    return after && before;
  };
  return within(x, tile.core_left, tile.core_right, tile.x, tile.width) &&
         within(y, tile.core_top, tile.core_bottom, tile.y, tile.height);
}

void drop_small(std::vector<Face>& faces, float min_face) {
  faces.erase(std::remove_if(faces.begin(), faces.end(),
                             [&](const Face& face) {
                               return std::min(face.box.width, face.box.height) < min_face;
                             }),
              faces.end());
}

}  // namespace

Detector::Detector(Network network) : network_(std::move(network)) {
  try {
    look_at_once(blank_image(2 * kNetworkMultiple, 3 * kNetworkMultiple), 1);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::OutOfMemory || error.code() == ErrorCode::ModelInvalid) throw;
    throw Error(ErrorCode::ModelInvalid,
                std::string("the network does not detect faces: ") + error.what());
  }
}

Detections Detector::detect(const Picture& picture, const DetectOptions& options) const {
  const SearchOptions& search = options.search;
  if (search.max_side < 1) {
    throw Error::invalid_argument("maxSide", "maxSide must be at least 1");
  }
  Detections found;
  for (const View& view : plan_views(picture.width(), picture.height(), search)) {
    Detections now = look(picture, view, options);
    found.best_score = std::max(found.best_score, now.best_score);
    if (search.min_face > 0) drop_small(now.faces, static_cast<float>(search.min_face));
    now.faces = suppress(std::move(now.faces), options.nms_iou, options.max_faces);
    found.faces = merge(std::move(found.faces), std::move(now.faces), options.nms_iou);
    if (!search.thorough && !found.faces.empty()) break;
  }
  if (found.faces.size() > std::size_t(options.max_faces)) {
    found.faces.resize(std::size_t(options.max_faces));
  }
  if (search.turned) {
    const std::size_t count = std::min(found.faces.size(), kMostSetUpright);
    for (std::size_t i = 0; i < count; ++i) found.faces[i] = set_upright(picture, found.faces[i]);
  }
  return found;
}

Face Detector::set_upright(const Picture& picture, const Face& face) const {
  const bool leans = std::abs(lean_of(face.landmarks)) >= kLeaning;
  if (face.score >= kSurelyUpright && !leans) return face;
  FacePatch patch(picture, face.box);
  double angle = 0;
  std::optional<Face> seen;
  const auto look_at = [&](double degrees, float margin) {
    const std::optional<Face> now = central(look_at_once(patch.turned(degrees), kPatchScore).faces);
    if (!now || (seen && now->score <= seen->score + margin)) return false;
    seen = now;
    angle = degrees;
    return true;
  };
  look_at(0, 0);
  for (int i = 1; i < kDirections; ++i) {
    look_at(i * 360.0 / kDirections, angle == 0 ? kTurnMargin : 0);
  }
  if (!seen || (angle == 0 && !leans)) return face;
  // Once more from the middle of what was seen: the first box may have been half beside the face.
  const Landmarks first = patch.in_image(seen->landmarks, angle);
  patch = FacePatch(picture, patch.in_image(seen->box, angle));
  seen.reset();
  for (int step = 0; step < kMostSteps; ++step) {
    const double lean = seen ? lean_of(seen->landmarks) : 0;
    if (seen && std::abs(lean) < kUpright) break;
    if (!look_at(angle + kLeanGain * lean, 0)) break;
  }
  // The score stays that of the first look: the best of many looks would flatter what is no face.
  Face upright = face;
  upright.landmarks = seen ? patch.in_image(seen->landmarks, angle) : first;
  return upright;
}

Detections Detector::look(const Picture& picture, const View& view,
                          const DetectOptions& options) const {
  const Image seen = turn(resize(picture, view.width, view.height), view.turns);
  Detections found;
  for (const Tile& tile : plan_tiles(seen.width, seen.height)) {
    const bool whole = tile.width == seen.width && tile.height == seen.height;
    Detections now =
        look_at_once(whole ? seen : crop(seen, tile.x, tile.y, tile.width, tile.height),
                     options.score_threshold);
    found.best_score = std::max(found.best_score, now.best_score);
    for (Face& face : now.faces) {
      move(face, static_cast<float>(tile.x), static_cast<float>(tile.y));
      if (whole || answers_for(tile, face)) found.faces.push_back(face);
    }
  }
  const float x = static_cast<float>(picture.width()) / static_cast<float>(view.width);
  const float y = static_cast<float>(picture.height()) / static_cast<float>(view.height);
  for (Face& face : found.faces) {
    face = turn_back(face, view.turns, view.width, view.height);
    enlarge(face, x, y);
  }
  return found;
}

Detections Detector::look_at_once(const Image& image, float score_threshold) const {
  ncnn::Mat in = network_input(image, network_.memory());
  const int width = in.w, height = in.h;
  std::vector<std::string> blobs;
  for (const int stride : kStrides) blobs.push_back("head_" + std::to_string(stride));
  const std::vector<ncnn::Mat> outputs = network_.run(kInput, std::move(in), blobs);
  Detections found;
  for (std::size_t i = 0; i < kStrides.size(); ++i) {
    const HeadMap map = head_map(outputs[i], width, height, kStrides[i]);
    found.best_score = std::max(found.best_score, decode_head(map, score_threshold, found.faces));
  }
  return found;
}

const Face& most_prominent(const std::vector<Face>& faces, int width, int height) {
  const auto prominence = [&](const Face& face) {
    // What lies outside of the image counts neither as area nor for the centre.
    const double left = std::clamp<double>(face.box.x, 0, width);
    const double right = std::clamp<double>(face.box.x + face.box.width, 0, width);
    const double top = std::clamp<double>(face.box.y, 0, height);
    const double bottom = std::clamp<double>(face.box.y + face.box.height, 0, height);
    const double from_centre =
        std::hypot(left + right - width, top + bottom - height) / std::hypot(width, height);
    return (right - left) * (bottom - top) * face.score * (1 - from_centre / 2);
  };
  return *std::max_element(faces.begin(), faces.end(), [&](const Face& a, const Face& b) {
    return prominence(a) < prominence(b);
  });
}

}  // namespace seesaw
