// In place of jpeg.cc where the build has no libjpeg-turbo: all JPEGs are left to another decoder.
#include "engine/error.h"
#include "face/picture/jpeg.h"

namespace seesaw {

const char* jpeg_library() { return ""; }

std::optional<JpegHeader> read_jpeg_header(const std::uint8_t*, std::size_t) {
  return std::nullopt;
}

bool decode_jpeg(const JpegFile&, int, const Area&, JpegPixels, std::uint8_t*) {
  throw Error(ErrorCode::ImageDecode, "built without libjpeg-turbo");
}

}  // namespace seesaw
