// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The client itself: connections, worker threads, calls in flight.
//
//   pacer thread (open loop only)      worker thread
//     sleeps to the next due time,       waits for its completion queue
//     of many calls to the next tick
//     starts the call             --->   checks the answer, counts
//                                        closed loop: starts the next call
//
// Each worker has its own connections, completion queue, calls and counters.
// In a closed loop it does everything itself and no two threads share anything.
// In an open loop its pacer starts the calls: the completion queue wakes at best
// to the millisecond, too coarse for a schedule.

#ifndef GONGHUI_TOOLS_LOAD_CLIENT_H_
#define GONGHUI_TOOLS_LOAD_CLIENT_H_

#include <cstdint>
#include <memory>

#include <absl/status/status.h>

#include "tools/load/options.h"
#include "tools/load/stalls.h"
#include "tools/load/stats.h"
#include "tools/load/workload.h"

namespace gonghui::load {

// Thread safety: one thread calls all, except Stop(), which any may call.
class LoadClient {
 public:
  // Both must outlive the client.
  LoadClient(const Options& options, const Workload& workload);
  ~LoadClient();
  LoadClient(const LoadClient&) = delete;
  LoadClient& operator=(const LoadClient&) = delete;

  // Connects all connections; fails when one is not up after 10 s.
  absl::Status Connect();

  // Starts the threads and the clock: the warm-up, then the measured window.
  void Start();

  // Ends the measured window now, if it is still open.
  void Stop();

  // Waits until every call is answered (or cancelled, 10 s after the window).
  void Join();

  [[nodiscard]] int64_t measure_from_ns() const;
  [[nodiscard]] int64_t measure_until_ns() const;  // moves when the run is stopped
  [[nodiscard]] Stats UnaryStats() const;
  [[nodiscard]] Stats StreamStats() const;
  // Of unary calls and messages together.  Valid after Join().
  [[nodiscard]] Stalls AllStalls() const;
  // Requests that were due in the window and could not even be sent: open loop,
  // server too slow.  Their latencies are counted as the time that they waited,
  // less than they would have needed.  Valid after Join().
  [[nodiscard]] uint64_t UnsentCount() const;
  [[nodiscard]] uint64_t CheckedCount() const;  // warm-up included
  // Requests that got no answer but an error, whenever it was.
  [[nodiscard]] uint64_t FailedCount() const;
  [[nodiscard]] uint64_t WrongCount() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gonghui::load

#endif  // GONGHUI_TOOLS_LOAD_CLIENT_H_
