// Rows and queries in integers, with what that costs them: the bounds that make a search exact.
//
// A row x is kept as x' = scale * q, q in bytes, with error >= |x - x'|. A query y becomes
// y' = step * t, t in 16 bits, once for each search. The sum of q[j] * t[j] is an exact integer, so
// a = scale * step * sum is <x', y'> but for rounding, and
//
//   |<x, y> - a|  <=  |<x - x', y>| + |<x', y - y'>|  <=  error * |y|  +  scale * 127 * sum|y - y'|
//
// In units of a score that is some 0.009 for unit vectors of 512 numbers. What is meant by <x, y>
// is exact_score(), whose own rounding the bounds contain too.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace seesaw::gallery {

inline constexpr int kMostDimensions = 4096;
/** Rows begin at multiples of so many bytes, zeros after their numbers: no kernel has a remainder.
 */
inline constexpr int kRowStep = 64;
inline constexpr int kLargestByte = 127;

constexpr int padded(int dimensions) { return (dimensions + kRowStep - 1) / kRowStep * kRowStep; }

/** The score of a row: products summed in double precision, one after the other. */
double exact_score(const float* row, const float* query, int dimensions);

struct RowScale {
  float scale;
  float error;  // at least |x - x'|
};

/**
 * @param bytes padded(dimensions) of them are written
 * @throws Error InvalidArgument naming `argument` for a number that is not finite
 */
RowScale quantise_row(const float* row, int dimensions, std::int8_t* bytes, const char* argument);

/** What kernels read of a query. Each number is 256 * high + low. */
struct QueryNumbers {
  std::vector<std::int16_t> words;
  std::vector<std::int8_t> high, low;
  std::uint32_t sum = 0;  // of words, modulo 2^32
};

/** A score is surely between approximate - slack and approximate + slack. */
struct Bounds {
  double approximate;
  double slack;
};

class Query {
 public:
  /** @throws Error InvalidArgument naming `argument` for a number that is not finite */
  Query(const float* query, int dimensions, const char* argument);

  const QueryNumbers& numbers() const { return numbers_; }
  /** @param sum the kernel's, of row and query */
  Bounds bounds(std::int32_t sum, RowScale row) const {
    return {double{row.scale} * step_ * sum, row.error * by_error_ + row.scale * by_scale_};
  }
  double score(const float* row) const {
    return exact_score(row, exact_.data(), static_cast<int>(exact_.size()));
  }

 private:
  std::vector<float> exact_;
  QueryNumbers numbers_;
  double step_ = 0;
  double by_error_ = 0;
  double by_scale_ = 0;
};

}  // namespace seesaw::gallery
