// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Many submitters against one engine that takes checkpoints meanwhile, live and with
// uploads: every accepted submission is completed exactly once, with its own answers; a
// limit of one use a day is granted exactly once however many ask at the same instant;
// what a command pointed to is its submitter's again when it is complete; and a restart
// gives the same state.  The same with an archive that takes everything out of memory at
// once, while the submitters repeat what they asked and give back what they bought.

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "engine/durability/memory_archive.h"
#include "engine/durability/memory_checkpoint_store.h"
#include "engine/durability/memory_journal.h"
#include "engine/pipeline/engine.h"
#include "tests/testing/city.h"

namespace gonghui {
namespace {

class FixedClock final : public Clock {
 public:
  [[nodiscard]] int64_t NowNs() const override { return kCityNoon.value(); }
  [[nodiscard]] int64_t MonotonicNs() const override {
    return SystemClock::Instance().MonotonicNs();
  }
};

// The engine waits by it for those who have looked into the archive.
class RunningClock final : public Clock {
 public:
  [[nodiscard]] int64_t NowNs() const override {
    return kCityNoon.value() + MonotonicNs() - begin_ns_;
  }
  [[nodiscard]] int64_t MonotonicNs() const override {
    return SystemClock::Instance().MonotonicNs();
  }

 private:
  const int64_t begin_ns_ = SystemClock::Instance().MonotonicNs();
};

// Tells its one submitter how many of its submissions are done.
class Tally final : public Completions {
 public:
  void Complete(Submission* first) override {
    uint32_t count = 0;
    while (first != nullptr) {
      Submission* const next = first->next;
      ++count;
      first = next;
    }
    done_.fetch_add(count, std::memory_order_release);
  }
  [[nodiscard]] uint32_t done() const { return done_.load(std::memory_order_acquire); }

 private:
  std::atomic<uint32_t> done_{0};
};

constexpr int64_t kNever = int64_t{1'000} * 86'400 * kNsPerSecond;

// Transactions leave, come back and leave again under everybody's hands.
void HammerArchive(CommitPipeline pipeline) {
  constexpr uint32_t kThreads = 4;
  constexpr uint32_t kEach = 600;
  RunningClock clock;
  MemoryJournal journal;
  MemoryCheckpointStore store;
  MemoryArchive archive;
  CityOptions city;
  city.members = 200;
  city.merchants = 12;
  EngineOptions options;
  options.pipeline = pipeline;
  options.checkpoint_interval_ns = 2'000'000;
  options.archive_after_ns = 0;
  options.archive_slice_rows = 64;
  options.archive_begin_rows = 0;
  options.archive_overdue_ns = 0;
  std::vector<std::vector<Command>> sales(kThreads);
  uint64_t hash = 0;
  {
    auto started = Engine::Start(options, clock, journal, &store, &archive);
    ASSERT_TRUE(started.ok()) << started.status();
    Engine& engine = **started;
    const auto run = [&engine](const Command& command) {
      Result result;
      EXPECT_TRUE(engine.RunBlocking({&command, 1}, {&result, 1}).ok());
      return result;
    };
    BuildCity(city, [&](const Command& command) { run(command); });
    std::vector<std::thread> threads;
    for (uint32_t t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        Prng prng(200 + t);
        std::vector<TransactionId> ids;
        std::vector<bool> refunded;
        for (uint32_t i = 0; i < kEach; ++i) {
          sales[t].push_back(RandomSale(city, prng));
          ids.push_back(run(sales[t].back()).transaction_id);
          refunded.push_back(false);
          const size_t earlier = prng.Below(sales[t].size());
          const Result again = run(sales[t][earlier]);
          EXPECT_TRUE(again.replay);
          EXPECT_EQ(again.transaction_id, ids[earlier]);
          Command refund;
          refund.kind = CommandKind::kRefund;
          refund.terminal = sales[t][earlier].terminal;
          refund.request_id = RequestId{prng.Next(), prng.Next()};
          refund.refund = RefundRequest{};
          if (prng.Chance(1, 2)) {
            refund.refund.original = ids[earlier];
          } else {
            refund.refund.original_request_id = sales[t][earlier].request_id;
          }
          EXPECT_EQ(run(refund).transaction.outcome,
                    refunded[earlier] ? Outcome::kDeclined : Outcome::kApproved);
          refunded[earlier] = true;
        }
      });
    }
    for (std::thread& thread : threads) {
      thread.join();
    }
    // On a busy machine the archiver comes after the others.
    for (int i = 0; i < 6'000 && engine.stats().archive_puts < kThreads * kEach; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    EXPECT_GE(engine.stats().checkpoints, 1U);
    EXPECT_GE(engine.stats().archive_puts, kThreads * kEach);
    EXPECT_GE(engine.stats().thawed_transactions, 1U);
    engine.Stop();
    hash = engine.names().StateHash();
  }
  // Everything comes back, and adds up.
  options.archive_after_ns = kNever;
  auto restarted = Engine::Start(options, clock, journal, &store, &archive);
  ASSERT_TRUE(restarted.ok()) << restarted.status();
  EXPECT_EQ((*restarted)->recovery().state_hash, hash);
  ASSERT_TRUE(archive
                  .ForEachBlocking(0,
                                   [&](const Archive::Entry& entry) {
                                     Command inquiry;
                                     inquiry.kind = CommandKind::kGetTransaction;
                                     inquiry.terminal = entry.terminal;
                                     inquiry.inquiry = InquiryRequest{
                                         TransactionId{}, entry.transaction.transaction.request_id};
                                     Result result;
                                     return (*restarted)->RunBlocking({&inquiry, 1}, {&result, 1});
                                   })
                  .ok());
  ASSERT_TRUE((*restarted)
                  ->InspectBlocking([&](const Ledger& ledger) {
                    EXPECT_EQ(ledger.globals().archived_count, 0U);
                    uint64_t row = 0;
                    const char* why = ledger.CheckInvariants(&row);
                    EXPECT_EQ(why, nullptr) << why << " row=" << row;
                  })
                  .ok());
}

void Hammer(CommitPipeline pipeline) {
  constexpr uint32_t kThreads = 4;
  constexpr uint32_t kEach = 1500;
  FixedClock clock;
  MemoryJournal journal;
  MemoryCheckpointStore store;
  CityOptions city;
  city.members = 200;
  city.merchants = 12;
  city.uses_per_day = 1;
  EngineOptions options;
  options.pipeline = pipeline;
  options.ring_slots = 128;
  options.checkpoint_interval_ns = 2'000'000;
  uint64_t hash = 0;
  {
    auto started = Engine::Start(options, clock, journal, &store);
    ASSERT_TRUE(started.ok()) << started.status();
    Engine& engine = **started;
    BuildCity(city, [&](const Command& command) {
      Result result;
      ASSERT_TRUE(engine.RunBlocking({&command, 1}, {&result, 1}).ok());
    });
    std::vector<std::atomic<uint32_t>> approved(city.members + 1);
    std::vector<std::thread> threads;
    for (uint32_t t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        Prng prng(100 + t);
        Tally tally;
        struct Slot {
          Command command;
          LineItem line;
          Result result;
          Submission submission;
        };
        const auto slots = std::make_unique<Slot[]>(kEach);
        uint32_t accepted = 0;
        for (uint32_t i = 0; i < kEach; ++i) {
          Slot& slot = slots[i];
          slot.command = RandomSale(city, prng);
          slot.line.price = slot.command.authorize.list_price;
          slot.line.quantity = 1;
          slot.command.authorize.lines = &slot.line;
          slot.command.authorize.line_count = 1;
          slot.submission.commands = {&slot.command, 1};
          slot.submission.results = &slot.result;
          slot.submission.completions = &tally;
          slot.submission.priority = t % 2 == 0 ? Priority::kLive : Priority::kAdvice;
          while (!engine.Submit(&slot.submission)) {
            std::this_thread::yield();
          }
          ++accepted;
        }
        while (tally.done() < accepted) {
          std::this_thread::yield();
        }
        EXPECT_EQ(tally.done(), accepted);
        for (uint32_t i = 0; i < kEach; ++i) {
          Slot& slot = slots[i];
          slot.line = LineItem{};
          EXPECT_EQ(slot.result.transaction.request_id, slot.command.request_id);
          if (slot.result.transaction.outcome == Outcome::kApproved) {
            const uint64_t member = slot.command.authorize.card.value() - CardOf(0).value();
            approved[member].fetch_add(1);
          } else {
            EXPECT_EQ(slot.result.transaction.reason, Reason::kExceedsFrequencyLimit);
          }
        }
      });
    }
    for (std::thread& thread : threads) {
      thread.join();
    }
    for (uint32_t member = 1; member <= city.members; ++member) {
      EXPECT_LE(approved[member].load(), 1U) << "member " << member;
    }
    ASSERT_TRUE(engine
                    .InspectBlocking([&](const Ledger& ledger) {
                      uint64_t row = 0;
                      const char* why = ledger.CheckInvariants(&row);
                      EXPECT_EQ(why, nullptr) << why << " row=" << row;
                      hash = ledger.StateHash();
                    })
                    .ok());
    // Of those that were begun meanwhile none may have been finished yet, on a busy machine.
    EXPECT_TRUE(engine.CheckpointBlocking().ok());
    EXPECT_GE(engine.stats().checkpoints, 1U);
  }
  auto restarted = Engine::Start(options, clock, journal, &store);
  ASSERT_TRUE(restarted.ok()) << restarted.status();
  EXPECT_EQ((*restarted)->recovery().state_hash, hash);
}

TEST(EngineStress, OneThread) {
  Hammer(CommitPipeline::kOneThread);
}
TEST(EngineStress, TwoThreads) {
  Hammer(CommitPipeline::kTwoThreads);
}
TEST(EngineStress, Adaptive) {
  Hammer(CommitPipeline::kAdaptive);
}
TEST(EngineStress, OneThreadWithAnArchive) {
  HammerArchive(CommitPipeline::kOneThread);
}
TEST(EngineStress, TwoThreadsWithAnArchive) {
  HammerArchive(CommitPipeline::kTwoThreads);
}
TEST(EngineStress, AdaptiveWithAnArchive) {
  HammerArchive(CommitPipeline::kAdaptive);
}

}  // namespace
}  // namespace gonghui
