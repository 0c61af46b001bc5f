// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// A command of the shell, run to its end.

#ifndef GONGHUI_TESTS_TESTING_RUN_SHELL_H_
#define GONGHUI_TESTS_TESTING_RUN_SHELL_H_

#include <string>

namespace gonghui {

struct Ran {
  int exit_code = -1;  // -1 = a signal ended it
  std::string output;  // both streams
};

Ran RunShell(const std::string& command);

}  // namespace gonghui

#endif  // GONGHUI_TESTS_TESTING_RUN_SHELL_H_
