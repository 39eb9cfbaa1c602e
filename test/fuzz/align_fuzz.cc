// Landmarks of every kind on small pictures: an aligned face or an error, and no pixel outside.
#include <cmath>
#include <cstdlib>

#include "engine/error.h"
#include "face/embed/align.h"
#include "input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  seesaw::fuzz::Input input(data, size);
  // Small, for speed: how often a picture is halved depends on the landmarks alone.
  const int width = input.between(1, 80), height = input.between(1, 80);
  seesaw::Landmarks landmarks;
  const bool whole_floats = input.take<std::uint8_t>() % 4 == 0;
  for (seesaw::Point& point : landmarks) {
    if (whole_floats) {
      point.x = input.take<float>();
      point.y = input.take<float>();
    } else {
      point.x = static_cast<float>(input.take<std::int16_t>()) / 16.0f;
      point.y = static_cast<float>(input.take<std::int16_t>()) / 16.0f;
    }
  }
  try {
    seesaw::Image image = seesaw::blank_image(width, height);
    for (std::size_t i = 0; i < image.bgr.size(); ++i) image.bgr[i] = static_cast<std::uint8_t>(i);
    const seesaw::Similarity to = seesaw::estimate_similarity(landmarks);
    if (!std::isfinite(to.a + to.b + to.tx + to.ty)) std::abort();
    const seesaw::Image crop = seesaw::align(image, landmarks);
    if (crop.width != seesaw::kAlignedSize || crop.height != seesaw::kAlignedSize) std::abort();
  } catch (const seesaw::Error&) {
    // Refused.
  }
  return 0;
}
