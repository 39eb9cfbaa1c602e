// A few threads that do one thing together: the caller and workers that wait for it.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace seesaw::fused {

class Team {
 public:
  /** Starts threads - 1 workers, or as many as the system allows. */
  explicit Team(int threads);
  ~Team();
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  int size() const { return static_cast<int>(workers_.size()) + 1; }

  /**
   * Calls work(i) on every thread, i from 0 (the caller's) to size() - 1, and returns when all
   * have. One call at a time; `work` must not throw.
   */
  void run(const std::function<void(int)>& work);

  /** Within run(): waits until every thread has come here; what they wrote is then seen by all. */
  void barrier();

 private:
  void loop(int index);
  void wait_for_change(std::uint32_t seen);
  void advance();

  const std::function<void(int)>* work_ = nullptr;
  std::atomic<int> arrived_{0};
  /** Counts what is waited for: the start of work, barriers, the end. */
  std::atomic<std::uint32_t> epoch_{0};
  std::atomic<int> sleepers_{0};
  std::atomic<bool> stop_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::thread> workers_;
};

}  // namespace seesaw::fused
