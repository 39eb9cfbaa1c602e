#include "face/detect/face_patch.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "engine/error.h"
#include "face/embed/align.h"
#include "face/picture/block_means.h"
#include "mat.h"

namespace seesaw {
namespace {

/** The side of the square in sides of the face: room for the face at any angle. */
constexpr double kRoom = 2.2;
constexpr double kCentre = (kPatchSide - 1) / 2.0;
constexpr double kDegrees = 57.29577951308232;

/** One direction of a square: blocks of pixels, some of which are not in the picture. */
struct Blocks {
  int start;   // the pixel of the picture where the first block begins; may be negative
  int before;  // blocks until the first that is in the picture
  int seen;    // blocks that are
};

/** `side` blocks about a centre, where they begin at `first` or a multiple of `step` further on. */
Blocks blocks_of(double centre, int side, int step, int limit, int first) {
  const double start = std::clamp<double>(centre, 0, limit) - side * step / 2.0 - first;
  const int skipped = static_cast<int>(std::lround(start / step));  // blocks from `first` on
  const int before = std::clamp(-skipped, 0, side);
  const int end = std::min(skipped + side, (limit - first) / step);
  return {first + skipped * step, before, std::max(0, end - skipped - before)};
}

}  // namespace

FacePatch::FacePatch(const Picture& picture, const Box& face) {
  // Faces that claim to be larger than the picture are cut: they are no more than the picture.
  const double longest = std::max(picture.width(), picture.height());
  const double size = std::clamp<double>(std::max(face.width, face.height), 4, longest) * kRoom;
  // Means of whole blocks first: of a large face they may be at hand.
  int step = 1;
  while (step < kLargestBlock && size >= 4.0 * step * kPatchSide) step *= 2;
  const int side = std::max(1, static_cast<int>(std::lround(size / step)));  // in blocks
  const Blocks columns = blocks_of(face.x + double(face.width) / 2, side, step, picture.width(),
                                   picture.first_column(step));
  const Blocks rows = blocks_of(face.y + double(face.height) / 2, side, step, picture.height(),
                                picture.first_row(step));
  Image square = blank_image(side, side);
  if (columns.seen > 0 && rows.seen > 0) {
    const Image seen = block_means(picture, columns.start + columns.before * step,
                                   rows.start + rows.before * step, columns.seen, rows.seen, step);
    for (int line = 0; line < rows.seen; ++line) {
      std::copy_n(seen.row(line), std::size_t(columns.seen) * 3,
                  square.row(rows.before + line) + std::size_t(columns.before) * 3);
    }
  }
  square_ = resize(square, kPatchSide, kPatchSide);
  left_ = columns.start;
  top_ = rows.start;
  scale_ = double(side) * step / kPatchSide;
}

Image FacePatch::turned(double degrees) const {
  const auto cosine = static_cast<float>(std::cos(degrees / kDegrees));
  const auto sine = static_cast<float>(std::sin(degrees / kDegrees));
  const auto centre = static_cast<float>(kCentre);
  // Where each pixel of the turned patch comes from.
  const std::array<float, 6> from{cosine, -sine,  centre - centre * cosine + centre * sine,
                                  sine,   cosine, centre - centre * sine - centre * cosine};
  Image turned = blank_image(kPatchSide, kPatchSide);
  ncnn::warpaffine_bilinear_c3(square_.bgr.data(), kPatchSide, kPatchSide, turned.bgr.data(),
                               kPatchSide, kPatchSide, from.data());
  return turned;
}

Landmarks FacePatch::in_image(const Landmarks& landmarks, double degrees) const {
  const double cosine = std::cos(degrees / kDegrees);
  const double sine = std::sin(degrees / kDegrees);
  Landmarks back;
  for (std::size_t i = 0; i < landmarks.size(); ++i) {
    const double x = landmarks[i].x - kCentre;
    const double y = landmarks[i].y - kCentre;
    // Centres of pixels are half a pixel off their borders, at both scales.
    back[i].x = static_cast<float>(left_ + (kCentre + cosine * x - sine * y + 0.5) * scale_ - 0.5);
    back[i].y = static_cast<float>(top_ + (kCentre + sine * x + cosine * y + 0.5) * scale_ - 0.5);
  }
  return back;
}

Box FacePatch::in_image(const Box& box, double degrees) const {
  Landmarks centre;
  centre.fill({box.x + box.width / 2, box.y + box.height / 2});
  const Point middle = in_image(centre, degrees)[0];
  const float side = std::max(box.width, box.height) * static_cast<float>(scale_);
  return {middle.x - side / 2, middle.y - side / 2, side, side};
}

double lean_of(const Landmarks& landmarks) {
  try {
    const Similarity to_upright = estimate_similarity(landmarks);
    return -std::atan2(to_upright.b, to_upright.a) * kDegrees;
  } catch (const Error&) {
    return 0;
  }
}

}  // namespace seesaw
