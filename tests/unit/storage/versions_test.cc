// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Versions of a programme in a folder that a real engine wrote: what is in shadow and what
// waits for its day is there after a restart, by the checkpoint's rows as by the journal.

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "engine/base/clock.h"
#include "engine/pipeline/engine.h"
#include "tests/testing/city.h"
#include "tests/testing/owned_command.h"
#include "tests/testing/store_folder.h"
#include "tests/unit/durability/event_maker.h"
#include "tools/inspect/dump.h"
#include "tools/inspect/verify.h"

namespace gonghui {
namespace {

constexpr TimestampNs kDue{kCityNoon.value() + 60 * kNsPerSecond};

class SetClock final : public Clock {
 public:
  [[nodiscard]] int64_t NowNs() const override { return now_ns_; }
  [[nodiscard]] int64_t MonotonicNs() const override { return now_ns_; }
  void Set(TimestampNs at) { now_ns_ = at.value(); }

 private:
  std::atomic<int64_t> now_ns_ = kCityNoon.value();
};

// `rate` off at every merchant; every rate is another version.
OwnedProgramme Extra(int32_t rate, Stage stage) {
  OwnedProgramme programme;
  programme.spec.code = CodeOf<ProgrammeCode>("extra");
  programme.spec.calendar = TestCalendar("Asia:Shanghai");
  programme.spec.starts_at = TimestampNs{kTimestampNsMin};
  programme.spec.ends_at = TimestampNs{kTimestampNsMax};
  programme.spec.content_hash = static_cast<uint64_t>(rate);
  programme.spec.special_days =
      Append(programme.days, {DayRange{20'578, 20'579, DayKind::kHoliday, {}}});
  LimitSpec week;
  week.code = CodeOf<LimitCode>("week");
  week.span = 7;
  week.max = 1'000'000;
  programme.limits = {week};
  BenefitSpec benefit;
  benefit.code = CodeOf<BenefitCode>("off");
  benefit.price.kind = PriceKind::kTiers;
  benefit.price.steps = Append(programme.steps, {PriceStep{Fen{0}, Fen{0}, Bps{rate}, 0}});
  benefit.limits = Append<uint32_t>(programme.limit_refs, {0});
  benefit.funding = Append(programme.funding, {FundingShareSpec{FundOf(1), Bps{kBpsPerOne}, 0}});
  benefit.closed_days = programme.spec.special_days;
  benefit.starts_at = programme.spec.starts_at;
  benefit.ends_at = programme.spec.ends_at;
  programme.benefits = {benefit};
  programme.stage = stage;
  programme.activates_at = stage == Stage::kScheduled ? kDue : TimestampNs{};
  return programme;
}

class VersionsTest : public testing::Test, protected StoreFolder {
 protected:
  VersionsTest() {
    city_.members = 20;
    city_.merchants = 6;
    city_.benefits_per_category = 1;
  }
  ~VersionsTest() override { Stop(); }

  void Start() {
    OpenStore();
    EngineOptions options;
    options.checkpoint_at_stop = false;
    auto engine = Engine::Start(options, clock_, *journal_, checkpoints_.get(), archive_.get());
    GH_CHECK(engine.ok(), engine.status().message());
    engine_ = *std::move(engine);
  }
  void Stop() {
    if (engine_ != nullptr) {
      engine_->Stop();
    }
    engine_.reset();
    CloseStore();
  }

  Result Run(const Command& command) {
    Result result;
    GH_CHECK(engine_->RunBlocking({&command, 1}, {&result, 1}).ok());
    return result;
  }
  uint32_t Apply(int32_t rate, Stage stage) {
    const OwnedCommand command = Own(Extra(rate, stage));
    const Result result = Run(command.command);
    EXPECT_EQ(result.verdict, Verdict::kDecided);
    return result.programme_version;
  }
  Verdict MoveTo(uint32_t version, Stage stage) {
    StageProgrammeRequest request;
    request.code = CodeOf<ProgrammeCode>("extra");
    request.version = version;
    request.stage = stage;
    return Run(Own(request).command).verdict;
  }
  // What a sale of 100.00 yuan is lowered by.
  Fen SubsidyNow() {
    Command sale = RandomSale(city_, prng_);
    sale.authorize.list_price = Fen{10'000};
    return Run(sale).transaction.subsidy;
  }

  struct Standing {
    std::vector<Stage> stages;  // of version 1, 2, ...
    uint32_t active = 0;        // versions
    uint32_t shadow = 0;
    uint32_t scheduled = 0;
    TimestampNs next_activation;
    uint64_t hash = 0;
    uint32_t activations = 0;

    friend bool operator==(const Standing&, const Standing&) = default;
  };
  Standing Look() {
    Standing standing;
    const auto look = [&standing](const Ledger& ledger) {
      const auto code = CodeOf<ProgrammeCode>("extra");
      const ProgrammeHead& head = ledger.programme_heads()[ledger.FindProgrammeHead(code)];
      const auto version_of = [&ledger](ProgrammeRow row) {
        return row == ProgrammeRow{} ? 0 : ledger.programmes()[row].version;
      };
      for (uint32_t version = 1; version <= head.version_count; ++version) {
        const ProgrammeRow row = ledger.FindProgrammeVersion(code, version);
        standing.stages.push_back(ledger.programmes()[row].stage);
      }
      standing.active = version_of(head.active);
      standing.shadow = version_of(head.shadow);
      standing.scheduled = version_of(head.scheduled);
      standing.next_activation = ledger.next_activation();
      standing.hash = ledger.StateHash();
      standing.activations = ledger.activations().size();
    };
    EXPECT_TRUE(engine_->InspectBlocking(look).ok());
    return standing;
  }

  // A stopped server's folder, from the beginning and from its checkpoint.
  void ExpectVerifies() {
    Stop();
    Start();
    engine_->Stop();
    engine_.reset();
    for (const bool from_checkpoint : {false, true}) {
      VerifyOptions options;
      options.from_checkpoint = from_checkpoint;
      const auto report = VerifyBlocking(*journal_, *checkpoints_, *archive_, options);
      EXPECT_TRUE(report.ok()) << report.status();
    }
    Stop();
  }

  SetClock clock_;
  CityOptions city_;
  Prng prng_{5};
  std::unique_ptr<Engine> engine_;
};

// With a checkpoint after the versions came, and with none: by the journal alone.
TEST_F(VersionsTest, AreThereAfterARestartAndBecomeActiveOnTheirDay) {
  Start();
  BuildCity(city_, [this](const Command& command) { Run(command); });
  EXPECT_EQ(Apply(3'000, Stage::kActive), 1u);
  EXPECT_EQ(Apply(4'000, Stage::kShadow), 2u);
  EXPECT_EQ(Apply(5'000, Stage::kScheduled), 3u);
  EXPECT_EQ(Apply(6'000, Stage::kValidated), 4u);
  EXPECT_EQ(SubsidyNow(), Fen{3'000});
  const Standing before = Look();
  EXPECT_EQ(
      before.stages,
      (std::vector<Stage>{Stage::kActive, Stage::kShadow, Stage::kScheduled, Stage::kValidated}));
  EXPECT_EQ(before.active, 1u);
  EXPECT_EQ(before.shadow, 2u);
  EXPECT_EQ(before.scheduled, 3u);
  EXPECT_EQ(before.next_activation, kDue);

  Stop();
  Start();
  EXPECT_EQ(Look(), before) << "by the journal";
  ASSERT_TRUE(engine_->CheckpointBlocking().ok());
  Stop();
  Start();
  EXPECT_EQ(Look(), before) << "by the checkpoint";
  EXPECT_EQ(SubsidyNow(), Fen{3'000});

  // Nobody says anything at that instant; the next sale is decided by what is active then.
  clock_.Set(TimestampNs{kDue.value() + kNsPerSecond});
  EXPECT_EQ(SubsidyNow(), Fen{5'000});
  const Standing after = Look();
  EXPECT_EQ(
      after.stages,
      (std::vector<Stage>{Stage::kRetired, Stage::kShadow, Stage::kActive, Stage::kValidated}));
  EXPECT_EQ(after.active, 3u);
  EXPECT_EQ(after.scheduled, 0u);
  EXPECT_EQ(after.next_activation, kTimestampMax);
  EXPECT_EQ(after.activations, before.activations + 1);
  ExpectVerifies();
  Start();
  EXPECT_EQ(Look(), after);

  EXPECT_EQ(MoveTo(1, Stage::kActive), Verdict::kDecided) << "a rollback";
  EXPECT_EQ(SubsidyNow(), Fen{3'000});
  EXPECT_EQ(MoveTo(2, Stage::kActive), Verdict::kDecided);
  EXPECT_EQ(MoveTo(4, Stage::kWithdrawn), Verdict::kDecided);
  EXPECT_EQ(SubsidyNow(), Fen{4'000});
  const Standing last = Look();
  EXPECT_EQ(
      last.stages,
      (std::vector<Stage>{Stage::kRetired, Stage::kActive, Stage::kRetired, Stage::kWithdrawn}));
  ASSERT_TRUE(engine_->CheckpointBlocking().ok());
  EXPECT_EQ(SubsidyNow(), Fen{4'000});
  ExpectVerifies();
}

// The server is not there when the day comes.
TEST_F(VersionsTest, WhatIsDueWhileTheServerIsAwayIsActiveWhenItIsBack) {
  Start();
  BuildCity(city_, [this](const Command& command) { Run(command); });
  EXPECT_EQ(Apply(5'000, Stage::kScheduled), 1u);
  ASSERT_TRUE(engine_->CheckpointBlocking().ok());
  Stop();
  clock_.Set(TimestampNs{kDue.value() + 3'600 * kNsPerSecond});
  Start();
  EXPECT_EQ(SubsidyNow(), Fen{5'000});
  EXPECT_EQ(Look().active, 1u);
  std::string lines;
  DumpOptions options;
  options.kind = EventKind::kProgrammeActivated;
  Stop();
  Start();
  engine_->Stop();
  engine_.reset();
  ASSERT_TRUE(DumpBlocking(*journal_, options, [&lines](std::string_view line) {
                lines += line;
                lines += '\n';
              }).ok());
  EXPECT_NE(lines.find(R"("kind":"programme_activated","command":{},"effect":{"row":)"),
            std::string::npos)
      << lines;
  ExpectVerifies();
}

}  // namespace
}  // namespace gonghui
