// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/pipeline/yield_pause.h"

#include <gtest/gtest.h>

namespace gonghui {
namespace {

constexpr int64_t kLongNs = 2 * YieldPause::kLongNs;
constexpr int64_t kManyCommands = kLongNs / YieldPause::kCommandComesNs;

// The first instant after `now_ns`, by steps of a tenth of a millisecond, at which it may.
int64_t PauseNs(const YieldPause& pause, int64_t now_ns) {
  constexpr int64_t kStepNs = 100'000;
  int64_t until_ns = now_ns;
  while (!pause.MayYield(until_ns) && until_ns < now_ns + 2 * YieldPause::kPauseNsMax) {
    until_ns += kStepNs;
  }
  return until_ns - now_ns;
}

TEST(YieldPauseTest, ThereIsNoneAtFirst) {
  EXPECT_TRUE(YieldPause().MayYield(0));
}

TEST(YieldPauseTest, AShortYieldIsFollowedByAnotherWhateverItBrought) {
  YieldPause pause;
  pause.Yielded(1'000, YieldPause::kLongNs - 1, 0);
  EXPECT_TRUE(pause.MayYield(1'000));
}

TEST(YieldPauseTest, ALongOneIsFollowedByAnotherWhenCommandsCameAsALaneReadsThem) {
  YieldPause pause;
  pause.Yielded(1'000, kLongNs, kManyCommands);
  EXPECT_TRUE(pause.MayYield(1'000));
  pause.Yielded(2'000, kLongNs, kManyCommands - 1);
  EXPECT_FALSE(pause.MayYield(2'000));
}

TEST(YieldPauseTest, WhereAllIsInVainThePauseIsAFixedTimesTheYield) {
  YieldPause pause;
  for (int64_t now_ns = 0, i = 0; i < 100; ++i) {
    pause.Yielded(now_ns, kLongNs, 3);
    ASSERT_FALSE(pause.MayYield(now_ns + YieldPause::kFactor * kLongNs - 1)) << i;
    now_ns += YieldPause::kFactor * kLongNs;
    ASSERT_TRUE(pause.MayYield(now_ns)) << i;
  }
}

TEST(YieldPauseTest, ThePauseHasAnEnd) {
  YieldPause pause;
  pause.Yielded(0, YieldPause::kPauseNsMax, 0);
  EXPECT_FALSE(pause.MayYield(YieldPause::kPauseNsMax - 1));
  EXPECT_TRUE(pause.MayYield(YieldPause::kPauseNsMax));
}

// Lanes take the core for a millisecond at a time; once in a while the machine is slow.
TEST(YieldPauseTest, OneInVainAmongManyThatPayCostsAShortPause) {
  YieldPause pause;
  constexpr int64_t kTookNs = 1'000'000;
  for (int i = 0; i < 100; ++i) {
    pause.Yielded(0, kTookNs, 80);
  }
  pause.Yielded(0, kLongNs, 10);
  EXPECT_LT(PauseNs(pause, 0), 6 * kLongNs);
}

// An import begins: what yields brought before does not count for long.
TEST(YieldPauseTest, WhatPaidBeforeIsForgottenAfterSomeInVain) {
  YieldPause pause;
  for (int i = 0; i < 100; ++i) {
    pause.Yielded(0, 1'000'000, 80);
  }
  int64_t before_ns = 0;
  for (int i = 0; i < 16; ++i) {
    pause.Yielded(0, kLongNs, 10);
    const int64_t pause_ns = PauseNs(pause, 0);
    EXPECT_GE(pause_ns, before_ns) << i;
    before_ns = pause_ns;
  }
  EXPECT_GT(before_ns, YieldPause::kFactor / 2 * kLongNs);
}

}  // namespace
}  // namespace gonghui
