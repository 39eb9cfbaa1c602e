// The reader of descriptions: what it lets through has counts that agree, and reading it again
// gives the same.
#include <cstdlib>
#include <vector>

#include "engine/error.h"
#include "engine/model/layer_rules.h"
#include "engine/model/param_file.h"
#include "fitting_weights.h"
#include "input.h"

using seesaw::Error;

namespace {

constexpr std::size_t kMostWeights = std::size_t{1} << 22;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = seesaw::fuzz::Input(data, size).text();
  try {
    const seesaw::ParamFile file = seesaw::parse_param(text);
    const seesaw::ParamFile again = seesaw::parse_param(file.text);
    if (again.text != file.text || again.layers.size() != file.layers.size()) std::abort();
    for (const seesaw::ParamLayer& layer : file.layers) {
      for (const int blob : layer.bottoms) {
        if (blob < 0 || blob >= static_cast<int>(file.blobs.size())) std::abort();
      }
    }
    if (!file.blobs.empty() && seesaw::fuzz::weight_bytes(file, kMostWeights)) {
      seesaw::infer_shapes(file, file.blobs.front(), {3, 112, 112}, {file.blobs.back()});
    }
  } catch (const Error&) {
    // Refused, as most inputs are.
  }
  return 0;
}
