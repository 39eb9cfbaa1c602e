// Weights that go with a description.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/error.h"
#include "engine/model/layer_rules.h"

namespace seesaw::fuzz {

/**
 * How many bytes of weights (zeros, which are fp32) a description asks for; the refusal of `most`,
 * which is the same in all calls, says it. Nothing when it asks for more, or is wrong in itself.
 */
inline std::optional<std::size_t> weight_bytes(const ParamFile& file, std::size_t most) {
  // Made once: clearing megabytes for every input would take most of the time.
  static const std::vector<std::uint8_t> zeros(most, 0);
  try {
    check_weights(file, zeros);
    return most;
  } catch (const Error& error) {
    const std::string message = error.what();
    const std::string before = "asks for ";
    const std::size_t at = message.find(before);
    if (at == std::string::npos) return std::nullopt;
    return std::stoull(message.substr(at + before.size()));
  }
}

}  // namespace seesaw::fuzz
