// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What the calls of one worker share: its connections, its completion queue, its counters.

#ifndef GONGHUI_TOOLS_LOAD_LANE_H_
#define GONGHUI_TOOLS_LOAD_LANE_H_

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include <grpcpp/grpcpp.h>

#include "engine/base/clock.h"
#include "tools/load/life.h"
#include "tools/load/request.h"
#include "tools/load/run_state.h"

namespace gonghui::load {

// As gRPC wants it, from the one clock that the house has.
inline std::chrono::system_clock::time_point FromNow(std::chrono::milliseconds wait) {
  using std::chrono::system_clock;
  return system_clock::time_point(std::chrono::duration_cast<system_clock::duration>(
      std::chrono::nanoseconds(SystemClock::Instance().NowNs()) + wait));
}

// The bytes of a message in one piece; `storage` holds them when they were not.
inline std::string_view Flatten(const grpc::ByteBuffer& message, grpc::Slice* storage) {
  if (!message.TrySingleSlice(storage).ok() && !message.DumpToSingleSlice(storage).ok()) {
    return {};
  }
  return {reinterpret_cast<const char*>(storage->begin()), storage->size()};
}

// What a completion queue hands back.
class Event {
 public:
  virtual ~Event() = default;
  virtual void Proceed(bool ok) = 0;
};

// One connection with its methods, registered once.
struct Connection {
  static constexpr char kAuthorize[] = "/gonghui.v1.AuthorizationService/Authorize";
  static constexpr char kAuthorizeStream[] = "/gonghui.v1.AuthorizationService/AuthorizeStream";
  static constexpr char kCapture[] = "/gonghui.v1.AuthorizationService/Capture";
  static constexpr char kReverse[] = "/gonghui.v1.AuthorizationService/Reverse";
  static constexpr char kRefund[] = "/gonghui.v1.AuthorizationService/Refund";

  explicit Connection(std::shared_ptr<grpc::Channel> channel_in)
      : channel(std::move(channel_in)),
        authorize(kAuthorize, grpc::internal::RpcMethod::NORMAL_RPC, channel),
        authorize_stream(kAuthorizeStream, grpc::internal::RpcMethod::BIDI_STREAMING, channel),
        capture(kCapture, grpc::internal::RpcMethod::NORMAL_RPC, channel),
        reverse(kReverse, grpc::internal::RpcMethod::NORMAL_RPC, channel),
        refund(kRefund, grpc::internal::RpcMethod::NORMAL_RPC, channel) {}

  // What a step is asked by, one call each.
  [[nodiscard]] const grpc::internal::RpcMethod& MethodOf(Step step) const {
    switch (step) {
      case Step::kSale:
      case Step::kTap:
      case Step::kHold:
        break;
      case Step::kCapture:
        return capture;
      case Step::kReversal:
        return reverse;
      case Step::kRefund:
        return refund;
    }
    return authorize;
  }

  const std::shared_ptr<grpc::Channel> channel;
  const grpc::internal::RpcMethod authorize;
  const grpc::internal::RpcMethod authorize_stream;
  const grpc::internal::RpcMethod capture;
  const grpc::internal::RpcMethod reverse;
  const grpc::internal::RpcMethod refund;
};

// What a worker's calls share.
struct Lane {
  static constexpr size_t kRepeatEntriesMax = 1024;
  // Random numbers: one sequence for each thread's unary calls, one for each stream.
  static constexpr uint64_t kUnaryMaker = 1'000'000;
  static constexpr uint64_t kStreamMaker = 2'000'000;

  Lane(RunState* run_in, uint64_t index)
      : run(run_in),
        book(kRepeatEntriesMax),
        maker(MakeMaker(kUnaryMaker + index)),
        unary(run_in, &book, &lives),
        stream(run_in, &book, &lives) {}

  [[nodiscard]] RequestMaker MakeMaker(uint64_t stream_of_numbers) {
    return RequestMaker(run->workload,
                        run->picker,
                        run->options.mix,
                        &book,
                        run->options.seed,
                        stream_of_numbers,
                        &lives);
  }

  RunState* const run;
  grpc::CompletionQueue queue;
  RepeatBook book;
  LifeBook lives;
  RequestMaker maker;  // of unary calls; pacer if there is one, else worker
  AnswerSink unary;    // worker
  AnswerSink stream;   // worker
  // Calls whose completion the queue still owes.  Raised by whoever starts a
  // call, lowered by the worker.
  std::atomic<int64_t> in_flight{0};
};

}  // namespace gonghui::load

#endif  // GONGHUI_TOOLS_LOAD_LANE_H_
