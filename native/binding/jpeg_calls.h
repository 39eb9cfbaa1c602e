// Decoding JPEGs for JavaScript, beside any engine.
#pragma once

#include <napi.h>

namespace seesaw::binding {

/** jpegHeader(file): {width, height, gray}, or null for a file that is left to another decoder. */
Napi::Value jpeg_header(const Napi::CallbackInfo& info);

/**
 * decodeJpeg(file, {width, height, reducedBy}, pixels): fills a Uint8Array, of one byte a pixel for
 * grey or three for RGB by its length, on a thread of libuv's pool. Both arrays must be neither
 * detached nor shrunk until the promise settles. Rejects where the file lacks both a part of the
 * picture and its end marker.
 */
Napi::Value decode_jpeg_file(const Napi::CallbackInfo& info);

/** jpegEnds(file): a promise for whether it has an end marker; a thread of the pool looks for it.
 */
Napi::Value jpeg_ends(const Napi::CallbackInfo& info);

}  // namespace seesaw::binding
