#include "face/picture/jpeg_end.h"

#include <cstring>

namespace seesaw {

bool jpeg_has_end(const std::uint8_t* data, std::size_t bytes) {
  if (bytes < 2 || data[0] != 0xff || data[1] != 0xd8) return false;
  for (std::size_t at = 2; at + 1 < bytes;) {
    if (data[at] != 0xff) {
      // Entropy-coded data, or rubbish between segments, which decoders skip as well.
      const void* next = std::memchr(data + at, 0xff, bytes - at);
      if (next == nullptr) return false;
      at = static_cast<std::size_t>(static_cast<const std::uint8_t*>(next) - data);
      continue;
    }
    const std::uint8_t marker = data[at + 1];
    if (marker == 0xd9) return true;
    if (marker == 0xff) {
      at += 1;  // fill byte
    } else if (marker <= 0x01 || (marker >= 0xd0 && marker <= 0xd8)) {
      at += 2;  // stuffed zero, or a marker without a segment
    } else {
      if (at + 3 >= bytes) return false;
      const std::size_t length = std::size_t{data[at + 2]} << 8 | data[at + 3];
      if (length < 2) return false;
      at += 2 + length;
    }
  }
  return false;
}

}  // namespace seesaw
