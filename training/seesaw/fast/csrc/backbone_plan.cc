// What follows from the shape of the network alone: layers, channel orders, memory.
#include <numeric>

#include "backbone.h"

namespace seesaw {

namespace {

std::vector<int> identity(int n) {
  std::vector<int> order(n);
  std::iota(order.begin(), order.end(), 0);
  return order;
}

// The channels that a shuffle in two groups puts before `split`, then the others.
std::vector<int> in_two_parts(int channels, int split) {
  const int half = channels / 2;
  std::vector<int> order;
  const auto take = [&](int from, int end) {
    for (int c = from; c < end; ++c) order.push_back(c);
  };
  take(0, split / 2);
  take(half, half + split / 2);
  take(split / 2, half);
  take(half + split / 2, channels);
  return order;
}

// A channel shuffle in two groups puts channel c here.
int shuffled(int c, int channels) {
  const int half = channels / 2;
  return c < half ? 2 * c : 2 * (c - half) + 1;
}

}  // namespace

template <class Number>
BackboneOf<Number>::BackboneOf(const std::vector<BlockShape>& shapes, int stem_channels,
                               int head_channels, int size, int batch, double eps, double momentum)
    : batch_(batch), eps_(eps), momentum_(momentum) {
  TORCH_CHECK(batch > 0, "batch: must be at least 1, is ", batch);
  TORCH_CHECK(size > 0 && size % 112 == 0, "size: must be a multiple of 112, is ", size);
  plan(shapes, stem_channels, head_channels, size);
  allocate();
}

template <class Number>
void BackboneOf<Number>::plan(const std::vector<BlockShape>& shapes, int stem_channels,
                              int head_channels, int size) {
  int norm = 0;
  const auto make_site = [&](int channels, std::vector<int> position, std::vector<int> weights) {
    NormSite site;
    site.norm = Norm(channels);
    site.norm.eps = eps_;
    site.position = std::move(position);
    site.weights = std::move(weights);
    for (size_t i = 0; i < site.weights.size(); ++i) {
      site.buffers.push_back(kBuffersPerNorm * norm++);
    }
    return site;
  };
  stem_ = Stem(stem_channels, size);
  size /= 2;
  stem_depthwise_ = Depthwise(stem_channels, size, 1);
  stem_site_ = make_site(stem_channels, identity(stem_channels), {1});
  stem_filtered_ = make_site(stem_channels, identity(stem_channels), {4});
  int parameter = kStemParameters, channels = stem_channels;
  for (const BlockShape& s : shapes) {
    TORCH_CHECK(s.in == channels, "shapes: a block takes ", s.in, " channels but gets ", channels);
    TORCH_CHECK(s.in % 32 == 0 && s.out % 32 == 0 && s.middle % 64 == 0,
                "shapes: channels must be multiples of 32, middle channels of 64");
    TORCH_CHECK((s.stride == 1 || s.stride == 2) && size % s.stride == 0, "shapes: stride");
    Block b;
    b.shape = s;
    b.size = size;
    b.parameter = parameter;
    const int mid = s.middle;
    b.same = identity(s.in);
    b.expand.add_range(s.in / 4, mid / 4);
    b.expand.add_range(s.in - s.in / 4, mid - mid / 4);
    // Feature maps keep the order of the expansion. The shuffle is in the order of the parameters
    // behind it and in the order in which the projection reads.
    std::vector<int> position = identity(mid);
    const int split = s.shuffle ? mid / 4 : mid / 4 * 3;
    if (s.shuffle) {
      for (int c = 0; c < mid; ++c) position[c] = shuffled(c, mid);
    }
    if constexpr (kMixed) {
      b.columns = position;
    } else {
      b.project.order = s.shuffle ? in_two_parts(mid, split) : identity(mid);
      for (const int c : b.project.order) b.columns.push_back(position[c]);
    }
    const int first_out = s.shuffle ? s.out / 4 : s.out / 4 * 3;
    b.project.pointwise.add_range(split, first_out);
    b.project.pointwise.add_range(mid - split, s.out - first_out);
    if constexpr (kMixed) {
      b.expand.arrange(b.same);
      b.project.pointwise.arrange(b.columns);
    }
    b.project.gate = Gate(mid, mid / 4);
    b.record.resize(batch_, b.project.gate);
    b.depthwise = Depthwise(mid, size, s.stride);
    b.expanded = make_site(mid, identity(mid),
                           {parameter + kExpandFirst + 1, parameter + kExpandSecond + 1});
    b.filtered = make_site(mid, position, {parameter + kDepthwise + 1});
    b.projected = make_site(s.out, identity(s.out),
                            {parameter + kProjectFirst + 1, parameter + kProjectSecond + 1});
    parameter += kBlockParameters;
    if (s.shortcut != ShortcutKind::kNone) {
      TORCH_CHECK(s.stride == 2, "shapes: only a strided block has a shortcut");
      b.shortcut.emplace(s.shortcut, batch_, size, s.in, s.out);
      b.shortcut_buffer = kBuffersPerNorm * norm++;
      parameter += kShortcutParameters;
    }
    size /= s.stride;
    channels = s.out;
    blocks_.push_back(std::move(b));
  }
  TORCH_CHECK(!blocks_.empty(), "shapes: no blocks");
  head_parameter_ = parameter;
  head_.add_range(channels, head_channels);
  head_columns_ = identity(channels);
  if constexpr (kMixed) head_.arrange(head_columns_);
  head_site_ = make_site(head_channels, identity(head_channels), {parameter + 1});
  pool_ = GlobalDepthwise(head_channels, size * size);
}

template <class Number>
void BackboneOf<Number>::allocate() {
  // Twice over the same list: first to add up the sizes, then to hand out the addresses.
  size_t used = 0;
  Number* base = nullptr;
  const auto give = [&](Number** to, size_t pixels, size_t channels) {
    if (base) *to = base + used;
    used += batch_ * pixels * channels;
  };
  for (int round = 0; round < 2; ++round) {
    if (round == 1) {
      const size_t floats = used * sizeof(Number) / sizeof(float);
      base = reinterpret_cast<Number*>(memory_.reserve(floats));
    }
    used = 0;
    const size_t stem_pixels = static_cast<size_t>(stem_depthwise_.size) * stem_depthwise_.size;
    size_t most_wide = stem_pixels * stem_.channels, most_filtered = 0, most_narrow = most_wide;
    give(&stem_out_, stem_pixels, stem_.channels);
    give(&stem_filtered_out_, stem_pixels, stem_.channels);
    for (Block& b : blocks_) {
      const size_t pixels = static_cast<size_t>(b.size) * b.size,
                   after = static_cast<size_t>(b.out_size()) * b.out_size();
      give(&b.x, pixels, b.shape.in);
      give(&b.e, pixels, b.shape.middle);
      give(&b.d, after, b.shape.middle);
      give(&b.p, after, b.shape.out);
      if (b.shortcut) give(&b.beside, after, b.shape.out);
      most_wide = std::max(most_wide, pixels * b.shape.middle);
      most_filtered = std::max(most_filtered, after * b.shape.middle);
      most_narrow = std::max({most_narrow, pixels * b.shape.in, after * b.shape.out});
    }
    give(&head_in_, pool_.pixels, head_.in_channels);
    give(&head_out_, pool_.pixels, head_.out_channels);
    most_wide = std::max(most_wide, static_cast<size_t>(pool_.pixels) * pool_.channels);
    give(&dt_, most_wide, 1);
    give(&du_, most_filtered, 1);
    give(&dx_[0], most_narrow, 1);
    give(&dx_[1], most_narrow, 1);
  }
}

#define SEESAW_PLAN(Number)                                                                   \
  template BackboneOf<Number>::BackboneOf(const std::vector<BlockShape>&, int, int, int, int, \
                                          double, double);
SEESAW_PLAN(float)
#ifdef __AVX512BF16__
SEESAW_PLAN(Bf16)
#endif

}  // namespace seesaw
