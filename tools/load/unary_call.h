// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// One request at a time, and where the idle ones wait.

#ifndef GONGHUI_TOOLS_LOAD_UNARY_CALL_H_
#define GONGHUI_TOOLS_LOAD_UNARY_CALL_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <grpcpp/alarm.h>
#include <grpcpp/grpcpp.h>

#include "tools/load/lane.h"
#include "tools/load/request.h"

namespace gonghui::load {

class FreeCalls;

class UnaryCall final : public Event {
 public:
  UnaryCall(Lane* lane, Connection* connection) : lane_(lane), connection_(connection) {}

  // `due_ns`: from when its latency counts.  Worker, or pacer while the call is idle.
  void Start(int64_t due_ns);

  // Who gets the call back when it is idle; null = it starts again by itself.
  void set_on_idle(FreeCalls* on_idle) { on_idle_ = on_idle; }

  void Cancel();
  void Proceed(bool ok) override;

 private:
  Lane* const lane_;
  Connection* const connection_;
  FreeCalls* on_idle_ = nullptr;
  bool backing_off_ = false;
  int64_t due_ns_ = 0;
  int64_t sent_ns_ = 0;
  Sent sent_;
  std::optional<grpc::ClientContext> context_;
  grpc::ByteBuffer response_;
  grpc::Status status_;
  grpc::Alarm alarm_;
};

// Idle calls, from the worker back to its pacer: a ring of one producer and one
// consumer.  It holds all calls, so it is never full.
class FreeCalls {
 public:
  explicit FreeCalls(size_t call_count) : slots_(call_count + 1) {}

  void Put(UnaryCall* call) {  // worker
    const size_t tail = tail_.load(std::memory_order_relaxed);
    slots_[tail] = call;
    // Pairs with the acquire in Take(): all that the worker did with the call is
    // done before the pacer starts it again.
    tail_.store(Following(tail), std::memory_order_release);
  }

  UnaryCall* Take() {  // pacer; null when every call is under way
    if (head_ == tail_.load(std::memory_order_acquire)) {
      return nullptr;
    }
    UnaryCall* const call = slots_[head_];
    head_ = Following(head_);
    return call;
  }

 private:
  [[nodiscard]] size_t Following(size_t slot) const {
    return slot + 1 == slots_.size() ? 0 : slot + 1;
  }

  std::vector<UnaryCall*> slots_;
  std::atomic<size_t> tail_{0};
  size_t head_ = 0;  // pacer
};

}  // namespace gonghui::load

#endif  // GONGHUI_TOOLS_LOAD_UNARY_CALL_H_
