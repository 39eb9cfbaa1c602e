// Work is split into chunks of whole images, their number depending on the batch alone. Sums over
// the batch are made per chunk and added in chunk order: the result does not depend on how many
// threads took part nor on which was faster.
#pragma once

#include <algorithm>
#include <cstring>
#include <exception>

#include "memory.h"

namespace seesaw {

constexpr int kMaxChunks = 8;

inline int chunk_count(int batch) { return std::min(batch, kMaxChunks); }

template <class Work>  // work(chunk, first image, end image)
void for_chunks(int batch, const Work& work) {
  const int chunks = chunk_count(batch);
#pragma omp parallel for schedule(dynamic, 1)
  for (int i = 0; i < chunks; ++i) {
    work(i, batch * i / chunks, batch * (i + 1) / chunks);
  }
}

// One row of partial sums per chunk.
class Partials {
 public:
  void reset(int chunks, size_t width) {
    chunks_ = chunks;
    width_ = width;
    // Whole cache lines, so that threads do not share any.
    stride_ = (width + 15) / 16 * 16;
    std::memset(data_.reserve(stride_ * chunks), 0, stride_ * chunks * sizeof(float));
  }
  float* row(int chunk) const { return data_.get() + stride_ * chunk; }
  double total(size_t i) const {
    double sum = 0;
    for (int c = 0; c < chunks_; ++c) sum += row(c)[i];
    return sum;
  }
  void totals(float* out) const {
    std::copy_n(row(0), width_, out);
    for (int c = 1; c < chunks_; ++c) {
      const float* from = row(c);
      for (size_t i = 0; i < width_; ++i) out[i] += from[i];
    }
  }

 private:
  Buffer data_;
  int chunks_ = 0;
  size_t width_ = 0;
  size_t stride_ = 0;
};

// Scratch memory of the calling thread; `slot` tells buffers used at the same time apart.
inline float* scratch(int slot, size_t count) {
  thread_local Buffer buffers[8];
  return buffers[slot].reserve(count);
}

}  // namespace seesaw
