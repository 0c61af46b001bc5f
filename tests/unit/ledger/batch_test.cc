// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Batches: what a terminal was answered since its last close.

#include <gtest/gtest.h>

#include "engine/ledger/ledger.h"
#include "tests/testing/names.h"
#include "tests/unit/ledger/ledger_world.h"

namespace gonghui {
namespace {

class BatchTest : public LedgerWorld {
 protected:
  explicit BatchTest(const LedgerLimits& limits = SmallLimits()) : LedgerWorld(limits) {}

  [[nodiscard]] const Totals& Open(uint32_t terminal = 1) const {
    return ledger_->open_batches()[TerminalRow{terminal}].totals;
  }
  static Totals Of(uint32_t captures,
                   int64_t captured,
                   uint32_t refunds,
                   int64_t refunded,
                   uint32_t reversals,
                   int64_t reversed,
                   int64_t subsidy) {
    Totals totals;
    totals.captures = captures;
    totals.captured = Fen{captured};
    totals.refunds = refunds;
    totals.refunded = Fen{refunded};
    totals.reversals = reversals;
    totals.reversed = Fen{reversed};
    totals.subsidy = Fen{subsidy};
    return totals;
  }
};

TEST_F(BatchTest, WhatIsCapturedRefundedAndTakenBackIsCounted) {
  Run(Own(Authorize(1, 100)));
  EXPECT_EQ(Open(), Totals{});  // a hold is no capture
  Run(Own(AboutPart(CommandKind::kCapture, 2, 1, 60)));
  EXPECT_EQ(Open(), Of(1, 60, 0, 0, 0, 0, 30));
  Run(Own(AboutPart(CommandKind::kRefund, 3, 1, 20)));
  EXPECT_EQ(Open(), Of(1, 60, 1, 20, 0, 0, 20));
  Run(Own(Sale(4, 200)));
  EXPECT_EQ(Open(), Of(2, 260, 1, 20, 0, 0, 120));
  Run(Own(AboutPart(CommandKind::kReverse, 5, 4, 50)));
  EXPECT_EQ(Open(), Of(2, 260, 1, 20, 1, 50, 95));
  Run(Own(About(CommandKind::kReverse, 6, 4)));
  EXPECT_EQ(Open(), Of(2, 260, 1, 20, 2, 200, 20));
}

TEST_F(BatchTest, WhatMovesNothingIsNot) {
  Run(Own(Sale(1, 100)));
  const Totals one = Open();
  Run(Own(Sale(1, 100)));                                // a repeat
  Run(Own(Sale(2, 30'000)));                             // declined
  Run(Own(AboutPart(CommandKind::kReverse, 3, 1, 0)));   // of nothing
  Run(Own(About(CommandKind::kReverse, 4, 99)));         // of what is not known
  Run(Own(AboutPart(CommandKind::kRefund, 5, 1, 101)));  // declined
  Run(Own(Authorize(6, 100)));
  Run(Own(AboutPart(CommandKind::kIncrement, 7, 6, 10)));
  Run(Own(AboutPart(CommandKind::kReverse, 8, 6, 10)));  // of a hold
  Run(Own(About(CommandKind::kReverse, 9, 6)));
  Run(Own(AboutPart(CommandKind::kCapture, 10, 6, 1)));  // of what was reversed
  EXPECT_EQ(Open(), one);
  Run(Own(About(CommandKind::kReverse, 11, 1)));
  EXPECT_EQ(Open(), Of(1, 100, 0, 0, 1, 100, 0));
  Run(Own(About(CommandKind::kReverse, 12, 1)));  // once more
  EXPECT_EQ(Open(), Of(1, 100, 0, 0, 1, 100, 0));
}

TEST_F(BatchTest, ASaleForNothingCountsAndSoDoesItsReversal) {
  Command gift = Sale(1, 0);
  gift.authorize.if_no_benefit = IfNoBenefit::kFullPrice;
  Run(Own(gift));
  EXPECT_EQ(Open(), Of(1, 0, 0, 0, 0, 0, 0));
  Run(Own(About(CommandKind::kReverse, 2, 1)));
  Run(Own(About(CommandKind::kReverse, 3, 1)));  // nothing to undo
  EXPECT_EQ(Open(), Of(1, 0, 0, 0, 1, 0, 0));
}

TEST_F(BatchTest, EachTerminalCountsItsOwnCalls) {
  TerminalRequest terminal;
  terminal.id = CodeOf<TerminalId>("T2");
  terminal.merchant = CodeOf<MerchantId>("S1");
  Run(Own(terminal));
  const TransactionId sold = Run(Own(Sale(1, 100))).transaction_id;
  Command refund = About(CommandKind::kRefund, 2, 1);
  refund.terminal = terminal.id;
  refund.refund.original_request_id = RequestId{};
  refund.refund.original = sold;
  EXPECT_EQ(Run(Own(refund)).transaction.outcome, Outcome::kApproved);
  EXPECT_EQ(Open(1), Of(1, 100, 0, 0, 0, 0, 50));
  EXPECT_EQ(Open(2), Of(0, 0, 1, 100, 0, 0, -50));
}

// A million sales of the highest price, as one.
TEST_F(BatchTest, WhatCanNotBeAddedUpIsRefusedUntilTheBatchIsClosed) {
  const auto is_full = [this] {
    return result_.verdict == Verdict::kFull && result_.field == Field::kTotals &&
           event_.kind == EventKind::kNone;
  };
  Command huge = Sale(1, kTransactionFenMax);
  huge.authorize.if_no_benefit = IfNoBenefit::kFullPrice;
  Run(Own(Authorize(2, 100)));
  Run(Own(Sale(3, 100)));
  ledger_->Decide(huge, now_, &event_, &result_);
  ASSERT_EQ(result_.transaction.outcome, Outcome::kApproved);
  event_.transaction.list_price = Fen{kFundFenMax - kTransactionFenMax - 100};
  event_.transaction.member_pays = event_.transaction.list_price;
  event_.transaction.captured = event_.transaction.list_price;
  ledger_->Evolve(event_);
  spoiled_ = true;  // such a sale can not be
  EXPECT_EQ(Open().captured, Fen{kFundFenMax - kTransactionFenMax});

  // The last that there is room for.
  huge.request_id = RequestId{1, 4};
  EXPECT_EQ(Run(Own(huge)).transaction.outcome, Outcome::kApproved);
  EXPECT_EQ(Open().captured, Fen{kFundFenMax});
  Run(Own(Sale(5, 1)));
  EXPECT_TRUE(is_full());
  Run(Own(About(CommandKind::kCapture, 6, 2)));
  EXPECT_TRUE(is_full());
  Run(Own(AboutPart(CommandKind::kRefund, 7, 3, 1)));
  EXPECT_TRUE(is_full());
  Run(Own(About(CommandKind::kReverse, 8, 3)));
  EXPECT_TRUE(is_full());
  AdviceRequest advice;
  advice.occurred_at = now_;
  advice.member_paid = Fen{50};
  advice.sequence = 9;
  Run(OwnAdvice(Sale(9, 100), advice));
  EXPECT_TRUE(is_full());
  // Repeats, quotes and holds add nothing.
  EXPECT_TRUE(Run(Own(Sale(3, 100))).replay);
  EXPECT_EQ(Run(Own(Authorize(10, 100))).transaction.outcome, Outcome::kApproved);
  Command quote = Sale(0, 100);
  quote.kind = CommandKind::kQuote;
  EXPECT_EQ(Run(Own(quote)).transaction.outcome, Outcome::kApproved);

  EXPECT_EQ(Run(Own(Close(11, Totals{}))).transaction.outcome, Outcome::kApproved);
  EXPECT_EQ(Run(Own(Sale(5, 1))).verdict, Verdict::kDecided);
  EXPECT_EQ(Run(Own(About(CommandKind::kCapture, 6, 2))).transaction.outcome, Outcome::kApproved);
  EXPECT_EQ(Run(OwnAdvice(Sale(9, 100), advice)).transaction.outcome, Outcome::kApproved);
}

TEST_F(BatchTest, ClosingComparesAndBeginsTheNext) {
  Run(Own(Sale(1, 100)));
  const Totals totals = Of(1, 100, 0, 0, 0, 0, 50);
  const Result& closed = Run(Own(Close(2, totals)));
  EXPECT_EQ(closed.transaction.kind, TransactionKind::kBatchClose);
  EXPECT_EQ(closed.transaction.outcome, Outcome::kApproved);
  EXPECT_EQ(closed.transaction.state, TransactionState::kCompleted);
  ASSERT_TRUE(details().is_batch);
  EXPECT_EQ(details().batch.number, 1U);
  EXPECT_EQ(details().batch.ours, totals);
  EXPECT_EQ(details().batch.theirs, totals);
  EXPECT_EQ(details().batch.opened_at, TimestampNs{});
  EXPECT_EQ(details().batch.closed_at, now_);
  EXPECT_EQ(Open(), Totals{});

  // Out of balance: closed all the same.
  const TimestampNs first_close = now_;
  now_ = After(1);
  Run(Own(Close(3, totals)));
  EXPECT_EQ(details().batch.number, 2U);
  EXPECT_EQ(details().batch.ours, Totals{});
  EXPECT_EQ(details().batch.theirs, totals);
  EXPECT_EQ(details().batch.opened_at, first_close);
  EXPECT_EQ(details().batch.previous, BatchRow{1});

  // What comes later belongs to the next batch.
  Run(Own(About(CommandKind::kReverse, 4, 1)));
  EXPECT_EQ(Open(), Of(0, 0, 0, 0, 1, 100, -50));
}

TEST_F(BatchTest, ACloseIsRepeatedByItsNumbers) {
  const Totals totals = Of(1, 100, 0, 0, 0, 0, 50);
  Run(Own(Sale(1, 100)));
  Run(Own(Close(2, totals)));
  Run(Own(Sale(3, 100)));
  Totals marked = totals;
  marked.reserved = 7;  // no number
  for (const Totals& same : {totals, marked}) {
    const Result& repeat = Run(Own(Close(2, same)));
    EXPECT_TRUE(repeat.replay);
    ASSERT_TRUE(details().is_batch);
    EXPECT_EQ(details().batch.number, 1U);
    EXPECT_EQ(details().batch.ours, totals);
  }
  for (const Totals& other : {Of(2, 100, 0, 0, 0, 0, 50),
                              Of(1, 101, 0, 0, 0, 0, 50),
                              Of(1, 100, 1, 0, 0, 0, 50),
                              Of(1, 100, 0, 1, 0, 0, 50),
                              Of(1, 100, 0, 0, 1, 0, 50),
                              Of(1, 100, 0, 0, 0, 1, 50),
                              Of(1, 100, 0, 0, 0, 0, 51)}) {
    const Result& mismatch = Run(Own(Close(2, other)));
    EXPECT_EQ(mismatch.verdict, Verdict::kDuplicateMismatch);
    EXPECT_EQ(mismatch.field, Field::kTotals);
    EXPECT_FALSE(details().is_batch);
  }
  EXPECT_EQ(Run(Own(Close(1, totals))).field, Field::kMethod);
  EXPECT_EQ(Run(Own(Sale(2, 100))).field, Field::kMethod);
  EXPECT_EQ(ledger_->batches().size(), 1U);

  Command inquiry;
  inquiry.kind = CommandKind::kGetTransaction;
  inquiry.terminal = CodeOf<TerminalId>("T1");
  inquiry.inquiry = InquiryRequest{TransactionId{}, RequestId{1, 2}};
  Run(Own(inquiry));
  EXPECT_TRUE(details().is_batch);
  // It is not what a capture or reversal can mean.
  EXPECT_EQ(Run(Own(About(CommandKind::kCapture, 4, 2))).transaction.reason,
            Reason::kOriginalNotFound);
  EXPECT_EQ(Run(Own(About(CommandKind::kReverse, 5, 2))).transaction.reason,
            Reason::kOriginalNotFound);
}

TEST_F(BatchTest, WhoIsSwitchedOffMayCloseAndWhoIsNotKnownMayNot) {
  TerminalRequest terminal;
  terminal.id = CodeOf<TerminalId>("T1");
  terminal.merchant = CodeOf<MerchantId>("S1");
  terminal.status = TerminalStatus::kInactive;
  Run(Own(terminal));
  EXPECT_EQ(Run(Own(Close(1, Totals{}))).transaction.outcome, Outcome::kApproved);
  Command unknown = Close(2, Totals{});
  unknown.terminal = CodeOf<TerminalId>("T9");
  const Result& result = Run(Own(unknown));
  EXPECT_EQ(result.transaction.reason, Reason::kInvalidTerminal);
  EXPECT_EQ(result.transaction_id, TransactionId{});
  EXPECT_FALSE(details().is_batch);
}

class OneBatchTest : public BatchTest {
 protected:
  OneBatchTest() : BatchTest(One()) {}
  static LedgerLimits One() {
    LedgerLimits limits = SmallLimits();
    limits.batches_max = 1;
    return limits;
  }
};

TEST_F(OneBatchTest, AFullTableRefusesTheClose) {
  EXPECT_EQ(Run(Own(Close(1, Totals{}))).verdict, Verdict::kDecided);
  const Result& result = Run(Own(Close(2, Totals{})));
  EXPECT_EQ(result.verdict, Verdict::kFull);
  EXPECT_EQ(result.field, Field::kTransactions);
  EXPECT_EQ(Run(Own(Sale(3, 10))).verdict, Verdict::kDecided);
}

}  // namespace
}  // namespace gonghui
