// The JavaScript class SearchIndex: an index of embeddings and the thread that uses it.
#pragma once

#include <napi.h>

#include <memory>

#include "binding/task.h"
#include "gallery/index.h"

namespace seesaw::binding {

class GalleryIndex : public Napi::ObjectWrap<GalleryIndex> {
 public:
  /** The class, to be exported. */
  static Napi::Function define(Napi::Env env);

  explicit GalleryIndex(const Napi::CallbackInfo& info);

 private:
  Napi::Value add(const Napi::CallbackInfo& info);
  Napi::Value remove(const Napi::CallbackInfo& info);
  Napi::Value search(const Napi::CallbackInfo& info);
  Napi::Value cancel(const Napi::CallbackInfo& info);
  Napi::Value close(const Napi::CallbackInfo& info);

  int dimensions_ = 0;
  std::shared_ptr<std::unique_ptr<gallery::Index>> index_;  // used on the index's thread only
  std::unique_ptr<TaskRunner> runner_;
};

}  // namespace seesaw::binding
