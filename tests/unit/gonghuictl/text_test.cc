// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tools/gonghuictl/text.h"

#include <string>

#include <gtest/gtest.h>

#include "tools/gonghuictl/suggest.h"
#include "tools/gonghuictl/table.h"

namespace gonghui::ctl {
namespace {

class TextTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { UseUtf8Locale(); }
};

TEST_F(TextTest, DisplayWidth) {
  EXPECT_EQ(DisplayWidth(""), 0U);
  EXPECT_EQ(DisplayWidth("metro"), 5U);
  EXPECT_EQ(DisplayWidth("昆明地铁"), 8U);
  EXPECT_EQ(DisplayWidth("店（A）"), 7U);    // full-width brackets
  EXPECT_EQ(DisplayWidth("𠮷"), 2U);         // beyond the basic plane
  EXPECT_EQ(DisplayWidth("e\xCC\x81"), 1U);  // a combining accent
  EXPECT_EQ(DisplayWidth("\xFF"), 1U);
}

TEST_F(TextTest, Pad) {
  EXPECT_EQ(PadRight("云", 4), "云  ");
  EXPECT_EQ(PadLeft("云", 4), "  云");
  EXPECT_EQ(PadRight("云南", 3), "云南");
}

TEST_F(TextTest, PrintableKeepsTheTerminalSafe) {
  EXPECT_EQ(Printable("云 a"), "云 a");
  EXPECT_EQ(Printable("\x1b[31m"), "\xEF\xBF\xBD[31m");
  EXPECT_EQ(Printable("a\nb"),
            "a\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(Printable("\xC2\x9B"
                      "1m"),
            "\xEF\xBF\xBD"
            "1m");  // CSI in one byte
  EXPECT_EQ(Printable("\xE2\x80\xAE"
                      "x"),
            "\xEF\xBF\xBD"
            "x");  // right-to-left override
  EXPECT_EQ(Printable("\xFF"), "\xEF\xBF\xBD");
}

TEST_F(TextTest, FindBadUtf8) {
  EXPECT_EQ(FindBadUtf8("昆明 metro 𠮷"), std::string::npos);
  EXPECT_EQ(FindBadUtf8("ab\x80"), 2U);
  EXPECT_EQ(FindBadUtf8("\xE0\x80\x80"), 0U);
  EXPECT_EQ(FindBadUtf8("\xF4\x90\x80\x80"), 0U);
  EXPECT_EQ(FindBadUtf8("a\xE4\xBA"), 1U);
}

TEST_F(TextTest, TableAlignsChinese) {
  Table table({{"NAME"}, {"PAYS", Align::kRight}, {"NOTE"}});
  table.AddRow({"昆明地铁", "0.01 yuan", "x"});
  table.AddRow({"shop", "120.00 yuan", ""});
  EXPECT_EQ(table.Render(false),
            "NAME             PAYS  NOTE\n"
            "昆明地铁    0.01 yuan  x\n"
            "shop      120.00 yuan\n");
}

TEST_F(TextTest, TableColoursHeadersOnly) {
  Table table({{"A"}});
  table.AddRow({"\x1b[0m"});
  EXPECT_EQ(table.Render(true), "\x1b[1mA\x1b[0m\n\xEF\xBF\xBD[0m\n");
}

TEST_F(TextTest, Record) {
  EXPECT_EQ(RenderRecord({{"outcome", "declined"}, {"提示", "次数已用完"}, {"empty", ""}}, false),
            "outcome  declined\n提示     次数已用完\n");
}

TEST(SuggestTest, EditDistance) {
  EXPECT_EQ(EditDistance("", "abc"), 3U);
  EXPECT_EQ(EditDistance("member", "member"), 0U);
  EXPECT_EQ(EditDistance("memebr", "member"), 1U);
  EXPECT_EQ(EditDistance("shwo", "show"), 1U);
  EXPECT_EQ(EditDistance("kitten", "sitting"), 3U);
}

TEST(SuggestTest, Nearest) {
  const std::vector<std::string> words = {"member", "merchant", "status", "authorize"};
  EXPECT_EQ(Nearest("memebr", words), "member");
  EXPECT_EQ(Nearest("auth", words), "authorize");
  EXPECT_EQ(Nearest("statsu", words), "status");
  EXPECT_EQ(Nearest("xyz", words), "");
}

}  // namespace
}  // namespace gonghui::ctl
