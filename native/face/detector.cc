#include "face/detector.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>

#include "engine/error.h"
#include "face/decode.h"
#include "mat.h"

namespace seesaw {
namespace {

/** The network halves its input five times. */
constexpr int kMultiple = 32;
constexpr char kInput[] = "in0";
constexpr std::array<int, 3> kStrides{8, 16, 32};

/** Second and third attempts stay between these sizes, whatever `max_side` is. */
constexpr int kSmallestRetry = 64;
constexpr int kLargestRetry = 2048;
/** Enlarging an image costs little up to this size. */
constexpr int kCheapSide = 640;

int round_up(int side) { return (side + kMultiple - 1) / kMultiple * kMultiple; }

/** The image with black added at the right and the bottom, as planes of numbers 0 to 255. */
ncnn::Mat network_input(const Image& image) {
  Image padded = blank_image(round_up(image.width), round_up(image.height));
  for (int y = 0; y < image.height; ++y) {
    std::copy_n(image.row(y), std::size_t(image.width) * 3, padded.row(y));
  }
  ncnn::Mat in =
      ncnn::Mat::from_pixels(padded.bgr.data(), ncnn::Mat::PIXEL_BGR, padded.width, padded.height);
  if (in.empty()) throw Error(ErrorCode::OutOfMemory, "no memory for the detector's input");
  return in;
}

HeadMap head_map(const ncnn::Mat& out, const ncnn::Mat& in, int stride) {
  if (out.dims != 3 || out.c != kHeadPlanes || out.w != in.w / stride || out.h != in.h / stride) {
    throw Error(ErrorCode::ModelInvalid, "the network is not a face detector of the kind of YuNet");
  }
  return {static_cast<const float*>(out.data), out.cstep, out.w, out.h, stride};
}

int scaled(int side, double scale) {
  return std::max(1, static_cast<int>(std::lround(side * scale)));
}

void enlarge(Face& face, float x, float y) {
  face.box = {face.box.x * x, face.box.y * y, face.box.width * x, face.box.height * y};
  for (Point& point : face.landmarks) point = {point.x * x, point.y * y};
}

/** The lengths of the longer side at which to look, in this order, until a face is found. */
std::vector<int> attempts(const Image& image, int max_side) {
  const int longer = std::max(image.width, image.height);
  const int first = std::min(longer, max_side);
  std::vector<int> sides{first};
  // A face that fills the picture is easier to see in a smaller one.
  if (first / 2 >= kSmallestRetry) sides.push_back(first / 2);
  // Small faces: with pixels that the first attempt left out, or enlarged in a small image.
  const int largest = std::max(longer, kCheapSide);
  const int doubled = std::min({first * 2, largest, kLargestRetry});
  if (doubled > first) sides.push_back(doubled);
  return sides;
}

}  // namespace

Detector::Detector(Network network) : network_(std::move(network)) {
  try {
    detect_at(blank_image(2 * kMultiple, 3 * kMultiple), 3 * kMultiple, {});
  } catch (const Error& error) {
    if (error.code() == ErrorCode::OutOfMemory || error.code() == ErrorCode::ModelInvalid) throw;
    throw Error(ErrorCode::ModelInvalid,
                std::string("the network does not detect faces: ") + error.what());
  }
}

Detections Detector::detect(const Image& image, const DetectOptions& options) const {
  if (options.max_side < 1) {
    throw Error::invalid_argument("maxSide", "maxSide must be at least 1");
  }
  Detections found;
  for (const int side : attempts(image, options.max_side)) {
    Detections now = detect_at(image, side, options);
    found.best_score = std::max(found.best_score, now.best_score);
    found.faces = std::move(now.faces);
    if (!found.faces.empty()) break;
  }
  return found;
}

Detections Detector::detect_at(const Image& image, int side, const DetectOptions& options) const {
  const double scale = double(side) / std::max(image.width, image.height);
  const Image view = resize(image, scaled(image.width, scale), scaled(image.height, scale));
  const ncnn::Mat in = network_input(view);
  std::vector<std::string> blobs;
  for (const int stride : kStrides) blobs.push_back("head_" + std::to_string(stride));
  const std::vector<ncnn::Mat> outputs = network_.run(kInput, in, blobs);

  Detections found;
  std::vector<Face> candidates;
  for (std::size_t i = 0; i < kStrides.size(); ++i) {
    const HeadMap map = head_map(outputs[i], in, kStrides[i]);
    const float best = decode_head(map, options.score_threshold, candidates);
    found.best_score = std::max(found.best_score, best);
  }
  found.faces = suppress(std::move(candidates), options.nms_iou, options.max_faces);
  const float x = static_cast<float>(image.width) / static_cast<float>(view.width);
  const float y = static_cast<float>(image.height) / static_cast<float>(view.height);
  for (Face& face : found.faces) enlarge(face, x, y);
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
