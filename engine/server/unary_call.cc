// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/server/unary_call.h"

#include "engine/base/check.h"
#include "engine/server/caller.h"
#include "engine/server/grpc_status.h"

namespace gonghui {

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
                                static_cast<QueueTag*>(this));
  };
  switch (kUnaryMethods[method_]) {
    case CommandKind::kAuthorize:
      return request(&RawService::RequestAuthorize);
    case CommandKind::kCapture:
      return request(&RawService::RequestCapture);
    case CommandKind::kReverse:
      return request(&RawService::RequestReverse);
    case CommandKind::kQuote:
      return request(&RawService::RequestQuote);
    case CommandKind::kGetTransaction:
      return request(&RawService::RequestGetTransaction);
    case CommandKind::kIncrement:
      return request(&RawService::RequestIncrementAuthorization);
    case CommandKind::kRefund:
      return request(&RawService::RequestRefund);
    case CommandKind::kGetEntitlements:
      return request(&RawService::RequestGetEntitlements);
    case CommandKind::kCloseBatch:
      return request(&RawService::RequestCloseBatch);
    default:
      GH_CHECK(false, "method=", method_);
  }
}

void UnaryCall::Proceed(bool ok) {
  lane_->TagCameBack();
  if (finishing_) {  // sent, or the client is gone: either way it is over
    lane_->OnAnswered(this);
    if (owed_) {
      owed_ = false;
      lane_->Settle();
    }
    // They hold the connection: its descriptor would be there as long as this call waits in the
    // pool.
    responder_.reset();
    context_.reset();
    request_.Clear();
    message_ = grpc::Slice();
    call_.explanation.reset();
    call_.entitlements.reset();
    call_.attachment.reset();
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
  if (lane_->draining()) {
    return Refuse(Draining());
  }
  lane_->Owe();
  owed_ = true;
  Refusal refusal;
  Caller caller;
  if (!lane_->options().trust_words && !IdentifyTerminal(*context_, &caller, &refusal)) {
    return Refuse(refusal);
  }
  message_ = ToSlice(request_);
  request_.Clear();
  if (!ToCommand(kUnaryMethods[method_], ViewOf(message_), caller, &call_, &refusal)) {
    return Refuse(refusal);
  }
  call_.command.deadline = DeadlineOf(*context_);
  submission_.commands = {&call_.command, 1};
  submission_.results = &result_;
  submission_.priority = Priority::kLive;
  submission_.user = static_cast<EngineWork*>(this);
  if (lane_->TooManyCalls() || !lane_->Submit(&submission_)) {
    Refuse(Overloaded());
  }
}

void UnaryCall::OnDecided() {
  Refusal refusal;
  // What is not there may have been taken in before and still wait among the advices:
  // behind them the answer is final, and nobody is ever told of a thing half done.
  if (result_.verdict == Verdict::kNotFound && submission_.priority == Priority::kLive) {
    submission_.priority = Priority::kAdvice;
    if (!lane_->Submit(&submission_)) {
      Refuse(Overloaded());
    }
    return;
  }
  if (IsRefused(call_.command, result_, &refusal)) {
    return Refuse(refusal);
  }
  WireWriter& out = lane_->scratch;
  out.Clear();
  out.Reserve(kReplyBytesMax);
  AppendReply(lane_->names(), call_.command, result_, call_.transport_data, &out);
  const grpc::Slice slice(out.data(), out.size());
  BeginFinish();
  responder_->Finish(grpc::ByteBuffer(&slice, 1), grpc::Status::OK, static_cast<QueueTag*>(this));
  lane_->OnAnswering(this);
}

void UnaryCall::Refuse(const Refusal& refusal) {
  BeginFinish();
  responder_->FinishWithError(ToGrpcStatus(refusal), static_cast<QueueTag*>(this));
  lane_->OnAnswering(this);
}

void UnaryCall::BeginFinish() {
  finishing_ = true;
  lane_->ExpectTag();
}

}  // namespace gonghui
