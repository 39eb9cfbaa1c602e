// Memory for activations: allocated once, kept, on huge pages where the system offers them.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>

#ifdef __linux__
#include <sys/mman.h>
#endif

namespace seesaw {

struct Free {
  void operator()(float* p) const { std::free(p); }
};

// Uninitialised floats on a cache-line boundary; large ones on a huge-page boundary.
class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(size_t count) { reserve(count); }

  // Grows to at least `count`; the contents are lost when it grows.
  float* reserve(size_t count) {
    if (count > capacity_) {
      const size_t page = count * sizeof(float) >= kHuge ? kHuge : 64;
      const size_t bytes = (count * sizeof(float) + page - 1) / page * page;
      data_.reset(static_cast<float*>(std::aligned_alloc(page, bytes)));
      if (!data_) throw std::bad_alloc();
#ifdef MADV_HUGEPAGE
      if (page == kHuge) madvise(data_.get(), bytes, MADV_HUGEPAGE);
#endif
      capacity_ = bytes / sizeof(float);
    }
    return data_.get();
  }
  float* get() const { return data_.get(); }

 private:
  static constexpr size_t kHuge = size_t{2} << 20;
  std::unique_ptr<float, Free> data_;
  size_t capacity_ = 0;
};

}  // namespace seesaw
