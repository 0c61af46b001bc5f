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
  enum class About : uint8_t { kAll, kClaim, kVoucher, kCard, kMember };
  struct Check {
    About about;
    Reason first;  // what it is called when it passed; a failure is any up to `last`
    Reason last;
  };
  static constexpr std::array<Check, 14> kChecks = {{
      {About::kClaim, Reason::kEventNotYet, Reason::kEventNotYet},
      {About::kAll, Reason::kTerminalInactive, Reason::kTerminalInactive},
      {About::kAll, Reason::kMerchantInactive, Reason::kMerchantInactive},
      {About::kVoucher, Reason::kVoucherNotFound, Reason::kVoucherNotFound},
      {About::kVoucher, Reason::kVoucherVoid, Reason::kVoucherVoid},
      {About::kVoucher, Reason::kVoucherRedeemed, Reason::kVoucherRedeemed},
      {About::kVoucher, Reason::kVoucherReserved, Reason::kVoucherReserved},
      {About::kVoucher, Reason::kVoucherNotYetValid, Reason::kVoucherNotYetValid},
      {About::kVoucher, Reason::kVoucherExpired, Reason::kVoucherExpired},
      {About::kCard, Reason::kInvalidCard, Reason::kInvalidCard},
      {About::kCard, Reason::kCardNotActive, Reason::kCardClosed},
      {About::kMember, Reason::kMemberNotFound, Reason::kMemberNotFound},
      {About::kMember, Reason::kMemberSuspended, Reason::kMemberClosed},
      {About::kVoucher, Reason::kVoucherOfAnother, Reason::kVoucherOfAnother},
  }};
  const bool by_card = command_.authorize.card != CardNumber{} || !ShowsVoucher();
  const auto is_told = [&](About about) {
    switch (about) {
      case About::kAll:
        return true;
      case About::kClaim:
        return IsClaim();
      case About::kVoucher:
        return ShowsVoucher();
      case About::kCard:
        return by_card;
      case About::kMember:
        return by_card || member_ != MemberRow{};
    }
    return false;
  };
  for (const Check& check : kChecks) {
    if (!is_told(check.about)) {
      continue;
    }
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
  // However many there are.
  const auto is_full = [this] { return command_.authorize.explanation->truncated; };
  const auto explain = [&](BenefitRow row) {
    const Benefit& benefit = ledger_.benefits_[row];
    if (!is_full() && (only == ProgrammeRow{} || benefit.programme == only) &&
        (IsForOccasion(benefit) || !IsAtMerchant(benefit))) {
      ExplainBenefit(row);
    }
  };
  // All of the category, wherever and for whomever.
  if (!JudgesLiveProgrammes()) {
    return ForEachBenefitThen([&](BenefitRow row) {
      if (IsOfCategory(ledger_.benefits_[row])) {
        explain(row);
      }
    });
  }
  for (const Candidate& candidate :
       Index().CategoryList(ledger_, ledger_.merchants_[merchant_].mcc)) {
    explain(candidate.benefit);
    if (is_full()) {
      return;
    }
  }
}

void Decider::ExplainBenefit(BenefitRow row) {
  const Benefit& benefit = ledger_.benefits_[row];
  AddCheck(row, Reason::kMerchantNotInProgramme, IsAtMerchant(benefit));
  AddCheck(row, Reason::kNotPermittedToTerminal, IsAtTerminal(benefit));
  AddCheck(row, Reason::kProgrammeNotStarted, judged_at_ >= benefit.starts_at);
  AddCheck(row, Reason::kProgrammeEnded, judged_at_ < benefit.ends_at);
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
  ExplainAsks(row);
  ExplainLimits(row, &subsidy);
  ExplainFunds(row, subsidy);
}

void Decider::ExplainAsks(BenefitRow row) {
  const Benefit& benefit = ledger_.benefits_[row];
  if (LacksSubject(benefit)) {
    AddCheck(row, Reason::kNotPermittedToMember, false);
  }
  if (AsksFor(benefit.asks, Asks::kVoucher)) {
    AddCheck(row, Reason::kNoVoucher, VoucherFor(benefit) != VoucherRow{});
  }
  if (AsksFor(benefit.asks, Asks::kSlot)) {
    AddCheck(row, Reason::kSlotNotAvailable, IsSlotOf(benefit, AskedSlot()));
  }
  if (AsksFor(benefit.asks, Asks::kClaim)) {
    AddCheck(row, Reason::kClaimTooLate, !IsTooLate(benefit));
  }
}

// What it counts by.
bool Decider::IsKnown(const Limit& limit) const {
  const bool has_slot = occasion_ != nullptr && occasion_->slot_at != TimestampNs{};
  return !LacksSubject(limit) && (limit.window != WindowKind::kSlot || has_slot);
}

void Decider::ExplainLimits(BenefitRow row, Fen* subsidy) {
  const Benefit& benefit = ledger_.benefits_[row];
  for (uint32_t i = 0; i < benefit.limit_count; ++i) {
    const Limit& limit = ledger_.limits_[benefit.limit(i)];
    if (!IsAsked(limit) || !IsKnown(limit)) {
      continue;
    }
    const ResultLimit state = LimitAsItStands(benefit, benefit.limit(i));
    const Reason check = ReasonOf(limit);
    bool passed = state.left >= 1;
    if (limit.scope == LimitScope::kNoShow) {
      passed = state.used < limit.max;
    } else if (limit.measure == LimitMeasure::kPrice) {
      const Fen price = CountedPriceOf(benefit);
      passed = price == Fen{0} || state.left >= price.value();
    } else if (limit.measure == LimitMeasure::kAmount) {
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

// The fund that is told is the one that TakeFunds() would tell.
void Decider::ExplainFunds(BenefitRow row, Fen subsidy) {
  const Benefit& benefit = ledger_.benefits_[row];
  const auto add = [&](Reason check, bool passed, FundRow fund, Fen needed, Fen available) {
    CheckResult* const result = AddCheck(row, check, passed);
    if (result != nullptr && !passed) {
      result->fund = fund;
      result->needed = needed;
      result->available = available;
    }
  };
  FundRow closed;
  const auto ask = [&](FundRow fund) {
    if (closed == FundRow{} && fund != FundRow{} && !ledger_.funds_[fund].IsOpenAt(judged_at_)) {
      closed = fund;
    }
  };
  for (uint32_t i = 0; i < benefit.funding_count; ++i) {
    ask(benefit.fund(i));
  }
  ask(benefit.stock);
  add(Reason::kFundNotOpen, closed == FundRow{}, closed, Fen{0}, Fen{0});
  if (benefit.stock != FundRow{}) {
    const Fen units{benefit.stock_units};
    const Fen available = ledger_.funds_[benefit.stock].available();
    add(Reason::kQuotaExhausted, available >= units, benefit.stock, units, available);
  }
  if (benefit.funding_count == 0 && subsidy > Fen{0}) {
    AddCheck(row, Reason::kBudgetExhausted, false);  // a giveaway has a price here
  } else if (benefit.funding_count > 0) {
    const bool covered = command_.authorize.allow_partial && subsidy > Fen{0}
                             ? MostThatFundsCover(benefit, subsidy) > Fen{0}
                             : FundsCover(benefit, subsidy);
    const FundingParts parts = SplitOverFunding(benefit, subsidy);
    uint32_t short_of = 0;  // the first that has too little, unless it is covered
    while (!covered &&
           AvailableOf(benefit.fund(short_of)) >= AskedOf(benefit.fund(short_of), benefit, parts)) {
      ++short_of;
    }
    const FundRow fund = benefit.fund(short_of);
    add(Reason::kBudgetExhausted, covered, fund, AskedOf(fund, benefit, parts), AvailableOf(fund));
  }
}

// In the window of the instant that is judged, of the card and member that ask.
ResultLimit Decider::LimitAsItStands(const Benefit& benefit, LimitRow row) {
  const Limit& limit = ledger_.limits_[row];
  const WindowNumber window = MomentOf(benefit).WindowIn(limit.window);
  return LimitState(row, SubjectOf(limit), window, benefit.calendar);
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
  ForEachBenefitThen([&](BenefitRow row) {
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
    const Limit& limit = ledger_.limits_[benefit.limit(i)];
    const LimitSubject subject = limit.subject;
    // What a limit counts by must be known.
    if (!IsAsked(limit) || !IsKnown(limit) || (subject == LimitSubject::kCard && !by_card) ||
        ((subject == LimitSubject::kMerchant || subject == LimitSubject::kTerminal) && !here)) {
      continue;
    }
    item.limits[item.limit_count++] = LimitAsItStands(benefit, benefit.limit(i));
  }
  item.reason = JudgeEntitlement(benefit, &item);
}

// Why it may not be used now; the first in the order of reason.h.
Reason Decider::JudgeEntitlement(const Benefit& benefit, Entitlement* item) {
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
  if (AsksFor(benefit.asks, Asks::kVoucher) && VoucherFor(benefit) == VoucherRow{}) {
    return Reason::kNoVoucher;
  }
  for (const Reason reason :
       {Reason::kExceedsFrequencyLimit, Reason::kExceedsAmountLimit, Reason::kTooManyNoShows}) {
    for (uint32_t i = 0; i < item->limit_count; ++i) {
      const ResultLimit& state = item->limits[i];
      const Limit& limit = ledger_.limits_[state.limit];
      const bool is_exceeded =
          limit.scope == LimitScope::kNoShow ? state.used >= limit.max : state.left <= 0;
      if (ReasonOf(limit) == reason && is_exceeded) {
        item->next_eligible_at =
            limit.window == WindowKind::kProgramme ? TimestampNs{} : state.resets_at;
        return reason;
      }
    }
  }
  std::array<FundRow, kFundingSharesPerBenefitMax + 1> funds;
  uint32_t count = 0;
  for (uint32_t i = 0; i < benefit.funding_count; ++i) {
    funds[count++] = benefit.fund(i);
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
    any = any || ledger_.funds_[benefit.fund(i)].available() > Fen{0};
  }
  return any ? Reason::kNone : Reason::kBudgetExhausted;
}

}  // namespace gonghui
