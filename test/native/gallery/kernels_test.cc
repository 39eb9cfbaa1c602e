// Sums and bounds: what the exactness of a search rests on.
#include "gallery/kernels/kernels.h"

#include <gtest/gtest.h>

#include <cstring>
#include <limits>

#include "engine/error.h"
#include "gallery/leaders.h"
#include "samples.h"

namespace seesaw::gallery {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

/** What makes the largest sums: numbers of one size, or of the signs that add up. */
std::vector<float> extreme(int dimensions, bool alternating) {
  std::vector<float> numbers(dimensions, 1);
  for (int j = 1; alternating && j < dimensions; j += 2) numbers[j] = -1;
  return numbers;
}

struct Sized {
  const char* name;
  int dimensions;
  std::size_t count;
};

class GallerySums : public testing::TestWithParam<Sized> {};

TEST_P(GallerySums, AreThoseOfTheNaiveKernel) {
  const auto [name, dimensions, count] = GetParam();
  std::mt19937 random(7);
  const auto stride = static_cast<std::size_t>(padded(dimensions));
  Slab<std::int8_t> rows(count * stride);
  for (std::size_t i = 0; i < count; ++i) {
    const auto row = i < 2 ? extreme(dimensions, i == 1) : test::random_row(dimensions, random);
    quantise_row(row.data(), dimensions, rows.get() + i * stride, "rows");
  }
  for (const auto& numbers : {extreme(dimensions, false), extreme(dimensions, true),
                              test::random_row(dimensions, random)}) {
    const Query query(numbers.data(), dimensions, "query");
    std::vector<std::int32_t> expected(count, 1);
    for (std::size_t i = 0; i < count; ++i) {
      std::int64_t sum = 0;
      for (int j = 0; j < dimensions; ++j) {
        const int both = 256 * query.numbers().high[j] + query.numbers().low[j];
        EXPECT_EQ(both, query.numbers().words[j]);
        sum += rows.get()[i * stride + j] * std::int64_t{both};
      }
      ASSERT_LE(std::abs(sum), std::numeric_limits<std::int32_t>::max());
      expected[i] = static_cast<std::int32_t>(sum);
    }
    for (const Kernels* const* kernels = usable_kernels(); *kernels; ++kernels) {
      std::vector<std::int32_t> sums(count, 1);
      (*kernels)->sums(rows.get(), count, stride, query.numbers(), sums.data());
      EXPECT_EQ(sums, expected) << (*kernels)->name;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, GallerySums,
                         testing::Values(Sized{"One", 1, 3}, Sized{"NoMultiple", 100, 7},
                                         Sized{"OneOver", 65, 4}, Sized{"Usual", 512, 33},
                                         Sized{"OneRow", 512, 1}, Sized{"Largest", 4096, 6}),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(GallerySums, TheNaiveKernelIsAlwaysThere) {
  const Kernels* last = nullptr;
  for (const Kernels* const* kernels = usable_kernels(); *kernels; ++kernels) last = *kernels;
  EXPECT_EQ(last, &kNaive);
}

// ---- bounds

struct Bounded {
  const char* name;
  float row, query;  // sizes of their numbers
};

class GalleryBounds : public testing::TestWithParam<Bounded> {};

TEST_P(GalleryBounds, ContainTheScore) {
  const Bounded& c = GetParam();
  std::mt19937 random(3);
  double widest = 0, sizes = 0;
  for (const int dimensions : {1, 2, 63, 512, 4096}) {
    for (int i = 0; i < 50; ++i) {
      auto row = test::random_row(dimensions, random);
      auto query = test::random_row(dimensions, random);
      // Some numbers much larger than the others make the worst steps.
      if (i % 3 == 0) row[i % dimensions] *= 30, query[i % dimensions] *= 30;
      // What rounds off in one direction makes the worst sums.
      if (i % 5 == 0) query = row;
      for (float& x : row) x *= c.row;
      for (float& x : query) x *= c.query;
      std::vector<std::int8_t> bytes(padded(dimensions));
      const RowScale scale = quantise_row(row.data(), dimensions, bytes.data(), "rows");
      const Query prepared(query.data(), dimensions, "query");
      std::int32_t sum = 0;
      kNaive.sums(bytes.data(), 1, bytes.size(), prepared.numbers(), &sum);
      const Bounds bounds = prepared.bounds(sum, scale);
      const double score = prepared.score(row.data());
      EXPECT_LE(bounds.approximate - bounds.slack, score) << dimensions << ' ' << i;
      EXPECT_GE(bounds.approximate + bounds.slack, score) << dimensions << ' ' << i;
      if (dimensions == 512 && i % 15 == 1) {
        widest = std::max(widest, bounds.slack);
        sizes = double{c.row} * c.query;
      }
    }
  }
  // They are of some use, too, unless all is below what a float tells apart.
  if (c.row >= 1e-30f) {
    EXPECT_LE(widest, 0.012 * sizes);
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, GalleryBounds,
                         testing::Values(Bounded{"Unit", 1, 1}, Bounded{"Large", 1e30f, 1},
                                         Bounded{"Largest", 1e37f, 1e37f},
                                         Bounded{"Small", 1e-30f, 1e-30f},
                                         Bounded{"Denormal", 1e-40f, 1},
                                         Bounded{"Least", 1e-44f, 1},
                                         Bounded{"SmallQuery", 1, 1e-44f}, Bounded{"Zero", 0, 1},
                                         Bounded{"ZeroQuery", 1, 0}),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(GalleryQuantise, NumbersThatAreNotFiniteAreRefused) {
  for (const float wrong : {kNaN, -kNaN, kInfinity, -kInfinity}) {
    for (const int at : {0, 50, 99}) {
      std::vector<float> numbers(100, 0.1f);
      numbers[at] = wrong;
      std::vector<std::int8_t> bytes(padded(100));
      const auto argument_of = [&](const auto& call) -> std::string {
        try {
          call();
        } catch (const Error& error) {
          return error.argument();
        }
        return "none";
      };
      EXPECT_EQ(argument_of([&] { quantise_row(numbers.data(), 100, bytes.data(), "rows"); }),
                "rows");
      EXPECT_EQ(argument_of([&] { Query(numbers.data(), 100, "query"); }), "query");
    }
  }
}

TEST(GalleryLeaders, HaveTheBestOfManyKeysThatComeBack) {
  std::mt19937 random(1);
  for (const std::size_t k : {1u, 3u, 40u}) {
    Leaders whole(k), halves[2] = {Leaders(k), Leaders(k)};
    std::map<std::int64_t, double> best;
    for (int i = 0; i < 3000; ++i) {
      const std::int64_t key = random() % 60;
      const double value = random() % 500;  // equal ones are frequent
      const auto [known, is_new] = best.try_emplace(key, value);
      if (!is_new) known->second = std::max(known->second, value);
      whole.offer(key, value);
      halves[i % 2].offer(key, value);
      std::vector<double> values;
      for (const auto& [_, v] : best) values.push_back(v);
      std::sort(values.rbegin(), values.rend());
      const double expected = values.size() < k ? -kInfinity : values[k - 1];
      ASSERT_EQ(whole.threshold(), expected) << i;
    }
    halves[0].merge(halves[1]);
    EXPECT_EQ(halves[0].threshold(), whole.threshold());
  }
}

}  // namespace
}  // namespace seesaw::gallery
