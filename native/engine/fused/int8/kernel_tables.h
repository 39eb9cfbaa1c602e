// The tables of int8 kernels that exist.
#pragma once

#include "engine/fused/int8/kernels.h"

namespace seesaw::fused::int8 {

extern const Int8Kernels kAvx512Vnni;
extern const Int8Kernels kAvxVnni;
extern const Int8Kernels kDotprod;

}  // namespace seesaw::fused::int8
