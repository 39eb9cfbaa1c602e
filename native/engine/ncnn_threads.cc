#include "engine/ncnn_threads.h"

#include <condition_variable>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "cpu.h"
#include "engine/error.h"
#include "mat.h"
#include "option.h"

namespace seesaw {
namespace {

/** Threads that do nothing but be there at the same time. */
class Crowd {
 public:
  ~Crowd() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      over_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }
  void gather(int count) {
    threads_.reserve(count);
    for (int i = 0; i < count; ++i) {
      threads_.emplace_back([this] {
        std::unique_lock<std::mutex> lock(mutex_);
        changed_.wait(lock, [this] { return over_; });
      });
    }
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool over_ = false;
  std::vector<std::thread> threads_;
};

/** Runs the smallest of NCNN's parallel loops. */
void run_layer() {
  ncnn::Option option;
  option.num_threads = 1;
  const ncnn::Mat one(1, 1, 1);
  ncnn::Mat padded;
  if (one.empty()) throw Error(ErrorCode::OutOfMemory, "out of memory");
  ncnn::copy_make_border(one, padded, 1, 1, 1, 1, ncnn::BORDER_CONSTANT, 0.F, option);
  if (padded.empty()) throw Error(ErrorCode::OutOfMemory, "out of memory");
}

}  // namespace

void try_threads(int count) {
  Crowd crowd;
  try {
    crowd.gather(count);
  } catch (const std::system_error& error) {
    throw Error(ErrorCode::OutOfMemory,
                "the system refuses " + std::to_string(count) + " more threads (" + error.what() +
                    "): too little memory, or a limit on threads or processes (ulimit -u)");
  }
}

void start_ncnn_threads() {
  static std::mutex mutex;
  static bool started = false;
  const std::lock_guard<std::mutex> lock(mutex);
  if (started) return;
  try_threads(ncnn::get_cpu_count() - 1);
  run_layer();
  started = true;
}

}  // namespace seesaw
