// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/domain/calendar.h"

#include <cstdint>
#include <ctime>
#include <string>

#include <gtest/gtest.h>

#include "engine/base/prng.h"
#include "tests/testing/names.h"
#include "tests/testing/owned_command.h"

namespace gonghui {
namespace {

TimestampNs At(const char* text) {
  const auto at = ParseTimestamp(text);
  EXPECT_TRUE(at.has_value()) << text;
  return at.value_or(TimestampNs{});
}

constexpr CivilDay kFirstDay = DayOf({1600, 1, 1});
constexpr CivilDay kLastDay = DayOf({2400, 12, 31});

TEST(CalendarTest, NearestOfTheSecondsOf32Bits) {
  EXPECT_EQ(NearestSecond32(TimestampNs{INT64_MIN}), 0U);
  EXPECT_EQ(NearestSecond32(TimestampNs{-1}), 0U);
  EXPECT_EQ(NearestSecond32(TimestampNs{kNsPerSecond - 1}), 0U);
  EXPECT_EQ(NearestSecond32(TimestampNs{kNsPerSecond}), 1U);
  constexpr int64_t kLast = UINT32_MAX * kNsPerSecond;
  EXPECT_EQ(NearestSecond32(TimestampNs{kLast - 1}), UINT32_MAX - 1);
  EXPECT_EQ(NearestSecond32(TimestampNs{kLast}), UINT32_MAX);
  EXPECT_EQ(NearestSecond32(TimestampNs{kTimestampNsMax}), UINT32_MAX);
}

TEST(CalendarTest, DatesAndDaysAgreeOverEightCenturies) {
  CivilDate date{1600, 1, 1};
  const auto days_of_month = [](const CivilDate& d) {
    constexpr int32_t kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const bool leap = (d.year % 4 == 0 && d.year % 100 != 0) || d.year % 400 == 0;
    return d.month == 2 && leap ? 29 : kDays[d.month - 1];
  };
  for (CivilDay day = kFirstDay; day <= kLastDay; ++day) {
    ASSERT_EQ(DateOf(day), date) << day;
    ASSERT_EQ(DayOf(date), day);
    if (++date.day > days_of_month(date)) {
      date.day = 1;
      if (++date.month > 12) {
        date.month = 1;
        ++date.year;
      }
    }
  }
}

TEST(CalendarTest, WeekdaysFollowEachOtherBothSidesOf1970) {
  EXPECT_EQ(WeekdayOf(0), 3);                    // a Thursday
  EXPECT_EQ(WeekdayOf(DayOf({2026, 5, 4})), 0);  // a Monday
  for (CivilDay day = -1000; day < 1000; ++day) {
    ASSERT_EQ(WeekdayOf(day + 1), (WeekdayOf(day) + 1) % 7) << day;
  }
}

TEST(CalendarTest, LocalSecondsFloorBefore1970) {
  const Calendar utc = TestCalendar("UTC");
  EXPECT_EQ(LocalSecondsOf(utc, TimestampNs{-1}), -1);
  EXPECT_EQ(LocalSecondsOf(utc, TimestampNs{-kNsPerSecond}), -1);
  EXPECT_EQ(FloorDay(-1), -1);
  EXPECT_EQ(FloorDay(-kSecondsPerDay), -1);
  EXPECT_EQ(FloorDay(-kSecondsPerDay - 1), -2);
}

TEST(CalendarTest, ACalendarWithoutChangesIsUtc) {
  EXPECT_EQ(LocalSecondsOf(Calendar{}, At("2026-05-04T10:00:00Z")),
            LocalSecondsOf(TestCalendar("UTC"), At("2026-05-04T10:00:00Z")));
  EXPECT_EQ(StartOfBusinessDay(Calendar{}, DayOf({2026, 5, 4})), At("2026-05-04T00:00:00Z"));
}

TEST(CalendarTest, OffsetsChangeAtTheirInstant) {
  const Calendar new_york = TestCalendar("America:New_York");
  const auto clock = [&](const char* at) { return LocalSecondOfDay(new_york, At(at)); };
  EXPECT_EQ(clock("2026-03-08T06:59:59Z"), 2 * 3600 - 1);
  EXPECT_EQ(clock("2026-03-08T07:00:00Z"), 3 * 3600);  // 02:00 does not exist
  EXPECT_EQ(clock("2026-11-01T05:59:59Z"), 2 * 3600 - 1);
  EXPECT_EQ(clock("2026-11-01T06:00:00Z"), 1 * 3600);  // 01:00 comes again
}

TEST(CalendarTest, BusinessDaysBeginAtTheCutOver) {
  const Calendar metro = TestCalendar("Asia:Shanghai", 4 * 3600);
  const CivilDay monday = DayOf({2026, 5, 4});
  EXPECT_EQ(BusinessDayOf(metro, At("2026-05-04T03:59:59.999999999+08:00")), monday - 1);
  EXPECT_EQ(BusinessDayOf(metro, At("2026-05-04T04:00:00+08:00")), monday);
  EXPECT_EQ(BusinessDayOf(metro, At("2026-05-05T03:59:59+08:00")), monday);
  EXPECT_EQ(StartOfBusinessDay(metro, monday), At("2026-05-04T04:00:00+08:00"));
}

TEST(CalendarTest, ADayThatTheClockSkipsIntoBeginsAtTheSkip) {
  // A cut-over of 02:30 on the day on which 02:00 to 03:00 is missing.
  const Calendar calendar = TestCalendar("America:New_York", 2 * 3600 + 1800);
  EXPECT_EQ(StartOfBusinessDay(calendar, DayOf({2026, 3, 8})), At("2026-03-08T07:00:00Z"));
  // And where 01:30 comes twice, with the first.
  const Calendar twice = TestCalendar("America:New_York", 3600 + 1800);
  EXPECT_EQ(StartOfBusinessDay(twice, DayOf({2026, 11, 1})), At("2026-11-01T01:30:00-04:00"));
}

TEST(CalendarTest, WindowsHaveTheirNumberAndEnd) {
  const CivilDay monday = DayOf({2026, 5, 4});
  for (CivilDay day = monday; day < monday + 7; ++day) {
    EXPECT_EQ(WindowOf(WindowKind::kWeek, day), WindowOf(WindowKind::kWeek, monday));
  }
  EXPECT_EQ(WindowOf(WindowKind::kWeek, monday - 1), WindowOf(WindowKind::kWeek, monday) - 1);
  EXPECT_EQ(WindowOf(WindowKind::kMonth, DayOf({2026, 12, 31})) + 1,
            WindowOf(WindowKind::kMonth, DayOf({2027, 1, 1})));
  EXPECT_EQ(WindowOf(WindowKind::kYear, DayOf({2026, 12, 31})), 2026);
  EXPECT_EQ(WindowOf(WindowKind::kProgramme, monday), 0);

  const Calendar shanghai = TestCalendar("Asia:Shanghai");
  EXPECT_EQ(WindowEnd(shanghai, WindowKind::kDay, WindowOf(WindowKind::kDay, monday)),
            At("2026-05-05"));
  EXPECT_EQ(WindowEnd(shanghai, WindowKind::kWeek, WindowOf(WindowKind::kWeek, monday)),
            At("2026-05-11"));
  EXPECT_EQ(WindowEnd(shanghai, WindowKind::kMonth, WindowOf(WindowKind::kMonth, monday)),
            At("2026-06-01"));
  EXPECT_EQ(
      WindowEnd(shanghai, WindowKind::kMonth, WindowOf(WindowKind::kMonth, DayOf({2026, 12, 5}))),
      At("2027-01-01"));
  EXPECT_EQ(WindowEnd(shanghai, WindowKind::kYear, 2026), At("2027-01-01"));
  EXPECT_EQ(WindowEnd(shanghai, WindowKind::kProgramme, 0), kTimestampMax);
}

TEST(CalendarTest, EveryInstantLiesBeforeTheEndOfItsWindowAndAfterTheOneBefore) {
  Prng prng(1);
  for (const char* zone :
       {"Asia:Shanghai", "America:New_York", "Europe:Berlin", "Asia:Kathmandu"}) {
    const Calendar calendar = TestCalendar(zone, static_cast<int32_t>(prng.Below(12)) * 3600);
    for (int i = 0; i < 5'000; ++i) {
      const TimestampNs at{prng.Between(At("2025-01-01").value(), At("2027-12-31").value())};
      const CivilDay day = BusinessDayOf(calendar, at);
      for (const WindowKind kind :
           {WindowKind::kDay, WindowKind::kWeek, WindowKind::kMonth, WindowKind::kYear}) {
        const WindowNumber window = WindowOf(kind, day);
        ASSERT_LT(at, WindowEnd(calendar, kind, window)) << zone << " " << TextOf(at);
        ASSERT_GE(at, WindowEnd(calendar, kind, window - 1)) << zone << " " << TextOf(at);
      }
    }
  }
}

TEST(CalendarTest, AMomentHoldsForAsLongAsItSays) {
  Prng prng(3);
  const auto expect_says =
      [](const Calendar& calendar, const CalendarMoment& moment, TimestampNs at, const char* zone) {
        ASSERT_TRUE(moment.Holds(at)) << zone << " " << TextOf(at);
        const CivilDay day = BusinessDayOf(calendar, at);
        ASSERT_EQ(moment.day, day) << zone << " " << TextOf(at);
        for (const WindowKind kind : {WindowKind::kProgramme,
                                      WindowKind::kDay,
                                      WindowKind::kWeek,
                                      WindowKind::kMonth,
                                      WindowKind::kYear}) {
          ASSERT_EQ(moment.WindowIn(kind), WindowOf(kind, day)) << zone << " " << TextOf(at);
          ASSERT_EQ(moment.EndOf(kind), WindowEnd(calendar, kind, WindowOf(kind, day)))
              << zone << " " << TextOf(at);
        }
      };
  EXPECT_FALSE(CalendarMoment{}.Holds(TimestampNs{}));
  for (const char* zone :
       {"UTC", "Asia:Shanghai", "America:New_York", "Europe:Berlin", "Asia:Kathmandu"}) {
    for (int i = 0; i < 2'000; ++i) {
      const Calendar calendar =
          TestCalendar(zone, static_cast<int32_t>(prng.Below(kSecondsPerDay)));
      // Half of them within two hours of a change of the clock.
      int64_t at_ns = prng.Between(At("2025-01-01").value(), At("2027-12-31").value());
      if (calendar.offset_change_count > 1 && prng.Chance(1, 2)) {
        const uint64_t change = 1 + prng.Below(calendar.offset_change_count - 1);
        at_ns =
            (calendar.offset_changes[change].from_s + prng.Between(-7'200, 7'200)) * kNsPerSecond;
      }
      const TimestampNs at{at_ns};
      const CalendarMoment moment = MomentOf(calendar, at);
      ASSERT_LT(at, moment.until) << zone << " " << TextOf(at);
      expect_says(calendar, moment, at, zone);
      expect_says(calendar, moment, TimestampNs{moment.until.value() - 1}, zone);
      expect_says(
          calendar, moment, TimestampNs{prng.Between(at_ns, moment.until.value() - 1)}, zone);
      ASSERT_FALSE(moment.Holds(moment.until));
      ASSERT_FALSE(moment.Holds(TimestampNs{at_ns - 1}));
    }
  }
}

// The calendars that tests use are the machine's own zones.
TEST(CalendarTest, TestZonesAgreeWithTheZoneDatabase) {
  Prng prng(2);
  for (std::string zone :
       {"Asia:Shanghai", "America:New_York", "Europe:Berlin", "Asia:Kathmandu"}) {
    const Calendar calendar = TestCalendar(zone);
    zone.replace(zone.find(':'), 1, "/");
    ASSERT_EQ(setenv("TZ", zone.c_str(), 1), 0);
    tzset();
    for (int i = 0; i < 500; ++i) {
      const time_t utc_s = static_cast<time_t>(
          prng.Between(At("2025-01-01").value(), At("2027-12-31").value()) / kNsPerSecond);
      std::tm local{};
      localtime_r(&utc_s, &local);
      ASSERT_EQ(LocalSecondsOf(calendar, TimestampNs{utc_s * kNsPerSecond}),
                utc_s + local.tm_gmtoff)
          << zone << " " << utc_s;
    }
  }
  unsetenv("TZ");
  tzset();
}

}  // namespace
}  // namespace gonghui
