// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Calendars against Abseil's civil time, which reads the zone database itself:
//
//   GONGHUI_SEED=7 programmes_test --gtest_filter='*Calendar*'

#include "engine/programmes/zone.h"

#include <algorithm>
#include <cstdlib>
#include <string>

#include <absl/time/civil_time.h>
#include <absl/time/time.h>
#include <gtest/gtest.h>

#include "engine/base/prng.h"
#include "engine/base/strings.h"
#include "engine/domain/limits.h"
#include "tests/unit/programmes/both_languages.h"

namespace gonghui {
namespace {

constexpr WindowKind kWindowKinds[] = {
    WindowKind::kDay, WindowKind::kWeek, WindowKind::kMonth, WindowKind::kYear};

uint64_t Seed() {
  const char* text = std::getenv("GONGHUI_SEED");
  return text == nullptr ? 20'260'101 : std::strtoull(text, nullptr, 10);
}

TimestampNs Ns(absl::Time at) {
  return TimestampNs{absl::ToUnixNanos(at)};
}

CivilDay ToDay(absl::CivilDay day) {
  return static_cast<CivilDay>(day - absl::CivilDay(1970, 1, 1));
}

// The obvious way: look at the wall clock, take the cut-over off, read the date.
// Where the clock has been set back, the hour that it shows twice counts once.
CivilDay ExpectedDay(const absl::TimeZone& zone, int32_t cutover_s, absl::Time at) {
  absl::CivilSecond local = absl::ToCivilSecond(at, zone);
  const absl::TimeZone::TimeInfo info = zone.At(local);
  if (info.kind == absl::TimeZone::TimeInfo::REPEATED && at >= info.trans) {
    local = absl::ToCivilSecond(info.trans - absl::Seconds(1), zone);
  }
  return ToDay(absl::CivilDay(local - cutover_s));
}

WindowNumber ExpectedWindow(WindowKind kind, CivilDay day) {
  const absl::CivilDay civil = absl::CivilDay(1970, 1, 1) + day;
  switch (kind) {
    case WindowKind::kProgramme:
      return 0;
    case WindowKind::kDay:
      return day;
    case WindowKind::kWeek:
      return static_cast<WindowNumber>(
          (absl::NextWeekday(civil, absl::Weekday::monday) - absl::CivilDay(1970, 1, 5)) / 7);
    case WindowKind::kMonth:
      return static_cast<WindowNumber>(civil.year() * 12 + civil.month() - 1);
    case WindowKind::kYear:
      return static_cast<WindowNumber>(civil.year());
    case WindowKind::kSlot:
      break;  // not of a day
  }
  return 0;
}

struct ZoneCase {
  const char* name;
  CivilDate first;
  CivilDate end;
};

std::ostream& operator<<(std::ostream& stream, const ZoneCase& zone) {
  return stream << zone.name;
}

class CalendarTest : public testing::TestWithParam<ZoneCase> {
 protected:
  void SetUp() override { ASSERT_TRUE(absl::LoadTimeZone(GetParam().name, &zone_)); }

  [[nodiscard]] Calendar Compile(int32_t cutover_s) const {
    const Parsed<Zone> zone = LoadZone(GetParam().name);
    EXPECT_TRUE(zone.value.has_value()) << zone.message.en;
    const Parsed<Calendar> calendar =
        CompileCalendar(*zone.value, cutover_s, DayOf(GetParam().first), DayOf(GetParam().end));
    EXPECT_TRUE(calendar.value.has_value()) << calendar.message.en;
    return *calendar.value;
  }

  void Check(const Calendar& calendar, absl::Time at) const {
    SCOPED_TRACE(absl::FormatTime(at, zone_) + " cut-over=" + std::to_string(calendar.cutover_s));
    const CivilDay day = BusinessDayOf(calendar, Ns(at));
    ASSERT_EQ(day, ExpectedDay(zone_, calendar.cutover_s, at));

    const absl::CivilSecond local = absl::ToCivilSecond(at, zone_);
    ASSERT_EQ(LocalSecondsOf(calendar, Ns(at)), local - absl::CivilSecond(1970));
    ASSERT_EQ(LocalSecondOfDay(calendar, Ns(at)), local - absl::CivilSecond(absl::CivilDay(local)));
    ASSERT_EQ(WeekdayOf(day), static_cast<int>(absl::GetWeekday(absl::CivilDay(1970, 1, 1) + day)));

    // A day begins once, and holds until the next begins.
    const TimestampNs start = StartOfBusinessDay(calendar, day);
    const TimestampNs end = StartOfBusinessDay(calendar, day + 1);
    ASSERT_LE(start, Ns(at));
    ASSERT_GT(end, Ns(at));
    ASSERT_EQ(BusinessDayOf(calendar, start), day);
    ASSERT_EQ(BusinessDayOf(calendar, TimestampNs{end.value() - 1}), day);
    ASSERT_LT(BusinessDayOf(calendar, TimestampNs{start.value() - 1}), day);

    for (const WindowKind kind : kWindowKinds) {
      const WindowNumber window = WindowOf(kind, day);
      ASSERT_EQ(window, ExpectedWindow(kind, day));
      const CivilDay next = FirstDayAfter(kind, window);
      ASSERT_GT(next, day);
      ASSERT_EQ(WindowOf(kind, next), window + 1);
      ASSERT_EQ(WindowOf(kind, next - 1), window);
      const TimestampNs window_end = WindowEnd(calendar, kind, window);
      ASSERT_GT(window_end, Ns(at));
      ASSERT_EQ(WindowOf(kind, BusinessDayOf(calendar, TimestampNs{window_end.value() - 1})),
                window);
      ASSERT_GT(WindowOf(kind, BusinessDayOf(calendar, window_end)), window);
    }
  }

  absl::TimeZone zone_;
};

TEST_P(CalendarTest, AgreesWithCivilTimeAtRandomInstants) {
  const uint64_t seed = Seed();
  SCOPED_TRACE("GONGHUI_SEED=" + std::to_string(seed));
  Prng prng(seed);
  const int64_t from_s = int64_t{DayOf(GetParam().first)} * kSecondsPerDay;
  const int64_t to_s = int64_t{DayOf(GetParam().end)} * kSecondsPerDay;
  for (int i = 0; i < 40; ++i) {
    const auto cutover_s = static_cast<int32_t>(prng.Between(0, 1'439) * 60);
    const Calendar calendar = Compile(i == 0 ? 0 : cutover_s);
    for (int k = 0; k < 250; ++k) {
      const absl::Time at = absl::FromUnixSeconds(prng.Between(from_s, to_s)) +
                            absl::Nanoseconds(prng.Between(0, 999'999'999));
      Check(calendar, at);
      if (HasFatalFailure()) {
        return;
      }
    }
  }
}

// Around every change of the clock, with cut-overs inside and around the hours
// that are skipped or shown twice.
TEST_P(CalendarTest, AgreesWithCivilTimeWhereClocksChange) {
  absl::Time at = absl::FromCivil(absl::CivilDay(1970, 1, 1) + DayOf(GetParam().first), zone_);
  const absl::Time end = absl::FromCivil(absl::CivilDay(1970, 1, 1) + DayOf(GetParam().end), zone_);
  absl::TimeZone::CivilTransition transition;
  while (zone_.NextTransition(at, &transition)) {
    at = zone_.At(transition.to).trans;
    if (at >= end) {
      break;
    }
    for (const absl::CivilSecond around : {transition.from, transition.to}) {
      const int64_t second_of_day = around - absl::CivilSecond(absl::CivilDay(around));
      for (int minutes = -90; minutes <= 90; minutes += 15) {
        const auto cutover_s =
            static_cast<int32_t>((second_of_day + minutes * 60 + kSecondsPerDay) % kSecondsPerDay);
        const Calendar calendar = Compile(cutover_s);
        for (int quarter = -16; quarter <= 16; ++quarter) {
          for (const int64_t ns : {int64_t{-1}, int64_t{0}, int64_t{1}}) {
            Check(calendar, at + absl::Minutes(int64_t{15} * quarter) + absl::Nanoseconds(ns));
            if (HasFatalFailure()) {
              return;
            }
          }
        }
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Zones,
    CalendarTest,
    testing::Values(ZoneCase{"Asia/Shanghai", {2001, 1, 1}, {2199, 12, 31}},
                    ZoneCase{"UTC", {2001, 1, 1}, {2199, 12, 31}},
                    ZoneCase{"America/New_York", {2026, 1, 1}, {2036, 1, 1}},
                    ZoneCase{"Europe/London", {2001, 1, 1}, {2011, 1, 1}},
                    ZoneCase{"Pacific/Apia", {2008, 1, 1}, {2022, 1, 1}},         // no 2011-12-30
                    ZoneCase{"Australia/Lord_Howe", {2024, 1, 1}, {2030, 1, 1}},  // half hours
                    ZoneCase{"America/Sao_Paulo", {2005, 1, 1}, {2025, 1, 1}},    // at midnight
                    ZoneCase{"Africa/Casablanca", {2020, 1, 1}, {2030, 1, 1}}),
    [](const auto& test) {
      std::string name = test.param.name;
      std::replace(name.begin(), name.end(), '/', '_');
      return name;
    });

TEST(Zone, ApiaSkipsADay) {
  const Parsed<Zone> zone = LoadZone("Pacific/Apia");
  ASSERT_TRUE(zone.value.has_value());
  const Parsed<Calendar> calendar =
      CompileCalendar(*zone.value, 0, DayOf({2011, 1, 1}), DayOf({2012, 1, 1}));
  ASSERT_TRUE(calendar.value.has_value());
  const TimestampNs skipped = StartOfBusinessDay(*calendar.value, DayOf({2011, 12, 30}));
  EXPECT_EQ(skipped, StartOfBusinessDay(*calendar.value, DayOf({2011, 12, 31})));
  EXPECT_EQ(BusinessDayOf(*calendar.value, skipped), DayOf({2011, 12, 31}));
  EXPECT_EQ(BusinessDayOf(*calendar.value, TimestampNs{skipped.value() - 1}),
            DayOf({2011, 12, 29}));
}

TEST(Zone, ShanghaiIsOneOffset) {
  const Parsed<Zone> zone = LoadZone("Asia/Shanghai");
  ASSERT_TRUE(zone.value.has_value());
  ASSERT_EQ(zone.value->changes.size(), 1U);
  EXPECT_EQ(zone.value->changes[0].from_s, INT64_MIN);
  EXPECT_EQ(zone.value->changes[0].offset_s, 8 * 3'600);
  const auto text = zone.value->name.Text();
  EXPECT_EQ(std::string(text.data(), text.size), "Asia:Shanghai");
}

TEST(Zone, KeepsTheChangesAroundTheProgramme) {
  const Parsed<Zone> zone = LoadZone("America/New_York");
  ASSERT_TRUE(zone.value.has_value());
  EXPECT_GT(zone.value->changes.size(), 390U);  // two a year, 2000 to 2200
  const Parsed<Calendar> calendar =
      CompileCalendar(*zone.value, 0, DayOf({2026, 1, 1}), DayOf({2027, 1, 1}));
  ASSERT_TRUE(calendar.value.has_value());
  const Calendar& kept = *calendar.value;
  EXPECT_EQ(kept.offset_change_count, 55U);
  EXPECT_EQ(kept.offset_changes[0].from_s, INT64_MIN);
  EXPECT_EQ(kept.offset_changes[0].offset_s, -5 * 3'600);
  for (uint32_t i = 1; i < kept.offset_change_count; ++i) {
    EXPECT_GT(kept.offset_changes[i].from_s, kept.offset_changes[i - 1].from_s);
    EXPECT_NE(kept.offset_changes[i].offset_s, kept.offset_changes[i - 1].offset_s);
  }
  // Another year's programme has another calendar, of the same name.
  const Parsed<Calendar> later =
      CompileCalendar(*zone.value, 0, DayOf({2028, 1, 1}), DayOf({2029, 1, 1}));
  ASSERT_TRUE(later.value.has_value());
  EXPECT_FALSE(SameCalendar(kept, *later.value));
  EXPECT_TRUE(SameCalendar(kept, kept));
}

TEST(Zone, RefusesAProgrammeThatOutlastsItsCalendar) {
  const Parsed<Zone> zone = LoadZone("Europe/London");
  ASSERT_TRUE(zone.value.has_value());
  const CivilDay first = DayOf({2026, 1, 1});
  EXPECT_TRUE(CompileCalendar(*zone.value, 0, first, DayOf({2050, 1, 1})).value.has_value());
  const Parsed<Calendar> calendar = CompileCalendar(*zone.value, 0, first, DayOf({2060, 1, 1}));
  EXPECT_FALSE(calendar.value.has_value());
  EXPECT_EQ(calendar.hint, Words("until 2051-03-24 at the latest", "'until' 最晚写 2051-03-24"));
  EXPECT_TRUE(CompileCalendar(*zone.value, 0, first, DayOf({2051, 3, 24})).value.has_value());
  EXPECT_FALSE(CompileCalendar(*zone.value, 0, first, DayOf({2051, 3, 25})).value.has_value());
}

TEST(Zone, RefusesNamesThatAreNoZones) {
  for (const std::string_view name : {"",
                                      "localtime",
                                      "Asia",
                                      "Asia/",
                                      "/Asia/Shanghai",
                                      "Asia//Shanghai",
                                      "asia/shanghai",
                                      "right/Asia/Shanghai",
                                      "posix/Asia/Shanghai",
                                      "../zoneinfo/UTC",
                                      "Asia/../UTC",
                                      "Fixed/UTC+08:00:00",
                                      "Etc/GMT+8",
                                      "UTC+8",
                                      "tzdata.zi",
                                      "leapseconds",
                                      "CST8",
                                      "Asia/Shanghai ",
                                      "file:/etc/localtime",
                                      "Asia/Shanghai-but-much-too-long-for-a-name"}) {
    const Parsed<Zone> zone = LoadZone(name);
    EXPECT_FALSE(zone.value.has_value()) << name;
    EXPECT_TRUE(InBothLanguages(zone.message)) << name;
  }
}

}  // namespace
}  // namespace gonghui
