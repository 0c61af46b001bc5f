// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Ctrl-C, as a flag that whoever waits looks at.

#ifndef GONGHUI_TOOLS_GONGHUICTL_INTERRUPT_H_
#define GONGHUI_TOOLS_GONGHUICTL_INTERRUPT_H_

namespace gonghui::ctl {

// From here on the first SIGINT or SIGTERM sets the flag; the second ends the
// process at once.
void InstallInterruptHandler();

[[nodiscard]] bool Interrupted();

}  // namespace gonghui::ctl

#endif  // GONGHUI_TOOLS_GONGHUICTL_INTERRUPT_H_
