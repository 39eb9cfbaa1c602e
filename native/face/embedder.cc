#include "face/embedder.h"

#include <cmath>
#include <utility>

#include "engine/error.h"

namespace seesaw {

Embedder::Embedder(Network network, EmbedderInput input)
    : network_(std::move(network)), input_(std::move(input)) {
  try {
    Image blank{kCropSize, kCropSize, std::vector<std::uint8_t>(kCropSize * kCropSize * 3, 127)};
    embed(blank);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::OutOfMemory) throw;
    // Half precision ends at 65504, which not every network keeps below.
    if (error.code() == ErrorCode::Internal && network_.precision() == Precision::Fp16) {
      throw Error(ErrorCode::PrecisionUnsupported,
                  std::string("this network does not work in half precision: ") + error.what());
    }
    throw Error(ErrorCode::ModelInvalid,
                std::string("the network does not embed a 112x112 face: ") + error.what());
  }
}

std::vector<float> Embedder::embed(const Image& aligned) const {
  const std::size_t bytes = static_cast<std::size_t>(kCropSize) * kCropSize * 3;
  if (aligned.width != kCropSize || aligned.height != kCropSize || aligned.bgr.size() != bytes) {
    throw Error::invalid_argument("crop", "an aligned face has 112x112 pixels");
  }
  const int order = input_.bgr ? ncnn::Mat::PIXEL_BGR : ncnn::Mat::PIXEL_BGR2RGB;
  ncnn::Mat in = ncnn::Mat::from_pixels(aligned.bgr.data(), order, kCropSize, kCropSize);
  if (in.empty()) throw Error(ErrorCode::OutOfMemory, "no memory for the network's input");
  in.substract_mean_normalize(input_.mean.data(), input_.norm.data());

  const ncnn::Mat out = network_.run(input_.input_blob.c_str(), in, {input_.output_blob})
                            .front()
                            .reshape(input_.embedding_size);
  if (out.empty()) {
    throw Error(ErrorCode::Internal, "the network's output is not an embedding of " +
                                         std::to_string(input_.embedding_size) + " numbers");
  }
  const float* values = out;
  double sum = 0;
  for (int i = 0; i < input_.embedding_size; ++i) sum += double(values[i]) * values[i];
  // Not-a-number and infinity both end here, and so does a vector without direction.
  if (!std::isfinite(sum) || sum <= 0) {
    throw Error(ErrorCode::Internal, "the network gave no finite embedding");
  }
  const float scale = static_cast<float>(1 / std::sqrt(sum));
  std::vector<float> embedding(values, values + input_.embedding_size);
  for (float& value : embedding) value *= scale;
  return embedding;
}

}  // namespace seesaw
