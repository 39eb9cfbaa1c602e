// The one thread on which an engine works, and the bounded queue before it. exit() closes every
// executor that is left and waits for its running job.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace seesaw {

class Executor {
 public:
  /** What becomes of a job: it is run, or before its turn the executor was closed or it withdrawn.
   */
  enum class Fate { Run, Cancelled, Withdrawn };
  /** A job is called exactly once; it must not throw. */
  using Job = std::function<void(Fate)>;

  /**
   * @param queue_limit jobs that may wait, the running one not counted; at least 1
   * @param first       runs on the executor's thread before the constructor returns; must not throw
   */
  explicit Executor(std::size_t queue_limit, const std::function<void()>& first = {});
  /** Closes and waits for the running job. */
  ~Executor();
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  enum class Submitted { Yes, QueueFull, Closed };
  /** Names a job that may be withdrawn; 0 names none. */
  using Ticket = std::uint32_t;
  /** Queues a job; jobs run one after the other, in the order of submission. */
  Submitted try_submit(Job job, Ticket ticket = 0);

  /**
   * Takes a waiting job out of the queue and tells it so, on the calling thread. Returns false when
   * there is none of that ticket: it runs or has run.
   */
  bool withdraw(Ticket ticket);

  /**
   * Takes no more jobs, cancels the waiting ones (on the calling thread) and lets the running one
   * finish. `last`, if given, then runs on the executor's thread as its last act. Returns at once;
   * calls after the first do nothing and return false.
   */
  bool close(Job last = {});

  /** Waits until the thread has ended; close() must have been called. */
  void join();

  /** Closes all executors and waits for their running jobs, as exit() does. */
  static void stop_all();
  /**
   * Makes exit() call stop_all() after the handlers that are registered from now on. A static
   * object that jobs use calls this when it is made and stop_all() when it goes.
   */
  static void watch_exit();

 private:
  struct Waiting {
    Job job;
    Ticket ticket;
  };

  void loop();

  const std::size_t queue_limit_;
  std::mutex joining_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::deque<Waiting> queue_;
  Job last_;
  bool closed_ = false;
  std::thread thread_;  // started last: it uses all of the above
};

}  // namespace seesaw
