// What the addon exports.
#include <napi.h>

#include <exception>

#include "binding/engine_object.h"
#include "binding/errors.h"
#include "binding/gallery_index.h"
#include "binding/jpeg_calls.h"
#include "binding/values.h"
#include "engine/machine/build_info.h"
#include "engine/machine/device.h"
#include "engine/machine/gpus.h"
#include "engine/machine/topology.h"
#include "face/picture/jpeg.h"

namespace seesaw::binding {
namespace {

Napi::Array to_array(Napi::Env env, const std::vector<std::string>& words) {
  Napi::Array array = Napi::Array::New(env, words.size());
  for (std::size_t i = 0; i < words.size(); ++i) {
    array.Set(static_cast<std::uint32_t>(i), Napi::String::New(env, words[i]));
  }
  return array;
}

Napi::Object to_object(Napi::Env env, const Cluster& cluster) {
  constexpr const char* kKinds[] = {"little", "big", "prime"};
  Napi::Object object = Napi::Object::New(env);
  object.Set("kind", kKinds[static_cast<int>(cluster.kind)]);
  object.Set("name", cluster.name);
  object.Set("maxMHz", cluster.max_mhz);
  Napi::Array cpus = Napi::Array::New(env);
  std::uint32_t count = 0;
  for (std::size_t i = 0; i < cluster.cpus.size(); ++i) {
    if (cluster.cpus[i]) cpus.Set(count++, Napi::Number::New(env, static_cast<double>(i)));
  }
  object.Set("cpus", cpus);
  return object;
}

Napi::Value cpu(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Topology topology = read_topology();
  Napi::Object object = Napi::Object::New(env);
  object.Set("cores", topology.cpus());
  object.Set("bigCores", static_cast<double>(topology.big().count()));
  object.Set("features", to_array(env, cpu_features()));
  Napi::Array clusters = Napi::Array::New(env);
  for (const Cluster& cluster : topology.clusters) {
    clusters.Set(clusters.Length(), to_object(env, cluster));
  }
  object.Set("clusters", clusters);
  object.Set("quota", topology.quota > 0 ? Napi::Number::New(env, topology.quota) : env.Null());
  object.Set("autoThreads", topology.threads_on(topology.big()));
  return object;
}

Napi::Value build(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  Napi::Object object = Napi::Object::New(env);
  object.Set("compiler", Napi::String::New(env, compiler()));
  object.Set("ncnnOptions", to_array(env, ncnn_options()));
  return object;
}

Napi::Value vulkan(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  try {
    const bool allow_software = boolean_from(object_from(info[0], "options"), "allowSoftware");
    return to_js(env, survey_gpus(), allow_software);
  } catch (...) {
    throw to_js_error(env, std::current_exception());
  }
}

Napi::Value threads(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), kDefaultThreads);
}

/** Frees the memory of a Uint8Array at once; leaves alone what is shared or may not be taken away.
 */
Napi::Value discard(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (!info[0].IsTypedArray()) return env.Undefined();
  const napi_value buffer = info[0].As<Napi::TypedArray>().ArrayBuffer();
  bool plain = false;
  if (napi_is_arraybuffer(env, buffer, &plain) == napi_ok && plain) {
    napi_detach_arraybuffer(env, buffer);  // refused for Node's pool of small buffers
  }
  return env.Undefined();
}

/**
 * Tells V8 of memory that one of its objects keeps and it does not know of, so that the object is
 * collected in time; a negative number takes that back.
 */
Napi::Value weigh(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (info[0].IsNumber()) {
    Napi::MemoryManagement::AdjustExternalMemory(env, info[0].As<Napi::Number>().Int64Value());
  }
  return env.Undefined();
}

Napi::Value engines(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), EngineObject::count());
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  exports.Set("Engine", EngineObject::define(env));
  exports.Set("SearchIndex", GalleryIndex::define(env));
  exports.Set("ncnnVersion", Napi::String::New(env, ncnn_version()));
  exports.Set("defaultThreads", Napi::Function::New<threads>(env, "defaultThreads"));
  exports.Set("engines", Napi::Function::New<engines>(env, "engines"));
  exports.Set("build", Napi::Function::New<build>(env, "build"));
  exports.Set("cpu", Napi::Function::New<cpu>(env, "cpu"));
  exports.Set("decodeJpeg", Napi::Function::New<decode_jpeg_file>(env, "decodeJpeg"));
  exports.Set("discard", Napi::Function::New<discard>(env, "discard"));
  exports.Set("jpegEnds", Napi::Function::New<jpeg_ends>(env, "jpegEnds"));
  exports.Set("jpegHeader", Napi::Function::New<jpeg_header>(env, "jpegHeader"));
  exports.Set("jpegLibrary", Napi::String::New(env, jpeg_library()));
  exports.Set("weigh", Napi::Function::New<weigh>(env, "weigh"));
  exports.Set("vulkan", Napi::Function::New<vulkan>(env, "vulkan"));
  return exports;
}

}  // namespace
}  // namespace seesaw::binding

static Napi::Object Init(Napi::Env env, Napi::Object exports) {
  return seesaw::binding::init(env, exports);
}

NODE_API_MODULE(seesawface, Init)
