// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/server/authorization_service.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include <grpcpp/grpcpp.h>

#include "engine/server/health_call.h"
#include "engine/server/lane.h"

namespace gonghui {

class AuthorizationService::Impl {
 public:
  explicit Impl(const AuthorizationOptions& options) : options_(options) {
    if (options_.lanes <= 0) {
      options_.lanes = std::max(1, static_cast<int>(std::thread::hardware_concurrency()) - 1);
    }
  }

  void Register(grpc::ServerBuilder* builder, TerminalsHealth* health) {
    builder->RegisterService(&service_);
    builder->RegisterService(health);
    for (int i = 0; i < options_.lanes; ++i) {
      lanes_.push_back(
          std::make_unique<Lane>(options_, &service_, health, builder->AddCompletionQueue()));
    }
  }
  void Start(Engine* engine) {
    for (const auto& lane : lanes_) {
      lane->Start(engine);
    }
  }
  LanesAway Away() {
    LanesAway away;
    away.shortest_ns = INT64_MAX;  // there is a lane
    for (const auto& lane : lanes_) {
      const int64_t away_ns = lane->AwayNs();
      away.longest_ns = std::max(away.longest_ns, away_ns);
      away.shortest_ns = std::min(away.shortest_ns, away_ns);
    }
    return away;
  }
  void BeginDrain() {
    if (draining_.exchange(true)) {
      return;
    }
    for (const auto& lane : lanes_) {
      lane->BeginDrain();
    }
  }
  [[nodiscard]] bool IsDecided() const {
    return std::all_of(
        lanes_.begin(), lanes_.end(), [](const auto& lane) { return lane->IsDecided(); });
  }
  [[nodiscard]] bool IsSettled() const {
    return std::all_of(
        lanes_.begin(), lanes_.end(), [](const auto& lane) { return lane->IsSettled(); });
  }
  void Join() {
    for (const auto& lane : lanes_) {
      lane->Join();
    }
    lanes_.clear();
  }

 private:
  AuthorizationOptions options_;
  RawService service_;
  std::atomic<bool> draining_{false};
  std::vector<std::unique_ptr<Lane>> lanes_;
};

AuthorizationService::AuthorizationService(const AuthorizationOptions& options)
    : impl_(std::make_unique<Impl>(options)) {}
AuthorizationService::~AuthorizationService() {
  Join();
}
void AuthorizationService::Register(grpc::ServerBuilder* builder, TerminalsHealth* health) {
  impl_->Register(builder, health);
}
void AuthorizationService::Start(Engine* engine) {
  impl_->Start(engine);
}
LanesAway AuthorizationService::Away() {
  return impl_->Away();
}
void AuthorizationService::BeginDrain() {
  impl_->BeginDrain();
}
bool AuthorizationService::IsDecided() const {
  return impl_->IsDecided();
}
bool AuthorizationService::IsSettled() const {
  return impl_->IsSettled();
}
void AuthorizationService::Join() {
  impl_->Join();
}

}  // namespace gonghui
