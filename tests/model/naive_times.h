// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// When a benefit is offered: weekdays, kinds of days and closed days are of the business
// day, hours of the wall clock.

#ifndef GONGHUI_TESTS_MODEL_NAIVE_TIMES_H_
#define GONGHUI_TESTS_MODEL_NAIVE_TIMES_H_

#include <cstdint>
#include <vector>

#include "engine/domain/calendar.h"
#include "engine/domain/programme.h"

namespace gonghui {

struct NaiveTimes {
  uint8_t weekdays = 0;                // bit 0 = Monday; 0 = every day
  uint8_t day_kinds = 0;               // MaskOf(); 0 = every day
  std::vector<DayRange> special_days;  // the programme's holidays and make-up workdays
  std::vector<DayRange> closed_days;
  std::vector<HoursRange> hours;  // none = all day
};

DayKind KindOf(const std::vector<DayRange>& special_days, CivilDay day);

bool IsWithinTimes(const Calendar& calendar, const NaiveTimes& times, TimestampNs at);

// The first such instant after `now`; 0 = none within 366 business days.
TimestampNs NextWithinTimes(const Calendar& calendar, const NaiveTimes& times, TimestampNs now);

}  // namespace gonghui

#endif  // GONGHUI_TESTS_MODEL_NAIVE_TIMES_H_
