// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tools/load/stats.h"

#include <numeric>

#include "gonghui/v1/transaction.pb.h"

namespace gonghui::load {
namespace {

template <size_t kSize>
void Add(std::array<uint64_t, kSize>* sums, const std::array<uint64_t, kSize>& more) {
  for (size_t i = 0; i < kSize; ++i) {
    (*sums)[i] += more[i];
  }
}

template <size_t kSize>
void Copy(const std::array<std::atomic<uint64_t>, kSize>& from, std::array<uint64_t, kSize>* to) {
  for (size_t i = 0; i < kSize; ++i) {
    (*to)[i] = from[i].load(std::memory_order_relaxed);
  }
}

}  // namespace

uint64_t Stats::ErrorCount() const {
  return std::accumulate(errors.begin(), errors.end(), uint64_t{0});
}

void Stats::Merge(const Stats& other) {
  latency_ns.Merge(other.latency_ns);
  late_ns.Merge(other.late_ns);
  refused_ns.Merge(other.refused_ns);
  answered += other.answered;
  calls += other.calls;
  replays += other.replays;
  follow_ups_declined += other.follow_ups_declined;
  Add(&steps, other.steps);
  Add(&outcomes, other.outcomes);
  Add(&reasons, other.reasons);
  Add(&errors, other.errors);
}

Stats StatsRecorder::Snapshot() const {
  static_assert(kDeclinedOutcome == v1::OUTCOME_DECLINED);
  Stats stats;
  stats.latency_ns = latency_ns_.Snapshot();
  stats.late_ns = late_ns_.Snapshot();
  stats.refused_ns = refused_ns_.Snapshot();
  stats.answered = answered_.load(std::memory_order_relaxed);
  stats.calls = calls_.load(std::memory_order_relaxed);
  stats.replays = replays_.load(std::memory_order_relaxed);
  stats.follow_ups_declined = follow_ups_declined_.load(std::memory_order_relaxed);
  Copy(steps_, &stats.steps);
  Copy(outcomes_, &stats.outcomes);
  Copy(reasons_, &stats.reasons);
  Copy(errors_, &stats.errors);
  return stats;
}

}  // namespace gonghui::load
