// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// gonghuid as a process: its command line, signals, and what it does when it runs
// out of file descriptors.

#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "engine/base/check.h"
#include "gonghui/v1/operations_service.grpc.pb.h"
#include "tests/e2e/server/certificates.h"
#include "tests/e2e/server/harness.h"

namespace gonghui {
namespace {

using ::testing::HasSubstr;

// gonghuid with a folder of its own.
class Process {
 public:
  explicit Process(std::string extra_config = "") : folder_(MakeTestFolder()) {
    std::ofstream(folder_ + "/gonghuid.toml")
        << "[data]\ndir = \"" << folder_ << "/data\"\n[vault]\nkey_file = \"" << folder_
        << "/vault.key\"\n[operators]\nlisten = \"unix:" << folder_ << "/operator.sock\"\n"
        << "[terminals]\nlisten = \"127.0.0.1:0\"\n"
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
      const size_t at = log.find("ready terminals=");
      if (at != std::string::npos && log.find('\n', at) != std::string::npos) {
        const size_t begin = log.find('=', at) + 1;
        return log.substr(begin, log.find(' ', begin) - begin);
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

grpc::Status GetStatus(const std::string& address, v1::GetStatusResponse* response) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  grpc::ClientContext context;
  context.set_deadline(
      gpr_time_add(gpr_now(GPR_CLOCK_REALTIME), gpr_time_from_seconds(20, GPR_TIMESPAN)));
  return v1::OperationsService::NewStub(
             grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments))
      ->GetStatus(&context, {}, response);
}

// Any decision at all.
grpc::Status AskTerminals(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  grpc::ClientContext context;
  context.set_wait_for_ready(true);
  context.set_deadline(
      gpr_time_add(gpr_now(GPR_CLOCK_REALTIME), gpr_time_from_seconds(20, GPR_TIMESPAN)));
  v1::AuthorizeResponse response;
  return v1::AuthorizationService::NewStub(
             grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments))
      ->Authorize(&context, Ride(), &response);
}

TEST(ProcessTest, StopsOnSigtermAndStartsAgain) {
  Process process;
  for (int i = 0; i < 2; ++i) {
    process.Spawn({"--insecure-dev"});
    const std::string address = process.WaitUntilReady();
    EXPECT_THAT(process.Log(), HasSubstr("INSECURE"));
    EXPECT_TRUE(AskTerminals(address).ok());
    v1::GetStatusResponse status;
    EXPECT_TRUE(GetStatus(process.operators_address(), &status).ok());
    EXPECT_EQ(status.version(), "0.1.0");
    process.Signal(SIGTERM);
    EXPECT_EQ(process.Wait(), 0) << process.Log();
    EXPECT_THAT(process.Log(), HasSubstr("stopped"));
    EXPECT_FALSE(std::filesystem::exists(process.folder() + "/operator.sock"));
  }
}

TEST(ProcessTest, ASocketThatAKilledServerLeftIsReplaced) {
  Process process;
  process.Spawn({"--insecure-dev"});
  process.WaitUntilReady();
  process.Signal(SIGKILL);
  EXPECT_EQ(process.Wait(), -SIGKILL);
  EXPECT_TRUE(std::filesystem::exists(process.folder() + "/operator.sock"));
  process.Spawn({"--insecure-dev"});
  process.WaitUntilReady();
  v1::GetStatusResponse status;
  EXPECT_TRUE(GetStatus(process.operators_address(), &status).ok());
}

TEST(ProcessTest, ASecondSignalStopsAtOnce) {
  Process process("[shutdown]\nlame_duck_ms = 600000\n");
  process.Spawn({"--insecure-dev"});
  process.WaitUntilReady();
  process.Signal(SIGTERM);
  while (process.Log().find("draining") == std::string::npos) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  process.Signal(SIGTERM);
  EXPECT_EQ(process.Wait(), 0);
  EXPECT_THAT(process.Log(), HasSubstr("stopping at once"));
}

TEST(ProcessTest, WithoutTlsOrLeaveItDoesNotStart) {
  Process process;
  process.Spawn({});
  EXPECT_EQ(process.Wait(), 1);
  EXPECT_THAT(process.Log(), HasSubstr("gonghuid.toml:7:1: [terminals.tls] is missing"));
  process.Spawn({"--check-config"});
  EXPECT_EQ(process.Wait(), 1);
  process.Spawn({"--check-config", "--insecure-dev"});
  EXPECT_EQ(process.Wait(), 0);
  EXPECT_EQ(process.Log(), "OK\n");
}

TEST(ProcessTest, ASecondServerOnTheSameFolderIsRefused) {
  Process process;
  process.Spawn({"--insecure-dev"});
  process.WaitUntilReady();
  const std::string config = process.folder() + "/gonghuid.toml";
  const std::string command = std::string(GONGHUID_PROGRAM) + " --insecure-dev --config " + config +
                              " > " + process.folder() + "/second 2>&1";
  EXPECT_NE(std::system(command.c_str()), 0);
  EXPECT_THAT(ReadTextFile(process.folder() + "/second"), HasSubstr("cannot serve"));
  v1::GetStatusResponse status;
  EXPECT_TRUE(GetStatus(process.operators_address(), &status).ok());
}

TEST(ProcessTest, TheListenerOutlivesTheLackOfDescriptors) {
  Process process("connections_per_address_max = 1000000\n");
  process.Spawn({"--insecure-dev"}, /*files_max=*/128);
  const std::string address = process.WaitUntilReady();
  ASSERT_TRUE(AskTerminals(address).ok());
  sockaddr_in target{};
  target.sin_family = AF_INET;
  target.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  target.sin_port = htons(static_cast<uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
  for (int round = 0; round < 3; ++round) {
    std::vector<int> idle;
    for (int i = 0; i < 300; ++i) {
      const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      ASSERT_GE(fd, 0);
      ASSERT_EQ(::connect(fd, reinterpret_cast<const sockaddr*>(&target), sizeof(target)), 0);
      idle.push_back(fd);
    }
    for (const int fd : idle) {
      ::close(fd);
    }
  }
  const grpc::Status status = AskTerminals(address);
  EXPECT_TRUE(status.ok()) << status.error_message() << process.Log();
  process.Signal(SIGTERM);
  EXPECT_EQ(process.Wait(), 0);
}

}  // namespace
}  // namespace gonghui
