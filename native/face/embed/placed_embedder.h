// An embedder on the device that was wished for, or on the one that there is.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/machine/gpus.h"
#include "engine/network.h"
#include "face/embed/embedder.h"

namespace seesaw {

/** Auto: a GPU where there is one that computes rightly, the CPU otherwise. */
enum class DeviceWish { Cpu, Vulkan, Auto };

struct PlacedEmbedder {
  Embedder embedder;
  bool on_gpu = false;
  std::string reason;  // which GPU and how well it agrees, or why none; empty with Cpu
};

/**
 * Loads an embedding network. On a GPU it is compared with the CPU on fixed inputs first and
 * refused when it differs, is slow or fails.
 *
 * @param options where `gpu` is set by this function
 * @param survey  called when a GPU is wished for
 * @throws Error DeviceUnavailable, with Vulkan, when no GPU may be used; what Embedder throws
 */
PlacedEmbedder place_embedder(const std::string& param_text, const std::vector<std::uint8_t>& bin,
                              NetworkOptions options, const EmbedderInput& input, DeviceWish wish,
                              bool allow_software, const GpuSurvey& (*survey)() = survey_gpus);

}  // namespace seesaw
