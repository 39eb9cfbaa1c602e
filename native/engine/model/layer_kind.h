// The vocabulary of layer rules: a layer's parameters, its weights, and what a kind consists of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/model/layer_rules.h"
#include "engine/model/param_file.h"

namespace seesaw {

/** The parameters of one layer; every access checks and names what is wrong. */
class LayerParams {
 public:
  explicit LayerParams(const ParamLayer& layer) : layer_(layer) {}

  [[noreturn]] void fail(const std::string& what) const;
  void require(bool condition, const char* what) const {
    if (!condition) fail(what);
  }

  bool has(int id) const { return layer_.params.count(id) != 0; }
  /** A whole number in [low, high]; not given, `otherwise`, which must be in the range too. */
  int whole(int id, int otherwise, int low, int high) const;
  /** A number in [low, high]; not given, `otherwise`. */
  double number(int id, double otherwise, double low, double high) const;
  /** A list of whole numbers; empty when it is not given. */
  std::vector<int> wholes(int id) const;
  /** A list of any numbers; empty when it is not given. */
  std::vector<double> numbers(int id) const;

  /** An axis of `in`, 0 when not given; negative ones count from the end. */
  int axis(int id, const Shape& in) const;

  std::size_t tops() const { return layer_.tops.size(); }

 private:
  const ParamValue* find(int id, bool list) const;

  const ParamLayer& layer_;
};

/** Counts off blocks of weights in the order in which NCNN reads them. */
class WeightCursor {
 public:
  explicit WeightCursor(const std::vector<std::uint8_t>& bin) : bin_(bin) {}

  /** A block of `count` numbers with a tag before it: fp32, or fp16 padded to 4 bytes. */
  void tagged(const LayerParams& params, int count);
  /** A block of `count` fp32 numbers. */
  void raw(const LayerParams& params, int count);
  std::size_t position() const { return position_; }

 private:
  void skip(const LayerParams& params, std::size_t bytes);

  const std::vector<std::uint8_t>& bin_;
  std::size_t position_ = 0;
};

/** For kinds that have neither weights nor parameters. */
void no_weights(const LayerParams&, WeightCursor&);

/** The rules of one kind of layer. */
struct LayerKind {
  const char* type;
  int min_bottoms, max_bottoms;
  int min_tops, max_tops;
  std::vector<int> ids;  // the parameters it may have
  /** Checks the parameters and counts off the weights. */
  void (*weights)(const LayerParams&, WeightCursor&);
  /** Checks the inputs' shapes and gives those of the outputs. */
  std::vector<Shape> (*shapes)(const LayerParams&, const std::vector<Shape>&);
  /** Numbers that NCNN holds while the layer runs, beside its inputs and outputs; null for none. */
  std::int64_t (*workspace)(const LayerParams&, const std::vector<Shape>&) = nullptr;
};

/** The kinds with weights; those that compute with values, reorder them, and sample them. */
const std::vector<LayerKind>& weighted_kinds();
const std::vector<LayerKind>& value_kinds();
const std::vector<LayerKind>& order_kinds();
const std::vector<LayerKind>& sampling_kinds();

// How much a description may ask for. For scale: the detector on its largest tile, 1280 x 1280, has
// 81 million numbers in all blobs and 11 million in an unrolled convolution.
inline constexpr int kMaxExtent = 1 << 16;  // of any axis
// Numbers in all blobs up to a layer and in that layer's workspace together: 1 GB.
inline constexpr std::int64_t kMaxVolume = 1 << 28;

/** NCNN's word for a parameter that is not given. */
inline constexpr int kNotGiven = -233;

std::int64_t volume(const Shape& shape);
/** Numbers in the copy of a blob that NCNN makes with a border around each channel. */
std::int64_t padded_volume(const Shape& in, int left, int right, int top, int bottom);

}  // namespace seesaw
