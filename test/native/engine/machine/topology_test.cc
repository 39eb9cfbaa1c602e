#include "engine/machine/topology.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "board_tree.h"
#include "engine/machine/core_model.h"
#include "engine/machine/cpu_quota.h"
#include "engine/machine/system_file.h"

namespace seesaw {
namespace {

using test::BoardTree;

CpuSet cpus(const char* list) { return parse_cpu_list(list).value(); }

/** As "little 0-3 Cortex-A55 1800; big 4-7 Cortex-A76 2304". */
std::string told(const Topology& topology) {
  std::string text;
  for (const Cluster& cluster : topology.clusters) {
    if (!text.empty()) text += "; ";
    constexpr const char* kinds[] = {"little", "big", "prime"};
    text += kinds[static_cast<int>(cluster.kind)];
    std::string ids;
    for (std::size_t i = 0; i < kMostCpus; ++i) {
      if (cluster.cpus[i]) ids += (ids.empty() ? " " : ",") + std::to_string(i);
    }
    text += ids + " " + (cluster.name.empty() ? "?" : cluster.name) + " " +
            std::to_string(cluster.max_mhz);
  }
  return text;
}

struct Board {
  const char* file;
  const char* clusters;
  double quota;
  int threads_big, threads_little;
};

TEST(Topology, OfRecordedBoards) {
  const Board boards[] = {
      {"raspberry-pi-3", "big 0,1,2,3 Cortex-A53 1200", 0, 4, 1},
      {"raspberry-pi-4", "big 0,1,2,3 Cortex-A72 1800", 0, 4, 1},
      {"raspberry-pi-5", "big 0,1,2,3 Cortex-A76 2400", 0, 4, 1},
      {"rk3588", "little 0,1,2,3 Cortex-A55 1800; big 4,5,6,7 Cortex-A76 2304", 0, 4, 4},
      {"snapdragon-865",
       "little 0,1,2,3 Kryo 4xx Silver 1804; big 4,5,6 Cortex-A77 2419; prime 7 Cortex-A77 2841", 0,
       4, 4},
      {"snapdragon-845-android",
       "little 0,1,2,3 Kryo 3xx Silver 1766; big 4,5,6,7 Kryo 3xx Gold 2803", 0, 4, 4},
      {"tensor-g3-android",
       "little 0,1,2,3 Cortex-A510 1704; big 4,5,6,7 Cortex-A715 2367; prime 8 Cortex-X3 2914", 0,
       4, 4},
      {"android-closed", "little 0,1,2,3 Kryo 3xx Silver 0; big 4,5,6,7 Kryo 3xx Gold 0", 0, 4, 4},
      {"container-v2", "big 0,1,2,3 Cortex-A76 2400", 1.5, 1, 1},
      {"container-v1", "big 0,1,2,3 Cortex-A76 2400", 2.5, 2, 1},
  };
  for (const Board& board : boards) {
    SCOPED_TRACE(board.file);
    const BoardTree tree(board.file);
    const Topology topology = read_topology(tree.root(), std::nullopt, 1);
    EXPECT_EQ(told(topology), board.clusters);
    EXPECT_EQ(topology.quota, board.quota);
    EXPECT_EQ(topology.threads_on(topology.big()), board.threads_big);
    EXPECT_EQ(topology.threads_on(topology.little()), board.threads_little);
    EXPECT_EQ(topology.mixed(), topology.clusters.front().kind == CoreKind::Little);
  }
}

TEST(Topology, KeepsToTheProcessorsOfTheProcess) {
  struct Case {
    const char* allowed;
    const char* clusters;
    int threads;
  };
  const Case cases[] = {
      {"0-7", "little 0,1,2,3 Cortex-A55 1800; big 4,5,6,7 Cortex-A76 2304", 4},
      {"2-5", "little 2,3 Cortex-A55 1800; big 4,5 Cortex-A76 2304", 2},
      {"7", "big 7 Cortex-A76 2304", 1},
      // With only these the little ones are all there are.
      {"0-2", "big 0,1,2 Cortex-A55 1800", 3},
      // A mask that goes with no processor at work is not believed.
      {"9-12", "little 0,1,2,3 Cortex-A55 1800; big 4,5,6,7 Cortex-A76 2304", 4},
  };
  const BoardTree tree("rk3588");
  for (const Case& each : cases) {
    SCOPED_TRACE(each.allowed);
    const Topology topology = read_topology(tree.root(), cpus(each.allowed), 1);
    EXPECT_EQ(told(topology), each.clusters);
    EXPECT_EQ(topology.threads_on(topology.big()), each.threads);
  }
}

TEST(Topology, WithoutCapacitiesOrModelsByWhatIsLeft) {
  const std::string folder = "/sys/devices/system/cpu/cpu";
  struct Case {
    const char* name;
    const char* board;
    bool capacities, frequencies, models;
    const char* clusters;
  };
  const Case cases[] = {
      {"frequencies", "rk3588", false, true, false, "little 0,1,2,3 ? 1800; big 4,5,6,7 ? 2304"},
      {"models", "rk3588", false, false, true,
       "little 0,1,2,3 Cortex-A55 0; big 4,5,6,7 Cortex-A76 0"},
      {"capacities", "rk3588", true, false, false, "little 0,1,2,3 ? 0; big 4,5,6,7 ? 0"},
      {"nothing", "rk3588", false, false, false, "big 0,1,2,3,4,5,6,7 ? 0"},
      {"frequencies", "snapdragon-865", false, true, false,
       "little 0,1,2,3 ? 1804; big 4,5,6 ? 2419; prime 7 ? 2841"},
      {"capacities", "snapdragon-865", true, false, false,
       "little 0,1,2,3 ? 0; big 4,5,6 ? 0; prime 7 ? 0"},
  };
  for (const Case& each : cases) {
    SCOPED_TRACE(std::string(each.board) + " by " + each.name);
    BoardTree tree(each.board);
    for (int cpu = 0; cpu < 8; ++cpu) {
      const std::string at = folder + std::to_string(cpu);
      if (!each.capacities) tree.replace(at + "/cpu_capacity", "");
      if (!each.frequencies) tree.replace(at + "/cpufreq/cpuinfo_max_freq", "");
    }
    if (!each.models) tree.replace("/proc/cpuinfo", "");
    EXPECT_EQ(told(read_topology(tree.root(), std::nullopt, 1)), each.clusters);
  }
}

TEST(Topology, HostileOrMissingFilesAreDoneWithout) {
  const std::string folder = "/sys/devices/system/cpu/";
  const std::string four = "big 0,1,2,3 Cortex-A76 2400";
  struct Case {
    std::string path, text, clusters;
  };
  const std::string ids(1 << 16, '9');
  const std::vector<Case> cases = {
      {folder + "online", "", four},
      {folder + "online", "0-99999999999999999999", four},
      {folder + "online", "0-1023999", four},
      {folder + "online", "-3", four},
      {folder + "online", "3-0", four},
      {folder + "online", "0-3,", four},
      {folder + "online", "none", four},
      {folder + "online", ids, four},
      {folder + "online", "0,2\n", "big 0,2 Cortex-A76 2400"},
      {folder + "online", std::string("0-1\0-3", 6), four},
      {folder + "cpu1/cpu_capacity", "0", four},
      {folder + "cpu1/cpu_capacity", "-1024", four},
      {folder + "cpu1/cpu_capacity", "1e9", four},
      {folder + "cpu1/cpu_capacity", "18446744073709551616", four},
      {folder + "cpu1/cpu_capacity", "1048577", four},
      // One cannot be told: frequencies are not compared, nor said.
      {folder + "cpu1/cpufreq/cpuinfo_max_freq", "fast", four},
      {folder + "cpu1/cpufreq/cpuinfo_max_freq", "999999999999", four},
      {folder + "cpu1/topology/thread_siblings_list", "0-", four},
      {folder + "cpu1/topology/thread_siblings_list", "2-3", four},
      {"/proc/cpuinfo", std::string(1 << 21, ':'), "big 0,1,2,3 ? 2400"},
      {"/proc/cpuinfo", "processor: 99999999999\nCPU implementer: 0x41\nCPU part: 0xd0b\n",
       "big 0,1,2,3 ? 2400"},
      {"/proc/cpuinfo", "CPU part: 0xffffffffffffffffff\nprocessor\n", "big 0,1,2,3 ? 2400"},
  };
  for (const Case& each : cases) {
    SCOPED_TRACE(each.path + " = " + each.text.substr(0, 40));
    BoardTree tree("raspberry-pi-5");
    tree.replace(each.path, each.text);
    const Topology topology = read_topology(tree.root(), std::nullopt, 1);
    EXPECT_EQ(told(topology), each.clusters);
    EXPECT_EQ(topology.threads_on(topology.big()), topology.cpus());
  }
}

TEST(Topology, WithoutAnySystemFilesByTheCount) {
  const BoardTree tree;
  struct Case {
    std::optional<CpuSet> allowed;
    int count;
    const char* clusters;
  };
  const Case cases[] = {
      {std::nullopt, 3, "big 0,1,2 ? 0"}, {std::nullopt, 0, "big 0 ? 0"},
      {std::nullopt, -5, "big 0 ? 0"},    {cpus("1,5"), 3, "big 1,5 ? 0"},
      {CpuSet(), 2, "big 0,1 ? 0"},
  };
  for (const Case& each : cases) {
    EXPECT_EQ(told(read_topology(tree.root(), each.allowed, each.count)), each.clusters);
  }
  EXPECT_EQ(read_topology(tree.root(), std::nullopt, 1 << 30).cpus(), int(kMostCpus));
}

TEST(Topology, TwinsOnOneCoreCountOnce) {
  BoardTree tree;
  const std::string folder = "/sys/devices/system/cpu/";
  tree.add(folder + "online", "0-3\n");
  const char* twins[] = {"0,2", "1,3", "0,2", "1,3"};
  for (int i = 0; i < 4; ++i) {
    tree.add(folder + "cpu" + std::to_string(i) + "/topology/thread_siblings_list", twins[i]);
  }
  const Topology topology = read_topology(tree.root(), std::nullopt, 1);
  EXPECT_EQ(told(topology), "big 0,1,2,3 ? 0");
  EXPECT_EQ(topology.clusters.front().cores, 2);
  EXPECT_EQ(topology.threads_on(topology.big()), 2);
  EXPECT_EQ(topology.threads_on(cpus("2")), 1);
}

TEST(Topology, TurboBinsAreOneKind) {
  BoardTree tree;
  const std::string folder = "/sys/devices/system/cpu/";
  tree.add(folder + "online", "0-3\n");
  const char* kilohertz[] = {"4700000", "4900000", "5100000", "5300000"};
  for (int i = 0; i < 4; ++i) {
    tree.add(folder + "cpu" + std::to_string(i) + "/cpufreq/cpuinfo_max_freq", kilohertz[i]);
  }
  EXPECT_EQ(told(read_topology(tree.root(), std::nullopt, 1)), "big 0,1,2,3 ? 5300");
}

TEST(Topology, OfThisMachineHasTheProcessorsOfThisThread) {
  const Topology topology = read_topology();
  const auto allowed = thread_affinity();
  ASSERT_TRUE(allowed);
  EXPECT_EQ(topology.little() | topology.big(), *allowed);
  EXPECT_GE(topology.threads_on(topology.big()), 1);
}

TEST(CoreModels, OfOldKernelsThatDescribeTheCoreOnce) {
  const auto models = core_models(
      "Processor\t: AArch64 Processor rev 3 (aarch64)\nprocessor\t: 0\nprocessor\t: 1\n"
      "Features\t: fp asimd\nCPU implementer\t: 0x41\nCPU part\t: 0xd03\n");
  ASSERT_EQ(models.size(), 2u);
  EXPECT_EQ(models.at(0)->name, "Cortex-A53");
  EXPECT_EQ(models.at(1)->name, "Cortex-A53");
  EXPECT_EQ(core_model(0x41, 0x123), nullptr);
}

struct Quota {
  const char* name;
  std::vector<std::pair<std::string, std::string>> files;
  double quota;
};

TEST(CpuQuota, OfControlGroups) {
  const std::string groups = "/sys/fs/cgroup", own = "/proc/self/cgroup";
  const std::string cfs = groups + "/cpu/docker/a/cpu.cfs_";
  const Quota cases[] = {
      {"none", {}, 0},
      {"no limit", {{own, "0::/\n"}, {groups + "/cpu.max", "max 100000\n"}}, 0},
      {"one and a half", {{own, "0::/\n"}, {groups + "/cpu.max", "150000 100000\n"}}, 1.5},
      {"a part of one", {{own, "0::/\n"}, {groups + "/cpu.max", "20000 100000\n"}}, 0.2},
      {"where the process cannot be told", {{groups + "/cpu.max", "300000 100000\n"}}, 3},
      {"the tightest of its ancestors",
       {{own, "0::/a/b/c\n"},
        {groups + "/a/cpu.max", "200000 100000\n"},
        {groups + "/a/b/cpu.max", "max 100000\n"},
        {groups + "/a/b/c/cpu.max", "400000 100000\n"}},
       2},
      {"not of a sibling", {{own, "0::/a\n"}, {groups + "/ab/cpu.max", "100000 100000\n"}}, 0},
      {"outside of its namespace",
       {{own, "0::/../../x\n"}, {groups + "/cpu.max", "200000 100000\n"}},
       2},
      {"version 1",
       {{own, "4:cpu,cpuacct:/docker/a\n"},
        {cfs + "quota_us", "250000\n"},
        {cfs + "period_us", "100000\n"}},
       2.5},
      {"version 1 without limit",
       {{own, "4:cpuacct,cpu:/docker/a\n"},
        {cfs + "quota_us", "-1\n"},
        {cfs + "period_us", "100000\n"}},
       0},
      {"version 1, another controller",
       {{own, "4:cpuset:/docker/a\n"},
        {cfs + "quota_us", "250000\n"},
        {cfs + "period_us", "100000\n"}},
       0},
      {"no period", {{own, "0::/\n"}, {groups + "/cpu.max", "150000 0\n"}}, 0},
      {"one number", {{own, "0::/\n"}, {groups + "/cpu.max", "150000\n"}}, 0},
      {"too large", {{own, "0::/\n"}, {groups + "/cpu.max", "99999999999999 1\n"}}, 0},
      {"text", {{own, "0:/\n::\nx\n"}, {groups + "/cpu.max", "a b\n"}}, 0},
      {"a long path", {{own, "0::" + std::string(60000, '/') + "\n"}}, 0},
  };
  for (const Quota& each : cases) {
    SCOPED_TRACE(each.name);
    BoardTree tree;
    for (const auto& [path, text] : each.files) tree.add(path, text);
    EXPECT_DOUBLE_EQ(cpu_quota(tree.root()), each.quota);
  }
}

TEST(CpuLists, AreParsedWhole) {
  struct Case {
    const char* text;
    const char* same;  // null: malformed
  };
  const Case cases[] = {
      {"0-3", "0,1,2,3"}, {" 5 \n", "5"},    {"1-2,4", "1,2,4"},  {"", ""},
      {"1023", "1023"},   {"1024", nullptr}, {"0-1024", nullptr}, {"1--2", nullptr},
      {"0x1", nullptr},   {",", nullptr},    {"1 2", nullptr},    {"+1", nullptr},
  };
  for (const Case& each : cases) {
    SCOPED_TRACE(each.text);
    const auto set = parse_cpu_list(each.text);
    ASSERT_EQ(set.has_value(), each.same != nullptr);
    if (set) {
      EXPECT_EQ(*set, cpus(each.same));
    }
  }
}

}  // namespace
}  // namespace seesaw
