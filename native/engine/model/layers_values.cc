// Rules of the layers that compute with values one by one, or along an axis, and keep the shape,
// after each layer's load_param() and forward() in NCNN. What NCNN can do but no exporter of ours
// emits (expressions for shapes, four axes, sizes taken from a second input) is refused.
#include <algorithm>

#include "engine/model/layer_kind.h"

namespace seesaw {
namespace {

using Shapes = std::vector<Shape>;

Shapes same(const LayerParams&, const Shapes& in) { return {in[0]}; }

// Values that only scale or bound what passes through.
void slope_only(const LayerParams& p, WeightCursor&) { p.number(0, 0, -1e30, 1e30); }
void two_numbers(const LayerParams& p, WeightCursor&) {
  p.number(0, 0, -3.5e38, 3.5e38);
  p.number(1, 0, -3.5e38, 3.5e38);
}
void hard_params(const LayerParams& p, WeightCursor&) {
  p.require(p.number(0, 0.2, -1e3, 1e3) != 0, "alpha is zero");  // NCNN divides by it
  p.number(1, 0.5, -1e3, 1e3);
}

void input_params(const LayerParams& p, WeightCursor&) {
  for (const int id : {0, 1, 2}) p.whole(id, 0, 0, kMaxExtent);
  p.whole(11, 0, 0, 0);
}

Shapes split_shapes(const LayerParams& p, const Shapes& in) { return Shapes(p.tops(), in[0]); }

void unary_params(const LayerParams& p, WeightCursor&) { p.whole(0, 0, 0, 17); }

void binary_params(const LayerParams& p, WeightCursor&) {
  p.whole(0, 0, 0, 11);
  p.whole(1, 0, 0, 1);
  p.number(2, 0, -3.5e38, 3.5e38);
}
/** Gives `in` as many axes as `other` has, where NCNN puts them. */
Shape expanded(const Shape& in, const Shape& other) {
  if (in.size() >= other.size()) return in;
  if (other.size() == 2) return in[0] == other[0] ? Shape{in[0], 1} : Shape{1, in[0]};
  if (in.size() == 2) return {in[0], in[1], 1};
  return in[0] == other[0] ? Shape{in[0], 1, 1} : Shape{1, 1, in[0]};
}
Shapes binary_shapes(const LayerParams& p, const Shapes& in) {
  const bool scalar = p.whole(1, 0, 0, 1) != 0;
  p.require(in.size() == (scalar ? 1u : 2u), "the number of inputs is wrong");
  if (scalar) return {in[0]};
  const Shape a = expanded(in[0], in[1]);
  const Shape b = expanded(in[1], in[0]);
  Shape out(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    p.require(a[i] == b[i] || a[i] == 1 || b[i] == 1, "the inputs' shapes are not compatible");
    out[i] = std::max(a[i], b[i]);
  }
  return {out};
}

void eltwise_params(const LayerParams& p, WeightCursor&) {
  p.whole(0, 0, 0, 2);
  p.numbers(1);
}
Shapes eltwise_shapes(const LayerParams& p, const Shapes& in) {
  const std::size_t factors = p.numbers(1).size();
  p.require(factors == 0 || factors == in.size(), "there must be one factor for each input");
  for (const Shape& shape : in) p.require(shape == in[0], "the inputs differ in shape");
  return {in[0]};
}

void softmax_params(const LayerParams& p, WeightCursor&) {
  p.whole(0, 0, -3, 2);
  p.whole(1, 0, 0, 1);
  p.require(p.whole(1, 0, 0, 1) == 1 || p.whole(0, 0, -3, 2) == 0,
            "an axis needs parameter 1=1 (older files mean another axis)");
}
Shapes softmax_shapes(const LayerParams& p, const Shapes& in) {
  p.axis(0, in[0]);
  return {in[0]};
}

}  // namespace

const std::vector<LayerKind>& value_kinds() {
  constexpr int many = 256;
  static const std::vector<LayerKind> kinds = {
      {"BinaryOp", 1, 2, 1, 1, {0, 1, 2}, binary_params, binary_shapes},
      {"Clip", 1, 1, 1, 1, {0, 1}, two_numbers, same},
      {"Dropout", 1, 1, 1, 1, {0}, slope_only, same},
      {"Eltwise", 2, many, 1, 1, {0, 1}, eltwise_params, eltwise_shapes},
      {"HardSigmoid", 1, 1, 1, 1, {0, 1}, hard_params, same},
      {"HardSwish", 1, 1, 1, 1, {0, 1}, hard_params, same},
      {"Input", 0, 0, 1, 1, {0, 1, 2, 11}, input_params, nullptr},
      {"ReLU", 1, 1, 1, 1, {0}, slope_only, same},
      {"Sigmoid", 1, 1, 1, 1, {}, no_weights, same},
      {"Softmax", 1, 1, 1, 1, {0, 1}, softmax_params, softmax_shapes},
      {"Split", 1, 1, 1, many, {}, no_weights, split_shapes},
      {"Swish", 1, 1, 1, 1, {}, no_weights, same},
      {"UnaryOp", 1, 1, 1, 1, {0}, unary_params, same},
  };
  return kinds;
}

}  // namespace seesaw
