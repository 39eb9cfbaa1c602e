// The fused network against NCNN's plain graph, on the shipped weights.
#include "engine/fused/backbone.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "../model_text.h"
#include "engine/error.h"
#include "face/embed/embedder.h"

namespace seesaw {
namespace {

using test::Bytes;

struct Model {
  std::string param = test::model_file("seesaw-shuffle.param");
  Bytes bin;
  Model() {
    const std::string bytes = test::model_file("seesaw-shuffle.bin");
    bin.assign(bytes.begin(), bytes.end());
  }
};

EmbedderInput shipped_input(bool bgr = true) {
  EmbedderInput input;
  input.bgr = bgr;
  input.input_blob = "in0";
  input.output_blob = "out0";
  return input;
}

/** Noise, a constant, extremes and a slope: whatever a crop may hold. */
std::vector<Image> pictures() {
  std::mt19937 random(3);
  std::vector<Image> all;
  for (int kind = 0; kind < 5; ++kind) {
    Image image{112, 112, Bytes(112 * 112 * 3)};
    for (std::size_t i = 0; i < image.bgr.size(); ++i) {
      const int values[] = {int(random() & 255), 127, int(random() & 1) * 255,
                            int(i * 255 / image.bgr.size()), int(127 + 90 * std::sin(i * 0.01))};
      image.bgr[i] = static_cast<std::uint8_t>(values[kind]);
    }
    all.push_back(std::move(image));
  }
  return all;
}

double cosine(const std::vector<float>& a, const std::vector<float>& b) {
  double ab = 0, aa = 0, bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    ab += double(a[i]) * b[i], aa += double(a[i]) * a[i], bb += double(b[i]) * b[i];
  }
  return ab / std::sqrt(aa * bb);
}

TEST(FusedBackbone, AgreesWithThePlainGraph) {
  const Model model;
  const auto net = fused::match(parse_param(model.param), model.bin);
  ASSERT_TRUE(net);
  for (const bool bgr : {true, false}) {
    const EmbedderInput input = shipped_input(bgr);
    const Embedder plain(model.param, model.bin, {1, Precision::Fp32, Implementation::Ncnn}, input);
    EXPECT_FALSE(plain.fused());
    for (auto kernels = fused::usable_kernels(); *kernels; ++kernels) {
      ASSERT_TRUE(fused::Backbone::supports(*net, **kernels));
      for (const int threads : {1, 2, 3, 5}) {
        const fused::Backbone fused(*net, {bgr, input.mean, input.norm}, **kernels, {threads});
        for (const Image& picture : pictures()) {
          const double agreement = cosine(fused.run(picture.bgr.data()), plain.embed(picture));
          EXPECT_GE(agreement, 0.999999) << (*kernels)->name << ", " << threads << " threads";
        }
      }
    }
  }
}

TEST(FusedBackbone, IsTheSameBitForBitWithAnyNumberOfThreads) {
  const Model model;
  const fused::Kernels* kernels = fused::best_kernels();
  if (!kernels) GTEST_SKIP() << "no fused kernels for this processor";
  const auto net = fused::match(parse_param(model.param), model.bin);
  const Image picture = pictures().front();
  const std::vector<float> one = fused::Backbone(*net, {}, *kernels, {1}).run(picture.bgr.data());
  for (const int threads : {1, 2, 4}) {
    const fused::Backbone backbone(*net, {}, *kernels, {threads});
    for (int i = 0; i < 5; ++i) EXPECT_EQ(backbone.run(picture.bgr.data()), one) << threads;
  }
}

TEST(FusedBackbone, CallsAtTheSameTimeDoNotDisturbEachOther) {
  const Model model;
  const Embedder embedder(model.param, model.bin, {2, Precision::Fp32}, shipped_input());
  const std::vector<Image> all = pictures();
  std::vector<std::vector<float>> expected;
  for (const Image& picture : all) expected.push_back(embedder.embed(picture));
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < all.size(); ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 5; ++i) EXPECT_EQ(embedder.embed(all[t]), expected[t]);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(FusedBackbone, IsTakenWhereItCanBe) {
  const Model model;
  const auto with = [&](Implementation implementation, const std::string& param) {
    return Embedder(param, model.bin, {1, Precision::Fp32, implementation}, shipped_input())
        .fused();
  };
  const bool can = fused::best_kernels() != nullptr;
  EXPECT_EQ(with(Implementation::Auto, model.param), can);
  EXPECT_FALSE(with(Implementation::Ncnn, model.param));
  if (can) {
    EXPECT_TRUE(with(Implementation::Fused, model.param));
  }
}

TEST(FusedBackbone, LeavesOtherGraphsToNcnn) {
  const Model model;
  struct Case {
    const char* what;
    const char* from;
    const char* to;
  };
  // Each change leaves a valid network of another meaning.
  const Case cases[] = {
      {"shuffle in four groups", "ShuffleChannel           channelshuffle_30        1 1 11 12 0=2",
       "ShuffleChannel           channelshuffle_30        1 1 11 12 0=4"},
      {"the shuffle undone", "channelshuffle_31        1 1 36 37 0=2 1=0",
       "channelshuffle_31        1 1 36 37 0=2 1=1"},
      {"another activation", "Swish                    silu_154",
       "ReLU                     silu_154"},
      {"the two halves swapped", "cat_0                    2 1 8 10 11",
       "cat_0                    2 1 10 8 11"},
      {"a difference", "add_2                    2 1 29 52 53 0=0",
       "add_2                    2 1 29 52 53 0=1"},
      {"the largest instead of the mean", "gap_15                   1 1 16 17 0=1",
       "gap_15                   1 1 16 17 0=0"},
      {"gates without sigmoid", "19 20 0=128 1=1 2=4096 9=4", "19 20 0=128 1=1 2=4096 9=0"},
      {"a fused activation", "1 1 in0 1 0=64 1=3 11=3", "1 1 in0 1 0=64 9=1 1=3 11=3"},
  };
  for (const Case& c : cases) {
    std::string param = model.param;
    const std::size_t at = param.find(c.from);
    ASSERT_NE(at, std::string::npos) << c.what;
    param.replace(at, std::string(c.from).size(), c.to);
    EXPECT_FALSE(fused::match(parse_param(param), model.bin)) << c.what;
    const NetworkOptions automatic;
    EXPECT_FALSE(Embedder(param, model.bin, automatic, shipped_input()).fused()) << c.what;
    try {
      Embedder(param, model.bin, {1, Precision::Fp32, Implementation::Fused}, shipped_input());
      ADD_FAILURE() << c.what << " was fused";
    } catch (const Error& error) {
      EXPECT_EQ(error.argument(), "implementation");
    }
  }
}

}  // namespace
}  // namespace seesaw
