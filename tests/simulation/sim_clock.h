// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The time of a simulated machine: it passes when the simulation says so.  Wall time may be set
// either way, as people and NTP do; monotonic time only passes.  It remembers the highest wall
// time that anybody may have read, which is what the engine's own time may have come to.
//
// Thread safety: none; a simulation has one thread.

#ifndef GONGHUI_TESTS_SIMULATION_SIM_CLOCK_H_
#define GONGHUI_TESTS_SIMULATION_SIM_CLOCK_H_

#include <algorithm>
#include <cstdint>

#include "engine/base/clock.h"
#include "engine/domain/calendar.h"

namespace gonghui {

class SimClock final : public Clock {
 public:
  [[nodiscard]] int64_t NowNs() const override { return true_ns_ + off_by_ns_; }
  [[nodiscard]] int64_t MonotonicNs() const override { return monotonic_ns_; }

  // What is not in the past; the clock is off by as much as before.
  void PassTo(TimestampNs now) {
    const int64_t passed = std::max<int64_t>(now.value() - true_ns_, 0);
    true_ns_ += passed;
    monotonic_ns_ += passed;
    highest_ns_ = std::max(highest_ns_, NowNs());
  }
  // Time of which the calendar takes no notice: a step of some thread, a message on its way.
  void PassNs(int64_t ns) { monotonic_ns_ += ns; }
  // How far the machine's clock is off, after somebody has set it.
  void Set(int64_t off_by_ns) {
    off_by_ns_ = off_by_ns;
    highest_ns_ = std::max(highest_ns_, NowNs());
  }
  [[nodiscard]] TimestampNs highest() const { return TimestampNs{highest_ns_}; }
  // Whoever has read it is gone; who comes begins with what it is now, or with this if it is later.
  void ForgetHighest(TimestampNs at_least) { highest_ns_ = std::max(NowNs(), at_least.value()); }

 private:
  int64_t true_ns_ = kTimestampNsMin;
  int64_t off_by_ns_ = 0;
  int64_t monotonic_ns_ = 0;
  int64_t highest_ns_ = kTimestampNsMin;
};

}  // namespace gonghui

#endif  // GONGHUI_TESTS_SIMULATION_SIM_CLOCK_H_
