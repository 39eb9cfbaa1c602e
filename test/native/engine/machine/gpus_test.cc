// Which GPU is chosen and why none, without one; and what this machine shows.
#include "engine/machine/gpus.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace seesaw {
namespace {

Gpu gpu(int index, GpuKind kind) {
  Gpu gpu;
  gpu.index = index;
  gpu.name = std::string("the ") + kind_name(kind) + " one";
  gpu.kind = kind;
  return gpu;
}

struct Case {
  const char* what;
  GpuSurvey survey;
  bool allow_software;
  int chosen;          // -1: none
  const char* reason;  // part of it
};

TEST(Gpus, AreChosenByKind) {
  using Kind = GpuKind;
  const Case cases[] = {
      {"no Vulkan built in", {}, true, -1, "no Vulkan"},
      {"no loader", {true, false, {}}, true, -1, "loader"},
      {"no driver", {true, true, {}}, true, -1, "no driver"},
      {"a software driver", {true, true, {gpu(0, Kind::Software)}}, false, -1, "the software one"},
      {"a software driver, in tests", {true, true, {gpu(0, Kind::Software)}}, true, 0, ""},
      {"a GPU after a software driver",
       {true, true, {gpu(0, Kind::Software), gpu(1, Kind::Integrated)}},
       false,
       1,
       ""},
      {"the same, in tests",
       {true, true, {gpu(0, Kind::Software), gpu(1, Kind::Other)}},
       true,
       1,
       ""},
      {"discrete before integrated",
       {true, true, {gpu(0, Kind::Integrated), gpu(1, Kind::Discrete)}},
       false,
       1,
       ""},
      {"integrated before virtual",
       {true, true, {gpu(0, Kind::Virtual), gpu(1, Kind::Integrated)}},
       false,
       1,
       ""},
      {"virtual before unknown",
       {true, true, {gpu(0, Kind::Other), gpu(1, Kind::Virtual)}},
       false,
       1,
       ""},
      {"the first of two alike",
       {true, true, {gpu(0, Kind::Discrete), gpu(1, Kind::Discrete)}},
       false,
       0,
       ""},
  };
  for (const Case& each : cases) {
    const GpuChoice choice = choose_gpu(each.survey, each.allow_software);
    EXPECT_EQ(choice.gpu ? choice.gpu->index : -1, each.chosen) << each.what;
    EXPECT_NE(choice.reason.find(each.reason), std::string::npos)
        << each.what << ": " << choice.reason;
    EXPECT_EQ(choice.reason.empty(), each.chosen >= 0) << each.what;
  }
}

TEST(Gpus, OfThisMachineAreDescribed) {
  const GpuSurvey& survey = survey_gpus();
  EXPECT_EQ(&survey, &survey_gpus());
  if (!survey.built_in) {
    EXPECT_TRUE(survey.gpus.empty());
    GTEST_SKIP() << "built without Vulkan";
  }
  for (const Gpu& gpu : survey.gpus) {
    EXPECT_FALSE(gpu.name.empty());
    EXPECT_EQ(gpu.vulkan.rfind("1.", 0), 0u) << gpu.vulkan;
  }
  if (survey.gpus.empty()) GTEST_SKIP() << "no Vulkan driver";
}

TEST(GpuTenancy, MayComeAndGoInAnyOrder) {
  int released = 0;
  const auto count = [&released] { ++released; };
  auto first = std::make_unique<GpuTenancy>(count);
  auto second = std::make_unique<GpuTenancy>(count);
  first.reset();
  second.reset();
  EXPECT_EQ(released, 0) << "only exit() releases";
}

}  // namespace
}  // namespace seesaw
