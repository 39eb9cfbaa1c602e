// Networks of nearly the shape that is fused: what the matcher accepts is packed and run by every
// set of kernels, without a read or write beyond, and with the result that NCNN has; in bytes, with
// the same one whatever the number of threads.
//
// An input is either the text of a description, whose weights are zeros, or a recipe: the numbers
// of a small network, then changes to its text, after which its random weights stay or go.
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "../native/engine/fused/writer.h"
#include "engine/error.h"
#include "engine/fused/backbone.h"
#include "engine/fused/int8/kernels.h"
#include "engine/model/layer_rules.h"
#include "engine/network.h"
#include "fitting_weights.h"
#include "input.h"

namespace {

using seesaw::fused::Backbone;
using seesaw::fused::Shortcut;
using seesaw::fuzz::Input;
using seesaw::test::FusedBlockSpec;
using Bytes = std::vector<std::uint8_t>;

constexpr std::size_t kMostWeights = std::size_t{1} << 18;

struct Model {
  std::string text;
  Bytes bin;
};

/** Two parts of `sum`, each a multiple of `step`, as `sum` is. */
std::array<int, 2> parts(Input& input, int sum, int step) {
  const int first = step * input.between(1, sum / step - 1);
  return {first, sum - first};
}

/**
 * A network of three blocks that halve and up to two others, most of it small; one for bytes has
 * all its channels in fours.
 */
seesaw::test::FusedSpec recipe(Input& input, bool in_bytes) {
  seesaw::test::FusedSpec spec{"", 16 * input.between(1, 2), {}, 0, 0};
  int channels = spec.stem;
  const int more = input.between(0, 2);
  for (int i = 0; i < 3 + more; ++i) {
    FusedBlockSpec block;
    const bool halves = i < 3;
    block.in = parts(input, channels, in_bytes ? 4 : 1);
    block.expand = {16 * input.between(1, 3), 16 * input.between(1, 3)};
    block.shuffle = input.between(0, 1) == 1;
    block.middle = parts(input, block.expand[0] + block.expand[1], in_bytes ? 8 : 1);
    const int kind = input.between(0, 2);
    block.shortcut = halves ? std::array{Shortcut::None, Shortcut::Conv, Shortcut::PoolConv}[kind]
                            : std::array{Shortcut::None, Shortcut::Identity, Shortcut::None}[kind];
    const bool same = block.shortcut == Shortcut::Identity;
    if (!same) channels = in_bytes ? 16 * input.between(1, 2) : input.between(2, 40);
    block.project = parts(input, channels, 1);
    block.squeezed = input.between(1, 70);
    block.stride = halves ? 2 : 1;
    spec.blocks.push_back(block);
  }
  spec.head = 16 * input.between(1, 3);
  spec.embedding = input.between(1, 70);
  spec.half = input.between(0, 1) == 1;
  return spec;
}

/** Where the words of a text begin and end. */
std::vector<std::pair<std::size_t, std::size_t>> words(const std::string& text) {
  std::vector<std::pair<std::size_t, std::size_t>> all;
  for (std::size_t at = 0; (at = text.find_first_not_of(" \n=", at)) != std::string::npos;) {
    const std::size_t end = std::min(text.find_first_of(" \n=", at), text.size());
    all.emplace_back(at, end - at);
    at = end;
  }
  return all;
}

/** Puts a number, or another word of the text, in the place of some words. */
void change(Input& input, std::string& text) {
  for (int left = input.between(0, 3); left > 0; --left) {
    const auto all = words(text);
    const auto [at, length] = all[input.take<std::uint16_t>() % all.size()];
    const auto [other, other_length] = all[input.take<std::uint16_t>() % all.size()];
    const bool number = input.between(0, 1) == 0;
    const std::string with =
        number ? std::to_string(input.between(-1, 130)) : text.substr(other, other_length);
    text.replace(at, length, with);
  }
}

std::optional<Model> model_of(Input& input, bool in_bytes) {
  Model model;
  if (input.take<std::uint8_t>() % 4 == 0) {
    model.text = std::string(input.text());
  } else {
    const seesaw::test::FusedWriter writer(recipe(input, in_bytes));
    model.text = writer.description();
    change(input, model.text);
    if (input.between(0, 7) > 0) {
      model.bin = writer.bin();
      return model;
    }
  }
  const auto bytes = seesaw::fuzz::weight_bytes(seesaw::parse_param(model.text), kMostWeights);
  if (!bytes) return std::nullopt;
  model.bin.assign(*bytes, 0);
  return model;
}

std::vector<float> by_ncnn(const Model& model, const std::string& input, const std::string& output,
                           const Bytes& picture) {
  const seesaw::Network network(model.text, model.bin, {});
  ncnn::Mat in = ncnn::Mat::from_pixels(picture.data(), ncnn::Mat::PIXEL_BGR, 112, 112);
  const float mean[] = {127.5f, 127.5f, 127.5f}, norm[] = {1 / 127.5f, 1 / 127.5f, 1 / 127.5f};
  in.substract_mean_normalize(mean, norm);
  const ncnn::Mat out = network.run(input.c_str(), in, {output}).front();
  // A vector, whose memory may be longer.
  return {static_cast<const float*>(out), static_cast<const float*>(out) + out.w};
}

void expect_near(const std::vector<float>& got, const std::vector<float>& expected) {
  if (got.size() != expected.size()) std::abort();
  float largest = 0;
  for (const float value : expected) {
    if (!std::isfinite(value)) return;
    largest = std::max(largest, std::fabs(value));
  }
  for (std::size_t i = 0; i < got.size(); ++i) {
    if (!(std::fabs(got[i] - expected[i]) <= 1e-3f * largest + 1e-6f)) {
      std::fprintf(stderr, "output %zu is %g, NCNN has %g (largest %g)\n", i, got[i], expected[i],
                   largest);
      std::abort();
    }
  }
}

/** Bit for bit, also where they are not numbers. */
void expect_same(const std::vector<float>& a, const std::vector<float>& b) {
  if (a.size() != b.size() || std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) != 0) {
    std::abort();
  }
}

/** Which of the kernels that this processor can run. */
template <typename Kernels>
const Kernels* chosen(const Kernels* const* usable, const seesaw::fused::Description& net,
                      bool best) {
  const Kernels* found = nullptr;
  for (; *usable; ++usable) {
    if (!Backbone::supports(net, **usable)) continue;
    found = *usable;
    if (best) break;
  }
  return found;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const int threads = input.between(0, 3) == 0 ? 2 : 1;
  const bool compare = input.between(0, 3) == 0;
  const int kind = input.between(0, 3);
  const bool best = kind % 2 == 0;  // of the kernels, or else the last
  const bool in_bytes = kind >= 2;
  static const Bytes picture = [] {
    Bytes bytes(112 * 112 * 3);
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i * i >> 3);
    return bytes;
  }();
  try {
    const std::optional<Model> model = model_of(input, in_bytes);
    if (!model) return 0;
    const seesaw::ParamFile file = seesaw::parse_param(model->text);
    seesaw::check_weights(file, model->bin);
    const auto net = seesaw::fused::match(file, model->bin);
    if (!net) return 0;
    // What is fused is a network that NCNN runs, too.
    seesaw::infer_shapes(file, net->input, {3, 112, 112}, {net->output});
    const auto run = [&](const auto* kernels, int team) {
      return Backbone(*net, {}, *kernels, {team}).run(picture.data());
    };
    if (in_bytes) {
      const auto* kernels = chosen(seesaw::fused::int8::usable_kernels(), *net, best);
      if (!kernels) return 0;
      const std::vector<float> got = run(kernels, threads);
      if (compare) expect_same(run(kernels, 3 - threads), got);
    } else {
      const auto* kernels = chosen(seesaw::fused::usable_kernels(), *net, best);
      if (!kernels) return 0;
      const std::vector<float> got = run(kernels, threads);
      if (compare) expect_near(got, by_ncnn(*model, net->input, net->output, picture));
    }
  } catch (const seesaw::Error&) {
    // Refused.
  }
  return 0;
}
