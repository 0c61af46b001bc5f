// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// A stream that plays a server, well or badly, and a clock to wait for it by.

#ifndef GONGHUI_TESTS_UNIT_GONGHUICTL_FAKE_STREAM_H_
#define GONGHUI_TESTS_UNIT_GONGHUICTL_FAKE_STREAM_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <vector>

#include "engine/base/check.h"
#include "engine/base/clock.h"
#include "tools/gonghuictl/call_stream.h"

namespace gonghui::ctl {

// Lives longer than the stream.
template <typename Request, typename Response>
struct FakeServer {
  std::vector<Request> requests;
  size_t in_flight_max = 0;
  // The answer to a message.
  std::function<Response(const Request&)> answer;
  size_t answers_max = SIZE_MAX;  // then the call ends with `end`
  RpcStatus end;
  bool answer_late = false;   // only when no more can be written
  bool silent = false;        // never answers
  bool one_too_many = false;  // answers once more when all is answered
};

template <typename Request, typename Response>
class FakeStream final : public CallStream {
 public:
  explicit FakeStream(FakeServer<Request, Response>* server) : server_(server) {}

  bool CanWrite() const override { return !write_pending_ && !done_ && !cancelled_; }
  void StartWrite(const google::protobuf::Message& request) override {
    GH_CHECK(CanWrite());
    write_pending_ = true;
    waiting_.emplace_back().CopyFrom(request);
    server_->requests.push_back(waiting_.back());
    server_->in_flight_max = std::max(server_->in_flight_max, waiting_.size());
  }
  void StartWritesDone() override {
    GH_CHECK(CanWrite());
    done_ = true;
  }
  void Cancel() override { cancelled_ = true; }

  Event WaitBlocking(int64_t, google::protobuf::Message* answer) override {
    if (cancelled_) {
      status_.code = 1;
      return Event::kClosed;
    }
    if (answered_ == server_->answers_max) {
      status_ = server_->end;
      return Event::kClosed;
    }
    if (write_pending_) {
      write_pending_ = false;
      quiet_turns_ = 0;
      return Event::kWritten;
    }
    const bool hold_back = server_->answer_late && ++quiet_turns_ < 2;
    if (!waiting_.empty() && !server_->silent && !hold_back) {
      answer->CopyFrom(server_->answer(waiting_.front()));
      waiting_.pop_front();
      ++answered_;
      return Event::kAnswer;
    }
    if (done_ && server_->one_too_many) {
      answer->Clear();
      return Event::kAnswer;
    }
    return done_ ? Event::kClosed : Event::kNothing;
  }
  const RpcStatus& status() const override { return status_; }

 private:
  FakeServer<Request, Response>* const server_;
  std::deque<Request> waiting_;
  RpcStatus status_;
  size_t answered_ = 0;
  int quiet_turns_ = 0;
  bool write_pending_ = false;
  bool done_ = false;
  bool cancelled_ = false;
};

// Each look at it is a millisecond.
class TickingClock final : public Clock {
 public:
  explicit TickingClock(int64_t now_ns = 0) : wall_ns_(now_ns) {}
  int64_t NowNs() const override { return wall_ns_; }
  int64_t MonotonicNs() const override { return monotonic_ns_ += 1'000'000; }

 private:
  const int64_t wall_ns_;
  mutable int64_t monotonic_ns_ = 0;
};

}  // namespace gonghui::ctl

#endif  // GONGHUI_TESTS_UNIT_GONGHUICTL_FAKE_STREAM_H_
