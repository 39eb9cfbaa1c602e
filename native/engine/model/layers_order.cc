// Rules of the layers that take values as they are and give them another order or shape,
// after each layer's load_param() and forward() in NCNN. What NCNN can do but no exporter of ours
// emits (expressions for shapes, four axes, sizes taken from a second input) is refused.
#include <algorithm>
#include <climits>

#include "engine/model/layer_kind.h"

namespace seesaw {
namespace {

using Shapes = std::vector<Shape>;

void axis_params(const LayerParams& p, WeightCursor&) { p.whole(0, 0, -3, 2); }
Shapes concat_shapes(const LayerParams& p, const Shapes& in) {
  const int axis = p.axis(0, in[0]);
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
    p.require(size == kNotGiven || (size > 0 && size <= kMaxExtent), "a size is out of range");
  }
}
Shapes slice_shapes(const LayerParams& p, const Shapes& in) {
  const int axis = p.axis(1, in[0]);
  Shapes out;
  int left = in[0][axis];
  const std::vector<int> sizes = p.wholes(0);
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const int share = left / static_cast<int>(sizes.size() - i);
    const int size = sizes[i] == kNotGiven ? share : sizes[i];
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
    const int extent = p.whole(id, kNotGiven, kNotGiven, INT_MAX);
    p.require(extent == kNotGiven || extent >= -1, "an extent is out of range");
  }
  p.require(p.whole(0, kNotGiven, kNotGiven, INT_MAX) != kNotGiven, "the width is missing");
  p.require(p.whole(1, kNotGiven, kNotGiven, INT_MAX) != kNotGiven || !p.has(2),
            "the height is missing");
}
Shapes reshape_shapes(const LayerParams& p, const Shapes& in) {
  // By NCNN's ids: w, h, c. Zero copies the input's extent, -1 takes what is left.
  std::vector<int> extents;
  for (const int id : {0, 1, 2}) {
    const int extent = p.whole(id, kNotGiven, kNotGiven, INT_MAX);
    if (extent == kNotGiven) break;
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
    p.require(exists && !seen[axes[i]], "an axis does not exist or is repeated");
    seen[axes[i]] = true;
    const int extent = in[0][axes[i]];
    const int end = ends[i] == INT_MAX ? extent : ends[i];
    p.require(starts[i] >= 0 && starts[i] < end && end <= extent, "a range is outside the input");
    out[axes[i]] = end - starts[i];
  }
  return {out};
}

}  // namespace

const std::vector<LayerKind>& order_kinds() {
  constexpr int many = 256;
  static const std::vector<LayerKind> kinds = {
      {"Concat", 1, many, 1, 1, {0}, axis_params, concat_shapes},
      {"Crop", 1, 1, 1, 1, {9, 10, 11}, crop_params, crop_shapes},
      {"Flatten", 1, 1, 1, 1, {}, no_weights, flatten_shapes},
      {"Permute", 1, 1, 1, 1, {0}, permute_params, permute_shapes},
      {"Reshape", 1, 1, 1, 1, {0, 1, 2}, reshape_params, reshape_shapes},
      {"ShuffleChannel", 1, 1, 1, 1, {0, 1}, shuffle_params, shuffle_shapes},
      {"Slice", 1, 1, 1, many, {0, 1}, slice_params, slice_shapes},
  };
  return kinds;
}

}  // namespace seesaw
