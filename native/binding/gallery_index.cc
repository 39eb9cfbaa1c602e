#include "binding/gallery_index.h"

#include <string>
#include <utility>
#include <vector>

#include "binding/errors.h"
#include "binding/promised.h"
#include "binding/values.h"
#include "engine/error.h"

namespace seesaw::binding {
namespace {

constexpr int kMostThreads = 256;
constexpr int kMostHits = 4096;
constexpr std::size_t kMostQueries = 1024;

template <typename Array>
Array typed_from(const Napi::Value& value, napi_typedarray_type type, const char* argument,
                 const char* name) {
  if (value.IsTypedArray() && value.As<Napi::TypedArray>().TypedArrayType() == type) {
    return value.As<Array>();
  }
  throw Error::invalid_argument(argument, std::string(argument) + " must be a " + name);
}

std::vector<std::int64_t> ids_from(const Napi::Value& value, const char* argument) {
  const auto array =
      typed_from<Napi::BigInt64Array>(value, napi_bigint64_array, argument, "BigInt64Array");
  return {array.Data(), array.Data() + array.ElementLength()};
}

/** Copied, so that later changes cannot matter. */
std::vector<float> floats_from(const Napi::Value& value, const char* argument) {
  const auto array =
      typed_from<Napi::Float32Array>(value, napi_float32_array, argument, "Float32Array");
  return {array.Data(), array.Data() + array.ElementLength()};
}

/** What a search found, as one array each. */
Napi::Object to_js(Napi::Env env, const std::vector<gallery::Hit>& hits) {
  auto ids = Napi::BigInt64Array::New(env, hits.size());
  auto persons = Napi::BigInt64Array::New(env, hits.size());
  auto scores = Napi::Float64Array::New(env, hits.size());
  for (std::size_t i = 0; i < hits.size(); ++i) {
    ids[i] = hits[i].id;
    persons[i] = hits[i].person;
    scores[i] = hits[i].score;
  }
  Napi::Object object = Napi::Object::New(env);
  object.Set("ids", ids);
  object.Set("persons", persons);
  object.Set("scores", scores);
  return object;
}

struct Removed {
  std::size_t count;
  std::size_t size;
};

}  // namespace

Napi::Function GalleryIndex::define(Napi::Env env) {
  return DefineClass(env, "SearchIndex",
                     {
                         InstanceMethod<&GalleryIndex::add>("add"),
                         InstanceMethod<&GalleryIndex::remove>("remove"),
                         InstanceMethod<&GalleryIndex::search>("search"),
                         InstanceMethod<&GalleryIndex::cancel>("cancel"),
                         InstanceMethod<&GalleryIndex::close>("close"),
                     });
}

GalleryIndex::GalleryIndex(const Napi::CallbackInfo& info)
    : ObjectWrap(info), index_(std::make_shared<std::unique_ptr<gallery::Index>>()) {
  try {
    const Napi::Object options = object_from(info[0], "options");
    dimensions_ = integer_from(options, "dimensions", 1, gallery::kMostDimensions);
    const int threads = integer_from(options, "threads", 1, kMostThreads);
    const int queue_limit = integer_from(options, "queueLimit", 1, 1 << 20);
    *index_ =
        std::make_unique<gallery::Index>(dimensions_, boolean_from(options, "keepRows"), threads);
    // The object must not be collected while a promise of its is pending.
    runner_ = std::make_unique<TaskRunner>(
        info.Env(), static_cast<std::size_t>(queue_limit), std::function<void()>(),
        [this](bool busy) { busy ? Ref() : Unref(); }, "search index");
  } catch (...) {
    throw to_js_error(info.Env(), std::current_exception());
  }
}

Napi::Value GalleryIndex::add(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  return promised(env, [&] {
    auto ids = ids_from(info[0], "ids");
    auto persons = ids_from(info[1], "persons");
    auto rows = floats_from(info[2], "rows");
    if (persons.size() != ids.size()) {
      throw Error::invalid_argument("persons", "persons must have one number for each of ids");
    }
    if (rows.size() != ids.size() * dimensions_) {
      throw Error::invalid_argument(
          "rows", "rows must hold " + std::to_string(dimensions_) + " numbers for each of ids");
    }
    auto work = [index = index_, ids = std::move(ids), persons = std::move(persons),
                 rows = std::move(rows)](Stages&) {
      (*index)->add({ids.data(), persons.data(), rows.data(), ids.size()});
      return (*index)->size();
    };
    return runner_->run(env, {}, std::move(work), [](Napi::Env e, std::size_t size, const Stages&) {
      return Napi::Number::New(e, static_cast<double>(size));
    });
  });
}

Napi::Value GalleryIndex::remove(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  return promised(env, [&] {
    auto work = [index = index_, ids = ids_from(info[0], "ids")](Stages&) {
      const std::size_t count = (*index)->remove(ids.data(), ids.size());
      return Removed{count, (*index)->size()};
    };
    return runner_->run(
        env, {}, std::move(work), [](Napi::Env e, const Removed& removed, const Stages&) {
          Napi::Object object = Napi::Object::New(e);
          object.Set("removed", Napi::Number::New(e, static_cast<double>(removed.count)));
          object.Set("size", Napi::Number::New(e, static_cast<double>(removed.size)));
          return object;
        });
  });
}

Napi::Value GalleryIndex::search(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  return promised(env, [&] {
    auto queries = floats_from(info[0], "query");
    const std::size_t count = queries.size() / dimensions_;
    if (count < 1 || count > kMostQueries || queries.size() % dimensions_ != 0) {
      throw Error::invalid_argument(
          "query", "query must hold " + std::to_string(dimensions_) + " numbers, or for up to " +
                       std::to_string(kMostQueries) + " queries as many each");
    }
    const Napi::Object object = object_from(info[1], "options");
    gallery::SearchOptions options;
    options.k = static_cast<std::size_t>(integer_from(object, "k", 1, kMostHits));
    options.ranked = word_from(object, "per", {"row", "person"}) == 0 ? gallery::Ranked::Rows
                                                                      : gallery::Ranked::People;
    auto work = [index = index_, queries = std::move(queries), count, options](Stages& stages) {
      return (*index)->search(queries.data(), count, options,
                              [&stages] { return stages.stopped(); });
    };
    return runner_->run(
        env, {}, std::move(work),
        [](Napi::Env e, const std::vector<std::vector<gallery::Hit>>& found, const Stages&) {
          Napi::Array all = Napi::Array::New(e, found.size());
          for (std::size_t i = 0; i < found.size(); ++i) {
            all.Set(static_cast<std::uint32_t>(i), to_js(e, found[i]));
          }
          return all;
        },
        ticket_from(info[2]));
  });
}

Napi::Value GalleryIndex::cancel(const Napi::CallbackInfo& info) {
  runner_->cancel(ticket_from(info[0]));
  return info.Env().Undefined();
}

Napi::Value GalleryIndex::close(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  return promised(env, [&] { return runner_->close(env, [index = index_] { index->reset(); }); });
}

}  // namespace seesaw::binding
