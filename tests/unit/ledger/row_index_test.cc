// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/ledger/row_index.h"

#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include "engine/base/hash.h"
#include "engine/base/prng.h"

namespace gonghui {
namespace {

// Keys live in the caller's rows, as in the ledger.
class Rows {
 public:
  Rows(uint32_t segment_bits, uint64_t hash_mask) : index_(segment_bits), hash_mask_(hash_mask) {}

  void Add(uint64_t key) {
    keys_.push_back(key);
    index_.Insert(HashOf(key), static_cast<uint32_t>(keys_.size()));
  }
  // A new row with the key of an old one takes its place.
  void ReplaceRow(uint32_t old_row) {
    const uint64_t key = keys_[old_row - 1];
    keys_.push_back(key);
    index_.Replace(HashOf(key), old_row, static_cast<uint32_t>(keys_.size()));
  }
  [[nodiscard]] uint32_t Find(uint64_t key) const {
    return index_.Find(HashOf(key), [&](uint32_t row) { return keys_[row - 1] == key; });
  }
  [[nodiscard]] uint64_t HashOf(uint64_t key) const { return Mix64(key) & hash_mask_; }
  RowIndex& index() { return index_; }

 private:
  RowIndex index_;
  const uint64_t hash_mask_;
  std::vector<uint64_t> keys_;
};

TEST(RowIndexTest, FindsNothingInNothing) {
  const Rows rows(0, UINT64_MAX);
  EXPECT_EQ(rows.Find(1), 0U);
}

// Full hashes, and hashes so poor that nearly all collide.
TEST(RowIndexTest, FindsEveryRowThroughAllGrowth) {
  for (const uint64_t mask : {UINT64_MAX, uint64_t{0x0000'0007'0000'000f}}) {
    const uint64_t count = mask == UINT64_MAX ? 20'000 : 1'000;
    for (const uint32_t segment_bits : {0U, 3U, 10U}) {
      Rows rows(segment_bits, mask);
      for (uint64_t key = 1; key <= count; ++key) {
        ASSERT_EQ(rows.Find(key), 0U);
        rows.Add(key);
        ASSERT_EQ(rows.Find(key), key);
      }
      for (uint64_t key = 1; key <= count; ++key) {
        ASSERT_EQ(rows.Find(key), key) << "segment_bits=" << segment_bits;
      }
      for (uint64_t key = count + 1; key <= 2 * count; ++key) {
        ASSERT_EQ(rows.Find(key), 0U);
      }
      EXPECT_EQ(rows.index().size(), count);
    }
  }
}

// A bucket holds eight; more of one tag go on to the next buckets, and round the end.
TEST(RowIndexTest, RowsOfOneTagOverflowIntoTheNextBuckets) {
  for (const uint64_t hash : {uint64_t{0}, uint64_t{0xffff'ffff}}) {
    RowIndex index(0);
    for (uint32_t row = 1; row <= 40; ++row) {
      index.Insert(hash, row);
    }
    for (uint32_t row = 1; row <= 40; ++row) {
      EXPECT_EQ(index.Find(hash, [row](uint32_t seen) { return seen == row; }), row);
    }
    EXPECT_EQ(index.Find(hash, [](uint32_t) { return false; }), 0U);
    EXPECT_EQ(index.Find(hash ^ 1, [](uint32_t) { return true; }), 0U);
    EXPECT_NE(index.Guess(hash), 0U);  // any of them: growing may reorder
  }
}

TEST(RowIndexTest, ReplacingIsRemembered) {
  Rows rows(2, 0xff);
  for (uint64_t key = 1; key <= 500; ++key) {
    rows.Add(key);
  }
  for (uint32_t row = 1; row <= 500; row += 3) {
    rows.ReplaceRow(row);
  }
  uint32_t next = 500;
  for (uint64_t key = 1; key <= 500; ++key) {
    ASSERT_EQ(rows.Find(key), key % 3 == 1 ? ++next : key);
  }
  for (uint64_t key = 501; key <= 5'000; ++key) {  // and through growth
    rows.Add(10'000 + key);
  }
  EXPECT_EQ(rows.Find(1), 501U);
  EXPECT_EQ(rows.Find(2), 2U);
}

TEST(RowIndexDeathTest, ReplacingWhatIsNotThereIsABug) {
  Rows rows(0, UINT64_MAX);
  rows.Add(1);
  EXPECT_DEATH(rows.index().Replace(rows.HashOf(2), 2, 3), "is not in the index");
}

TEST(RowIndexTest, AfterReserveNothingGrows) {
  Rows rows(4, UINT64_MAX);
  for (uint64_t key = 1; key <= 100; ++key) {
    rows.Add(key);
  }
  rows.index().Reserve(50'000);
  const uint64_t bytes = rows.index().bytes();
  for (uint64_t key = 101; key <= 50'000; ++key) {
    rows.Add(key);
  }
  EXPECT_EQ(rows.index().bytes(), bytes);
  for (uint64_t key = 1; key <= 50'000; ++key) {
    ASSERT_EQ(rows.Find(key), key);
  }
}

TEST(RowIndexTest, ALargeArenaIsToldOfOnce) {
  Rows rows(2, UINT64_MAX);
  EXPECT_EQ(rows.index().TakeUpcomingMemory().size, 0U);
  rows.index().Reserve(1'000'000);
  const MemoryRange range = rows.index().TakeUpcomingMemory();
  EXPECT_GE(range.size, 1'000'000U * 8);
  EXPECT_EQ(rows.index().TakeUpcomingMemory().size, 0U);
}

TEST(RowIndexTest, AGuessIsTheRowOrOneOfTheSameTag) {
  Rows rows(3, UINT64_MAX);
  EXPECT_EQ(rows.index().Guess(rows.HashOf(1)), 0U);
  for (uint64_t key = 1; key <= 5'000; ++key) {
    rows.Add(key);
  }
  for (uint64_t key = 1; key <= 5'000; ++key) {  // tags of 32 bits: no two are alike here
    ASSERT_EQ(rows.index().Guess(rows.HashOf(key)), key);
  }
}

}  // namespace
}  // namespace gonghui
