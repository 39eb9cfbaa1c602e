// Squeeze-excite gates of one image: pooled -> linear -> PReLU -> linear -> sigmoid, and back.
#pragma once

#include <vector>

namespace seesaw {

struct Gate {
  int channels = 0, hidden = 0;
  // Channel order is that of the feature map. down: [hidden][channels], up: [channels][hidden].
  std::vector<float> down, down_t, down_bias, slope, up, up_t, up_bias;

  Gate() = default;
  Gate(int channels, int hidden);
  // position[c]: the module's index of channel c.
  void set_weights(const float* down, const float* down_bias, const float* slope, const float* up,
                   const float* up_bias, const std::vector<int>& position);

  // `before` is the hidden layer before its PReLU, `after` behind it.
  void forward(const float* pooled, float* before, float* after, float* gates) const;
  // `dz`: gradient before the sigmoid. Writes the gradients before the PReLU and of the pooled
  // values, and adds to that of the PReLU's slopes.
  void backward(const float* dz, const float* before, float* d_before, float* d_pooled,
                float* d_slope) const;
};

}  // namespace seesaw
