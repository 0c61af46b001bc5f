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
  return (benefit.merchants.count == 0 || ledger_.IsListed(benefit.merchants, merchant_)) &&
         ledger_.IsInside(ledger_.merchants_[merchant_].union_node, benefit.merchant_union);
}

// To the merchant and to members of the member's union node.
bool Decider::IsOffered(const Benefit& benefit) const {
  return IsOfCategory(benefit) && IsAtMerchant(benefit) &&
         ledger_.IsInside(ledger_.members_[member_].union_node, benefit.member_union);
}

bool Decider::IsAtTerminal(const Benefit& benefit) const {
  return !benefit.has_terminals ||
         ((benefit.terminal_kinds == 0 ||
           (benefit.terminal_kinds & MaskOf(ledger_.terminals_[terminal_].kind)) != 0) &&
          (benefit.terminals.count == 0 || IsListedTerminal(benefit)));
}

bool Decider::IsListedTerminal(const Benefit& benefit) const {
  const auto listed = Ledger::RowsOf(ledger_.terminal_pool_, benefit.terminals);
  const auto found = std::lower_bound(
      listed.begin(), listed.end(), terminal_, [](const auto& item, TerminalRow wanted) {
        return item.terminal < wanted;
      });
  return found != listed.end() && found->terminal == terminal_;
}

// One with slots is open at the slot.
bool Decider::IsOpenNow(const Benefit& benefit) const {
  return !benefit.has_calendar || AsksFor(benefit.asks, Asks::kSlot) ||
         IsOpenAt(benefit, judged_at_);
}

bool Decider::IsVerifiedFor(const Benefit& benefit) const {
  return !benefit.require_real_name || ledger_.members_[member_].real_name_verified;
}

bool Decider::IsForUnionOfMember(const Benefit& benefit) const {
  return ledger_.IsInside(ledger_.members_[member_].union_node, benefit.member_union);
}

// Leaving the union aside.
bool Decider::IsForSuchMembers(const Benefit& benefit) {
  if (!benefit.has_members) {
    return true;
  }
  const Member& member = ledger_.members_[member_];
  if ((benefit.sexes != 0 &&
       ((benefit.sexes & MaskOf(member.sex)) == 0 || member_ == MemberRow{})) ||
      (benefit.member_days_min != 0 && member.joined_day == 0)) {
    return false;
  }
  if ((benefit.segments_any | benefit.segments_all | benefit.segments_none) == 0) {
    return true;
  }
  const uint64_t segments = MemberSegments();
  return (benefit.segments_any == 0 || (segments & benefit.segments_any) != 0) &&
         (segments & benefit.segments_all) == benefit.segments_all &&
         (segments & benefit.segments_none) == 0 && member_ != MemberRow{};
}

// A free item is a use even at price zero; a percentage of nothing is not.  What counts
// towards later bands has an effect on these.
bool Decider::HasEffect(const Benefit& benefit, Fen subsidy) const {
  return subsidy > Fen{0} || benefit.has_stock ||
         (benefit.price.kind == PriceKind::kFree && BaseOf(benefit) == Fen{0}) ||
         (AsksFor(benefit.asks, Asks::kEarlierPrices) && BaseOf(benefit) > Fen{0});
}

// Terminal, time and name.
Reason Decider::CheckTerms(const Benefit& benefit) const {
  if (!IsAtTerminal(benefit)) {
    return Reason::kNotPermittedToTerminal;
  }
  if (!benefit.sure.Holds(judged_s_)) [[unlikely]] {
    if (judged_at_ < benefit.starts_at) {
      return Reason::kProgrammeNotStarted;
    }
    if (judged_at_ >= benefit.ends_at) {
      return Reason::kProgrammeEnded;
    }
  }
  if (!IsOpenNow(benefit)) {
    return Reason::kOutsideTimeWindow;
  }
  return IsVerifiedFor(benefit) ? Reason::kNone : Reason::kMemberNotVerified;
}

// Everything but limits and funds, of a candidate: what is not offered to the merchant, or
// to the member's union node, is none.  `subsidy` is what the benefit gives of `base`
// (kNoBase: of nothing) without them.
Reason Decider::CheckRules(const Benefit& benefit, Fen base, Fen subsidy) {
  const Reason reason = CheckTerms(benefit);
  if (reason != Reason::kNone) {
    return reason;
  }
  if (!IsForSuchMembers(benefit)) {
    return Reason::kNotPermittedToMember;
  }
  if (base < benefit.price.threshold) {  // as kNoBase is of any
    return base == kNoBase ? Reason::kNoEligibleItem : Reason::kBelowMinimumAmount;
  }
  if (!HasEffect(benefit, subsidy)) {
    return Reason::kNoEffect;
  }
  if (HasWaiting(benefit) && EndOfWaiting(benefit) != TimestampNs{}) {
    return Reason::kWaitingPeriod;
  }
  if (advice_ != nullptr && benefit.offline == OfflinePolicy::kRefuse) {
    return Reason::kOfflineNotPermitted;
  }
  return benefit.asks != 0 ? CheckAsks(benefit) : Reason::kNone;
}

Fen Decider::SubsidyBy(const Benefit& benefit, Fen base) const {
  if (HasSteps(benefit.price)) [[unlikely]] {
    return SubsidyBySteps(benefit, base);
  }
  return SubsidyOf(benefit.price, {}, base);
}

Fen Decider::SubsidyBySteps(const Benefit& benefit, Fen base) const {
  const Fen earlier =
      AsksFor(benefit.asks, Asks::kEarlierPrices) ? EarlierPricesOf(benefit) : Fen{0};
  return SubsidyOf(benefit.price, ledger_.StepsOf(benefit.price), base, earlier);
}

// No programme has changed since the instant that is judged; online always so.
bool Decider::JudgesLiveProgrammes() const {
  return judged_at_ >= ledger_.globals().programmes_changed_at;
}

ProgrammeRow Decider::FindLiveProgramme(ProgrammeCode code) const {
  if (!JudgesLiveProgrammes()) [[unlikely]] {
    return FindPastProgramme(code);
  }
  const ProgrammeHead& head = ledger_.programme_heads_[ledger_.FindProgrammeHead(code)];
  return shadow_ && head.shadow != ProgrammeRow{} ? head.shadow : head.active;
}

// The live benefits that are offered to the merchant and to members of the member's union
// node: all of them, or the first so many that may compete.
std::span<const Candidate> Decider::Candidates(ProgrammeRow only) {
  if (only != ProgrammeRow{}) {
    return CollectCandidatesOf(only);
  }
  if (!JudgesLiveProgrammes()) [[unlikely]] {
    return CollectPastCandidates();
  }
  CandidateIndex& index = Index();
  const UnionNodeRow member_node = ledger_.members_[member_].union_node;
  const CandidateIndex::Found& seen = trail_.candidates;
  if (index.IsValid(seen) && seen.merchant == merchant_ && seen.member_node == member_node &&
      !shadow_) [[likely]] {
    found_ = &seen;
  } else {
    found_ = std::construct_at(&found_space_.found, index.Find(ledger_, merchant_, member_node));
  }
  return index.SetOf(ledger_, *found_);
}

// The same of one programme alone, by its order.
std::span<const Candidate> Decider::CollectCandidatesOf(ProgrammeRow only) {
  static_assert(kBenefitsPerProgrammeMax <= kCandidatesPerDecisionMax);
  auto& candidates = past_.past.candidates;
  size_t count = 0;
  ForEachBenefitOf(only, [&](const Candidate& candidate, const Benefit& benefit) {
    if (IsOffered(benefit)) {
      candidates[count++] = candidate;
    }
  });
  return {candidates.data(), count};
}

void Decider::CollectContenders(ProgrammeRow only) {
  auto& contenders = contenders_.list;
  size_t count = 0;
  size_t layered = 0;
  uint8_t asks = 0;
  for (const Candidate& candidate : Candidates(only)) {
    const Benefit& benefit = ledger_.benefits_[candidate.benefit];
    asks |= benefit.asks;
    Fen base = list_price_;
    if (benefit.has_items) [[unlikely]] {
      base = Larger(Fen{0}, BaseOfItems(benefit));
    }
    const Fen subsidy = Smaller(SubsidyBy(benefit, base), subsidy_max_);
    const Contender contender{subsidy, candidate.order, candidate.benefit};
    if (benefit.combines) [[unlikely]] {
      contenders[contenders.size() - ++layered] = contender;
    } else {
      contenders[count++] = contender;
    }
  }
  contender_count_ = count;
  layered_count_ = layered;
  if (asks != 0 || occasion_ != nullptr) [[unlikely]] {
    LeaveOutOtherOccasions();
  }
}

void Decider::LeaveOutOtherOccasions() {
  auto& contenders = contenders_.list;
  const auto is_other = [this](const Contender& contender) {
    return !IsForOccasion(ledger_.benefits_[contender.benefit]);
  };
  const auto end = std::remove_if(
      contenders.begin(), contenders.begin() + static_cast<ptrdiff_t>(contender_count_), is_other);
  contender_count_ = static_cast<size_t>(end - contenders.begin());
  const auto layered = std::remove_if(
      contenders.rbegin(), contenders.rbegin() + static_cast<ptrdiff_t>(layered_count_), is_other);
  layered_count_ = static_cast<size_t>(layered - contenders.rbegin());
}

// About a benefit that is not offered to the merchant, or is so but not to the member's union
// node: for the answer when nothing applies.  One that is at the merchant for another occasion
// is no answer.
void Decider::AskWithoutTerms(const Candidate& candidate, bool at_merchant) {
  const Benefit& benefit = ledger_.benefits_[candidate.benefit];
  if (at_merchant && !IsForOccasion(benefit)) {
    return;
  }
  Offer* const spare = best_ == &offers_.list[0] ? &offers_.list[1] : &offers_.list[0];
  spare->order = candidate.order;
  spare->benefit = candidate.benefit;
  spare->failed_row = 0;
  spare->next_eligible_at = TimestampNs{};
  spare->reason = at_merchant ? CheckTerms(benefit) : Reason::kMerchantNotInProgramme;
  if (spare->reason == Reason::kNone) {
    spare->reason = Reason::kNotPermittedToMember;
  }
  if (IsBetter(*spare)) {
    best_ = spare;
  }
}

// The same of an instant that is past.
void Decider::AskElsewhereThen() {
  const UnionNodeRow member_node = ledger_.members_[member_].union_node;
  uint32_t others = 0;
  ForEachBenefitThen([&](BenefitRow row) {
    const Benefit& benefit = ledger_.benefits_[row];
    if (!IsOfCategory(benefit)) {
      return;
    }
    const bool at_merchant = IsAtMerchant(benefit);
    bool asked = !at_merchant;
    if (!asked && benefit.member_union != UnionNodeRow{}) {
      asked = ++others <= CandidateIndex::kOthersMax &&
              !ledger_.IsInside(member_node, benefit.member_union);
    }
    if (asked) {
      AskWithoutTerms(
          Candidate{row, CandidateIndex::OrderOf(ledger_.programmes_[benefit.programme], row)},
          at_merchant);
    }
  });
}

// Nothing applies.  What was left out of the candidates has no say but in what the answer
// is about, where it may have come further, or stand before.
void Decider::AskElsewhere(ProgrammeRow only) {
  if (best_->reason > Reason::kNotPermittedToMember) {
    return;
  }
  const UnionNodeRow member_node = ledger_.members_[member_].union_node;
  if (only != ProgrammeRow{}) {
    ForEachBenefitOf(only, [&](const Candidate& candidate, const Benefit& benefit) {
      if (IsOfCategory(benefit) && !IsOffered(benefit)) {
        AskWithoutTerms(candidate, IsAtMerchant(benefit));
      }
    });
    return;
  }
  if (!JudgesLiveProgrammes()) {
    return AskElsewhereThen();
  }
  const Candidate elsewhere = Index().ElsewhereOf(*found_);
  if (elsewhere.benefit != BenefitRow{}) {
    AskWithoutTerms(elsewhere, /*at_merchant=*/false);  // all of these fail alike
  }
  Index().ForEachForMembers(*found_, [&](const Candidate& candidate) {
    if (!Index().IsForMembersOf(ledger_, candidate, member_node)) {
      AskWithoutTerms(candidate, /*at_merchant=*/true);
    }
    // Else none of the rest comes further, and none stands before.
    return best_->reason != Reason::kNotPermittedToMember || best_->order > candidate.order;
  });
}

// In one piece: a candidate costs less than the calls it would take.
[[gnu::flatten]] void Decider::ChooseOffer(const ProgrammeCode& programme) {
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
  CollectContenders(only);
  auto& contenders = contenders_.list;
  const size_t count = contender_count_;
  for (size_t i = 0; i < count; ++i) {
    const size_t place = MostGenerousFrom({contenders.data(), count}, i);
    const Contender& contender = contenders[place];
    // A limit may reduce what a benefit gives, never raise it.
    if (best_->reason == Reason::kNone && contender.subsidy < best_->subsidy) {
      break;
    }
    const Benefit& benefit = ledger_.benefits_[contender.benefit];
    spare->order = contender.order;
    spare->benefit = contender.benefit;
    spare->failed_row = 0;
    spare->next_eligible_at = TimestampNs{};
    spare->subsidy = contender.subsidy;
    spare->partial = false;
    spare->whole = contender.subsidy;
    spare->share_count = 0;
    spare->use_count = 0;
    spare->reason = CheckRules(benefit, BaseOf(benefit), contender.subsidy);
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
    // Hardly ever: mostly the first one wins.  Before it is asked, this would copy what has just
    // been written.
    std::swap(contenders[i], contenders[place]);
  }
  if (layered_count_ > 0) [[unlikely]] {
    CombineOffers();
  }
  if (best_->reason != Reason::kNone) [[unlikely]] {
    AskElsewhere(only);
  }
}

// Of what refuses.  Limits and funds have told it already, but for a slot that is full: the
// next one with room is looked for once, and for the answer alone, as hundreds of slots may
// have to be asked.
TimestampNs Decider::NextEligibleAt(const Offer& offer) const {
  if (shadow_) {
    return TimestampNs{};  // nobody is told
  }
  const Benefit& benefit = ledger_.benefits_[offer.benefit];
  switch (offer.reason) {
    case Reason::kProgrammeNotStarted:
      return benefit.starts_at;
    case Reason::kOutsideTimeWindow:
      return NextOpening(benefit);
    case Reason::kWaitingPeriod:
      return EndOfWaiting(benefit);
    case Reason::kSlotNotAvailable:
      return NextSlotWithRoom(benefit);
    default:  // the other reasons know of no time, or of one that they have told
      break;
  }
  const bool slot_is_full = ledger_.limits_[offer.failed_limit()].window == WindowKind::kSlot &&
                            AsksFor(benefit.asks, Asks::kSlot);
  return slot_is_full ? NextSlotWithRoom(benefit) : offer.next_eligible_at;
}

// By the rule alone; of equals the one of higher precedence.
bool Decider::IsMoreGenerous(const Contender& a, const Contender& b) {
  return a.subsidy != b.subsidy ? a.subsidy > b.subsidy : a.order < b.order;
}

// Where the most generous of those from `place` on is; the caller swaps it with that at `place`
// before it asks for the next.  The first few one by one, as hardly ever more are asked for; then
// all the rest are sorted at once.
size_t Decider::MostGenerousFrom(std::span<Contender> contenders, size_t place) {
  constexpr size_t kOneByOne = 8;
  size_t best = place;
  if (place < kOneByOne) {
    for (size_t i = place + 1; i < contenders.size(); ++i) {
      best = IsMoreGenerous(contenders[i], contenders[best]) ? i : best;
    }
  } else if (place == kOneByOne) {
    std::sort(contenders.begin() + kOneByOne, contenders.end(), IsMoreGenerous);
  }
  return best;
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

uint64_t Decider::MemberSegments() {
  if (!segments_known_) {
    segments_ = ledger_.SegmentsOf(ledger_.members_[member_], judged_at_);
    segments_known_ = true;
  }
  return segments_;
}

TimestampNs Decider::EndOfWaiting(const Benefit& benefit) const {
  const auto after_days = [](TimestampNs from, uint16_t days) {
    return TimestampNs{from.value() + days * kSecondsPerDay * kNsPerSecond};
  };
  const Member& member = ledger_.members_[member_];
  TimestampNs end;
  if (benefit.member_days_min != 0 && member.joined_day != 0) {
    const TimestampNs joined = StartOfBusinessDay(ledger_.calendars_[benefit.calendar],
                                                  kJoinedDayZero + member.joined_day);
    end = after_days(joined, benefit.member_days_min);
  }
  if (benefit.segment_days_min != 0) {
    // In a segment since the beginning of the span that holds; of several the first.
    const auto since = [&](uint64_t segments) {
      TimestampNs first = kTimestampMax;
      for (SegmentSpanRow row = member.first_span; row != SegmentSpanRow{};
           row = ledger_.segment_spans_[row].next) {
        const SegmentSpan& span = ledger_.segment_spans_[row];
        if ((segments >> span.segment & 1) != 0 && judged_at_ >= span.starts_at &&
            judged_at_ < span.ends_at) {
          first = std::min(first, BeginOfCover(member, span));
        }
      }
      return first;
    };
    const auto wait = [&](uint64_t segments) {
      const TimestampNs from = since(segments);
      if (from != kTimestampMax) {
        end = std::max(end, after_days(from, benefit.segment_days_min));
      }
    };
    wait(benefit.segments_any);
    for (uint64_t rest = benefit.segments_all; rest != 0; rest &= rest - 1) {
      wait(rest & (~rest + 1));
    }
  }
  return end > judged_at_ ? end : TimestampNs{};
}

// The parts of a subsidy by the benefit's funding.
Decider::FundingParts Decider::SplitOverFunding(const Benefit& benefit, Fen subsidy) {
  FundingParts parts{};
  if (benefit.funding_count == 1) [[likely]] {
    parts[0] = subsidy;
    return parts;
  }
  std::array<int64_t, kFundingSharesPerBenefitMax> weights{};
  for (uint32_t i = 0; i < benefit.funding_count; ++i) {
    weights[i] = benefit.shares[i].value();
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
    const FundRow fund = benefit.fund(i);
    if (AvailableOf(fund) < AskedOf(fund, benefit, parts)) {
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
    const FundRow fund = benefit.fund(i);
    int32_t parts = 0;
    int32_t share = 0;
    for (uint32_t j = 0; j < benefit.funding_count; ++j) {
      parts += benefit.fund(j) == fund ? 1 : 0;
      share += benefit.fund(j) == fund ? benefit.shares[j].value() : 0;
    }
    const Int128 bound =
        (Int128{AvailableOf(fund).value()} + parts) * kBpsPerOne / std::max(1, share);
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

// Of several failing funds the answer is the lowest reason, and about the first of these.
Reason Decider::TakeFunds(const Benefit& benefit, Offer* offer) {
  if (allow_partial_ && offer->subsidy > Fen{0}) {
    ReduceToFunds(benefit, offer);
  }
  offer->partial = offer->subsidy < offer->whole;
  const FundingParts parts = SplitOverFunding(benefit, offer->subsidy);
  // A giveaway may have no fund of money at all; then there is no price to pay.
  Reason reason = benefit.funding_count == 0 && offer->subsidy > Fen{0} ? Reason::kBudgetExhausted
                                                                        : Reason::kNone;
  const auto fail = [&](Reason why, FundRow row, Fen available, Fen asked, TimestampNs next) {
    if (reason == Reason::kNone || why < reason) {
      reason = why;
      offer->failed_row = row.value();
      offer->used_or_available = available.value();
      offer->held_or_asked = asked.value();
      offer->next_eligible_at = next;
    }
  };
  const auto take = [&](FundRow row, Fen amount, Fen asked, Reason exhausted) {
    const Fund& fund = ledger_.funds_[row];
    if (!fund.IsOpenAt(judged_at_)) {
      fail(Reason::kFundNotOpen, row, Fen{0}, Fen{0}, fund.NextOpening(judged_at_));
    } else if (const Fen available = AvailableOf(row); available < asked) {
      fail(exhausted, row, available, asked, TimestampNs{});
    }
    offer->shares[offer->share_count++] = ShareDelta{offer->benefit, row, amount, {}, {}, {}};
  };
  for (uint32_t i = 0; i < benefit.funding_count; ++i) {
    const FundRow fund = benefit.fund(i);
    take(fund, parts[i], AskedOf(fund, benefit, parts), Reason::kBudgetExhausted);
  }
  if (benefit.has_stock) {
    const Fen units{benefit.stock_units};
    take(benefit.stock, units, units, Reason::kQuotaExhausted);
  }
  return reason;
}

}  // namespace gonghui
