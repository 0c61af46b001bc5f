// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tools/load/client.h"

#include <sys/prctl.h>
#include <time.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <deque>
#include <fstream>
#include <mutex>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <grpcpp/alarm.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/support/async_stream.h>
#include <grpcpp/support/async_unary_call.h>

#include "tools/load/answer.h"
#include "tools/load/run_state.h"

namespace gonghui::load {
namespace {

using grpc::ByteBuffer;
using std::chrono::milliseconds;

constexpr int64_t kNsPerSecond = 1'000'000'000;
constexpr int64_t kDrainNs = 10 * kNsPerSecond;
constexpr int64_t kNapNs = kNsPerSecond / 10;  // the run may be stopped meanwhile
constexpr milliseconds kConnectTimeout{10'000};
constexpr milliseconds kPollInterval{100};
// After a call that failed: a server that is down shall not be asked a million
// times a second.
constexpr milliseconds kUnaryBackoff{10};
constexpr milliseconds kStreamBackoff{100};
constexpr size_t kRepeatEntriesMax = 1024;
// Random numbers: one sequence for each thread's unary calls, one for each stream.
constexpr uint64_t kUnaryMaker = 1'000'000;
constexpr uint64_t kStreamMaker = 2'000'000;
constexpr char kAuthorize[] = "/gonghui.v1.AuthorizationService/Authorize";
constexpr char kAuthorizeStream[] = "/gonghui.v1.AuthorizationService/AuthorizeStream";

// The bytes of a message in one piece; `storage` holds them when they were not.
std::string_view Flatten(const ByteBuffer& message, grpc::Slice* storage) {
  if (!message.TrySingleSlice(storage).ok() && !message.DumpToSingleSlice(storage).ok()) {
    return {};
  }
  return {reinterpret_cast<const char*>(storage->begin()), storage->size()};
}

// As gRPC wants it, from the one clock that the house has.
std::chrono::system_clock::time_point FromNow(milliseconds wait) {
  using std::chrono::system_clock;
  return system_clock::time_point(std::chrono::duration_cast<system_clock::duration>(
      std::chrono::nanoseconds(SystemClock::Instance().NowNs()) + wait));
}

void SleepUntil(int64_t monotonic_ns) {
  const timespec until{monotonic_ns / kNsPerSecond, monotonic_ns % kNsPerSecond};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr) == EINTR) {
  }
}

// What a completion queue hands back.
class Event {
 public:
  virtual ~Event() = default;
  virtual void Proceed(bool ok) = 0;
};

// One connection with its methods, registered once.
struct Connection {
  explicit Connection(std::shared_ptr<grpc::Channel> channel_in)
      : channel(std::move(channel_in)),
        authorize(kAuthorize, grpc::internal::RpcMethod::NORMAL_RPC, channel),
        authorize_stream(kAuthorizeStream, grpc::internal::RpcMethod::BIDI_STREAMING, channel) {}

  const std::shared_ptr<grpc::Channel> channel;
  const grpc::internal::RpcMethod authorize;
  const grpc::internal::RpcMethod authorize_stream;
};

// What a worker's calls share.
struct Lane {
  Lane(RunState* run_in, uint64_t index)
      : run(run_in),
        book(kRepeatEntriesMax),
        maker(MakeMaker(kUnaryMaker + index)),
        unary(run_in, &book),
        stream(run_in, &book) {}

  [[nodiscard]] RequestMaker MakeMaker(uint64_t stream_of_numbers) const {
    return RequestMaker(
        run->workload, run->picker, run->options.mix, &book, run->options.seed, stream_of_numbers);
  }

  RunState* const run;
  grpc::CompletionQueue queue;
  RepeatBook book;
  RequestMaker maker;  // of unary calls; pacer if there is one, else worker
  AnswerSink unary;    // worker
  AnswerSink stream;   // worker
  // Calls whose completion the queue still owes.  Raised by whoever starts a
  // call, lowered by the worker.
  std::atomic<int64_t> in_flight{0};
};

class UnaryCall final : public Event {
 public:
  UnaryCall(Lane* lane, Connection* connection) : lane_(lane), connection_(connection) {}

  // `due_ns`: from when its latency counts.  Worker, or pacer while the call is idle.
  void Start(int64_t due_ns) {
    due_ns_ = due_ns;
    lane_->maker.Choose(&sent_);
    char bytes[kRequestBytesMax];
    const char* end = lane_->maker.Encode(sent_, SystemClock::Instance().NowNs(), bytes);
    const grpc::Slice slice(bytes, static_cast<size_t>(end - bytes));
    const ByteBuffer request(&slice, 1);
    // The reader lives in the call, which ends with the context.
    context_.emplace();
    if (const uint32_t deadline_ms = lane_->run->options.deadline_ms; deadline_ms > 0) {
      context_->set_deadline(FromNow(milliseconds(deadline_ms)));
    }
    auto* reader = grpc::internal::ClientAsyncResponseReaderHelper::Create<ByteBuffer>(
        connection_->channel.get(), &lane_->queue, connection_->authorize, &*context_, request);
    reader->StartCall();
    reader->Finish(&response_, &status_, this);
  }

  // Who gets the call back when it is idle; null = it starts again by itself.
  void set_on_idle(class FreeCalls* on_idle) { on_idle_ = on_idle; }

  void Cancel() {
    if (context_.has_value()) {
      context_->TryCancel();
    }
  }

  void Proceed(bool ok) override;

 private:
  Lane* const lane_;
  Connection* const connection_;
  class FreeCalls* on_idle_ = nullptr;
  bool backing_off_ = false;
  int64_t due_ns_ = 0;
  Sent sent_;
  std::optional<grpc::ClientContext> context_;
  ByteBuffer response_;
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

void UnaryCall::Proceed(bool ok) {
  RunState* const run = lane_->run;
  const int64_t now_ns = RunState::NowNs();
  if (backing_off_) {
    backing_off_ = false;
  } else if (ok && status_.ok()) {
    grpc::Slice storage;
    const std::string_view bytes = Flatten(response_, &storage);
    lane_->unary.Check(sent_, bytes, now_ns);
    lane_->unary.Done(due_ns_, now_ns, 1);
  } else {
    lane_->unary.Error(static_cast<uint32_t>(status_.error_code()), 1, now_ns);
    if (on_idle_ == nullptr && !run->Over(now_ns)) {
      backing_off_ = true;
      alarm_.Set(&lane_->queue, FromNow(kUnaryBackoff), this);
      return;
    }
  }
  if (on_idle_ != nullptr) {
    on_idle_->Put(this);
  } else if (!run->Over(now_ns)) {
    Start(now_ns);
    return;
  }
  lane_->in_flight.fetch_sub(1, std::memory_order_acq_rel);
}

// One bidirectional stream: at most `window` messages are unanswered.  Answers
// come in the order of the messages.
class StreamCall final : public Event {
 public:
  StreamCall(Lane* lane, Connection* connection, uint64_t index, size_t window)
      : lane_(lane),
        connection_(connection),
        maker_(lane->MakeMaker(kStreamMaker + index)),
        messages_(window) {}

  void Open() {  // worker; before its thread starts: main
    context_.emplace();
    stream_ = grpc::internal::ClientAsyncReaderWriterFactory<ByteBuffer, ByteBuffer>::Create(
        connection_->channel.get(),
        &lane_->queue,
        connection_->authorize_stream,
        &*context_,
        /*start=*/true,
        this);
  }

  // Open loop: a message is due.  Pacer.
  void Due(int64_t due_ns) {
    const std::lock_guard lock(mutex_);
    due_.push_back(due_ns);
    TryWrite();
  }

  // No new message from now on; ends once all are answered.  Worker.
  void Drain() {
    const std::lock_guard lock(mutex_);
    draining_ = true;
    TryWrite();
  }

  void Cancel() {
    if (context_.has_value()) {
      context_->TryCancel();
    }
  }

  // Worker, after the pacer is gone.
  [[nodiscard]] const std::deque<int64_t>& unsent() const { return due_; }

  void Proceed(bool ok) override {  // opened, or time to open again
    const std::lock_guard lock(mutex_);
    if (backing_off_) {
      backing_off_ = false;
      if (draining_) {
        Closed();
      } else {
        Open();
      }
      return;
    }
    if (!ok) {
      Finish();
      return;
    }
    open_ = true;
    Read();
    TryWrite();
  }

 private:
  // One message and the requests in it; a ring of `window` of them.
  struct Message {
    int64_t due_ns = 0;
    std::vector<Sent> items;
  };

  class Step final : public Event {
   public:
    Step(StreamCall* call, void (StreamCall::*run)(bool)) : call_(call), run_(run) {}
    void Proceed(bool ok) override {
      const std::lock_guard lock(call_->mutex_);
      (call_->*run_)(ok);
    }

   private:
    StreamCall* const call_;
    void (StreamCall::*const run_)(bool);
  };

  // All below: REQUIRES mutex_.

  void Read() {
    reading_ = true;
    stream_->Read(&response_, &read_);
  }

  void TryWrite() {
    if (!open_ || writing_ || writes_done_) {
      return;
    }
    const int64_t now_ns = RunState::NowNs();
    if (draining_) {
      if (unanswered_ == 0) {
        writes_done_ = true;
        writing_ = true;
        stream_->WritesDone(&write_);
      }
      return;
    }
    if (unanswered_ == messages_.size() || lane_->run->Over(now_ns)) {
      return;
    }
    int64_t due_ns = now_ns;
    if (lane_->run->options.OpenLoop()) {
      if (due_.empty()) {
        return;
      }
      due_ns = due_.front();
      due_.pop_front();
    }
    WriteMessage(due_ns);
  }

  void WriteMessage(int64_t due_ns) {
    const size_t items = lane_->run->options.items;
    Message& message = messages_[(first_ + unanswered_) % messages_.size()];
    ++unanswered_;
    message.due_ns = due_ns;
    message.items.resize(items);
    out_.resize(items * (kRequestBytesMax + 4));
    char* end = out_.data();
    const int64_t wall_ns = SystemClock::Instance().NowNs();
    for (Sent& sent : message.items) {
      // Field 1, a length of two bytes that is known only afterwards.
      maker_.Choose(&sent);
      char* const body = end + 3;
      const char* const body_end = maker_.Encode(sent, wall_ns, body);
      const auto size = static_cast<size_t>(body_end - body);
      end[0] = 1 << 3 | 2;
      end[1] = static_cast<char>(size | 0x80);
      end[2] = static_cast<char>(size >> 7);
      end = body + size;
    }
    const grpc::Slice slice(out_.data(), static_cast<size_t>(end - out_.data()));
    writing_ = true;
    stream_->Write(ByteBuffer(&slice, 1), &write_);
  }

  void OnWrite(bool ok) {
    writing_ = false;
    if (finishing_) {
      MaybeClosed();
    } else if (ok) {
      TryWrite();
    }
    // Not ok: the stream is broken, and the read will say so.
  }

  void OnRead(bool ok) {
    reading_ = false;
    if (!ok) {
      Finish();
      return;
    }
    const int64_t now_ns = RunState::NowNs();
    grpc::Slice storage;
    const std::string_view bytes = Flatten(response_, &storage);
    if (unanswered_ == 0) {
      lane_->stream.Wrong("a message that nobody asked for", Sent(), bytes);
      return;
    }
    Message& message = messages_[first_];
    CheckMessage(message, bytes, now_ns);
    lane_->stream.Done(message.due_ns, now_ns, message.items.size());
    first_ = (first_ + 1) % messages_.size();
    --unanswered_;
    Read();
    TryWrite();
  }

  void CheckMessage(const Message& message, std::string_view bytes, int64_t now_ns) {
    if (!ReadStreamResults(bytes, &results_)) {
      lane_->stream.Wrong("the answer is not a message", message.items[0], bytes);
      return;
    }
    if (results_.size() != message.items.size()) {
      lane_->stream.Wrong("not as many results as requests", message.items[0], {});
      return;
    }
    for (size_t i = 0; i < results_.size(); ++i) {
      if (results_[i].has_response == results_[i].has_error) {
        lane_->stream.Wrong("a result is neither response nor error", message.items[i], {});
      } else if (results_[i].has_error) {
        lane_->stream.Error(results_[i].error_code, 1, now_ns);
      } else {
        lane_->stream.Check(message.items[i], results_[i].response, now_ns);
      }
    }
  }

  void Finish() {
    open_ = false;
    finishing_ = true;
    stream_->Finish(&status_, &finish_);
  }

  void OnFinish(bool /*ok*/) {
    finished_ = true;
    MaybeClosed();
  }

  void MaybeClosed() {
    if (!finished_ || writing_ || reading_) {
      return;
    }
    const int64_t now_ns = RunState::NowNs();
    if (unanswered_ > 0 || !status_.ok()) {
      const uint64_t lost = std::max<uint64_t>(1, unanswered_ * lane_->run->options.items);
      // A stream that ended well and left messages unanswered is UNKNOWN.
      const auto code =
          static_cast<uint32_t>(status_.ok() ? grpc::StatusCode::UNKNOWN : status_.error_code());
      lane_->stream.Error(code, lost, now_ns);
      unanswered_ = 0;
    }
    finishing_ = false;
    finished_ = false;
    writes_done_ = false;
    if (draining_ || lane_->run->Over(now_ns)) {
      Closed();
      return;
    }
    backing_off_ = true;
    alarm_.Set(&lane_->queue, FromNow(kStreamBackoff), this);
  }

  void Closed() { lane_->in_flight.fetch_sub(1, std::memory_order_acq_rel); }

  Lane* const lane_;
  Connection* const connection_;
  Step read_{this, &StreamCall::OnRead};
  Step write_{this, &StreamCall::OnWrite};
  Step finish_{this, &StreamCall::OnFinish};

  // Only an open loop has two threads here, pacer and worker.
  std::mutex mutex_;
  RequestMaker maker_;
  std::optional<grpc::ClientContext> context_;
  grpc::ClientAsyncReaderWriter<ByteBuffer, ByteBuffer>* stream_ = nullptr;  // lives in the call
  bool open_ = false;
  bool reading_ = false;
  bool writing_ = false;
  bool writes_done_ = false;
  bool finishing_ = false;
  bool finished_ = false;
  bool draining_ = false;
  bool backing_off_ = false;
  std::vector<Message> messages_;
  size_t first_ = 0;       // oldest unanswered
  size_t unanswered_ = 0;  // messages
  std::deque<int64_t> due_;
  ByteBuffer response_;
  grpc::Status status_;
  std::string out_;
  std::vector<StreamResult> results_;
  grpc::Alarm alarm_;
};

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

class Worker {
 public:
  Worker(RunState* run, uint64_t index, std::vector<std::shared_ptr<grpc::Channel>> channels)
      : run_(run), index_(index), lane_(run, index) {
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

  void Start() {
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

  void Join() {
    if (thread_.joinable()) {
      thread_.join();
    }
  }

  [[nodiscard]] const Lane& lane() const { return lane_; }
  [[nodiscard]] uint64_t unsent() const { return unsent_; }
  [[nodiscard]] const Histogram& unsent_unary_ns() const { return unsent_unary_ns_; }
  [[nodiscard]] const Histogram& unsent_stream_ns() const { return unsent_stream_ns_; }

 private:
  static size_t Share(uint32_t whole, uint32_t parts) {
    return std::max<size_t>(1, (whole + parts - 1) / parts);
  }

  void Work() {
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
      if (draining && !cancelled && now_ns > drain_from_ns + kDrainNs) {
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

  // The pacer thread.  When a call is due and none is idle, the schedule waits;
  // the call is then late, and its latency counts from when it was due.
  void Pace() {
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
        SleepUntil(std::min(due_ns, now_ns + kNapNs));
        if (due_ns > now_ns + kNapNs) {
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

  // False when the run ended while no call was idle.
  bool StartUnary(int64_t due_ns) {
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

  void Unsent(int64_t due_ns, uint64_t requests, Histogram* waited_ns) {
    const int64_t until_ns = run_->measure_until_ns.load(std::memory_order_relaxed);
    if (due_ns >= run_->measure_from_ns && due_ns < until_ns) {
      unsent_ += requests;
      waited_ns->Record(static_cast<uint64_t>(until_ns - due_ns), requests);
    }
  }

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
  std::thread pacer_;
  std::thread thread_;
};

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) {
    return absl::InvalidArgumentError("cannot read " + path);
  }
  return text.str();
}

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> Credentials(const Options& options) {
  if (options.insecure) {
    return grpc::InsecureChannelCredentials();
  }
  grpc::SslCredentialsOptions pem;
  for (const auto& [file, text] : {std::pair(&options.tls_ca_file, &pem.pem_root_certs),
                                   std::pair(&options.tls_cert_file, &pem.pem_cert_chain),
                                   std::pair(&options.tls_key_file, &pem.pem_private_key)}) {
    if (!file->empty()) {
      absl::StatusOr<std::string> content = ReadFile(*file);
      if (!content.ok()) {
        return content.status();
      }
      *text = *std::move(content);
    }
  }
  return grpc::SslCredentials(pem);
}

}  // namespace

class LoadClient::Impl {
 public:
  Impl(const Options& options, const Workload& workload) : run_(options, workload) {}

  absl::Status Connect() {
    const Options& options = run_.options;
    const auto credentials = Credentials(options);
    if (!credentials.ok()) {
      return credentials.status();
    }
    grpc::ChannelArguments arguments;
    // Otherwise all channels to one server share one connection.
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);  // errors are counted, not hidden
    if (options.frame_bytes > 0) {
      arguments.SetInt(GRPC_ARG_HTTP2_MAX_FRAME_SIZE, static_cast<int>(options.frame_bytes));
    }
    if (!options.tls_name.empty()) {
      arguments.SetSslTargetNameOverride(options.tls_name);
    }
    std::vector<std::shared_ptr<grpc::Channel>> channels;
    for (uint32_t i = 0; i < options.connections; ++i) {
      channels.push_back(grpc::CreateCustomChannel(options.server, *credentials, arguments));
      channels.back()->GetState(/*try_to_connect=*/true);
    }
    const auto deadline = FromNow(kConnectTimeout);
    for (const auto& channel : channels) {
      if (!channel->WaitForConnected(deadline)) {
        return absl::UnavailableError("no connection to " + options.server + " within 10 s");
      }
    }
    for (uint32_t thread = 0; thread < options.threads; ++thread) {
      std::vector<std::shared_ptr<grpc::Channel>> own;
      for (size_t i = thread; i < channels.size(); i += options.threads) {
        own.push_back(channels[i]);
      }
      workers_.push_back(std::make_unique<Worker>(&run_, thread, std::move(own)));
    }
    return absl::OkStatus();
  }

  void Start() {
    const int64_t now_ns = RunState::NowNs();
    run_.measure_from_ns = now_ns + static_cast<int64_t>(run_.options.warmup_s * kNsPerSecond);
    run_.measure_until_ns =
        run_.measure_from_ns + static_cast<int64_t>(run_.options.duration_s * kNsPerSecond);
    for (const auto& worker : workers_) {
      worker->Start();
    }
  }

  void Stop() {
    const int64_t now_ns = RunState::NowNs();
    int64_t until_ns = run_.measure_until_ns.load(std::memory_order_relaxed);
    while (now_ns < until_ns && !run_.measure_until_ns.compare_exchange_weak(
                                    until_ns, now_ns, std::memory_order_relaxed)) {
    }
  }

  void Join() {
    for (const auto& worker : workers_) {
      worker->Join();
    }
    joined_ = true;
  }

  [[nodiscard]] Stats Sum(AnswerSink Lane::*sink) const {
    Stats sum;
    for (const auto& worker : workers_) {
      sum.Merge((worker->lane().*sink).stats().Snapshot());
      if (joined_) {
        sum.latency_ns.Merge(sink == &Lane::unary ? worker->unsent_unary_ns()
                                                  : worker->unsent_stream_ns());
      }
    }
    return sum;
  }

  RunState run_;
  std::vector<std::unique_ptr<Worker>> workers_;
  bool joined_ = false;
};

LoadClient::LoadClient(const Options& options, const Workload& workload)
    : impl_(std::make_unique<Impl>(options, workload)) {}

LoadClient::~LoadClient() {
  Stop();
  Join();
}

absl::Status LoadClient::Connect() {
  return impl_->Connect();
}

void LoadClient::Start() {
  impl_->Start();
}

void LoadClient::Stop() {
  impl_->Stop();
}

void LoadClient::Join() {
  impl_->Join();
}

int64_t LoadClient::measure_from_ns() const {
  return impl_->run_.measure_from_ns;
}

int64_t LoadClient::measure_until_ns() const {
  return impl_->run_.measure_until_ns.load(std::memory_order_relaxed);
}

Stats LoadClient::UnaryStats() const {
  return impl_->Sum(&Lane::unary);
}

Stats LoadClient::StreamStats() const {
  return impl_->Sum(&Lane::stream);
}

uint64_t LoadClient::UnsentCount() const {
  uint64_t sum = 0;
  for (const auto& worker : impl_->workers_) {
    sum += worker->unsent();
  }
  return sum;
}

uint64_t LoadClient::CheckedCount() const {
  uint64_t sum = 0;
  for (const auto& worker : impl_->workers_) {
    sum += worker->lane().unary.checked() + worker->lane().stream.checked();
  }
  return sum;
}

uint64_t LoadClient::FailedCount() const {
  uint64_t sum = 0;
  for (const auto& worker : impl_->workers_) {
    sum += worker->lane().unary.failed() + worker->lane().stream.failed();
  }
  return sum;
}

uint64_t LoadClient::WrongCount() const {
  return impl_->run_.wrong_count.load(std::memory_order_relaxed);
}

}  // namespace gonghui::load
