#include "engine/model/layer_kind.h"

#include <algorithm>
#include <cmath>

#include "engine/error.h"

namespace seesaw {
namespace {

// Tags before a block of weights, as NCNN's modelbin.cpp knows them. The others there (8 bits,
// bfloat16, a table of 256 values) need kernels that are not built in.
constexpr std::uint32_t kFp32 = 0;
constexpr std::uint32_t kFp16 = 0x01306B47;

}  // namespace

void LayerParams::fail(const std::string& what) const {
  throw Error(ErrorCode::ModelInvalid, "network description, line " + std::to_string(layer_.line) +
                                           " (" + layer_.type + " " + layer_.name + "): " + what);
}

const ParamValue* LayerParams::find(int id, bool list) const {
  const auto found = layer_.params.find(id);
  if (found == layer_.params.end()) return nullptr;
  if (found->second.list != list) {
    fail("parameter " + std::to_string(id) + (list ? " must be a list" : " must not be a list"));
  }
  return &found->second;
}

int LayerParams::whole(int id, int otherwise, int low, int high) const {
  const ParamValue* value = find(id, false);
  if (!value) {
    if (otherwise < low || otherwise > high) {
      fail("parameter " + std::to_string(id) + " is missing");
    }
    return otherwise;
  }
  const double number = value->numbers.front();
  if (!value->integral || number < low || number > high) {
    fail("parameter " + std::to_string(id) + " must be a whole number from " + std::to_string(low) +
         " to " + std::to_string(high));
  }
  return static_cast<int>(number);
}

double LayerParams::number(int id, double otherwise, double low, double high) const {
  const ParamValue* value = find(id, false);
  if (!value) return otherwise;
  const double number = value->numbers.front();
  // NCNN reinterprets the bits when a whole number stands where it expects a real one.
  if (value->integral && number != 0) {
    fail("parameter " + std::to_string(id) + " must be written with a point or an exponent");
  }
  if (number < low || number > high) {
    fail("parameter " + std::to_string(id) + " is out of range");
  }
  return number;
}

std::vector<int> LayerParams::wholes(int id) const {
  const ParamValue* value = find(id, true);
  if (!value) return {};
  if (!value->integral) fail("parameter " + std::to_string(id) + " must be whole numbers");
  return std::vector<int>(value->numbers.begin(), value->numbers.end());
}

std::vector<double> LayerParams::numbers(int id) const {
  const ParamValue* value = find(id, true);
  return value ? value->numbers : std::vector<double>();
}

int LayerParams::axis(int id, const Shape& in) const {
  const int dims = static_cast<int>(in.size());
  const int given = whole(id, 0, -dims, dims - 1);
  return given < 0 ? given + dims : given;
}

void no_weights(const LayerParams&, WeightCursor&) {}

void WeightCursor::skip(const LayerParams& params, std::size_t bytes) {
  if (bytes > bin_.size() - position_) params.fail("the weights are too short");
  position_ += bytes;
}

void WeightCursor::tagged(const LayerParams& params, int count) {
  const std::size_t start = position_;
  skip(params, 4);
  std::uint32_t tag = 0;
  for (int i = 3; i >= 0; --i) tag = tag << 8 | bin_[start + i];
  if (tag == kFp32) {
    skip(params, std::size_t{4} * count);
  } else if (tag == kFp16) {
    skip(params, (std::size_t{2} * count + 3) / 4 * 4);
  } else {
    params.fail("the weights have an unknown format");
  }
}

void WeightCursor::raw(const LayerParams& params, int count) {
  skip(params, std::size_t{4} * count);
}

std::int64_t volume(const Shape& shape) {
  std::int64_t product = 1;
  for (const int extent : shape) product *= extent;
  return product;
}

std::int64_t padded_volume(const Shape& in, int left, int right, int top, int bottom) {
  if (left == 0 && right == 0 && top == 0 && bottom == 0) return 0;
  return in[0] * std::int64_t{in[1] + top + bottom} * (in[2] + left + right);
}

}  // namespace seesaw
