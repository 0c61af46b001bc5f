// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// gonghuid as a process, for tests that look at its command line, its log and its signals.

#ifndef GONGHUI_TESTS_E2E_SERVER_PROCESS_H_
#define GONGHUI_TESTS_E2E_SERVER_PROCESS_H_

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "engine/base/check.h"
#include "tests/e2e/server/certificates.h"
#include "tests/e2e/server/harness.h"

namespace gonghui {

// gonghuid with a folder of its own.
class Process {
 public:
  explicit Process(const std::string& extra_config = "",
                   const std::string& terminals = "127.0.0.1:0")
      : folder_(MakeTestFolder()) {
    std::ofstream(folder_ + "/gonghuid.toml")
        << "[data]\ndir = \"" << folder_ << "/data\"\n[vault]\nkey_file = \"" << folder_
        << "/vault.key\"\n[operators]\nlisten = \"unix:" << folder_ << "/operator.sock\"\n"
        << "[terminals]\nlisten = \"" << terminals << "\"\n"
        << extra_config;
  }
  ~Process() {
    if (pid_ != 0) {
      ::kill(pid_, SIGKILL);
      Wait();
    }
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  void Spawn(const std::vector<std::string>& flags, rlim_t files_max = 0) {
    std::vector<std::string> arguments = {GONGHUID_PROGRAM, "--config", folder_ + "/gonghuid.toml"};
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    std::vector<char*> argv;
    for (std::string& argument : arguments) {
      argv.push_back(argument.data());
    }
    argv.push_back(nullptr);
    const int log = ::open(log_file().c_str(), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0600);
    GH_CHECK(log >= 0);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (files_max != 0) {
        const rlimit limit{files_max, files_max};
        ::setrlimit(RLIMIT_NOFILE, &limit);
      }
      ::dup2(log, STDOUT_FILENO);
      ::dup2(log, STDERR_FILENO);
      ::execv(argv[0], argv.data());
      ::_exit(127);
    }
    ::close(log);
  }
  // Waits until it is ready; its address for terminals.
  std::string WaitUntilReady() {
    for (int i = 0; i < 3'000; ++i) {
      const std::string log = Log();
      for (const char* const said : {"ready terminals=", "\"terminals\":\""}) {  // text, JSON
        const size_t at = log.find(said);
        if (at != std::string::npos && log.find('\n', at) != std::string::npos) {
          const size_t begin = at + std::strlen(said);
          return log.substr(begin, log.find_first_of(" \"", begin) - begin);
        }
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    ADD_FAILURE() << Log();
    return "";
  }
  void Signal(int signal) const { ::kill(pid_, signal); }
  // Exit code, or minus the signal.
  int Wait() {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

  [[nodiscard]] std::string Log() const { return ReadTextFile(log_file()); }
  [[nodiscard]] const std::string& folder() const { return folder_; }
  [[nodiscard]] std::string operators_address() const {
    return "unix:" + folder_ + "/operator.sock";
  }

 private:
  [[nodiscard]] std::string log_file() const { return folder_ + "/log"; }

  const std::string folder_;
  pid_t pid_ = 0;
};

}  // namespace gonghui

#endif  // GONGHUI_TESTS_E2E_SERVER_PROCESS_H_
