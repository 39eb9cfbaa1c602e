#include "engine/stages.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "../face/samples.h"

namespace seesaw {
namespace {

void spend(int milliseconds) {
  std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
}

TEST(Stages, TellsHowLongEachTook) {
  Stages stages;
  spend(20);
  stages.enter(Stage::Convert);
  spend(10);
  stages.enter(Stage::Embed);
  spend(10);
  stages.enter(Stage::Convert);
  spend(10);
  stages.finish();
  // A busy machine may sleep longer, never shorter.
  EXPECT_GE(stages.milliseconds(Stage::Wait), 20);
  EXPECT_GE(stages.milliseconds(Stage::Convert), 20);
  EXPECT_GE(stages.milliseconds(Stage::Embed), 10);
  EXPECT_EQ(stages.milliseconds(Stage::Detect), 0);
}

TEST(Stages, StopsBeforeTheNextStage) {
  Stages stages;
  stages.enter(Stage::Convert);
  std::thread([&] { stages.stop(); }).join();
  test::expect_error(ErrorCode::Aborted, "", [&] { stages.enter(Stage::Detect); });
  EXPECT_EQ(stages.milliseconds(Stage::Detect), 0);
}

}  // namespace
}  // namespace seesaw
