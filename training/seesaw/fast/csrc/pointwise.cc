#include "pointwise.h"

#include <algorithm>

namespace seesaw {

namespace {

size_t size_of(const Range& r) { return static_cast<size_t>(r.depth) * r.width; }

// What a tile and a range of the module have in common; empty when depth or width is not positive.
Range common(const Range& a, const Range& b) {
  const int in = std::max(a.in, b.in), out = std::max(a.out, b.out);
  return {in, std::min(a.in + a.depth, b.in + b.depth) - in, out,
          std::min(a.out + a.width, b.out + b.width) - out};
}

// Tiles of whole vectors of outputs (of inputs, when kByInput), each as deep as the ranges that
// its vectors touch; neighbours of one depth are one tile.
template <bool kByInput>
std::vector<Tile> cover(const std::vector<Range>& ranges, int channels, size_t* total) {
  std::vector<Tile> tiles;
  *total = 0;
  for (int first = 0; first < channels; first += kLanes) {
    Range tile{0, 0, 0, 0};
    bool any = false;
    for (const Range& r : ranges) {
      const int begin = kByInput ? r.in : r.out, length = kByInput ? r.depth : r.width;
      if (begin >= first + kLanes || begin + length <= first) continue;
      if (!any) tile = r;
      any = true;
      (kByInput ? tile.width : tile.depth) =
          kByInput ? r.out + r.width - tile.out : r.in + r.depth - tile.in;
    }
    (kByInput ? tile.in : tile.out) = first;
    (kByInput ? tile.depth : tile.width) = kLanes;
    Range* last = tiles.empty() ? nullptr : &tiles.back().range;
    if (kByInput && last && last->out == tile.out && last->width == tile.width) {
      last->depth += kLanes;
    } else if (!kByInput && last && last->in == tile.in && last->depth == tile.depth) {
      last->width += kLanes;
    } else {
      tiles.push_back({tile, 0});
    }
  }
  for (Tile& tile : tiles) {
    tile.at = *total;
    *total += size_of(tile.range);
  }
  return tiles;
}

}  // namespace

void Pointwise::add_range(int depth, int width) {
  ranges.push_back({in_channels, depth, out_channels, width});
  in_channels += depth;
  out_channels += width;
  size_t total = 0;
  forward_tiles = cover<false>(ranges, out_channels, &total);
  transposed.assign(total, 0.0f);
  backward_tiles = cover<true>(ranges, in_channels, &total);
  weight.assign(total, 0.0f);
}

void Pointwise::set_weights(const std::vector<const float*>& weights,
                            const std::vector<int>& column) {
  for (size_t i = 0; i < ranges.size(); ++i) {
    const Range& r = ranges[i];
    const auto from = [&](int n) { return weights[i] + static_cast<size_t>(n - r.out) * r.depth; };
    for (const auto& [t, at] : backward_tiles) {
      const Range part = common(r, t);
      for (int n = part.out; n < part.out + part.width; ++n) {
        float* to = &weight[at + static_cast<size_t>(n - t.out) * t.depth];
        for (int k = part.in; k < part.in + part.depth; ++k)
          to[k - t.in] = from(n)[column[k] - r.in];
      }
    }
    for (const auto& [t, at] : forward_tiles) {
      const Range part = common(r, t);
      for (int n = part.out; n < part.out + part.width; ++n) {
        float* to = &transposed[at + n - t.out];
        for (int k = part.in; k < part.in + part.depth; ++k) {
          to[static_cast<size_t>(k - t.in) * t.width] = from(n)[column[k] - r.in];
        }
      }
    }
  }
}

void Pointwise::unload(const float* gradient, const std::vector<int>& column,
                       const std::vector<float*>& out) const {
  for (size_t i = 0; i < ranges.size(); ++i) {
    const Range& r = ranges[i];
    for (const auto& [t, at] : backward_tiles) {
      const Range part = common(r, t);
      for (int n = part.out; n < part.out + part.width; ++n) {
        const float* from = gradient + at + static_cast<size_t>(n - t.out) * t.depth;
        float* to = out[i] + static_cast<size_t>(n - r.out) * r.depth;
        for (int k = part.in; k < part.in + part.depth; ++k) to[column[k] - r.in] = from[k - t.in];
      }
    }
  }
}

void Pointwise::backward_input(int rows, const float* dy, float* dx) const {
  for (const auto& [t, at] : backward_tiles) {
    multiply<false>(rows, t.depth, t.width, dy + t.out, out_channels, weight.data() + at, t.depth,
                    dx + t.in, in_channels, nullptr, nullptr);
  }
}

void Pointwise::backward_weight(int rows, const float* x, const float* dy, float* gradient) const {
  for (const auto& [t, at] : backward_tiles) {
    multiply_transposed(t.width, t.depth, rows, dy + t.out, out_channels, x + t.in, in_channels,
                        gradient + at, t.depth);
  }
}

namespace {

// Rows that stay in the first-level cache together with what is made of them.
int tile_rows(const Pointwise& p) { return p.in_channels + p.out_channels > 256 ? 28 : 56; }

void read_source(const Source<float>& s, size_t first, int rows, int channels, float* x) {
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

void pointwise_forward(const Source<float>& source, const Pointwise& pointwise, int batch,
                       int pixels, float* x, float* y, Partials* stats) {
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
                        const Pointwise& pointwise, const Source<float>& source,
                        const float* residual_gradient, int batch, int pixels, float* dx,
                        Partials* sums, Partials* weight_gradient) {
  const int in = pointwise.in_channels, out = pointwise.out_channels;
  sums->reset(chunk_count(batch), 2 * in);
  weight_gradient->reset(chunk_count(batch), pointwise.gradient_size());
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
