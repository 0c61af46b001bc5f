// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/programmes/diagnostic.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace gonghui {
namespace {

TEST(Diagnostic, RendersWhatThereIs) {
  const Diagnostic full{3, 7, "benefits[0]", Say("bad", "不对"), Say("do better", "请改正")};
  EXPECT_EQ(Render(full, "a.yaml"), "a.yaml:3:7: benefits[0]: bad (do better)");
  EXPECT_EQ(RenderZh(full), "benefits[0]：不对（请改正）");
  const Diagnostic short_one{3, 7, "", Say("bad", "不对"), {}};
  EXPECT_EQ(Render(short_one, "a.yaml"), "a.yaml:3:7: bad");
  EXPECT_EQ(RenderZh(short_one), "不对");
}

TEST(Diagnostic, QuotesCutAtCharactersAndShowNoControlCharacters) {
  EXPECT_EQ(Quoted("a\tb\x7f"), "'a?b?'");
  EXPECT_EQ(Quoted("\xc2\x9b[2J\xc2\xa0"), "'?[2J\xc2\xa0'");
  std::string long_text;
  for (int i = 0; i < 100; ++i) {
    long_text += "工";
  }
  EXPECT_EQ(Quoted(long_text), "'" + long_text.substr(0, 48 * 3) + "...'");
}

TEST(DiagnosticList, SortsByPlaceAndCountsWhatItDoesNotKeep) {
  DiagnosticList list(2);
  EXPECT_TRUE(list.empty());
  list.Add({9, 1}, "b", Say("second", "第二"));
  list.Add({2, 5}, "a", Say("first", "第一"));
  list.Add({1, 1}, "c", Say("too much", "太多"));
  EXPECT_FALSE(list.empty());
  EXPECT_EQ(list.found(), 3U);
  const std::vector<Diagnostic> taken = list.Take();
  ASSERT_EQ(taken.size(), 3U);
  EXPECT_EQ(taken[0].message, Words("first", "第一"));
  EXPECT_EQ(taken[1].message, Words("second", "第二"));
  EXPECT_EQ(taken[2].message, Words("1 more errors are not shown", "另有1处错误未显示"));
}

}  // namespace
}  // namespace gonghui
