#include "ends.h"

#include "gemm.h"

namespace seesaw {

void Stem::set_weights(const float* weight) {
  for (int n = 0; n < channels; ++n) {
    for (int k = 0; k < kTaps; ++k) transposed[k * channels + n] = weight[n * kTaps + k];
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
  weight_gradient->reset(chunk_count(batch), static_cast<size_t>(channels) * kPadded);
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

void GlobalDepthwise::forward(const float* x, const Norm& norm, int batch, float* y) const {
  for_chunks(batch, [&](int, int begin, int end) {
    for (int image = begin; image < end; ++image) {
      for (int c = 0; c < channels; c += kLanes) {
        const Vec scale = load(&norm.scale[c]), shift = load(&norm.shift[c]);
        const float* from = x + static_cast<size_t>(image) * pixels * channels + c;
        Vec total{};
        for (int p = 0; p < pixels; ++p) {
          total += swish(load(from + p * channels) * scale + shift) *
                   load(&weight[static_cast<size_t>(p) * channels + c]);
        }
        store(y + static_cast<size_t>(image) * channels + c, total);
      }
    }
  });
}

void GlobalDepthwise::backward(const float* dy, const float* x, const Norm& norm, int batch,
                               float* dt, Partials* sums, Partials* weight_gradient) const {
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
          const Vec s = sigmoid(u), v = u * s;
          const size_t tap = static_cast<size_t>(p) * channels + c;
          const Vec t = g * load(&weight[tap]) * (s + v * (splat(1.0f) - s));
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

}  // namespace seesaw
