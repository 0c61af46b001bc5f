// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/testing/run_shell.h"

#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdio>

#include "engine/base/check.h"

namespace gonghui {

Ran RunShell(const std::string& command) {
  std::FILE* const pipe = ::popen((command + " 2>&1").c_str(), "r");
  GH_CHECK(pipe != nullptr, "popen: errno=", errno);
  Ran ran;
  std::array<char, 4'096> buffer;
  while (const size_t size = std::fread(buffer.data(), 1, buffer.size(), pipe)) {
    ran.output.append(buffer.data(), size);
  }
  const int status = ::pclose(pipe);
  ran.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return ran;
}

}  // namespace gonghui
