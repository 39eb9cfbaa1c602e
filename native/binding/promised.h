// What methods that return promises have in common.
#pragma once

#include <napi.h>

#include <exception>

#include "binding/errors.h"
#include "binding/task.h"

namespace seesaw::binding {

/** Calls `body`, which returns a promise; what it throws becomes a rejected promise. */
template <typename Body>
Napi::Value promised(Napi::Env env, Body body) {
  try {
    return body();
  } catch (...) {
    const Napi::Promise::Deferred deferred(env);
    deferred.Reject(to_js_error(env, std::current_exception()).Value());
    return deferred.Promise();
  }
}

/** The number that names a task for cancel(); 0 when none is given. */
inline Ticket ticket_from(const Napi::Value& value) {
  return value.IsNumber() ? value.As<Napi::Number>().Uint32Value() : 0;
}

/** The value of a task that has none. */
struct Nothing {};

inline Napi::Value to_undefined(Napi::Env env, const Nothing&, const Stages&) {
  return env.Undefined();
}

}  // namespace seesaw::binding
