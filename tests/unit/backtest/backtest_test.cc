// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/backtest/backtest.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/backtest/recorded_history.h"

namespace gonghui {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Half price at supermarkets, so often a day, from a fund of so many yuan.
std::string Half(int uses_a_day = 10,
                 int budget_yuan = 100'000,
                 const std::string& price = "{percent_off: 50 %}") {
  return "gonghui: 1\n"
         "programme:\n"
         "  code: half\n"
         "  name: Half\n"
         "  zone: Asia/Shanghai\n"
         "  starts: 2026-04-01\n"
         "  until: 2027-01-01\n"
         "funds:\n"
         "  - {code: purse, name: Purse, budget: " +
         std::to_string(budget_yuan) +
         ".00 yuan}\n"
         "limits:\n"
         "  - {code: day, per: person, each: day, uses: " +
         std::to_string(uses_a_day) +
         "}\n"
         "benefits:\n"
         "  - code: food\n"
         "    name: Food\n"
         "    at: {mcc: [5411]}\n"
         "    price: " +
         price +
         "\n"
         "    funding: {fund: purse}\n"
         "    limits: [day]\n";
}

struct Tried {
  absl::StatusOr<BacktestReport> report;
  DraftRefusal refusal;
};

BacktestOptions Days(int first, int end) {
  BacktestOptions options;
  options.from = TimestampNs{May(first).value() - 12 * 3'600 * kNsPerSecond};
  options.to = TimestampNs{May(end).value() - 12 * 3'600 * kNsPerSecond};
  return options;
}

Tried Try(RecordedHistory* history, const std::string& text, const BacktestOptions& options) {
  const CompiledFile file = Compiled(text);
  Tried tried{absl::UnknownError("not run"), {}};
  tried.report =
      BacktestBlocking(history->Committed(), DraftOf(file), options, nullptr, &tried.refusal);
  return tried;
}

void ExpectAllTheSame(const BacktestReport& report) {
  EXPECT_EQ(report.all.same, report.all.decisions);
  EXPECT_EQ(report.all.subsidy_before, report.all.subsidy_after);
  for (const BacktestReport::ReasonPair& pair : report.reasons) {
    EXPECT_EQ(pair.before, pair.after);
  }
  for (const BacktestReport::Benefit& benefit : report.benefits) {
    EXPECT_EQ(benefit.given_before, benefit.given_after);
    EXPECT_EQ(benefit.subsidy_before, benefit.subsidy_after);
  }
  for (const BacktestReport::Limit& limit : report.limits) {
    EXPECT_EQ(limit.refused_before, limit.refused_after);
  }
  for (const BacktestReport::Fund& fund : report.funds) {
    EXPECT_EQ(fund.paid_before, fund.paid_after);
    EXPECT_EQ(fund.held_before, fund.held_after);
    EXPECT_EQ(fund.left_before, fund.left_after);
    EXPECT_EQ(fund.ran_out_before, fund.ran_out_after);
  }
  for (const BacktestReport::FundDay& day : report.fund_days) {
    EXPECT_EQ(day.paid_before, day.paid_after);
    EXPECT_EQ(day.left_before, day.left_after);
  }
  EXPECT_EQ(report.followups_refused, 0u);
  EXPECT_EQ(report.originals_gone, 0u);
  EXPECT_EQ(report.changes_refused, 0u);
  EXPECT_EQ(report.undecided, 0u);
}

TEST(Backtest, OfWhatIsLiveFindsEverythingTheSame) {
  RecordedHistory history;
  history.Apply(Half(2), May(1));
  for (int day = 2; day < 6; ++day) {
    for (int i = 0; i < 3; ++i) {  // the third of a day is refused
      history.Sale(1, 1, 1'000, May(day, i));
    }
    const Result hold = history.Sale(2, 2, 3'000, May(day, 10), /*hold=*/true);
    history.Capture(hold, 2, 2'000, May(day, 20));
    history.Refund(hold, 2, 500, May(day, 30));
    history.Sale(3, 2, 700, May(day, 40), /*hold=*/true);  // never captured
    history.ExpireHolds(May(day, 41));
  }
  const Tried tried = Try(&history, Half(2), Days(3, 30));
  ASSERT_TRUE(tried.report.ok()) << tried.report.status();
  ExpectAllTheSame(*tried.report);
  EXPECT_TRUE(tried.report->draft_is_live);
  EXPECT_EQ(tried.report->all.decisions, 15u);
  EXPECT_EQ(tried.report->days.size(), 3u);
  EXPECT_EQ(tried.report->followups, 6u);
}

TEST(Backtest, TellsWhatAnotherPriceCosts) {
  RecordedHistory history;
  history.Apply(Half(), May(1));
  history.Sale(1, 1, 1'000, May(2));
  history.Sale(2, 2, 3'000, May(2, 1));
  history.Sale(1, 2, 500, May(3));
  const Tried tried =
      Try(&history, Half(10, 100'000, "{percent_off: 80 %, at_most: 20.00 yuan}"), Days(2, 4));
  ASSERT_TRUE(tried.report.ok()) << tried.report.status();
  const BacktestReport& report = *tried.report;
  // 500 + 1,500 + 250; 800 + 2,000 (of 2,400) + 400
  EXPECT_EQ(report.all.decisions, 3u);
  EXPECT_EQ(report.all.more, 3u);
  EXPECT_EQ(report.all.subsidy_before, Fen{2'250});
  EXPECT_EQ(report.all.subsidy_after, Fen{3'200});
  EXPECT_EQ(report.members_more, 2u);
  EXPECT_EQ(report.members_gained, 0u);
  ASSERT_EQ(report.days.size(), 2u);
  EXPECT_EQ(report.days[0].day, DayOf({2026, 5, 2}));
  EXPECT_EQ(report.days[0].counts.subsidy_after, Fen{2'800});
  EXPECT_EQ(report.days[1].counts.subsidy_after, Fen{400});
  ASSERT_EQ(report.merchants.size(), 2u);
  EXPECT_EQ(report.merchants[1].id, CodeOf<MerchantId>("S2"));
  EXPECT_EQ(report.merchants[1].counts.subsidy_after, Fen{2'400});
  ASSERT_EQ(report.funds.size(), 1u);
  EXPECT_EQ(report.funds[0].paid_before, Fen{2'250});
  EXPECT_EQ(report.funds[0].paid_after, Fen{3'200});
  EXPECT_EQ(report.funds[0].left_after, Fen{10'000'000 - 3'200});
  ASSERT_EQ(report.fund_days.size(), 2u);
  EXPECT_EQ(report.fund_days[0].left_before, Fen{10'000'000 - 2'000});
  EXPECT_EQ(report.fund_days[1].paid_after, Fen{400});
  ASSERT_EQ(report.benefits.size(), 1u);
  EXPECT_EQ(report.benefits[0].given_after, 3u);
}

TEST(Backtest, ALimitDecidesByWhatTheDraftItselfCounted) {
  RecordedHistory history;
  history.Apply(Half(1), May(1));
  for (int i = 0; i < 4; ++i) {
    history.Sale(1, 1, 1'000, May(2, i));
  }
  // One was approved and three were not; with three a day, three are.
  const Tried tried = Try(&history, Half(3), Days(2, 3));
  ASSERT_TRUE(tried.report.ok()) << tried.report.status();
  EXPECT_EQ(tried.report->all.same, 2u);
  EXPECT_EQ(tried.report->all.gained, 2u);
  EXPECT_EQ(tried.report->members_gained, 1u);
  ASSERT_EQ(tried.report->limits.size(), 1u);
  EXPECT_EQ(tried.report->limits[0].refused_before, 3u);
  EXPECT_EQ(tried.report->limits[0].refused_after, 1u);
  ASSERT_EQ(tried.report->reasons.size(), 3u);
  EXPECT_EQ(tried.report->reasons[1].before, Reason::kExceedsFrequencyLimit);
  EXPECT_EQ(tried.report->reasons[1].after, Reason::kNone);
  EXPECT_EQ(tried.report->reasons[1].decisions, 2u);
}

TEST(Backtest, AFundRunsOutWhenTheDraftWouldHaveEmptiedIt) {
  RecordedHistory history;
  history.Apply(Half(), May(1));
  for (int day = 2; day < 7; ++day) {
    history.Sale(1, 1, 10'000, May(day));  // 50 yuan of subsidy
  }
  const Tried tried = Try(&history, Half(10, 120), Days(2, 7));
  ASSERT_TRUE(tried.report.ok()) << tried.report.status();
  EXPECT_EQ(tried.report->all.same, 2u);
  EXPECT_EQ(tried.report->all.lost, 3u);
  EXPECT_EQ(tried.report->members_lost, 1u);
  ASSERT_EQ(tried.report->funds.size(), 1u);
  EXPECT_EQ(tried.report->funds[0].ran_out_before, TimestampNs{});
  EXPECT_EQ(tried.report->funds[0].ran_out_after, May(4));
  EXPECT_EQ(tried.report->funds[0].left_after, Fen{2'000});
  ASSERT_EQ(tried.report->fund_days.size(), 5u);
  EXPECT_EQ(tried.report->fund_days[4].paid_after, Fen{0});
  EXPECT_EQ(tried.report->fund_days[4].left_after, Fen{2'000});
}

// What has no fund and no limit leaves nothing but its name.
TEST(Backtest, ABenefitThatTakesNothingIsCounted) {
  const std::string gift =
      "gonghui: 1\n"
      "programme: {code: gifts, name: Gifts, zone: Asia/Shanghai, starts: 2026-04-01, until: "
      "2027-01-01}\n"
      "benefits:\n"
      "  - {code: enter, name: Enter, at: {mcc: [5411]}, price: {free: true}}\n";
  RecordedHistory history;
  history.Apply(gift, May(1));
  history.Sale(1, 1, 0, May(2));
  history.Sale(1, 1, 0, May(2, 1));
  const Tried tried = Try(&history, gift, Days(2, 3));
  ASSERT_TRUE(tried.report.ok()) << tried.report.status();
  EXPECT_EQ(tried.report->all.same, 2u);
  ASSERT_EQ(tried.report->benefits.size(), 1u);
  EXPECT_EQ(tried.report->benefits[0].given_before, 2u);
  EXPECT_EQ(tried.report->benefits[0].given_after, 2u);
}

TEST(Backtest, WhatFollowsALostAuthorizationIsLostToo) {
  RecordedHistory history;
  history.Apply(Half(), May(1));
  const Result kept = history.Sale(1, 1, 10'000, May(2), /*hold=*/true);
  const Result lost = history.Sale(2, 1, 1'000, May(2, 1), /*hold=*/true);
  history.Capture(lost, 1, 1'000, May(2, 2));
  history.Refund(lost, 1, 1'000, May(2, 3));
  history.Capture(kept, 1, 10'000, May(2, 4));
  const Tried tried =
      Try(&history, Half(10, 100'000, "{percent_off: 50 %, minimum: 50.00 yuan}"), Days(2, 3));
  ASSERT_TRUE(tried.report.ok()) << tried.report.status();
  EXPECT_EQ(tried.report->all.lost, 1u);
  EXPECT_EQ(tried.report->followups, 3u);
  EXPECT_EQ(tried.report->followups_refused, 2u);
  ASSERT_EQ(tried.report->funds.size(), 1u);
  EXPECT_EQ(tried.report->funds[0].paid_before, Fen{5'000});
  EXPECT_EQ(tried.report->funds[0].paid_after, Fen{5'000});
  EXPECT_EQ(tried.report->funds[0].held_after, Fen{0});
}

TEST(Backtest, AGainedHoldCountsAsCaptured) {
  RecordedHistory history;
  history.Apply(Half(10, 100'000, "{percent_off: 50 %, minimum: 50.00 yuan}"), May(1));
  history.Sale(1, 1, 1'000, May(2), /*hold=*/true);
  const Result later = history.Sale(1, 1, 8'000, May(2, 1), /*hold=*/true);
  history.Capture(later, 1, 8'000, May(2, 2));
  const Tried tried = Try(&history, Half(), Days(2, 3));
  ASSERT_TRUE(tried.report.ok()) << tried.report.status();
  EXPECT_EQ(tried.report->all.gained, 1u);
  EXPECT_EQ(tried.report->holds_assumed_captured, 1u);
  EXPECT_EQ(tried.report->funds[0].paid_after, Fen{4'500});
  EXPECT_EQ(tried.report->funds[0].held_after, Fen{0});
}

TEST(Backtest, AnotherProgrammeThatCameMeanwhileIsThere) {
  RecordedHistory history;
  history.Apply(Half(), May(1));
  history.Sale(1, 1, 1'000, May(2));
  std::string other = Half(10, 500, "{percent_off: 90 %}");
  for (size_t at = other.find("half"); at != std::string::npos; at = other.find("half", at)) {
    other.replace(at, 4, "best");
  }
  other.replace(other.find("purse"), 5, "chest");
  other.replace(other.find("fund: purse"), 11, "fund: chest");
  history.Apply(other, May(3));
  history.Sale(1, 1, 1'000, May(3, 1));
  history.Sale(2, 2, 1'000, May(3, 2));
  // The draft brings a fund of its own, so rows are numbered otherwise from then on.
  std::string draft = Half(10, 700, "{percent_off: 60 %}");
  draft.replace(draft.find("purse"), 5, "money");
  draft.replace(draft.find("fund: purse"), 11, "fund: money");
  const Tried tried = Try(&history, draft, Days(2, 4));
  ASSERT_TRUE(tried.report.ok()) << tried.report.status();
  EXPECT_EQ(tried.report->all.more, 1u);
  EXPECT_EQ(tried.report->all.same, 2u);
  EXPECT_EQ(tried.report->changes_refused, 0u);
  ASSERT_EQ(tried.report->funds.size(), 3u);
  std::vector<int64_t> paid;
  for (const BacktestReport::Fund& fund : tried.report->funds) {
    paid.push_back(fund.paid_before.value());
    paid.push_back(fund.paid_after.value());
  }
  EXPECT_THAT(paid, ElementsAre(500, 0, 0, 600, 1'800, 1'800));
}

TEST(Backtest, ChangesOfTheDraftsOwnProgrammeAreReplaced) {
  RecordedHistory history;
  history.Apply(Half(1), May(1));
  history.Sale(1, 1, 1'000, May(2));
  history.Apply(Half(5, 200'000), May(3));
  history.Sale(1, 1, 1'000, May(4));
  history.Sale(1, 1, 1'000, May(4, 1));
  const Tried tried = Try(&history, Half(1), Days(2, 5));
  ASSERT_TRUE(tried.report.ok()) << tried.report.status();
  EXPECT_TRUE(tried.report->draft_is_live);
  EXPECT_EQ(tried.report->changes_replaced, 2u);  // the fund and the programme
  EXPECT_EQ(tried.report->all.same, 2u);
  EXPECT_EQ(tried.report->all.lost, 1u);
}

TEST(Backtest, DatesAreWidenedUnlessTheyAreKept) {
  RecordedHistory history;
  history.Apply(Half(), May(1));
  history.Sale(1, 1, 1'000, May(2));
  std::string draft = Half(10, 100'000, "{percent_off: 60 %}");
  draft.replace(draft.find("2026-04-01"), 10, "2026-07-01");
  BacktestOptions options = Days(2, 3);
  const Tried widened = Try(&history, draft, options);
  ASSERT_TRUE(widened.report.ok()) << widened.report.status();
  EXPECT_TRUE(widened.report->dates_widened);
  EXPECT_EQ(widened.report->all.more, 1u);
  options.widen_dates = false;
  const Tried kept = Try(&history, draft, options);
  ASSERT_TRUE(kept.report.ok()) << kept.report.status();
  EXPECT_FALSE(kept.report->dates_widened);
  EXPECT_EQ(kept.report->all.lost, 1u);
  EXPECT_EQ(kept.report->reasons[0].after, Reason::kProgrammeNotStarted);
}

TEST(Backtest, WhatHasLeftMemoryIsFollowedUp) {
  RecordedHistory history;
  history.Apply(Half(), May(1));
  const Result sale = history.Sale(1, 1, 1'000, May(2));
  for (int i = 1; i < 50; ++i) {
    history.Sale(1 + i % 4, 1 + i % 2, 100 * i, May(3, i));
  }
  // The live ledger lets its oldest go and takes one back; so does the scratch ledger, in its
  // own time.
  ArchivedTransaction left;
  left.transaction =
      history.ledger().transactions()[history.ledger().FindTransaction(sale.transaction_id)];
  left.applied[0] = history.ledger().applied()[left.transaction.first_applied];
  left.uses[0] = history.ledger().uses()[left.transaction.first_use];
  history.Archive(10);
  ASSERT_EQ(history.ledger().FindTransaction(sale.transaction_id), TransactionRow{});
  history.Sale(2, 1, 900, May(4));
  Command thaw;
  thaw.kind = CommandKind::kThaw;
  thaw.thaw = &left;
  history.Run(thaw, May(4, 1));
  ASSERT_EQ(history.Refund(sale, 1, 400, May(4, 2)).transaction.outcome, Outcome::kApproved);
  const Tried tried = Try(&history, Half(), Days(4, 5));
  ASSERT_TRUE(tried.report.ok()) << tried.report.status();
  ExpectAllTheSame(*tried.report);
  EXPECT_EQ(tried.report->funds[0].paid_after, Fen{450 - 200});
  // From a beginning when it was still there.
  const Tried earlier = Try(&history, Half(), Days(3, 5));
  ASSERT_TRUE(earlier.report.ok()) << earlier.report.status();
  ExpectAllTheSame(*earlier.report);
}

TEST(Backtest, KeepsToItsMemoryAndCountsWhatIsGone) {
  RecordedHistory history(4, 2);
  history.Apply(Half(1'000), May(1));
  const Result first = history.Sale(1, 1, 1'000, May(2));
  for (int i = 0; i < 10'000; ++i) {
    history.Sale(1 + i % 4, 1 + i % 2, 100 + i % 900, May(2, 1));
  }
  history.Refund(first, 1, 1'000, May(2, 5));
  BacktestOptions options = Days(2, 3);
  options.scratch.rows_max = 1'000;
  const Tried tried = Try(&history, Half(1'000), options);
  ASSERT_TRUE(tried.report.ok()) << tried.report.status();
  EXPECT_EQ(tried.report->all.same, 10'001u);
  EXPECT_EQ(tried.report->originals_gone, 1u);
  EXPECT_EQ(tried.report->followups_refused, 0u);
}

// Megabytes of rows come and go; what is refunded was not long ago.
TEST(Backtest, MemoryOfWhatHasLeftServesAgain) {
  constexpr int kSales = 150'000;
  RecordedHistory history(40, 2);
  history.Apply(Half(kSales, 1'000'000), May(1));
  for (int i = 0; i < kSales; ++i) {
    const TimestampNs at = May(2, i / 10);
    const Result sale = history.Sale(1 + i % 40, 1 + i % 2, 100 + i % 900, at);
    if (i % 10 == 0) {
      history.Refund(sale, 1 + i % 2, 50, at);
    }
  }
  BacktestOptions options = Days(2, 3);
  options.scratch.rows_max = 20'000;
  const Tried tried = Try(&history, Half(kSales, 1'000'000), options);
  ASSERT_TRUE(tried.report.ok()) << tried.report.status();
  ExpectAllTheSame(*tried.report);
  EXPECT_EQ(tried.report->all.decisions, static_cast<uint64_t>(kSales));
  EXPECT_EQ(tried.report->followups, static_cast<uint64_t>(kSales) / 10);
}

TEST(Backtest, TellsDaysOfEachMerchantWhenAsked) {
  RecordedHistory history;
  history.Apply(Half(), May(1));
  history.Sale(1, 2, 1'000, May(2));
  history.Sale(1, 1, 1'000, May(2, 1));
  history.Sale(1, 1, 1'000, May(3));
  BacktestOptions options = Days(2, 4);
  options.by_merchant_and_day = true;
  const Tried tried = Try(&history, Half(10, 100'000, "{free: true}"), options);
  ASSERT_TRUE(tried.report.ok()) << tried.report.status();
  ASSERT_EQ(tried.report->merchant_days.size(), 3u);
  EXPECT_EQ(tried.report->merchant_days[0].id, CodeOf<MerchantId>("S1"));
  EXPECT_EQ(tried.report->merchant_days[1].id, CodeOf<MerchantId>("S2"));
  EXPECT_EQ(tried.report->merchant_days[2].day, DayOf({2026, 5, 3}));
  EXPECT_EQ(tried.report->merchants[0].counts.decisions, 2u);
}

TEST(Backtest, RefusesWhatCanNotBeTried) {
  RecordedHistory history;
  history.Apply(Half(), May(2));
  history.Sale(1, 1, 1'000, May(3));
  // From after to.
  EXPECT_EQ(Try(&history, Half(), Days(4, 3)).report.status().code(),
            absl::StatusCode::kInvalidArgument);
  // Nothing there: between, and after the end.
  EXPECT_EQ(Try(&history, Half(), Days(10, 12)).report.status().code(),
            absl::StatusCode::kOutOfRange);
  EXPECT_THAT(std::string(Try(&history, Half(), Days(2, 3)).report.status().message()),
              HasSubstr("nothing was decided"));
  // What the draft needs was not there yet, or is not there at all.
  std::string unknown = Half(3);
  unknown.replace(unknown.find("{mcc: [5411]}"), 13, "{merchants: [S9]}");
  const Tried tried = Try(&history, unknown, Days(3, 4));
  EXPECT_EQ(tried.report.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(tried.refusal.kind, CommandKind::kApplyProgramme);
  EXPECT_EQ(tried.refusal.result.field, Field::kMerchant);
  // A budget below what was spent.
  history.Sale(1, 1, 100'000, May(4));
  history.Sale(1, 1, 1'000, May(6));
  const Tried poor = Try(&history, Half(10, 1), Days(6, 7));
  EXPECT_EQ(poor.report.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(poor.refusal.kind, CommandKind::kSetFund);
  EXPECT_EQ(poor.refusal.index, 0u);
}

TEST(Backtest, EndsWhenItIsAskedTo) {
  RecordedHistory history;
  history.Apply(Half(), May(1));
  for (int i = 0; i < 100; ++i) {
    history.Sale(1, 1, 1'000, May(2, i));
  }
  const CompiledFile file = Compiled(Half());
  DraftRefusal refusal;
  int looks = 0;
  const absl::StatusOr<BacktestReport> report = BacktestBlocking(
      history.Committed(),
      DraftOf(file),
      Days(2, 3),
      [&looks](const BacktestProgress& progress) {
        EXPECT_LE(progress.done, progress.total);
        return ++looks < 1;
      },
      &refusal);
  EXPECT_EQ(report.status().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(looks, 1);
}

}  // namespace
}  // namespace gonghui
