// Weights that go with a description.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/error.h"
#include "engine/layer_rules.h"

namespace seesaw::fuzz {

/**
 * How many bytes of weights a description asks for; the refusal of none at all says it. Nothing
 * when the description is wrong in itself.
 */
inline std::optional<std::size_t> weight_bytes(const ParamFile& file) {
  try {
    check_weights(file, {});
    return 0;
  } catch (const Error& error) {
    const std::string message = error.what();
    const std::string before = "asks for ";
    const std::size_t at = message.find(before);
    if (at == std::string::npos) return std::nullopt;
    return std::stoull(message.substr(at + before.size()));
  }
}

}  // namespace seesaw::fuzz
