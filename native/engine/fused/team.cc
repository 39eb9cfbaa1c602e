#include "engine/fused/team.h"

#include <exception>

#if defined(__x86_64__) || defined(__i386__)
#include <immintrin.h>
#endif

namespace seesaw::fused {
namespace {

/** About ten microseconds: longer than threads of an undisturbed team wait for each other. */
constexpr int kSpins = 400;

void pause() {
#if defined(__x86_64__) || defined(__i386__)
  _mm_pause();
#elif defined(__aarch64__) || defined(__arm__)
  __asm__ __volatile__("yield");
#endif
}

}  // namespace

Team::Team(int threads) {
  workers_.reserve(threads - 1);
  try {
    for (int i = 1; i < threads; ++i) workers_.emplace_back([this, i] { loop(i); });
  } catch (const std::exception&) {
    // The system gives no more threads, or no memory for one: the team does with those it has.
  }
}

Team::~Team() {
  stop_ = true;
  advance();
  for (std::thread& worker : workers_) worker.join();
}

void Team::advance() {
  epoch_.fetch_add(1);
  // A sleeper counts itself before it looks at the epoch, and this looks after changing it: one of
  // the two sees the other.
  if (sleepers_.load() == 0) return;
  { const std::lock_guard<std::mutex> lock(mutex_); }
  changed_.notify_all();
}

void Team::wait_for_change(std::uint32_t seen) {
  for (int i = 0; i < kSpins; ++i) {
    if (epoch_.load(std::memory_order_acquire) != seen) return;
    pause();
  }
  sleepers_.fetch_add(1);
  {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return epoch_.load() != seen; });
  }
  sleepers_.fetch_sub(1);
}

void Team::barrier() {
  if (workers_.empty()) return;
  const std::uint32_t seen = epoch_.load(std::memory_order_relaxed);
  if (arrived_.fetch_add(1) + 1 == size()) {
    arrived_.store(0, std::memory_order_relaxed);
    advance();
  } else {
    wait_for_change(seen);
  }
}

void Team::run(const std::function<void(int)>& work) {
  work_ = &work;
  if (!workers_.empty()) advance();
  work(0);
  barrier();
}

void Team::loop(int index) {
  std::uint32_t seen = 0;
  for (;;) {
    wait_for_change(seen);
    if (stop_) return;
    (*work_)(index);
    // The epoch that the last barrier makes is the one to wait at for the next round.
    const std::uint32_t last = epoch_.load(std::memory_order_relaxed);
    barrier();
    seen = last + 1;
  }
}

}  // namespace seesaw::fused
