// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/backtest/tally.h"

#include <algorithm>
#include <span>
#include <utility>

#include "engine/base/check.h"

namespace gonghui {
namespace {

// Distinct reasons that can be told apart; there are fewer.
constexpr size_t kReasonPlaces = 128;
// Rows of merchants by day; beyond it the report says that it is cut.
constexpr size_t kMerchantDaysMax = 2'000'000;

enum MemberBit : uint8_t {
  kGainedBit = 1 << 0,
  kLostBit = 1 << 1,
  kMoreBit = 1 << 2,
  kLessBit = 1 << 3,
};

}  // namespace

Verdicts VerdictsOf(const Transaction& transaction) {
  return {transaction.merchant,
          transaction.member,
          transaction.subsidy,
          transaction.reason,
          transaction.outcome};
}

Tally::Tally(const Calendar& calendar, bool by_merchant_and_day)
    : calendar_(calendar),
      by_merchant_and_day_(by_merchant_and_day),
      reason_pairs_(kReasonPlaces * kReasonPlaces) {}

void Tally::Begin(Side side, const Ledger& ledger) {
  Refresh(side, ledger);
  OneSide& own = of(side);
  for (uint32_t i = 1; i <= ledger.funds().size(); ++i) {
    const Fund& fund = ledger.funds()[FundRow{i}];
    FundState& state = own.funds[own.names.fund(FundRow{i})];
    state.budget = fund.budget;
    state.contributed = fund.contributed;
    state.contributed_at_first = fund.contributed;
    state.held = fund.held;
    state.spent = fund.spent;
    state.taken_at_first = fund.held + fund.spent;
  }
}

void Tally::Refresh(Side side, const Ledger& ledger) {
  OneSide& own = of(side);
  own.names.AddRowsOf(ledger);
  Grow(own);
  merchants_.resize(std::max<size_t>(merchants_.size(), ledger.merchants().size() + 1));
  if (by_merchant_and_day_) {
    merchants_today_.resize(merchants_.size());
  }
  members_.resize(std::max<size_t>(members_.size(), ledger.members().size() + 1));
}

void Tally::RefreshBudgets(Side side, const Ledger& ledger) {
  OneSide& own = of(side);
  for (uint32_t i = 1; i <= ledger.funds().size(); ++i) {
    own.funds[own.names.fund(FundRow{i})].budget = ledger.funds()[FundRow{i}].budget;
  }
}

void Tally::Refresh(Side side, const Event& recorded) {
  OneSide& own = of(side);
  own.names.AddRowsOf(recorded);
  Grow(own);
  if (recorded.kind == EventKind::kFundSet && !recorded.command->fund->keep.budget) {
    own.funds[own.names.fund(FundRow{recorded.row})].budget = recorded.command->fund->budget;
  }
}

void Tally::Contribute(Side side, const FundCode& fund, Fen amount, TimestampNs at) {
  OneSide& own = of(side);
  if (!own.today.Holds(at)) {
    EnterDay(own, at);
  }
  const NameKey key = names_.KeyOf(fund, Asset::kMoney);
  Grow(own);
  own.funds[key].contributed += amount;
  MarkMoved(own, key);
}

// Names may have come from the other side.
void Tally::Grow(OneSide& side) {
  side.funds.resize(names_.funds().size());
  side.benefits.resize(names_.benefits().size());
  side.limits_refused.resize(names_.limits().size());
}

// ---- One side --------------------------------------------------------------------

void Tally::EnterDay(OneSide& side, TimestampNs at) {
  side.today = MomentOf(calendar_, at);
  if (side.has_day && side.day != side.today.day) {
    CloseFunds(side);
  }
  side.day = side.today.day;
  side.has_day = true;
}

void Tally::CloseFunds(OneSide& side) {
  for (const NameKey key : side.moved) {
    FundState& fund = side.funds[key];
    side.fund_days.push_back({side.day, key, fund.paid_today, fund.left()});
    fund.paid_today = Fen{0};
    fund.moved_today = false;
  }
  side.moved.clear();
}

void Tally::Count(Side side, const Event& event) {
  OneSide& own = of(side);
  if (!own.today.Holds(event.at)) [[unlikely]] {
    EnterDay(own, event.at);
  }
  if (event.share_count != 0) {
    CountShares(own, event);
  }
  if (event.kind == EventKind::kAuthorized) {
    CountAuthorization(own, event);
  }
}

void Tally::CountShares(OneSide& side, const Event& event) {
  for (uint32_t i = 0; i < event.share_count; ++i) {
    const ShareDelta& share = event.shares[i];
    const NameKey key = side.names.fund(share.fund);
    FundState& fund = side.funds[key];
    const Fen paid = share.spent_delta + share.overrun_delta;
    fund.held += share.held_delta;
    fund.spent += share.spent_delta;
    fund.paid += paid;
    fund.paid_today += paid;
    MarkMoved(side, key);
  }
}

void Tally::MarkMoved(OneSide& side, NameKey fund) {
  if (!side.funds[fund].moved_today) {
    side.funds[fund].moved_today = true;
    side.moved.push_back(fund);
  }
}

void Tally::CountAuthorization(OneSide& side, const Event& event) {
  const Transaction& transaction = event.transaction;
  if (transaction.outcome == Outcome::kDeclined) {
    if (transaction.failed_limit() != LimitRow{}) {
      ++side.limits_refused[side.names.limit(transaction.failed_limit())];
    }
    const bool ran_out = transaction.reason == Reason::kBudgetExhausted ||
                         transaction.reason == Reason::kQuotaExhausted;
    if (ran_out && transaction.failed_fund() != FundRow{}) {
      TimestampNs& first = side.funds[side.names.fund(transaction.failed_fund())].ran_out;
      first = first == TimestampNs{} ? event.at : first;
    }
    return;
  }
  // A benefit's shares stand together.
  BenefitRow last;
  for (uint32_t i = 0; i < event.share_count; ++i) {
    const ShareDelta& share = event.shares[i];
    BenefitState& benefit = side.benefits[side.names.benefit(share.benefit)];
    benefit.given += share.benefit != last ? 1U : 0U;
    last = share.benefit;
    if (names_.funds()[side.names.fund(share.fund)].asset == Asset::kMoney) {
      benefit.subsidy += share.held_delta + share.spent_delta + share.overrun_delta;
    }
  }
  // One that no fund pays, of several, or that is not even counted.
  const BenefitRow alone = transaction.benefit_without_share();
  if (alone != BenefitRow{} && (event.share_count != 0 || event.use_count == 0)) {
    ++side.benefits[side.names.benefit(alone)].given;
  }
  if (event.share_count != 0) {
    return;
  }
  for (uint32_t i = 0; i < event.use_count; ++i) {  // what costs nothing is counted all the same
    side.benefits[side.names.benefit(event.uses[i].benefit)].given +=
        event.uses[i].benefit != last ? 1U : 0U;
    last = event.uses[i].benefit;
  }
}

// ---- The comparison ----------------------------------------------------------------

void Tally::Compare(const Verdicts& before, const Verdicts& after, TimestampNs at) {
  if (!today_.Holds(at)) [[unlikely]] {
    const CivilDay last = today_.day;
    const bool first = report_.days.empty();
    today_ = MomentOf(calendar_, at);
    if (first || today_.day != last) {
      CloseMerchantDay();
      report_.days.push_back({today_.day, {}});
    }
  }
  DecisionCounts counts;
  counts.decisions = 1;
  counts.subsidy_before = before.approved() ? before.subsidy : Fen{0};
  counts.subsidy_after = after.approved() ? after.subsidy : Fen{0};
  uint8_t bit = 0;
  if (before.approved() != after.approved()) {
    (after.approved() ? counts.gained : counts.lost) = 1;
    bit = after.approved() ? kGainedBit : kLostBit;
  } else if (before.approved() && before.subsidy != after.subsidy) {
    (after.subsidy > before.subsidy ? counts.more : counts.less) = 1;
    bit = after.subsidy > before.subsidy ? kMoreBit : kLessBit;
  } else {
    counts.same = 1;
  }
  report_.days.back().counts.Add(counts);
  CountMerchant(before, after, counts);
  if (bit != 0) {
    const size_t member = (after.member != MemberRow{} ? after.member : before.member).value();
    members_[member < members_.size() ? member : 0] |= bit;
  }
  ++reason_pairs_[PlaceOf(before) * kReasonPlaces + PlaceOf(after)];
  report_.last_decided_at = at;
}

void Tally::CountMerchant(const Verdicts& before,
                          const Verdicts& after,
                          const DecisionCounts& counts) {
  MerchantRow merchant = after.merchant != MerchantRow{} ? after.merchant : before.merchant;
  if (merchant.value() >= merchants_.size()) {
    merchant = MerchantRow{};  // one that the ledger refused to have
  }
  DecisionCounts& found = (by_merchant_and_day_ ? merchants_today_ : merchants_)[merchant.value()];
  if (by_merchant_and_day_ && found.decisions == 0) {
    merchants_of_today_.push_back(merchant);
  }
  found.Add(counts);
}

size_t Tally::PlaceOf(const Verdicts& verdicts) {
  const size_t reason =
      verdicts.approved() ? 0 : std::min(static_cast<size_t>(verdicts.reason), kReasonsMax - 1);
  uint8_t& place = reason_places_[reason];
  if (place == 0) [[unlikely]] {
    GH_CHECK(reasons_.size() < kReasonPlaces, "reasons=", reasons_.size());
    reasons_.push_back(static_cast<Reason>(reason));
    place = static_cast<uint8_t>(reasons_.size());
  }
  return place - 1u;
}

void Tally::CloseMerchantDay() {
  std::sort(merchants_of_today_.begin(), merchants_of_today_.end());
  for (const MerchantRow row : merchants_of_today_) {
    DecisionCounts& counts = merchants_today_[row.value()];
    merchants_[row.value()].Add(counts);
    if (merchant_days_.size() < kMerchantDaysMax) {
      merchant_days_.push_back({report_.days.back().day, {row, counts}});
    } else {
      report_.merchant_days_cut = true;
    }
    counts = DecisionCounts{};
  }
  merchants_of_today_.clear();
}

// ---- The report ----------------------------------------------------------------------

BacktestReport Tally::Finish(const Ledger& ledger) {
  CloseMerchantDay();
  Grow(before_);
  Grow(after_);
  for (const BacktestReport::Day& day : report_.days) {
    report_.all.Add(day.counts);
  }
  const auto id_of = [&ledger](uint32_t row) {
    return row == 0 || row > ledger.merchants().size() ? MerchantId{}
                                                       : ledger.merchants()[MerchantRow{row}].id;
  };
  for (uint32_t row = 0; row < merchants_.size(); ++row) {
    if (merchants_[row].decisions != 0) {
      report_.merchants.push_back({id_of(row), merchants_[row]});
    }
  }
  for (const auto& [day, row] : merchant_days_) {
    report_.merchant_days.push_back({day, id_of(row.first.value()), row.second});
  }
  members_[0] = 0;  // of unknown cards
  for (const uint8_t bits : members_) {
    report_.members_gained += (bits & kGainedBit) != 0 ? 1U : 0U;
    report_.members_lost += (bits & kLostBit) != 0 ? 1U : 0U;
    report_.members_more += (bits & kMoreBit) != 0 ? 1U : 0U;
    report_.members_less += (bits & kLessBit) != 0 ? 1U : 0U;
  }
  FinishNamed();
  FinishFunds();
  return std::move(report_);
}

// By benefit, limit and reason.
void Tally::FinishNamed() {
  for (NameKey key = 1; key < names_.benefits().size(); ++key) {
    const BenefitState& before = before_.benefits[key];
    const BenefitState& after = after_.benefits[key];
    if (before.given != 0 || after.given != 0) {
      report_.benefits.push_back({names_.benefits()[key].programme,
                                  names_.benefits()[key].benefit,
                                  before.given,
                                  after.given,
                                  before.subsidy,
                                  after.subsidy});
    }
  }
  for (NameKey key = 1; key < names_.limits().size(); ++key) {
    if (before_.limits_refused[key] != 0 || after_.limits_refused[key] != 0) {
      report_.limits.push_back({names_.limits()[key].programme,
                                names_.limits()[key].limit,
                                before_.limits_refused[key],
                                after_.limits_refused[key]});
    }
  }
  for (size_t i = 0; i < reasons_.size(); ++i) {
    for (size_t j = 0; j < reasons_.size(); ++j) {
      if (reason_pairs_[i * kReasonPlaces + j] != 0) {
        report_.reasons.push_back({reasons_[i], reasons_[j], reason_pairs_[i * kReasonPlaces + j]});
      }
    }
  }
  std::sort(report_.reasons.begin(), report_.reasons.end(), [](const auto& a, const auto& b) {
    return std::pair(a.before, a.after) < std::pair(b.before, b.after);
  });
}

void Tally::FinishFunds() {
  CloseFunds(before_);
  CloseFunds(after_);
  std::vector<bool> shown(names_.funds().size());
  for (OneSide* side : {&before_, &after_}) {
    for (const FundDay& day : side->fund_days) {
      shown[day.fund] = true;
    }
    for (NameKey key = 1; key < side->funds.size(); ++key) {
      shown[key] = shown[key] || side->funds[key].ran_out != TimestampNs{};
    }
    std::sort(
        side->fund_days.begin(), side->fund_days.end(), [](const FundDay& a, const FundDay& b) {
          return std::pair(a.fund, a.day) < std::pair(b.fund, b.day);
        });
  }
  std::span<const FundDay> before_days = before_.fund_days;
  std::span<const FundDay> after_days = after_.fund_days;
  for (NameKey key = 1; key < names_.funds().size(); ++key) {
    if (!shown[key]) {
      continue;
    }
    const FundState& before = before_.funds[key];
    const FundState& after = after_.funds[key];
    report_.funds.push_back({names_.funds()[key].code,
                             names_.funds()[key].asset,
                             before.paid,
                             after.paid,
                             before.held,
                             after.held,
                             before.left(),
                             after.left(),
                             before.ran_out,
                             after.ran_out});
    FinishFundDays(key, &before_days, &after_days);
  }
  std::stable_sort(report_.fund_days.begin(),
                   report_.fund_days.end(),
                   [](const auto& a, const auto& b) { return a.day < b.day; });
}

// Takes the fund's days from the front of both.  On a day that one side alone has, the other
// has left what it had before.
void Tally::FinishFundDays(NameKey key,
                           std::span<const FundDay>* before,
                           std::span<const FundDay>* after) {
  const auto day_of = [key](std::span<const FundDay> days) {
    return !days.empty() && days.front().fund == key ? days.front().day : INT32_MAX;
  };
  Fen left_before = before_.funds[key].left_at_first();
  Fen left_after = after_.funds[key].left_at_first();
  for (;;) {
    BacktestReport::FundDay row;
    row.code = names_.funds()[key].code;
    row.day = std::min(day_of(*before), day_of(*after));
    if (row.day == INT32_MAX) {
      return;
    }
    if (day_of(*before) == row.day) {
      row.paid_before = before->front().paid;
      left_before = before->front().left;
      *before = before->subspan(1);
    }
    if (day_of(*after) == row.day) {
      row.paid_after = after->front().paid;
      left_after = after->front().left;
      *after = after->subspan(1);
    }
    row.left_before = left_before;
    row.left_after = left_after;
    report_.fund_days.push_back(row);
  }
}

}  // namespace gonghui
