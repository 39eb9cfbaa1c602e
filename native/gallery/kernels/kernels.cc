#include "gallery/kernels/kernels.h"

#include <array>

#include "cpu.h"
#include "gallery/kernels/kernel_tables.h"

namespace seesaw::gallery {
namespace {

void naive_sums(const std::int8_t* rows, std::size_t count, std::size_t stride,
                const QueryNumbers& query, std::int32_t* sums) {
  for (std::size_t i = 0; i < count; ++i) {
    std::int32_t sum = 0;
    for (std::size_t j = 0; j < stride; ++j) sum += rows[i * stride + j] * query.words[j];
    sums[i] = sum;
  }
}

std::array<const Kernels*, 4> find() {
  std::array<const Kernels*, 4> found{};
  std::size_t count = 0;
#if defined(SEESAW_GALLERY_AVX512VNNI)
  if (ncnn::cpu_support_x86_avx512() && ncnn::cpu_support_x86_avx512_vnni()) {
    found[count++] = &kAvx512Vnni;
  }
#endif
#if defined(SEESAW_GALLERY_AVX2)
  if (ncnn::cpu_support_x86_avx2()) found[count++] = &kAvx2;
#endif
#if defined(SEESAW_GALLERY_DOTPROD)
  if (ncnn::cpu_support_arm_asimddp()) found[count++] = &kDotprod;
#endif
#if defined(SEESAW_GALLERY_NEON)
  found[count++] = &kNeon;
#endif
  found[count] = &kNaive;
  return found;
}

}  // namespace

const Kernels kNaive{"naive", naive_sums};

const Kernels* const* usable_kernels() {
  static const std::array<const Kernels*, 4> usable = find();
  return usable.data();
}

const Kernels& best_kernels() { return *usable_kernels()[0]; }

}  // namespace seesaw::gallery
