// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/server/grpc_log.h"

#include <string_view>

#include <absl/strings/str_cat.h>
#include <grpc/support/log.h>

#include "engine/base/strings.h"
#include "engine/server/log.h"

namespace gonghui {
namespace {

LogLevel LevelOf(gpr_log_severity severity) {
  switch (severity) {
    case GPR_LOG_SEVERITY_DEBUG:
      return LogLevel::kDebug;
    case GPR_LOG_SEVERITY_INFO:
      return LogLevel::kInfo;
    case GPR_LOG_SEVERITY_ERROR:
      // Whoever connects can cause these, by a failed handshake for instance: they are
      // no errors of this server's.
      return LogLevel::kWarn;
  }
  return LogLevel::kWarn;
}

void Write(gpr_log_func_args* args) {
  std::string_view file = args->file;
  file.remove_prefix(file.rfind('/') + 1);
  Log(LevelOf(args->severity),
      "gRPC",
      {{"text", args->message}, {"at", absl::StrCat(ToAbsl(file), ":", args->line)}});
}

}  // namespace

void TakeOverGrpcLog() {
  gpr_set_log_function(&Write);
}

}  // namespace gonghui
