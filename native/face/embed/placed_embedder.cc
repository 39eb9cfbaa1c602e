#include "face/embed/placed_embedder.h"

#include <cstdio>
#include <limits>
#include <optional>
#include <utility>

#include "engine/error.h"
#include "face/embed/gpu_check.h"

namespace seesaw {
namespace {

std::string described(const Gpu& gpu, double cosine) {
  char text[64];
  std::snprintf(text, sizeof(text), "cosine with the CPU %.7f", cosine);
  return gpu.name + " (" + kind_name(gpu.kind) + "), " + text;
}

}  // namespace

PlacedEmbedder place_embedder(const std::string& param_text, const std::vector<std::uint8_t>& bin,
                              NetworkOptions options, const EmbedderInput& input, DeviceWish wish,
                              bool allow_software, const GpuSurvey& (*survey)()) {
  options.gpu.reset();
  if (wish == DeviceWish::Cpu) return {Embedder(param_text, bin, options, input), false, ""};
  const bool fused =
      options.implementation == Implementation::Fused || options.precision == Precision::Int8;
  const GpuChoice choice = fused ? GpuChoice{{}, "the fused kernels compute on the CPU"}
                                 : choose_gpu(survey(), allow_software);
  std::string reason = choice.reason;
  if (choice.gpu) {
    // A model that is at fault itself fails here, whatever the GPU.
    NetworkOptions plain = options;
    plain.precision = Precision::Fp32;
    Embedder cpu(param_text, bin, plain, input);
    try {
      if (options.precision == Precision::Fp16 && !choice.gpu->fp16) {
        throw Error(ErrorCode::PrecisionUnsupported, "it does not support half precision");
      }
      NetworkOptions there = options;
      there.gpu = choice.gpu->index;
      Embedder gpu(param_text, bin, there, input);
      // A software driver is as slow as the processor happens to be busy.
      const bool software = choice.gpu->kind == GpuKind::Software;
      const GpuCheck check =
          check_gpu([&cpu](const Image& face) { return cpu.embed(face); },
                    [&gpu](const Image& face) { return gpu.embed(face); },
                    software ? std::numeric_limits<double>::infinity() : kMostGpuMilliseconds);
      if (!check.refusal) return {std::move(gpu), true, described(*choice.gpu, check.cosine)};
      reason = choice.gpu->name + ": " + *check.refusal;
    } catch (const Error& error) {
      reason = choice.gpu->name + ": " + error.what();
    }
    if (wish == DeviceWish::Auto && options.precision == Precision::Fp32) {
      return {std::move(cpu), false, reason};
    }
  }
  if (wish == DeviceWish::Vulkan) throw Error(ErrorCode::DeviceUnavailable, reason);
  return {Embedder(param_text, bin, options, input), false, reason};
}

}  // namespace seesaw
