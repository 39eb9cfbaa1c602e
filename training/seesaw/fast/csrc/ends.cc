#include "ends.h"

#include "gemm.h"
#include "mixed_pointwise.h"

namespace seesaw {

namespace {

bool always(int, int) { return true; }

}  // namespace

Stem::Stem(int channels, int size) : channels(channels), size(size), transposed(kTaps * channels) {
#ifdef __AVX512BF16__
  packed = Packed(kPadded, channels, always);
  packed_gradient = PackedGradient(kPadded, channels, always);
#endif
}

void Stem::set_weights(const float* weight) {
  for (int n = 0; n < channels; ++n) {
    for (int k = 0; k < kTaps; ++k) transposed[k * channels + n] = weight[n * kTaps + k];
  }
#ifdef __AVX512BF16__
  packed.fill([&](int k, int n) { return k < kTaps ? weight[n * kTaps + k] : 0.0f; });
#endif
}

size_t Stem::gradient_size([[maybe_unused]] bool mixed) const {
#ifdef __AVX512BF16__
  if (mixed) return packed_gradient.size();
#endif
  return static_cast<size_t>(channels) * kPadded;
}

void Stem::unload(const float* gradient, [[maybe_unused]] bool mixed, float* out) const {
  const auto put = [&](int tap, int channel, float value) {
    if (tap < kTaps) out[channel * kTaps + tap] = value;
  };
#ifdef __AVX512BF16__
  if (mixed) return packed_gradient.unload(gradient, put);
#endif
  for (int c = 0; c < channels; ++c) {
    for (int k = 0; k < kTaps; ++k) put(k, c, gradient[c * kPadded + k]);
  }
}

namespace {

// The pixels under the kernel for one output row: rows[x][(channel * 3 + ky) * 3 + kx].
void gather(const float* image, int size, int oy, float* rows) {
  const int out = size / 2;
  for (int tap = 0; tap < Stem::kTaps; ++tap) {
    const int channel = tap / 9, ky = tap / 3 % 3, kx = tap % 3;
    const int iy = 2 * oy - 1 + ky;
    float* to = rows + tap;
    if (iy < 0) {  // size is even: the kernel leaves the picture above and to the left only
      for (int x = 0; x < out; ++x) to[x * Stem::kPadded] = 0;
      continue;
    }
    const float* from = image + (static_cast<size_t>(channel) * size + iy) * size + kx - 1;
    to[0] = kx == 0 ? 0.0f : from[0];
    for (int x = 1; x < out; ++x) to[x * Stem::kPadded] = from[2 * x];
  }
}

}  // namespace

void Stem::forward(const float* images, int batch, float* y, Partials* stats) const {
  const int out = size / 2;
  stats->reset(chunk_count(batch), 2 * channels);
  for_chunks(batch, [&](int chunk, int begin, int end) {
    float* rows = scratch(0, static_cast<size_t>(out) * kPadded);
    float* sum = stats->row(chunk);
    for (int image = begin; image < end; ++image) {
      const float* from = images + static_cast<size_t>(image) * 3 * size * size;
      for (int oy = 0; oy < out; ++oy) {
        gather(from, size, oy, rows);
        multiply<true>(out, channels, kTaps, rows, kPadded, transposed.data(), channels,
                       y + (static_cast<size_t>(image) * out + oy) * out * channels, channels, sum,
                       sum + channels);
      }
    }
  });
}

void Stem::backward(const float* images, const float* dt, const float* y, const Norm& norm,
                    int batch, Partials* weight_gradient) const {
  const int out = size / 2;
  weight_gradient->reset(chunk_count(batch), gradient_size(false));
  for_chunks(batch, [&](int chunk, int begin, int end) {
    float* rows = scratch(0, static_cast<size_t>(out) * kPadded);
    float* dy = scratch(1, static_cast<size_t>(out) * channels);
    std::fill_n(rows, static_cast<size_t>(out) * kPadded, 0.0f);
    for (int image = begin; image < end; ++image) {
      const float* from = images + static_cast<size_t>(image) * 3 * size * size;
      for (int oy = 0; oy < out; ++oy) {
        gather(from, size, oy, rows);
        const size_t at = (static_cast<size_t>(image) * out + oy) * out * channels;
        for (int c = 0; c < channels; c += kLanes) {
          const Vec take = load(&norm.take[c]), pull = load(&norm.pull[c]),
                    offset = load(&norm.offset[c]);
          for (int x = 0; x < out; ++x) {
            const size_t i = at + static_cast<size_t>(x) * channels + c;
            store(dy + x * channels + c, load(dt + i) * take + (load(y + i) * pull + offset));
          }
        }
        multiply_transposed(channels, kPadded, out, dy, channels, rows, kPadded,
                            weight_gradient->row(chunk), kPadded);
      }
    }
  });
}

#ifdef __AVX512BF16__

namespace {

// As `gather`, in bfloat16.
void gather_mixed(const float* image, int size, int oy, float* rows, Bf16* to) {
  gather(image, size, oy, rows);
  for (int i = 0; i < size / 2 * Stem::kPadded; i += 2 * kLanes) {
    store_pair(to + i, load(rows + i), load(rows + i + kLanes));
  }
}

}  // namespace

void Stem::forward(const float* images, int batch, Bf16* y, Partials* stats) const {
  const int out = size / 2;
  const size_t taps = static_cast<size_t>(out) * kPadded;
  stats->reset(chunk_count(batch), 2 * channels);
  for_chunks(batch, [&](int chunk, int begin, int end) {
    const TileScope scope;
    float* rows = scratch(0, taps);
    Bf16* narrow_rows = mixed_scratch(1, out, kPadded);
    float* sum = stats->row(chunk);
    std::fill_n(rows, taps, 0.0f);
    for (int image = begin; image < end; ++image) {
      const float* from = images + static_cast<size_t>(image) * 3 * size * size;
      for (int oy = 0; oy < out; ++oy) {
        gather_mixed(from, size, oy, rows, narrow_rows);
        Bf16* to = y + (static_cast<size_t>(image) * out + oy) * out * channels;
        packed.multiply(scope, out, narrow_rows, kPadded,
                        [&](int row, int count, int column, int blocks, const float* sums) {
                          keep_products(count, blocks, sums, to + row * channels + column, channels,
                                        sum + column, sum + channels + column);
                        });
      }
    }
  });
}

void Stem::backward(const float* images, const Bf16* dt, const Bf16* y, const Norm& norm, int batch,
                    Partials* weight_gradient) const {
  const int out = size / 2, depth = whole_depths(out);
  const size_t taps = static_cast<size_t>(depth) * kPadded;
  weight_gradient->reset(chunk_count(batch), gradient_size(true));
  for_chunks(batch, [&](int chunk, int begin, int end) {
    const TileScope scope;
    float* rows = scratch(0, taps);
    Bf16* narrow_rows = mixed_scratch(1, depth, kPadded);
    Bf16* transposed_rows = mixed_scratch(2, depth, kPadded);
    Bf16* dy = mixed_scratch(3, depth, channels);
    Bf16* dy_pairs = mixed_scratch(4, depth, channels);
    std::fill_n(rows, taps, 0.0f);
    for (int image = begin; image < end; ++image) {
      const float* from = images + static_cast<size_t>(image) * 3 * size * size;
      for (int oy = 0; oy < out; ++oy) {
        gather_mixed(from, size, oy, rows, narrow_rows);
        transpose(narrow_rows, out, kPadded, depth, transposed_rows);
        const size_t at = (static_cast<size_t>(image) * out + oy) * out * channels;
        before_norm(norm, channels, out, depth, dt + at, y + at, dy, dy_pairs);
        packed_gradient.add(scope, transposed_rows, dy_pairs, depth, weight_gradient->row(chunk));
      }
    }
  });
}

#endif

template <class Number>
void GlobalDepthwise::forward(const Number* x, const Norm& norm, int batch, float* y) const {
  for_chunks(batch, [&](int, int begin, int end) {
    for (int image = begin; image < end; ++image) {
      for (int c = 0; c < channels; c += kLanes) {
        const Vec scale = load(&norm.scale[c]), shift = load(&norm.shift[c]);
        const Number* from = x + static_cast<size_t>(image) * pixels * channels + c;
        Vec total{};
        for (int p = 0; p < pixels; ++p) {
          total += swish_for<Number>(load(from + p * channels) * scale + shift) *
                   load(&weight[static_cast<size_t>(p) * channels + c]);
        }
        store(y + static_cast<size_t>(image) * channels + c, total);
      }
    }
  });
}

template <class Number>
void GlobalDepthwise::backward(const float* dy, const Number* x, const Norm& norm, int batch,
                               Number* dt, Partials* sums, Partials* weight_gradient) const {
  sums->reset(chunk_count(batch), 2 * channels);
  weight_gradient->reset(chunk_count(batch), weight.size());
  for_chunks(batch, [&](int chunk, int begin, int end) {
    float* gradient = weight_gradient->row(chunk);
    float* sum = sums->row(chunk);
    for (int image = begin; image < end; ++image) {
      for (int c = 0; c < channels; c += kLanes) {
        const Vec mean = load(&norm.mean[c]), scale = load(&norm.scale[c]),
                  beta = load(&norm.beta[c]);
        const Vec g = load(dy + static_cast<size_t>(image) * channels + c);
        const size_t at = static_cast<size_t>(image) * pixels * channels + c;
        Vec total{}, dot{};
        for (int p = 0; p < pixels; ++p) {
          const Vec centred = load(x + at + p * channels) - mean;
          const Vec u = centred * scale + beta;
          Vec slope;
          const Vec v = activate<Number>(u, &slope);
          const size_t tap = static_cast<size_t>(p) * channels + c;
          const Vec t = g * load(&weight[tap]) * slope;
          add_to(gradient + tap, g * v);
          total += t;
          dot += t * centred;
          store(dt + at + p * channels, t);
        }
        add_to(sum + c, total);
        add_to(sum + channels + c, dot);
      }
    }
  });
}

#define SEESAW_GLOBAL_DEPTHWISE(Number)                                                           \
  template void GlobalDepthwise::forward(const Number*, const Norm&, int, float*) const;          \
  template void GlobalDepthwise::backward(const float*, const Number*, const Norm&, int, Number*, \
                                          Partials*, Partials*) const;
SEESAW_GLOBAL_DEPTHWISE(float)
#ifdef __AVX512BF16__
SEESAW_GLOBAL_DEPTHWISE(Bf16)
#endif

}  // namespace seesaw
