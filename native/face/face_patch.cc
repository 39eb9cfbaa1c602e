#include "face/face_patch.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "face/align.h"
#include "mat.h"

namespace seesaw {
namespace {

/** The side of the square in sides of the face: room for the face at any angle. */
constexpr double kRoom = 2.2;
constexpr double kCentre = (kPatchSide - 1) / 2.0;
constexpr double kDegrees = 57.29577951308232;

}  // namespace

FacePatch::FacePatch(const Picture& picture, const Box& face) {
  // Faces that claim to be larger than the picture are cut: they are no more than the picture.
  const double longest = std::max(picture.width(), picture.height());
  const double size = std::clamp<double>(std::max(face.width, face.height), 4, longest);
  const int side = static_cast<int>(std::lround(size * kRoom));
  const auto start = [&](double centre, double limit) {
    return static_cast<int>(std::lround(std::clamp(centre, 0.0, limit) - side / 2.0));
  };
  const int left = start(double(face.x) + face.width / 2, picture.width());
  const int top = start(double(face.y) + face.height / 2, picture.height());
  Image square = blank_image(side, side);
  const int x = std::max(0, left), y = std::max(0, top);
  const int width = std::min(left + side, picture.width()) - x;
  const int height = std::min(top + side, picture.height()) - y;
  if (width > 0 && height > 0) {
    const Image seen = crop(picture, x, y, width, height);
    for (int line = 0; line < height; ++line) {
      std::copy_n(seen.row(line), std::size_t(width) * 3,
                  square.row(y - top + line) + std::size_t(x - left) * 3);
    }
  }
  square_ = resize(square, kPatchSide, kPatchSide);
  left_ = left;
  top_ = top;
  scale_ = double(side) / kPatchSide;
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
  const Similarity to_upright = estimate_similarity(landmarks);
  return -std::atan2(to_upright.b, to_upright.a) * kDegrees;
}

}  // namespace seesaw
