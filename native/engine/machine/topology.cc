#include "engine/machine/topology.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <thread>
#include <utility>

#include "engine/machine/core_model.h"
#include "engine/machine/cpu_quota.h"
#include "engine/machine/system_file.h"

namespace seesaw {
namespace {

constexpr int kMostThreads = 4;

/** Cores whose ratings are nearer than this are alike: turbo bins, one chip of a kind. */
constexpr double kAlike = 1.1;
/** Below half of the fastest core, cores are little: 0.4 in RK3588, 0.28 in Snapdragon 865. */
constexpr double kClearlyLittle = 0.5;
/** Where nothing but frequencies is known, the slowest group is little if it is below this. */
constexpr double kSlow = 0.8;

constexpr long long kMostCapacity = 1 << 20;
constexpr long long kMostKilohertz = 100'000'000;

struct Core {
  int cpu = 0;
  const CoreModel* model = nullptr;
  std::optional<long long> capacity;  // the kernel's: work per time, the fastest core's is 1024
  std::optional<long long> kilohertz;
  int first_twin = 0;  // the lowest processor on the same core
  double rating = 0;   // work per time; the unit is of no meaning

  std::string_view name() const { return model ? model->name : std::string_view(); }
};

std::optional<long long> read_number(const std::string& path, long long low, long long high) {
  const auto text = read_system_file(path);
  return text ? parse_whole(*text, low, high) : std::nullopt;
}

/** The processors at work: of the first file that can be read. Folders may be closed to us. */
CpuSet working_cpus(const std::string& root, const std::optional<CpuSet>& allowed, int count) {
  CpuSet working;
  for (const char* name : {"online", "present", "possible"}) {
    const auto text = read_system_file(root + "/sys/devices/system/cpu/" + name);
    const auto cpus = text ? parse_cpu_list(*text) : std::nullopt;
    if (cpus && cpus->any()) {
      working = *cpus;
      break;
    }
  }
  if (working.none()) {
    if (allowed && allowed->any()) return *allowed;
    for (int cpu = 0; cpu < std::clamp<int>(count, 1, kMostCpus); ++cpu) working.set(cpu);
  }
  const CpuSet usable = allowed ? working & *allowed : working;
  return usable.any() ? usable : working;
}

std::vector<Core> read_cores(const std::string& root, const CpuSet& cpus) {
  const auto cpuinfo = read_system_file(root + "/proc/cpuinfo", 1 << 20);
  const auto models = core_models(cpuinfo ? *cpuinfo : std::string());
  std::vector<Core> cores;
  for (int cpu = 0; cpu < static_cast<int>(kMostCpus); ++cpu) {
    if (!cpus[cpu]) continue;
    const std::string folder = root + "/sys/devices/system/cpu/cpu" + std::to_string(cpu);
    Core core;
    core.cpu = core.first_twin = cpu;
    if (const auto model = models.find(cpu); model != models.end()) core.model = model->second;
    core.capacity = read_number(folder + "/cpu_capacity", 1, kMostCapacity);
    core.kilohertz = read_number(folder + "/cpufreq/cpuinfo_max_freq", 1, kMostKilohertz);
    const auto twins = read_system_file(folder + "/topology/thread_siblings_list");
    if (const auto list = twins ? parse_cpu_list(*twins) : std::nullopt; list && (*list)[cpu]) {
      core.first_twin = 0;
      while (!(*list)[core.first_twin]) ++core.first_twin;
    }
    cores.push_back(core);
  }
  return cores;
}

template <typename Has>
bool all(const std::vector<Core>& cores, Has has) {
  return std::all_of(cores.begin(), cores.end(), has);
}

void rate(std::vector<Core>& cores) {
  const auto capacity = [](const Core& core) { return core.capacity.has_value(); };
  // A kernel that was not told of any difference gives all cores the same capacity.
  const auto same = [&](const Core& core) { return core.capacity == cores.front().capacity; };
  if (all(cores, capacity) && !all(cores, same)) {
    for (Core& core : cores) core.rating = static_cast<double>(*core.capacity);
    return;
  }
  const bool frequencies = all(cores, [](const Core& core) { return core.kilohertz.has_value(); });
  for (Core& core : cores) {
    core.rating = frequencies ? static_cast<double>(*core.kilohertz) : 1;
    if (core.model && core.model->efficient) core.rating /= 2;
  }
}

std::vector<Cluster> group(std::vector<Core> cores) {
  rate(cores);
  std::stable_sort(cores.begin(), cores.end(), [](const Core& a, const Core& b) {
    return std::pair(a.rating, a.name()) < std::pair(b.rating, b.name());
  });
  std::vector<Cluster> clusters;
  std::vector<double> ratings;  // each cluster's highest
  CpuSet counted;
  const Core* before = nullptr;
  for (const Core& core : cores) {
    if (!before || core.rating > kAlike * before->rating || core.name() != before->name()) {
      clusters.emplace_back().name = core.name();
      ratings.emplace_back();
    }
    Cluster& cluster = clusters.back();
    ratings.back() = core.rating;
    cluster.cpus.set(core.cpu);
    cluster.max_mhz =
        std::max(cluster.max_mhz, static_cast<int>(core.kilohertz.value_or(0) / 1000));
    if (!counted[core.first_twin]) ++cluster.cores;
    counted.set(core.first_twin);
    before = &core;
  }

  const double top = ratings.back();
  for (std::size_t i = 0; i < clusters.size(); ++i) {
    const double share = ratings[i] / top;
    const bool little = share < kClearlyLittle || (i == 0 && share < kSlow);
    clusters[i].kind = little ? CoreKind::Little : CoreKind::Big;
  }
  if (clusters.size() > 1 && clusters.back().cpus.count() == 1 &&
      clusters[clusters.size() - 2].kind == CoreKind::Big) {
    clusters.back().kind = CoreKind::Prime;
  }
  return clusters;
}

}  // namespace

int Topology::cpus() const { return static_cast<int>((little() | big()).count()); }

bool Topology::mixed() const { return little().any(); }

CpuSet Topology::little() const {
  CpuSet cpus;
  for (const Cluster& cluster : clusters) {
    if (cluster.kind == CoreKind::Little) cpus |= cluster.cpus;
  }
  return cpus;
}

CpuSet Topology::big() const {
  CpuSet cpus;
  for (const Cluster& cluster : clusters) {
    if (cluster.kind != CoreKind::Little) cpus |= cluster.cpus;
  }
  return cpus;
}

int Topology::threads_on(const CpuSet& cpus) const {
  const bool only_little = (cpus & big()).none();
  int threads = 0;
  for (const Cluster& cluster : clusters) {
    if (only_little != (cluster.kind == CoreKind::Little)) continue;
    const CpuSet here = cluster.cpus & cpus;
    if (here.any()) threads += std::min(cluster.cores, static_cast<int>(here.count()));
  }
  if (quota > 0) threads = static_cast<int>(std::min<double>(threads, std::floor(quota)));
  return std::clamp(threads, 1, kMostThreads);
}

Topology read_topology(const std::string& root, const std::optional<CpuSet>& allowed, int count) {
  Topology topology;
  topology.clusters = group(read_cores(root, working_cpus(root, allowed, count)));
  topology.quota = cpu_quota(root);
  return topology;
}

Topology read_topology() {
  return read_topology("", thread_affinity(),
                       static_cast<int>(std::thread::hardware_concurrency()));
}

}  // namespace seesaw
