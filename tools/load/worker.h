// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// A worker: its thread, its pacer's in an open loop, and the calls that these start.

#ifndef GONGHUI_TOOLS_LOAD_WORKER_H_
#define GONGHUI_TOOLS_LOAD_WORKER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include <grpcpp/grpcpp.h>

#include "tools/load/histogram.h"
#include "tools/load/lane.h"
#include "tools/load/run_state.h"
#include "tools/load/stalls.h"
#include "tools/load/stream_call.h"
#include "tools/load/unary_call.h"

namespace gonghui::load {

class Worker {
 public:
  Worker(RunState* run, uint64_t index, std::vector<std::shared_ptr<grpc::Channel>> channels);
  void Start();
  void Join();

  [[nodiscard]] const Lane& lane() const { return lane_; }
  [[nodiscard]] uint64_t unsent() const { return unsent_; }
  [[nodiscard]] const Histogram& unsent_unary_ns() const { return unsent_unary_ns_; }
  [[nodiscard]] const Histogram& unsent_stream_ns() const { return unsent_stream_ns_; }
  // Of all calls, those too that could not be sent.  After Join().
  [[nodiscard]] Stalls AllStalls() const;

 private:
  void Work();

  // The pacer thread.  When a call is due and none is idle, the schedule waits;
  // the call is then late, and its latency counts from when it was due.
  void Pace();

  // False when the run ended while no call was idle.
  bool StartUnary(int64_t due_ns);

  void Unsent(int64_t due_ns, uint64_t requests, Histogram* waited_ns);

  RunState* const run_;
  const uint64_t index_;
  Lane lane_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<std::unique_ptr<UnaryCall>> unary_;
  std::vector<std::unique_ptr<StreamCall>> streams_;
  std::unique_ptr<FreeCalls> free_calls_;
  // Pacer, then worker; read by main after Join().
  uint64_t unsent_ = 0;
  Histogram unsent_unary_ns_;
  Histogram unsent_stream_ns_;
  Stalls unsent_stalls_;
  std::thread pacer_;
  std::thread thread_;
};

}  // namespace gonghui::load

#endif  // GONGHUI_TOOLS_LOAD_WORKER_H_
