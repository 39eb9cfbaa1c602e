// Products of rows and a query in integers: the naive version and those for one instruction set
// each.
#pragma once

#include <cstddef>
#include <cstdint>

#include "gallery/quantise.h"

namespace seesaw::gallery {

struct Kernels {
  const char* name;
  /** sums[i] = the sum of rows[i * stride + j] * query[j], exactly; `stride` is a multiple of
   * kRowStep. */
  void (*sums)(const std::int8_t* rows, std::size_t count, std::size_t stride,
               const QueryNumbers& query, std::int32_t* sums);
};

extern const Kernels kNaive;

/** Those that this processor can run, the fastest first, kNaive last; null after it. */
const Kernels* const* usable_kernels();
const Kernels& best_kernels();

}  // namespace seesaw::gallery
