#include "face/pixels.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "engine/error.h"
#include "mat.h"

namespace seesaw {
namespace {

/** What one pixel of a smaller line covers of a longer one: the first and last pixel in part. */
struct Cover {
  int first;
  int last;
  float first_weight;
  float last_weight;

  float weight(int i) const { return i == first ? first_weight : i == last ? last_weight : 1; }
};

std::vector<Cover> covers(int from, int to) {
  std::vector<Cover> all;
  all.reserve(to);
  for (std::int64_t i = 0; i < to; ++i) {
    // In units of 1 / `to` of a pixel, so that the borders are exact.
    const std::int64_t start = i * from;
    const std::int64_t end = start + from;
    const auto first = static_cast<int>(start / to);
    const auto last = static_cast<int>((end - 1) / to);
    const std::int64_t first_end = std::min(end, (first + std::int64_t{1}) * to);
    const std::int64_t last_start = std::max(start, last * std::int64_t{to});
    all.push_back({first, last, float(first_end - start) / to, float(end - last_start) / to});
  }
  return all;
}

/** Every pixel is the mean of the area it covers, so none of the larger image is skipped. */
Image shrink(const Image& image, int width, int height) {
  Image small = blank_image(width, height);
  const std::vector<Cover> columns = covers(image.width, width);
  const std::vector<Cover> rows = covers(image.height, height);
  const float area = float(image.width) / width * (float(image.height) / height);
  std::vector<float> sums(std::size_t(image.width) * 3);
  for (int y = 0; y < height; ++y) {
    std::fill(sums.begin(), sums.end(), 0.0f);
    for (int line = rows[y].first; line <= rows[y].last; ++line) {
      const float weight = rows[y].weight(line);
      const std::uint8_t* from = image.row(line);
      for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += weight * from[i];
    }
    std::uint8_t* to = small.row(y);
    for (const Cover& column : columns) {
      float blue = 0, green = 0, red = 0;
      for (int x = column.first; x <= column.last; ++x) {
        const float weight = column.weight(x);
        const float* sum = sums.data() + std::size_t(x) * 3;
        blue += weight * sum[0];
        green += weight * sum[1];
        red += weight * sum[2];
      }
      for (const float sum : {blue, green, red}) {
        *to++ = static_cast<std::uint8_t>(std::min(255.0f, sum / area + 0.5f));
      }
    }
  }
  return small;
}

/**
 * The image with a side of one pixel made two of the same. NCNN's bilinear kernel takes pixels in
 * pairs: of a single one it would read what lies before the image in memory, if with weight 0.
 */
Image doubled(const Image& image) {
  Image both = blank_image(std::max(2, image.width), std::max(2, image.height));
  for (int y = 0; y < both.height; ++y) {
    const std::uint8_t* from = image.row(std::min(y, image.height - 1));
    for (int x = 0; x < both.width; ++x) {
      std::copy_n(from + std::size_t(std::min(x, image.width - 1)) * 3, 3, both.row(y) + 3 * x);
    }
  }
  return both;
}

}  // namespace

void check_side(const char* argument, int side) {
  if (side >= 1 && side <= kMaxImageSide) return;
  throw Error::invalid_argument(argument, std::string(argument) + " must be from 1 to " +
                                              std::to_string(kMaxImageSide) + " pixels, not " +
                                              std::to_string(side));
}

Image blank_image(int width, int height) {
  check_side("width", width);
  check_side("height", height);
  return {width, height, std::vector<std::uint8_t>(std::size_t(width) * height * 3)};
}

Image crop(const Image& image, int x, int y, int width, int height) {
  Image part = blank_image(width, height);
  if (x < 0 || y < 0 || x > image.width - width || y > image.height - height) {
    throw Error(ErrorCode::Internal, "a part that is not inside of its image");
  }
  for (int line = 0; line < height; ++line) {
    const std::uint8_t* from = image.row(y + line) + std::size_t(x) * 3;
    std::memcpy(part.row(line), from, std::size_t(width) * 3);
  }
  return part;
}

Image halve(const Image& image) {
  Image half = blank_image(std::max(1, image.width / 2), std::max(1, image.height / 2));
  // A side of one pixel stays as it is: its pixel is its own neighbour.
  const int right = image.width > 1 ? 3 : 0;
  for (int y = 0; y < half.height; ++y) {
    const std::uint8_t* upper = image.row(2 * y);
    const std::uint8_t* lower = image.row(std::min(2 * y + 1, image.height - 1));
    std::uint8_t* to = half.row(y);
    for (int x = 0; x < half.width; ++x, upper += 6, lower += 6, to += 3) {
      for (int c = 0; c < 3; ++c) {
        const int sum = upper[c] + upper[c + right] + lower[c] + lower[c + right];
        to[c] = static_cast<std::uint8_t>((sum + 2) / 4);
      }
    }
  }
  return half;
}

Image resize(const Image& image, int width, int height) {
  if (width == image.width && height == image.height) return image;
  if (width <= image.width && height <= image.height) return shrink(image, width, height);
  if (image.width == 1 || image.height == 1) return resize(doubled(image), width, height);
  Image resized = blank_image(width, height);
  ncnn::resize_bilinear_c3(image.bgr.data(), image.width, image.height, resized.bgr.data(), width,
                           height);
  return resized;
}

}  // namespace seesaw
