// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The command line: options, commands, help, and what is said when it is wrong.

#ifndef GONGHUI_TOOLS_GONGHUICTL_CLI_H_
#define GONGHUI_TOOLS_GONGHUICTL_CLI_H_

namespace gonghui::ctl {

// All of gonghuictl but the signal handlers.  Returns the exit status.
[[nodiscard]] int RunCommandLine(int argc, char** argv);

}  // namespace gonghui::ctl

#endif  // GONGHUI_TOOLS_GONGHUICTL_CLI_H_
