// The fused kernels for AVX-512 (F, VL, DQ, BW).
#include <immintrin.h>

#include "engine/fused/kernels/kernel_tables.h"

namespace seesaw::fused {
namespace {

#include "engine/fused/kernels/simd_avx512.h"

constexpr int kWidths[] = {2, 3, 1};

#include "engine/fused/kernels/impl.h"

}  // namespace

const Kernels kAvx512{"avx512",         kLanes, kWidths,    kSwishUnits, pointwise,
                      expand_depthwise, linear, scale_rows, reduce};

}  // namespace seesaw::fused
