#include "binding/engine_object.h"

#include <atomic>
#include <optional>
#include <string_view>
#include <utility>

#include "binding/errors.h"
#include "binding/promised.h"
#include "binding/values.h"
#include "engine/error.h"
#include "face/analyse.h"
#include "face/detect/detector.h"
#include "face/embed/align.h"
#include "face/embed/embedder.h"
#include "face/embed/placed_embedder.h"
#include "face/quality/quality.h"

namespace seesaw::binding {

struct EngineObject::Models {
  std::optional<Detector> detector;
  std::optional<Embedder> embedder;

  const Detector& need_detector() const {
    if (detector) return *detector;
    throw Error::invalid_argument("model", "no detector is loaded");
  }
  const Embedder& need_embedder() const {
    if (embedder) return *embedder;
    throw Error::invalid_argument("model", "no embedder is loaded");
  }
};

namespace {

const std::vector<std::string_view> kPowersaveWords{"off", "little", "big"};

/**
 * Where an engine's threads are to run. A `systemRoot`, which only tests give, is a folder with the
 * description of another machine.
 */
CorePlan core_plan_from(const Napi::Object& options) {
  const int threads = integer_from(options, "threads", 0, 256);
  const auto wanted =
      options.Get("powersave").IsUndefined()
          ? Powersave::Off
          : static_cast<Powersave>(word_from(options, "powersave", kPowersaveWords));
  if (threads != 0 && wanted == Powersave::Off) return {wanted, threads, {}};
  const Napi::Value root = options.Get("systemRoot");
  const Topology topology =
      root.IsString() ? read_topology(root.As<Napi::String>().Utf8Value(), thread_affinity(), 1)
                      : read_topology();
  return plan_cores(topology, wanted, threads == 0 ? std::nullopt : std::optional(threads));
}

/** Environments of several threads make and collect engines. */
std::atomic<int> engine_count{0};

/** What loadEmbedder tells. */
struct Loaded {
  bool fused;
  bool on_gpu;
  std::string reason;
};

/** What embedFrame finds. */
struct Found {
  Face face;
  std::size_t face_count;
  std::vector<float> embedding;
  Quality quality;
};

/** What detect finds; `qualities` is empty unless they were asked for. */
struct Seen {
  Detections detections;
  std::vector<Quality> qualities;
};

Seen detect_with_quality(const Detector& detector, const Frame& frame, const DetectOptions& options,
                         bool with_quality, Stages& stages) {
  stages.enter(Stage::Convert);
  const Picture picture(frame);
  stages.enter(Stage::Detect);
  Seen seen{detector.detect(picture, options), {}};
  if (!with_quality) return seen;
  stages.enter(Stage::Align);
  for (const Face& face : seen.detections.faces) {
    try {
      seen.qualities.push_back(quality_of(face, seesaw::align(picture, face.landmarks)));
    } catch (const Error& error) {
      // A face of which the image shows nothing: every aspect of it is 0.
      if (error.code() != ErrorCode::InvalidArgument) throw;
      seen.qualities.emplace_back();
    }
  }
  return seen;
}

Found embed_most_prominent(const Detector& detector, const Embedder& embedder, const Frame& frame,
                           const DetectOptions& options, Stages& stages) {
  stages.enter(Stage::Convert);
  const Picture picture(frame);
  stages.enter(Stage::Detect);
  const Detections found = detector.detect(picture, options);
  if (found.faces.empty()) {
    throw Error::no_face(found.best_score, "no face was found in the picture");
  }
  const Face& face = most_prominent(found.faces, picture.width(), picture.height());
  stages.enter(Stage::Align);
  const Image crop = seesaw::align(picture, face.landmarks);
  stages.enter(Stage::Embed);
  return {face, found.faces.size(), embedder.embed(crop), quality_of(face, crop)};
}

}  // namespace

Napi::Function EngineObject::define(Napi::Env env) {
  return DefineClass(env, "Engine",
                     {
                         InstanceMethod<&EngineObject::load_detector>("loadDetector"),
                         InstanceMethod<&EngineObject::load_embedder>("loadEmbedder"),
                         InstanceMethod<&EngineObject::detect>("detect"),
                         InstanceMethod<&EngineObject::align>("align"),
                         InstanceMethod<&EngineObject::embed_aligned>("embedAligned"),
                         InstanceMethod<&EngineObject::embed_frame>("embedFrame"),
                         InstanceMethod<&EngineObject::analyse>("analyse"),
                         InstanceMethod<&EngineObject::cancel>("cancel"),
                         InstanceMethod<&EngineObject::close>("close"),
                         InstanceAccessor<&EngineObject::pending>("pending"),
                         InstanceAccessor<&EngineObject::threads>("threads"),
                         InstanceAccessor<&EngineObject::powersave>("powersave"),
                     });
}

EngineObject::EngineObject(const Napi::CallbackInfo& info)
    : ObjectWrap(info), models_(std::make_shared<Models>()) {
  ++engine_count;
  try {
    const Napi::Object object = object_from(info[0], "options");
    core_plan_ = core_plan_from(object);
    options_.threads = core_plan_.threads;
    options_.precision =
        static_cast<Precision>(word_from(object, "precision", {"fp32", "fp16", "int8"}));
    options_.implementation =
        static_cast<Implementation>(word_from(object, "implementation", {"auto", "fused", "ncnn"}));
    if (!object.Get("spinMicroseconds").IsUndefined()) {
      options_.spin =
          std::chrono::microseconds(integer_from(object, "spinMicroseconds", 0, 1'000'000));
    }
    const int queue_limit = integer_from(object, "queueLimit", 1, 1 << 20);
    // The object must not be collected while a promise of its is pending.
    runner_ = std::make_unique<TaskRunner>(
        info.Env(), static_cast<std::size_t>(queue_limit), [this] { keep_to(core_plan_); },
        [this](bool busy) { busy ? Ref() : Unref(); });
  } catch (...) {
    --engine_count;  // no destructor runs for what was not made
    throw to_js_error(info.Env(), std::current_exception());
  }
}

EngineObject::~EngineObject() { --engine_count; }

int EngineObject::count() { return engine_count; }

Napi::Value EngineObject::load_detector(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  return promised(env, [&] {
    auto work = [models = models_, options = options_,
                 bytes = model_from(info[0])](Stages&) mutable {
      models->detector.emplace(Network(std::move(bytes.param), std::move(bytes.bin), options));
      return Nothing();
    };
    return runner_->run(env, {}, std::move(work), to_undefined);
  });
}

Napi::Value EngineObject::load_embedder(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  return promised(env, [&] {
    auto work = [models = models_, options = options_, bytes = model_from(info[0]),
                 input = embedder_input_from(info[1]),
                 placement = placement_from(info[2])](Stages&) mutable {
      PlacedEmbedder placed = place_embedder(bytes.param, bytes.bin, options, input, placement.wish,
                                             placement.allow_software);
      bytes = {};
      Loaded loaded{placed.embedder.fused(), placed.on_gpu, std::move(placed.reason)};
      models->embedder.emplace(std::move(placed.embedder));
      return loaded;
    };
    return runner_->run(
        env, {}, std::move(work), [](Napi::Env e, const Loaded& loaded, const Stages&) {
          Napi::Object object = Napi::Object::New(e);
          object.Set("implementation", Napi::String::New(e, loaded.fused ? "fused" : "ncnn"));
          object.Set("device", Napi::String::New(e, loaded.on_gpu ? "vulkan" : "cpu"));
          object.Set("reason", Napi::String::New(e, loaded.reason));
          return object;
        });
  });
}

Napi::Value EngineObject::detect(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  return promised(env, [&] {
    // Before the frame: a getter among the options may transfer the frame's memory away.
    const DetectOptions options = detect_options_from(info[1]);
    const bool with_quality = boolean_from(object_from(info[1], "options"), "quality");
    Keep keep;
    const Frame frame = frame_from(info[0], keep);
    auto work = [models = models_, frame, options, with_quality](Stages& stages) {
      return detect_with_quality(models->need_detector(), frame, options, with_quality, stages);
    };
    return runner_->run(
        env, std::move(keep), std::move(work),
        [](Napi::Env e, const Seen& seen, const Stages&) {
          return to_js(e, seen.detections, seen.qualities);
        },
        ticket_from(info[2]));
  });
}

Napi::Value EngineObject::align(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  return promised(env, [&] {
    Keep keep;
    const Frame frame = frame_from(info[0], keep);
    auto work = [frame, landmarks = landmarks_from(info[1])](Stages& stages) {
      stages.enter(Stage::Convert);
      const Picture picture(frame);
      stages.enter(Stage::Align);
      return seesaw::align(picture, landmarks);
    };
    return runner_->run(
        env, std::move(keep), std::move(work),
        [](Napi::Env e, const Image& crop, const Stages&) { return to_js_rgb(e, crop); },
        ticket_from(info[2]));
  });
}

Napi::Value EngineObject::embed_aligned(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  return promised(env, [&] {
    auto work = [models = models_, crop = crop_from(info[0], info[1])](Stages& stages) {
      stages.enter(Stage::Embed);
      return models->need_embedder().embed(crop);
    };
    return runner_->run(
        env, {}, std::move(work),
        [](Napi::Env e, const std::vector<float>& embedding, const Stages&) {
          return to_js(e, embedding);
        },
        ticket_from(info[2]));
  });
}

Napi::Value EngineObject::embed_frame(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  return promised(env, [&] {
    // Before the frame: a getter among the options may transfer the frame's memory away.
    const DetectOptions options = detect_options_from(info[1]);
    Keep keep;
    const Frame frame = frame_from(info[0], keep);
    auto work = [models = models_, frame, options](Stages& stages) {
      return embed_most_prominent(models->need_detector(), models->need_embedder(), frame, options,
                                  stages);
    };
    return runner_->run(
        env, std::move(keep), std::move(work),
        [](Napi::Env e, const Found& found, const Stages&) {
          Napi::Object object = Napi::Object::New(e);
          object.Set("face", to_js(e, found.face));
          object.Set("faceCount", Napi::Number::New(e, static_cast<double>(found.face_count)));
          object.Set("embedding", to_js(e, found.embedding));
          object.Set("quality", to_js(e, found.quality));
          return object;
        },
        ticket_from(info[2]));
  });
}

Napi::Value EngineObject::analyse(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  return promised(env, [&] {
    // Before the frame, as above.
    const DetectOptions options = detect_options_from(info[1]);
    const bool embed = info[2].ToBoolean();
    Keep keep;
    const Frame frame = frame_from(info[0], keep);
    auto work = [models = models_, frame, options, embed](Stages& stages) {
      const Detector& detector = models->need_detector();
      const Embedder* embedder = embed ? &models->need_embedder() : nullptr;
      return seesaw::analyse(frame, detector, embedder, options, stages);
    };
    return runner_->run(
        env, std::move(keep), std::move(work),
        [](Napi::Env e, const Analysis& analysis, const Stages& stages) {
          Napi::Object object = to_js(e, analysis);
          object.Set("timing", to_js(e, stages));
          return object;
        },
        ticket_from(info[3]));
  });
}

Napi::Value EngineObject::cancel(const Napi::CallbackInfo& info) {
  runner_->cancel(ticket_from(info[0]));
  return info.Env().Undefined();
}

Napi::Value EngineObject::close(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  return promised(env, [&] { return runner_->close(env, [models = models_] { *models = {}; }); });
}

Napi::Value EngineObject::pending(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(runner_->pending()));
}

Napi::Value EngineObject::threads(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), core_plan_.threads);
}

Napi::Value EngineObject::powersave(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), kPowersaveWords[static_cast<int>(core_plan_.powersave)]);
}

}  // namespace seesaw::binding
