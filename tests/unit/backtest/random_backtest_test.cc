// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Random histories (tests/model/random_commands.h), backtested under a draft that can not
// apply to anything but moves every row and sequence that follows: not one answer may
// change.

#include <cstdint>
#include <string>

#include <gtest/gtest.h>

#include "engine/backtest/backtest.h"
#include "engine/durability/memory_journal.h"
#include "engine/pipeline/group_commit.h"
#include "tests/model/ledger_pair.h"
#include "tests/properties/random_run.h"
#include "tests/testing/names.h"
#include "tests/unit/backtest/recorded_history.h"

namespace gonghui {
namespace {

constexpr int kCommands = 1'500;
constexpr uint64_t kSeeds = 12;

// The run's events as blocks of a journal, and the time of the middle one.
void Record(const RandomRun& run, MemoryJournal* journal, TimestampNs* middle) {
  const uint16_t shard = run.ledger().shard();
  const uint64_t epoch = *journal->Acquire(shard);
  Committer committer(*journal, BlockHash{});
  const std::unique_ptr<Ledger> ledger = MakeSmallLedger();
  Block block;
  block.Reset(1);
  size_t i = 0;
  for (const Step& step : run.steps()) {
    if (step.event.kind != EventKind::kNone) {
      Event event = step.event;
      event.command = &step.command.command;
      block.Add(event);
      ledger->Evolve(event);
    }
    const bool last = ++i == run.steps().size();
    if (i <= run.steps().size() / 2) {
      *middle = step.now;
    }
    if (block.has_events() && (last || block.header().event_count == 97)) {
      block.Close(shard, epoch, ledger->StateHash());
      std::string why;
      ASSERT_TRUE(committer.CommitBlocking(block, &why)) << why;
      committer.Chain(block);
      block.Reset(block.next_seq());
    }
  }
}

class RandomBacktest : public ::testing::TestWithParam<uint64_t> {};

TEST_P(RandomBacktest, OfADraftThatAppliesToNothingChangesNothing) {
  const uint64_t seed = GetParam();
  SCOPED_TRACE("seed " + std::to_string(seed) +
               "; replay: random_backtest_test --gtest_filter='*/" + std::to_string(seed - 1) +
               "'");
  const RandomRun run(seed, kCommands, [](const Ledger&, const Step&) { return std::string(); });
  ASSERT_EQ(run.problem(), "");
  MemoryJournal journal;
  BacktestOptions options;
  Record(run, &journal, &options.from);
  options.to = kTimestampMax;
  options.scratch.shard = run.ledger().shard();
  options.scratch.limits = LedgerPair::SmallLimits();
  options.widen_dates = false;

  OwnedProgramme programme;
  programme.spec.code = CodeOf<ProgrammeCode>("nobodys");
  programme.spec.calendar = TestCalendar("Asia:Shanghai");
  programme.spec.starts_at = TimestampNs{kTimestampNsMin};
  programme.spec.ends_at = TimestampNs{kTimestampNsMax};
  programme.spec.content_hash = 1;
  BenefitSpec& benefit = programme.benefits.emplace_back();
  benefit.code = CodeOf<BenefitCode>("nothing");
  benefit.price.kind = PriceKind::kFree;
  benefit.mccs = Append(programme.mccs, {{kMccMax, kMccMax}});  // nobody is of this one
  benefit.starts_at = programme.spec.starts_at;
  benefit.ends_at = programme.spec.ends_at;
  Draft draft;
  draft.programme = programme.Image();

  DraftRefusal refusal;
  const absl::StatusOr<BacktestReport> report =
      BacktestBlocking(journal, draft, options, nullptr, &refusal);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_GT(report->all.decisions, 0u);
  EXPECT_EQ(report->all.same, report->all.decisions);
  for (const BacktestReport::ReasonPair& pair : report->reasons) {
    EXPECT_EQ(pair.before, pair.after) << pair.decisions;
  }
  for (const BacktestReport::Fund& fund : report->funds) {
    EXPECT_EQ(fund.paid_before, fund.paid_after) << TextOf(fund.code);
    EXPECT_EQ(fund.held_before, fund.held_after) << TextOf(fund.code);
    EXPECT_EQ(fund.left_before, fund.left_after) << TextOf(fund.code);
    EXPECT_EQ(fund.ran_out_before, fund.ran_out_after) << TextOf(fund.code);
  }
  for (const BacktestReport::Benefit& one : report->benefits) {
    EXPECT_EQ(one.given_before, one.given_after) << TextOf(one.benefit);
    EXPECT_EQ(one.subsidy_before, one.subsidy_after) << TextOf(one.benefit);
  }
  for (const BacktestReport::Limit& limit : report->limits) {
    EXPECT_EQ(limit.refused_before, limit.refused_after) << TextOf(limit.limit);
  }
  EXPECT_EQ(report->followups_refused, 0u);
  EXPECT_EQ(report->originals_gone, 0u);
  EXPECT_EQ(report->changes_refused, 0u);
  EXPECT_EQ(report->undecided, 0u);
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomBacktest, ::testing::Range(uint64_t{1}, kSeeds + 1));

}  // namespace
}  // namespace gonghui
