// The matcher: follows the blobs of a description and accepts one shape of graph only.
#include "engine/fused/graph.h"

namespace seesaw::fused {
namespace {

/** A walk along the graph, which counts the layers it passed. */
class Walk {
 public:
  Walk(const ParamFile& file, const std::vector<std::uint8_t>& bin) : graph_(file, bin) {}

  Description network() {
    Description net;
    const std::vector<ParamLayer>& layers = graph_.file().layers;
    expect(layers.front().type == "Input" && layers.front().tops.size() == 1);
    passed_ = 1;
    int blob = layers.front().tops.front();
    net.input = graph_.file().blobs[blob];
    net.stem = convolution(blob, {3, 2, 1});
    expect(net.stem.in == 27);
    swish(blob);
    net.stem_depthwise = depthwise(blob, {3, 1, 1});
    expect(net.stem_depthwise.channels == net.stem.out);
    swish(blob);

    int size = kInputSize / 2, channels = net.stem.out;
    while (!graph_.consumes(blob, "Convolution")) {
      net.blocks.push_back(block(blob, channels));
      channels = net.blocks.back().out();
      size /= net.blocks.back().depthwise.stride;
    }
    expect(size == 7);
    net.head = convolution(blob, {1, 1, 0});
    expect(net.head.in == channels);
    swish(blob);
    net.pool = depthwise(blob, {size, 1, 0});
    expect(net.pool.channels == net.head.out);
    if (graph_.consumes(blob, "Flatten")) pass(blob, "Flatten");
    net.embed = read_linear(graph_, pass(blob, "InnerProduct"), 0);
    expect(net.embed.in == net.pool.channels);
    net.output = graph_.file().blobs[blob];
    expect(passed_ == graph_.layer_count());  // nothing stands beside what was followed
    return net;
  }

 private:
  /** Goes through the layer that takes `blob`: one input, one output. */
  const ParamLayer& pass(int& blob, std::string_view type) {
    const ParamLayer& layer = graph_.consumer(blob);
    blob = graph_.through(blob, type);
    ++passed_;
    return layer;
  }
  /** The outputs of the layer that parts `blob` in two. */
  std::array<int, 2> part(int blob, std::string_view type) {
    const ParamLayer& layer = graph_.consumer(blob);
    expect(layer.type == type && layer.tops.size() == 2);
    ++passed_;
    return {layer.tops[0], layer.tops[1]};
  }
  /** The layer that joins two blobs; `ordered` when it matters which one comes first. */
  const ParamLayer& join(int first, int second, std::string_view type, bool ordered) {
    const ParamLayer& layer = graph_.consumer(first);
    expect(layer.type == type && layer.bottoms.size() == 2 && layer.tops.size() == 1);
    const bool as_given = layer.bottoms[0] == first && layer.bottoms[1] == second;
    const bool swapped = layer.bottoms[0] == second && layer.bottoms[1] == first;
    expect(as_given || (swapped && !ordered));
    ++passed_;
    return layer;
  }

  Linear convolution(int& blob, const Geometry& geometry) {
    return read_convolution(graph_, pass(blob, "Convolution"), geometry);
  }
  Depthwise depthwise(int& blob, const Geometry& geometry) {
    return read_depthwise(graph_, pass(blob, "ConvolutionDepthWise"), geometry);
  }
  void swish(int& blob) { pass(blob, "Swish"); }

  /** Slice, two pointwise convolutions, concatenation. */
  std::array<Linear, 2> split_pointwise(int& blob, int channels, bool activate) {
    const ParamLayer& slice = graph_.consumer(blob);
    auto [first, second] = part(blob, "Slice");
    expect(whole(slice, 1, 0) == 0);
    const auto sizes = slice.params.find(0);
    expect(sizes != slice.params.end() && sizes->second.numbers.size() == 2);
    std::array<Linear, 2> pair{convolution(first, {1, 1, 0}), convolution(second, {1, 1, 0})};
    // The second size may be written as "what is left".
    expect(sizes->second.numbers[0] == pair[0].in && pair[0].in + pair[1].in == channels);
    expect(sizes->second.numbers[1] == -233 || sizes->second.numbers[1] == pair[1].in);
    if (activate) swish(first), swish(second);
    const ParamLayer& concat = join(first, second, "Concat", true);
    expect(whole(concat, 0, 0) == 0);
    blob = concat.tops.front();
    return pair;
  }

  void squeeze_excite(int& blob, Block& block) {
    auto [kept, gate] = part(blob, "Split");
    if (!graph_.consumes(gate, "Pooling")) std::swap(kept, gate);
    const ParamLayer& mean = pass(gate, "Pooling");
    expect(whole(mean, 0, 0) == 1 && whole(mean, 4, 0) == 1 && whole(mean, 7, 0) == 0);
    const int channels = block.middle();
    const ParamLayer& down = pass(gate, "InnerProduct");
    block.down = read_linear(graph_, down, 0);
    block.slope = read_slopes(graph_, pass(gate, "PReLU"));
    const ParamLayer& up = pass(gate, "InnerProduct");
    if (graph_.consumes(gate, "Sigmoid")) {
      block.up = read_linear(graph_, up, 0);
      pass(gate, "Sigmoid");
    } else {
      block.up = read_linear(graph_, up, 4);
    }
    expect(block.down.in == channels && block.up.in == block.down.out && block.up.out == channels);
    expect(static_cast<int>(block.slope.size()) == block.down.out);
    const ParamLayer& reshape = pass(gate, "Reshape");
    expect(whole(reshape, 0, 0) == 1 && whole(reshape, 1, 0) == 1);
    expect(whole(reshape, 2, 0) == channels && whole(reshape, 11, -233) == -233);
    const ParamLayer& product = join(kept, gate, "BinaryOp", false);
    expect(whole(product, 0, 0) == 2 && whole(product, 1, 0) == 0);
    blob = product.tops.front();
  }

  /** Follows the shortcut from `blob`. */
  void shortcut(int& blob, Block& block) {
    if (graph_.consumes(blob, "BinaryOp")) {
      block.shortcut = Shortcut::Identity;
      return;
    }
    if (graph_.consumes(blob, "Pooling")) {
      const ParamLayer& pool = pass(blob, "Pooling");
      expect(whole(pool, 0, 0) == 0 && whole(pool, 4, 0) == 0 && whole(pool, 7, 0) == 0);
      expect(whole(pool, 1, 0) == 2 && whole(pool, 11, 2) == 2);
      expect(whole(pool, 2, 1) == 2 && whole(pool, 12, 2) == 2);
      for (const int id : {3, 13, 14, 15}) expect(whole(pool, id, 0) == 0);
      block.shortcut = Shortcut::PoolConv;
      block.shortcut_conv = convolution(blob, {1, 1, 0});
    } else {
      block.shortcut = Shortcut::Conv;
      block.shortcut_conv = convolution(blob, {1, 2, 0});
    }
    swish(blob);
  }

  Block block(int& blob, int channels) {
    Block block;
    int beside = -1;
    if (graph_.consumes(blob, "Split")) {
      auto [inside, other] = part(blob, "Split");
      if (!graph_.consumes(inside, "Slice")) std::swap(inside, other);
      blob = inside;
      beside = other;
      shortcut(beside, block);
    }
    block.expand = split_pointwise(blob, channels, true);
    const int middle = block.expand[0].out + block.expand[1].out;
    if (graph_.consumes(blob, "ShuffleChannel")) {
      const ParamLayer& shuffle = pass(blob, "ShuffleChannel");
      expect(whole(shuffle, 0, 1) == 2 && whole(shuffle, 1, 0) == 0 && middle % 2 == 0);
      block.shuffle = true;
    }
    const int stride = whole(graph_.consumer(blob), 3, 1);
    expect(stride == 1 || stride == 2);
    block.depthwise = depthwise(blob, {3, stride, 1});
    expect(block.middle() == middle);
    swish(blob);
    squeeze_excite(blob, block);
    block.project = split_pointwise(blob, middle, false);
    expect(!block.shuffle || block.project[0].in % 2 == 0);
    if (block.shortcut == Shortcut::None) return block;

    const bool same = block.shortcut == Shortcut::Identity;
    expect(same ? stride == 1 && block.out() == channels : stride == 2);
    expect(same || (block.shortcut_conv.in == channels && block.shortcut_conv.out == block.out()));
    const ParamLayer& sum = join(blob, beside, "BinaryOp", false);
    expect(whole(sum, 0, 0) == 0 && whole(sum, 1, 0) == 0);
    blob = sum.tops.front();
    return block;
  }

  Graph graph_;
  std::size_t passed_ = 0;
};

}  // namespace

std::optional<Description> match(const ParamFile& file, const std::vector<std::uint8_t>& bin) {
  try {
    return Walk(file, bin).network();
  } catch (const Mismatch&) {
    return std::nullopt;
  }
}

}  // namespace seesaw::fused
