#include "backbone.h"

namespace seesaw {

namespace {

const float* data(const at::Tensor& t) { return t.const_data_ptr<float>(); }

template <class Number>
constexpr at::ScalarType kType = sizeof(Number) < sizeof(float) ? at::kBFloat16 : at::kFloat;

}  // namespace

template <class Number>
void BackboneOf<Number>::load_weights() {
  stem_.set_weights(data(parameters_[0]));
  const auto load_depthwise = [](Depthwise* d, const float* w, const std::vector<int>& position) {
    for (int c = 0; c < d->channels; ++c) {
      for (int k = 0; k < 9; ++k) d->weight[k * d->channels + c] = w[position[c] * 9 + k];
    }
  };
  load_depthwise(&stem_depthwise_, data(parameters_[3]), stem_filtered_.position);
  for (Block& b : blocks_) {
    const at::Tensor* p = &parameters_[b.parameter];
    b.expand.set_weights({data(p[kExpandFirst]), data(p[kExpandSecond])}, b.same);
    load_depthwise(&b.depthwise, data(p[kDepthwise]), b.filtered.position);
    b.project.gate.set_weights(data(p[kGateDown]), data(p[kGateDownBias]), data(p[kGateSlope]),
                               data(p[kGateUp]), data(p[kGateUpBias]), b.filtered.position);
    b.project.pointwise.set_weights({data(p[kProjectFirst]), data(p[kProjectSecond])}, b.columns);
  }
  head_.set_weights({data(parameters_[head_parameter_])}, head_columns_);
  const float* w = data(parameters_[head_parameter_ + 3]);
  for (int c = 0; c < pool_.channels; ++c) {
    for (int p = 0; p < pool_.pixels; ++p) {
      pool_.weight[static_cast<size_t>(p) * pool_.channels + c] =
          w[static_cast<size_t>(c) * pool_.pixels + p];
    }
  }
}

template <class Number>
Source<Number> BackboneOf<Number>::source_of(size_t block) {
  if (block == 0) return {stem_filtered_out_, &stem_filtered_.norm, nullptr, true};
  const Block& b = blocks_[block - 1];
  return {b.p, &b.projected.norm, b.residual() ? b.x : b.beside, false};
}

template <class Number>
NormSite* BackboneOf<Number>::site_before(size_t block) {
  return block == 0 ? &stem_filtered_ : &blocks_[block - 1].projected;
}

template <class Number>
void BackboneOf<Number>::finish(NormSite* site, double count) {
  site->load(parameters_, buffers_, training_, count);
  if (training_) site->update_running(buffers_, count, momentum_);
}

template <class Number>
at::Tensor BackboneOf<Number>::forward(const at::Tensor& images,
                                       const std::vector<at::Tensor>& parameters,
                                       const std::vector<at::Tensor>& buffers, bool training) {
  const int64_t side = stem_.size;
  TORCH_CHECK(images.scalar_type() == at::kFloat && images.is_contiguous() &&
                  images.sizes() == at::IntArrayRef({batch_, 3, side, side}),
              "images: expected contiguous float ", batch_, "x3x", side, "x", side, ", got ",
              images.sizes());
  TORCH_CHECK(parameters.size() == head_parameter_ + kHeadParameters, "parameters: expected ",
              head_parameter_ + kHeadParameters, " tensors, got ", parameters.size());
  for (const auto& t : parameters) {
    TORCH_CHECK(t.scalar_type() == at::kFloat && t.is_contiguous(),
                "parameters: must be contiguous float");
  }
  images_ = images;
  parameters_ = parameters;
  buffers_ = buffers;
  training_ = training;
  load_weights();
  const double stem_count =
      static_cast<double>(batch_) * stem_depthwise_.size * stem_depthwise_.size;
  stem_.forward(data(images), batch_, stem_out_, &stem_site_.sums);
  finish(&stem_site_, stem_count);
  stem_depthwise_.forward(stem_out_, stem_site_.norm, batch_, stem_filtered_out_,
                          &stem_filtered_.sums);
  finish(&stem_filtered_, stem_count);
  for (size_t i = 0; i < blocks_.size(); ++i) {
    Block& b = blocks_[i];
    const int pixels = b.size * b.size, after = b.out_size() * b.out_size();
    pointwise_forward(source_of(i), b.expand, batch_, pixels, b.x, b.e, &b.expanded.sums);
    finish(&b.expanded, static_cast<double>(batch_) * pixels);
    b.depthwise.forward(b.e, b.expanded.norm, batch_, b.d, &b.filtered.sums);
    finish(&b.filtered, static_cast<double>(batch_) * after);
    b.project.forward(b.d, b.filtered.norm, batch_, after, &b.record, b.p, &b.projected.sums);
    finish(&b.projected, static_cast<double>(batch_) * after);
    if (b.shortcut) {
      b.shortcut->forward(b.x, kType<Number>, &parameters_[b.parameter + kBlockParameters],
                          &buffers_[b.shortcut_buffer], training_, momentum_, eps_, b.beside);
    }
  }
  pointwise_forward(source_of(blocks_.size()), head_, batch_, pool_.pixels, head_in_, head_out_,
                    &head_site_.sums);
  finish(&head_site_, static_cast<double>(batch_) * pool_.pixels);
  at::Tensor out = at::empty({batch_, pool_.channels}, images.options());
  pool_.forward(head_out_, head_site_.norm, batch_, out.data_ptr<float>());
  return out;
}

template <class Number>
void BackboneOf<Number>::store_weight(const Partials& partials, const PointwiseLayer& pointwise,
                                      const std::vector<int>& column,
                                      const std::vector<size_t>& indices) {
  totals_.resize(pointwise.gradient_size());
  partials.totals(totals_.data());
  std::vector<float*> out;
  for (const size_t i : indices) out.push_back(gradients_[i].data_ptr<float>());
  pointwise.unload(totals_.data(), column, out);
}

namespace {

void store_depthwise(const Partials& partials, const std::vector<int>& position, at::Tensor* to) {
  const int channels = static_cast<int>(position.size());
  const int taps = static_cast<int>(to->numel()) / channels;
  float* out = to->data_ptr<float>();
  for (int c = 0; c < channels; ++c) {
    for (int k = 0; k < taps; ++k) {
      out[position[c] * taps + k] =
          static_cast<float>(partials.total(static_cast<size_t>(k) * channels + c));
    }
  }
}

}  // namespace

template <class Number>
void BackboneOf<Number>::store_gate(const Block& block, const Partials& slope) {
  const Gate& gate = block.project.gate;
  const GateRecord& r = block.record;
  const int mid = gate.channels, hidden = gate.hidden;
  at::Tensor* g = &gradients_[block.parameter];
  std::vector<float> down(static_cast<size_t>(mid) * hidden), up(down.size());
  multiply_transposed(hidden, mid, batch_, r.d_before.data(), hidden, r.pooled.data(), mid,
                      down.data(), mid);
  multiply_transposed(mid, hidden, batch_, r.dz.data(), mid, r.after.data(), hidden, up.data(),
                      hidden);
  float *down_out = g[kGateDown].data_ptr<float>(), *up_out = g[kGateUp].data_ptr<float>(),
        *down_bias = g[kGateDownBias].data_ptr<float>(),
        *up_bias = g[kGateUpBias].data_ptr<float>();
  for (int c = 0; c < mid; ++c) {
    const int p = block.filtered.position[c];
    double bias = 0;
    for (int b = 0; b < batch_; ++b) bias += r.dz[static_cast<size_t>(b) * mid + c];
    up_bias[p] = static_cast<float>(bias);
    for (int h = 0; h < hidden; ++h) {
      down_out[h * mid + p] = down[h * mid + c];
      up_out[p * hidden + h] = up[c * hidden + h];
    }
  }
  for (int h = 0; h < hidden; ++h) {
    double bias = 0;
    for (int b = 0; b < batch_; ++b) bias += r.d_before[static_cast<size_t>(b) * hidden + h];
    down_bias[h] = static_cast<float>(bias);
  }
  slope.totals(g[kGateSlope].data_ptr<float>());
}

template <class Number>
Number* BackboneOf<Number>::backward_block(size_t index, Number* dy) {
  Block& b = blocks_[index];
  const int pixels = b.size * b.size, after = b.out_size() * b.out_size();
  const size_t at = b.parameter;
  b.project.backward(dy, b.p, b.projected.norm, b.d, b.filtered.norm, batch_, after, &b.record, du_,
                     &b.filtered.sums, &weight_partials_, &slope_partials_);
  b.filtered.norm.make_backward(b.filtered.sums, static_cast<double>(batch_) * after);
  store_weight(weight_partials_, b.project.pointwise, b.columns,
               {at + kProjectFirst, at + kProjectSecond});
  store_gate(b, slope_partials_);

  b.depthwise.backward(du_, b.d, b.filtered.norm, b.e, b.expanded.norm, batch_, dt_,
                       &b.expanded.sums, &weight_partials_);
  b.expanded.norm.make_backward(b.expanded.sums, static_cast<double>(batch_) * pixels);
  store_depthwise(weight_partials_, b.filtered.position, &gradients_[at + kDepthwise]);

  Number* dx = b.residual() || dy == dx_[1] ? dx_[0] : dx_[1];
  if (b.residual()) dx = dy;
  NormSite* before = site_before(index);
  at::Tensor side;
  if (b.shortcut)
    side = b.shortcut->backward(dy, kType<Number>, &gradients_[at + kBlockParameters]);
  const Number* beside = b.residual() ? dy : nullptr;
  if (b.shortcut) beside = static_cast<const Number*>(side.const_data_ptr());
  pointwise_backward(dt_, b.e, b.expanded.norm, b.x, b.expand, source_of(index), beside, batch_,
                     pixels, dx, &before->sums, &weight_partials_);
  before->norm.make_backward(before->sums, static_cast<double>(batch_) * pixels);
  store_weight(weight_partials_, b.expand, b.same, {at + kExpandFirst, at + kExpandSecond});
  for (const NormSite* site : {&b.expanded, &b.filtered, &b.projected}) site->unload(&gradients_);
  return dx;
}

template <class Number>
std::vector<at::Tensor> BackboneOf<Number>::backward(const at::Tensor& output_gradient) {
  TORCH_CHECK(!parameters_.empty() && training_,
              "backward: no forward pass in training mode before it");
  const at::Tensor dq = output_gradient.contiguous();
  TORCH_CHECK(
      dq.scalar_type() == at::kFloat && dq.sizes() == at::IntArrayRef({batch_, pool_.channels}),
      "output_gradient: expected float ", batch_, "x", pool_.channels);
  gradients_.clear();
  for (const auto& p : parameters_) gradients_.push_back(at::empty_like(p));

  pool_.backward(data(dq), head_out_, head_site_.norm, batch_, dt_, &head_site_.sums,
                 &weight_partials_);
  const double head_count = static_cast<double>(batch_) * pool_.pixels;
  head_site_.norm.make_backward(head_site_.sums, head_count);
  store_depthwise(weight_partials_, head_site_.position, &gradients_[head_parameter_ + 3]);
  NormSite* before = site_before(blocks_.size());
  Number* dy = dx_[0];
  pointwise_backward(dt_, head_out_, head_site_.norm, head_in_, head_, source_of(blocks_.size()),
                     nullptr, batch_, pool_.pixels, dy, &before->sums, &weight_partials_);
  before->norm.make_backward(before->sums, head_count);
  store_weight(weight_partials_, head_, head_columns_, {head_parameter_});
  head_site_.unload(&gradients_);

  for (size_t i = blocks_.size(); i-- > 0;) dy = backward_block(i, dy);

  stem_depthwise_.backward(dy, stem_filtered_out_, stem_filtered_.norm, stem_out_, stem_site_.norm,
                           batch_, dt_, &stem_site_.sums, &weight_partials_);
  stem_site_.norm.make_backward(
      stem_site_.sums, static_cast<double>(batch_) * stem_depthwise_.size * stem_depthwise_.size);
  store_depthwise(weight_partials_, stem_filtered_.position, &gradients_[3]);
  stem_.backward(data(images_), dt_, stem_out_, stem_site_.norm, batch_, &weight_partials_);
  totals_.resize(stem_.gradient_size(kMixed));
  weight_partials_.totals(totals_.data());
  stem_.unload(totals_.data(), kMixed, gradients_[0].data_ptr<float>());
  for (const NormSite* site : {&stem_site_, &stem_filtered_}) site->unload(&gradients_);
  parameters_.clear();
  buffers_.clear();
  images_.reset();
  return std::move(gradients_);
}

template class BackboneOf<float>;
#ifdef __AVX512BF16__
template class BackboneOf<Bf16>;
#endif

}  // namespace seesaw
