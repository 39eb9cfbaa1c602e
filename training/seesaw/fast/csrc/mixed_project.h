// The second half of a block in bfloat16: as project.h.
#pragma once

#include "mixed_pointwise.h"
#include "project.h"

#ifdef __AVX512BF16__

namespace seesaw {

struct MixedProject {
  Gate gate;
  MixedPointwise pointwise;

  void forward(const Bf16* d, const Norm& norm, int batch, int pixels, GateRecord* record, Bf16* p,
               Partials* stats) const;
  void backward(const Bf16* dy, const Bf16* p, const Norm& out_norm, const Bf16* d,
                const Norm& norm, int batch, int pixels, GateRecord* record, Bf16* du,
                Partials* sums, Partials* weight_gradient, Partials* slope_gradient) const;
};

}  // namespace seesaw

#endif
