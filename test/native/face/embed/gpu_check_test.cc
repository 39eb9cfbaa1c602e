// The comparison of a GPU with the CPU, by stand-ins for both.
#include "face/embed/gpu_check.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace seesaw {
namespace {

using Vector = std::vector<float>;

/** A unit vector that depends on the picture. */
Vector good(const Image& image) {
  const float angle = image.bgr[5000] * 0.01f;
  return {std::cos(angle), std::sin(angle), 0};
}

/** The same, turned by an angle. */
Embed turned(double degrees) {
  return [degrees](const Image& image) {
    const Vector v = good(image);
    const float c = static_cast<float>(std::cos(degrees * M_PI / 180));
    const float s = static_cast<float>(std::sin(degrees * M_PI / 180));
    return Vector{c * v[0], c * v[1], s};
  };
}

struct Case {
  const char* what;
  Embed gpu;
  const char* refusal;  // part of it; empty: accepted
};

TEST(GpuCheck, AcceptsWhatAgrees) {
  const Case cases[] = {
      {"the same", good, ""},
      {"0.7 degrees off", turned(0.7), ""},
      {"0.9 degrees off", turned(0.9), "cosine of 0.99987"},
      {"the opposite", turned(180), "cosine of -1.000000"},
      {"not a number",
       [](const Image&) {
         return Vector{NAN, 0, 0};
       },
       "cosine of "},
      {"infinite",
       [](const Image&) {
         return Vector{INFINITY, 0, 0};
       },
       "cosine of "},
      {"nothing",
       [](const Image&) {
         return Vector{0, 0, 0};
       },
       "cosine of "},
      {"another length",
       [](const Image&) {
         return Vector{1, 0};
       },
       "cosine of "},
      {"the same whatever the picture",
       [](const Image&) {
         return Vector{1, 0, 0};
       },
       "cosine of "},
  };
  for (const Case& each : cases) {
    const GpuCheck check = check_gpu(good, each.gpu);
    const bool wanted = *each.refusal == '\0';
    EXPECT_EQ(!check.refusal, wanted) << each.what;
    EXPECT_NE(check.refusal.value_or("").find(each.refusal), std::string::npos)
        << each.what << ": " << check.refusal.value_or("accepted");
    if (wanted) {
      EXPECT_GE(check.cosine, kLeastGpuCosine) << each.what;
    }
  }
}

TEST(GpuCheck, RefusesWhatIsTooSlow) {
  const Embed slow = [](const Image& image) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    return good(image);
  };
  const GpuCheck check = check_gpu(good, slow, 10);
  ASSERT_TRUE(check.refusal);
  EXPECT_NE(check.refusal->find("at most 10 are allowed"), std::string::npos) << *check.refusal;
}

TEST(GpuCheck, PassesOnWhatIsThrown) {
  const Embed lost = [](const Image&) -> Vector { throw std::runtime_error("device lost"); };
  EXPECT_THROW(check_gpu(good, lost), std::runtime_error);
}

}  // namespace
}  // namespace seesaw
