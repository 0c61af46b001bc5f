// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/base/clock.h"

#include <ctime>

#include <gtest/gtest.h>

namespace gonghui {
namespace {

constexpr int64_t kSecondNs = 1'000'000'000;

TEST(SystemClockTest, NowIsTheMachinesUtcTime) {
  const int64_t before_s = std::time(nullptr);
  const int64_t now_ns = SystemClock::Instance().NowNs();
  const int64_t after_s = std::time(nullptr);
  // time() may read a coarser clock that lags by one tick.
  EXPECT_GE(now_ns, (before_s - 1) * kSecondNs);
  EXPECT_LE(now_ns, (after_s + 2) * kSecondNs);
}

TEST(SystemClockTest, MonotonicNeverGoesBackAndAdvances) {
  const Clock& clock = SystemClock::Instance();
  const int64_t first = clock.MonotonicNs();
  int64_t last = first;
  while (last == first) {
    const int64_t next = clock.MonotonicNs();
    ASSERT_GE(next, last);
    last = next;
  }
}

}  // namespace
}  // namespace gonghui
