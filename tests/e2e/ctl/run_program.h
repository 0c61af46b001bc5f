// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Starts a program as a shell would, and says what it printed and returned.

#ifndef GONGHUI_TESTS_E2E_CTL_RUN_PROGRAM_H_
#define GONGHUI_TESTS_E2E_CTL_RUN_PROGRAM_H_

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

namespace gonghui::testing_e2e {

struct RunResult {
  int exit = -1;  // 128 + signal when one ended it
  std::string out;
  std::string err;
};

struct RunOptions {
  // Added to this process's environment.
  std::map<std::string, std::string> environment;
  // Standard input, output and error are one terminal, on which this is typed;
  // all that it shows is in RunResult::out.
  bool on_terminal = false;
  std::string typed;
};

// A program that runs.  Wait() must be called.
class Running {
 public:
  Running(const std::vector<std::string>& command, const RunOptions& options);
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] RunResult Wait();

 private:
  pid_t pid_ = -1;
  int out_fd_ = -1;  // a pipe or the terminal's master
  int err_fd_ = -1;
};

[[nodiscard]] RunResult RunProgram(const std::vector<std::string>& command,
                                   const RunOptions& options = {});

}  // namespace gonghui::testing_e2e

#endif  // GONGHUI_TESTS_E2E_CTL_RUN_PROGRAM_H_
