// C++ exceptions as JavaScript errors.
#pragma once

#include <napi.h>

#include <exception>

namespace seesaw::binding {

/**
 * The JavaScript Error for an exception: with `code`, and `argument` or `bestScore` where they
 * apply. Exceptions other than seesaw::Error get OUT_OF_MEMORY or INTERNAL; a Napi::Error is the
 * JavaScript error it carries.
 */
Napi::Error to_js_error(Napi::Env env, const std::exception_ptr& exception);

}  // namespace seesaw::binding
