#include "engine/executor.h"

#include <algorithm>
#include <future>
#include <set>
#include <utility>

#include "engine/error.h"

namespace seesaw {
namespace {

/**
 * The executors whose threads may be at work. process.exit() ends a process without taking Node's
 * environment down: exit() would destroy NCNN's static objects under the hands of our threads. So
 * this one, which is younger than those and therefore goes before them, stops the threads first.
 */
class Running {
 public:
  ~Running() { stop(); }
  /** Executors that are made or destroyed meanwhile, by other threads, wait for the end of this. */
  void stop() {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (Executor* executor : executors_) {
      executor->close();
      executor->join();
    }
  }
  void add(Executor* executor) {
    const std::lock_guard<std::mutex> lock(mutex_);
    executors_.insert(executor);
  }
  void remove(Executor* executor) {
    const std::lock_guard<std::mutex> lock(mutex_);
    executors_.erase(executor);
  }

 private:
  std::mutex mutex_;
  std::set<Executor*> executors_;
};

Running& running() {
  static Running all;
  return all;
}

}  // namespace

Executor::Executor(std::size_t queue_limit, const std::function<void()>& first)
    : queue_limit_(queue_limit), thread_([this] { loop(); }) {
  running().add(this);
  if (!first) return;
  std::promise<void> done;
  try_submit([&](Fate) {
    first();
    done.set_value();
  });
  done.get_future().wait();
}

Executor::~Executor() {
  close();
  join();
  running().remove(this);
}

void Executor::stop_all() { running().stop(); }

void Executor::watch_exit() { running(); }

Executor::Submitted Executor::try_submit(Job job, Ticket ticket) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (closed_) return Submitted::Closed;
    if (queue_.size() >= queue_limit_) return Submitted::QueueFull;
    queue_.push_back({std::move(job), ticket});
  }
  changed_.notify_one();
  return Submitted::Yes;
}

bool Executor::withdraw(Ticket ticket) {
  Job job;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto place = std::find_if(queue_.begin(), queue_.end(), [ticket](const Waiting& waiting) {
      return ticket != 0 && waiting.ticket == ticket;
    });
    if (place == queue_.end()) return false;
    job = std::move(place->job);
    queue_.erase(place);
  }
  job(Fate::Withdrawn);
  return true;
}

bool Executor::close(Job last) {
  std::deque<Waiting> waiting;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (closed_) return false;
    closed_ = true;
    waiting.swap(queue_);
    last_ = std::move(last);
  }
  changed_.notify_one();
  for (Waiting& each : waiting) each.job(Fate::Cancelled);
  return true;
}

void Executor::join() {
  // exit() may wait for the thread while its owner does.
  const std::lock_guard<std::mutex> lock(joining_);
  if (thread_.joinable()) thread_.join();
}

void Executor::loop() {
  prepare_this_thread_for_errors();
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return closed_ || !queue_.empty(); });
    if (closed_) break;
    Job job = std::move(queue_.front().job);
    queue_.pop_front();
    lock.unlock();
    job(Fate::Run);
    job = nullptr;  // what the job holds is let go before the lock is taken
    lock.lock();
  }
  Job last = std::move(last_);
  lock.unlock();
  if (last) last(Fate::Run);
}

}  // namespace seesaw
