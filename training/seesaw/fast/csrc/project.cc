#include "project.h"

namespace seesaw {

void GateRecord::resize(int batch, const Gate& gate) {
  for (auto* v : {&pooled, &gates, &dz, &d_pooled}) {
    v->resize(static_cast<size_t>(batch) * gate.channels);
  }
  for (auto* v : {&before, &after, &d_before}) v->resize(static_cast<size_t>(batch) * gate.hidden);
}

namespace {

int tile_rows(int pixels, int channels) {
  const int rows = channels > 128 ? 28 : 56;
  return pixels % rows == 0 ? rows : 49;
}

}  // namespace

void Project::forward(const float* d, const Norm& norm, int batch, int pixels, GateRecord* record,
                      float* p, Partials* stats) const {
  const int mid = gate.channels, out = pointwise.out_channels;
  const int step = tile_rows(pixels, mid);
  stats->reset(chunk_count(batch), 2 * out);
  for_chunks(batch, [&](int chunk, int begin, int end) {
    float* sum = stats->row(chunk);
    float* gated = scratch(0, static_cast<size_t>(step) * mid);
    for (int image = begin; image < end; ++image) {
      const float* di = d + static_cast<size_t>(image) * pixels * mid;
      float* pooled = &record->pooled[static_cast<size_t>(image) * mid];
      float* gates = &record->gates[static_cast<size_t>(image) * mid];
      std::fill_n(pooled, mid, 0.0f);
      for (int first = 0; first < pixels; first += step) {
        for (int c = 0; c < mid; c += kLanes) {
          const Vec scale = load(&norm.scale[c]), shift = load(&norm.shift[c]);
          const float* from = di + static_cast<size_t>(first) * mid + c;
          Vec total{};
          for (int r = 0; r < step; ++r) {
            fetch_ahead(from + (r + step) * mid);
            total += swish(load(from + r * mid) * scale + shift);
          }
          add_to(pooled + c, total);
        }
      }
      const Vec share = splat(1.0f / static_cast<float>(pixels));
      for (int c = 0; c < mid; c += kLanes) store(pooled + c, load(pooled + c) * share);
      gate.forward(pooled, &record->before[static_cast<size_t>(image) * gate.hidden],
                   &record->after[static_cast<size_t>(image) * gate.hidden], gates);
      for (int first = 0; first < pixels; first += step) {
        for (int j = 0; j < mid; j += kLanes) {
          const int low = order[j], high = order[j + kHalf];
          const Vec scale = load_halves(&norm.scale[low], &norm.scale[high]),
                    shift = load_halves(&norm.shift[low], &norm.shift[high]),
                    g = load_halves(gates + low, gates + high);
          const float* from = di + static_cast<size_t>(first) * mid;
          for (int r = 0; r < step; ++r) {
            const Vec v = load_halves(from + r * mid + low, from + r * mid + high);
            store(gated + r * mid + j, swish(v * scale + shift) * g);
          }
        }
        pointwise.forward<true>(
            step, gated, p + (static_cast<size_t>(image) * pixels + first) * out, sum, sum + out);
      }
    }
  });
}

void Project::backward(const float* dy, const float* p, const Norm& out_norm, const float* d,
                       const Norm& norm, int batch, int pixels, GateRecord* record, float* du,
                       Partials* sums, Partials* weight_gradient, Partials* slope_gradient) const {
  const int mid = gate.channels, out = pointwise.out_channels;
  const int step = tile_rows(pixels, mid);
  sums->reset(chunk_count(batch), 2 * mid);
  weight_gradient->reset(chunk_count(batch), pointwise.gradient_size());
  slope_gradient->reset(chunk_count(batch), gate.hidden);
  for_chunks(batch, [&](int chunk, int begin, int end) {
    float* dp = scratch(0, static_cast<size_t>(step) * out);
    float* gated = scratch(1, static_cast<size_t>(step) * mid);
    float* d_gated = scratch(2, static_cast<size_t>(pixels) * mid);  // whole image, in `order`
    float* sum = sums->row(chunk);
    for (int image = begin; image < end; ++image) {
      const size_t base = static_cast<size_t>(image) * pixels;
      const float* gates = &record->gates[static_cast<size_t>(image) * mid];
      float* dz = &record->dz[static_cast<size_t>(image) * mid];
      float* d_pooled = &record->d_pooled[static_cast<size_t>(image) * mid];
      std::fill_n(dz, mid, 0.0f);
      for (int first = 0; first < pixels; first += step) {
        for (int c = 0; c < out; c += kLanes) {
          const Vec take = load(&out_norm.take[c]), pull = load(&out_norm.pull[c]),
                    offset = load(&out_norm.offset[c]);
          for (int r = 0; r < step; ++r) {
            const size_t at = (base + first + r) * out + c;
            fetch_ahead(dy + at + step * out);
            fetch_ahead(p + at + step * out);
            store(dp + r * out + c, load(dy + at) * take + (load(p + at) * pull + offset));
          }
        }
        for (int j = 0; j < mid; j += kLanes) {
          const int low = order[j], high = order[j + kHalf];
          const Vec scale = load_halves(&norm.scale[low], &norm.scale[high]),
                    shift = load_halves(&norm.shift[low], &norm.shift[high]),
                    g = load_halves(gates + low, gates + high);
          const float* from = d + (base + first) * mid;
          for (int r = 0; r < step; ++r) {
            fetch_ahead(from + (r + step) * mid + low);
            const Vec v = load_halves(from + r * mid + low, from + r * mid + high);
            store(gated + r * mid + j, swish(v * scale + shift) * g);
          }
        }
        pointwise.backward_weight(step, gated, dp, weight_gradient->row(chunk));
        float* d_tile = d_gated + static_cast<size_t>(first) * mid;
        pointwise.backward_input(step, dp, d_tile);
        for (int j = 0; j < mid; j += kLanes) {
          Vec total{};
          for (int r = 0; r < step; ++r) {
            total += load(d_tile + r * mid + j) * load(gated + r * mid + j);
          }
          float *low = dz + order[j], *high = dz + order[j + kHalf];
          store_halves(low, high, load_halves(low, high) + total);
        }
      }
      // So far dz is the sum of d_gated * swish * gate. The gate's gradient is that without the
      // factor gate, and the sigmoid's slope is gate (1 - gate): one factor cancels.
      for (int c = 0; c < mid; c += kLanes) {
        store(dz + c, load(dz + c) * (splat(1.0f) - load(gates + c)));
      }
      gate.backward(dz, &record->before[static_cast<size_t>(image) * gate.hidden],
                    &record->d_before[static_cast<size_t>(image) * gate.hidden], d_pooled,
                    slope_gradient->row(chunk));
      const Vec share = splat(1.0f / static_cast<float>(pixels));
      for (int first = 0; first < pixels; first += step) {
        for (int j = 0; j < mid; j += kLanes) {
          const int low = order[j], high = order[j + kHalf];
          const auto at_order = [&](const float* from) {
            return load_halves(from + low, from + high);
          };
          const Vec mean = at_order(norm.mean.data()), scale = at_order(norm.scale.data()),
                    beta = at_order(norm.beta.data()), g = at_order(gates),
                    even = at_order(d_pooled) * share;
          const size_t at = (base + first) * mid;
          const float* gradient = d_gated + static_cast<size_t>(first) * mid + j;
          Vec total{}, dot{};
          for (int r = 0; r < step; ++r) {
            const Vec centred = at_order(d + at + r * mid) - mean;
            const Vec v =
                (load(gradient + r * mid) * g + even) * swish_slope(centred * scale + beta);
            total += v;
            dot += v * centred;
            float* to = du + at + r * mid;
            store_halves(to + low, to + high, v);
          }
          for (const auto& [to, what] : {std::pair(sum, total), std::pair(sum + mid, dot)}) {
            store_halves(to + low, to + high, at_order(to) + what);
          }
        }
      }
    }
  });
}

}  // namespace seesaw
