// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tools/load/unary_call.h"

#include <chrono>
#include <cstddef>
#include <string_view>

#include <grpcpp/support/async_unary_call.h>

#include "engine/base/clock.h"
#include "tools/load/run_state.h"

namespace gonghui::load {
namespace {

using grpc::ByteBuffer;
using std::chrono::milliseconds;

// After a call that failed: a server that is down shall not be asked a million
// times a second.
constexpr milliseconds kUnaryBackoff{10};

}  // namespace

void UnaryCall::Start(int64_t due_ns) {
  due_ns_ = due_ns;
  // In a closed loop nothing is due before it is sent.
  sent_ns_ = lane_->run->options.OpenLoop() ? RunState::NowNs() : due_ns;
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
      connection_->channel.get(),
      &lane_->queue,
      connection_->MethodOf(sent_.step),
      &*context_,
      request);
  reader->StartCall();
  reader->Finish(&response_, &status_, this);
}

void UnaryCall::Cancel() {
  if (context_.has_value()) {
    context_->TryCancel();
  }
}

void UnaryCall::Proceed(bool ok) {
  RunState* const run = lane_->run;
  const int64_t now_ns = RunState::NowNs();
  if (backing_off_) {
    backing_off_ = false;
  } else if (ok && status_.ok()) {
    grpc::Slice storage;
    const std::string_view bytes = Flatten(response_, &storage);
    lane_->unary.Check(sent_, bytes, now_ns);
    lane_->unary.WasSent(due_ns_, sent_ns_, 1);
    lane_->unary.Done(due_ns_, now_ns, 1);
  } else {
    const auto code = static_cast<uint32_t>(status_.error_code());
    lane_->unary.Error(code, 1, now_ns);
    lane_->unary.WasSent(due_ns_, sent_ns_, 1);
    if (IsRefusal(code)) {
      lane_->unary.Refused(sent_ns_, now_ns);
    }
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

}  // namespace gonghui::load
