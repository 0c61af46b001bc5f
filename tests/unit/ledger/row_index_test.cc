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

// ---- Rows that are gone ------------------------------------------------------------

TEST(RowIndexTest, RowsThatAreGoneAreNotFoundAndTheOthersAre) {
  for (const uint64_t mask : {UINT64_MAX, uint64_t{0x0000'0003'0000'000f}}) {
    Rows rows(2, mask);
    const uint64_t count = mask == UINT64_MAX ? 5'000 : 500;
    for (uint64_t key = 1; key <= count; ++key) {
      rows.Add(key);
    }
    const auto first = static_cast<uint32_t>(count / 3);
    rows.index().set_first_row(first);
    for (uint64_t key = 1; key <= count; ++key) {
      ASSERT_EQ(rows.Find(key), key < first ? 0U : key);
      const uint32_t guess = rows.index().Guess(rows.HashOf(key));
      ASSERT_TRUE(guess == 0 || guess >= first);
    }
  }
}

// As many come as go: the index stays of a size for those that are there, however long that
// goes on.
TEST(RowIndexTest, PlacesOfRowsThatAreGoneAreTakenAgain) {
  for (const uint64_t mask : {UINT64_MAX, uint64_t{0x0000'0003'0000'00ff}}) {
    SCOPED_TRACE(mask);
    Rows rows(2, mask);
    const uint64_t living = mask == UINT64_MAX ? 2'000 : 300;
    for (uint64_t key = 1; key <= 40 * living; ++key) {
      rows.Add(key);
      if (key > living && key % 50 == 0) {
        rows.index().set_first_row(static_cast<uint32_t>(key - living + 1));
      }
      if (key % (living / 2) == 0) {
        const uint64_t first = key > living ? (key - living) / 50 * 50 + 51 : 1;
        for (uint64_t old = first; old <= key; ++old) {
          ASSERT_EQ(rows.Find(old), old);
        }
        ASSERT_EQ(rows.Find(key + 1), 0U);
      }
    }
    // It grew when more than half of three quarters of the places were of the living; the
    // segments are not quite even.
    EXPECT_LE(rows.index().bytes(), 8 * living * 8);
    EXPECT_LE(rows.index().size(), 6 * living);
  }
}

// A full segment of which half is gone is put in order at its size; one of the living grows.
TEST(RowIndexTest, ASegmentGrowsOnlyForTheLiving) {
  RowIndex index(0);
  for (uint32_t row = 1; row <= 6; ++row) {
    index.Insert(row, row);  // one bucket
  }
  const uint64_t bytes = index.bytes();
  index.set_first_row(4);
  index.Insert(100, 7);
  index.Insert(101, 8);
  index.Insert(102, 9);
  EXPECT_EQ(index.bytes(), bytes);
  EXPECT_EQ(index.size(), 6U);
  for (const uint32_t row : {4U, 5U, 6U}) {
    EXPECT_EQ(index.Guess(row), row);
  }
  index.Insert(103, 10);
  EXPECT_GT(index.bytes(), bytes);
  EXPECT_EQ(index.size(), 7U);
  EXPECT_EQ(index.Guess(102), 9U);
}

// Chains that were full of rows which are gone do not end before the living.
TEST(RowIndexTest, ChainsThroughRowsThatAreGoneHold) {
  RowIndex index(0);
  for (uint32_t row = 1; row <= 40; ++row) {
    index.Insert(7, row);
  }
  index.set_first_row(30);
  const auto find = [&index](uint32_t wanted) {
    return index.Find(7, [wanted](uint32_t row) { return row == wanted; });
  };
  for (uint32_t row = 30; row <= 40; ++row) {
    EXPECT_EQ(find(row), row);
  }
  EXPECT_EQ(find(29), 0U);
  index.Replace(7, 35, 41);
  for (uint32_t row = 42; row <= 60; ++row) {
    index.Insert(7, row);
  }
  index.set_first_row(36);
  index.Reserve(1'000);
  for (uint32_t row = 36; row <= 60; ++row) {
    EXPECT_EQ(find(row), row);
  }
  EXPECT_EQ(index.size(), 25U);
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
