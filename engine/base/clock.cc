// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// clock_gettime rather than <chrono>: the same vDSO call, a smaller include.

#include "engine/base/clock.h"

#include <time.h>

#include <cerrno>

#include "engine/base/check.h"

namespace gonghui {
namespace {

int64_t ReadNs(clockid_t id) {
  timespec t{};
  GH_CHECK(clock_gettime(id, &t) == 0, "clock ", id, " errno ", errno);
  return int64_t{t.tv_sec} * 1'000'000'000 + int64_t{t.tv_nsec};
}

}  // namespace

int64_t SystemClock::NowNs() const {
  return ReadNs(CLOCK_REALTIME);
}

int64_t SystemClock::MonotonicNs() const {
  return ReadNs(CLOCK_MONOTONIC);
}

const SystemClock& SystemClock::Instance() {
  static const SystemClock clock;
  return clock;
}

}  // namespace gonghui
