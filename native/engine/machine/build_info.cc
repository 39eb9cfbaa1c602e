#include "engine/machine/build_info.h"

#include <utility>

#include "platform.h"

namespace seesaw {

std::vector<std::string> ncnn_options() {
  const std::pair<const char*, int> all[] = {
    {"THREADS", NCNN_THREADS},
    {"SIMPLEOMP", NCNN_SIMPLEOMP},
    {"RUNTIME_CPU", NCNN_RUNTIME_CPU},
    {"VULKAN", NCNN_VULKAN},
    {"INT8", NCNN_INT8},
    {"BF16", NCNN_BF16},
  // NCNN's switches for instruction sets are set whatever the target: only its own count.
#if defined(__aarch64__)
    {"ARM82", NCNN_ARM82},
    {"ARM82DOT", NCNN_ARM82DOT},
    {"ARM84I8MM", NCNN_ARM84I8MM},
    {"ARM86SVE", NCNN_ARM86SVE},
#elif defined(__arm__)
    {"VFPV4", NCNN_VFPV4},
#elif defined(__x86_64__) || defined(__i386__)
    {"AVX", NCNN_AVX},
    {"FMA", NCNN_FMA},
    {"F16C", NCNN_F16C},
    {"AVX2", NCNN_AVX2},
    {"AVX512", NCNN_AVX512},
#endif
  };
  std::vector<std::string> set;
  for (const auto& [name, value] : all) {
    if (value) set.emplace_back(name);
  }
  return set;
}

std::string compiler() {
#if defined(__clang__)
  std::string text = "clang " + std::to_string(__clang_major__) + "." +
                     std::to_string(__clang_minor__) + "." + std::to_string(__clang_patchlevel__);
#elif defined(__GNUC__)
  std::string text = "GCC " + std::to_string(__GNUC__) + "." + std::to_string(__GNUC_MINOR__) +
                     "." + std::to_string(__GNUC_PATCHLEVEL__);
#else
  std::string text = "an unknown compiler";
#endif
#if defined(_LIBCPP_VERSION)
  text += ", libc++ " + std::to_string(_LIBCPP_VERSION);
#elif defined(__GLIBCXX__)
  text += ", libstdc++ " + std::to_string(__GLIBCXX__);
#endif
  return text;
}

}  // namespace seesaw
