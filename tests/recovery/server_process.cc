// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/recovery/server_process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <thread>

#include <absl/strings/str_cat.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include "engine/base/check.h"

namespace gonghui {
namespace {

constexpr int kReadyPollMs = 5;
constexpr int kReadyPollsMax = 60'000 / kReadyPollMs;

// The child's output goes to `output_fd`.  Between fork and exec only what is
// safe in a process that had threads.
pid_t Spawn(const std::vector<std::string>& arguments, int output_fd) {
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (const std::string& argument : arguments) {
    argv.push_back(const_cast<char*>(argument.c_str()));
  }
  argv.push_back(nullptr);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  GH_CHECK(pid >= 0, "fork: errno=", errno);
  if (pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) {
      ::_exit(127);
    }
    ::dup2(output_fd, STDOUT_FILENO);
    ::dup2(output_fd, STDERR_FILENO);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  return pid;
}

int ExitCodeOf(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

std::shared_ptr<grpc::Channel> Connect(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  // A killed server is noticed by the connection that breaks; nothing retries
  // behind the book's back.
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

}  // namespace

std::string ReadWholeFile(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

Ran RunProgram(const std::vector<std::string>& arguments) {
  FILE* const output = std::tmpfile();
  GH_CHECK(output != nullptr, "tmpfile: errno=", errno);
  const pid_t pid = Spawn(arguments, ::fileno(output));
  int status = 0;
  GH_CHECK(::waitpid(pid, &status, 0) == pid, "waitpid: errno=", errno);
  Ran ran;
  ran.exit_code = ExitCodeOf(status);
  std::rewind(output);
  for (int c = std::fgetc(output); c != EOF; c = std::fgetc(output)) {
    ran.output.push_back(static_cast<char>(c));
  }
  std::fclose(output);
  return ran;
}

ServerProcess::ServerProcess(std::string_view sections) {
  // Short: a Unix socket's path has to fit 107 characters.
  std::string pattern = (std::filesystem::temp_directory_path() / "gh-rec.XXXXXX").string();
  GH_CHECK(::mkdtemp(pattern.data()) != nullptr, pattern);
  folder_ = pattern;
  std::filesystem::create_directory(data_folder());
  std::ofstream config(folder_ / "gonghuid.toml");
  config << "[data]\ndir = \"" << data_folder().string() << "\"\n"
         << "[vault]\nkey_file = \"" << vault_key_file().string() << "\"\n"
         << "[terminals]\nlisten = \"127.0.0.1:0\"\n"
         << "[operators]\nlisten = \"unix:" << (folder_ / "operator.sock").string()
         << "\"\n"
         // As often as may be, so that kills come in the middle of checkpoints too.
         << "[checkpoint]\njournal_bytes = 1048576\ninterval_seconds = 1\n"
         << "[log]\nlevel = \"debug\"\n"
         << sections;
}

ServerProcess::~ServerProcess() {
  if (pid_ != 0) {
    Kill();
  }
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

absl::Status ServerProcess::Start() {
  GH_CHECK(pid_ == 0, "it runs already, pid=", pid_);
  const int log = ::open(log_file().c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
  GH_CHECK(log >= 0, "open: errno=", errno);
  log_begin_ = std::filesystem::file_size(log_file());
  pid_ = Spawn(
      {GONGHUID_PROGRAM, "--insecure-dev", "--config", (folder_ / "gonghuid.toml").string()}, log);
  ::close(log);
  for (int i = 0; i < kReadyPollsMax; ++i) {
    const std::string said = LogOfThisStart();
    const size_t ready = said.find("ready terminals=");
    if (ready != std::string::npos && said.find('\n', ready) != std::string::npos) {
      const size_t begin = said.find('=', ready) + 1;
      terminals_address_ = said.substr(begin, said.find_first_of(" \n", begin) - begin);
      return absl::OkStatus();
    }
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == pid_) {
      pid_ = 0;
      return absl::InternalError(
          absl::StrCat("gonghuid ended with ", ExitCodeOf(status), ":\n", LogOfThisStart()));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(kReadyPollMs));
  }
  return absl::DeadlineExceededError(absl::StrCat("gonghuid is not ready:\n", LogOfThisStart()));
}

void ServerProcess::Kill() {
  GH_CHECK(pid_ != 0);
  ::kill(pid_, SIGKILL);
  WaitForExit();
}

void ServerProcess::SendSigterm() const {
  GH_CHECK(pid_ != 0);
  ::kill(pid_, SIGTERM);
}

int ServerProcess::WaitForExit() {
  int status = 0;
  GH_CHECK(::waitpid(pid_, &status, 0) == pid_, "waitpid: errno=", errno);
  pid_ = 0;
  return ExitCodeOf(status);
}

int ServerProcess::Terminate() {
  SendSigterm();
  return WaitForExit();
}

std::shared_ptr<grpc::Channel> ServerProcess::ConnectTerminal() const {
  const std::shared_ptr<grpc::Channel> channel = Connect(terminals_address_);
  // gRPC 1.51's client reads errno too late after connect() and may take a connection under
  // way for one that failed (grpc/grpc pull request 35064).  It tries again after a second.
  channel->WaitForConnected(
      gpr_time_add(gpr_now(GPR_CLOCK_REALTIME), gpr_time_from_seconds(10, GPR_TIMESPAN)));
  return channel;
}

std::shared_ptr<grpc::Channel> ServerProcess::ConnectOperator() const {
  return Connect(absl::StrCat("unix:", (folder_ / "operator.sock").string()));
}

std::string ServerProcess::LogOfThisStart() const {
  return ReadWholeFile(log_file()).substr(log_begin_);
}

int64_t ServerProcess::NumberInLog(std::string_view key) const {
  const std::string said = LogOfThisStart();
  const std::string wanted = " " + std::string(key) + "=";
  const size_t at = said.find(wanted);
  return at == std::string::npos ? -1 : std::atoll(said.c_str() + at + wanted.size());
}

}  // namespace gonghui
