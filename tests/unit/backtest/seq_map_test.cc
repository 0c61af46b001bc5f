// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/backtest/seq_map.h"

#include <gtest/gtest.h>

namespace gonghui {
namespace {

TEST(SeqMap, IsTheSameBeforeTheyPart) {
  const SeqMap map(100);
  EXPECT_EQ(map.Find(1), 1u);
  EXPECT_EQ(map.Find(100), 100u);
  EXPECT_EQ(map.Find(101), 0u);
  EXPECT_EQ(map.Find(0), 0u);
}

TEST(SeqMap, FollowsWhatIsAddedAndLeftOut) {
  SeqMap map(100);
  map.Set(101, 104);  // three of its own in between
  map.Set(102, 105);
  map.Set(103, 0);
  map.Set(104, 0);
  map.Set(105, 106);
  map.Set(106, 107);
  map.Set(107, 110);
  EXPECT_EQ(map.Find(100), 100u);
  EXPECT_EQ(map.Find(101), 104u);
  EXPECT_EQ(map.Find(102), 105u);
  EXPECT_EQ(map.Find(103), 0u);
  EXPECT_EQ(map.Find(104), 0u);
  EXPECT_EQ(map.Find(105), 106u);
  EXPECT_EQ(map.Find(106), 107u);
  EXPECT_EQ(map.Find(107), 110u);
  EXPECT_EQ(map.Find(108), 0u);
}

TEST(SeqMap, GrowsOnlyWhereTheyPart) {
  SeqMap map(10);
  for (uint64_t seq = 11; seq < 10'000; ++seq) {
    map.Set(seq, seq);
  }
  EXPECT_EQ(map.run_count(), 1u);
  map.Set(10'000, 10'001);
  EXPECT_EQ(map.run_count(), 2u);
}

}  // namespace
}  // namespace gonghui
