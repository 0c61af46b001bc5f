// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/base/prng.h"

#include <array>
#include <cstdint>

#include <gtest/gtest.h>

namespace gonghui {
namespace {

// Frozen: a seed named in a regression test has to mean the same for ever.
TEST(PrngTest, GivesTheSameNumbersForEver) {
  Prng prng(42);
  const std::array<uint64_t, 3> want = {
      1546998764402558742U, 6990951692964543102U, 12544586762248559009U};
  for (const uint64_t value : want) {
    EXPECT_EQ(prng.Next(), value);
  }
}

TEST(PrngTest, OtherSeedsGiveOtherNumbers) {
  EXPECT_NE(Prng(0).Next(), Prng(1).Next());
  EXPECT_NE(Prng(0).Next(), 0U);
}

TEST(PrngTest, BelowIsUniform) {
  Prng prng(1);
  std::array<int, 6> counts{};
  for (int i = 0; i < 60'000; ++i) {
    const uint64_t face = prng.Below(counts.size());
    ASSERT_LT(face, counts.size());
    ++counts.at(face);
  }
  for (const int count : counts) {
    EXPECT_NEAR(count, 10'000, 500);
  }
  EXPECT_EQ(prng.Below(1), 0U);
}

TEST(PrngTest, BetweenReachesBothEndsAndTheWholeRange) {
  Prng prng(2);
  bool low = false;
  bool high = false;
  for (int i = 0; i < 1'000; ++i) {
    const int64_t value = prng.Between(-3, 3);
    ASSERT_GE(value, -3);
    ASSERT_LE(value, 3);
    low |= value == -3;
    high |= value == 3;
  }
  EXPECT_TRUE(low && high);
  EXPECT_EQ(prng.Between(5, 5), 5);
  bool negative = false;
  for (int i = 0; i < 100; ++i) {
    negative |= prng.Between(INT64_MIN, INT64_MAX) < 0;
  }
  EXPECT_TRUE(negative);
}

TEST(PrngTest, ChanceIsNeverOrAlwaysAtItsEnds) {
  Prng prng(3);
  int hits = 0;
  for (int i = 0; i < 10'000; ++i) {
    EXPECT_FALSE(prng.Chance(0, 7));
    EXPECT_TRUE(prng.Chance(7, 7));
    hits += prng.Chance(1, 4) ? 1 : 0;
  }
  EXPECT_NEAR(hits, 2'500, 200);
}

}  // namespace
}  // namespace gonghui
