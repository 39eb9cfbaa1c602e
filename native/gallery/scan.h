// One pass over all rows: what may be among the k best.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "engine/fused/team.h"
#include "gallery/kernels/kernels.h"
#include "gallery/quantise.h"
#include "gallery/rows.h"

namespace seesaw::gallery {

/** What there are k of: rows, or people, each of whom counts by the best of their rows. */
enum class Ranked { Rows, People };

struct Candidate {
  std::uint32_t slot;
  double lower, upper;  // bounds of its score
};

/**
 * For each query, the rows whose upper bound reaches the k-th best lower bound, in no order. Each
 * of the k best is among them: its score is not below the k-th best score, and k scores are not
 * below their lower bounds. For people the k-th best lower bound is that of the k-th best person.
 * @param stopped asked now and then, on several threads  @throws Error Aborted when it says so
 */
std::vector<std::vector<Candidate>> scan(const Rows& rows, const std::vector<Query>& queries,
                                         std::size_t k, Ranked ranked, const Kernels& kernels,
                                         fused::Team& team, const std::function<bool()>& stopped);

}  // namespace seesaw::gallery
