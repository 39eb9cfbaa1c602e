#include "depthwise.h"

#include "simd.h"

namespace seesaw {

namespace {

// Channels worked on together: three padded rows of them stay in the first-level cache.
int channel_block(int channels, int size) {
  int block = channels;
  while (block > kLanes && block % (2 * kLanes) == 0 && (size + 2) * block > 2048) block /= 2;
  return block;
}

// Three rows, each with a column of zeros at both ends, addressed by row number; rows outside the
// picture are zeros.
class RowRing {
 public:
  RowRing(float* memory, int size, int block)
      : memory_(memory), length_(static_cast<size_t>(size + 2) * block), size_(size) {
    std::fill_n(memory, kRows * length_, 0.0f);
  }
  static size_t needed(int size, int block) {
    return kRows * static_cast<size_t>(size + 2) * block;
  }
  float* row(int y) const { return memory_ + (y < 0 || y >= size_ ? 3 : y % 3) * length_; }

 private:
  static constexpr int kRows = 4;
  float* memory_;
  size_t length_;
  int size_;
};

}  // namespace

template <class Number>
void Depthwise::forward(const Number* x, const Norm& norm, int batch, Number* y,
                        Partials* stats) const {
  const int out = out_size(), block = channel_block(channels, size);
  stats->reset(chunk_count(batch), 2 * channels);
  for_chunks(batch, [&](int chunk, int begin, int end) {
    float* sum = stats->row(chunk);
    RowRing ring(scratch(0, RowRing::needed(size, block)), size, block);
    for (int image = begin; image < end; ++image) {
      const Number* xi = x + static_cast<size_t>(image) * size * size * channels;
      Number* yi = y + static_cast<size_t>(image) * out * out * channels;
      for (int c0 = 0; c0 < channels; c0 += block) {
        int ready = 0;  // rows before this one are in the ring
        for (int oy = 0; oy < out; ++oy) {
          const int top = oy * stride - 1;
          for (; ready < size && ready <= top + 2; ++ready) {
            const Number* from = xi + static_cast<size_t>(ready) * size * channels + c0;
            float* to = ring.row(ready) + block;
            for (int c = 0; c < block; c += kLanes) {
              const Vec scale = load(&norm.scale[c0 + c]), shift = load(&norm.shift[c0 + c]);
              for (int i = 0; i < size; ++i) {
                const Number* at = from + static_cast<size_t>(i) * channels + c;
                fetch_ahead(at + static_cast<size_t>(size) * channels);
                store(to + i * block + c, swish_for<Number>(load(at) * scale + shift));
              }
            }
          }
          const float* rows[3] = {ring.row(top), ring.row(top + 1), ring.row(top + 2)};
          Number* to = yi + static_cast<size_t>(oy) * out * channels + c0;
          for (int c = 0; c < block; c += kLanes) {
            Vec w[9];
            for (int k = 0; k < 9; ++k) w[k] = load(&weight[k * channels + c0 + c]);
            Vec total{}, square{};
            for (int ox = 0; ox < out; ++ox) {
              const ptrdiff_t at = static_cast<ptrdiff_t>(ox) * stride * block + c;
              Vec line[3];
#pragma GCC unroll 3
              for (int k = 0; k < 3; ++k) {
                const float* p = rows[k] + at;
                line[k] = load(p) * w[3 * k] + load(p + block) * w[3 * k + 1] +
                          load(p + 2 * block) * w[3 * k + 2];
              }
              const Vec v = line[0] + line[1] + line[2];
              total += v;
              square += v * v;
              store(to + static_cast<size_t>(ox) * channels + c, v);
            }
            add_to(sum + c0 + c, total);
            add_to(sum + channels + c0 + c, square);
          }
        }
      }
    }
  });
}

namespace {

template <class Number>
struct Lane {       // one vector of channels of one row of the input
  const Number* x;  // pixels `step` apart
  Number* dt;
  size_t step;
  size_t row;  // from here to the same channels one row down

  Vec centred(int i) const {
    fetch_ahead(x + i * step + row);
    return load(x + i * step) - mean;
  }
  Vec mean, scale, beta;
};

struct Sums {  // kept apart from the pointers above: nothing that is stored can alias them
  Vec dw[9] = {};
  Vec total{}, dot{};
};

// Every input pixel meets the output gradients around it: their sum weighted by the kernel is its
// own gradient, their products with it are the kernel's.
template <class Number>
inline Sums backward_row(const Lane<Number> lane, int size, const float* const rows[3], int block,
                         const Vec* weights) {
  Sums sums;
  Vec w[9];
#pragma GCC unroll 9
  for (int k = 0; k < 9; ++k) w[k] = weights[k];
  const float *above = rows[0], *level = rows[1], *below = rows[2];
  for (int i = 0; i < size; ++i) {
    const Vec centred = lane.centred(i);
    Vec slope;
    const Vec v = activate<Number>(centred * lane.scale + lane.beta, &slope);
    Vec line[3];
#pragma GCC unroll 3
    for (int ky = 0; ky < 3; ++ky) {
      // Output pixel (y + 1 - ky, x + 1 - kx) used this input pixel with weight (ky, kx).
      const float* p = (ky == 0 ? below : ky == 1 ? level : above) + i * block;
      const Vec g0 = load(p + 2 * block), g1 = load(p + block), g2 = load(p);
      line[ky] = g0 * w[3 * ky] + g1 * w[3 * ky + 1] + g2 * w[3 * ky + 2];
      sums.dw[3 * ky] += v * g0;
      sums.dw[3 * ky + 1] += v * g1;
      sums.dw[3 * ky + 2] += v * g2;
    }
    const Vec gradient = (line[0] + line[1] + line[2]) * slope;
    sums.total += gradient;
    sums.dot += gradient * centred;
    store(lane.dt + i * lane.step, gradient);
  }
  return sums;
}

// Stride 2. An even input row meets one output row (weights of the middle line), an odd one two;
// columns alike. `near` is the output row y/2, `far` the next one.
template <bool kOdd, class Number>
inline Sums backward_row_strided(const Lane<Number> lane, int out, const float* near,
                                 const float* far, int block, const Vec* w) {
  Sums sums;
  const auto finish = [&](int i, Vec gradient, Vec centred) {
    sums.total += gradient;
    sums.dot += gradient * centred;
    store(lane.dt + i * lane.step, gradient);
  };
  for (int o = 0; o < out; ++o) {
    const int at = (o + 1) * block;
    const Vec n0 = load(near + at), n1 = load(near + at + block);
    Vec slope, centred = lane.centred(2 * o);
    Vec v = activate<Number>(centred * lane.scale + lane.beta, &slope);
    if (kOdd) {
      const Vec f0 = load(far + at), f1 = load(far + at + block);
      finish(2 * o, (n0 * w[7] + f0 * w[1]) * slope, centred);
      sums.dw[7] += v * n0;
      sums.dw[1] += v * f0;
      centred = lane.centred(2 * o + 1);
      v = activate<Number>(centred * lane.scale + lane.beta, &slope);
      finish(2 * o + 1, (n0 * w[8] + n1 * w[6] + f0 * w[2] + f1 * w[0]) * slope, centred);
      sums.dw[8] += v * n0;
      sums.dw[6] += v * n1;
      sums.dw[2] += v * f0;
      sums.dw[0] += v * f1;
    } else {
      finish(2 * o, n0 * w[4] * slope, centred);
      sums.dw[4] += v * n0;
      centred = lane.centred(2 * o + 1);
      v = activate<Number>(centred * lane.scale + lane.beta, &slope);
      finish(2 * o + 1, (n0 * w[5] + n1 * w[3]) * slope, centred);
      sums.dw[5] += v * n0;
      sums.dw[3] += v * n1;
    }
  }
  return sums;
}

}  // namespace

template <class Number>
void Depthwise::backward(const Number* du, const Number* y, const Norm& out_norm, const Number* x,
                         const Norm& norm, int batch, Number* dt, Partials* sums,
                         Partials* weight_gradient) const {
  const int out = out_size(), block = channel_block(channels, out);
  sums->reset(chunk_count(batch), 2 * channels);
  weight_gradient->reset(chunk_count(batch), 9 * channels);
  for_chunks(batch, [&](int chunk, int begin, int end) {
    float* sum = sums->row(chunk);
    float* gradient = weight_gradient->row(chunk);
    RowRing ring(scratch(0, RowRing::needed(out, block)), out, block);
    for (int image = begin; image < end; ++image) {
      const size_t in_at = static_cast<size_t>(image) * size * size * channels;
      const size_t out_at = static_cast<size_t>(image) * out * out * channels;
      for (int c0 = 0; c0 < channels; c0 += block) {
        int ready = 0;
        for (int iy = 0; iy < size; ++iy) {
          const int oy = iy / stride;  // the output row level with this input row
          for (; ready < out && ready <= oy + 1; ++ready) {
            const size_t row = out_at + static_cast<size_t>(ready) * out * channels + c0;
            float* to = ring.row(ready) + block;
            for (int c = 0; c < block; c += kLanes) {
              const Vec take = load(&out_norm.take[c0 + c]), pull = load(&out_norm.pull[c0 + c]),
                        offset = load(&out_norm.offset[c0 + c]);
              for (int i = 0; i < out; ++i) {
                const size_t at = row + static_cast<size_t>(i) * channels + c;
                fetch_ahead(du + at + static_cast<size_t>(out) * channels);
                fetch_ahead(y + at + static_cast<size_t>(out) * channels);
                store(to + i * block + c, load(du + at) * take + (load(y + at) * pull + offset));
              }
            }
          }
          const float* rows[3] = {ring.row(oy - 1), ring.row(oy), ring.row(oy + 1)};
          for (int c = 0; c < block; c += kLanes) {
            const int channel = c0 + c;
            const size_t row = in_at + static_cast<size_t>(iy) * size * channels + channel;
            const Lane<Number> lane{x + row,
                                    dt + row,
                                    static_cast<size_t>(channels),
                                    static_cast<size_t>(size) * channels,
                                    load(&norm.mean[channel]),
                                    load(&norm.scale[channel]),
                                    load(&norm.beta[channel])};
            Vec w[9];
            for (int k = 0; k < 9; ++k) w[k] = load(&weight[k * channels + channel]);
            Sums got;
            if (stride == 1) {
              const float* shifted[3] = {rows[0] + c, rows[1] + c, rows[2] + c};
              got = backward_row(lane, size, shifted, block, w);
            } else if (iy % 2) {
              got = backward_row_strided<true>(lane, out, rows[1] + c, rows[2] + c, block, w);
            } else {
              got = backward_row_strided<false>(lane, out, rows[1] + c, rows[2] + c, block, w);
            }
            for (int k = 0; k < 9; ++k) add_to(gradient + k * channels + channel, got.dw[k]);
            add_to(sum + channel, got.total);
            add_to(sum + channels + channel, got.dot);
          }
        }
      }
    }
  });
}

#define SEESAW_DEPTHWISE(Number)                                                               \
  template void Depthwise::forward(const Number*, const Norm&, int, Number*, Partials*) const; \
  template void Depthwise::backward(const Number*, const Number*, const Norm&, const Number*,  \
                                    const Norm&, int, Number*, Partials*, Partials*) const;
SEESAW_DEPTHWISE(float)
#ifdef __AVX512BF16__
SEESAW_DEPTHWISE(Bf16)
#endif

}  // namespace seesaw
