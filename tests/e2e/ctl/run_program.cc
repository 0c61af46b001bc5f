// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// posix_spawn, not fork: gRPC's threads run in this process.

#include "tests/e2e/ctl/run_program.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "engine/base/check.h"

extern char** environ;  // NOLINT

namespace gonghui::testing_e2e {
namespace {

std::vector<char*> Pointers(std::vector<std::string>* strings) {
  std::vector<char*> pointers;
  for (std::string& s : *strings) {
    pointers.push_back(s.data());
  }
  pointers.push_back(nullptr);
  return pointers;
}

std::vector<std::string> Environment(const std::map<std::string, std::string>& added) {
  std::vector<std::string> all;
  for (char** at = environ; *at != nullptr; ++at) {
    const std::string entry = *at;
    if (!added.contains(entry.substr(0, entry.find('=')))) {
      all.push_back(entry);
    }
  }
  for (const auto& [name, value] : added) {
    all.push_back(name + "=" + value);
  }
  return all;
}

// A pipe whose ends do not leak into other children.
void Pipe(int* read_end, int* write_end) {
  int ends[2];
  GH_CHECK(pipe2(ends, O_CLOEXEC) == 0, errno);
  *read_end = ends[0];
  *write_end = ends[1];
}

}  // namespace

Running::Running(const std::vector<std::string>& command, const RunOptions& options) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  std::vector<int> to_close;
  if (options.on_terminal) {
    int slave = -1;
    winsize size{};
    size.ws_row = 40;
    size.ws_col = 120;
    GH_CHECK(openpty(&out_fd_, &slave, nullptr, nullptr, &size) == 0, errno);
    fcntl(out_fd_, F_SETFD, FD_CLOEXEC);
    fcntl(slave, F_SETFD, FD_CLOEXEC);
    for (const int fd : {0, 1, 2}) {
      posix_spawn_file_actions_adddup2(&actions, slave, fd);
    }
    to_close.push_back(slave);
    GH_CHECK(write(out_fd_, options.typed.data(), options.typed.size()) ==
                 static_cast<ssize_t>(options.typed.size()),
             errno);
  } else {
    int out_write = -1;
    int err_write = -1;
    Pipe(&out_fd_, &out_write);
    Pipe(&err_fd_, &err_write);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, out_write, 1);
    posix_spawn_file_actions_adddup2(&actions, err_write, 2);
    to_close = {out_write, err_write};
  }
  std::vector<std::string> arguments = command;
  std::vector<std::string> environment = Environment(options.environment);
  const int failed = posix_spawn(&pid_,
                                 command[0].c_str(),
                                 &actions,
                                 nullptr,
                                 Pointers(&arguments).data(),
                                 Pointers(&environment).data());
  GH_CHECK(failed == 0, command[0], ": errno ", failed);
  posix_spawn_file_actions_destroy(&actions);
  for (const int fd : to_close) {
    close(fd);
  }
}

RunResult Running::Wait() {
  RunResult result;
  pollfd fds[2] = {{out_fd_, POLLIN, 0}, {err_fd_, POLLIN, 0}};
  std::string* texts[2] = {&result.out, &result.err};
  while (fds[0].fd >= 0 || fds[1].fd >= 0) {
    if (poll(fds, 2, -1) < 0) {
      GH_CHECK_EQ(errno, EINTR);
      continue;
    }
    for (size_t i = 0; i < 2; ++i) {
      if (fds[i].revents == 0) {
        continue;
      }
      char buffer[4096];
      const ssize_t got = read(fds[i].fd, buffer, sizeof buffer);
      if (got <= 0) {  // a terminal whose other end is closed gives EIO
        close(fds[i].fd);
        fds[i].fd = -1;
      } else {
        texts[i]->append(buffer, static_cast<size_t>(got));
      }
    }
  }
  int status = 0;
  GH_CHECK(waitpid(pid_, &status, 0) == pid_, errno);
  result.exit = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result;
}

RunResult RunProgram(const std::vector<std::string>& command, const RunOptions& options) {
  return Running(command, options).Wait();
}

}  // namespace gonghui::testing_e2e
