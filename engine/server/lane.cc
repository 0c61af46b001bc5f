// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/server/lane.h"

#include <cstdint>

#include "engine/base/check.h"
#include "engine/base/clock.h"
#include "engine/base/thread_cpu.h"
#include "engine/base/thread_name.h"
#include "engine/server/health_call.h"
#include "engine/server/log.h"
#include "engine/server/stream_call.h"
#include "engine/server/text_codec.h"
#include "engine/server/unary_call.h"

namespace gonghui {
namespace {

constexpr size_t kRareCallsPosted = 16;

// Messages kept for the next one; more than these are given back.
constexpr size_t kMessagesPooledMax = 16;

// Results of long messages are a thread's own for a while and then another's, half a megabyte at
// a time: in huge pages neither waits for the address of each page.  A message of fewer would have
// little of that.
constexpr size_t kLongMessagesMin = 64;
constexpr size_t kLongMessagesAtOnce = 16;
static_assert(kItemsPerMessageMax * sizeof(Result) % 4096 == 0, "each begins with a page");

// Whoever connects can cause a line as often as it likes.
constexpr int64_t kGaveWayLogNs = 60'000'000'000;

}  // namespace

TimestampNs ToTimestamp(const gpr_timespec& realtime) {
  constexpr int64_t kNsPerS = 1'000'000'000;
  if (realtime.tv_sec < 0) {
    return TimestampNs{0};
  }
  return realtime.tv_sec >= INT64_MAX / kNsPerS
             ? kTimestampMax
             : TimestampNs{realtime.tv_sec * kNsPerS + realtime.tv_nsec};
}

TimestampNs DeadlineOf(const grpc::ServerContext& context) {
  // Not context.deadline(): it counts nanoseconds without a look at where they end, and a client
  // may say `grpc-timeout: 99999999H`, which would be in the past.
  return ToTimestamp(gpr_convert_clock_type(context.raw_deadline(), GPR_CLOCK_REALTIME));
}

grpc::Slice ToSlice(const grpc::ByteBuffer& buffer) {
  grpc::Slice slice;
  if (!buffer.TrySingleSlice(&slice).ok()) {
    GH_CHECK(buffer.DumpToSingleSlice(&slice).ok(), "bytes=", buffer.Length());
  }
  return slice;
}

Lane::Lane(const AuthorizationOptions& options,
           RawService* service,
           TerminalsHealth* health,
           std::unique_ptr<grpc::ServerCompletionQueue> queue)
    : options_(options),
      service_(service),
      health_(health),
      queue_(std::move(queue)),
      places_(static_cast<size_t>(options.streams_max)),
      gave_way_log_(/*lines_max=*/1, kGaveWayLogNs),
      results_(kLongMessagesAtOnce * kItemsPerMessageMax, VirtualMemory::Use::kDense) {
  for (size_t i = kLongMessagesAtOnce; i-- > 0;) {
    results_free_.push_back(results_.data() + i * kItemsPerMessageMax);  // the first is taken first
  }
}

Lane::~Lane() = default;

void Lane::Start(Engine* engine) {
  engine_ = engine;
  thread_ = std::thread([this] {
    SetThreadName("lane");
    Run();
  });
}

void Lane::BeginDrain() {
  drain_alarm_.Set(queue_.get(), AtOnce(), &drain_);
}

void Lane::Join() {
  if (thread_.joinable()) {
    stop_alarm_.Set(queue_.get(), AtOnce(), &stop_);
    thread_.join();
  } else {
    DrainQueue();  // never started
  }
}

void Lane::Complete(Submission* first) {
  Submission* last = first;
  while (last->next != nullptr) {
    last = last->next;
  }
  Submission* head = mailbox_->load(std::memory_order_relaxed);
  do {
    last->next = head;
    // Releases the results to OnKick(), and acquires from it that it is done with the kick.
  } while (!mailbox_->compare_exchange_weak(
      head, first, std::memory_order_acq_rel, std::memory_order_relaxed));
  if (head == nullptr) {
    // Only the kick empties the mailbox, so the alarm before this one has fired
    // and been handed out: it may be set again.
    kick_alarm_.Set(queue_.get(), AtOnce(), &kick_);
  }
}

int64_t Lane::AwayNs() {
  const int64_t cpu_ns = ThreadCpuNs(thread_.native_handle());
  const uint64_t progress = progress_.load(std::memory_order_relaxed);
  // Pairs with the release in OnAsked(): the alarm has been handed out, and may be set again.
  const bool asked = asked_.load(std::memory_order_acquire);
  if (asked && progress == progress_seen_) {
    return std::max<int64_t>(1, cpu_ns - asked_at_cpu_ns_);
  }
  asked_at_cpu_ns_ = cpu_ns;
  progress_seen_ = progress;
  if (asked) {
    return 0;
  }
  asked_.store(true, std::memory_order_relaxed);
  asked_alarm_.Set(queue_.get(), AtOnce(), &asked_signal_);
  return 0;
}

void Lane::OnAsked() {
  // By its queue, so behind the tags of all answers that left before.
  unsent_.Age();
  ++age_;
  asked_.store(false, std::memory_order_release);
}

bool Lane::MakeRoomFor(int64_t bytes, const StreamCall* caller) {
  while (stream_bytes_ > 0 && stream_bytes_ + bytes > options_.stream_bytes_max) {
    StreamCall* heaviest = nullptr;
    for (StreamCall* const stream : places_.streams()) {
      if (stream->IsStalled() &&
          (heaviest == nullptr || stream->held_bytes() > heaviest->held_bytes())) {
        heaviest = stream;
      }
    }
    if (heaviest == nullptr) {
      return caller->held_bytes() == 0 && bytes <= options_.stream_bytes_max / options_.streams_max;
    }
    heaviest->Cut();
    if (heaviest != caller) {
      heaviest->Advance();
    }
  }
  return true;
}

bool Lane::TakePlace(StreamCall* stream) {
  if (places_.AllTaken()) {
    StreamCall* leaves = places_.WhoGivesWayTo(stream->terminal());
    if (leaves != nullptr) {
      TellWhoGaveWay(*leaves);
    } else {
      leaves = LongestStalled();
    }
    if (leaves == nullptr) {
      return false;
    }
    leaves->GiveWay();
  }
  places_.Take(stream);
  return true;
}

void Lane::LeavePlace(StreamCall* stream) {
  places_.Leave(stream);
}

StreamCall* Lane::LongestStalled() const {
  StreamCall* longest = nullptr;
  for (StreamCall* const stream : places_.streams()) {
    if (stream->IsStalled() &&
        (longest == nullptr || stream->answer_age() < longest->answer_age())) {
      longest = stream;
    }
  }
  return longest;
}

void Lane::TellWhoGaveWay(const StreamCall& stream) {
  uint64_t left_out = 0;
  if (gave_way_log_.Pass(SystemClock::Instance().MonotonicNs(), &left_out)) {
    LogWarn("all streams of a lane are taken: one of the terminal that has the most gave way",
            {{"terminal", TextOf(stream.terminal())},
             {"streams", places_.CountOf(stream.terminal())},
             {"streams_max", options_.streams_max},
             {"not_told", left_out}});
  }
}

void Lane::Recycle(StreamCall* stream) {
  idle_streams_[static_cast<size_t>(stream->method())].push_back(stream);
}

std::unique_ptr<StreamMessage> Lane::NewMessage() {
  if (messages_.empty()) {
    return std::make_unique<StreamMessage>();
  }
  std::unique_ptr<StreamMessage> message = std::move(messages_.back());
  messages_.pop_back();
  return message;
}

void Lane::FindRoomForResults(StreamMessage* message) {
  const size_t count = message->commands.size();
  if (count >= kLongMessagesMin && !results_free_.empty()) {
    message->results = results_free_.back();
    results_free_.pop_back();
    if (message->results == results_unused_) {
      // A huge page takes the kernel a millisecond or two, which the ledger thread has not.
      PopulateMemory({results_unused_, kItemsPerMessageMax * sizeof(Result)});
      results_unused_ += kItemsPerMessageMax;
    }
    return;
  }
  if (message->own_results.size() < count) {
    message->own_results.resize(count);
  }
  message->results = message->own_results.data();
}

void Lane::Recycle(std::unique_ptr<StreamMessage> message) {
  if (message->results != nullptr && message->results != message->own_results.data()) {
    results_free_.push_back(message->results);
  }
  message->results = nullptr;
  if (messages_.size() < kMessagesPooledMax) {
    message->Clear();
    messages_.push_back(std::move(message));
  }
}

void Lane::Run() {
  for (size_t method = 0; method < kUnaryMethods.size(); ++method) {
    PostCalls(method);
  }
  for (size_t i = 0; i < kRareCallsPosted; ++i) {
    PostHealth();
  }
  for (const StreamMethod method : kStreamMethods) {
    PostStream(method);
  }
  void* tag = nullptr;
  bool ok = false;
  while (!(stopping_ && pending_ == 0 && in_engine_ == 0) && queue_->Next(&tag, &ok)) {
    GetOn();
    static_cast<QueueTag*>(tag)->Proceed(ok);
  }
  DrainQueue();
}

void Lane::DrainQueue() {
  queue_->Shutdown();
  void* tag = nullptr;
  bool ok = false;
  while (queue_->Next(&tag, &ok)) {
  }
}

void Lane::OnKick() {
  // Acquires the results, and releases the alarm that has brought it here to whoever finds the
  // mailbox empty.  Pairs with Complete().
  Submission* submission = mailbox_->exchange(nullptr, std::memory_order_acq_rel);
  while (submission != nullptr) {
    Submission* const next = submission->next;
    --in_engine_;
    GetOn();
    static_cast<EngineWork*>(submission->user)->OnDecided();
    submission = next;
  }
  TellIfDecided();
}

void Lane::OnDrain() {
  draining_ = true;
  // A stream may end, and leave the list, while it is told.
  const std::vector<StreamCall*> streams = places_.streams();
  for (StreamCall* stream : streams) {
    stream->BeginDrain();
  }
  TellIfDecided();
  TellIfSettled();
}

void Lane::PostCalls(size_t method) {
  const size_t target = kUnaryMethods[method] == CommandKind::kAuthorize
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

void Lane::PostHealth() {
  if (shutdown_) {
    return;
  }
  if (idle_health_.empty()) {
    health_calls_.push_back(std::make_unique<HealthCall>(this, health_));
    idle_health_.push_back(health_calls_.back().get());
  }
  HealthCall* const call = idle_health_.back();
  idle_health_.pop_back();
  call->Post();
}

void Lane::PostStream(StreamMethod method) {
  if (shutdown_) {
    return;
  }
  std::vector<StreamCall*>& idle = idle_streams_[static_cast<size_t>(method)];
  if (idle.empty()) {
    streams_.push_back(std::make_unique<StreamCall>(this, method));
    idle.push_back(streams_.back().get());
  }
  StreamCall* const stream = idle.back();
  idle.pop_back();
  stream->Post();
}

}  // namespace gonghui
