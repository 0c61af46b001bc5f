// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Transactions leave memory and come back.  Each test runs beside a twin from which nothing
// ever leaves: both must give the same answers.

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "engine/base/prng.h"
#include "engine/ledger/archive_slice.h"
#include "engine/ledger/ledger.h"
#include "tests/testing/answer.h"
#include "tests/testing/archiving.h"
#include "tests/testing/names.h"
#include "tests/unit/ledger/ledger_world.h"

namespace gonghui {
namespace {

class ArchiveTest : public LedgerWorld {
 protected:
  explicit ArchiveTest(const LedgerLimits& limits = SmallLimits())
      : LedgerWorld(limits), twin_(std::make_unique<Ledger>(ledger_->shard(), limits)) {
    for (const Event& event : events_) {
      twin_->Evolve(event);
    }
  }

  // The invariants are about all that was ever decided.
  void TearDown() override {
    if (!spoiled_) {
      ASSERT_TRUE(ThawAll(*ledger_, now_, archive_, Emit()));
      EXPECT_EQ(ledger_->globals().archived_count, 0U);
    }
    LedgerWorld::TearDown();
  }

  EmitEvent Emit() {
    return [this](const OwnedCommand& command, const Event& event) {
      commands_.push_back(command);
      events_.push_back(event);
      events_.back().command = &commands_.back().command;
    };
  }

  uint32_t Leave(uint32_t rows_max = UINT32_MAX, uint32_t step = 3) {
    return ArchiveAll(*ledger_, now_, archive_, rows_max, step, Emit());
  }

  // What both answer, by this ledger's ids.
  Answer Ask(const OwnedCommand& command) { return Ask(command, command); }
  Answer Ask(const OwnedCommand& command, const OwnedCommand& of_twin) {
    EXPECT_TRUE(ThawNamed(*ledger_, now_, command.command, archive_, Emit()));
    const Result& result = Run(command);
    const Answer answer = AnswerOf(*ledger_, command.command, result);
    ClearAnswers(command.command);
    const Answer expected = AskTwin(of_twin);
    EXPECT_EQ(answer.id == TransactionId{}, expected.id == TransactionId{});
    EXPECT_EQ(answer.original_id == TransactionId{}, expected.original_id == TransactionId{});
    Answer compared = answer;  // ids count the events, and these are not the twin's
    compared.id = expected.id;
    compared.original_id = expected.original_id;
    EXPECT_EQ(Difference(compared, expected), "") << TextOf(answer);
    if (answer.id != TransactionId{}) {
      twins_ids_[answer.id] = expected.id;
    }
    return answer;
  }

  Answer AskTwin(const OwnedCommand& command) {
    const auto event = std::make_unique<Event>();
    const auto result = std::make_unique<Result>();
    twin_->Decide(command.command, now_, event.get(), result.get());
    if (event->kind != EventKind::kNone) {
      twin_->Evolve(*event);
    }
    return AnswerOf(*twin_, command.command, *result);
  }

  // A command that names `id` as its original, or asks for it.
  Answer AskAbout(CommandKind kind, uint64_t request, TransactionId id) {
    const auto make = [&](TransactionId named) {
      if (kind == CommandKind::kGetTransaction) {
        return Own(Inquiry(InquiryRequest{named, RequestId{}}));
      }
      Command command = About(kind, request, 0);
      (kind == CommandKind::kRefund    ? command.refund.original
       : kind == CommandKind::kReverse ? command.reverse.original
                                       : command.capture.original) = named;
      (kind == CommandKind::kRefund    ? command.refund.original_request_id
       : kind == CommandKind::kReverse ? command.reverse.original_request_id
                                       : command.capture.original_request_id) = RequestId{};
      return Own(command);
    };
    return Ask(make(id), make(twins_ids_.at(id)));
  }

  static Command Inquiry(const InquiryRequest& request) {
    Command command;
    command.kind = CommandKind::kGetTransaction;
    command.terminal = CodeOf<TerminalId>("T1");
    command.inquiry = request;
    return command;
  }
  static Command InquiryOf(uint64_t request) {
    return Inquiry(InquiryRequest{TransactionId{}, RequestId{1, request}});
  }

  // The ledger alone; nothing is thawed first.
  Verdict VerdictOf(const OwnedCommand& command) { return Run(command).verdict; }

  void ExpireOnBoth() {
    Command command;
    command.kind = CommandKind::kExpireHolds;
    command.terminal = TerminalId{};
    while (ledger_->next_expiry() <= now_) {
      ASSERT_LE(twin_->next_expiry(), now_);
      const CommandSeq seq = ledger_->transactions()[TransactionRow{Run(Own(command)).row}].seq;
      const auto event = std::make_unique<Event>();
      const auto result = std::make_unique<Result>();
      twin_->Decide(command, now_, event.get(), result.get());
      const TransactionId id = MakeTransactionId(ledger_->shard(), seq);
      EXPECT_EQ(SeqOf(twins_ids_.at(id)), twin_->transactions()[event->original.row].seq);
      twin_->Evolve(*event);
    }
    EXPECT_GT(twin_->next_expiry(), now_);
  }

  MapArchive archive_;
  std::unique_ptr<Ledger> twin_;
  std::map<TransactionId, TransactionId> twins_ids_;
};

// ---- Answers -----------------------------------------------------------------------

TEST_F(ArchiveTest, RepeatsAreAnsweredAsEver) {
  std::vector<OwnedCommand> commands;
  const auto ask = [&](const OwnedCommand& command) {
    commands.push_back(command);
    Ask(command);
  };
  ask(Own(Sale(1, 1'000)));
  ask(Own(Authorize(2, 500)));
  ask(Own(AboutPart(CommandKind::kIncrement, 3, 2, 100)));
  ask(Own(AboutPart(CommandKind::kCapture, 4, 2, 300)));
  ask(Own(AboutPart(CommandKind::kRefund, 5, 1, 400)));
  ask(Own(About(CommandKind::kReverse, 6, 1)));  // declined: it was refunded
  ask(Own(Close(7, Totals{})));
  Command unknown = Sale(8, 100);
  unknown.authorize.card = CardNumber{1};
  ask(Own(unknown));
  ask(Own(Sale(9, 100'000)));                       // more than the fund has
  ask(Own(About(CommandKind::kCapture, 10, 999)));  // of nothing
  ask(OwnWithLines(Sale(11, 100),
                   std::vector<LineItem>{{CodeOf<ItemCode>("A"), Fen{40}, 1, 0},
                                         {CodeOf<ItemCode>("B"), Fen{60}, 2, 0}}));
  AdviceRequest evidence;
  evidence.occurred_at = kNow;
  evidence.member_paid = Fen{50};
  evidence.sequence = 1;
  ask(OwnAdvice(Sale(12, 100), evidence));
  for (int round = 0; round < 3; ++round) {
    now_ = After(round);
    EXPECT_GT(Leave(), 0U);
    for (const OwnedCommand& command : commands) {
      EXPECT_TRUE(Ask(command).replay);
    }
  }
  // Every business field is still compared.
  Leave();
  EXPECT_EQ(Ask(Own(Sale(1, 1'001))).field, Field::kListPrice);
  EXPECT_EQ(Ask(Own(AboutPart(CommandKind::kRefund, 5, 1, 401))).field, Field::kAmount);
  EXPECT_EQ(Ask(Own(Authorize(7, 1))).field, Field::kMethod);
  Totals theirs;
  theirs.captures = 1;
  EXPECT_EQ(Ask(Own(Close(7, theirs))).field, Field::kTotals);
}

TEST_F(ArchiveTest, WhatWasSoldLongAgoIsRefundedInParts) {
  Ask(OwnWithLines(Sale(1, 1'000),
                   std::vector<LineItem>{{CodeOf<ItemCode>("A"), Fen{333}, 3, 0},
                                         {CodeOf<ItemCode>("B"), Fen{667}, 2, 0}}));
  uint64_t request = 2;
  for (const ReturnedLine& line : {ReturnedLine{1, 1}, ReturnedLine{2, 2}, ReturnedLine{1, 2}}) {
    now_ = After(static_cast<int64_t>(request) * 1'000);
    EXPECT_GT(Leave(), 0U);
    EXPECT_EQ(ledger_->transactions().first(), ledger_->transactions().size() + 1);
    Command refund = About(CommandKind::kRefund, request++, 1);
    const Answer answer = Ask(OwnWithLines(refund, std::vector<ReturnedLine>{line}));
    EXPECT_EQ(answer.outcome, Outcome::kApproved);
    EXPECT_NE(answer.original_id, TransactionId{});
  }
  EXPECT_EQ(FundOf("F").spent, Fen{0});
  Leave();
  EXPECT_EQ(Ask(Own(InquiryOf(1))).state, TransactionState::kRefunded);
  Leave();
  EXPECT_EQ(Ask(Own(About(CommandKind::kRefund, request, 1))).reason,
            Reason::kExceedsCapturedAmount);
}

TEST_F(ArchiveTest, AReversalAndALateCaptureFindTheirOriginal) {
  Ask(Own(Sale(1, 1'000)));
  Ask(Own(Authorize(2, 500)));
  Ask(Own(Authorize(3, 500)));
  Ask(Own(AboutPart(CommandKind::kCapture, 4, 3, 100)));
  now_ = After(24 * 365);
  ExpireOnBoth();
  Leave();
  EXPECT_EQ(ledger_->globals().archived_count, 4U);
  EXPECT_EQ(Ask(Own(About(CommandKind::kReverse, 5, 1))).subsidy, Fen{500});
  EXPECT_EQ(Ask(Own(About(CommandKind::kCapture, 6, 2))).reason, Reason::kHoldExpired);
  EXPECT_EQ(Ask(Own(About(CommandKind::kReverse, 7, 3))).reason,
            Reason::kFurtherActivityPreventsReversal);
  Leave();
  EXPECT_EQ(Ask(Own(About(CommandKind::kRefund, 8, 1))).reason, Reason::kPreviouslyReversed);
  EXPECT_EQ(Ask(Own(AboutPart(CommandKind::kRefund, 9, 3, 60))).outcome, Outcome::kApproved);
}

TEST_F(ArchiveTest, AnIdOfOursFindsIt) {
  const TransactionId sale = Ask(Own(Sale(1, 1'000))).id;
  const TransactionId refund = Ask(Own(AboutPart(CommandKind::kRefund, 2, 1, 100))).id;
  Leave();
  EXPECT_EQ(ledger_->FindTransaction(sale), TransactionRow{});
  EXPECT_EQ(ledger_->FindTransaction(refund), TransactionRow{});
  EXPECT_EQ(AskAbout(CommandKind::kGetTransaction, 0, refund).kind, TransactionKind::kRefund);
  // Its original is not there, and named none the less.
  EXPECT_EQ(ledger_->FindTransaction(sale), TransactionRow{});
  EXPECT_EQ(result_.original_id, sale);
  EXPECT_EQ(AskAbout(CommandKind::kRefund, 3, sale).list_price, Fen{900});
  EXPECT_EQ(AskAbout(CommandKind::kRefund, 4, refund).reason, Reason::kOriginalNotFound);
  Leave();
  EXPECT_EQ(AskAbout(CommandKind::kReverse, 5, sale).reason,
            Reason::kFurtherActivityPreventsReversal);
  const OwnedCommand by_operator = [&] {
    Command command = Inquiry(InquiryRequest{sale, RequestId{}});
    command.terminal = TerminalId{};
    return Own(command);
  }();
  Leave();
  EXPECT_TRUE(ThawNamed(*ledger_, now_, by_operator.command, archive_, Emit()));
  EXPECT_EQ(Run(by_operator).transaction.state, TransactionState::kRefunded);
}

// A decline tells the limit that it failed on, wherever its hold is.
TEST_F(ArchiveTest, ADeclinedIncrementIsAnsweredWithoutItsOriginal) {
  OwnedProgramme programme = Programme("p");
  BenefitSpec& benefit = AddPercentOff(&programme, "b", 5'000, "F");
  LimitSpec limit;
  limit.code = CodeOf<LimitCode>("little");
  limit.measure = LimitMeasure::kAmount;
  limit.max = 300;
  programme.limits = {limit};
  benefit.limits = Append<uint32_t>(programme.limit_refs, {0});
  const OwnedCommand apply = Own(programme);
  Run(apply);
  AskTwin(apply);
  Ask(Own(Authorize(1, 500)));
  const OwnedCommand increment = Own(AboutPart(CommandKind::kIncrement, 2, 1, 200));
  EXPECT_EQ(Ask(increment).reason, Reason::kExceedsAmountLimit);
  Ask(Own(About(CommandKind::kReverse, 3, 1)));
  Leave();
  ASSERT_TRUE(ThawNamed(
      *ledger_, now_, Own(InquiryOf(2)).command, archive_, Emit()));  // the increment alone
  EXPECT_EQ(ledger_->transactions().first(), ledger_->transactions().size());
  const Answer repeat = Ask(increment);
  ASSERT_EQ(repeat.limits.size(), 1U);
  EXPECT_EQ(repeat.limits[0].left, 50);
}

// ---- Open holds --------------------------------------------------------------------

TEST_F(ArchiveTest, AnOpenHoldStaysHoweverOldItIs) {
  const TransactionId id = Ask(Own(Authorize(1, 500))).id;
  Ask(Own(Sale(2, 100)));
  for (uint32_t round = 1; round <= 3; ++round) {
    EXPECT_EQ(Leave(), round == 1 ? 2U : 1U);
    EXPECT_EQ(archive_.size(), 1U);
    EXPECT_EQ(ledger_->globals().archived_count, 1U);
    const TransactionRow row = ledger_->FindTransaction(id);
    EXPECT_EQ(row.value(), ledger_->transactions().size());
    EXPECT_EQ(ledger_->FindTransaction(TerminalRow{1}, RequestId{1, 1}), row);
    EXPECT_TRUE(ledger_->transactions()[row].returned());
  }
  Ask(Own(AboutPart(CommandKind::kIncrement, 3, 1, 300)));
  Leave();
  Command part = AboutPart(CommandKind::kCapture, 4, 1, 200);
  part.capture.final_capture = false;
  EXPECT_EQ(Ask(Own(part)).outcome, Outcome::kApproved);
  Leave();
  EXPECT_NE(ledger_->FindTransaction(id), TransactionRow{});
  Ask(Own(AboutPart(CommandKind::kReverse, 5, 1, 100)));
  AskAbout(CommandKind::kGetTransaction, 0, id);
  EXPECT_LT(ledger_->next_expiry(), kTimestampMax);
  EXPECT_EQ(Ask(Own(About(CommandKind::kCapture, 6, 1))).outcome, Outcome::kApproved);
  EXPECT_EQ(ledger_->next_expiry(), kTimestampMax);
  Leave();
  EXPECT_EQ(ledger_->FindTransaction(id), TransactionRow{});
  EXPECT_EQ(Ask(Own(InquiryOf(1))).captured, Fen{700});
}

TEST_F(ArchiveTest, HoldsExpireInTheOrderInWhichTheyWere) {
  for (uint64_t i = 1; i <= 10; ++i) {
    Ask(Own(Authorize(i, 100)));
    if (i % 3 == 0) {
      Leave(2, 1);
    }
  }
  Ask(Own(About(CommandKind::kReverse, 11, 4)));
  Leave(5, 5);
  now_ = ledger_->next_expiry();
  ExpireOnBoth();
  EXPECT_EQ(ledger_->next_expiry(), kTimestampMax);
  EXPECT_EQ(FundOf("F").held, Fen{0});
}

// A former instant of a hold whose row has left is not read.
TEST_F(ArchiveTest, ExpiriesOfRowsThatLeftAreStale) {
  Command hold = Authorize(1, 100);
  hold.authorize.hold_s = 3'600;
  Ask(Own(hold));
  const TimestampNs former = ledger_->next_expiry();
  Command longer = AboutPart(CommandKind::kIncrement, 2, 1, 100);
  longer.increment.hold_s = 7'200;
  now_ = TimestampNs{kNow.value() + kNsPerSecond};
  Ask(Own(longer));
  Leave();
  EXPECT_EQ(ledger_->next_expiry().value(), now_.value() + 7'200 * kNsPerSecond);
  now_ = former;
  Command expire;
  expire.kind = CommandKind::kExpireHolds;
  EXPECT_EQ(VerdictOf(Own(expire)), Verdict::kNotFound);
  Ask(Own(About(CommandKind::kReverse, 3, 1)));
  Leave();
  EXPECT_EQ(ledger_->next_expiry(), kTimestampMax);
}

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

// ---- Coming back -------------------------------------------------------------------

TEST_F(ArchiveTest, WhatIsThereOrWasNeverHereDoesNotComeBack) {
  Ask(Own(Sale(1, 100)));
  Ask(Own(Sale(2, 100)));
  Leave(1);
  ArchivedTransaction first = archive_.FindNamed(ledger_->shard(), Sale(1, 100)).at(0);
  ArchivedTransaction other = first;
  other.transaction.seq = CommandSeq{ledger_->applied_seq().value() + 1};
  EXPECT_EQ(VerdictOf(OwnThaw(other)), Verdict::kRefused);
  other = first;
  other.transaction.terminal = TerminalRow{2};
  EXPECT_EQ(VerdictOf(OwnThaw(other)), Verdict::kRefused);

  EXPECT_EQ(VerdictOf(OwnThaw(first)), Verdict::kDecided);
  EXPECT_EQ(event_.kind, EventKind::kThawed);
  EXPECT_EQ(event_.transaction_row.value(), ledger_->transactions().size());
  EXPECT_EQ(VerdictOf(OwnThaw(first)), Verdict::kUnchanged);
  EXPECT_EQ(event_.kind, EventKind::kNone);
  EXPECT_EQ(result_.row, ledger_->transactions().size());
  Leave(1);  // the second sale
  EXPECT_EQ(VerdictOf(OwnThaw(first)), Verdict::kUnchanged);
  const ArchivedTransaction second = archive_.FindNamed(ledger_->shard(), Sale(2, 100)).at(0);
  EXPECT_EQ(VerdictOf(OwnThaw(second)), Verdict::kDecided);
  other = first;
  other.transaction.request_id = RequestId{1, 3};
  EXPECT_EQ(VerdictOf(OwnThaw(other)), Verdict::kRefused) << "none is missing";
  other.transaction.seq = CommandSeq{kImportedSeqFirst.value() + 1};
  other.transaction.state = TransactionState::kPending;
  EXPECT_EQ(VerdictOf(OwnThaw(other)), Verdict::kRefused) << "a hold never left";
}

TEST_F(ArchiveTest, ATombstoneDeclinesTheLateOriginalForEver) {
  Ask(Own(About(CommandKind::kReverse, 1, 2)));
  Ask(Own(About(CommandKind::kReverse, 3, 4)));
  const TransactionId reversal = Ask(Own(About(CommandKind::kReverse, 5, 6))).id;
  EXPECT_EQ(Leave(5, 1), 5U);  // between the last reversal and its tombstone
  EXPECT_EQ(ledger_->FindTransaction(reversal), TransactionRow{});
  AskAbout(CommandKind::kGetTransaction, 0, reversal);
  EXPECT_EQ(Ask(Own(Sale(6, 100))).reason, Reason::kPreviouslyReversed);
  EXPECT_EQ(Ask(Own(Sale(2, 100))).reason, Reason::kPreviouslyReversed);
  Leave();
  EXPECT_TRUE(Ask(Own(Sale(2, 100))).replay);
  EXPECT_TRUE(Ask(Own(Sale(6, 100))).replay);
  // Of one whose original never came, nothing was decided.
  EXPECT_EQ(Ask(Own(InquiryOf(4))).verdict, Verdict::kNotFound);
  EXPECT_EQ(Ask(Own(About(CommandKind::kCapture, 4, 2))).field, Field::kMethod);
  // A second reversal of it finds the tombstone.
  Leave();
  EXPECT_EQ(Ask(Own(About(CommandKind::kReverse, 7, 4))).outcome, Outcome::kApproved);
  EXPECT_EQ(ledger_->FindTransaction(reversal), TransactionRow{});
  Leave();
  // The tombstone alone, after what took its id.
  ASSERT_TRUE(ThawNamed(*ledger_, now_, Sale(2, 100), archive_, Emit()));
  ASSERT_TRUE(ThawAll(*ledger_, now_, archive_, Emit()));
  EXPECT_TRUE(Ask(Own(Sale(2, 100))).replay);
}

// What took the id of a tombstone over is found by it in whatever order they came back, and
// after a start, too.
TEST_F(ArchiveTest, ATombstoneGivesWayWhicheverStandsFirst) {
  Ask(Own(About(CommandKind::kReverse, 1, 2)));
  Leave();
  std::vector<ArchivedTransaction> all;
  archive_.ForEach([&all](const ArchivedTransaction& one) { all.push_back(one); });
  ASSERT_EQ(all.size(), 2U);
  ASSERT_TRUE(all[1].transaction.tombstone);
  EXPECT_EQ(Ask(Own(Sale(2, 100))).reason, Reason::kPreviouslyReversed);  // thaws it
  const TransactionRow late = ledger_->FindTransaction(TerminalRow{1}, RequestId{1, 2});
  EXPECT_FALSE(ledger_->transactions()[late].tombstone);
  EXPECT_EQ(VerdictOf(OwnThaw(all[1])), Verdict::kUnchanged);
  EXPECT_EQ(Copy()->FindTransaction(TerminalRow{1}, RequestId{1, 2}), late);
  Leave();
  EXPECT_EQ(VerdictOf(OwnThaw(all[1])), Verdict::kDecided);
  const TransactionRow alone = ledger_->FindTransaction(TerminalRow{1}, RequestId{1, 2});
  EXPECT_TRUE(ledger_->transactions()[alone].tombstone);
  EXPECT_EQ(Copy()->FindTransaction(TerminalRow{1}, RequestId{1, 2}), alone);
  EXPECT_EQ(VerdictOf(OwnThaw(all[1])), Verdict::kUnchanged);
  EXPECT_TRUE(Ask(Own(Sale(2, 100))).replay);
  EXPECT_EQ(Copy()->FindTransaction(TerminalRow{1}, RequestId{1, 2}).value(),
            ledger_->transactions().size());
}

TEST_F(ArchiveTest, AnAdviceThatComesAgainFindsTheFirst) {
  AdviceRequest evidence;
  evidence.occurred_at = kNow;
  evidence.member_paid = Fen{50};
  evidence.sequence = 7;
  evidence.business_day = 20'577;
  const TransactionId first = Ask(OwnAdvice(Sale(1, 100), evidence)).id;
  Leave();
  const Answer again = Ask(OwnAdvice(Sale(2, 100), evidence));
  EXPECT_TRUE(again.replay);
  EXPECT_EQ(again.id, first);
  // One whose own id was reversed is decided, and stands in memory while the first does not.
  Ask(Own(About(CommandKind::kReverse, 3, 4)));
  Leave();
  EXPECT_EQ(Ask(OwnAdvice(Sale(4, 100), evidence)).reason, Reason::kPreviouslyReversed);
  EXPECT_EQ(Ask(OwnAdvice(Sale(5, 100), evidence)).id, first);
  EXPECT_EQ(Copy()->StateHash(), ledger_->StateHash());
  Leave();
  EXPECT_EQ(Ask(OwnAdvice(Sale(6, 100), evidence)).id, first);
  // The other way round: the first comes back after the second has been indexed.
  Leave();
  EXPECT_TRUE(Ask(Own(Sale(4, 100))).verdict == Verdict::kDuplicateMismatch) << "no advice";
  EXPECT_EQ(Ask(OwnAdvice(Sale(7, 100), evidence)).id, first);
  // Of a capture.
  Ask(Own(Authorize(8, 200)));
  evidence.sequence = 8;
  evidence.member_paid = Fen{0};
  Ask(OwnAdvice(About(CommandKind::kCapture, 9, 8), evidence));
  Leave();
  EXPECT_TRUE(Ask(OwnAdvice(About(CommandKind::kCapture, 10, 8), evidence)).replay);
  // One that was too old answers for nothing but its own id.
  now_ = After(24 * 100);
  evidence.sequence = 9;
  EXPECT_EQ(Ask(OwnAdvice(Sale(11, 100), evidence)).reason, Reason::kAdviceTooOld);
  Leave();
  EXPECT_FALSE(Ask(OwnAdvice(Sale(12, 100), evidence)).replay);
  EXPECT_TRUE(Ask(OwnAdvice(Sale(11, 100), evidence)).replay);
}

// Put into the archive by a loader: no total ever had it.
TEST_F(ArchiveTest, WhatIsOfAnotherSystemIsAnsweredAndCountsNowhere) {
  ArchivedTransaction imported{};
  Transaction& sale = imported.transaction;
  sale.request_id = RequestId{1, 1};
  sale.seq = CommandSeq{kImportedSeqFirst.value() + 5};
  sale.decided_at = TimestampNs{1};
  sale.card = kCard;
  sale.list_price = sale.member_pays = Fen{100};
  sale.terminal = TerminalRow{1};
  sale.merchant = MerchantRow{1};
  sale.member = MemberRow{1};
  sale.state = TransactionState::kExpired;
  sale.outcome = Outcome::kApproved;
  sale.capture_at_once = true;
  archive_.Put(imported, CodeOf<TerminalId>("T1"));

  const auto ask = [this](const Command& command) -> const Result& {
    EXPECT_TRUE(ThawNamed(*ledger_, now_, command, archive_, Emit()));
    return Run(Own(command));
  };
  Run(Own(Sale(2, 100)));
  for (int round = 0; round < 2; ++round) {
    EXPECT_TRUE(ask(Sale(1, 100)).replay);
    const TransactionId id = result_.transaction_id;
    EXPECT_EQ(SeqOf(id), sale.seq);
    EXPECT_EQ(ledger_->globals().archived_count, round == 0 ? 0U : 1U);
    EXPECT_EQ(ask(Inquiry(InquiryRequest{id, RequestId{}})).transaction_id, id);
    EXPECT_TRUE(ledger_->transactions().Contains(ledger_->FindTransaction(id)));
    Leave();
    EXPECT_EQ(ledger_->globals().archived_count, 1U) << "the sale of here";
  }
  EXPECT_EQ(ask(About(CommandKind::kRefund, 3, 1)).transaction.outcome, Outcome::kDeclined);
  // Nor does an advice capture it, however sure it is of itself.
  AdviceRequest evidence;
  evidence.occurred_at = now_;
  evidence.sequence = 1;
  const Command capture = About(CommandKind::kCapture, 5, 1);
  EXPECT_TRUE(ThawNamed(*ledger_, now_, capture, archive_, Emit()));
  EXPECT_EQ(Run(OwnAdvice(capture, evidence)).transaction.reason, Reason::kHoldExpired);
  const Totals before = ledger_->open_batches()[TerminalRow{1}].totals;
  EXPECT_EQ(ask(About(CommandKind::kReverse, 4, 1)).transaction.outcome, Outcome::kApproved);
  EXPECT_EQ(ledger_->open_batches()[TerminalRow{1}].totals, before);
  EXPECT_EQ(ask(InquiryOf(1)).transaction.state, TransactionState::kReversed);
}

// What Prefetch() guesses is never a row that left.
TEST_F(ArchiveTest, WhatLeftIsNotFetchedAhead) {
  for (uint64_t i = 1; i <= 8; ++i) {
    Ask(Own(Sale(i, 100)));
  }
  Leave(6);
  std::vector<Command> commands;
  for (uint64_t i = 1; i <= 8; ++i) {
    commands.push_back(i % 2 == 0 ? Sale(i, 100) : About(CommandKind::kRefund, 10 + i, i));
  }
  std::vector<const Command*> ahead;
  for (const Command& command : commands) {
    ahead.push_back(&command);
  }
  std::vector<Ledger::Trail> trails(ahead.size());
  ledger_->Prefetch(ahead, now_, trails);
  const auto event = std::make_unique<Event>();
  const auto result = std::make_unique<Result>();
  for (size_t i = 0; i < commands.size(); ++i) {
    ledger_->Decide(commands[i], now_, trails[i], event.get(), result.get());
    const bool there = i >= 6;
    EXPECT_EQ(result->replay, there && commands[i].kind == CommandKind::kAuthorize) << i;
    EXPECT_EQ(result->original_id != TransactionId{},
              there && commands[i].kind == CommandKind::kRefund);
  }
}

TEST_F(ArchiveTest, AMarkBeyondTheRowsIsNotLoaded) {
  Ask(Own(Sale(1, 100)));
  Leave();
  const std::unique_ptr<Ledger> copy = Copy();
  EXPECT_TRUE(copy->tables()[static_cast<size_t>(TableId::kUses) - 1]->BeginLoad(0));
  EXPECT_EQ(copy->FinishLoad(), nullptr) << "there were no uses";
  EXPECT_TRUE(copy->tables()[static_cast<size_t>(TableId::kApplied) - 1]->BeginLoad(0));
  EXPECT_STREQ(copy->FinishLoad(), "more rows were archived than there are");
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
