// Memory for the numbers that pass through an NCNN network.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <mutex>

#include "allocator.h"

namespace seesaw {

/**
 * Blocks from one range of addresses, low ones first, so that little of it is ever touched; what is
 * free after a run goes back to the system now and then, but for the beginning. NCNN's own pool
 * keeps every block for good (and hands a large one out for a small wish): tens of megabytes after
 * the first photo.
 */
class BlobMemory : public ncnn::Allocator {
 public:
  /** @param reserve addresses, not memory; what does not fit comes from the system's allocator */
  explicit BlobMemory(std::size_t reserve = kReserve);
  ~BlobMemory() override;
  BlobMemory(const BlobMemory&) = delete;
  BlobMemory& operator=(const BlobMemory&) = delete;

  /** Null when there is no memory. */
  void* fastMalloc(std::size_t size) override;
  void fastFree(void* block) override;

  /** Gives free memory back to the system, but for the first `keep` bytes. */
  void trim(std::size_t keep = kKeep);

  /**
   * Like trim(), but only what is more than small, and not sooner after the last time than `rest`:
   * to give memory back and to get it anew, page by page, takes as long as the detector does (15.5
   * ms instead of 7.5).
   */
  void trim_seldom(std::chrono::milliseconds rest = kRest);

  /** Bytes from the beginning that have been handed out since the last trim, at most. */
  std::size_t touched() const { return touched_; }

  static constexpr std::size_t kReserve = std::size_t{96} << 20;
  static constexpr std::size_t kKeep = std::size_t{1} << 20;
  static constexpr std::chrono::milliseconds kRest{5000};
  /** What a run on a crop takes, and will take again: not worth giving back. */
  static constexpr std::size_t kSmall = std::size_t{6} << 20;

 private:
  using Ranges = std::map<std::size_t, std::size_t>;  // from offsets to lengths

  void* take(std::size_t size);
  void give(std::size_t offset);

  std::mutex mutex_;
  unsigned char* base_ = nullptr;
  std::size_t reserve_ = 0;
  std::size_t touched_ = 0;
  Ranges free_, taken_;
  std::chrono::steady_clock::time_point trimmed_{};  // by trim_seldom()
};

}  // namespace seesaw
