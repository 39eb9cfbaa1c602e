#include "engine/fused/backbone.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <numeric>
#include <utility>

#include "engine/fused/pack.h"
#include "engine/fused/team.h"

namespace seesaw::fused {
namespace {

constexpr int kPadded = kInputSize + 1;  // a row or column of zeros above and left of the picture
constexpr int kImageRow = kPadded * 3;

int same(int i) { return i; }

/** A part of the channels of an expansion and its depthwise convolution: one task. */
struct ExpandPart {
  Packed pointwise;
  Buffer depthwise;  // [9][channels], then the biases
  int in_offset = 0;
  int first = 0;  // channel of the middle
};

/** A convolution with swish followed by a depthwise one with swish. */
struct Expansion {
  std::vector<ExpandPart> parts;  // the longest first
  Runs runs[2];                   // of each range's inputs
  std::vector<int> range;         // of each part
  int middle = 0, rows = 0, stride = 1;
  std::ptrdiff_t in_pixel = 0, in_row = 0;
};

struct Projection {
  ProjectionInput input;
  Packed pointwise;
  int column = 0;  // the first output channel
};

struct Stage {
  Expansion expansion;
  PackedLinear down, up;
  std::array<Projection, 2> projections;
  Shortcut shortcut = Shortcut::None;
  Packed shortcut_conv;
  int in = 0, out = 0, size = 0;  // channels; width of the result
};

/** What a thread has for itself. */
struct Scratch {
  Buffer ring, folded, hidden, gates;
  std::array<std::vector<Panel>, 2> panels;  // of `folded`
};

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

}  // namespace

class Backbone::State {
 public:
  State(const Description& net, const PixelInput& input, const Kernels& kernels, int threads)
      : kernels_(kernels), team_(threads) {
    prepare_input(net, input);
    int size = kInputSize / 2;
    for (const Block& block : net.blocks) {
      stages_.push_back(stage(block, size));
      size = stages_.back().size;
    }
    prepare_head(net, size);
    prepare_memory();
  }

  std::vector<float> run(const std::uint8_t* bgr) {
    const std::lock_guard<std::mutex> lock(mutex_);
    convert(bgr);
    for (std::atomic<int>& ticket : tickets_) ticket.store(0, std::memory_order_relaxed);
    team_.run([this](int thread) { work(thread); });
    return {embedding_.data(), embedding_.data() + embed_.outputs};
  }

  const Kernels& kernels() const { return kernels_; }
  int embedding_size() const { return embed_.outputs; }

 private:
  // --- at load -------------------------------------------------------------------------------

  void add_parts(Expansion& expansion, const Linear& map, int range, int first, int in_offset,
                 const InputOrder& order, const Depthwise& depthwise,
                 const std::function<int(int)>& position) {
    const int width = part_width(map.out, kernels_.lanes, team_.size());
    for (int c = 0; c < map.out; c += width) {
      ExpandPart part;
      part.pointwise = pack(map, c, width, order, kernels_);
      part.depthwise = pack_depthwise(depthwise, first + c, width, position);
      part.in_offset = in_offset;
      part.first = first + c;
      expansion.parts.push_back(std::move(part));
      expansion.range.push_back(range);
    }
  }

  void prepare_input(const Description& net, const PixelInput& input) {
    // The picture stays in the order of its bytes; the weights' order follows it.
    for (int x = 0; x < kInputSize; ++x) {
      for (int byte = 0; byte < 3; ++byte) {
        const int channel = input.bgr ? byte : 2 - byte;
        mean_[x * 3 + byte] = input.mean[channel];
        norm_[x * 3 + byte] = input.norm[channel];
      }
    }
    stem_.middle = net.stem.out;
    stem_.rows = kInputSize / 2;
    stem_.in_pixel = 2 * 3;
    stem_.in_row = 2 * kImageRow;
    stem_.runs[0] = {3, kImageRow, 9};
    const auto order = [&input](int k) {
      const int row = k / 9, column = k % 9 / 3, byte = k % 3;
      return (input.bgr ? byte : 2 - byte) * 9 + row * 3 + column;
    };
    add_parts(stem_, net.stem, 0, 0, 0, order, net.stem_depthwise, same);
  }

  Stage stage(const Block& block, int size) {
    Stage stage;
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
      add_parts(expansion, block.expand[range], range, range * block.expand[0].out,
                range * block.expand[0].in, same, block.depthwise, position);
    }
    const float mean = 1.0f / static_cast<float>(stage.size * stage.size);
    stage.down = pack_linear(block.down, block.slope, same, position, mean, kernels_);
    stage.up = pack_linear(block.up, {}, position, same, 1, kernels_);
    for (const int which : {0, 1}) {
      Projection& projection = stage.projections[which];
      projection.input = projection_input(block, which);
      projection.pointwise =
          pack(block.project[which], 0, block.project[which].out, projection.input.order, kernels_);
      projection.column = which * block.project[0].out;
    }
    stage.shortcut = block.shortcut;
    if (block.shortcut == Shortcut::Conv || block.shortcut == Shortcut::PoolConv) {
      stage.shortcut_conv = pack(block.shortcut_conv, 0, stage.out, same, kernels_);
    }
    return stage;
  }

  void prepare_head(const Description& net, int size) {
    const int width = part_width(net.head.out, kernels_.lanes, team_.size());
    for (int c = 0; c < net.head.out; c += width) {
      ExpandPart part;
      part.pointwise = pack(net.head, c, width, same, kernels_);
      part.depthwise = pack_depthwise(net.pool, c, width, same);
      part.first = c;
      head_.push_back(std::move(part));
    }
    head_pixels_ = size * size;
    embed_ = pack_linear(net.embed, {}, same, same, 1, kernels_);
  }

  void prepare_memory() {
    image_ = Buffer(std::size_t(kPadded) * kImageRow);
    std::size_t map = std::size_t(stem_.middle) * stem_.rows * stem_.rows, other = 0, middle = 0;
    std::size_t ring = std::size_t(head_pixels_) * 48, zeros = 0, folded = 0, hidden = 0;
    std::size_t panels = 0;
    const auto expand = [&](const Expansion& e) {
      for (const ExpandPart& part : e.parts) {
        const std::size_t row = std::size_t(e.rows + 2) * part.pointwise.outputs;
        ring = std::max(ring, row * ring_rows(e.rows, e.rows));
        zeros = std::max(zeros, row);
      }
    };
    expand(stem_);
    for (const Stage& s : stages_) {
      expand(s.expansion);
      const std::size_t pixels = std::size_t(s.size) * s.size;
      other = std::max(other, pixels * s.out);
      middle = std::max(middle, pixels * s.expansion.middle);
      if (s.shortcut == Shortcut::PoolConv) pooled_ = std::max(pooled_, pixels * s.in);
      folded = std::max(
          folded, s.projections[0].pointwise.data.size() + s.projections[1].pointwise.data.size());
      for (const Projection& p : s.projections)
        panels = std::max(panels, p.pointwise.panels.size());
      hidden = std::max<std::size_t>(hidden, s.down.padded);
      sum_count_ = std::max<std::size_t>(sum_count_, s.up.padded);
    }
    sum_count_ = std::max<std::size_t>(sum_count_, stem_.middle);
    maps_[0] = Buffer(std::max(map, other));
    maps_[1] = Buffer(other);
    middle_ = Buffer(middle);
    pool_map_ = Buffer(pooled_);
    sums_ = Buffer(sum_count_);
    zeros_ = Buffer(zeros);
    for (int i = 0; i < team_.size(); ++i) {
      scratch_.push_back({Buffer(ring), Buffer(folded), Buffer(hidden), Buffer(sum_count_), {}});
      for (std::vector<Panel>& list : scratch_.back().panels) list.reserve(panels);
    }
    features_ = Buffer(embed_.inputs);
    embedding_ = Buffer(embed_.padded);
    tickets_ = std::vector<std::atomic<int>>(3 * stages_.size() + 3);
  }

  // --- at work -------------------------------------------------------------------------------

  void convert(const std::uint8_t* bgr) {
    constexpr int kRow = kInputSize * 3;
    for (int y = 0; y < kInputSize; ++y) {
      const std::uint8_t* from = bgr + y * kRow;
      float* to = image_.data() + (y + 1) * kImageRow + 3;
      for (int i = 0; i < kRow; ++i) to[i] = (from[i] - mean_[i]) * norm_[i];
    }
  }

  /** Deals out the numbers from 0 to count - 1. */
  template <typename Task>
  void deal(int& phase, int count, const Task& task) {
    std::atomic<int>& ticket = tickets_[phase++];
    if (team_.size() == 1) {
      for (int i = 0; i < count; ++i) task(i);
      return;
    }
    for (int i; (i = ticket.fetch_add(1, std::memory_order_relaxed)) < count;) task(i);
  }

  void expand(const Expansion& e, const ExpandPart& part, int range, const float* in, float* out,
              Scratch& scratch) {
    ExpandDepthwiseJob job;
    job.in = in + part.in_offset;
    job.in_pixel = e.in_pixel;
    job.in_row = e.in_row;
    job.runs = e.runs[range];
    job.rows = job.columns = e.rows;
    job.panels = part.pointwise.panels.data();
    job.panel_count = static_cast<int>(part.pointwise.panels.size());
    job.channels = part.pointwise.outputs;
    job.weight = part.depthwise.data();
    job.bias = job.weight + 9 * job.channels;
    job.stride = e.stride;
    job.out = out + part.first;
    job.out_pixel = e.middle;
    job.sums = sums_.data() + part.first;
    job.ring = scratch.ring.data();
    job.zeros = zeros_.data();
    kernels_.expand_depthwise(job);
  }

  void squeeze_excite(const Stage& stage, Scratch& scratch) {
    LinearJob job;
    job.in = sums_.data();
    job.inputs = stage.down.inputs;
    job.outputs = stage.down.outputs;
    job.weight = stage.down.weight.data();
    job.bias = stage.down.bias.data();
    job.slope = stage.down.slope.data();
    job.activation = Activation::PReLU;
    job.out = scratch.hidden.data();
    kernels_.linear(job);
    job.in = scratch.hidden.data();
    job.inputs = stage.up.inputs;
    job.outputs = stage.up.outputs;
    job.weight = stage.up.weight.data();
    job.bias = stage.up.bias.data();
    job.activation = Activation::Sigmoid;
    job.out = scratch.gates.data();
    kernels_.linear(job);
  }

  PointwiseJob projection_job(const Stage& stage, const Projection& projection, float* out) const {
    PointwiseJob job;
    job.in = middle_.data() + projection.input.offset;
    job.in_pixel = stage.expansion.middle;
    job.out = out + projection.column;
    job.out_pixel = stage.out;
    job.groups = stage.size * stage.size / kGroup;
    job.runs = projection.input.runs;
    job.channels = projection.pointwise.outputs;
    job.store = stage.shortcut == Shortcut::None ? Store::Linear : Store::Add;
    return job;
  }

  /** The panel with its weights times the gates of their inputs, in `to`. */
  Panel fold(const Projection& projection, const Panel& panel, const Scratch& scratch,
             float* to) const {
    Panel folded = panel;
    kernels_.scale_rows(panel.weight, projection.input.runs,
                        scratch.gates.data() + projection.input.offset,
                        panel.vectors * kernels_.lanes, to);
    folded.weight = to;
    return folded;
  }

  void project(const Stage& stage, int& phase, float* out, Scratch& scratch) {
    const int groups = stage.size * stage.size / kGroup;
    if (groups < 4 * team_.size() && team_.size() > 1) {
      // Few pixels: the threads share the output channels.
      const int first = static_cast<int>(stage.projections[0].pointwise.panels.size());
      const int second = static_cast<int>(stage.projections[1].pointwise.panels.size());
      deal(phase, first + second, [&](int i) {
        const bool later = i < second;  // the larger ones go first
        const Projection& projection = stage.projections[later ? 1 : 0];
        const Panel& panel = projection.pointwise.panels[later ? i : i - second];
        const Panel folded = fold(projection, panel, scratch, scratch.folded.data());
        PointwiseJob job = projection_job(stage, projection, out);
        job.panels = &folded;
        job.panel_count = 1;
        kernels_.pointwise(job);
      });
      return;
    }
    // Every thread folds all weights for itself, then they share the pixels.
    auto& panels = scratch.panels;
    float* to = scratch.folded.data();
    for (const int which : {0, 1}) {
      const Projection& projection = stage.projections[which];
      panels[which].clear();  // what it takes is reserved: nothing may throw on a worker
      for (const Panel& panel : projection.pointwise.panels) {
        panels[which].push_back(fold(projection, panel, scratch, to));
        to += std::size_t(projection.pointwise.inputs) * panel.vectors * kernels_.lanes;
      }
    }
    const int block = team_.size() == 1 || groups > 64 ? 8 : 2;
    deal(phase, (groups + block - 1) / block, [&](int i) {
      const int from = i * block;
      for (const int which : {0, 1}) {
        PointwiseJob job = projection_job(stage, stage.projections[which], out);
        job.in += from * kGroup * job.in_pixel;
        job.out += from * kGroup * job.out_pixel;
        job.groups = std::min(block, groups - from);
        job.panels = panels[which].data();
        job.panel_count = static_cast<int>(panels[which].size());
        kernels_.pointwise(job);
      }
    });
  }

  /** The maxima of 2 x 2 pixels. */
  void pool(const Stage& stage, const float* in, int row) {
    const std::ptrdiff_t channels = stage.in, width = std::ptrdiff_t(stage.expansion.rows);
    for (int x = 0; x < stage.size; ++x) {
      const float* a = in + (2 * row * width + 2 * x) * channels;
      const float* b = a + width * channels;
      float* to = pool_map_.data() + (std::ptrdiff_t(row) * stage.size + x) * channels;
      for (int c = 0; c < channels; ++c) {
        to[c] = std::max(std::max(a[c], a[c + channels]), std::max(b[c], b[c + channels]));
      }
    }
  }

  /** One row of the shortcut of a block that halves the resolution, written to `out`. */
  void shortcut_row(const Stage& stage, const float* in, float* out, int row) {
    PointwiseJob job;
    if (stage.shortcut == Shortcut::PoolConv) {
      pool(stage, in, row);
      job.in = pool_map_.data() + std::ptrdiff_t(row) * stage.size * stage.in;
      job.in_pixel = stage.in;
    } else {
      job.in = in + std::ptrdiff_t(2) * row * stage.expansion.rows * stage.in;
      job.in_pixel = std::ptrdiff_t(2) * stage.in;
    }
    job.out = out + std::ptrdiff_t(row) * stage.size * stage.out;
    job.out_pixel = stage.out;
    job.groups = stage.size / kGroup;
    job.runs = {1, 0, stage.in};
    job.panels = stage.shortcut_conv.panels.data();
    job.panel_count = static_cast<int>(stage.shortcut_conv.panels.size());
    job.channels = stage.out;
    job.store = Store::Swish;
    kernels_.pointwise(job);
  }

  void head_part(const ExpandPart& part, const float* in, Scratch& scratch) {
    const int width = part.pointwise.outputs;
    PointwiseJob job;
    job.in = in;
    job.in_pixel = channels_of_head_input();
    job.out = scratch.ring.data();
    job.out_pixel = width;
    job.groups = head_pixels_ / kGroup;
    job.runs = {1, 0, part.pointwise.inputs};
    job.panels = part.pointwise.panels.data();
    job.panel_count = static_cast<int>(part.pointwise.panels.size());
    job.channels = width;
    job.store = Store::Swish;
    kernels_.pointwise(job);
    kernels_.reduce(scratch.ring.data(), part.depthwise.data(),
                    part.depthwise.data() + std::ptrdiff_t(head_pixels_) * width, head_pixels_,
                    width, width, features_.data() + part.first);
  }
  int channels_of_head_input() const { return head_.front().pointwise.inputs; }

  void embed_panel(int i) {
    const int width = kLinearVectors * kernels_.lanes;
    LinearJob job;
    job.in = features_.data();
    job.inputs = embed_.inputs;
    job.outputs = width;
    job.weight = embed_.weight.data() + std::size_t(i) * width * embed_.inputs;
    job.bias = embed_.bias.data() + i * width;
    job.out = embedding_.data() + i * width;
    kernels_.linear(job);
  }

  void work(int thread) {
    Scratch& scratch = scratch_[thread];
    int phase = 0;
    int current = 0;
    deal(phase, static_cast<int>(stem_.parts.size()),
         [&](int i) { expand(stem_, stem_.parts[i], 0, image_.data(), maps_[0].data(), scratch); });
    team_.barrier();
    for (const Stage& stage : stages_) {
      const float* in = maps_[current].data();
      // An identity's sum is formed where its input lies.
      if (stage.shortcut != Shortcut::Identity) current = 1 - current;
      float* out = maps_[current].data();
      const Expansion& e = stage.expansion;
      deal(phase, static_cast<int>(e.parts.size()),
           [&](int i) { expand(e, e.parts[i], e.range[i], in, middle_.data(), scratch); });
      if (!stage.shortcut_conv.panels.empty()) {
        deal(phase, stage.size, [&](int row) { shortcut_row(stage, in, out, row); });
      }
      team_.barrier();
      squeeze_excite(stage, scratch);
      project(stage, phase, out, scratch);
      team_.barrier();
    }
    const float* in = maps_[current].data();
    deal(phase, static_cast<int>(head_.size()), [&](int i) { head_part(head_[i], in, scratch); });
    team_.barrier();
    deal(phase, embed_.padded / (kLinearVectors * kernels_.lanes), [&](int i) { embed_panel(i); });
  }

  const Kernels& kernels_;
  std::array<float, kInputSize * 3> mean_, norm_;
  Expansion stem_;
  std::vector<Stage> stages_;
  std::vector<ExpandPart> head_;
  PackedLinear embed_;
  int head_pixels_ = 0;
  std::size_t pooled_ = 0, sum_count_ = 0;

  std::mutex mutex_;  // of all below
  Buffer image_, maps_[2], middle_, pool_map_, sums_, zeros_, features_, embedding_;
  std::vector<Scratch> scratch_;  // one a thread
  std::vector<std::atomic<int>> tickets_;
  Team team_;
};

bool Backbone::supports(const Description& net, const Kernels& kernels) {
  const auto whole = [&](int channels) { return channels % 16 == 0 && kernels.lanes <= 16; };
  if (!whole(net.stem.out) || !whole(net.head.out)) return false;
  return std::all_of(net.blocks.begin(), net.blocks.end(), [&](const Block& block) {
    return whole(block.expand[0].out) && whole(block.expand[1].out);
  });
}

Backbone::Backbone(const Description& net, const PixelInput& input, const Kernels& kernels,
                   int threads)
    : state_(std::make_unique<State>(net, input, kernels, threads)) {}
Backbone::~Backbone() = default;
Backbone::Backbone(Backbone&&) noexcept = default;
Backbone& Backbone::operator=(Backbone&&) noexcept = default;

const Kernels& Backbone::kernels() const { return state_->kernels(); }
int Backbone::embedding_size() const { return state_->embedding_size(); }

std::vector<float> Backbone::run(const std::uint8_t* bgr) const { return state_->run(bgr); }

}  // namespace seesaw::fused
