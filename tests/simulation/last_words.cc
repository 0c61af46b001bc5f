// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/simulation/last_words.h"

#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstring>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define GONGHUI_SANITIZER_REPORTS
#include <sanitizer/common_interface_defs.h>
#endif

namespace gonghui {
namespace {

// Ready to be written by a signal's handler, which may do nothing but write.
std::array<char, 4096> last_words{};

void Say() {
  [[maybe_unused]] const auto written =
      write(STDERR_FILENO, last_words.data(), std::strlen(last_words.data()));
}

void SayAndEnd(int signal) {
  Say();
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

}  // namespace

void InstallLastWords() {
  std::signal(SIGABRT, SayAndEnd);
#ifdef GONGHUI_SANITIZER_REPORTS
  // Which ends without a signal, and has a handler of its own for a wild pointer, that says where.
  __sanitizer_set_death_callback(Say);
#else
  std::signal(SIGSEGV, SayAndEnd);
#endif
}

void PrepareLastWords(const SimPlan& plan) {
  std::snprintf(last_words.data(),
                last_words.size(),
                "seed %llu ended the process\nReplay: tools/sim %s\n",
                static_cast<unsigned long long>(plan.seed),
                ReplayText(plan).c_str());
}

}  // namespace gonghui
