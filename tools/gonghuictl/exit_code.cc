// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The numbers on the left are grpc::StatusCode's; absl::StatusCode is the same
// list by contract, and its header is the cheaper one.

#include "tools/gonghuictl/exit_code.h"

#include <absl/status/status.h>

namespace gonghui::ctl {

ExitCode ExitCodeForRpc(int rpc_code) {
  switch (static_cast<absl::StatusCode>(rpc_code)) {
    case absl::StatusCode::kOk:
      return ExitCode::kOk;
    case absl::StatusCode::kNotFound:
      return ExitCode::kNotFound;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kOutOfRange:
      return ExitCode::kRefused;
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kUnauthenticated:
      return ExitCode::kAuth;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kResourceExhausted:
      return ExitCode::kUnreachable;
    case absl::StatusCode::kDeadlineExceeded:
      return ExitCode::kTimeout;
    default:
      // CANCELLED, UNKNOWN, ABORTED, UNIMPLEMENTED, INTERNAL, DATA_LOSS, and
      // whatever a newer server invents.
      return ExitCode::kError;
  }
}

std::string ExitCodesHelp() {
  return R"(Exit codes
    0  ok
    1  error that has no code of its own (a file can not be read, a bug in the server ...)
    2  usage: an option or argument is wrong, or --yes is missing
    3  not found: no such member, card, merchant, programme, transaction ...
    4  refused: declined, invalid, or the state of things does not allow it;
       also a programme file with diagnostics, a malformed CSV file, and a draw that does
       not fit what was made known of it
    5  not allowed: the server does not trust this caller
    6  unreachable, stopping or overloaded: the same again may succeed later
    7  timeout: no answer in time; a change may or may not have been made
    8  partly done: an import with rejected rows, codes or grants of which some members
       were refused, some of several ids failed, some of several advices were not accepted
    9  out of balance: the batch is closed, but terminal and ledger count differently
  130  interrupted by Ctrl-C
)";
}

}  // namespace gonghui::ctl
