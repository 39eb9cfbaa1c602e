// Rules of the layers that have weights. Parameter numbers and the order of the weights follow
// each layer's load_param() and load_model() in NCNN.
#include <algorithm>

#include "engine/model/layer_kind.h"

namespace seesaw {
namespace {

constexpr int kMaxWeights = 1 << 28;
constexpr int kMaxChannels = 1 << 16;
constexpr int kMaxKernel = 255;

/** Activation fused into a convolution or a linear layer: parameter 9, its constants 10. */
void check_activation(const LayerParams& p) {
  // none, ReLU, leaky ReLU, clip, sigmoid, (mish: not built in), hard swish
  constexpr std::size_t constants[] = {0, 0, 1, 2, 0, 0, 2};
  const int type = p.whole(9, 0, 0, 6);
  p.require(type != 5, "fused activation 5 (mish) is not supported");
  p.require(p.numbers(10).size() >= constants[type], "the fused activation lacks its constants");
}

/** A two-dimensional convolution's geometry. */
struct Window {
  int output, kernel_w, kernel_h, dilation_w, dilation_h, stride_w, stride_h;
  int left, right, top, bottom, group, weights;
  bool bias;

  explicit Window(const LayerParams& p, bool grouped) {
    output = p.whole(0, 0, 1, kMaxChannels);
    kernel_w = p.whole(1, 0, 1, kMaxKernel);
    kernel_h = p.whole(11, kernel_w, 1, kMaxKernel);
    dilation_w = p.whole(2, 1, 1, kMaxKernel);
    dilation_h = p.whole(12, dilation_w, 1, kMaxKernel);
    stride_w = p.whole(3, 1, 1, kMaxKernel);
    stride_h = p.whole(13, stride_w, 1, kMaxKernel);
    left = p.whole(4, 0, 0, kMaxKernel);
    right = p.whole(15, left, 0, kMaxKernel);
    top = p.whole(14, left, 0, kMaxKernel);
    bottom = p.whole(16, top, 0, kMaxKernel);
    bias = p.whole(5, 0, 0, 1) != 0;
    weights = p.whole(6, 0, 1, kMaxWeights);
    group = grouped ? p.whole(7, 1, 1, output) : 1;
    p.whole(8, 0, 0, 0);   // no 8-bit scales
    p.whole(19, 0, 0, 0);  // weights are not an input
    p.number(18, 0, -1e30, 1e30);
    check_activation(p);
    check_padding(p);
    p.require(output % group == 0, "the outputs are not a multiple of the groups");
    p.require(weights % (output * std::int64_t{kernel_w} * kernel_h) == 0,
              "the number of weights does not fit the kernel");
  }

  /** Input channels, as the number of weights implies them. */
  std::int64_t input() const {
    return weights / (output * std::int64_t{kernel_w} * kernel_h) * group;
  }

  Shape shape(const LayerParams& p, const Shape& in) const {
    p.require(in.size() == 3, "the input must have three axes");
    p.require(in[0] == input(), "the weights do not fit the input's channels");
    const int height = out(in[1] + top + bottom, dilation_h * (kernel_h - 1) + 1, stride_h);
    const int width = out(in[2] + left + right, dilation_w * (kernel_w - 1) + 1, stride_w);
    p.require(height > 0 && width > 0, "the kernel is larger than the input");
    return {output, height, width};
  }

  /** The input with its border, and the windows of one group unrolled into columns. */
  std::int64_t workspace(const LayerParams& p, const Shape& in) const {
    const Shape out = shape(p, in);
    const std::int64_t columns = std::int64_t{out[1]} * out[2] * kernel_w * kernel_h;
    return padded_volume(in, left, right, top, bottom) + columns * (in[0] / group);
  }

 private:
  /** Exporters pad by less than the kernel covers, or by 1 before a kernel of 1 (SqueezeNet). */
  void check_padding(const LayerParams& p) const {
    const int covers_w = dilation_w * (kernel_w - 1) + 1;
    const int covers_h = dilation_h * (kernel_h - 1) + 1;
    p.require(std::max(left, right) <= covers_w && std::max(top, bottom) <= covers_h,
              "the padding is larger than the kernel");
  }
  static int out(int padded, int extent, int stride) {
    return padded < extent ? 0 : (padded - extent) / stride + 1;
  }
};

void convolution_weights(const LayerParams& p, WeightCursor& w) {
  const Window window(p, false);
  w.tagged(p, window.weights);
  if (window.bias) w.raw(p, window.output);
}
std::vector<Shape> convolution_shapes(const LayerParams& p, const std::vector<Shape>& in) {
  return {Window(p, false).shape(p, in[0])};
}
std::int64_t convolution_workspace(const LayerParams& p, const std::vector<Shape>& in) {
  return Window(p, false).workspace(p, in[0]);
}

void depthwise_weights(const LayerParams& p, WeightCursor& w) {
  const Window window(p, true);
  w.tagged(p, window.weights);
  if (window.bias) w.raw(p, window.output);
}
std::vector<Shape> depthwise_shapes(const LayerParams& p, const std::vector<Shape>& in) {
  return {Window(p, true).shape(p, in[0])};
}
std::int64_t depthwise_workspace(const LayerParams& p, const std::vector<Shape>& in) {
  return Window(p, true).workspace(p, in[0]);
}

void linear_weights(const LayerParams& p, WeightCursor& w) {
  const int output = p.whole(0, 0, 1, kMaxChannels);
  const int weights = p.whole(2, 0, 1, kMaxWeights);
  p.require(weights % output == 0, "the number of weights does not fit the outputs");
  p.whole(8, 0, 0, 0);
  check_activation(p);
  w.tagged(p, weights);
  if (p.whole(1, 0, 0, 1)) w.raw(p, output);
}
std::vector<Shape> linear_shapes(const LayerParams& p, const std::vector<Shape>& in) {
  const int output = p.whole(0, 0, 1, kMaxChannels);
  const int input = p.whole(2, 0, 1, kMaxWeights) / output;
  if (in[0].size() == 2 && in[0][1] == input) return {{in[0][0], output}};
  p.require(volume(in[0]) == input, "the weights do not fit the input's size");
  return {{output}};
}

/** The axis that per-channel weights run along is the outermost one. */
std::vector<Shape> per_channel(const LayerParams& p, const Shape& in, int count) {
  p.require(in[0] == count, "the weights do not fit the input's channels");
  return {in};
}

void batch_norm_weights(const LayerParams& p, WeightCursor& w) {
  const int channels = p.whole(0, 0, 1, kMaxChannels);
  p.number(1, 0, 0, 1);
  for (int i = 0; i < 4; ++i) w.raw(p, channels);  // slope, mean, variance, bias
}
std::vector<Shape> batch_norm_shapes(const LayerParams& p, const std::vector<Shape>& in) {
  return per_channel(p, in[0], p.whole(0, 0, 1, kMaxChannels));
}

void scale_weights(const LayerParams& p, WeightCursor& w) {
  const int channels = p.whole(0, 0, 1, kMaxChannels);
  w.raw(p, channels);
  if (p.whole(1, 0, 0, 1)) w.raw(p, channels);
}
std::vector<Shape> scale_shapes(const LayerParams& p, const std::vector<Shape>& in) {
  return per_channel(p, in[0], p.whole(0, 0, 1, kMaxChannels));
}

void prelu_weights(const LayerParams& p, WeightCursor& w) {
  w.raw(p, p.whole(0, 0, 1, kMaxChannels));
}
std::vector<Shape> prelu_shapes(const LayerParams& p, const std::vector<Shape>& in) {
  const int slopes = p.whole(0, 0, 1, kMaxChannels);
  return slopes == 1 ? std::vector<Shape>{in[0]} : per_channel(p, in[0], slopes);
}

void normalize_weights(const LayerParams& p, WeightCursor& w) {
  p.whole(0, 0, 0, 1);
  p.whole(4, 1, 0, 1);
  p.whole(9, 0, 0, 2);
  p.number(2, 1e-4, 0, 1);
  const int scales = p.whole(3, 0, 1, kMaxChannels);
  if (p.whole(1, 0, 0, 1)) p.require(scales == 1, "a shared scale is one number");
  w.raw(p, scales);
}
std::vector<Shape> normalize_shapes(const LayerParams& p, const std::vector<Shape>& in) {
  const int channels = in[0].size() == 3 ? in[0][0] : 1;
  p.require(p.whole(1, 0, 0, 1) || p.whole(3, 0, 1, kMaxChannels) == channels,
            "the scales do not fit the input's channels");
  return {in[0]};
}

Shape memory_shape(const LayerParams& p) {
  const int w = p.whole(0, 0, 1, kMaxExtent);
  const int h = p.whole(1, 0, 0, kMaxExtent);
  const int c = p.whole(2, 0, 0, kMaxExtent);
  p.whole(11, 0, 0, 0);
  p.require(w > 0, "the size is missing");
  p.require(c == 0 || h > 0, "an axis is missing");
  if (c) return {c, h, w};
  if (h) return {h, w};
  return {w};
}
void memory_weights(const LayerParams& p, WeightCursor& w) {
  const std::int64_t size = volume(memory_shape(p));
  p.require(size <= kMaxWeights, "the constant is too large");
  if (p.whole(21, 1, 0, 1)) {
    w.raw(p, static_cast<int>(size));
  } else {
    w.tagged(p, static_cast<int>(size));
  }
}
std::vector<Shape> memory_shapes(const LayerParams& p, const std::vector<Shape>&) {
  return {memory_shape(p)};
}

}  // namespace

const std::vector<LayerKind>& weighted_kinds() {
  static const std::vector<LayerKind> kinds = {
      {"BatchNorm", 1, 1, 1, 1, {0, 1}, batch_norm_weights, batch_norm_shapes},
      {"Convolution",
       1,
       1,
       1,
       1,
       {0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18, 19},
       convolution_weights,
       convolution_shapes,
       convolution_workspace},
      {"ConvolutionDepthWise",
       1,
       1,
       1,
       1,
       {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18, 19},
       depthwise_weights,
       depthwise_shapes,
       depthwise_workspace},
      {"InnerProduct", 1, 1, 1, 1, {0, 1, 2, 8, 9, 10}, linear_weights, linear_shapes},
      {"MemoryData", 0, 0, 1, 1, {0, 1, 2, 11, 21}, memory_weights, memory_shapes},
      {"Normalize", 1, 1, 1, 1, {0, 1, 2, 3, 4, 9}, normalize_weights, normalize_shapes},
      {"PReLU", 1, 1, 1, 1, {0}, prelu_weights, prelu_shapes},
      {"Scale", 1, 1, 1, 1, {0, 1}, scale_weights, scale_shapes},
  };
  return kinds;
}

}  // namespace seesaw
