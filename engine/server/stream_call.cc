// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/server/stream_call.h"

#include <cstdlib>
#include <utility>

#include "engine/domain/limits.h"
#include "engine/server/caller.h"
#include "engine/server/grpc_status.h"
#include "engine/server/translate_advice.h"
#include "engine/server/wire.h"
#include "gonghui/v1/authorization_service.pb.h"

namespace gonghui {
namespace {

constexpr int kResultsField = v1::AuthorizeStreamResponse::kResultsFieldNumber;
static_assert(kResultsField == v1::SubmitAdvicesResponse::kResultsFieldNumber);

// A client takes answers at 80 KB a second or it does not take them: two seconds for a radio
// that is away, in a tunnel, and one for each 80 KB.  Lane::age() has twenty a second.
constexpr uint64_t kStalledAges = 40;
constexpr int64_t kTakenBytesPerAgeMin = 4'096;

Refusal GaveWay() {
  Refusal refusal = Overloaded();
  refusal.reason = "STREAM_GAVE_WAY";
  refusal.message =
      "all streams are taken, and of those of this terminal, which has the most, this one made "
      "room for another terminal's; what was not answered was not decided; open it again later";
  refusal.retry_delay_ms = 1'000;
  return refusal;
}

std::string SerializedStatus(const Refusal& refusal) {
  google::rpc::Status status;
  FillStatus(refusal, &status);
  return status.SerializeAsString();
}

// One result of a stream's message that is an error.
void AppendError(bool advice,
                 const std::string& status,
                 std::string_view transport_data,
                 WireWriter* out) {
  constexpr size_t kOverhead = 16 + 2 + kTransportDataBytesMax;
  out->Reserve(status.size() + kOverhead);
  const auto result = out->Begin<kResultsField>();
  if (advice) {
    out->Bytes<v1::AdviceResult::kErrorFieldNumber>(status);
    // One that is too long is what the error is about.
    if (transport_data.size() <= kTransportDataBytesMax) {
      out->Bytes<v1::AdviceResult::kTransportDataFieldNumber>(transport_data);
    }
  } else {
    out->Bytes<v1::AuthorizeStreamResult::kErrorFieldNumber>(status);
  }
  out->End(result);
}

}  // namespace

void StreamCall::Post() {
  stream_.reset();
  context_.emplace();
  stream_.emplace(&*context_);
  reading_ = writing_ = finished_ = ended_ = broken_ = cut_ = false;
  status_ = grpc::Status::OK;
  caller_ = Caller{};
  lane_->ExpectTag();
  const auto request = [this](auto post) {
    (lane_->service()->*post)(
        &*context_, &*stream_, lane_->queue(), lane_->queue(), static_cast<QueueTag*>(this));
  };
  switch (method_) {
    case StreamMethod::kAuthorizeStream:
      return request(&RawService::RequestAuthorizeStream);
    case StreamMethod::kSubmitAdvices:
      return request(&RawService::RequestSubmitAdvices);
  }
}

void StreamCall::Proceed(bool ok) {
  lane_->TagCameBack();
  if (!ok) {
    lane_->OnServerShutdown();
    return;
  }
  lane_->OnStreamTaken(method_);
  Refusal refusal;
  if (lane_->draining()) {
    End(ToGrpcStatus(Draining()));
    return Advance();
  }
  lane_->Owe();
  owed_ = true;
  answer_age_ = lane_->age();
  if (!lane_->options().trust_words && !IdentifyTerminal(*context_, &caller_, &refusal)) {
    End(ToGrpcStatus(refusal));
  } else if (!lane_->TakePlace(this)) {
    End(ToGrpcStatus(Overloaded()));
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
    messages_.push_back(lane_->NewMessage());
    StreamMessage* const message = messages_.back().get();
    message->stream = this;
    message->message = ToSlice(request_);
    request_.Clear();
    if (method_ == StreamMethod::kAuthorizeStream) [[likely]] {
      TakeRequests(message);
    } else {
      TakeAdvices(message);
    }
    if (!messages_.empty() && messages_.back().get() == message) {  // it was of use
      message->held_bytes = message->Bytes();
      Hold(message->held_bytes);
    }
  }
  Advance();
}

void StreamCall::OnWrite(bool ok) {
  lane_->TagCameBack();
  writing_ = false;
  Hold(-answer_bytes_);
  answer_bytes_ = 0;
  if (!ok) {
    broken_ = true;
    End(grpc::Status::OK);
  }
  Advance();
}

void StreamCall::OnFinish(bool /*ok*/) {
  lane_->TagCameBack();
  lane_->OnAnswered(this);
  writing_ = false;
  Advance();
}

void StreamMessage::OnDecided() {
  decided = true;
  stream->Advance();
}

int64_t StreamMessage::Bytes() const {
  size_t bytes = message.size() + items.size() * sizeof(Item) +
                 commands.size() * (sizeof(Command) + sizeof(Result)) +
                 attachments.size() * sizeof(Attachment);
  for (const std::string& error : errors) {
    bytes += sizeof(error) + error.capacity();
  }
  return static_cast<int64_t>(bytes);
}

void StreamMessage::Clear() {
  message = grpc::Slice();
  items.clear();
  commands.clear();
  attachments.clear();
  errors.clear();
  decided = false;
  held_bytes = 0;
}

void StreamCall::Advance() {
  if (broken_) {
    while (!messages_.empty() && messages_.front()->decided) {
      PopMessage();
    }
  }
  if (!writing_ && !finished_) {
    if (!messages_.empty() && messages_.front()->decided) {
      Answer(messages_.front().get());
      PopMessage();
    } else if (ended_ && messages_.empty()) {
      finished_ = writing_ = true;
      lane_->LeavePlace(this);
      lane_->ExpectTag();
      stream_->Finish(status_, &finish_);
      lane_->OnAnswering(this);
      return;
    }
  }
  const bool idle = messages_.empty() && !writing_;
  if (!ended_ && !reading_ && (idle || !lane_->StreamsAreHeavy()) &&
      messages_.size() < static_cast<size_t>(lane_->options().stream_messages_in_flight)) {
    Read();
  }
  // A read that was under way comes back when the call is over.
  if (finished_ && !writing_ && !reading_) {
    if (owed_) {
      owed_ = false;
      lane_->Settle();
    }
    request_.Clear();
    stream_.reset();  // they hold the connection, as a unary call's do
    context_.reset();
    lane_->Recycle(this);
  }
}

void StreamCall::Hold(int64_t bytes) {
  if (!cut_) {
    held_bytes_ += bytes;
    lane_->AddStreamBytes(bytes);
  }
}

void StreamCall::PopMessage() {
  Hold(-messages_.front()->held_bytes);
  lane_->Recycle(std::move(messages_.front()));
  messages_.pop_front();
}

bool StreamCall::IsStalled() const {
  return answer_bytes_ > 0 && !cut_ &&
         lane_->age() - answer_age_ >=
             kStalledAges + static_cast<uint64_t>(answer_bytes_ / kTakenBytesPerAgeMin);
}

void StreamCall::GiveWay() {
  if (IsStalled()) {
    Cut();  // whoever takes no answers would not take this one
  } else {
    End(ToGrpcStatus(GaveWay()));
  }
  Advance();
}

void StreamCall::Cut() {
  Hold(-held_bytes_);
  cut_ = broken_ = true;
  End(grpc::Status::OK);
  context_->TryCancel();
}

void StreamCall::TakeRequests(StreamMessage* message) {
  using Request = v1::AuthorizeStreamRequest;
  const TimestampNs deadline = DeadlineOf(*context_);
  Refusal refusal;
  WireReader reader(ViewOf(message->message));
  bool good = true;
  while (good && !reader.AtEnd() && message->items.size() <= kItemsPerMessageMax) {
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
    std::unique_ptr<Attachment> attachment;
    Command& command = message->commands.emplace_back();
    command.deadline = deadline;
    if (ToCommand(fields, caller_, "", CommandKind::kAuthorize, &command, &refusal, &attachment))
        [[likely]] {
      message->items.push_back({fields.transport_data,
                                static_cast<uint32_t>(message->commands.size() - 1),
                                /*refused=*/false});
      if (attachment != nullptr) {
        message->attachments.push_back(std::move(attachment));
      }
    } else {
      message->commands.pop_back();
      AddError(message, "requests", {}, &refusal);
    }
  }
  if (!good || message->items.empty() || message->items.size() > kItemsPerMessageMax) {
    return EndWithBadMessage(good, "requests", "AuthorizeStreamRequest");
  }
  Submit(message);
}

void StreamCall::TakeAdvices(StreamMessage* message) {
  using Request = v1::SubmitAdvicesRequest;
  std::vector<std::string_view> advices;
  std::string_view terminal_id;
  WireReader reader(ViewOf(message->message));
  bool good = true;
  while (good && !reader.AtEnd() && advices.size() <= kItemsPerMessageMax) {
    uint32_t tag = 0;
    good = reader.ReadTag(&tag);
    if (good && tag == WireTag(Request::kAdvicesFieldNumber, WireType::kBytes)) {
      good = reader.ReadBytes(&advices.emplace_back());
    } else if (good && tag == WireTag(Request::kTerminalIdFieldNumber, WireType::kBytes)) {
      good = reader.ReadBytes(&terminal_id);
    } else {
      good = good && reader.Skip(tag);
    }
  }
  if (!good || advices.empty() || advices.size() > kItemsPerMessageMax) {
    return EndWithBadMessage(good, "advices", "SubmitAdvicesRequest");
  }
  const TimestampNs deadline = DeadlineOf(*context_);
  TerminalId sender;
  Refusal refusal;
  if (!ReadSender(terminal_id, caller_, &sender, &refusal)) {
    // About the message, so nothing stands before the field's name.
    message->errors.push_back(SerializedStatus(refusal));
    for (const std::string_view advice : advices) {
      message->items.push_back({TransportDataOf(advice), /*index=*/0, /*refused=*/true});
    }
    return Submit(message);
  }
  for (const std::string_view advice : advices) {
    std::string_view transport_data;
    std::unique_ptr<Attachment> attachment;
    Command& command = message->commands.emplace_back();
    command.deadline = deadline;
    if (ToCommand(advice, sender, &command, &transport_data, &attachment, &refusal)) {
      message->items.push_back({transport_data,
                                static_cast<uint32_t>(message->commands.size() - 1),
                                /*refused=*/false});
      if (attachment != nullptr) {
        message->attachments.push_back(std::move(attachment));
      }
    } else {
      // One that cannot be read stands in nobody's way.
      message->commands.pop_back();
      AddError(message, "advices", transport_data, &refusal);
    }
  }
  Submit(message);
}

void StreamCall::EndWithBadMessage(bool well_formed,
                                   std::string_view items,
                                   std::string_view message_name) {
  messages_.pop_back();
  End(ToGrpcStatus(
      well_formed
          ? InvalidArgument(items, "must hold 1 to 1024 " + std::string(items))
          : InvalidArgument("", "the bytes are not a gonghui.v1." + std::string(message_name))));
}

void StreamCall::Submit(StreamMessage* message) {
  if (!lane_->MakeRoomFor(message->Bytes(), this)) {
    return RefuseItems(message, /*has_room=*/false);
  }
  if (message->commands.empty()) {
    message->decided = true;
    return;
  }
  lane_->FindRoomForResults(message);
  message->submission = Submission{};
  message->submission.commands = message->commands;
  message->submission.results = message->results;
  message->submission.priority =
      method_ == StreamMethod::kSubmitAdvices ? Priority::kAdvice : Priority::kLive;
  message->submission.user = static_cast<EngineWork*>(message);
  if (!lane_->Submit(&message->submission)) {
    RefuseItems(message, /*has_room=*/true);
  }
}

void StreamCall::RefuseItems(StreamMessage* message, bool has_room) {
  message->commands.clear();
  message->attachments.clear();
  if (!has_room) {
    message->errors.clear();
  }
  message->errors.push_back(SerializedStatus(Overloaded()));
  for (StreamMessage::Item& item : message->items) {
    if (!item.refused || !has_room) {
      item.refused = true;
      item.index = static_cast<uint32_t>(message->errors.size() - 1);
    }
  }
  message->decided = true;
}

void StreamCall::AddError(StreamMessage* message,
                          std::string_view items,
                          std::string_view transport_data,
                          Refusal* refusal) {
  // As seen from the message that holds the item.
  const std::string path = std::string(items) + "[" + std::to_string(message->items.size()) + "].";
  for (FieldViolation& violation : refusal->violations) {
    violation.field.insert(0, path);
  }
  message->items.push_back(
      {transport_data, static_cast<uint32_t>(message->errors.size()), /*refused=*/true});
  message->errors.push_back(SerializedStatus(*refusal));
}

void StreamCall::Answer(StreamMessage* message) {
  constexpr size_t kTypicalItemBytes = 512;
  const bool advices = method_ == StreamMethod::kSubmitAdvices;
  WireWriter out;
  out.Reserve(message->items.size() * kTypicalItemBytes + kReplyBytesMax);
  Refusal refusal;
  for (const StreamMessage::Item& item : message->items) {
    if (item.refused) {
      AppendError(advices, message->errors[item.index], item.transport_data, &out);
      continue;
    }
    const Command& command = message->commands[item.index];
    const Result& decided = message->results[item.index];
    if (IsRefused(command, decided, &refusal)) {
      AppendError(advices, SerializedStatus(refusal), item.transport_data, &out);
      continue;
    }
    out.Reserve(kReplyBytesMax);
    const auto result = out.Begin<kResultsField>();
    if (advices) {
      AppendAdviceResult(lane_->names(), command, decided, item.transport_data, &out);
    } else {
      const auto response = out.Begin<v1::AuthorizeStreamResult::kResponseFieldNumber>();
      AppendReply(lane_->names(), command, decided, item.transport_data, &out);
      out.End(response);
    }
    out.End(result);
  }
  const size_t size = out.size();
  const grpc::Slice slice(out.Release(), size, std::free);
  writing_ = true;
  answer_bytes_ = static_cast<int64_t>(size);
  answer_age_ = lane_->age();
  Hold(answer_bytes_);
  lane_->ExpectTag();
  stream_->Write(grpc::ByteBuffer(&slice, 1), &write_);
}

}  // namespace gonghui
