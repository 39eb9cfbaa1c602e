// Weights in the units that fused kernels want them in before swish.
#pragma once

#include "engine/fused/buffer.h"
#include "engine/fused/description.h"
#include "engine/fused/kernels/kernels.h"

namespace seesaw::test {

/** A map of inputs that are as large as they are, whose result goes into swish. */
inline fused::Linear into_swish_of(fused::Linear map, const fused::SwishUnits& units) {
  for (float& weight : map.weight) weight *= units.in;
  for (float& bias : map.bias) bias *= units.in;
  return map;
}

/** [9][channels] weights of results of swish, then the biases, whose result goes into swish. */
inline fused::Buffer into_swish_of(const fused::Buffer& depthwise, int channels,
                                   const fused::SwishUnits& units) {
  fused::Buffer scaled(depthwise.size());
  for (int i = 0; i < 10 * channels; ++i) {
    scaled[i] = depthwise.data()[i] * units.in / (i < 9 * channels ? units.out : 1);
  }
  return scaled;
}

}  // namespace seesaw::test
