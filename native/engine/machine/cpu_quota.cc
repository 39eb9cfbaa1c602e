#include "engine/machine/cpu_quota.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "engine/machine/system_file.h"

namespace seesaw {
namespace {

/** Microseconds; the kernel's own bounds of a period are 1 ms to 1 s. */
constexpr long long kShortest = 1, kLongest = 1'000'000'000'000;
constexpr std::size_t kMostLevels = 64;

std::optional<double> ratio(std::string_view quota, std::string_view period) {
  // "max" in version 2 and -1 in version 1 are no number of the range: no limit.
  const auto used = parse_whole(quota, kShortest, kLongest);
  const auto of = parse_whole(period, kShortest, kLongest);
  if (!used || !of) return std::nullopt;
  return static_cast<double>(*used) / static_cast<double>(*of);
}

/** Of "150000 100000". */
std::optional<double> limit_v2(const std::string& folder) {
  const auto text = read_system_file(folder + "/cpu.max");
  if (!text) return std::nullopt;
  const std::string_view both = trimmed(*text);
  const std::size_t space = both.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  return ratio(both.substr(0, space), both.substr(space + 1));
}

std::optional<double> limit_v1(const std::string& folder) {
  const auto quota = read_system_file(folder + "/cpu.cfs_quota_us");
  const auto period = read_system_file(folder + "/cpu.cfs_period_us");
  return quota && period ? ratio(*quota, *period) : std::nullopt;
}

template <typename Limit>
void tighten(double& tightest, const std::string& mount, std::string_view group, Limit limit) {
  // A group seen from outside of its namespace is written with "..", which leads nowhere here. In
  // a container whose own group is mounted as the root its path does not exist below the mount.
  if (group.find("..") != std::string_view::npos) group = {};
  for (std::size_t level = 0; level < kMostLevels; ++level) {
    while (!group.empty() && group.back() == '/') group.remove_suffix(1);
    if (const auto found = limit(mount + std::string(group))) {
      tightest = tightest == 0 ? *found : std::min(tightest, *found);
    }
    if (group.empty()) return;
    const std::size_t slash = group.rfind('/');
    group = group.substr(0, slash == std::string_view::npos ? 0 : slash);
  }
}

/** Whether the word is among those between commas. */
bool lists(std::string_view words, std::string_view word) {
  while (!words.empty()) {
    const std::size_t comma = words.find(',');
    if (words.substr(0, comma) == word) return true;
    words.remove_prefix(comma == std::string_view::npos ? words.size() : comma + 1);
  }
  return false;
}

}  // namespace

double cpu_quota(const std::string& root) {
  double tightest = 0;
  const std::string groups = root + "/sys/fs/cgroup";
  const auto text = read_system_file(root + "/proc/self/cgroup", 1 << 16);
  std::string_view lines = text ? *text : std::string_view("0::/\n1:cpu:/\n");
  // A line is number:controllers:path; version 2 has number 0 and no controllers.
  while (!lines.empty()) {
    const std::string_view line = trimmed(take_line(lines));
    const std::size_t first = line.find(':');
    if (first == std::string_view::npos) continue;
    const std::size_t second = line.find(':', first + 1);
    if (second == std::string_view::npos) continue;
    const std::string_view controllers = line.substr(first + 1, second - first - 1);
    const std::string_view group = line.substr(second + 1);
    if (controllers.empty()) {
      tighten(tightest, groups, group, limit_v2);
    } else if (lists(controllers, "cpu")) {
      tighten(tightest, groups + "/cpu", group, limit_v1);
    }
  }
  return tightest;
}

}  // namespace seesaw
