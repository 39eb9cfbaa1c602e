#include "engine/fused/backbone.h"

#include <algorithm>
#include <mutex>

#include "engine/fused/plan.h"
#include "engine/fused/steps.h"
#include "engine/fused/team.h"
#include "engine/fused/workspace.h"

namespace seesaw::fused {
namespace {

/** Pixels as numbers, in the order of the picture's bytes. */
class Converter {
 public:
  explicit Converter(const PixelInput& input) {
    for (int i = 0; i < kRow; ++i) {
      const int byte = i % 3, channel = input.bgr ? byte : 2 - byte;
      mean_[i] = input.mean[channel];
      norm_[i] = input.norm[channel];
    }
  }

  void convert(const std::uint8_t* bgr, float* image) const {
    for (int y = 0; y < kInputSize; ++y) {
      const std::uint8_t* from = bgr + y * kRow;
      float* to = image + (y + 1) * kImageRow + 3;
      for (int i = 0; i < kRow; ++i) to[i] = (from[i] - mean_[i]) * norm_[i];
    }
  }

 private:
  static constexpr int kRow = kInputSize * 3;
  std::array<float, kRow> mean_, norm_;
};

}  // namespace

/** The order of the steps, and how a team shares them. */
class Backbone::State {
 public:
  State(const Description& net, const PixelInput& input, const Kernels& kernels,
        const TeamOptions& team)
      : kernels_(kernels),
        converter_(input),
        team_(team, 2 * static_cast<int>(net.blocks.size()) + 3),
        plan_(make_plan(net, input.bgr, kernels, team_.size())),
        space_(plan_, team_.size()),
        steps_(plan_, kernels_, space_) {}

  std::vector<float> run(const std::uint8_t* bgr) {
    const std::lock_guard<std::mutex> lock(mutex_);
    converter_.convert(bgr, space_.image.data());
    team_.run([this](int thread) { work(space_.scratch[thread]); });
    const float* embedding = space_.embedding.data();
    return {embedding, embedding + embedding_size()};
  }

  const Kernels& kernels() const { return kernels_; }
  int embedding_size() const { return plan_.embed.outputs; }

 private:
  template <typename Parts>
  static int count(const Parts& parts) {
    return static_cast<int>(parts.size());
  }

  void expand(int step, const Stage& stage, const float* in, float* out, Scratch& scratch) {
    const Expansion& expansion = stage.expansion;
    const int parts = count(expansion.parts);
    const int rows = stage.shortcut_conv.panels.empty() ? 0 : stage.size;
    team_.share(step, parts + rows, [&](int i) {
      if (i < parts) {
        steps_.expand(expansion, i, in, space_.middle.data(), scratch);
      } else {
        steps_.shortcut_row(stage, in, out, i - parts);
      }
    });
  }

  void project(int step, const Stage& stage, float* out, Scratch& scratch) {
    const int groups = stage.size * stage.size / kGroup, threads = team_.size();
    // Every thread makes the gates for itself, within its first task: once the last task is done,
    // others go on and overwrite what the gates are made of.
    bool first = true;
    if (groups < 4 * threads && threads > 1) {
      // Few pixels: the threads share the output channels.
      team_.share(step, Steps::panel_count(stage), [&](int panel) {
        if (first) steps_.squeeze_excite(stage, scratch);
        first = false;
        steps_.project_panel(stage, panel, out, scratch);
      });
      return;
    }
    // Every thread folds all weights for itself, then they share the pixels.
    const int block = threads == 1 || groups > 64 ? 8 : 2;
    team_.share(step, (groups + block - 1) / block, [&](int i) {
      if (first) {
        steps_.squeeze_excite(stage, scratch);
        steps_.fold_projections(stage, scratch);
      }
      first = false;
      const int from = i * block;
      steps_.project_groups(stage, from, std::min(block, groups - from), out, scratch);
    });
  }

  /** All of a run, on each thread of the team. */
  void work(Scratch& scratch) {
    int step = 0, current = 0;
    Buffer* const maps = space_.maps;
    team_.share(step++, count(plan_.stem.parts), [&](int part) {
      steps_.expand(plan_.stem, part, space_.image.data(), maps[0].data(), scratch);
    });
    for (const Stage& stage : plan_.stages) {
      const float* in = maps[current].data();
      // An identity's sum is formed where its input lies.
      if (stage.shortcut != Shortcut::Identity) current = 1 - current;
      float* out = maps[current].data();
      expand(step++, stage, in, out, scratch);
      project(step++, stage, out, scratch);
    }
    const float* in = maps[current].data();
    team_.share(step++, count(plan_.head), [&](int part) { steps_.head(part, in, scratch); });
    team_.share(step++, steps_.embed_parts(), [&](int part) { steps_.embed(part); });
  }

  const Kernels& kernels_;
  const Converter converter_;
  std::mutex mutex_;  // of all below, while it runs
  Team team_;
  const Plan plan_;
  Workspace space_;
  const Steps steps_;
};

bool Backbone::supports(const Description& net, const Kernels& kernels) {
  const auto whole = [&](int channels) { return channels % 16 == 0 && kernels.lanes <= 16; };
  if (!whole(net.stem.out) || !whole(net.head.out)) return false;
  return std::all_of(net.blocks.begin(), net.blocks.end(), [&](const Block& block) {
    return whole(block.expand[0].out) && whole(block.expand[1].out);
  });
}

Backbone::Backbone(const Description& net, const PixelInput& input, const Kernels& kernels,
                   const TeamOptions& team)
    : state_(std::make_unique<State>(net, input, kernels, team)) {}
Backbone::~Backbone() = default;
Backbone::Backbone(Backbone&&) noexcept = default;
Backbone& Backbone::operator=(Backbone&&) noexcept = default;

const Kernels& Backbone::kernels() const { return state_->kernels(); }
int Backbone::embedding_size() const { return state_->embedding_size(); }

std::vector<float> Backbone::run(const std::uint8_t* bgr) const { return state_->run(bgr); }

}  // namespace seesaw::fused
