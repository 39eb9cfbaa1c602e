// Which cores this process may use, and which of them are the fast ones.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/machine/affinity.h"

namespace seesaw {

/**
 * Little cores save power. The others are big; a prime core is one that is faster still than the
 * big ones, by itself. Where all cores are of a kind they are big, whatever they are.
 */
enum class CoreKind { Little, Big, Prime };

/** Cores that are alike. */
struct Cluster {
  CoreKind kind = CoreKind::Big;
  std::string name;  // as "Cortex-A76"; empty where the system does not tell
  int max_mhz = 0;   // 0 where the system does not tell
  CpuSet cpus;       // logical processors
  int cores = 0;     // those that share no core with one counted
};

struct Topology {
  std::vector<Cluster> clusters;  // slowest first
  double quota = 0;               // processors' time that a container may use; 0 for no limit

  /** Logical processors. */
  int cpus() const;
  /** Whether some cores are little. */
  bool mixed() const;
  CpuSet little() const;
  /** Big and prime ones. */
  CpuSet big() const;
  /**
   * Threads that have a core each on these processors: none of them twice, none of the little ones
   * unless they are all there are, at most 4, and no more than the container's quota lets run all
   * the time. At least 1.
   */
  int threads_on(const CpuSet& cpus) const;
};

/**
 * Reads the kernel's description of the machine: cpu_capacity where it tells cores apart, else
 * cpufreq's highest frequencies and the models in /proc/cpuinfo. What is missing, malformed or out
 * of bounds is done without; with nothing to go by all cores are alike.
 *
 * @param root    what stands before /proc and /sys; empty for those of this machine
 * @param allowed what the process is kept to; nothing when it is not known
 * @param count   how many processors there are, should nothing else tell; at least 1
 */
Topology read_topology(const std::string& root, const std::optional<CpuSet>& allowed, int count);

/** Of this machine, for the calling thread. */
Topology read_topology();

}  // namespace seesaw
