// Networks of the shape that is fused, with channel counts that fill no vector: against NCNN.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "engine/error.h"
#include "engine/fused/backbone.h"
#include "face/embedder.h"
#include "mat.h"
#include "model_text.h"

namespace seesaw {
namespace {

using test::Bytes;
using Names = std::vector<std::string>;

struct BlockSpec {
  std::array<int, 2> in, expand, middle, project;  // of the two ranges
  int squeezed;
  bool shuffle;
  fused::Shortcut shortcut;
  int stride;
};
struct Spec {
  const char* what;
  int stem;
  std::vector<BlockSpec> blocks;
  int head, embedding;
  bool half = false;  // weights in half precision
};

/** Writes the description of a network and random weights for it. */
class Writer {
 public:
  explicit Writer(const Spec& spec) : half_(spec.half) {
    add("Input", {}, {"in0"}, "");
    std::string at = swish(convolution("in0", 3, spec.stem, 3, 2, 1));
    at = swish(depthwise(at, spec.stem, 3, 1, 1));
    for (const BlockSpec& block : spec.blocks) at = this->block(at, block);
    const BlockSpec& last = spec.blocks.back();
    at = swish(convolution(at, last.project[0] + last.project[1], spec.head, 1, 1, 0));
    at = depthwise(at, spec.head, 7, 1, 0);
    add("InnerProduct", {at}, {"out0"}, linear(spec.head, spec.embedding, false));
  }
  std::string description() const { return test::description(layers_, blobs_, lines_); }
  const Bytes& bin() const { return bin_; }

 private:
  static std::string whole(int id, int value) {
    return " " + std::to_string(id) + "=" + std::to_string(value);
  }
  void add(const std::string& type, const Names& in, const Names& out, const std::string& params) {
    lines_ += type + " l" + std::to_string(layers_++) + " " + std::to_string(in.size()) + " " +
              std::to_string(out.size());
    for (const std::string& name : in) lines_ += " " + name;
    for (const std::string& name : out) lines_ += " " + name;
    lines_ += params + "\n";
    blobs_ += static_cast<int>(out.size());
  }
  /** A layer with new outputs, the first of which is returned. */
  Names through(const std::string& type, const Names& in, const std::string& params,
                int outputs = 1) {
    Names out;
    for (int i = 0; i < outputs; ++i) out.push_back("b" + std::to_string(blobs_ + i));
    add(type, in, out, params);
    return out;
  }
  std::vector<float> noise(int count, float scale) {
    std::normal_distribution<float> normal(0, scale);
    std::vector<float> numbers(count);
    for (float& number : numbers) number = normal(random_);
    return numbers;
  }
  void weights(int count, int inputs) {
    const std::vector<float> numbers = noise(count, 1.5f / std::sqrt(static_cast<float>(inputs)));
    if (!half_) {
      bin_ = test::join(std::move(bin_), test::tagged(numbers));
      return;
    }
    const std::uint8_t tag[] = {0x47, 0x6B, 0x30, 0x01};
    bin_.insert(bin_.end(), tag, tag + 4);
    for (const float number : numbers) {
      const std::uint16_t bits = ncnn::float32_to_float16(number);
      bin_.push_back(static_cast<std::uint8_t>(bits & 255));
      bin_.push_back(static_cast<std::uint8_t>(bits >> 8));
    }
    bin_.resize((bin_.size() + 3) / 4 * 4);
  }
  void plain(int count) { bin_ = test::join(std::move(bin_), test::raw(noise(count, 0.3f))); }

  std::string swish(const std::string& in) { return through("Swish", {in}, "")[0]; }
  std::string convolution(const std::string& in, int inputs, int outputs, int kernel, int stride,
                          int pad) {
    const int count = inputs * outputs * kernel * kernel;
    weights(count, count / outputs);
    plain(outputs);
    return through("Convolution", {in},
                   whole(0, outputs) + whole(1, kernel) + whole(3, stride) + whole(4, pad) +
                       whole(5, 1) + whole(6, count))[0];
  }
  std::string depthwise(const std::string& in, int channels, int kernel, int stride, int pad) {
    const int count = channels * kernel * kernel;
    weights(count, kernel * kernel);
    plain(channels);
    return through("ConvolutionDepthWise", {in},
                   whole(0, channels) + whole(1, kernel) + whole(3, stride) + whole(4, pad) +
                       whole(5, 1) + whole(6, count) + whole(7, channels))[0];
  }
  std::string linear(int inputs, int outputs, bool bias) {
    weights(inputs * outputs, inputs);
    if (bias) plain(outputs);
    return whole(0, outputs) + whole(1, bias) + whole(2, inputs * outputs);
  }
  std::string pair(const std::string& in, const std::array<int, 2>& from,
                   const std::array<int, 2>& to, bool activate) {
    Names parts = through("Slice", {in}, " -23300=2," + std::to_string(from[0]) + ",-233", 2);
    for (const int i : {0, 1}) {
      parts[i] = convolution(parts[i], from[i], to[i], 1, 1, 0);
      if (activate) parts[i] = swish(parts[i]);
    }
    return through("Concat", parts, "")[0];
  }
  std::string block(std::string at, const BlockSpec& b) {
    std::string beside;
    const int in = b.in[0] + b.in[1], out = b.project[0] + b.project[1];
    if (b.shortcut != fused::Shortcut::None) {
      const Names parts = through("Split", {at}, "", 2);
      at = parts[0];
      beside = parts[1];
      if (b.shortcut == fused::Shortcut::PoolConv) {
        beside = through("Pooling", {beside}, " 0=0 1=2 2=2")[0];
        beside = swish(convolution(beside, in, out, 1, 1, 0));
      } else if (b.shortcut == fused::Shortcut::Conv) {
        beside = swish(convolution(beside, in, out, 1, 2, 0));
      }
    }
    at = pair(at, b.in, b.expand, true);
    const int middle = b.expand[0] + b.expand[1];
    if (b.shuffle) at = through("ShuffleChannel", {at}, " 0=2")[0];
    at = swish(depthwise(at, middle, 3, b.stride, 1));
    const Names parts = through("Split", {at}, "", 2);
    std::string gate = through("Pooling", {parts[1]}, " 0=1 4=1")[0];
    gate = through("InnerProduct", {gate}, linear(middle, b.squeezed, false))[0];
    gate = through("PReLU", {gate}, whole(0, b.squeezed))[0];
    plain(b.squeezed);
    gate = through("InnerProduct", {gate}, linear(b.squeezed, middle, true))[0];
    gate = through("Sigmoid", {gate}, "")[0];
    gate = through("Reshape", {gate}, " 0=1 1=1" + whole(2, middle))[0];
    at = through("BinaryOp", {gate, parts[0]}, " 0=2")[0];
    at = pair(at, b.middle, b.project, false);
    return beside.empty() ? at : through("BinaryOp", {beside, at}, " 0=0")[0];
  }

  bool half_;
  std::mt19937 random_{11};
  std::string lines_;
  int layers_ = 0, blobs_ = 0;
  Bytes bin_;
};

using fused::Shortcut;

const Spec kSpecs[] = {
    {"nothing is a multiple of anything",
     16,
     {{{1, 15}, {16, 32}, {5, 43}, {7, 4}, 1, false, Shortcut::Conv, 2},
      {{2, 9}, {48, 16}, {63, 1}, {1, 10}, 3, false, Shortcut::Identity, 1},
      {{10, 1}, {16, 16}, {31, 1}, {1, 1}, 2, false, Shortcut::PoolConv, 2},
      {{1, 1}, {32, 16}, {1, 47}, {13, 20}, 65, false, Shortcut::None, 1},
      {{30, 3}, {16, 80}, {90, 6}, {3, 98}, 7, false, Shortcut::None, 2}},
     16,
     3},
    {"shuffled, in half precision",
     48,
     {{{5, 43}, {16, 32}, {2, 46}, {3, 14}, 5, true, Shortcut::PoolConv, 2},
      {{9, 8}, {16, 16}, {30, 2}, {16, 1}, 9, true, Shortcut::Identity, 1},
      {{16, 1}, {32, 64}, {50, 46}, {17, 33}, 11, true, Shortcut::Conv, 2},
      {{25, 25}, {16, 96}, {18, 94}, {2, 3}, 4, true, Shortcut::None, 2},
      {{1, 4}, {16, 16}, {4, 28}, {4, 1}, 1, true, Shortcut::Identity, 1}},
     80,
     130,
     true},
    {"every block halves, wide at the end",
     32,
     {{{16, 16}, {144, 48}, {100, 92}, {24, 8}, 33, false, Shortcut::None, 2},
      {{24, 8}, {48, 144}, {92, 100}, {40, 41}, 6, true, Shortcut::Conv, 2},
      {{40, 41}, {112, 176}, {144, 144}, {127, 130}, 70, true, Shortcut::PoolConv, 2}},
     112,
     65},
};

class FusedShapes : public testing::TestWithParam<Spec> {};

TEST_P(FusedShapes, AgreeWithThePlainGraph) {
  const Writer network(GetParam());
  EmbedderInput input;
  input.input_blob = "in0";
  input.output_blob = "out0";
  input.embedding_size = GetParam().embedding;
  const Embedder plain(network.description(), network.bin(),
                       {1, Precision::Fp32, Implementation::Ncnn}, input);
  const auto net = fused::match(parse_param(network.description()), network.bin());
  ASSERT_TRUE(net);
  std::mt19937 random(5);
  Image picture{112, 112, Bytes(112 * 112 * 3)};
  for (std::uint8_t& byte : picture.bgr) byte = static_cast<std::uint8_t>(random() & 255);
  const std::vector<float> expected = plain.embed(picture);
  for (auto kernels = fused::usable_kernels(); *kernels; ++kernels) {
    ASSERT_TRUE(fused::Backbone::supports(*net, **kernels));
    for (const int threads : {1, 2, 3, 7}) {
      SCOPED_TRACE((*kernels)->name + std::string(", threads: ") + std::to_string(threads));
      const fused::Backbone fused(*net, {}, **kernels, threads);
      // Twice: nothing may be left of the first run.
      fused.run(std::vector<std::uint8_t>(picture.bgr.size(), 200).data());
      const std::vector<float> got = fused.run(picture.bgr.data());
      ASSERT_EQ(got.size(), expected.size());
      double length = 0;
      for (const float value : got) length += double(value) * value;
      for (std::size_t i = 0; i < got.size(); ++i) {
        ASSERT_NEAR(got[i] / std::sqrt(length), expected[i], 2e-4) << "at " << i;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, FusedShapes, testing::ValuesIn(kSpecs), [](const auto& info) {
  std::string name = info.param.what;
  for (char& c : name) c = std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
  return name;
});

TEST(FusedLimits, AreThoseOfNcnnsGraphs) {
  // Seventy thousand channels: an axis ends at 65536.
  const Spec wide{"",
                  16,
                  {{{8, 8}, {16, 16}, {16, 16}, {4, 4}, 4, false, Shortcut::None, 2},
                   {{4, 4}, {16, 16}, {16, 16}, {4, 4}, 4, false, Shortcut::None, 2},
                   {{4, 4}, {16, 16}, {16, 16}, {35000, 35000}, 4, false, Shortcut::None, 2}},
                  16,
                  8};
  const Writer network(wide);
  EmbedderInput input;
  input.input_blob = "in0";
  input.output_blob = "out0";
  input.embedding_size = wide.embedding;
  for (const auto implementation : {Implementation::Auto, Implementation::Ncnn}) {
    try {
      Embedder(network.description(), network.bin(), {1, Precision::Fp32, implementation}, input);
      ADD_FAILURE() << "accepted";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::ModelInvalid);
    }
  }
}

}  // namespace
}  // namespace seesaw
