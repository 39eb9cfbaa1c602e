// The embedding network: an aligned crop in, a unit vector out.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/fused/backbone.h"
#include "engine/network.h"
#include "face/embed/align.h"
#include "face/picture/pixels.h"

namespace seesaw {

/** What the model's manifest says about its input and output. */
struct EmbedderInput {
  bool bgr = true;
  std::array<float, 3> mean{127.5f, 127.5f, 127.5f};  // in the order of the network's channels
  std::array<float, 3> norm{1 / 127.5f, 1 / 127.5f, 1 / 127.5f};
  std::string input_blob;
  std::string output_blob;
  int embedding_size = 512;
};

/** Width and height of an aligned crop. */
inline constexpr int kCropSize = kAlignedSize;
static_assert(kCropSize == fused::kInputSize, "the kernels are made for aligned crops");

class Embedder {
 public:
  /**
   * Checks the model, takes the fused kernels or NCNN, and runs a blank crop once: a network of
   * another shape is refused here. @throws Error
   */
  Embedder(const std::string& param_text, std::vector<std::uint8_t> bin,
           const NetworkOptions& options, EmbedderInput input);

  /** The embedding of an aligned 112x112 crop, L2-normalised. @throws Error */
  std::vector<float> embed(const Image& aligned) const;

  /** Whether fused kernels compute this network, instead of NCNN. */
  bool fused() const { return fused_.has_value(); }

 private:
  std::vector<float> run_network(const Image& aligned) const;

  EmbedderInput input_;
  // One of the two.
  std::optional<fused::Backbone> fused_;
  std::optional<Network> network_;
};

}  // namespace seesaw
