// JPEG files, decoded by libjpeg-turbo at full size or at a half, a quarter or an eighth of it: to
// make a picture smaller while it is decoded costs less than to decode all of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "face/picture/pixels.h"

namespace seesaw {

/** A file that belongs to someone else, and the size its header is known to tell. */
struct JpegFile {
  const std::uint8_t* data = nullptr;
  std::size_t bytes = 0;
  int width = 0;
  int height = 0;
};

/** By how much a JPEG can be made smaller while it is decoded. */
inline constexpr int kLargestJpegStep = 8;

/** A side made smaller by `step`; what is left over at the end gives a last pixel. */
constexpr int reduced(int side, int step) { return side / step + (side % step != 0); }

struct JpegHeader {
  int width = 0;
  int height = 0;
  bool gray = false;
};

/** Whether this build decodes JPEGs, and with what: "libjpeg-turbo 3.1.2"; else empty. */
const char* jpeg_library();

/**
 * Nothing for a file that is left to another decoder: one in CMYK or of more than 8 bits, or any
 * in a build without libjpeg-turbo.
 * @throws Error ImageDecode
 */
std::optional<JpegHeader> read_jpeg_header(const std::uint8_t* data, std::size_t bytes);

enum class JpegPixels { Rgb, Bgr, Gray };

/**
 * Decodes a part of a JPEG whose sides are made smaller by `step`: 1, 2, 4 or 8. `part` is in
 * pixels of the reduced picture, whose sides are those of reduced(). Rows follow each other in
 * `out` without gaps. What is damaged in the middle of a file is filled up.
 * @return whether the file had data for all that was decoded: what is missing is filled up, too
 * @throws Error ImageDecode, OutOfMemory
 */
bool decode_jpeg(const JpegFile& file, int step, const Area& part, JpegPixels pixels,
                 std::uint8_t* out);

}  // namespace seesaw
