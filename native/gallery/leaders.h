// The k best of many keys, each by the best value that was seen of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <set>
#include <unordered_map>
#include <utility>

namespace seesaw::gallery {

class Leaders {
 public:
  explicit Leaders(std::size_t k) : k_(k) {}

  /** The value of the k-th best key; minus infinity when there are fewer keys. */
  double threshold() const {
    return order_.size() < k_ ? -std::numeric_limits<double>::infinity() : order_.begin()->first;
  }

  void offer(std::int64_t key, double value) {
    if (value <= threshold()) return;
    const auto [known, is_new] = values_.try_emplace(key, value);
    if (!is_new) {
      if (value <= known->second) return;
      order_.erase({known->second, key});
      known->second = value;
    }
    order_.emplace(value, key);
    if (order_.size() <= k_) return;
    // Should the key that goes come back with a greater value it is a new one.
    values_.erase(order_.begin()->second);
    order_.erase(order_.begin());
  }

  /** Takes over what another has seen. */
  void merge(const Leaders& other) {
    for (const auto& [key, value] : other.values_) offer(key, value);
  }

 private:
  std::size_t k_;
  std::set<std::pair<double, std::int64_t>> order_;
  std::unordered_map<std::int64_t, double> values_;
};

}  // namespace seesaw::gallery
