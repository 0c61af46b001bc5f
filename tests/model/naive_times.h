// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// When a benefit is offered: weekdays are of the business day, hours of the wall clock.

#ifndef GONGHUI_TESTS_MODEL_NAIVE_TIMES_H_
#define GONGHUI_TESTS_MODEL_NAIVE_TIMES_H_

#include <cstdint>
#include <vector>

#include "engine/domain/calendar.h"
#include "engine/domain/programme.h"

namespace gonghui {

bool IsWithinTimes(const Calendar& calendar,
                   uint8_t weekdays,
                   const std::vector<HoursRange>& hours,
                   TimestampNs at);

// The first such instant after `now`; 0 = none within eight days.
TimestampNs NextWithinTimes(const Calendar& calendar,
                            uint8_t weekdays,
                            const std::vector<HoursRange>& hours,
                            TimestampNs now);

}  // namespace gonghui

#endif  // GONGHUI_TESTS_MODEL_NAIVE_TIMES_H_
