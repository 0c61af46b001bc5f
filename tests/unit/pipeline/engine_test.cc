// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/pipeline/engine.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstring>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "engine/base/check.h"
#include "engine/domain/rules_version.h"
#include "engine/durability/block_format.h"
#include "engine/durability/memory_checkpoint_store.h"
#include "engine/durability/memory_journal.h"
#include "tests/testing/city.h"
#include "tests/unit/pipeline/engine_testing.h"

namespace gonghui {
namespace {

ItemCode ItemOf(std::string_view text) {
  return *ItemCode::Parse(std::span<const char>(text.data(), text.size()));
}

class EngineTest : public ::testing::TestWithParam<CommitPipeline> {
 protected:
  EngineTest() { options_.ring_slots = 64; }

  void Start(bool with_checkpoints = true) {
    options_.pipeline = GetParam();
    auto engine = Engine::Start(options_, clock_, journal_, with_checkpoints ? &store_ : nullptr);
    ASSERT_TRUE(engine.ok()) << engine.status();
    engine_ = *std::move(engine);
  }

  void Build() {
    BuildCity(city_, [this](const Command& command) { Run(command); });
  }

  Result Run(const Command& command) {
    Result result;
    const absl::Status status = engine_->RunBlocking({&command, 1}, {&result, 1});
    EXPECT_TRUE(status.ok()) << status;
    return result;
  }

  void RunSales(size_t count) {
    std::vector<Command> sales(count);
    std::generate(sales.begin(), sales.end(), [this] { return RandomSale(city_, prng_); });
    std::vector<Result> results(count);
    const absl::Status status = engine_->RunBlocking(sales, results);
    EXPECT_TRUE(status.ok()) << status;
  }

  // Tries to submit so many sales, each by itself; answers those that were accepted.
  std::vector<std::unique_ptr<Work>> SubmitSales(size_t count,
                                                 Priority priority,
                                                 Completions* completions) {
    std::vector<std::unique_ptr<Work>> works;
    for (size_t i = 0; i < count; ++i) {
      auto work = std::make_unique<Work>(std::vector<Command>{RandomSale(city_, prng_)});
      work->submission.priority = priority;
      work->submission.completions = completions;
      if (engine_->Submit(&work->submission)) {
        works.push_back(std::move(work));
      }
    }
    return works;
  }

  uint64_t StateHash() {
    uint64_t hash = 0;
    uint64_t row = 0;
    std::string broken;
    EXPECT_TRUE(engine_
                    ->InspectBlocking([&](const Ledger& ledger) {
                      hash = ledger.StateHash();
                      const char* why = ledger.CheckInvariants(&row);
                      broken = why == nullptr ? "" : why;
                    })
                    .ok());
    EXPECT_EQ(broken, "") << "row=" << row;
    return hash;
  }

  HandClock clock_;
  MemoryJournal journal_;
  MemoryCheckpointStore store_;
  CityOptions city_;
  EngineOptions options_;
  std::unique_ptr<Engine> engine_;
  Prng prng_{7};
};

INSTANTIATE_TEST_SUITE_P(Pipelines,
                         EngineTest,
                         ::testing::Values(CommitPipeline::kOneThread,
                                           CommitPipeline::kTwoThreads,
                                           CommitPipeline::kAdaptive),
                         [](const auto& tested) {
                           return tested.param == CommitPipeline::kOneThread    ? "OneThread"
                                  : tested.param == CommitPipeline::kTwoThreads ? "TwoThreads"
                                                                                : "Adaptive";
                         });

TEST_P(EngineTest, DecidesAndRemembersAcrossARestart) {
  Start();
  Build();
  const Command sale = RandomSale(city_, prng_);
  const Result first = Run(sale);
  EXPECT_EQ(first.verdict, Verdict::kDecided);
  EXPECT_EQ(first.transaction.outcome, Outcome::kApproved);
  EXPECT_FALSE(first.replay);
  const uint64_t hash = StateHash();
  engine_.reset();

  Start();
  EXPECT_EQ(engine_->recovery().state_hash, hash);
  EXPECT_TRUE(engine_->recovery().had_checkpoint);
  EXPECT_EQ(engine_->recovery().events_replayed, 0U);
  const Result again = Run(sale);
  EXPECT_TRUE(again.replay);
  EXPECT_EQ(again.transaction_id, first.transaction_id);
  EXPECT_EQ(again.transaction.subsidy, first.transaction.subsidy);
  EXPECT_EQ(StateHash(), hash);
}

// Also what comes while the ledger thread is at its rings.
TEST_P(EngineTest, NothingIsDatedBeforeItWasAsked) {
  Start();
  Build();
  Plug plug(*engine_);
  clock_.Advance(5 * kNsPerSecond);
  CompletionCount completions;
  Work work({RandomSale(city_, prng_)});
  work.submission.completions = &completions;
  ASSERT_TRUE(engine_->Submit(&work.submission));
  plug.Release();
  completions.WaitFor(1);
  EXPECT_EQ(work.results[0].transaction.decided_at.value(), clock_.NowNs());
}

TEST_P(EngineTest, ReplaysTheWholeJournalWithoutACheckpoint) {
  options_.checkpoint_at_stop = false;
  Start();
  Build();
  for (int i = 0; i < 500; ++i) {
    Run(RandomSale(city_, prng_));
  }
  const uint64_t hash = StateHash();
  const uint64_t last = engine_->stats().applied_seq;
  engine_.reset();
  Start(/*with_checkpoints=*/false);
  EXPECT_FALSE(engine_->recovery().had_checkpoint);
  EXPECT_EQ(engine_->recovery().events_replayed, last);
  EXPECT_EQ(StateHash(), hash);
}

TEST_P(EngineTest, ACheckpointTakenUnderLoadAndTheTailGiveTheSameState) {
  options_.checkpoint_at_stop = false;
  Start();
  Build();
  for (int round = 0; round < 5; ++round) {
    std::vector<Command> sales;
    for (int i = 0; i < 400; ++i) {
      sales.push_back(RandomSale(city_, prng_));
    }
    Work work(sales);
    CompletionCount counter;
    work.submission.completions = &counter;
    ASSERT_TRUE(engine_->Submit(&work.submission));
    ASSERT_TRUE(engine_->CheckpointBlocking().ok());
    counter.WaitFor(1);
    ASSERT_TRUE(engine_->CheckpointBlocking().ok());
  }
  for (int i = 0; i < 20; ++i) {
    Run(RandomSale(city_, prng_));
  }
  const uint64_t hash = StateHash();
  const uint64_t last = engine_->stats().applied_seq;
  EXPECT_GE(engine_->stats().checkpoints, 5U);
  engine_.reset();
  Start();
  EXPECT_TRUE(engine_->recovery().had_checkpoint);
  EXPECT_LT(engine_->recovery().events_replayed, last);
  EXPECT_EQ(engine_->recovery().last_seq, last);
  EXPECT_EQ(StateHash(), hash);
}

TEST_P(EngineTest, CompletesInOrderAndOnlyWhenDurable) {
  Start();
  Build();
  // Holds the journal up, so that everything below waits for one sync.
  std::mutex gate;
  std::unique_lock closed(gate);
  std::atomic<int> appends{0};
  journal_.set_before_append([&] {
    ++appends;
    const std::lock_guard wait(gate);
  });
  CompletionCount counter;
  std::vector<std::unique_ptr<Work>> works;
  for (int i = 0; i < 20; ++i) {
    works.push_back(std::make_unique<Work>(std::vector<Command>{RandomSale(city_, prng_)}));
    works.back()->submission.completions = &counter;
    ASSERT_TRUE(engine_->Submit(&works.back()->submission));
  }
  while (appends.load() == 0) {
    std::this_thread::yield();
  }
  EXPECT_TRUE(counter.order().empty()) << "an answer left before its block was durable";
  closed.unlock();
  counter.WaitFor(20);
  const std::vector<Submission*> order = counter.order();
  for (size_t i = 0; i < works.size(); ++i) {
    EXPECT_EQ(order[i], &works[i]->submission) << i;
    EXPECT_EQ(works[i]->results[0].transaction.outcome, Outcome::kApproved);
  }
  journal_.set_before_append(nullptr);
}

TEST_P(EngineTest, RefusesAtOnceWhenTooMuchIsInFlight) {
  options_.in_flight_commands_max = 10;
  Start();
  Build();
  std::mutex gate;
  std::unique_lock closed(gate);
  journal_.set_before_append([&] { const std::lock_guard wait(gate); });
  CompletionCount counter;
  std::vector<std::unique_ptr<Work>> works;
  size_t accepted = 0;
  for (int i = 0; i < 20; ++i) {
    works.push_back(std::make_unique<Work>(std::vector<Command>{RandomSale(city_, prng_)}));
    works.back()->submission.completions = &counter;
    accepted += engine_->Submit(&works.back()->submission) ? 1U : 0U;
  }
  EXPECT_EQ(accepted, 10U);
  EXPECT_EQ(engine_->stats().submissions_refused, 10U);
  closed.unlock();
  counter.WaitFor(accepted);
  journal_.set_before_append(nullptr);
  EXPECT_EQ(Run(RandomSale(city_, prng_)).verdict, Verdict::kDecided);
}

TEST_P(EngineTest, WhatCanWaitLeavesRoomForTills) {
  options_.in_flight_commands_max = 16;
  Start();
  Build();
  std::mutex gate;
  std::unique_lock closed(gate);
  journal_.set_before_append([&] { const std::lock_guard wait(gate); });
  CompletionCount counter;
  std::vector<std::unique_ptr<Work>> works;
  const auto accepted = [&](Priority priority) {
    size_t count = 0;
    for (bool taken = true; taken; count += taken ? 1U : 0U) {
      works.push_back(std::make_unique<Work>(std::vector<Command>{RandomSale(city_, prng_)}));
      works.back()->submission.completions = &counter;
      works.back()->submission.priority = priority;
      taken = engine_->Submit(&works.back()->submission);
    }
    return count;
  };
  EXPECT_EQ(accepted(Priority::kAdvice), 12U);
  EXPECT_EQ(accepted(Priority::kAdmin), 2U);
  EXPECT_EQ(accepted(Priority::kLive), 2U);
  closed.unlock();
  counter.WaitFor(16);
  journal_.set_before_append(nullptr);
}

// Decisions stay in order; who waits reckons from the clock as it is.
TEST_P(EngineTest, DeadlinesAreKeptWhenTheClockWasSetBack) {
  Start();
  Build();
  EXPECT_EQ(Run(RandomSale(city_, prng_)).verdict, Verdict::kDecided);
  clock_.Advance(-8 * 3'600 * kNsPerSecond);
  Command sale = RandomSale(city_, prng_);
  sale.deadline = TimestampNs{clock_.NowNs() + 2 * kNsPerSecond};
  EXPECT_EQ(Run(sale).verdict, Verdict::kDecided);
  Command late = RandomSale(city_, prng_);
  late.deadline = TimestampNs{clock_.NowNs() - 1};
  EXPECT_EQ(Run(late).verdict, Verdict::kDeadlineExceeded);
}

// A till that is being served does not wait for uploads that came before it, nor do these
// wait for ever.
TEST_P(EngineTest, LiveWorkGoesFirstAndNothingStarves) {
  options_.ring_slots = 512;
  Start();
  Build();
  CompletionCount counter;
  Plug plug(*engine_);
  const auto admin = SubmitSales(6, Priority::kAdmin, &counter);
  const auto advices = SubmitSales(40, Priority::kAdvice, &counter);
  const auto live = SubmitSales(300, Priority::kLive, &counter);
  plug.Release();
  counter.WaitFor(346);
  const std::vector<Submission*> order = counter.order();
  const auto places_of = [&order](Priority priority) {
    std::vector<size_t> places;
    for (size_t i = 0; i < order.size(); ++i) {
      if (order[i]->priority == priority) {
        places.push_back(i);
      }
    }
    return places;
  };
  const std::vector<size_t> of_live = places_of(Priority::kLive);
  const std::vector<size_t> of_advice = places_of(Priority::kAdvice);
  const std::vector<size_t> of_admin = places_of(Priority::kAdmin);
  ASSERT_EQ(of_live.size(), 300U);
  ASSERT_EQ(of_advice.size(), 40U);
  ASSERT_EQ(of_admin.size(), 6U);
  EXPECT_GT(of_advice.front(), 200U);
  EXPECT_LT(of_advice.front(), of_live.back());
  EXPECT_GT(of_advice.back(), of_live.back());
  EXPECT_GT(of_admin.front(), of_advice.front());
  EXPECT_LT(of_admin.front(), of_advice.back());
  EXPECT_GT(of_admin.back(), of_advice.back());
}

TEST_P(EngineTest, UploadsThatFindTheirRingFullLeaveRoomForLiveWork) {
  Start();
  Build();
  CompletionCount counter;
  Plug plug(*engine_);
  const auto advices = SubmitSales(100, Priority::kAdvice, &counter);
  EXPECT_EQ(advices.size(), 64U);
  EXPECT_EQ(engine_->stats().submissions_refused, 36U);
  const auto live = SubmitSales(1, Priority::kLive, &counter);
  ASSERT_EQ(live.size(), 1U);
  plug.Release();
  counter.WaitFor(65);
  EXPECT_EQ(counter.order().front(), &live[0]->submission);
  // Nothing of the others is left behind.
  const auto later = SubmitSales(1, Priority::kAdvice, &counter);
  ASSERT_EQ(later.size(), 1U);
  counter.WaitFor(66);
}

TEST_P(EngineTest, AReadWaitsForWhatItSaw) {
  Start();
  Build();
  std::mutex gate;
  std::unique_lock closed(gate);
  std::atomic<int> appends{0};
  journal_.set_before_append([&] {
    ++appends;
    const std::lock_guard wait(gate);
  });
  CompletionCount counter;
  const Command sale = RandomSale(city_, prng_);
  Work write({sale});
  write.submission.completions = &counter;
  ASSERT_TRUE(engine_->Submit(&write.submission));
  while (appends.load() == 0) {
    std::this_thread::yield();
  }
  Command inquiry;
  inquiry.kind = CommandKind::kGetTransaction;
  inquiry.terminal = sale.terminal;
  inquiry.inquiry = InquiryRequest{TransactionId{}, sale.request_id};
  Work read({inquiry});
  read.submission.completions = &counter;
  ASSERT_TRUE(engine_->Submit(&read.submission));
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_TRUE(counter.order().empty());
  closed.unlock();
  counter.WaitFor(2);
  EXPECT_EQ(read.results[0].transaction_id, write.results[0].transaction_id);
  journal_.set_before_append(nullptr);
}

// As much again as decisions took, while nobody asks anything.
TEST_P(EngineTest, MemoryForMoreDecisionsIsMadeReadyWhenItIsQuiet) {
  constexpr int kSales = 30'000;  // of 200 bytes: almost three huge pages
  Start();
  Build();
  RunSales(kSales);
  const auto reserved = [&] { return engine_->stats().memory_reserved_bytes; };
  for (int i = 0; i < 5'000 && reserved() < (size_t{4} << 20); ++i) {
    clock_.Advance(100'000'000);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_GE(reserved(), size_t{4} << 20);
  // Until no more comes.
  uint64_t before = 0;
  for (int same = 0; same < 20; same = reserved() == before ? same + 1 : 0) {
    before = reserved();
    clock_.Advance(100'000'000);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_LE(reserved(), size_t{12} << 20) << "no more than what there is, in whole pages";
}

TEST_P(EngineTest, NoMemoryIsMadeReadyWhereNoneIsWanted) {
  options_.memory_reserve_bytes_max = 0;
  Start();
  Build();
  RunSales(30'000);
  for (int i = 0; i < 20; ++i) {
    clock_.Advance(100'000'000);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_EQ(engine_->stats().memory_reserved_bytes, 0U);
}

TEST_P(EngineTest, AnExpiredDeadlineChangesNothing) {
  Start();
  Build();
  const uint64_t hash = StateHash();
  Command sale = RandomSale(city_, prng_);
  sale.deadline = TimestampNs{kCityNoon.value() - 1};
  EXPECT_EQ(Run(sale).verdict, Verdict::kDeadlineExceeded);
  EXPECT_EQ(StateHash(), hash);
}

TEST_P(EngineTest, ExpiresHoldsByItself) {
  Start();
  Build();
  Command hold = RandomSale(city_, prng_);
  hold.authorize.capture_at_once = false;
  hold.authorize.hold_s = 60;
  const Result held = Run(hold);
  ASSERT_EQ(held.transaction.state, TransactionState::kPending);
  clock_.Advance(61 * kNsPerSecond);
  TransactionState state = TransactionState::kPending;
  for (int i = 0; i < 5000 && state == TransactionState::kPending; ++i) {
    ASSERT_TRUE(engine_
                    ->InspectBlocking([&](const Ledger& ledger) {
                      state = ledger.transactions()[TransactionRow{held.row}].state;
                    })
                    .ok());
  }
  EXPECT_EQ(state, TransactionState::kExpired);
}

// A turn that has calls to decide lets go of holds, too: there may never be one that has none.
TEST_P(EngineTest, ExpiresHoldsWhileCallsKeepComing) {
  constexpr size_t kHolds = 200;
  constexpr int kTurnsMax = 20;
  options_.threads = EngineThreads::kNone;
  Start(/*with_checkpoints=*/false);
  CompletionCount counter;
  size_t asked = 0;
  const auto submit = [&](Work* work) {
    work->submission.completions = &counter;
    ASSERT_TRUE(engine_->Submit(&work->submission));
    ++asked;
  };
  const auto await_answers = [&] {
    for (int i = 0; i < 1'000 && counter.order().size() < asked; ++i) {
      engine_->Step(EngineWorker::kLedger);
      engine_->Step(EngineWorker::kJournal);
    }
    ASSERT_EQ(counter.order().size(), asked);
  };
  city_ = {.members = 20, .merchants = 6};
  BuildCity(city_, [&](const Command& command) {
    Work work({command});
    submit(&work);
    await_answers();
  });
  std::vector<Command> holds(kHolds);
  for (Command& hold : holds) {
    hold = RandomSale(city_, prng_);
    hold.authorize.capture_at_once = false;
    hold.authorize.hold_s = 60;
  }
  Work held(holds);
  submit(&held);
  await_answers();
  ASSERT_EQ(held.results[kHolds - 1].transaction.state, TransactionState::kPending);
  clock_.Advance(61 * kNsPerSecond);
  std::vector<std::unique_ptr<Work>> sales;
  const Ledger& ledger = engine_->names();  // whose thread is this one
  for (int turn = 0; turn < kTurnsMax && ledger.next_expiry() < kTimestampMax; ++turn) {
    sales.push_back(std::make_unique<Work>(std::vector<Command>{RandomSale(city_, prng_)}));
    submit(sales.back().get());
    const TimestampNs first = ledger.next_expiry();
    const uint64_t seq = ledger.applied_seq().value();
    ASSERT_TRUE(engine_->Step(EngineWorker::kLedger)) << "it had nothing to decide";
    engine_->Step(EngineWorker::kJournal);
    EXPECT_GT(ledger.applied_seq().value(), seq + 1)
        << "no hold expired, but one is due since " << first.value();
  }
  EXPECT_EQ(ledger.next_expiry(), kTimestampMax);
  for (const Result& result : held.results) {
    EXPECT_EQ(ledger.transactions()[TransactionRow{result.row}].state, TransactionState::kExpired);
  }
  await_answers();
  engine_->Stop();
}

TEST_P(EngineTest, StopsWhenAnAppendFailsAndCompletesNothing) {
  std::atomic<bool> stopped{false};
  std::string why;
  options_.fail_stop = [&](const std::string& reason) {
    why = reason;
    stopped.store(true);
  };
  options_.checkpoint_at_stop = false;
  Start();
  Build();
  journal_.FailNextAppend(AppendResult::kUnknown);
  CompletionCount counter;
  Work work({RandomSale(city_, prng_)});
  work.submission.completions = &counter;
  ASSERT_TRUE(engine_->Submit(&work.submission));
  while (!stopped.load() && counter.order().empty()) {
    std::this_thread::yield();
  }
  ASSERT_TRUE(stopped.load()) << "answered";
  EXPECT_NE(why.find("outcome unknown"), std::string::npos) << why;
  Work late({RandomSale(city_, prng_)});
  late.submission.completions = &counter;
  (void)engine_->Submit(&late.submission);
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_TRUE(counter.order().empty());
  engine_->Stop();
  EXPECT_TRUE(counter.order().empty());
}

TEST_P(EngineTest, AnotherWriterFencesThisOne) {
  std::atomic<bool> stopped{false};
  options_.fail_stop = [&](const std::string&) { stopped.store(true); };
  options_.checkpoint_at_stop = false;
  Start();
  Build();
  ASSERT_TRUE(journal_.Acquire(0).ok());
  CompletionCount counter;
  Work work({RandomSale(city_, prng_)});
  work.submission.completions = &counter;
  ASSERT_TRUE(engine_->Submit(&work.submission));
  while (!stopped.load()) {
    std::this_thread::yield();
  }
  EXPECT_TRUE(counter.order().empty());
}

TEST_P(EngineTest, StopCompletesWhatWasAccepted) {
  Start();
  Build();
  CompletionCount counter;
  std::vector<std::unique_ptr<Work>> works;
  for (int i = 0; i < 50; ++i) {
    works.push_back(std::make_unique<Work>(std::vector<Command>{RandomSale(city_, prng_)}));
    works.back()->submission.completions = &counter;
    ASSERT_TRUE(engine_->Submit(&works.back()->submission));
  }
  engine_->Stop();
  EXPECT_EQ(counter.order().size(), 50U);
  Work late({RandomSale(city_, prng_)});
  late.submission.completions = &counter;
  EXPECT_FALSE(engine_->Submit(&late.submission));
}

TEST_P(EngineTest, ManyCommandsOfOneSubmissionMaySpanBlocks) {
  options_.in_flight_commands_max = 1u << 20;
  Start();
  Build();
  std::vector<Command> sales;
  for (int i = 0; i < 40'000; ++i) {
    sales.push_back(RandomSale(city_, prng_));
  }
  Work work(std::move(sales));
  CompletionCount counter;
  work.submission.completions = &counter;
  ASSERT_TRUE(engine_->Submit(&work.submission));
  counter.WaitFor(1);
  for (const Result& result : work.results) {
    ASSERT_EQ(result.transaction.outcome, Outcome::kApproved);
  }
  const uint64_t hash = StateHash();
  engine_.reset();
  Start();
  EXPECT_EQ(StateHash(), hash);
}

// Lines and evidence are the submitter's, who does with them what it likes once it has
// its answer: the journal has its own.
TEST_P(EngineTest, WhatACommandPointsToMayGoWhenItIsComplete) {
  options_.checkpoint_at_stop = false;
  Start();
  Build();
  std::array<LineItem, 2> lines;
  lines[0] = {ItemOf("6901234567892"), Fen{1'300}, 2, 0};
  lines[1] = {ItemOf("fruit"), Fen{700}, 1, 0};
  AdviceRequest evidence;
  evidence.occurred_at = TimestampNs{kCityNoon.value() - 60 * kNsPerSecond};
  evidence.member_paid = Fen{2'000};
  evidence.sequence = 1;
  evidence.business_day = 20'576;
  std::array<ReturnedLine, 1> returned = {ReturnedLine{1, 1}};
  const auto forget = [](auto& content) {
    std::memset(static_cast<void*>(&content), 0xff, sizeof(content));
  };

  Command sale = RandomSale(city_, prng_);
  sale.authorize.list_price = Fen{2'000};
  sale.authorize.lines = lines.data();
  sale.authorize.line_count = 2;
  ASSERT_EQ(Run(sale).transaction.line_count(), 2U);
  forget(lines);

  Command refund;
  refund.kind = CommandKind::kRefund;
  refund.terminal = sale.terminal;
  refund.request_id = RequestId{prng_.Next(), prng_.Next()};
  refund.refund = RefundRequest{};
  refund.refund.original_request_id = sale.request_id;
  refund.refund.lines = returned.data();
  refund.refund.line_count = 1;
  ASSERT_EQ(Run(refund).transaction.list_price, Fen{650});
  forget(returned);

  Command advice = RandomSale(city_, prng_);
  advice.authorize.list_price = Fen{2'000};
  advice.advice = &evidence;
  ASSERT_NE(Run(advice).transaction.advice(), AdviceRow{});
  forget(evidence);

  Command close;
  close.kind = CommandKind::kCloseBatch;
  close.terminal = sale.terminal;
  close.request_id = RequestId{prng_.Next(), prng_.Next()};
  close.close_batch = CloseBatchRequest{};
  ASSERT_EQ(Run(close).transaction.reference.batch, BatchRow{1});

  const uint64_t hash = StateHash();
  engine_.reset();
  options_.checkpoint_at_stop = true;
  Start();  // from the journal
  EXPECT_FALSE(engine_->recovery().had_checkpoint);
  EXPECT_EQ(StateHash(), hash);
  Run(RandomSale(city_, prng_));  // something for a checkpoint
  const uint64_t later_hash = StateHash();
  engine_.reset();
  Start();
  EXPECT_EQ(engine_->recovery().events_replayed, 0U);
  EXPECT_EQ(StateHash(), later_hash);
}

TEST_P(EngineTest, SalesOfSixtyFourLinesSpanBlocks) {
  options_.in_flight_commands_max = 1u << 20;
  Start();
  Build();
  std::array<LineItem, kLinesPerTransactionMax> lines;
  lines.fill({ItemOf(std::string(32, 'i')), Fen{100}, 1, 0});
  std::vector<Command> sales;
  for (int i = 0; i < 8'000; ++i) {
    Command& sale = sales.emplace_back(RandomSale(city_, prng_));
    sale.authorize.list_price = Fen{100 * kLinesPerTransactionMax};
    sale.authorize.lines = lines.data();
    sale.authorize.line_count = kLinesPerTransactionMax;
  }
  const uint64_t bytes_before = engine_->stats().block_bytes;
  Work work(std::move(sales));
  CompletionCount counter;
  work.submission.completions = &counter;
  ASSERT_TRUE(engine_->Submit(&work.submission));
  counter.WaitFor(1);
  for (const Result& result : work.results) {
    ASSERT_EQ(result.transaction.outcome, Outcome::kApproved);
  }
  EXPECT_GT(engine_->stats().block_bytes - bytes_before, kBlockBytesMax);
  const uint64_t hash = StateHash();
  engine_.reset();
  Start();
  EXPECT_EQ(StateHash(), hash);
}

// Also those of a release that did not have the table yet.
TEST_P(EngineTest, RefusesACheckpointWhoseRowsAreOfOtherSizes) {
  Start();
  Build();
  engine_.reset();
  const CheckpointMeta meta = **store_.LatestBlocking(0);
  for (const uint32_t row_bytes : {0U, 48U}) {
    SCOPED_TRACE(row_bytes);
    CheckpointMeta other = meta;
    other.row_bytes[static_cast<size_t>(TableId::kLines)] = row_bytes;
    ASSERT_TRUE(store_.BeginBlocking(0).ok());
    ASSERT_TRUE(store_.CommitBlocking(other).ok());
    const absl::Status status = Engine::Start(options_, clock_, journal_, &store_).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_NE(status.message().find("table 26 has rows of "), std::string::npos) << status;
  }
}

// A block whose state is not found again is damage, unless other rules made it.
TEST_P(EngineTest, TellsABlockOfOtherRulesFromDamage) {
  options_.checkpoint_at_stop = false;
  Start(/*with_checkpoints=*/false);
  Build();
  engine_.reset();
  const size_t last = journal_.block_count(0) - 1;
  const auto forge = [&](uint32_t rules_version) {
    std::vector<uint8_t> block = journal_.block(0, last);
    auto view = OpenBlock(block);
    GH_CHECK(view.ok(), view.status().message());
    BlockHeader header = view->header;
    header.state_hash = 7;
    header.rules_version = rules_version;
    SealBlock(header, block);
    journal_.set_block(0, last, block);
    return Engine::Start(options_, clock_, journal_, nullptr).status();
  };
  EXPECT_EQ(forge(kRulesVersion).code(), absl::StatusCode::kDataLoss);
  const absl::Status status = forge(kRulesVersion - 1);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(status.message().find("is of rules version"), std::string::npos) << status;
}

TEST_P(EngineTest, RefusesToStartOnADamagedJournal) {
  options_.checkpoint_at_stop = false;
  Start(/*with_checkpoints=*/false);
  Build();
  engine_.reset();
  const size_t middle = journal_.block_count(0) / 2;
  std::vector<uint8_t> block = journal_.block(0, middle);
  block[block.size() - 1] ^= 1;
  journal_.set_block(0, middle, block);
  const auto engine = Engine::Start(options_, clock_, journal_, nullptr);
  ASSERT_FALSE(engine.ok());
  EXPECT_EQ(engine.status().code(), absl::StatusCode::kDataLoss) << engine.status();
}

TEST_P(EngineTest, RefusesToStartWhenTheCheckpointIsAheadOfTheJournal) {
  Start();
  Build();
  engine_.reset();
  MemoryJournal empty;
  const auto engine = Engine::Start(options_, clock_, empty, &store_);
  ASSERT_FALSE(engine.ok());
  EXPECT_EQ(engine.status().code(), absl::StatusCode::kDataLoss) << engine.status();
}

// A clock of which every look takes some time, once it is told to.
class HurriedClock final : public Clock {
 public:
  [[nodiscard]] int64_t NowNs() const override { return now_ns_.fetch_add(step_ns_.load()); }
  [[nodiscard]] int64_t MonotonicNs() const override { return now_ns_.load(); }
  void HurryBy(int64_t step_ns) { step_ns_.store(step_ns); }

 private:
  mutable std::atomic<int64_t> now_ns_{kCityNoon.value()};
  std::atomic<int64_t> step_ns_{0};
};

// Each hold that expired during the last checkpoint would be worth another one, and so on.
TEST(EngineStopTest, HoldsThatFallDueMeanwhileWaitForTheNextStart) {
  constexpr uint32_t kHolds = 2'000;
  const CityOptions city{.members = 20, .merchants = 6};
  HurriedClock clock;
  MemoryJournal journal;
  MemoryCheckpointStore store;
  EngineOptions options;
  auto engine = Engine::Start(options, clock, journal, &store);
  ASSERT_TRUE(engine.ok()) << engine.status();
  const auto run = [&](const Command& command) {
    Result result;
    ASSERT_TRUE((*engine)->RunBlocking({&command, 1}, {&result, 1}).ok());
  };
  BuildCity(city, run);
  Prng prng(1);
  std::vector<Command> holds(kHolds);
  for (uint32_t i = 0; i < kHolds; ++i) {
    holds[i] = RandomSale(city, prng);
    holds[i].authorize.capture_at_once = false;
    holds[i].authorize.hold_s = 60 + i;
  }
  std::vector<Result> results(kHolds);
  ASSERT_TRUE((*engine)->RunBlocking(holds, results).ok());
  const uint64_t seq = (*engine)->stats().applied_seq;
  const uint64_t checkpoints = (*engine)->stats().checkpoints;
  clock.HurryBy(kNsPerSecond);
  (*engine)->Stop();
  const EngineStats stats = (*engine)->stats();
  EXPECT_EQ(stats.checkpoints, checkpoints + 1);
  EXPECT_EQ(stats.checkpoint_seq, stats.applied_seq);
  EXPECT_LT(stats.applied_seq, seq + kHolds) << "they all expired before it ended";
}

}  // namespace
}  // namespace gonghui
