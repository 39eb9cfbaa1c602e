// The two ends of the network: the strided 3x3 convolution on the picture, and the global depthwise
// convolution on the last feature map.
#pragma once

#include <vector>

#include "norm.h"
#include "parallel.h"

namespace seesaw {

// 3x3 convolution with stride 2 and pad 1 from planar pictures [3][size][size].
struct Stem {
  static constexpr int kTaps = 27, kPadded = 32;
  int channels = 0, size = 0;
  std::vector<float> transposed;  // [27][channels]

  Stem() = default;
  Stem(int channels, int size) : channels(channels), size(size), transposed(kTaps * channels) {}
  void set_weights(const float* weight);

  void forward(const float* images, int batch, float* y, Partials* stats) const;
  // `dt` is the gradient after the norm of y; the gradient of the weights is [channels][32], of
  // which the first 27 columns count.
  void backward(const float* images, const float* dt, const float* y, const Norm& norm, int batch,
                Partials* weight_gradient) const;
};

// y[c] = sum over the pixels of weight[pixel][c] * swish(norm(x))[pixel][c].
struct GlobalDepthwise {
  int channels = 0, pixels = 0;
  std::vector<float> weight;  // [pixels][channels]

  GlobalDepthwise() = default;
  GlobalDepthwise(int channels, int pixels)
      : channels(channels), pixels(pixels), weight(static_cast<size_t>(channels) * pixels) {}

  void forward(const float* x, const Norm& norm, int batch, float* y) const;
  void backward(const float* dy, const float* x, const Norm& norm, int batch, float* dt,
                Partials* sums, Partials* weight_gradient) const;
};

}  // namespace seesaw
