// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/server/health_service.h"

#include <chrono>
#include <optional>

#include "engine/server/grpc_status.h"
#include "engine/server/refusal.h"

namespace gonghui {
namespace {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

// How soon a watcher's thread notices that its client is gone.
constexpr std::chrono::milliseconds kLook{500};

}  // namespace

HealthService::HealthService(const std::vector<std::string>& names, int watchers_max)
    : watchers_max_(watchers_max) {
  statuses_[""] = HealthCheckResponse::NOT_SERVING;
  for (const std::string& name : names) {
    statuses_[name] = HealthCheckResponse::NOT_SERVING;
  }
}

void HealthService::SetServing(bool serving) {
  const std::lock_guard lock(mutex_);
  for (auto& [name, status] : statuses_) {
    status = serving ? HealthCheckResponse::SERVING : HealthCheckResponse::NOT_SERVING;
  }
  changed_.notify_all();
}

void HealthService::EndWatches() {
  const std::lock_guard lock(mutex_);
  ending_ = true;
  changed_.notify_all();
}

HealthService::Status HealthService::StatusOf(const std::string& name) const {
  const auto found = statuses_.find(name);
  return found == statuses_.end() ? HealthCheckResponse::SERVICE_UNKNOWN : found->second;
}

grpc::Status HealthService::Check(grpc::ServerContext* /*context*/,
                                  const HealthCheckRequest* request,
                                  HealthCheckResponse* response) {
  const std::lock_guard lock(mutex_);
  const Status status = StatusOf(request->service());
  if (status == HealthCheckResponse::SERVICE_UNKNOWN) {
    return ToGrpcStatus(NotFound("service", "service"));
  }
  response->set_status(status);
  return grpc::Status::OK;
}

grpc::Status HealthService::Watch(grpc::ServerContext* context,
                                  const HealthCheckRequest* request,
                                  grpc::ServerWriter<HealthCheckResponse>* writer) {
  std::unique_lock lock(mutex_);
  if (watchers_ >= watchers_max_) {
    return {grpc::StatusCode::UNIMPLEMENTED, "as many watch as may; use Check"};
  }
  ++watchers_;
  std::optional<Status> sent;
  while (!context->IsCancelled()) {
    const Status status = StatusOf(request->service());
    if (sent != status) {
      sent = status;
      HealthCheckResponse response;
      response.set_status(status);
      lock.unlock();
      const bool written = writer->Write(response);
      lock.lock();
      if (!written) {
        break;
      }
      continue;  // it may have changed meanwhile
    }
    if (ending_) {
      break;
    }
    changed_.wait_for(lock, kLook);
  }
  --watchers_;
  return ending_ ? ToGrpcStatus(Draining()) : grpc::Status::CANCELLED;
}

}  // namespace gonghui
