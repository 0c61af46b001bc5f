// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// gonghui-echo: AuthorizationService without an engine.  It parses the same
// requests and sends answers of the same size, and does nothing in between: what
// it reaches is the most that any server of this contract can reach with gRPC on
// this machine, and what gonghuid is measured against.
//
// Built as gonghuid is: asynchronous completion queues, one thread each, many
// calls posted ahead, messages read and written as bytes.  Authorize and
// AuthorizeStream are answered; nobody answers a call of another method.
//
// Threads: one per queue; a call belongs to the thread of its queue.  main()
// waits for a signal.

#include <signal.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <absl/synchronization/mutex.h>
#include <grpcpp/grpcpp.h>

#include "bench/echo/answer.h"
#include "engine/base/cache_line.h"
#include "engine/base/check.h"
#include "engine/base/clock.h"
#include "gonghui/v1/authorization_service.grpc.pb.h"

namespace gonghui::bench {
namespace {

// Messages as bytes.  All methods: one that is left out would be served by gRPC's
// synchronous threads, which this server shall not have.
using Service = v1::AuthorizationService::WithRawMethod_Authorize<
    v1::AuthorizationService::WithRawMethod_AuthorizeStream<
        v1::AuthorizationService::WithRawMethod_Capture<
            v1::AuthorizationService::WithRawMethod_Reverse<
                v1::AuthorizationService::WithRawMethod_Quote<
                    v1::AuthorizationService::WithRawMethod_GetTransaction<
                        v1::AuthorizationService::Service>>>>>>;

struct Flags {
  std::string listen = "127.0.0.1:0";
  int queue_count = 0;
  int calls_per_queue = 2048;
  int streams_per_queue = 64;
  int frame_bytes_max = 0;
  bool by_classes = false;
};

// What a completion queue hands back.
class Tag {
 public:
  virtual ~Tag() = default;
  virtual void Proceed(bool ok) = 0;
};

// One queue, its thread and all that the thread owns.
struct Lane {
  Service* service = nullptr;
  std::unique_ptr<grpc::ServerCompletionQueue> queue;
  bool by_classes = false;
  AnswerWriter writer;
  // For --classes.
  struct Messages {
    Messages() { PrepareAnswer(&response); }

    v1::AuthorizeRequest request;
    v1::AuthorizeResponse response;
    v1::AuthorizeStreamRequest stream_request;
    v1::AuthorizeStreamResponse stream_response;
  } messages;
  uint64_t sequence = 0;
  // Set by main() before it shuts the server down; no call is posted after it.
  std::atomic<bool>* stopping = nullptr;
  // Operations that the queue has not handed back yet.
  int64_t pending = 0;
  std::vector<std::unique_ptr<Tag>> calls;

  [[nodiscard]] bool Stopping() const { return stopping->load(std::memory_order_acquire); }
};

// The bytes of a message in one piece.
grpc::Slice ToSlice(const grpc::ByteBuffer& message) {
  grpc::Slice slice;
  if (!message.TrySingleSlice(&slice).ok()) {
    GH_CHECK(message.DumpToSingleSlice(&slice).ok());
  }
  return slice;
}

std::string_view View(const grpc::Slice& slice) {
  return {reinterpret_cast<const char*>(slice.begin()), slice.size()};
}

// Gives `size` bytes of malloc()'s to gRPC.
grpc::ByteBuffer GiveAway(char* bytes, size_t size) {
  const grpc::Slice slice(bytes, size, &std::free);
  return grpc::ByteBuffer(&slice, 1);
}

char* Allocate(size_t size) {
  auto* const bytes = static_cast<char*>(std::malloc(size));  // NOLINT: gRPC calls free()
  GH_CHECK(bytes != nullptr, "out of memory; bytes=", size);
  return bytes;
}

// Answers on the bytes.  False: the request is malformed.
bool AnswerUnary(Lane* lane, const grpc::ByteBuffer& request, grpc::ByteBuffer* response) {
  const grpc::Slice slice = ToSlice(request);
  char* const out = Allocate(AnswerWriter::BytesMax(View(slice)));
  const char* const end = lane->writer.Answer(View(slice), SystemClock::Instance().NowNs(), out);
  *response = GiveAway(out, end == nullptr ? 0 : static_cast<size_t>(end - out));
  return end != nullptr;
}

bool AnswerStream(Lane* lane, const grpc::ByteBuffer& message, grpc::ByteBuffer* response) {
  const grpc::Slice slice = ToSlice(message);
  char* const out = Allocate(AnswerWriter::StreamBytesMax(View(slice)));
  const char* const end =
      lane->writer.AnswerStream(View(slice), SystemClock::Instance().NowNs(), out);
  *response = GiveAway(out, end == nullptr ? 0 : static_cast<size_t>(end - out));
  return end != nullptr;
}

// The same with the generated classes; the messages are reused.
template <typename Message>
bool Parse(const grpc::ByteBuffer& bytes, Message* message) {
  grpc::ByteBuffer copy(bytes);  // Deserialize empties it; the bytes are shared
  return grpc::SerializationTraits<Message>::Deserialize(&copy, message).ok();
}

template <typename Message>
void Serialize(const Message& message, grpc::ByteBuffer* bytes) {
  bool own = false;
  GH_CHECK(grpc::SerializationTraits<Message>::Serialize(message, bytes, &own).ok());
}

bool AnswerUnaryByClasses(Lane* lane, const grpc::ByteBuffer& bytes, grpc::ByteBuffer* response) {
  Lane::Messages& reused = lane->messages;
  if (!Parse(bytes, &reused.request)) {
    return false;
  }
  FillAnswer(reused.request, ++lane->sequence, SystemClock::Instance().NowNs(), &reused.response);
  Serialize(reused.response, response);
  return true;
}

bool AnswerStreamByClasses(Lane* lane, const grpc::ByteBuffer& bytes, grpc::ByteBuffer* response) {
  Lane::Messages& reused = lane->messages;
  if (!Parse(bytes, &reused.stream_request)) {
    return false;
  }
  const int64_t now_ns = SystemClock::Instance().NowNs();
  const int count = reused.stream_request.requests_size();
  auto* const results = reused.stream_response.mutable_results();
  for (int i = results->size(); i < count; ++i) {
    PrepareAnswer(results->Add()->mutable_response());
  }
  while (results->size() > count) {
    results->RemoveLast();
  }
  for (int i = 0; i < count; ++i) {
    FillAnswer(reused.stream_request.requests(i),
               ++lane->sequence,
               now_ns,
               results->Mutable(i)->mutable_response());
  }
  Serialize(reused.stream_response, response);
  return true;
}

// One unary call at a time: requested, finished, requested again.
class UnaryCall final : public Tag {
 public:
  explicit UnaryCall(Lane* lane) : lane_(lane) { Post(); }

  void Proceed(bool ok) override {
    if (finishing_) {
      finishing_ = false;
      if (!lane_->Stopping()) {
        Post();
      }
      return;
    }
    if (!ok) {
      return;  // the server is stopping
    }
    grpc::ByteBuffer response;
    const bool answered = lane_->by_classes ? AnswerUnaryByClasses(lane_, request_, &response)
                                            : AnswerUnary(lane_, request_, &response);
    finishing_ = true;
    ++lane_->pending;
    if (answered) {
      responder_->Finish(response, grpc::Status::OK, this);
    } else {
      responder_->FinishWithError(grpc::Status(grpc::INVALID_ARGUMENT, "malformed"), this);
    }
  }

 private:
  void Post() {
    // The responder points into the context, so it goes first.
    responder_.reset();
    context_.emplace();
    responder_.emplace(&*context_);
    ++lane_->pending;
    lane_->service->RequestAuthorize(
        &*context_, &request_, &*responder_, lane_->queue.get(), lane_->queue.get(), this);
  }

  Lane* const lane_;
  bool finishing_ = false;
  std::optional<grpc::ServerContext> context_;
  std::optional<grpc::ServerAsyncResponseWriter<grpc::ByteBuffer>> responder_;
  grpc::ByteBuffer request_;
};

// One stream at a time.  gRPC allows one read and one write under way at once:
// the next message is read while the answer to the last one is written.
class StreamCall final : public Tag {
 public:
  explicit StreamCall(Lane* lane) : lane_(lane) { Post(); }

  void Proceed(bool ok) override {  // accepted
    if (ok) {
      Read();
    }
  }

 private:
  class Step final : public Tag {
   public:
    Step(StreamCall* call, void (StreamCall::*run)(bool)) : call_(call), run_(run) {}
    void Proceed(bool ok) override { (call_->*run_)(ok); }

   private:
    StreamCall* const call_;
    void (StreamCall::*const run_)(bool);
  };

  void Post() {
    stream_.reset();
    context_.emplace();
    stream_.emplace(&*context_);
    status_ = grpc::Status::OK;
    ended_ = false;
    ++lane_->pending;
    lane_->service->RequestAuthorizeStream(
        &*context_, &*stream_, lane_->queue.get(), lane_->queue.get(), this);
  }

  void Read() {
    reading_ = true;
    ++lane_->pending;
    stream_->Read(&request_, &read_);
  }

  void OnRead(bool ok) {
    reading_ = false;
    if (!ok) {  // the client is done, or gone
      ended_ = true;
    } else {
      unanswered_ = true;
    }
    Next();
  }

  void OnWrite(bool ok) {
    writing_ = false;
    if (!ok) {
      ended_ = true;
    }
    Next();
  }

  void OnFinish(bool /*ok*/) {
    if (!lane_->Stopping()) {
      Post();
    }
  }

  void Next() {
    if (writing_) {
      return;
    }
    if (unanswered_) {
      unanswered_ = false;
      Answer();
    } else if (ended_ && !reading_) {
      ++lane_->pending;
      stream_->Finish(status_, &finish_);
    }
  }

  void Answer() {
    grpc::ByteBuffer response;
    if (!(lane_->by_classes ? AnswerStreamByClasses(lane_, request_, &response)
                            : AnswerStream(lane_, request_, &response))) {
      status_ = grpc::Status(grpc::INVALID_ARGUMENT, "malformed");
      ended_ = true;
      Next();
      return;
    }
    writing_ = true;
    ++lane_->pending;
    stream_->Write(response, &write_);
    if (!ended_) {
      Read();
    }
  }

  Lane* const lane_;
  Step read_{this, &StreamCall::OnRead};
  Step write_{this, &StreamCall::OnWrite};
  Step finish_{this, &StreamCall::OnFinish};
  bool reading_ = false;
  bool writing_ = false;
  bool unanswered_ = false;  // request_ holds a message that waits for its answer
  bool ended_ = false;       // nothing more will be read
  grpc::Status status_;
  std::optional<grpc::ServerContext> context_;
  std::optional<grpc::ServerAsyncReaderWriter<grpc::ByteBuffer, grpc::ByteBuffer>> stream_;
  grpc::ByteBuffer request_;
};

void RunLane(Lane* lane) {
  void* tag = nullptr;
  bool ok = false;
  // Calls stay posted until the server is shut down; then each of them comes back.
  while (lane->pending > 0 && lane->queue->Next(&tag, &ok)) {
    --lane->pending;
    static_cast<Tag*>(tag)->Proceed(ok);
  }
}

int Serve(const Flags& flags, const sigset_t& stop_signals) {
  Service service;
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort(flags.listen, grpc::InsecureServerCredentials(), &port);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  if (flags.frame_bytes_max > 0) {
    builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_FRAME_SIZE, flags.frame_bytes_max);
  }
  builder.RegisterService(&service);
  const int queue_count =
      flags.queue_count > 0
          ? flags.queue_count
          : static_cast<int>(std::max(2U, std::thread::hardware_concurrency())) - 1;
  std::atomic<bool> stopping{false};
  std::vector<CacheLinePadded<Lane>> lanes(static_cast<size_t>(queue_count));
  for (auto& lane : lanes) {
    lane->service = &service;
    lane->stopping = &stopping;
    lane->by_classes = flags.by_classes;
    lane->queue = builder.AddCompletionQueue();
  }
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) {
    std::fprintf(stderr, "gonghui-echo: cannot listen on %s\n", flags.listen.c_str());
    return 1;
  }
  std::vector<std::thread> threads;
  for (auto& lane : lanes) {
    for (int i = 0; i < flags.calls_per_queue; ++i) {
      lane->calls.push_back(std::make_unique<UnaryCall>(&*lane));
    }
    for (int i = 0; i < flags.streams_per_queue; ++i) {
      lane->calls.push_back(std::make_unique<StreamCall>(&*lane));
    }
    threads.emplace_back(RunLane, &*lane);
  }

  // tools/bench waits for this line.
  if (flags.listen.rfind("unix:", 0) == 0) {
    std::printf("listening %s\n", flags.listen.c_str());
  } else {
    const std::string host = flags.listen.substr(0, flags.listen.rfind(':'));
    std::printf("listening %s:%d\n", host.c_str(), port);
  }
  std::fflush(stdout);

  int signal = 0;
  GH_CHECK(sigwait(&stop_signals, &signal) == 0);
  // Pairs with the acquire in Stopping().
  stopping.store(true, std::memory_order_release);
  server->Shutdown(std::chrono::system_clock::time_point{});
  for (std::thread& thread : threads) {
    thread.join();
  }
  // Not in the lanes: the server must be down first.
  for (auto& lane : lanes) {
    lane->queue->Shutdown();
    void* tag = nullptr;
    bool ok = false;
    while (lane->queue->Next(&tag, &ok)) {
    }
  }
  return 0;
}

}  // namespace
}  // namespace gonghui::bench

int main(int argc, char** argv) {
  // As gonghuid does.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  gonghui::bench::Flags flags;
  CLI::App app{"The empty gRPC server that gonghuid is measured against.", "gonghui-echo"};
  app.add_option("--listen", flags.listen, "host:port (port 0 = any) or unix:/path")
      ->capture_default_str();
  app.add_option("--queues", flags.queue_count, "Completion queues, one thread each; 0 = cores - 1")
      ->capture_default_str();
  app.add_option("--calls", flags.calls_per_queue, "Unary calls posted ahead, per queue")
      ->capture_default_str();
  app.add_option("--streams", flags.streams_per_queue, "Streams posted ahead, per queue")
      ->capture_default_str();
  app.add_option("--frame-bytes", flags.frame_bytes_max, "HTTP/2 frame size offered; 0 = default")
      ->capture_default_str();
  app.add_flag("--classes",
               flags.by_classes,
               "Read and write the messages with protobuf's classes, not as bytes");
  CLI11_PARSE(app, argc, argv);

  // Blocked before any thread starts, so that only main()'s sigwait sees them.
  sigset_t stop_signals;
  sigemptyset(&stop_signals);
  sigaddset(&stop_signals, SIGINT);
  sigaddset(&stop_signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &stop_signals, nullptr);
  return gonghui::bench::Serve(flags, stop_signals);
}
