#include "engine/fused/kernels/kernels.h"

#include <array>

#include "cpu.h"
#include "engine/fused/kernels/kernel_tables.h"

namespace seesaw::fused {
namespace {

std::array<const Kernels*, 3> find() {
  std::array<const Kernels*, 3> found{};
  [[maybe_unused]] std::size_t count = 0;
#if defined(__x86_64__)
  if (ncnn::cpu_support_x86_avx512()) found[count++] = &kAvx512;
  if (ncnn::cpu_support_x86_avx2() && ncnn::cpu_support_x86_fma()) found[count++] = &kAvx2;
#elif defined(__aarch64__)
  found[count++] = &kNeon;
#endif
  return found;
}

}  // namespace

const Kernels* const* usable_kernels() {
  static const std::array<const Kernels*, 3> usable = find();
  return usable.data();
}

const Kernels* best_kernels() { return usable_kernels()[0]; }

}  // namespace seesaw::fused
