// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/pipeline/doorbell.h"

#include <atomic>
#include <thread>

#include <gtest/gtest.h>

#include "engine/base/clock.h"

namespace gonghui {
namespace {

// Far longer than any wake-up takes; who is not woken fails the test by waiting it out.
constexpr int64_t kLongNs = 20'000'000'000;
constexpr int64_t kShortNs = 1'000'000;

int64_t SleptNs(Doorbell& bell, int64_t timeout_ns) {
  const int64_t begin_ns = SystemClock::Instance().MonotonicNs();
  bell.Sleep(timeout_ns);
  return SystemClock::Instance().MonotonicNs() - begin_ns;
}

TEST(DoorbellTest, ARingBeforeTheSleepIsNotLost) {
  Doorbell bell;
  bell.Prepare();
  bell.Ring();
  EXPECT_LT(SleptNs(bell, kLongNs), kLongNs);
  bell.Prepare();
  bell.RingSoftly();
  EXPECT_LT(SleptNs(bell, kLongNs), kLongNs);
  bell.PrepareToDoze();
  bell.Ring();
  EXPECT_LT(SleptNs(bell, kLongNs), kLongNs);
}

TEST(DoorbellTest, ASoftRingLeavesADozerAlone) {
  Doorbell bell;
  bell.PrepareToDoze();
  bell.RingSoftly();
  EXPECT_GE(SleptNs(bell, kShortNs), kShortNs);
}

TEST(DoorbellTest, WithoutARingItSleepsItsTime) {
  Doorbell bell;
  bell.Prepare();
  EXPECT_GE(SleptNs(bell, kShortNs), kShortNs);
  bell.PrepareToDoze();
  EXPECT_GE(SleptNs(bell, kShortNs), kShortNs);
}

// One thread hands numbers over, the other takes each before it sleeps again.
TEST(DoorbellTest, NoWakeUpIsLostAmongThousands) {
  constexpr int kTurns = 20'000;
  Doorbell bell;
  std::atomic<int> given{0};
  std::atomic<int> taken{0};
  std::thread sleeper([&] {
    int seen = 0;
    while (seen < kTurns) {
      if (seen % 2 == 0) {
        bell.Prepare();
      } else {
        bell.PrepareToDoze();
      }
      if (given.load() > seen) {
        bell.Cancel();
      } else {
        bell.Sleep(kLongNs);
      }
      seen = given.load();
      taken.store(seen);
    }
  });
  const int64_t begin_ns = SystemClock::Instance().MonotonicNs();
  for (int i = 1; i <= kTurns; ++i) {
    given.store(i);
    bell.Ring();
    while (taken.load() < i) {
      std::this_thread::yield();
    }
  }
  sleeper.join();
  EXPECT_LT(SystemClock::Instance().MonotonicNs() - begin_ns, kLongNs);
}

}  // namespace
}  // namespace gonghui
