#include "face/embed/gpu_check.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <limits>

#include "face/embed/embedder.h"

namespace seesaw {
namespace {

/** Blank, coarse and fine structure, and noise: a wrong kernel shows in one of them. */
std::vector<Image> inputs() {
  const auto filled = [](const auto& pixel) {
    Image image{kCropSize, kCropSize, {}};
    image.bgr.reserve(static_cast<std::size_t>(kCropSize) * kCropSize * 3);
    for (int y = 0; y < kCropSize; ++y) {
      for (int x = 0; x < kCropSize; ++x) {
        for (int c = 0; c < 3; ++c) image.bgr.push_back(static_cast<std::uint8_t>(pixel(x, y, c)));
      }
    }
    return image;
  };
  std::uint32_t state = 1;
  return {
      filled([](int, int, int) { return 127; }),
      filled([](int x, int y, int c) {
        return 127.5 + 60 * std::sin((x + 2 * y) * 0.05 * (c + 1)) + 60 * std::cos(x * y * 0.01);
      }),
      filled([&state](int, int, int) {
        // Numerical Recipes' linear congruential generator; the high bits are the good ones.
        state = state * 1664525u + 1013904223u;
        return state >> 24;
      }),
  };
}

/** Not-a-number unless both are finite vectors of one length. */
double cosine(const std::vector<float>& a, const std::vector<float>& b) {
  if (a.size() != b.size()) return NAN;
  double ab = 0, aa = 0, bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    ab += double(a[i]) * b[i];
    aa += double(a[i]) * a[i];
    bb += double(b[i]) * b[i];
  }
  return ab / std::sqrt(aa * bb);
}

std::string text(const char* format, double number) {
  char buffer[128];
  std::snprintf(buffer, sizeof(buffer), format, number);
  return buffer;
}

}  // namespace

GpuCheck check_gpu(const Embed& cpu, const Embed& gpu, double most_ms) {
  GpuCheck check;
  check.cosine = 1;
  double quickest = std::numeric_limits<double>::infinity();
  for (const Image& input : inputs()) {
    const std::vector<float> expected = cpu(input);
    const auto start = std::chrono::steady_clock::now();
    const std::vector<float> found = gpu(input);
    const std::chrono::duration<double, std::milli> taken =
        std::chrono::steady_clock::now() - start;
    quickest = std::min(quickest, taken.count());
    const double likeness = cosine(expected, found);
    if (!(likeness >= kLeastGpuCosine)) {
      check.cosine = likeness;
      check.refusal =
          text("its embedding of a fixed input has a cosine of %.6f with the CPU's, ", likeness) +
          text("at least %g is required", kLeastGpuCosine);
      return check;
    }
    check.cosine = std::min(check.cosine, likeness);
  }
  if (quickest > most_ms) {
    check.refusal = text("it takes %.0f ms for one face, ", quickest) +
                    text("at most %.0f are allowed", most_ms);
  }
  return check;
}

}  // namespace seesaw
