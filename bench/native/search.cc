// The gallery's search in bare C++, and how fast this machine reads memory; the protocol is that of
// bench/child.ts.
//
//   seesawface_search FILE DIMENSIONS THREADS
//
// FILE has fp32 rows one after the other; the last 64 of them are queries and not in the index.
// Jobs: "search I K" (of query I) and "read" (as many bytes as the index has of rows, by as many
// threads) are answered with milliseconds, "candidates I K" with the number of rows that are to be
// re-scored.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "gallery/index.h"

namespace {

using namespace seesaw;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kQueries = 64;

double milliseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

/** Bytes of this process that are in memory. */
double resident() {
  std::ifstream file("/proc/self/statm");
  double all = 0, here = 0;
  file >> all >> here;
  return here * 4096;
}

/** Xor of all words: nothing but loads, as far as the processor is concerned. */
std::uint64_t read_all(const std::uint64_t* words, std::size_t count) {
  std::uint64_t sums[8] = {};
  for (std::size_t i = 0; i + 8 <= count; i += 8) {
    for (int k = 0; k < 8; ++k) sums[k] ^= words[i + k];
  }
  return sums[0] ^ sums[1] ^ sums[2] ^ sums[3] ^ sums[4] ^ sums[5] ^ sums[6] ^ sums[7];
}

class Reader {
 public:
  Reader(std::size_t bytes, int threads)
      : words_(bytes / 8, 1), team_({threads, kDefaultSpin}, 0), parts_(threads) {}
  double milliseconds() {
    const auto start = Clock::now();
    std::atomic<std::size_t> next{0};
    constexpr std::size_t kPart = 1 << 17;  // words: 1 MB
    team_.run([&](int thread) {
      std::uint64_t sum = 0;
      for (std::size_t at; (at = next.fetch_add(kPart)) < words_.size();) {
        sum ^= read_all(words_.data() + at, std::min(kPart, words_.size() - at));
      }
      parts_[thread] = sum;
    });
    return milliseconds_since(start);
  }

 private:
  std::vector<std::uint64_t> words_;
  fused::Team team_;
  std::vector<std::uint64_t> parts_;
};

}  // namespace

int main(int count, char** arguments) try {
  if (count != 4) throw std::runtime_error("give FILE DIMENSIONS THREADS");
  const int dimensions = std::atoi(arguments[2]), threads = std::atoi(arguments[3]);
  std::ifstream file(arguments[1], std::ios::binary | std::ios::ate);
  if (!file) throw std::runtime_error("cannot read the rows");
  const std::size_t rows = static_cast<std::size_t>(file.tellg()) / 4 / dimensions - kQueries;
  file.seekg(0);
  gallery::Index index(dimensions, false, threads);
  constexpr std::size_t kBatch = 1000;
  std::vector<float> numbers(kBatch * dimensions);
  std::vector<std::int64_t> ids(kBatch);
  const auto start = Clock::now();
  for (std::size_t at = 0; at < rows; at += kBatch) {
    const std::size_t some = std::min(kBatch, rows - at);
    file.read(reinterpret_cast<char*>(numbers.data()), some * dimensions * 4);
    for (std::size_t i = 0; i < some; ++i) ids[i] = static_cast<std::int64_t>(at + i);
    index.add({ids.data(), ids.data(), numbers.data(), some});
  }
  const double added = milliseconds_since(start);
  std::vector<float> queries(kQueries * dimensions);
  file.read(reinterpret_cast<char*>(queries.data()), queries.size() * 4);
  const double bytes = resident();
  Reader reader(rows * gallery::padded(dimensions), threads);
  std::printf("{\"version\":\"%s\",\"rows\":%zu,\"rss\":%.0f,\"addMilliseconds\":%.0f}\n",
              gallery::best_kernels().name, rows, bytes, added);
  std::fflush(stdout);
  const auto never = [] { return false; };
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::string job;
    std::size_t query = 0, k = 1;
    words >> job >> query >> k;
    const float* numbers_of_query = queries.data() + query % kQueries * dimensions;
    double answer = 0;
    if (job == "read") {
      answer = reader.milliseconds();
    } else if (job == "candidates") {
      answer = static_cast<double>(
          index.search(numbers_of_query, 1, {k, gallery::Ranked::People}, never)[0].size());
    } else {
      const auto begin = Clock::now();
      index.search(numbers_of_query, 1, {k, gallery::Ranked::People}, never);
      answer = milliseconds_since(begin);
    }
    std::printf("%.6f\n", answer);
    std::fflush(stdout);
  }
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "seesawface_search: %s\n", error.what());
  return 2;
}
