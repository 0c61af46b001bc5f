// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tools/load/stream_call.h"

#include <algorithm>
#include <chrono>

#include "engine/base/clock.h"
#include "tools/load/run_state.h"

namespace gonghui::load {
namespace {

using grpc::ByteBuffer;

// After a stream that failed: a server that is down shall not be asked for another all the time.
constexpr std::chrono::milliseconds kStreamBackoff{100};

}  // namespace

void StreamCall::Open() {
  context_.emplace();
  stream_ = grpc::internal::ClientAsyncReaderWriterFactory<ByteBuffer, ByteBuffer>::Create(
      connection_->channel.get(),
      &lane_->queue,
      connection_->authorize_stream,
      &*context_,
      /*start=*/true,
      this);
}

void StreamCall::Due(int64_t due_ns) {
  const std::lock_guard lock(mutex_);
  due_.push_back(due_ns);
  TryWrite();
}

void StreamCall::Drain() {
  const std::lock_guard lock(mutex_);
  draining_ = true;
  TryWrite();
}

void StreamCall::Cancel() {
  if (context_.has_value()) {
    context_->TryCancel();
  }
}

void StreamCall::Proceed(bool ok) {
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

void StreamCall::Read() {
  reading_ = true;
  stream_->Read(&response_, &read_);
}

void StreamCall::TryWrite() {
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
  WriteMessage(due_ns, now_ns);
}

void StreamCall::WriteMessage(int64_t due_ns, int64_t now_ns) {
  const size_t items = lane_->run->options.items;
  Message& message = messages_[(first_ + unanswered_) % messages_.size()];
  ++unanswered_;
  message.due_ns = due_ns;
  message.sent_ns = now_ns;
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

void StreamCall::OnWrite(bool ok) {
  writing_ = false;
  if (finishing_) {
    MaybeClosed();
  } else if (ok) {
    TryWrite();
  }
  // Not ok: the stream is broken, and the read will say so.
}

void StreamCall::OnRead(bool ok) {
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
  lane_->stream.WasSent(message.due_ns, message.sent_ns, message.items.size());
  lane_->stream.Done(message.due_ns, now_ns, message.items.size());
  first_ = (first_ + 1) % messages_.size();
  --unanswered_;
  Read();
  TryWrite();
}

void StreamCall::CheckMessage(const Message& message, std::string_view bytes, int64_t now_ns) {
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

void StreamCall::Finish() {
  open_ = false;
  finishing_ = true;
  stream_->Finish(&status_, &finish_);
}

void StreamCall::OnFinish(bool /*ok*/) {
  finished_ = true;
  MaybeClosed();
}

void StreamCall::MaybeClosed() {
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

}  // namespace gonghui::load
