// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/server/lane.h"

#include <cstdint>

#include <gtest/gtest.h>

namespace gonghui {
namespace {

gpr_timespec At(int64_t s, int32_t ns) {
  return {.tv_sec = s, .tv_nsec = ns, .clock_type = GPR_CLOCK_REALTIME};
}

TEST(LaneTest, AnyDeadlineHasItsInstant) {
  EXPECT_EQ(ToTimestamp(At(1'785'000'000, 999'999'999)), TimestampNs{1'785'000'000'999'999'999});
  EXPECT_EQ(ToTimestamp(gpr_inf_future(GPR_CLOCK_REALTIME)), kTimestampMax);
  // The most that a client can say: `grpc-timeout: 99999999H`.
  EXPECT_EQ(ToTimestamp(At(1'785'000'000 + int64_t{99'999'999} * 3'600, 0)), kTimestampMax);
  // On both sides of the last second that is whole.
  EXPECT_EQ(ToTimestamp(At(9'223'372'035, 999'999'999)), TimestampNs{9'223'372'035'999'999'999});
  EXPECT_EQ(ToTimestamp(At(9'223'372'036, 0)), kTimestampMax);
  EXPECT_EQ(ToTimestamp(At(-1, 0)), TimestampNs{0});
  EXPECT_EQ(ToTimestamp(gpr_inf_past(GPR_CLOCK_REALTIME)), TimestampNs{0});
}

}  // namespace
}  // namespace gonghui
