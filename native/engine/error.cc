#include "engine/error.h"

namespace seesaw {

const char* code_name(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::InvalidArgument:
      return "INVALID_ARGUMENT";
    case ErrorCode::ImageDecode:
      return "IMAGE_DECODE";
    case ErrorCode::ImageTooLarge:
      return "IMAGE_TOO_LARGE";
    case ErrorCode::NoFace:
      return "NO_FACE";
    case ErrorCode::ModelNotFound:
      return "MODEL_NOT_FOUND";
    case ErrorCode::ModelCorrupt:
      return "MODEL_CORRUPT";
    case ErrorCode::ModelInvalid:
      return "MODEL_INVALID";
    case ErrorCode::PrecisionUnsupported:
      return "PRECISION_UNSUPPORTED";
    case ErrorCode::DeviceUnavailable:
      return "DEVICE_UNAVAILABLE";
    case ErrorCode::EmbeddingMismatch:
      return "EMBEDDING_MISMATCH";
    case ErrorCode::FarUnsupported:
      return "FAR_UNSUPPORTED";
    case ErrorCode::Closed:
      return "CLOSED";
    case ErrorCode::QueueFull:
      return "QUEUE_FULL";
    case ErrorCode::Aborted:
      return "ABORTED";
    case ErrorCode::BindingLoad:
      return "BINDING_LOAD";
    case ErrorCode::OutOfMemory:
      return "OUT_OF_MEMORY";
    case ErrorCode::Internal:
      return "INTERNAL";
  }
  return "INTERNAL";
}

}  // namespace seesaw
