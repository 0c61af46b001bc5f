// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/programmes/words.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

#include <gtest/gtest.h>

namespace gonghui {
namespace {

// A text in one language only does not compile.
static_assert(!std::is_constructible_v<Words, const char*>);
static_assert(!std::is_constructible_v<Words, std::string>);
static_assert(!std::is_constructible_v<Words, std::string_view>);
static_assert(std::is_constructible_v<Words, std::string, std::string>);

TEST(Words, EachLanguageHasItsOwnOrder) {
  EXPECT_EQ(Say("$0 of $1", "$1的$0", 3, std::string("x")), Words("3 of x", "x的3"));
  EXPECT_EQ(Say("plain", "普通"), Words("plain", "普通"));
  EXPECT_EQ(Say("$0 and $0", "$0与$0", 1), Words("1 and 1", "1与1"));
}

TEST(Words, PartsSpeakTheLanguageTheyStandIn) {
  const Words fund = Say("fund", "资金");
  EXPECT_EQ(Say("no $0 $1", "没有$0 $1", fund, "'f'"), Words("no fund 'f'", "没有资金 'f'"));
  EXPECT_EQ(Say("($0)", "（$0）", Say("at most $0", "最多$0", 5)),
            Words("(at most 5)", "（最多5）"));
}

TEST(Words, PartsAreWhatMessagesAreMadeOf) {
  constexpr std::string_view kView = "view and more";
  EXPECT_EQ(Say("$0", "$0字", kView.substr(0, 4)), Words("view", "view字"));
  EXPECT_EQ(Say("$0", "$0字", uint8_t{7}), Words("7", "7字"));
  EXPECT_EQ(Say("$0", "$0字", INT64_MIN), Words("-9223372036854775808", "-9223372036854775808字"));
  // What the file says is no place for another part.
  EXPECT_EQ(Say("$0 $1", "$0和$1", "$1", "%s{}"), Words("$1 %s{}", "$1和%s{}"));
}

TEST(Words, AreEmptyWhenNothingIsSaid) {
  EXPECT_TRUE(Words{}.empty());
  EXPECT_FALSE(Say("x", "叉").empty());
}

}  // namespace
}  // namespace gonghui
