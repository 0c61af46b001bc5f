// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The engine with an archive: what leaves memory, when, and what stays.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include <absl/strings/str_cat.h>
#include <gtest/gtest.h>

#include "tests/unit/pipeline/engine_archive_world.h"

namespace gonghui {
namespace {

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

TEST_P(EngineArchiveTest, StopsWhenThePutFailsAndNothingHasLeft) {
  StopNote stop;
  options_.fail_stop = stop.hook();
  options_.archive_after_ns = kNsPerSecond;
  Start();
  Build();
  const Command sale = Sale();
  Run(sale);
  archive_.memory.FailNextPut();
  clock_.Advance(kNsPerSecond);
  const std::string why = stop.Await();
  EXPECT_EQ(why.find("archive: "), 0U) << why;
  engine_.reset();
  options_.fail_stop = nullptr;
  Start();
  EXPECT_TRUE(Run(sale).replay);
  Run(Sale());
  clock_.Advance(kNsPerSecond);
  AwaitLeaving();
}

// A name that the filter does not know would be decided once more.
TEST_P(EngineArchiveTest, StopsWhenNotAllNamesOfTheArchiveAreRead) {
  options_.archive_after_ns = kNsPerSecond;
  Start();
  Build();
  std::vector<Command> sales;
  for (int i = 0; i < 40; ++i) {
    sales.push_back(Sale());
    Run(sales.back());
  }
  clock_.Advance(kNsPerSecond);
  AwaitLeaving();
  const size_t archived = Look().archived;
  ASSERT_GE(archived, 40U);
  engine_.reset();

  StopNote stop;
  options_.fail_stop = stop.hook();
  archive_.hashes_max = archived - 1;
  Start();
  EXPECT_EQ(stop.Await(),
            absl::StrCat("archive: it has the names of ",
                         archived - 1,
                         " transactions, of which the ledger put ",
                         archived,
                         " there"));
  engine_.reset();
  options_.fail_stop = nullptr;
  archive_.hashes_max = SIZE_MAX;
  Start();
  for (const Command& sale : sales) {
    EXPECT_TRUE(Run(sale).replay);
  }
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
