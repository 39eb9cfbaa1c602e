#include "face/embed/embedder.h"

#include <cmath>
#include <utility>

#include "engine/error.h"
#include "engine/model/layer_rules.h"

namespace seesaw {
namespace {

/** The network by fused kernels; nothing when it is of another kind or is not to be fused. */
std::optional<fused::Backbone> fused_backbone(const std::string& param_text,
                                              const std::vector<std::uint8_t>& bin,
                                              const NetworkOptions& options,
                                              const EmbedderInput& input) {
  const fused::Kernels* floats = fused::best_kernels();
  const fused::int8::Int8Kernels* bytes =
      options.precision == Precision::Int8 ? fused::int8::best_kernels() : nullptr;
  if (!floats || options.gpu || options.implementation == Implementation::Ncnn ||
      options.precision == Precision::Fp16) {
    return std::nullopt;
  }
  const ParamFile file = parse_param(param_text);
  check_weights(file, bin);
  const std::optional<fused::Description> net = fused::match(file, bin);
  if (!net || net->input != input.input_blob || net->output != input.output_blob ||
      net->embed.out != input.embedding_size ||
      !(bytes ? fused::Backbone::supports(*net, *bytes)
              : fused::Backbone::supports(*net, *floats))) {
    return std::nullopt;
  }
  // The bounds of blobs and of work are the same for both.
  infer_shapes(file, input.input_blob, {3, kCropSize, kCropSize}, {input.output_blob});
  const fused::PixelInput pixels{input.bgr, input.mean, input.norm};
  const fused::TeamOptions team{options.threads, options.spin};
  if (bytes) return fused::Backbone(*net, pixels, *bytes, team);
  return fused::Backbone(*net, pixels, *floats, team);
}

}  // namespace

Embedder::Embedder(const std::string& param_text, std::vector<std::uint8_t> bin,
                   const NetworkOptions& options, EmbedderInput input)
    : input_(std::move(input)) {
  options.check();
  fused_ = fused_backbone(param_text, bin, options, input_);
  if (!fused_) {
    if (options.precision == Precision::Int8) {
      throw Error(ErrorCode::PrecisionUnsupported,
                  "int8 requires the fused kernels, and they do not support this network");
    }
    if (options.implementation == Implementation::Fused) {
      throw Error::invalid_argument(
          "implementation",
          "the fused kernels do not support this network and precision on this processor");
    }
    network_.emplace(param_text, std::move(bin), options);
  }
  try {
    Image blank{kCropSize, kCropSize, std::vector<std::uint8_t>(kCropSize * kCropSize * 3, 127)};
    embed(blank);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::OutOfMemory || error.code() == ErrorCode::DeviceUnavailable) {
      throw;
    }
    // Half precision ends at 65504, which not every network keeps below.
    if (error.code() == ErrorCode::Internal && options.precision == Precision::Fp16) {
      throw Error(ErrorCode::PrecisionUnsupported,
                  std::string("this network does not work in half precision: ") + error.what());
    }
    throw Error(ErrorCode::ModelInvalid,
                std::string("the network does not embed a 112x112 face: ") + error.what());
  }
}

std::vector<float> Embedder::run_network(const Image& aligned) const {
  const int order = input_.bgr ? ncnn::Mat::PIXEL_BGR : ncnn::Mat::PIXEL_BGR2RGB;
  ncnn::Mat in = ncnn::Mat::from_pixels(aligned.bgr.data(), order, kCropSize, kCropSize);
  if (in.empty()) throw Error(ErrorCode::OutOfMemory, "no memory for the network's input");
  in.substract_mean_normalize(input_.mean.data(), input_.norm.data());

  const ncnn::Mat out =
      network_->run(input_.input_blob.c_str(), std::move(in), {input_.output_blob})
          .front()
          .reshape(input_.embedding_size);
  if (out.empty()) {
    throw Error(ErrorCode::Internal, "the network's output is not an embedding of " +
                                         std::to_string(input_.embedding_size) + " numbers");
  }
  const float* values = out;
  return {values, values + input_.embedding_size};
}

std::vector<float> Embedder::embed(const Image& aligned) const {
  const std::size_t bytes = static_cast<std::size_t>(kCropSize) * kCropSize * 3;
  if (aligned.width != kCropSize || aligned.height != kCropSize || aligned.bgr.size() != bytes) {
    throw Error::invalid_argument("crop", "an aligned face has 112x112 pixels");
  }
  std::vector<float> embedding = fused_ ? fused_->run(aligned.bgr.data()) : run_network(aligned);
  double sum = 0;
  for (const float value : embedding) sum += double(value) * value;
  // Not-a-number and infinity both end here, and so does a vector without direction.
  if (!std::isfinite(sum) || sum <= 0) {
    throw Error(ErrorCode::Internal, "the network's embedding is not finite");
  }
  const float scale = static_cast<float>(1 / std::sqrt(sum));
  for (float& value : embedding) value *= scale;
  return embedding;
}

}  // namespace seesaw
