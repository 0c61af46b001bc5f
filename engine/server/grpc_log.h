// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// gRPC's own lines, in our log and its format instead of raw on standard error.
// GRPC_VERBOSITY (debug, info, error; default error) says what gRPC tells at all.

#ifndef GONGHUI_ENGINE_SERVER_GRPC_LOG_H_
#define GONGHUI_ENGINE_SERVER_GRPC_LOG_H_

namespace gonghui {

// For the whole process.  REQUIRES: InitLogging() was called.
void TakeOverGrpcLog();

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_SERVER_GRPC_LOG_H_
