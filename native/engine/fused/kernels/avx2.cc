// The fused kernels for AVX2 with FMA.
#include <immintrin.h>

#include "engine/fused/kernels/kernel_tables.h"

namespace seesaw::fused {
namespace {

#include "engine/fused/kernels/simd_avx2.h"

constexpr int kWidths[] = {1};

#include "engine/fused/kernels/impl.h"

}  // namespace

const Kernels kAvx2{"avx2",           kLanes, kWidths,    kSwishUnits, pointwise,
                    expand_depthwise, linear, scale_rows, reduce};

}  // namespace seesaw::fused
