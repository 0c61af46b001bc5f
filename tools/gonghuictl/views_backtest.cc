// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Views of a backtest or simulation.

#include "tools/gonghuictl/views_backtest.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "tools/gonghuictl/backtest_words.h"
#include "tools/gonghuictl/view_cells.h"

namespace gonghui::ctl {
namespace {

constexpr size_t kMerchantsShown = 20;

// A fund with the zone in which it is told when it ran out.
struct FundRow {
  v1::BacktestFund fund;
  std::string zone;
};

Cell Amount(const FundRow& row, int64_t amount) {
  return row.fund.asset() == v1::ASSET_THING ? SignedCountCell(amount) : MoneyCell(amount);
}

// The columns of counts, of whatever has them.
template <class Row, size_t kBefore>
constexpr auto WithCounts(const std::array<ViewColumn<Row>, kBefore>& names) {
  using Column = ViewColumn<Row>;
  constexpr std::array kCounts = {
      Column{"decisions",
             "decision_count",
             Align::kRight,
             [](const Row& r) { return CountCell(r.counts().decision_count()); }},
      Column{"same",
             "same_count",
             Align::kRight,
             [](const Row& r) { return CountCell(r.counts().same_count()); },
             Fit::kMinor},
      Column{"gained",
             "gained_count",
             Align::kRight,
             [](const Row& r) { return CountCell(r.counts().gained_count()); }},
      Column{"lost",
             "lost_count",
             Align::kRight,
             [](const Row& r) { return CountCell(r.counts().lost_count()); }},
      Column{"more",
             "more_count",
             Align::kRight,
             [](const Row& r) { return CountCell(r.counts().more_count()); },
             Fit::kMinor},
      Column{"less",
             "less_count",
             Align::kRight,
             [](const Row& r) { return CountCell(r.counts().less_count()); },
             Fit::kMinor},
      Column{"subsidy before",
             "subsidy_before_fen",
             Align::kRight,
             [](const Row& r) { return MoneyCell(r.counts().subsidy_before_fen()); }},
      Column{"subsidy after",
             "subsidy_after_fen",
             Align::kRight,
             [](const Row& r) { return MoneyCell(r.counts().subsidy_after_fen()); }},
  };
  std::array<Column, kBefore + kCounts.size()> all = {};
  for (size_t i = 0; i < kBefore; ++i) {
    all[i] = names[i];
  }
  for (size_t i = 0; i < kCounts.size(); ++i) {
    all[kBefore + i] = kCounts[i];
  }
  return all;
}

using DayColumn = ViewColumn<v1::BacktestDay>;
constexpr std::array kDay = WithCounts(std::array{DayColumn{
    "day", "day", Align::kLeft, [](const v1::BacktestDay& r) { return TextCell(r.day()); }}});

using MerchantColumn = ViewColumn<v1::BacktestMerchant>;
constexpr std::array kMerchant = WithCounts(std::array{
    MerchantColumn{"merchant",
                   "merchant_id",
                   Align::kLeft,
                   [](const v1::BacktestMerchant& r) { return TextCell(r.merchant_id()); }},
    MerchantColumn{"name",
                   "merchant_name",
                   Align::kLeft,
                   [](const v1::BacktestMerchant& r) { return TextCell(r.merchant_name()); },
                   Fit::kCut}});

using MerchantDayColumn = ViewColumn<v1::BacktestMerchantDay>;
constexpr std::array kMerchantDay = WithCounts(std::array{
    MerchantDayColumn{"day",
                      "day",
                      Align::kLeft,
                      [](const v1::BacktestMerchantDay& r) { return TextCell(r.day()); }},
    MerchantDayColumn{
        "merchant", "merchant_id", Align::kLeft, [](const v1::BacktestMerchantDay& r) {
          return TextCell(r.merchant_id());
        }}});

using FundColumn = ViewColumn<FundRow>;
constexpr std::array kFund = {
    FundColumn{"fund",
               "fund_code",
               Align::kLeft,
               [](const FundRow& r) { return TextCell(r.fund.fund_code()); }},
    FundColumn{"paid before",
               "paid_before",
               Align::kRight,
               [](const FundRow& r) { return Amount(r, r.fund.paid_before()); }},
    FundColumn{"paid after",
               "paid_after",
               Align::kRight,
               [](const FundRow& r) { return Amount(r, r.fund.paid_after()); }},
    FundColumn{"left before",
               "left_before",
               Align::kRight,
               [](const FundRow& r) { return Amount(r, r.fund.left_before()); }},
    FundColumn{"left after",
               "left_after",
               Align::kRight,
               [](const FundRow& r) { return Amount(r, r.fund.left_after()); }},
    FundColumn{"ran out before",
               "ran_out_before",
               Align::kLeft,
               [](const FundRow& r) {
                 return TimeCell(r.fund.has_ran_out_before(), r.fund.ran_out_before(), r.zone);
               },
               Fit::kMinor},
    FundColumn{"ran out after",
               "ran_out_after",
               Align::kLeft,
               [](const FundRow& r) {
                 return TimeCell(r.fund.has_ran_out_after(), r.fund.ran_out_after(), r.zone);
               },
               Fit::kMinor},
};

using BenefitColumn = ViewColumn<v1::BacktestBenefit>;
constexpr std::array kBenefit = {
    BenefitColumn{"programme",
                  "programme_code",
                  Align::kLeft,
                  [](const v1::BacktestBenefit& r) { return TextCell(r.programme_code()); }},
    BenefitColumn{"benefit",
                  "benefit_code",
                  Align::kLeft,
                  [](const v1::BacktestBenefit& r) { return TextCell(r.benefit_code()); }},
    BenefitColumn{"given before",
                  "given_before_count",
                  Align::kRight,
                  [](const v1::BacktestBenefit& r) { return CountCell(r.given_before_count()); },
                  Fit::kMinor},
    BenefitColumn{"given after",
                  "given_after_count",
                  Align::kRight,
                  [](const v1::BacktestBenefit& r) { return CountCell(r.given_after_count()); },
                  Fit::kMinor},
    BenefitColumn{"subsidy before",
                  "subsidy_before_fen",
                  Align::kRight,
                  [](const v1::BacktestBenefit& r) { return MoneyCell(r.subsidy_before_fen()); }},
    BenefitColumn{"subsidy after",
                  "subsidy_after_fen",
                  Align::kRight,
                  [](const v1::BacktestBenefit& r) { return MoneyCell(r.subsidy_after_fen()); }},
};

using ReasonColumn = ViewColumn<v1::BacktestReason>;
constexpr std::array kReason = {
    ReasonColumn{"before",
                 "before",
                 Align::kLeft,
                 [](const v1::BacktestReason& r) { return TextCell(AnswerWord(r.before())); },
                 Fit::kWrap},
    ReasonColumn{"after",
                 "after",
                 Align::kLeft,
                 [](const v1::BacktestReason& r) { return TextCell(AnswerWord(r.after())); },
                 Fit::kWrap},
    ReasonColumn{"decisions",
                 "decision_count",
                 Align::kRight,
                 [](const v1::BacktestReason& r) { return CountCell(r.decision_count()); }},
};

using LimitColumn = ViewColumn<v1::BacktestLimit>;
constexpr std::array kLimit = {
    LimitColumn{"programme",
                "programme_code",
                Align::kLeft,
                [](const v1::BacktestLimit& r) { return TextCell(r.programme_code()); }},
    LimitColumn{"limit",
                "limit_code",
                Align::kLeft,
                [](const v1::BacktestLimit& r) { return TextCell(r.limit_code()); }},
    LimitColumn{"refused before",
                "refused_before_count",
                Align::kRight,
                [](const v1::BacktestLimit& r) { return CountCell(r.refused_before_count()); }},
    LimitColumn{"refused after",
                "refused_after_count",
                Align::kRight,
                [](const v1::BacktestLimit& r) { return CountCell(r.refused_after_count()); }},
};

void ShowSummary(const v1::BacktestReport& report, Output* out) {
  const v1::DecisionCounts& all = report.all();
  out->Text(RenderRecord({{"programme", report.programme_code()},
                          {"days", PeriodWords(report).en},
                          {"decisions", FormatCount(all.decision_count())},
                          {"same", FormatCount(all.same_count())},
                          {"gained", FormatCount(all.gained_count())},
                          {"lost", FormatCount(all.lost_count())},
                          {"more subsidy", FormatCount(all.more_count())},
                          {"less subsidy", FormatCount(all.less_count())},
                          {"subsidy before", FormatYuan(all.subsidy_before_fen())},
                          {"subsidy after", FormatYuan(all.subsidy_after_fen())},
                          {"members who gained", FormatCount(report.members_gained_count())},
                          {"members who lost", FormatCount(report.members_lost_count())}},
                         out->colour()));
}

template <class Row, class Rows>
void ShowTable(const char* heading, const Rows& rows, View<Row> view, Output* out) {
  if (!rows.empty()) {
    out->Heading(heading);
    out->TableOf<Row>(rows, view);
  }
}

// Those where most is otherwise.
std::vector<v1::BacktestMerchant> MostChanged(const v1::BacktestReport& report) {
  std::vector<v1::BacktestMerchant> rows(report.merchants().begin(), report.merchants().end());
  const auto changed = [](const v1::BacktestMerchant& row) {
    return row.counts().decision_count() - row.counts().same_count();
  };
  std::stable_sort(rows.begin(), rows.end(), [&](const auto& a, const auto& b) {
    return changed(a) > changed(b);
  });
  rows.resize(std::min(rows.size(), kMerchantsShown));
  return rows;
}

}  // namespace

void ShowBacktest(const v1::BacktestReport& report, Output* out) {
  if (out->is_json()) {
    out->Json(report);
    return;
  }
  if (out->format() == OutputFormat::kCsv) {
    if (report.merchant_days().empty()) {
      out->TableOf<v1::BacktestDay>(report.days(), View<v1::BacktestDay>(kDay));
    } else {
      out->TableOf<v1::BacktestMerchantDay>(report.merchant_days(),
                                            View<v1::BacktestMerchantDay>(kMerchantDay));
    }
    return;
  }
  ShowSummary(report, out);
  ShowTable("By day", report.days(), View<v1::BacktestDay>(kDay), out);
  std::vector<FundRow> funds;
  for (const v1::BacktestFund& fund : report.funds()) {
    funds.push_back({fund, report.zone()});
  }
  ShowTable("Funds and stocks", funds, View<FundRow>(kFund), out);
  ShowTable("By answer", report.reasons(), View<v1::BacktestReason>(kReason), out);
  ShowTable("By benefit", report.benefits(), View<v1::BacktestBenefit>(kBenefit), out);
  ShowTable("Limits that refused", report.limits(), View<v1::BacktestLimit>(kLimit), out);
  ShowTable(report.merchants_size() > static_cast<int>(kMerchantsShown)
                ? "By merchant, the 20 with most changes"
                : "By merchant",
            MostChanged(report),
            View<v1::BacktestMerchant>(kMerchant),
            out);
}

}  // namespace gonghui::ctl
