// The stages of one task: how long each takes, and the place to stop between two of them.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>

namespace seesaw {

enum class Stage { Wait, Convert, Detect, Align, Embed };
inline constexpr std::size_t kStageCount = 5;

/**
 * A stopwatch that starts in Stage::Wait when it is made. stop() may be called on any thread, the
 * rest on the one that works, or on another once the work is done.
 */
class Stages {
 public:
  /** Ends the stage before. @throws Error Aborted when it was told to stop */
  void enter(Stage stage);
  /** Ends the last stage; a stage may be entered again after that. */
  void finish() noexcept;
  /** Time spent in a stage, all entries together. */
  double milliseconds(Stage stage) const noexcept;

  void stop() noexcept { stopped_.store(true, std::memory_order_relaxed); }
  /** Whether it was told to stop; on any thread. */
  bool stopped() const noexcept { return stopped_.load(std::memory_order_relaxed); }

 private:
  using Clock = std::chrono::steady_clock;

  std::array<Clock::duration, kStageCount> spent_{};
  Stage now_ = Stage::Wait;
  Clock::time_point since_ = Clock::now();
  std::atomic<bool> stopped_{false};
};

}  // namespace seesaw
