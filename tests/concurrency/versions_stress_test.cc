// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Many submitters against one engine, while an operator schedules one version after the
// other a few milliseconds ahead, puts others into shadow, and readers look at the tallies:
// each decision is by the version whose turn it was at that very nanosecond, no count is
// seen half made, and a restart gives the same state.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "engine/durability/memory_checkpoint_store.h"
#include "engine/durability/memory_journal.h"
#include "engine/pipeline/engine.h"
#include "tests/testing/city.h"
#include "tests/testing/names.h"
#include "tests/testing/owned_command.h"

namespace gonghui {
namespace {

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

// The percentage is the version's number, in basis points, so that versions differ.
OwnedProgramme Version(int32_t number, Stage stage, TimestampNs at = TimestampNs{}) {
  OwnedProgramme programme;
  programme.spec.code = CodeOf<ProgrammeCode>("v");
  programme.spec.calendar = TestCalendar("Asia:Shanghai");
  programme.spec.ends_at = kTimestampMax;
  programme.spec.content_hash = static_cast<uint64_t>(number);
  programme.stage = stage;
  programme.activates_at = at;
  BenefitSpec benefit;
  benefit.code = CodeOf<BenefitCode>("b");
  benefit.price.kind = PriceKind::kPercentOff;
  benefit.price.rate = Bps{9'000 + number};
  benefit.ends_at = kTimestampMax;
  benefit.funding = Append(programme.funding, {{FundOf(1), Bps{kBpsPerOne}, 0}});
  programme.benefits.push_back(benefit);
  return programme;
}

class VersionsStress : public ::testing::TestWithParam<CommitPipeline> {
 protected:
  VersionsStress() {
    city_.members = 50;
    city_.merchants = 6;
    options_.pipeline = GetParam();
    options_.checkpoint_interval_ns = 2'000'000;
  }
  void Start() {
    auto engine = Engine::Start(options_, clock_, journal_, &store_);
    ASSERT_TRUE(engine.ok()) << engine.status();
    engine_ = *std::move(engine);
  }
  Result Run(const Command& command) {
    Result result;
    EXPECT_TRUE(engine_->RunBlocking({&command, 1}, {&result, 1}).ok());
    return result;
  }
  void Operate();
  void Sell(uint64_t seed, const std::atomic<bool>& done);
  void ReadTallies(const std::atomic<bool>& done);
  static void ExpectExact(const Ledger& ledger);

  RunningClock clock_;
  MemoryJournal journal_;
  MemoryCheckpointStore store_;
  CityOptions city_;
  EngineOptions options_;
  std::unique_ptr<Engine> engine_;
};

INSTANTIATE_TEST_SUITE_P(Pipelines,
                         VersionsStress,
                         ::testing::Values(CommitPipeline::kOneThread,
                                           CommitPipeline::kTwoThreads,
                                           CommitPipeline::kAdaptive),
                         [](const auto& tested) {
                           return tested.param == CommitPipeline::kOneThread    ? "OneThread"
                                  : tested.param == CommitPipeline::kTwoThreads ? "TwoThreads"
                                                                                : "Adaptive";
                         });

// Schedules a version, puts the next one into shadow, and goes on when the first is active.
void VersionsStress::Operate() {
  constexpr int32_t kRounds = 60;
  int64_t lead_ns = 3'000'000;
  for (int32_t round = 0; round < kRounds; ++round) {
    const int32_t number = 2 + 2 * round;
    Run(Own(Version(number + 1, Stage::kShadow)).command);
    const TimestampNs at{clock_.NowNs() + lead_ns};
    const Result scheduled = Run(Own(Version(number, Stage::kScheduled, at)).command);
    if (scheduled.verdict != Verdict::kDecided) {
      EXPECT_EQ(scheduled.field, Field::kActivatesAt);
      // It took longer than that to come so far, as it may beside busy neighbours.
      lead_ns = std::min<int64_t>(2 * lead_ns, 1'000'000'000);
      continue;
    }
    while (clock_.NowNs() < at.value()) {
      std::this_thread::yield();
    }
    if (round % 4 == 0) {  // back to what was active before
      Run(Own(StageProgrammeRequest{CodeOf<ProgrammeCode>("v"), 1, Stage::kActive, TimestampNs{}})
              .command);
    }
  }
}

void VersionsStress::Sell(uint64_t seed, const std::atomic<bool>& done) {
  Prng prng(seed);
  while (!done.load(std::memory_order_relaxed)) {
    std::vector<Command> sales(1 + prng.Below(20));
    for (Command& sale : sales) {
      sale = RandomSale(city_, prng);
    }
    std::vector<Result> results(sales.size());
    ASSERT_TRUE(engine_->RunBlocking(sales, results).ok());
    for (const Result& result : results) {
      EXPECT_EQ(result.transaction.outcome, Outcome::kApproved);
    }
  }
}

void VersionsStress::ReadTallies(const std::atomic<bool>& done) {
  while (!done.load(std::memory_order_relaxed)) {
    for (const ShadowTally& tally : engine_->shadow_tallies()) {
      EXPECT_EQ(tally.code, CodeOf<ProgrammeCode>("v"));
      EXPECT_EQ(tally.gained + tally.lost, 0U);
      EXPECT_EQ(tally.asked, tally.same + tally.more + tally.less);
      EXPECT_LE(tally.since.value(), clock_.NowNs());
    }
    std::this_thread::sleep_for(std::chrono::microseconds(50));
  }
}

void VersionsStress::ExpectExact(const Ledger& ledger) {
  const ProgrammeHeadRow head = ledger.FindProgrammeHead(CodeOf<ProgrammeCode>("v"));
  std::vector<Activation> history;
  for (uint32_t i = 1; i <= ledger.activations().size(); ++i) {
    if (ledger.activations()[ActivationRow{i}].head == head) {
      history.push_back(ledger.activations()[ActivationRow{i}]);
    }
  }
  EXPECT_GE(history.size(), 10U);
  uint32_t sales = 0;
  for (uint32_t i = 1; i <= ledger.transactions().size(); ++i) {
    const Transaction& transaction = ledger.transactions()[TransactionRow{i}];
    const Benefit& benefit = ledger.benefits()[ledger.applied()[transaction.first_applied].benefit];
    const auto later = std::upper_bound(
        history.begin(), history.end(), transaction.decided_at, [](TimestampNs at, const auto& a) {
          return at < a.from;
        });
    ASSERT_NE(later, history.begin());
    if (later[-1].from == transaction.decided_at) {
      continue;  // by a rollback of this very nanosecond, before or after it
    }
    ASSERT_EQ(benefit.programme, later[-1].version)
        << "decided_at=" << transaction.decided_at.value();
    ++sales;
  }
  EXPECT_GE(sales, 1'000U);
}

TEST_P(VersionsStress, EachDecisionIsByTheVersionOfItsInstant) {
  Start();
  BuildCity(city_, [this](const Command& command) { Run(command); });
  Run(Own(RetireProgrammeRequest{CodeOf<ProgrammeCode>("city")}).command);
  Run(Own(Version(1, Stage::kActive)).command);
  std::atomic<bool> done{false};
  std::vector<std::thread> threads;
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    threads.emplace_back([&, seed] { Sell(seed, done); });
  }
  threads.emplace_back([&] { ReadTallies(done); });
  Operate();
  done = true;
  for (std::thread& thread : threads) {
    thread.join();
  }
  uint64_t hash = 0;
  ASSERT_TRUE(engine_
                  ->InspectBlocking([&](const Ledger& ledger) {
                    uint64_t row = 0;
                    const char* why = ledger.CheckInvariants(&row);
                    EXPECT_EQ(why, nullptr) << why << " row=" << row;
                    ExpectExact(ledger);
                    hash = ledger.StateHash();
                  })
                  .ok());
  engine_.reset();
  Start();
  EXPECT_EQ(engine_->recovery().state_hash, hash);
}

}  // namespace
}  // namespace gonghui
