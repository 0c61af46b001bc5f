// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/server/log_throttle.h"

#include <gtest/gtest.h>

namespace gonghui {
namespace {

TEST(LogThrottleTest, SoManyLinesPassInEveryWindowAndTheOthersAreCounted) {
  LogThrottle throttle(/*lines_max=*/2, /*window_ns=*/100);
  uint64_t left_out = 99;
  EXPECT_TRUE(throttle.Pass(1'000, &left_out));
  EXPECT_EQ(left_out, 0U);
  EXPECT_TRUE(throttle.Pass(1'050, &left_out));
  EXPECT_FALSE(throttle.Pass(1'060, &left_out));
  EXPECT_FALSE(throttle.Pass(1'099, &left_out));
  EXPECT_FALSE(throttle.Pass(1'099, &left_out));
  EXPECT_TRUE(throttle.Pass(1'100, &left_out));
  EXPECT_EQ(left_out, 3U);
  EXPECT_TRUE(throttle.Pass(1'101, &left_out));
  EXPECT_EQ(left_out, 0U);
  EXPECT_FALSE(throttle.Pass(1'199, &left_out));
  // A window begins with its first line, however late that is.
  EXPECT_TRUE(throttle.Pass(5'000, &left_out));
  EXPECT_EQ(left_out, 1U);
  EXPECT_TRUE(throttle.Pass(5'099, &left_out));
  EXPECT_FALSE(throttle.Pass(5'099, &left_out));
}

}  // namespace
}  // namespace gonghui
