// Threads that help each other, on cores of their own.
#pragma once

#include <atomic>
#include <vector>

namespace seesaw {

/**
 * Keeps helpers from waking on the core of the thread that they help, where some schedulers put
 * them again and again (a waking thread goes near the one that wakes it) although another core has
 * nothing to do. The helpers may run wherever that thread may, but for the core that it is on.
 * Where the system has no such thing, this does nothing.
 */
class HelperCores {
 public:
  explicit HelperCores(int helpers) : helpers_(helpers) {}

  /** On a helper, before all else. */
  void add_this_thread(int helper) noexcept;

  /**
   * On the thread that is helped, before it wakes the others: when it is on another core than the
   * last time, tells the system where they may run now.
   */
  void keep_from_this_core() noexcept;

 private:
  std::vector<std::atomic<int>> helpers_;  // see current_thread(); 0 if not known yet
  int core_ = -1;
};

}  // namespace seesaw
