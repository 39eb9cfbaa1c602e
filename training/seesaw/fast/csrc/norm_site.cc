#include "norm_site.h"

namespace seesaw {

namespace {

const float* data(const at::Tensor& t) { return t.const_data_ptr<float>(); }

}  // namespace

void NormSite::load(const std::vector<at::Tensor>& parameters,
                    const std::vector<at::Tensor>& all_buffers, bool training, double count) {
  const int channels = norm.channels;
  std::vector<float> gamma, beta, mean, variance;
  const auto append = [](std::vector<float>* to, const at::Tensor& t) {
    to->insert(to->end(), data(t), data(t) + t.numel());
  };
  for (size_t i = 0; i < weights.size(); ++i) {
    append(&gamma, parameters[weights[i]]);
    append(&beta, parameters[weights[i] + 1]);
    append(&mean, all_buffers[buffers[i]]);
    append(&variance, all_buffers[buffers[i] + 1]);
  }
  for (int c = 0; c < channels; ++c) {
    norm.gamma[c] = gamma[position[c]];
    norm.beta[c] = beta[position[c]];
    if (!training) {
      norm.mean[c] = mean[position[c]];
      norm.variance[c] = variance[position[c]];
    }
  }
  if (training) {
    norm.use_batch(sums, count);
  } else {
    norm.make_affine();
  }
}

void NormSite::update_running(const std::vector<at::Tensor>& all_buffers, double count,
                              double momentum) const {
  const double unbiased = count / (count - 1);
  std::vector<float*> means, variances;
  std::vector<int> ends;
  int end = 0;
  for (const int b : buffers) {
    means.push_back(all_buffers[b].data_ptr<float>() - end);
    variances.push_back(all_buffers[b + 1].data_ptr<float>() - end);
    ends.push_back(end += static_cast<int>(all_buffers[b].numel()));
    *all_buffers[b + 2].data_ptr<int64_t>() += 1;
  }
  for (int c = 0; c < norm.channels; ++c) {
    const int p = position[c];
    size_t layer = 0;
    while (p >= ends[layer]) ++layer;
    float& mean = means[layer][p];
    float& variance = variances[layer][p];
    mean = static_cast<float>((1 - momentum) * mean + momentum * norm.mean[c]);
    variance =
        static_cast<float>((1 - momentum) * variance + momentum * norm.variance[c] * unbiased);
  }
}

void NormSite::unload(std::vector<at::Tensor>* gradients) const {
  std::vector<int> channel(norm.channels);
  for (int c = 0; c < norm.channels; ++c) channel[position[c]] = c;
  int at = 0;
  for (const int w : weights) {
    float* gamma = (*gradients)[w].data_ptr<float>();
    float* beta = (*gradients)[w + 1].data_ptr<float>();
    const int n = static_cast<int>((*gradients)[w].numel());
    for (int i = 0; i < n; ++i, ++at) {
      gamma[i] = norm.grad_gamma[channel[at]];
      beta[i] = norm.grad_beta[channel[at]];
    }
  }
}

}  // namespace seesaw
