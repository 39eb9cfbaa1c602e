// The processors that a thread may run on.
#pragma once

#include <bitset>
#include <cstddef>
#include <optional>

namespace seesaw {

/** Processors with higher numbers than this are not looked at. */
inline constexpr std::size_t kMostCpus = 1024;

using CpuSet = std::bitset<kMostCpus>;

/** Those of the calling thread; nothing where the system does not tell. */
std::optional<CpuSet> thread_affinity();

/**
 * Keeps a thread, and threads that it starts from now on, to these. Returns whether the system
 * allows it: some sandboxes do not.
 * @param thread as current_thread() names it; 0 for the calling thread
 */
bool set_thread_affinity(const CpuSet& cpus, int thread = 0);

/** The system's number of the calling thread; 0 where there is none. */
int current_thread();

/** The processor that the calling thread is on; nothing where the system does not tell. */
std::optional<int> current_cpu();

}  // namespace seesaw
