#include "engine/error.h"

namespace seesaw {

const char* code_name(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::InvalidArgument:
      return "INVALID_ARGUMENT";
    case ErrorCode::ImageDecode:
      return "IMAGE_DECODE";
    case ErrorCode::NoFace:
      return "NO_FACE";
    case ErrorCode::ModelInvalid:
      return "MODEL_INVALID";
    case ErrorCode::PrecisionUnsupported:
      return "PRECISION_UNSUPPORTED";
    case ErrorCode::DeviceUnavailable:
      return "DEVICE_UNAVAILABLE";
    case ErrorCode::Closed:
      return "CLOSED";
    case ErrorCode::QueueFull:
      return "QUEUE_FULL";
    case ErrorCode::Aborted:
      return "ABORTED";
    case ErrorCode::OutOfMemory:
      return "OUT_OF_MEMORY";
    case ErrorCode::Internal:
      return "INTERNAL";
  }
  return "INTERNAL";
}

void prepare_this_thread_for_errors() noexcept {
  try {
    throw 0;
  } catch (int) {
  }
}

}  // namespace seesaw
