// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The engine with versions of a programme: activations at their instant, and what versions
// in shadow would have answered.

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
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
#include "tests/testing/names.h"
#include "tests/testing/owned_command.h"
#include "tests/unit/pipeline/engine_testing.h"

namespace gonghui {
namespace {

constexpr int64_t kSecond = kNsPerSecond;

// A small city without a programme of its own, and programme "v" for all of it.
class EngineVersionsTest : public ::testing::TestWithParam<CommitPipeline> {
 protected:
  EngineVersionsTest() {
    city_.members = 4;
    city_.merchants = 2;
    options_.pipeline = GetParam();
    options_.ring_slots = 64;
    options_.checkpoint_at_stop = false;
  }

  void Start(Archive* archive = nullptr) {
    auto engine = Engine::Start(options_, clock_, journal_, &store_, archive);
    ASSERT_TRUE(engine.ok()) << engine.status();
    engine_ = *std::move(engine);
  }
  void Build() {
    BuildCity(city_, [this](const Command& command) { Run(command); });
    Run(Own(RetireProgrammeRequest{CodeOf<ProgrammeCode>("city")}).command);
    Apply(Version(5'000, Stage::kActive));
  }

  Result Run(const Command& command) {
    Result result;
    const absl::Status status = engine_->RunBlocking({&command, 1}, {&result, 1});
    EXPECT_TRUE(status.ok()) << status;
    return result;
  }
  static OwnedProgramme Version(int32_t rate, Stage stage, const char* code = "v") {
    OwnedProgramme programme;
    programme.spec.code = CodeOf<ProgrammeCode>(code);
    programme.spec.calendar = TestCalendar("Asia:Shanghai");
    programme.spec.ends_at = kTimestampMax;
    programme.spec.content_hash = static_cast<uint64_t>(rate);
    programme.stage = stage;
    BenefitSpec benefit;
    benefit.code = CodeOf<BenefitCode>("b");
    benefit.price.kind = PriceKind::kPercentOff;
    benefit.price.rate = Bps{rate};
    benefit.ends_at = kTimestampMax;
    benefit.funding = Append(programme.funding, {{FundOf(1), Bps{kBpsPerOne}, 0}});
    programme.benefits.push_back(benefit);
    return programme;
  }
  static OwnedProgramme ScheduledVersion(int32_t rate, TimestampNs at, const char* code = "v") {
    OwnedProgramme programme = Version(rate, Stage::kScheduled, code);
    programme.activates_at = at;
    return programme;
  }
  Result Apply(const OwnedProgramme& programme) {
    const Result result = Run(Own(programme).command);
    EXPECT_EQ(result.verdict, Verdict::kDecided);
    return result;
  }
  Result Ask(uint32_t version, Stage stage, const char* code = "v") {
    return Run(
        Own(StageProgrammeRequest{CodeOf<ProgrammeCode>(code), version, stage, TimestampNs{}})
            .command);
  }
  static TimestampNs Noon(int64_t seconds, int64_t ns = 0) {
    return TimestampNs{kCityNoon.value() + seconds * kSecond + ns};
  }

  Command Sale(int64_t price = 1'000) {
    Command sale = RandomSale(city_, prng_);
    sale.authorize.list_price = Fen{price};
    return sale;
  }
  int64_t Given() { return Run(Sale()).transaction.subsidy.value(); }
  // Of a sale that was done at `at` without asking.
  int64_t GivenThen(TimestampNs at) {
    AdviceRequest advice;
    advice.occurred_at = at;
    advice.sequence = ++sequence_;
    advice.business_day = 20'577;
    return Run(OwnAdvice(Sale(), advice).command).transaction.subsidy.value();
  }

  uint64_t Look(const std::function<void(const Ledger&)>& look = nullptr) {
    uint64_t hash = 0;
    uint64_t row = 0;
    std::string broken;
    EXPECT_TRUE(engine_
                    ->InspectBlocking([&](const Ledger& ledger) {
                      hash = ledger.StateHash();
                      if (ledger.globals().archived_count == 0) {
                        const char* why = ledger.CheckInvariants(&row);
                        broken = why == nullptr ? "" : why;
                      }
                      if (look) {
                        look(ledger);
                      }
                    })
                    .ok());
    EXPECT_EQ(broken, "") << "row=" << row;
    return hash;
  }
  uint32_t ActiveVersion(const char* code = "v") {
    uint32_t version = 0;
    Look([&](const Ledger& ledger) {
      version = ledger.programmes()[ledger.FindProgramme(CodeOf<ProgrammeCode>(code))].version;
    });
    return version;
  }
  ShadowTally OnlyTally() {
    const std::vector<ShadowTally> tallies = engine_->shadow_tallies();
    EXPECT_EQ(tallies.size(), 1U);
    return tallies.empty() ? ShadowTally{} : tallies[0];
  }

  HandClock clock_;
  MemoryJournal journal_;
  MemoryCheckpointStore store_;
  MemoryArchive archive_;
  CityOptions city_;
  EngineOptions options_;
  std::unique_ptr<Engine> engine_;
  Prng prng_{7};
  uint32_t sequence_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Pipelines,
                         EngineVersionsTest,
                         ::testing::Values(CommitPipeline::kOneThread,
                                           CommitPipeline::kTwoThreads,
                                           CommitPipeline::kAdaptive),
                         [](const auto& tested) {
                           return tested.param == CommitPipeline::kOneThread    ? "OneThread"
                                  : tested.param == CommitPipeline::kTwoThreads ? "TwoThreads"
                                                                                : "Adaptive";
                         });

// ---- At an instant -----------------------------------------------------------------

TEST_P(EngineVersionsTest, AScheduleIsExact) {
  Start();
  Build();
  Apply(ScheduledVersion(2'000, Noon(10)));
  clock_.Advance(10 * kSecond - 1);
  EXPECT_EQ(Given(), 500);
  clock_.Advance(1);
  EXPECT_EQ(Given(), 200);
  EXPECT_EQ(GivenThen(Noon(10, -1)), 500);
  EXPECT_EQ(GivenThen(Noon(10)), 200);
  Look([](const Ledger& ledger) {
    EXPECT_EQ(ledger.activations()[ActivationRow{ledger.activations().size()}].from, Noon(10));
  });
}

// Submissions that were waiting in the ring: each is decided by the clock of its turn.
TEST_P(EngineVersionsTest, ComesBetweenTwoSubmissions) {
  Start();
  Build();
  Apply(ScheduledVersion(2'000, Noon(10)));
  CompletionCount count;
  Plug plug(*engine_);
  Work before({Sale(), Sale()});
  Work after({Sale(), Sale()});
  before.submission.inspect = [](const Ledger&, void* clock) {
    static_cast<HandClock*>(clock)->Advance(10 * kSecond);
  };
  before.submission.inspect_argument = &clock_;
  for (Work* const work : {&before, &after}) {
    work->submission.completions = &count;
    ASSERT_TRUE(engine_->Submit(&work->submission));
  }
  plug.Release();
  count.WaitFor(2);
  for (const Result& result : before.results) {
    EXPECT_EQ(result.transaction.subsidy, Fen{500});
  }
  for (const Result& result : after.results) {
    EXPECT_EQ(result.transaction.subsidy, Fen{200});
    EXPECT_GE(result.transaction.decided_at, Noon(10));
  }
}

// One submission is decided at one instant, so a schedule can not come due within it.
TEST_P(EngineVersionsTest, AScheduleMadeAndUsedInOneSubmissionWaits) {
  Start();
  Build();
  const OwnedCommand schedule = Own(ScheduledVersion(2'000, Noon(0, 1)));
  Work work({schedule.command, Sale()});
  CompletionCount count;
  work.submission.completions = &count;
  ASSERT_TRUE(engine_->Submit(&work.submission));
  count.WaitFor(1);
  EXPECT_EQ(work.results[1].transaction.subsidy, Fen{500});
  clock_.Advance(1);
  EXPECT_EQ(Given(), 200);
}

TEST_P(EngineVersionsTest, AnIdleEngineActivatesByItself) {
  Start();
  Build();
  Apply(ScheduledVersion(2'000, Noon(10)));
  const uint64_t seq = engine_->stats().applied_seq;
  clock_.Advance(10 * kSecond);
  for (int i = 0; i < 60'000 && engine_->stats().durable_seq == seq; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_EQ(engine_->stats().durable_seq, seq + 1);
  EXPECT_EQ(ActiveVersion(), 2U);
}

TEST_P(EngineVersionsTest, SeveralThatAreDueComeInOrder) {
  Start();
  Build();
  Apply(Version(1'000, Stage::kActive, "w"));
  Apply(ScheduledVersion(6'000, Noon(20), "w"));
  Apply(ScheduledVersion(2'000, Noon(10)));
  Apply(ScheduledVersion(3'000, Noon(20), "x"));
  clock_.Advance(20 * kSecond);
  EXPECT_EQ(Given(), 600);
  std::vector<std::pair<std::string, TimestampNs>> history;
  Look([&](const Ledger& ledger) {
    for (uint32_t i = ledger.activations().size() - 2; i <= ledger.activations().size(); ++i) {
      const Activation& activation = ledger.activations()[ActivationRow{i}];
      history.emplace_back(TextOf(ledger.programme_heads()[activation.head].code), activation.from);
    }
  });
  EXPECT_EQ(history,
            (std::vector<std::pair<std::string, TimestampNs>>{
                {"v", Noon(10)}, {"w", Noon(20)}, {"x", Noon(20)}}));
}

// ---- Restarts ------------------------------------------------------------------------

TEST_P(EngineVersionsTest, ReplayGivesTheSameStateAndTheScheduleStands) {
  Start();
  Build();
  Apply(Version(3'000, Stage::kShadow));
  Apply(ScheduledVersion(2'000, Noon(10)));
  Given();
  clock_.Advance(10 * kSecond);
  Given();
  Ask(1, Stage::kActive);                                          // back
  EXPECT_FALSE(Apply(Version(3'000, Stage::kValidated)).created);  // out of the shadow
  Apply(ScheduledVersion(4'000, Noon(30)));
  const uint64_t hash = Look();
  for (const bool with_checkpoint : {false, true}) {
    if (with_checkpoint) {
      ASSERT_TRUE(engine_->CheckpointBlocking().ok());
    }
    engine_.reset();
    Start();
    EXPECT_EQ(engine_->recovery().had_checkpoint, with_checkpoint);
    EXPECT_EQ(engine_->recovery().state_hash, hash);
    EXPECT_EQ(Look(), hash);
  }
  EXPECT_EQ(Given(), 500);
  // The instant passes while nobody is there.
  engine_.reset();
  clock_.Advance(60 * kSecond);
  Start();
  EXPECT_EQ(Given(), 400);
  EXPECT_EQ(GivenThen(Noon(30, -1)), 500);
  EXPECT_EQ(GivenThen(Noon(30)), 400);
  EXPECT_EQ(GivenThen(Noon(5)), 500);
  EXPECT_EQ(GivenThen(Noon(10)), 500);  // the rollback was at that very instant
}

// What was not written is done again, with the same outcome.
TEST_P(EngineVersionsTest, ACrashBeforeTheActivationIsWrittenLosesNothing) {
  std::atomic<bool> stopped{false};
  options_.fail_stop = [&](const std::string&) { stopped = true; };
  Start();
  Build();
  Apply(ScheduledVersion(2'000, Noon(10)));
  journal_.FailNextAppend(AppendResult::kUnknown, /*written=*/false);
  clock_.Advance(15 * kSecond);
  CompletionCount count;
  Work lost({Sale()});
  lost.submission.completions = &count;
  // Refused when the engine has stopped by then, for it activates by itself.
  const bool submitted = engine_->Submit(&lost.submission);
  for (int i = 0; i < 60'000 && !stopped; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  ASSERT_TRUE(stopped);
  engine_.reset();
  EXPECT_TRUE(count.order().empty()) << submitted;

  Start();
  EXPECT_EQ(Given(), 200);
  EXPECT_EQ(GivenThen(Noon(10, -1)), 500);
  EXPECT_EQ(GivenThen(Noon(10)), 200);
  Look([](const Ledger& ledger) {
    EXPECT_EQ(ledger.activations()[ActivationRow{ledger.activations().size()}].from, Noon(10));
  });
}

TEST_P(EngineVersionsTest, WhatLeftMemoryComesBackByItsOwnVersion) {
  options_.archive_after_ns = 0;
  options_.archive_begin_rows = 0;
  options_.archive_overdue_ns = 0;
  Start(&archive_);
  Build();
  const Command sale = Sale();
  EXPECT_EQ(Run(sale).transaction.subsidy, Fen{500});
  for (int i = 0; i < 60'000 && engine_->stats().archived_transactions == 0; ++i) {
    clock_.Advance(1'000);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    Look();
  }
  ASSERT_EQ(engine_->stats().archived_transactions, 1U);
  Apply(ScheduledVersion(2'000, Noon(100)));
  clock_.Advance(100 * kSecond);
  EXPECT_EQ(Given(), 200);
  Command refund;
  refund.kind = CommandKind::kRefund;
  refund.terminal = sale.terminal;
  refund.request_id = RequestId{prng_.Next(), prng_.Next()};
  refund.refund = RefundRequest{};
  refund.refund.original_request_id = sale.request_id;
  EXPECT_EQ(Run(refund).transaction.subsidy, Fen{500});
}

// ---- Shadow ----------------------------------------------------------------------------

TEST_P(EngineVersionsTest, CountsWhatAShadowWouldHaveAnswered) {
  Start();
  Build();
  EXPECT_TRUE(engine_->shadow_tallies().empty());
  clock_.Advance(5 * kSecond);
  OwnedProgramme shadow = Version(2'000, Stage::kShadow);
  shadow.benefits[0].price.threshold = Fen{500};
  Apply(shadow);
  ShadowTally expected;
  expected.code = CodeOf<ProgrammeCode>("v");
  expected.version = 2;
  expected.since = Noon(5);
  EXPECT_EQ(OnlyTally(), expected);

  const Command sale = Sale(1'000);
  EXPECT_EQ(Run(sale).transaction.subsidy, Fen{500});
  EXPECT_TRUE(Run(sale).replay);  // not asked again
  Run(Sale(400));                 // below the minimum of the shadow
  GivenThen(Noon(5));             // an advice is not asked
  Command quote = Sale(1'000);
  quote.kind = CommandKind::kQuote;
  Run(quote);
  Run(Sale(0));  // gives nothing in either
  expected.asked = 3;
  expected.less = 1;
  expected.lost = 1;
  expected.same = 1;
  expected.subsidy_active = Fen{700};
  expected.subsidy_shadow = Fen{200};
  EXPECT_EQ(OnlyTally(), expected);

  // Another version in its place begins anew, and so does the same one when it comes back.
  clock_.Advance(kSecond);
  Apply(Version(8'000, Stage::kShadow));
  Run(Sale(1'000));
  expected = ShadowTally{};
  expected.code = CodeOf<ProgrammeCode>("v");
  expected.version = 3;
  expected.since = Noon(6);
  expected.asked = expected.more = 1;
  expected.subsidy_active = Fen{500};
  expected.subsidy_shadow = Fen{800};
  EXPECT_EQ(OnlyTally(), expected);
  clock_.Advance(kSecond);
  Ask(2, Stage::kShadow);
  expected = ShadowTally{};
  expected.code = CodeOf<ProgrammeCode>("v");
  expected.version = 2;
  expected.since = Noon(7);
  EXPECT_EQ(OnlyTally(), expected);
  Ask(2, Stage::kActive);
  EXPECT_TRUE(engine_->shadow_tallies().empty());
}

TEST_P(EngineVersionsTest, AShadowOfARetiredProgrammeGains) {
  Start();
  Build();
  Run(Own(RetireProgrammeRequest{CodeOf<ProgrammeCode>("v")}).command);
  Apply(Version(2'000, Stage::kShadow));
  const uint64_t seq = engine_->stats().applied_seq;
  EXPECT_EQ(Run(Sale()).transaction.outcome, Outcome::kDeclined);
  EXPECT_EQ(engine_->stats().applied_seq, seq + 1);  // of the shadow nothing is kept
  const ShadowTally tally = OnlyTally();
  EXPECT_EQ(tally.asked, 1U);
  EXPECT_EQ(tally.gained, 1U);
  EXPECT_EQ(tally.subsidy_active, Fen{0});
  EXPECT_EQ(tally.subsidy_shadow, Fen{200});
}

TEST_P(EngineVersionsTest, ATallyBeginsAnewWithTheEngine) {
  Start();
  Build();
  Apply(Version(2'000, Stage::kShadow, "w"));  // never active, in order of heads the last
  Apply(Version(3'000, Stage::kShadow));
  Run(Sale());
  ASSERT_EQ(engine_->shadow_tallies().size(), 2U);
  EXPECT_EQ(engine_->shadow_tallies()[0].code, CodeOf<ProgrammeCode>("v"));
  EXPECT_EQ(engine_->shadow_tallies()[1].code, CodeOf<ProgrammeCode>("w"));
  for (const ShadowTally& tally : engine_->shadow_tallies()) {
    EXPECT_EQ(tally.less, 1U);  // both together give 300
    EXPECT_EQ(tally.subsidy_shadow, Fen{300});
  }
  engine_.reset();
  clock_.Advance(9 * kSecond);
  Start();
  ASSERT_EQ(engine_->shadow_tallies().size(), 2U);
  for (const ShadowTally& tally : engine_->shadow_tallies()) {
    EXPECT_EQ(tally.asked, 0U);
    EXPECT_EQ(tally.since, Noon(9));
  }
}

// Whoever reads meets no half of a count.
TEST_P(EngineVersionsTest, ATallyIsReadWhileItIsCounted) {
  Start();
  Build();
  Apply(Version(2'000, Stage::kShadow));
  std::atomic<bool> done{false};
  std::atomic<uint64_t> reads{0};
  std::thread reader([&] {
    while (!done.load(std::memory_order_relaxed)) {
      const std::vector<ShadowTally> tallies = engine_->shadow_tallies();
      ASSERT_EQ(tallies.size(), 1U);
      EXPECT_EQ(tallies[0].asked, tallies[0].less + tallies[0].same);
      EXPECT_EQ(tallies[0].subsidy_active, Fen{static_cast<int64_t>(tallies[0].less) * 500});
      EXPECT_EQ(tallies[0].subsidy_shadow, Fen{static_cast<int64_t>(tallies[0].less) * 200});
      reads.fetch_add(1, std::memory_order_relaxed);
    }
  });
  uint64_t sales = 0;
  for (int i = 0; i < 20 || reads.load(std::memory_order_relaxed) < 100; ++i) {
    std::vector<Command> commands;
    for (int j = 0; j < 200; ++j) {
      commands.push_back(Sale(1'000));
    }
    std::vector<Result> results(commands.size());
    ASSERT_TRUE(engine_->RunBlocking(commands, results).ok());
    sales += commands.size();
  }
  done = true;
  reader.join();
  EXPECT_EQ(OnlyTally().asked, sales);
}

}  // namespace
}  // namespace gonghui
