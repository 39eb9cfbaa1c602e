// Numbers in memory that vectors like: a cache line's alignment, and room to read past the end.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>

#include "engine/fused/kernels/kernels.h"

namespace seesaw::fused {

class Buffer {
 public:
  Buffer() = default;
  /** `size` zeros. @throws std::bad_alloc */
  explicit Buffer(std::size_t size)
      : data_(new (std::align_val_t{kAlign}) float[size + kSlack]), size_(size) {
    std::fill_n(data_.get(), size + kSlack, 0.0f);
  }
  float* data() { return data_.get(); }
  const float* data() const { return data_.get(); }
  std::size_t size() const { return size_; }
  float& operator[](std::size_t i) { return data_.get()[i]; }

 private:
  static constexpr std::size_t kAlign = 64;
  struct Free {
    void operator()(float* p) const { ::operator delete[](p, std::align_val_t{kAlign}); }
  };
  std::unique_ptr<float[], Free> data_;
  std::size_t size_ = 0;
};

}  // namespace seesaw::fused
