#include "face/embed/align.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "engine/error.h"
#include "face/picture/block_means.h"
#include "mat.h"

namespace seesaw {
namespace {

/** A face from the whole width of the largest image to one of a single pixel. */
constexpr double kMinScale = 1.0 / kMaxImageSide;
constexpr double kMaxScale = kAlignedSize;

Error bad_landmarks(const char* message) { return Error::invalid_argument("landmarks", message); }

struct Mean {
  double x = 0;
  double y = 0;
};

Mean mean_of(const Landmarks& points) {
  Mean mean;
  for (const Point& point : points) {
    mean.x += point.x / double(points.size());
    mean.y += point.y / double(points.size());
  }
  return mean;
}

/** How often to halve the image so that the crop takes at least every second pixel. */
int halvings(double scale) {
  int count = 0;
  for (; scale <= 0.5; scale *= 2) ++count;
  return count;
}

/** The first and last coordinate of a line of pixels that the crop reads. */
struct Span {
  double low;
  double high;
};

Span span_of(double offset, double along_x, double along_y) {
  // The crop's corners; one pixel further out, where bilinear sampling still has weight.
  const double ends[2] = {-1, kAlignedSize};
  Span span{HUGE_VAL, -HUGE_VAL};
  for (const double u : ends) {
    for (const double v : ends) {
      const double value = offset + along_x * u + along_y * v;
      span = {std::min(span.low, value), std::max(span.high, value)};
    }
  }
  return span;
}

struct Range {
  int start;
  int length;
};

/**
 * The pixels of a line of `size` that the crop needs, beginning with one of the blocks of `step`
 * pixels that follow each other from `first` on.
 */
Range range_of(const Span& span, int size, int step, int first) {
  if (!(span.low < size && span.high > -1)) {
    throw bad_landmarks("landmarks are not those of a face in this image");
  }
  const double low = std::clamp<double>(std::floor(span.low) - 2 * step, 0, size - 1);
  const int before = std::max(0, static_cast<int>(low) - first);
  const int start = std::min(first + before / step * step, size - 1);
  const double end = std::clamp<double>(std::ceil(span.high) + 2 * step + 1, start + 1, size);
  return {start, static_cast<int>(end) - start};
}

/** That part of the picture, a half of its size `count` times over. */
Image averaged(const Picture& picture, const Range& columns, const Range& rows, int count) {
  const int step = std::min(1 << count, kLargestBlock);
  const int width = columns.length / step, height = rows.length / step;
  // Of less than a block there is a mean, too.
  const bool in_blocks = width > 0 && height > 0;
  Image part = in_blocks ? block_means(picture, columns.start, rows.start, width, height, step)
                         : crop(picture, columns.start, rows.start, columns.length, rows.length);
  for (int factor = in_blocks ? step : 1; factor < 1 << count; factor *= 2) part = halve(part);
  return part;
}

}  // namespace

double Similarity::scale() const { return std::hypot(a, b); }

Similarity Similarity::inverse() const {
  const double square = a * a + b * b;
  Similarity back{a / square, -b / square, 0, 0};
  back.tx = -(back.a * tx - back.b * ty);
  back.ty = -(back.b * tx + back.a * ty);
  return back;
}

Similarity estimate_similarity(const Landmarks& landmarks) {
  const Mean from = mean_of(landmarks);
  const Mean to = mean_of(kArcFaceTemplate);
  double spread = 0;
  double dot = 0;
  double cross = 0;
  for (std::size_t i = 0; i < landmarks.size(); ++i) {
    const double x = landmarks[i].x - from.x;
    const double y = landmarks[i].y - from.y;
    const double u = kArcFaceTemplate[i].x - to.x;
    const double v = kArcFaceTemplate[i].y - to.y;
    spread += x * x + y * y;
    dot += x * u + y * v;
    cross += x * v - y * u;
  }
  if (!std::isfinite(spread)) throw bad_landmarks("landmarks must be finite numbers");
  if (!(spread > 0)) throw bad_landmarks("landmarks must not all be the same point");
  Similarity found{dot / spread, cross / spread, 0, 0};
  if (!(found.scale() >= kMinScale && found.scale() <= kMaxScale)) {
    throw bad_landmarks("landmarks do not have the shape and size of a face");
  }
  found.tx = to.x - (found.a * from.x - found.b * from.y);
  found.ty = to.y - (found.b * from.x + found.a * from.y);
  return found;
}

Image align(const Picture& picture, const Landmarks& landmarks) {
  const Similarity forward = estimate_similarity(landmarks);
  const Similarity back = forward.inverse();
  const int count = halvings(forward.scale());
  const int step = 1 << count;

  // Only the part that the crop reads is averaged down and warped. That is quick on large photos,
  // and it keeps rows short: NCNN's NEON warp holds a row's length in 16 bits.
  const Range columns = range_of(span_of(back.tx, back.a, -back.b), picture.width(), step,
                                 picture.first_column(step));
  const Range rows =
      range_of(span_of(back.ty, back.b, back.a), picture.height(), step, picture.first_row(step));
  const Image part = averaged(picture, columns, rows, count);

  // From the crop to the part; the centres of pixels are half a pixel off their borders.
  const auto into_part = [step](double offset, int start) {
    return static_cast<float>((offset - start + 0.5) / step - 0.5);
  };
  const std::array<float, 6> transform{
      float(back.a / step), float(-back.b / step), into_part(back.tx, columns.start),
      float(back.b / step), float(back.a / step),  into_part(back.ty, rows.start)};
  Image aligned = blank_image(kAlignedSize, kAlignedSize);
  ncnn::warpaffine_bilinear_c3(part.bgr.data(), part.width, part.height, aligned.bgr.data(),
                               kAlignedSize, kAlignedSize, transform.data());
  return aligned;
}

}  // namespace seesaw
