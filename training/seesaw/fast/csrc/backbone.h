// The backbone, from normalised pictures to the output of the global depthwise convolution, with
// everything a backward pass needs. One object serves one batch at a time and is used again.
// Feature maps and their gradients are kept as numbers of one type, float or Bf16; statistics and
// the parameters with their gradients are float in either case.
#pragma once

#include <ATen/ATen.h>

#include <optional>
#include <vector>

#include "depthwise.h"
#include "ends.h"
#include "mixed_project.h"
#include "norm_site.h"
#include "pointwise.h"
#include "project.h"
#include "shortcut.h"

namespace seesaw {

struct BlockShape {
  int in, middle, out, stride;
  bool shuffle;
  ShortcutKind shortcut;
};

// Parameters of a block, counted from its first; the order is that of SeesawBlock. Those of a
// shortcut follow.
enum BlockParameter {
  kExpandFirst = 0,
  kExpandSecond = 3,
  kDepthwise = 6,
  kGateDown = 9,
  kGateDownBias,
  kGateSlope,
  kGateUp,
  kGateUpBias,
  kProjectFirst = 14,
  kProjectSecond = 17,
  kBlockParameters = 20,
};
constexpr int kStemParameters = 6;  // conv, norm (2), depthwise, norm (2)
constexpr int kHeadParameters = 4;  // conv, norm (2), global depthwise

class Backbone {
 public:
  virtual ~Backbone() = default;

  // `parameters` and `buffers` in the order of the module. In training the batch's statistics are
  // used and the running ones updated.
  virtual at::Tensor forward(const at::Tensor& images, const std::vector<at::Tensor>& parameters,
                             const std::vector<at::Tensor>& buffers, bool training) = 0;
  // Gradients of all parameters of the backbone, in their order.
  virtual std::vector<at::Tensor> backward(const at::Tensor& output_gradient) = 0;
};

template <class Number>
struct Layers;
template <>
struct Layers<float> {
  using PointwiseLayer = Pointwise;
  using ProjectLayer = Project;
};
#ifdef __AVX512BF16__
template <>
struct Layers<Bf16> {
  using PointwiseLayer = MixedPointwise;
  using ProjectLayer = MixedProject;
};
#endif

template <class Number>
class BackboneOf : public Backbone {
 public:
  BackboneOf(const std::vector<BlockShape>& shapes, int stem_channels, int head_channels, int size,
             int batch, double eps, double momentum);

  at::Tensor forward(const at::Tensor& images, const std::vector<at::Tensor>& parameters,
                     const std::vector<at::Tensor>& buffers, bool training) override;
  std::vector<at::Tensor> backward(const at::Tensor& output_gradient) override;

 private:
  using PointwiseLayer = typename Layers<Number>::PointwiseLayer;
  using ProjectLayer = typename Layers<Number>::ProjectLayer;
  static constexpr bool kMixed = sizeof(Number) < sizeof(float);

  struct Block {
    BlockShape shape;
    int size = 0;              // width and height of the input
    size_t parameter = 0;      // index of the block's first parameter
    std::vector<int> same;     // identity order of the input channels
    std::vector<int> columns;  // of the projection's weights, for each position read
    NormSite expanded, filtered, projected;
    PointwiseLayer expand;
    Depthwise depthwise;
    ProjectLayer project;
    GateRecord record;
    std::optional<Shortcut> shortcut;
    size_t shortcut_buffer = 0;  // index of its running mean
    Number *x = nullptr, *e = nullptr, *d = nullptr, *p = nullptr, *beside = nullptr;
    bool residual() const { return shape.stride == 1 && shape.in == shape.out; }
    int out_size() const { return size / shape.stride; }
  };

  void plan(const std::vector<BlockShape>& shapes, int stem_channels, int head_channels, int size);
  void allocate();
  void finish(NormSite* site, double count);
  Source<Number> source_of(size_t block);
  NormSite* site_before(size_t block);
  Number* backward_block(size_t index, Number* dy);
  void store_weight(const Partials& partials, const PointwiseLayer& pointwise,
                    const std::vector<int>& column, const std::vector<size_t>& indices);
  void store_gate(const Block& block, const Partials& slope);
  void load_weights();

  int batch_;
  double eps_, momentum_;
  bool training_ = true;
  NormSite stem_site_, stem_filtered_, head_site_;
  Stem stem_;
  Depthwise stem_depthwise_;
  std::vector<Block> blocks_;
  PointwiseLayer head_;
  std::vector<int> head_columns_;
  GlobalDepthwise pool_;
  size_t head_parameter_ = 0;

  at::Tensor images_;
  std::vector<at::Tensor> parameters_, buffers_, gradients_;
  Partials weight_partials_, slope_partials_;
  std::vector<float> totals_;
  Buffer memory_;
  Number *stem_out_ = nullptr, *stem_filtered_out_ = nullptr, *head_in_ = nullptr,
         *head_out_ = nullptr;
  Number *du_ = nullptr, *dt_ = nullptr, *dx_[2] = {nullptr, nullptr};
};

}  // namespace seesaw
