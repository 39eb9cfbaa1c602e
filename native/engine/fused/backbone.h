// A whole Seesaw network by fused kernels: pixels in, embedding out.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "engine/fused/description.h"
#include "engine/fused/int8/kernels.h"
#include "engine/fused/kernels/kernels.h"
#include "engine/fused/team.h"

namespace seesaw::fused {

/** How pixels become the network's input: (value - mean) norm, in the order of its channels. */
struct PixelInput {
  bool bgr = true;  // whether the network's first channel is blue
  std::array<float, 3> mean{127.5f, 127.5f, 127.5f};
  std::array<float, 3> norm{1 / 127.5f, 1 / 127.5f, 1 / 127.5f};
};

class Backbone {
 public:
  /** Whether these kernels can compute this network. */
  static bool supports(const Description& net, const Kernels& kernels);
  static bool supports(const Description& net, const int8::Int8Kernels& kernels);

  Backbone(const Description& net, const PixelInput& input, const Kernels& kernels,
           const TeamOptions& team);
  /** With the blocks' pointwise convolutions in bytes. @throws Error ModelInvalid */
  Backbone(const Description& net, const PixelInput& input, const int8::Int8Kernels& kernels,
           const TeamOptions& team);
  ~Backbone();
  Backbone(Backbone&&) noexcept;
  Backbone& operator=(Backbone&&) noexcept;

  const Kernels& kernels() const;
  int embedding_size() const;

  /** @param bgr 112 x 112 pixels, row by row. Calls at the same time wait for each other. */
  std::vector<float> run(const std::uint8_t* bgr) const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace seesaw::fused
