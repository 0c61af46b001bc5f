// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// How limits stand: whom they count by, what counts towards them, and what an offer takes of
// them.

#include <algorithm>
#include <array>
#include <span>

#include "engine/ledger/decide.h"

namespace gonghui {

uint32_t Decider::SubjectOf(const Limit& limit) const {
  switch (limit.subject) {
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
    case LimitSubject::kUnion:
      return UnionSubjectOf(limit.union_level);
  }
  return 0;
}

// The nearest node of that level, from the member's own upwards; its own when there is
// none.
uint32_t Decider::UnionSubjectOf(uint8_t level) const {
  const UnionNodeRow own = ledger_.members_[member_].union_node;
  if (level != 0) {
    for (UnionNodeRow row = own; row != UnionNodeRow{}; row = ledger_.union_nodes_[row].parent) {
      if (static_cast<uint8_t>(ledger_.union_nodes_[row].level) == level) {
        return row.value();
      }
    }
  }
  return own.value();
}

Decider::Standing Decider::StandingOf(const Limit& limit,
                                      uint32_t subject,
                                      WindowNumber window) const {
  const Counter& counter = CounterOf(limit, subject, window);
  const Standing standing{counter.used, counter.held, window};
  return limit.span > 1 ? WithEarlierWindows(limit, subject, standing) : standing;
}

// Counters stay by calendar window, so that a refund finds its own.
Decider::Standing Decider::WithEarlierWindows(const Limit& limit,
                                              uint32_t subject,
                                              Standing last) const {
  Standing sum = last;
  for (WindowNumber window = last.oldest - 1; window > last.oldest - limit.span; --window) {
    const Counter& counter = CounterOf(limit, subject, window);
    sum.used += counter.used;
    sum.held += counter.held;
    if (counter.used + counter.held > 0) {
      sum.oldest = window;
    }
  }
  return sum;
}

TimestampNs Decider::EndOfRolling(const Limit& limit,
                                  CalendarRow calendar,
                                  WindowNumber window) const {
  return WindowEnd(ledger_.calendars_[calendar], limit.window, window + limit.span - 1);
}

TimestampNs Decider::EndOfRolling(const UseDelta& use) const {
  return EndOfRolling(
      ledger_.limits_[use.limit], ledger_.benefits_[use.benefit].calendar, use.window);
}

ResultLimit Decider::LimitState(LimitRow row,
                                uint32_t subject,
                                WindowNumber window,
                                CalendarRow calendar) const {
  const Limit& limit = ledger_.limits_[row];
  const Standing standing = StandingOf(limit, subject, window);
  return ResultLimit{row,
                     standing.used,
                     standing.held,
                     limit.max - standing.used - standing.held,
                     EndOfRolling(limit, calendar, standing.oldest)};
}

// ---- What an offer takes ---------------------------------------------------------

// Makes the use of a limit, with no amount yet, and tells how it stands.
inline Decider::Standing Decider::BeginUse(LimitRow row,
                                           const CalendarMoment& moment,
                                           const Offer& offer,
                                           UseDelta* use) {
  const Limit& limit = ledger_.limits_[row];
  *use = UseDelta{};
  use->limit = row;
  use->subject = SubjectOf(limit);
  use->window = moment.WindowIn(limit.window);
  use->benefit = offer.benefit;
  use->counter = FindCounter(limit, use->subject, use->window);
  use->counter_is_new = use->counter == CounterRow{};
  const Counter& counter = ledger_.counters_[use->counter];  // row 0 is all zero
  Standing standing{counter.used, counter.held, use->window};
  if (limit.span > 1 || before_ != nullptr) [[unlikely]] {
    standing = WithMore(row, use->subject, standing);
  }
  use->used_after = standing.used;
  return standing;
}

// With what counts beside the counter of the window.
Decider::Standing Decider::WithMore(LimitRow row, uint32_t subject, Standing last) const {
  const Limit& limit = ledger_.limits_[row];
  Standing sum = limit.span > 1 ? WithEarlierWindows(limit, subject, last) : last;
  sum.held += before_ != nullptr ? TakenBefore(row, subject) : 0;
  return sum;
}

// The amounts of the uses, when that of the subsidy is known.
inline void Decider::CountUses(std::span<const int64_t> left, Offer* offer) {
  for (size_t i = 0; i < left.size(); ++i) {
    UseDelta& use = offer->uses[i];
    const bool count = ledger_.limits_[use.limit].measure == LimitMeasure::kCount;
    use.held_delta = count ? 1 : offer->subsidy.value();
    use.left_after = left[i] - use.held_delta;
  }
  offer->use_count = static_cast<uint32_t>(left.size());
}

// When a limit that has nothing left may have something again; 0 = never, or it is of a slot,
// of which the next is looked for when the answer is about it (NextSlotWithRoom()).
inline TimestampNs Decider::RenewalOf(const Limit& limit,
                                      const Benefit& benefit,
                                      const CalendarMoment& moment,
                                      const Standing& standing) const {
  if (limit.window == WindowKind::kProgramme || limit.window == WindowKind::kSlot) {
    return TimestampNs{};
  }
  return limit.span <= 1 ? moment.EndOf(limit.window)
                         : EndOfRolling(limit, benefit.calendar, standing.oldest);
}

// The same of limits of the price, which follow from the base alone.
void Decider::CountPrices(const Benefit& benefit, Offer* offer) const {
  const int64_t price = CountedPriceOf(benefit).value();
  for (uint32_t i = 0; i < offer->use_count; ++i) {
    UseDelta& use = offer->uses[i];
    if (ledger_.limits_[use.limit].measure == LimitMeasure::kPrice) {
      use.left_after += use.held_delta - price;
      use.held_delta = price;
    }
  }
}

Reason Decider::ReasonOf(const Limit& limit) {
  if (limit.scope == LimitScope::kNoShow) {
    return Reason::kTooManyNoShows;
  }
  return limit.measure == LimitMeasure::kCount ? Reason::kExceedsFrequencyLimit
                                               : Reason::kExceedsAmountLimit;
}

// Checks every limit, and reduces the subsidy where an amount limit says so; the
// amounts are known only when all have been asked, so they come last.
Reason Decider::TakeLimits(const Benefit& benefit, Offer* offer) {
  if (benefit.limit_count == 0) {
    return Reason::kNone;
  }
  const CalendarMoment& moment = MomentOf(benefit);
  std::array<int64_t, kLimitsPerBenefitMax> left;
  uint32_t count = 0;
  bool counts_price = false;
  const auto fail = [&](LimitRow row, const Standing& standing) {
    const Limit& limit = ledger_.limits_[row];
    offer->failed_row = row.value();
    offer->used_or_available = standing.used;
    offer->held_or_asked = standing.held;
    offer->next_eligible_at = RenewalOf(limit, benefit, moment, standing);
    return ReasonOf(limit);
  };
  for (uint32_t i = 0; i < benefit.limit_count; ++i) {
    const LimitRow row = benefit.limit(i);
    const Limit& limit = ledger_.limits_[row];
    if (limit.scope != LimitScope::kAll) [[unlikely]] {
      if (!IsAsked(limit)) {
        continue;
      }
      if (limit.scope == LimitScope::kNoShow) {
        const Standing standing = BeginUse(row, moment, *offer, &offer->uses[count]);
        if (standing.used >= limit.max) {
          return fail(row, standing);
        }
        if (!command_.authorize.capture_at_once) {  // who buys has come
          left[count++] = limit.max - standing.held - standing.used;
        }
        continue;
      }
    }
    const Standing standing = BeginUse(row, moment, *offer, &offer->uses[count]);
    const int64_t has = limit.max - standing.held - standing.used;
    left[count++] = has;
    bool exceeded = false;
    if (limit.measure == LimitMeasure::kCount) {
      exceeded = has < 1;
    } else if (limit.measure == LimitMeasure::kPrice) [[unlikely]] {
      const Fen price = CountedPriceOf(benefit);
      exceeded = price > Fen{0} && has < price.value();
      counts_price = true;
    } else {
      const bool reduces =
          limit.when_exceeded == WhenExceeded::kReduce || limit.scope == LimitScope::kOffline;
      if (reduces && has > 0) {
        offer->whole = Smaller(offer->whole, Fen{has});
      }
      if (offer->subsidy > Fen{0} && has < offer->subsidy.value()) {
        exceeded = has <= 0 || !(reduces || allow_partial_);
        if (!exceeded) {
          offer->subsidy = Fen{has};
        }
      }
    }
    if (exceeded) {
      return fail(row, standing);
    }
  }
  CountUses({left.data(), count}, offer);
  if (counts_price) [[unlikely]] {
    CountPrices(benefit, offer);
  }
  return Reason::kNone;
}

// Whatever the limits say.
void Decider::TakeLimitsAnyway(const Benefit& benefit, Offer* offer) {
  const CalendarMoment& moment = MomentOf(benefit);
  std::array<int64_t, kLimitsPerBenefitMax> left;
  uint32_t count = 0;
  for (uint32_t i = 0; i < benefit.limit_count; ++i) {
    const LimitRow row = benefit.limit(i);
    if (ledger_.limits_[row].scope == LimitScope::kNoShow) {
      continue;  // who bought has come
    }
    const Standing standing = BeginUse(row, moment, *offer, &offer->uses[count]);
    left[count++] = ledger_.limits_[row].max - standing.held - standing.used;
  }
  CountUses({left.data(), count}, offer);
  CountPrices(benefit, offer);
  for (uint32_t i = 0; i < count; ++i) {
    const UseDelta& use = offer->uses[i];
    offer->overrun = offer->overrun || (use.held_delta > 0 && use.left_after < 0);
  }
}

}  // namespace gonghui
