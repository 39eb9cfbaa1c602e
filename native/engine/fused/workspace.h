// The memory that a plan works in: made once, so that nothing is asked for while a network runs.
#pragma once

#include <array>
#include <vector>

#include "engine/fused/buffer.h"
#include "engine/fused/plan.h"

namespace seesaw::fused {

/** What a thread has for itself. */
struct Scratch {
  Buffer ring, folded, hidden, gates;
  std::array<std::vector<Panel>, 2> panels;  // of `folded`
};

struct Workspace {
  /** @throws Error ModelInvalid when it would take too much memory; it is not made then */
  Workspace(const Plan& plan, int threads);

  Buffer image;    // rows of kImageRow numbers, the first row and column zeros
  Buffer maps[2];  // a block's input and its output
  Buffer middle, pooled, sums, zeros, features, embedding;
  std::vector<Scratch> scratch;  // one a thread
};

}  // namespace seesaw::fused
