// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What all threads of a run share, and what each call reports to.

#ifndef GONGHUI_TOOLS_LOAD_RUN_STATE_H_
#define GONGHUI_TOOLS_LOAD_RUN_STATE_H_

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string_view>

#include "engine/base/clock.h"
#include "tools/load/card_picker.h"
#include "tools/load/life.h"
#include "tools/load/options.h"
#include "tools/load/request.h"
#include "tools/load/stalls.h"
#include "tools/load/stats.h"
#include "tools/load/workload.h"

namespace gonghui::load {

struct RunState {
  RunState(const Options& options_in, const Workload& workload_in)
      : options(options_in),
        workload(workload_in),
        picker(options_in.card_order, workload_in.card_count()) {}

  static int64_t NowNs() { return SystemClock::Instance().MonotonicNs(); }

  [[nodiscard]] bool Over(int64_t now_ns) const {
    return now_ns >= measure_until_ns.load(std::memory_order_relaxed);
  }

  const Options& options;
  const Workload& workload;
  const CardPicker picker;
  int64_t measure_from_ns = 0;  // set before the threads start
  // Any thread may bring it forward; the others see it with their next event.
  std::atomic<int64_t> measure_until_ns{0};

  std::atomic<uint64_t> wrong_count{0};
  std::mutex wrong_mutex;  // one wrong answer is printed at a time
};

// Checks and counts the answers of one kind of call of one worker.
// Thread safety: the worker's thread only, except stats(), checked() and failed().
class AnswerSink {
 public:
  AnswerSink(RunState* run, RepeatBook* book, LifeBook* lives)
      : run_(run), book_(book), lives_(lives), stalls_(int64_t{run->options.stall_ms} * kNsPerMs) {}

  // One AuthorizeResponse, or that of a follow-up.
  void Check(const Sent& sent, std::string_view response, int64_t now_ns);
  // No answer can be given to `sent`: the message that should hold it is broken.
  void Wrong(std::string_view problem, const Sent& sent, std::string_view response);
  void Error(uint32_t grpc_code, uint64_t requests, int64_t now_ns);
  // A call came back that the server did not decide, having too much to do.
  void Refused(int64_t sent_ns, int64_t now_ns);
  // How late a call or message of `requests` was sent.  Told once it has come back, whatever it
  // says: not the thread that sends, which may be another, but the worker counts.
  void WasSent(int64_t due_ns, int64_t sent_ns, uint64_t requests);
  // A call or message of `requests` was answered.
  void Done(int64_t due_ns, int64_t now_ns, uint64_t requests);

  [[nodiscard]] const StatsRecorder& stats() const { return stats_; }
  // Of the calls whose latencies count.  The worker; any once that has been joined.
  [[nodiscard]] const Stalls& stalls() const { return stalls_; }
  // Warm-up and end included, which stats() leaves out.
  [[nodiscard]] uint64_t checked() const { return checked_.load(std::memory_order_relaxed); }
  [[nodiscard]] uint64_t failed() const { return failed_.load(std::memory_order_relaxed); }

 private:
  static constexpr int64_t kNsPerMs = 1'000'000;

  [[nodiscard]] bool Measured(int64_t at_ns) const {
    return at_ns >= run_->measure_from_ns && !run_->Over(at_ns);
  }

  RunState* const run_;
  RepeatBook* const book_;
  LifeBook* const lives_;
  StatsRecorder stats_;
  Stalls stalls_;
  // Requests; written by the worker, read by any.
  std::atomic<uint64_t> checked_{0};
  std::atomic<uint64_t> failed_{0};
};

}  // namespace gonghui::load

#endif  // GONGHUI_TOOLS_LOAD_RUN_STATE_H_
