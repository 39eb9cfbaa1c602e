// The two ends of the network: the strided 3x3 convolution on the picture, and the global depthwise
// convolution on the last feature map.
#pragma once

#include <vector>

#include "norm.h"
#include "packed.h"
#include "parallel.h"

namespace seesaw {

// 3x3 convolution with stride 2 and pad 1 from planar pictures [3][size][size].
struct Stem {
  static constexpr int kTaps = 27, kPadded = 32;
  int channels = 0, size = 0;
  std::vector<float> transposed;  // [27][channels]
#ifdef __AVX512BF16__
  Packed packed;
  PackedGradient packed_gradient;
#endif

  Stem() = default;
  Stem(int channels, int size);
  void set_weights(const float* weight);
  size_t gradient_size(bool mixed) const;
  // From the sum of the chunks' gradients to the module's [channels][27].
  void unload(const float* gradient, bool mixed, float* out) const;

  void forward(const float* images, int batch, float* y, Partials* stats) const;
#ifdef __AVX512BF16__
  void forward(const float* images, int batch, Bf16* y, Partials* stats) const;
  void backward(const float* images, const Bf16* dt, const Bf16* y, const Norm& norm, int batch,
                Partials* weight_gradient) const;
#endif
  // `dt` is the gradient after the norm of y.
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

  template <class Number>
  void forward(const Number* x, const Norm& norm, int batch, float* y) const;
  template <class Number>
  void backward(const float* dy, const Number* x, const Norm& norm, int batch, Number* dt,
                Partials* sums, Partials* weight_gradient) const;
};

}  // namespace seesaw
