// A Seesaw network as what it is, instead of hundreds of layers.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/model/param_file.h"

namespace seesaw::fused {

/** A linear map of channels: a pointwise convolution or a fully connected layer. */
struct Linear {
  int in = 0, out = 0;
  std::vector<float> weight;  // [out][in]
  std::vector<float> bias;    // [out]
};

struct Depthwise {
  int channels = 0, kernel = 3, stride = 1;
  std::vector<float> weight;  // [channels][kernel * kernel]
  std::vector<float> bias;    // [channels]
};

/** What is added to a block's result. */
enum class Shortcut {
  None,
  Identity,  // the block's input
  Conv,      // swish of a pointwise convolution of every other pixel
  PoolConv   // swish of a pointwise convolution of the maxima of 2 x 2 pixels
};

struct Block {
  std::array<Linear, 2> expand;  // of the first and of the last input channels; then swish
  bool shuffle = false;          // channel shuffle in two groups
  Depthwise depthwise;           // 3 x 3, padding 1; then swish
  Linear down;                   // of the means; then PReLU
  std::vector<float> slope;
  Linear up;  // then sigmoid: the gates
  std::array<Linear, 2> project;
  Shortcut shortcut = Shortcut::None;
  Linear shortcut_conv;

  int in() const { return expand[0].in + expand[1].in; }
  int middle() const { return depthwise.channels; }
  int out() const { return project[0].out + project[1].out; }
};

/** Width and height of the input. */
inline constexpr int kInputSize = 112;

struct Description {
  std::string input, output;  // blobs
  Linear stem;                // 3 x 3, stride 2, padding 1: in = 3 channels x 9; then swish
  Depthwise stem_depthwise;   // 3 x 3, padding 1; then swish
  std::vector<Block> blocks;
  Linear head;     // then swish
  Depthwise pool;  // as large as the map
  Linear embed;
};

/**
 * Recognises the graph of a Seesaw network for 112 x 112 pixels; nothing when it is any other.
 * @param bin the weights, which check_weights() has found to be what `file` asks for
 */
std::optional<Description> match(const ParamFile& file, const std::vector<std::uint8_t>& bin);

}  // namespace seesaw::fused
