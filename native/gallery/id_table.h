// Where the row of an id is: a hash table of 4 bytes an entry, which reads the ids in the rows.
#pragma once

#include <cstdint>
#include <vector>

namespace seesaw::gallery {

/** Linear probing; at most 7 of 10 entries are taken. Slots are below 2^32 - 1. */
class IdTable {
 public:
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;

  /** Makes room for so many ids: set() does not fail until then. @throws std::bad_alloc */
  template <typename IdOf>
  void reserve(std::size_t count, const IdOf& id_of) {
    std::size_t size = slots_.empty() ? 64 : slots_.size();
    while (count * 10 > size * 7) size *= 2;
    if (size == slots_.size()) return;
    std::vector<std::uint32_t> old(size, kNone);
    old.swap(slots_);
    for (const std::uint32_t slot : old) {
      if (slot != kNone) slots_[place_of(id_of(slot), id_of)] = slot;
    }
  }

  template <typename IdOf>
  std::uint32_t find(std::int64_t id, const IdOf& id_of) const {
    return slots_.empty() ? kNone : slots_[place_of(id, id_of)];
  }

  /** Says where the row of an id is, which may be new. */
  template <typename IdOf>
  void set(std::int64_t id, std::uint32_t slot, const IdOf& id_of) {
    slots_[place_of(id, id_of)] = slot;
  }

  template <typename IdOf>
  void erase(std::int64_t id, const IdOf& id_of) {
    std::size_t hole = place_of(id, id_of);
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t next = (hole + 1) & mask; slots_[next] != kNone; next = (next + 1) & mask) {
      // Who may not stand before its own place stays where it is.
      const std::size_t own = hash(id_of(slots_[next])) & mask;
      if (((next - own) & mask) < ((next - hole) & mask)) continue;
      slots_[hole] = slots_[next];
      hole = next;
    }
    slots_[hole] = kNone;
  }

 private:
  /** Of splitmix64: ids may follow each other. */
  static std::uint64_t hash(std::int64_t id) {
    auto x = static_cast<std::uint64_t>(id) + 0x9E3779B97F4A7C15u;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    return x ^ (x >> 31);
  }

  /** The entry of an id, or the free one where it belongs. */
  template <typename IdOf>
  std::size_t place_of(std::int64_t id, const IdOf& id_of) const {
    const std::size_t mask = slots_.size() - 1;
    std::size_t place = hash(id) & mask;
    while (slots_[place] != kNone && id_of(slots_[place]) != id) place = (place + 1) & mask;
    return place;
  }

  std::vector<std::uint32_t> slots_;
};

}  // namespace seesaw::gallery
