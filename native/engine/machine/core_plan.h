// Where an engine's threads run, and how many there are.
#pragma once

#include <optional>

#include "engine/machine/topology.h"

namespace seesaw {

/** Which cores an engine keeps to; NCNN's powersave 0, 1 and 2. */
enum class Powersave { Off, Little, Big };

struct CorePlan {
  /** Off where all cores are of a kind: there is nothing to choose then. */
  Powersave powersave = Powersave::Off;
  int threads = 1;
  CpuSet cpus;  // to keep to, unless powersave is off
};

/**
 * @param threads as the user asks for them; nothing for as many as the topology has good cores for,
 *   among those kept to
 */
CorePlan plan_cores(const Topology& topology, Powersave wanted, std::optional<int> threads);

/**
 * Has the calling thread, and so the teams it will start, keep to the plan. Where the system
 * does not allow that its powersave is off afterwards.
 */
void keep_to(CorePlan& plan);

}  // namespace seesaw
