// One NCNN network: validated before NCNN sees it, owned, and run.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/spin.h"
#include "mat.h"

namespace seesaw {

/**
 * In what a network computes. Int8 is for networks that our fused kernels know: their pointwise
 * convolutions are then of bytes. Others (a detector) compute in fp32.
 */
enum class Precision { Fp32, Fp16, Int8 };

/** What computes a network: our fused kernels where they can, always them, or always NCNN. */
enum class Implementation { Auto, Fused, Ncnn };

struct NetworkOptions {
  int threads = 1;
  Precision precision = Precision::Fp32;
  Implementation implementation = Implementation::Auto;  // of embedding networks
  std::optional<int> gpu = {};  // index of the GPU that computes, of survey_gpus(); none: the CPU
  std::chrono::microseconds spin = kDefaultSpin;  // of threads that wait for each other

  /** @throws Error InvalidArgument, PrecisionUnsupported */
  void check() const;
};

/**
 * A loaded network. Calls of run() from several threads at once are safe, but a network is meant
 * to be used by one executor: NCNN's worker threads stay with the thread that calls it.
 */
class Network {
 public:
  /**
   * @param param_text NCNN's text description; checked by parse_param() first
   * @param bin        weights; checked to be exactly what the description asks for
   * @throws Error ModelInvalid, PrecisionUnsupported, OutOfMemory, or DeviceUnavailable when the
   *   GPU does not take the network
   */
  Network(std::string param_text, std::vector<std::uint8_t> bin, const NetworkOptions& options);
  ~Network();
  Network(Network&&) noexcept;
  Network& operator=(Network&&) noexcept;
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  Precision precision() const;

  /**
   * Feeds `in` (unpacked fp32, w x h x c) to blob `input` and returns the named blobs, unpacked
   * fp32, in the order asked for.
   * @throws Error InvalidArgument for an unknown blob or an input whose shape the network cannot
   *   take, OutOfMemory, Internal, or DeviceUnavailable when the GPU fails
   */
  std::vector<ncnn::Mat> run(const char* input, ncnn::Mat in,
                             const std::vector<std::string>& outputs) const;

  /**
   * Memory for inputs of run() that are of no further use: what is moved into run() is freed as
   * soon as the network has read it, and goes back to the system after the run.
   */
  ncnn::Allocator* memory() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace seesaw
