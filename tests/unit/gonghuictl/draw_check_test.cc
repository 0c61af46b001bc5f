// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The winners were worked out by another program from docs/decisions/0008.

#include "tools/gonghuictl/draw_check.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gonghui::ctl {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kSeed = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
constexpr const char* kSeedHash =
    "630dcd2966c4336691125448bbb25b4ff412a49c732db2c8abc1b8581bd710dd";
constexpr const char* kEntriesHash =
    "8a5894eb39b8a8bde19041f9fc79c43b62d55711332e1a83c56fe20979941bb4";

v1::Prize PrizeOf(const char* series, uint32_t count) {
  v1::Prize prize;
  prize.set_series_code(series);
  prize.set_count(count);
  return prize;
}

// Ten members, one gold and two silver prizes.
PublishedDraw Spring() {
  PublishedDraw draw;
  draw.code = "spring-2026";
  draw.seed = kSeed;
  draw.seed_hash = kSeedHash;
  draw.entries_hash = kEntriesHash;
  for (int i = 1; i <= 10; ++i) {
    draw.entries.push_back("M00000" + std::string(i < 10 ? "0" : "") + std::to_string(i));
  }
  draw.prizes = {PrizeOf("gold", 1), PrizeOf("silver", 2)};
  return draw;
}

std::vector<std::string> Told(const std::vector<Winner>& winners) {
  std::vector<std::string> told;
  for (const Winner& winner : winners) {
    told.push_back(std::to_string(winner.rank) + " " + winner.member_id + " " + winner.series_code);
  }
  return told;
}

TEST(DrawCheckTest, WinnersOfAFairDraw) {
  const DrawCheck check = CheckDraw(Spring());
  EXPECT_THAT(check.problems, IsEmpty());
  EXPECT_EQ(check.entries_hash, kEntriesHash);
  EXPECT_THAT(Told(check.winners),
              ElementsAre("1 M0000005 gold", "2 M0000009 silver", "3 M0000001 silver"));
}

TEST(DrawCheckTest, HexInCapitalsAndNoHashOfTheList) {
  PublishedDraw draw = Spring();
  for (std::string* text : {&draw.seed, &draw.seed_hash}) {
    for (char& c : *text) {
      c = c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c;
    }
  }
  draw.entries_hash.clear();
  EXPECT_THAT(CheckDraw(draw).problems, IsEmpty());
}

TEST(DrawCheckTest, MorePrizesThanEntries) {
  PublishedDraw draw = Spring();
  draw.prizes.push_back(PrizeOf("bronze", 100));
  const DrawCheck check = CheckDraw(draw);
  EXPECT_THAT(check.problems, IsEmpty());
  ASSERT_EQ(check.winners.size(), 10U);
  EXPECT_EQ(check.winners[2].member_id, "M0000001");
  EXPECT_EQ(check.winners[9].series_code, "bronze");
}

TEST(DrawCheckTest, NobodyEntered) {
  PublishedDraw draw = Spring();
  draw.entries.clear();
  draw.entries_hash.clear();
  const DrawCheck check = CheckDraw(draw);
  EXPECT_THAT(check.problems, IsEmpty());
  EXPECT_THAT(check.winners, IsEmpty());
}

TEST(DrawCheckTest, AnotherSeed) {
  PublishedDraw draw = Spring();
  draw.seed[0] = '1';
  const DrawCheck check = CheckDraw(draw);
  EXPECT_THAT(check.problems, ElementsAre(HasSubstr("the seed is not the one that was committed")));
  EXPECT_THAT(check.winners, IsEmpty());
}

TEST(DrawCheckTest, AnotherList) {
  PublishedDraw draw = Spring();
  std::swap(draw.entries[0], draw.entries[1]);
  EXPECT_THAT(CheckDraw(draw).problems,
              ElementsAre(HasSubstr("the list of entries is not the one that was fixed")));
  draw = Spring();
  draw.entries[3] = draw.entries[1];
  draw.entries_hash.clear();
  EXPECT_THAT(CheckDraw(draw).problems, ElementsAre("entry 4 is M0000002 again, who is entry 2"));
}

TEST(DrawCheckTest, WinnersAsTheyWereMadeKnown) {
  PublishedDraw draw = Spring();
  draw.winners = {{1, "M0000005", "gold"}, {2, "M0000009", ""}, {3, "M0000001", "silver"}};
  EXPECT_THAT(CheckDraw(draw).problems, IsEmpty());
  draw.winners[0].member_id = "M0000002";
  draw.winners[2].series_code = "gold";
  EXPECT_THAT(CheckDraw(draw).problems,
              ElementsAre("rank 1 is M0000005 (gold), not M0000002 (gold)",
                          "rank 3 is M0000001 (silver), not M0000001 (gold)"));
  draw = Spring();
  draw.winners = {{1, "M0000005", "gold"}};
  EXPECT_THAT(CheckDraw(draw).problems, ElementsAre("1 winners were made known, 3 have won"));
}

TEST(DrawCheckTest, EntriesOfAFile) {
  const auto entries = ParseEntries("e.txt", "M1\nM2\r\nM3");
  ASSERT_TRUE(entries.ok()) << entries.status();
  EXPECT_THAT(*entries, ElementsAre("M1", "M2", "M3"));
  EXPECT_THAT(*ParseEntries("e.txt", ""), IsEmpty());
  for (const char* text : {"M1\n\nM2\n", "M1\nM 2\n", "M1\nM0123456789012345\n", "M1\n,\n"}) {
    EXPECT_EQ(ParseEntries("e.txt", text).status().message(),
              "e.txt:2:1: not a member id, one a line")
        << text;
  }
}

TEST(DrawCheckTest, RanksWithTheirPrizes) {
  v1::SettleDrawResponse response;
  for (const char* id : {"M5", "M9", "M1", "M2"}) {
    response.add_winner_ids(id);
  }
  *response.mutable_draw()->add_prizes() = PrizeOf("gold", 1);
  *response.mutable_draw()->add_prizes() = PrizeOf("silver", 2);
  EXPECT_THAT(Told(WithPrizes(response.winner_ids(), response.draw().prizes())),
              ElementsAre("1 M5 gold", "2 M9 silver", "3 M1 silver", "4 M2 "));
}

}  // namespace
}  // namespace gonghui::ctl
