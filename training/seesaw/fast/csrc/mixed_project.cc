#include "mixed_project.h"

#ifdef __AVX512BF16__

namespace seesaw {

namespace {

// Rows multiplied at once: with what is made of them they stay in the second-level cache.
int step_of(int pixels) { return pixels % 196 == 0 ? 196 : pixels % 49 == 0 ? 49 : pixels; }

constexpr int kFew = 32;  // rows gone through for each pair of vectors: in the first-level cache

}  // namespace

void MixedProject::forward(const Bf16* d, const Norm& norm, int batch, int pixels,
                           GateRecord* record, Bf16* p, Partials* stats) const {
  const int mid = gate.channels, out = pointwise.out_channels;
  const int step = step_of(pixels);
  stats->reset(chunk_count(batch), 2 * out);
  for_chunks(batch, [&](int chunk, int begin, int end) {
    const TileScope scope;
    float* sum = stats->row(chunk);
    Bf16* active = mixed_scratch(0, pixels, mid);  // swish(norm(d))
    Bf16* gated = mixed_scratch(1, step, mid);
    for (int image = begin; image < end; ++image) {
      const Bf16* di = d + static_cast<size_t>(image) * pixels * mid;
      float* pooled = &record->pooled[static_cast<size_t>(image) * mid];
      float* gates = &record->gates[static_cast<size_t>(image) * mid];
      std::fill_n(pooled, mid, 0.0f);
      for (int first = 0; first < pixels; first += kFew) {
        const int rows = std::min(kFew, pixels - first);
        for (int c = 0; c < mid; c += 2 * kLanes) {
          const Vec scale[2] = {load(&norm.scale[c]), load(&norm.scale[c + kLanes])},
                    shift[2] = {load(&norm.shift[c]), load(&norm.shift[c + kLanes])};
          const size_t at = static_cast<size_t>(first) * mid + c;
          Vec total[2] = {};
          for (int r = 0; r < rows; ++r) {
            const Bf16* from = di + at + r * mid;
            fetch_ahead(from + kFew * mid);
            const Vec low = swish_for<Bf16>(load(from) * scale[0] + shift[0]),
                      high = swish_for<Bf16>(load(from + kLanes) * scale[1] + shift[1]);
            total[0] += low;
            total[1] += high;
            store_pair(active + at + r * mid, low, high);
          }
          add_to(pooled + c, total[0]);
          add_to(pooled + c + kLanes, total[1]);
        }
      }
      const Vec share = splat(1.0f / static_cast<float>(pixels));
      for (int c = 0; c < mid; c += kLanes) store(pooled + c, load(pooled + c) * share);
      gate.forward(pooled, &record->before[static_cast<size_t>(image) * gate.hidden],
                   &record->after[static_cast<size_t>(image) * gate.hidden], gates);
      for (int first = 0; first < pixels; first += step) {
        for (int r = 0; r < step; ++r) {
          const Bf16* from = active + static_cast<size_t>(first + r) * mid;
          for (int c = 0; c < mid; c += 2 * kLanes) {
            store_pair(gated + r * mid + c, load(from + c) * load(gates + c),
                       load(from + c + kLanes) * load(gates + c + kLanes));
          }
        }
        const size_t base = static_cast<size_t>(image) * pixels + first;
        pointwise.forward().multiply(
            scope, step, gated, mid,
            [&](int row, int count, int column, int blocks, const float* from) {
              keep_products(count, blocks, from, p + (base + row) * out + column, out, sum + column,
                            sum + out + column);
            });
      }
    }
  });
}

void MixedProject::backward(const Bf16* dy, const Bf16* p, const Norm& out_norm, const Bf16* d,
                            const Norm& norm, int batch, int pixels, GateRecord* record, Bf16* du,
                            Partials* sums, Partials* weight_gradient,
                            Partials* slope_gradient) const {
  const int mid = gate.channels, out = pointwise.out_channels;
  const int step = step_of(pixels), depth = whole_depths(step);
  sums->reset(chunk_count(batch), 2 * mid);
  weight_gradient->reset(chunk_count(batch), pointwise.gradient_size());
  slope_gradient->reset(chunk_count(batch), gate.hidden);
  for_chunks(batch, [&](int chunk, int begin, int end) {
    const TileScope scope;
    Bf16* dp = mixed_scratch(0, depth, out);
    Bf16* dp_pairs = mixed_scratch(1, depth, out);
    Bf16* gated = mixed_scratch(2, step, mid);
    Bf16* gated_transposed = mixed_scratch(3, depth, mid);
    Bf16* slope = mixed_scratch(4, pixels, mid);    // of the activation, for the whole image
    Bf16* d_gated = mixed_scratch(5, pixels, mid);  // likewise
    float* sum = sums->row(chunk);
    for (int image = begin; image < end; ++image) {
      const size_t base = static_cast<size_t>(image) * pixels;
      const float* gates = &record->gates[static_cast<size_t>(image) * mid];
      float* dz = &record->dz[static_cast<size_t>(image) * mid];
      float* d_pooled = &record->d_pooled[static_cast<size_t>(image) * mid];
      std::fill_n(dz, mid, 0.0f);
      for (int first = 0; first < pixels; first += step) {
        before_norm(out_norm, out, step, depth, dy + (base + first) * out, p + (base + first) * out,
                    dp, dp_pairs);
        const Bf16* from = d + (base + first) * mid;
        Bf16* slopes = slope + static_cast<size_t>(first) * mid;
        for (int r = 0; r < step; ++r) {
          for (int c = 0; c < mid; c += 2 * kLanes) {
            const int at = r * mid + c;
            fetch_ahead(from + at + kFew * mid);
            Vec active[2], rise[2];
            for (int i = 0; i < 2; ++i) {
              const int k = c + i * kLanes;
              const Vec u = load(from + r * mid + k) * load(&norm.scale[k]) + load(&norm.shift[k]);
              active[i] = activate<Bf16>(u, &rise[i]) * load(gates + k);
            }
            store_pair(gated + at, active[0], active[1]);
            store_pair(slopes + at, rise[0], rise[1]);
          }
        }
        transpose(gated, step, mid, depth, gated_transposed);
        pointwise.gradient().add(scope, gated_transposed, dp_pairs, depth,
                                 weight_gradient->row(chunk));
        Bf16* d_tile = d_gated + static_cast<size_t>(first) * mid;
        pointwise.backward().multiply(
            scope, step, dp, out,
            [&](int row, int count, int column, int blocks, const float* sums_of) {
              for (int c = column; c < column + blocks * kLanes; c += kLanes, sums_of += kLanes) {
                Vec total{};
                for (int r = 0; r < count; ++r) {
                  const ptrdiff_t at = static_cast<ptrdiff_t>(row + r) * mid + c;
                  const Vec v = load(sums_of + r * kPairSide);
                  total += v * load(gated + at);
                  store(d_tile + at, v);
                }
                add_to(dz + c, total);
              }
            });
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
      for (int first = 0; first < pixels; first += kFew) {
        const int rows = std::min(kFew, pixels - first);
        for (int c = 0; c < mid; c += 2 * kLanes) {
          Vec mean[2], g[2], even[2], total[2] = {}, dot[2] = {};
          for (int i = 0; i < 2; ++i) {
            const int k = c + i * kLanes;
            mean[i] = load(&norm.mean[k]);
            g[i] = load(gates + k);
            even[i] = load(d_pooled + k) * share;
          }
          for (int r = 0; r < rows; ++r) {
            const size_t local = static_cast<size_t>(first + r) * mid + c, at = base * mid + local;
            Vec v[2];
            for (int i = 0; i < 2; ++i) {
              const int k = i * kLanes;
              v[i] = (load(d_gated + local + k) * g[i] + even[i]) * load(slope + local + k);
              total[i] += v[i];
              dot[i] += v[i] * (load(d + at + k) - mean[i]);
            }
            store_pair(du + at, v[0], v[1]);
          }
          for (int i = 0; i < 2; ++i) {
            add_to(sum + c + i * kLanes, total[i]);
            add_to(sum + mid + c + i * kLanes, dot[i]);
          }
        }
      }
    }
  });
}

}  // namespace seesaw

#endif
