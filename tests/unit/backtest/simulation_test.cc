// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/backtest/simulation.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/programmes/reader.h"
#include "tests/unit/backtest/recorded_history.h"

namespace gonghui {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string Percent(int percent, int budget_yuan = 1'000'000) {
  return "gonghui: 1\n"
         "programme:\n"
         "  code: half\n"
         "  name: Half\n"
         "  zone: Asia/Shanghai\n"
         "  day_starts_at: '04:00'\n"
         "  starts: 2026-04-01\n"
         "  until: 2027-01-01\n"
         "funds:\n"
         "  - {code: purse, name: Purse, budget: " +
         std::to_string(budget_yuan) +
         ".00 yuan}\n"
         "benefits:\n"
         "  - code: food\n"
         "    name: Food\n"
         "    at: {mcc: [5411]}\n"
         "    price: {percent_off: " +
         std::to_string(percent) +
         " %}\n"
         "    funding: {fund: purse}\n";
}

absl::StatusOr<BacktestReport> Try(RecordedHistory* history,
                                   const std::string& text,
                                   const SimulationOptions& options) {
  const CompiledFile file = Compiled(text);
  DraftRefusal refusal;
  return SimulateBlocking(history->Committed(), DraftOf(file), options, nullptr, &refusal);
}

SimulationOptions Lively() {
  SimulationOptions options;
  options.days = 3;
  options.profile.seed = 7;
  options.profile.visits_per_thousand = 5'000;
  options.profile.places = {{{5'411, 5'411}, 1, Fen{1'000}, Fen{2'000}}};
  options.profile.hours[2] = 1;  // of the business day before
  options.profile.hours[8] = 2;
  options.profile.hours[18] = 7;
  return options;
}

TEST(Simulation, ComparesTheDraftWithWhatIsLive) {
  RecordedHistory history(100, 5);
  history.Apply(Percent(50), May(1));
  const absl::StatusOr<BacktestReport> report = Try(&history, Percent(60), Lively());
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->all.decisions, 1'500u);
  EXPECT_EQ(report->all.more, 1'500u);
  ASSERT_EQ(report->days.size(), 3u);
  EXPECT_EQ(report->days[0].day, DayOf({2026, 5, 2}));
  EXPECT_EQ(report->days[2].counts.decisions, 500u);
  EXPECT_GT(report->all.subsidy_before, Fen{1'500 * 500});
  EXPECT_LT(report->all.subsidy_before, Fen{1'500 * 1'000});
  // The same visits, so the same prices, but for the rounding of each.
  EXPECT_NEAR(static_cast<double>(report->all.subsidy_after.value()),
              static_cast<double>(report->all.subsidy_before.value()) * 1.2,
              1'500);
  ASSERT_EQ(report->funds.size(), 1u);
  EXPECT_EQ(report->funds[0].paid_before, report->all.subsidy_before);
  EXPECT_EQ(report->funds[0].paid_after, report->all.subsidy_after);
}

TEST(Simulation, IsTheSameForTheSameSeedAndAnotherForAnother) {
  RecordedHistory history(50, 5);
  history.Apply(Percent(50), May(1));
  SimulationOptions options = Lively();
  const absl::StatusOr<BacktestReport> one = Try(&history, Percent(60), options);
  const absl::StatusOr<BacktestReport> two = Try(&history, Percent(60), options);
  ASSERT_TRUE(one.ok() && two.ok());
  EXPECT_EQ(one->all, two->all);
  options.profile.seed = 8;
  const absl::StatusOr<BacktestReport> other = Try(&history, Percent(60), options);
  ASSERT_TRUE(other.ok());
  EXPECT_NE(one->all.subsidy_after, other->all.subsidy_after);
}

TEST(Simulation, OfWhatIsLiveFindsEverythingTheSame) {
  RecordedHistory history(50, 5);
  history.Apply(Percent(50, 100), May(1));  // soon spent
  const absl::StatusOr<BacktestReport> report = Try(&history, Percent(50, 100), Lively());
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_TRUE(report->draft_is_live);
  EXPECT_EQ(report->all.same, report->all.decisions);
  ASSERT_EQ(report->funds.size(), 1u);
  EXPECT_EQ(report->funds[0].paid_before, report->funds[0].paid_after);
  EXPECT_NE(report->funds[0].ran_out_after, TimestampNs{});
  EXPECT_EQ(report->funds[0].ran_out_before, report->funds[0].ran_out_after);
}

TEST(Simulation, ANewProgrammeGivesWhereNothingWas) {
  RecordedHistory history(20, 2);
  const absl::StatusOr<BacktestReport> report = Try(&history, Percent(50), Lively());
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->all.gained, report->all.decisions);
  EXPECT_EQ(report->members_gained, 20u);
}

TEST(Simulation, RepeatsARecordedDay) {
  RecordedHistory history(4, 2);
  history.Apply(Percent(50), May(1));
  history.Sale(1, 1, 1'000, May(2));
  const Result hold = history.Sale(2, 2, 3'000, May(2, 1), /*hold=*/true);
  history.Capture(hold, 2, 2'000, May(2, 2));
  const Result undone = history.Sale(3, 2, 5'000, May(2, 3));
  history.Reverse(undone, 2, May(2, 4));
  history.Sale(1, 1, 9'000, May(3));  // another day's
  SimulationOptions options;
  options.days = 2;
  options.like = DayOf({2026, 5, 2});
  const absl::StatusOr<BacktestReport> report = Try(&history, Percent(100), options);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->all.decisions, 4u);
  EXPECT_EQ(report->all.subsidy_before, Fen{2 * (500 + 1'500)});
  EXPECT_EQ(report->funds[0].paid_before, Fen{2 * (500 + 1'000)});
  EXPECT_EQ(report->funds[0].paid_after, Fen{2 * (1'000 + 2'000)});
  options.like = DayOf({2026, 6, 2});
  EXPECT_EQ(Try(&history, Percent(100), options).status().code(), absl::StatusCode::kOutOfRange);
}

// Three benefits, of which two are for goods, and one of these in two cases.
std::string Goods(const std::string& code, const std::string& until = "2027-01-01") {
  return "gonghui: 1\n"
         "programme: {code: " +
         code +
         ", name: Goods, zone: Asia/Shanghai, starts: 2026-04-01, until: 2027-01-01}\n"
         "benefits:\n"
         "  - code: all\n"
         "    name: All\n"
         "    at: {mcc: [5412]}\n"
         "    price: {percent_off: 10}\n"
         "    funding: {fund: purse}\n"
         "  - code: milk\n"
         "    name: Milk\n"
         "    at: {mcc: [5411], items: {any_of: [milk]}}\n"
         "    when: {until: " +
         until +
         "}\n"
         "    price_by:\n"
         "      - {sex: female, price: {percent_off: 50}}\n"
         "      - {price: {percent_off: 10}}\n"
         "    funding: {fund: purse}\n"
         "  - code: cheapest\n"
         "    name: Cheapest\n"
         "    at: {mcc: [5411], items: {pieces_at_most: 1}}\n"
         "    price: {percent_off: 50}\n"
         "    funding: {fund: purse}\n";
}

std::vector<std::string> GoodsBenefits(const BacktestReport& report) {
  std::vector<std::string> names;
  for (const BacktestReport::BenefitName& name : report.goods_benefits) {
    names.push_back(CodeString(name.programme) + "/" + CodeString(name.benefit));
  }
  return names;
}

TEST(Simulation, NamesTheBenefitsForGoodsWhichNoMadeUpVisitHas) {
  RecordedHistory history(20, 2);
  history.Apply(Percent(50), May(1));
  history.Apply(Goods("live"), May(1));
  history.Sale(1, 1, 1'000, May(1, 1));
  absl::StatusOr<BacktestReport> report = Try(&history, Percent(60), Lively());
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_THAT(GoodsBenefits(*report), ElementsAre("live/milk", "live/cheapest"));
  // The draft's first; what is over on those days is not what they leave out.
  SimulationOptions options = Lively();
  options.widen_dates = false;
  report = Try(&history, Goods("draft", "2026-05-02"), options);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->all.gained, 0u);
  EXPECT_THAT(GoodsBenefits(*report), ElementsAre("draft/cheapest", "live/milk", "live/cheapest"));
  // Instead of the version that is live.
  report = Try(&history, Goods("live", "2026-05-02"), options);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_THAT(GoodsBenefits(*report), ElementsAre("live/cheapest"));
  // A recorded day has what was bought.
  options.like = DayOf({2026, 5, 1});
  report = Try(&history, Goods("draft"), options);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_TRUE(report->is_simulated);
  EXPECT_THAT(GoodsBenefits(*report), IsEmpty());
}

TEST(Simulation, SaysWhatIsMissing) {
  RecordedHistory history(10, 1);
  history.Apply(Percent(50), May(1));
  const auto refused = [&history](const SimulationOptions& options) {
    const absl::StatusOr<BacktestReport> report = Try(&history, Percent(60), options);
    EXPECT_EQ(report.status().code(), absl::StatusCode::kInvalidArgument);
    return std::string(report.status().message());
  };
  SimulationOptions options = Lively();
  options.days = 0;
  EXPECT_THAT(refused(options), HasSubstr("1 to 366 days"));
  options = Lively();
  options.first_day = DayOf({2026, 5, 1});
  EXPECT_THAT(refused(options), HasSubstr("has begun"));
  options = Lively();
  options.profile.places[0].mccs = {4'111, 4'111};
  EXPECT_THAT(refused(options), HasSubstr("4111"));
  options = Lively();
  options.profile.visits_per_thousand = 1;
  EXPECT_THAT(refused(options), HasSubstr("not one visit"));
  RecordedHistory empty(0, 1);
  EXPECT_THAT(std::string(Try(&empty, Percent(60), Lively()).status().message()),
              HasSubstr("no member"));
}

}  // namespace
}  // namespace gonghui
