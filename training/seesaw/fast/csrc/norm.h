// Batch normalisation of one place in the network: its statistics, the affine map they make of it,
// and the backward pass as another affine map.
#pragma once

#include <cmath>
#include <vector>

#include "parallel.h"

namespace seesaw {

struct Norm {
  int channels = 0;
  std::vector<float> gamma, beta;                   // in the order of the feature map's channels
  std::vector<float> mean, variance, scale, shift;  // y = scale x + shift
  std::vector<float> grad_gamma, grad_beta;
  // Gradient before the norm: take * (gradient after) + pull * x + offset.
  std::vector<float> take, pull, offset;
  double eps = 1e-5;

  explicit Norm(int channels = 0) : channels(channels) {
    for (auto* v : {&gamma, &beta, &mean, &variance, &scale, &shift, &grad_gamma, &grad_beta, &take,
                    &pull, &offset}) {
      v->resize(channels);
    }
  }

  // Rows of `sums`: sum of x, then sum of x squared, for each channel.
  void use_batch(const Partials& sums, double count) {
    for (int c = 0; c < channels; ++c) {
      const double m = sums.total(c) / count;
      mean[c] = static_cast<float>(m);
      variance[c] = static_cast<float>(std::max(0.0, sums.total(channels + c) / count - m * m));
    }
    make_affine();
  }

  // From mean and variance as they stand.
  void make_affine() {
    for (int c = 0; c < channels; ++c) {
      scale[c] = static_cast<float>(gamma[c] / std::sqrt(variance[c] + eps));
      shift[c] = beta[c] - mean[c] * scale[c];
    }
  }

  // Rows of `sums`: sum of the gradient g after the norm, then sum of g (x - mean).
  void make_backward(const Partials& sums, double count) {
    for (int c = 0; c < channels; ++c) {
      const double inverse = 1.0 / std::sqrt(variance[c] + eps);
      const double sum = sums.total(c), dot = sums.total(channels + c) * inverse;
      grad_beta[c] = static_cast<float>(sum);
      grad_gamma[c] = static_cast<float>(dot);
      const double t = gamma[c] * inverse, p = -t * inverse * dot / count;
      take[c] = static_cast<float>(t);
      pull[c] = static_cast<float>(p);
      offset[c] = static_cast<float>(-t * sum / count - p * mean[c]);
    }
  }
};

}  // namespace seesaw
