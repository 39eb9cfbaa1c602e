#include "binding/errors.h"

#include <cmath>
#include <new>
#include <string>
#include <system_error>

#include "engine/error.h"

namespace seesaw::binding {
namespace {

Napi::Error describe(Napi::Env env, const Error& error) {
  Napi::Error js = Napi::Error::New(env, error.what());
  js.Set("code", Napi::String::New(env, code_name(error.code())));
  if (!error.argument().empty()) js.Set("argument", Napi::String::New(env, error.argument()));
  if (!std::isnan(error.best_score())) {
    js.Set("bestScore", Napi::Number::New(env, error.best_score()));
  }
  return js;
}

}  // namespace

Napi::Error to_js_error(Napi::Env env, const std::exception_ptr& exception) {
  try {
    std::rethrow_exception(exception);
  } catch (const Napi::Error& error) {
    return error;
  } catch (const Error& error) {
    return describe(env, error);
  } catch (const std::bad_alloc&) {
    return describe(env, Error(ErrorCode::OutOfMemory, "out of memory"));
  } catch (const std::system_error& error) {
    const bool refused = error.code() == std::errc::resource_unavailable_try_again;
    return describe(env, refused
                             ? Error(ErrorCode::OutOfMemory,
                                     "the system refused to start a thread: not enough memory, or "
                                     "a limit on threads or processes (ulimit -u)")
                             : Error(ErrorCode::Internal, error.what()));
  } catch (const std::exception& error) {
    return describe(env, Error(ErrorCode::Internal, error.what()));
  } catch (...) {
    return describe(env, Error(ErrorCode::Internal, "an exception of unknown type"));
  }
}

}  // namespace seesaw::binding
