// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/server/protobuf_log.h"

#include <cstdint>
#include <string>
#include <string_view>

#include <absl/strings/str_cat.h>
#include <google/protobuf/stubs/logging.h>

#include "engine/base/clock.h"
#include "engine/base/strings.h"
#include "engine/domain/calendar.h"
#include "engine/server/log.h"
#include "engine/server/log_throttle.h"

namespace gonghui {
namespace {

constexpr int64_t kLinesPerMinute = 10;

LogThrottle& Throttle() {
  static LogThrottle throttle(kLinesPerMinute, 60 * kNsPerSecond);
  return throttle;
}

// A fatal line ends the process after this returns, so it always passes.
void Write(google::protobuf::LogLevel level,
           const char* path,
           int line,
           const std::string& message) {
  const bool fatal = level == google::protobuf::LOGLEVEL_FATAL;
  uint64_t left_out = 0;
  if (!Throttle().Pass(SystemClock::Instance().MonotonicNs(), &left_out) && !fatal) {
    return;
  }
  std::string_view file = path;
  file.remove_prefix(file.rfind('/') + 1);
  // Short of fatal, whoever connects can cause these: they are no errors of this server's.
  Log(fatal ? LogLevel::kError : LogLevel::kWarn,
      "Protocol Buffers",
      {{"text", message},
       {"at", absl::StrCat(ToAbsl(file), ":", line)},
       {"left_out_before", left_out}});
}

}  // namespace

void TakeOverProtobufLog() {
  Throttle().Restart();
  google::protobuf::SetLogHandler(&Write);
}

}  // namespace gonghui
