// Every set of int8 kernels that this machine can run, against sums written as plainly as can be,
// and the network they make.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "../model_text.h"
#include "engine/error.h"
#include "engine/fused/backbone.h"
#include "engine/fused/int8/plan.h"
#include "engine/fused/reference.h"
#include "face/embed/embedder.h"
#include "units.h"

namespace seesaw::fused::int8 {
namespace {

using Bytes = std::vector<std::uint8_t>;
using seesaw::test::into_swish_of;

std::vector<const Int8Kernels*> all_kernels() {
  std::vector<const Int8Kernels*> all;
  for (auto k = usable_kernels(); *k; ++k) all.push_back(*k);
  return all;
}

int same(int i) { return i; }

/** A linear map in bytes: weight = scale[output] byte. */
struct Quantised {
  std::vector<int> weight;  // [out][in]
  std::vector<float> scale;
};

/** What pack_bytes() is to make of a map, one weight at a time. */
Quantised quantised(const Linear& map) {
  Quantised q;
  for (int o = 0; o < map.out; ++o) {
    float greatest = 0;
    for (int k = 0; k < map.in; ++k) {
      greatest = std::max(greatest, std::fabs(map.weight[std::size_t(o) * map.in + k]));
    }
    q.scale.push_back(greatest > 0 ? greatest / 127 : 1);
    for (int k = 0; k < map.in; ++k) {
      const float steps = map.weight[std::size_t(o) * map.in + k] / q.scale.back();
      q.weight.push_back(static_cast<int>(std::nearbyint(steps)));
    }
  }
  return q;
}

class Int8KernelsTest : public testing::TestWithParam<const Int8Kernels*> {
 protected:
  const Int8Kernels& kernels() const { return *GetParam(); }

  Linear linear(int in, int out) {
    std::normal_distribution<float> normal(0, 1 / std::sqrt(static_cast<float>(in)));
    Linear map{in, out, std::vector<float>(std::size_t(in) * out), std::vector<float>(out)};
    for (float& weight : map.weight) weight = normal(random_);
    for (float& bias : map.bias) bias = normal(random_);
    return map;
  }
  /** Bytes 0 ... 255, the extremes often. */
  Bytes bytes(std::size_t size) {
    Bytes all(size);
    for (std::uint8_t& byte : all) {
      const unsigned value = random_();
      byte = static_cast<std::uint8_t>(value % 4 == 0 ? 255 * (value >> 8 & 1) : value >> 8);
    }
    return all;
  }
  /** As the kernels keep them. */
  Bytes stored(const Bytes& values) const {
    Bytes all;
    for (const std::uint8_t byte : values) {
      all.push_back(static_cast<std::uint8_t>(byte - kernels().stored_less));
    }
    return all;
  }
  Buffer noise(std::size_t size, float scale) {
    Buffer buffer(size);
    std::normal_distribution<float> normal(0, scale);
    for (std::size_t i = 0; i < size; ++i) buffer[i] = normal(random_);
    return buffer;
  }

 private:
  std::mt19937 random_{11};
};

/** The exact sum of one output of one pixel. */
std::int64_t exact_sum(const std::uint8_t* in, const Runs& runs, int zero, const int* weight) {
  std::int64_t sum = 0;
  for (int r = 0; r < runs.count; ++r) {
    for (int k = 0; k < runs.length; ++k) sum += (in[r * runs.stride + k] - zero) * *weight++;
  }
  return sum;
}

TEST_P(Int8KernelsTest, SumsAreExact) {
  struct Case {
    int groups, outputs;
    Runs runs;
    int zero;
    Store store;
  };
  const Case cases[] = {
      {1, 16, {1, 0, 16}, 0, Store::Linear},    {2, 32, {1, 0, 48}, 255, Store::Linear},
      {3, 48, {2, 40, 16}, 17, Store::Add},     {7, 96, {2, 128, 96}, 128, Store::Linear},
      {4, 24, {1, 0, 24}, 127, Store::Add},     {5, 72, {2, 72, 36}, 9, Store::Linear},
      {7, 144, {1, 0, 72}, 200, Store::Linear}, {3, 16, {3, 200, 4}, 31, Store::Linear},
      {28, 64, {1, 0, 12}, 64, Store::Linear},  {2, 80, {1, 0, 4}, 5, Store::Add},
      {2, 112, {1, 0, 576}, 40, Store::Linear}, {3, 20, {1, 0, 20}, 3, Store::Linear},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(std::to_string(c.groups) + " groups, " + std::to_string(c.outputs) + " outputs");
    Linear map = linear(c.runs.count * c.runs.length, c.outputs);
    std::fill(map.bias.begin(), map.bias.end(), 0.0f);
    const Quantised expected = quantised(map);
    // Scales of one: the float that comes out is the integer sum, rounded to 24 bits.
    Packed packed = pack_bytes(map, 0, c.outputs, same, *kernels().floats);
    for (const Panel& panel : packed.panels) {
      const int width = panel.vectors * kernels().floats->lanes;
      std::fill_n(const_cast<float*>(panel.scale), width, 1.0f);
    }
    const int pixels = c.groups * kGroup;
    const int in_pixel = int(c.runs.count * std::max<std::ptrdiff_t>(c.runs.stride, c.runs.length));
    const int out_pixel = c.outputs + 8;  // the eight between must stay what they are
    const Bytes values = bytes(std::size_t(pixels) * in_pixel), in = stored(values);
    Buffer got = noise(std::size_t(pixels) * out_pixel, 1);
    std::vector<float> before(got.data(), got.data() + got.size());
    PointwiseJob job;
    job.in = in.data(), job.in_pixel = in_pixel;
    job.levels = {1, c.zero};
    job.out = got.data(), job.out_pixel = out_pixel;
    job.groups = c.groups, job.runs = c.runs, job.channels = c.outputs, job.store = c.store;
    job.panels = packed.panels.data(), job.panel_count = int(packed.panels.size());
    kernels().pointwise(job);
    for (int p = 0; p < pixels; ++p) {
      for (int o = 0; o < out_pixel; ++o) {
        const std::size_t at = std::size_t(p) * out_pixel + o;
        if (o >= c.outputs) {
          ASSERT_EQ(got[at], before[at]);
          continue;
        }
        const auto sum =
            static_cast<float>(exact_sum(values.data() + std::size_t(p) * in_pixel, c.runs, c.zero,
                                         &expected.weight[std::size_t(o) * map.in]));
        ASSERT_EQ(got[at], c.store == Store::Add ? sum + before[at] : sum)
            << "pixel " << p << ", output " << o;
      }
    }
  }
}

TEST_P(Int8KernelsTest, SumsBecomeNumbers) {
  const Linear map = linear(48, 32);
  const Quantised expected = quantised(map);
  const SwishUnits& units = kernels().floats->swish;
  const Bytes values = bytes(std::size_t(kGroup) * map.in), in = stored(values);
  for (const Store store : {Store::Linear, Store::Swish}) {
    const Linear wanted = store == Store::Swish ? into_swish_of(map, units) : map;
    const Packed packed = pack_bytes(wanted, 0, map.out, same, *kernels().floats);
    Buffer got(std::size_t(kGroup) * map.out);
    PointwiseJob job;
    job.in = in.data(), job.in_pixel = map.in, job.levels = {0.02f, 30};
    job.out = got.data(), job.out_pixel = map.out, job.groups = 1, job.runs = {1, 0, map.in};
    job.panels = packed.panels.data(), job.panel_count = int(packed.panels.size());
    job.channels = map.out, job.store = store;
    kernels().pointwise(job);
    for (int p = 0; p < kGroup; ++p) {
      for (int o = 0; o < map.out; ++o) {
        const double sum = double(exact_sum(values.data() + std::size_t(p) * map.in, job.runs, 30,
                                            &expected.weight[std::size_t(o) * map.in]));
        const double linear = sum * 0.02 * expected.scale[o] + map.bias[o];
        const float number = got[std::size_t(p) * map.out + o];
        if (store == Store::Swish) {
          ASSERT_NEAR(number / units.out, reference::swish(linear), 1e-4);
        } else {
          ASSERT_NEAR(number, linear, 1e-4);
        }
      }
    }
  }
}

TEST_P(Int8KernelsTest, NumbersBecomeBytes) {
  struct Case {
    float number, factor;
    int zero, byte;
  };
  const Case cases[] = {
      {0, 1, 0, 0},       {0, 1, 77, 77},       {1.4f, 1, 0, 1},    {1.5f, 1, 0, 2},
      {2.5f, 1, 0, 2},    {-1.5f, 1, 10, 8},    {-2.5f, 1, 10, 8},  {300, 1, 0, 255},
      {-300, 1, 200, 0},  {10, 12.75f, 1, 129}, {-0.4f, 1, 0, 0},   {1e5f, 1, 128, 255},
      {-1e5f, 1, 128, 0}, {255, 1, 0, 255},     {128, 1, 127, 255}, {127.5f, 1, 127, 255}};
  // Each in its own channel of both pixels, and repeated, so that every lane has its turn.
  const int channels = 48;
  for (const Case& c : cases) {
    Buffer in(2 * channels), factors(channels);
    Bytes got(2 * channels + 1, 99);
    std::fill_n(in.data(), 2 * channels, c.number);
    std::fill_n(factors.data(), channels, c.factor);
    QuantiseJob job{in.data(), 2, channels, factors.data(), c.zero, got.data()};
    kernels().quantise(job);
    for (int i = 0; i < 2 * channels; ++i) {
      ASSERT_EQ(static_cast<std::uint8_t>(got[i] + kernels().stored_less), c.byte)
          << c.number << " times " << c.factor << " and " << c.zero;
    }
    ASSERT_EQ(got.back(), 99);
  }
  const Buffer in = noise(std::size_t(35) * 64, 3), factors = noise(64, 40);
  Bytes got(35 * 64);
  kernels().quantise({in.data(), 35, 64, factors.data(), 100, got.data()});
  for (int i = 0; i < 35 * 64; ++i) {
    const float steps = in.data()[i] * factors.data()[i % 64];
    const int expected = std::clamp(static_cast<int>(std::nearbyint(steps)) + 100, 0, 255);
    ASSERT_EQ(static_cast<std::uint8_t>(got[i] + kernels().stored_less), expected) << steps;
  }
}

TEST_P(Int8KernelsTest, TheRangeIsOfAllNumbers) {
  for (const std::size_t count : {16, 48, 64, 80, 784 * 64}) {
    Buffer in = noise(count, 1);
    for (const std::size_t at : {std::size_t(0), count / 2, count - 1}) {
      const float before = in[at];
      for (const float extreme : {50.0f, -60.0f}) {
        in[at] = extreme;
        float low = 0, high = 0;
        kernels().range(in.data(), count, low, high);
        EXPECT_EQ(low, *std::min_element(in.data(), in.data() + count));
        EXPECT_EQ(high, *std::max_element(in.data(), in.data() + count));
      }
      in[at] = before;
    }
    float low = -100, high = 100;
    kernels().range(in.data(), count, low, high);
    EXPECT_EQ(low, -100);
    EXPECT_EQ(high, 100);
  }
}

TEST_P(Int8KernelsTest, ExpandAndDepthwiseOfEverySize) {
  struct Case {
    int rows, columns, stride, channels, inputs;
  };
  const Case cases[] = {{7, 7, 1, 16, 20},   {7, 7, 1, 48, 96},   {14, 14, 1, 32, 24},
                        {14, 14, 2, 48, 32}, {28, 28, 1, 48, 48}, {56, 56, 2, 32, 16}};
  for (const Case& c : cases) {
    SCOPED_TRACE(std::to_string(c.rows) + " rows, stride " + std::to_string(c.stride));
    const Linear map = linear(c.inputs, c.channels);
    const Quantised weights = quantised(map);
    const SwishUnits& units = kernels().floats->swish;
    const Packed packed =
        pack_bytes(into_swish_of(map, units), 0, c.channels, same, *kernels().floats);
    const Buffer depthwise = noise(std::size_t(10) * c.channels, 0.4f);
    const Buffer scaled = into_swish_of(depthwise, c.channels, units);
    const int in_pixel = c.inputs + 3, out_pixel = c.channels + 16;
    const int outputs = c.rows / c.stride * (c.columns / c.stride);
    const Bytes values = bytes(std::size_t(c.rows) * c.columns * in_pixel), in = stored(values);
    const Levels levels{0.03f, 90};
    const std::size_t row = std::size_t(c.columns + 2) * c.channels;
    Buffer got(std::size_t(outputs) * out_pixel), sums(c.channels), peaks(c.channels);
    Buffer ring = noise(row * ring_rows(c.rows, c.columns), 1), zeros(row);
    ExpandDepthwiseJob job;
    job.in = in.data(), job.in_pixel = in_pixel;
    job.in_row = std::ptrdiff_t(c.columns) * in_pixel;
    job.levels = levels;
    job.runs = {1, 0, c.inputs}, job.rows = c.rows, job.columns = c.columns;
    job.panels = packed.panels.data(), job.panel_count = int(packed.panels.size());
    job.channels = c.channels;
    job.weight = scaled.data(), job.bias = scaled.data() + 9 * c.channels;
    job.stride = c.stride, job.out = got.data(), job.out_pixel = out_pixel;
    job.sums = sums.data(), job.peaks = peaks.data();
    job.ring = ring.data(), job.zeros = zeros.data();
    kernels().expand_depthwise(job);
    for (std::size_t i = 0; i < got.size(); ++i) got[i] /= units.out;
    for (int i = 0; i < c.channels; ++i) sums[i] /= units.out, peaks[i] /= units.out;

    // The same in floats: bytes and weights as the numbers they stand for.
    Linear numbers = map;
    for (std::size_t i = 0; i < numbers.weight.size(); ++i) {
      numbers.weight[i] = static_cast<float>(weights.weight[i]) * weights.scale[i / map.in];
    }
    Buffer plain(values.size()), expected(got.size()), expected_sums(c.channels);
    for (std::size_t i = 0; i < values.size(); ++i) plain[i] = 0.03f * (float(values[i]) - 90);
    fused::ExpandDepthwiseJob floats;
    floats.in = plain.data(), floats.in_pixel = in_pixel, floats.in_row = job.in_row;
    floats.runs = job.runs, floats.rows = job.rows, floats.columns = job.columns;
    floats.channels = c.channels, floats.weight = depthwise.data();
    floats.bias = depthwise.data() + 9 * c.channels;
    floats.stride = c.stride, floats.out = expected.data(), floats.out_pixel = out_pixel;
    floats.sums = expected_sums.data();
    reference::expand_depthwise(floats, {numbers.weight.data(), numbers.bias.data()});
    for (int o = 0; o < c.channels; ++o) {
      float peak = 0;
      for (int p = 0; p < outputs; ++p) {
        const std::size_t at = std::size_t(p) * out_pixel + o;
        ASSERT_NEAR(got[at], expected[at], 1e-4 + 2e-5 * std::fabs(expected[at]));
        peak = std::max(peak, got[at]);
      }
      ASSERT_EQ(peaks[o], peak);
      ASSERT_NEAR(sums[o], expected_sums[o], 1e-4 * outputs);
    }
  }
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(Int8KernelsTest);
INSTANTIATE_TEST_SUITE_P(Every, Int8KernelsTest, testing::ValuesIn(all_kernels()),
                         [](const auto& info) { return std::string(info.param->name); });

TEST(Int8Levels, ZeroIsAlwaysOneOfThem) {
  struct Case {
    float low, high;
  };
  for (const Case& c : {Case{-1, 1}, Case{-0.278f, 10}, Case{-5, 0}, Case{0, 3}, Case{2, 6},
                        Case{-6, -2}, Case{-1e-3f, 1e-3f}, Case{-1e20f, 1e20f}}) {
    const Levels levels = levels_between(c.low, c.high);
    SCOPED_TRACE(std::to_string(c.low) + " to " + std::to_string(c.high));
    ASSERT_GE(levels.zero, 0);
    ASSERT_LE(levels.zero, 255);
    // Both ends are met to half a step, and zero exactly: it is a byte itself.
    const float half = levels.scale * 0.501f;
    EXPECT_LE(levels.scale * float(0 - levels.zero), std::min(c.low, 0.0f) + half);
    EXPECT_GE(levels.scale * float(255 - levels.zero), std::max(c.high, 0.0f) - half);
  }
  for (const Case& c : {Case{0, 0}, Case{0, 1e-38f}}) {
    const Levels levels = levels_between(c.low, c.high);
    EXPECT_TRUE(std::isfinite(1 / levels.scale));
    EXPECT_EQ(levels.zero, 0);
  }
}

TEST(Int8Weights, ThatAreNotFiniteAreRefused) {
  if (!fused::best_kernels()) GTEST_SKIP() << "no fused kernels for this processor";
  const float infinity = std::numeric_limits<float>::infinity();
  for (const float bad : {infinity, -infinity, std::nanf("")}) {
    Linear map{4, 16, std::vector<float>(64, 0.5f), std::vector<float>(16)};
    map.weight[17] = bad;
    try {
      pack_bytes(map, 0, 16, same, *fused::best_kernels());
      FAIL() << bad;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::ModelInvalid);
    }
  }
  // Nothing but zeros is no fault.
  const Linear zeros{4, 16, std::vector<float>(64), std::vector<float>(16)};
  const Packed packed = pack_bytes(zeros, 0, 16, same, *fused::best_kernels());
  EXPECT_EQ(packed.panels.front().scale[0], 1);
}

// --- the network -------------------------------------------------------------------------------

struct Model {
  std::string param;
  Bytes bin;
  explicit Model(const std::string& name) : param(test::model_file(name + ".param")) {
    const std::string text = test::model_file(name + ".bin");
    bin.assign(text.begin(), text.end());
  }
};

EmbedderInput shipped_input() {
  EmbedderInput input;
  input.input_blob = "in0";
  input.output_blob = "out0";
  return input;
}

Image waves(double frequency) {
  Image image{112, 112, Bytes(112 * 112 * 3)};
  for (std::size_t i = 0; i < image.bgr.size(); ++i) {
    image.bgr[i] = static_cast<std::uint8_t>(127 + 100 * std::sin(double(i) * frequency));
  }
  return image;
}

double cosine(const std::vector<float>& a, const std::vector<float>& b) {
  double ab = 0, aa = 0, bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    ab += double(a[i]) * b[i], aa += double(a[i]) * a[i], bb += double(b[i]) * b[i];
  }
  return ab / std::sqrt(aa * bb);
}

TEST(Int8Backbone, IsNearToFloats) {
  for (const char* name : {"seesaw-shuffle", "dw-seesaw-v2"}) {
    const Model model(name);
    const auto net = match(parse_param(model.param), model.bin);
    ASSERT_TRUE(net);
    for (const Int8Kernels* kernels : all_kernels()) {
      ASSERT_TRUE(Backbone::supports(*net, *kernels));
      const Backbone floats(*net, {}, *kernels->floats, {1}), bytes(*net, {}, *kernels, {1});
      for (const double frequency : {0.013, 0.05, 0.4}) {
        const Image picture = waves(frequency);
        const double agreement =
            cosine(bytes.run(picture.bgr.data()), floats.run(picture.bgr.data()));
        EXPECT_GE(agreement, 0.998) << name << ", " << kernels->name << ", " << frequency;
        EXPECT_LT(agreement, 0.999999) << "this cannot have been computed in bytes";
      }
    }
  }
}

TEST(Int8Backbone, IsTheSameBitForBitWithAnyNumberOfThreads) {
  if (!best_kernels()) GTEST_SKIP() << "no int8 kernels for this processor";
  const Image picture = waves(0.02);
  for (const char* name : {"seesaw-shuffle", "dw-seesaw-v2"}) {
    const Model model(name);
    const auto net = match(parse_param(model.param), model.bin);
    const std::vector<float> one = Backbone(*net, {}, *best_kernels(), {1}).run(picture.bgr.data());
    for (const int threads : {1, 2, 3, 5}) {
      const Backbone backbone(*net, {}, *best_kernels(), {threads});
      for (int i = 0; i < 5; ++i) EXPECT_EQ(backbone.run(picture.bgr.data()), one) << threads;
    }
  }
}

TEST(Int8Backbone, EmbedsOrSaysWhyNot) {
  const Model model("seesaw-shuffle");
  const NetworkOptions options{1, Precision::Int8, Implementation::Auto};
  const auto refused = [&](const NetworkOptions& wanted, const Model& of) {
    try {
      const Embedder embedder(of.param, of.bin, wanted, shipped_input());
      return std::string();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::PrecisionUnsupported);
      return std::string(error.what());
    }
  };
  if (!best_kernels()) {
    EXPECT_NE(refused(options, model), "");
    return;
  }
  const Embedder embedder(model.param, model.bin, options, shipped_input());
  EXPECT_TRUE(embedder.fused());
  const std::vector<float> embedding = embedder.embed(waves(0.02));
  EXPECT_NEAR(cosine(embedding, embedding), 1, 1e-6);
  EXPECT_NE(refused({1, Precision::Int8, Implementation::Ncnn}, model), "");
}

}  // namespace
}  // namespace seesaw::fused::int8
