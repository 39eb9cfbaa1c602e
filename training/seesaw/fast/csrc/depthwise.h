// Depthwise 3x3 convolution (pad 1, stride 1 or 2) of swish(norm(x)), forward and backward.
#pragma once

#include <vector>

#include "norm.h"
#include "parallel.h"

namespace seesaw {

struct Depthwise {
  int channels = 0, size = 0, stride = 1;  // `size`: width and height of the input
  std::vector<float> weight;               // [9][channels]

  Depthwise() = default;
  Depthwise(int channels, int size, int stride)
      : channels(channels), size(size), stride(stride), weight(9 * channels) {}
  int out_size() const { return size / stride; }

  // y = conv(swish(norm(x))), column sums and square sums of y into `stats`.
  template <class Number>
  void forward(const Number* x, const Norm& norm, int batch, Number* y, Partials* stats) const;

  // `du` is the gradient after the norm of y; `dt` becomes the gradient after the norm of x, `sums`
  // what that norm's backward pass needs, `weight_gradient` has the layout of `weight`.
  template <class Number>
  void backward(const Number* du, const Number* y, const Norm& out_norm, const Number* x,
                const Norm& norm, int batch, Number* dt, Partials* sums,
                Partials* weight_gradient) const;
};

}  // namespace seesaw
