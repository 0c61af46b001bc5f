// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// sigaction with SA_RESETHAND, and without SA_RESTART so that a prompt that
// waits for the keyboard wakes up.

#include "tools/gonghuictl/interrupt.h"

#include <csignal>

namespace gonghui::ctl {
namespace {

volatile std::sig_atomic_t g_interrupted = 0;

extern "C" void OnSignal(int) {
  g_interrupted = 1;
}

}  // namespace

void InstallInterruptHandler() {
  struct sigaction action {};
  action.sa_handler = OnSignal;
  sigemptyset(&action.sa_mask);
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  // A reader that goes away (`| head`) must not look like a crash of ours.
  std::signal(SIGPIPE, SIG_DFL);
}

bool Interrupted() {
  return g_interrupted != 0;
}

}  // namespace gonghui::ctl
