// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What leaves memory at a time: slices of the oldest, by steps; and what is free afterwards.

#include "engine/ledger/archive_slice.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include <gtest/gtest.h>

#include "engine/base/prng.h"
#include "engine/ledger/ledger.h"
#include "tests/testing/answer.h"
#include "tests/testing/archiving.h"
#include "tests/testing/names.h"
#include "tests/unit/ledger/archive_world.h"

namespace gonghui {
namespace {

// ---- Steps -------------------------------------------------------------------------

TEST_F(ArchiveTest, AChangedCopyIsRefused) {
  for (uint64_t i = 1; i <= 6; ++i) {
    Ask(Own(Sale(i, 100)));
  }
  ArchiveSlice slice;
  EXPECT_EQ(ledger_->CopyForArchive(4, &slice), 4U);
  const std::vector<ArchiveMark> steps = slice.StepsOf(2);
  ASSERT_EQ(steps.size(), 2U);
  Ask(Own(About(CommandKind::kRefund, 7, 5)));  // not among them
  EXPECT_EQ(VerdictOf(OwnArchive(steps[0])), Verdict::kDecided);
  EXPECT_EQ(event_.kind, EventKind::kArchived);
  EXPECT_EQ(VerdictOf(OwnArchive(steps[0])), Verdict::kRefused) << "done before";
  Ask(Own(About(CommandKind::kRefund, 8, 4)));  // among them
  EXPECT_EQ(VerdictOf(OwnArchive(steps[1])), Verdict::kRefused);
  EXPECT_EQ(event_.kind, EventKind::kNone);
  slice.ForEach(
      [this](const ArchivedTransaction& copy) { archive_.Put(copy, CodeOf<TerminalId>("T1")); });
  EXPECT_EQ(ledger_->archived_rows(), 2U);

  slice.Clear();
  EXPECT_EQ(ledger_->CopyForArchive(UINT32_MAX, &slice), 6U);
  slice.ForEach(
      [this](const ArchivedTransaction& copy) { archive_.Put(copy, CodeOf<TerminalId>("T1")); });
  EXPECT_EQ(VerdictOf(OwnArchive(slice.StepsOf(100).back())), Verdict::kDecided);
  EXPECT_EQ(ledger_->archived_rows(), 8U);
  EXPECT_EQ(Ask(Own(InquiryOf(4))).state, TransactionState::kRefunded);
}

TEST_F(ArchiveTest, OnlyWhatWasCopiedLeaves) {
  for (uint64_t i = 1; i <= 6; ++i) {
    Ask(Own(Sale(i, 100)));
  }
  // In two goes, and by another ledger of the same state.
  ArchiveSlice slice;
  EXPECT_EQ(ledger_->CopyForArchive(2, &slice), 2U);
  EXPECT_EQ(ledger_->CopyForArchive(2, &slice), 2U);
  const ArchiveMark all = [this] {
    ArchiveSlice whole;
    Copy()->CopyForArchive(UINT32_MAX, &whole);
    return whole.StepsOf(UINT32_MAX).back();
  }();
  EXPECT_EQ(all.transactions, TransactionRow{7});
  EXPECT_EQ(VerdictOf(OwnArchive(all)), Verdict::kRefused);
  EXPECT_EQ(ledger_->CopyForArchive(10, &slice), 2U);
  EXPECT_EQ(ledger_->CopyForArchive(10, &slice), 0U);
  EXPECT_EQ(slice.StepsOf(4).back(), all);
  // After a start nothing is copied.
  const std::unique_ptr<Ledger> started = Copy();
  const auto event = std::make_unique<Event>();
  const auto result = std::make_unique<Result>();
  started->Decide(OwnArchive(all).command, now_, event.get(), result.get());
  EXPECT_EQ(result->verdict, Verdict::kRefused);
  EXPECT_EQ(Leave(), 6U);
}

TEST_F(ArchiveTest, AStepIsMadeByAnyNumberOfRows) {
  for (uint64_t i = 1; i <= 20; ++i) {
    Ask(OwnWithLines(i % 4 == 0 ? Authorize(i, 100) : Sale(i, 100),
                     std::vector<LineItem>{{CodeOf<ItemCode>("A"), Fen{100}, 1, 0}}));
  }
  ArchiveSlice slice;
  slice.Reserve(20);
  EXPECT_EQ(ledger_->CopyForArchive(100, &slice), 20U);
  const ArchiveMark last = slice.StepsOf(20).back();
  for (const uint32_t rows : {1U, 3U, 7U, 20U, 100U}) {
    const std::vector<ArchiveMark> steps = slice.StepsOf(rows);
    EXPECT_EQ(steps.back(), last);
    EXPECT_EQ(ledger_->StepsWithoutArchive(100, rows), steps);
    uint32_t from = slice.begin.transactions.value();
    for (const ArchiveMark& step : steps) {
      uint32_t holds = 0;
      for (uint32_t row = from; row < step.transactions.value(); ++row) {
        holds += uint32_t{StaysInMemory(ledger_->transactions()[TransactionRow{row}])};
      }
      const uint32_t length = step.transactions.value() - from;
      const uint32_t holds_max = std::max(rows / 16, 1U);
      EXPECT_TRUE(holds <= holds_max && length <= rows) << rows;
      EXPECT_TRUE(holds == holds_max || length == rows || step == last) << rows;
      from = step.transactions.value();
    }
  }
  EXPECT_EQ(slice.StepsOf(4 * 16).size(), 2U) << "five holds, four in a step";
  uint32_t visited = 0;
  slice.ForEach([&](const ArchivedTransaction& copy) {
    EXPECT_EQ(copy.transaction.state, TransactionState::kCaptured);
    EXPECT_EQ(copy.lines[0].price, Fen{100});
    EXPECT_EQ(copy.applied[0].spent, Fen{50});
    ++visited;
  });
  EXPECT_EQ(visited, 15U);
  EXPECT_TRUE(ArchiveSlice{}.StepsOf(4).empty());
  EXPECT_EQ(Leave(), 20U);
}

// What nobody keeps leaves without a copy, and leaves the same behind.
TEST_F(ArchiveTest, LeavesWithoutCopies) {
  for (uint64_t i = 1; i <= 9; ++i) {
    Ask(OwnWithLines(i % 4 == 0 ? Authorize(i, 100) : Sale(i, 100),
                     std::vector<LineItem>{{CodeOf<ItemCode>("A"), Fen{100}, 1, 0}}));
  }
  Ask(Own(About(CommandKind::kRefund, 10, 5)));
  const std::unique_ptr<Ledger> other = Copy();
  ArchiveSlice slice;
  EXPECT_EQ(other->CopyForArchive(8, &slice), 8U);
  slice.ForEach(
      [this](const ArchivedTransaction& copy) { archive_.Put(copy, CodeOf<TerminalId>("T1")); });
  const auto event = std::make_unique<Event>();
  const auto result = std::make_unique<Result>();
  for (const ArchiveMark& mark : slice.StepsOf(3)) {
    const OwnedCommand archive = OwnArchive(mark);  // the event points to it
    other->Decide(archive.command, now_, event.get(), result.get());
    ASSERT_EQ(result->verdict, Verdict::kDecided);
    other->Evolve(*event);
  }
  for (const ArchiveMark& mark : ledger_->StepsWithoutArchive(8, 3)) {
    EXPECT_EQ(VerdictOf(OwnArchive(mark)), Verdict::kDecided);
  }
  EXPECT_EQ(ledger_->archived_rows(), 8U);
  EXPECT_EQ(ledger_->StateHash(), other->StateHash());

  // A change in between is noticed, as it is of copies.
  const std::vector<ArchiveMark> rest = ledger_->StepsWithoutArchive(UINT32_MAX, 100);
  Ask(Own(About(CommandKind::kRefund, 11, 9)));
  EXPECT_EQ(VerdictOf(OwnArchive(rest.back())), Verdict::kRefused);
  EXPECT_TRUE(ledger_->StepsWithoutArchive(0, 100).empty());
}

// Without digests everything is decided and kept as with them.
TEST_F(ArchiveTest, ALedgerMayForgoItsDigests) {
  for (uint64_t i = 1; i <= 4; ++i) {
    Ask(Own(i == 4 ? Authorize(i, 100) : Sale(i, 100)));
  }
  const std::unique_ptr<Ledger> other = Copy();
  other->ForgoDigests();
  const auto event = std::make_unique<Event>();
  const auto result = std::make_unique<Result>();
  const auto ask_both = [&](const OwnedCommand& asked) {
    other->Decide(asked.command, now_, event.get(), result.get());
    ASSERT_EQ(result->verdict, Verdict::kDecided);
    other->Evolve(*event);
    ASSERT_EQ(VerdictOf(asked), Verdict::kDecided);
  };
  ask_both(Own(Sale(5, 70)));
  ask_both(Own(About(CommandKind::kCapture, 6, 4)));
  ask_both(Own(About(CommandKind::kRefund, 7, 2)));
  ArchiveSlice slice;  // for the end of the test, when all come back
  EXPECT_EQ(Copy()->CopyForArchive(5, &slice), 5U);
  slice.ForEach(
      [this](const ArchivedTransaction& copy) { archive_.Put(copy, CodeOf<TerminalId>("T1")); });
  for (const ArchiveMark& mark : ledger_->StepsWithoutArchive(5, 2)) {
    EXPECT_EQ(VerdictOf(OwnArchive(mark)), Verdict::kDecided);
  }
  for (const ArchiveMark& mark : other->StepsWithoutArchive(5, 2)) {
    const OwnedCommand archive = OwnArchive(mark);
    other->Decide(archive.command, now_, event.get(), result.get());
    ASSERT_EQ(result->verdict, Verdict::kDecided);
    other->Evolve(*event);
  }
  EXPECT_EQ(other->archived_rows(), 5U);
  for (size_t i = 0; i < ledger_->tables().size(); ++i) {
    const TableBase* const table = other->tables()[i];
    EXPECT_FALSE(table->keeps_digest());
    if (table->id() != TableId::kGlobals) {  // has the marks, and these their digests
      EXPECT_EQ(table->RecomputeDigest(), ledger_->tables()[i]->RecomputeDigest())
          << "table " << static_cast<int>(table->id());
    }
  }
  EXPECT_DEATH(static_cast<void>(other->StateHash()), "forgone");
}

// Copying never allocates: a slice that was made room for takes what there is room for.
TEST_F(ArchiveTest, ABoundedSliceTakesFewerOfThoseWithManyLines) {
  const std::vector<LineItem> lines(kLinesPerTransactionMax,
                                    LineItem{CodeOf<ItemCode>("A"), Fen{10}, 1, 0});
  for (uint64_t i = 1; i <= 8; ++i) {
    Ask(OwnWithLines(Sale(i, 10 * kLinesPerTransactionMax), lines));
  }
  ArchiveSlice slice;
  slice.Reserve(1);
  const size_t capacity = slice.lines.capacity();
  EXPECT_EQ(ledger_->CopyForArchive(100, &slice), 1U);
  EXPECT_EQ(ledger_->CopyForArchive(100, &slice), 0U) << "full";
  EXPECT_EQ(slice.lines.capacity(), capacity);
  slice.Clear();
  slice.Reserve(2 * kLinesPerTransactionMax);
  EXPECT_EQ(ledger_->CopyForArchive(100, &slice), 3U) << "by lines";
  ArchiveSlice unbounded;
  EXPECT_EQ(ledger_->CopyForArchive(100, &unbounded), 8U);
}

TEST_F(ArchiveTest, TheOldestIsOfThoseThatNeverLeft) {
  EXPECT_EQ(ledger_->oldest_decided_at(), kTimestampMax);
  Ask(Own(Authorize(1, 100)));
  Ask(Own(Sale(2, 100)));
  EXPECT_EQ(ledger_->oldest_decided_at(), kNow);
  now_ = After(1);
  Ask(Own(Sale(3, 100)));
  Leave(2);
  EXPECT_EQ(ledger_->oldest_decided_at(), After(1));
  ASSERT_TRUE(ThawAll(*ledger_, now_, archive_, Emit()));
  now_ = After(2);
  Ask(Own(Sale(4, 100)));
  Leave(1);
  EXPECT_EQ(ledger_->oldest_decided_at(), After(2));
  Leave();
  EXPECT_EQ(ledger_->oldest_decided_at(), kTimestampMax) << "the open hold is there";
  EXPECT_TRUE(
      ledger_->transactions().Contains(ledger_->FindTransaction(TerminalRow{1}, RequestId{1, 1})));
}

TEST_F(ArchiveTest, TheInvariantsAskForWhatIsArchived) {
  Ask(Own(Sale(1, 100)));
  Leave();
  uint64_t row = 0;
  EXPECT_STREQ(ledger_->CheckInvariants(&row), "transactions are in the archive: thaw them first");
  EXPECT_EQ(row, 1U);
}

// ---- Full tables -------------------------------------------------------------------

class FullArchiveTest : public ArchiveTest {
 protected:
  FullArchiveTest() : ArchiveTest(Limits()) {}
  static LedgerLimits Limits() {
    LedgerLimits limits = SmallLimits();
    limits.transactions_max = 6;
    return limits;
  }
};

TEST_F(FullArchiveTest, WithoutRoomNothingLeavesOrComesBack) {
  Run(Own(Authorize(1, 100)));
  Run(Own(Sale(2, 100)));
  Run(Own(Sale(3, 100)));
  EXPECT_EQ(Leave(2), 2U);  // takes a fourth row
  Run(Own(Authorize(4, 100)));
  Run(Own(Authorize(5, 100)));
  EXPECT_EQ(ledger_->transactions().size(), 6U);
  EXPECT_EQ(Leave(2, 1), 1U) << "the hold has no other place";
  EXPECT_EQ(result_.verdict, Verdict::kDecided);
  EXPECT_FALSE(ThawNamed(*ledger_, now_, Sale(2, 100), archive_, Emit()));
  EXPECT_EQ(ledger_->globals().archived_count, 2U);
  spoiled_ = true;  // not all can come back
}

// ---- Memory ------------------------------------------------------------------------

class LargeArchiveTest : public ArchiveTest {
 protected:
  LargeArchiveTest() : ArchiveTest(Limits()) {}
  static LedgerLimits Limits() {
    LedgerLimits limits = SmallLimits();
    limits.transactions_max = 1 << 17;
    return limits;
  }
  void SellAtFullPrice(uint64_t first, uint64_t count) {
    const auto event = std::make_unique<Event>();
    const auto result = std::make_unique<Result>();
    for (uint64_t i = first; i < first + count; ++i) {
      Command command = Sale(i, 100);
      command.authorize.card = CardNumber{i % 3 + 1};  // unknown: declined
      ledger_->Decide(command, now_, event.get(), result.get());
      ledger_->Evolve(*event);
    }
  }
};

TEST_F(LargeArchiveTest, MemoryIsGivenBackAndTheRestReadsAsBefore) {
  spoiled_ = true;  // the events are not kept
  constexpr uint64_t kSales = 50'000;
  SellAtFullPrice(1, kSales);
  std::array<MemoryRange, Ledger::kReleasedMax> ranges;
  EXPECT_EQ(ledger_->TakeReleasedMemory(ranges), 0U);
  const auto left = static_cast<uint32_t>(kSales - 100);
  EXPECT_EQ(Leave(left, 4'096), left);
  const uint64_t hash = ledger_->StateHash();
  const size_t count = ledger_->TakeReleasedMemory(ranges);
  ASSERT_EQ(count, 1U);
  EXPECT_GT(ranges[0].size, size_t{left} * sizeof(Transaction) - (size_t{4} << 20));
  ReleaseMemory(ranges[0]);
  EXPECT_EQ(ledger_->TakeReleasedMemory(ranges), 0U);
  const TableBase& table = ledger_->transactions();
  EXPECT_EQ(table.RecomputeDigest(), table.digest());
  EXPECT_EQ(ledger_->transactions()[TransactionRow{}].request_id, RequestId{});
  EXPECT_EQ(ledger_->transactions()[TransactionRow{left + 1}].request_id,
            (RequestId{1, uint64_t{left} + 1}));

  // Loaded without the pages that left.
  struct Loader final : PageSink {
    void AddPage(TableId id, uint32_t page, std::span<const uint8_t> bytes) override {
      TableBase& to = *into->tables()[static_cast<size_t>(id) - 1];
      pages += id == TableId::kTransactions ? 1U : 0U;
      ASSERT_TRUE(to.LoadPage(page, bytes));
    }
    Ledger* into = nullptr;
    uint32_t pages = 0;
  };
  const auto loaded = std::make_unique<Ledger>(ledger_->shard(), limits_);
  Loader loader;
  loader.into = loaded.get();
  for (size_t i = 0; i < ledger_->tables().size(); ++i) {
    TableBase& from = *ledger_->tables()[i];
    ASSERT_TRUE(loaded->tables()[i]->BeginLoad(from.size()));
    from.MarkAllChanged();
    from.BeginPhoto();
    from.CopyPages(UINT32_MAX, loader);
  }
  EXPECT_LE(loader.pages, 100 / table.rows_per_page() + 2);
  ASSERT_EQ(loaded->FinishLoad(), nullptr);
  EXPECT_EQ(loaded->StateHash(), hash);
  EXPECT_EQ(loaded->transactions().first(), left + 1);
  EXPECT_EQ(loaded->FindTransaction(TerminalRow{1}, RequestId{1, 1}), TransactionRow{});
  EXPECT_EQ(loaded->FindTransaction(TerminalRow{1}, RequestId{1, kSales}).value(), kSales);
  ASSERT_TRUE(ThawNamed(*loaded, now_, Sale(1, 100), archive_, nullptr));
  EXPECT_EQ(loaded->FindTransaction(TerminalRow{1}, RequestId{1, 1}).value(), kSales + 1);
}

// ---- At random ---------------------------------------------------------------------

// Whatever has left and come back in whatever order, an id finds its transaction, or nothing
// when it is in the archive.
TEST_F(ArchiveTest, IdsFindTheirTransactionsInAnyOrder) {
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE(seed);
    Prng prng(seed);
    std::vector<TransactionId> ids;
    std::map<TransactionId, uint64_t> requests;
    const uint64_t base = seed * 1'000;
    for (uint64_t i = 0; i < 120; ++i) {
      const uint64_t request = base + i;
      const uint64_t what = prng.Below(10);
      if (what < 6 || ids.empty()) {
        const Answer answer = Ask(Own(what < 2 ? Authorize(request, 10) : Sale(request, 10)));
        ids.push_back(answer.id);
        requests[answer.id] = request;
      } else if (what < 7) {
        Leave(static_cast<uint32_t>(prng.Between(1, 20)),
              static_cast<uint32_t>(prng.Between(1, 20)));
      } else if (what < 8) {
        Ask(Own(About(CommandKind::kReverse, request, requests.at(ids[prng.Below(ids.size())]))));
      } else if (what < 9) {
        AskAbout(CommandKind::kGetTransaction, 0, ids[prng.Below(ids.size())]);
      } else {
        AskAbout(CommandKind::kRefund, request, ids[prng.Below(ids.size())]);
      }
      for (const auto& [id, named] : requests) {
        const TransactionRow row = ledger_->FindTransaction(id);
        ASSERT_EQ(row, ledger_->FindTransaction(TerminalRow{1}, RequestId{1, named}));
        ASSERT_TRUE(row == TransactionRow{} || ledger_->transactions()[row].seq == SeqOf(id));
      }
    }
    const std::unique_ptr<Ledger> copy = Copy();
    EXPECT_EQ(copy->StateHash(), ledger_->StateHash());
    for (const auto& [id, named] : requests) {
      EXPECT_EQ(copy->FindTransaction(id), ledger_->FindTransaction(id));
      EXPECT_EQ(copy->FindTransaction(TerminalRow{1}, RequestId{1, named}),
                ledger_->FindTransaction(id));
    }
    EXPECT_EQ(copy->next_expiry(), ledger_->next_expiry());
  }
}

}  // namespace
}  // namespace gonghui
