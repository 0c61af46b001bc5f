// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// A Refusal as gRPC sends it: code, message, and the google.rpc.Status in
// grpc-status-details-bin.

#ifndef GONGHUI_ENGINE_SERVER_GRPC_STATUS_H_
#define GONGHUI_ENGINE_SERVER_GRPC_STATUS_H_

#include <grpcpp/support/status.h>

#include "engine/server/refusal.h"

namespace gonghui {

inline grpc::Status ToGrpcStatus(const Refusal& refusal) {
  google::rpc::Status status;
  FillStatus(refusal, &status);
  return {static_cast<grpc::StatusCode>(refusal.code), refusal.message, status.SerializeAsString()};
}

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_SERVER_GRPC_STATUS_H_
