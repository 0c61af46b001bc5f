// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tools/load/worker.h"

#include <sys/prctl.h>
#include <time.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <optional>
#include <utility>

#include "engine/base/prng.h"
#include "tools/load/options.h"

namespace gonghui::load {
namespace {

constexpr int64_t kNsPerSecond = 1'000'000'000;
constexpr int64_t kNsPerMs = 1'000'000;
constexpr int64_t kNapNs = kNsPerSecond / 10;  // the run may be stopped meanwhile
constexpr std::chrono::milliseconds kPollInterval{100};
// Waking for each of many calls by itself costs more of this machine than the call does in the
// server: where several are due within a tick, what is due by its end is sent together.  Latency
// is counted from when each was due, so that the wait for the tick is part of it.
constexpr int64_t kTickNs = 500'000;
constexpr double kCallsATickMin = 2;

size_t Share(uint32_t whole, uint32_t parts) {
  return std::max<size_t>(1, (whole + parts - 1) / parts);
}

void SleepUntil(int64_t monotonic_ns) {
  const timespec until{monotonic_ns / kNsPerSecond, monotonic_ns % kNsPerSecond};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr) == EINTR) {
  }
}

// The times at which something is due.
class Schedule {
 public:
  Schedule(double per_second, bool even, int64_t from_ns, uint64_t seed)
      : mean_ns_(kNsPerSecond / per_second), even_(even), prng_(seed), next_ns_(from_ns) {
    Advance();
  }

  [[nodiscard]] int64_t next_ns() const { return next_ns_; }

  void Advance() {
    // Poisson arrivals: gaps are exponential.  u is never 0.
    const double u = (static_cast<double>(prng_.Next() >> 11) + 1) * 0x1.0p-53;
    exact_ns_ += even_ ? mean_ns_ : -std::log(u) * mean_ns_;
    const double whole = std::floor(exact_ns_);
    exact_ns_ -= whole;
    next_ns_ += static_cast<int64_t>(whole);
  }

 private:
  const double mean_ns_;
  const bool even_;
  Prng prng_;
  int64_t next_ns_;
  double exact_ns_ = 0;  // the fraction of next_ns_
};

}  // namespace

Worker::Worker(RunState* run, uint64_t index, std::vector<std::shared_ptr<grpc::Channel>> channels)
    : run_(run),
      index_(index),
      lane_(run, index),
      unsent_stalls_(lane_.unary.stalls().threshold_ns()) {
  for (auto& channel : channels) {
    connections_.push_back(std::make_unique<Connection>(std::move(channel)));
  }
  const Options& options = run->options;
  if (options.HasUnary()) {
    const size_t count = Share(options.inflight, options.threads);
    free_calls_ = std::make_unique<FreeCalls>(count);
    for (size_t i = 0; i < count; ++i) {
      unary_.push_back(
          std::make_unique<UnaryCall>(&lane_, connections_[i % connections_.size()].get()));
      if (options.OpenLoop()) {
        unary_.back()->set_on_idle(free_calls_.get());
        free_calls_->Put(unary_.back().get());
      }
    }
  }
  if (options.HasStream()) {
    // One stream a connection.
    const size_t window = Share(options.stream_inflight, options.connections);
    for (const auto& connection : connections_) {
      streams_.push_back(std::make_unique<StreamCall>(
          &lane_, connection.get(), index * options.connections + streams_.size(), window));
    }
  }
}

void Worker::Start() {
  for (const auto& stream : streams_) {
    lane_.in_flight.fetch_add(1, std::memory_order_relaxed);
    stream->Open();
  }
  if (run_->options.OpenLoop()) {
    pacer_ = std::thread([this] { Pace(); });
  } else {
    for (const auto& call : unary_) {
      lane_.in_flight.fetch_add(1, std::memory_order_relaxed);
      call->Start(RunState::NowNs());
    }
  }
  thread_ = std::thread([this] { Work(); });
}

void Worker::Join() {
  if (thread_.joinable()) {
    thread_.join();
  }
}

void Worker::Work() {
  bool draining = false;
  bool cancelled = false;
  int64_t drain_from_ns = 0;
  while (true) {
    void* tag = nullptr;
    bool ok = false;
    if (lane_.queue.AsyncNext(&tag, &ok, FromNow(kPollInterval)) ==
        grpc::CompletionQueue::GOT_EVENT) {
      static_cast<Event*>(tag)->Proceed(ok);
    }
    const int64_t now_ns = RunState::NowNs();
    if (!draining && run_->Over(now_ns)) {
      draining = true;
      drain_from_ns = now_ns;
      if (pacer_.joinable()) {
        pacer_.join();
      }
      for (const auto& stream : streams_) {
        stream->Drain();
      }
    }
    if (draining && lane_.in_flight.load(std::memory_order_acquire) == 0) {
      break;
    }
    if (draining && !cancelled && now_ns > drain_from_ns + run_->options.patience_ms() * kNsPerMs) {
      cancelled = true;
      for (const auto& call : unary_) {
        call->Cancel();
      }
      for (const auto& stream : streams_) {
        stream->Cancel();
      }
    }
  }
  for (const auto& stream : streams_) {
    for (const int64_t due_ns : stream->unsent()) {
      Unsent(due_ns, run_->options.items, &unsent_stream_ns_);
    }
  }
  lane_.queue.Shutdown();
  void* tag = nullptr;
  bool ok = false;
  while (lane_.queue.Next(&tag, &ok)) {
  }
}

void Worker::Pace() {
  const Options& options = run_->options;
  prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);  // else each sleep is 50 us too long
  const double unary_share = options.mode == Mode::kMixed ? options.unary_percent / 100.0
                             : options.HasUnary()         ? 1.0
                                                          : 0.0;
  const double rate = static_cast<double>(options.rate) / options.threads;
  const int64_t start_ns = RunState::NowNs();
  std::optional<Schedule> unary;
  std::optional<Schedule> stream;
  if (options.HasUnary()) {
    unary.emplace(
        rate * unary_share, options.evenly_spaced, start_ns, Mix64(options.seed + 1) + index_);
  }
  if (options.HasStream()) {
    stream.emplace(rate * (1 - unary_share) / options.items,
                   options.evenly_spaced,
                   start_ns,
                   Mix64(options.seed + 2) + index_);
  }
  const double messages_per_s = rate * (unary_share + (1 - unary_share) / options.items);
  const bool by_ticks = messages_per_s * kTickNs >= kCallsATickMin * kNsPerSecond;
  size_t next_stream = 0;
  while (true) {
    const bool unary_first =
        unary.has_value() && (!stream.has_value() || unary->next_ns() <= stream->next_ns());
    Schedule& schedule = unary_first ? *unary : *stream;
    const int64_t due_ns = schedule.next_ns();
    if (run_->Over(due_ns)) {
      break;
    }
    if (const int64_t now_ns = RunState::NowNs(); due_ns > now_ns) {
      const int64_t wake_ns =
          by_ticks ? start_ns + (due_ns - start_ns + kTickNs - 1) / kTickNs * kTickNs : due_ns;
      SleepUntil(std::min(wake_ns, now_ns + kNapNs));
      if (wake_ns > now_ns + kNapNs) {
        continue;
      }
    }
    if (unary_first) {
      if (!StartUnary(due_ns)) {
        break;
      }
    } else {
      streams_[next_stream++ % streams_.size()]->Due(due_ns);
    }
    schedule.Advance();
  }
  // What was due and could not be sent any more.
  while (unary.has_value() && !run_->Over(unary->next_ns())) {
    Unsent(unary->next_ns(), 1, &unsent_unary_ns_);
    unary->Advance();
  }
}

bool Worker::StartUnary(int64_t due_ns) {
  UnaryCall* call = free_calls_->Take();
  while (call == nullptr) {
    const int64_t now_ns = RunState::NowNs();
    if (run_->Over(now_ns)) {
      return false;
    }
    SleepUntil(now_ns + 100'000);
    call = free_calls_->Take();
  }
  if (run_->Over(RunState::NowNs())) {
    return false;
  }
  lane_.in_flight.fetch_add(1, std::memory_order_relaxed);
  call->Start(due_ns);
  return true;
}

void Worker::Unsent(int64_t due_ns, uint64_t requests, Histogram* waited_ns) {
  const int64_t until_ns = run_->measure_until_ns.load(std::memory_order_relaxed);
  if (due_ns >= run_->measure_from_ns && due_ns < until_ns) {
    unsent_ += requests;
    waited_ns->Record(static_cast<uint64_t>(until_ns - due_ns), requests);
    unsent_stalls_.Add(due_ns, until_ns);
  }
}

Stalls Worker::AllStalls() const {
  Stalls all = unsent_stalls_;
  all.Merge(lane_.unary.stalls());
  all.Merge(lane_.stream.stalls());
  return all;
}

}  // namespace gonghui::load
