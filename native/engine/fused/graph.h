// Walking a checked network description from blob to blob, and reading its weights.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "engine/fused/description.h"
#include "engine/model/param_file.h"

namespace seesaw::fused {

/** Thrown within the matcher when the graph is not the one looked for. */
struct Mismatch {};

class Graph {
 public:
  Graph(const ParamFile& file, const std::vector<std::uint8_t>& bin);

  /** The layer that takes a blob. */
  const ParamLayer& consumer(int blob) const;
  bool consumes(int blob, std::string_view type) const;
  /** The one output of the layer that takes `blob`, which must be of this type. */
  int through(int blob, std::string_view type) const;

  /** Where a layer's weights begin. */
  std::size_t weights_of(const ParamLayer& layer) const {
    return offsets_[static_cast<std::size_t>(&layer - file_.layers.data())];
  }
  const std::vector<std::uint8_t>& bin() const { return bin_; }
  const ParamFile& file() const { return file_; }
  std::size_t layer_count() const { return file_.layers.size(); }

 private:
  const ParamFile& file_;
  const std::vector<std::uint8_t>& bin_;
  std::vector<std::size_t> offsets_;
  std::vector<int> consumers_;
};

/** @throws Mismatch */
void expect(bool condition);

/** A parameter that is one whole number; `otherwise` when it is not given. */
int whole(const ParamLayer& layer, int id, int otherwise);

/** Geometry of a convolution that is the same in both directions. */
struct Geometry {
  int kernel, stride, pad;
};
Linear read_convolution(const Graph& graph, const ParamLayer& layer, const Geometry& geometry);
Depthwise read_depthwise(const Graph& graph, const ParamLayer& layer, const Geometry& geometry);
/** @param activation the number of the activation fused into it */
Linear read_linear(const Graph& graph, const ParamLayer& layer, int activation);
std::vector<float> read_slopes(const Graph& graph, const ParamLayer& layer);

}  // namespace seesaw::fused
