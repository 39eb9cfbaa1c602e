// Errors as every part of the native side reports them.
#pragma once

#include <limits>
#include <stdexcept>
#include <string>
#include <utility>

namespace seesaw {

/** What native code throws; TypeScript has more, for what it finds itself. */
enum class ErrorCode {
  InvalidArgument,
  ImageDecode,
  NoFace,
  ModelInvalid,
  PrecisionUnsupported,
  DeviceUnavailable,
  Closed,
  QueueFull,
  Aborted,
  OutOfMemory,
  Internal,
};

/** The stable name of a code, the same in every language: "INVALID_ARGUMENT" and so on. */
const char* code_name(ErrorCode code) noexcept;

/**
 * To be called first on threads of ours that may throw. A library that is loaded at run time gets
 * the memory that exceptions need in each thread when that thread throws its first. When there is
 * none left then, for std::bad_alloc, glibc ends the process: "cannot allocate memory for
 * thread-local data".
 */
void prepare_this_thread_for_errors() noexcept;

class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& message, std::string argument = {},
        float best_score = std::numeric_limits<float>::quiet_NaN())
      : std::runtime_error(message),
        code_(code),
        argument_(std::move(argument)),
        best_score_(best_score) {}

  static Error invalid_argument(const std::string& argument, const std::string& message) {
    return Error(ErrorCode::InvalidArgument, message, argument);
  }
  static Error no_face(float best_score, const std::string& message) {
    return Error(ErrorCode::NoFace, message, {}, best_score);
  }

  ErrorCode code() const noexcept { return code_; }
  /** The argument that is at fault; empty when none is. */
  const std::string& argument() const noexcept { return argument_; }
  /** With NoFace: the best score seen; NaN otherwise. */
  float best_score() const noexcept { return best_score_; }

 private:
  ErrorCode code_;
  std::string argument_;
  float best_score_;
};

}  // namespace seesaw
