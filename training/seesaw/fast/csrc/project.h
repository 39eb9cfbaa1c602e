// The second half of a block: swish(norm(depthwise)), squeeze-excite, uneven projection.
#pragma once

#include <vector>

#include "gate.h"
#include "norm.h"
#include "pointwise.h"

namespace seesaw {

// What the backward pass needs of the gates, one row an image.
struct GateRecord {
  std::vector<float> pooled, before, after, gates;
  std::vector<float> dz, d_before, d_pooled;
  void resize(int batch, const Gate& gate);
};

struct Project {
  Gate gate;
  Pointwise pointwise;
  // order[j] is the feature-map channel that the projection reads at position j; whole vectors of
  // channels stay together.
  std::vector<int> order;

  void forward(const float* d, const Norm& norm, int batch, int pixels, GateRecord* record,
               float* p, Partials* stats) const;

  // `dy` is the gradient after `out_norm`, the norm of p. `du` becomes the gradient after `norm`,
  // the norm of d.
  void backward(const float* dy, const float* p, const Norm& out_norm, const float* d,
                const Norm& norm, int batch, int pixels, GateRecord* record, float* du,
                Partials* sums, Partials* weight_gradient, Partials* slope_gradient) const;
};

}  // namespace seesaw
