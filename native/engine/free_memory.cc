#include "engine/free_memory.h"

#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace seesaw {

void return_free_memory() {
#if defined(__GLIBC__)
  // In the arenas of threads malloc_trim() gives back free blocks, but not the space behind the
  // last block. So this thread's is made into blocks, with a last one behind them, for that while.
  // They are smaller than those that malloc() would ask the system for one by one.
  constexpr std::size_t kBlock = 100'000, kBlocks = 128;
  std::array<void*, kBlocks> blocks;
  for (void*& block : blocks) block = std::malloc(kBlock);
  void* last = std::malloc(1);
  for (void* block : blocks) std::free(block);
  malloc_trim(0);
  std::free(last);
#endif
}

void return_free_memory_seldom() {
  using Clock = std::chrono::steady_clock;
  static std::atomic<Clock::rep> next{0};
  const Clock::time_point now = Clock::now();
  Clock::rep due = next;
  const Clock::time_point after = now + std::chrono::seconds(5);
  if (now.time_since_epoch().count() < due) return;
  // Of several engines at once one does it for all.
  if (next.compare_exchange_strong(due, after.time_since_epoch().count())) return_free_memory();
}

}  // namespace seesaw
