// The rows of an index in memory: blocks that are never moved, one after the other without gaps. A
// row takes padded(dimensions) + 29 bytes and, where the fp32 numbers are kept too, 4 for each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "gallery/id_table.h"
#include "gallery/quantise.h"

namespace seesaw::gallery {

/** Rows to be added. */
struct Batch {
  const std::int64_t* ids;
  const std::int64_t* persons;
  const float* rows;  // one after the other
  std::size_t count;
};

class Rows {
 public:
  /** Rows of a block: a task of one thread is one block. 1 MB of 512 dimensions. */
  static constexpr std::size_t kBlock = 2048;
  static constexpr std::size_t kMost = std::size_t{1} << 31;

  Rows(int dimensions, bool keep_exact);
  ~Rows();

  /** All or none. @throws Error InvalidArgument, OutOfMemory */
  void add(const Batch& batch);
  /** Returns how many of them there were. The last rows take the places of those that go. */
  std::size_t remove(const std::int64_t* ids, std::size_t count);

  int dimensions() const { return dimensions_; }
  std::size_t stride() const { return stride_; }
  bool keeps_exact() const { return keep_exact_; }
  std::size_t size() const { return size_; }
  std::size_t blocks() const { return (size_ + kBlock - 1) / kBlock; }
  /** Rows in use of a block. */
  std::size_t count(std::size_t block) const {
    return block + 1 < blocks() ? kBlock : size_ - block * kBlock;
  }

  struct Block;
  const Block& block(std::size_t index) const { return *blocks_[index]; }
  std::int64_t id(std::size_t slot) const;
  std::int64_t person(std::size_t slot) const;
  /** Null unless they are kept. */
  const float* exact(std::size_t slot) const;

 private:
  struct Place;
  Place place(std::size_t slot) const;
  /** A function of a slot that gives its id. */
  auto ids() const {
    return [this](std::uint32_t slot) { return id(slot); };
  }
  void reserve(std::size_t count);
  void write(std::size_t slot, const Batch& batch, std::size_t index);
  void move(std::size_t from, std::size_t to);
  void clear(std::size_t slot);

  const int dimensions_;
  const std::size_t stride_;
  const bool keep_exact_;
  std::size_t size_ = 0;
  std::vector<std::unique_ptr<Block>> blocks_;
  IdTable table_;
};

/** Memory that begins at a multiple of 64 bytes and is not written before it is used. */
template <typename T>
class Slab {
 public:
  Slab() = default;
  explicit Slab(std::size_t count)
      : data_(static_cast<T*>(::operator new[](count * sizeof(T), std::align_val_t{64}))) {}
  T* get() const { return data_.get(); }

 private:
  struct Free {
    void operator()(T* data) const { ::operator delete[](data, std::align_val_t{64}); }
  };
  std::unique_ptr<T, Free> data_;
};

struct Rows::Block {
  Slab<std::int8_t> bytes;
  Slab<RowScale> scales;
  Slab<std::int64_t> ids, persons;
  Slab<float> exact;  // null unless it is kept
};

}  // namespace seesaw::gallery
