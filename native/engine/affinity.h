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
 * Keeps the calling thread, and threads that it starts from now on, to these. Returns whether the
 * system allows it: some sandboxes do not.
 */
bool set_thread_affinity(const CpuSet& cpus);

}  // namespace seesaw
