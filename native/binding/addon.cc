// What the addon exports.
#include <napi.h>

#include "binding/engine_object.h"
#include "engine/build_info.h"
#include "engine/device.h"

namespace seesaw::binding {
namespace {

Napi::Array to_array(Napi::Env env, const std::vector<std::string>& words) {
  Napi::Array array = Napi::Array::New(env, words.size());
  for (std::size_t i = 0; i < words.size(); ++i) {
    array.Set(static_cast<std::uint32_t>(i), Napi::String::New(env, words[i]));
  }
  return array;
}

Napi::Value cpu(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Device device = read_device();
  Napi::Object object = Napi::Object::New(env);
  object.Set("cores", Napi::Number::New(env, device.cores));
  object.Set("bigCores", Napi::Number::New(env, device.big_cores));
  object.Set("features", to_array(env, device.features));
  return object;
}

Napi::Value build(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  Napi::Object object = Napi::Object::New(env);
  object.Set("compiler", Napi::String::New(env, compiler()));
  object.Set("ncnnOptions", to_array(env, ncnn_options()));
  return object;
}

Napi::Value threads(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), kDefaultThreads);
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  exports.Set("Engine", EngineObject::define(env));
  exports.Set("ncnnVersion", Napi::String::New(env, ncnn_version()));
  exports.Set("defaultThreads", Napi::Function::New<threads>(env, "defaultThreads"));
  exports.Set("build", Napi::Function::New<build>(env, "build"));
  exports.Set("cpu", Napi::Function::New<cpu>(env, "cpu"));
  return exports;
}

}  // namespace
}  // namespace seesaw::binding

static Napi::Object Init(Napi::Env env, Napi::Object exports) {
  return seesaw::binding::init(env, exports);
}

NODE_API_MODULE(seesawface, Init)
