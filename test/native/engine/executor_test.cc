#include "engine/executor.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <thread>
#include <vector>

namespace seesaw {
namespace {

using Fate = Executor::Fate;
using Submitted = Executor::Submitted;

/** A job that runs until it is let go, to keep the executor busy. */
class Gate {
 public:
  Executor::Job job() {
    return [this](Fate) {
      entered_.set_value();
      opened_.get_future().wait();
    };
  }
  void wait_until_running() { entered_.get_future().wait(); }
  void open() { opened_.set_value(); }

 private:
  std::promise<void> entered_, opened_;
};

TEST(Executor, RunsInOrderOnOneOtherThread) {
  std::vector<int> order;
  std::vector<std::thread::id> threads;
  {
    Executor executor(100);
    std::promise<void> done;
    for (int i = 0; i < 50; ++i) {
      const auto submitted = executor.try_submit([&, i](Fate fate) {
        EXPECT_EQ(fate, Fate::Run);
        order.push_back(i);
        threads.push_back(std::this_thread::get_id());
        if (i == 49) done.set_value();
      });
      ASSERT_EQ(submitted, Submitted::Yes);
    }
    done.get_future().wait();
  }
  ASSERT_EQ(order.size(), 50u);
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(order[i], i);
    EXPECT_EQ(threads[i], threads[0]);
  }
  EXPECT_NE(threads[0], std::this_thread::get_id());
}

TEST(Executor, AWithdrawnJobIsToldSoAndMakesRoom) {
  Executor executor(2);
  Gate gate;
  ASSERT_EQ(executor.try_submit(gate.job(), 1), Submitted::Yes);
  gate.wait_until_running();
  std::vector<int> withdrawn;
  std::promise<void> last;
  ASSERT_EQ(executor.try_submit([&](Fate) { last.set_value(); }, 2), Submitted::Yes);
  ASSERT_EQ(executor.try_submit(
                [&](Fate fate) {
                  EXPECT_EQ(fate, Fate::Withdrawn);
                  withdrawn.push_back(3);
                },
                3),
            Submitted::Yes);
  ASSERT_EQ(executor.try_submit([](Fate) {}), Submitted::QueueFull);
  EXPECT_FALSE(executor.withdraw(0));
  EXPECT_FALSE(executor.withdraw(1));  // it runs
  EXPECT_FALSE(executor.withdraw(9));
  EXPECT_TRUE(executor.withdraw(3));
  EXPECT_EQ(withdrawn, std::vector<int>{3});
  EXPECT_FALSE(executor.withdraw(3));
  std::promise<void> more;
  EXPECT_EQ(executor.try_submit([&](Fate) { more.set_value(); }), Submitted::Yes);
  gate.open();
  last.get_future().wait();
  more.get_future().wait();
}

TEST(Executor, RefusesWhenTheQueueIsFull) {
  Gate gate;
  Executor executor(2);
  ASSERT_EQ(executor.try_submit(gate.job()), Submitted::Yes);
  gate.wait_until_running();  // it no longer waits in the queue
  std::atomic<int> ran{0};
  const auto count = [&ran](Fate) { ++ran; };
  EXPECT_EQ(executor.try_submit(count), Submitted::Yes);
  EXPECT_EQ(executor.try_submit(count), Submitted::Yes);
  EXPECT_EQ(executor.try_submit(count), Submitted::QueueFull);
  std::promise<void> last;
  gate.open();
  while (executor.try_submit([&last](Fate) { last.set_value(); }) != Submitted::Yes) {
    std::this_thread::yield();
  }
  last.get_future().wait();
  EXPECT_EQ(ran, 2);
}

TEST(Executor, CloseCancelsTheWaitingAndFinishesTheRunning) {
  Gate gate;
  std::vector<Fate> fates;
  bool last_ran = false;
  Executor executor(10);
  ASSERT_EQ(executor.try_submit(gate.job()), Submitted::Yes);
  gate.wait_until_running();
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(executor.try_submit([&](Fate fate) { fates.push_back(fate); }), Submitted::Yes);
  }
  EXPECT_TRUE(executor.close([&](Fate) { last_ran = true; }));
  // They are cancelled before close() returns, while the first job still runs.
  EXPECT_EQ(fates, std::vector<Fate>(3, Fate::Cancelled));
  EXPECT_EQ(executor.try_submit([](Fate) { FAIL(); }), Submitted::Closed);
  EXPECT_FALSE(executor.close([](Fate) { FAIL(); }));
  gate.open();
  executor.join();
  EXPECT_TRUE(last_ran);
}

TEST(Executor, TheDestructorWaitsForTheRunningJob) {
  std::atomic<bool> finished{false};
  std::promise<void> running;
  {
    Executor executor(1);
    executor.try_submit([&](Fate) {
      running.set_value();
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      finished = true;
    });
    running.get_future().wait();
  }
  EXPECT_TRUE(finished);
}

TEST(Executor, WhatAJobHoldsIsLetGoWhenItIsDone) {
  Executor executor(4);
  auto held = std::make_shared<int>(1);
  const std::weak_ptr<int> seen = held;
  std::promise<void> second;
  executor.try_submit([held](Fate) {});
  held.reset();
  executor.try_submit([&](Fate) { second.set_value(); });
  second.get_future().wait();
  EXPECT_TRUE(seen.expired());
}

TEST(Executor, ManyThreadsMaySubmit) {
  std::atomic<int> ran{0}, refused{0};
  {
    Executor executor(8);
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 500; ++i) {
          const auto submitted = executor.try_submit([&ran](Fate) { ++ran; });
          if (submitted != Submitted::Yes) ++refused;
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  // Each job was run, cancelled by the destructor (both count) or refused.
  EXPECT_EQ(ran + refused, 2000);
}

TEST(Executor, StopAllMayMeetExecutorsThatComeAndGo) {
  std::atomic<bool> over{false};
  std::vector<std::thread> owners;
  for (int t = 0; t < 3; ++t) {
    owners.emplace_back([&] {
      while (!over) {
        Executor executor(2);
        executor.try_submit([](Fate) {});
      }
    });
  }
  for (int i = 0; i < 500; ++i) Executor::stop_all();
  over = true;
  for (std::thread& owner : owners) owner.join();
}

/** What process.exit() comes to: nothing that lives on the stack or in an environment goes away. */
[[noreturn]] void exit_at_work() {
  std::promise<void> running, cancelled;
  Executor executor(2);
  executor.try_submit([&](Fate) {
    running.set_value();
    cancelled.get_future().wait();
    // Time for the process to end without it, did that not wait.
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    std::fputs("ended", stderr);
  });
  running.get_future().wait();
  executor.try_submit([&](Fate fate) {
    if (fate == Fate::Cancelled) std::fputs("cancelled ", stderr);
    cancelled.set_value();
  });
  std::exit(0);
}

TEST(ExecutorDeathTest, ExitWaitsForTheRunningJobAndCancelsTheOthers) {
  GTEST_FLAG_SET(death_test_style, DEATH_TEST_STYLE);
  EXPECT_EXIT(exit_at_work(), testing::ExitedWithCode(0), "^cancelled ended$");
}

}  // namespace
}  // namespace seesaw
