// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The two directions of an import call, as one thread sees them: messages go up
// while answers come down, and neither may wait for the other (a server whose
// answers nobody reads stops reading).  A port, so that tests can play server.

#ifndef GONGHUI_TOOLS_GONGHUICTL_IMPORT_STREAM_H_
#define GONGHUI_TOOLS_GONGHUICTL_IMPORT_STREAM_H_

#include <cstdint>

#include <google/protobuf/message.h>

#include "gonghui/v1/import.pb.h"
#include "tools/gonghuictl/rpc_status.h"

namespace gonghui::ctl {

class ImportStream {
 public:
  enum class Event : uint8_t {
    kNothing,  // the time is up
    kWritten,  // the last message is on its way; CanWrite() again
    kSummary,  // the answer to the oldest unanswered message
    kClosed,   // the call is over; status() says how
  };

  virtual ~ImportStream() = default;

  [[nodiscard]] virtual bool CanWrite() const = 0;
  // REQUIRES: CanWrite().
  virtual void StartWrite(const google::protobuf::Message& request) = 0;
  // No more messages.  REQUIRES: CanWrite().
  virtual void StartWritesDone() = 0;
  // Ends the call from this side; kClosed follows.
  virtual void Cancel() = 0;

  // Waits at most `timeout_ms` for something to happen.
  [[nodiscard]] virtual Event WaitBlocking(int64_t timeout_ms, v1::ImportSummary* summary) = 0;
  [[nodiscard]] virtual const RpcStatus& status() const = 0;
};

}  // namespace gonghui::ctl

#endif  // GONGHUI_TOOLS_GONGHUICTL_IMPORT_STREAM_H_
