#include "engine/machine/device.h"

#include <utility>

#include "cpu.h"
#include "platform.h"

namespace seesaw {

std::vector<std::string> cpu_features() {
  std::vector<std::string> features;
  const std::pair<const char*, int (*)()> known[] = {
#if defined(__aarch64__) || defined(__arm__)
    {"neon", ncnn::cpu_support_arm_neon},
    {"vfpv4", ncnn::cpu_support_arm_vfpv4},
    {"asimdhp", ncnn::cpu_support_arm_asimdhp},
    {"asimddp", ncnn::cpu_support_arm_asimddp},
    {"i8mm", ncnn::cpu_support_arm_i8mm},
    {"sve", ncnn::cpu_support_arm_sve},
#else
    {"avx", ncnn::cpu_support_x86_avx},
    {"fma", ncnn::cpu_support_x86_fma},
    {"f16c", ncnn::cpu_support_x86_f16c},
    {"avx2", ncnn::cpu_support_x86_avx2},
    {"avx512", ncnn::cpu_support_x86_avx512},
#endif
  };
  for (const auto& [name, supported] : known) {
    if (supported()) features.emplace_back(name);
  }
  return features;
}

bool supports_fp16() { return ncnn::cpu_support_arm_asimdhp() != 0; }

std::string ncnn_version() { return NCNN_VERSION_STRING; }

}  // namespace seesaw
