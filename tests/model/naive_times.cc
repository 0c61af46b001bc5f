// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/model/naive_times.h"

#include <algorithm>
#include <set>

namespace gonghui {

bool IsWithinTimes(const Calendar& calendar,
                   uint8_t weekdays,
                   const std::vector<HoursRange>& hours,
                   TimestampNs at) {
  if (weekdays != 0 && (weekdays >> WeekdayOf(BusinessDayOf(calendar, at)) & 1) == 0) {
    return false;
  }
  if (hours.empty()) {
    return true;
  }
  const int32_t second = LocalSecondOfDay(calendar, at);
  return std::any_of(hours.begin(), hours.end(), [second](const HoursRange& range) {
    return range.from_s <= second && second < range.to_s;
  });
}

// The answer can only change where a wall clock shows a boundary, or where it is
// put forward or back: all such instants are tried.
TimestampNs NextWithinTimes(const Calendar& calendar,
                            uint8_t weekdays,
                            const std::vector<HoursRange>& hours,
                            TimestampNs now) {
  std::set<int64_t> boundaries_s;
  const CivilDay today = FloorDay(LocalSecondsOf(calendar, now));
  for (uint32_t i = 0; i < calendar.offset_change_count; ++i) {
    const OffsetChange& change = calendar.offset_changes[i];
    boundaries_s.insert(change.from_s);
    for (CivilDay day = today - 2; day <= today + 11; ++day) {
      const int64_t midnight_s = int64_t{day} * kSecondsPerDay - change.offset_s;
      boundaries_s.insert(midnight_s);
      boundaries_s.insert(midnight_s + calendar.cutover_s);
      for (const HoursRange& range : hours) {
        boundaries_s.insert(midnight_s + range.from_s);
      }
    }
  }
  const int64_t day_8_ns = now.value() + 8 * kSecondsPerDay * kNsPerSecond;
  for (const int64_t boundary_s : boundaries_s) {
    if (boundary_s < now.value() / kNsPerSecond || boundary_s > day_8_ns / kNsPerSecond) {
      continue;
    }
    const TimestampNs at{boundary_s * kNsPerSecond};
    if (at > now && at.value() <= day_8_ns && IsWithinTimes(calendar, weekdays, hours, at)) {
      return at;
    }
  }
  return TimestampNs{};
}

}  // namespace gonghui
