// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/pipeline/ring.h"

#include <cstdint>

#include <gtest/gtest.h>

namespace gonghui {
namespace {

TEST(MpscRing, GivesBackInOrder) {
  MpscRing<int> ring(4);
  EXPECT_TRUE(ring.Empty());
  for (int i = 0; i < 4; ++i) {
    EXPECT_TRUE(ring.Push(i));
  }
  EXPECT_FALSE(ring.Empty());
  for (int i = 0; i < 4; ++i) {
    int value = -1;
    EXPECT_TRUE(ring.Pop(&value));
    EXPECT_EQ(value, i);
  }
  EXPECT_TRUE(ring.Empty());
}

TEST(MpscRing, RefusesWhenFullAndTakesAgainAfterOnePop) {
  MpscRing<int> ring(2);
  EXPECT_TRUE(ring.Push(1));
  EXPECT_TRUE(ring.Push(2));
  EXPECT_FALSE(ring.Push(3));
  int value = 0;
  EXPECT_TRUE(ring.Pop(&value));
  EXPECT_TRUE(ring.Push(3));
  EXPECT_FALSE(ring.Push(4));
}

TEST(MpscRing, PopOfAnEmptyRingLeavesTheValueAlone) {
  MpscRing<int> ring(2);
  int value = 7;
  EXPECT_FALSE(ring.Pop(&value));
  EXPECT_EQ(value, 7);
}

TEST(MpscRing, WrapsManyTimes) {
  MpscRing<uint64_t> ring(8);
  uint64_t next = 0;
  for (uint64_t i = 0; i < 10'000; ++i) {
    ASSERT_TRUE(ring.Push(i));
    if (i % 3 != 0) {
      continue;
    }
    uint64_t value = 0;
    while (ring.Pop(&value)) {
      ASSERT_EQ(value, next++);
    }
  }
}

TEST(MpscRingDeathTest, WantsAPowerOfTwo) {
  EXPECT_DEATH(MpscRing<int>(3), "slots=3");
}

}  // namespace
}  // namespace gonghui
