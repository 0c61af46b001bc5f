// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// One bidirectional stream of a lane: AuthorizeStream or SubmitAdvices.  They differ in
// what an item is, and in the ring that it goes to the engine by.

#ifndef GONGHUI_ENGINE_SERVER_STREAM_CALL_H_
#define GONGHUI_ENGINE_SERVER_STREAM_CALL_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <grpcpp/grpcpp.h>

#include "engine/domain/command.h"
#include "engine/domain/result.h"
#include "engine/pipeline/engine.h"
#include "engine/server/lane.h"
#include "engine/server/refusal.h"
#include "engine/server/translate.h"
#include "engine/server/unsent_calls.h"

namespace gonghui {

class StreamCall;

// One message of a stream on its way through the engine.
struct StreamMessage final : public EngineWork {
  // What item i became: a command with a result, or an error.
  struct Item {
    std::string_view transport_data;
    uint32_t index = 0;  // of commands, or of errors
    bool refused = false;
  };

  grpc::Slice message;  // transport_data points into it
  std::vector<Item> items;
  std::vector<Command> commands;
  // What some of the commands point to: 4 KB each, so none is kept for the next message.
  std::vector<std::unique_ptr<Attachment>> attachments;
  std::vector<std::string> errors;  // serialised google.rpc.Status
  Result* results = nullptr;        // one for each command: the lane's, or own_results
  std::vector<Result> own_results;  // grows, never shrinks
  Submission submission;
  StreamCall* stream = nullptr;
  bool decided = false;
  int64_t held_bytes = 0;  // that its stream was told of

  // About the memory that it takes.
  [[nodiscard]] int64_t Bytes() const;
  void OnDecided() override;
  void Clear();
};

// At most one read and one write are under way; a message is answered when it is decided
// and all before it are answered.  From Finish() on it is a call whose answer gRPC holds, like any
// other.  Lane thread only.
class StreamCall final : public QueueTag, public UnsentCall {
 public:
  StreamCall(Lane* lane, StreamMethod method) : lane_(lane), method_(method) {}

  [[nodiscard]] StreamMethod method() const { return method_; }
  // Whose it is; none without certificates.
  [[nodiscard]] const TerminalId& terminal() const { return caller_.terminal; }

  void Post();
  void Proceed(bool ok) override;  // accepted
  void BeginDrain();
  // Does whatever can be done next.
  void Advance();

  // The stream's messages, and the answer that its client has not taken.
  [[nodiscard]] int64_t held_bytes() const { return held_bytes_; }
  // Whether its client has for long not taken an answer.  gRPC tells only when all of it has
  // left, so an answer has the longer for it the longer it is.
  [[nodiscard]] bool IsStalled() const;
  // Of the lane's ages, when its last answer was given, or it began.
  [[nodiscard]] uint64_t answer_age() const { return answer_age_; }
  // Whether it may be ended for another's sake: it has said nothing whole that is not answered (a
  // message of which only a part has come counts for nothing), or does not take the answer.
  [[nodiscard]] bool CanGiveWay() const { return IsIdle() || IsStalled(); }
  // REQUIRES: CanGiveWay().
  void GiveWay();
  // Ends it as if the client had cancelled it; from then on it counts as holding nothing.
  // Advance() gives back what is not in the engine.
  void Cut() override;

 private:
  class Step final : public QueueTag {
   public:
    Step(StreamCall* call, void (StreamCall::*run)(bool)) : call_(call), run_(run) {}
    void Proceed(bool ok) override { (call_->*run_)(ok); }

   private:
    StreamCall* const call_;
    void (StreamCall::*const run_)(bool);
  };

  [[nodiscard]] bool IsIdle() const { return messages_.empty() && !writing_ && !ended_; }
  void OnRead(bool ok);
  void OnWrite(bool ok);
  void OnFinish(bool ok);
  void Read();
  // Parses a message and sends it on its way.
  void TakeRequests(StreamMessage* message);
  void TakeAdvices(StreamMessage* message);
  void Submit(StreamMessage* message);
  // Its items are told to come again; the stream lives on.  Those that are refused already keep
  // their own errors, but where there is no room for what these would take.
  void RefuseItems(StreamMessage* message, bool has_room);
  // `items` is the field that holds them.
  void AddError(StreamMessage* message,
                std::string_view items,
                std::string_view transport_data,
                Refusal* refusal);
  void Answer(StreamMessage* message);
  void Hold(int64_t bytes);
  void PopMessage();
  // No more is read; what is under way is answered, then the call ends so.
  void End(grpc::Status status);
  // The newest message, which is of no use.
  void EndWithBadMessage(bool well_formed, std::string_view items, std::string_view message_name);

  Lane* const lane_;
  const StreamMethod method_;
  Step read_{this, &StreamCall::OnRead};
  Step write_{this, &StreamCall::OnWrite};
  Step finish_{this, &StreamCall::OnFinish};
  bool reading_ = false;
  bool writing_ = false;
  bool finished_ = false;  // Finish() was called
  bool ended_ = false;     // nothing more is read
  bool broken_ = false;    // nothing more can be written
  bool cut_ = false;
  bool owed_ = false;  // its answers, by the lane
  int64_t held_bytes_ = 0;
  int64_t answer_bytes_ = 0;  // of the write that is under way
  uint64_t answer_age_ = 0;   // the lane's, when the last one began
  grpc::Status status_;
  Caller caller_;
  std::deque<std::unique_ptr<StreamMessage>> messages_;  // in order of arrival
  grpc::ByteBuffer request_;
  std::optional<grpc::ServerContext> context_;
  std::optional<grpc::ServerAsyncReaderWriter<grpc::ByteBuffer, grpc::ByteBuffer>> stream_;
};

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_SERVER_STREAM_CALL_H_
