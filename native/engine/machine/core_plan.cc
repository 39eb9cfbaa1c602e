#include "engine/machine/core_plan.h"

namespace seesaw {

CorePlan plan_cores(const Topology& topology, Powersave wanted, std::optional<int> threads) {
  CorePlan plan;
  const bool keep = wanted != Powersave::Off && topology.mixed();
  if (keep) {
    plan.cpus = wanted == Powersave::Little ? topology.little() : topology.big();
    if (plan.cpus.any()) plan.powersave = wanted;
  }
  const bool kept = plan.powersave != Powersave::Off;
  plan.threads = threads ? *threads : topology.threads_on(kept ? plan.cpus : topology.big());
  return plan;
}

void keep_to(CorePlan& plan) {
  if (plan.powersave == Powersave::Off) return;
  if (!set_thread_affinity(plan.cpus)) plan.powersave = Powersave::Off;
}

}  // namespace seesaw
