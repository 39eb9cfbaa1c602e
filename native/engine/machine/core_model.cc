#include "engine/machine/core_model.h"

#include <charconv>
#include <optional>
#include <vector>

#include "engine/machine/system_file.h"

namespace seesaw {
namespace {

struct Entry {
  int implementer, part;
  CoreModel model;
};

constexpr int kArm = 0x41, kQualcomm = 0x51, kApple = 0x61;

// Main ID registers as the cores' technical reference manuals and the kernel's
// arch/arm64/include/asm/cputype.h have them.
constexpr Entry kEntries[] = {
    {kArm, 0xb76, {"ARM1176", false}},
    {kArm, 0xc05, {"Cortex-A5", true}},
    {kArm, 0xc07, {"Cortex-A7", true}},
    {kArm, 0xc08, {"Cortex-A8", false}},
    {kArm, 0xc09, {"Cortex-A9", false}},
    {kArm, 0xc0d, {"Cortex-A12", false}},
    {kArm, 0xc0e, {"Cortex-A17", false}},
    {kArm, 0xc0f, {"Cortex-A15", false}},
    {kArm, 0xd01, {"Cortex-A32", true}},
    {kArm, 0xd02, {"Cortex-A34", true}},
    {kArm, 0xd03, {"Cortex-A53", true}},
    {kArm, 0xd04, {"Cortex-A35", true}},
    {kArm, 0xd05, {"Cortex-A55", true}},
    {kArm, 0xd07, {"Cortex-A57", false}},
    {kArm, 0xd08, {"Cortex-A72", false}},
    {kArm, 0xd09, {"Cortex-A73", false}},
    {kArm, 0xd0a, {"Cortex-A75", false}},
    {kArm, 0xd0b, {"Cortex-A76", false}},
    {kArm, 0xd0c, {"Neoverse-N1", false}},
    {kArm, 0xd0d, {"Cortex-A77", false}},
    {kArm, 0xd0e, {"Cortex-A76AE", false}},
    {kArm, 0xd40, {"Neoverse-V1", false}},
    {kArm, 0xd41, {"Cortex-A78", false}},
    {kArm, 0xd42, {"Cortex-A78AE", false}},
    {kArm, 0xd44, {"Cortex-X1", false}},
    {kArm, 0xd46, {"Cortex-A510", true}},
    {kArm, 0xd47, {"Cortex-A710", false}},
    {kArm, 0xd48, {"Cortex-X2", false}},
    {kArm, 0xd49, {"Neoverse-N2", false}},
    {kArm, 0xd4b, {"Cortex-A78C", false}},
    {kArm, 0xd4c, {"Cortex-X1C", false}},
    {kArm, 0xd4d, {"Cortex-A715", false}},
    {kArm, 0xd4e, {"Cortex-X3", false}},
    {kArm, 0xd4f, {"Neoverse-V2", false}},
    {kArm, 0xd80, {"Cortex-A520", true}},
    {kArm, 0xd81, {"Cortex-A720", false}},
    {kArm, 0xd82, {"Cortex-X4", false}},
    {kArm, 0xd85, {"Cortex-X925", false}},
    {kArm, 0xd87, {"Cortex-A725", false}},
    {kQualcomm, 0x001, {"Oryon", false}},
    {kQualcomm, 0x800, {"Kryo 2xx Gold", false}},
    {kQualcomm, 0x801, {"Kryo 2xx Silver", true}},
    {kQualcomm, 0x802, {"Kryo 3xx Gold", false}},
    {kQualcomm, 0x803, {"Kryo 3xx Silver", true}},
    {kQualcomm, 0x804, {"Kryo 4xx Gold", false}},
    {kQualcomm, 0x805, {"Kryo 4xx Silver", true}},
    {kApple, 0x022, {"Icestorm", true}},
    {kApple, 0x023, {"Firestorm", false}},
    {kApple, 0x032, {"Blizzard", true}},
    {kApple, 0x033, {"Avalanche", false}},
};

/** A number such as 0xd0b. */
std::optional<long long> parse_hex(std::string_view text) {
  if (text.substr(0, 2) != "0x") return std::nullopt;
  text.remove_prefix(2);
  long long value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

const CoreModel* core_model(long long implementer, long long part) {
  for (const Entry& entry : kEntries) {
    if (entry.implementer == implementer && entry.part == part) return &entry.model;
  }
  return nullptr;
}

std::map<int, const CoreModel*> core_models(std::string_view cpuinfo) {
  std::map<int, const CoreModel*> models;
  // Old kernels list all processors first and describe the core once, after them.
  std::vector<int> unnamed;
  std::optional<long long> implementer;
  while (!cpuinfo.empty()) {
    const std::string_view line = take_line(cpuinfo);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    const std::string_view key = trimmed(line.substr(0, colon));
    const std::string_view value = trimmed(line.substr(colon + 1));
    if (key == "processor") {
      if (const auto cpu = parse_whole(value, 0, kMostCpus - 1)) {
        unnamed.push_back(static_cast<int>(*cpu));
      }
    } else if (key == "CPU implementer") {
      implementer = parse_hex(value);
    } else if (key == "CPU part") {
      const auto part = parse_hex(value);
      const CoreModel* model = implementer && part ? core_model(*implementer, *part) : nullptr;
      for (const int cpu : unnamed) {
        if (model) models[cpu] = model;
      }
      unnamed.clear();
    }
  }
  return models;
}

}  // namespace seesaw
