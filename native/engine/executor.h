// The one thread on which an engine works, and the bounded queue before it. exit() closes every
// executor that is left and waits for its running job.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace seesaw {

class Executor {
 public:
  /** What becomes of a job: it is run, or the executor was closed before its turn came. */
  enum class Fate { Run, Cancelled };
  /** A job is called exactly once; it must not throw. */
  using Job = std::function<void(Fate)>;

  /** @param queue_limit jobs that may wait, the running one not counted; at least 1 */
  explicit Executor(std::size_t queue_limit);
  /** Closes and waits for the running job. */
  ~Executor();
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  enum class Submitted { Yes, QueueFull, Closed };
  /** Queues a job; jobs run one after the other, in the order of submission. */
  Submitted try_submit(Job job);

  /**
   * Takes no more jobs, cancels the waiting ones (on the calling thread) and lets the running one
   * finish. `last`, if given, then runs on the executor's thread as its last act. Returns at once;
   * calls after the first do nothing and return false.
   */
  bool close(Job last = {});

  /** Waits until the thread has ended; close() must have been called. */
  void join();

 private:
  void loop();

  const std::size_t queue_limit_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> queue_;
  Job last_;
  bool closed_ = false;
  std::thread thread_;  // started last: it uses all of the above
};

}  // namespace seesaw
