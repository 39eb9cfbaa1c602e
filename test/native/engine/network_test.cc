#include "engine/network.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <thread>

#include "engine/error.h"
#include "engine/machine/device.h"
#include "model_text.h"

namespace seesaw {
namespace {

using test::Bytes;
using test::description;
using test::join;
using test::raw;
using test::tagged;

ncnn::Mat picture(int w, int h, int c) {
  ncnn::Mat mat(w, h, c);
  for (int q = 0; q < c; ++q) {
    float* values = mat.channel(q);
    for (int i = 0; i < w * h; ++i) values[i] = std::sin(0.1f * (i + 100 * q));
  }
  return mat;
}

ErrorCode code_of(const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& error) {
    return error.code();
  }
  ADD_FAILURE() << "nothing was thrown";
  return ErrorCode::Internal;
}

TEST(Network, ComputesWhatIsComputedByHand) {
  // 1x1 convolution of two channels: out = 2 a - b + 1, then ReLU
  const std::string param = description(
      3, 3, "Input in 0 1 in\nConvolution c 1 1 in mid 0=1 1=1 5=1 6=2\nReLU r 1 1 mid out\n");
  const Network network(param, join(tagged({2, -1}), raw({1})), {});
  ncnn::Mat in(2, 1, 2);
  in.channel(0)[0] = 3, in.channel(0)[1] = -4;
  in.channel(1)[0] = 5, in.channel(1)[1] = 1;
  const ncnn::Mat out = network.run("in", in, {"out"}).front();
  ASSERT_EQ(out.w, 2);
  ASSERT_EQ(out.h, 1);
  ASSERT_EQ(out.c, 1);
  EXPECT_FLOAT_EQ(out.channel(0)[0], 2);  // 6 - 5 + 1
  EXPECT_FLOAT_EQ(out.channel(0)[1], 0);  // -8 - 1 + 1, below zero
}

TEST(Network, ReadsHalfPrecisionWeights) {
  // The halves 0x3C00 and 0xC000 are 1 and -2.
  Bytes bin{0x47, 0x6B, 0x30, 0x01, 0x00, 0x3C, 0x00, 0xC0};
  const Network network(description(2, 2, "Input in 0 1 in\nInnerProduct l 1 1 in out 0=1 2=2\n"),
                        bin, {});
  ncnn::Mat in(2, 1, 1);
  in[0] = 10, in[1] = 3;
  EXPECT_FLOAT_EQ(network.run("in", in, {"out"}).front()[0], 4);
}

TEST(Network, SeveralOutputsInTheOrderAskedFor) {
  const Network network(
      description(3, 4, "Input in 0 1 in\nSplit s 1 2 in a b\nUnaryOp n 1 1 b c 0=1\n"), {}, {});
  const ncnn::Mat in = picture(3, 2, 1);
  const std::vector<ncnn::Mat> out = network.run("in", in, {"c", "a"});
  ASSERT_EQ(out.size(), 2u);
  for (int i = 0; i < 6; ++i) {
    EXPECT_EQ(out[0][i], -in[i]);
    EXPECT_EQ(out[1][i], in[i]);
  }
}

TEST(Network, ShippedDetectorGivesTheSameWithOneAndTwoThreads) {
  const std::string param = test::model_file("yunet.param");
  const std::string bytes = test::model_file("yunet.bin");
  ASSERT_FALSE(param.empty());
  const Bytes bin(bytes.begin(), bytes.end());
  const Network one(param, bin, {1, Precision::Fp32});
  const Network two(param, bin, {2, Precision::Fp32});
  const std::vector<std::string> outputs{"head_8", "head_16", "head_32"};
  // Another size in between: what is remembered of one size must not serve the other.
  for (const int side : {160, 96, 160}) {
    const ncnn::Mat in = picture(side, side, 3);
    const std::vector<ncnn::Mat> a = one.run("in0", in, outputs);
    const std::vector<ncnn::Mat> b = two.run("in0", in, outputs);
    for (std::size_t k = 0; k < outputs.size(); ++k) {
      ASSERT_EQ(a[k].w, side / (8 << k));
      ASSERT_EQ(a[k].total(), b[k].total());
      for (int q = 0; q < a[k].c; ++q) {
        const ncnn::Mat ca = a[k].channel(q), cb = b[k].channel(q);
        for (int i = 0; i < ca.w * ca.h; ++i) ASSERT_NEAR(ca[i], cb[i], 1e-4);
      }
    }
  }
}

TEST(Network, ManyAtOnceWithThreadsOfTheirOwn) {
  const std::string param = test::model_file("yunet.param");
  const std::string bytes = test::model_file("yunet.bin");
  const Bytes bin(bytes.begin(), bytes.end());
  const ncnn::Mat in = picture(96, 96, 3);
  const float expected = Network(param, bin, {}).run("in0", in, {"head_32"}).front().channel(0)[0];
  std::vector<std::thread> threads;
  for (int t = 0; t < 6; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 3; ++i) {
        const Network network(param, bin, {2, Precision::Fp32});
        for (int j = 0; j < 3; ++j) {
          const float got = network.run("in0", in, {"head_32"}).front().channel(0)[0];
          EXPECT_NEAR(got, expected, 1e-4);
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(Network, RefusesWhatItCannotTake) {
  const Network network(description(2, 2, "Input in 0 1 in\nReLU r 1 1 in out\n"), {}, {});
  const ncnn::Mat good = picture(2, 2, 1);
  using C = ErrorCode;
  EXPECT_EQ(code_of([&] { network.run("no", good, {"out"}); }), C::ModelInvalid);
  EXPECT_EQ(code_of([&] { network.run("in", good, {"no"}); }), C::InvalidArgument);
  EXPECT_EQ(code_of([&] { network.run("in", good, {"in"}); }), C::InvalidArgument);
  EXPECT_EQ(code_of([&] { network.run("in", ncnn::Mat(), {"out"}); }), C::InvalidArgument);
  EXPECT_EQ(code_of([&] { network.run("in", ncnn::Mat(4), {"out"}); }), C::InvalidArgument);
  EXPECT_EQ(network.run("in", good, {"out"}).size(), 1u) << "still of use after the errors";
}

TEST(Network, RefusesOptions) {
  const std::string param = description(1, 1, "Input in 0 1 in\n");
  EXPECT_EQ(code_of([&] { Network(param, {}, {0, Precision::Fp32}); }), ErrorCode::InvalidArgument);
  EXPECT_EQ(code_of([&] {
              Network(param, {}, {1000, Precision::Fp32});
            }),
            ErrorCode::InvalidArgument);
  if (!supports_fp16()) {
    EXPECT_EQ(code_of([&] {
                Network(param, {}, {1, Precision::Fp16});
              }),
              ErrorCode::PrecisionUnsupported);
  }
}

TEST(Device, IsPlausible) {
#if defined(__aarch64__)
  const std::vector<std::string> features = cpu_features();
  EXPECT_NE(std::find(features.begin(), features.end(), "neon"), features.end());
#endif
  EXPECT_FALSE(ncnn_version().empty());
}

}  // namespace
}  // namespace seesaw
