// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// A lane: a completion queue, its one thread, and every call that came in by it.  See
// authorization_service.h for the whole.

#ifndef GONGHUI_ENGINE_SERVER_LANE_H_
#define GONGHUI_ENGINE_SERVER_LANE_H_

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <grpcpp/alarm.h>
#include <grpcpp/grpcpp.h>

#include "engine/base/cache_line.h"
#include "engine/base/virtual_array.h"
#include "engine/domain/command.h"
#include "engine/domain/result.h"
#include "engine/pipeline/engine.h"
#include "engine/server/authorization_service.h"
#include "engine/server/log_throttle.h"
#include "engine/server/stream_places.h"
#include "engine/server/unsent_calls.h"
#include "engine/server/wire.h"
#include "gonghui/v1/authorization_service.grpc.pb.h"

namespace gonghui {

// The service with every method as bytes: see wire.h.
template <class Base>
using RawUnaries = v1::AuthorizationService::WithRawMethod_Authorize<
    v1::AuthorizationService::WithRawMethod_Capture<v1::AuthorizationService::WithRawMethod_Reverse<
        v1::AuthorizationService::WithRawMethod_Quote<
            v1::AuthorizationService::WithRawMethod_GetTransaction<
                v1::AuthorizationService::WithRawMethod_IncrementAuthorization<
                    v1::AuthorizationService::WithRawMethod_Refund<
                        v1::AuthorizationService::WithRawMethod_GetEntitlements<
                            v1::AuthorizationService::WithRawMethod_CloseBatch<Base>>>>>>>>>;
using RawService = RawUnaries<v1::AuthorizationService::WithRawMethod_AuthorizeStream<
    v1::AuthorizationService::WithRawMethod_SubmitAdvices<v1::AuthorizationService::Service>>>;

// The unary methods.  Authorize is the one that comes by the thousand.
inline constexpr std::array kUnaryMethods = {CommandKind::kAuthorize,
                                             CommandKind::kCapture,
                                             CommandKind::kReverse,
                                             CommandKind::kQuote,
                                             CommandKind::kGetTransaction,
                                             CommandKind::kIncrement,
                                             CommandKind::kRefund,
                                             CommandKind::kGetEntitlements,
                                             CommandKind::kCloseBatch};

enum class StreamMethod : uint8_t { kAuthorizeStream, kSubmitAdvices };
inline constexpr std::array kStreamMethods = {StreamMethod::kAuthorizeStream,
                                              StreamMethod::kSubmitAdvices};

// What a completion queue hands back.
class QueueTag {
 public:
  virtual void Proceed(bool ok) = 0;

 protected:
  ~QueueTag() = default;
};

// What the engine hands back, on the lane's thread.
class EngineWork {
 public:
  virtual void OnDecided() = 0;

 protected:
  ~EngineWork() = default;
};

// In engine time; the last instant of that for whatever comes later, and the first for what came
// before.
TimestampNs ToTimestamp(const gpr_timespec& realtime);
// The call's deadline in engine time.
TimestampNs DeadlineOf(const grpc::ServerContext& context);

grpc::Slice ToSlice(const grpc::ByteBuffer& buffer);

inline std::string_view ViewOf(const grpc::Slice& slice) {
  return {reinterpret_cast<const char*>(slice.begin()), slice.size()};
}

class HealthCall;
class StreamCall;
class TerminalsHealth;
struct StreamMessage;
class UnaryCall;

class Lane final : public Completions {
 public:
  Lane(const AuthorizationOptions& options,
       RawService* service,
       TerminalsHealth* health,
       std::unique_ptr<grpc::ServerCompletionQueue> queue);
  ~Lane() override;

  void Start(Engine* engine);
  void BeginDrain();
  // Any thread: whether it drains, and all that it had taken before is decided ...
  [[nodiscard]] bool IsDecided() const { return decided_.load(std::memory_order_acquire); }
  // ... and answered, and the clients have the answers.
  [[nodiscard]] bool IsSettled() const { return settled_.load(std::memory_order_acquire); }
  void Join();

  // Engine's threads.
  void Complete(Submission* first) override;

  // One thread at a time, between Start() and Join().  Asks the lane to come to its
  // queue; gives for how much of its processor time it has neither come since it was asked nor
  // got anything done, 0 when it has.
  int64_t AwayNs();

  // The rest: lane thread only.

  [[nodiscard]] const AuthorizationOptions& options() const { return options_; }
  [[nodiscard]] RawService* service() { return service_; }
  [[nodiscard]] grpc::ServerCompletionQueue* queue() { return queue_.get(); }
  [[nodiscard]] const Ledger& names() const { return engine_->names(); }
  [[nodiscard]] bool draining() const { return draining_; }

  // An operation was given to the queue, which will hand its tag back.
  void ExpectTag() { ++pending_; }
  // A tag of a call came back.
  void TagCameBack() { --pending_; }
  // A posted call came back without a request: the server is shut down.
  void OnServerShutdown() { shutdown_ = true; }

  [[nodiscard]] bool Submit(Submission* submission) {
    submission->completions = this;
    submission->next = nullptr;
    if (!engine_->Submit(submission)) {
      return false;
    }
    ++in_engine_;
    return true;
  }

  // A call or a stream was taken that is owed an answer; it has it, or wants it no more.
  void Owe() { ++owed_; }
  void Settle() {
    --owed_;
    TellIfSettled();
  }

  [[nodiscard]] bool TooManyCalls() const {
    return in_engine_ >= static_cast<int64_t>(options_.calls_in_flight_max);
  }

  // A posted call was taken by a request: another takes its place at once, so
  // that requests never wait in gRPC's own queue, which has no bound.
  void OnTaken(size_t method) {
    --posted_[method];
    PostCalls(method);
  }
  void Recycle(UnaryCall* call, size_t method) {
    idle_[method].push_back(call);
    PostCalls(method);
  }

  // A call's answer was given to gRPC; its tag came back.
  void OnAnswering(UnsentCall* call) {
    unsent_.Add(call);
    if (unsent_.size() > static_cast<size_t>(options_.calls_in_flight_max)) [[unlikely]] {
      unsent_.CutOldest();
    }
  }
  void OnAnswered(UnsentCall* call) { unsent_.Remove(call); }

  void OnHealthTaken() { PostHealth(); }
  void Recycle(HealthCall* call) { idle_health_.push_back(call); }

  void OnStreamTaken(StreamMethod method) { PostStream(method); }
  // A place among the lane's streams.  Where there is none, one of those gives way of whoever has
  // the most (stream_places.h), else the one whose client has not taken its answer for the
  // longest; false when there is neither.
  [[nodiscard]] bool TakePlace(StreamCall* stream);
  void LeavePlace(StreamCall* stream);
  void Recycle(StreamCall* stream);

  // What streams hold: messages that are not answered, and answers that are not taken.
  void AddStreamBytes(int64_t bytes) { stream_bytes_ += bytes; }
  // Streams should finish what they have before they read more.
  [[nodiscard]] bool StreamsAreHeavy() const {
    return stream_bytes_ > options_.stream_bytes_max / 2;
  }
  // Whether streams may hold so much more.  For that it cuts those whose clients do not take
  // their answers, the heaviest first, and no others: who takes its answers makes room by that.
  // One message is always taken, however long, and of a stream that holds nothing one that is no
  // more than its share, so that who takes its answers slowly keeps nobody from being served.
  // The caller, which may be among those that are cut, calls its own Advance() afterwards.
  [[nodiscard]] bool MakeRoomFor(int64_t bytes, const StreamCall* caller);
  // Grows about twenty times a second, and not while the lane is away from its queue: what
  // clients do not get on with then is not their doing.
  [[nodiscard]] uint64_t age() const { return age_; }

  // For as long as the message is not recycled.
  void FindRoomForResults(StreamMessage* message);

  std::unique_ptr<StreamMessage> NewMessage();
  void Recycle(std::unique_ptr<StreamMessage> message);

  WireWriter scratch;  // for one reply at a time

 private:
  // The queue's tags that belong to no call.
  class Signal final : public QueueTag {
   public:
    Signal(Lane* lane, void (Lane::*run)()) : lane_(lane), run_(run) {}
    void Proceed(bool /*ok*/) override { (lane_->*run_)(); }

   private:
    Lane* const lane_;
    void (Lane::*const run_)();
  };

  static gpr_timespec AtOnce() { return gpr_inf_past(GPR_CLOCK_MONOTONIC); }

  void Run();
  void DrainQueue();
  void OnKick();
  void OnAsked();
  void GetOn() {
    progress_.store(progress_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
  void OnDrain();
  void OnStop() { stopping_ = true; }
  void TellIfSettled() {
    if (draining_ && owed_ == 0) {
      settled_.store(true, std::memory_order_release);
    }
  }
  void TellIfDecided() {
    if (draining_ && in_engine_ == 0) {
      decided_.store(true, std::memory_order_release);
    }
  }
  [[nodiscard]] StreamCall* LongestStalled() const;
  void TellWhoGaveWay(const StreamCall& stream);
  void PostCalls(size_t method);
  void PostHealth();
  void PostStream(StreamMethod method);

  const AuthorizationOptions& options_;
  RawService* const service_;
  TerminalsHealth* const health_;
  const std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  Engine* engine_ = nullptr;
  std::thread thread_;

  // Shared with the engine.
  CacheLinePadded<std::atomic<Submission*>> mailbox_;
  grpc::Alarm kick_alarm_;  // whoever found the mailbox empty
  Signal kick_{this, &Lane::OnKick};

  // Who calls AwayNs().
  grpc::Alarm asked_alarm_;
  Signal asked_signal_{this, &Lane::OnAsked};
  std::atomic<bool> asked_{false};
  // Written by the lane alone: what it has got done.  One that works through its queue has not
  // gone away, however long the queue is.
  std::atomic<uint64_t> progress_{0};
  uint64_t progress_seen_ = 0;   // AwayNs()'s, as the next
  int64_t asked_at_cpu_ns_ = 0;  // or seen to get on

  // Whoever ends the server.
  std::atomic<bool> decided_{false};
  std::atomic<bool> settled_{false};
  grpc::Alarm drain_alarm_;
  grpc::Alarm stop_alarm_;
  Signal drain_{this, &Lane::OnDrain};
  Signal stop_{this, &Lane::OnStop};

  // Lane thread only.
  int64_t pending_ = 0;    // tags that the queue holds
  int64_t in_engine_ = 0;  // submissions
  int64_t owed_ = 0;       // answers
  bool draining_ = false;
  bool stopping_ = false;
  bool shutdown_ = false;
  std::array<size_t, kUnaryMethods.size()> posted_{};
  std::array<std::vector<UnaryCall*>, kUnaryMethods.size()> idle_;
  std::vector<HealthCall*> idle_health_;
  std::array<std::vector<StreamCall*>, kStreamMethods.size()> idle_streams_;
  StreamPlaces<StreamCall> places_;
  int64_t stream_bytes_ = 0;
  uint64_t age_ = 0;
  UnsentCalls unsent_;
  LogThrottle gave_way_log_;
  std::vector<std::unique_ptr<StreamMessage>> messages_;   // for the next ones
  VirtualArray<Result> results_;                           // of long messages: room for some
  std::vector<Result*> results_free_;                      // parts of it for one message each
  Result* results_unused_ = results_.data();               // the first part that nobody had yet
  std::vector<std::unique_ptr<UnaryCall>> calls_;          // all of them
  std::vector<std::unique_ptr<HealthCall>> health_calls_;  // all of them
  std::vector<std::unique_ptr<StreamCall>> streams_;       // all of them
};

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_SERVER_LANE_H_
