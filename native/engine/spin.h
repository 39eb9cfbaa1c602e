// Waiting without sleeping, for what is about to happen: waking a thread takes tens of
// microseconds.
#pragma once

#include <chrono>

#if defined(__x86_64__) || defined(__i386__)
#include <immintrin.h>
#endif

namespace seesaw {

/** How long threads look for work before they sleep, where nothing else is said. */
inline constexpr std::chrono::microseconds kDefaultSpin{100};

/** Tells the processor that this thread only waits. */
inline void relax() {
#if defined(__x86_64__) || defined(__i386__)
  _mm_pause();
#elif defined(__aarch64__) || defined(__arm__)
  __asm__ __volatile__("yield");
#endif
}

/** Looks for `condition` again and again, for so long; returns whether it came true. */
template <typename Condition>
bool spin_for(std::chrono::microseconds time, const Condition& condition) {
  if (condition()) return true;
  if (time.count() == 0) return false;
  constexpr int kLooks = 32;  // between two looks at the clock
  const auto end = std::chrono::steady_clock::now() + time;
  do {
    for (int i = 0; i < kLooks; ++i) {
      relax();
      if (condition()) return true;
    }
  } while (std::chrono::steady_clock::now() < end);
  return false;
}

}  // namespace seesaw
