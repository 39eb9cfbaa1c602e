#include "engine/fused/graph.h"

#include <cstring>

#include "engine/model/layer_rules.h"
#include "mat.h"

namespace seesaw::fused {
namespace {

/** Reads blocks of weights one after the other; their extents were checked at load. */
class WeightReader {
 public:
  WeightReader(const std::vector<std::uint8_t>& bin, std::size_t at) : bin_(bin), at_(at) {}

  std::vector<float> tagged(std::size_t count) {
    constexpr std::uint32_t kHalfTag = 0x01306B47;  // as NCNN's ModelBin reads it
    std::uint32_t tag = 0;
    copy(&tag, sizeof tag);
    if (tag == 0) return raw(count);
    expect(tag == kHalfTag);
    std::vector<std::uint16_t> halves((count + 1) / 2 * 2);
    copy(halves.data(), halves.size() * sizeof(std::uint16_t));
    std::vector<float> values(count);
    for (std::size_t i = 0; i < count; ++i) values[i] = ncnn::float16_to_float32(halves[i]);
    return values;
  }
  std::vector<float> raw(std::size_t count) {
    std::vector<float> values(count);
    copy(values.data(), count * sizeof(float));
    return values;
  }

 private:
  void copy(void* to, std::size_t bytes) {
    expect(bytes <= bin_.size() - at_);
    std::memcpy(to, bin_.data() + at_, bytes);
    at_ += bytes;
  }

  const std::vector<std::uint8_t>& bin_;
  std::size_t at_;
};

int outputs_of(const ParamLayer& layer) { return whole(layer, 0, 0); }

void expect_geometry(const ParamLayer& layer, const Geometry& g) {
  const struct {
    int id, otherwise, wanted;
  } rules[] = {{1, 0, g.kernel},   {11, g.kernel, g.kernel}, {2, 1, 1},     {12, 1, 1},
               {3, 1, g.stride},   {13, g.stride, g.stride}, {4, 0, g.pad}, {14, g.pad, g.pad},
               {15, g.pad, g.pad}, {16, g.pad, g.pad},       {5, 0, 1},     {9, 0, 0}};
  for (const auto& rule : rules) expect(whole(layer, rule.id, rule.otherwise) == rule.wanted);
  const auto value = layer.params.find(18);  // what the padding is filled with
  expect(value == layer.params.end() || value->second.numbers == std::vector<double>{0});
}

}  // namespace

void expect(bool condition) {
  if (!condition) throw Mismatch{};
}

int whole(const ParamLayer& layer, int id, int otherwise) {
  const auto found = layer.params.find(id);
  if (found == layer.params.end()) return otherwise;
  expect(!found->second.list && found->second.integral && found->second.numbers.size() == 1);
  return static_cast<int>(found->second.numbers.front());
}

Graph::Graph(const ParamFile& file, const std::vector<std::uint8_t>& bin)
    : file_(file), bin_(bin), offsets_(weight_offsets(file, bin)) {
  consumers_.assign(file.blobs.size(), -1);
  for (std::size_t i = 0; i < file.layers.size(); ++i) {
    for (const int blob : file.layers[i].bottoms) consumers_[blob] = static_cast<int>(i);
  }
}

const ParamLayer& Graph::consumer(int blob) const {
  expect(consumers_[blob] >= 0);
  return file_.layers[consumers_[blob]];
}

bool Graph::consumes(int blob, std::string_view type) const {
  return consumers_[blob] >= 0 && file_.layers[consumers_[blob]].type == type;
}

int Graph::through(int blob, std::string_view type) const {
  const ParamLayer& layer = consumer(blob);
  expect(layer.type == type && layer.bottoms.size() == 1 && layer.tops.size() == 1);
  return layer.tops.front();
}

Linear read_convolution(const Graph& graph, const ParamLayer& layer, const Geometry& geometry) {
  expect(layer.type == "Convolution");
  expect_geometry(layer, geometry);
  Linear linear;
  linear.out = outputs_of(layer);
  linear.in = whole(layer, 6, 0) / linear.out;
  WeightReader reader(graph.bin(), graph.weights_of(layer));
  linear.weight = reader.tagged(std::size_t(linear.in) * linear.out);
  linear.bias = reader.raw(linear.out);
  return linear;
}

Depthwise read_depthwise(const Graph& graph, const ParamLayer& layer, const Geometry& geometry) {
  expect(layer.type == "ConvolutionDepthWise");
  expect_geometry(layer, geometry);
  Depthwise depthwise{outputs_of(layer), geometry.kernel, geometry.stride, {}, {}};
  const int taps = geometry.kernel * geometry.kernel;
  expect(whole(layer, 7, 1) == depthwise.channels);
  expect(whole(layer, 6, 0) == depthwise.channels * taps);
  WeightReader reader(graph.bin(), graph.weights_of(layer));
  depthwise.weight = reader.tagged(std::size_t(depthwise.channels) * taps);
  depthwise.bias = reader.raw(depthwise.channels);
  return depthwise;
}

Linear read_linear(const Graph& graph, const ParamLayer& layer, int activation) {
  expect(layer.type == "InnerProduct" && whole(layer, 9, 0) == activation);
  Linear linear;
  linear.out = outputs_of(layer);
  linear.in = whole(layer, 2, 0) / linear.out;
  WeightReader reader(graph.bin(), graph.weights_of(layer));
  linear.weight = reader.tagged(std::size_t(linear.in) * linear.out);
  if (whole(layer, 1, 0) == 1) {
    linear.bias = reader.raw(linear.out);
  } else {
    linear.bias.assign(linear.out, 0);
  }
  return linear;
}

std::vector<float> read_slopes(const Graph& graph, const ParamLayer& layer) {
  expect(layer.type == "PReLU");
  WeightReader reader(graph.bin(), graph.weights_of(layer));
  return reader.raw(whole(layer, 0, 0));
}

}  // namespace seesaw::fused
