// Rules of the layers without weights, after each layer's load_param() and forward() in NCNN.
// What NCNN can do but no exporter of ours emits (expressions for shapes, four axes, sizes taken
// from a second input) is refused.
#include <algorithm>
#include <climits>

#include "engine/layer_kind.h"

namespace seesaw {
namespace {

constexpr int kAuto = -233;  // NCNN's word for "not given" and "an equal share"

using Shapes = std::vector<Shape>;

void no_weights(const LayerParams&, WeightCursor&) {}

Shapes same(const LayerParams&, const Shapes& in) { return {in[0]}; }

int axis_of(const LayerParams& p, int id, const Shape& in) {
  const int dims = static_cast<int>(in.size());
  const int axis = p.whole(id, 0, -dims, dims - 1);
  return axis < 0 ? axis + dims : axis;
}

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
    p.require(a[i] == b[i] || a[i] == 1 || b[i] == 1, "the inputs' shapes do not go together");
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

void axis_params(const LayerParams& p, WeightCursor&) { p.whole(0, 0, -3, 2); }
Shapes concat_shapes(const LayerParams& p, const Shapes& in) {
  const int axis = axis_of(p, 0, in[0]);
  Shape out = in[0];
  std::int64_t total = 0;
  for (const Shape& shape : in) {
    p.require(shape.size() == out.size(), "the inputs differ in their number of axes");
    for (std::size_t i = 0; i < out.size(); ++i) {
      p.require(static_cast<int>(i) == axis || shape[i] == out[i], "the inputs differ in shape");
    }
    total += shape[axis];
  }
  p.require(total <= kMaxExtent, "the result is too large");
  out[axis] = static_cast<int>(total);
  return {out};
}

void slice_params(const LayerParams& p, WeightCursor&) {
  p.whole(1, 0, -3, 2);
  const std::vector<int> sizes = p.wholes(0);
  p.require(sizes.size() == p.tops(), "there must be one size for each output");
  for (const int size : sizes) {
    p.require(size == kAuto || (size > 0 && size <= kMaxExtent), "a size is out of range");
  }
}
Shapes slice_shapes(const LayerParams& p, const Shapes& in) {
  const int axis = axis_of(p, 1, in[0]);
  Shapes out;
  int left = in[0][axis];
  const std::vector<int> sizes = p.wholes(0);
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const int share = left / static_cast<int>(sizes.size() - i);
    const int size = sizes[i] == kAuto ? share : sizes[i];
    p.require(size > 0 && size <= left, "the slices are larger than the input");
    left -= size;
    out.push_back(in[0]);
    out.back()[axis] = size;
  }
  p.require(left == 0, "the slices are smaller than the input");
  return out;
}

void shuffle_params(const LayerParams& p, WeightCursor&) {
  p.whole(0, 1, 1, kMaxExtent);
  p.whole(1, 0, 0, 1);
}
Shapes shuffle_shapes(const LayerParams& p, const Shapes& in) {
  p.require(in[0].size() == 3, "the input must have three axes");
  p.require(in[0][0] % p.whole(0, 1, 1, kMaxExtent) == 0,
            "the channels are not a multiple of the groups");
  return {in[0]};
}

Shapes flatten_shapes(const LayerParams& p, const Shapes& in) {
  p.require(volume(in[0]) <= INT_MAX, "the result is too large");
  return {{static_cast<int>(volume(in[0]))}};
}

void reshape_params(const LayerParams& p, WeightCursor&) {
  for (const int id : {0, 1, 2}) {
    const int extent = p.whole(id, kAuto, kAuto, INT_MAX);
    p.require(extent == kAuto || extent >= -1, "an extent is out of range");
  }
  p.require(p.whole(0, kAuto, kAuto, INT_MAX) != kAuto, "the width is missing");
  p.require(p.whole(1, kAuto, kAuto, INT_MAX) != kAuto || !p.has(2), "the height is missing");
}
Shapes reshape_shapes(const LayerParams& p, const Shapes& in) {
  // By NCNN's ids: w, h, c. Zero copies the input's extent, -1 takes what is left.
  std::vector<int> extents;
  for (const int id : {0, 1, 2}) {
    const int extent = p.whole(id, kAuto, kAuto, INT_MAX);
    if (extent == kAuto) break;
    const std::size_t from_end = static_cast<std::size_t>(id) + 1;
    const int given = from_end <= in[0].size() ? in[0][in[0].size() - from_end] : 1;
    extents.push_back(extent != 0 ? extent : given);
  }
  const std::int64_t total = volume(in[0]);
  std::int64_t known = 1;
  for (const int extent : extents) {
    known *= extent == -1 ? 1 : extent;
    p.require(known > 0 && known <= total, "the shape does not hold the input");
  }
  const auto open = std::count(extents.begin(), extents.end(), -1);
  p.require(open <= 1, "more than one extent is open");
  p.require(open ? total % known == 0 : total == known, "the shape does not hold the input");
  for (int& extent : extents) {
    if (extent == -1) extent = static_cast<int>(total / known);
  }
  return {Shape(extents.rbegin(), extents.rend())};
}

void permute_params(const LayerParams& p, WeightCursor&) { p.whole(0, 0, 0, 5); }
Shapes permute_shapes(const LayerParams& p, const Shapes& in) {
  const Shape& s = in[0];
  const int order = p.whole(0, 0, 0, 5);
  if (order == 0 || s.size() == 1) return {s};
  if (s.size() == 2) {
    p.require(order == 1, "two axes have only two orders");
    return {{s[1], s[0]}};
  }
  const int c = s[0], h = s[1], w = s[2];
  // NCNN names the orders innermost first: 1 is h w c, 2 is w c h, and so on.
  const Shape orders[] = {{c, h, w}, {c, w, h}, {h, c, w}, {h, w, c}, {w, c, h}, {w, h, c}};
  return {orders[order]};
}

void softmax_params(const LayerParams& p, WeightCursor&) {
  p.whole(0, 0, -3, 2);
  p.whole(1, 0, 0, 1);
  p.require(p.whole(1, 0, 0, 1) == 1 || p.whole(0, 0, -3, 2) == 0,
            "an axis needs parameter 1=1 (older files mean another axis)");
}
Shapes softmax_shapes(const LayerParams& p, const Shapes& in) {
  axis_of(p, 0, in[0]);
  return {in[0]};
}

void pooling_params(const LayerParams& p, WeightCursor&) {
  p.whole(0, 0, 0, 1);
  const bool global = p.whole(4, 0, 0, 1) != 0;
  const bool adaptive = p.whole(7, 0, 0, 1) != 0;
  p.whole(5, 0, 0, 1);
  p.whole(6, 0, 0, 1);
  if (!global && !adaptive) p.require(p.whole(1, 0, 0, 255) > 0, "the kernel is missing");
  for (const int id : {11, 2, 12}) p.whole(id, 1, 1, 255);
  for (const int id : {3, 13, 14, 15}) p.whole(id, 0, 0, 255);
  for (const int id : {8, 18}) {
    const int extent = p.whole(id, 1, kAuto, 4096);
    p.require(extent == kAuto || extent > 0, "an extent is out of range");
  }
  if (adaptive) p.require(p.has(8), "the size of the result is missing");
}
/** Windows along one axis; with `full` a last, incomplete one counts. */
int windows(const LayerParams& p, int extent, int kernel, int stride, int before, int after,
            bool full) {
  p.require(before < kernel && after < kernel, "the padding is as large as the kernel");
  const int padded = extent + before + after;
  p.require(padded >= kernel, "the kernel is larger than the input");
  return (padded - kernel + (full ? stride - 1 : 0)) / stride + 1;
}
Shapes pooling_shapes(const LayerParams& p, const Shapes& in) {
  p.require(in[0].size() == 3, "the input must have three axes");
  const int c = in[0][0], h = in[0][1], w = in[0][2];
  if (p.whole(4, 0, 0, 1)) return {{c}};
  if (p.whole(7, 0, 0, 1)) {
    const int width = p.whole(8, 1, kAuto, 4096);
    const int height = p.whole(18, width, kAuto, 4096);
    return {{c, height == kAuto ? h : height, width == kAuto ? w : width}};
  }
  const int kernel_w = p.whole(1, 0, 1, 255), kernel_h = p.whole(11, kernel_w, 1, 255);
  const int stride_w = p.whole(2, 1, 1, 255), stride_h = p.whole(12, stride_w, 1, 255);
  const int left = p.whole(3, 0, 0, 255), right = p.whole(14, left, 0, 255);
  const int top = p.whole(13, left, 0, 255), bottom = p.whole(15, top, 0, 255);
  const bool full = p.whole(5, 0, 0, 1) == 0;
  return {{c, windows(p, h, kernel_h, stride_h, top, bottom, full),
           windows(p, w, kernel_w, stride_w, left, right, full)}};
}

void interp_params(const LayerParams& p, WeightCursor&) {
  p.require(p.whole(0, 0, 1, 2) != 0, "the method is missing");  // nearest, bilinear
  for (const int id : {1, 2}) p.number(id, 1, 1.0 / 64, 64);
  for (const int id : {3, 4}) p.whole(id, 0, 0, kMaxExtent);
  p.require((p.whole(3, 0, 0, kMaxExtent) == 0) == (p.whole(4, 0, 0, kMaxExtent) == 0),
            "only one of the sizes is given");
  p.whole(5, 0, 0, 0);
  p.whole(6, 0, 0, 1);
}
Shapes interp_shapes(const LayerParams& p, const Shapes& in) {
  p.require(in[0].size() == 3, "the input must have three axes");
  int h = p.whole(3, 0, 0, kMaxExtent);
  int w = p.whole(4, 0, 0, kMaxExtent);
  if (h == 0) {
    // In single precision, as NCNN does.
    h = static_cast<int>(static_cast<float>(in[0][1]) *
                         static_cast<float>(p.number(1, 1, 1.0 / 64, 64)));
    w = static_cast<int>(static_cast<float>(in[0][2]) *
                         static_cast<float>(p.number(2, 1, 1.0 / 64, 64)));
  }
  p.require(h > 0 && w > 0, "the result is empty");
  // Aligned corners divide by the extents less one.
  p.require(p.whole(6, 0, 0, 1) == 0 || (h > 1 && w > 1), "aligned corners need two pixels");
  return {{in[0][0], h, w}};
}

void crop_params(const LayerParams& p, WeightCursor&) {
  const std::size_t count = p.wholes(11).size();
  p.require(count >= 1 && count <= 3, "the axes are missing");
  p.require(p.wholes(9).size() == count && p.wholes(10).size() == count,
            "each axis needs a start and an end");
}
Shapes crop_shapes(const LayerParams& p, const Shapes& in) {
  const std::vector<int> starts = p.wholes(9), ends = p.wholes(10), axes = p.wholes(11);
  Shape out = in[0];
  std::vector<bool> seen(out.size(), false);
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const bool exists = axes[i] >= 0 && axes[i] < static_cast<int>(out.size());
    p.require(exists && !seen[axes[i]], "an axis does not exist or comes twice");
    seen[axes[i]] = true;
    const int extent = in[0][axes[i]];
    const int end = ends[i] == INT_MAX ? extent : ends[i];
    p.require(starts[i] >= 0 && starts[i] < end && end <= extent, "a range is outside the input");
    out[axes[i]] = end - starts[i];
  }
  return {out};
}

void reduction_params(const LayerParams& p, WeightCursor&) {
  p.whole(0, 0, 0, 10);
  p.number(2, 1, -1e30, 1e30);
  p.whole(4, 0, 0, 1);
  const bool all = p.whole(1, 1, 0, 1) != 0;
  const std::vector<int> axes = p.wholes(3);
  p.require(all != !axes.empty(), "the axes are missing, or given beside 'all'");
  p.require(axes.empty() || p.whole(5, 0, 0, 1) == 1, "axes need parameter 5=1");
}
Shapes reduction_shapes(const LayerParams& p, const Shapes& in) {
  const bool keep = p.whole(4, 0, 0, 1) != 0;
  std::vector<bool> gone(in[0].size(), p.whole(1, 1, 0, 1) != 0);
  for (const int axis : p.wholes(3)) {
    p.require(axis >= 0 && axis < static_cast<int>(gone.size()), "an axis does not exist");
    gone[axis] = true;
  }
  Shape out;
  for (std::size_t i = 0; i < gone.size(); ++i) {
    if (!gone[i])
      out.push_back(in[0][i]);
    else if (keep)
      out.push_back(1);
  }
  if (out.empty()) out.push_back(1);
  return {out};
}

}  // namespace

const std::vector<LayerKind>& plain_kinds() {
  constexpr int many = 256;
  static const std::vector<LayerKind> kinds = {
      {"BinaryOp", 1, 2, 1, 1, {0, 1, 2}, binary_params, binary_shapes},
      {"Clip", 1, 1, 1, 1, {0, 1}, two_numbers, same},
      {"Concat", 1, many, 1, 1, {0}, axis_params, concat_shapes},
      {"Crop", 1, 1, 1, 1, {9, 10, 11}, crop_params, crop_shapes},
      {"Dropout", 1, 1, 1, 1, {0}, slope_only, same},
      {"Eltwise", 2, many, 1, 1, {0, 1}, eltwise_params, eltwise_shapes},
      {"Flatten", 1, 1, 1, 1, {}, no_weights, flatten_shapes},
      {"HardSigmoid", 1, 1, 1, 1, {0, 1}, hard_params, same},
      {"HardSwish", 1, 1, 1, 1, {0, 1}, hard_params, same},
      {"Input", 0, 0, 1, 1, {0, 1, 2, 11}, input_params, nullptr},
      {"Interp", 1, 1, 1, 1, {0, 1, 2, 3, 4, 5, 6}, interp_params, interp_shapes},
      {"Permute", 1, 1, 1, 1, {0}, permute_params, permute_shapes},
      {"Pooling",
       1,
       1,
       1,
       1,
       {0, 1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 13, 14, 15, 18},
       pooling_params,
       pooling_shapes},
      {"ReLU", 1, 1, 1, 1, {0}, slope_only, same},
      {"Reduction", 1, 1, 1, 1, {0, 1, 2, 3, 4, 5}, reduction_params, reduction_shapes},
      {"Reshape", 1, 1, 1, 1, {0, 1, 2}, reshape_params, reshape_shapes},
      {"ShuffleChannel", 1, 1, 1, 1, {0, 1}, shuffle_params, shuffle_shapes},
      {"Sigmoid", 1, 1, 1, 1, {}, no_weights, same},
      {"Slice", 1, 1, 1, many, {0, 1}, slice_params, slice_shapes},
      {"Softmax", 1, 1, 1, 1, {0, 1}, softmax_params, softmax_shapes},
      {"Split", 1, 1, 1, many, {}, no_weights, split_shapes},
      {"Swish", 1, 1, 1, 1, {}, no_weights, same},
      {"UnaryOp", 1, 1, 1, 1, {0}, unary_params, same},
  };
  return kinds;
}

}  // namespace seesaw
