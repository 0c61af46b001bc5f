// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tools/gonghuictl/text.h"

#include <pty.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
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

TEST_F(TextTest, ShortenedCountsColumnsAndHalvesNothing) {
  EXPECT_EQ(Shortened("昆明地铁", 8), "昆明地铁");
  EXPECT_EQ(Shortened("昆明地铁", 7), "昆明地…");
  EXPECT_EQ(Shortened("昆明地铁", 6), "昆明…") << "half a character is none";
  EXPECT_EQ(Shortened("昆明地铁", 1), "…");
  EXPECT_EQ(Shortened("metro line", 7), "metro…") << "no blank before it";
  EXPECT_EQ(Shortened("e\xCC\x81tude", 3), "e\xCC\x81t…");
}

TEST_F(TextTest, WrappedKeepsAllOfAText) {
  using Lines = std::vector<std::string>;
  EXPECT_EQ(Wrapped("", 4), Lines{""});
  EXPECT_EQ(Wrapped("rides a day", 11), Lines{"rides a day"});
  EXPECT_EQ(Wrapped("rides a day", 7), (Lines{"rides a", "day"}));
  EXPECT_EQ(Wrapped("rides a day", 6), (Lines{"rides", "a day"}));
  EXPECT_EQ(Wrapped("abcdefgh", 3), (Lines{"abc", "def", "gh"}));
  EXPECT_EQ(Wrapped("本项目每日限四次", 7), (Lines{"本项目", "每日限", "四次"}));
  EXPECT_EQ(Wrapped("每日限四次，已用完", 10), (Lines{"每日限四", "次，已用完"}))
      << "no comma begins a line";
  EXPECT_EQ(Wrapped("rides-per-month", 12), (Lines{"rides-per-", "month"}));
  EXPECT_EQ(Wrapped("mcc 3501-3999", 10), (Lines{"mcc", "3501-3999"})) << "a range stays whole";
  EXPECT_EQ(Wrapped("199.13/2,000.00", 12), (Lines{"199.13/", "2,000.00"}));
  EXPECT_EQ(Wrapped("限4次 a day", 5), (Lines{"限4次", "a day"}));
}

TEST_F(TextTest, OnlyATerminalHasAWidth) {
  int pipe_fds[2];
  ASSERT_EQ(pipe(pipe_fds), 0);
  EXPECT_EQ(TerminalWidth(pipe_fds[1], "80"), 0U) << "a script gets all of it";
  close(pipe_fds[0]);
  close(pipe_fds[1]);
  int master = -1;
  int slave = -1;
  ASSERT_EQ(openpty(&master, &slave, nullptr, nullptr, nullptr), 0);
  EXPECT_EQ(TerminalWidth(slave, "132"), 132U) << "it does not say how wide it is";
  EXPECT_EQ(TerminalWidth(slave, "wide"), 0U);
  EXPECT_EQ(TerminalWidth(slave, "80x"), 0U);
  EXPECT_EQ(TerminalWidth(slave, nullptr), 0U);
  winsize size{};
  size.ws_col = 97;
  ASSERT_EQ(ioctl(slave, TIOCSWINSZ, &size), 0);
  EXPECT_EQ(TerminalWidth(slave, "132"), 97U);
  close(slave);
  close(master);
}

// A table with a column of each sort.
Table Sorts() {
  Table table({{"ID"},
               {"NAME", Align::kLeft, Fit::kCut},
               {"PHONE", Align::kLeft, Fit::kMinor},
               {"SEX"},
               {"PAYS", Align::kRight},
               {"WHY", Align::kLeft, Fit::kWrap}});
  table.AddRow(
      {"M1", "云南省昆明市五华区总工会", "138****0000", "", "1.00 yuan", "每日限四次，已用完"});
  table.AddRow({"M2", "shop", "139****0000", "", "10.00 yuan", ""});
  return table;
}

TEST_F(TextTest, ATableThatFitsStaysAsItIs) {
  const std::string all =
      "ID  NAME                      PHONE        SEX        PAYS  WHY\n"
      "M1  云南省昆明市五华区总工会  138****0000        1.00 yuan  每日限四次，已用完\n"
      "M2  shop                      139****0000       10.00 yuan\n";
  EXPECT_EQ(Sorts().Render(false), all);
  EXPECT_EQ(Sorts().Render(false, 500), all);
  EXPECT_EQ(Sorts().Render(false, 78), all) << "exactly as wide as it is";
}

TEST_F(TextTest, ATableGivesWayInOrder) {
  EXPECT_EQ(Sorts().Render(false, 77),
            "ID  NAME                      PHONE              PAYS  WHY\n"
            "M1  云南省昆明市五华区总工会  138****0000   1.00 yuan  每日限四次，已用完\n"
            "M2  shop                      139****0000  10.00 yuan\n"
            "empty: SEX; -o wide shows all (宽度不足，未全部显示)\n")
      << "nothing goes first";
  EXPECT_EQ(Sorts().Render(false, 60),
            "ID  NAME             PHONE              PAYS  WHY\n"
            "M1  云南省昆明市五…  138****0000   1.00 yuan  每日限四次，已\n"
            "                                              用完\n"
            "M2  shop             139****0000  10.00 yuan\n"
            "cut short: NAME; empty: SEX; -o wide shows all (宽度不足，未全部显示)\n")
      << "then prose";
  EXPECT_EQ(Sorts().Render(false, 46),
            "ID  NAME                  PAYS  WHY\n"
            "M1  云南省昆明市…    1.00 yuan  每日限四次，已\n"
            "                                用完\n"
            "M2  shop            10.00 yuan\n"
            "no room for PHONE; cut short: NAME; empty: SEX; -o wide shows all "
            "(宽度不足，未全部显示)\n")
      << "then what is minor";
  EXPECT_EQ(Sorts().Render(false, 20),
            "ID  NAME\n"
            "M1  云南省昆明市五…\n"
            "M2  shop\n"
            "no room for PHONE, PAYS, WHY; cut short: NAME; empty: SEX; -o wide shows all "
            "(宽度不足，未全部显示)\n")
      << "then what stands on the right";
  EXPECT_THAT(Sorts().Render(false, 1), testing::StartsWith("ID\nM1\nM2\nno room for NAME, "))
      << "what a row is about stays";
}

// Whatever the width: no line but the last is wider, and no character is lost but with "…".
TEST_F(TextTest, ATableIsNoWiderThanItMayBe) {
  for (size_t width = 2; width < 90; ++width) {
    std::istringstream text(Sorts().Render(false, width));
    for (std::string line; std::getline(text, line);) {
      if (line.find("-o wide") == std::string::npos) {
        EXPECT_LE(DisplayWidth(line), width) << line;
      }
      EXPECT_EQ(FindBadUtf8(line), std::string::npos) << line;
    }
  }
}

TEST_F(TextTest, ATableWithoutRowsShowsItsHeaders) {
  const Table table({{"ID"}, {"NAME"}});
  EXPECT_EQ(table.Render(false, 80), "ID  NAME\n");
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

TEST(SuggestTest, WhatHasAnotherName) {
  EXPECT_EQ(OtherName("card", "pause"), "card block CARD --reason pause");
  EXPECT_EQ(OtherName("member", "pause"), "member suspend MEMBER");
  EXPECT_EQ(OtherName("card", "fly"), "");
  EXPECT_EQ(OtherName("draw", "pause"), "");
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
