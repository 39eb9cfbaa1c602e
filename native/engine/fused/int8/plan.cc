#include "engine/fused/int8/plan.h"

#include <algorithm>
#include <cmath>

#include "engine/error.h"

namespace seesaw::fused::int8 {
namespace {

/** What one step of an output channel's bytes is worth. */
float scale_of(const float* weights, int count) {
  float greatest = 0;
  for (int k = 0; k < count; ++k) {
    if (!std::isfinite(weights[k])) {
      throw Error(ErrorCode::ModelInvalid, "the weights are not finite and cannot be quantised");
    }
    greatest = std::max(greatest, std::fabs(weights[k]));
  }
  // So small a weight has no share in anything, and its scale no reciprocal.
  return greatest < 1e-30f ? 1 : greatest / 127;
}

/** Frees the weights that nobody reads, but not what the plan says about them. */
void drop_weights(fused::Packed& packed) {
  packed.data = Buffer();
  packed.panels.clear();
}

}  // namespace

Packed pack_bytes(const Linear& map, int first, int count, const InputOrder& input,
                  const Kernels& kernels) {
  // The same panels as for floats: as many sums fit the registers.
  const fused::Packed floats = fused::pack(map, first, count, input, kernels);
  const int lanes = kernels.lanes, padded = (count + lanes - 1) / lanes * lanes;
  Packed packed;
  packed.inputs = map.in;
  packed.outputs = count;
  packed.weight.resize(std::size_t(padded) * map.in);
  packed.total.resize(padded);
  packed.numbers = Buffer(std::size_t(padded) * 2);
  for (const fused::Panel& from : floats.panels) {
    const int width = from.vectors * lanes;
    std::int8_t* weight = packed.weight.data() + std::size_t(from.column) * map.in;
    std::int32_t* total = packed.total.data() + from.column;
    float* scale = packed.numbers.data() + std::size_t(from.column) * 2;
    float* bias = scale + width;
    std::copy_n(from.bias, width, bias);
    for (int j = 0; j < std::min(width, count - from.column); ++j) {
      const float* row = map.weight.data() + std::size_t(first + from.column + j) * map.in;
      scale[j] = scale_of(row, map.in);
      for (int k = 0; k < map.in; ++k) {
        const float value = from.weight[std::size_t(k) * width + j] / scale[j];
        const auto byte = static_cast<std::int8_t>(std::nearbyint(value));
        weight[(std::size_t(k / 4) * width + j) * 4 + k % 4] = byte;
        total[j] += byte;
      }
    }
    packed.panels.push_back({from.vectors, from.column, weight, total, scale, bias});
  }
  return packed;
}

bool can_quantise(const Description& net) {
  return std::all_of(net.blocks.begin(), net.blocks.end(), [](const Block& block) {
    const auto fours = [](int length) { return length % 4 == 0; };
    return fours(block.expand[0].in) && fours(block.expand[1].in) &&
           fours(projection_input(block, 0).runs.length) &&
           fours(projection_input(block, 1).runs.length) && block.in() % 16 == 0;
  });
}

std::vector<QuantisedBlock> quantise_plan(const Description& net, Plan& plan,
                                          const Kernels& kernels) {
  const auto same = [](int k) { return k; };
  std::vector<QuantisedBlock> stages;
  for (std::size_t i = 0; i < net.blocks.size(); ++i) {
    const Block& block = net.blocks[i];
    fused::PlannedBlock& from = plan.stages[i];
    QuantisedBlock stage;
    const Linear expand[] = {into_swish(block.expand[0], kernels.swish),
                             into_swish(block.expand[1], kernels.swish)};
    for (std::size_t p = 0; p < from.expansion.parts.size(); ++p) {
      ExpandPart& part = from.expansion.parts[p];
      const int range = from.expansion.range[p];
      stage.expand.push_back(pack_bytes(expand[range], part.first - range * block.expand[0].out,
                                        part.pointwise.outputs, same, kernels));
      drop_weights(part.pointwise);
    }
    for (const int which : {0, 1}) {
      Projection& projection = from.projections[which];
      stage.project[which] = pack_bytes(into_memory(block.project[which], kernels.swish), 0,
                                        block.project[which].out, projection.input.order, kernels);
      drop_weights(projection.pointwise);
    }
    stages.push_back(std::move(stage));
  }
  return stages;
}

}  // namespace seesaw::fused::int8
