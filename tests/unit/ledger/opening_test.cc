// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Kinds of day, closed days and hours, and when a benefit opens next.

#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/ledger/rule_world.h"

namespace gonghui {
namespace {

constexpr uint8_t kWorkdays = MaskOf(DayKind::kWorkday);
constexpr uint8_t kWeekends = MaskOf(DayKind::kWeekend);
constexpr uint8_t kHolidays = MaskOf(DayKind::kHoliday);

DayRange Days(CivilDate first, CivilDate last, DayKind kind = DayKind::kHoliday) {
  return DayRange{DayOf(first), DayOf(last), kind, {}};
}
DayRange Day(CivilDate day, DayKind kind = DayKind::kHoliday) {
  return Days(day, day, kind);
}

// The world's instant is Monday, 2026-05-04, 10:00 in Shanghai.
class OpeningTest : public RuleWorld {
 protected:
  static TimestampNs Local(CivilDate day, int64_t hour, int64_t minute = 0) {
    return TimestampNs{(int64_t{DayOf(day)} * kSecondsPerDay + (hour - 8) * 3600 + minute * 60) *
                       kNsPerSecond};
  }
  const Result& SellAt(TimestampNs at) {
    now_ = at;
    return Run(Own(Sale(++request_, 100)));
  }
  void ExpectOpen(CivilDate day, int64_t hour, int64_t minute = 0) {
    ExpectGiven(SellAt(Local(day, hour, minute)), 50);
  }
  void ExpectClosed(CivilDate day, int64_t hour, TimestampNs next) {
    ExpectDeclined(SellAt(Local(day, hour)), Reason::kOutsideTimeWindow, next);
  }

  uint64_t request_ = 0;
};

TEST_F(OpeningTest, ADayIsWhatItIsListedAsElseByItsWeekday) {
  Apply([](OwnedProgramme& programme, BenefitSpec& benefit) {
    programme.spec.special_days = Append(programme.days,
                                         {Day({2026, 5, 9}, DayKind::kWorkday),
                                          Day({2026, 5, 11}, DayKind::kHoliday),
                                          Day({2026, 5, 12}, DayKind::kWeekend)});
    benefit.day_kinds = kWorkdays;
  });
  ExpectOpen({2026, 5, 4}, 10);
  ExpectOpen({2026, 5, 9}, 10);  // a Saturday to make up for a holiday
  ExpectClosed({2026, 5, 10}, 10, Local({2026, 5, 13}, 0));
  ExpectClosed({2026, 5, 11}, 10, Local({2026, 5, 13}, 0));
  ExpectClosed({2026, 5, 12}, 23, Local({2026, 5, 13}, 0));
  ExpectOpen({2026, 5, 13}, 0);
  ExpectClosed({2026, 5, 16}, 0, Local({2026, 5, 18}, 0));
}

TEST_F(OpeningTest, AMakeUpWorkdayKeepsItsWeekday) {
  Apply([](OwnedProgramme& programme, BenefitSpec& benefit) {
    programme.spec.special_days =
        Append(programme.days, {Day({2026, 5, 10}, DayKind::kWorkday)});  // a Sunday
    benefit.day_kinds = kWorkdays;
    benefit.weekdays = 1u << 6;
  });
  ExpectClosed({2026, 5, 4}, 10, Local({2026, 5, 10}, 0));
  ExpectOpen({2026, 5, 10}, 12);
  ExpectClosed({2026, 5, 11}, 10, TimestampNs{});  // no other Sunday is one
}

TEST_F(OpeningTest, HolidaysAloneAndWeekendsWithThem) {
  const auto apply = [this](uint8_t kinds) {
    Apply([kinds](OwnedProgramme& programme, BenefitSpec& benefit) {
      programme.spec.special_days =
          Append(programme.days, {Days({2026, 10, 1}, {2026, 10, 7}), Day({2027, 1, 1})});
      benefit.day_kinds = kinds;
    });
  };
  apply(kHolidays);
  ExpectClosed({2026, 5, 9}, 10, Local({2026, 10, 1}, 0));  // five months on
  apply(kHolidays | kWeekends);
  ExpectOpen({2026, 5, 10}, 10);
  ExpectOpen({2026, 10, 1}, 0);
  ExpectOpen({2026, 10, 7}, 23);
  ExpectClosed({2026, 10, 8}, 0, Local({2026, 10, 10}, 0));
}

TEST_F(OpeningTest, ClosedDaysAreInclusive) {
  Apply([](OwnedProgramme& programme, BenefitSpec& benefit) {
    benefit.closed_days =
        Append(programme.days, {Day({2026, 5, 5}), Days({2026, 5, 7}, {2026, 5, 9})});
    benefit.hours = Append(programme.hours, {HoursRange{9 * 3600, 12 * 3600}});
  });
  ExpectOpen({2026, 5, 4}, 10);
  ExpectClosed({2026, 5, 4}, 12, Local({2026, 5, 6}, 9));
  ExpectClosed({2026, 5, 5}, 10, Local({2026, 5, 6}, 9));
  ExpectOpen({2026, 5, 6}, 9);
  ExpectClosed({2026, 5, 7}, 9, Local({2026, 5, 10}, 9));
  ExpectClosed({2026, 5, 9}, 11, Local({2026, 5, 10}, 9));
  ExpectOpen({2026, 5, 10}, 11);
}

TEST_F(OpeningTest, AllOfThemHoldAndDaysAreBusinessDays) {
  // The business day begins at 4 in the morning; open at night, but not on Tuesdays.
  Apply([](OwnedProgramme& programme, BenefitSpec& benefit) {
    programme.spec.calendar = TestCalendar("Asia:Shanghai", 4 * 3600);
    benefit.closed_days = Append(programme.days, {Day({2026, 5, 5})});
    benefit.weekdays = 0b0011111;
    benefit.hours = Append(programme.hours, {HoursRange{0, 6 * 3600}});
  });
  ExpectClosed({2026, 5, 4}, 10, Local({2026, 5, 5}, 0));
  ExpectOpen({2026, 5, 5}, 3);  // of Monday still
  ExpectClosed({2026, 5, 5}, 4, Local({2026, 5, 6}, 4));
  ExpectClosed({2026, 5, 6}, 2, Local({2026, 5, 6}, 4));
  ExpectOpen({2026, 5, 6}, 5);
  ExpectClosed({2026, 5, 9}, 4, Local({2026, 5, 11}, 4));  // Saturday
}

TEST_F(OpeningTest, AYearAndADayAheadIsLookedAtAndNoFurther) {
  const CivilDay today = DayOf({2026, 5, 4});
  for (const CivilDay ahead : {366, 367}) {
    Apply([&](OwnedProgramme& programme, BenefitSpec& benefit) {
      programme.spec.special_days =
          Append(programme.days, {DayRange{today + ahead, today + ahead, DayKind::kHoliday, {}}});
      benefit.day_kinds = kHolidays;
      benefit.hours = Append(programme.hours, {HoursRange{3600, 7200}});
    });
    const TimestampNs opens{Local({2026, 5, 4}, 1).value() + ahead * kSecondsPerDay * kNsPerSecond};
    ExpectClosed({2026, 5, 4}, 11, ahead == 366 ? opens : TimestampNs{});
  }
}

TEST_F(OpeningTest, NeverWhenItEndsBefore) {
  for (const int64_t hour : {9, 10}) {
    Apply([hour](OwnedProgramme& programme, BenefitSpec& benefit) {
      benefit.closed_days = Append(programme.days, {Days({2026, 5, 4}, {2026, 5, 5})});
      benefit.hours = Append(programme.hours, {HoursRange{9 * 3600, 12 * 3600}});
      benefit.ends_at = Local({2026, 5, 6}, hour);
    });
    ExpectClosed({2026, 5, 4}, 10, hour == 10 ? Local({2026, 5, 6}, 9) : TimestampNs{});
  }
}

TEST_F(OpeningTest, AListOfManyDaysIsSearched) {
  Apply([](OwnedProgramme& programme, BenefitSpec& benefit) {
    std::vector<DayRange> days;
    for (CivilDay day = DayOf({2026, 5, 4}); day <= DayOf({2027, 4, 30}); day += 2) {
      days.push_back(DayRange{day, day, DayKind::kHoliday, {}});
    }
    benefit.closed_days = Append(programme.days, days);
    benefit.day_kinds = kWorkdays;
  });
  ExpectClosed({2026, 5, 4}, 10, Local({2026, 5, 5}, 0));
  ExpectOpen({2026, 5, 5}, 10);
  ExpectClosed({2026, 5, 6}, 10, Local({2026, 5, 7}, 0));
  ExpectClosed({2026, 5, 8}, 10, Local({2026, 5, 11}, 0));
}

// 2026-10-25, 03:00 in Berlin is 02:00 once more.
TEST_F(OpeningTest, AnHourThatComesTwiceOpensTwice) {
  Apply([](OwnedProgramme& programme, BenefitSpec& benefit) {
    programme.spec.calendar = TestCalendar("Europe:Berlin");
    benefit.hours = Append(programme.hours, {HoursRange{9'000, 9'600}});  // 02:30 to 02:40
  });
  const int64_t change_s = int64_t{DayOf({2026, 10, 25})} * kSecondsPerDay + 3600;  // 01:00 UTC
  const auto at = [change_s](int64_t minutes) {
    return TimestampNs{(change_s + minutes * 60) * kNsPerSecond};
  };
  ExpectDeclined(SellAt(at(-40)), Reason::kOutsideTimeWindow, at(-30));
  ExpectGiven(SellAt(at(-25)), 50);
  ExpectDeclined(SellAt(at(-20)), Reason::kOutsideTimeWindow, at(30));
  ExpectDeclined(SellAt(at(10)), Reason::kOutsideTimeWindow, at(30));  // the change is over
  ExpectGiven(SellAt(at(35)), 50);
  ExpectDeclined(SellAt(at(40)), Reason::kOutsideTimeWindow, at(30 + 24 * 60));
}

// Of a second that it begins or ends in, to the nanosecond.
TEST_F(OpeningTest, BeginsAndEndsWithinASecond) {
  const int64_t from = Local({2026, 5, 4}, 12).value() + 400'000'000;
  const int64_t until = from + 3 * kNsPerSecond;
  Apply([&](OwnedProgramme&, BenefitSpec& benefit) {
    benefit.starts_at = TimestampNs{from};
    benefit.ends_at = TimestampNs{until};
  });
  ExpectDeclined(SellAt(TimestampNs{from - 1}), Reason::kProgrammeNotStarted, TimestampNs{from});
  ExpectGiven(SellAt(TimestampNs{from}), 50);
  ExpectGiven(SellAt(TimestampNs{from + 2 * kNsPerSecond}), 50);
  ExpectGiven(SellAt(TimestampNs{until - 1}), 50);
  ExpectDeclined(SellAt(TimestampNs{until}), Reason::kProgrammeEnded);
}

TEST_F(OpeningTest, ASecondThatIsAllOfItsTime) {
  const TimestampNs from = Local({2026, 5, 4}, 12);
  const TimestampNs until{from.value() + kNsPerSecond};
  Apply([&](OwnedProgramme&, BenefitSpec& benefit) {
    benefit.starts_at = from;
    benefit.ends_at = until;
  });
  ExpectDeclined(SellAt(TimestampNs{from.value() - 1}), Reason::kProgrammeNotStarted, from);
  ExpectGiven(SellAt(from), 50);
  ExpectGiven(SellAt(TimestampNs{until.value() - 1}), 50);
  ExpectDeclined(SellAt(until), Reason::kProgrammeEnded);
}

// Whole seconds of 32 bits end in 2106.
TEST_F(OpeningTest, BeginsAndEndsInAnyCentury) {
  const auto apply = [this](TimestampNs from, TimestampNs until) {
    Apply([&](OwnedProgramme&, BenefitSpec& benefit) {
      benefit.starts_at = from;
      benefit.ends_at = until;
    });
  };
  const TimestampNs in_2120 = Local({2120, 5, 4}, 12);
  const TimestampNs in_2130 = Local({2130, 5, 4}, 12);
  apply(TimestampNs{kTimestampNsMin}, TimestampNs{kTimestampNsMax});
  ExpectGiven(SellAt(Local({2026, 5, 4}, 12)), 50);
  apply(in_2120, in_2130);
  ExpectDeclined(SellAt(Local({2106, 2, 7}, 12)), Reason::kProgrammeNotStarted, in_2120);
  ExpectDeclined(SellAt(TimestampNs{in_2120.value() - 1}), Reason::kProgrammeNotStarted, in_2120);
  ExpectGiven(SellAt(in_2120), 50);
  ExpectGiven(SellAt(TimestampNs{in_2130.value() - 1}), 50);
  ExpectDeclined(SellAt(in_2130), Reason::kProgrammeEnded);
}

TEST_F(OpeningTest, ExplanationsAndEntitlementsTellOfIt) {
  Apply([](OwnedProgramme& programme, BenefitSpec& benefit) {
    benefit.closed_days = Append(programme.days, {Day({2026, 5, 4})});
  });
  ChecksOf(OwnExplained(Quote(100)));
  ASSERT_NE(CheckOf(Reason::kOutsideTimeWindow), nullptr);
  EXPECT_FALSE(CheckOf(Reason::kOutsideTimeWindow)->passed);
  const EntitlementList& list = Entitlements();
  ASSERT_EQ(list.count, 1U);
  EXPECT_EQ(list.items[0].reason, Reason::kOutsideTimeWindow);
  EXPECT_EQ(list.items[0].next_eligible_at, Local({2026, 5, 5}, 0));
}

}  // namespace
}  // namespace gonghui
