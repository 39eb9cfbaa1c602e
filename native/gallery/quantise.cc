#include "gallery/quantise.h"

#include <algorithm>
#include <cmath>
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

/** The greatest absolute value; not finite if one of them is not. */
float peak_of(const float* numbers, int count) {
  float peak = 0;
  float spoiled = 0;  // becomes NaN by anything that is not finite
  for (int j = 0; j < count; ++j) {
    const float size = std::abs(numbers[j]);
    peak = std::max(peak, size);
    spoiled += numbers[j] * 0.0f;
  }
  return spoiled == 0 ? peak : std::numeric_limits<float>::quiet_NaN();
}

float checked_peak(const float* numbers, int count, const char* argument) {
  const float peak = peak_of(numbers, count);
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
  const float per_step = 1 / scale;
  std::fill(bytes + dimensions, bytes + padded(dimensions), std::int8_t{0});
  // Of numbers so small that their scale has no reciprocal nothing but the error is left.
  const bool tiny = !(scale > 0) || !std::isfinite(per_step);
  double squares = 0;
  for (int j = 0; j < dimensions; ++j) {
    const float steps = tiny ? 0 : row[j] * per_step;
    const int nearest = static_cast<int>(steps + (steps < 0 ? -0.5f : 0.5f));
    const int byte = std::clamp(nearest, -kLargestByte, kLargestByte);
    bytes[j] = static_cast<std::int8_t>(byte);
    const double off = row[j] - double{scale} * byte;
    squares += off * off;
  }
  return {scale, rounded_up(std::sqrt(squares) * (1 + kRounding))};
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
