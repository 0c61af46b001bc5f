// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/pipeline/engine.h"

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "engine/durability/memory_checkpoint_store.h"
#include "engine/durability/memory_journal.h"
#include "tests/testing/city.h"

namespace gonghui {
namespace {

// A clock that stands at the city's noon until a test moves it; monotonic time
// runs with it.
class HandClock final : public Clock {
 public:
  [[nodiscard]] int64_t NowNs() const override { return now_ns_.load(); }
  [[nodiscard]] int64_t MonotonicNs() const override { return now_ns_.load(); }
  void Advance(int64_t ns) { now_ns_.fetch_add(ns); }

 private:
  std::atomic<int64_t> now_ns_{kCityNoon.value()};
};

// Counts completions, and waits for them.
class Counter final : public Completions {
 public:
  void Complete(Submission* first) override {
    const std::lock_guard lock(mutex_);
    for (; first != nullptr; first = first->next) {
      order_.push_back(first);
    }
    changed_.notify_all();
  }
  void WaitFor(size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return order_.size() >= count; });
  }
  [[nodiscard]] std::vector<Submission*> order() {
    const std::lock_guard lock(mutex_);
    return order_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Submission*> order_;
};

// A unit of work with its memory.
struct Work {
  explicit Work(std::vector<Command> list) : commands(std::move(list)), results(commands.size()) {
    submission.commands = commands;
    submission.results = results.data();
  }
  std::vector<Command> commands;
  std::vector<Result> results;
  Submission submission;
};

class EngineTest : public ::testing::TestWithParam<CommitPipeline> {
 protected:
  void Start(bool with_checkpoints = true) {
    options_.pipeline = GetParam();
    options_.ring_slots = 64;
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
    Counter counter;
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
  Counter counter;
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
  Counter counter;
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
  Counter counter;
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
  Counter counter;
  Work work({RandomSale(city_, prng_)});
  work.submission.completions = &counter;
  ASSERT_TRUE(engine_->Submit(&work.submission));
  while (!stopped.load()) {
    std::this_thread::yield();
  }
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
  Counter counter;
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
  Counter counter;
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
  Counter counter;
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

}  // namespace
}  // namespace gonghui
