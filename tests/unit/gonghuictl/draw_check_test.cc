// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The winners were worked out by another program from docs/decisions/0008.

#include "tools/gonghuictl/draw_check.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/testing/known_draw.h"

namespace gonghui::ctl {
namespace {

using known_draw::kEntriesHash;
using known_draw::kSeed;
using known_draw::kSeedHash;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kKeyOfRank1 = "341527933157cbd58685f064db2678b2";

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
  EXPECT_THAT(CheckDraw(draw).problems,
              ElementsAre("1 winners were made known, 3 have won",
                          "rank 2 is not told: M0000009 (silver)",
                          "rank 3 is not told: M0000001 (silver)"));
}

// The right people in the wrong ranks have not won what they are said to have won.
TEST(DrawCheckTest, RanksAsTheyWereMadeKnown) {
  PublishedDraw draw = Spring();
  draw.winners = {{3, "M0000001", "silver"}, {1, "M0000005", "gold"}, {2, "M0000009", "silver"}};
  EXPECT_THAT(CheckDraw(draw).problems, IsEmpty()) << "a list in another order says the same";
  draw.winners = {{2, "M0000005", ""}, {1, "M0000009", ""}, {3, "M0000001", ""}};
  EXPECT_THAT(CheckDraw(draw).problems,
              ElementsAre("rank 2 is M0000009 (silver), not M0000005",
                          "rank 1 is M0000005 (gold), not M0000009"));
  draw.winners = {{1, "M0000005", "gold"}, {1, "M0000009", "silver"}, {4, "M0000001", "silver"}};
  EXPECT_THAT(CheckDraw(draw).problems,
              ElementsAre("rank 1 is told once more, of M0000009 (silver)",
                          "there is no rank 4, which is told of M0000001 (silver)",
                          "rank 2 is not told: M0000009 (silver)",
                          "rank 3 is not told: M0000001 (silver)"));
  draw = Spring();
  for (int rank = 1; rank <= 60; ++rank) {
    draw.winners.push_back({100, "M0000001", ""});
  }
  const DrawCheck check = CheckDraw(draw);
  ASSERT_EQ(check.problems.size(), 22U);
  EXPECT_EQ(check.problems.back(), "and 43 more that do not fit");
}

// The keys were worked out by another program, too.
TEST(DrawCheckTest, KeysOfTheVouchers) {
  PublishedDraw draw = Spring();
  draw.winners = CheckDraw(draw).winners;
  ASSERT_EQ(draw.winners.size(), 3U);
  EXPECT_EQ(draw.winners[0].voucher_key, kKeyOfRank1);
  EXPECT_THAT(CheckDraw(draw).problems, IsEmpty());
  for (char& c : draw.winners[0].voucher_key) {
    c = c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  EXPECT_THAT(CheckDraw(draw).problems, IsEmpty());
  draw.winners[0].voucher_key = draw.winners[1].voucher_key;
  EXPECT_THAT(CheckDraw(draw).problems,
              ElementsAre(HasSubstr("the voucher of rank 1 has the key ")));
}

TEST(DrawCheckTest, WinnersOfAFileWithAndWithoutRanks) {
  std::vector<v1::DrawWinner> rows(2);
  rows[0].set_member_id("M5");
  rows[1].set_member_id("M9");
  rows[1].set_series_code("silver");
  EXPECT_THAT(Told(WinnersAsTold(rows)), ElementsAre("1 M5 ", "2 M9 silver"));
  rows[0].set_rank(7);
  rows[1].set_rank(1);
  EXPECT_THAT(Told(WinnersAsTold(rows)), ElementsAre("7 M5 ", "1 M9 silver"));
}

TEST(DrawCheckTest, ACodeThatNoDrawHas) {
  PublishedDraw draw = Spring();
  draw.code = "spring 2026";
  EXPECT_THAT(CheckDraw(draw).problems, ElementsAre(HasSubstr("the code is none")));
}

// Twelve events; a cup, two pens, and nothing.
PublishedPool Quiz() {
  PublishedPool pool;
  pool.code = "quiz";
  pool.seed = kSeed;
  pool.seed_hash = kSeedHash;
  pool.prizes = {PrizeOf("cup", 1), PrizeOf("pen", 2), PrizeOf("", 0)};
  pool.prizes[0].set_weight(20);
  pool.prizes[1].set_weight(30);
  pool.prizes[2].set_weight(50);
  for (int i = 1; i <= 12; ++i) {
    v1::PoolEvent& event = pool.events.emplace_back();
    event.set_source("app");
    event.set_event_id("E" + std::to_string(i));
  }
  return pool;
}

std::vector<std::string> SeriesOf(const PoolCheck& check) {
  std::vector<std::string> series;
  for (const PoolDraw& draw : check.draws) {
    series.push_back(draw.series_code);
  }
  return series;
}

TEST(PoolCheckTest, WhatEachEventHasDrawn) {
  PublishedPool pool = Quiz();
  PoolCheck check = CheckPool(pool);
  EXPECT_THAT(check.problems, IsEmpty());
  const std::vector<std::string> drawn = {"pen", "pen", "cup", "", "", "", "", "", "", "", "", ""};
  EXPECT_EQ(SeriesOf(check), drawn);
  EXPECT_EQ(check.won_count, 3U);
  EXPECT_EQ(check.draws[0].voucher_key, "39d8dbd58ddf8e6ed06dee6eeee43739");
  for (size_t i = 0; i < pool.events.size(); ++i) {
    pool.events[i].set_series_code(drawn[i]);
    pool.events[i].set_voucher_key(check.draws[i].voucher_key);
  }
  EXPECT_THAT(CheckPool(pool).problems, IsEmpty());
}

TEST(PoolCheckTest, WhatDoesNotFitIsTold) {
  PublishedPool pool = Quiz();
  const std::vector<std::string> drawn = SeriesOf(CheckPool(pool));
  for (size_t i = 0; i < pool.events.size(); ++i) {
    pool.events[i].set_series_code(drawn[i]);
  }
  PublishedPool other = pool;
  other.seed[0] = '1';
  EXPECT_THAT(CheckPool(other).problems,
              ElementsAre(HasSubstr("the seed is not the one that was committed")));
  EXPECT_THAT(CheckPool(other).draws, IsEmpty());
  other = pool;
  other.events[0].set_series_code("car");
  EXPECT_THAT(CheckPool(other).problems, ElementsAre(HasSubstr("event 1 (app E1) has drawn ")));
  other = pool;
  other.events.push_back(other.events[1]);
  EXPECT_THAT(CheckPool(other).problems,
              ElementsAre("event 13 (app E2) is event 2 again, and an event draws once"));
  other = pool;
  other.events[2].set_voucher_key(std::string(32, '0'));
  EXPECT_THAT(CheckPool(other).problems,
              ElementsAre(HasSubstr("the voucher of event 3 (app E3) has the key ")));
  // Whoever won a thing that was the last of its kind can not be left out.
  other = pool;
  size_t cup = 0;
  while (drawn[cup] != "cup") {
    ++cup;
  }
  other.events.erase(other.events.begin() + static_cast<ptrdiff_t>(cup));
  EXPECT_FALSE(CheckPool(other).problems.empty());
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
