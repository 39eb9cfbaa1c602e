// Memory of what passes through a network: blocks apart from each other, joined again when free.
#include "engine/blob_memory.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <cstring>
#include <random>
#include <vector>

namespace seesaw {
namespace {

constexpr std::size_t kMiB = 1 << 20;

struct Block {
  unsigned char* at;
  std::size_t size;
  unsigned char mark;
};

TEST(BlobMemory, BlocksKeepWhatIsWrittenToThem) {
  BlobMemory memory(4 * kMiB);
  std::mt19937 random(5);
  std::vector<Block> blocks;
  for (int step = 0; step < 5000; ++step) {
    if (blocks.size() < 40 && random() % 5 < 3) {
      const std::size_t size = 1 + random() % (random() % 8 == 0 ? kMiB : 5000);
      const auto mark = static_cast<unsigned char>(step);
      auto* at = static_cast<unsigned char*>(memory.fastMalloc(size));
      ASSERT_NE(at, nullptr);
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(at) % NCNN_MALLOC_ALIGN, 0u);
      std::memset(at, mark, size);
      blocks.push_back({at, size, mark});
    } else if (!blocks.empty()) {
      std::swap(blocks[random() % blocks.size()], blocks.back());
      const Block block = blocks.back();
      blocks.pop_back();
      for (std::size_t i = 0; i < block.size; ++i) ASSERT_EQ(block.at[i], block.mark);
      memory.fastFree(block.at);
    }
    if (step % 100 == 0) memory.trim(random() % kMiB);
  }
  for (const Block& block : blocks) memory.fastFree(block.at);
}

TEST(BlobMemory, FreeBlocksAreUsedAgainAsOne) {
  BlobMemory memory(8 * kMiB);
  // In every order of giving three neighbours back.
  for (const std::vector<int>& order :
       {std::vector<int>{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}}) {
    void* blocks[3];
    for (void*& block : blocks) block = memory.fastMalloc(kMiB);
    for (const int i : order) memory.fastFree(blocks[i]);
    void* whole = memory.fastMalloc(3 * kMiB);
    EXPECT_EQ(whole, blocks[0]);
    memory.fastFree(whole);
  }
}

TEST(BlobMemory, TouchesAsLittleAsIsNeeded) {
  BlobMemory memory(64 * kMiB);
  for (int i = 0; i < 100; ++i) memory.fastFree(memory.fastMalloc(kMiB));
  EXPECT_LE(memory.touched(), kMiB + 4096);
}

TEST(BlobMemory, WhatIsTrimmedIsZeroAndWhatIsTakenStays) {
  BlobMemory memory(64 * kMiB);
  auto* first = static_cast<unsigned char*>(memory.fastMalloc(8 * kMiB));
  auto* second = static_cast<unsigned char*>(memory.fastMalloc(8 * kMiB));
  std::memset(first, 1, 8 * kMiB);
  std::memset(second, 2, 8 * kMiB);
  memory.fastFree(first);
  memory.trim(kMiB);
  for (std::size_t i = 0; i < 8 * kMiB; i += 4096) ASSERT_EQ(second[i], 2);
#ifdef __linux__
  EXPECT_EQ(first[kMiB / 2], 1);  // kept
  EXPECT_EQ(first[4 * kMiB], 0);  // given back: the system hands it out anew, as zeros
#endif
  memory.fastFree(second);
  memory.trim(0);
  EXPECT_EQ(memory.touched(), 0u);
}

TEST(BlobMemory, IsTrimmedSeldomInARowOfRuns) {
  BlobMemory memory(64 * kMiB);
  const auto touched_after = [&](std::chrono::milliseconds rest) {
    memory.fastFree(memory.fastMalloc(8 * kMiB));
    memory.trim_seldom(rest);
    return memory.touched();
  };
  EXPECT_LE(touched_after(std::chrono::hours(1)), BlobMemory::kKeep) << "the first time";
  EXPECT_GT(touched_after(std::chrono::hours(1)), 8 * kMiB);
  EXPECT_LE(touched_after(std::chrono::milliseconds(0)), BlobMemory::kKeep);
}

TEST(BlobMemory, WhatDoesNotFitComesFromElsewhere) {
  BlobMemory memory(kMiB);
  void* large = memory.fastMalloc(3 * kMiB);
  ASSERT_NE(large, nullptr);
  std::memset(large, 1, 3 * kMiB);
  EXPECT_EQ(memory.touched(), 0u);
  memory.fastFree(large);
}

}  // namespace
}  // namespace seesaw
