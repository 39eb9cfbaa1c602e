#include "engine/fused/backbone.h"

#include <algorithm>
#include <mutex>
#include <optional>
#include <utility>

#include "engine/fused/int8/steps.h"
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
  /** @param bytes what computes blocks in bytes, or null where all is of floats */
  State(const Description& net, const PixelInput& input, const Kernels& kernels,
        const int8::Int8Kernels* bytes, const TeamOptions& team)
      : kernels_(kernels),
        converter_(input),
        team_(team, (bytes ? 3 : 2) * static_cast<int>(net.blocks.size()) + 3),
        plan_(make_plan(net, input.bgr, kernels, team_.size())),
        quantised_(bytes ? int8::quantise_plan(net, plan_, kernels)
                         : std::vector<int8::QuantisedBlock>()),
        space_(plan_, team_.size()),
        steps_(plan_, kernels_, space_) {
    if (!bytes) return;
    bytes_.emplace(plan_, std::move(quantised_), *bytes, space_);
    for (int i = 0; i < team_.size(); ++i) locals_.push_back(bytes_->make_local());
  }

  std::vector<float> run(const std::uint8_t* bgr) {
    const std::lock_guard<std::mutex> lock(mutex_);
    converter_.convert(bgr, space_.image.data());
    team_.run([this](int thread) { work(thread); });
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

  void expand(int step, const PlannedBlock& stage, const float* in, float* out, Scratch& scratch) {
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

  void project(int step, const PlannedBlock& stage, float* out, Scratch& scratch) {
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

  /** The input of a block as bytes. */
  void quantise(int step, int index, const float* in, int8::Local& local) {
    bool first = true;
    team_.share(step, plan_.stages[index].expansion.rows, [&](int row) {
      if (first) bytes_->find_input_levels(index, in, local);
      first = false;
      bytes_->quantise_row(index, row, in, local);
    });
  }

  void expand_bytes(int step, int index, const float* in, float* out, Scratch& scratch) {
    const PlannedBlock& stage = plan_.stages[index];
    const int parts = count(stage.expansion.parts);
    const int rows = stage.shortcut_conv.panels.empty() ? 0 : stage.size;
    team_.share(step, parts + rows, [&](int i) {
      if (i < parts) {
        bytes_->expand(index, i, space_.middle.data(), scratch);
      } else {
        steps_.shortcut_row(stage, in, out, i - parts);
      }
    });
  }

  void project_bytes(int step, int index, float* out, Scratch& scratch, int8::Local& local) {
    const PlannedBlock& stage = plan_.stages[index];
    const int groups = stage.size * stage.size / kGroup, threads = team_.size();
    // As in project(): by channels where there are few pixels.
    const bool by_channels = groups < 4 * threads && threads > 1;
    const int block = threads == 1 || groups > 64 ? 8 : 2;
    bool first = true;
    team_.share(step, by_channels ? bytes_->panel_count(index) : (groups + block - 1) / block,
                [&](int i) {
                  if (first) {
                    steps_.squeeze_excite(stage, scratch);
                    bytes_->find_middle_levels(index, scratch, local);
                    if (by_channels) bytes_->quantise_middle(index, 0, groups, local);
                  }
                  first = false;
                  if (by_channels) return bytes_->project_panel(index, i, out, local);
                  const int from = i * block, some = std::min(block, groups - from);
                  bytes_->quantise_middle(index, from, some, local);
                  bytes_->project_groups(index, from, some, out, local);
                });
  }

  /** All of a run, on each thread of the team. */
  void work(int thread) {
    Scratch& scratch = space_.scratch[thread];
    int step = 0, current = 0;
    Buffer* const maps = space_.maps;
    team_.share(step++, count(plan_.stem.parts), [&](int part) {
      steps_.expand(plan_.stem, part, space_.image.data(), maps[0].data(), scratch);
    });
    for (const PlannedBlock& stage : plan_.stages) {
      const float* in = maps[current].data();
      // An identity's sum is formed where its input lies.
      if (stage.shortcut != Shortcut::Identity) current = 1 - current;
      float* out = maps[current].data();
      if (bytes_) {
        const int index = static_cast<int>(&stage - plan_.stages.data());
        quantise(step++, index, in, locals_[thread]);
        expand_bytes(step++, index, in, out, scratch);
        project_bytes(step++, index, out, scratch, locals_[thread]);
      } else {
        expand(step++, stage, in, out, scratch);
        project(step++, stage, out, scratch);
      }
    }
    const float* in = maps[current].data();
    team_.share(step++, count(plan_.head), [&](int part) { steps_.head(part, in, scratch); });
    team_.share(step++, steps_.embed_parts(), [&](int part) { steps_.embed(part); });
  }

  const Kernels& kernels_;
  const Converter converter_;
  std::mutex mutex_;  // of all below, while it runs
  Team team_;
  Plan plan_;
  std::vector<int8::QuantisedBlock> quantised_;  // until bytes_ has it
  Workspace space_;
  const Steps steps_;
  std::optional<int8::Steps> bytes_;
  std::vector<int8::Local> locals_;  // one a thread
};

bool Backbone::supports(const Description& net, const int8::Int8Kernels& kernels) {
  return supports(net, *kernels.floats) && int8::can_quantise(net);
}

bool Backbone::supports(const Description& net, const Kernels& kernels) {
  const auto whole = [&](int channels) { return channels % 16 == 0 && kernels.lanes <= 16; };
  if (!whole(net.stem.out) || !whole(net.head.out)) return false;
  return std::all_of(net.blocks.begin(), net.blocks.end(), [&](const Block& block) {
    return whole(block.expand[0].out) && whole(block.expand[1].out);
  });
}

Backbone::Backbone(const Description& net, const PixelInput& input, const Kernels& kernels,
                   const TeamOptions& team)
    : state_(std::make_unique<State>(net, input, kernels, nullptr, team)) {}
Backbone::Backbone(const Description& net, const PixelInput& input,
                   const int8::Int8Kernels& kernels, const TeamOptions& team)
    : state_(std::make_unique<State>(net, input, *kernels.floats, &kernels, team)) {}
Backbone::~Backbone() = default;
Backbone::Backbone(Backbone&&) noexcept = default;
Backbone& Backbone::operator=(Backbone&&) noexcept = default;

const Kernels& Backbone::kernels() const { return state_->kernels(); }
int Backbone::embedding_size() const { return state_->embedding_size(); }

std::vector<float> Backbone::run(const std::uint8_t* bgr) const { return state_->run(bgr); }

}  // namespace seesaw::fused
