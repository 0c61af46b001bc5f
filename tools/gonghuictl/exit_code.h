// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What gonghuictl's exit status says.  Scripts rely on the numbers: do not
// change them.

#ifndef GONGHUI_TOOLS_GONGHUICTL_EXIT_CODE_H_
#define GONGHUI_TOOLS_GONGHUICTL_EXIT_CODE_H_

#include <cstdint>
#include <string>

namespace gonghui::ctl {

enum class ExitCode : uint8_t {
  kOk = 0,
  kError = 1,
  kUsage = 2,
  kNotFound = 3,
  kRefused = 4,
  kAuth = 5,
  kUnreachable = 6,
  kTimeout = 7,
  kPartlyDone = 8,
  kOutOfBalance = 9,
  kInterrupted = 130,
};

// The exit code for a gRPC status code (its number, so that nobody needs
// gRPC's headers to ask).
[[nodiscard]] ExitCode ExitCodeForRpc(int rpc_code);

// The table that `gonghuictl help exit-codes` prints.
[[nodiscard]] std::string ExitCodesHelp();

}  // namespace gonghui::ctl

#endif  // GONGHUI_TOOLS_GONGHUICTL_EXIT_CODE_H_
