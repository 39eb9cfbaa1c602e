#include "engine/fused/pack.h"

#include <algorithm>

namespace seesaw::fused {
namespace {

/** How many vectors wide the next panel is when `left` vectors are to be covered. */
int next_width(int left, const int* widths) {
  for (const int* w = widths; *w > 1; ++w) {
    if (left % *w == 0) return *w;
  }
  // Without a remainder of one, if it can be helped.
  for (const int* w = widths; *w > 1; ++w) {
    if (*w <= left && left - *w != 1) return *w;
  }
  return 1;
}

Linear scaled(const Linear& map, float weight, float bias) {
  Linear result = map;
  for (float& w : result.weight) w *= weight;
  for (float& b : result.bias) b *= bias;
  return result;
}

}  // namespace

Linear picture_into_swish(const Linear& map, const SwishUnits& units) {
  return scaled(map, units.in, units.in);
}

Linear into_swish(const Linear& map, const SwishUnits& units) {
  return scaled(map, units.in / units.out, units.in);
}

Linear into_memory(const Linear& map, const SwishUnits& units) { return scaled(map, 1, units.out); }

std::size_t Packed::largest_panel(int lanes) const {
  std::size_t largest = 0;
  for (const Panel& panel : panels) {
    largest = std::max(largest, std::size_t(inputs) * panel.vectors * lanes);
  }
  return largest;
}

Packed pack(const Linear& map, int first, int count, const InputOrder& input,
            const Kernels& kernels) {
  const int lanes = kernels.lanes, vectors = (count + lanes - 1) / lanes;
  Packed packed;
  packed.inputs = map.in;
  packed.outputs = count;
  packed.data = Buffer(std::size_t(vectors) * lanes * (map.in + 1));
  float* at = packed.data.data();
  for (int v = 0; v < vectors;) {
    Panel panel;
    panel.vectors = next_width(vectors - v, kernels.widths);
    panel.column = v * lanes;
    const int width = panel.vectors * lanes;
    panel.bias = at;
    for (int j = 0; j < width; ++j) {
      const int column = panel.column + j;
      at[j] = column < count ? map.bias[first + column] : 0;
    }
    at += width;
    panel.weight = at;
    for (int k = 0; k < map.in; ++k, at += width) {
      for (int j = 0; j < width && panel.column + j < count; ++j) {
        at[j] = map.weight[std::size_t(first + panel.column + j) * map.in + input(k)];
      }
    }
    packed.panels.push_back(panel);
    v += panel.vectors;
  }
  return packed;
}

int shuffled(const Block& block, int channel) {
  if (!block.shuffle) return channel;
  const int half = block.middle() / 2;
  return channel % half * 2 + channel / half;
}

ProjectionInput projection_input(const Block& block, int which) {
  const int first = which == 0 ? 0 : block.project[0].in;
  const int count = block.project[which].in;
  ProjectionInput input;
  if (!block.shuffle) {
    input.offset = first;
    input.runs = {1, 0, count};
    input.order = [](int k) { return k; };
    return input;
  }
  // Positions 2 i and 2 i + 1 after the shuffle are channel i of the first and the second half.
  const int length = count / 2;
  input.offset = first / 2;
  input.runs = {2, block.middle() / 2, length};
  input.order = [length](int k) { return k % length * 2 + k / length; };
  return input;
}

Buffer pack_depthwise(const Depthwise& depthwise, int first, int count,
                      const std::function<int(int)>& position, const Factors& factors) {
  const int taps = depthwise.kernel * depthwise.kernel;
  Buffer packed(std::size_t(taps + 1) * count);
  for (int c = 0; c < count; ++c) {
    const int from = position(first + c);
    for (int t = 0; t < taps; ++t) {
      packed[std::size_t(t) * count + c] =
          depthwise.weight[std::size_t(from) * taps + t] * factors.weight;
    }
    packed[std::size_t(taps) * count + c] = depthwise.bias[from] * factors.bias;
  }
  return packed;
}

PackedLinear pack_linear(const Linear& map, const std::vector<float>& slope,
                         const std::function<int(int)>& output,
                         const std::function<int(int)>& input, float scale,
                         const Kernels& kernels) {
  const int width = kLinearVectors * kernels.lanes;
  PackedLinear packed;
  packed.inputs = map.in;
  packed.outputs = map.out;
  packed.padded = (map.out + width - 1) / width * width;
  packed.weight = Buffer(std::size_t(packed.padded) * map.in);
  packed.bias = Buffer(packed.padded);
  packed.slope = Buffer(packed.padded);
  for (int j = 0; j < map.out; ++j) {
    const int row = output(j);
    float* panel = packed.weight.data() + std::size_t(j / width) * width * map.in + j % width;
    for (int k = 0; k < map.in; ++k) {
      panel[std::size_t(k) * width] = map.weight[std::size_t(row) * map.in + input(k)] * scale;
    }
    packed.bias[j] = map.bias[row];
    if (!slope.empty()) packed.slope[j] = slope[row];
  }
  return packed;
}

}  // namespace seesaw::fused
