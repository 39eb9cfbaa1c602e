// A few threads that do one thing together: the caller and workers that help where they can.
//
// Work is a list of steps, each of some tasks. Threads take tasks one by one, and a step is over
// when its tasks are done, whoever did them: a worker that the system has put aside (its core is
// busy with something else) holds up nobody, unless it is within a task.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "engine/helper_cores.h"
#include "engine/spin.h"

namespace seesaw::fused {

struct TeamOptions {
  int threads = 1;
  /** How long workers look for the next run before they sleep. */
  std::chrono::microseconds spin = kDefaultSpin;
};

class Team {
 public:
  /** Starts threads - 1 workers, or as many as the system allows. @param steps of a run */
  Team(const TeamOptions& options, int steps);
  ~Team();
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  int size() const { return static_cast<int>(workers_.size()) + 1; }

  /**
   * Calls work(0) here and work(i), i up to size() - 1, on those workers that come in time, and
   * returns when all that came have returned. One call at a time; `work` must not throw.
   */
  void run(const std::function<void(int)>& work);

  /**
   * Within run(): does tasks of a step, which are numbered from 0 to count - 1, and returns when
   * all are done; what was written by them is then seen by all. Every thread goes through the same
   * steps in the same order.
   */
  template <typename Task>
  void share(int step, int count, const Task& task) {
    if (workers_.empty()) {
      for (int i = 0; i < count; ++i) task(i);
      return;
    }
    Step& s = steps_[step];
    for (int i; (i = s.next.fetch_add(1, std::memory_order_relaxed)) < count;) {
      task(i);
      if (s.done.fetch_add(1) + 1 == count) wake();
    }
    wait_until(kStepSpin, [&] { return s.done.load() == count; });
  }

 private:
  struct alignas(64) Step {
    std::atomic<int> next{0};  // task to be taken
    std::atomic<int> done{0};
  };

  void loop(int index);
  /** Wakes who sleeps; to be called after a change that somebody may wait for. */
  void wake();
  template <typename Condition>
  void wait_until(std::chrono::microseconds spin, const Condition& condition);

  /** Longer than threads of an undisturbed team wait for the end of a step. */
  static constexpr std::chrono::microseconds kStepSpin{50};

  const std::chrono::microseconds spin_;
  std::vector<Step> steps_;
  const std::function<void(int)>* work_ = nullptr;
  /** Odd while a run is open to workers; changes with every start and end. */
  std::atomic<std::uint32_t> round_{0};
  std::atomic<int> inside_{0};  // workers that came in
  std::atomic<int> sleepers_{0};
  std::atomic<bool> stop_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  HelperCores helper_cores_;
  std::vector<std::thread> workers_;
};

// Every change that is waited for, and the count of sleepers, are sequentially consistent: who goes
// to sleep counts itself first and then looks, who makes a change looks for sleepers after it, so
// that one of the two sees the other.
template <typename Condition>
void Team::wait_until(std::chrono::microseconds spin, const Condition& condition) {
  if (spin_for(spin, condition)) return;
  sleepers_.fetch_add(1);
  {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, condition);
  }
  sleepers_.fetch_sub(1);
}

}  // namespace seesaw::fused
