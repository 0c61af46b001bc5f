// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// An engine that starts where transactions had left: by checkpoint, by journal, after a crash.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "engine/durability/memory_archive.h"
#include "engine/durability/memory_checkpoint_store.h"
#include "engine/pipeline/engine.h"
#include "tests/unit/pipeline/engine_archive_world.h"
#include "tests/unit/pipeline/engine_testing.h"

namespace gonghui {
namespace {

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

}  // namespace
}  // namespace gonghui
