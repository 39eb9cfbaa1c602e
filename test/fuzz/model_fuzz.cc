// Description and weights together, up to NCNN's own run: the guard must hold back all that NCNN
// does not survive.
#include <string>
#include <utility>
#include <vector>

#include "engine/error.h"
#include "engine/model/param_file.h"
#include "engine/network.h"
#include "fitting_weights.h"
#include "input.h"

namespace {

// NCNN allocates what a description asks for: small networks show the same mistakes sooner.
constexpr std::size_t kMostWeights = std::size_t{1} << 18;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  seesaw::fuzz::Input input(data, size);
  const int channels = input.between(1, 4), height = input.between(1, 24);
  const int width = input.between(1, 24);
  const std::string text(input.text());
  try {
    const seesaw::ParamFile file = seesaw::parse_param(text);
    const auto bytes = seesaw::fuzz::weight_bytes(file, kMostWeights);
    if (file.blobs.empty() || !bytes) return 0;
    std::vector<std::uint8_t> bin(*bytes, 0);
    const seesaw::Network network(text, std::move(bin), {});
    ncnn::Mat in(width, height, channels);
    in.fill(0.25f);
    network.run(file.blobs.front().c_str(), in, {file.blobs.back()});
  } catch (const seesaw::Error&) {
    // Refused.
  }
  return 0;
}
