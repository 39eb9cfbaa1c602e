#include "gallery/rows.h"

#include <algorithm>
#include <string>

#include "engine/error.h"

namespace seesaw::gallery {

/** A row within its block. */
struct Rows::Place {
  Block& block;
  std::size_t at;
};

Rows::Rows(int dimensions, bool keep_exact)
    : dimensions_(dimensions),
      stride_(static_cast<std::size_t>(padded(dimensions))),
      keep_exact_(keep_exact) {}

Rows::~Rows() = default;

Rows::Place Rows::place(std::size_t slot) const { return {*blocks_[slot / kBlock], slot % kBlock}; }

std::int64_t Rows::id(std::size_t slot) const {
  const Place row = place(slot);
  return row.block.ids.get()[row.at];
}

std::int64_t Rows::person(std::size_t slot) const {
  const Place row = place(slot);
  return row.block.persons.get()[row.at];
}

const float* Rows::exact(std::size_t slot) const {
  const Place row = place(slot);
  return keep_exact_ ? row.block.exact.get() + row.at * dimensions_ : nullptr;
}

void Rows::reserve(std::size_t count) {
  if (count > kMost) {
    throw Error(ErrorCode::OutOfMemory, "an index holds at most 2147483648 rows");
  }
  table_.reserve(count, ids());
  const std::size_t needed = (count + kBlock - 1) / kBlock;
  blocks_.reserve(needed);
  while (blocks_.size() < needed) {
    auto block = std::make_unique<Block>();
    block->bytes = Slab<std::int8_t>(kBlock * stride_);
    block->scales = Slab<RowScale>(kBlock);
    block->ids = Slab<std::int64_t>(kBlock);
    block->persons = Slab<std::int64_t>(kBlock);
    if (keep_exact_) block->exact = Slab<float>(kBlock * dimensions_);
    blocks_.push_back(std::move(block));
  }
}

void Rows::write(std::size_t slot, const Batch& batch, std::size_t index) {
  const Place row = place(slot);
  const float* numbers = batch.rows + index * dimensions_;
  row.block.scales.get()[row.at] =
      quantise_row(numbers, dimensions_, row.block.bytes.get() + row.at * stride_, "rows");
  row.block.ids.get()[row.at] = batch.ids[index];
  row.block.persons.get()[row.at] = batch.persons[index];
  if (keep_exact_) {
    std::copy_n(numbers, dimensions_, row.block.exact.get() + row.at * dimensions_);
  }
}

void Rows::add(const Batch& batch) {
  reserve(size_ + batch.count);
  std::size_t done = 0;
  try {
    for (; done < batch.count; ++done) {
      const std::int64_t id = batch.ids[done];
      if (table_.find(id, ids()) != IdTable::kNone) {
        throw Error::invalid_argument("ids", "ids[" + std::to_string(done) + "] (" +
                                                 std::to_string(id) +
                                                 ") is in the index already, or twice in the call");
      }
      write(size_ + done, batch, done);
      table_.set(id, static_cast<std::uint32_t>(size_ + done), ids());
    }
  } catch (...) {
    while (done > 0) {
      --done;
      table_.erase(batch.ids[done], ids());
      clear(size_ + done);
    }
    throw;
  }
  size_ += batch.count;
}

void Rows::move(std::size_t from, std::size_t to) {
  const Place source = place(from), target = place(to);
  const auto copy = [&](const auto& a, const auto& b, std::size_t count) {
    std::copy_n(a.get() + source.at * count, count, b.get() + target.at * count);
  };
  copy(source.block.bytes, target.block.bytes, stride_);
  copy(source.block.scales, target.block.scales, 1);
  copy(source.block.ids, target.block.ids, 1);
  copy(source.block.persons, target.block.persons, 1);
  if (keep_exact_) copy(source.block.exact, target.block.exact, dimensions_);
  table_.set(id(from), static_cast<std::uint32_t>(to), ids());
}

/** Nothing of a person who is removed stays in memory. */
void Rows::clear(std::size_t slot) {
  const Place row = place(slot);
  std::fill_n(row.block.bytes.get() + row.at * stride_, stride_, std::int8_t{0});
  row.block.scales.get()[row.at] = {};
  row.block.ids.get()[row.at] = row.block.persons.get()[row.at] = 0;
  if (keep_exact_) std::fill_n(row.block.exact.get() + row.at * dimensions_, dimensions_, 0.0f);
}

std::size_t Rows::remove(const std::int64_t* ids_to_go, std::size_t count) {
  const std::size_t before = size_;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t slot = table_.find(ids_to_go[i], ids());
    if (slot == IdTable::kNone) continue;
    table_.erase(ids_to_go[i], ids());
    const std::size_t last = size_ - 1;
    if (slot != last) move(last, slot);
    clear(last);
    --size_;
  }
  // One that is empty stays, for rows that come and go at its border.
  blocks_.resize(std::min(blocks_.size(), blocks() + 1));
  return before - size_;
}

}  // namespace seesaw::gallery
