// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// One stream of requests, many in a message.

#ifndef GONGHUI_TOOLS_LOAD_STREAM_CALL_H_
#define GONGHUI_TOOLS_LOAD_STREAM_CALL_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <grpcpp/alarm.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/support/async_stream.h>

#include "tools/load/answer.h"
#include "tools/load/lane.h"
#include "tools/load/request.h"

namespace gonghui::load {

// One bidirectional stream: at most `window` messages are unanswered.  Answers
// come in the order of the messages.
class StreamCall final : public Event {
 public:
  StreamCall(Lane* lane, Connection* connection, uint64_t index, size_t window)
      : lane_(lane),
        connection_(connection),
        maker_(lane->MakeMaker(Lane::kStreamMaker + index)),
        messages_(window) {}

  void Open();  // worker; before its thread starts: main

  // Open loop: a message is due.  Pacer.
  void Due(int64_t due_ns);

  // No new message from now on; ends once all are answered.  Worker.
  void Drain();

  void Cancel();

  // Worker, after the pacer is gone.
  [[nodiscard]] const std::deque<int64_t>& unsent() const { return due_; }

  void Proceed(bool ok) override;  // opened, or time to open again

 private:
  // One message and the requests in it; a ring of `window` of them.
  struct Message {
    int64_t due_ns = 0;
    int64_t sent_ns = 0;
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

  void Read();
  void TryWrite();
  void WriteMessage(int64_t due_ns, int64_t now_ns);
  void OnWrite(bool ok);
  void OnRead(bool ok);
  void CheckMessage(const Message& message, std::string_view bytes, int64_t now_ns);
  void Finish();
  void OnFinish(bool /*ok*/);
  void MaybeClosed();
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
  grpc::ClientAsyncReaderWriter<grpc::ByteBuffer, grpc::ByteBuffer>* stream_ =
      nullptr;  // lives in the call
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
  grpc::ByteBuffer response_;
  grpc::Status status_;
  std::string out_;
  std::vector<StreamResult> results_;
  grpc::Alarm alarm_;
};

}  // namespace gonghui::load

#endif  // GONGHUI_TOOLS_LOAD_STREAM_CALL_H_
