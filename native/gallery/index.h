// Exact search among embeddings: the k rows, or people, with the greatest scores for a query.
//
// One thread at a time uses an index; a search has others help. Scores are exact_score()s of the
// fp32 rows, and the result is that of sorting all rows by them, equal scores by the lower id (of
// the row, or of the person; then the lower row). With the fp32 rows in the index the search is
// complete. Without them it gives every row that may be in the result, some tens of a million, and
// the caller scores those from the rows that it has.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "engine/fused/team.h"
#include "gallery/scan.h"

namespace seesaw::gallery {

struct Hit {
  std::int64_t id;
  std::int64_t person;
  /** Exact where the index keeps fp32 rows, else the upper bound. */
  double score;
};

struct SearchOptions {
  std::size_t k = 1;
  Ranked ranked = Ranked::Rows;
};

class Index {
 public:
  /** @param threads 1 for the caller's alone */
  Index(int dimensions, bool keep_exact, int threads, const Kernels& kernels = best_kernels());

  void add(const Batch& batch) { rows_.add(batch); }
  std::size_t remove(const std::int64_t* ids, std::size_t count) {
    return rows_.remove(ids, count);
  }
  std::size_t size() const { return rows_.size(); }
  bool keeps_exact() const { return rows_.keeps_exact(); }

  /**
   * For each of `count` queries, which stand one after the other: the k best, the best first, or,
   * if the index has no fp32 rows, the candidates, those with the greatest upper bound first.
   * @throws Error InvalidArgument naming "query", Aborted
   */
  std::vector<std::vector<Hit>> search(const float* queries, std::size_t count,
                                       const SearchOptions& options,
                                       const std::function<bool()>& stopped);

 private:
  std::vector<Hit> ranked(const Query& query, const std::vector<Candidate>& candidates,
                          const SearchOptions& options) const;

  Rows rows_;
  const Kernels& kernels_;
  fused::Team team_;
};

}  // namespace seesaw::gallery
