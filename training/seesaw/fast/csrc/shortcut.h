// What a block that halves the resolution adds to its result: a 1x1 convolution of its input, with
// a norm and swish. Three of them do a fiftieth of a network's work, so PyTorch computes them.
#pragma once

#include <ATen/ATen.h>

#include <vector>

namespace seesaw {

enum class ShortcutKind { kNone, kConv, kMaxPoolConv };

constexpr int kShortcutParameters = 3;  // conv, norm (2)

class Shortcut {
 public:
  Shortcut(ShortcutKind kind, int batch, int size, int in, int out);

  // `x` and `y` are [batch][pixels][channels] of numbers of `type`; `x` must stay until the
  // backward pass.
  void forward(void* x, at::ScalarType type, const at::Tensor* parameters,
               const at::Tensor* buffers, bool training, double momentum, double eps, void* y);
  // From the gradient of y, the gradient of x, laid out like x; those of the parameters go to
  // `gradients`.
  at::Tensor backward(void* dy, at::ScalarType type, at::Tensor* gradients);

 private:
  ShortcutKind kind_;
  int64_t batch_, size_, in_, out_;
  std::vector<at::Tensor> inputs_;  // x and the parameters, as leaves of a graph of their own
  at::Tensor result_;
};

}  // namespace seesaw
