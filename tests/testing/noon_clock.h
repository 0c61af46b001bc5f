// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// A clock that stands at the city's noon.

#ifndef GONGHUI_TESTS_TESTING_NOON_CLOCK_H_
#define GONGHUI_TESTS_TESTING_NOON_CLOCK_H_

#include <cstdint>

#include "engine/base/clock.h"
#include "tests/testing/city.h"

namespace gonghui {

class NoonClock final : public Clock {
 public:
  [[nodiscard]] int64_t NowNs() const override { return kCityNoon.value(); }
  [[nodiscard]] int64_t MonotonicNs() const override { return kCityNoon.value(); }
};

}  // namespace gonghui

#endif  // GONGHUI_TESTS_TESTING_NOON_CLOCK_H_
