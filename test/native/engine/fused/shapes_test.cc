// Networks of the shape that is fused, with channel counts that fill no vector: against NCNN.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "engine/error.h"
#include "engine/fused/backbone.h"
#include "engine/fused/plan.h"
#include "engine/fused/workspace.h"
#include "face/embed/embedder.h"
#include "writer.h"

namespace seesaw {
namespace {

using test::Bytes;
using Spec = test::FusedSpec;
using Writer = test::FusedWriter;
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
      const fused::Backbone fused(*net, {}, **kernels, {threads});
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

/** Three blocks that halve, of which the last is as given. */
Spec ending_with(const test::FusedBlockSpec& last) {
  return {"",
          16,
          {{{8, 8}, {16, 16}, {16, 16}, {4, 4}, 4, false, Shortcut::None, 2},
           {{4, 4}, {16, 16}, {16, 16}, {4, 4}, 4, false, Shortcut::None, 2},
           last},
          16,
          8};
}

TEST(FusedLimits, AreThoseOfNcnnsGraphs) {
  Spec wide = ending_with({{4, 4}, {16, 16}, {16, 16}, {4, 4}, 4, false, Shortcut::None, 2});
  wide.stem = 32768;
  wide.blocks[0].in = {8, 32760};
  const struct {
    const char* what;
    Spec spec;
    const char* message;
  } cases[] = {
      {"seventy thousand channels, on an axis that ends at 65536",
       ending_with({{4, 4}, {16, 16}, {16, 16}, {35000, 35000}, 4, false, Shortcut::None, 2}),
       "the result is too large"},
      {"blobs of 411 MB each, four at least", wide, "too large together"},
  };
  for (const auto& c : cases) {
    const Writer network(c.spec);
    EmbedderInput input;
    input.input_blob = "in0";
    input.output_blob = "out0";
    input.embedding_size = c.spec.embedding;
    for (const auto implementation : {Implementation::Auto, Implementation::Ncnn}) {
      try {
        Embedder(network.description(), network.bin(), {1, Precision::Fp32, implementation}, input);
        ADD_FAILURE() << c.what << ": accepted";
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::ModelInvalid) << c.what;
        EXPECT_NE(std::string(error.what()).find(c.message), std::string::npos) << error.what();
      }
    }
  }
}

TEST(FusedLimits, CountWhatEveryThreadTakes) {
  const fused::Kernels* kernels = fused::best_kernels();
  if (!kernels) GTEST_SKIP() << "no fused kernels for this processor";
  // Each thread has a copy of the 4 million weights of the projections.
  constexpr int middle = 16384;
  const Writer network(ending_with({{4, 4},
                                    {middle / 2, middle / 2},
                                    {middle / 2, middle / 2},
                                    {128, 128},
                                    1,
                                    false,
                                    Shortcut::None,
                                    2}));
  const auto net = fused::match(parse_param(network.description()), network.bin());
  ASSERT_TRUE(net);
  const fused::Plan plan = fused::make_plan(*net, true, *kernels, 256);
  // The layer to a single channel fills a panel of four vectors.
  EXPECT_GT(plan.numbers, std::size_t{4} * kernels->lanes * middle);
  EXPECT_LT(plan.numbers, fused::kMaxNumbers / 16);
  EXPECT_NO_THROW(fused::Workspace(plan, 2));
  try {
    fused::Workspace(plan, 256);
    ADD_FAILURE() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::ModelInvalid);
  }
}

TEST(FusedLimits, EndAtOneGigabyte) {
  EXPECT_NO_THROW(fused::check_numbers(fused::kMaxNumbers));
  EXPECT_THROW(fused::check_numbers(fused::kMaxNumbers + 1), Error);
}

}  // namespace
}  // namespace seesaw
