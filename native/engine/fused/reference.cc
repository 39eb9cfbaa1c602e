#include "engine/fused/reference.h"

#include <cmath>
#include <vector>

namespace seesaw::fused::reference {
namespace {

/** One output of a linear map whose inputs lie in runs from `in` on. */
double sum_of(const float* in, const Runs& runs, const Weights& weights, int output) {
  double sum = weights.bias[output];
  const float* w = weights.weight + std::ptrdiff_t(output) * runs.count * runs.length;
  for (int r = 0; r < runs.count; ++r) {
    for (int k = 0; k < runs.length; ++k) sum += double(in[r * runs.stride + k]) * *w++;
  }
  return sum;
}

}  // namespace

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
double swish(double x) { return x * sigmoid(x); }

void pointwise(const PointwiseJob& job, const Weights& weights) {
  for (int p = 0; p < job.groups * kGroup; ++p) {
    for (int c = 0; c < job.channels; ++c) {
      const double sum = sum_of(job.in + p * job.in_pixel, job.runs, weights, c);
      float& out = job.out[p * job.out_pixel + c];
      if (job.store == Store::Linear) out = static_cast<float>(sum);
      if (job.store == Store::Swish) out = static_cast<float>(swish(sum));
      if (job.store == Store::Add) out = static_cast<float>(out + sum);
    }
  }
}

void expand_depthwise(const ExpandDepthwiseJob& job, const Weights& weights) {
  const auto at = [&](int y, int x) {
    return (std::ptrdiff_t(y) * job.columns + x) * job.channels;
  };
  std::vector<double> middle(at(job.rows, 0));
  for (int y = 0; y < job.rows; ++y) {
    for (int x = 0; x < job.columns; ++x) {
      const float* in = job.in + y * job.in_row + x * job.in_pixel;
      for (int c = 0; c < job.channels; ++c) {
        middle[at(y, x) + c] = swish(sum_of(in, job.runs, weights, c));
      }
    }
  }
  for (int c = 0; c < job.channels; ++c) {
    double total = 0;
    for (int y = 0; y < job.rows / job.stride; ++y) {
      for (int x = 0; x < job.columns / job.stride; ++x) {
        double sum = job.bias[c];
        for (int tap = 0; tap < 9; ++tap) {
          const int row = y * job.stride + tap / 3 - 1, column = x * job.stride + tap % 3 - 1;
          if (row < 0 || row >= job.rows || column < 0 || column >= job.columns) continue;
          sum += middle[at(row, column) + c] * job.weight[tap * job.channels + c];
        }
        const std::ptrdiff_t pixel = std::ptrdiff_t(y) * (job.columns / job.stride) + x;
        job.out[pixel * job.out_pixel + c] = static_cast<float>(swish(sum));
        total += swish(sum);
      }
    }
    job.sums[c] = static_cast<float>(total);
  }
}

void linear(const LinearJob& job, const Weights& weights) {
  for (int o = 0; o < job.outputs; ++o) {
    double sum = sum_of(job.in, {1, 0, job.inputs}, weights, o);
    if (job.activation == Activation::PReLU && sum < 0) sum *= job.slope[o];
    if (job.activation == Activation::Sigmoid) sum = sigmoid(sum);
    job.out[o] = static_cast<float>(sum);
  }
}

}  // namespace seesaw::fused::reference
