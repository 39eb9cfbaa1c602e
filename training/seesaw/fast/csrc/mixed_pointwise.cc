#include "mixed_pointwise.h"

#ifdef __AVX512BF16__

namespace seesaw {

namespace {

constexpr int kForwardRows = 64, kBackwardRows = 128;

template <bool kActivate, bool kResidual>
void read_source(const Source<Bf16>& s, size_t first, int rows, int channels, Bf16* x) {
  const size_t begin = first * channels;
  const float *scale = s.norm->scale.data(), *shift = s.norm->shift.data();
  for (int r = 0; r < rows; ++r) {
    const size_t row = begin + static_cast<size_t>(r) * channels;
    for (int c = 0; c < channels; c += 2 * kLanes) {
      const auto value = [&](int i) {
        Vec v = load(s.raw + row + i) * load(scale + i) + load(shift + i);
        if (kActivate) v = swish_for<Bf16>(v);
        if (kResidual) v += load(s.residual + row + i);
        return v;
      };
      fetch_ahead(s.raw + row + c + 32 * channels);
      if (kResidual) fetch_ahead(s.residual + row + c + 32 * channels);
      store_pair(x + row + c, value(c), value(c + kLanes));
    }
  }
}

// Rows of one vector of the gradient after the source's norm, and what they add to its sums.
template <bool kActivate, bool kResidual>
void gradient_behind(const Source<Bf16>& source, const Bf16* residual_gradient, const float* from,
                     int column, size_t at, int rows, int channels, Bf16* dx, float* sum) {
  const Vec mean = load(&source.norm->mean[column]), scale = load(&source.norm->scale[column]),
            shift = load(&source.norm->shift[column]);
  const size_t ahead = static_cast<size_t>(kFetchedRows) * channels;
  Vec total{}, dot{};
  for (int r = 0; r < rows; ++r, at += channels) {
    Vec v = load(from + r * kPairSide);
    if (kResidual) {
      fetch_ahead(residual_gradient + at + ahead);
      v += load(residual_gradient + at);
    }
    fetch_ahead(source.raw + at + ahead);
    const Vec raw = load(source.raw + at);
    if (kActivate) {
      Vec slope;
      activate<Bf16>(raw * scale + shift, &slope);
      v *= slope;
    }
    total += v;
    dot += v * (raw - mean);
    store(dx + at, v);
  }
  add_to(sum + column, total);
  add_to(sum + channels + column, dot);
}

}  // namespace

void pointwise_forward(const Source<Bf16>& source, const MixedPointwise& pointwise, int batch,
                       int pixels, Bf16* x, Bf16* y, Partials* stats) {
  const int in = pointwise.in_channels, out = pointwise.out_channels;
  const auto read = source.activate   ? read_source<true, false>
                    : source.residual ? read_source<false, true>
                                      : read_source<false, false>;
  stats->reset(chunk_count(batch), 2 * out);
  for_chunks(batch, [&](int chunk, int begin, int end) {
    const TileScope scope;
    float* sum = stats->row(chunk);
    const size_t last = static_cast<size_t>(end) * pixels;
    for (size_t first = static_cast<size_t>(begin) * pixels; first < last; first += kForwardRows) {
      const int rows = static_cast<int>(std::min<size_t>(kForwardRows, last - first));
      read(source, first, rows, in, x);
      pointwise.forward().multiply(
          scope, rows, x + first * in, in,
          [&](int row, int count, int column, int blocks, const float* from) {
            keep_products(count, blocks, from, y + (first + row) * out + column, out, sum + column,
                          sum + out + column);
          });
    }
  });
}

void pointwise_backward(const Bf16* dt, const Bf16* y, const Norm& norm, const Bf16* x,
                        const MixedPointwise& pointwise, const Source<Bf16>& source,
                        const Bf16* residual_gradient, int batch, int pixels, Bf16* dx,
                        Partials* sums, Partials* weight_gradient) {
  const int in = pointwise.in_channels, out = pointwise.out_channels;
  const auto with = residual_gradient ? gradient_behind<true, true> : gradient_behind<true, false>;
  const auto without =
      residual_gradient ? gradient_behind<false, true> : gradient_behind<false, false>;
  const auto behind = source.activate ? with : without;
  sums->reset(chunk_count(batch), 2 * in);
  weight_gradient->reset(chunk_count(batch), pointwise.gradient_size());
  for_chunks(batch, [&](int chunk, int begin, int end) {
    const TileScope scope;
    const size_t last = static_cast<size_t>(end) * pixels;
    Bf16* dy = mixed_scratch(0, kBackwardRows, out);
    Bf16* dy_pairs = mixed_scratch(1, kBackwardRows, out);
    Bf16* x_transposed = mixed_scratch(2, kBackwardRows, in);
    float* sum = sums->row(chunk);
    for (size_t first = static_cast<size_t>(begin) * pixels; first < last; first += kBackwardRows) {
      const int rows = static_cast<int>(std::min<size_t>(kBackwardRows, last - first));
      const int depth = whole_depths(rows);
      before_norm(norm, out, rows, depth, dt + first * out, y + first * out, dy, dy_pairs);
      transpose(x + first * in, rows, in, depth, x_transposed);
      pointwise.gradient().add(scope, x_transposed, dy_pairs, depth, weight_gradient->row(chunk));
      pointwise.backward().multiply(
          scope, rows, dy, out, [&](int row, int count, int column, int blocks, const float* from) {
            const size_t at = (first + row) * in + column;
            for (int side = 0; side < blocks * kLanes; side += kLanes) {
              behind(source, residual_gradient, from + side, column + side, at + side, count, in,
                     dx, sum);
            }
          });
    }
  });
}

}  // namespace seesaw

#endif
