#include "engine/fused/plan.h"

#include <functional>
#include <utility>

#include "engine/error.h"

namespace seesaw::fused {
namespace {

int same(int i) { return i; }

/**
 * How many channels of a range a task takes: a multiple of 16 that divides the range, such that
 * the tasks can be dealt out evenly, and that the rows between the two convolutions stay in the
 * first cache.
 */
int part_width(int channels, int lanes, int threads) {
  const int wide[] = {48, 32, 16}, even[] = {32, 48, 16};
  const auto& widths = lanes == 16 ? even : wide;
  for (const int width : widths) {
    if (channels % width == 0 && channels / width % threads == 0) return width;
  }
  for (const int width : widths) {
    if (channels % width == 0 && channels / width >= threads) return width;
  }
  return 16;
}

/** For whom everything is made. */
struct Maker {
  const Kernels& kernels;
  int threads;

  const SwishUnits& units() const { return kernels.swish; }

  /** Which channels of the input an expansion's range takes, and which of the middle it makes. */
  struct Range {
    int index, first, in_offset;
  };

  void add_parts(Expansion& expansion, const Linear& map, const Range& range,
                 const InputOrder& order, const Depthwise& depthwise,
                 const std::function<int(int)>& position) const {
    const int width = part_width(map.out, kernels.lanes, threads);
    for (int c = 0; c < map.out; c += width) {
      ExpandPart part;
      part.pointwise = pack(map, c, width, order, kernels);
      part.depthwise = pack_depthwise(depthwise, range.first + c, width, position,
                                      {units().in / units().out, units().in});
      part.in_offset = range.in_offset;
      part.first = range.first + c;
      expansion.parts.push_back(std::move(part));
      expansion.range.push_back(range.index);
    }
  }

  Expansion stem(const Description& net, bool bgr) const {
    Expansion stem;
    stem.middle = net.stem.out;
    stem.rows = kInputSize / 2;
    stem.in_pixel = 2 * 3;
    stem.in_row = 2 * kImageRow;
    stem.runs[0] = {3, kImageRow, 9};
    // The picture stays in the order of its bytes; the weights' order follows it.
    const auto order = [bgr](int k) {
      const int row = k / 9, column = k % 9 / 3, byte = k % 3;
      return (bgr ? byte : 2 - byte) * 9 + row * 3 + column;
    };
    add_parts(stem, picture_into_swish(net.stem, units()), {0, 0, 0}, order, net.stem_depthwise,
              same);
    return stem;
  }

  /** @param size width of the block's input */
  PlannedBlock stage(const Block& block, int size) const {
    PlannedBlock stage;
    stage.in = block.in();
    stage.out = block.out();
    stage.size = size / block.depthwise.stride;
    Expansion& expansion = stage.expansion;
    expansion.middle = block.middle();
    expansion.rows = size;
    expansion.stride = block.depthwise.stride;
    expansion.in_pixel = stage.in;
    expansion.in_row = std::ptrdiff_t(size) * stage.in;
    const auto position = [&block](int channel) { return shuffled(block, channel); };
    // The second range is the larger one and comes first: the longest task starts first.
    for (const int range : {1, 0}) {
      expansion.runs[range] = {1, 0, block.expand[range].in};
      add_parts(expansion, into_swish(block.expand[range], units()),
                {range, range * block.expand[0].out, range * block.expand[0].in}, same,
                block.depthwise, position);
    }
    const float mean = 1.0f / (static_cast<float>(stage.size * stage.size) * units().out);
    stage.down = pack_linear(block.down, block.slope, same, position, mean, kernels);
    stage.up = pack_linear(block.up, {}, position, same, 1, kernels);
    for (const int which : {0, 1}) {
      Projection& projection = stage.projections[which];
      projection.input = projection_input(block, which);
      projection.pointwise = pack(into_memory(block.project[which], units()), 0,
                                  block.project[which].out, projection.input.order, kernels);
      projection.column = which * block.project[0].out;
    }
    stage.shortcut = block.shortcut;
    if (block.shortcut == Shortcut::Conv || block.shortcut == Shortcut::PoolConv) {
      stage.shortcut_conv =
          pack(into_swish(block.shortcut_conv, units()), 0, stage.out, same, kernels);
    }
    return stage;
  }

  std::vector<ExpandPart> head(const Description& net) const {
    std::vector<ExpandPart> head;
    const int width = part_width(net.head.out, kernels.lanes, threads);
    const Linear map = into_swish(net.head, units());
    for (int c = 0; c < net.head.out; c += width) {
      ExpandPart part;
      part.pointwise = pack(map, c, width, same, kernels);
      part.depthwise = pack_depthwise(net.pool, c, width, same, {1 / units().out, 1});
      part.first = c;
      head.push_back(std::move(part));
    }
    return head;
  }
};

// Panels are filled up to whole vectors, so that a layer of a single channel has many times the
// numbers that the file has: what was made is counted, not what was read.

std::size_t numbers_in(const PackedLinear& linear) {
  return linear.weight.size() + linear.bias.size() + linear.slope.size();
}
std::size_t numbers_in(const std::vector<ExpandPart>& parts) {
  std::size_t sum = 0;
  for (const ExpandPart& part : parts) sum += part.pointwise.data.size() + part.depthwise.size();
  return sum;
}
std::size_t numbers_in(const PlannedBlock& stage) {
  std::size_t sum = numbers_in(stage.expansion.parts) + numbers_in(stage.down) +
                    numbers_in(stage.up) + stage.shortcut_conv.data.size();
  for (const Projection& projection : stage.projections) sum += projection.pointwise.data.size();
  return sum;
}

}  // namespace

void check_numbers(std::size_t numbers) {
  if (numbers > kMaxNumbers) {
    throw Error(ErrorCode::ModelInvalid, "the network needs more than 1 GB of memory");
  }
}

Plan make_plan(const Description& net, bool bgr, const Kernels& kernels, int threads) {
  const Maker make{kernels, threads};
  Plan plan;
  const auto count = [&plan](std::size_t numbers) { check_numbers(plan.numbers += numbers); };
  plan.stem = make.stem(net, bgr);
  count(numbers_in(plan.stem.parts));
  int size = plan.stem.rows;
  for (const Block& block : net.blocks) {
    plan.stages.push_back(make.stage(block, size));
    count(numbers_in(plan.stages.back()));
    size = plan.stages.back().size;
  }
  plan.head = make.head(net);
  plan.head_pixels = size * size;
  plan.embed = pack_linear(net.embed, {}, same, same, 1, kernels);
  count(numbers_in(plan.head) + numbers_in(plan.embed));
  return plan;
}

}  // namespace seesaw::fused
