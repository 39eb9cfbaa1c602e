#include "engine/fused/team.h"

#include <exception>

#include "engine/error.h"

namespace seesaw::fused {

Team::Team(const TeamOptions& options, int steps)
    : spin_(options.spin), steps_(steps), helper_cores_(options.threads - 1) {
  workers_.reserve(options.threads - 1);
  try {
    for (int i = 1; i < options.threads; ++i) workers_.emplace_back([this, i] { loop(i); });
  } catch (const std::exception&) {
    // The system gives no more threads, or no memory for one: the team does with those it has.
  }
}

Team::~Team() {
  stop_ = true;
  wake();
  for (std::thread& worker : workers_) worker.join();
}

void Team::wake() {
  if (sleepers_.load() == 0) return;
  { const std::lock_guard<std::mutex> lock(mutex_); }
  changed_.notify_all();
}

void Team::run(const std::function<void(int)>& work) {
  if (workers_.empty()) return work(0);
  for (Step& step : steps_) {
    step.next.store(0, std::memory_order_relaxed);
    step.done.store(0, std::memory_order_relaxed);
  }
  work_ = &work;
  // A worker that sleeps is not to wake on this thread's core: it would wait there for its end.
  helper_cores_.keep_from_this_core();
  round_.fetch_add(1);
  wake();
  work(0);
  round_.fetch_add(1);
  wait_until(kStepSpin, [this] { return inside_.load() == 0; });
}

void Team::loop(int index) {
  prepare_this_thread_for_errors();
  helper_cores_.add_this_thread(index - 1);
  std::uint32_t last = 0;
  const auto open = [](std::uint32_t round) { return round % 2 == 1; };
  for (;;) {
    wait_until(spin_, [&] {
      const std::uint32_t round = round_.load();
      return stop_ || (open(round) && round != last);
    });
    if (stop_) return;
    // Who is inside is waited for; the run may have ended just before it was.
    inside_.fetch_add(1);
    last = round_.load();
    if (open(last)) (*work_)(index);
    if (inside_.fetch_sub(1) == 1) wake();
  }
}

}  // namespace seesaw::fused
