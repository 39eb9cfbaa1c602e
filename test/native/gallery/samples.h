// Rows and what finding them by brute force comes to.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <random>
#include <set>
#include <vector>

#include "gallery/index.h"

namespace seesaw::test {

struct Sample {
  std::int64_t id;
  std::int64_t person;
  std::vector<float> row;
};

using Samples = std::vector<Sample>;

inline std::vector<float> random_row(int dimensions, std::mt19937& random) {
  std::normal_distribution<float> normal;
  std::vector<float> row(dimensions);
  double squares = 0;
  for (float& x : row) x = normal(random), squares += double{x} * x;
  for (float& x : row) x = static_cast<float>(x / std::sqrt(squares));
  return row;
}

/** People with three rows each, ids in no order and of both signs. */
inline Samples random_samples(std::size_t count, int dimensions, unsigned seed) {
  std::mt19937 random(seed);
  Samples samples;
  for (std::size_t i = 0; i < count; ++i) {
    const auto id = static_cast<std::int64_t>((i + 1) * 0x9E3779B97F4A7C15u);
    samples.push_back({id, static_cast<std::int64_t>(i / 3) - 5, random_row(dimensions, random)});
  }
  return samples;
}

inline void add(gallery::Index& index, const Samples& samples) {
  std::vector<std::int64_t> ids, persons;
  std::vector<float> rows;
  for (const Sample& sample : samples) {
    ids.push_back(sample.id);
    persons.push_back(sample.person);
    rows.insert(rows.end(), sample.row.begin(), sample.row.end());
  }
  index.add({ids.data(), persons.data(), rows.data(), ids.size()});
}

/** Every row scored, sorted, and cut after k. */
inline std::vector<gallery::Hit> brute_force(const Samples& samples,
                                             const std::vector<float>& query, std::size_t k,
                                             gallery::Ranked ranked) {
  std::vector<gallery::Hit> hits;
  for (const Sample& sample : samples) {
    double score = 0;
    for (std::size_t j = 0; j < query.size(); ++j) score += double{sample.row[j]} * query[j];
    hits.push_back({sample.id, sample.person, score});
  }
  const bool people = ranked == gallery::Ranked::People;
  std::sort(hits.begin(), hits.end(), [people](const auto& a, const auto& b) {
    return people ? std::tuple(-a.score, a.person, a.id) < std::tuple(-b.score, b.person, b.id)
                  : std::tuple(-a.score, a.id) < std::tuple(-b.score, b.id);
  });
  std::vector<gallery::Hit> best;
  std::set<std::int64_t> seen;
  for (const gallery::Hit& hit : hits) {
    if (best.size() < k && (!people || seen.insert(hit.person).second)) best.push_back(hit);
  }
  return best;
}

}  // namespace seesaw::test
