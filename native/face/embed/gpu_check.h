// Does a GPU compute an embedding network as the CPU does?
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "face/picture/pixels.h"

namespace seesaw {

/**
 * The least cosine of an embedding with the CPU's, about 0.8 degrees. On faces Mesa's software
 * driver keeps 0.9999999 in full and 0.999997 in half precision.
 */
inline constexpr double kLeastGpuCosine = 0.9999;
/** The most milliseconds for a face, of the quickest input: more is a driver in trouble. */
inline constexpr double kMostGpuMilliseconds = 5000;

struct GpuCheck {
  std::optional<std::string> refusal;  // why the GPU is not to be used
  double cosine = 0;                   // the least of all inputs
};

using Embed = std::function<std::vector<float>(const Image& aligned)>;

/** Embeds fixed inputs on both; what either throws is passed on. */
GpuCheck check_gpu(const Embed& cpu, const Embed& gpu, double most_ms = kMostGpuMilliseconds);

}  // namespace seesaw
