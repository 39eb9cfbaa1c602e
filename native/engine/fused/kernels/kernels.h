// What the fused kernels compute, as plain structs: each instruction set has one table of them.
//
// Feature maps lie pixel by pixel (height, width, channel), so that a pointwise convolution reads
// its inputs and writes its outputs in order, and a slice or a concatenation of channels is no
// more than an offset. All widths are multiples of seven: a network for 112 x 112 pixels has maps
// of 56, 28, 14 and 7.
#pragma once

#include <cstddef>
#include <cstdint>

namespace seesaw::fused {

/** Pixels in a row that kernels take at a time. */
inline constexpr int kGroup = 7;

/** Numbers that may be read behind the end of a buffer, and are then not used. */
inline constexpr std::size_t kSlack = 64;

/** Where a sum over input channels finds them: `count` runs of `length`, `stride` apart. */
struct Runs {
  int count = 1;
  std::ptrdiff_t stride = 0;
  int length = 0;
};

/** Weights of neighbouring output channels: vectors x lanes numbers for each input channel. */
struct Panel {
  int vectors = 1;
  int column = 0;                 // the first output channel, counted from the job's first
  const float* weight = nullptr;  // [inputs][vectors * lanes]
  const float* bias = nullptr;    // [vectors * lanes]
};

/** What becomes of a sum. */
enum class Store {
  Linear,  // written
  Swish,   // x / (1 + e^-x), written: see SwishUnits
  Add      // added to what the output holds already
};

/**
 * Kernels may count in units of their own, as scaling weights costs nothing when they are packed:
 * swish takes `in` times the number and gives `out` times the result.
 */
struct SwishUnits {
  float in, out;
};

/** A pointwise convolution of groups of pixels that follow each other in memory. */
template <typename Number, typename PanelType>
struct PointwiseJobOf {
  const Number* in = nullptr;   // of the first pixel
  std::ptrdiff_t in_pixel = 0;  // numbers from one pixel to the next
  float* out = nullptr;         // the job's first channel of the first pixel
  std::ptrdiff_t out_pixel = 0;
  int groups = 0;
  Runs runs;
  const PanelType* panels = nullptr;
  int panel_count = 0;
  int channels = 0;  // of the output; the last panel may be wider
  Store store = Store::Linear;
};
using PointwiseJob = PointwiseJobOf<float, Panel>;

/** A convolution with swish, then a depthwise 3x3 one (padding 1) with swish, row by row. */
template <typename Number, typename PanelType>
struct ExpandDepthwiseJobOf {
  // The convolution: rows x columns outputs. Its runs may reach into other rows of the input.
  const Number* in = nullptr;
  std::ptrdiff_t in_pixel = 0;
  std::ptrdiff_t in_row = 0;
  Runs runs;
  int rows = 0, columns = 0;
  const PanelType* panels = nullptr;
  int panel_count = 0;
  int channels = 0;  // a multiple of the lanes
  // The depthwise convolution.
  const float* weight = nullptr;  // [9][channels]
  const float* bias = nullptr;    // [channels]
  int stride = 1;
  float* out = nullptr;  // the job's first channel of the first pixel
  std::ptrdiff_t out_pixel = 0;
  float* sums = nullptr;  // [channels]: set to the sums over all pixels
  // Scratch: ring_rows(rows, columns) rows of columns + 2 pixels, and a row of zeros.
  float* ring = nullptr;
  const float* zeros = nullptr;
};
using ExpandDepthwiseJob = ExpandDepthwiseJobOf<float, Panel>;

/**
 * Rows of the convolution's output that are kept for the depthwise one. Static: of an inline
 * function the linker keeps one copy for all, which could be one with AVX-512.
 */
static inline int ring_rows(int rows, int columns) { return columns / kGroup % 2 ? rows + 1 : 4; }

/** A small linear layer: out = w in + bias, then its activation. */
enum class Activation { None, PReLU, Sigmoid };
struct LinearJob {
  const float* in = nullptr;  // [inputs]
  int inputs = 0, outputs = 0;
  const float* weight = nullptr;  // panels of kLinearVectors vectors of outputs: [inputs][...]
  const float* bias = nullptr;    // padded, as the weights are, to whole panels
  const float* slope = nullptr;   // PReLU, padded likewise
  Activation activation = Activation::None;
  float* out = nullptr;  // has room for whole panels
};

/** Vectors of outputs in one panel of a linear layer. */
inline constexpr int kLinearVectors = 4;

struct Kernels {
  const char* name;
  int lanes;
  /** How many vectors wide panels may be: the widths to try, best first, ending with 1. */
  const int* widths;
  /** Of Store::Swish, and of both activations of `expand_depthwise`. */
  SwishUnits swish;
  void (*pointwise)(const PointwiseJob&);
  void (*expand_depthwise)(const ExpandDepthwiseJob&);
  void (*linear)(const LinearJob&);
  /**
   * to[k][j] = from[k][j] * gate(k), k over the runs within `gates`, j < columns, which are those
   * of a panel.
   */
  void (*scale_rows)(const float* from, const Runs& runs, const float* gates, int columns,
                     float* to);
  /** out[c] = bias[c] + sum over p of in[p][c] weight[p][c]; channels a multiple of the lanes. */
  void (*reduce)(const float* in, const float* weight, const float* bias, int pixels, int channels,
                 std::ptrdiff_t weight_pixel, float* out);
};

/** The best kernels for this processor, or null. */
const Kernels* best_kernels();

/** Those that this processor can run, best first, ended by a null. */
const Kernels* const* usable_kernels();

}  // namespace seesaw::fused
