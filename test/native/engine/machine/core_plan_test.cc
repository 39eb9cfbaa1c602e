#include "engine/machine/core_plan.h"

#include <gtest/gtest.h>

#include <future>
#include <string>
#include <thread>

#include "board_tree.h"
#include "engine/executor.h"
#include "engine/machine/system_file.h"

namespace seesaw {
namespace {

using test::BoardTree;

struct Case {
  const char* board;
  Powersave wanted;
  std::optional<int> threads;
  Powersave in_force;
  int resulting_threads;
  const char* cpus;
};

TEST(CorePlan, OnRecordedBoards) {
  constexpr auto off = Powersave::Off, little = Powersave::Little, big = Powersave::Big;
  const Case cases[] = {
      {"raspberry-pi-4", off, std::nullopt, off, 4, ""},
      {"raspberry-pi-4", little, std::nullopt, off, 4, ""},
      {"raspberry-pi-5", big, 3, off, 3, ""},
      {"rk3588", off, std::nullopt, off, 4, ""},
      {"rk3588", big, std::nullopt, big, 4, "4-7"},
      {"rk3588", little, std::nullopt, little, 4, "0-3"},
      {"rk3588", little, 1, little, 1, "0-3"},
      {"snapdragon-865", big, std::nullopt, big, 4, "4-7"},
      {"tensor-g3-android", big, std::nullopt, big, 4, "4-8"},
      {"android-closed", little, 2, little, 2, "0-3"},
      {"container-v2", off, std::nullopt, off, 1, ""},
      {"container-v2", off, 2, off, 2, ""},
      {"container-v1", big, std::nullopt, off, 2, ""},
  };
  for (const Case& each : cases) {
    SCOPED_TRACE(each.board);
    const BoardTree tree(each.board);
    const Topology topology = read_topology(tree.root(), std::nullopt, 1);
    const CorePlan plan = plan_cores(topology, each.wanted, each.threads);
    EXPECT_EQ(plan.powersave, each.in_force);
    EXPECT_EQ(plan.threads, each.resulting_threads);
    EXPECT_EQ(plan.cpus, parse_cpu_list(each.cpus).value());
  }
}

TEST(CorePlan, IsAmongTheProcessorsOfTheProcess) {
  const BoardTree tree("rk3588");
  const Topology topology = read_topology(tree.root(), parse_cpu_list("3-5"), 1);
  const CorePlan big = plan_cores(topology, Powersave::Big, std::nullopt);
  EXPECT_EQ(big.cpus, parse_cpu_list("4-5").value());
  EXPECT_EQ(big.threads, 2);
}

/** The last processor that this thread may use, made the little one of two. */
TEST(CorePlan, HoldsForTheThreadThatSettlesAndThoseItStarts) {
  const CpuSet all = thread_affinity().value();
  if (all.count() < 2) GTEST_SKIP() << "a single processor";
  std::size_t last = kMostCpus - 1;
  while (!all[last]) --last;
  BoardTree tree;
  tree.add("/sys/devices/system/cpu/cpu" + std::to_string(last) + "/cpu_capacity", "300");
  for (std::size_t i = 0; i < last; ++i) {
    if (all[i]) {
      tree.add("/sys/devices/system/cpu/cpu" + std::to_string(i) + "/cpu_capacity", "1024");
    }
  }
  CorePlan plan = plan_cores(read_topology(tree.root(), all, 1), Powersave::Little, std::nullopt);
  CpuSet here, started;
  {
    Executor executor(1, [&] { keep_to(plan); });
    std::promise<void> done;
    executor.try_submit([&](Executor::Fate) {
      here = thread_affinity().value();
      std::thread([&] { started = thread_affinity().value(); }).join();
      done.set_value();
    });
    done.get_future().wait();
  }
  EXPECT_EQ(plan.powersave, Powersave::Little);
  EXPECT_EQ(here, CpuSet().set(last));
  EXPECT_EQ(started, here);
  EXPECT_EQ(thread_affinity(), all) << "of the thread that made the executor";
}

TEST(CorePlan, IsOffWhereTheSystemRefuses) {
  CorePlan plan{Powersave::Big, 2, CpuSet().set(kMostCpus - 1)};
  const CpuSet before = thread_affinity().value();
  std::thread([&] { keep_to(plan); }).join();
  EXPECT_EQ(plan.powersave, Powersave::Off);
  EXPECT_EQ(plan.threads, 2);
  EXPECT_EQ(thread_affinity(), before);
}

}  // namespace
}  // namespace seesaw
