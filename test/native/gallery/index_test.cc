// Search against brute force, to the last index.
#include "gallery/index.h"

#include <gtest/gtest.h>

#include <atomic>
#include <limits>
#include <thread>

#include "engine/error.h"
#include "samples.h"

namespace seesaw::gallery {
namespace {

using test::Sample;
using test::Samples;

const auto never = [] { return false; };

std::vector<Hit> search(Index& index, const std::vector<float>& query, std::size_t k,
                        Ranked ranked) {
  return index.search(query.data(), 1, {k, ranked}, never)[0];
}

void expect_same(const std::vector<Hit>& found, const std::vector<Hit>& expected,
                 const std::string& what) {
  ASSERT_EQ(found.size(), expected.size()) << what;
  for (std::size_t i = 0; i < found.size(); ++i) {
    EXPECT_EQ(found[i].id, expected[i].id) << what << " at " << i;
    EXPECT_EQ(found[i].person, expected[i].person) << what << " at " << i;
    EXPECT_EQ(found[i].score, expected[i].score) << what << " at " << i;
  }
}

/** Whether candidates hold all that is expected, each with an upper bound that is one. */
void expect_among(const std::vector<Hit>& candidates, const std::vector<Hit>& expected) {
  std::map<std::int64_t, double> upper;
  for (const Hit& hit : candidates) upper[hit.id] = hit.score;
  for (const Hit& hit : expected) {
    ASSERT_EQ(upper.count(hit.id), 1u) << hit.id;
    EXPECT_GE(upper[hit.id], hit.score);
  }
}

/** With each kernel, thread count and k, for rows and people, with fp32 rows and without. */
void expect_exact(const Samples& samples, const std::vector<std::vector<float>>& queries) {
  const int dimensions = static_cast<int>(queries[0].size());
  std::vector<float> together;
  for (const auto& query : queries) together.insert(together.end(), query.begin(), query.end());
  for (const Kernels* const* kernels = usable_kernels(); *kernels; ++kernels) {
    for (const int threads : {1, 3}) {
      Index whole(dimensions, true, threads, **kernels),
          bytes(dimensions, false, threads, **kernels);
      test::add(whole, samples);
      test::add(bytes, samples);
      for (const Ranked ranked : {Ranked::Rows, Ranked::People}) {
        for (const std::size_t k : {std::size_t{1}, std::size_t{4}, std::size_t{50}, samples.size(),
                                    samples.size() + 7}) {
          if (k == 0) continue;
          const auto found = whole.search(together.data(), queries.size(), {k, ranked}, never);
          const auto candidates = bytes.search(together.data(), queries.size(), {k, ranked}, never);
          for (std::size_t q = 0; q < queries.size(); ++q) {
            const auto expected = test::brute_force(samples, queries[q], k, ranked);
            expect_same(found[q], expected,
                        (*kernels)->name + std::string(" k ") + std::to_string(k));
            expect_among(candidates[q], expected);
          }
        }
      }
    }
  }
}

struct Sized {
  const char* name;
  std::size_t count;
  int dimensions;
};

class GalleryIndex : public testing::TestWithParam<Sized> {};

TEST_P(GalleryIndex, FindsWhatBruteForceFinds) {
  const auto [name, count, dimensions] = GetParam();
  std::vector<std::vector<float>> queries;
  for (const Sample& sample : test::random_samples(3, dimensions, 99))
    queries.push_back(sample.row);
  expect_exact(test::random_samples(count, dimensions, 1), queries);
}

INSTANTIATE_TEST_SUITE_P(Cases, GalleryIndex,
                         testing::Values(Sized{"None", 0, 8}, Sized{"One", 1, 512},
                                         Sized{"OneDimension", 70, 1}, Sized{"Few", 31, 100},
                                         Sized{"ManyBlocks", 5000, 24}, Sized{"Usual", 2100, 512},
                                         Sized{"Long", 40, 4096}),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(GalleryIndex, NearlyEqualRowsAreToldApart) {
  // All within what int8 can tell apart: bounds decide nothing, the fp32 rows all.
  std::mt19937 random(5);
  const std::vector<float> centre = test::random_row(64, random);
  Samples samples;
  for (int i = 0; i < 500; ++i) {
    Sample sample{i * 31 % 500, i % 90, centre};
    sample.row[i % 64] += 1e-6f * static_cast<float>(random() % 9);
    samples.push_back(sample);
  }
  expect_exact(samples, {centre, test::random_row(64, random)});
}

TEST(GalleryIndex, EqualScoresAreInTheOrderOfIds) {
  Samples samples;
  for (int i = 0; i < 300; ++i) {
    // Copies, opposites, zeros, and rows that differ where the query is zero.
    std::vector<float> row{0.5f, -0.25f, i % 3 == 0 ? 1.0f : -1.0f, 0};
    if (i % 7 == 0) row = {0, 0, 0, 0};
    if (i % 2 == 0) row[3] = static_cast<float>(i);
    samples.push_back({std::int64_t{i} * 7919 % 300 - 150, i * 13 % 40 - 20, row});
  }
  expect_exact(samples, {{1, 1, 1, 0}, {0, 0, 0, 0}, {-1, 2, 0, 0}, {0, 0, 0, 1}});
}

TEST(GalleryIndex, RowsOfVeryDifferentSizes) {
  Samples samples = test::random_samples(400, 40, 8);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    for (float& x : samples[i].row) x *= std::pow(10.0f, static_cast<float>(i % 70) - 38);
  }
  std::mt19937 random(2);
  expect_exact(samples, {test::random_row(40, random)});
}

TEST(GalleryIndex, RowsComeAndGo) {
  std::mt19937 random(4);
  constexpr int kDimensions = 20;
  const Samples all = test::random_samples(9000, kDimensions, 6);
  Index index(kDimensions, true, 2);
  std::map<std::int64_t, Sample> present;
  const auto ids_of = [](const Samples& samples) {
    std::vector<std::int64_t> ids;
    for (const Sample& sample : samples) ids.push_back(sample.id);
    return ids;
  };
  for (int round = 0; round < 60; ++round) {
    Samples coming, going;
    for (const Sample& sample : all) {
      const bool here = present.count(sample.id) != 0;
      // Grows to much and shrinks to nothing.
      const unsigned share = round == 59 ? 1 : here ? (round < 30 ? 9 : 3) : (round < 30 ? 4 : 30);
      if (random() % share == 0) (here ? going : coming).push_back(sample);
    }
    if (round == 59) coming.clear();
    test::add(index, coming);
    std::vector<std::int64_t> ids = ids_of(going);
    const std::size_t known = ids.size();
    ids.push_back(12345);                  // never there
    if (known > 0) ids.push_back(ids[0]);  // gone already
    ASSERT_EQ(index.remove(ids.data(), ids.size()), known);
    for (const Sample& sample : coming) present[sample.id] = sample;
    for (const Sample& sample : going) present.erase(sample.id);
    ASSERT_EQ(index.size(), present.size());
    Samples left;
    for (const auto& [id, sample] : present) left.push_back(sample);
    const std::vector<float> query = test::random_row(kDimensions, random);
    expect_same(search(index, query, 10, Ranked::Rows),
                test::brute_force(left, query, 10, Ranked::Rows), std::to_string(round));
  }
  EXPECT_EQ(index.size(), 0u);
}

TEST(GalleryIndex, AddsAllRowsOrNone) {
  const Samples samples = test::random_samples(3000, 16, 2);
  const Samples before(samples.begin(), samples.begin() + 10);
  Samples known(samples.begin() + 10, samples.end()), twice = known, broken = known;
  known.push_back(samples[3]);
  twice.push_back(twice[0]);
  broken.back().row[15] = std::numeric_limits<float>::quiet_NaN();
  const std::pair<const char*, Samples> cases[] = {
      {"ids", known}, {"ids", twice}, {"rows", broken}};
  Index index(16, true, 1);
  test::add(index, before);
  for (const auto& [argument, wrong] : cases) {
    try {
      test::add(index, wrong);
      FAIL() << argument;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::InvalidArgument);
      EXPECT_EQ(error.argument(), argument);
    }
    EXPECT_EQ(index.size(), 10u);
    expect_same(search(index, samples[50].row, 20, Ranked::Rows),
                test::brute_force(before, samples[50].row, 20, Ranked::Rows), argument);
  }
  test::add(index, Samples(samples.begin() + 10, samples.end()));
  expect_same(search(index, samples[50].row, 20, Ranked::People),
              test::brute_force(samples, samples[50].row, 20, Ranked::People), "all");
}

TEST(GalleryIndex, QueriesThatAreNotFiniteAreRefused) {
  Index index(4, true, 1);
  const float query[] = {1, 2, 3, 4, 1, std::numeric_limits<float>::infinity(), 3, 4};
  EXPECT_THROW(index.search(query, 2, {1, Ranked::Rows}, never), Error);
}

TEST(GalleryIndex, ASearchEndsWhenItIsStopped) {
  Index index(8, true, 2);
  test::add(index, test::random_samples(20000, 8, 1));
  std::mt19937 random(1);
  const auto query = test::random_row(8, random);
  for (const int after : {0, 1, 5}) {
    std::atomic<int> asked{0};
    try {
      index.search(query.data(), 1, {3, Ranked::Rows}, [&] { return asked++ >= after; });
      FAIL() << "it went on";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::Aborted);
    }
  }
  EXPECT_EQ(search(index, query, 3, Ranked::Rows).size(), 3u);
}

TEST(GalleryIndex, WithoutFp32RowsFewCandidatesAreLeft) {
  const Samples samples = test::random_samples(30000, 128, 3);
  Index index(128, false, 2);
  test::add(index, samples);
  const auto candidates = search(index, test::random_samples(1, 128, 4)[0].row, 5, Ranked::People);
  EXPECT_LT(candidates.size(), 60u);
}

}  // namespace
}  // namespace seesaw::gallery
