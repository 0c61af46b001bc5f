// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/server/health_call.h"

namespace gonghui {

void HealthCall::Post() {
  // The responder points into the context, so it goes first.
  responder_.reset();
  context_.emplace();
  responder_.emplace(&*context_);
  finishing_ = false;
  lane_->ExpectTag();
  service_->RequestCheck(&*context_,
                         &request_,
                         &*responder_,
                         lane_->queue(),
                         lane_->queue(),
                         static_cast<QueueTag*>(this));
}

void HealthCall::Proceed(bool ok) {
  lane_->TagCameBack();
  if (finishing_) {  // sent, or the client is gone: either way it is over
    lane_->OnAnswered(this);
    responder_.reset();  // they hold the connection, as a unary call's do
    context_.reset();
    lane_->Recycle(this);
    return;
  }
  if (!ok) {
    lane_->OnServerShutdown();
    return;
  }
  lane_->OnHealthTaken();
  grpc::health::v1::HealthCheckResponse response;
  const grpc::Status status = service_->health()->Check(&*context_, &request_, &response);
  finishing_ = true;
  lane_->ExpectTag();
  if (status.ok()) {
    responder_->Finish(response, status, static_cast<QueueTag*>(this));
  } else {
    responder_->FinishWithError(status, static_cast<QueueTag*>(this));
  }
  lane_->OnAnswering(this);
}

}  // namespace gonghui
