// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Which benefit applies.  Every candidate of the merchant's category says how much it
// would give at most; then, from the most generous on, its rules, limits and funds are
// asked, until what is left can not give more.
// Of those that pass, the one that gives the member most wins, ties to the first in
// precedence; if none passes, the answer is about the one that came furthest in the
// order of reason.h.

#include <algorithm>
#include <array>
#include <memory>
#include <span>

#include "engine/base/check.h"
#include "engine/ledger/decide.h"
#include "engine/ledger/pricing.h"

namespace gonghui {

bool Decider::IsAtMerchant(const Benefit& benefit) const {
  return (benefit.merchants.count == 0 || InPool(benefit)) &&
         ledger_.IsInside(ledger_.merchants_[merchant_].union_node, benefit.merchant_union);
}

bool Decider::IsAtTerminal(const Benefit& benefit) const {
  return benefit.terminal_kinds == 0 ||
         (benefit.terminal_kinds & MaskOf(ledger_.terminals_[terminal_].kind)) != 0;
}

bool Decider::IsOpenNow(const Benefit& benefit) const {
  return (benefit.weekdays == 0 && benefit.hours.count == 0) || IsOpenAt(benefit, judged_at_);
}

bool Decider::IsVerifiedFor(const Benefit& benefit) const {
  return !benefit.require_real_name || ledger_.members_[member_].real_name_verified;
}

bool Decider::IsForMember(const Benefit& benefit) {
  if (!ledger_.IsInside(ledger_.members_[member_].union_node, benefit.member_union)) {
    return false;
  }
  if ((benefit.segments_any | benefit.segments_all) == 0) {
    return true;
  }
  const uint64_t segments = MemberSegments();
  return (benefit.segments_any == 0 || (segments & benefit.segments_any) != 0) &&
         (segments & benefit.segments_all) == benefit.segments_all;
}

// A free item is a use even at price zero; a percentage of nothing is not.
bool Decider::HasEffect(const Benefit& benefit, Fen subsidy) {
  return subsidy > Fen{0} || benefit.stock != FundRow{} || benefit.price.kind == PriceKind::kFree;
}

// Everything but limits and funds.  `subsidy` is what the benefit gives without them.
Reason Decider::CheckRules(const Benefit& benefit, Fen subsidy) {
  if (!IsAtMerchant(benefit)) {
    return Reason::kMerchantNotInProgramme;
  }
  if (!IsAtTerminal(benefit)) {
    return Reason::kNotPermittedToTerminal;
  }
  if (judged_at_ < benefit.starts_at) {
    return Reason::kProgrammeNotStarted;
  }
  if (judged_at_ >= benefit.ends_at) {
    return Reason::kProgrammeEnded;
  }
  if (!IsOpenNow(benefit)) {
    return Reason::kOutsideTimeWindow;
  }
  if (!IsVerifiedFor(benefit)) {
    return Reason::kMemberNotVerified;
  }
  if (!IsForMember(benefit)) {
    return Reason::kNotPermittedToMember;
  }
  if (list_price_ < benefit.price.threshold) {
    return Reason::kBelowMinimumAmount;
  }
  return HasEffect(benefit, subsidy) ? Reason::kNone : Reason::kNoEffect;
}

// No programme has changed since the instant that is judged; online always so.
bool Decider::JudgesLiveProgrammes() const {
  return judged_at_ >= ledger_.globals().programmes_changed_at;
}

ProgrammeRow Decider::FindLiveProgramme(ProgrammeCode code) const {
  if (!JudgesLiveProgrammes()) [[unlikely]] {
    return FindPastProgramme(code);
  }
  const ProgrammeRow row = ledger_.FindProgramme(code);
  return ledger_.programmes_[row].IsRetired() ? ProgrammeRow{} : row;
}

// The live benefits for the merchant's category, in order of precedence.
std::span<const BenefitRow> Decider::Candidates() {
  if (!JudgesLiveProgrammes()) [[unlikely]] {
    return CollectPastCandidates();
  }
  const PoolRange range = ledger_.candidates_by_mcc_[ledger_.merchants_[merchant_].mcc];
  return {ledger_.candidates_.data() + range.first, range.count};
}

// In one piece: a candidate costs less than the calls it would take.
[[gnu::flatten]] void Decider::ChooseOffer(ProgrammeCode programme) {
  best_ = std::construct_at(&offers_.list[0]);
  best_->shares = spare_shares_.list.data();
  best_->uses = spare_uses_.list.data();
  // The usual winner is the first that is asked, and makes the event in place.
  Offer* spare = std::construct_at(&offers_.list[1]);
  spare->shares = event_->shares.data();
  spare->uses = event_->uses.data();
  best_->reason = Reason::kNoApplicableBenefit;
  ProgrammeRow only;
  if (!programme.IsNone()) {
    only = FindLiveProgramme(programme);
    if (only == ProgrammeRow{}) {
      best_->reason = Reason::kProgrammeNotFound;
      return;
    }
  }
  const std::span<const BenefitRow> candidates = Candidates();
  GH_CHECK(candidates.size() <= kCandidatesPerDecisionMax, "size=", candidates.size());
  auto& contenders = contenders_.list;
  size_t count = 0;
  for (uint32_t i = 0; i < candidates.size(); ++i) {
    const BenefitRow row = candidates[i];
    const Benefit& benefit = ledger_.benefits_[row];
    if (only == ProgrammeRow{} || benefit.programme == only) {
      const Fen subsidy = Smaller(SubsidyOf(benefit.price, list_price_), subsidy_max_);
      contenders[count++] = Contender{subsidy, i, row};
    }
  }
  contender_count_ = count;
  for (size_t i = 0; i < count; ++i) {
    BringForward({contenders.data(), count}, i);
    const Contender& contender = contenders[i];
    // A limit may reduce what a benefit gives, never raise it.
    if (best_->reason == Reason::kNone && contender.subsidy < best_->subsidy) {
      break;
    }
    const Benefit& benefit = ledger_.benefits_[contender.benefit];
    spare->order = contender.order;
    spare->benefit = contender.benefit;
    spare->failed_limit = LimitRow{};
    spare->next_eligible_at = TimestampNs{};
    spare->subsidy = contender.subsidy;
    spare->partial = false;
    spare->whole = contender.subsidy;
    spare->share_count = 0;
    spare->use_count = 0;
    spare->reason = CheckRules(benefit, contender.subsidy);
    if (spare->reason == Reason::kNone) {
      spare->reason = TakeLimits(benefit, spare);
    }
    if (spare->reason == Reason::kNone) {
      spare->reason = TakeFunds(benefit, spare);
    }
    if (IsBetter(*spare)) {
      std::swap(best_, spare);
      // In full: none of the others can give more, and none as generous stands before.
      if (best_->reason == Reason::kNone && best_->subsidy == contender.subsidy) {
        break;
      }
    }
  }
  if (best_->reason == Reason::kProgrammeNotStarted) {
    best_->next_eligible_at = ledger_.benefits_[best_->benefit].starts_at;
  } else if (best_->reason == Reason::kOutsideTimeWindow) {
    best_->next_eligible_at = NextOpening(ledger_.benefits_[best_->benefit]);
  }
}

// By the rule alone; of equals the one of higher precedence.
bool Decider::IsMoreGenerous(const Contender& a, const Contender& b) {
  return a.subsidy != b.subsidy ? a.subsidy > b.subsidy : a.order < b.order;
}

// Puts the most generous of those from `place` on there.  The first few one by one, as
// hardly ever more are asked for; then all the rest at once.
void Decider::BringForward(std::span<Contender> contenders, size_t place) {
  constexpr size_t kOneByOne = 8;
  if (place < kOneByOne) {
    size_t best = place;
    for (size_t i = place + 1; i < contenders.size(); ++i) {
      best = IsMoreGenerous(contenders[i], contenders[best]) ? i : best;
    }
    std::swap(contenders[place], contenders[best]);
  } else if (place == kOneByOne) {
    std::sort(contenders.begin() + kOneByOne, contenders.end(), IsMoreGenerous);
  }
}

// Than best_.
bool Decider::IsBetter(const Offer& offer) const {
  if (offer.reason == Reason::kNone) {
    return best_->reason != Reason::kNone || offer.subsidy > best_->subsidy ||
           (offer.subsidy == best_->subsidy && offer.order < best_->order);
  }
  return best_->reason != Reason::kNone &&
         (offer.reason > best_->reason ||
          (offer.reason == best_->reason && offer.order < best_->order));
}

// A benefit with a merchant list is for those only; the list is sorted by row.
bool Decider::InPool(const Benefit& benefit) const {
  uint32_t low = benefit.merchants.first;
  uint32_t high = low + benefit.merchants.count;
  while (low < high) {
    const uint32_t middle = low + (high - low) / 2;
    const MerchantRow row =
        ledger_.merchant_pool_[StrongId<struct MerchantPoolTag, uint32_t>{middle}].merchant;
    if (row == merchant_) {
      return true;
    }
    if (row < merchant_) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return false;
}

bool Decider::IsOpenAt(const Benefit& benefit, TimestampNs at) const {
  const Calendar& calendar = ledger_.calendars_[benefit.calendar];
  if (benefit.weekdays != 0 &&
      (benefit.weekdays >> WeekdayOf(BusinessDayOf(calendar, at)) & 1) == 0) {
    return false;
  }
  if (benefit.hours.count == 0) {
    return true;
  }
  const int32_t second = LocalSecondOfDay(calendar, at);
  for (uint32_t i = 0; i < benefit.hours.count; ++i) {
    const HoursRange& hours =
        ledger_.hours_pool_[StrongId<struct HoursPoolTag, uint32_t>{benefit.hours.first + i}];
    if (second >= hours.from_s && second < hours.to_s) {
      return true;
    }
  }
  return false;
}

// The next instant within eight days at which the benefit is open, or 0: it can
// only begin where a business day or a range of hours begins.
TimestampNs Decider::NextOpening(const Benefit& benefit) const {
  const Calendar& calendar = ledger_.calendars_[benefit.calendar];
  const CivilDay today = FloorDay(LocalSecondsOf(calendar, judged_at_));
  TimestampNs next = kTimestampMax;
  const auto consider = [&](TimestampNs at) {
    if (at > judged_at_ && at < next && at < benefit.ends_at && IsOpenAt(benefit, at)) {
      next = at;
    }
  };
  for (CivilDay day = today - 1; day <= today + 8; ++day) {
    consider(StartOfBusinessDay(calendar, day));
    for (uint32_t i = 0; i < benefit.hours.count; ++i) {
      const HoursRange& hours =
          ledger_.hours_pool_[StrongId<struct HoursPoolTag, uint32_t>{benefit.hours.first + i}];
      consider(InstantOf(calendar, int64_t{day} * kSecondsPerDay + hours.from_s));
    }
  }
  // Where the clock is put back, an hour begins a second time; the change itself
  // may lead into one.
  const int64_t from_s = judged_at_.value() / kNsPerSecond;
  for (uint32_t c = 0; c < calendar.offset_change_count; ++c) {
    const OffsetChange& change = calendar.offset_changes[c];
    if (change.from_s < from_s || change.from_s > from_s + 8 * kSecondsPerDay) {
      continue;
    }
    consider(TimestampNs{change.from_s * kNsPerSecond});
    for (CivilDay day = today - 1; day <= today + 8; ++day) {
      const int64_t midnight_s = int64_t{day} * kSecondsPerDay - change.offset_s;
      consider(TimestampNs{(midnight_s + calendar.cutover_s) * kNsPerSecond});
      for (uint32_t i = 0; i < benefit.hours.count; ++i) {
        const HoursRange& hours =
            ledger_.hours_pool_[StrongId<struct HoursPoolTag, uint32_t>{benefit.hours.first + i}];
        consider(TimestampNs{(midnight_s + hours.from_s) * kNsPerSecond});
      }
    }
  }
  return next == kTimestampMax ? TimestampNs{} : next;
}

uint64_t Decider::MemberSegments() {
  if (!segments_known_) {
    segments_ = ledger_.SegmentsOf(ledger_.members_[member_], judged_at_);
    segments_known_ = true;
  }
  return segments_;
}

uint32_t Decider::SubjectOf(LimitSubject subject) const {
  switch (subject) {
    case LimitSubject::kPerson:
      return member_.value();
    case LimitSubject::kProgramme:
      return 0;
    case LimitSubject::kCard:
      return card_.value();
    case LimitSubject::kMerchant:
      return merchant_.value();
    case LimitSubject::kTerminal:
      return terminal_.value();
  }
  return 0;
}

// Makes the use of the benefit's `limit`-th limit, with no amount yet, and tells how its
// counter stands.
inline const Counter& Decider::BeginUse(const Benefit& benefit,
                                        uint32_t limit,
                                        const CalendarMoment& moment,
                                        Offer* offer) {
  const Limit& row = ledger_.limits_[benefit.limits[limit]];
  UseDelta& use = offer->uses[limit];
  use = UseDelta{};
  use.limit = benefit.limits[limit];
  use.subject = SubjectOf(row.subject);
  use.window = moment.WindowIn(row.window);
  use.benefit = offer->benefit;
  use.counter = FindCounter(row, use.subject, use.window);
  const Counter& counter = ledger_.counters_[use.counter];  // row 0 is all zero
  use.used_after = counter.used;
  return counter;
}

// The amounts of the uses, when that of the subsidy is known.
inline void Decider::CountUses(const Benefit& benefit,
                               const std::array<int64_t, kLimitsPerBenefitMax>& left,
                               Offer* offer) {
  for (uint32_t i = 0; i < benefit.limit_count; ++i) {
    UseDelta& use = offer->uses[i];
    const bool count = ledger_.limits_[use.limit].measure == LimitMeasure::kCount;
    use.held_delta = count ? 1 : offer->subsidy.value();
    use.left_after = left[i] - use.held_delta;
  }
  offer->use_count = benefit.limit_count;
}

// Checks every limit, and reduces the subsidy where an amount limit says so; the
// amounts are known only when all have been asked, so they come last.
Reason Decider::TakeLimits(const Benefit& benefit, Offer* offer) {
  if (benefit.limit_count == 0) {
    return Reason::kNone;
  }
  const CalendarMoment& moment = MomentOf(benefit.calendar);
  std::array<int64_t, kLimitsPerBenefitMax> left;
  for (uint32_t i = 0; i < benefit.limit_count; ++i) {
    const LimitRow row = benefit.limits[i];
    const Limit& limit = ledger_.limits_[row];
    const Counter& counter = BeginUse(benefit, i, moment, offer);
    left[i] = limit.max - counter.held - counter.used;
    if (limit.measure == LimitMeasure::kAmount && limit.when_exceeded == WhenExceeded::kReduce &&
        left[i] > 0) {
      offer->whole = Smaller(offer->whole, Fen{left[i]});
    }
    bool exceeded = false;
    if (limit.measure == LimitMeasure::kCount) {
      exceeded = left[i] < 1;
    } else if (offer->subsidy > Fen{0} && left[i] < offer->subsidy.value()) {
      const bool reduces = limit.when_exceeded == WhenExceeded::kReduce;
      exceeded = left[i] <= 0 || !(reduces || allow_partial_);
      if (!exceeded) {
        offer->subsidy = Fen{left[i]};
      }
    }
    if (exceeded) {
      offer->failed_limit = row;
      offer->failed_used = counter.used;
      offer->failed_held = counter.held;
      if (limit.window != WindowKind::kProgramme) {
        offer->next_eligible_at = moment.EndOf(limit.window);
      }
      return limit.measure == LimitMeasure::kCount ? Reason::kExceedsFrequencyLimit
                                                   : Reason::kExceedsAmountLimit;
    }
  }
  CountUses(benefit, left, offer);
  return Reason::kNone;
}

// Whatever the limits say.
void Decider::TakeLimitsAnyway(const Benefit& benefit, Offer* offer) {
  const CalendarMoment& moment = MomentOf(benefit.calendar);
  std::array<int64_t, kLimitsPerBenefitMax> left{};
  for (uint32_t i = 0; i < benefit.limit_count; ++i) {
    const Counter& counter = BeginUse(benefit, i, moment, offer);
    left[i] = ledger_.limits_[benefit.limits[i]].max - counter.held - counter.used;
  }
  CountUses(benefit, left, offer);
  for (uint32_t i = 0; i < benefit.limit_count; ++i) {
    const UseDelta& use = offer->uses[i];
    offer->overrun = offer->overrun || (use.held_delta > 0 && use.left_after < 0);
  }
}

// The parts of a subsidy by the benefit's funding.
Decider::FundingParts Decider::SplitOverFunding(const Benefit& benefit, Fen subsidy) {
  std::array<int64_t, kFundingSharesPerBenefitMax> weights{};
  FundingParts parts{};
  for (uint32_t i = 0; i < benefit.funding_count; ++i) {
    weights[i] = benefit.funding[i].share.value();
  }
  if (benefit.funding_count > 0) {
    SplitByLargestRemainder(
        subsidy, {weights.data(), benefit.funding_count}, {parts.data(), benefit.funding_count});
  }
  return parts;
}

// Whether each fund can pay all its parts of the subsidy.
bool Decider::FundsCover(const Benefit& benefit, Fen subsidy) const {
  const FundingParts parts = SplitOverFunding(benefit, subsidy);
  for (uint32_t i = 0; i < benefit.funding_count; ++i) {
    Fen asked;
    for (uint32_t j = 0; j < benefit.funding_count; ++j) {
      asked += benefit.funding[j].fund == benefit.funding[i].fund ? parts[j] : Fen{0};
    }
    if (ledger_.funds_[benefit.funding[i].fund].available() < asked) {
      return false;
    }
  }
  return true;
}

// Of a subsidy, for a caller who takes a part; 0 = nothing.
Fen Decider::MostThatFundsCover(const Benefit& benefit, Fen subsidy) const {
  Fen most = subsidy;
  for (uint32_t i = 0; i < benefit.funding_count; ++i) {
    // Parts that come from one fund, together: n of them with a sum of p can be those of
    // a total of up to (p + n) x 10,000 / their shares.
    const FundRow fund = benefit.funding[i].fund;
    int32_t parts = 0;
    int32_t share = 0;
    for (uint32_t j = 0; j < benefit.funding_count; ++j) {
      parts += benefit.funding[j].fund == fund ? 1 : 0;
      share += benefit.funding[j].fund == fund ? benefit.funding[j].share.value() : 0;
    }
    const Int128 bound = (Int128{ledger_.funds_[fund].available().value()} + parts) * kBpsPerOne /
                         std::max(1, share);
    most = bound < most.value() ? Fen{static_cast<int64_t>(bound)} : most;
  }
  // Rounding is off by less than a fen a part, so this ends within 2 x parts x 10,000 /
  // share steps.
  while (most > Fen{0} && !FundsCover(benefit, most)) {
    most -= Fen{1};
  }
  return most;
}

void Decider::ReduceToFunds(const Benefit& benefit, Offer* offer) {
  const Fen most = MostThatFundsCover(benefit, offer->subsidy);
  if (most == Fen{0} || most == offer->subsidy) {
    return;
  }
  for (uint32_t i = 0; i < offer->use_count; ++i) {
    UseDelta& use = offer->uses[i];
    if (ledger_.limits_[use.limit].measure == LimitMeasure::kAmount) {
      use.left_after += use.held_delta - most.value();
      use.held_delta = most.value();
    }
  }
  offer->subsidy = most;
}

// Of several failing funds the answer is the lowest reason.
Reason Decider::TakeFunds(const Benefit& benefit, Offer* offer) {
  if (allow_partial_ && offer->subsidy > Fen{0}) {
    ReduceToFunds(benefit, offer);
  }
  offer->partial = offer->subsidy < offer->whole;
  const FundingParts parts = SplitOverFunding(benefit, offer->subsidy);
  // A giveaway may have no fund of money at all; then there is no price to pay.
  Reason reason = benefit.funding_count == 0 && offer->subsidy > Fen{0} ? Reason::kBudgetExhausted
                                                                        : Reason::kNone;
  const auto fail = [&](Reason why, TimestampNs next) {
    if (reason == Reason::kNone || why < reason) {
      reason = why;
      offer->next_eligible_at = next;
    }
  };
  const auto take = [&](FundRow row, Fen amount, Reason exhausted) {
    const Fund& fund = ledger_.funds_[row];
    Fen asked = amount;  // with what earlier shares take from the same fund
    for (uint32_t i = 0; i < offer->share_count; ++i) {
      asked += offer->shares[i].fund == row ? offer->shares[i].held_delta : Fen{0};
    }
    if (!fund.IsOpenAt(judged_at_)) {
      fail(Reason::kFundNotOpen, fund.NextOpening(judged_at_));
    } else if (fund.available() < asked) {
      fail(exhausted, TimestampNs{});
    }
    offer->shares[offer->share_count++] = ShareDelta{offer->benefit, row, amount, {}, {}, {}};
  };
  for (uint32_t i = 0; i < benefit.funding_count; ++i) {
    take(benefit.funding[i].fund, parts[i], Reason::kBudgetExhausted);
  }
  if (benefit.stock != FundRow{}) {
    take(benefit.stock, Fen{benefit.stock_units}, Reason::kQuotaExhausted);
  }
  return reason;
}

}  // namespace gonghui
