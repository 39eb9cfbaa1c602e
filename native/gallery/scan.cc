#include "gallery/scan.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <exception>

#include "engine/error.h"
#include "gallery/leaders.h"

namespace seesaw::gallery {
namespace {

/** Rows that several queries look at while they are in the first-level cache. */
constexpr std::size_t kTile = 32;

/** What one thread knows of one query. */
class Progress {
 public:
  Progress(std::size_t k, Ranked ranked) : ranked_(ranked), leaders_(k) {}

  /** Rows from `first` on, of which the kernel has the sums. */
  void look(const Query& query, const Rows::Block& block, std::size_t first, std::size_t at,
            std::size_t count, const std::int32_t* sums) {
    const RowScale* scales = block.scales.get() + at;
    std::array<double, kTile> lower, upper;
    for (std::size_t i = 0; i < count; ++i) {
      const Bounds bounds = query.bounds(sums[i], scales[i]);
      lower[i] = bounds.approximate - bounds.slack;
      upper[i] = bounds.approximate + bounds.slack;
    }
    for (std::size_t i = 0; i < count; ++i) {
      if (upper[i] < threshold_) continue;
      candidates_.push_back({static_cast<std::uint32_t>(first + at + i), lower[i], upper[i]});
      leaders_.offer((ranked_ == Ranked::Rows ? block.ids : block.persons).get()[at + i], lower[i]);
      threshold_ = std::max(threshold_, leaders_.threshold());
    }
    if (candidates_.size() > most_) {
      prune(threshold_);
      most_ = std::max(kFew, 2 * candidates_.size());
    }
  }

  /** Takes over what another thread knows. */
  void merge(const Progress& other) {
    leaders_.merge(other.leaders_);
    candidates_.insert(candidates_.end(), other.candidates_.begin(), other.candidates_.end());
  }
  std::vector<Candidate> end() {
    prune(leaders_.threshold());
    return std::move(candidates_);
  }

  /** The greatest lower bound of the k-th best score that any thread has found. */
  void exchange(std::atomic<double>& shared) {
    double known = shared.load(std::memory_order_relaxed);
    while (threshold_ > known &&
           !shared.compare_exchange_weak(known, threshold_, std::memory_order_relaxed)) {
    }
    threshold_ = std::max(threshold_, known);
  }

 private:
  static constexpr std::size_t kFew = 4096;

  void prune(double threshold) {
    candidates_.erase(std::remove_if(candidates_.begin(), candidates_.end(),
                                     [&](const Candidate& c) { return c.upper < threshold; }),
                      candidates_.end());
  }

  Ranked ranked_;
  Leaders leaders_;
  std::vector<Candidate> candidates_;
  std::size_t most_ = kFew;
  double threshold_ = -std::numeric_limits<double>::infinity();
};

}  // namespace

std::vector<std::vector<Candidate>> scan(const Rows& rows, const std::vector<Query>& queries,
                                         std::size_t k, Ranked ranked, const Kernels& kernels,
                                         fused::Team& team, const std::function<bool()>& stopped) {
  const auto threads = static_cast<std::size_t>(team.size());
  std::vector<std::vector<Progress>> progress(
      threads, std::vector<Progress>(queries.size(), Progress(k, ranked)));
  std::vector<std::atomic<double>> shared(queries.size());
  for (auto& threshold : shared) threshold = -std::numeric_limits<double>::infinity();
  std::vector<std::exception_ptr> failures(threads);
  std::atomic<std::size_t> next{0};
  std::atomic<bool> aborted{false}, failed{false};

  const auto look_at = [&](std::size_t index, std::vector<Progress>& mine) {
    const Rows::Block& block = rows.block(index);
    const std::size_t count = rows.count(index);
    std::array<std::int32_t, kTile> sums;
    for (std::size_t at = 0; at < count; at += kTile) {
      const std::size_t some = std::min(kTile, count - at);
      for (std::size_t q = 0; q < queries.size(); ++q) {
        kernels.sums(block.bytes.get() + at * rows.stride(), some, rows.stride(),
                     queries[q].numbers(), sums.data());
        mine[q].look(queries[q], block, index * Rows::kBlock, at, some, sums.data());
      }
    }
    for (std::size_t q = 0; q < queries.size(); ++q) mine[q].exchange(shared[q]);
  };
  // Threads take blocks until none is left; a worker that does not come costs its help only.
  team.run([&](int thread) {
    try {
      for (std::size_t i; !failed && !aborted && (i = next.fetch_add(1)) < rows.blocks();) {
        if (stopped()) {
          aborted = true;
          return;
        }
        look_at(i, progress[thread]);
      }
    } catch (...) {
      failures[thread] = std::current_exception();
      failed = true;
    }
  });
  for (const std::exception_ptr& failure : failures) {
    if (failure) std::rethrow_exception(failure);
  }
  if (aborted) throw Error(ErrorCode::Aborted, "the search was aborted");

  std::vector<std::vector<Candidate>> found;
  found.reserve(queries.size());
  for (std::size_t q = 0; q < queries.size(); ++q) {
    for (std::size_t t = 1; t < threads; ++t) progress[0][q].merge(progress[t][q]);
    found.push_back(progress[0][q].end());
  }
  return found;
}

}  // namespace seesaw::gallery
