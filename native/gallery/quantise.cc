#include "gallery/quantise.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>

#include "engine/error.h"

namespace seesaw::gallery {
namespace {

/**
 * More than the rounding of all that is computed in double precision here, as a share of the sum of
 * |x[j] * y[j]|: half an ulp for each of 4096 additions is 4.6e-13.
 */
constexpr double kRounding = 1e-12;

/**
 * The greatest absolute value. Of floats without their sign the bits have the order of the numbers,
 * with infinity and what is no number above all: compilers make vectors of that.
 */
float checked_peak(const float* numbers, int count, const char* argument) {
  std::uint32_t most = 0;
  for (int j = 0; j < count; ++j) {
    std::uint32_t bits;
    std::memcpy(&bits, numbers + j, sizeof bits);
    most = std::max(most, bits & 0x7FFFFFFFu);
  }
  float peak;
  std::memcpy(&peak, &most, sizeof peak);
  if (std::isfinite(peak)) return peak;
  throw Error::invalid_argument(argument, std::string(argument) + " must hold finite numbers only");
}

float rounded_up(double number) {
  const auto near = static_cast<float>(number);
  return near < number ? std::nextafter(near, std::numeric_limits<float>::infinity()) : near;
}

}  // namespace

double exact_score(const float* row, const float* query, int dimensions) {
  double sum = 0;
  for (int j = 0; j < dimensions; ++j) sum += double{row[j]} * query[j];
  return sum;
}

RowScale quantise_row(const float* row, int dimensions, std::int8_t* bytes, const char* argument) {
  const float peak = checked_peak(row, dimensions, argument);
  const float scale = peak / kLargestByte;
  std::fill(bytes + dimensions, bytes + padded(dimensions), std::int8_t{0});
  // Of numbers so small that their scale has no reciprocal nothing but the error is left.
  const float per_step = std::isfinite(1 / scale) ? 1 / scale : 0;
  // Of padding nothing is off; several sums, so that they can be added up side by side.
  constexpr int kSide = 8;
  double squares[kSide] = {};
  for (int j = 0; j < dimensions; j += kSide) {
    float some[kSide] = {};
    std::memcpy(some, row + j, sizeof(float) * std::min(kSide, dimensions - j));
    for (int i = 0; i < kSide; ++i) {
      const float steps = some[i] * per_step;
      const int nearest = static_cast<int>(steps + std::copysign(0.5f, steps));
      const int byte = std::clamp(nearest, -kLargestByte, kLargestByte);
      bytes[j + i] = static_cast<std::int8_t>(byte);
      const double off = some[i] - double{scale} * byte;
      squares[i] += off * off;
    }
  }
  double all = 0;
  for (const double sum : squares) all += sum;
  return {scale, rounded_up(std::sqrt(all) * (1 + kRounding))};
}

Query::Query(const float* query, int dimensions, const char* argument)
    : exact_(query, query + dimensions) {
  const double peak = checked_peak(query, dimensions, argument);
  // The largest word whose high byte is one, and with which no sum leaves 32 bits.
  const int largest = std::min(
      127 * 256 + 127, std::numeric_limits<std::int32_t>::max() / (kLargestByte * dimensions));
  step_ = peak / largest;
  const auto size = static_cast<std::size_t>(padded(dimensions));
  numbers_.words.resize(size);
  numbers_.high.resize(size);
  numbers_.low.resize(size);
  double squares = 0, off = 0;
  for (int j = 0; j < dimensions; ++j) {
    const long nearest = step_ > 0 ? std::lround(query[j] / step_) : 0;
    const auto word = static_cast<std::int16_t>(std::clamp<long>(nearest, -largest, largest));
    const auto low = static_cast<std::int8_t>(word & 0xFF);
    numbers_.words[j] = word;
    numbers_.low[j] = low;
    numbers_.high[j] = static_cast<std::int8_t>((word - low) / 256);
    numbers_.sum += static_cast<std::uint32_t>(word);
    squares += double{query[j]} * query[j];
    off += std::abs(query[j] - step_ * word);
  }
  const double size_of_query = std::sqrt(squares) * (1 + kRounding);
  by_error_ = size_of_query * (1 + 2 * kRounding);
  by_scale_ = kLargestByte * (off * (1 + kRounding) +
                              2 * kRounding * std::sqrt(double(dimensions)) * size_of_query);
}

}  // namespace seesaw::gallery
