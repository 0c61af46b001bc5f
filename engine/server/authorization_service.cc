// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/server/authorization_service.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <grpcpp/alarm.h>
#include <grpcpp/grpcpp.h>

#include "engine/base/cache_line.h"
#include "engine/base/check.h"
#include "engine/server/caller.h"
#include "engine/server/grpc_status.h"
#include "engine/server/translate.h"
#include "engine/server/wire.h"
#include "gonghui/v1/authorization_service.grpc.pb.h"

namespace gonghui {
namespace {

using Api = v1::AuthorizationService;
template <class Base>
using RawUnaries = Api::WithRawMethod_Authorize<
    Api::WithRawMethod_Capture<Api::WithRawMethod_Reverse<Api::WithRawMethod_Quote<
        Api::WithRawMethod_GetTransaction<Api::WithRawMethod_IncrementAuthorization<
            Api::WithRawMethod_Refund<Api::WithRawMethod_GetEntitlements<Base>>>>>>>>;
using Service = RawUnaries<Api::WithRawMethod_AuthorizeStream<Api::Service>>;

// The unary methods.  Authorize is the one that comes by the thousand.
constexpr std::array kMethods = {CommandKind::kAuthorize,
                                 CommandKind::kCapture,
                                 CommandKind::kReverse,
                                 CommandKind::kQuote,
                                 CommandKind::kGetTransaction,
                                 CommandKind::kIncrement,
                                 CommandKind::kRefund,
                                 CommandKind::kGetEntitlements};
constexpr size_t kRareCallsPosted = 16;

// Batches kept for the next message; more than these are given back.
constexpr size_t kBatchesPooledMax = 16;

// What a completion queue hands back.
class Tag {
 public:
  virtual void Proceed(bool ok) = 0;

 protected:
  ~Tag() = default;
};

// What the engine hands back, on the lane's thread.
class Work {
 public:
  virtual void OnDecided() = 0;

 protected:
  ~Work() = default;
};

// The call's deadline in engine time.
TimestampNs DeadlineOf(const grpc::ServerContext& context) {
  const auto deadline = context.deadline();
  if (deadline == std::chrono::system_clock::time_point::max()) {
    return kTimestampMax;
  }
  return TimestampNs{
      std::chrono::duration_cast<std::chrono::nanoseconds>(deadline.time_since_epoch()).count()};
}

grpc::Slice ToSlice(const grpc::ByteBuffer& buffer) {
  grpc::Slice slice;
  if (!buffer.TrySingleSlice(&slice).ok()) {
    GH_CHECK(buffer.DumpToSingleSlice(&slice).ok(), "bytes=", buffer.Length());
  }
  return slice;
}

std::string_view ViewOf(const grpc::Slice& slice) {
  return {reinterpret_cast<const char*>(slice.begin()), slice.size()};
}

class Lane;

// One unary call at a time: posted, decided, finished, pooled.  Lane thread only,
// but for what the engine fills between Submit() and Complete().
class UnaryCall final : public Tag, public Work {
 public:
  UnaryCall(Lane* lane, size_t method) : lane_(lane), method_(method) {}

  void Post();
  void Proceed(bool ok) override;
  void OnDecided() override;

 private:
  void OnRequest();
  void Refuse(const Refusal& refusal);
  void Finish();

  Lane* const lane_;
  const size_t method_;
  bool finishing_ = false;
  std::optional<grpc::ServerContext> context_;
  std::optional<grpc::ServerAsyncResponseWriter<grpc::ByteBuffer>> responder_;
  grpc::ByteBuffer request_;
  grpc::Slice message_;
  TerminalCall call_;
  Submission submission_;
  Result result_;
};

class StreamCall;

// One message of a stream on its way through the engine.
struct Batch final : public Work {
  // What item i became: a command with a result, or an error.
  struct Item {
    std::string_view transport_data;
    uint32_t index = 0;  // of commands, or of errors
    bool refused = false;
  };

  grpc::Slice message;  // transport_data points into it
  std::vector<Item> items;
  std::vector<Command> commands;
  std::vector<std::string> errors;  // serialised google.rpc.Status
  std::vector<Result> results;      // grows, never shrinks
  Submission submission;
  StreamCall* stream = nullptr;
  bool decided = false;

  void OnDecided() override;
};

// One bidirectional stream.  At most one read and one write are under way; a
// message is answered when it is decided and all before it are answered.
class StreamCall final : public Tag {
 public:
  explicit StreamCall(Lane* lane) : lane_(lane) {}

  void Post();
  void Proceed(bool ok) override;  // accepted
  void BeginDrain();
  // Does whatever can be done next.
  void Advance();

 private:
  class Step final : public Tag {
   public:
    Step(StreamCall* call, void (StreamCall::*run)(bool)) : call_(call), run_(run) {}
    void Proceed(bool ok) override { (call_->*run_)(ok); }

   private:
    StreamCall* const call_;
    void (StreamCall::*const run_)(bool);
  };

  void OnRead(bool ok);
  void OnWrite(bool ok);
  void OnFinish(bool ok);
  void Read();
  void Take(Batch* batch);
  void SubmitBatch(Batch* batch);
  void AddError(Batch* batch, const Refusal& refusal);
  void Answer(Batch* batch);
  // No more is read; what is under way is answered, then the call ends so.
  void End(grpc::Status status);

  Lane* const lane_;
  Step read_{this, &StreamCall::OnRead};
  Step write_{this, &StreamCall::OnWrite};
  Step finish_{this, &StreamCall::OnFinish};
  bool reading_ = false;
  bool writing_ = false;
  bool finished_ = false;  // Finish() was called
  bool ended_ = false;     // nothing more is read
  bool broken_ = false;    // nothing more can be written
  grpc::Status status_;
  Caller caller_;
  std::deque<std::unique_ptr<Batch>> batches_;  // in order of arrival
  grpc::ByteBuffer request_;
  std::optional<grpc::ServerContext> context_;
  std::optional<grpc::ServerAsyncReaderWriter<grpc::ByteBuffer, grpc::ByteBuffer>> stream_;
};

class Lane final : public Completions {
 public:
  Lane(const AuthorizationOptions& options,
       Service* service,
       std::unique_ptr<grpc::ServerCompletionQueue> queue)
      : options_(options), service_(service), queue_(std::move(queue)) {}

  void Start(Engine* engine) {
    engine_ = engine;
    thread_ = std::thread([this] { Run(); });
  }
  void BeginDrain() { drain_alarm_.Set(queue_.get(), AtOnce(), &drain_); }
  void Join() {
    if (thread_.joinable()) {
      stop_alarm_.Set(queue_.get(), AtOnce(), &stop_);
      thread_.join();
    } else {
      DrainQueue();  // never started
    }
  }

  // Engine's threads.
  void Complete(Submission* first) override {
    Submission* last = first;
    while (last->next != nullptr) {
      last = last->next;
    }
    Submission* head = mailbox_->load(std::memory_order_relaxed);
    do {
      last->next = head;
      // Publishes the results.  Pairs with the acquire exchange in OnKick().
    } while (!mailbox_->compare_exchange_weak(
        head, first, std::memory_order_release, std::memory_order_relaxed));
    if (head == nullptr) {
      // Only the kick empties the mailbox, so the alarm before this one has fired
      // and been handed out: it may be set again.
      kick_alarm_.Set(queue_.get(), AtOnce(), &kick_);
    }
  }

  // The rest: lane thread only.

  [[nodiscard]] const AuthorizationOptions& options() const { return options_; }
  [[nodiscard]] Service* service() { return service_; }
  [[nodiscard]] grpc::ServerCompletionQueue* queue() { return queue_.get(); }
  [[nodiscard]] const Ledger& names() const { return engine_->names(); }
  [[nodiscard]] bool draining() const { return draining_; }

  // An operation was given to the queue, which will hand its tag back.
  void ExpectTag() { ++pending_; }

  [[nodiscard]] bool Submit(Submission* submission) {
    submission->completions = this;
    submission->next = nullptr;
    if (!engine_->Submit(submission)) {
      return false;
    }
    ++in_engine_;
    return true;
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

  void OnStreamTaken(StreamCall* stream) {
    active_streams_.push_back(stream);
    PostStream();
  }
  [[nodiscard]] bool TooManyStreams() const {
    return active_streams_.size() > static_cast<size_t>(options_.streams_max);
  }
  void Recycle(StreamCall* stream) {
    active_streams_.erase(std::find(active_streams_.begin(), active_streams_.end(), stream));
    idle_streams_.push_back(stream);
  }

  std::unique_ptr<Batch> NewBatch() {
    if (batches_.empty()) {
      return std::make_unique<Batch>();
    }
    std::unique_ptr<Batch> batch = std::move(batches_.back());
    batches_.pop_back();
    return batch;
  }
  void Recycle(std::unique_ptr<Batch> batch) {
    if (batches_.size() < kBatchesPooledMax) {
      batch->message = grpc::Slice();
      batch->items.clear();
      batch->commands.clear();
      batch->errors.clear();
      batch->decided = false;
      batches_.push_back(std::move(batch));
    }
  }

  WireWriter scratch;  // for one reply at a time

 private:
  // The queue's tags that belong to no call.
  class Signal final : public Tag {
   public:
    Signal(Lane* lane, void (Lane::*run)()) : lane_(lane), run_(run) {}
    void Proceed(bool /*ok*/) override { (lane_->*run_)(); }

   private:
    Lane* const lane_;
    void (Lane::*const run_)();
  };

  static gpr_timespec AtOnce() { return gpr_inf_past(GPR_CLOCK_MONOTONIC); }

  void Run() {
    for (size_t method = 0; method < kMethods.size(); ++method) {
      PostCalls(method);
    }
    PostStream();
    void* tag = nullptr;
    bool ok = false;
    while (!(stopping_ && pending_ == 0 && in_engine_ == 0) && queue_->Next(&tag, &ok)) {
      static_cast<Tag*>(tag)->Proceed(ok);
    }
    DrainQueue();
  }

  void DrainQueue() {
    queue_->Shutdown();
    void* tag = nullptr;
    bool ok = false;
    while (queue_->Next(&tag, &ok)) {
    }
  }

  void OnKick() {
    Submission* submission = mailbox_->exchange(nullptr, std::memory_order_acquire);
    while (submission != nullptr) {
      Submission* const next = submission->next;
      --in_engine_;
      static_cast<Work*>(submission->user)->OnDecided();
      submission = next;
    }
  }

  void OnDrain() {
    draining_ = true;
    // A stream may end, and leave the list, while it is told.
    const std::vector<StreamCall*> streams = active_streams_;
    for (StreamCall* stream : streams) {
      stream->BeginDrain();
    }
  }

  void OnStop() { stopping_ = true; }

 public:
  // A tag of a call came back.
  void TagCameBack() { --pending_; }
  // A posted call came back without a request: the server is shut down.
  void OnServerShutdown() { shutdown_ = true; }

 private:
  void PostCalls(size_t method) {
    const size_t target = kMethods[method] == CommandKind::kAuthorize
                              ? static_cast<size_t>(options_.calls_posted)
                              : kRareCallsPosted;
    while (!shutdown_ && posted_[method] < target) {
      if (idle_[method].empty()) {
        calls_.push_back(std::make_unique<UnaryCall>(this, method));
        idle_[method].push_back(calls_.back().get());
      }
      UnaryCall* const call = idle_[method].back();
      idle_[method].pop_back();
      ++posted_[method];
      call->Post();
    }
  }

  void PostStream() {
    if (shutdown_) {
      return;
    }
    if (idle_streams_.empty()) {
      streams_.push_back(std::make_unique<StreamCall>(this));
      idle_streams_.push_back(streams_.back().get());
    }
    StreamCall* const stream = idle_streams_.back();
    idle_streams_.pop_back();
    stream->Post();
  }

  const AuthorizationOptions& options_;
  Service* const service_;
  const std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  Engine* engine_ = nullptr;
  std::thread thread_;

  // Shared with the engine.
  CacheLinePadded<std::atomic<Submission*>> mailbox_;
  grpc::Alarm kick_alarm_;  // whoever found the mailbox empty
  Signal kick_{this, &Lane::OnKick};

  // Whoever ends the server.
  grpc::Alarm drain_alarm_;
  grpc::Alarm stop_alarm_;
  Signal drain_{this, &Lane::OnDrain};
  Signal stop_{this, &Lane::OnStop};

  // Lane thread only.
  int64_t pending_ = 0;    // tags that the queue holds
  int64_t in_engine_ = 0;  // submissions
  bool draining_ = false;
  bool stopping_ = false;
  bool shutdown_ = false;
  std::array<size_t, kMethods.size()> posted_{};
  std::array<std::vector<UnaryCall*>, kMethods.size()> idle_;
  std::vector<StreamCall*> idle_streams_;
  std::vector<StreamCall*> active_streams_;
  std::vector<std::unique_ptr<Batch>> batches_;
  std::vector<std::unique_ptr<UnaryCall>> calls_;     // all of them
  std::vector<std::unique_ptr<StreamCall>> streams_;  // all of them
};

// ---- Unary -------------------------------------------------------------------

void UnaryCall::Post() {
  // The responder points into the context, so it goes first.
  responder_.reset();
  context_.emplace();
  responder_.emplace(&*context_);
  finishing_ = false;
  lane_->ExpectTag();
  const auto request = [this](auto method) {
    (lane_->service()->*method)(&*context_,
                                &request_,
                                &*responder_,
                                lane_->queue(),
                                lane_->queue(),
                                static_cast<Tag*>(this));
  };
  switch (kMethods[method_]) {
    case CommandKind::kAuthorize:
      return request(&Service::RequestAuthorize);
    case CommandKind::kCapture:
      return request(&Service::RequestCapture);
    case CommandKind::kReverse:
      return request(&Service::RequestReverse);
    case CommandKind::kQuote:
      return request(&Service::RequestQuote);
    case CommandKind::kGetTransaction:
      return request(&Service::RequestGetTransaction);
    case CommandKind::kIncrement:
      return request(&Service::RequestIncrementAuthorization);
    case CommandKind::kRefund:
      return request(&Service::RequestRefund);
    case CommandKind::kGetEntitlements:
      return request(&Service::RequestGetEntitlements);
    default:
      GH_CHECK(false, "method=", method_);
  }
}

void UnaryCall::Proceed(bool ok) {
  lane_->TagCameBack();
  if (finishing_) {  // sent, or the client is gone: either way it is over
    message_ = grpc::Slice();
    call_.explanation.reset();
    call_.entitlements.reset();
    lane_->Recycle(this, method_);
    return;
  }
  if (!ok) {
    lane_->OnServerShutdown();
    return;
  }
  lane_->OnTaken(method_);
  OnRequest();
}

void UnaryCall::OnRequest() {
  Refusal refusal;
  Caller caller;
  if (!lane_->options().trust_words && !IdentifyTerminal(*context_, &caller, &refusal)) {
    return Refuse(refusal);
  }
  message_ = ToSlice(request_);
  request_.Clear();
  if (!ToCommand(kMethods[method_], ViewOf(message_), caller, &call_, &refusal)) {
    return Refuse(refusal);
  }
  call_.command.deadline = DeadlineOf(*context_);
  submission_.commands = {&call_.command, 1};
  submission_.results = &result_;
  submission_.user = static_cast<Work*>(this);
  if (lane_->TooManyCalls() || !lane_->Submit(&submission_)) {
    Refuse(Overloaded());
  }
}

void UnaryCall::OnDecided() {
  Refusal refusal;
  if (IsRefused(call_.command, result_, &refusal)) {
    return Refuse(refusal);
  }
  WireWriter& out = lane_->scratch;
  out.Clear();
  out.Reserve(kReplyBytesMax);
  AppendReply(lane_->names(), call_.command, result_, call_.transport_data, &out);
  const grpc::Slice slice(out.data(), out.size());
  Finish();
  responder_->Finish(grpc::ByteBuffer(&slice, 1), grpc::Status::OK, static_cast<Tag*>(this));
}

void UnaryCall::Refuse(const Refusal& refusal) {
  Finish();
  responder_->FinishWithError(ToGrpcStatus(refusal), static_cast<Tag*>(this));
}

void UnaryCall::Finish() {
  finishing_ = true;
  lane_->ExpectTag();
}

// ---- Streams -----------------------------------------------------------------

void StreamCall::Post() {
  stream_.reset();
  context_.emplace();
  stream_.emplace(&*context_);
  reading_ = writing_ = finished_ = ended_ = broken_ = false;
  status_ = grpc::Status::OK;
  caller_ = Caller{};
  lane_->ExpectTag();
  lane_->service()->RequestAuthorizeStream(
      &*context_, &*stream_, lane_->queue(), lane_->queue(), static_cast<Tag*>(this));
}

void StreamCall::Proceed(bool ok) {
  lane_->TagCameBack();
  if (!ok) {
    lane_->OnServerShutdown();
    return;
  }
  lane_->OnStreamTaken(this);
  Refusal refusal;
  if (lane_->draining()) {
    End(ToGrpcStatus(Draining()));
  } else if (lane_->TooManyStreams()) {
    End(ToGrpcStatus(Overloaded()));
  } else if (!lane_->options().trust_words && !IdentifyTerminal(*context_, &caller_, &refusal)) {
    End(ToGrpcStatus(refusal));
  }
  Advance();
}

void StreamCall::BeginDrain() {
  End(ToGrpcStatus(Draining()));
  Advance();
}

void StreamCall::End(grpc::Status status) {
  if (!ended_) {
    ended_ = true;
    status_ = std::move(status);
  }
}

void StreamCall::Read() {
  reading_ = true;
  lane_->ExpectTag();
  stream_->Read(&request_, &read_);
}

void StreamCall::OnRead(bool ok) {
  lane_->TagCameBack();
  reading_ = false;
  if (!ok) {  // the client has said all, or is gone
    End(grpc::Status::OK);
  } else if (!ended_) {
    batches_.push_back(lane_->NewBatch());
    Batch* const batch = batches_.back().get();
    batch->stream = this;
    batch->message = ToSlice(request_);
    request_.Clear();
    Take(batch);
  }
  Advance();
}

void StreamCall::OnWrite(bool ok) {
  lane_->TagCameBack();
  writing_ = false;
  if (!ok) {
    broken_ = true;
    End(grpc::Status::OK);
  }
  Advance();
}

void StreamCall::OnFinish(bool /*ok*/) {
  lane_->TagCameBack();
  writing_ = false;
  Advance();
}

void Batch::OnDecided() {
  decided = true;
  stream->Advance();
}

void StreamCall::Advance() {
  if (broken_) {
    while (!batches_.empty() && batches_.front()->decided) {
      lane_->Recycle(std::move(batches_.front()));
      batches_.pop_front();
    }
  }
  if (!writing_ && !finished_) {
    if (!batches_.empty() && batches_.front()->decided) {
      Answer(batches_.front().get());
      lane_->Recycle(std::move(batches_.front()));
      batches_.pop_front();
    } else if (ended_ && batches_.empty()) {
      finished_ = writing_ = true;
      lane_->ExpectTag();
      stream_->Finish(status_, &finish_);
      return;
    }
  }
  if (!ended_ && !reading_ &&
      batches_.size() < static_cast<size_t>(lane_->options().stream_messages_in_flight)) {
    Read();
  }
  // A read that was under way comes back when the call is over.
  if (finished_ && !writing_ && !reading_) {
    lane_->Recycle(this);
  }
}

std::string SerializedStatus(const Refusal& refusal) {
  google::rpc::Status status;
  FillStatus(refusal, &status);
  return status.SerializeAsString();
}

// One result of a stream's message that is an error.
void AppendError(const std::string& status, WireWriter* out) {
  constexpr size_t kOverhead = 16;
  out->Reserve(status.size() + kOverhead);
  char* const result = out->Begin<v1::AuthorizeStreamResponse::kResultsFieldNumber>();
  out->Bytes<v1::AuthorizeStreamResult::kErrorFieldNumber>(status);
  out->End(result);
}

// As seen from the message that holds the request.
void PrefixFields(const std::string& path, Refusal* refusal) {
  for (FieldViolation& violation : refusal->violations) {
    violation.field.insert(0, path);
  }
}

// Parses a message into a batch and sends it on its way.
void StreamCall::Take(Batch* batch) {
  using Request = v1::AuthorizeStreamRequest;
  const TimestampNs deadline = DeadlineOf(*context_);
  Refusal refusal;
  WireReader reader(ViewOf(batch->message));
  bool good = true;
  while (good && !reader.AtEnd() && batch->items.size() <= kItemsPerMessageMax) {
    uint32_t tag = 0;
    std::string_view bytes;
    good = reader.ReadTag(&tag);
    if (good && tag != WireTag(Request::kRequestsFieldNumber, WireType::kBytes)) {
      good = reader.Skip(tag);
      continue;
    }
    AuthorizeFields fields;
    good = good && reader.ReadBytes(&bytes) && ParseAuthorizeRequest(bytes, &fields);
    if (!good) {
      break;
    }
    Command& command = batch->commands.emplace_back();
    command.deadline = deadline;
    if (ToCommand(fields, caller_, "", CommandKind::kAuthorize, &command, &refusal)) [[likely]] {
      batch->items.push_back({fields.transport_data,
                              static_cast<uint32_t>(batch->commands.size() - 1),
                              /*refused=*/false});
    } else {
      batch->commands.pop_back();
      PrefixFields("requests[" + std::to_string(batch->items.size()) + "].", &refusal);
      AddError(batch, refusal);
    }
  }
  if (!good || batch->items.empty() || batch->items.size() > kItemsPerMessageMax) {
    batches_.pop_back();
    End(ToGrpcStatus(InvalidArgument(
        good ? "requests" : "",
        good ? "must hold 1 to 1024 requests" : "the bytes are not an AuthorizeStreamRequest")));
    return;
  }
  SubmitBatch(batch);
}

void StreamCall::SubmitBatch(Batch* batch) {
  if (batch->commands.empty()) {
    batch->decided = true;
    return;
  }
  if (batch->results.size() < batch->commands.size()) {
    batch->results.resize(batch->commands.size());
  }
  batch->submission = Submission{};
  batch->submission.commands = batch->commands;
  batch->submission.results = batch->results.data();
  batch->submission.user = static_cast<Work*>(batch);
  if (lane_->Submit(&batch->submission)) {
    return;
  }
  // The stream lives on; each of the message's requests is told to come again.
  batch->errors.push_back(SerializedStatus(Overloaded()));
  for (Batch::Item& item : batch->items) {
    if (!item.refused) {
      item.refused = true;
      item.index = static_cast<uint32_t>(batch->errors.size() - 1);
    }
  }
  batch->decided = true;
}

void StreamCall::AddError(Batch* batch, const Refusal& refusal) {
  batch->items.push_back({{}, static_cast<uint32_t>(batch->errors.size()), /*refused=*/true});
  batch->errors.push_back(SerializedStatus(refusal));
}

void StreamCall::Answer(Batch* batch) {
  using Response = v1::AuthorizeStreamResponse;
  using ItemResult = v1::AuthorizeStreamResult;
  constexpr size_t kTypicalItemBytes = 512;
  WireWriter out;
  out.Reserve(batch->items.size() * kTypicalItemBytes + kReplyBytesMax);
  Refusal refusal;
  for (const Batch::Item& item : batch->items) {
    if (item.refused) {
      AppendError(batch->errors[item.index], &out);
      continue;
    }
    const Command& command = batch->commands[item.index];
    const Result& decided = batch->results[item.index];
    if (IsRefused(command, decided, &refusal)) {
      AppendError(SerializedStatus(refusal), &out);
      continue;
    }
    out.Reserve(kReplyBytesMax);
    char* const result = out.Begin<Response::kResultsFieldNumber>();
    char* const response = out.Begin<ItemResult::kResponseFieldNumber>();
    AppendReply(lane_->names(), command, decided, item.transport_data, &out);
    out.End(response);
    out.End(result);
  }
  const size_t size = out.size();
  const grpc::Slice slice(out.Release(), size, std::free);
  writing_ = true;
  lane_->ExpectTag();
  stream_->Write(grpc::ByteBuffer(&slice, 1), &write_);
}

}  // namespace

// ---- The service -------------------------------------------------------------

class AuthorizationService::Impl {
 public:
  explicit Impl(const AuthorizationOptions& options) : options_(options) {
    if (options_.lanes <= 0) {
      options_.lanes = std::max(1, static_cast<int>(std::thread::hardware_concurrency()) - 1);
    }
  }

  void Register(grpc::ServerBuilder* builder) {
    builder->RegisterService(&service_);
    for (int i = 0; i < options_.lanes; ++i) {
      lanes_.push_back(std::make_unique<Lane>(options_, &service_, builder->AddCompletionQueue()));
    }
  }
  void Start(Engine* engine) {
    for (const auto& lane : lanes_) {
      lane->Start(engine);
    }
  }
  void BeginDrain() {
    if (draining_.exchange(true)) {
      return;
    }
    for (const auto& lane : lanes_) {
      lane->BeginDrain();
    }
  }
  void Join() {
    for (const auto& lane : lanes_) {
      lane->Join();
    }
    lanes_.clear();
  }

 private:
  AuthorizationOptions options_;
  Service service_;
  std::atomic<bool> draining_{false};
  std::vector<std::unique_ptr<Lane>> lanes_;
};

AuthorizationService::AuthorizationService(const AuthorizationOptions& options)
    : impl_(std::make_unique<Impl>(options)) {}
AuthorizationService::~AuthorizationService() {
  Join();
}
void AuthorizationService::Register(grpc::ServerBuilder* builder) {
  impl_->Register(builder);
}
void AuthorizationService::Start(Engine* engine) {
  impl_->Start(engine);
}
void AuthorizationService::BeginDrain() {
  impl_->BeginDrain();
}
void AuthorizationService::Join() {
  impl_->Join();
}

}  // namespace gonghui
