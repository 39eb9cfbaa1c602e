#include "gate.h"

#include <algorithm>

#include "simd.h"

namespace seesaw {

Gate::Gate(int channels, int hidden) : channels(channels), hidden(hidden) {
  for (auto* m : {&down, &down_t, &up, &up_t}) m->resize(static_cast<size_t>(channels) * hidden);
  for (auto* v : {&down_bias, &slope}) v->resize(hidden);
  up_bias.resize(channels);
}

void Gate::set_weights(const float* down_weight, const float* down_b, const float* slopes,
                       const float* up_weight, const float* up_b,
                       const std::vector<int>& position) {
  for (int c = 0; c < channels; ++c) {
    const int p = position[c];
    for (int h = 0; h < hidden; ++h) {
      down[h * channels + c] = down_t[c * hidden + h] = down_weight[h * channels + p];
      up[c * hidden + h] = up_t[h * channels + c] = up_weight[p * hidden + h];
    }
    up_bias[c] = up_b[p];
  }
  std::copy_n(down_b, hidden, down_bias.begin());
  std::copy_n(slopes, hidden, slope.begin());
}

namespace {

// out += matrix' * x, the matrix being [inputs][outputs].
void add_product(const float* matrix, const float* x, int inputs, int outputs, float* out) {
  for (int o = 0; o < outputs; o += kLanes) {
    Vec even = load(out + o), odd{};
    for (int i = 0; i < inputs; i += 2) {
      even += splat(x[i]) * load(matrix + static_cast<size_t>(i) * outputs + o);
      odd += splat(x[i + 1]) * load(matrix + static_cast<size_t>(i + 1) * outputs + o);
    }
    store(out + o, even + odd);
  }
}

}  // namespace

void Gate::forward(const float* pooled, float* before, float* after, float* gates) const {
  std::copy_n(down_bias.data(), hidden, before);
  add_product(down_t.data(), pooled, channels, hidden, before);
  for (int h = 0; h < hidden; ++h) after[h] = before[h] > 0 ? before[h] : slope[h] * before[h];
  std::copy_n(up_bias.data(), channels, gates);
  add_product(up_t.data(), after, hidden, channels, gates);
  for (int c = 0; c < channels; c += kLanes) store(gates + c, sigmoid(load(gates + c)));
}

void Gate::backward(const float* dz, const float* before, float* d_before, float* d_pooled,
                    float* d_slope) const {
  std::fill_n(d_before, hidden, 0.0f);
  add_product(up.data(), dz, channels, hidden, d_before);
  for (int h = 0; h < hidden; ++h) {
    if (before[h] > 0) continue;
    d_slope[h] += d_before[h] * before[h];
    d_before[h] *= slope[h];
  }
  std::fill_n(d_pooled, channels, 0.0f);
  add_product(down.data(), d_before, hidden, channels, d_pooled);
}

}  // namespace seesaw
