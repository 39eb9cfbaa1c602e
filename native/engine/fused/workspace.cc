#include "engine/fused/workspace.h"

#include <algorithm>

namespace seesaw::fused {
namespace {

/** How many numbers each buffer must hold. */
struct Sizes {
  std::size_t first = 0, second = 0, middle = 0, pooled = 0, sums = 0, zeros = 0;
  std::size_t ring = 0, folded = 0, hidden = 0;
  std::size_t panels = 0;

  explicit Sizes(const Plan& plan) {
    for (const ExpandPart& part : plan.head) {
      most(ring, std::size_t(plan.head_pixels) * part.pointwise.outputs);
    }
    add(plan.stem);
    first = std::size_t(plan.stem.middle) * plan.stem.rows * plan.stem.rows;
    most(sums, plan.stem.middle);
    for (const PlannedBlock& stage : plan.stages) add(stage);
    most(first, second);
  }

  /** In all buffers of this many threads. */
  std::size_t total(int threads) const {
    return first + second + middle + pooled + sums + zeros +
           std::size_t(threads) * (ring + folded + hidden + sums);
  }

 private:
  static void most(std::size_t& size, std::size_t wanted) { size = std::max(size, wanted); }

  void add(const Expansion& expansion) {
    for (const ExpandPart& part : expansion.parts) {
      const std::size_t row = std::size_t(expansion.rows + 2) * part.pointwise.outputs;
      most(ring, row * ring_rows(expansion.rows, expansion.rows));
      most(zeros, row);
    }
  }

  void add(const PlannedBlock& stage) {
    add(stage.expansion);
    const std::size_t pixels = std::size_t(stage.size) * stage.size;
    most(second, pixels * stage.out);
    most(middle, pixels * stage.expansion.middle);
    if (stage.shortcut == Shortcut::PoolConv) most(pooled, pixels * stage.in);
    std::size_t both = 0;
    for (const Projection& projection : stage.projections) {
      both += projection.pointwise.data.size();
      most(panels, projection.pointwise.panels.size());
    }
    most(folded, both);
    most(hidden, stage.down.padded);
    most(sums, stage.up.padded);
  }
};

}  // namespace

Workspace::Workspace(const Plan& plan, int threads)
    : image(std::size_t(kPaddedSize) * kImageRow),
      features(plan.embed.inputs),
      embedding(plan.embed.padded) {
  const Sizes sizes(plan);
  check_numbers(plan.numbers + sizes.total(threads));
  maps[0] = Buffer(sizes.first);
  maps[1] = Buffer(sizes.second);
  middle = Buffer(sizes.middle);
  pooled = Buffer(sizes.pooled);
  sums = Buffer(sizes.sums);
  zeros = Buffer(sizes.zeros);
  for (int i = 0; i < threads; ++i) {
    scratch.push_back(
        {Buffer(sizes.ring), Buffer(sizes.folded), Buffer(sizes.hidden), Buffer(sizes.sums), {}});
    for (std::vector<Panel>& list : scratch.back().panels) list.reserve(sizes.panels);
  }
}

}  // namespace seesaw::fused
