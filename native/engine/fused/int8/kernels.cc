#include "engine/fused/int8/kernels.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "cpu.h"
#include "engine/fused/int8/kernel_tables.h"

namespace seesaw::fused::int8 {
namespace {

std::array<const Int8Kernels*, 3> find() {
  std::array<const Int8Kernels*, 3> found{};
  [[maybe_unused]] std::size_t count = 0;
#if defined(SEESAW_INT8_AVX512VNNI)
  if (ncnn::cpu_support_x86_avx512() && ncnn::cpu_support_x86_avx512_vnni()) {
    found[count++] = &kAvx512Vnni;
  }
#endif
#if defined(SEESAW_INT8_AVXVNNI)
  if (ncnn::cpu_support_x86_avx2() && ncnn::cpu_support_x86_fma() &&
      ncnn::cpu_support_x86_avx_vnni()) {
    found[count++] = &kAvxVnni;
  }
#endif
#if defined(SEESAW_INT8_DOTPROD)
  if (ncnn::cpu_support_arm_asimddp()) found[count++] = &kDotprod;
#endif
  return found;
}

}  // namespace

const Int8Kernels* const* usable_kernels() {
  static const std::array<const Int8Kernels*, 3> usable = find();
  return usable.data();
}

const Int8Kernels* best_kernels() { return usable_kernels()[0]; }

Levels levels_between(float low, float high) {
  low = std::min(low, 0.0f);
  high = std::max(high, 0.0f);
  const float scale = (high - low) / 255;
  // Nothing but zeros, or so little that its scale has no reciprocal: any scale does.
  if (scale < 1e-30f) return {1, 0};
  return {scale, static_cast<int>(std::lround(std::min(-low / scale, 255.0f)))};
}

}  // namespace seesaw::fused::int8
