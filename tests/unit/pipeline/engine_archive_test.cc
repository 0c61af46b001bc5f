// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The engine with an archive: what leaves memory, when, and that nobody can tell.

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "engine/durability/memory_archive.h"
#include "engine/durability/memory_checkpoint_store.h"
#include "engine/durability/memory_journal.h"
#include "engine/pipeline/engine.h"
#include "tests/testing/city.h"
#include "tests/unit/pipeline/engine_testing.h"

namespace gonghui {
namespace {

constexpr int64_t kNever = int64_t{1'000} * 86'400 * kNsPerSecond;

// Where others wait until they are let through, one at a time or all.
class Gate {
 public:
  void Pass() {
    std::unique_lock lock(mutex_);
    ++arrived_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_ || allowed_ > 0; });
    allowed_ -= open_ ? 0 : 1;
  }
  void Close() {
    const std::lock_guard lock(mutex_);
    open_ = false;
    arrived_ = 0;
  }
  void Open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  void LetOne() {
    const std::lock_guard lock(mutex_);
    ++allowed_;
    changed_.notify_all();
  }
  // Until so many have come since Close().
  void AwaitArrival(int count = 1) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return arrived_ >= count; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = true;
  int allowed_ = 0;
  int arrived_ = 0;
};

// No transaction has this id.  Whoever names it asks the disk, as of all imported ones.
constexpr TransactionId kHeld =
    MakeTransactionId(0, CommandSeq{kImportedSeqFirst.value() + 1'000'000});

// An archive with gates, for what must happen in between.
class GatedArchive final : public Archive {
 public:
  absl::Status PutBlocking(uint16_t shard, std::span<const Entry> entries) override {
    before_put.Pass();
    return memory.PutBlocking(shard, entries);
  }
  absl::StatusOr<bool> FindBlocking(uint16_t shard,
                                    TransactionId id,
                                    ArchivedTransaction* found) const override {
    if (id == kHeld) {
      find_held.Pass();
    }
    return memory.FindBlocking(shard, id, found);
  }
  absl::StatusOr<bool> FindBlocking(uint16_t shard,
                                    const TerminalId& terminal,
                                    const RequestId& id,
                                    ArchivedTransaction* found) const override {
    return memory.FindBlocking(shard, terminal, id, found);
  }
  absl::StatusOr<bool> FindBlocking(uint16_t shard,
                                    const AdviceName& name,
                                    ArchivedTransaction* found) const override {
    return memory.FindBlocking(shard, name, found);
  }
  absl::Status ForEachBlocking(
      uint16_t shard, const std::function<absl::Status(const Entry&)>& visit) const override {
    return memory.ForEachBlocking(shard, visit);
  }
  absl::Status ForEachHashBlocking(uint16_t shard,
                                   const std::function<bool(uint64_t)>& visit) const override {
    // The first call of a start asks whether there is any, the second fills the filter.
    if (++hash_calls % 2 == 0) {
      before_filling.Pass();
    }
    return memory.ForEachHashBlocking(shard, visit);
  }
  [[nodiscard]] uint64_t ApproximateHashes(uint16_t shard) const override {
    return memory.ApproximateHashes(shard);
  }

  MemoryArchive memory;
  Gate before_put;
  mutable Gate find_held;  // of the transaction kHeld
  mutable Gate before_filling;
  mutable std::atomic<int> hash_calls{0};
};

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

class EngineArchiveTest : public ::testing::TestWithParam<CommitPipeline> {
 protected:
  EngineArchiveTest() {
    options_.pipeline = GetParam();
    options_.ring_slots = 64;
    options_.checkpoint_at_stop = false;
    options_.archive_after_ns = 0;
    options_.archive_slice_rows = 100;
    options_.archive_begin_rows = 0;
    options_.archive_overdue_ns = 0;
  }
  ~EngineArchiveTest() override {
    archive_.before_put.Open();
    archive_.find_held.Open();
    archive_.before_filling.Open();
    engine_.reset();
  }

  void Start() {
    auto engine = Engine::Start(options_, clock_, journal_, &store_, &archive_);
    ASSERT_TRUE(engine.ok()) << engine.status();
    engine_ = *std::move(engine);
  }
  void Build() {
    BuildCity(city_, [this](const Command& command) { Run(command); });
  }

  Result Run(const Command& command) { return RunOn(*engine_, command); }
  static Result RunOn(Engine& engine, const Command& command) {
    Result result;
    const absl::Status status = engine.RunBlocking({&command, 1}, {&result, 1});
    EXPECT_TRUE(status.ok()) << status;
    return result;
  }

  Command Sale() {
    Command sale = RandomSale(city_, prng_);
    sale.authorize.list_price = Fen{1'000};
    return sale;
  }
  Command About(CommandKind kind, const Command& original) {
    Command command;
    command.kind = kind;
    command.terminal = original.terminal;
    command.request_id = RequestId{prng_.Next(), prng_.Next()};
    switch (kind) {
      case CommandKind::kCapture:
        command.capture = CaptureRequest{};
        command.capture.original_request_id = original.request_id;
        break;
      case CommandKind::kReverse:
        command.reverse = ReverseRequest{};
        command.reverse.original_request_id = original.request_id;
        break;
      case CommandKind::kRefund:
        command.refund = RefundRequest{};
        command.refund.original_request_id = original.request_id;
        break;
      default:
        command.inquiry = InquiryRequest{TransactionId{}, original.request_id};
        break;
    }
    return command;
  }
  Command RefundOf(const Command& sale, int64_t fen) {
    Command command = About(CommandKind::kRefund, sale);
    command.refund.amount = Fen{fen};
    command.refund.has_amount = true;
    return command;
  }

  struct Memory {
    uint32_t rows = 0;  // of transactions
    uint32_t ever = 0;  // rows that were given out
    uint64_t seq = 0;
    uint64_t archived = 0;
    uint64_t hash = 0;
  };
  Memory Look() {
    Memory memory;
    EXPECT_TRUE(engine_
                    ->InspectBlocking([&](const Ledger& ledger) {
                      memory.rows = ledger.transactions().size() - ledger.archived_rows();
                      memory.ever = ledger.transactions().size();
                      memory.seq = ledger.applied_seq().value();
                      memory.archived = ledger.globals().archived_count;
                      memory.hash = ledger.StateHash();
                    })
                    .ok());
    return memory;
  }
  // Until no more than so many are in memory.  After holds that stayed the engine pauses by
  // the clock.
  void AwaitLeaving(uint32_t rows_left = 0) {
    for (int i = 0; i < 20'000 && Look().rows > rows_left; ++i) {
      clock_.Advance(kNsPerSecond / 1'000);
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    ASSERT_LE(Look().rows, rows_left);
  }

  // Until nothing happens any more though the clock goes on.
  Memory AwaitRest() {
    Memory last = Look();
    for (int quiet = 0; quiet < 100; ++quiet) {
      clock_.Advance(kNsPerSecond / 100);
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      const Memory memory = Look();
      quiet = memory.seq == last.seq ? quiet : 0;
      last = memory;
    }
    return last;
  }
  // Gives the engine occasion to do what it must not.
  void LookOften() {
    for (int i = 0; i < 200; ++i) {
      Look();
    }
  }

  Command AskForHeld(const Command& sale) {
    Command inquiry = About(CommandKind::kGetTransaction, sale);
    inquiry.inquiry = InquiryRequest{kHeld, RequestId{}};
    return inquiry;
  }

  HandClock clock_;
  MemoryJournal journal_;
  MemoryCheckpointStore store_;
  GatedArchive archive_;
  CityOptions city_;
  EngineOptions options_;
  std::unique_ptr<Engine> engine_;
  Prng prng_{7};
};

INSTANTIATE_TEST_SUITE_P(Pipelines,
                         EngineArchiveTest,
                         ::testing::Values(CommitPipeline::kOneThread,
                                           CommitPipeline::kTwoThreads,
                                           CommitPipeline::kAdaptive),
                         [](const auto& tested) {
                           return tested.param == CommitPipeline::kOneThread    ? "OneThread"
                                  : tested.param == CommitPipeline::kTwoThreads ? "TwoThreads"
                                                                                : "Adaptive";
                         });

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

TEST_P(EngineArchiveTest, LeavesWhenOldEnough) {
  constexpr int64_t kHourNs = 3'600 * kNsPerSecond;
  options_.archive_after_ns = 72 * kHourNs;
  Start();
  Build();
  for (int i = 0; i < 50; ++i) {
    Run(Sale());
  }
  clock_.Advance(kHourNs);
  for (int i = 0; i < 30; ++i) {
    Run(Sale());
  }
  clock_.Advance(71 * kHourNs - 1);
  LookOften();
  EXPECT_EQ(Look().rows, 80U);
  clock_.Advance(1);
  AwaitLeaving(30);
  LookOften();
  EXPECT_EQ(Look().rows, 30U);
  EXPECT_EQ(engine_->stats().archive_puts, 50U);
}

// A slice costs two syncs: it begins when it is worth it ...
TEST_P(EngineArchiveTest, BeginsWhenManyAreOldEnough) {
  options_.archive_after_ns = 3'600 * kNsPerSecond;
  options_.archive_begin_rows = 50;
  options_.archive_overdue_ns = 3'600 * kNsPerSecond;
  Start();
  Build();
  for (int i = 0; i < 60; ++i) {
    Run(Sale());
    clock_.Advance(kNsPerSecond);
  }
  clock_.Advance((3'600 - 11 - 1) * kNsPerSecond);  // 49 are an hour old
  LookOften();
  EXPECT_EQ(Look().rows, 60U);
  clock_.Advance(kNsPerSecond);
  for (int i = 0; i < 60'000 && Look().rows > 10; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_EQ(Look().rows, 10U);
}

// ... or when one has waited for long.
TEST_P(EngineArchiveTest, BeginsWhenOneIsOverdue) {
  options_.archive_after_ns = 3'600 * kNsPerSecond;
  options_.archive_begin_rows = 50;
  options_.archive_overdue_ns = 60 * kNsPerSecond;
  Start();
  Build();
  Run(Sale());
  clock_.Advance(3'659 * kNsPerSecond);
  LookOften();
  EXPECT_EQ(Look().rows, 1U);
  clock_.Advance(kNsPerSecond);
  AwaitLeaving();
}

// The disk has enough to do until then.
TEST_P(EngineArchiveTest, NothingLeavesBeforeTheFilterIsComplete) {
  Start();
  Build();
  std::vector<Command> sales;
  for (int i = 0; i < 20; ++i) {
    sales.push_back(Sale());
    Run(sales.back());
  }
  AwaitLeaving();
  engine_.reset();
  archive_.hash_calls = 0;
  archive_.before_filling.Close();
  Start();
  archive_.before_filling.AwaitArrival();
  EXPECT_FALSE(engine_->stats().archive_filter_complete);
  Run(Sale());
  EXPECT_TRUE(Run(sales[3]).replay) << "each id is asked of the disk";
  clock_.Advance(kNsPerSecond);
  LookOften();
  EXPECT_EQ(Look().rows, 2U);
  EXPECT_EQ(engine_->stats().archive_puts, 0U);
  archive_.before_filling.Open();
  Run(Sale());  // the one that came back leaves with one that stands after it
  AwaitLeaving();
  EXPECT_TRUE(engine_->stats().archive_filter_complete);
}

TEST_P(EngineArchiveTest, LeavesWhenThereAreTooMany) {
  options_.archive_after_ns = kNever;
  options_.archive_rows_max = 120;
  Start();
  Build();
  std::vector<Command> sales;
  for (int i = 0; i < 400; ++i) {
    sales.push_back(Sale());
    Run(sales.back());
  }
  AwaitLeaving(120);
  EXPECT_EQ(Look().rows, 120U);
  EXPECT_EQ(engine_->stats().archived_transactions, 280U);
  // What comes back makes others leave.
  for (int i = 0; i < 50; ++i) {
    EXPECT_TRUE(Run(sales[static_cast<size_t>(i)]).replay);
  }
  AwaitLeaving(120);
  EXPECT_EQ(engine_->stats().archived_transactions, 280U);
}

// They come to stand behind younger ones, and end in time none the less.
TEST_P(EngineArchiveTest, OpenHoldsStayAndExpire) {
  Start();
  Build();
  std::vector<Command> holds;
  for (int i = 0; i < 5; ++i) {
    Command hold = Sale();
    hold.authorize.capture_at_once = false;
    hold.authorize.hold_s = 600;
    holds.push_back(hold);
    ASSERT_EQ(Run(hold).transaction.state, TransactionState::kPending);
    for (int j = 0; j < 20; ++j) {
      Run(Sale());
    }
  }
  AwaitLeaving(5);
  EXPECT_EQ(engine_->stats().archived_transactions, 100U);
  // An engine with nothing else to do does not take them out and in again.
  const uint64_t seq = engine_->stats().applied_seq;
  LookOften();
  EXPECT_EQ(engine_->stats().applied_seq, seq);
  EXPECT_EQ(Run(About(CommandKind::kCapture, holds[0])).transaction.outcome, Outcome::kApproved);
  EXPECT_TRUE(Run(holds[1]).replay);
  clock_.Advance(601 * kNsPerSecond);
  const Command inquiry = About(CommandKind::kGetTransaction, holds[2]);
  for (int i = 0; i < 60'000; ++i) {
    if (Run(inquiry).transaction.state == TransactionState::kExpired) {
      break;
    }
  }
  EXPECT_EQ(Run(inquiry).transaction.state, TransactionState::kExpired);
  EXPECT_EQ(Run(About(CommandKind::kGetTransaction, holds[0])).transaction.state,
            TransactionState::kCaptured);
  Run(Sale());
  AwaitLeaving();
  EXPECT_EQ(Run(inquiry).transaction.state, TransactionState::kExpired);
}

// A row that is changed after it was copied must not leave as it was.
TEST_P(EngineArchiveTest, WhatChangesMeanwhileIsCopiedAgain) {
  Start();
  Build();
  AwaitLeaving();
  archive_.before_put.Close();
  const Command sale = Sale();
  Run(sale);
  archive_.before_put.AwaitArrival();
  EXPECT_EQ(Run(RefundOf(sale, 600)).transaction.outcome, Outcome::kApproved);
  archive_.before_put.Open();
  AwaitLeaving();
  EXPECT_EQ(Run(RefundOf(sale, 600)).transaction.outcome, Outcome::kDeclined);
  EXPECT_EQ(Run(RefundOf(sale, 400)).transaction.outcome, Outcome::kApproved);
}

// Somebody looks, and finds nothing, while it is in memory: it stays there until he is
// done, though it is stored.
TEST_P(EngineArchiveTest, NothingLeavesBehindTheBackOfWhoHasLooked) {
  Start();
  Build();
  archive_.before_put.Close();
  const Command sale = Sale();
  const Result first = Run(sale);
  archive_.before_put.AwaitArrival();
  archive_.find_held.Close();
  // The repeat ends at the filter, which does not know the id yet.
  Work work({sale, AskForHeld(sale)});
  CompletionCount counter;
  work.submission.completions = &counter;
  std::thread submitter([&] { ASSERT_TRUE(engine_->Submit(&work.submission)); });
  archive_.find_held.AwaitArrival();
  archive_.before_put.Open();
  while (archive_.memory.size() == 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  for (int i = 0; i < 50; ++i) {
    clock_.Advance(kNsPerSecond);
    LookOften();
  }
  EXPECT_EQ(Look().rows, 1U);
  // Others are served meanwhile, also with what is stored.
  EXPECT_TRUE(Run(sale).replay);
  archive_.find_held.Open();
  submitter.join();
  counter.WaitFor(1);
  EXPECT_TRUE(work.results[0].replay);
  EXPECT_EQ(work.results[0].transaction_id, first.transaction_id);
  EXPECT_EQ(work.results[1].verdict, Verdict::kNotFound);
  EXPECT_EQ(engine_->stats().thawed_transactions, 0U);
  AwaitLeaving();
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

TEST_P(EngineArchiveTest, ARestartGivesTheSameStateWithAndWithoutACheckpoint) {
  Start();
  Build();
  std::vector<Command> sales;
  for (int i = 0; i < 300; ++i) {
    Command sale = Sale();
    sale.authorize.capture_at_once = i % 10 != 0;
    sale.authorize.hold_s = i % 10 != 0 ? 0 : 600;
    sales.push_back(sale);
    Run(sale);
    if (i == 150) {
      AwaitLeaving(16);
      ASSERT_TRUE(engine_->CheckpointBlocking().ok());
    }
    if (i % 20 == 19) {
      EXPECT_TRUE(Run(sales[static_cast<size_t>(i / 2)]).replay);
    }
  }
  AwaitLeaving(40);  // the holds, and what came back last
  for (int i = 0; i < 20; ++i) {
    Run(About(CommandKind::kRefund, sales[static_cast<size_t>(i * 7 + 1)]));
  }
  const Memory memory = AwaitRest();
  engine_.reset();

  // Nothing more leaves.
  options_.archive_after_ns = kNever;
  Start();
  EXPECT_TRUE(engine_->recovery().had_checkpoint);
  EXPECT_GT(engine_->recovery().events_replayed, 0U);
  EXPECT_EQ(engine_->recovery().last_seq, memory.seq);
  EXPECT_EQ(engine_->recovery().state_hash, memory.hash);
  EXPECT_EQ(engine_->stats().archived_transactions, memory.archived);
  EXPECT_TRUE(Run(sales[5]).replay);
  const uint64_t hash = Look().hash;
  engine_.reset();

  // The whole journal, and an archive that it fills.
  GatedArchive empty;
  MemoryCheckpointStore no_store;
  auto replayed = Engine::Start(options_, clock_, journal_, &no_store, &empty);
  ASSERT_TRUE(replayed.ok()) << replayed.status();
  EXPECT_FALSE((*replayed)->recovery().had_checkpoint);
  EXPECT_EQ((*replayed)->recovery().state_hash, hash);
  EXPECT_GE(empty.memory.size(), (*replayed)->stats().archived_transactions);
  EXPECT_LE(empty.memory.size(), archive_.memory.size()) << "a slice may be stored and not gone";
  for (const Command& sale : sales) {
    ASSERT_TRUE(RunOn(**replayed, sale).replay);
  }
}

TEST_P(EngineArchiveTest, CheckpointsUnderLoadHoldWhatIsInMemory) {
  Start();
  Build();
  std::vector<Command> sales;
  for (int round = 0; round < 8; ++round) {
    std::vector<Command> some;
    for (int i = 0; i < 300; ++i) {
      some.push_back(Sale());
    }
    Work work(some);
    CompletionCount counter;
    work.submission.completions = &counter;
    ASSERT_TRUE(engine_->Submit(&work.submission));
    ASSERT_TRUE(engine_->CheckpointBlocking().ok());
    counter.WaitFor(1);
    sales.insert(sales.end(), some.begin(), some.end());
  }
  AwaitLeaving(100);
  for (int i = 0; i < 30; ++i) {
    EXPECT_TRUE(Run(sales[static_cast<size_t>(i * 31)]).replay);
  }
  ASSERT_TRUE(engine_->CheckpointBlocking().ok());
  engine_.reset();
  Start();
  EXPECT_TRUE(engine_->recovery().had_checkpoint);
  for (size_t i = 0; i < sales.size(); i += 13) {
    ASSERT_TRUE(Run(sales[i]).replay) << i;
  }
}

// Stored, but the event did not come to be: it is in both, and memory is right.
TEST_P(EngineArchiveTest, ACrashBetweenStoringAndLeaving) {
  Start();
  Build();
  archive_.find_held.Close();
  const Command ask = AskForHeld(Sale());
  Work work({ask});
  CompletionCount counter;
  work.submission.completions = &counter;
  std::thread submitter([&] { ASSERT_TRUE(engine_->Submit(&work.submission)); });
  archive_.find_held.AwaitArrival();
  std::vector<Command> sales;
  for (int i = 0; i < 50; ++i) {
    sales.push_back(Sale());
    Run(sales.back());
  }
  for (int i = 0; i < 60'000 && archive_.memory.size() == 0; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  ASSERT_GT(archive_.memory.size(), 0U);
  EXPECT_EQ(Run(RefundOf(sales[0], 700)).transaction.outcome, Outcome::kApproved);
  EXPECT_EQ(Look().archived, 0U);
  // An engine that stops lets nothing leave any more.
  std::thread opener([this] {
    while (engine_->InspectBlocking([](const Ledger&) {}).ok()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    archive_.find_held.Open();
  });
  engine_->Stop();
  opener.join();
  submitter.join();
  counter.WaitFor(1);
  engine_.reset();
  options_.archive_after_ns = kNever;
  Start();
  EXPECT_EQ(Look().rows, 51U);
  EXPECT_TRUE(Run(sales[0]).replay);
  EXPECT_EQ(Run(RefundOf(sales[0], 700)).transaction.outcome, Outcome::kDeclined);
  EXPECT_EQ(engine_->stats().thawed_transactions, 0U);
  engine_.reset();
  options_.archive_after_ns = 0;
  Start();
  AwaitLeaving();
  EXPECT_EQ(archive_.memory.size(), 52U);
  EXPECT_EQ(Run(RefundOf(sales[0], 300)).transaction.outcome, Outcome::kApproved);
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

// Not even the holds' new rows have room, so nothing leaves; and the engine does not try
// all the time.
TEST_P(EngineArchiveTest, NothingLeavesWhereHoldsHaveNoRoomToStay) {
  options_.limits.transactions_max = 60;
  options_.archive_after_ns = kNsPerSecond;
  Start();
  Build();
  std::vector<Command> holds;
  for (int i = 0; i < 60; ++i) {
    Command hold = Sale();
    hold.authorize.capture_at_once = i % 2 == 0;
    hold.authorize.hold_s = i % 2 == 0 ? 0 : 6'000;
    holds.push_back(hold);
    ASSERT_EQ(Run(hold).verdict, Verdict::kDecided);
  }
  clock_.Advance(kNsPerSecond);
  const auto await_puts = [this](uint64_t count) {
    for (int i = 0; i < 60'000 && engine_->stats().archive_puts < count; ++i) {
      Look();
    }
    EXPECT_EQ(engine_->stats().archive_puts, count);
  };
  await_puts(30);
  LookOften();
  for (int i = 0; i < 59; ++i) {
    clock_.Advance(kNsPerSecond);
    LookOften();
  }
  EXPECT_EQ(engine_->stats().archive_puts, 30U);
  clock_.Advance(kNsPerSecond);
  await_puts(60);  // it tries again
  EXPECT_EQ(Look().rows, 60U);
  for (const Command& hold : holds) {
    EXPECT_TRUE(Run(hold).replay);
  }
  EXPECT_EQ(engine_->stats().thawed_transactions, 0U);
}

// There are more open holds than transactions may be in memory: they stay none the less,
// and do not take new rows without end.
TEST_P(EngineArchiveTest, MoreOpenHoldsThanThereMayBeTransactions) {
  options_.archive_after_ns = kNever;
  options_.archive_rows_max = 10;
  Start();
  Build();
  std::vector<Command> holds;
  for (int i = 0; i < 30; ++i) {
    Command hold = Sale();
    hold.authorize.capture_at_once = false;
    hold.authorize.hold_s = 86'400;
    holds.push_back(hold);
    ASSERT_EQ(Run(hold).transaction.state, TransactionState::kPending);
  }
  for (int i = 0; i < 70; ++i) {
    Run(Sale());
  }
  for (int i = 0; i < 60'000 && Look().archived < 60; ++i) {
    clock_.Advance(kNsPerSecond / 10);
  }
  const Memory memory = Look();
  EXPECT_GE(memory.archived, 60U);
  EXPECT_LE(memory.rows, 40U);
  for (int i = 0; i < 1'000; ++i) {
    clock_.Advance(kNsPerSecond / 100);
    Look();
  }
  EXPECT_LE(Look().ever - memory.ever, 10U * 100 + 100) << "a hundred a second";
  for (const Command& hold : holds) {
    EXPECT_EQ(Run(About(CommandKind::kCapture, hold)).transaction.outcome, Outcome::kApproved);
  }
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

TEST_P(EngineArchiveTest, DoesNotStartWhenReplayCanNotFillTheArchive) {
  Start();
  Build();
  Run(Sale());
  AwaitLeaving();
  engine_.reset();
  MemoryArchive other;
  other.FailNextPut();
  EXPECT_FALSE(Engine::Start(options_, clock_, journal_, nullptr, &other).ok());
  const auto started = Engine::Start(options_, clock_, journal_, nullptr, &other);
  ASSERT_TRUE(started.ok()) << started.status();
  EXPECT_EQ(other.size(), 1U);
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

TEST_P(EngineArchiveTest, StopsWhenThePutFailsAndNothingHasLeft) {
  std::atomic<bool> stopped{false};
  std::mutex mutex;
  std::string why;
  options_.fail_stop = [&](const std::string& reason) {
    const std::lock_guard lock(mutex);
    why = reason;
    stopped.store(true);
  };
  options_.archive_after_ns = kNsPerSecond;
  Start();
  Build();
  const Command sale = Sale();
  Run(sale);
  archive_.memory.FailNextPut();
  clock_.Advance(kNsPerSecond);
  while (!stopped.load()) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  {
    const std::lock_guard lock(mutex);
    EXPECT_EQ(why.find("archive: "), 0U) << why;
  }
  engine_.reset();
  options_.fail_stop = nullptr;
  Start();
  EXPECT_TRUE(Run(sale).replay);
  Run(Sale());
  clock_.Advance(kNsPerSecond);
  AwaitLeaving();
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

TEST_P(EngineArchiveTest, RefusesToStartWithoutTheArchive) {
  Start();
  Build();
  Run(Sale());
  AwaitLeaving();
  engine_.reset();
  const absl::Status none = Engine::Start(options_, clock_, journal_, &store_).status();
  EXPECT_EQ(none.code(), absl::StatusCode::kFailedPrecondition) << none;
  Start();
  ASSERT_TRUE(engine_->CheckpointBlocking().ok());
  engine_.reset();
  MemoryArchive empty;
  const absl::Status lost = Engine::Start(options_, clock_, journal_, &store_, &empty).status();
  EXPECT_EQ(lost.code(), absl::StatusCode::kDataLoss) << lost;
}

// The put under way ends; the rest of the slice is given up.
TEST_P(EngineArchiveTest, StopDoesNotWaitForASlice) {
  constexpr uint32_t kRows = 5'000;
  options_.archive_after_ns = 3'600 * kNsPerSecond;
  options_.archive_begin_rows = kRows;
  options_.archive_overdue_ns = kNever;
  options_.archive_slice_rows = kRows;
  Start();
  Build();
  archive_.before_put.Close();
  std::vector<Command> sales;
  for (uint32_t i = 0; i < kRows; ++i) {
    sales.push_back(Sale());
  }
  Work work(sales);
  CompletionCount counter;
  work.submission.completions = &counter;
  ASSERT_TRUE(engine_->Submit(&work.submission));
  counter.WaitFor(1);
  clock_.Advance(3'600 * kNsPerSecond);
  Look();
  archive_.before_put.AwaitArrival();
  std::atomic<bool> stopped{false};
  std::thread opener([&] {
    while (engine_->InspectBlocking([](const Ledger&) {}).ok()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));  // for the archive's thread
    archive_.before_put.LetOne();
    for (int i = 0; i < 10'000 && !stopped.load(); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    archive_.before_put.Open();
  });
  engine_->Stop();
  stopped.store(true);
  opener.join();
  EXPECT_GT(archive_.memory.size(), 0U);
  EXPECT_LT(archive_.memory.size(), kRows);
  EXPECT_EQ(engine_->stats().archived_transactions, 0U);
}

}  // namespace
}  // namespace gonghui
