// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/pipeline/memory_thread.h"

#include <sys/mman.h>

#include <chrono>
#include <cstdint>
#include <cstring>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "engine/base/virtual_array.h"

namespace gonghui {
namespace {

constexpr size_t kPageBytes = 4096;

size_t BackedPages(const VirtualMemory& memory) {
  std::vector<unsigned char> backed((memory.size() + kPageBytes - 1) / kPageBytes);
  EXPECT_EQ(mincore(memory.data(), memory.size(), backed.data()), 0);
  size_t count = 0;
  for (const unsigned char page : backed) {
    count += page & 1;
  }
  return count;
}

TEST(MemoryThreadTest, PopulatesWhatItIsAskedForAndChangesNothing) {
  constexpr size_t kBytes = size_t{4} << 20;
  VirtualMemory memory(kBytes);
  // Page by page, whatever the machine's setting of huge pages is.
  ASSERT_EQ(madvise(memory.data(), kBytes, MADV_NOHUGEPAGE), 0);
  auto* const bytes = static_cast<uint8_t*>(memory.data());
  bytes[5] = 7;
  EXPECT_EQ(BackedPages(memory), 1U);
  MemoryThread thread;
  thread.Start();
  thread.Ask({memory.data(), kBytes / 2});
  for (int i = 0; i < 10'000 && BackedPages(memory) < kBytes / 2 / kPageBytes; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_EQ(BackedPages(memory), kBytes / 2 / kPageBytes);
  EXPECT_EQ(bytes[5], 7);
  EXPECT_EQ(bytes[6], 0);
  thread.Stop();
  thread.Stop();
  thread.Ask({memory.data(), kBytes});  // of no use any more, and no harm
}

TEST(MemoryThreadTest, IsIdleOnceAllIsDone) {
  constexpr size_t kBytes = size_t{8} << 20;
  VirtualArray<uint8_t> array(kBytes);
  MemoryThread thread;
  thread.Start();
  EXPECT_TRUE(thread.idle());
  ASSERT_TRUE(thread.Ask({array.data(), kBytes}));
  for (int i = 0; i < 10'000 && !thread.idle(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_TRUE(thread.idle());
  // What it does not take on does not count.
  thread.Stop();
  int taken = 0;
  while (thread.Ask({array.data(), 0}) && taken < 1'000) {
    ++taken;
  }
  EXPECT_LT(taken, 1'000);
  EXPECT_FALSE(thread.idle()) << "nobody does them any more";
}

TEST(MemoryThreadTest, GivesBackWhatItIsAskedTo) {
  constexpr size_t kBytes = size_t{8} << 20;
  VirtualMemory memory(kBytes);
  ASSERT_EQ(madvise(memory.data(), kBytes, MADV_NOHUGEPAGE), 0);
  auto* const bytes = static_cast<uint8_t*>(memory.data());
  std::memset(bytes, 7, kBytes);
  MemoryThread thread;
  thread.Start();
  ASSERT_TRUE(thread.AskToRelease({bytes, kBytes / 2}));
  for (int i = 0; i < 10'000 && BackedPages(memory) > kBytes / 2 / kPageBytes; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_EQ(BackedPages(memory), kBytes / 2 / kPageBytes);
  EXPECT_EQ(bytes[kBytes / 2], 7);
  EXPECT_EQ(bytes[kBytes / 2 - 1], 0);
  thread.Stop();
  // Nobody takes it any more; at some point it says so.
  bool taken = true;
  for (int i = 0; i < 1'000 && taken; ++i) {
    taken = thread.AskToRelease({bytes, kPageBytes});
  }
  EXPECT_FALSE(taken);
}

}  // namespace
}  // namespace gonghui
