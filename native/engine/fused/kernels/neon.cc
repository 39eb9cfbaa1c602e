// The fused kernels for 64-bit ARM, whose every processor has NEON.
#include <arm_neon.h>

#include "engine/fused/kernels/kernel_tables.h"

#define SEESAW_LANE_FMA

namespace seesaw::fused {
namespace {

#include "engine/fused/kernels/simd_neon.h"

constexpr int kWidths[] = {3, 2, 1};

#include "engine/fused/kernels/impl.h"

}  // namespace

const Kernels kNeon{"neon",           kLanes, kWidths,    kSwishUnits, pointwise,
                    expand_depthwise, linear, scale_rows, reduce};

}  // namespace seesaw::fused
