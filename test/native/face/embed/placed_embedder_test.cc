// Where an embedding network goes: with made-up GPUs everywhere, and on real ones, Mesa's software
// driver among them, where NCNN has Vulkan.
#include "face/embed/placed_embedder.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "../../engine/model_text.h"
#include "../samples.h"
#include "engine/error.h"

namespace seesaw {
namespace {

const std::string& param() {
  static const std::string text = test::model_file("seesaw-shuffle.param");
  return text;
}

const test::Bytes& bin() {
  static const test::Bytes bytes = [] {
    const std::string text = test::model_file("seesaw-shuffle.bin");
    return test::Bytes(text.begin(), text.end());
  }();
  return bytes;
}

EmbedderInput input() {
  EmbedderInput input;
  input.input_blob = "in0";
  input.output_blob = "out0";
  return input;
}

PlacedEmbedder place(DeviceWish wish, const GpuSurvey& (*survey)() = survey_gpus,
                     const NetworkOptions& options = {}) {
  return place_embedder(param(), bin(), options, input(), wish, true, survey);
}

const GpuSurvey& must_not_be_asked() {
  ADD_FAILURE() << "the GPUs were asked for";
  static const GpuSurvey none;
  return none;
}

const GpuSurvey& no_vulkan() {
  static const GpuSurvey none;
  return none;
}

const GpuSurvey& no_driver() {
  static const GpuSurvey none{true, true, {}};
  return none;
}

/** A GPU that is gone, or was never there. */
const GpuSurvey& ghost() {
  static const GpuSurvey survey{
      true, true, {{31, "a ghost", GpuKind::Discrete, "1.3.0", "none", true}}};
  return survey;
}

struct Case {
  const char* what;
  const GpuSurvey& (*survey)();
  NetworkOptions options;
  const char* reason;  // part of it
};

const Case impossible[] = {
    {"no Vulkan", no_vulkan, {}, "no Vulkan"},
    {"no driver", no_driver, {}, "no driver"},
    {"a GPU that cannot be opened", ghost, {}, "a ghost: it cannot be opened"},
    {"the CPU's kernels",
     must_not_be_asked,
     {1, Precision::Fp32, Implementation::Fused},
     "fused kernels"},
};

TEST(PlacedEmbedder, IsTheCpusUnlessAskedFor) {
  const PlacedEmbedder placed = place(DeviceWish::Cpu, must_not_be_asked);
  EXPECT_FALSE(placed.on_gpu);
  EXPECT_EQ(placed.reason, "");
}

TEST(PlacedEmbedder, SaysWhyNoGpuCanBeHad) {
  for (const Case& each : impossible) {
    try {
      place(DeviceWish::Vulkan, each.survey, each.options);
      ADD_FAILURE() << each.what;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::DeviceUnavailable) << each.what;
      EXPECT_NE(std::string(error.what()).find(each.reason), std::string::npos) << error.what();
    }
  }
}

TEST(PlacedEmbedder, GoesToTheCpuInsteadAndSaysWhy) {
  const Embedder cpu(param(), bin(), {}, input());
  const Image face = test::waves(kCropSize, kCropSize);
  for (const Case& each : impossible) {
    if (each.options.implementation == Implementation::Fused && !cpu.fused()) continue;
    const PlacedEmbedder placed = place(DeviceWish::Auto, each.survey, each.options);
    EXPECT_FALSE(placed.on_gpu) << each.what;
    EXPECT_NE(placed.reason.find(each.reason), std::string::npos) << placed.reason;
    EXPECT_EQ(placed.embedder.embed(face), cpu.embed(face)) << each.what;
  }
}

TEST(PlacedEmbedder, BlamesABrokenModelOnTheModel) {
  for (const DeviceWish wish : {DeviceWish::Cpu, DeviceWish::Vulkan, DeviceWish::Auto}) {
    test::Bytes cut(bin().begin(), bin().end() - 4);
    try {
      place_embedder(param(), cut, {}, input(), wish, true, ghost);
      ADD_FAILURE() << "loaded";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::ModelInvalid) << error.what();
    }
  }
}

double cosine(const std::vector<float>& a, const std::vector<float>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += double(a[i]) * b[i];
  return sum;
}

class RealGpu : public testing::Test {
 protected:
  void SetUp() override {
    const GpuChoice choice = choose_gpu(survey_gpus(), true);
    if (choice.gpu) return;
    ASSERT_EQ(std::getenv("SEESAWFACE_EXPECT_VULKAN"), nullptr) << choice.reason;
    GTEST_SKIP() << choice.reason;
  }
};

TEST_F(RealGpu, AgreesWithTheCpu) {
  const Embedder cpu(param(), bin(), {}, input());
  for (const DeviceWish wish : {DeviceWish::Vulkan, DeviceWish::Auto}) {
    const PlacedEmbedder placed = place(wish);
    ASSERT_TRUE(placed.on_gpu) << placed.reason;
    EXPECT_FALSE(placed.embedder.fused());
    EXPECT_NE(placed.reason.find("cosine with the CPU"), std::string::npos) << placed.reason;
    for (unsigned seed = 0; seed < 5; ++seed) {
      const Image face = test::noise(kCropSize, kCropSize, seed);
      EXPECT_GE(cosine(placed.embedder.embed(face), cpu.embed(face)), 0.999999);
    }
  }
}

TEST_F(RealGpu, IsSharedByThreads) {
  const PlacedEmbedder one = place(DeviceWish::Vulkan);
  const PlacedEmbedder other = place(DeviceWish::Vulkan);
  const Image face = test::waves(kCropSize, kCropSize);
  const std::vector<float> expected = one.embedder.embed(face);
  std::vector<std::thread> threads;
  for (const Embedder* embedder : {&one.embedder, &other.embedder, &one.embedder}) {
    threads.emplace_back([&, embedder] {
      for (int i = 0; i < 5; ++i) EXPECT_EQ(embedder->embed(face), expected);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_F(RealGpu, KeepsHalfPrecisionWhereItCan) {
  const GpuChoice choice = choose_gpu(survey_gpus(), true);
  NetworkOptions half;
  half.precision = Precision::Fp16;
  if (!choice.gpu->fp16) {
    EXPECT_THROW(place(DeviceWish::Vulkan, survey_gpus, half), Error);
    GTEST_SKIP() << "this GPU does not keep half precision";
  }
  const PlacedEmbedder placed = place(DeviceWish::Vulkan, survey_gpus, half);
  const Embedder cpu(param(), bin(), {}, input());
  const Image face = test::noise(kCropSize, kCropSize, 1);
  const double agreement = cosine(placed.embedder.embed(face), cpu.embed(face));
  EXPECT_GE(agreement, 0.9999);
  EXPECT_LT(agreement, 0.99999999) << "that is full precision";
}

}  // namespace
}  // namespace seesaw
