// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Health.Check of the terminals' listener, answered by the lanes.  A thread that serves it
// would wait until the client takes the answer: some few clients that never do would keep
// all of them, and whoever decides where terminals go would be told nothing.

#ifndef GONGHUI_ENGINE_SERVER_HEALTH_CALL_H_
#define GONGHUI_ENGINE_SERVER_HEALTH_CALL_H_

#include <optional>

#include <grpcpp/grpcpp.h>

#include "engine/server/health_service.h"
#include "engine/server/lane.h"
#include "engine/server/unsent_calls.h"
#include "grpc/health/v1/health.grpc.pb.h"

namespace gonghui {

// Check by completion queue, Watch by threads, whose number `health` bounds.
class TerminalsHealth final
    : public grpc::health::v1::Health::WithAsyncMethod_Check<grpc::health::v1::Health::Service> {
 public:
  // `health` outlives this.
  explicit TerminalsHealth(HealthService* health) : health_(health) {}

  grpc::Status Watch(grpc::ServerContext* context,
                     const grpc::health::v1::HealthCheckRequest* request,
                     grpc::ServerWriter<grpc::health::v1::HealthCheckResponse>* writer) override {
    return health_->Watch(context, request, writer);
  }
  [[nodiscard]] HealthService* health() const { return health_; }

 private:
  HealthService* const health_;
};

// One call at a time: posted, answered, posted again.  Lane thread only.
class HealthCall final : public QueueTag, public UnsentCall {
 public:
  HealthCall(Lane* lane, TerminalsHealth* service) : lane_(lane), service_(service) {}

  void Post();
  void Proceed(bool ok) override;
  void Cut() override { context_->TryCancel(); }

 private:
  Lane* const lane_;
  TerminalsHealth* const service_;
  bool finishing_ = false;
  grpc::health::v1::HealthCheckRequest request_;
  std::optional<grpc::ServerContext> context_;
  std::optional<grpc::ServerAsyncResponseWriter<grpc::health::v1::HealthCheckResponse>> responder_;
};

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_SERVER_HEALTH_CALL_H_
