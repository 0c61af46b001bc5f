// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// gonghuictl: talks to a server over its public contract; of the engine it knows only how a
// draw is worked out.

#include "tools/gonghuictl/cli.h"
#include "tools/gonghuictl/interrupt.h"
#include "tools/gonghuictl/text.h"

int main(int argc, char** argv) {
  gonghui::ctl::InstallInterruptHandler();
  gonghui::ctl::UseUtf8Locale();
  return gonghui::ctl::RunCommandLine(argc, argv);
}
