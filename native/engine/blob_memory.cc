#include "engine/blob_memory.h"

#include <algorithm>
#include <iterator>
#include <new>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace seesaw {
namespace {

/** Of every block: a cache line, and NCNN's kernels may read so much past the end. */
constexpr std::size_t kAlign = NCNN_MALLOC_ALIGN;
constexpr std::size_t kBehind = NCNN_MALLOC_OVERREAD;
/** A multiple of every page size that there is. */
constexpr std::size_t kPage = 65536;

std::size_t up(std::size_t value, std::size_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

#if defined(__linux__)
unsigned char* reserve_addresses(std::size_t size) {
  void* at = ::mmap(nullptr, size, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return at == MAP_FAILED ? nullptr : static_cast<unsigned char*>(at);
}
void return_addresses(void* at, std::size_t size) { ::munmap(at, size); }
void return_memory(void* at, std::size_t size) { ::madvise(at, size, MADV_DONTNEED); }
#else
unsigned char* reserve_addresses(std::size_t) { return nullptr; }
void return_addresses(void*, std::size_t) {}
void return_memory(void*, std::size_t) {}
#endif

}  // namespace

BlobMemory::BlobMemory(std::size_t reserve) : base_(reserve_addresses(up(reserve, kPage))) {
  if (!base_) return;
  reserve_ = up(reserve, kPage);
  free_.emplace(0, reserve_);
}

BlobMemory::~BlobMemory() {
  if (base_) return_addresses(base_, reserve_);
}

void* BlobMemory::fastMalloc(std::size_t size) {
  try {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (void* block = take(size)) return block;
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
  return ncnn::fastMalloc(size);
}

void BlobMemory::fastFree(void* block) {
  const auto* at = static_cast<const unsigned char*>(block);
  if (!base_ || at < base_ || at >= base_ + reserve_) return ncnn::fastFree(block);
  const std::lock_guard<std::mutex> lock(mutex_);
  give(static_cast<std::size_t>(at - base_));
}

/** From the first range that is large enough. */
void* BlobMemory::take(std::size_t size) {
  if (size > reserve_) return nullptr;
  const std::size_t length = up(size + kBehind, kAlign);
  const auto place = std::find_if(free_.begin(), free_.end(),
                                  [length](const auto& range) { return range.second >= length; });
  if (place == free_.end()) return nullptr;
  const auto [offset, available] = *place;
  taken_.emplace(offset, length);
  auto node = free_.extract(place);
  if (available > length) {
    node.key() = offset + length;
    node.mapped() = available - length;
    free_.insert(std::move(node));
  }
  touched_ = std::max(touched_, offset + length);
  return base_ + offset;
}

/** The range becomes free, as one with those beside it. Takes no memory: it must not fail. */
void BlobMemory::give(std::size_t offset) {
  auto node = taken_.extract(offset);
  const auto after = free_.lower_bound(offset);
  if (after != free_.end() && after->first == offset + node.mapped()) {
    node.mapped() += after->second;
    free_.erase(after);
  }
  const auto place = free_.insert(std::move(node)).position;
  if (place == free_.begin()) return;
  const auto before = std::prev(place);
  if (before->first + before->second != place->first) return;
  before->second += place->second;
  free_.erase(place);
}

void BlobMemory::trim_seldom(std::chrono::milliseconds rest) {
  const auto now = std::chrono::steady_clock::now();
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (touched_ <= kSmall) return;
    if (trimmed_.time_since_epoch().count() != 0 && now - trimmed_ < rest) return;
    trimmed_ = now;
  }
  trim();
}

void BlobMemory::trim(std::size_t keep) {
  const std::lock_guard<std::mutex> lock(mutex_);
  for (const auto& [offset, length] : free_) {
    // Whole pages of it; behind what has been touched there is nothing to give.
    const std::size_t from = up(std::max(offset, keep), kPage);
    const std::size_t to = std::min((offset + length) / kPage * kPage, up(touched_, kPage));
    if (from < to) return_memory(base_ + from, to - from);
  }
  const std::size_t end =
      taken_.empty() ? 0 : std::prev(taken_.end())->first + std::prev(taken_.end())->second;
  touched_ = std::max(end, std::min(keep, touched_));
}

}  // namespace seesaw
