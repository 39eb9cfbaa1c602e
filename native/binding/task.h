// Work on the engine's thread whose result becomes a promise.
#pragma once

#include <napi.h>

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/executor.h"
#include "engine/stages.h"

namespace seesaw::binding {

/** Keeps JavaScript values alive while native code reads the memory they own. */
using Keep = std::vector<Napi::ObjectReference>;

using Ticket = Executor::Ticket;

/** A promise and what settles it. Made and destroyed on the JavaScript thread. */
class Task {
 public:
  Task(Napi::Env env, Keep keep) : deferred_(env), keep_(std::move(keep)) {}
  virtual ~Task() = default;

  /** On the engine's thread. */
  void run() noexcept;
  /** On any thread, instead of run(). */
  void fail(std::exception_ptr error) noexcept { error_ = std::move(error); }
  /** On the JavaScript thread, once. */
  void settle(Napi::Env env);
  Napi::Promise promise() const { return deferred_.Promise(); }
  /** What cancels it; 0 for nothing. */
  Ticket ticket = 0;
  /** On any thread: the work ends before its next stage. */
  void stop() noexcept { stages_.stop(); }

 protected:
  Stages stages_;

 private:
  virtual void work() = 0;
  virtual Napi::Value result(Napi::Env env) = 0;

  Napi::Promise::Deferred deferred_;
  Keep keep_;
  std::exception_ptr error_;
};

/**
 * A task of two functions: `Work` computes a value, telling the stages it goes through; `ToJs`
 * makes it a JavaScript value.
 */
template <typename Work, typename ToJs>
class FunctionTask final : public Task {
 public:
  FunctionTask(Napi::Env env, Keep keep, Work work, ToJs to_js)
      : Task(env, std::move(keep)), work_(std::move(work)), to_js_(std::move(to_js)) {}

 private:
  void work() override { value_.emplace(work_(stages_)); }
  Napi::Value result(Napi::Env env) override { return to_js_(env, *value_, stages_); }

  Work work_;
  ToJs to_js_;
  std::optional<decltype(std::declval<Work&>()(std::declval<Stages&>()))> value_;
};

/**
 * Runs tasks on an Executor and settles their promises on the JavaScript thread. All methods are
 * called there. While work is pending the event loop is held open; an idle runner does not hold
 * it. When the environment goes away first, what is queued is dropped and the running task is
 * waited for.
 */
class TaskRunner {
 public:
  /**
   * @param first runs on the engine's thread before the constructor returns; must not throw
   * @param busy  told true when the first task becomes pending, false after the last settled
   * @param owner what errors call it: "engine"
   */
  TaskRunner(Napi::Env env, std::size_t queue_limit, const std::function<void()>& first,
             std::function<void(bool)> busy, const char* owner = "engine");
  ~TaskRunner();
  TaskRunner(const TaskRunner&) = delete;
  TaskRunner& operator=(const TaskRunner&) = delete;

  /** @param ticket names the task for cancel(); 0 for one that is never cancelled */
  template <typename Work, typename ToJs>
  Napi::Promise run(Napi::Env env, Keep keep, Work work, ToJs to_js, Ticket ticket = 0) {
    return submit(env,
                  std::make_shared<FunctionTask<Work, ToJs>>(env, std::move(keep), std::move(work),
                                                             std::move(to_js)),
                  ticket);
  }

  /**
   * Makes a task reject with ABORTED: at once while it waits, before its next stage when it runs.
   * Does nothing when there is no such task any more.
   */
  void cancel(Ticket ticket);

  /**
   * Ends the thread: queued tasks reject with CLOSED, the running one finishes, then `last` runs
   * on the thread. The promise resolves when all that is done.
   */
  Napi::Promise close(Napi::Env env, std::function<void()> last);

  /** Promises not settled yet, those of close() not counted. */
  std::size_t pending() const { return pending_; }

 private:
  static void on_wake(Napi::Env env, Napi::Function, TaskRunner* self, void*);
  static void on_teardown(void* self);
  using Wake = Napi::TypedThreadSafeFunction<TaskRunner, void, &TaskRunner::on_wake>;

  Napi::Promise submit(Napi::Env env, std::shared_ptr<Task> task, Ticket ticket);
  void complete(std::shared_ptr<Task> task);
  void drain(Napi::Env env);
  void hold(Napi::Env env);
  void release(Napi::Env env);
  void shut_down() noexcept;

  const napi_env env_;
  const std::function<void(bool)> busy_;
  const std::string owner_;
  std::size_t pending_ = 0;
  std::size_t holds_ = 0;  // pending tasks and a close() under way
  std::unordered_map<Ticket, std::weak_ptr<Task>> tickets_;  // of tasks that may be cancelled
  bool shut_ = false;
  bool closed_ = false;
  std::vector<Napi::Promise::Deferred> closers_;

  std::mutex mutex_;  // guards the next two
  std::vector<std::shared_ptr<Task>> completed_;
  bool ended_ = false;

  // The thread is started first: where none can be had, no thread-safe function is left behind
  // that would keep the process from ending. shut_down() stops it before either goes.
  Executor executor_;
  Wake wake_;
};

}  // namespace seesaw::binding
