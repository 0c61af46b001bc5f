// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/server/connection_table.h"

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/server/tcp_talk.h"

namespace gonghui {
namespace {

constexpr int64_t kMessageBytesMax = int64_t{1} << 20;

std::vector<int> FdsOf(const std::vector<ConnectionTable::Talker>& talkers) {
  std::vector<int> fds;
  for (const ConnectionTable::Talker& talker : talkers) {
    fds.push_back(talker.fd);
  }
  return fds;
}

TEST(ConnectionTableTest, OnlyReadFromIsWhoSaysMuchAndIsNotAnswered) {
  ConnectionTable table(kMessageBytesMax);
  const TcpPair hostile;
  const TcpPair answered;
  const TcpPair little;
  for (const TcpPair* pair : {&hostile, &answered, &little}) {
    table.Add(pair->server(), "here");
  }
  ASSERT_TRUE(hostile.Talk(100'000, /*answered=*/true));
  table.NoteTraffic();
  ASSERT_TRUE(answered.Talk(100'000, /*answered=*/true));
  EXPECT_THAT(table.OnlyReadFrom(/*others_are_read=*/false), ::testing::IsEmpty());
  ASSERT_TRUE(hostile.Talk(100'000, /*answered=*/false));
  ASSERT_TRUE(little.Talk(20'000, /*answered=*/false));  // it may have waited for the other
  EXPECT_THAT(FdsOf(table.OnlyReadFrom(/*others_are_read=*/false)),
              ::testing::ElementsAre(hostile.server()));
  table.NoteTraffic();
  EXPECT_THAT(table.OnlyReadFrom(/*others_are_read=*/false), ::testing::IsEmpty());
}

// It may be what the lane is busy with.
TEST(ConnectionTableTest, WhoComesAfterTheNoteCountsFromItsBeginning) {
  ConnectionTable table(kMessageBytesMax);
  table.NoteTraffic();
  const TcpPair late;
  table.Add(late.server(), "here");
  ASSERT_TRUE(late.Talk(8'192, /*answered=*/false));
  EXPECT_THAT(FdsOf(table.OnlyReadFrom(/*others_are_read=*/false)),
              ::testing::ElementsAre(late.server()));
}

// A gate in the midst of a message is not answered yet, and on another lane is somebody hostile.
TEST(ConnectionTableTest, WhereOthersAreReadNobodyIsFoundInTheMidstOfAMessage) {
  ConnectionTable table(kMessageBytesMax);
  const TcpPair uploads;
  const TcpPair floods;
  table.Add(uploads.server(), "here");
  table.Add(floods.server(), "here");
  table.NoteTraffic();
  ASSERT_TRUE(uploads.Talk(static_cast<size_t>(kMessageBytesMax), /*answered=*/false));
  ASSERT_TRUE(floods.Talk(static_cast<size_t>(2 * kMessageBytesMax), /*answered=*/false));
  EXPECT_THAT(FdsOf(table.OnlyReadFrom(/*others_are_read=*/true)),
              ::testing::ElementsAre(floods.server()));
  EXPECT_THAT(FdsOf(table.OnlyReadFrom(/*others_are_read=*/false)),
              ::testing::UnorderedElementsAre(uploads.server(), floods.server()));
}

// Whoever keeps a lane busy with little is not read on from, and everybody else is.
TEST(ConnectionTableTest, WhereOthersAreReadWhatLiesUnreadIsFound) {
  ConnectionTable table(kMessageBytesMax);
  const TcpPair held;
  const TcpPair read_on;
  table.Add(held.server(), "here");
  table.Add(read_on.server(), "here");
  table.NoteTraffic();
  const auto find = [&table] { return FdsOf(table.OnlyReadFrom(/*others_are_read=*/true)); };
  ASSERT_TRUE(held.Talk(8'192, /*answered=*/false));
  ASSERT_TRUE(held.Say(100));
  for (int look = 0; look < 2; ++look) {
    ASSERT_TRUE(read_on.Talk(8'192, /*answered=*/false));
    ASSERT_TRUE(read_on.Say(100));
    EXPECT_THAT(find(), ::testing::IsEmpty()) << "it may be read soon";
  }
  ASSERT_TRUE(read_on.Talk(8'192, /*answered=*/false));
  ASSERT_TRUE(read_on.Say(100));
  EXPECT_THAT(find(), ::testing::ElementsAre(held.server()));
  table.NoteTraffic();
  EXPECT_THAT(find(), ::testing::IsEmpty());
}

// How much is too much: at once, and a bit at a time.
struct Silence {
  int64_t at_once_mib = 0;
  int64_t by_and_by_mib = 0;
};

Silence TooMuch(int64_t message_bytes_max) {
  Silence borne;
  {
    ConnectionTable table(message_bytes_max);
    const TcpPair pair;
    table.Add(pair.server(), "here");
    // Between two answers, so with fewer looks than it takes to be found by and by.
    constexpr int64_t kStepMib = 4;
    while (table.TalkingToNobody().empty()) {
      EXPECT_TRUE(pair.Talk(1, /*answered=*/true));
      EXPECT_THAT(table.TalkingToNobody(), ::testing::IsEmpty());
      borne.at_once_mib += kStepMib;
      EXPECT_TRUE(pair.Talk(static_cast<size_t>(borne.at_once_mib) << 20, /*answered=*/false));
    }
  }
  ConnectionTable table(message_bytes_max);
  const TcpPair pair;
  table.Add(pair.server(), "here");
  while (table.TalkingToNobody().empty()) {
    EXPECT_TRUE(pair.Talk(size_t{1} << 20, /*answered=*/false));
    ++borne.by_and_by_mib;
  }
  return borne;
}

TEST(ConnectionTableTest, AMessageMayBeSaidBeforeAnythingIsAnswered) {
  const Silence usual = TooMuch(kMessageBytesMax);
  EXPECT_EQ(usual.at_once_mib, 32);
  EXPECT_EQ(usual.by_and_by_mib, 4) << "looks, of which each sees more";
  // Twice the longest message, where that is more.
  const Silence large = TooMuch(20 * kMessageBytesMax);
  EXPECT_EQ(large.at_once_mib, 40);
  EXPECT_EQ(large.by_and_by_mib, 40);
}

TEST(ConnectionTableTest, ConnectionsThatAreOverAreForgotten) {
  ConnectionTable table(kMessageBytesMax);
  const TcpPair stays;
  table.Add(stays.server(), "here");
  {
    const TcpPair goes;
    table.Add(goes.server(), "here");
    EXPECT_EQ(table.CountOf("here"), 2);
  }
  table.Sweep();
  EXPECT_EQ(table.size(), 1);
  EXPECT_EQ(table.CountOf("here"), 1);
}

}  // namespace
}  // namespace gonghui
