// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/base/cache_line.h"

#include <atomic>
#include <cstdint>
#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace gonghui {
namespace {

static_assert(sizeof(CacheLinePadded<char>) == 64 && alignof(CacheLinePadded<char>) == 64);
static_assert(sizeof(CacheLinePadded<char[65]>) == 128);

TEST(CacheLinePaddedTest, NeighboursNeverShareALine) {
  struct Cursors {
    CacheLinePadded<std::atomic<uint64_t>> tail;
    CacheLinePadded<std::atomic<uint64_t>> head;
  };
  Cursors cursors;
  const auto line = [](const void* p) { return reinterpret_cast<uintptr_t>(p) / kCacheLineBytes; };
  EXPECT_NE(line(&cursors.tail.value), line(&cursors.head.value));
  EXPECT_EQ(cursors.tail->load(), 0U);
}

TEST(CacheLinePaddedTest, ForwardsConstructorArguments) {
  CacheLinePadded<std::string> text(std::in_place, 3U, 'x');
  EXPECT_EQ(*text, "xxx");
  EXPECT_EQ(text->size(), 3U);
}

}  // namespace
}  // namespace gonghui
