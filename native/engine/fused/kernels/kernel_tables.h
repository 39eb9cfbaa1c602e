// The tables of kernels that exist, and the constants they share.
#pragma once

#include "engine/fused/kernels/kernels.h"

namespace seesaw::fused {

extern const Kernels kAvx512;
extern const Kernels kAvx2;
extern const Kernels kNeon;

/**
 * 2^f for |f| <= 1/2 is 1 + f kExp2[1] + ... + f^5 kExp2[5], with a relative error below 1.1e-7
 * (minimax for the relative error, the constant term held at 1, rounded to fp32).
 */
inline constexpr float kExp2[6] = {1.0f,          0.693147004f,   0.240222424f,
                                   0.0555073358f, 0.00967151299f, 0.00132647273f};

}  // namespace seesaw::fused
