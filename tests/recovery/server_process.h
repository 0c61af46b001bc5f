// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The real gonghuid as a child process, in a folder of its own that is removed
// with it.  Terminals on a port that the system chooses, another one after each
// start; operators on a Unix socket.
//
// Thread safety: none.  Start() from the main thread only: the child is told to
// die with the thread that made it, so that a killed test leaves no server.

#ifndef GONGHUI_TESTS_RECOVERY_SERVER_PROCESS_H_
#define GONGHUI_TESTS_RECOVERY_SERVER_PROCESS_H_

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/status.h>
#include <grpcpp/channel.h>

#include "tests/testing/run_shell.h"

namespace gonghui {

class ServerProcess {
 public:
  // Makes the folder and the configuration, with `sections` (TOML) at its end; starts
  // nothing.
  explicit ServerProcess(std::string_view sections = "");
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  // Blocks until it serves.  REQUIRES: it does not run.
  absl::Status Start();
  // SIGKILL; returns when the process is gone.
  void Kill();
  // SIGTERM; returns the exit code, or minus the signal that ended it.
  int Terminate();
  void SendSigterm() const;
  int WaitForExit();

  // A connection of its own each.  REQUIRES: it runs; the terminal's waits until it stands.
  [[nodiscard]] std::shared_ptr<grpc::Channel> ConnectTerminal() const;
  [[nodiscard]] std::shared_ptr<grpc::Channel> ConnectOperator() const;

  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
  [[nodiscard]] std::filesystem::path data_folder() const { return folder_ / "data"; }
  [[nodiscard]] std::filesystem::path vault_key_file() const { return folder_ / "vault.key"; }
  // What the newest start said, log and standard error.
  [[nodiscard]] std::string LogOfThisStart() const;
  // The number after `key`= in the newest start's log; -1 when it is not there.
  [[nodiscard]] int64_t NumberInLog(std::string_view key) const;

 private:
  [[nodiscard]] std::filesystem::path log_file() const { return folder_ / "gonghuid.log"; }

  std::filesystem::path folder_;
  pid_t pid_ = 0;  // 0 = does not run
  std::uintmax_t log_begin_ = 0;
  std::string terminals_address_;
};

// Runs a program to its end; its exit code, and what it said.
Ran RunProgram(const std::vector<std::string>& arguments);

std::string ReadWholeFile(const std::filesystem::path& path);

}  // namespace gonghui

#endif  // GONGHUI_TESTS_RECOVERY_SERVER_PROCESS_H_
