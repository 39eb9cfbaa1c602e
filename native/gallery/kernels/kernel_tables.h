// The kernels of each instruction set, as far as they are compiled for the machine.
#pragma once

#include "gallery/kernels/kernels.h"

namespace seesaw::gallery {

extern const Kernels kAvx512Vnni;
extern const Kernels kAvx2;
extern const Kernels kDotprod;
extern const Kernels kNeon;

}  // namespace seesaw::gallery
