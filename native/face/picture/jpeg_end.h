// Whether a JPEG file runs to its end: decoders fill up what is missing, and report success.
#pragma once

#include <cstddef>
#include <cstdint>

namespace seesaw {

/**
 * Whether the structure of a file leads to an end-of-image marker: segments by their lengths,
 * entropy-coded data by its markers (ITU-T T.81, B.1.1). Needs no decoder.
 */
bool jpeg_has_end(const std::uint8_t* data, std::size_t bytes);

}  // namespace seesaw
