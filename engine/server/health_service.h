// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// grpc.health.v1.Health (source: grpc-proto's health.proto).  Not gRPC's own: that one
// is served by the callback API, whose threads take part in polling the terminals'
// connections for as long as the process lives and cost each call several
// switches between threads (docs/ARCHITECTURE.md, Decisions).
//
// Thread safety: any thread may call any method.

#ifndef GONGHUI_ENGINE_SERVER_HEALTH_SERVICE_H_
#define GONGHUI_ENGINE_SERVER_HEALTH_SERVICE_H_

#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "grpc/health/v1/health.grpc.pb.h"

namespace gonghui {

class HealthService final : public grpc::health::v1::Health::Service {
 public:
  // `names`: the services that it speaks of, besides "" for all of them; NOT_SERVING at
  // first.  Each watcher keeps a thread, so there are at most `watchers_max`; one more is
  // told UNIMPLEMENTED, upon which a client does without watching and calls all the
  // same (any other code would keep it from calling; gRPC proposal A17).
  HealthService(const std::vector<std::string>& names, int watchers_max);

  // For all services at once.
  void SetServing(bool serving);
  // Watches end with UNAVAILABLE; later ones at once.
  void EndWatches();

  // The contract: an unknown service is NOT_FOUND to Check, and SERVICE_UNKNOWN to
  // Watch, which sends the status now and whenever it changes.
  grpc::Status Check(grpc::ServerContext* context,
                     const grpc::health::v1::HealthCheckRequest* request,
                     grpc::health::v1::HealthCheckResponse* response) override;
  grpc::Status Watch(grpc::ServerContext* context,
                     const grpc::health::v1::HealthCheckRequest* request,
                     grpc::ServerWriter<grpc::health::v1::HealthCheckResponse>* writer) override;

 private:
  using Status = grpc::health::v1::HealthCheckResponse::ServingStatus;

  // REQUIRES mutex_.
  [[nodiscard]] Status StatusOf(const std::string& name) const;

  const int watchers_max_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, Status> statuses_;
  int watchers_ = 0;
  bool ending_ = false;
};

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_SERVER_HEALTH_SERVICE_H_
