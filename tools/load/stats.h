// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What is counted during a run.  Each worker thread has a StatsRecorder of its
// own for each kind of call; the main thread adds up their snapshots.

#ifndef GONGHUI_TOOLS_LOAD_STATS_H_
#define GONGHUI_TOOLS_LOAD_STATS_H_

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "tools/load/answer.h"
#include "tools/load/histogram.h"
#include "tools/load/request.h"

namespace gonghui::load {

inline constexpr size_t kOutcomeCount = 4;    // v1::Outcome
inline constexpr size_t kReasonCount = 1024;  // v1::Reason; larger ones count as the last
inline constexpr size_t kGrpcCodeCount = 17;

// The server has too much to do, or is stopping: the same request may come again.
inline bool IsRefusal(uint32_t grpc_code) {
  constexpr uint32_t kResourceExhausted = 8;
  constexpr uint32_t kUnavailable = 14;
  return grpc_code == kResourceExhausted || grpc_code == kUnavailable;
}

// Sums.  `answered` and below cover the measured window, the warm-up left out.
struct Stats {
  Histogram latency_ns;  // of each request
  Histogram late_ns;     // open loop: from when it was due until it was sent
  Histogram refused_ns;  // unary: from sending to a refusal
  uint64_t answered = 0;
  uint64_t calls = 0;  // unary calls, or messages of streams
  uint64_t replays = 0;
  uint64_t follow_ups_declined = 0;
  std::array<uint64_t, kStepCount> steps{};  // answered
  std::array<uint64_t, kOutcomeCount> outcomes{};
  std::array<uint64_t, kReasonCount> reasons{};
  std::array<uint64_t, kGrpcCodeCount> errors{};

  [[nodiscard]] uint64_t ErrorCount() const;
  void Merge(const Stats& other);
};

// Written by its worker thread, read by any; see HistogramRecorder for what a
// reader may miss.
class StatsRecorder {
 public:
  void Latency(int64_t ns, uint64_t requests) { Record(ns, requests, &latency_ns_); }
  void Late(int64_t ns, uint64_t requests) { Record(ns, requests, &late_ns_); }
  void Refused(int64_t ns) { Record(ns, 1, &refused_ns_); }
  void Call() { Bump(&calls_); }
  void Answered(const Sent& sent, const Answer& answer) {
    Bump(&answered_);
    Bump(&steps_[static_cast<size_t>(sent.step)]);
    Bump(&outcomes_[std::min<size_t>(answer.outcome, kOutcomeCount - 1)]);
    Bump(&reasons_[std::min<size_t>(answer.reason, kReasonCount - 1)]);
    if (answer.idempotent_replay) {
      Bump(&replays_);
    }
    if (sent.original != nullptr && answer.outcome == kDeclinedOutcome) {
      Bump(&follow_ups_declined_);
    }
  }
  void Error(uint32_t grpc_code, uint64_t requests) {
    Bump(&errors_[std::min<size_t>(grpc_code, kGrpcCodeCount - 1)], requests);
  }

  [[nodiscard]] Stats Snapshot() const;

 private:
  using Counter = std::atomic<uint64_t>;

  static constexpr uint32_t kDeclinedOutcome = 3;  // v1::OUTCOME_DECLINED

  static void Record(int64_t ns, uint64_t requests, HistogramRecorder* histogram) {
    histogram->Record(static_cast<uint64_t>(std::max<int64_t>(ns, 0)), requests);
  }

  static void Bump(Counter* counter, uint64_t by = 1) {
    counter->store(counter->load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
  }

  HistogramRecorder latency_ns_;
  HistogramRecorder late_ns_;
  HistogramRecorder refused_ns_;
  Counter answered_{0};
  Counter calls_{0};
  Counter replays_{0};
  Counter follow_ups_declined_{0};
  std::array<Counter, kStepCount> steps_{};
  std::array<Counter, kOutcomeCount> outcomes_{};
  std::array<Counter, kReasonCount> reasons_{};
  std::array<Counter, kGrpcCodeCount> errors_{};
};

}  // namespace gonghui::load

#endif  // GONGHUI_TOOLS_LOAD_STATS_H_
