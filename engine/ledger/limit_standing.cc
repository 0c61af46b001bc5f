// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// How limits stand: whom they count by, and what counts towards them.

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

}  // namespace gonghui
