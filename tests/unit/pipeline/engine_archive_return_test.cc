// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What has left memory comes back when it is named, so that nobody can tell that it had left.

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "engine/durability/memory_journal.h"
#include "engine/pipeline/engine.h"
#include "tests/testing/city.h"
#include "tests/unit/pipeline/engine_archive_world.h"
#include "tests/unit/pipeline/engine_testing.h"

namespace gonghui {
namespace {

// What the caller is told, whatever rows it is in.
std::vector<int64_t> Told(const Result& result) {
  const Transaction& transaction = result.transaction;
  std::vector<int64_t> told = {static_cast<int64_t>(result.verdict),
                               static_cast<int64_t>(result.field),
                               static_cast<int64_t>(result.replay),
                               static_cast<int64_t>(transaction.outcome),
                               static_cast<int64_t>(transaction.reason),
                               static_cast<int64_t>(transaction.state),
                               static_cast<int64_t>(transaction.kind),
                               transaction.decided_at.value(),
                               transaction.list_price.value(),
                               transaction.member_pays.value(),
                               transaction.subsidy.value(),
                               static_cast<int64_t>(result.original_id != TransactionId{}),
                               static_cast<int64_t>(result.share_count),
                               static_cast<int64_t>(result.limit_count)};
  if (result.verdict != Verdict::kDecided) {
    told.resize(2);
    return told;
  }
  if (transaction.IsAuthorization()) {
    for (const Fen amount : {transaction.captured,
                             transaction.captured_subsidy,
                             transaction.progress.refunded,
                             transaction.progress.refunded_subsidy}) {
      told.push_back(amount.value());
    }
  }
  for (uint32_t i = 0; i < result.share_count; ++i) {
    told.push_back(result.shares[i].benefit.value());
    told.push_back(result.shares[i].fund.value());
    told.push_back(result.shares[i].amount.value());
  }
  for (uint32_t i = 0; i < result.limit_count; ++i) {
    told.push_back(result.limits[i].limit.value());
    told.push_back(result.limits[i].used);
    told.push_back(result.limits[i].held);
  }
  return told;
}

TEST_P(EngineArchiveTest, EverythingLeavesAndIsAnsweredAsBefore) {
  Start();
  Build();
  std::vector<Command> sales;
  std::vector<Result> answers;
  for (int i = 0; i < 500; ++i) {
    sales.push_back(Sale());
    answers.push_back(Run(sales.back()));
  }
  AwaitLeaving();
  EXPECT_EQ(archive_.memory.size(), 500U);
  EXPECT_EQ(engine_->stats().archived_transactions, 500U);
  EXPECT_GE(engine_->stats().archive_puts, 500U);
  EXPECT_TRUE(engine_->stats().archive_filter_complete);
  EXPECT_EQ(engine_->stats().thawed_transactions, 0U);
  for (size_t i = 0; i < sales.size(); i += 50) {
    const Result again = Run(sales[i]);
    EXPECT_TRUE(again.replay);
    EXPECT_EQ(again.transaction_id, answers[i].transaction_id);
    EXPECT_EQ(again.transaction.subsidy, answers[i].transaction.subsidy);
    Command other = sales[i];
    other.authorize.list_price += Fen{1};
    EXPECT_EQ(Run(other).verdict, Verdict::kDuplicateMismatch);
    const Result refund = Run(About(CommandKind::kRefund, sales[i]));
    EXPECT_EQ(refund.transaction.outcome, Outcome::kApproved);
    EXPECT_EQ(refund.transaction.list_price, Fen{1'000});
    EXPECT_EQ(refund.original_id, answers[i].transaction_id);
    const Result standing = Run(About(CommandKind::kGetTransaction, sales[i]));
    EXPECT_EQ(standing.transaction.state, TransactionState::kRefunded);
  }
  EXPECT_GE(engine_->stats().thawed_transactions, 10U);
  // By the engine's id, for an operator.
  Command inquiry;
  inquiry.kind = CommandKind::kGetTransaction;
  inquiry.inquiry = InquiryRequest{answers[3].transaction_id, RequestId{}};
  EXPECT_EQ(Run(inquiry).transaction.request_id, sales[3].request_id);
}

// The same commands on an engine without an archive.
TEST_P(EngineArchiveTest, AnswersAsOneThatNeverArchives) {
  Start();
  Build();
  MemoryJournal other_journal;
  auto other = Engine::Start(options_, clock_, other_journal, nullptr);
  ASSERT_TRUE(other.ok()) << other.status();
  BuildCity(city_, [&](const Command& command) { RunOn(**other, command); });

  std::vector<Command> sales;
  std::vector<Command> all;
  for (int i = 0; i < 1'500; ++i) {
    SCOPED_TRACE(i);
    Command command;
    const uint64_t what = prng_.Below(10);
    if (what < 4 || sales.empty()) {
      command = RandomSale(city_, prng_);
      command.authorize.capture_at_once = prng_.Chance(2, 3);
      // None ends: an engine sweeps when it has time, and they would differ in when.
      command.authorize.hold_s = command.authorize.capture_at_once ? 0 : 6'000;
      sales.push_back(command);
    } else if (what < 6) {
      command = all[prng_.Below(all.size())];
    } else {
      constexpr std::array kKinds = {CommandKind::kCapture,
                                     CommandKind::kReverse,
                                     CommandKind::kRefund,
                                     CommandKind::kGetTransaction};
      const Command& sale = sales[prng_.Below(sales.size())];
      command = About(kKinds[prng_.Below(kKinds.size())], sale);
      if (command.kind == CommandKind::kRefund && prng_.Chance(1, 2)) {
        command = RefundOf(sale, prng_.Between(1, 300));
      }
    }
    all.push_back(command);
    ASSERT_EQ(Told(Run(command)), Told(RunOn(**other, command)));
    clock_.Advance(i % 100 == 0 ? 120 * kNsPerSecond : kNsPerSecond / 10);
  }
  EXPECT_GT(engine_->stats().thawed_transactions, 100U);
}

TEST_P(EngineArchiveTest, AnAdviceToldAgainUnderAnotherId) {
  Start();
  Build();
  AdviceRequest evidence;
  evidence.occurred_at = TimestampNs{kCityNoon.value() - 60 * kNsPerSecond};
  evidence.member_paid = Fen{1'000};
  evidence.sequence = 1;
  evidence.business_day = 20'576;
  Command advice = Sale();
  advice.advice = &evidence;
  const Result first = Run(advice);
  ASSERT_EQ(first.transaction.outcome, Outcome::kApproved);
  AwaitLeaving();
  Command again = advice;
  again.request_id = RequestId{prng_.Next(), prng_.Next()};
  const Result second = Run(again);
  EXPECT_TRUE(second.replay);
  EXPECT_EQ(second.transaction_id, first.transaction_id);
}

// Somebody finds it as it was before it changed: stored, but not gone, because it changed.
TEST_P(EngineArchiveTest, WhatWasFoundAsItWasBeforeIsNotBelieved) {
  Start();
  Build();
  archive_.before_put.Close();
  const Command sale = Sale();
  const Result sold = Run(sale);
  archive_.before_put.AwaitArrival();
  EXPECT_EQ(Run(RefundOf(sale, 600)).transaction.outcome, Outcome::kApproved);
  archive_.before_put.LetOne();  // as it was sold
  archive_.before_put.AwaitArrival(2);
  archive_.find_held.Close();
  Command refund = RefundOf(sale, 600);
  refund.refund.original_request_id = RequestId{};
  refund.refund.original = sold.transaction_id;
  Work work({refund, AskForHeld(sale)});
  CompletionCount counter;
  work.submission.completions = &counter;
  std::thread submitter([&] { ASSERT_TRUE(engine_->Submit(&work.submission)); });
  archive_.find_held.AwaitArrival();
  archive_.before_put.Open();
  for (int i = 0; i < 50; ++i) {
    clock_.Advance(kNsPerSecond);
    LookOften();
  }
  EXPECT_GE(Look().rows, 1U);
  archive_.find_held.Open();
  submitter.join();
  counter.WaitFor(1);
  EXPECT_EQ(work.results[0].transaction.outcome, Outcome::kDeclined) << "given back twice";
  AwaitLeaving();
}

// A transaction's id may be guessed: somebody else's is not brought back for it.
TEST_P(EngineArchiveTest, AnotherMerchantsTransactionStaysWhereItIs) {
  Start();
  Build();
  Command sale = Sale();
  sale.terminal = TerminalOf(1);
  const Result sold = Run(sale);
  AwaitLeaving();
  Command other = sale;
  other.terminal = TerminalOf(2);
  Command inquiry = About(CommandKind::kGetTransaction, other);
  inquiry.inquiry = InquiryRequest{sold.transaction_id, RequestId{}};
  EXPECT_EQ(Run(inquiry).verdict, Verdict::kNotFound);
  Command refund = RefundOf(other, 100);
  refund.refund.original_request_id = RequestId{};
  refund.refund.original = sold.transaction_id;
  EXPECT_EQ(Run(refund).transaction.reason, Reason::kOriginalNotFound);
  const char nobody[] = {'N', 'O'};
  inquiry.terminal = *TerminalId::Parse(std::span<const char>(nobody));
  EXPECT_NE(Run(inquiry).verdict, Verdict::kDecided);
  EXPECT_EQ(engine_->stats().thawed_transactions, 0U);
  inquiry.terminal = sale.terminal;
  EXPECT_EQ(Run(inquiry).transaction.request_id, sale.request_id);
  EXPECT_EQ(engine_->stats().thawed_transactions, 1U);
}

// Nothing may change on the caller's behalf any more.
TEST_P(EngineArchiveTest, NothingComesBackForACallThatIsTooLate) {
  Start();
  Build();
  Command sale = Sale();
  Run(sale);
  AwaitLeaving();
  sale.deadline = TimestampNs{kCityNoon.value() - 1};
  EXPECT_EQ(Run(sale).verdict, Verdict::kDeadlineExceeded);
  EXPECT_EQ(engine_->stats().thawed_transactions, 0U);
}

TEST_P(EngineArchiveTest, WhatWaitsToComeBackIsBounded) {
  options_.archive_finds_bytes_max = 2 * sizeof(ArchiveFind);
  Start();
  Build();
  std::vector<Command> sales;
  for (int i = 0; i < 12; ++i) {
    sales.push_back(Sale());
    Run(sales.back());
  }
  AwaitLeaving();
  CompletionCount counter;
  Work three({sales[0], sales[1], sales[2]});
  three.submission.completions = &counter;
  EXPECT_FALSE(engine_->Submit(&three.submission));
  EXPECT_EQ(engine_->stats().submissions_refused, 1U);
  // What was found is given back each time.
  for (size_t i = 0; i < 12; i += 2) {
    Work two({sales[i], sales[i + 1]});
    two.submission.completions = &counter;
    ASSERT_TRUE(engine_->Submit(&two.submission)) << i;
    counter.WaitFor(i / 2 + 1);
    EXPECT_TRUE(two.results[0].replay);
    EXPECT_TRUE(two.results[1].replay);
  }
}

// Its ring is full only after it has looked: it goes by nothing any more, and gives back what it
// found.
TEST_P(EngineArchiveTest, WhatIsRefusedAtAFullRingKeepsNothingInMemory) {
  constexpr size_t kRing = 8;
  options_.ring_slots = kRing;
  options_.archive_finds_bytes_max = (kRing + 1) * sizeof(ArchiveFind);
  Start();
  Build();
  const Command old = Sale();
  Run(old);
  AwaitLeaving();
  CompletionCount counter;
  std::vector<std::unique_ptr<Work>> works;
  size_t accepted = 0;
  {
    Plug plug(*engine_);
    for (size_t i = 0; i < 3 * kRing; ++i) {
      works.push_back(std::make_unique<Work>(std::vector<Command>{i < kRing ? Sale() : old}));
      works.back()->submission.completions = &counter;
      accepted += engine_->Submit(&works.back()->submission) ? 1U : 0U;
    }
    plug.Release();
  }
  EXPECT_EQ(accepted, kRing);
  EXPECT_EQ(engine_->stats().submissions_refused, 2 * kRing);
  counter.WaitFor(accepted);
  AwaitLeaving();
  EXPECT_TRUE(Run(old).replay);
}

TEST_P(EngineArchiveTest, ThereIsNoRoomForWhatWouldComeBack) {
  options_.limits.transactions_max = 60;
  Start();
  Build();
  std::vector<Command> sales;
  for (int i = 0; i < 60; ++i) {
    sales.push_back(Sale());
    ASSERT_EQ(Run(sales.back()).verdict, Verdict::kDecided);
  }
  AwaitLeaving();
  EXPECT_EQ(Run(Sale()).verdict, Verdict::kFull);
  const Result again = Run(sales[0]);
  EXPECT_EQ(again.verdict, Verdict::kFull);
  EXPECT_FALSE(again.replay);
  EXPECT_EQ(Run(About(CommandKind::kGetTransaction, sales[1])).verdict, Verdict::kFull);
  EXPECT_EQ(engine_->stats().thawed_transactions, 0U);
}

// What this ledger never had answers for nobody; nor may the id count as new.
TEST_P(EngineArchiveTest, AnswersNothingWhenTheArchiveIsAnotherLedgers) {
  std::atomic<int> told{0};
  options_.archive_unreadable = [&](const std::string&) { ++told; };
  Start();
  Build();
  const Command sale = Sale();
  Archive::Entry entry;
  entry.terminal = sale.terminal;
  entry.transaction.transaction.request_id = sale.request_id;
  entry.transaction.transaction.seq = CommandSeq{1'000'000};
  entry.transaction.transaction.terminal = TerminalRow{1};
  entry.transaction.transaction.state = TransactionState::kDeclined;
  entry.transaction.transaction.outcome = Outcome::kDeclined;
  entry.transaction.transaction.reason = Reason::kInvalidCard;
  engine_.reset();
  ASSERT_TRUE(archive_.PutBlocking(0, {&entry, 1}).ok());
  Start();
  EXPECT_EQ(Run(sale).verdict, Verdict::kArchiveUnreadable);
  EXPECT_EQ(told.load(), 1);
  EXPECT_EQ(Run(Sale()).verdict, Verdict::kDecided);
}

// To go on as if the id were new could spend twice.
TEST_P(EngineArchiveTest, DecidesNothingWhenTheArchiveCanNotBeRead) {
  std::atomic<int> told{0};
  options_.archive_unreadable = [&](const std::string&) { ++told; };
  Start();
  Build();
  const Command sale = Sale();
  Run(sale);
  AwaitLeaving();
  archive_.memory.FailFinds(true);
  const uint64_t seq = Look().seq;
  Work work({Sale(), sale});
  CompletionCount counter;
  work.submission.completions = &counter;
  ASSERT_TRUE(engine_->Submit(&work.submission));
  counter.WaitFor(1);
  EXPECT_EQ(work.results[0].verdict, Verdict::kArchiveUnreadable);
  EXPECT_EQ(work.results[1].verdict, Verdict::kArchiveUnreadable);
  EXPECT_EQ(Look().seq, seq);
  EXPECT_EQ(told.load(), 1);
  EXPECT_EQ(engine_->stats().archive_unreadable, 1U);
  EXPECT_EQ(Run(Sale()).verdict, Verdict::kDecided) << "others do not need the disk";
  archive_.memory.FailFinds(false);
  EXPECT_TRUE(Run(sale).replay);
}

}  // namespace
}  // namespace gonghui
