#include "engine/helper_cores.h"

#include "engine/machine/affinity.h"

namespace seesaw {

void HelperCores::add_this_thread(int helper) noexcept { helpers_[helper] = current_thread(); }

void HelperCores::keep_from_this_core() noexcept {
  const std::optional<int> core = current_cpu();
  if (!core || *core == core_ || *core >= static_cast<int>(kMostCpus)) return;
  // As it is now: whoever keeps this thread to some cores means its helpers too.
  std::optional<CpuSet> cpus = thread_affinity();
  if (!cpus) return;
  // With fewer cores than threads some must share one anyway: the system knows better which.
  if (cpus->count() > helpers_.size()) cpus->reset(*core);
  bool all = true;
  for (const std::atomic<int>& helper : helpers_) {
    const int thread = helper;
    // A refusal leaves it where it may run already.
    if (thread != 0) {
      set_thread_affinity(*cpus, thread);
    } else {
      all = false;
    }
  }
  if (all) core_ = *core;
}

}  // namespace seesaw
