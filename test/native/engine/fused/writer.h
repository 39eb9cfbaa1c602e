// Writes networks of the shape that is fused, with any channel counts.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "../model_text.h"
#include "engine/fused/description.h"
#include "mat.h"

namespace seesaw::test {

struct FusedBlockSpec {
  std::array<int, 2> in, expand, middle, project;  // of the two ranges
  int squeezed;
  bool shuffle;
  fused::Shortcut shortcut;
  int stride;
};
struct FusedSpec {
  const char* what;
  int stem;
  std::vector<FusedBlockSpec> blocks;
  int head, embedding;
  bool half = false;  // weights in half precision
};

/** Writes the description of a network and random weights for it. */
class FusedWriter {
 public:
  explicit FusedWriter(const FusedSpec& spec) : half_(spec.half) {
    add("Input", {}, {"in0"}, "");
    std::string at = swish(convolution("in0", 3, spec.stem, 3, 2, 1));
    at = swish(depthwise(at, spec.stem, 3, 1, 1));
    for (const FusedBlockSpec& block : spec.blocks) at = this->block(at, block);
    const FusedBlockSpec& last = spec.blocks.back();
    at = swish(convolution(at, last.project[0] + last.project[1], spec.head, 1, 1, 0));
    at = depthwise(at, spec.head, 7, 1, 0);
    add("InnerProduct", {at}, {"out0"}, linear(spec.head, spec.embedding, false));
  }
  std::string description() const { return test::description(layers_, blobs_, lines_); }
  const Bytes& bin() const { return bin_; }

 private:
  using Names = std::vector<std::string>;

  static std::string whole(int id, int value) {
    return " " + std::to_string(id) + "=" + std::to_string(value);
  }
  void add(const std::string& type, const Names& in, const Names& out, const std::string& params) {
    lines_ += type + " l" + std::to_string(layers_++) + " " + std::to_string(in.size()) + " " +
              std::to_string(out.size());
    for (const std::string& name : in) lines_ += " " + name;
    for (const std::string& name : out) lines_ += " " + name;
    lines_ += params + "\n";
    blobs_ += static_cast<int>(out.size());
  }
  /** A layer with new outputs, the first of which is returned. */
  Names through(const std::string& type, const Names& in, const std::string& params,
                int outputs = 1) {
    Names out;
    for (int i = 0; i < outputs; ++i) out.push_back("b" + std::to_string(blobs_ + i));
    add(type, in, out, params);
    return out;
  }
  /** Evenly distributed, of this standard deviation; not by <random>, which is slow. */
  std::vector<float> noise(int count, float scale) {
    std::vector<float> numbers(count);
    const float unit = std::sqrt(3.0f) * scale / 0x1p31f;
    for (float& number : numbers) number = (static_cast<float>(random_()) - 0x1p31f) * unit;
    return numbers;
  }
  void weights(int count, int inputs) {
    const std::vector<float> numbers = noise(count, 1.5f / std::sqrt(static_cast<float>(inputs)));
    if (!half_) {
      bin_ = join(std::move(bin_), tagged(numbers));
      return;
    }
    const std::uint8_t tag[] = {0x47, 0x6B, 0x30, 0x01};
    bin_.insert(bin_.end(), tag, tag + 4);
    for (const float number : numbers) {
      const std::uint16_t bits = ncnn::float32_to_float16(number);
      bin_.push_back(static_cast<std::uint8_t>(bits & 255));
      bin_.push_back(static_cast<std::uint8_t>(bits >> 8));
    }
    bin_.resize((bin_.size() + 3) / 4 * 4);
  }
  void plain(int count) { bin_ = join(std::move(bin_), raw(noise(count, 0.3f))); }

  std::string swish(const std::string& in) { return through("Swish", {in}, "")[0]; }
  std::string convolution(const std::string& in, int inputs, int outputs, int kernel, int stride,
                          int pad) {
    const int count = inputs * outputs * kernel * kernel;
    weights(count, count / outputs);
    plain(outputs);
    return through("Convolution", {in},
                   whole(0, outputs) + whole(1, kernel) + whole(3, stride) + whole(4, pad) +
                       whole(5, 1) + whole(6, count))[0];
  }
  std::string depthwise(const std::string& in, int channels, int kernel, int stride, int pad) {
    const int count = channels * kernel * kernel;
    weights(count, kernel * kernel);
    plain(channels);
    return through("ConvolutionDepthWise", {in},
                   whole(0, channels) + whole(1, kernel) + whole(3, stride) + whole(4, pad) +
                       whole(5, 1) + whole(6, count) + whole(7, channels))[0];
  }
  std::string linear(int inputs, int outputs, bool bias) {
    weights(inputs * outputs, inputs);
    if (bias) plain(outputs);
    return whole(0, outputs) + whole(1, bias) + whole(2, inputs * outputs);
  }
  std::string pair(const std::string& in, const std::array<int, 2>& from,
                   const std::array<int, 2>& to, bool activate) {
    Names parts = through("Slice", {in}, " -23300=2," + std::to_string(from[0]) + ",-233", 2);
    for (const int i : {0, 1}) {
      parts[i] = convolution(parts[i], from[i], to[i], 1, 1, 0);
      if (activate) parts[i] = swish(parts[i]);
    }
    return through("Concat", parts, "")[0];
  }
  std::string block(std::string at, const FusedBlockSpec& b) {
    std::string beside;
    const int in = b.in[0] + b.in[1], out = b.project[0] + b.project[1];
    if (b.shortcut != fused::Shortcut::None) {
      const Names parts = through("Split", {at}, "", 2);
      at = parts[0];
      beside = parts[1];
      if (b.shortcut == fused::Shortcut::PoolConv) {
        beside = through("Pooling", {beside}, " 0=0 1=2 2=2")[0];
        beside = swish(convolution(beside, in, out, 1, 1, 0));
      } else if (b.shortcut == fused::Shortcut::Conv) {
        beside = swish(convolution(beside, in, out, 1, 2, 0));
      }
    }
    at = pair(at, b.in, b.expand, true);
    const int middle = b.expand[0] + b.expand[1];
    if (b.shuffle) at = through("ShuffleChannel", {at}, " 0=2")[0];
    at = swish(depthwise(at, middle, 3, b.stride, 1));
    const Names parts = through("Split", {at}, "", 2);
    std::string gate = through("Pooling", {parts[1]}, " 0=1 4=1")[0];
    gate = through("InnerProduct", {gate}, linear(middle, b.squeezed, false))[0];
    gate = through("PReLU", {gate}, whole(0, b.squeezed))[0];
    plain(b.squeezed);
    gate = through("InnerProduct", {gate}, linear(b.squeezed, middle, true))[0];
    gate = through("Sigmoid", {gate}, "")[0];
    gate = through("Reshape", {gate}, " 0=1 1=1" + whole(2, middle))[0];
    at = through("BinaryOp", {gate, parts[0]}, " 0=2")[0];
    at = pair(at, b.middle, b.project, false);
    return beside.empty() ? at : through("BinaryOp", {beside, at}, " 0=0")[0];
  }

  bool half_;
  std::mt19937 random_{11};
  std::string lines_;
  int layers_ = 0, blobs_ = 0;
  Bytes bin_;
};

}  // namespace seesaw::test
