// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/server/backtest_reply.h"

#include <algorithm>
#include <cstddef>

#include "engine/server/text_codec.h"
#include "engine/server/translate_rows.h"

namespace gonghui {
namespace {

constexpr size_t kRowsPerPart = 1'000;

void ToProto(const DecisionCounts& counts, v1::DecisionCounts* out) {
  out->set_decision_count(counts.decisions);
  out->set_same_count(counts.same);
  out->set_gained_count(counts.gained);
  out->set_lost_count(counts.lost);
  out->set_more_count(counts.more);
  out->set_less_count(counts.less);
  out->set_subsidy_before_fen(counts.subsidy_before.value());
  out->set_subsidy_after_fen(counts.subsidy_after.value());
}

void ToProto(const BacktestReport::Benefit& benefit, v1::BacktestBenefit* out) {
  out->set_programme_code(TextOf(benefit.programme));
  out->set_benefit_code(TextOf(benefit.benefit));
  out->set_given_before_count(benefit.given_before);
  out->set_given_after_count(benefit.given_after);
  out->set_subsidy_before_fen(benefit.subsidy_before.value());
  out->set_subsidy_after_fen(benefit.subsidy_after.value());
}

void ToProto(const BacktestReport::Limit& limit, v1::BacktestLimit* out) {
  out->set_programme_code(TextOf(limit.programme));
  out->set_limit_code(TextOf(limit.limit));
  out->set_refused_before_count(limit.refused_before);
  out->set_refused_after_count(limit.refused_after);
}

void ToProto(const BacktestReport::Fund& fund, v1::BacktestFund* out) {
  out->set_fund_code(TextOf(fund.code));
  out->set_asset(static_cast<v1::Asset>(fund.asset));
  out->set_paid_before(fund.paid_before.value());
  out->set_paid_after(fund.paid_after.value());
  out->set_held_before(fund.held_before.value());
  out->set_held_after(fund.held_after.value());
  out->set_left_before(fund.left_before.value());
  out->set_left_after(fund.left_after.value());
  if (fund.ran_out_before != TimestampNs{}) {
    gonghui::ToProto(fund.ran_out_before, out->mutable_ran_out_before());
  }
  if (fund.ran_out_after != TimestampNs{}) {
    gonghui::ToProto(fund.ran_out_after, out->mutable_ran_out_after());
  }
}

void ToProto(const BacktestReport::FundDay& day, v1::BacktestFundDay* out) {
  out->set_day(DayText(day.day));
  out->set_fund_code(TextOf(day.code));
  out->set_paid_before(day.paid_before.value());
  out->set_paid_after(day.paid_after.value());
  out->set_left_before(day.left_before.value());
  out->set_left_after(day.left_after.value());
}

void FillHead(const BacktestReport& report,
              const ProgrammeSpec& programme,
              v1::BacktestReport* out) {
  out->set_programme_code(TextOf(programme.code));
  std::string zone = TextOf(programme.calendar.zone);
  std::replace(zone.begin(), zone.end(), ':', '/');
  out->set_zone(zone);
  gonghui::ToProto(report.from, out->mutable_from());
  gonghui::ToProto(report.to, out->mutable_to());
  gonghui::ToProto(report.last_decided_at, out->mutable_last_decided_at());
  ToProto(report.all, out->mutable_all());
  out->set_members_gained_count(report.members_gained);
  out->set_members_lost_count(report.members_lost);
  out->set_members_more_count(report.members_more);
  out->set_members_less_count(report.members_less);
  v1::BacktestCaveats* const caveats = out->mutable_caveats();
  caveats->set_draft_is_live(report.draft_is_live);
  caveats->set_dates_widened(report.dates_widened);
  caveats->set_followup_count(report.followups);
  caveats->set_followup_refused_count(report.followups_refused);
  caveats->set_original_gone_count(report.originals_gone);
  caveats->set_hold_assumed_captured_count(report.holds_assumed_captured);
  caveats->set_change_replaced_count(report.changes_replaced);
  caveats->set_change_refused_count(report.changes_refused);
  caveats->set_undecided_count(report.undecided);
  caveats->set_other_rules_count(report.events_of_other_rules);
  caveats->set_merchant_days_cut(report.merchant_days_cut);
  if (report.is_simulated) {
    caveats->add_unplayed(v1::UNPLAYED_CODE);
    caveats->add_unplayed(v1::UNPLAYED_APPOINTMENT);
    caveats->add_unplayed(v1::UNPLAYED_CLAIM);
    if (!report.goods_benefits.empty()) {
      caveats->add_unplayed(v1::UNPLAYED_GOODS);
    }
    for (const BacktestReport::BenefitName& benefit : report.goods_benefits) {
      v1::UnplayedBenefit* const out_benefit = caveats->add_unplayed_goods_benefits();
      out_benefit->set_programme_code(TextOf(benefit.programme));
      out_benefit->set_benefit_code(TextOf(benefit.benefit));
    }
  }
  caveats->set_unplayed_count(report.unplayed);
}

// Hands a part over when it is full.
class Parts {
 public:
  explicit Parts(const std::function<bool(const v1::BacktestReport&)>& write) : write_(write) {}

  v1::BacktestReport& part() { return part_; }

  template <class Rows, class Fill>
  bool AddAll(const Rows& rows, const Fill& fill) {
    for (size_t i = 0; i < rows.size(); ++i) {
      fill(rows[i], i, &part_);
      if (++rows_ == kRowsPerPart && !Flush()) {
        return false;
      }
    }
    return true;
  }

  bool Flush() {
    const bool goes_on = write_(part_);
    part_.Clear();
    rows_ = 0;
    return goes_on;
  }

 private:
  const std::function<bool(const v1::BacktestReport&)>& write_;
  v1::BacktestReport part_;
  size_t rows_ = 0;
};

}  // namespace

bool WriteReport(const BacktestReport& report,
                 const ProgrammeSpec& programme,
                 const std::vector<std::string>& merchant_names,
                 const std::function<bool(const v1::BacktestReport& part)>& write) {
  Parts parts(write);
  FillHead(report, programme, &parts.part());
  return parts.AddAll(report.days, [](const auto& row, size_t, v1::BacktestReport* part) {
    v1::BacktestDay* const out = part->add_days();
    out->set_day(DayText(row.day));
    ToProto(row.counts, out->mutable_counts());
  }) && parts.AddAll(report.merchants, [&](const auto& row, size_t i, v1::BacktestReport* part) {
    v1::BacktestMerchant* const out = part->add_merchants();
    out->set_merchant_id(TextOf(row.id));
    out->set_merchant_name(merchant_names[i]);
    ToProto(row.counts, out->mutable_counts());
  }) && parts.AddAll(report.benefits, [](const auto& row, size_t, v1::BacktestReport* part) {
    ToProto(row, part->add_benefits());
  }) && parts.AddAll(report.reasons, [](const auto& row, size_t, v1::BacktestReport* part) {
    v1::BacktestReason* const out = part->add_reasons();
    out->set_before(static_cast<v1::Reason>(row.before));
    out->set_after(static_cast<v1::Reason>(row.after));
    out->set_decision_count(row.decisions);
  }) && parts.AddAll(report.limits, [](const auto& row, size_t, v1::BacktestReport* part) {
    ToProto(row, part->add_limits());
  }) && parts.AddAll(report.funds, [](const auto& row, size_t, v1::BacktestReport* part) {
    ToProto(row, part->add_funds());
  }) && parts.AddAll(report.fund_days, [](const auto& row, size_t, v1::BacktestReport* part) {
    ToProto(row, part->add_fund_days());
  }) && parts.AddAll(report.merchant_days, [](const auto& row, size_t, v1::BacktestReport* part) {
    v1::BacktestMerchantDay* const out = part->add_merchant_days();
    out->set_day(DayText(row.day));
    out->set_merchant_id(TextOf(row.id));
    ToProto(row.counts, out->mutable_counts());
  }) && parts.Flush();
}

void ToProto(const BacktestProgress& progress, v1::BacktestProgress* out) {
  switch (progress.step) {
    case BacktestProgress::Step::kReplay:
      out->set_step(v1::BacktestProgress::STEP_REPLAY);
      break;
    case BacktestProgress::Step::kDecide:
      out->set_step(v1::BacktestProgress::STEP_DECIDE);
      break;
    case BacktestProgress::Step::kBaseline:
      out->set_step(v1::BacktestProgress::STEP_BASELINE);
      break;
  }
  out->set_done_count(progress.done);
  out->set_total_count(progress.total);
}

}  // namespace gonghui
