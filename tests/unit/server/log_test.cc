// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/server/log.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <grpc/support/log.h>
#include <gtest/gtest.h>

#include "engine/server/grpc_log.h"

namespace gonghui {
namespace {

TEST(LogTest, TextQuotesWhatNeedsIt) {
  EXPECT_EQ(FormatLogLine(LogFormat::kText, "ready", {{"port", 7443}, {"path", "/run/x"}}),
            "ready port=7443 path=/run/x");
  EXPECT_EQ(FormatLogLine(LogFormat::kText, "x", {{"why", "a \"b\""}, {"on", true}, {"no", ""}}),
            R"(x why="a \"b\"" on=true no="")");
}

TEST(LogTest, JsonIsEscaped) {
  EXPECT_EQ(FormatLogLine(LogFormat::kJson, "a\nb", {{"n", -1}, {"t", "\x01\\ 张"}}),
            "\"msg\":\"a\\nb\",\"n\":-1,\"t\":\"\\u0001\\\\ 张\"");
}

TEST(LogTest, LongRunsOfDigitsAreMasked) {
  EXPECT_EQ(MaskDigits("card 6212345678901234 gone"), "card ************1234 gone");
  EXPECT_EQ(MaskDigits("13812345678"), "*******5678");
  EXPECT_EQ(MaskDigits("1234567890 port 7443"), "1234567890 port 7443");
  EXPECT_EQ(FormatLogLine(LogFormat::kText, "m", {{"t", "530102199001011234"}}),
            "m t=**************1234");
  // Numbers are numbers.
  EXPECT_EQ(FormatLogLine(LogFormat::kText, "m", {{"seq", 123456789012345}}),
            "m seq=123456789012345");
}

TEST(LogTest, WhatGrpcSaysIsALineOfOurs) {
  const std::string file =
      (std::filesystem::temp_directory_path() / ("gh-log." + std::to_string(::getpid()))).string();
  ASSERT_TRUE(InitLogging(LogLevel::kInfo, LogFormat::kJson, file).ok());
  TakeOverGrpcLog();
  gpr_set_log_verbosity(GPR_LOG_SEVERITY_ERROR);  // as grpc_init() does
  gpr_log(
      "src/core/some_file.cc", 12, GPR_LOG_SEVERITY_ERROR, "a \"%s\"\nof 6212345678901234", "b");
  gpr_set_log_function(nullptr);
  ASSERT_TRUE(InitLogging(LogLevel::kError, LogFormat::kText, "").ok());
  std::ifstream written(file);
  std::string line;
  ASSERT_TRUE(std::getline(written, line));
  EXPECT_THAT(line, testing::StartsWith("{\"ts\":\""));
  EXPECT_THAT(
      line,
      testing::EndsWith(R"("level":"warning","msg":"gRPC",)"
                        R"("text":"a \"b\"\nof ************1234","at":"some_file.cc:12"})"));
  EXPECT_FALSE(std::getline(written, line)) << line;
  std::filesystem::remove(file);
}

}  // namespace
}  // namespace gonghui
