// The embedding network: an aligned crop in, a unit vector out.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "engine/network.h"
#include "face/align.h"
#include "face/pixels.h"

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

class Embedder {
 public:
  /** Runs a blank crop once: a network of another shape is refused here. @throws Error */
  Embedder(Network network, EmbedderInput input);

  /** The embedding of an aligned 112x112 crop, L2-normalised. @throws Error */
  std::vector<float> embed(const Image& aligned) const;

 private:
  Network network_;
  EmbedderInput input_;
};

}  // namespace seesaw
