// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The two directions of a streaming call, as one thread sees them: messages go up
// while answers come down, and neither may wait for the other (a server whose
// answers nobody reads stops reading).  A port, so that tests can play server.

#ifndef GONGHUI_TOOLS_GONGHUICTL_CALL_STREAM_H_
#define GONGHUI_TOOLS_GONGHUICTL_CALL_STREAM_H_

#include <cstdint>
#include <functional>
#include <memory>

#include <google/protobuf/message.h>

#include "tools/gonghuictl/rpc_status.h"

namespace gonghui::ctl {

class CallStream {
 public:
  enum class Event : uint8_t {
    kNothing,  // the time is up
    kWritten,  // the last message is on its way; CanWrite() again
    kAnswer,   // the answer to the oldest unanswered message
    kClosed,   // the call is over; status() says how
  };

  virtual ~CallStream() = default;

  [[nodiscard]] virtual bool CanWrite() const = 0;
  // REQUIRES: CanWrite().
  virtual void StartWrite(const google::protobuf::Message& request) = 0;
  // No more messages.  REQUIRES: CanWrite().
  virtual void StartWritesDone() = 0;
  // Ends the call from this side; kClosed follows.
  virtual void Cancel() = 0;

  // Waits at most `timeout_ms` for something to happen.  Fills `answer`, which is of
  // the RPC's response type, when that is an answer.
  [[nodiscard]] virtual Event WaitBlocking(int64_t timeout_ms,
                                           google::protobuf::Message* answer) = 0;
  [[nodiscard]] virtual const RpcStatus& status() const = 0;
};

// Called once, when what is to be sent has been found to be right.
using OpenStream = std::function<std::unique_ptr<CallStream>()>;

}  // namespace gonghui::ctl

#endif  // GONGHUI_TOOLS_GONGHUICTL_CALL_STREAM_H_
