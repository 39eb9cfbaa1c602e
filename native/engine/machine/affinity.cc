#include "engine/machine/affinity.h"

#if defined(__linux__)
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <climits>
#endif

namespace seesaw {

#if defined(__linux__)
// System calls rather than the C library's functions, whose cpu_set_t ends at 1024 processors in
// some and at 32 in others.
namespace {

constexpr std::size_t kWordBits = sizeof(unsigned long) * CHAR_BIT;

struct Words {
  unsigned long words[kMostCpus / kWordBits] = {};
};

}  // namespace

std::optional<CpuSet> thread_affinity() {
  Words mask;
  if (::syscall(SYS_sched_getaffinity, 0, sizeof mask, &mask) <= 0) return std::nullopt;
  CpuSet cpus;
  for (std::size_t i = 0; i < kMostCpus; ++i) {
    cpus[i] = (mask.words[i / kWordBits] >> (i % kWordBits)) & 1;
  }
  return cpus;
}

bool set_thread_affinity(const CpuSet& cpus, int thread) {
  Words mask;
  for (std::size_t i = 0; i < kMostCpus; ++i) {
    if (cpus[i]) mask.words[i / kWordBits] |= 1ul << (i % kWordBits);
  }
  return ::syscall(SYS_sched_setaffinity, thread, sizeof mask, &mask) == 0;
}

int current_thread() { return static_cast<int>(::syscall(SYS_gettid)); }

std::optional<int> current_cpu() {
  const int cpu = ::sched_getcpu();
  return cpu < 0 ? std::nullopt : std::optional(cpu);
}
#else
std::optional<CpuSet> thread_affinity() { return std::nullopt; }
bool set_thread_affinity(const CpuSet&, int) { return false; }
int current_thread() { return 0; }
std::optional<int> current_cpu() { return std::nullopt; }
#endif

}  // namespace seesaw
