// Every set of fused kernels that this machine can run, against the naive reference.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <iterator>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "engine/fused/pack.h"
#include "engine/fused/reference.h"
#include "units.h"

namespace seesaw::fused {
namespace {

using seesaw::test::into_swish_of;

std::vector<const Kernels*> all_kernels() {
  std::vector<const Kernels*> all;
  for (auto k = usable_kernels(); *k; ++k) all.push_back(*k);
  return all;
}

class FusedKernels : public testing::TestWithParam<const Kernels*> {
 protected:
  Buffer noise(std::size_t size, float scale = 1) {
    Buffer buffer(size);
    std::normal_distribution<float> normal(0, scale);
    for (std::size_t i = 0; i < size; ++i) buffer[i] = normal(random_);
    return buffer;
  }
  Linear linear(int in, int out) {
    const float scale = 1 / std::sqrt(static_cast<float>(in));
    Linear map{in, out, {}, {}};
    Buffer w = noise(std::size_t(in) * out, scale), b = noise(out, 0.3f);
    map.weight.assign(w.data(), w.data() + w.size());
    map.bias.assign(b.data(), b.data() + b.size());
    return map;
  }
  const Kernels& kernels() const { return *GetParam(); }
  const SwishUnits& units() const { return kernels().swish; }
  /** Whether swish is of fewer bits than fp32 has: see simd_neon.h. */
  bool quick() const { return std::string(kernels().name) == "neon"; }

 private:
  std::mt19937 random_{7};
};

int same(int i) { return i; }

void expect_near(const Buffer& got, const Buffer& expected, double tolerance) {
  ASSERT_EQ(got.size(), expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    ASSERT_NEAR(got.data()[i], expected.data()[i], tolerance) << "at " << i;
  }
}

TEST_P(FusedKernels, SwishIsAsExactAsItSays) {
  // A pointwise convolution of one input with weight one, then swish.
  const Linear one =
      into_swish_of({1, 16, std::vector<float>(16, 1), std::vector<float>(16, 0)}, units());
  const Packed packed = pack(one, 0, 16, same, kernels());
  constexpr int kGroups = 20000;
  Buffer in(kGroups * kGroup), out(kGroups * kGroup * 16);
  for (std::size_t i = 0; i < in.size(); ++i) {
    in[i] = -100 + 200.0f * static_cast<float>(i) / static_cast<float>(in.size());
  }
  PointwiseJob job;
  job.in = in.data(), job.in_pixel = 1;
  job.out = out.data(), job.out_pixel = 16;
  job.groups = kGroups, job.runs = {1, 0, 1}, job.channels = 16;
  job.panels = packed.panels.data(), job.panel_count = int(packed.panels.size());
  job.store = Store::Swish;
  kernels().pointwise(job);
  double worst = 0;
  for (std::size_t i = 0; i < in.size(); ++i) {
    const double expected = reference::swish(in[i]);
    // e^-x loses x / 2 units in the last place to the rounding of its exponent's product.
    const double full = std::fabs(expected) * (4e-7 + 1e-7 * std::fabs(in[i])) + 1e-30;
    const double allowed = !quick() ? full : in[i] < 0 ? 6e-6 : 1.3e-5 * expected;
    worst = std::max(worst, std::fabs(out[i * 16] / units().out - expected) / allowed);
    for (int c = 1; c < 16; ++c) ASSERT_EQ(out[i * 16 + c], out[i * 16]);
  }
  EXPECT_LT(worst, 1);
}

TEST_P(FusedKernels, SwishOfTheUnusual) {
  const Linear one =
      into_swish_of({1, 16, std::vector<float>(16, 1), std::vector<float>(16, 0)}, units());
  const Packed packed = pack(one, 0, 16, same, kernels());
  const float infinity = std::numeric_limits<float>::infinity();
  const float largest = std::numeric_limits<float>::max();
  // e^-x ends at 2^125, so that what should be 0 is x / 2^125 at most (in NCNN x / 2^127.5). Sums
  // of this size mean that the network has overflowed; -infinity stays what tells of it.
  const float ends = 1.00001f * 0x1p-125f;
  const struct {
    float in, low, high;
  } cases[] = {
      {0, 0, 0},
      {1e-30f, 5e-31f, 5.00001e-31f},
      {-1e-30f, -5.00001e-31f, -5e-31f},
      {1e30f, 1e30f, 1e30f},
      {largest, largest, largest},
      {infinity, infinity, infinity},
      {-87, -87 * ends, 0},
      {-200, -200 * ends, 0},
      {-1e30f, -1e30f * ends, 0},
      {-1e35f, -1e35f * ends, 0},
      {-largest, -8, 0},
      {-infinity, -infinity, -infinity},
  };
  constexpr int kCases = std::size(cases);
  Buffer in(2 * kGroup), out(2 * kGroup * 16);
  static_assert(kCases < 2 * kGroup);
  for (int i = 0; i < kCases; ++i) in[i] = cases[i].in;
  in[kCases] = std::nanf("");
  PointwiseJob job;
  job.in = in.data(), job.in_pixel = 1;
  job.out = out.data(), job.out_pixel = 16;
  job.groups = 2, job.runs = {1, 0, 1}, job.channels = 16;
  job.panels = packed.panels.data(), job.panel_count = int(packed.panels.size());
  job.store = Store::Swish;
  kernels().pointwise(job);
  for (int i = 0; i < kCases; ++i) {
    const double got = out[i * 16] / double(units().out);
    if (quick() && cases[i].in == -infinity && std::isnan(got)) continue;  // tells of it as well
    // Far from what is rounded away, e^-x of few bits may be a multiple of what it should be.
    const double part = quick() ? 1.3e-5 : 0, rest = quick() ? 1e-28 : 0;
    const double low = cases[i].low - (cases[i].in < -1 ? rest : 0), high = cases[i].high;
    EXPECT_GE(got, low * (low < 0 ? 1 + part : 1 - part)) << "swish of " << cases[i].in;
    EXPECT_LE(got, high * (high < 0 ? 1 - part : 1 + part)) << "swish of " << cases[i].in;
  }
  EXPECT_TRUE(std::isnan(out[kCases * 16]));
}

TEST_P(FusedKernels, PointwiseOfEveryWidth) {
  struct Case {
    int groups, outputs;
    Runs runs;
    Store store;
  };
  const Case cases[] = {
      {1, 16, {1, 0, 16}, Store::Linear},  {2, 32, {1, 0, 48}, Store::Swish},
      {3, 48, {2, 40, 16}, Store::Add},    {7, 96, {2, 128, 96}, Store::Linear},
      {4, 24, {1, 0, 24}, Store::Add},     {5, 72, {2, 70, 36}, Store::Linear},
      {7, 144, {1, 0, 72}, Store::Swish},  {3, 16, {3, 200, 9}, Store::Swish},
      {28, 64, {1, 0, 13}, Store::Linear}, {2, 80, {1, 0, 1}, Store::Add},
      {2, 112, {1, 0, 5}, Store::Linear},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(std::to_string(c.groups) + " groups, " + std::to_string(c.outputs) + " outputs");
    const Linear map = linear(c.runs.count * c.runs.length, c.outputs);
    const bool swish = c.store == Store::Swish;
    const Packed packed =
        pack(swish ? into_swish_of(map, units()) : map, 0, c.outputs, same, kernels());
    const int pixels = c.groups * kGroup;
    const int in_pixel = int(c.runs.count * std::max<std::ptrdiff_t>(c.runs.stride, c.runs.length));
    const int out_pixel = c.outputs + 8;  // the eight between must stay what they are
    const Buffer in = noise(std::size_t(pixels) * in_pixel);
    Buffer got = noise(std::size_t(pixels) * out_pixel), expected(got.size());
    std::copy_n(got.data(), got.size(), expected.data());
    PointwiseJob job;
    job.in = in.data(), job.in_pixel = in_pixel;
    job.out = got.data(), job.out_pixel = out_pixel;
    job.groups = c.groups, job.runs = c.runs, job.channels = c.outputs, job.store = c.store;
    job.panels = packed.panels.data(), job.panel_count = int(packed.panels.size());
    kernels().pointwise(job);
    for (int i = 0; swish && i < pixels * out_pixel; ++i) {
      if (i % out_pixel < c.outputs) got[i] /= units().out;
    }
    job.out = expected.data();
    reference::pointwise(job, {map.weight.data(), map.bias.data()});
    expect_near(got, expected, swish && quick() ? 5e-5 : 1e-5);
  }
}

TEST_P(FusedKernels, ExpandAndDepthwiseOfEverySize) {
  struct Case {
    int rows, columns, stride, channels, inputs;
  };
  const Case cases[] = {{7, 7, 1, 16, 20},   {7, 7, 1, 48, 96},  {14, 14, 1, 32, 24},
                        {14, 14, 2, 48, 32}, {28, 28, 2, 16, 5}, {28, 28, 1, 48, 48},
                        {56, 56, 2, 32, 16}, {3, 7, 1, 16, 4},   {2, 14, 2, 16, 4},
                        {3, 14, 1, 32, 9},   {1, 28, 1, 16, 8},  {5, 21, 1, 48, 12}};
  for (const Case& c : cases) {
    SCOPED_TRACE(std::to_string(c.rows) + " rows, stride " + std::to_string(c.stride));
    const Linear map = linear(c.inputs, c.channels);
    const Packed packed = pack(into_swish_of(map, units()), 0, c.channels, same, kernels());
    const Buffer depthwise = noise(std::size_t(10) * c.channels, 0.4f);
    const Buffer scaled = into_swish_of(depthwise, c.channels, units());
    const int in_pixel = c.inputs + 3, out_pixel = c.channels + 16;
    const int outputs = c.rows / c.stride * (c.columns / c.stride);
    const Buffer in = noise(std::size_t(c.rows) * c.columns * in_pixel);
    Buffer got(std::size_t(outputs) * out_pixel), expected(got.size());
    Buffer sums(c.channels), expected_sums(c.channels);
    const std::size_t row = std::size_t(c.columns + 2) * c.channels;
    Buffer ring = noise(row * ring_rows(c.rows, c.columns)), zeros(row);
    ExpandDepthwiseJob job;
    job.in = in.data(), job.in_pixel = in_pixel;
    job.in_row = std::ptrdiff_t(c.columns) * in_pixel;
    job.runs = {1, 0, c.inputs}, job.rows = c.rows, job.columns = c.columns;
    job.panels = packed.panels.data(), job.panel_count = int(packed.panels.size());
    job.channels = c.channels;
    job.weight = scaled.data(), job.bias = scaled.data() + 9 * c.channels;
    job.stride = c.stride, job.out = got.data(), job.out_pixel = out_pixel;
    job.sums = sums.data(), job.ring = ring.data(), job.zeros = zeros.data();
    kernels().expand_depthwise(job);
    for (std::size_t i = 0; i < got.size(); ++i) got[i] /= units().out;
    for (int i = 0; i < c.channels; ++i) sums[i] /= units().out;
    job.weight = depthwise.data(), job.bias = depthwise.data() + 9 * c.channels;
    job.out = expected.data(), job.sums = expected_sums.data();
    reference::expand_depthwise(job, {map.weight.data(), map.bias.data()});
    expect_near(got, expected, quick() ? 1e-4 : 2e-5);
    expect_near(sums, expected_sums, (quick() ? 2e-5 : 1e-5) * outputs);
  }
}

TEST_P(FusedKernels, LinearLayers) {
  struct Case {
    int inputs, outputs;
    Activation activation;
  };
  const Case cases[] = {{1, 1, Activation::None},     {32, 128, Activation::Sigmoid},
                        {128, 32, Activation::PReLU}, {33, 65, Activation::PReLU},
                        {512, 512, Activation::None}, {7, 100, Activation::Sigmoid}};
  for (const Case& c : cases) {
    SCOPED_TRACE(std::to_string(c.inputs) + " to " + std::to_string(c.outputs));
    const Linear map = linear(c.inputs, c.outputs);
    const std::vector<float> slope(c.outputs, 0.25f);
    const PackedLinear packed = pack_linear(map, slope, same, same, 1, kernels());
    const Buffer in = noise(c.inputs);
    Buffer got(packed.padded), expected(packed.padded);
    LinearJob job;
    job.in = in.data(), job.inputs = c.inputs, job.outputs = c.outputs;
    job.weight = packed.weight.data(), job.bias = packed.bias.data();
    job.slope = packed.slope.data(), job.activation = c.activation, job.out = got.data();
    kernels().linear(job);
    job.out = expected.data();
    reference::linear(job, {map.weight.data(), map.bias.data()});
    for (int i = 0; i < c.outputs; ++i) ASSERT_NEAR(got[i], expected[i], 1e-5);
  }
}

TEST_P(FusedKernels, NotANumberStaysOneInEveryActivation) {
  const Linear one{1, 1, {1}, {0}};
  const PackedLinear packed = pack_linear(one, {0.25f}, same, same, 1, kernels());
  for (const auto activation : {Activation::None, Activation::PReLU, Activation::Sigmoid}) {
    // The bits beside those that make it one are whatever a broken file holds.
    for (const std::uint32_t bits : {0x7FC00000u, 0x7FC00001u, 0xFFC001FFu, 0x7FFFFF80u}) {
      Buffer in(1), got(packed.padded);
      std::memcpy(in.data(), &bits, sizeof bits);
      LinearJob job;
      job.in = in.data(), job.inputs = 1, job.outputs = 1;
      job.weight = packed.weight.data(), job.bias = packed.bias.data();
      job.slope = packed.slope.data(), job.activation = activation, job.out = got.data();
      kernels().linear(job);
      EXPECT_TRUE(std::isnan(got[0])) << std::hex << bits << " became " << got[0];
    }
  }
}

TEST_P(FusedKernels, SigmoidOfTheGreatestAndOfInfinities) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  constexpr float kMost = std::numeric_limits<float>::max();
  const Linear one{1, 1, {1}, {0}};
  const PackedLinear packed = pack_linear(one, {0.25f}, same, same, 1, kernels());
  for (const float x : {-kInfinity, -kMost, -126.f, -30.f, 0.f, 30.f, 126.f, kMost, kInfinity}) {
    Buffer got(packed.padded), expected(packed.padded);
    LinearJob job;
    job.in = &x, job.inputs = 1, job.outputs = 1;
    job.weight = packed.weight.data(), job.bias = packed.bias.data();
    job.slope = packed.slope.data(), job.activation = Activation::Sigmoid, job.out = got.data();
    kernels().linear(job);
    job.out = expected.data();
    reference::linear(job, {one.weight.data(), one.bias.data()});
    EXPECT_NEAR(got[0], expected[0], 1e-6) << "of " << x;
  }
}

TEST_P(FusedKernels, ScaledRowsAndReducedPlanes) {
  const Buffer in = noise(49 * 48), weight = noise(49 * 48), bias = noise(48), gates = noise(300);
  Buffer got(48), scaled(20 * 48);
  kernels().reduce(in.data(), weight.data(), bias.data(), 49, 48, 48, got.data());
  for (int c = 0; c < 48; ++c) {
    double sum = bias.data()[c];
    for (int p = 0; p < 49; ++p) {
      sum += double(in.data()[p * 48 + c]) * weight.data()[p * 48 + c];
    }
    ASSERT_NEAR(got[c], sum, 2e-5);
  }
  for (const int* width = kernels().widths;; ++width) {
    const int columns = *width * kernels().lanes;
    for (const Runs& runs : {Runs{2, 100, 10}, Runs{1, 0, 20}, Runs{5, 50, 4}}) {
      kernels().scale_rows(weight.data(), runs, gates.data(), columns, scaled.data());
      for (int k = 0; k < 20; ++k) {
        const float gate = gates.data()[k / runs.length * runs.stride + k % runs.length];
        for (int j = 0; j < columns; ++j) {
          ASSERT_EQ(scaled[k * columns + j], weight.data()[k * columns + j] * gate);
        }
      }
    }
    if (*width == 1) break;
  }
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(FusedKernels);
INSTANTIATE_TEST_SUITE_P(Every, FusedKernels, testing::ValuesIn(all_kernels()),
                         [](const auto& info) { return std::string(info.param->name); });

}  // namespace
}  // namespace seesaw::fused
