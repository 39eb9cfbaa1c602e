// The link between a norm in the kernels' channel order and the module's BatchNorm layers.
#pragma once

#include <ATen/ATen.h>

#include <vector>

#include "norm.h"

namespace seesaw {

constexpr int kBuffersPerNorm = 3;  // running mean, running variance, batches seen

// The norm behind one feature map, which the module may hold as several BatchNorm layers.
struct NormSite {
  Norm norm;
  Partials sums;
  std::vector<int> position;          // of a channel in the layers' concatenated parameters
  std::vector<int> weights, buffers;  // where each layer's weight and running mean are listed

  void load(const std::vector<at::Tensor>& parameters, const std::vector<at::Tensor>& buffers,
            bool training, double count);
  void update_running(const std::vector<at::Tensor>& buffers, double count, double momentum) const;
  void unload(std::vector<at::Tensor>* gradients) const;
};

}  // namespace seesaw
