#include "shortcut.h"

#include <torch/csrc/autograd/autograd.h>

namespace seesaw {

Shortcut::Shortcut(ShortcutKind kind, int batch, int size, int in, int out)
    : kind_(kind), batch_(batch), size_(size), in_(in), out_(out) {}

void Shortcut::forward(void* x, at::ScalarType type, const at::Tensor* parameters,
                       const at::Tensor* buffers, bool training, double momentum, double eps,
                       void* y) {
  const at::AutoGradMode grad(training);
  const at::Tensor rows = at::from_blob(x, {batch_, size_, size_, in_}, type).to(at::kFloat);
  inputs_ = {rows.permute({0, 3, 1, 2}).detach()};
  for (int i = 0; i < kShortcutParameters; ++i) inputs_.push_back(parameters[i].detach());
  if (training) {
    for (at::Tensor& input : inputs_) input.requires_grad_(true);
  }
  const bool pools = kind_ == ShortcutKind::kMaxPoolConv;
  const at::Tensor small = pools ? at::max_pool2d(inputs_[0], {2, 2}, {2, 2}) : inputs_[0];
  const int64_t stride = pools ? 1 : 2;
  const at::Tensor mixed = at::conv2d(small, inputs_[1], {}, {stride, stride});
  if (training) buffers[2].add_(1);
  result_ = at::silu(at::batch_norm(mixed, inputs_[2], inputs_[3], buffers[0], buffers[1], training,
                                    momentum, eps, false));
  const int64_t half = size_ / 2;
  at::from_blob(y, {batch_, half, half, out_}, type).copy_(result_.detach().permute({0, 2, 3, 1}));
}

at::Tensor Shortcut::backward(void* dy, at::ScalarType type, at::Tensor* gradients) {
  const int64_t half = size_ / 2;
  const at::Tensor gradient =
      at::from_blob(dy, {batch_, half, half, out_}, type).to(at::kFloat).permute({0, 3, 1, 2});
  std::vector<at::Tensor> found = torch::autograd::grad({result_}, inputs_, {gradient});
  for (int i = 0; i < kShortcutParameters; ++i) gradients[i] = found[i + 1].contiguous();
  inputs_.clear();
  result_.reset();
  return found[0].permute({0, 2, 3, 1}).to(type).contiguous();
}

}  // namespace seesaw
