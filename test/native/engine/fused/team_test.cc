// Threads that share steps of work: each task once, no step before the one before it is over.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <optional>
#include <thread>
#include <vector>

#if defined(__linux__)
#include <sys/resource.h>
#endif

#include "engine/fused/team.h"
#include "engine/machine/affinity.h"

namespace seesaw::fused {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

struct Case {
  int threads, steps, tasks;
  microseconds spin;
};

TEST(Team, DoesEachTaskOnceAndOneStepAfterTheOther) {
  const Case cases[] = {
      {1, 3, 4, microseconds(0)},    {2, 3, 4, microseconds(0)},   {2, 3, 4, microseconds(100)},
      {3, 5, 1, microseconds(0)},    {3, 5, 7, microseconds(20)},  {8, 4, 16, microseconds(0)},
      {8, 4, 2, microseconds(1000)}, {2, 1, 0, microseconds(100)},
  };
  for (const Case& c : cases) {
    Team team({c.threads, c.spin}, c.steps);
    ASSERT_EQ(team.size(), c.threads);
    // Not atomic: that the threads see what others wrote is what is tested.
    std::vector<int> marks(c.tasks);
    for (int round = 0; round < 100; ++round) {
      team.run([&](int) {
        for (int step = 0; step < c.steps; ++step) {
          const int before = round * c.steps + step;
          team.share(step, c.tasks, [&](int i) {
            EXPECT_EQ(marks[i], before);
            ++marks[i];
          });
        }
      });
      for (const int mark : marks) ASSERT_EQ(mark, (round + 1) * c.steps) << c.threads;
    }
  }
}

TEST(Team, AStepSeesAllOfTheStepBefore) {
  constexpr int kTasks = 6, kSteps = 4;
  for (const int threads : {1, 2, 3, 8}) {
    Team team({threads, microseconds(10)}, kSteps);
    std::vector<std::vector<int>> sums(kSteps, std::vector<int>(kTasks));
    for (int round = 1; round <= 200; ++round) {
      team.run([&](int) {
        for (int step = 0; step < kSteps; ++step) {
          team.share(step, kTasks, [&](int i) {
            int sum = round;
            if (step > 0) {
              for (const int before : sums[step - 1]) sum += before;
            }
            sums[step][i] = sum;
          });
        }
      });
      int expected = round;
      for (const std::vector<int>& step : sums) {
        for (const int sum : step) ASSERT_EQ(sum, expected) << threads << " threads";
        expected = round + kTasks * expected;
      }
    }
  }
}

TEST(Team, DoesNotWaitForAWorkerThatDoesNotCome) {
  // The one worker is held up before its first task of a run: the caller does all tasks itself.
  Team team({2, microseconds(0)}, 2);
  std::promise<void> come, go;
  std::shared_future<void> gone = go.get_future().share();
  std::atomic<int> done{0};
  std::atomic<bool> held{false};
  std::thread runner([&] {
    team.run([&](int thread) {
      if (thread != 0) {
        held = true;
        gone.wait();
      }
      for (const int step : {0, 1}) team.share(step, 5, [&](int) { ++done; });
      if (thread == 0) come.set_value();
    });
  });
  come.get_future().wait();
  EXPECT_EQ(done, 10);
  go.set_value();
  runner.join();
  EXPECT_EQ(done, 10);
}

TEST(Team, WakesAfterALongSleep) {
  Team team({2, microseconds(0)}, 1);
  for (int round = 0; round < 3; ++round) {
    std::this_thread::sleep_for(milliseconds(20));
    // The caller stays in its task until the other thread has taken one too.
    std::atomic<int> taken{0};
    std::atomic<bool> both{false};
    team.run([&](int) {
      team.share(0, 2, [&](int) {
        if (++taken == 2) both = true;
        while (!both) std::this_thread::yield();
      });
    });
    EXPECT_TRUE(both);
  }
}

#if defined(__linux__)
/** How often the system took this thread off a core: in between it stayed where it was. */
long switches() {
  rusage usage{};
  getrusage(RUSAGE_THREAD, &usage);
  return usage.ru_nvcsw + usage.ru_nivcsw;
}

TEST(Team, WorkersMayRunOnAnyCoreButTheCallersWhereThereAreEnough) {
  const std::optional<CpuSet> mine = thread_affinity();
  if (!mine || !current_cpu()) GTEST_SKIP() << "the system does not tell";
  const int cores = static_cast<int>(mine->count());
  for (const int threads : {2, cores + 1}) {
    Team team({threads, microseconds(0)}, 1);
    std::vector<std::optional<CpuSet>> allowed(threads);
    int judged = 0;
    for (int round = 0; round < 1000 && judged < 10; ++round) {
      const long before = switches();
      std::optional<int> core;
      std::atomic<int> taken{0};
      team.run([&](int thread) {
        // Where this thread was when it told the system, unless it may have been moved since.
        if (thread == 0 && (core = current_cpu()) && switches() != before) core.reset();
        // Nobody leaves its task before every thread has one.
        team.share(0, threads, [&](int) {
          ++taken;
          while (taken < threads) std::this_thread::yield();
          allowed[thread] = thread_affinity();
        });
      });
      // In the first round a worker may not be known yet.
      if (round == 0 || !core) continue;
      ++judged;
      CpuSet expected = *mine;
      if (threads <= cores) expected.reset(*core);
      EXPECT_EQ(allowed[0], mine);
      for (int i = 1; i < threads; ++i) EXPECT_EQ(allowed[i], expected) << threads << " threads";
    }
    EXPECT_GT(judged, 0) << "never undisturbed";
  }
}
#endif

}  // namespace
}  // namespace seesaw::fused
