#include "gallery/index.h"

#include <algorithm>
#include <unordered_set>

namespace seesaw::gallery {

Index::Index(int dimensions, bool keep_exact, int threads, const Kernels& kernels)
    : rows_(dimensions, keep_exact), kernels_(kernels), team_({threads, kDefaultSpin}, 0) {}

std::vector<std::vector<Hit>> Index::search(const float* queries, std::size_t count,
                                            const SearchOptions& options,
                                            const std::function<bool()>& stopped) {
  std::vector<Query> prepared;
  prepared.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    prepared.emplace_back(queries + i * rows_.dimensions(), rows_.dimensions(), "query");
  }
  const std::vector<std::vector<Candidate>> candidates =
      scan(rows_, prepared, options.k, options.ranked, kernels_, team_, stopped);
  std::vector<std::vector<Hit>> found;
  found.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    found.push_back(ranked(prepared[i], candidates[i], options));
  }
  return found;
}

std::vector<Hit> Index::ranked(const Query& query, const std::vector<Candidate>& candidates,
                               const SearchOptions& options) const {
  std::vector<Hit> hits;
  hits.reserve(candidates.size());
  for (const Candidate& candidate : candidates) {
    const float* exact = rows_.exact(candidate.slot);
    hits.push_back({rows_.id(candidate.slot), rows_.person(candidate.slot),
                    exact ? query.score(exact) : candidate.upper});
  }
  const bool people = options.ranked == Ranked::People;
  std::sort(hits.begin(), hits.end(), [people](const Hit& a, const Hit& b) {
    if (a.score != b.score) return a.score > b.score;
    if (people && a.person != b.person) return a.person < b.person;
    return a.id < b.id;
  });
  if (!rows_.keeps_exact()) return hits;
  if (people) {
    std::unordered_set<std::int64_t> seen;
    hits.erase(std::remove_if(hits.begin(), hits.end(),
                              [&](const Hit& hit) { return !seen.insert(hit.person).second; }),
               hits.end());
  }
  if (hits.size() > options.k) hits.resize(options.k);
  return hits;
}

}  // namespace seesaw::gallery
