// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// A completion script for bash, made from the commands themselves.

#ifndef GONGHUI_TOOLS_GONGHUICTL_COMPLETION_H_
#define GONGHUI_TOOLS_GONGHUICTL_COMPLETION_H_

#include <string>

namespace CLI {
class App;
}

namespace gonghui::ctl {

// Completes subcommands and long options; elsewhere, files.
[[nodiscard]] std::string BashCompletion(const CLI::App& app);

}  // namespace gonghui::ctl

#endif  // GONGHUI_TOOLS_GONGHUICTL_COMPLETION_H_
