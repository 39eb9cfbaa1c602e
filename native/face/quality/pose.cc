#include "face/quality/pose.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "engine/error.h"
#include "face/embed/align.h"

namespace seesaw {
namespace {

using Vector = std::array<double, 3>;

constexpr double kDegrees = 57.29577951308232;
/**
 * How far the tip of the nose stands out before the plane of eyes and mouth, in pixels of the
 * template, whose eyes are 35.2 apart. In adults that is about two fifths of the distance between
 * the pupils (nasal protrusion and interpupillary distance of Farkas, "Anthropometry of the Head
 * and Face", 1994: 20 to 27 and 60 to 66 mm).
 */
constexpr double kNose = 14;
constexpr std::size_t kNoseIndex = 2;

double dot(const Vector& a, const Vector& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

Vector cross(const Vector& a, const Vector& b) {
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}

/** The generic head about its centre: right, down and away from the viewer are positive. */
std::array<Vector, 5> head() {
  std::array<Vector, 5> points;
  Vector mean{};
  for (std::size_t i = 0; i < points.size(); ++i) {
    points[i] = {kArcFaceTemplate[i].x, kArcFaceTemplate[i].y, i == kNoseIndex ? -kNose : 0};
    for (std::size_t k = 0; k < 3; ++k) mean[k] += points[i][k] / double(points.size());
  }
  for (Vector& point : points) {
    for (std::size_t k = 0; k < 3; ++k) point[k] -= mean[k];
  }
  return points;
}

/** The solution of a symmetric system of three equations by Cramer's rule. */
Vector solve(const std::array<Vector, 3>& rows, const Vector& right) {
  const Vector first = cross(rows[1], rows[2]);
  const Vector second = cross(rows[2], rows[0]);
  const Vector third = cross(rows[0], rows[1]);
  const double determinant = dot(rows[0], first);
  Vector solution;
  for (std::size_t k = 0; k < 3; ++k) {
    solution[k] = (right[0] * first[k] + right[1] * second[k] + right[2] * third[k]) / determinant;
  }
  return solution;
}

/** The first two rows of a rotation and of its scale, fitted to landmarks by least squares. */
struct Rows {
  Vector right;
  Vector down;
};

Rows fit(const Landmarks& landmarks) {
  const std::array<Vector, 5> model = head();
  double mean_x = 0, mean_y = 0;
  for (const Point& point : landmarks) {
    mean_x += point.x / double(landmarks.size());
    mean_y += point.y / double(landmarks.size());
  }
  std::array<Vector, 3> squares{};
  Vector with_x{}, with_y{};
  for (std::size_t i = 0; i < model.size(); ++i) {
    for (std::size_t k = 0; k < 3; ++k) {
      for (std::size_t l = 0; l < 3; ++l) squares[k][l] += model[i][k] * model[i][l];
      with_x[k] += model[i][k] * (landmarks[i].x - mean_x);
      with_y[k] += model[i][k] * (landmarks[i].y - mean_y);
    }
  }
  return {solve(squares, with_x), solve(squares, with_y)};
}

}  // namespace

Pose pose_of(const Landmarks& landmarks) {
  Rows rows = fit(landmarks);
  // Roll first: yaw and pitch are those of the head set upright.
  const double roll = std::atan2(rows.down[0] - rows.right[1], rows.right[0] + rows.down[1]);
  for (std::size_t k = 0; k < 3; ++k) {
    const double x = rows.right[k];
    const double y = rows.down[k];
    rows.right[k] = std::cos(roll) * x + std::sin(roll) * y;
    rows.down[k] = std::cos(roll) * y - std::sin(roll) * x;
  }
  const double right = std::sqrt(dot(rows.right, rows.right));
  const double down = std::sqrt(dot(rows.down, rows.down));
  if (!std::isfinite(right + down) || !(right > 0 && down > 0)) {
    throw Error::invalid_argument("landmarks", "landmarks are not those of a face");
  }
  // The nose stands out along -z of the model, which the image shows at minus the third column.
  Pose pose;
  pose.yaw = std::asin(std::clamp(-rows.right[2] / right, -1.0, 1.0)) * kDegrees;
  pose.pitch = std::asin(std::clamp(-rows.down[2] / down, -1.0, 1.0)) * kDegrees;
  pose.roll = roll * kDegrees;
  return pose;
}

}  // namespace seesaw
