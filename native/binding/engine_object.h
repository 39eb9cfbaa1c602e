// The JavaScript class Engine: models and the thread they run on.
#pragma once

#include <napi.h>

#include <memory>

#include "binding/task.h"
#include "engine/machine/core_plan.h"
#include "engine/network.h"

namespace seesaw::binding {

class EngineObject : public Napi::ObjectWrap<EngineObject> {
 public:
  /** The class, to be exported. */
  static Napi::Function define(Napi::Env env);
  /** Objects of the whole process that have not been collected. */
  static int count();

  explicit EngineObject(const Napi::CallbackInfo& info);
  ~EngineObject() override;

 private:
  struct Models;

  Napi::Value load_detector(const Napi::CallbackInfo& info);
  Napi::Value load_embedder(const Napi::CallbackInfo& info);
  Napi::Value detect(const Napi::CallbackInfo& info);
  Napi::Value align(const Napi::CallbackInfo& info);
  Napi::Value embed_aligned(const Napi::CallbackInfo& info);
  Napi::Value embed_frame(const Napi::CallbackInfo& info);
  Napi::Value analyse(const Napi::CallbackInfo& info);
  Napi::Value cancel(const Napi::CallbackInfo& info);
  Napi::Value close(const Napi::CallbackInfo& info);
  Napi::Value pending(const Napi::CallbackInfo& info);
  Napi::Value threads(const Napi::CallbackInfo& info);
  Napi::Value powersave(const Napi::CallbackInfo& info);

  NetworkOptions options_;
  CorePlan core_plan_;
  std::shared_ptr<Models> models_;  // used on the engine's thread only
  std::unique_ptr<TaskRunner> runner_;
};

}  // namespace seesaw::binding
