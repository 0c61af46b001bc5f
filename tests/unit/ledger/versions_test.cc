// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Versions of a programme: stages, activations, rollback and shadow
// (docs/decisions/0007-programme-versions.md).

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "engine/ledger/ledger.h"
#include "tests/testing/names.h"
#include "tests/unit/ledger/ledger_world.h"

namespace gonghui {
namespace {

// Version 1 of "p", 50 % off, is active from the beginning.
class VersionsTest : public LedgerWorld {
 protected:
  explicit VersionsTest(const LedgerLimits& limits = SmallLimits()) : LedgerWorld(limits) {}

  static OwnedProgramme Version(int32_t rate, Stage stage, const char* code = "p") {
    OwnedProgramme programme = Programme(code);
    AddPercentOff(&programme, "b", rate, "F");
    programme.spec.content_hash = static_cast<uint64_t>(rate);
    programme.stage = stage;
    return programme;
  }
  static OwnedProgramme ScheduledVersion(int32_t rate, TimestampNs at, const char* code = "p") {
    OwnedProgramme programme = Version(rate, Stage::kScheduled, code);
    programme.activates_at = at;
    return programme;
  }
  // The row of a version that must be taken.
  ProgrammeRow Apply(const OwnedProgramme& programme) {
    Run(Own(programme));
    EXPECT_EQ(result_.verdict, Verdict::kDecided) << NameOf(result_.field);
    return ProgrammeRow{result_.row};
  }
  const Result& Ask(ProgrammeRow row, Stage stage, TimestampNs activates_at = {}) {
    const auto version = ledger_->programmes()[row];
    return Run(Own(StageProgrammeRequest{version.code, version.version, stage, activates_at}));
  }
  const Result& Retire(const char* code = "p") {
    return Run(Own(RetireProgrammeRequest{CodeOf<ProgrammeCode>(code)}));
  }
  const Result& ActivateDue() {
    Command command;
    command.kind = CommandKind::kActivateDue;
    return Run(Own(command));
  }
  [[nodiscard]] const gonghui::Programme& At(ProgrammeRow row) const {
    return ledger_->programmes()[row];
  }
  [[nodiscard]] const ProgrammeHead& Head(const char* code = "p") const {
    return ledger_->programme_heads()[ledger_->FindProgrammeHead(CodeOf<ProgrammeCode>(code))];
  }
  [[nodiscard]] ProgrammeRow First() const { return ProgrammeRow{1}; }
  void ExpectRefused(AdminReason reason, Field field) const {
    EXPECT_EQ(result_.verdict, Verdict::kRefused);
    EXPECT_EQ(result_.admin_reason, reason) << NameOf(result_.admin_reason);
    EXPECT_EQ(result_.field, field) << NameOf(result_.field);
  }
  // What a sale of 10 yuan is given now.
  int64_t Given() { return Run(Own(Sale(++request_, 1'000))).transaction.subsidy.value(); }
  // The same of a sale that was done at `at` without asking.
  int64_t GivenThen(TimestampNs at) {
    AdviceRequest advice;
    advice.occurred_at = at;
    advice.sequence = ++sequence_;
    advice.business_day = 20'577;
    return Run(OwnAdvice(Sale(++request_, 1'000), advice)).transaction.subsidy.value();
  }

  uint64_t request_ = 100;
  uint32_t sequence_ = 0;
};

// ---- From here to there ------------------------------------------------------------

// A version of each kind, beside an active one.
struct Way {
  const char* from;
  // What becomes of it when it is asked for kValidated, kShadow, kScheduled, kActive, kRetired
  // and kWithdrawn: none = refused; what it is = nothing changes.
  std::array<std::optional<Stage>, 6> becomes;
};

constexpr Stage kV = Stage::kValidated;
constexpr Stage kSh = Stage::kShadow;
constexpr Stage kSc = Stage::kScheduled;
constexpr Stage kA = Stage::kActive;
constexpr Stage kR = Stage::kRetired;
constexpr Stage kW = Stage::kWithdrawn;
constexpr std::nullopt_t kNo = std::nullopt;

constexpr std::array<Way, 8> kWays{{
    {"validated", {kV, kSh, kSc, kA, kNo, kW}},
    {"shadow", {kV, kSh, kSc, kA, kNo, kW}},
    {"scheduled", {kV, kSh, kSc, kA, kNo, kW}},
    {"active", {kNo, kNo, kNo, kA, kNo, kNo}},
    {"retired", {kR, kSh, kNo, kA, kNo, kNo}},
    {"withdrawn", {kNo, kNo, kNo, kNo, kNo, kW}},
    {"retired in shadow", {kR, kSh, kSc, kA, kNo, kNo}},
    {"retired and scheduled", {kR, kSh, kSc, kA, kNo, kNo}},
}};

class StagesTest : public VersionsTest,
                   public ::testing::WithParamInterface<std::tuple<Way, size_t>> {
 protected:
  ProgrammeRow Make(const std::string& from) {
    if (from == "active") {
      return Apply(Version(2'000, Stage::kActive));
    }
    if (from.starts_with("retired")) {
      const ProgrammeRow row = Apply(Version(2'000, Stage::kActive));
      Ask(First(), Stage::kActive);
      if (from != "retired") {
        Ask(row, Stage::kShadow);
      }
      if (from == "retired and scheduled") {
        Ask(row, Stage::kScheduled, After(2));
      }
      return row;
    }
    const ProgrammeRow row = Apply(Version(2'000, Stage::kValidated));
    if (from == "shadow") {
      Ask(row, Stage::kShadow);
    } else if (from == "scheduled") {
      Ask(row, Stage::kScheduled, After(2));
    } else if (from == "withdrawn") {
      Ask(row, Stage::kWithdrawn);
    }
    return row;
  }
};

constexpr std::array<std::pair<Stage, const char*>, 6> kAsked{{{kV, "validated"},
                                                               {kSh, "shadow"},
                                                               {kSc, "scheduled"},
                                                               {kA, "active"},
                                                               {kR, "retired"},
                                                               {kW, "withdrawn"}}};

INSTANTIATE_TEST_SUITE_P(Ways,
                         StagesTest,
                         ::testing::Combine(::testing::ValuesIn(kWays),
                                            ::testing::Range(size_t{0}, kAsked.size())),
                         [](const auto& tested) {
                           std::string name = std::get<0>(tested.param).from;
                           std::replace(name.begin(), name.end(), ' ', '_');
                           return name + "_to_" + kAsked[std::get<1>(tested.param)].second;
                         });

TEST_P(StagesTest, IsAllowedOrRefused) {
  const auto& [way, asked] = GetParam();
  const ProgrammeRow row = Make(way.from);
  const Stage before = At(row).stage;
  const uint64_t hash = ledger_->StateHash();
  now_ = After(1);
  Ask(row, kAsked[asked].first, After(2));
  const std::optional<Stage> becomes = way.becomes[asked];
  EXPECT_EQ(result_.programme_version, At(row).version);
  if (!becomes.has_value()) {
    ExpectRefused(AdminReason::kNotAllowedFromState, Field::kStage);
    EXPECT_EQ(ledger_->StateHash(), hash);
    return;
  }
  EXPECT_EQ(result_.row, row.value());
  if (*becomes == before) {
    EXPECT_EQ(result_.verdict, Verdict::kUnchanged);
    EXPECT_EQ(ledger_->StateHash(), hash);
    return;
  }
  EXPECT_EQ(result_.verdict, Verdict::kDecided);
  EXPECT_EQ(event_.kind, EventKind::kProgrammeStaged);
  EXPECT_FALSE(result_.created);
  EXPECT_EQ(At(row).stage, *becomes);
  EXPECT_EQ(At(row).staged_at, now_);
  EXPECT_EQ(At(row).activates_at, *becomes == kSc ? After(2) : TimestampNs{});
  EXPECT_EQ(Head().active, *becomes == kA ? row : First());
}

TEST_F(VersionsTest, AnotherOneTakesTheShadowAndTheSchedule) {
  const ProgrammeRow two = Apply(Version(2'000, Stage::kShadow));
  const ProgrammeRow three = Apply(Version(3'000, Stage::kShadow));
  EXPECT_EQ(At(two).stage, Stage::kValidated);
  EXPECT_EQ(Head().shadow, three);
  Ask(two, Stage::kScheduled, After(1));
  Ask(three, Stage::kScheduled, After(2));
  EXPECT_EQ(At(two).stage, Stage::kValidated);
  EXPECT_EQ(At(two).activates_at, TimestampNs{});
  EXPECT_EQ(Head().scheduled, three);
  EXPECT_EQ(Head().shadow, ProgrammeRow{});
  EXPECT_EQ(ledger_->next_activation(), After(2));

  // What was active once goes back to what it was then.
  now_ = After(1);
  Ask(two, Stage::kActive);
  EXPECT_EQ(At(First()).stage, Stage::kRetired);
  Ask(First(), Stage::kShadow);
  Ask(three, Stage::kShadow);
  EXPECT_EQ(At(First()).stage, Stage::kRetired);
  EXPECT_EQ(At(First()).staged_at, now_);
  EXPECT_EQ(ledger_->next_activation(), kTimestampMax);
  EXPECT_EQ(Head().active, two);
  EXPECT_EQ(Head().newest, three);
  EXPECT_EQ(Head().version_count, 3U);
}

TEST_F(VersionsTest, WhatIsNotActiveDecidesNothing) {
  Apply(Version(2'000, Stage::kValidated));
  EXPECT_EQ(Given(), 500);
  Apply(Version(2'000, Stage::kShadow));
  EXPECT_EQ(Given(), 500);
  Apply(ScheduledVersion(2'000, After(1)));
  EXPECT_EQ(Given(), 500);
  const ProgrammeRow row = Apply(Version(2'000, Stage::kActive));
  EXPECT_EQ(Given(), 200);
  EXPECT_EQ(At(row).version, 2U);  // one and the same all the time
  // The share names the version: its benefit is a row of that one.
  EXPECT_EQ(ledger_->benefits()[result_.shares[0].benefit].programme, row);
}

// ---- Files of the same content -------------------------------------------------------

TEST_F(VersionsTest, TheSameFileChangesNothing) {
  const ProgrammeRow two = Apply(Version(2'000, Stage::kActive));
  const uint64_t hash = ledger_->StateHash();
  Run(Own(Version(2'000, Stage::kActive)));
  EXPECT_EQ(result_.verdict, Verdict::kUnchanged);
  EXPECT_EQ(result_.row, two.value());
  EXPECT_EQ(result_.programme_version, 2U);
  EXPECT_EQ(ledger_->StateHash(), hash);
  // It can not be beside itself.
  Run(Own(Version(2'000, Stage::kShadow)));
  ExpectRefused(AdminReason::kNotAllowedFromState, Field::kStage);
}

TEST_F(VersionsTest, TheSameFileStagesTheVersionThatIsThere) {
  const ProgrammeRow two = Apply(Version(2'000, Stage::kValidated));
  EXPECT_TRUE(result_.created);
  EXPECT_EQ(Apply(Version(2'000, Stage::kShadow)), two);
  EXPECT_FALSE(result_.created);
  EXPECT_EQ(event_.kind, EventKind::kProgrammeApplied);
  EXPECT_EQ(At(two).stage, Stage::kShadow);
  EXPECT_EQ(Apply(ScheduledVersion(2'000, After(3))), two);
  EXPECT_EQ(ledger_->next_activation(), After(3));
  EXPECT_EQ(Apply(ScheduledVersion(2'000, After(4))), two);  // later
  EXPECT_EQ(ledger_->next_activation(), After(4));
  Run(Own(ScheduledVersion(2'000, After(4))));
  EXPECT_EQ(result_.verdict, Verdict::kUnchanged);
  EXPECT_EQ(ledger_->programmes().size(), 2U);

  // A file that was active before: a rollback.
  Apply(Version(3'000, Stage::kActive));
  Apply(Version(2'000, Stage::kActive));
  now_ = After(1);
  Apply(Version(3'000, Stage::kActive));
  EXPECT_EQ(ledger_->programmes().size(), 3U);
  EXPECT_EQ(At(Head().active).version, 3U);
}

TEST_F(VersionsTest, AWithdrawnVersionNeverComesBack) {
  const ProgrammeRow two = Apply(Version(2'000, Stage::kValidated));
  Ask(two, Stage::kWithdrawn);
  const ProgrammeRow three = Apply(Version(2'000, Stage::kValidated));
  EXPECT_NE(three, two);
  EXPECT_EQ(At(three).version, 3U);
  EXPECT_EQ(At(two).stage, Stage::kWithdrawn);
}

TEST_F(VersionsTest, AFileWithoutAHashIsAlwaysAnother) {
  OwnedProgramme programme = Version(2'000, Stage::kActive);
  programme.spec.content_hash = 0;
  EXPECT_NE(Apply(programme), Apply(programme));
}

// ---- At an instant ---------------------------------------------------------------------

TEST_F(VersionsTest, AnActivationIsExactHoweverLateItIsLookedFor) {
  const ProgrammeRow two = Apply(ScheduledVersion(2'000, After(2)));
  EXPECT_EQ(ledger_->next_activation(), After(2));
  EXPECT_EQ(ActivateDue().verdict, Verdict::kNotFound);
  now_ = TimestampNs{After(2).value() - 1};
  EXPECT_EQ(ActivateDue().verdict, Verdict::kNotFound);
  EXPECT_EQ(Given(), 500);

  now_ = After(5);
  EXPECT_EQ(ActivateDue().verdict, Verdict::kDecided);
  EXPECT_EQ(event_.kind, EventKind::kProgrammeActivated);
  EXPECT_EQ(event_.at, After(5));
  EXPECT_EQ(result_.row, two.value());
  EXPECT_EQ(result_.programme_version, 2U);
  EXPECT_EQ(At(two).stage, Stage::kActive);
  EXPECT_EQ(At(two).staged_at, After(2));
  EXPECT_EQ(At(two).activates_at, TimestampNs{});
  EXPECT_EQ(At(First()).stage, Stage::kRetired);
  EXPECT_EQ(At(First()).staged_at, After(2));
  EXPECT_EQ(ledger_->activations()[Head().last_activation].from, After(2));
  EXPECT_EQ(ledger_->globals().programmes_changed_at, After(2));
  EXPECT_EQ(ledger_->next_activation(), kTimestampMax);
  EXPECT_EQ(ActivateDue().verdict, Verdict::kNotFound);
  EXPECT_EQ(Given(), 200);

  // What was done before it ran is judged by the instant all the same.
  EXPECT_EQ(GivenThen(TimestampNs{After(2).value() - 1}), 500);
  EXPECT_EQ(GivenThen(After(2)), 200);
  EXPECT_EQ(GivenThen(After(4)), 200);
}

TEST_F(VersionsTest, TheEarliestIsFirstAndOfEqualsTheFirstHead) {
  Apply(Version(1'000, Stage::kActive, "q"));
  Apply(Version(1'000, Stage::kActive, "r"));
  const ProgrammeRow r = Apply(ScheduledVersion(2'000, After(2), "r"));
  const ProgrammeRow q = Apply(ScheduledVersion(2'000, After(2), "q"));
  const ProgrammeRow p = Apply(ScheduledVersion(2'000, After(3), "p"));
  now_ = After(3);
  for (const ProgrammeRow expected : {q, r, p}) {
    EXPECT_EQ(ActivateDue().row, expected.value());
  }
  EXPECT_EQ(ActivateDue().verdict, Verdict::kNotFound);
}

TEST_F(VersionsTest, AnInstantThatHasComeIsRefused) {
  for (const TimestampNs at : {TimestampNs{}, After(-1), now_}) {
    Run(Own(ScheduledVersion(2'000, at)));
    ExpectRefused(AdminReason::kNotAllowedFromState, Field::kActivatesAt);
  }
  const ProgrammeRow two = Apply(Version(2'000, Stage::kValidated));
  Ask(two, Stage::kScheduled, now_);
  ExpectRefused(AdminReason::kNotAllowedFromState, Field::kActivatesAt);
  Ask(two, Stage::kScheduled, TimestampNs{now_.value() + 1});
  EXPECT_EQ(result_.verdict, Verdict::kDecided);
}

// The pipeline lets an instant that has come pass first; should it ever not, history does
// not go back in time.
TEST_F(VersionsTest, ALateActivationDoesNotGoBehindAnotherOne) {
  const ProgrammeRow two = Apply(ScheduledVersion(2'000, After(1)));
  now_ = After(2);
  Apply(Version(3'000, Stage::kActive));
  now_ = After(3);
  ActivateDue();
  EXPECT_EQ(Head().active, two);
  EXPECT_EQ(ledger_->activations()[Head().last_activation].from, After(2));
  EXPECT_EQ(ledger_->globals().programmes_changed_at, After(2));
}

// ---- Rollback and retirement -------------------------------------------------------------

TEST_F(VersionsTest, ARollbackIsTheSameVersionAndItsCountersGoOn) {
  const auto limited = [](int32_t rate) {
    OwnedProgramme programme = Version(rate, Stage::kActive);
    LimitSpec limit;
    limit.code = CodeOf<LimitCode>("daily");
    limit.max = 3;
    programme.limits = {limit};
    programme.benefits[0].limits = Append<uint32_t>(programme.limit_refs, {0});
    return programme;
  };
  const ProgrammeRow two = Apply(limited(2'000));
  EXPECT_EQ(Given(), 200);
  now_ = After(1);
  const ProgrammeRow three = Apply(limited(3'000));
  EXPECT_EQ(Given(), 300);
  now_ = After(2);
  Ask(two, Stage::kActive);
  EXPECT_EQ(result_.programme_version, 2U);
  EXPECT_EQ(Given(), 200);
  EXPECT_EQ(Given(), 0);
  EXPECT_EQ(result_.transaction.reason, Reason::kExceedsFrequencyLimit);
  EXPECT_EQ(At(three).stage, Stage::kRetired);
  EXPECT_EQ(ledger_->programmes().size(), 3U);
}

TEST_F(VersionsTest, AnAdviceIsJudgedByWhatWasActiveThenAfterRollbacksToo) {
  now_ = After(1);
  const ProgrammeRow two = Apply(Version(2'000, Stage::kActive));
  now_ = After(2);
  Ask(First(), Stage::kActive);
  now_ = After(3);
  Retire();
  now_ = After(4);
  Ask(two, Stage::kActive);
  now_ = After(5);
  Apply(Version(3'000, Stage::kActive, "q"));  // of another programme
  now_ = After(6);
  const std::array<int64_t, 6> expected{500, 200, 500, 0, 200, 300};
  for (size_t hour = 0; hour < expected.size(); ++hour) {
    const TimestampNs begin = After(static_cast<int64_t>(hour));
    EXPECT_EQ(GivenThen(begin), expected[hour]) << hour;
    EXPECT_EQ(GivenThen(TimestampNs{begin.value() + 1}), expected[hour]) << hour;
    EXPECT_EQ(GivenThen(TimestampNs{begin.value() - 1}), hour == 0 ? 0 : expected[hour - 1])
        << hour;
  }
}

TEST_F(VersionsTest, WhatAVersionGrantedGoesOnByIt) {
  Run(Own(Authorize(1, 1'000)));
  EXPECT_EQ(result_.transaction.subsidy, Fen{500});
  now_ = After(1);
  Apply(Version(2'000, Stage::kActive));
  EXPECT_EQ(Run(Own(AboutPart(CommandKind::kCapture, 2, 1, 600))).transaction.subsidy, Fen{300});
  EXPECT_EQ(Run(Own(About(CommandKind::kRefund, 3, 1))).transaction.subsidy, Fen{300});
}

TEST_F(VersionsTest, RetiringTakesAllOfThemAway) {
  const ProgrammeRow two = Apply(Version(2'000, Stage::kShadow));
  const ProgrammeRow three = Apply(ScheduledVersion(3'000, After(1)));
  const Result& result = Retire();
  EXPECT_EQ(result.verdict, Verdict::kDecided);
  EXPECT_EQ(result.row, ledger_->FindProgrammeHead(CodeOf<ProgrammeCode>("p")).value());
  EXPECT_EQ(At(First()).stage, Stage::kRetired);
  EXPECT_EQ(At(two).stage, Stage::kValidated);
  EXPECT_EQ(At(three).stage, Stage::kWithdrawn);
  EXPECT_EQ(ledger_->FindProgramme(CodeOf<ProgrammeCode>("p")), ProgrammeRow{});
  EXPECT_EQ(ledger_->next_activation(), kTimestampMax);
  EXPECT_EQ(Given(), 0);
  EXPECT_EQ(Retire().verdict, Verdict::kUnchanged);
  Retire("q");
  ExpectRefused(AdminReason::kUnknownReference, Field::kProgramme);
}

TEST_F(VersionsTest, RetiringWhatIsOnlyScheduledLeavesNoHistory) {
  const ProgrammeRow one = Apply(ScheduledVersion(2'000, After(1), "q"));
  const uint32_t activations = ledger_->activations().size();
  EXPECT_EQ(Retire("q").verdict, Verdict::kDecided);
  EXPECT_EQ(At(one).stage, Stage::kWithdrawn);
  EXPECT_EQ(ledger_->activations().size(), activations);
  // What was active once remains for a rollback.
  Ask(First(), Stage::kActive);
  const ProgrammeRow two = Apply(Version(2'000, Stage::kActive));
  Ask(First(), Stage::kShadow);
  Ask(First(), Stage::kScheduled, After(1));
  Retire();
  EXPECT_EQ(At(First()).stage, Stage::kRetired);
  EXPECT_EQ(At(two).stage, Stage::kRetired);
  Ask(First(), Stage::kActive);
  EXPECT_EQ(Given(), 500);
}

// ---- Refusals ---------------------------------------------------------------------------

TEST_F(VersionsTest, WhatIsNotThereCanNotBeStaged) {
  for (const auto& [code, version] :
       std::vector<std::pair<const char*, uint32_t>>{{"p", 0}, {"p", 2}, {"q", 1}}) {
    Run(Own(StageProgrammeRequest{
        CodeOf<ProgrammeCode>(code), version, Stage::kRetired, TimestampNs{}}));
    ExpectRefused(AdminReason::kUnknownReference, Field::kProgramme);
  }
  for (const Stage stage : {Stage::kRetired, Stage::kWithdrawn}) {
    Run(Own(Version(2'000, stage)));
    ExpectRefused(AdminReason::kNotAllowedFromState, Field::kStage);
  }
}

TEST_F(VersionsTest, AnUnknownTerminalIsToldWithItsPlace) {
  OwnedProgramme programme = Version(2'000, Stage::kValidated);
  programme.benefits[0].terminals =
      Append(programme.terminals, {CodeOf<TerminalId>("T1"), CodeOf<TerminalId>("T9")});
  Run(Own(programme));
  ExpectRefused(AdminReason::kUnknownReference, Field::kTerminal);
  EXPECT_EQ(result_.index, 1U);
}

TEST_F(VersionsTest, ValidateOnlyChangesNothing) {
  const uint64_t hash = ledger_->StateHash();
  OwnedCommand command = Own(Version(2'000, Stage::kShadow));
  command.command.validate_only = true;
  Run(command);
  EXPECT_EQ(result_.verdict, Verdict::kDecided);
  EXPECT_EQ(result_.programme_version, 2U);
  EXPECT_EQ(ledger_->StateHash(), hash);
}

class FewActivationsTest : public VersionsTest {
 protected:
  FewActivationsTest() : VersionsTest(Limits()) {}
  static LedgerLimits Limits() {
    LedgerLimits limits = SmallLimits();
    limits.activations_max = 4;
    return limits;
  }
};

// An instant that comes can not be refused, so a place is kept for it.
TEST_F(FewActivationsTest, WhatIsScheduledHasARow) {
  Apply(ScheduledVersion(2'000, After(1)));
  Apply(ScheduledVersion(2'000, After(1), "q"));
  Run(Own(ScheduledVersion(2'000, After(1), "r")));
  EXPECT_EQ(result_.verdict, Verdict::kDecided);  // 1 + 3 are taken
  for (const OwnedProgramme& more :
       {ScheduledVersion(2'000, After(1), "s"), Version(2'000, Stage::kActive, "s")}) {
    Run(Own(more));
    EXPECT_EQ(result_.verdict, Verdict::kFull);
    EXPECT_EQ(result_.field, Field::kProgrammes);
  }
  EXPECT_EQ(Retire().verdict, Verdict::kFull);
  EXPECT_EQ(Run(Own(Version(2'000, Stage::kShadow, "s"))).verdict, Verdict::kDecided);
  now_ = After(1);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(ActivateDue().verdict, Verdict::kDecided);
  }
  EXPECT_EQ(ledger_->activations().size(), 4U);
}

// ---- Rows -------------------------------------------------------------------------------

TEST_F(VersionsTest, AVersionHasAllThatItsFileSays) {
  for (const char* id : {"T3", "T2"}) {
    TerminalRequest terminal;
    terminal.id = CodeOf<TerminalId>(id);
    terminal.merchant = CodeOf<MerchantId>("S1");
    Run(Own(terminal));
  }
  OwnedProgramme programme = Version(2'000, Stage::kValidated);
  programme.spec.special_days =
      Append<DayRange>(programme.days, {{20'000, 20'006, DayKind::kHoliday, {}}});
  LimitSpec limit;
  limit.code = CodeOf<LimitCode>("week");
  limit.subject = LimitSubject::kUnion;
  limit.union_level = 3;
  limit.span = 7;
  limit.scope = LimitScope::kOffline;
  limit.max = kLimitUnlimited;
  programme.limits = {limit};
  BenefitSpec& first = programme.benefits[0];
  first.terminals =
      Append(programme.terminals,
             {CodeOf<TerminalId>("T2"), CodeOf<TerminalId>("T1"), CodeOf<TerminalId>("T3")});
  first.closed_days = Append<DayRange>(programme.days, {{20'010, 20'010, DayKind::kHoliday, {}}});
  first.items_any = Append(programme.items, {CodeOf<ItemCode>("A"), CodeOf<ItemCode>("B")});
  first.items_none = Append(programme.items, {CodeOf<ItemCode>("C")});
  first.pieces_max = 2;
  first.price.steps = Append<PriceStep>(programme.steps, {{Fen{0}, Fen{}, Bps{1'000}, 0}});
  first.sexes = MaskOf(Sex::kFemale);
  first.day_kinds = MaskOf(DayKind::kWorkday);
  first.layer = 2;
  first.base = StackBase::kRest;
  first.offline = OfflinePolicy::kRefuse;
  first.member_days_min = 90;
  first.segment_days_min = 30;
  first.limits = Append<uint32_t>(programme.limit_refs, {0});
  BenefitSpec second = first;  // of the same ranges
  second.code = CodeOf<BenefitCode>("c");
  second.items_any = second.items_none = second.closed_days = PoolRange{};
  second.pieces_max = 0;
  second.day_kinds = 0;
  programme.benefits.push_back(second);
  const auto& version = At(Apply(programme));

  EXPECT_EQ(ledger_->DaysOf(version.special_days)[0].last, 20'006);
  const Limit& stored = ledger_->limits()[version.first_limit];
  EXPECT_EQ(stored.subject, LimitSubject::kUnion);
  EXPECT_EQ(stored.union_level, 3);
  EXPECT_EQ(stored.span, 7);
  EXPECT_EQ(stored.scope, LimitScope::kOffline);
  EXPECT_EQ(ledger_->counter_series()[stored.series].union_level, 3);
  for (uint32_t i = 0; i < 2; ++i) {
    const Benefit& benefit = ledger_->benefits()[BenefitRow{version.first_benefit.value() + i}];
    std::vector<uint32_t> terminals;
    ledger_->ForEachTerminal(benefit.terminals,
                             [&](TerminalRow row) { terminals.push_back(row.value()); });
    EXPECT_EQ(terminals, (std::vector<uint32_t>{1, 2, 3}));
    EXPECT_EQ(ledger_->StepsOf(benefit.price)[0].rate, Bps{1'000});
    EXPECT_EQ(benefit.sexes, MaskOf(Sex::kFemale));
    EXPECT_EQ(benefit.layer, 2);
    EXPECT_EQ(benefit.base, StackBase::kRest);
    EXPECT_EQ(benefit.offline, OfflinePolicy::kRefuse);
    EXPECT_EQ(benefit.member_days_min, 90);
    EXPECT_EQ(benefit.segment_days_min, 30);
    EXPECT_EQ(benefit.has_items, i == 0);
    EXPECT_EQ(benefit.has_calendar, i == 0);
    EXPECT_TRUE(benefit.has_terminals);
    EXPECT_TRUE(benefit.has_members);
    EXPECT_TRUE(benefit.combines);
    EXPECT_EQ(benefit.has_stock, benefit.stock != FundRow{});
    EXPECT_EQ(ledger_->ItemsOf(benefit.items_any).size(), i == 0 ? 2U : 0U);
    EXPECT_EQ(ledger_->ItemsOf(benefit.items_none).size(), i == 0 ? 1U : 0U);
    EXPECT_EQ(ledger_->DaysOf(benefit.closed_days).size(), i == 0 ? 1U : 0U);
  }
}

TEST_F(VersionsTest, AListOfMerchantsIsByRow) {
  OwnedProgramme programme = Version(2'000, Stage::kActive);
  std::vector<MerchantId> listed;
  for (const char* id : {"S2", "S3", "S4"}) {
    MerchantRequest merchant;
    merchant.id = CodeOf<MerchantId>(id);
    merchant.union_node = CodeOf<UnionNodeId>("U");
    merchant.mcc = 5411;
    Run(Own(merchant));
    listed.insert(listed.begin(), merchant.id);
  }
  listed.push_back(CodeOf<MerchantId>("S1"));
  programme.benefits[0].merchants = Append(programme.merchants, listed);
  const auto& version = At(Apply(programme));
  std::vector<uint32_t> rows;
  ledger_->ForEachMerchant(ledger_->benefits()[version.first_benefit].merchants,
                           [&](MerchantRow row) { rows.push_back(row.value()); });
  EXPECT_EQ(rows, (std::vector<uint32_t>{1, 2, 3, 4}));
  EXPECT_EQ(Given(), 200);
}

// As long as one that is sorted by digits; the same merchant twice does no harm.
TEST_F(VersionsTest, ALongListOfMerchantsIsByRow) {
  constexpr int kMerchants = 6'000;
  std::vector<MerchantId> listed{CodeOf<MerchantId>("S1")};
  for (int i = 0; i < kMerchants; ++i) {
    MerchantRequest merchant;
    merchant.id = CodeOf<MerchantId>("L" + std::to_string(i));
    merchant.union_node = CodeOf<UnionNodeId>("U");
    merchant.mcc = 5411;
    Run(Own(merchant));
    listed.insert(listed.begin() + static_cast<ptrdiff_t>(listed.size() * 7 / 11), merchant.id);
  }
  listed.push_back(listed[5]);
  OwnedProgramme programme = Version(2'000, Stage::kActive);
  programme.benefits[0].merchants = Append(programme.merchants, listed);
  const auto& version = At(Apply(programme));
  const PoolRange merchants = ledger_->benefits()[version.first_benefit].merchants;
  std::vector<uint32_t> rows;
  ledger_->ForEachMerchant(merchants, [&](MerchantRow row) { rows.push_back(row.value()); });
  std::vector<uint32_t> expected;
  for (const MerchantId& id : listed) {
    expected.push_back(ledger_->FindMerchant(id).value());
  }
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(rows, expected);
  EXPECT_EQ(Given(), 200);

  // One that is not there is told with its place.
  programme.merchants[4'567] = CodeOf<MerchantId>("nobody");
  programme.merchants[5'678] = CodeOf<MerchantId>("nobody");
  programme.spec.content_hash = 1;
  Run(Own(programme));
  ExpectRefused(AdminReason::kUnknownReference, Field::kMerchant);
  EXPECT_EQ(result_.index, 4'567U);
}

// ---- Shadow -------------------------------------------------------------------------------

class ShadowTest : public VersionsTest {
 protected:
  // What the shadow says to a sale of 10 yuan.
  Transaction Shadowed(const Command& command) {
    EXPECT_TRUE(ledger_->IsShadowed(command));
    const uint64_t hash = ledger_->StateHash();
    auto event = std::make_unique<Event>();
    auto result = std::make_unique<Result>();
    ledger_->DecideShadow(command, now_, event.get(), result.get());
    EXPECT_EQ(event->kind, EventKind::kNone);
    EXPECT_EQ(ledger_->StateHash(), hash);
    return result->transaction;
  }
  std::vector<ProgrammeRow> ShadowsOf(const Command& command) {
    const auto versions =
        std::make_unique<std::array<ProgrammeRow, Ledger::kShadowsPerDecisionMax>>();
    const size_t count = ledger_->ShadowsOf(command, *versions);
    return {versions->begin(), versions->begin() + static_cast<ptrdiff_t>(count)};
  }
};

TEST_F(ShadowTest, StandsInPlaceOfTheActiveOne) {
  EXPECT_FALSE(ledger_->IsShadowed(Sale(1, 1'000)));
  const ProgrammeRow two = Apply(Version(7'000, Stage::kShadow));
  EXPECT_EQ(Shadowed(Sale(1, 1'000)).subsidy, Fen{700});
  EXPECT_EQ(ShadowsOf(Sale(1, 1'000)), std::vector{two});
  EXPECT_EQ(Given(), 500);
  // Against what is left: the fund has no 70 % of this.
  EXPECT_EQ(Shadowed(Sale(1, 20'000)).reason, Reason::kBudgetExhausted);
  Ask(two, Stage::kActive);
  EXPECT_FALSE(ledger_->IsShadowed(Sale(1, 1'000)));
  EXPECT_EQ(Given(), 700);
}

TEST_F(ShadowTest, HasASayWhereTheOneThatItReplacesHas) {
  OwnedProgramme elsewhere = Version(7'000, Stage::kShadow);
  elsewhere.benefits[0].mccs = Append<MccRange>(elsewhere.mccs, {{4111, 4111}});
  const ProgrammeRow two = Apply(elsewhere);
  const Transaction transaction = Shadowed(Sale(1, 1'000));
  EXPECT_EQ(transaction.outcome, Outcome::kDeclined);
  EXPECT_EQ(transaction.reason, Reason::kNoApplicableBenefit);
  EXPECT_EQ(ShadowsOf(Sale(1, 1'000)), std::vector{two});
}

TEST_F(ShadowTest, HasNoSayElsewhere) {
  OwnedProgramme other = Version(7'000, Stage::kShadow, "q");
  other.benefits[0].mccs = Append<MccRange>(other.mccs, {{4111, 4111}});
  Apply(other);
  EXPECT_FALSE(ledger_->IsShadowed(Sale(1, 1'000)));
}

TEST_F(ShadowTest, SeveralAreAskedTogetherAndNamedOnce) {
  Apply(Version(1'000, Stage::kActive, "q"));
  const ProgrammeRow p = Apply(Version(2'000, Stage::kShadow));
  OwnedProgramme more = Version(6'000, Stage::kShadow, "q");
  AddPercentOff(&more, "b2", 100, "F");
  const ProgrammeRow q = Apply(more);
  const ProgrammeRow r = Apply(Version(100, Stage::kShadow, "r"));  // never active
  EXPECT_EQ(Shadowed(Sale(1, 1'000)).subsidy, Fen{600});
  EXPECT_EQ(ShadowsOf(Sale(1, 1'000)), (std::vector{p, q, r}));
  // Who asks for one programme is answered by that one.
  Command command = Sale(1, 1'000);
  command.authorize.programme = CodeOf<ProgrammeCode>("r");
  EXPECT_EQ(ShadowsOf(command), std::vector{r});
  EXPECT_EQ(Shadowed(command).subsidy, Fen{10});
  command.authorize.programme = CodeOf<ProgrammeCode>("none");
  EXPECT_TRUE(ShadowsOf(command).empty());
}

TEST_F(ShadowTest, IsNotAskedAboutWhatIsNoAuthorizationOfAMember) {
  Apply(Version(7'000, Stage::kShadow));
  Command command = Sale(1, 1'000);
  command.kind = CommandKind::kQuote;
  EXPECT_FALSE(ledger_->IsShadowed(command));
  command = Sale(1, 1'000);
  command.authorize.card = CardNumber{kCard.value() + 1};
  EXPECT_FALSE(ledger_->IsShadowed(command));
  command = Sale(1, 1'000);
  command.terminal = CodeOf<TerminalId>("T9");
  EXPECT_FALSE(ledger_->IsShadowed(command));
  AdviceRequest advice;
  command = Sale(1, 1'000);
  command.advice = &advice;
  EXPECT_FALSE(ledger_->IsShadowed(command));
}

TEST_F(ShadowTest, LeavesTheDetailsOfTheAnswerAlone) {
  Apply(Version(7'000, Stage::kShadow));
  const OwnedCommand command =
      OwnWithLines(Sale(1, 1'000), {{CodeOf<ItemCode>("A"), Fen{1'000}, 1, 0}});
  Run(command);
  const Fen split = details().lines[0].subsidy;
  EXPECT_EQ(split, Fen{500});
  EXPECT_EQ(Shadowed(commands_.back().command).subsidy, Fen{700});
  EXPECT_EQ(details().lines[0].subsidy, split);
}

// A ledger that is loaded from its pages judges as the one that was there.
TEST_F(ShadowTest, IsThereAfterALoad) {
  Apply(Version(7'000, Stage::kShadow));
  Apply(ScheduledVersion(1'000, After(2), "q"));
  ledger_ = Copy();
  EXPECT_EQ(Shadowed(Sale(1, 1'000)).subsidy, Fen{700});
  EXPECT_EQ(ledger_->next_activation(), After(2));
  EXPECT_EQ(Given(), 500);
}

}  // namespace
}  // namespace gonghui
