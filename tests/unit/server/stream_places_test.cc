// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/server/stream_places.h"

#include <cstdint>
#include <deque>
#include <string_view>

#include <gtest/gtest.h>

#include "engine/domain/ids.h"
#include "engine/server/text_codec.h"

namespace gonghui {
namespace {

TerminalId Terminal(std::string_view id) {
  return *ParseCode<TerminalId>(id);
}

class FakeStream {
 public:
  FakeStream(std::string_view terminal, uint64_t answer_age, bool can_give_way = true)
      : terminal_(Terminal(terminal)), answer_age_(answer_age), can_give_way_(can_give_way) {}
  [[nodiscard]] const TerminalId& terminal() const { return terminal_; }
  [[nodiscard]] uint64_t answer_age() const { return answer_age_; }
  [[nodiscard]] bool CanGiveWay() const { return can_give_way_; }

 private:
  TerminalId terminal_;
  uint64_t answer_age_;
  bool can_give_way_;
};

class StreamPlacesTest : public ::testing::Test {
 protected:
  FakeStream* Take(std::string_view terminal, uint64_t answer_age = 0, bool can_give_way = true) {
    streams_.emplace_back(terminal, answer_age, can_give_way);
    places_.Take(&streams_.back());
    return &streams_.back();
  }
  FakeStream* WhoGivesWayTo(std::string_view terminal) {
    return places_.WhoGivesWayTo(Terminal(terminal));
  }

  std::deque<FakeStream> streams_;
  StreamPlaces<FakeStream> places_{4};
};

TEST_F(StreamPlacesTest, OneTerminalMayHaveAllThatNobodyElseWants) {
  for (int i = 0; i < 4; ++i) {
    EXPECT_FALSE(places_.AllTaken());
    Take("gates");
  }
  EXPECT_TRUE(places_.AllTaken());
  EXPECT_EQ(places_.CountOf(Terminal("gates")), 4);
  EXPECT_EQ(WhoGivesWayTo("gates"), nullptr) << "it has the most itself";
}

TEST_F(StreamPlacesTest, WhoHasTheMostGivesWayItsLongestSilentFirst) {
  Take("till", 1);
  Take("gates", 9);
  FakeStream* const longest = Take("gates", 5);
  Take("gates", 7);
  EXPECT_EQ(WhoGivesWayTo("other"), longest);
  EXPECT_EQ(WhoGivesWayTo("till"), longest) << "it would have two, the gates three";
  places_.Leave(longest);
  EXPECT_EQ(WhoGivesWayTo("till"), nullptr) << "it would have as many as the gates";
  EXPECT_EQ(WhoGivesWayTo("other")->answer_age(), 7U);
}

TEST_F(StreamPlacesTest, WhatIsBusyGivesNoWay) {
  Take("gates", 1, /*can_give_way=*/false);
  Take("gates", 2, /*can_give_way=*/false);
  Take("gates", 3, /*can_give_way=*/false);
  EXPECT_EQ(WhoGivesWayTo("other"), nullptr);
  // Then it is the next one's turn.
  Take("tills", 4);
  FakeStream* const silent = Take("tills", 3);
  EXPECT_EQ(WhoGivesWayTo("other"), silent);
  FakeStream* const youngest = Take("gates", 5);
  EXPECT_EQ(WhoGivesWayTo("other"), youngest);
}

TEST_F(StreamPlacesTest, BetweenEqualsNobodyGivesWay) {
  Take("a");
  Take("b");
  Take("c");
  Take("d");
  EXPECT_EQ(WhoGivesWayTo("e"), nullptr);
  EXPECT_EQ(WhoGivesWayTo("a"), nullptr);
}

// However they come, it ends in equal shares, and no place goes to and fro.
TEST_F(StreamPlacesTest, WhoWantsAllGetsAShare) {
  for (int i = 0; i < 4; ++i) {
    Take("first", static_cast<uint64_t>(i));
  }
  int moved = 0;
  for (int round = 0; round < 10; ++round) {
    for (const std::string_view terminal : {"second", "first"}) {
      if (FakeStream* const leaves = WhoGivesWayTo(terminal)) {
        places_.Leave(leaves);
        Take(terminal, static_cast<uint64_t>(10 + round));
        ++moved;
      }
    }
  }
  EXPECT_EQ(moved, 2);
  EXPECT_EQ(places_.CountOf(Terminal("first")), 2);
  EXPECT_EQ(places_.CountOf(Terminal("second")), 2);
}

TEST_F(StreamPlacesTest, WhoHasNoPlaceLeavesNone) {
  FakeStream* const stays = Take("a");
  FakeStream refused("a", 0);
  places_.Leave(&refused);
  EXPECT_EQ(places_.CountOf(Terminal("a")), 1);
  places_.Leave(stays);
  places_.Leave(stays);
  EXPECT_EQ(places_.CountOf(Terminal("a")), 0);
  EXPECT_TRUE(places_.streams().empty());
}

}  // namespace
}  // namespace gonghui
