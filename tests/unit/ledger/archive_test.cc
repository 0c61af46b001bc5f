// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Transactions leave memory and come back, and are answered as if they had stayed.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "engine/ledger/archive_slice.h"
#include "engine/ledger/ledger.h"
#include "tests/testing/answer.h"
#include "tests/testing/archiving.h"
#include "tests/testing/names.h"
#include "tests/unit/ledger/archive_world.h"

namespace gonghui {
namespace {

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

}  // namespace
}  // namespace gonghui
