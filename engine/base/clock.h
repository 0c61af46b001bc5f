// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The clock as a port.  Whoever needs the time is given a Clock, so that tests
// and the simulator decide what time it is.  This file and clock.cc are the
// only ones that may ask the machine (tests/lint enforces it).
//
// The ledger has no clock at all: a command carries its time.

#ifndef GONGHUI_ENGINE_BASE_CLOCK_H_
#define GONGHUI_ENGINE_BASE_CLOCK_H_

#include <cstdint>

namespace gonghui {

// Thread safety: every implementation may be called by any thread.
class Clock {
 public:
  virtual ~Clock() = default;

  // UTC wall time: nanoseconds since 1970-01-01T00:00:00Z, leap seconds not
  // counted.  May step either way when the machine's clock is set.
  [[nodiscard]] virtual int64_t NowNs() const = 0;

  // Never goes back; its zero means nothing.  For durations and deadlines.
  [[nodiscard]] virtual int64_t MonotonicNs() const = 0;
};

class SystemClock final : public Clock {
 public:
  [[nodiscard]] int64_t NowNs() const override;
  [[nodiscard]] int64_t MonotonicNs() const override;

  // One for the whole process; it holds nothing.
  static const SystemClock& Instance();
};

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_BASE_CLOCK_H_
