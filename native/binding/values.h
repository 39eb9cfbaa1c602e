// JavaScript values as plain structs and back. Every check names the argument it is about.
#pragma once

#include <napi.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "binding/task.h"
#include "engine/machine/gpus.h"
#include "engine/stages.h"
#include "face/analyse.h"
#include "face/detect/detector.h"
#include "face/embed/embedder.h"
#include "face/embed/placed_embedder.h"
#include "face/picture/frame.h"
#include "face/picture/pixels.h"
#include "face/quality/quality.h"
#include "face/types.h"

namespace seesaw::binding {

/** The bytes of a model, copied. */
struct ModelBytes {
  std::string param;
  std::vector<std::uint8_t> bin;
};

/** The object `value`, or InvalidArgument naming `argument`. */
Napi::Object object_from(const Napi::Value& value, const char* argument);
/** A Uint8Array (a Buffer is one) or Uint8ClampedArray, without a copy of its bytes. */
Napi::Uint8Array bytes_from(const Napi::Value& value, const char* argument);
/** Property `key` as true or false. */
bool boolean_from(const Napi::Object& object, const char* key);
/** Property `key` as a whole number from `low` to `high`. */
int integer_from(const Napi::Object& object, const char* key, int low, int high);
/** Property `key` as one of `words`; returns its position. */
std::size_t word_from(const Napi::Object& object, const char* key,
                      const std::vector<std::string_view>& words);

ModelBytes model_from(const Napi::Value& value);
EmbedderInput embedder_input_from(const Napi::Value& value);
/** Where an embedding network is to be computed. */
struct Placement {
  DeviceWish wish;
  bool allow_software;  // a driver of the GPU's interface that computes on the CPU
};
Placement placement_from(const Napi::Value& value);
DetectOptions detect_options_from(const Napi::Value& value);
/**
 * A frame that refers to the bytes of its `data`, which is added to `keep`. Nobody may detach or
 * shrink that memory until the work is done; other threads may write to it.
 */
Frame frame_from(const Napi::Value& value, Keep& keep);
Landmarks landmarks_from(const Napi::Value& value);
/** An aligned crop of 112x112 pixels, copied as BGR. */
Image crop_from(const Napi::Value& crop, const Napi::Value& order);

Napi::Object to_js(Napi::Env env, const Face& face);
Napi::Object to_js(Napi::Env env, const Quality& quality);
/** @param qualities of the faces, or empty */
Napi::Object to_js(Napi::Env env, const Detections& detections,
                   const std::vector<Quality>& qualities);
Napi::Object to_js(Napi::Env env, const Analysis& analysis);
/** What Vulkan shows, and which of it computes when a GPU is wished for. */
Napi::Object to_js(Napi::Env env, const GpuSurvey& survey, bool allow_software);
/** The milliseconds of each stage. */
Napi::Object to_js(Napi::Env env, const Stages& stages);
Napi::Float32Array to_js(Napi::Env env, const std::vector<float>& numbers);
/** The pixels of a crop in the order RGB. */
Napi::Uint8Array to_js_rgb(Napi::Env env, const Image& crop);

}  // namespace seesaw::binding
