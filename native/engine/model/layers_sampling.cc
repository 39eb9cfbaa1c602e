// Rules of the layers that make few values of many or many of few,
// after each layer's load_param() and forward() in NCNN. What NCNN can do but no exporter of ours
// emits (expressions for shapes, four axes, sizes taken from a second input) is refused.
#include <algorithm>

#include "engine/model/layer_kind.h"

namespace seesaw {
namespace {

using Shapes = std::vector<Shape>;

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
    const int extent = p.whole(id, 1, kNotGiven, 4096);
    p.require(extent == kNotGiven || extent > 0, "an extent is out of range");
  }
  if (adaptive) p.require(p.has(8), "the size of the result is missing");
}
/** How a pooling layer moves its window over a channel. */
struct PoolWindow {
  int kernel_w, kernel_h, stride_w, stride_h, left, right, top, bottom;
  bool full;  // a last, incomplete window counts

  explicit PoolWindow(const LayerParams& p) {
    kernel_w = p.whole(1, 0, 1, 255), kernel_h = p.whole(11, kernel_w, 1, 255);
    stride_w = p.whole(2, 1, 1, 255), stride_h = p.whole(12, stride_w, 1, 255);
    left = p.whole(3, 0, 0, 255), right = p.whole(14, left, 0, 255);
    top = p.whole(13, left, 0, 255), bottom = p.whole(15, top, 0, 255);
    full = p.whole(5, 0, 0, 1) == 0;
  }
};
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
    const int width = p.whole(8, 1, kNotGiven, 4096);
    const int height = p.whole(18, width, kNotGiven, 4096);
    return {{c, height == kNotGiven ? h : height, width == kNotGiven ? w : width}};
  }
  const PoolWindow at(p);
  return {{c, windows(p, h, at.kernel_h, at.stride_h, at.top, at.bottom, at.full),
           windows(p, w, at.kernel_w, at.stride_w, at.left, at.right, at.full)}};
}
/** The input with its border; before a last, incomplete window that is wider by less than a step.
 */
std::int64_t pooling_workspace(const LayerParams& p, const Shapes& in) {
  if (p.whole(4, 0, 0, 1) || p.whole(7, 0, 0, 1)) return 0;
  const PoolWindow at(p);
  return padded_volume(in[0], at.left, at.right + (at.full ? at.stride_w - 1 : 0), at.top,
                       at.bottom + (at.full ? at.stride_h - 1 : 0));
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

const std::vector<LayerKind>& sampling_kinds() {
  static const std::vector<LayerKind> kinds = {
      {"Interp", 1, 1, 1, 1, {0, 1, 2, 3, 4, 5, 6}, interp_params, interp_shapes},
      {"Pooling",
       1,
       1,
       1,
       1,
       {0, 1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 13, 14, 15, 18},
       pooling_params,
       pooling_shapes,
       pooling_workspace},
      {"Reduction", 1, 1, 1, 1, {0, 1, 2, 3, 4, 5}, reduction_params, reduction_shapes},
  };
  return kinds;
}

}  // namespace seesaw
