// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// gonghuictl, the real binary, against the fake server.

#ifndef GONGHUI_TESTS_E2E_CTL_CTL_FIXTURE_H_
#define GONGHUI_TESTS_E2E_CTL_CTL_FIXTURE_H_

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/base/check.h"
#include "tests/e2e/ctl/certificates.h"
#include "tests/e2e/ctl/fake_server.h"
#include "tests/e2e/ctl/run_program.h"

namespace gonghui::testing_e2e {

class CtlTest : public testing::Test {
 protected:
  // Short: the path of a Unix socket has at most 107 bytes.
  CtlTest() {
    char path[] = "/tmp/ctl_test.XXXXXX";
    GH_CHECK(mkdtemp(path) != nullptr);
    folder_ = path;
    certificates_ = MakeCertificates();
    server_ = std::make_unique<FakeServer>(folder_, certificates_);
    options_.environment = {{"GONGHUI_SERVER", server_->target()},
                            {"GONGHUI_TERMINAL_SERVER", server_->target()},
                            {"GONGHUI_ZONE", ""},
                            {"TZ", "Asia/Shanghai"},
                            {"TERM", "xterm"}};
  }
  ~CtlTest() override {
    server_.reset();
    (void)RunProgram({"/bin/rm", "-rf", folder_});
  }

  std::vector<std::string> Command(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), GONGHUICTL_PATH);
    return arguments;
  }
  static std::vector<std::string> With(std::vector<std::string> arguments,
                                       const std::vector<std::string>& more) {
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }
  RunResult Run(std::vector<std::string> arguments) const {
    return RunProgram(Command(std::move(arguments)), options_);
  }
  // As a terminal, without TLS.
  RunResult RunInsecure(std::vector<std::string> arguments) const {
    arguments.emplace_back("--insecure");
    return Run(std::move(arguments));
  }
  RunResult RunOnTerminal(std::vector<std::string> arguments, const std::string& typed) const {
    RunOptions options = options_;
    options.on_terminal = true;
    options.typed = typed;
    return RunProgram(Command(std::move(arguments)), options);
  }

  std::string Write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ + "/" + name, std::ios::binary) << text;
    return folder_ + "/" + name;
  }
  std::string Read(const std::string& name) const {
    std::ifstream file(folder_ + "/" + name, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }
  bool Exists(const std::string& name) const {
    struct stat info {};
    return stat((folder_ + "/" + name).c_str(), &info) == 0;
  }

  std::string folder_;
  Certificates certificates_;
  std::unique_ptr<FakeServer> server_;
  RunOptions options_;
};

}  // namespace gonghui::testing_e2e

#endif  // GONGHUI_TESTS_E2E_CTL_CTL_FIXTURE_H_
