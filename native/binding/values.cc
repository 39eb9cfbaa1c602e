#include "binding/values.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "engine/error.h"

namespace seesaw::binding {
namespace {

double number_from(const Napi::Object& object, const char* key, double low, double high) {
  const Napi::Value value = object.Get(key);
  const double number = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : NAN;
  // Not-a-number fails both comparisons.
  if (number >= low && number <= high) return number;
  throw Error::invalid_argument(key, std::string(key) + " must be a number from " +
                                         std::to_string(low) + " to " + std::to_string(high));
}

std::string string_from(const Napi::Object& object, const char* key) {
  const Napi::Value value = object.Get(key);
  if (!value.IsString()) {
    throw Error::invalid_argument(key, std::string(key) + " must be a string");
  }
  return value.As<Napi::String>().Utf8Value();
}

std::array<float, 3> triple_from(const Napi::Object& object, const char* key) {
  const Napi::Value value = object.Get(key);
  std::array<float, 3> numbers{};
  if (value.IsArray() && value.As<Napi::Array>().Length() == numbers.size()) {
    const Napi::Array array = value.As<Napi::Array>();
    bool good = true;
    for (std::uint32_t i = 0; i < numbers.size(); ++i) {
      const Napi::Value item = array.Get(i);
      numbers[i] = item.IsNumber() ? item.As<Napi::Number>().FloatValue() : NAN;
      good = good && std::isfinite(numbers[i]);
    }
    if (good) return numbers;
  }
  throw Error::invalid_argument(key, std::string(key) + " must be a list of three numbers");
}

}  // namespace

Napi::Object object_from(const Napi::Value& value, const char* argument) {
  if (value.IsObject()) return value.As<Napi::Object>();
  throw Error::invalid_argument(argument, std::string(argument) + " must be an object");
}

Napi::Uint8Array bytes_from(const Napi::Value& value, const char* argument) {
  if (value.IsTypedArray()) {
    const napi_typedarray_type type = value.As<Napi::TypedArray>().TypedArrayType();
    if (type == napi_uint8_array || type == napi_uint8_clamped_array) {
      return value.As<Napi::Uint8Array>();
    }
  }
  throw Error::invalid_argument(argument, std::string(argument) + " must be a Uint8Array");
}

bool boolean_from(const Napi::Object& object, const char* key) {
  const Napi::Value value = object.Get(key);
  if (value.IsBoolean()) return value.As<Napi::Boolean>().Value();
  throw Error::invalid_argument(key, std::string(key) + " must be true or false");
}

int integer_from(const Napi::Object& object, const char* key, int low, int high) {
  const Napi::Value value = object.Get(key);
  const double number = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : NAN;
  if (number >= low && number <= high && number == std::floor(number)) {
    return static_cast<int>(number);
  }
  throw Error::invalid_argument(key, std::string(key) + " must be a whole number from " +
                                         std::to_string(low) + " to " + std::to_string(high));
}

std::size_t word_from(const Napi::Object& object, const char* key,
                      const std::vector<std::string_view>& words) {
  const Napi::Value value = object.Get(key);
  std::string choices;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (value.IsString() && value.As<Napi::String>().Utf8Value() == words[i]) return i;
    choices += (i ? ", " : "") + std::string(words[i]);
  }
  throw Error::invalid_argument(key, std::string(key) + " must be one of " + choices);
}

ModelBytes model_from(const Napi::Value& value) {
  const Napi::Object object = object_from(value, "model");
  // A property may be a getter that transfers another's memory away: take all, then look.
  const Napi::Value param_value = object.Get("param");
  const Napi::Value bin_value = object.Get("bin");
  const Napi::Uint8Array param = bytes_from(param_value, "param");
  const Napi::Uint8Array bin = bytes_from(bin_value, "bin");
  return {std::string(reinterpret_cast<const char*>(param.Data()), param.ElementLength()),
          std::vector<std::uint8_t>(bin.Data(), bin.Data() + bin.ElementLength())};
}

EmbedderInput embedder_input_from(const Napi::Value& value) {
  const Napi::Object object = object_from(value, "input");
  EmbedderInput input;
  input.bgr = word_from(object, "channels", {"bgr", "rgb"}) == 0;
  input.mean = triple_from(object, "mean");
  input.norm = triple_from(object, "norm");
  input.input_blob = string_from(object, "inputBlob");
  input.output_blob = string_from(object, "outputBlob");
  input.embedding_size = integer_from(object, "embeddingSize", 1, 65536);
  return input;
}

Placement placement_from(const Napi::Value& value) {
  const Napi::Object object = object_from(value, "placement");
  const std::size_t device = word_from(object, "device", {"cpu", "vulkan", "auto"});
  return {static_cast<DeviceWish>(device), boolean_from(object, "allowSoftware")};
}

DetectOptions detect_options_from(const Napi::Value& value) {
  const Napi::Object object = object_from(value, "options");
  DetectOptions options;
  options.score_threshold = static_cast<float>(number_from(object, "scoreThreshold", 0, 1));
  options.nms_iou = static_cast<float>(number_from(object, "nmsIou", 0, 1));
  options.search.max_side = integer_from(object, "maxSide", 32, 8192);
  options.search.thorough = word_from(object, "search", {"quick", "thorough"}) == 1;
  options.search.turned = boolean_from(object, "rotations");
  options.search.min_face = integer_from(object, "minFaceSize", 0, kMaxImageSide);
  options.search.budget = static_cast<std::int64_t>(number_from(object, "searchPixels", 0, 1e12));
  options.max_faces = integer_from(object, "maxFaces", 1, 1 << 16);
  return options;
}

Landmarks landmarks_from(const Napi::Value& value) {
  Landmarks landmarks;
  const bool floats =
      value.IsTypedArray() && value.As<Napi::TypedArray>().TypedArrayType() == napi_float32_array;
  if (!floats || value.As<Napi::Float32Array>().ElementLength() != landmarks.size() * 2) {
    throw Error::invalid_argument("landmarks", "landmarks must be a Float32Array of 10 numbers");
  }
  const Napi::Float32Array numbers = value.As<Napi::Float32Array>();
  for (std::size_t i = 0; i < landmarks.size(); ++i) {
    landmarks[i] = {numbers[2 * i], numbers[2 * i + 1]};
    if (!std::isfinite(landmarks[i].x) || !std::isfinite(landmarks[i].y)) {
      throw Error::invalid_argument("landmarks", "landmarks must be finite numbers");
    }
  }
  return landmarks;
}

Image crop_from(const Napi::Value& crop, const Napi::Value& order) {
  const Napi::Uint8Array bytes = bytes_from(crop, "crop");
  constexpr std::size_t size = std::size_t{kCropSize} * kCropSize * 3;
  if (bytes.ElementLength() != size) {
    throw Error::invalid_argument("crop", "crop must have " + std::to_string(size) +
                                              " bytes (112x112 pixels of 3), not " +
                                              std::to_string(bytes.ElementLength()));
  }
  const std::string name = order.IsString() ? order.As<Napi::String>().Utf8Value() : "";
  if (name != "rgb" && name != "bgr") {
    throw Error::invalid_argument("order", "order must be rgb or bgr");
  }
  Image image{kCropSize, kCropSize, {bytes.Data(), bytes.Data() + size}};
  if (name == "rgb") {
    for (std::size_t i = 0; i < size; i += 3) std::swap(image.bgr[i], image.bgr[i + 2]);
  }
  return image;
}

Napi::Object to_js(Napi::Env env, const Face& face) {
  Napi::Object box = Napi::Object::New(env);
  box.Set("x", Napi::Number::New(env, face.box.x));
  box.Set("y", Napi::Number::New(env, face.box.y));
  box.Set("width", Napi::Number::New(env, face.box.width));
  box.Set("height", Napi::Number::New(env, face.box.height));
  std::vector<float> points;
  for (const Point& point : face.landmarks) points.insert(points.end(), {point.x, point.y});
  Napi::Object object = Napi::Object::New(env);
  object.Set("box", box);
  object.Set("score", Napi::Number::New(env, face.score));
  object.Set("landmarks", to_js(env, points));
  return object;
}

Napi::Object to_js(Napi::Env env, const Quality& quality) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("overall", Napi::Number::New(env, quality.overall));
  object.Set("sharpness", Napi::Number::New(env, quality.sharpness));
  object.Set("exposure", Napi::Number::New(env, quality.exposure));
  object.Set("size", Napi::Number::New(env, quality.size));
  object.Set("yaw", Napi::Number::New(env, quality.pose.yaw));
  object.Set("pitch", Napi::Number::New(env, quality.pose.pitch));
  object.Set("roll", Napi::Number::New(env, quality.pose.roll));
  return object;
}

Napi::Object to_js(Napi::Env env, const Detections& detections,
                   const std::vector<Quality>& qualities) {
  Napi::Array faces = Napi::Array::New(env, detections.faces.size());
  for (std::size_t i = 0; i < detections.faces.size(); ++i) {
    Napi::Object face = to_js(env, detections.faces[i]);
    if (i < qualities.size()) face.Set("quality", to_js(env, qualities[i]));
    faces.Set(static_cast<std::uint32_t>(i), face);
  }
  Napi::Object object = Napi::Object::New(env);
  object.Set("faces", faces);
  object.Set("bestScore", Napi::Number::New(env, detections.best_score));
  return object;
}

Napi::Object to_js(Napi::Env env, const Analysis& analysis) {
  Napi::Object object = to_js(env, analysis.found, analysis.qualities);
  Napi::Array embeddings = Napi::Array::New(env, analysis.embeddings.size());
  for (std::size_t i = 0; i < analysis.embeddings.size(); ++i) {
    embeddings.Set(static_cast<std::uint32_t>(i), to_js(env, analysis.embeddings[i]));
  }
  object.Set("embeddings", embeddings);
  return object;
}

Napi::Object to_js(Napi::Env env, const GpuSurvey& survey, bool allow_software) {
  const GpuChoice choice = choose_gpu(survey, allow_software);
  Napi::Array devices = Napi::Array::New(env, survey.gpus.size());
  for (std::size_t i = 0; i < survey.gpus.size(); ++i) {
    const Gpu& gpu = survey.gpus[i];
    Napi::Object device = Napi::Object::New(env);
    device.Set("name", Napi::String::New(env, gpu.name));
    device.Set("kind", Napi::String::New(env, kind_name(gpu.kind)));
    device.Set("vulkan", Napi::String::New(env, gpu.vulkan));
    device.Set("driver", Napi::String::New(env, gpu.driver));
    device.Set("fp16", Napi::Boolean::New(env, gpu.fp16));
    device.Set("chosen", Napi::Boolean::New(env, choice.gpu && choice.gpu->index == gpu.index));
    devices.Set(static_cast<std::uint32_t>(i), device);
  }
  Napi::Object object = Napi::Object::New(env);
  object.Set("builtIn", Napi::Boolean::New(env, survey.built_in));
  object.Set("loader", Napi::Boolean::New(env, survey.loader));
  object.Set("devices", devices);
  object.Set("reason", Napi::String::New(env, choice.reason));
  return object;
}

Napi::Object to_js(Napi::Env env, const Stages& stages) {
  constexpr std::array<std::pair<const char*, Stage>, kStageCount> names{{
      {"wait", Stage::Wait},
      {"convert", Stage::Convert},
      {"detect", Stage::Detect},
      {"align", Stage::Align},
      {"embed", Stage::Embed},
  }};
  Napi::Object object = Napi::Object::New(env);
  for (const auto& [name, stage] : names) {
    object.Set(name, Napi::Number::New(env, stages.milliseconds(stage)));
  }
  return object;
}

Napi::Float32Array to_js(Napi::Env env, const std::vector<float>& numbers) {
  Napi::Float32Array array = Napi::Float32Array::New(env, numbers.size());
  std::copy(numbers.begin(), numbers.end(), array.Data());
  return array;
}

Napi::Uint8Array to_js_rgb(Napi::Env env, const Image& crop) {
  Napi::Uint8Array array = Napi::Uint8Array::New(env, crop.bgr.size());
  std::uint8_t* rgb = array.Data();
  for (std::size_t i = 0; i + 2 < crop.bgr.size(); i += 3) {
    rgb[i] = crop.bgr[i + 2];
    rgb[i + 1] = crop.bgr[i + 1];
    rgb[i + 2] = crop.bgr[i];
  }
  return array;
}

}  // namespace seesaw::binding
