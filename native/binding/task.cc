#include "binding/task.h"

#include "binding/errors.h"
#include "engine/error.h"

namespace seesaw::binding {

void Task::run() noexcept {
  try {
    work();
  } catch (...) {
    error_ = std::current_exception();
  }
  stages_.finish();
}

void Task::settle(Napi::Env env) {
  if (!error_) {
    try {
      deferred_.Resolve(result(env));
      return;
    } catch (...) {
      error_ = std::current_exception();
    }
  }
  deferred_.Reject(to_js_error(env, error_).Value());
}

TaskRunner::TaskRunner(Napi::Env env, std::size_t queue_limit, const std::function<void()>& first,
                       std::function<void(bool)> busy, const char* owner)
    : env_(env),
      busy_(std::move(busy)),
      owner_(owner),
      executor_(queue_limit, first),
      wake_(Wake::New(env, "seesawface", 0, 1, this)) {
  wake_.Unref(env);
  // Runs before the environment takes down its references and the thread-safe function, since
  // hooks run in the reverse order of their registration.
  napi_add_env_cleanup_hook(env_, on_teardown, this);
}

TaskRunner::~TaskRunner() {
  if (shut_) return;
  napi_remove_env_cleanup_hook(env_, on_teardown, this);
  shut_down();
}

void TaskRunner::on_teardown(void* self) { static_cast<TaskRunner*>(self)->shut_down(); }

void TaskRunner::shut_down() noexcept {
  if (shut_) return;
  shut_ = true;
  executor_.close();
  executor_.join();
  completed_.clear();
  closers_.clear();
  wake_.Abort();
}

Napi::Promise TaskRunner::submit(Napi::Env env, std::shared_ptr<Task> task, Ticket ticket) {
  const Napi::Promise promise = task->promise();
  // The job gives its reference away: a task must be destroyed on the JavaScript thread.
  Executor::Job job = [this, task](Executor::Fate fate) mutable {
    if (fate == Executor::Fate::Run) {
      task->run();
    } else if (fate == Executor::Fate::Withdrawn) {
      task->fail(std::make_exception_ptr(Error(ErrorCode::Aborted, "the work was aborted")));
    } else {
      task->fail(
          std::make_exception_ptr(Error(ErrorCode::Closed, "the " + owner_ + " was closed")));
    }
    complete(std::move(task));
  };
  {
    // Room for all that are pending: complete() must not fail.
    const std::lock_guard<std::mutex> lock(mutex_);
    completed_.reserve(pending_ + 1);
  }
  if (ticket != 0) {
    task->ticket = ticket;
    tickets_[ticket] = task;
  }
  task.reset();
  // The count goes up first: a quick thread may complete the task before try_submit returns.
  hold(env);
  ++pending_;
  const auto take_back = [&] {
    tickets_.erase(ticket);
    --pending_;
    release(env);
  };
  Executor::Submitted submitted;
  try {
    submitted = executor_.try_submit(std::move(job), ticket);
  } catch (...) {
    take_back();  // no memory for one more
    throw;
  }
  if (submitted == Executor::Submitted::Yes) return promise;
  take_back();
  const bool full = submitted == Executor::Submitted::QueueFull;
  throw Error(full ? ErrorCode::QueueFull : ErrorCode::Closed,
              "the " + owner_ + (full ? "'s queue is full" : " is closed"));
}

void TaskRunner::cancel(Ticket ticket) {
  const auto place = tickets_.find(ticket);
  if (place == tickets_.end()) return;
  if (const std::shared_ptr<Task> task = place->second.lock()) task->stop();
  executor_.withdraw(ticket);
}

void TaskRunner::complete(std::shared_ptr<Task> task) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    completed_.push_back(std::move(task));
  }
  wake_.NonBlockingCall();
}

Napi::Promise TaskRunner::close(Napi::Env env, std::function<void()> last) {
  const Napi::Promise::Deferred deferred(env);
  if (closed_) {
    deferred.Resolve(env.Undefined());
    return deferred.Promise();
  }
  closers_.push_back(deferred);
  Executor::Job at_end = [this, last = std::move(last)](Executor::Fate) {
    last();
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      ended_ = true;
    }
    wake_.NonBlockingCall();
  };
  hold(env);
  const bool first = executor_.close(std::move(at_end));
  if (!first) release(env);
  return deferred.Promise();
}

void TaskRunner::on_wake(Napi::Env env, Napi::Function, TaskRunner* self, void*) {
  // Without an environment the runner may be gone already; it has taken care of itself.
  if (static_cast<napi_env>(env) == nullptr) return;
  self->drain(env);
}

void TaskRunner::drain(Napi::Env env) {
  const Napi::HandleScope scope(env);
  std::vector<std::shared_ptr<Task>> completed;
  bool ended;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    completed.swap(completed_);
    ended = ended_;
  }
  for (std::shared_ptr<Task>& task : completed) {
    --pending_;
    tickets_.erase(task->ticket);
    try {
      task->settle(env);
    } catch (const Napi::Error&) {
      // Only an environment that is being torn down refuses to settle a promise.
    }
    task.reset();
    release(env);
  }
  if (!ended || closed_) return;
  closed_ = true;
  executor_.join();
  std::vector<Napi::Promise::Deferred> closers;
  closers.swap(closers_);
  for (const Napi::Promise::Deferred& closer : closers) {
    try {
      closer.Resolve(env.Undefined());
    } catch (const Napi::Error&) {
      // As above.
    }
  }
  release(env);
}

void TaskRunner::hold(Napi::Env env) {
  if (holds_++ != 0) return;
  wake_.Ref(env);
  busy_(true);
}

void TaskRunner::release(Napi::Env env) {
  if (--holds_ != 0) return;
  wake_.Unref(env);
  busy_(false);
}

}  // namespace seesaw::binding
