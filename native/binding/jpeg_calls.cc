#include "binding/jpeg_calls.h"

#include <exception>
#include <memory>
#include <optional>
#include <utility>

#include "binding/errors.h"
#include "binding/values.h"
#include "engine/error.h"
#include "face/picture/jpeg.h"
#include "face/picture/jpeg_end.h"

namespace seesaw::binding {
namespace {

/** What is to be decoded, and where to. */
struct Job {
  JpegFile file;
  int step;
  JpegPixels pixels;
  std::uint8_t* out;
};

class DecodeWorker final : public Napi::AsyncWorker {
 public:
  DecodeWorker(Napi::Env env, Keep keep, const Job& job)
      : AsyncWorker(env, "seesawface"), deferred_(env), keep_(std::move(keep)), job_(job) {}

  Napi::Promise promise() const { return deferred_.Promise(); }

  void Execute() override {
    try {
      const Area all{0, 0, reduced(job_.file.width, job_.step),
                     reduced(job_.file.height, job_.step)};
      const bool whole = decode_jpeg(job_.file, job_.step, all, job_.pixels, job_.out);
      // Cameras may leave the end marker out; all of the picture must be there.
      if (!whole && !jpeg_has_end(job_.file.data, job_.file.bytes)) {
        throw Error(ErrorCode::ImageDecode, "the JPEG is truncated: its data ends too early");
      }
    } catch (...) {
      error_ = std::current_exception();
    }
  }

  void OnOK() override {
    if (error_) {
      deferred_.Reject(to_js_error(Env(), error_).Value());
    } else {
      deferred_.Resolve(Env().Undefined());
    }
  }

 private:
  const Napi::Promise::Deferred deferred_;
  const Keep keep_;
  const Job job_;
  std::exception_ptr error_;
};

/** Walks a file to its end, which may be far. */
class EndWorker final : public Napi::AsyncWorker {
 public:
  EndWorker(Napi::Env env, Napi::ObjectReference keep, const std::uint8_t* data, std::size_t bytes)
      : AsyncWorker(env, "seesawface"),
        deferred_(env),
        keep_(std::move(keep)),
        data_(data),
        bytes_(bytes) {}

  Napi::Promise promise() const { return deferred_.Promise(); }

  void Execute() override { found_ = jpeg_has_end(data_, bytes_); }
  void OnOK() override { deferred_.Resolve(Napi::Boolean::New(Env(), found_)); }

 private:
  const Napi::Promise::Deferred deferred_;
  const Napi::ObjectReference keep_;
  const std::uint8_t* const data_;
  const std::size_t bytes_;
  bool found_ = false;
};

Napi::Value rejected(Napi::Env env, const std::exception_ptr& error) {
  const Napi::Promise::Deferred deferred(env);
  deferred.Reject(to_js_error(env, error).Value());
  return deferred.Promise();
}

Napi::Value started(const Napi::CallbackInfo& info) {
  const Napi::Object options = object_from(info[1], "options");
  Job job{};
  job.file.width = integer_from(options, "width", 1, kMaxImageSide);
  job.file.height = integer_from(options, "height", 1, kMaxImageSide);
  job.step = integer_from(options, "reducedBy", 1, kLargestJpegStep);
  // Last: a property may be a getter that transfers the memory away.
  const Napi::Uint8Array file = bytes_from(info[0], "file");
  const Napi::Uint8Array pixels = bytes_from(info[2], "pixels");
  job.file.data = file.Data();
  job.file.bytes = file.ElementLength();
  job.out = const_cast<std::uint8_t*>(pixels.Data());  // what JavaScript gave to be written to
  const auto count = std::size_t(reduced(job.file.width, job.step)) *
                     std::size_t(reduced(job.file.height, job.step));
  const std::size_t bytes = pixels.ElementLength();
  if (bytes != count && bytes != 3 * count) {
    throw Error::invalid_argument("pixels", "pixels must have 1 or 3 bytes for each pixel");
  }
  job.pixels = bytes == count ? JpegPixels::Gray : JpegPixels::Rgb;
  Keep keep;
  keep.push_back(Napi::Persistent(file.As<Napi::Object>()));
  keep.push_back(Napi::Persistent(pixels.As<Napi::Object>()));
  auto worker = std::make_unique<DecodeWorker>(info.Env(), std::move(keep), job);
  const Napi::Promise promise = worker->promise();
  worker->Queue();
  worker.release();  // it destroys itself
  return promise;
}

}  // namespace

Napi::Value jpeg_header(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  try {
    const Napi::Uint8Array file = bytes_from(info[0], "file");
    const std::optional<JpegHeader> header = read_jpeg_header(file.Data(), file.ElementLength());
    if (!header) return env.Null();
    Napi::Object object = Napi::Object::New(env);
    object.Set("width", Napi::Number::New(env, header->width));
    object.Set("height", Napi::Number::New(env, header->height));
    object.Set("gray", Napi::Boolean::New(env, header->gray));
    return object;
  } catch (...) {
    throw to_js_error(env, std::current_exception());
  }
}

Napi::Value decode_jpeg_file(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  try {
    return started(info);
  } catch (...) {
    return rejected(env, std::current_exception());
  }
}

Napi::Value jpeg_ends(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  try {
    const Napi::Uint8Array file = bytes_from(info[0], "file");
    auto worker = std::make_unique<EndWorker>(env, Napi::Persistent(file.As<Napi::Object>()),
                                              file.Data(), file.ElementLength());
    const Napi::Promise promise = worker->promise();
    worker->Queue();
    worker.release();  // it destroys itself
    return promise;
  } catch (...) {
    return rejected(env, std::current_exception());
  }
}

}  // namespace seesaw::binding
