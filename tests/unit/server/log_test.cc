// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/server/log.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace gonghui
