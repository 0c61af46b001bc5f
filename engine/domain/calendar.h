// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Time and calendars.  Inside, time is UTC nanoseconds.  A calendar is a
// programme's own idea of a day: an IANA zone, compiled ahead of time to the
// instants at which its offset changes, and a cut-over hour at which its
// business day begins.  From there on windows are integer arithmetic: no zone
// database and no clock is read when a decision is made or replayed.
//
// A window is named by its kind and number (the day number, the month number
// ...), never by its bounds: that is the key a counter is kept under.

#ifndef GONGHUI_ENGINE_DOMAIN_CALENDAR_H_
#define GONGHUI_ENGINE_DOMAIN_CALENDAR_H_

#include <algorithm>
#include <array>
#include <compare>
#include <cstdint>
#include <limits>

#include "engine/domain/ids.h"

namespace gonghui {

class TimestampNs {
 public:
  constexpr TimestampNs() = default;
  explicit constexpr TimestampNs(int64_t ns) : ns_(ns) {}

  [[nodiscard]] constexpr int64_t value() const { return ns_; }

  friend constexpr auto operator<=>(TimestampNs, TimestampNs) = default;

 private:
  int64_t ns_ = 0;
};

inline constexpr int64_t kNsPerSecond = 1'000'000'000;
inline constexpr int64_t kSecondsPerDay = 86'400;

// "No end": later than any instant the engine accepts.
inline constexpr TimestampNs kTimestampMax{INT64_MAX};

// Days since 1970-01-01 in some civil calendar.
using CivilDay = int32_t;

struct CivilDate {
  int32_t year;
  int32_t month;  // 1..12
  int32_t day;    // 1..31

  friend constexpr bool operator==(const CivilDate&, const CivilDate&) = default;
};

// Proleptic Gregorian calendar; the arithmetic works on years that begin in
// March so that the leap day is the last of its year.
constexpr CivilDate DateOf(CivilDay day) {
  const int32_t shifted = day + 719'468;
  const int32_t era = (shifted >= 0 ? shifted : shifted - 146'096) / 146'097;
  const int32_t day_of_era = shifted - era * 146'097;
  const int32_t year_of_era =
      (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const int32_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int32_t march_month = (5 * day_of_year + 2) / 153;
  const int32_t month = march_month < 10 ? march_month + 3 : march_month - 9;
  return CivilDate{year_of_era + era * 400 + (month <= 2 ? 1 : 0),
                   month,
                   day_of_year - (153 * march_month + 2) / 5 + 1};
}

constexpr CivilDay DayOf(const CivilDate& date) {
  const int32_t year = date.month <= 2 ? date.year - 1 : date.year;
  const int32_t era = (year >= 0 ? year : year - 399) / 400;
  const int32_t year_of_era = year - era * 400;
  const int32_t march_month = date.month > 2 ? date.month - 3 : date.month + 9;
  const int32_t day_of_year = (153 * march_month + 2) / 5 + date.day - 1;
  const int32_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146'097 + day_of_era - 719'468;
}

static_assert(DayOf({1970, 1, 1}) == 0 && DayOf({2026, 3, 1}) == 20'513);
static_assert(DateOf(DayOf({2024, 2, 29})) == CivilDate{2024, 2, 29});

// 0 = Monday ... 6 = Sunday (ISO 8601).  1970-01-01 was a Thursday.
constexpr int32_t WeekdayOf(CivilDay day) {
  const int32_t r = (day + 3) % 7;
  return r < 0 ? r + 7 : r;
}

enum class WindowKind : uint8_t {  // stored: do not change values
  kProgramme = 1,                  // the whole life of the programme: one window
  kDay = 2,
  kWeek = 3,  // begins on Monday
  kMonth = 4,
  kYear = 5,
  kSlot = 6,  // of appointments: the number is its first minute, counted from 1970
};

inline constexpr int64_t kNsPerMinute = 60 * kNsPerSecond;

using WindowNumber = int32_t;

struct OffsetChange {
  int64_t from_s = 0;    // UTC seconds; the first entry holds from the beginning
  int64_t offset_s = 0;  // local time = UTC + offset_s from here on

  friend constexpr bool operator==(const OffsetChange&, const OffsetChange&) = default;
};

inline constexpr uint32_t kOffsetChangesMax = 64;

// Trivially copyable; journalled with the programme that named it.
struct Calendar {
  ZoneName zone;
  int32_t cutover_s = 0;  // the business day begins this long after local midnight
  uint32_t offset_change_count = 0;
  std::array<OffsetChange, kOffsetChangesMax> offset_changes{};

  // The two calendars agree on every instant.  The zone's name alone does not say
  // so: the zone database changes, and a calendar holds only the changes around
  // its programme's dates.
  friend constexpr bool SameCalendar(const Calendar& a, const Calendar& b) {
    bool same = a.zone == b.zone && a.cutover_s == b.cutover_s &&
                a.offset_change_count == b.offset_change_count;
    for (uint32_t i = 0; same && i < a.offset_change_count; ++i) {
      same = a.offset_changes[i] == b.offset_changes[i];
    }
    return same;
  }
};

constexpr int64_t FloorSecond(TimestampNs at) {
  const int64_t utc_s = at.value() / kNsPerSecond;
  return at.value() % kNsPerSecond < 0 ? utc_s - 1 : utc_s;
}

// Of the seconds since 1970 that 32 bits hold (up to 2106) the one of the instant, or the nearest.
constexpr uint32_t NearestSecond32(TimestampNs at) {
  return static_cast<uint32_t>(
      std::clamp<int64_t>(FloorSecond(at), 0, std::numeric_limits<uint32_t>::max()));
}

// Which entry of offset_changes holds at `utc_s`.  REQUIRES: there is one.
constexpr uint32_t OffsetIndexAt(const Calendar& calendar, int64_t utc_s) {
  uint32_t i = calendar.offset_change_count - 1;
  while (i > 0 && calendar.offset_changes[i].from_s > utc_s) {
    --i;
  }
  return i;
}

// Seconds since 1970-01-01 00:00 on the zone's wall clock.
constexpr int64_t LocalSecondsOf(const Calendar& calendar, TimestampNs at) {
  const int64_t utc_s = FloorSecond(at);
  if (calendar.offset_change_count == 0) {
    return utc_s;
  }
  return utc_s + calendar.offset_changes[OffsetIndexAt(calendar, utc_s)].offset_s;
}

constexpr CivilDay FloorDay(int64_t local_s) {
  int64_t day = local_s / kSecondsPerDay;
  if (local_s % kSecondsPerDay < 0) {
    --day;
  }
  return static_cast<CivilDay>(day);
}

// The business day that `at` belongs to.  Never goes back: where the clock is set
// back across the cut-over hour, the day that had begun goes on while the clock
// shows that hour again.
constexpr CivilDay BusinessDayOf(const Calendar& calendar, TimestampNs at) {
  const int64_t utc_s = FloorSecond(at);
  int64_t local_s = utc_s;
  if (calendar.offset_change_count > 0) {
    const uint32_t i = OffsetIndexAt(calendar, utc_s);
    local_s += calendar.offset_changes[i].offset_s;
    if (i > 0) {
      const int64_t shown_before_s =
          calendar.offset_changes[i].from_s - 1 + calendar.offset_changes[i - 1].offset_s;
      local_s = local_s < shown_before_s ? shown_before_s : local_s;
    }
  }
  return FloorDay(local_s - calendar.cutover_s);
}

// Seconds since local midnight, 0..86399, and the local (not business) day.
constexpr int32_t LocalSecondOfDay(const Calendar& calendar, TimestampNs at) {
  const int64_t local_s = LocalSecondsOf(calendar, at);
  return static_cast<int32_t>(local_s - int64_t{FloorDay(local_s)} * kSecondsPerDay);
}

constexpr WindowNumber WindowOf(WindowKind kind, CivilDay day) {
  switch (kind) {
    case WindowKind::kProgramme:
      return 0;
    case WindowKind::kDay:
      return day;
    case WindowKind::kWeek:
      return (day + 3 - WeekdayOf(day)) / 7;
    case WindowKind::kMonth: {
      const CivilDate date = DateOf(day);
      return date.year * 12 + date.month - 1;
    }
    case WindowKind::kYear:
      return DateOf(day).year;
    case WindowKind::kSlot:
      break;  // not of a day
  }
  return 0;
}

// First business day of the window after `window`.
// REQUIRES: kind is neither kProgramme, which has no next window, nor kSlot.
constexpr CivilDay FirstDayAfter(WindowKind kind, WindowNumber window) {
  switch (kind) {
    case WindowKind::kProgramme:
      return INT32_MAX;
    case WindowKind::kDay:
      return window + 1;
    case WindowKind::kWeek:
      return (window + 1) * 7 - 3;
    case WindowKind::kMonth:
      return DayOf({(window + 1) / 12, (window + 1) % 12 + 1, 1});
    case WindowKind::kYear:
      return DayOf({window + 1, 1, 1});
    case WindowKind::kSlot:
      break;
  }
  return 0;
}

// The UTC instant at which the wall clock shows `local_s` (seconds since
// 1970-01-01 00:00 local).  Where the clock skips that moment, the instant of the
// skip; where it shows it twice, the first.
constexpr TimestampNs InstantOf(const Calendar& calendar, int64_t local_s) {
  if (calendar.offset_change_count == 0) {
    return TimestampNs{local_s * kNsPerSecond};
  }
  // The first period whose end lies beyond the moment holds it, or begins with it.
  for (uint32_t i = 0; i < calendar.offset_change_count; ++i) {
    const bool last = i + 1 == calendar.offset_change_count;
    const int64_t utc_s = local_s - calendar.offset_changes[i].offset_s;
    if (last || utc_s < calendar.offset_changes[i + 1].from_s) {
      const int64_t from_s = i == 0 ? utc_s : calendar.offset_changes[i].from_s;
      return TimestampNs{(utc_s < from_s ? from_s : utc_s) * kNsPerSecond};
    }
  }
  return TimestampNs{};
}

// The UTC instant at which a business day begins.
constexpr TimestampNs StartOfBusinessDay(const Calendar& calendar, CivilDay day) {
  return InstantOf(calendar, int64_t{day} * kSecondsPerDay + calendar.cutover_s);
}

// When the window ends, and a renewed allowance begins; of a slot, when it begins and can no
// longer be had.
constexpr TimestampNs WindowEnd(const Calendar& calendar, WindowKind kind, WindowNumber window) {
  if (kind == WindowKind::kSlot) {
    return TimestampNs{window * kNsPerMinute};
  }
  return kind == WindowKind::kProgramme ? kTimestampMax
                                        : StartOfBusinessDay(calendar, FirstDayAfter(kind, window));
}

// What a calendar says at an instant, and how long it goes on saying so: dates cost
// a dozen divisions, and thousands of decisions fall into one business day.
struct CalendarMoment {
  // By WindowKind; 0 is unused.  kSlot is not of a day: whoever decides about a slot sets it.
  static constexpr size_t kKinds = 7;

  TimestampNs from;   // the same for every instant of [from, until)
  TimestampNs until;  // at from: says nothing
  CivilDay day = 0;
  uint32_t reserved = 0;
  std::array<WindowNumber, kKinds> windows{};
  std::array<TimestampNs, kKinds> ends{};

  [[nodiscard]] constexpr bool Holds(TimestampNs at) const { return at >= from && at < until; }
  [[nodiscard]] constexpr WindowNumber WindowIn(WindowKind kind) const {
    return windows[static_cast<size_t>(kind)];
  }
  [[nodiscard]] constexpr TimestampNs EndOf(WindowKind kind) const {
    return ends[static_cast<size_t>(kind)];
  }
};

constexpr CalendarMoment MomentOf(const Calendar& calendar, TimestampNs at) {
  CalendarMoment moment;
  moment.from = at;
  moment.day = BusinessDayOf(calendar, at);
  int64_t until_s = (int64_t{moment.day} + 1) * kSecondsPerDay + calendar.cutover_s;
  if (calendar.offset_change_count > 0) {
    const int64_t utc_s = FloorSecond(at);
    const uint32_t i = OffsetIndexAt(calendar, utc_s);
    const int64_t offset_s = calendar.offset_changes[i].offset_s;
    until_s -= offset_s;
    if (i > 0) {
      // While BusinessDayOf() holds the day back; afterwards it may be another.
      const int64_t shown_again_s = calendar.offset_changes[i].from_s - 1 +
                                    calendar.offset_changes[i - 1].offset_s - offset_s;
      until_s = utc_s < shown_again_s ? shown_again_s : until_s;
    }
    if (i + 1 < calendar.offset_change_count && calendar.offset_changes[i + 1].from_s < until_s) {
      until_s = calendar.offset_changes[i + 1].from_s;
    }
  }
  moment.until = TimestampNs{until_s * kNsPerSecond};
  for (const WindowKind kind : {WindowKind::kProgramme,
                                WindowKind::kDay,
                                WindowKind::kWeek,
                                WindowKind::kMonth,
                                WindowKind::kYear}) {
    const auto i = static_cast<size_t>(kind);
    moment.windows[i] = WindowOf(kind, moment.day);
    moment.ends[i] = WindowEnd(calendar, kind, moment.windows[i]);
  }
  return moment;
}

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_DOMAIN_CALENDAR_H_
