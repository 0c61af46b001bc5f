// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Answers that explain: every check of every candidate, and all that a member may use
// now.  docs/decisions/0002-explanations.md says what they hold.  The rules are those of
// offers.cc, asked one by one.

#include <algorithm>
#include <array>
#include <span>

#include "engine/ledger/decide.h"
#include "engine/ledger/pricing.h"

namespace gonghui {

// Null when there is no room for more.
CheckResult* Decider::AddCheck(BenefitRow benefit, Reason check, bool passed) {
  Explanation& explanation = *command_.authorize.explanation;
  if (explanation.count == explanation.checks.size()) {
    explanation.truncated = true;
    return nullptr;
  }
  CheckResult& result = explanation.checks[explanation.count++];
  result = CheckResult{};
  result.benefit = benefit;
  result.check = check;
  result.passed = passed;
  return &result;
}

// What CheckParties() found, one by one up to the first that fails: without a member
// there is nobody to judge a benefit for.
void Decider::ExplainParties(Reason reason) {
  struct Check {
    Reason first;  // what it is called when it passed; a failure is any up to `last`
    Reason last;
  };
  static constexpr std::array<Check, 6> kChecks = {{
      {Reason::kTerminalInactive, Reason::kTerminalInactive},
      {Reason::kMerchantInactive, Reason::kMerchantInactive},
      {Reason::kInvalidCard, Reason::kInvalidCard},
      {Reason::kCardNotActive, Reason::kCardClosed},
      {Reason::kMemberNotFound, Reason::kMemberNotFound},
      {Reason::kMemberSuspended, Reason::kMemberClosed},
  }};
  for (const Check& check : kChecks) {
    const bool failed = reason >= check.first && reason <= check.last;
    AddCheck(BenefitRow{}, failed ? reason : check.first, !failed);
    if (failed) {
      return;
    }
  }
}

void Decider::ExplainCandidates(ProgrammeCode programme) {
  ProgrammeRow only;
  if (!programme.IsNone()) {
    only = FindLiveProgramme(programme);
    if (only == ProgrammeRow{}) {
      return;
    }
  }
  // All of the category, wherever and for whomever.
  for (const Candidate& candidate :
       Index().CategoryList(ledger_, ledger_.merchants_[merchant_].mcc)) {
    const BenefitRow row = candidate.benefit;
    if (only == ProgrammeRow{} || ledger_.benefits_[row].programme == only) {
      ExplainBenefit(row);
    }
    if (command_.authorize.explanation->truncated) {
      return;  // however many there are
    }
  }
}

void Decider::ExplainBenefit(BenefitRow row) {
  const Benefit& benefit = ledger_.benefits_[row];
  AddCheck(row, Reason::kMerchantNotInProgramme, IsAtMerchant(benefit));
  AddCheck(row, Reason::kNotPermittedToTerminal, IsAtTerminal(benefit));
  AddCheck(row, Reason::kProgrammeNotStarted, now_ >= benefit.starts_at);
  AddCheck(row, Reason::kProgrammeEnded, now_ < benefit.ends_at);
  AddCheck(row, Reason::kOutsideTimeWindow, IsOpenNow(benefit));
  AddCheck(row, Reason::kMemberNotVerified, IsVerifiedFor(benefit));
  AddCheck(row, Reason::kNotPermittedToMember, IsForMember(benefit));
  const Fen base = BaseOf(benefit);
  Fen subsidy;
  if (base != kNoBase) {
    subsidy = SubsidyBy(benefit, base);
    AddCheck(row, Reason::kBelowMinimumAmount, base >= benefit.price.threshold);
    AddCheck(row, Reason::kNoEffect, HasEffect(benefit, subsidy));
  }
  if (benefit.has_items) {
    AddCheck(row, Reason::kNoEligibleItem, base != kNoBase);
  }
  if (HasWaiting(benefit)) {
    AddCheck(row, Reason::kWaitingPeriod, EndOfWaiting(benefit) == TimestampNs{});
  }
  ExplainLimits(row, &subsidy);
  ExplainFunds(row, subsidy);
}

void Decider::ExplainLimits(BenefitRow row, Fen* subsidy) {
  const Benefit& benefit = ledger_.benefits_[row];
  for (uint32_t i = 0; i < benefit.limit_count; ++i) {
    const Limit& limit = ledger_.limits_[benefit.limits[i]];
    if (!IsAsked(limit)) {
      continue;
    }
    const ResultLimit state = LimitAsItStands(benefit, benefit.limits[i]);
    Reason check = Reason::kExceedsFrequencyLimit;
    bool passed = state.left >= 1;
    if (limit.measure == LimitMeasure::kAmount) {
      check = Reason::kExceedsAmountLimit;
      passed = *subsidy <= Fen{0} || state.left >= subsidy->value();
      const bool reduces =
          limit.when_exceeded == WhenExceeded::kReduce || command_.authorize.allow_partial;
      if (!passed && reduces && state.left > 0) {
        *subsidy = Fen{state.left};
        passed = true;
      }
    }
    if (CheckResult* const result = AddCheck(row, check, passed); result != nullptr) {
      result->about_limit = true;
      result->limit = state;
    }
  }
}

void Decider::ExplainFunds(BenefitRow row, Fen subsidy) {
  const Benefit& benefit = ledger_.benefits_[row];
  const auto is_open = [this](FundRow fund) { return ledger_.funds_[fund].IsOpenAt(now_); };
  bool all_open = benefit.stock == FundRow{} || is_open(benefit.stock);
  for (uint32_t i = 0; i < benefit.funding_count; ++i) {
    all_open = all_open && is_open(benefit.funding[i].fund);
  }
  AddCheck(row, Reason::kFundNotOpen, all_open);
  if (benefit.stock != FundRow{}) {
    const Fund& stock = ledger_.funds_[benefit.stock];
    AddCheck(row, Reason::kQuotaExhausted, stock.available() >= Fen{benefit.stock_units});
  }
  if (benefit.funding_count == 0 && subsidy > Fen{0}) {
    AddCheck(row, Reason::kBudgetExhausted, false);  // a giveaway has a price here
  } else if (benefit.funding_count > 0) {
    const bool covered = command_.authorize.allow_partial && subsidy > Fen{0}
                             ? MostThatFundsCover(benefit, subsidy) > Fen{0}
                             : FundsCover(benefit, subsidy);
    AddCheck(row, Reason::kBudgetExhausted, covered);
  }
}

// In the window of now, of the card and member that ask.
ResultLimit Decider::LimitAsItStands(const Benefit& benefit, LimitRow row) const {
  const Limit& limit = ledger_.limits_[row];
  const CalendarMoment& moment = ledger_.MomentOf(benefit.calendar, now_);
  return LimitState(row, SubjectOf(limit), moment.WindowIn(limit.window), benefit.calendar);
}

// ---- Entitlements --------------------------------------------------------------

void Decider::GetEntitlements() {
  const EntitlementsRequest& request = command_.entitlements;
  request.list->count = 0;
  request.list->truncated = false;
  Transaction& transaction = result_->transaction;
  transaction = Transaction{};
  transaction.decided_at = now_;
  const auto decline = [&transaction](Reason reason) { transaction.reason = reason; };

  const bool by_card = request.member.IsNone();
  const bool at_terminal = !command_.terminal.IsNone();
  if (at_terminal) {
    terminal_ = FindTerminal();
    if (terminal_ == TerminalRow{}) {
      return decline(Reason::kInvalidTerminal);
    }
    merchant_ = ledger_.terminals_[terminal_].merchant;
    if (ledger_.terminals_[terminal_].status != TerminalStatus::kActive) {
      return decline(Reason::kTerminalInactive);
    }
    if (ledger_.merchants_[merchant_].status != MerchantStatus::kActive) {
      return decline(Reason::kMerchantInactive);
    }
  }
  Reason reason = Reason::kNone;
  if (by_card) {
    reason = CheckCardAndMember(request.card);
  } else {
    member_ = ledger_.FindMember(request.member);
    reason = member_ == MemberRow{} ? Reason::kMemberNotFound : CheckMember();
  }
  transaction.card = request.card;
  transaction.member = member_;
  if (reason != Reason::kNone) {
    return decline(reason);
  }
  transaction.outcome = Outcome::kApproved;
  ledger_.ForEachBenefitAt(now_, [&](BenefitRow row) {
    const Benefit& benefit = ledger_.benefits_[row];
    if (request.list->truncated || now_ >= benefit.ends_at || !IsVerifiedFor(benefit) ||
        !IsForMember(benefit)) {
      return;
    }
    if (request.here &&
        !(at_terminal && IsOfCategory(benefit) && IsAtMerchant(benefit) && IsAtTerminal(benefit))) {
      return;
    }
    AddEntitlement(row, request.here, by_card);
  });
}

bool Decider::IsOfCategory(const Benefit& benefit) const {
  const Mcc mcc = ledger_.merchants_[merchant_].mcc;
  const std::span<const MccRange> ranges = ledger_.MccsOf(benefit.mccs);
  return ranges.empty() || std::any_of(ranges.begin(), ranges.end(), [mcc](const MccRange& range) {
           return mcc >= range.first && mcc <= range.last;
         });
}

void Decider::AddEntitlement(BenefitRow row, bool here, bool by_card) {
  EntitlementList& list = *command_.entitlements.list;
  if (list.count == list.items.size()) {
    list.truncated = true;
    return;
  }
  const Benefit& benefit = ledger_.benefits_[row];
  Entitlement& item = list.items[list.count++];
  item = Entitlement{};
  item.benefit = row;
  for (uint32_t i = 0; i < benefit.limit_count; ++i) {
    const Limit& limit = ledger_.limits_[benefit.limits[i]];
    const LimitSubject subject = limit.subject;
    // What a limit counts by must be known.
    if (!IsAsked(limit) || (subject == LimitSubject::kCard && !by_card) ||
        ((subject == LimitSubject::kMerchant || subject == LimitSubject::kTerminal) && !here)) {
      continue;
    }
    item.limits[item.limit_count++] = LimitAsItStands(benefit, benefit.limits[i]);
  }
  item.reason = JudgeEntitlement(benefit, &item);
}

// Why it may not be used now; the first in the order of reason.h.
Reason Decider::JudgeEntitlement(const Benefit& benefit, Entitlement* item) const {
  if (now_ < benefit.starts_at) {
    item->next_eligible_at = benefit.starts_at;
    return Reason::kProgrammeNotStarted;
  }
  if (!IsOpenNow(benefit)) {
    item->next_eligible_at = NextOpening(benefit);
    return Reason::kOutsideTimeWindow;
  }
  if (HasWaiting(benefit)) {
    item->next_eligible_at = EndOfWaiting(benefit);
    if (item->next_eligible_at != TimestampNs{}) {
      return Reason::kWaitingPeriod;
    }
  }
  for (const LimitMeasure measure : {LimitMeasure::kCount, LimitMeasure::kAmount}) {
    for (uint32_t i = 0; i < item->limit_count; ++i) {
      const ResultLimit& state = item->limits[i];
      const Limit& limit = ledger_.limits_[state.limit];
      if (limit.measure == measure && state.left <= 0) {
        item->next_eligible_at =
            limit.window == WindowKind::kProgramme ? TimestampNs{} : state.resets_at;
        return measure == LimitMeasure::kCount ? Reason::kExceedsFrequencyLimit
                                               : Reason::kExceedsAmountLimit;
      }
    }
  }
  std::array<FundRow, kFundingSharesPerBenefitMax + 1> funds;
  uint32_t count = 0;
  for (uint32_t i = 0; i < benefit.funding_count; ++i) {
    funds[count++] = benefit.funding[i].fund;
  }
  if (benefit.stock != FundRow{}) {
    funds[count++] = benefit.stock;
  }
  for (uint32_t i = 0; i < count; ++i) {
    const Fund& fund = ledger_.funds_[funds[i]];
    if (!fund.IsOpenAt(now_)) {
      item->next_eligible_at = fund.NextOpening(now_);
      return Reason::kFundNotOpen;
    }
  }
  if (benefit.stock != FundRow{} &&
      ledger_.funds_[benefit.stock].available() < Fen{benefit.stock_units}) {
    return Reason::kQuotaExhausted;
  }
  bool any = benefit.funding_count == 0;
  for (uint32_t i = 0; i < benefit.funding_count; ++i) {
    any = any || ledger_.funds_[benefit.funding[i].fund].available() > Fen{0};
  }
  return any ? Reason::kNone : Reason::kBudgetExhausted;
}

}  // namespace gonghui
