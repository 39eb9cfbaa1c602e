#include "packed.h"

#ifdef __AVX512BF16__

namespace seesaw {

void MixedPointwise::add_range(int depth, int width) {
  spans_.push_back({in_channels, depth, out_channels, width});
  in_channels += depth;
  out_channels += width;
}

void MixedPointwise::arrange(const std::vector<int>& column) {
  span_of_input_.resize(in_channels);
  span_of_output_.resize(out_channels);
  for (int i = 0; i < static_cast<int>(spans_.size()); ++i) {
    const Span& s = spans_[i];
    for (int k = 0; k < in_channels; ++k) {
      if (column[k] >= s.in && column[k] < s.in + s.depth) span_of_input_[k] = i;
    }
    for (int n = s.out; n < s.out + s.width; ++n) span_of_output_[n] = i;
  }
  const auto needs = [&](int k, int n) { return span_of_input_[k] == span_of_output_[n]; };
  forward_ = Packed(in_channels, out_channels, needs);
  backward_ = Packed(out_channels, in_channels, [&](int n, int k) { return needs(k, n); });
  gradient_ = PackedGradient(in_channels, out_channels, needs);
}

void MixedPointwise::set_weights(const std::vector<const float*>& weights,
                                 const std::vector<int>& column) {
  const auto get = [&](int k, int n) {
    const int i = span_of_output_[n];
    if (span_of_input_[k] != i) return 0.0f;
    const Span& s = spans_[i];
    return weights[i][static_cast<size_t>(n - s.out) * s.depth + column[k] - s.in];
  };
  forward_.fill(get);
  backward_.fill([&](int n, int k) { return get(k, n); });
}

void MixedPointwise::unload(const float* gradient, const std::vector<int>& column,
                            const std::vector<float*>& out) const {
  gradient_.unload(gradient, [&](int k, int n, float value) {
    const int i = span_of_output_[n];
    if (span_of_input_[k] != i) return;
    const Span& s = spans_[i];
    out[i][static_cast<size_t>(n - s.out) * s.depth + column[k] - s.in] = value;
  });
}

}  // namespace seesaw

#endif
