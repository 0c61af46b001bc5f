// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/programmes/diagnostic.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace gonghui {
namespace {

TEST(Diagnostic, RendersWhatThereIs) {
  EXPECT_EQ(Render({3, 7, "benefits[0]", "bad", "do better"}, "a.yaml"),
            "a.yaml:3:7: benefits[0]: bad (do better)");
  EXPECT_EQ(Render({3, 7, "", "bad", ""}, "a.yaml"), "a.yaml:3:7: bad");
}

TEST(Diagnostic, QuotesCutAtCharactersAndShowNoControlCharacters) {
  EXPECT_EQ(Quoted("a\tb\x7f"), "'a?b?'");
  std::string long_text;
  for (int i = 0; i < 100; ++i) {
    long_text += "工";
  }
  EXPECT_EQ(Quoted(long_text), "'" + long_text.substr(0, 48 * 3) + "...'");
}

TEST(DiagnosticList, SortsByPlaceAndCountsWhatItDoesNotKeep) {
  DiagnosticList list(2);
  EXPECT_TRUE(list.empty());
  list.Add({9, 1}, "b", "second");
  list.Add({2, 5}, "a", "first");
  list.Add({1, 1}, "c", "too much");
  EXPECT_FALSE(list.empty());
  EXPECT_EQ(list.found(), 3U);
  const std::vector<Diagnostic> taken = list.Take();
  ASSERT_EQ(taken.size(), 3U);
  EXPECT_EQ(taken[0].message, "first");
  EXPECT_EQ(taken[1].message, "second");
  EXPECT_EQ(taken[2].message, "1 more errors are not shown");
}

}  // namespace
}  // namespace gonghui
