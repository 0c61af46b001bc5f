// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/model/naive_times.h"

#include <algorithm>
#include <set>

namespace gonghui {
namespace {

bool IsListed(const std::vector<DayRange>& days, CivilDay day) {
  return std::any_of(days.begin(), days.end(), [day](const DayRange& range) {
    return range.first <= day && day <= range.last;
  });
}

}  // namespace

DayKind KindOf(const std::vector<DayRange>& special_days, CivilDay day) {
  for (const DayRange& range : special_days) {
    if (range.first <= day && day <= range.last) {
      return range.kind;
    }
  }
  return WeekdayOf(day) < 5 ? DayKind::kWorkday : DayKind::kWeekend;
}

bool IsWithinTimes(const Calendar& calendar, const NaiveTimes& times, TimestampNs at) {
  const CivilDay day = BusinessDayOf(calendar, at);
  if (times.weekdays != 0 && (times.weekdays >> WeekdayOf(day) & 1) == 0) {
    return false;
  }
  if (times.day_kinds != 0 && (times.day_kinds & MaskOf(KindOf(times.special_days, day))) == 0) {
    return false;
  }
  if (IsListed(times.closed_days, day)) {
    return false;
  }
  if (times.hours.empty()) {
    return true;
  }
  const int32_t second = LocalSecondOfDay(calendar, at);
  return std::any_of(times.hours.begin(), times.hours.end(), [second](const HoursRange& range) {
    return range.from_s <= second && second < range.to_s;
  });
}

// The answer can only change where a wall clock shows a boundary, or where it is
// put forward or back: all such instants are tried, one week after the other.
TimestampNs NextWithinTimes(const Calendar& calendar, const NaiveTimes& times, TimestampNs now) {
  const CivilDay last = BusinessDayOf(calendar, now) + 366;
  const CivilDay today = FloorDay(LocalSecondsOf(calendar, now));
  std::set<int64_t> changes_s;
  for (uint32_t i = 0; i < calendar.offset_change_count; ++i) {
    changes_s.insert(calendar.offset_changes[i].from_s);
  }
  TimestampNs tried = now;
  for (CivilDay from = today - 2; from <= last + 2; from += 7) {
    std::set<int64_t> boundaries_s = changes_s;
    for (uint32_t i = 0; i < calendar.offset_change_count; ++i) {
      // A day beyond either end, whichever offset the clock has.
      for (CivilDay day = from - 2; day <= from + 9; ++day) {
        const int64_t midnight_s =
            int64_t{day} * kSecondsPerDay - calendar.offset_changes[i].offset_s;
        boundaries_s.insert(midnight_s);
        boundaries_s.insert(midnight_s + calendar.cutover_s);
        for (const HoursRange& range : times.hours) {
          boundaries_s.insert(midnight_s + range.from_s);
        }
      }
    }
    const TimestampNs until{int64_t{from + 7} * kSecondsPerDay * kNsPerSecond};
    for (const int64_t boundary_s : boundaries_s) {
      if (boundary_s < tried.value() / kNsPerSecond || boundary_s > until.value() / kNsPerSecond) {
        continue;
      }
      const TimestampNs at{boundary_s * kNsPerSecond};
      if (at > now && BusinessDayOf(calendar, at) <= last && IsWithinTimes(calendar, times, at)) {
        return at;
      }
    }
    tried = std::max(tried, until);
  }
  return TimestampNs{};
}

}  // namespace gonghui
