// What the addon exports.
#include <napi.h>

#include "binding/engine_object.h"
#include "engine/device.h"

namespace seesaw::binding {
namespace {

Napi::Value cpu(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Device device = read_device();
  Napi::Array features = Napi::Array::New(env, device.features.size());
  for (std::size_t i = 0; i < device.features.size(); ++i) {
    features.Set(static_cast<std::uint32_t>(i), Napi::String::New(env, device.features[i]));
  }
  Napi::Object object = Napi::Object::New(env);
  object.Set("cores", Napi::Number::New(env, device.cores));
  object.Set("bigCores", Napi::Number::New(env, device.big_cores));
  object.Set("features", features);
  return object;
}

Napi::Value threads(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), kDefaultThreads);
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  exports.Set("Engine", EngineObject::define(env));
  exports.Set("ncnnVersion", Napi::String::New(env, ncnn_version()));
  exports.Set("defaultThreads", Napi::Function::New<threads>(env, "defaultThreads"));
  exports.Set("cpu", Napi::Function::New<cpu>(env, "cpu"));
  return exports;
}

}  // namespace
}  // namespace seesaw::binding

static Napi::Object Init(Napi::Env env, Napi::Object exports) {
  return seesaw::binding::init(env, exports);
}

NODE_API_MODULE(seesawface, Init)
