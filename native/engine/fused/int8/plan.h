// The pointwise convolutions of a plan's blocks, quantised and in the order of the int8 kernels.
//
// Stem, head, squeeze-and-excitation, shortcuts and the last layer stay as they are in the plan.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "engine/fused/int8/kernels.h"
#include "engine/fused/plan.h"

namespace seesaw::fused::int8 {

/** A linear map as panels: see fused::Packed. */
struct Packed {
  std::vector<std::int8_t> weight;
  std::vector<std::int32_t> total;
  Buffer numbers;  // of each panel the scales, then the biases
  std::vector<Panel> panels;
  int inputs = 0, outputs = 0;
};

/**
 * Output channels [first, first + count) of a map, each quantised on its own: its greatest weight
 * becomes 127 or -127. @throws Error ModelInvalid for weights that are not finite
 */
Packed pack_bytes(const Linear& map, int first, int count, const InputOrder& input,
                  const Kernels& kernels);

/** The pointwise convolutions of a block, quantised. */
struct QuantisedBlock {
  std::vector<Packed> expand;  // of each part of the plan's expansion
  std::array<Packed, 2> project;
};

/** Whether every run of inputs is a multiple of four. */
bool can_quantise(const Description& net);

/** @param plan of `net`; loses the weights that the result has instead */
std::vector<QuantisedBlock> quantise_plan(const Description& net, Plan& plan,
                                          const Kernels& kernels);

}  // namespace seesaw::fused::int8
