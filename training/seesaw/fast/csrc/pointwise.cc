#include "pointwise.h"

namespace seesaw {

void Pointwise::add_range(int depth, int width) {
  ranges.push_back({in_channels, depth, out_channels, width, weight.size()});
  in_channels += depth;
  out_channels += width;
  weight.resize(weight.size() + static_cast<size_t>(depth) * width);
  transposed.resize(weight.size());
}

void Pointwise::set_weights(const std::vector<const float*>& weights,
                            const std::vector<int>& column) {
  for (size_t i = 0; i < ranges.size(); ++i) {
    const Range& r = ranges[i];
    for (int n = 0; n < r.width; ++n) {
      const float* from = weights[i] + static_cast<size_t>(n) * r.depth;
      for (int k = 0; k < r.depth; ++k) {
        const float w = from[column[r.in + k] - r.in];
        weight[r.at + static_cast<size_t>(n) * r.depth + k] = w;
        transposed[r.at + static_cast<size_t>(k) * r.width + n] = w;
      }
    }
  }
}

void Pointwise::unload(const float* gradient, size_t range, const std::vector<int>& column,
                       float* out) const {
  const Range& r = ranges[range];
  for (int n = 0; n < r.width; ++n) {
    const size_t row = static_cast<size_t>(n) * r.depth;
    for (int k = 0; k < r.depth; ++k) {
      out[row + column[r.in + k] - r.in] = gradient[r.at + row + k];
    }
  }
}

void Pointwise::backward_input(int rows, const float* dy, float* dx) const {
  for (const Range& r : ranges) {
    multiply<false>(rows, r.depth, r.width, dy + r.out, out_channels, weight.data() + r.at, r.depth,
                    dx + r.in, in_channels, nullptr, nullptr);
  }
}

void Pointwise::backward_weight(int rows, const float* x, const float* dy, float* gradient) const {
  for (const Range& r : ranges) {
    multiply_transposed(r.width, r.depth, rows, dy + r.out, out_channels, x + r.in, in_channels,
                        gradient + r.at, r.depth);
  }
}

namespace {

// Rows that stay in the first-level cache together with what is made of them.
int tile_rows(const Pointwise& p) { return p.in_channels + p.out_channels > 256 ? 28 : 56; }

void read_source(const Source& s, size_t first, int rows, int channels, float* x) {
  const ptrdiff_t next = static_cast<ptrdiff_t>(rows) * channels;
  for (int c = 0; c < channels; c += kLanes) {
    const Vec scale = load(&s.norm->scale[c]), shift = load(&s.norm->shift[c]);
    const float* raw = s.raw + first * channels + c;
    const float* residual = s.residual ? s.residual + first * channels + c : nullptr;
    float* out = x + first * channels + c;
    for (int r = 0; r < rows; ++r) {
      const ptrdiff_t at = static_cast<ptrdiff_t>(r) * channels;
      fetch_ahead(raw + at + next);
      Vec v = load(raw + at) * scale + shift;
      if (s.activate) v = swish(v);
      if (residual) {
        fetch_ahead(residual + at + next);
        v += load(residual + at);
      }
      store(out + at, v);
    }
  }
}

}  // namespace

void pointwise_forward(const Source& source, const Pointwise& pointwise, int batch, int pixels,
                       float* x, float* y, Partials* stats) {
  const int in = pointwise.in_channels, out = pointwise.out_channels;
  stats->reset(chunk_count(batch), 2 * out);
  for_chunks(batch, [&](int chunk, int begin, int end) {
    float* sum = stats->row(chunk);
    const size_t last = static_cast<size_t>(end) * pixels;
    const size_t step = tile_rows(pointwise);
    for (size_t first = static_cast<size_t>(begin) * pixels; first < last; first += step) {
      const int rows = static_cast<int>(std::min(step, last - first));
      read_source(source, first, rows, in, x);
      pointwise.forward<true>(rows, x + first * in, y + first * out, sum, sum + out);
    }
  });
}

void pointwise_backward(const float* dt, const float* y, const Norm& norm, const float* x,
                        const Pointwise& pointwise, const Source& source,
                        const float* residual_gradient, int batch, int pixels, float* dx,
                        Partials* sums, Partials* weight_gradient) {
  const int in = pointwise.in_channels, out = pointwise.out_channels;
  sums->reset(chunk_count(batch), 2 * in);
  weight_gradient->reset(chunk_count(batch), pointwise.weight.size());
  for_chunks(batch, [&](int chunk, int begin, int end) {
    const size_t step = tile_rows(pointwise), last = static_cast<size_t>(end) * pixels;
    float* dy = scratch(0, step * out);
    float* input_gradient = scratch(1, step * in);
    float* sum = sums->row(chunk);
    for (size_t first = static_cast<size_t>(begin) * pixels; first < last; first += step) {
      const int rows = static_cast<int>(std::min(step, last - first));
      for (int c = 0; c < out; c += kLanes) {
        const Vec take = load(&norm.take[c]), pull = load(&norm.pull[c]),
                  offset = load(&norm.offset[c]);
        for (int r = 0; r < rows; ++r) {
          const size_t at = (first + r) * out + c;
          fetch_ahead(dt + at + rows * out);
          fetch_ahead(y + at + rows * out);
          store(dy + static_cast<size_t>(r) * out + c,
                load(dt + at) * take + (load(y + at) * pull + offset));
        }
      }
      pointwise.backward_weight(rows, x + first * in, dy, weight_gradient->row(chunk));
      pointwise.backward_input(rows, dy, input_gradient);
      for (int c = 0; c < in; c += kLanes) {
        const Vec mean = load(&source.norm->mean[c]), scale = load(&source.norm->scale[c]),
                  shift = load(&source.norm->shift[c]);
        Vec total{}, dot{};
        for (int r = 0; r < rows; ++r) {
          const size_t at = (first + r) * in + c;
          Vec v = load(input_gradient + static_cast<size_t>(r) * in + c);
          if (residual_gradient) {
            fetch_ahead(residual_gradient + at + rows * in);
            v += load(residual_gradient + at);
          }
          fetch_ahead(source.raw + at + rows * in);
          fetch_ahead(x + at + rows * in);
          const Vec raw = load(source.raw + at);
          if (source.activate) v *= swish_slope(raw * scale + shift);
          total += v;
          dot += v * (raw - mean);
          store(dx + at, v);
        }
        add_to(sum + c, total);
        add_to(sum + in + c, dot);
      }
    }
  });
}

}  // namespace seesaw
