// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tools/load/options.h"

#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gonghui::load {
namespace {

using testing::HasSubstr;

class OptionsTest : public testing::Test {
 protected:
  // What --synthetic needs, and `words`.
  std::optional<int> Parse(const std::vector<std::string>& words) {
    std::vector<std::string> all = {
        "gonghui-load", "--server", "127.0.0.1:1", "--insecure", "--synthetic", "100"};
    all.insert(all.end(), words.begin(), words.end());
    std::vector<char*> argv;
    for (std::string& word : all) {
      argv.push_back(word.data());
    }
    testing::internal::CaptureStderr();
    const std::optional<int> exit =
        ParseOptions(static_cast<int>(argv.size()), argv.data(), &options_);
    said_ = testing::internal::GetCapturedStderr();
    return exit;
  }

  Options options_;
  std::string said_;
};

TEST_F(OptionsTest, AMixOfTapsSalesAndLives) {
  EXPECT_EQ(Parse({"--gate-percent", "70", "--lifecycle", "5"}), std::nullopt) << said_;
  EXPECT_EQ(options_.mix.gate_percent, 70U);
  EXPECT_EQ(options_.mix.lifecycle_percent, 5U);
  EXPECT_EQ(options_.mix.holds_percent, 0U);
}

TEST_F(OptionsTest, WhatDoesNotGoTogetherIsTold) {
  EXPECT_EQ(Parse({"--gate-percent", "96", "--lifecycle", "5"}), 2);
  EXPECT_THAT(said_, HasSubstr("more than 100 %"));
  EXPECT_EQ(Parse({"--lifecycle", "5", "--mode", "stream"}), 2);
  EXPECT_THAT(said_, HasSubstr("a stream carries authorizations only"));
  EXPECT_EQ(Parse({"--lifecycle", "5", "--mode", "mixed"}), 2);
  EXPECT_THAT(said_, HasSubstr("a stream carries authorizations only"));
  EXPECT_EQ(Parse({"--lifecycle", "5", "--holds", "5"}), 2);
  EXPECT_THAT(said_, HasSubstr("excludes"));
  EXPECT_EQ(Parse({"--gate-percent", "101"}), 2);
}

TEST_F(OptionsTest, HoldsThatEndAreHolds) {
  EXPECT_EQ(Parse({"--hold-seconds", "30"}), 2);
  EXPECT_THAT(said_, HasSubstr("sales hold nothing"));
}

TEST_F(OptionsTest, HoldsThatEndAndStalls) {
  EXPECT_EQ(Parse({}), std::nullopt) << said_;
  EXPECT_EQ(options_.mix.hold_seconds, 0U) << "as the benefit says";
  EXPECT_EQ(options_.stall_ms, 5U);
  EXPECT_EQ(Parse({"--holds", "2", "--hold-seconds", "30", "--stall-ms", "7"}), std::nullopt)
      << said_;
  EXPECT_EQ(options_.mix.hold_seconds, 30U);
  EXPECT_EQ(options_.stall_ms, 7U);
  EXPECT_EQ(Parse({"--holds", "2", "--hold-seconds", "2678401"}), 2) << "more than 31 days";
  EXPECT_EQ(Parse({"--stall-ms", "0"}), 2) << "every call would be one";
}

}  // namespace
}  // namespace gonghui::load
