// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Answers that explain, and what a member may use: docs/decisions/0002-explanations.md.

#include <algorithm>
#include <utility>

#include "tests/model/naive_arithmetic.h"
#include "tests/model/naive_ledger.h"
#include "tests/model/naive_times.h"

namespace gonghui {
namespace {

AnswerCheck OfParty(Reason check, bool passed) {
  AnswerCheck result;
  result.check = check;
  result.passed = passed;
  return result;
}

}  // namespace

// ---- Explanation ----------------------------------------------------------------

std::vector<AnswerCheck> NaiveLedger::CheckTerminal(const TerminalId& terminal_id,
                                                    TimestampNs at) const {
  const TerminalRequest& terminal = terminals_.at(terminal_id);
  const bool terminal_active =
      terminal_statuses_.At(terminal_id, terminal.status, at) == TerminalStatus::kActive;
  std::vector<AnswerCheck> checks = {OfParty(Reason::kTerminalInactive, terminal_active)};
  if (terminal_active) {
    const MerchantStatus status =
        merchant_statuses_.At(terminal.merchant, merchants_.at(terminal.merchant).status, at);
    checks.push_back(OfParty(Reason::kMerchantInactive, status == MerchantStatus::kActive));
  }
  return checks;
}

std::vector<AnswerCheck> NaiveLedger::CheckCard(CardNumber number,
                                                TimestampNs at,
                                                TimestampNs member_at) const {
  const auto found = cards_.find(number);
  std::vector<AnswerCheck> checks = {OfParty(Reason::kInvalidCard, found != cards_.end())};
  if (found == cards_.end()) {
    return checks;
  }
  if (const Reason why = FaultOfCard(number, at); why != Reason::kNone) {
    checks.push_back(OfParty(why, false));
    return checks;
  }
  checks.push_back(OfParty(Reason::kCardNotActive, true));
  const MemberId& member = found->second.member;
  checks.push_back(OfParty(Reason::kMemberNotFound, !member.IsNone()));
  if (!member.IsNone()) {
    checks.push_back(CheckMember(member, member_at));
  }
  return checks;
}

Reason NaiveLedger::FaultOfCard(CardNumber number, TimestampNs at) const {
  const CardRequest& card = cards_.at(number);
  const CivilDay today = FloorDay(at.value() / kNsPerSecond);
  const bool over = card.expires_day != 0 && card.expires_day <= today;
  Reason why = Reason::kNone;
  switch (card_statuses_.At(number, card.status, at)) {
    case CardStatus::kActive:
      break;
    case CardStatus::kIssued:
      return Reason::kCardNotActive;
    case CardStatus::kPaused:
      why = Reason::kCardPaused;
      break;
    case CardStatus::kLost:
    case CardStatus::kStolen:
      why = Reason::kCardLostOrStolen;
      break;
    case CardStatus::kExpired:
      why = Reason::kCardExpired;
      break;
    case CardStatus::kReplaced:
    case CardStatus::kClosed:
      why = Reason::kCardClosed;
      break;
  }
  return over ? Reason::kCardExpired : why;
}

Reason NaiveLedger::FaultOfMember(const MemberId& member, TimestampNs at) const {
  switch (member_statuses_.At(member, members_.at(member).status, at)) {
    case MemberStatus::kActive:
      break;
    case MemberStatus::kSuspended:
      return Reason::kMemberSuspended;
    case MemberStatus::kLapsed:
      return Reason::kMembershipExpired;
    case MemberStatus::kClosed:
      return Reason::kMemberClosed;
  }
  return Reason::kNone;
}

AnswerCheck NaiveLedger::CheckMember(const MemberId& member, TimestampNs at) const {
  const Reason why = FaultOfMember(member, at);
  return why == Reason::kNone ? OfParty(Reason::kMemberSuspended, true) : OfParty(why, false);
}

std::vector<AnswerCheck> NaiveLedger::Explain(const Command& command, TimestampNs now) const {
  const AuthorizeRequest& request = command.authorize;
  std::vector<AnswerCheck> checks = CheckCode(command, now);
  const auto append = [&checks](const std::vector<AnswerCheck>& more) {
    checks.insert(checks.end(), more.begin(), more.end());
  };
  if (!checks.empty() && !checks.back().passed) {
    return checks;
  }
  append(CheckParties(command, now));
  if (!checks.back().passed) {
    return checks;
  }
  const TimestampNs at = JudgedAt(command, now);
  const bool claim = OccasionOf(command).event_at != TimestampNs{};
  for (const BenefitPointer& benefit : LiveAt(at, request.programme, claim)) {
    const bool told =
        IsForOccasion(*benefit, command) || !ServesMerchant(*benefit, command.terminal);
    if (ServesCategory(*benefit, command.terminal) && told) {
      append(CheckBenefit(*benefit, command, at, now));
    }
  }
  return checks;
}

std::vector<AnswerCheck> NaiveLedger::CheckBenefit(const BenefitEntry& benefit,
                                                   const Command& command,
                                                   TimestampNs at,
                                                   TimestampNs now) const {
  const BenefitSpec& spec = benefit.spec;
  const Party party = PartyOf(command);
  const bool allow_partial = command.authorize.allow_partial;
  std::vector<AnswerCheck> checks;
  const auto judge = [&](Reason check, bool passed) {
    AnswerCheck result;
    result.programme = benefit.programme;
    result.benefit = spec.code;
    result.check = check;
    result.passed = passed;
    checks.push_back(result);
  };
  judge(Reason::kMerchantNotInProgramme, ServesMerchant(benefit, command.terminal));
  judge(Reason::kNotPermittedToTerminal, ServesTerminal(benefit, command.terminal));
  judge(Reason::kProgrammeNotStarted, benefit.starts_at <= at);
  judge(Reason::kProgrammeEnded, at < benefit.ends_at);
  judge(Reason::kOutsideTimeWindow,
        benefit.asks_for(Asks::kSlot) || IsWithinTimes(benefit.calendar, benefit.times, at));
  judge(Reason::kMemberNotVerified, ServesRealName(benefit, party.member));
  judge(Reason::kNotPermittedToMember, ServesMember(benefit, party.member, at));
  // On the list price's base, whichever layer it is of.
  const std::optional<int64_t> base = OwnBaseOf(benefit, command);
  int64_t subsidy = 0;
  if (base.has_value()) {
    subsidy = TakenOff(spec.price, benefit.steps, *base, EarlierPrices(benefit, party, at));
    judge(Reason::kBelowMinimumAmount, *base >= spec.price.threshold.value());
    judge(Reason::kNoEffect, HasEffect(benefit, subsidy, *base));
  }
  if (benefit.items.asks()) {
    judge(Reason::kNoEligibleItem, base.has_value());
  }
  if (AsksToWait(benefit)) {
    judge(Reason::kWaitingPeriod, !WaitsUntil(benefit, party.member, at).has_value());
  }
  if (LacksSubject(benefit, command, party)) {
    judge(Reason::kNotPermittedToMember, false);
  }
  if (benefit.asks_for(Asks::kVoucher)) {
    judge(Reason::kNoVoucher, !VoucherFor(benefit, command, now).IsNone());
  }
  if (benefit.asks_for(Asks::kSlot)) {
    judge(Reason::kSlotNotAvailable, IsSlotOf(benefit, party.slot_at, now));
  }
  if (benefit.asks_for(Asks::kClaim)) {
    judge(Reason::kClaimTooLate, !IsTooLate(benefit, command, now));
  }
  for (const LimitSpec& limit : benefit.limits) {
    const bool of_no_slot = limit.window == WindowKind::kSlot && party.slot_at == TimestampNs{};
    if (!IsAsked(limit, command) || !IsKnown(limit, party) || of_no_slot) {
      continue;
    }
    const NaiveCounterKey key = KeyOf(benefit, limit, party, at);
    const AnswerStanding standing = StandingOf(benefit, limit, key);
    if (limit.scope == LimitScope::kNoShow) {
      judge(Reason::kTooManyNoShows, standing.used < limit.max);
    } else if (limit.measure == LimitMeasure::kPrice) {
      const int64_t asked = base.value_or(0);
      judge(Reason::kExceedsAmountLimit, asked == 0 || asked <= standing.left);
    } else if (limit.measure == LimitMeasure::kCount) {
      judge(Reason::kExceedsFrequencyLimit, standing.left >= 1);
    } else {
      const bool may_reduce = limit.when_exceeded == WhenExceeded::kReduce || allow_partial;
      const bool fits = subsidy == 0 || subsidy <= standing.left;
      const bool reduced = !fits && may_reduce && standing.left > 0;
      judge(Reason::kExceedsAmountLimit, fits || reduced);
      subsidy = reduced ? standing.left : subsidy;
    }
    checks.back().limit = standing;
  }
  // Of what fails for a fund, the first it fails for.
  const auto tell = [&checks](const Shortfall& shortfall) {
    checks.back().fund = shortfall.fund;
    checks.back().needed = shortfall.needed;
    checks.back().available = shortfall.available;
  };
  const std::vector<FundCode> sources = SourcesOf(benefit);
  judge(Reason::kFundNotOpen, AreOpenAt(sources, at));
  for (size_t i = sources.size(); i-- > 0;) {
    if (!IsOpenAt(sources[i], at)) {
      checks.back().fund = sources[i];
    }
  }
  if (!spec.stock.IsNone()) {
    const int64_t available = AvailableOf(spec.stock);
    judge(Reason::kQuotaExhausted, available >= spec.stock_units);
    if (!checks.back().passed) {
      tell({spec.stock, spec.stock_units, available});
    }
  }
  // Without a fund of money, money can not be given: that is told, too.
  if (!benefit.funding.empty() || subsidy > 0) {
    const int64_t covered = MostThatFundsCover(benefit, subsidy, Earlier{});
    judge(Reason::kBudgetExhausted, covered == subsidy || (allow_partial && covered > 0));
    if (!checks.back().passed) {
      tell(ShortfallOf(benefit, subsidy, Earlier{}));
    }
  }
  return checks;
}

AnswerStanding NaiveLedger::StandingOf(const BenefitEntry& benefit,
                                       const LimitSpec& limit,
                                       const NaiveCounterKey& key) const {
  AnswerStanding standing;
  standing.programme = benefit.programme;
  standing.limit = limit.code;
  const NaiveTotals totals = StandOf(limit, key);
  standing.used = totals.used;
  standing.held = totals.held;
  standing.left = limit.max - standing.used - standing.held;
  standing.resets_at = ResetsAt(benefit.calendar, limit, key);
  return standing;
}

// ---- GetEntitlements --------------------------------------------------------------

Answer NaiveLedger::GetEntitlements(const Command& command, TimestampNs now) const {
  const EntitlementsRequest& request = command.entitlements;
  Answer answer;
  answer.has_transaction = true;
  Party party{request.member, request.card, command.terminal, TimestampNs{}};
  if (!party.terminal.IsNone()) {
    if (terminals_.find(party.terminal) == terminals_.end()) {
      answer.reason = Reason::kInvalidTerminal;
      return answer;
    }
    const AnswerCheck check = CheckTerminal(party.terminal, now).back();
    if (!check.passed) {
      answer.reason = check.check;
      return answer;
    }
  }
  if (party.member.IsNone()) {
    const AnswerCheck check = CheckCard(party.card, now, now).back();
    if (!check.passed) {
      answer.reason = check.check;
      return answer;
    }
    party.member = cards_.at(party.card).member;
  } else if (members_.find(party.member) == members_.end()) {
    answer.reason = Reason::kMemberNotFound;
    return answer;
  } else if (const AnswerCheck check = CheckMember(party.member, now); !check.passed) {
    answer.reason = check.check;
    return answer;
  }
  answer.outcome = Outcome::kApproved;
  for (const BenefitPointer& benefit : LiveAt(now, ProgrammeCode{})) {
    const bool offered_here = !request.here || (ServesCategory(*benefit, party.terminal) &&
                                                ServesMerchant(*benefit, party.terminal) &&
                                                ServesTerminal(*benefit, party.terminal));
    if (offered_here && now < benefit->ends_at && ServesRealName(*benefit, party.member) &&
        ServesMember(*benefit, party.member, now)) {
      answer.entitlements.push_back(EntitlementTo(*benefit, party, request.here, now));
    }
  }
  return answer;
}

AnswerEntitlement NaiveLedger::EntitlementTo(const BenefitEntry& benefit,
                                             const Party& party,
                                             bool here,
                                             TimestampNs now) const {
  const BenefitSpec& spec = benefit.spec;
  AnswerEntitlement entitlement;
  entitlement.programme = benefit.programme;
  entitlement.benefit = spec.code;
  // The first that stands in the way.
  const auto hinder = [&entitlement](Reason reason, TimestampNs next) {
    if (entitlement.reason == Reason::kNone) {
      entitlement.reason = reason;
      entitlement.next_eligible_at = next;
    }
  };
  if (now < benefit.starts_at) {
    hinder(Reason::kProgrammeNotStarted, benefit.starts_at);
  }
  if (!benefit.asks_for(Asks::kSlot) && !IsWithinTimes(benefit.calendar, benefit.times, now)) {
    const TimestampNs next = NextWithinTimes(benefit.calendar, benefit.times, now);
    hinder(Reason::kOutsideTimeWindow, next < benefit.ends_at ? next : TimestampNs{});
  }
  if (const auto until = WaitsUntil(benefit, party.member, now); until.has_value()) {
    hinder(Reason::kWaitingPeriod, *until);
  }
  if (benefit.asks_for(Asks::kVoucher) && UsableVoucher(party.member, spec.voucher, now).IsNone()) {
    hinder(Reason::kNoVoucher, TimestampNs{});
  }
  std::vector<std::pair<LimitSpec, AnswerStanding>> limits;
  for (const LimitSpec& limit : benefit.limits) {
    const bool of_card = limit.subject == LimitSubject::kCard;
    const bool of_place =
        limit.subject == LimitSubject::kMerchant || limit.subject == LimitSubject::kTerminal;
    const bool of_offline = limit.scope == LimitScope::kOffline;
    const bool of_slot = limit.window == WindowKind::kSlot;
    if (of_offline || of_slot || (of_card && party.card == CardNumber{}) || (of_place && !here)) {
      continue;
    }
    const AnswerStanding standing = StandingOf(benefit, limit, KeyOf(benefit, limit, party, now));
    limits.emplace_back(limit, standing);
    entitlement.limits.push_back(standing);
  }
  // Unlike an authorization, which stops at the first of them: all counts, then all amounts
  // and prices, then all appointments that were not kept.
  for (const Reason reason :
       {Reason::kExceedsFrequencyLimit, Reason::kExceedsAmountLimit, Reason::kTooManyNoShows}) {
    for (const auto& [limit, standing] : limits) {
      const bool no_show = limit.scope == LimitScope::kNoShow;
      const Reason when_exceeded = no_show ? Reason::kTooManyNoShows
                                   : limit.measure == LimitMeasure::kCount
                                       ? Reason::kExceedsFrequencyLimit
                                       : Reason::kExceedsAmountLimit;
      const bool exceeded = no_show ? standing.used >= limit.max : standing.left <= 0;
      if (reason == when_exceeded && exceeded) {
        hinder(reason, limit.window == WindowKind::kProgramme ? TimestampNs{} : standing.resets_at);
      }
    }
  }
  for (const FundCode& fund : SourcesOf(benefit)) {
    if (!IsOpenAt(fund, now)) {
      const TimestampNs opens_at = funds_.at(fund).opens_at;
      hinder(Reason::kFundNotOpen, now < opens_at ? opens_at : TimestampNs{});
    }
  }
  if (!spec.stock.IsNone() && AvailableOf(spec.stock) < spec.stock_units) {
    hinder(Reason::kQuotaExhausted, TimestampNs{});
  }
  const auto& funding = benefit.funding;
  if (!funding.empty() && std::all_of(funding.begin(), funding.end(), [this](const auto& share) {
        return AvailableOf(share.fund) == 0;
      })) {
    hinder(Reason::kBudgetExhausted, TimestampNs{});
  }
  return entitlement;
}

}  // namespace gonghui
