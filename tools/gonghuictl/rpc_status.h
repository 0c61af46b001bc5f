// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// How a call ended, with what the server says about it in
// grpc-status-details-bin.

#ifndef GONGHUI_TOOLS_GONGHUICTL_RPC_STATUS_H_
#define GONGHUI_TOOLS_GONGHUICTL_RPC_STATUS_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "google/rpc/status.pb.h"
#include "tools/gonghuictl/exit_code.h"

namespace gonghui::ctl {

struct RpcStatus {
  int code = 0;  // a grpc::StatusCode's number
  std::string message;
  google::rpc::Status details;  // empty when the server sent none
  bool interrupted = false;     // by Ctrl-C, on this side
  bool never_sent = false;      // there was no connection: the server knows of nothing
  std::string hint;             // what to look at; empty = nothing to say

  [[nodiscard]] bool ok() const { return code == 0 && !interrupted; }
};

// "NOT_FOUND" for 5.
[[nodiscard]] std::string_view RpcCodeName(int code);

[[nodiscard]] ExitCode ExitCodeFor(const RpcStatus& status);

// For people, one or more lines, each with its line break:
//
//   INVALID_ARGUMENT: card_number is malformed (INVALID_FIELD)
//     card_number: 8 to 19 digits
[[nodiscard]] std::string FormatRpcStatus(const RpcStatus& status);

// The row for which a call that takes all of its rows or none was refused.
struct RefusedRow {
  size_t index = 0;  // in the request's field
  std::string description;
};

// Of what the server decided about a row, "grants[17].member_id" for the field "grants".  Nothing
// when it names none, or did not decide: then the call as a whole has failed.
[[nodiscard]] std::optional<RefusedRow> FindRefusedRow(const RpcStatus& status,
                                                       std::string_view field);

// A message can be printed as JSON only with details that we can read.
void DropUnreadableDetails(google::rpc::Status* status);

}  // namespace gonghui::ctl

#endif  // GONGHUI_TOOLS_GONGHUICTL_RPC_STATUS_H_
