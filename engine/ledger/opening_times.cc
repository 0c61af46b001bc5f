// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// When a benefit is open: weekdays, kinds of day and closed days are of the business day,
// hours of the wall clock.

#include <algorithm>
#include <span>

#include "engine/ledger/decide.h"

namespace gonghui {
namespace {

// Of an opening that is told.
constexpr CivilDay kOpeningDaysMax = 366;

// The range that holds `day`, or null.  REQUIRES: they rise, and none overlaps another.
const DayRange* FindDay(std::span<const DayRange> ranges, CivilDay day) {
  const auto after =
      std::upper_bound(ranges.begin(), ranges.end(), day, [](CivilDay of, const DayRange& range) {
        return of < range.first;
      });
  if (after == ranges.begin()) {
    return nullptr;
  }
  const DayRange& range = *(after - 1);
  return day <= range.last ? &range : nullptr;
}

DayKind DayKindOf(std::span<const DayRange> special_days, CivilDay day) {
  if (const DayRange* const range = FindDay(special_days, day); range != nullptr) {
    return range->kind;
  }
  return WeekdayOf(day) < 5 ? DayKind::kWorkday : DayKind::kWeekend;
}

}  // namespace

bool Ledger::IsOpenOn(const Benefit& benefit, CivilDay day) const {
  if (benefit.weekdays != 0 && (benefit.weekdays >> WeekdayOf(day) & 1) == 0) {
    return false;
  }
  if (benefit.day_kinds != 0) {
    const Programme& programme = programmes_[benefit.programme];
    const DayKind kind = DayKindOf(DaysOf(programme.special_days), day);
    if ((benefit.day_kinds & MaskOf(kind)) == 0) {
      return false;
    }
  }
  return benefit.closed_days.count == 0 || FindDay(DaysOf(benefit.closed_days), day) == nullptr;
}

bool Decider::IsOpenInHours(const Benefit& benefit, TimestampNs at) const {
  if (benefit.hours.count == 0) {
    return true;
  }
  const int32_t second = LocalSecondOfDay(ledger_.calendars_[benefit.calendar], at);
  const std::span<const HoursRange> ranges = ledger_.HoursOf(benefit.hours);
  return std::any_of(ranges.begin(), ranges.end(), [second](const HoursRange& hours) {
    return second >= hours.from_s && second < hours.to_s;
  });
}

bool Decider::IsOpenAt(const Benefit& benefit, TimestampNs at) const {
  return IsOpenOn(benefit, BusinessDayOf(ledger_.calendars_[benefit.calendar], at)) &&
         IsOpenInHours(benefit, at);
}

// The next instant at which the benefit is open, or 0.  It lies in the first business day
// that has one, because these never go back.
TimestampNs Decider::NextOpening(const Benefit& benefit) const {
  const Calendar& calendar = ledger_.calendars_[benefit.calendar];
  const CivilDay today = BusinessDayOf(calendar, judged_at_);
  for (CivilDay day = today; day <= today + kOpeningDaysMax; ++day) {
    if (StartOfBusinessDay(calendar, day) >= benefit.ends_at) {
      break;
    }
    const TimestampNs at = IsOpenOn(benefit, day) ? FirstOpeningOf(benefit, day) : TimestampNs{};
    if (at != TimestampNs{}) {
      return at;
    }
  }
  return TimestampNs{};
}

// The first instant of an open business day after the one that is judged at which the
// hours are open, or 0: where the day or a range of hours begins, or the clock is set.
TimestampNs Decider::FirstOpeningOf(const Benefit& benefit, CivilDay business_day) const {
  const Calendar& calendar = ledger_.calendars_[benefit.calendar];
  const std::span<const HoursRange> ranges = ledger_.HoursOf(benefit.hours);
  TimestampNs first = kTimestampMax;
  const auto consider = [&](TimestampNs at) {
    if (at > judged_at_ && at < first && at < benefit.ends_at &&
        BusinessDayOf(calendar, at) == business_day && IsOpenInHours(benefit, at)) {
      first = at;
    }
  };
  // It may begin on the day before by the wall clock, where that is set back, and may end
  // on the day after.
  const CivilDay from = business_day - 1;
  const CivilDay to = business_day + 1;
  consider(StartOfBusinessDay(calendar, business_day));
  for (CivilDay day = from; day <= to; ++day) {
    for (const HoursRange& hours : ranges) {
      consider(InstantOf(calendar, int64_t{day} * kSecondsPerDay + hours.from_s));
    }
  }
  // Where the clock is set back, an hour begins a second time; the change itself may lead
  // into one.
  for (uint32_t i = 1; i < calendar.offset_change_count; ++i) {  // the first is none
    const OffsetChange& change = calendar.offset_changes[i];
    const CivilDay changed_on = FloorDay(change.from_s + change.offset_s);
    if (changed_on < from || changed_on > to) {
      continue;
    }
    consider(TimestampNs{change.from_s * kNsPerSecond});
    for (CivilDay day = from; day <= to; ++day) {
      const int64_t midnight_s = int64_t{day} * kSecondsPerDay - change.offset_s;
      consider(TimestampNs{(midnight_s + calendar.cutover_s) * kNsPerSecond});
      for (const HoursRange& hours : ranges) {
        consider(TimestampNs{(midnight_s + hours.from_s) * kNsPerSecond});
      }
    }
  }
  return first == kTimestampMax ? TimestampNs{} : first;
}

}  // namespace gonghui
