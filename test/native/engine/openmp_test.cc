// The regions here are written as compilers make them of `#pragma omp parallel for`.
#include "engine/openmp.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <limits>
#include <numeric>
#include <set>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "engine/machine/affinity.h"
#include "platform.h"

#if NCNN_SIMPLEOMP
extern "C" {
int omp_get_thread_num();
int omp_get_num_threads();
void GOMP_parallel(void (*region)(void*), void* data, unsigned threads, unsigned flags);
void __kmpc_push_num_threads(void*, std::int32_t, std::int32_t threads);
void __kmpc_fork_call(void*, std::int32_t count, void (*)(std::int32_t*, std::int32_t*, ...), ...);
void __kmpc_for_static_init_4(void*, std::int32_t, std::int32_t, std::int32_t*, std::int32_t*,
                              std::int32_t*, std::int32_t*, std::int32_t, std::int32_t);
void __kmpc_for_static_init_4u(void*, std::int32_t, std::int32_t, std::int32_t*, std::uint32_t*,
                               std::uint32_t*, std::int32_t*, std::int32_t, std::int32_t);
void __kmpc_for_static_init_8(void*, std::int32_t, std::int32_t, std::int32_t*, std::int64_t*,
                              std::int64_t*, std::int64_t*, std::int64_t, std::int64_t);
}

namespace seesaw {
namespace {

/** Runs a function as a region of so many threads. */
void region(unsigned threads, const std::function<void()>& body) {
  // The data is const to nobody: GCC passes a plain pointer.
  std::function<void()> copy = body;
  GOMP_parallel([](void* data) { (*static_cast<std::function<void()>*>(data))(); }, &copy, threads,
                0);
}

TEST(OpenMp, EachPartRunsOnceWithItsNumber) {
  for (const unsigned threads : {1u, 2u, 3u, 8u}) {
    SCOPED_TRACE(threads);
    for (int round = 0; round < 200; ++round) {
      std::vector<std::atomic<int>> seen(threads);
      std::atomic<int> wrong{0};
      region(threads, [&] {
        if (omp_get_num_threads() != static_cast<int>(threads)) ++wrong;
        ++seen[omp_get_thread_num()];
      });
      EXPECT_EQ(wrong, 0);
      EXPECT_TRUE(std::all_of(seen.begin(), seen.end(), [](const auto& n) { return n == 1; }));
    }
  }
  EXPECT_EQ(omp_get_thread_num(), 0);
  EXPECT_EQ(omp_get_num_threads(), 1);
}

TEST(OpenMp, WhatAPartWroteIsSeenAfterTheRegion) {
  std::vector<int> numbers(1000);
  for (int round = 0; round < 500; ++round) {
    region(4, [&] {
      const std::size_t share = numbers.size() / omp_get_num_threads();
      for (std::size_t i = 0; i < share; ++i) numbers[omp_get_thread_num() * share + i] += 1;
    });
  }
  EXPECT_EQ(numbers, std::vector<int>(1000, 500));
}

TEST(OpenMp, ARegionWithinARegionHasOnePart) {
  std::atomic<int> inner{0}, wrong{0};
  region(2, [&] {
    const int mine = omp_get_thread_num();
    region(4, [&] {
      ++inner;
      if (omp_get_num_threads() != 1 || omp_get_thread_num() != 0) ++wrong;
    });
    if (omp_get_thread_num() != mine || omp_get_num_threads() != 2) ++wrong;
  });
  EXPECT_EQ(inner, 2);
  EXPECT_EQ(wrong, 0);
}

TEST(OpenMp, CallersHaveTeamsOfTheirOwnWhichEndWithThem) {
  std::vector<std::thread> callers;
  std::atomic<int> sum{0};
  for (int i = 0; i < 4; ++i) {
    callers.emplace_back([&] {
      for (int round = 0; round < 100; ++round) region(2 + round % 3, [&] { ++sum; });
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(sum, 4 * (34 * 2 + 33 * 3 + 33 * 4));
}

TEST(OpenMp, ATeamKeepsToTheProcessorsOfItsCaller) {
  const CpuSet all = thread_affinity().value();
  std::size_t last = kMostCpus - 1;
  while (!all[last]) --last;
  const CpuSet one = CpuSet().set(last);
  std::atomic<int> elsewhere{0};
  std::thread([&] {
    ASSERT_TRUE(set_thread_affinity(one));
    for (int round = 0; round < 50; ++round) {
      region(3, [&] {
        if (thread_affinity() != one) ++elsewhere;
      });
    }
  }).join();
  EXPECT_EQ(elsewhere, 0);
  EXPECT_EQ(thread_affinity(), all);
}

/** The loop from `low` to `high` as Clang has it, each index counted. */
template <typename Index, auto Init>
void counted(Index low, Index high, int threads, std::vector<std::atomic<int>>& seen,
             std::atomic<int>& lasts) {
  const auto micro = [](std::int32_t* number, std::int32_t* bound, Index* from, Index* to,
                        std::vector<std::atomic<int>>* counts, std::atomic<int>* last_parts) {
    EXPECT_EQ(*number, *bound);
    EXPECT_EQ(*number, omp_get_thread_num());
    std::int32_t last = 0;
    std::make_signed_t<Index> stride = 1;
    Index lower = *from, upper = *to;
    Init(nullptr, *number, 34, &last, &lower, &upper, &stride, 1, 1);
    upper = std::min(upper, *to);
    for (Index i = lower; i <= upper; ++i) ++(*counts)[static_cast<std::size_t>(i - *from)];
    if (last) ++*last_parts;
  };
  using Typed = void (*)(std::int32_t*, std::int32_t*, Index*, Index*,
                         std::vector<std::atomic<int>>*, std::atomic<int>*);
  __kmpc_push_num_threads(nullptr, 0, threads);
  __kmpc_fork_call(
      nullptr, 4,
      reinterpret_cast<void (*)(std::int32_t*, std::int32_t*, ...)>(static_cast<Typed>(micro)),
      &low, &high, &seen, &lasts);
}

TEST(OpenMp, LoopsOfClangAreSharedWhole) {
  constexpr std::int32_t kLow = std::numeric_limits<std::int32_t>::min();
  for (const int threads : {1, 2, 3, 7}) {
    for (const int count : {1, 2, 3, 5, 64, 1001}) {
      SCOPED_TRACE(std::to_string(count) + " by " + std::to_string(threads));
      const auto check = [&](auto run) {
        std::vector<std::atomic<int>> seen(count);
        std::atomic<int> lasts{0};
        run(seen, lasts);
        EXPECT_TRUE(std::all_of(seen.begin(), seen.end(), [](const auto& n) { return n == 1; }));
        EXPECT_EQ(lasts, 1);
      };
      for (const std::int32_t low : {0, -3, kLow}) {
        check([&](auto& seen, auto& lasts) {
          counted<std::int32_t, __kmpc_for_static_init_4>(low, low + count - 1, threads, seen,
                                                          lasts);
        });
      }
      check([&](auto& seen, auto& lasts) {
        counted<std::uint32_t, __kmpc_for_static_init_4u>(0u, count - 1, threads, seen, lasts);
      });
      check([&](auto& seen, auto& lasts) {
        counted<std::int64_t, __kmpc_for_static_init_8>(
            std::int64_t(1) << 40, (std::int64_t(1) << 40) + count - 1, threads, seen, lasts);
      });
    }
  }
}

}  // namespace
}  // namespace seesaw
#endif
