// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/ledger/table.h"

#include <array>
#include <cstdint>
#include <map>
#include <vector>

#include <gtest/gtest.h>

#include "engine/base/prng.h"
#include "engine/base/strong_id.h"

namespace gonghui {
namespace {

struct Row {
  std::array<uint64_t, 9> words{};  // no divisor of a page

  friend bool operator==(const Row&, const Row&) = default;
};
using RowId = StrongId<struct TestRowTag, uint32_t>;
using TestTable = Table<Row, RowId>;

Row RowOf(uint64_t value) {
  Row row;
  row.words.fill(value);
  return row;
}

TEST(TableTest, RowsAreNumberedFromOneAndRowZeroIsEmpty) {
  TestTable table(TableId::kCards, 3);
  EXPECT_EQ(table.next(), RowId{1});
  EXPECT_EQ(table.Append(RowOf(7)), RowId{1});
  EXPECT_EQ(table.Append(RowOf(8)), RowId{2});
  EXPECT_EQ(table[RowId{}], Row{});
  EXPECT_EQ(table[RowId{2}], RowOf(8));
  EXPECT_TRUE(table.Contains(RowId{2}));
  EXPECT_FALSE(table.Contains(RowId{3}));
  EXPECT_FALSE(table.Contains(RowId{}));
  EXPECT_FALSE(table.full());
  table.Append(RowOf(9));
  EXPECT_TRUE(table.full());
  EXPECT_DEATH(table.Append(RowOf(1)), "GH_CHECK");
}

TEST(TableTest, TheDigestIsThatOfTheRows) {
  TestTable table(TableId::kCards, 1'000);
  EXPECT_EQ(table.digest(), 0U);
  for (uint64_t i = 1; i <= 1'000; ++i) {
    table.Append(RowOf(i));
  }
  Prng prng(1);
  for (int i = 0; i < 1'000; ++i) {
    const RowId row{static_cast<uint32_t>(1 + prng.Below(1'000))};
    table.Update(row, [&](Row& changed) { changed.words[prng.Below(9)] = prng.Next(); });
    if (prng.Chance(1, 3)) {
      table.Set(row, RowOf(prng.Next()));
    }
  }
  EXPECT_EQ(table.digest(), table.RecomputeDigest());
}

TEST(TableTest, TheDigestForgetsThePathAndRemembersThePlace) {
  TestTable straight(TableId::kCards, 10);
  straight.Append(RowOf(1));
  straight.Append(RowOf(2));
  TestTable detour(TableId::kCards, 10);
  detour.Append(RowOf(5));
  detour.Append(RowOf(2));
  detour.Set(RowId{1}, RowOf(1));
  EXPECT_EQ(straight.digest(), detour.digest());

  TestTable swapped(TableId::kCards, 10);
  swapped.Append(RowOf(2));
  swapped.Append(RowOf(1));
  EXPECT_NE(straight.digest(), swapped.digest());
  TestTable elsewhere(TableId::kFunds, 10);
  elsewhere.Append(RowOf(1));
  elsewhere.Append(RowOf(2));
  EXPECT_NE(straight.digest(), elsewhere.digest());
}

// The formula as storage/FORMAT.md gives it: it is stored, so it must not change.
TEST(TableTest, TheDigestIsTheOneThatIsStored) {
  const auto fold = [](uint64_t x, uint64_t y) {
    const UInt128 product = static_cast<UInt128>(x) * y;
    return static_cast<uint64_t>(product >> 64) ^ static_cast<uint64_t>(product);
  };
  Row row;
  for (uint64_t i = 0; i < row.words.size(); ++i) {
    row.words[i] = i * 0x0123456789abcdef;
  }
  constexpr uint32_t kNumber = 77;
  const uint64_t key = fold((uint64_t{6} << 32 | kNumber) ^ 0x9e3779b97f4a7c15, 0xd6e8feb86659fd93);
  uint64_t digest = 0;
  for (uint64_t i = 0; 2 * i < row.words.size(); ++i) {
    const uint64_t b = 2 * i + 1 < row.words.size() ? row.words[2 * i + 1] : 0;
    digest += fold(row.words[2 * i] ^ (key + i * 0x8ebc6af09c88c6e3),
                   b ^ (key << 32 | key >> 32) ^ 0xa0761d6478bd642f);
  }
  EXPECT_EQ(RowDigest(TableId::kCards, kNumber, row), digest);
}

TEST(TableTest, EveryBitOfARowIsInItsDigest) {
  Row row = RowOf(0x0123456789abcdef);
  const uint64_t digest = RowDigest(TableId::kCards, 1, row);
  for (size_t word = 0; word < row.words.size(); ++word) {
    for (int bit = 0; bit < 64; ++bit) {
      row.words[word] ^= uint64_t{1} << bit;
      ASSERT_NE(RowDigest(TableId::kCards, 1, row), digest) << word << " " << bit;
      row.words[word] ^= uint64_t{1} << bit;
    }
  }
  // Also a row of zeroes tells its words apart.
  Row zero;
  zero.words[1] = 1;
  Row other;
  other.words[3] = 1;
  EXPECT_NE(RowDigest(TableId::kCards, 1, zero), RowDigest(TableId::kCards, 1, other));
}

TEST(TableTest, AddingToAPairIsAnUpdate) {
  struct Pairs {
    uint64_t key = 0;
    uint64_t spare = 0;
    int64_t held = 0;
    int64_t spent = 0;
  };
  using PairsId = StrongId<struct PairsTag, uint32_t>;
  Table<Pairs, PairsId> added(TableId::kCounters, 10);
  Table<Pairs, PairsId> updated(TableId::kCounters, 10);
  added.Append({7, 0, 5, 6});
  updated.Append({7, 0, 5, 6});
  const uint64_t before = added.digest();
  added.AddPair(PairsId{1}, &Pairs::held, -5, &Pairs::spent, 100);
  updated.Update(PairsId{1}, [](Pairs& row) {
    row.held = 0;
    row.spent = 106;
  });
  EXPECT_EQ(added[PairsId{1}].held, 0);
  EXPECT_EQ(added[PairsId{1}].spent, 106);
  EXPECT_NE(added.digest(), before);
  EXPECT_EQ(added.digest(), updated.digest());
  EXPECT_EQ(added.digest(), added.RecomputeDigest());

  // So is a change within some pairs.
  added.UpdatePairs<0, 2>(PairsId{1}, [](Pairs& row) {
    row.spare = 3;
    row.spent = 107;
  });
  updated.Set(PairsId{1}, Pairs{7, 3, 0, 107});
  EXPECT_EQ(added.digest(), updated.digest());
  added.UpdatePairs<1, 1>(PairsId{1}, [](Pairs& row) { row.held = 9; });
  EXPECT_EQ(added.digest(), added.RecomputeDigest());
}

TEST(TableTest, AddingToWordsIsAnUpdateOfThese) {
  TestTable added(TableId::kFunds, 3);
  TestTable updated(TableId::kFunds, 3);
  for (TestTable* const table : {&added, &updated}) {
    table->Append(RowOf(1));
    table->Append(RowOf(10));
  }
  // Modulo 2^64, each by itself, of whole pairs: the odd word at the end is of none.
  constexpr auto kLess = ~uint64_t{0};
  added.AddToWords<1, 4>(RowId{2}, std::array<uint64_t, 4>{5, kLess, 0, kLess - 10});
  updated.Update(RowId{2}, [](Row& row) {
    row.words[2] = 15;
    row.words[3] = 9;
    row.words[5] = kLess;
  });
  added.AddToWords<0, 2>(RowId{1}, std::array<uint64_t, 2>{1, 2});
  updated.Update(RowId{1}, [](Row& row) {
    row.words[0] = 2;
    row.words[1] = 3;
  });
  EXPECT_EQ(added[RowId{1}], updated[RowId{1}]);
  EXPECT_EQ(added[RowId{2}], updated[RowId{2}]);
  EXPECT_EQ(added.digest(), updated.digest());
  EXPECT_EQ(added.digest(), added.RecomputeDigest());
}

// Rows of whole pairs, with a word left over, and with half of one.
template <size_t kHalfWords>
void ExpectCopiedWithItsDigest() {
  struct Halves {
    std::array<uint32_t, kHalfWords> halves{};
  };
  Halves row;
  Prng prng(kHalfWords);
  for (uint32_t& half : row.halves) {
    half = static_cast<uint32_t>(prng.Next());
  }
  const RowDigester<Halves> digester(TableId::kUses, 77);
  Halves copy;
  EXPECT_EQ(digester.Copy(row, &copy), digester.OfRow(row)) << kHalfWords;
  EXPECT_EQ(copy.halves, row.halves) << kHalfWords;
}

TEST(TableTest, ARowIsCopiedWithItsDigest) {
  ExpectCopiedWithItsDigest<1>();
  ExpectCopiedWithItsDigest<2>();
  ExpectCopiedWithItsDigest<3>();
  ExpectCopiedWithItsDigest<4>();
  ExpectCopiedWithItsDigest<10>();
  ExpectCopiedWithItsDigest<11>();
  ExpectCopiedWithItsDigest<50>();
}

TEST(TableTest, ADigestMayBeForgoneAndTheRowsAreTheSame) {
  TestTable kept(TableId::kCards, 100);
  TestTable forgone(TableId::kCards, 100);
  const auto both = [&](auto&& change) {
    change(kept);
    change(forgone);
  };
  both([](TestTable& table) { table.Append(RowOf(1)); });
  forgone.ForgoDigest();
  EXPECT_TRUE(kept.keeps_digest());
  EXPECT_FALSE(forgone.keeps_digest());
  both([](TestTable& table) {
    table.Append(RowOf(2));
    table.Append(RowOf(3));
    table.Update(RowId{1}, [](Row& row) { row.words[8] = 7; });
    table.UpdatePairs<1, 2>(RowId{2}, [](Row& row) { row.words[5] = 8; });
    table.AddToWords<1, 2>(RowId{2}, std::array<uint64_t, 2>{3, 4});
    table.Set(RowId{3}, RowOf(4));
  });
  EXPECT_EQ(forgone.size(), 3U);
  for (uint32_t i = 1; i <= 3; ++i) {
    EXPECT_EQ(forgone[RowId{i}], kept[RowId{i}]) << i;
  }
  EXPECT_EQ(forgone.RecomputeDigest(), kept.digest());

  struct Pair {
    int64_t held = 5;
    int64_t spent = 6;
  };
  using PairId = StrongId<struct PairTag, uint32_t>;
  Table<Pair, PairId> pairs(TableId::kCounters, 10);
  pairs.ForgoDigest();
  pairs.Append(Pair{});
  pairs.AddPair(PairId{1}, &Pair::held, -5, &Pair::spent, 100);
  EXPECT_EQ(pairs[PairId{1}].held, 0);
  EXPECT_EQ(pairs[PairId{1}].spent, 106);
}

// Each byte that an Append() writes was told of before, but for the first huge pages,
// or is told of never: no part twice.
TEST(TableTest, UpcomingMemoryIsToldOnceAndInTime) {
  constexpr uint32_t kRows = 1'000'000;
  TestTable table(TableId::kCards, kRows);
  const auto* const base = reinterpret_cast<const uint8_t*>(&table[RowId{}]);
  EXPECT_EQ(table.TakeUpcomingMemory().size, 0U);  // an empty table needs nothing
  size_t told_from = 0;
  size_t told_to = 0;
  for (uint32_t i = 0; i < kRows; ++i) {
    table.Append(RowOf(i));
    const size_t written = (size_t{i} + 2) * sizeof(Row);
    if (told_to != 0) {
      ASSERT_LE(written, told_to);
    }
    if (i % 64 == 0) {
      const MemoryRange range = table.TakeUpcomingMemory();
      if (range.size != 0) {
        const auto from = static_cast<size_t>(static_cast<const uint8_t*>(range.data) - base);
        ASSERT_GE(from, written);
        if (told_to != 0) {
          ASSERT_EQ(from, told_to);
        }
        told_from = told_from == 0 ? from : told_from;
        told_to = from + range.size;
        ASSERT_LE(told_to, (size_t{kRows} + 1) * sizeof(Row));
      }
    }
  }
  EXPECT_EQ(told_to, (size_t{kRows} + 1) * sizeof(Row));
  EXPECT_LE(told_from, size_t{4} << 20);
}

TEST(TableTest, TheReserveIsToldOnceAPageAtATimeAndNotOnceMore) {
  constexpr size_t kHugePage = size_t{2} << 20;
  constexpr uint32_t kRows = 1'000'000;
  TestTable table(TableId::kCards, kRows);
  const auto* const base = reinterpret_cast<const uint8_t*>(&table[RowId{}]);
  EXPECT_EQ(table.bytes_in_use(), 0U);
  EXPECT_EQ(table.TakeReserveMemory(0).size, 0U);
  EXPECT_EQ(table.TakeReserveMemory(kHugePage - 1).size, 0U) << "not worth a page";
  while (table.bytes_in_use() < 3 * kHugePage) {
    table.Append(RowOf(1));
  }
  const auto from_of = [&](const MemoryRange& range) {
    return static_cast<size_t>(static_cast<const uint8_t*>(range.data) - base);
  };
  const size_t used = table.bytes_in_use() + sizeof(Row);  // row 0
  size_t told_to = 0;
  for (MemoryRange range = table.TakeReserveMemory(5 * kHugePage); range.size != 0;
       range = table.TakeReserveMemory(5 * kHugePage)) {
    EXPECT_EQ(range.size, kHugePage);
    EXPECT_EQ(from_of(range), told_to == 0 ? 4 * kHugePage : told_to);
    told_to = from_of(range) + range.size;
  }
  EXPECT_GE(told_to, used + 5 * kHugePage);
  EXPECT_LT(told_to, used + 6 * kHugePage);
  EXPECT_EQ(table.TakeUpcomingMemory().size, 0U) << "it is ready";
  // What was told is not told again, and the rest is.
  while (table.bytes_in_use() + sizeof(Row) < told_to) {
    table.Append(RowOf(2));
  }
  const MemoryRange upcoming = table.TakeUpcomingMemory();
  EXPECT_GT(upcoming.size, 0U);
  EXPECT_EQ(from_of(upcoming), told_to);
  // Never beyond the table's end.
  size_t last = 0;
  for (MemoryRange range = table.TakeReserveMemory(SIZE_MAX / 4); range.size != 0;
       range = table.TakeReserveMemory(SIZE_MAX / 4)) {
    last = from_of(range) + range.size;
  }
  EXPECT_EQ(last, (size_t{kRows} + 1) * sizeof(Row));
}

TEST(TableTest, RowsThatHaveLeftCountForNoReserve) {
  TestTable table(TableId::kCards, 1'000);
  for (uint32_t i = 1; i <= 100; ++i) {
    table.Append(RowOf(i));
  }
  table.EvictBefore(41, 0);
  EXPECT_EQ(table.bytes_in_use(), 60 * sizeof(Row));
}

// ---- Rows that have left -----------------------------------------------------------

TEST(TableTest, RowsThatHaveLeftAreNotThereAndNotInTheDigest) {
  TestTable table(TableId::kCards, 1'000);
  uint64_t left = 0;
  for (uint32_t i = 1; i <= 100; ++i) {
    table.Append(RowOf(i));
    left += i < 40 ? RowDigest(TableId::kCards, i, RowOf(i)) : 0;
  }
  const uint64_t all = table.digest();
  table.EvictBefore(40, left);
  EXPECT_EQ(table.first(), 40U);
  EXPECT_EQ(table.size(), 100U);
  EXPECT_FALSE(table.Contains(RowId{39}));
  EXPECT_TRUE(table.Contains(RowId{40}));
  EXPECT_EQ(table.digest(), table.RecomputeDigest());
  EXPECT_EQ(table.digest() + left, all);
  EXPECT_EQ(table.Append(RowOf(7)), RowId{101});  // numbers are not used again
  table.EvictBefore(102, table.digest());
  EXPECT_EQ(table.digest(), 0U);
  EXPECT_FALSE(table.Contains(RowId{101}));
  EXPECT_EQ(table[RowId{}], Row{});
  EXPECT_EQ(table.Append(RowOf(8)), RowId{102});
  EXPECT_DEATH(table.EvictBefore(101, 0), "GH_CHECK");
  EXPECT_DEATH(table.EvictBefore(104, 0), "GH_CHECK");
}

// Every byte before the first row's huge page, once, and none that a photo still reads.
TEST(TableTest, MemoryOfRowsThatHaveLeftIsToldOnce) {
  constexpr uint32_t kRows = 200'000;
  TestTable table(TableId::kCards, kRows);
  const auto* const base = reinterpret_cast<const uint8_t*>(&table[RowId{}]);
  for (uint32_t i = 1; i <= kRows; ++i) {
    table.Append(RowOf(i));
  }
  EXPECT_EQ(table.TakeReleasedMemory().size, 0U);
  size_t told = 0;
  for (uint32_t first = 1; first <= kRows; first += 999) {
    uint64_t left = 0;
    for (uint32_t i = table.first(); i < first; ++i) {
      left += RowDigest(TableId::kCards, i, table[RowId{i}]);
    }
    table.EvictBefore(first, left);
    const MemoryRange range = table.TakeReleasedMemory();
    if (range.size != 0) {
      ASSERT_EQ(static_cast<const uint8_t*>(range.data), base + told);
      told += range.size;
      ASSERT_EQ(reinterpret_cast<uintptr_t>(base + told) % (size_t{2} << 20), 0U);
      ReleaseMemory(range);
    }
    const size_t page_begin = size_t{table.first_page()} * table.rows_per_page() * sizeof(Row);
    ASSERT_LE(told, page_begin);
    ASSERT_LT(page_begin - told, size_t{2} << 20);
    ASSERT_EQ(table[RowId{first}], RowOf(first));
  }
  EXPECT_EQ(table.digest(), table.RecomputeDigest());
  EXPECT_EQ(table[RowId{}], Row{});
}

// ---- Photos ---------------------------------------------------------------------

// As a checkpoint store keeps them: the newest version of each page.
class Store final : public PageSink {
 public:
  void AddPage(TableId table, uint32_t page, std::span<const uint8_t> bytes) override {
    EXPECT_EQ(table, TableId::kCards);
    pages_[page].assign(bytes.begin(), bytes.end());
    ++added_;
  }
  [[nodiscard]] uint32_t added() const { return added_; }
  [[nodiscard]] const std::map<uint32_t, std::vector<uint8_t>>& pages() const { return pages_; }

 private:
  std::map<uint32_t, std::vector<uint8_t>> pages_;
  uint32_t added_ = 0;
};

std::vector<Row> Contents(const TestTable& table) {
  std::vector<Row> rows;
  for (uint32_t i = 1; i <= table.size(); ++i) {
    rows.push_back(table[RowId{i}]);
  }
  return rows;
}

// Loads what the store holds as a table of `want.size()` rows, and compares.
void ExpectLoadsAs(const Store& store, const std::vector<Row>& want, uint64_t digest) {
  TestTable loaded(TableId::kCards, 10'000);
  ASSERT_TRUE(loaded.BeginLoad(static_cast<uint32_t>(want.size())));
  for (const auto& [page, bytes] : store.pages()) {
    ASSERT_TRUE(loaded.LoadPage(page, bytes)) << "page=" << page;
  }
  loaded.FinishLoad(1);
  EXPECT_EQ(Contents(loaded), want);
  EXPECT_EQ(loaded.digest(), digest);
}

void WriteSomewhere(TestTable& table, Prng& prng) {
  if (table.size() == 0 || (prng.Chance(1, 4) && !table.full())) {
    table.Append(RowOf(prng.Next()));
    return;
  }
  // Mostly near the end, as in life.
  const uint64_t back = prng.Chance(3, 4) ? std::min<uint64_t>(table.size(), 50) : table.size();
  const RowId row{static_cast<uint32_t>(table.size() - prng.Below(back))};
  table.Update(row, [&](Row& changed) { changed.words[prng.Below(9)] = prng.Next(); });
}

TEST(TablePhotoTest, APhotoTakenWhileRowsChangeIsTheStateAtItsBeginning) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    Prng prng(seed);
    TestTable table(TableId::kCards, 10'000);
    Store store;  // through all photos: each adds what changed since the one before
    table.set_photo_sink(&store);
    for (int photo = 0; photo < 8; ++photo) {
      for (uint64_t i = prng.Below(2'000); i > 0; --i) {
        WriteSomewhere(table, prng);
      }
      const std::vector<Row> want = Contents(table);
      const uint64_t digest = table.digest();
      const uint32_t before = store.added();
      const uint32_t to_copy = table.BeginPhoto();
      uint32_t copied = 0;
      uint32_t asked = 0;
      do {
        for (uint64_t i = prng.Below(300); i > 0; --i) {
          WriteSomewhere(table, prng);
        }
        asked = static_cast<uint32_t>(1 + prng.Below(4));
        copied = table.CopyPages(asked, store);
      } while (copied == asked);
      EXPECT_EQ(store.added() - before, to_copy) << "every marked page, once";
      ExpectLoadsAs(store, want, digest);
    }
  }
}

TEST(TablePhotoTest, WhatDidNotChangeIsNotCopiedAgainUnlessAsked) {
  TestTable table(TableId::kCards, 10'000);
  Store store;
  table.set_photo_sink(&store);
  for (uint64_t i = 0; i < 5'000; ++i) {
    table.Append(RowOf(i));
  }
  const uint32_t all = table.BeginPhoto();
  EXPECT_EQ(table.CopyPages(UINT32_MAX, store), all);
  EXPECT_EQ(table.BeginPhoto(), 0U);
  EXPECT_EQ(table.CopyPages(UINT32_MAX, store), 0U);
  table.Set(RowId{4'000}, RowOf(1));
  EXPECT_EQ(table.BeginPhoto(), 1U);
  EXPECT_EQ(table.CopyPages(UINT32_MAX, store), 1U);
  table.MarkAllChanged();
  Store complete;
  EXPECT_EQ(table.BeginPhoto(), all);
  EXPECT_EQ(table.CopyPages(UINT32_MAX, complete), all);
  ExpectLoadsAs(complete, Contents(table), table.digest());
}

TEST(TablePhotoTest, APhotoThatWasGivenUpLosesNothing) {
  Prng prng(7);
  TestTable table(TableId::kCards, 10'000);
  Store store;
  table.set_photo_sink(&store);
  for (int i = 0; i < 8'000; ++i) {
    WriteSomewhere(table, prng);
  }
  table.BeginPhoto();
  table.CopyPages(2, store);  // and then the store failed
  for (int i = 0; i < 500; ++i) {
    WriteSomewhere(table, prng);
  }
  const std::vector<Row> want = Contents(table);
  const uint64_t digest = table.digest();
  table.BeginPhoto();
  while (table.CopyPages(1, store) == 1) {
  }
  ExpectLoadsAs(store, want, digest);
}

TEST(TablePhotoTest, PagesOfRowsThatHaveLeftAreNotInThePicture) {
  Prng prng(11);
  TestTable table(TableId::kCards, 10'000);
  Store store;
  table.set_photo_sink(&store);
  for (uint64_t i = 1; i <= 5'000; ++i) {
    table.Append(RowOf(i));
  }
  const uint32_t all = table.BeginPhoto();
  table.CopyPages(3, store);
  EXPECT_DEATH(table.EvictBefore(3'000, 0), "GH_CHECK") << "the rest is still to be copied";
  table.CopyPages(all, store);
  uint64_t left = 0;
  for (uint32_t i = 1; i < 3'000; ++i) {
    left += RowDigest(TableId::kCards, i, table[RowId{i}]);
  }
  table.EvictBefore(3'000, left);
  table.MarkAllChanged();
  Store rest;
  table.set_photo_sink(&rest);
  const uint32_t pages = table.BeginPhoto();
  EXPECT_EQ(pages, all - table.first_page());
  const uint64_t digest = table.digest();
  const Row last = table[RowId{5'000}];
  for (int i = 0; i < 200; ++i) {
    const RowId row{static_cast<uint32_t>(prng.Between(3'000, 5'000))};
    table.Set(row, RowOf(prng.Next()));
  }
  while (table.CopyPages(7, rest) == 7) {
  }
  EXPECT_EQ(rest.added(), pages);
  EXPECT_EQ(rest.pages().begin()->first, table.first_page());

  TestTable loaded(TableId::kCards, 10'000);
  ASSERT_TRUE(loaded.BeginLoad(5'000));
  for (const auto& [page, bytes] : rest.pages()) {
    ASSERT_TRUE(loaded.LoadPage(page, bytes));
  }
  loaded.FinishLoad(3'000);
  EXPECT_EQ(loaded.digest(), digest);
  EXPECT_EQ(loaded[RowId{5'000}], last);
  EXPECT_FALSE(loaded.Contains(RowId{2'999}));
  EXPECT_EQ(loaded.Append(RowOf(1)), RowId{5'001});
}

// A table of which nothing is left takes no picture, and goes on where it was.
TEST(TablePhotoTest, ATableOfWhichNothingIsLeft) {
  TestTable table(TableId::kCards, 10'000);
  Store store;
  table.set_photo_sink(&store);
  const uint32_t size = 2 * table.rows_per_page() - 1;  // the next row begins a page
  for (uint32_t i = 1; i <= size; ++i) {
    table.Append(RowOf(i));
  }
  table.EvictBefore(size + 1, table.digest());
  EXPECT_EQ(table.BeginPhoto(), 0U);
  EXPECT_EQ(table.CopyPages(10, store), 0U);
  TestTable loaded(TableId::kCards, 10'000);
  ASSERT_TRUE(loaded.BeginLoad(size));
  loaded.FinishLoad(size + 1);
  EXPECT_EQ(loaded.digest(), 0U);
  table.MarkAllChanged();
  table.Append(RowOf(9));
  EXPECT_EQ(table.BeginPhoto(), 1U);
  EXPECT_EQ(table.CopyPages(10, store), 1U);
}

TEST(TablePhotoTest, LoadingRefusesPagesThatDoNotFit) {
  TestTable table(TableId::kCards, 1'000);
  EXPECT_FALSE(table.BeginLoad(1'001));
  ASSERT_TRUE(table.BeginLoad(10));
  const std::vector<uint8_t> eleven_rows(11 * sizeof(Row));  // row 0 and the ten
  const std::vector<uint8_t> ten_rows(10 * sizeof(Row));
  EXPECT_FALSE(table.LoadPage(0, ten_rows));
  EXPECT_TRUE(table.LoadPage(0, eleven_rows));
  EXPECT_FALSE(table.LoadPage(1, eleven_rows));
  EXPECT_FALSE(table.LoadPage(UINT32_MAX, eleven_rows));
}

}  // namespace
}  // namespace gonghui
