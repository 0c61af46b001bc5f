// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What a rollback goes back to, by what was active before.

#include "engine/server/programme_history.h"

#include <cstdint>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/base/prng.h"

namespace gonghui {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Made active one after another; 0 = the programme was retired.
class History {
 public:
  explicit History(const std::vector<uint32_t>& versions) {
    for (const uint32_t version : versions) {
      Activate(version);
    }
  }
  void Activate(uint32_t version) {
    steps_.insert(steps_.begin(), {version, TimestampNs{static_cast<int64_t>(steps_.size())}});
  }
  // As the server does: what it goes back to becomes active.
  uint32_t Rollback() {
    const uint32_t version = EarlierVersion(steps_);
    if (version != 0) {
      Activate(version);
    }
    return version;
  }
  [[nodiscard]] uint32_t active() const { return steps_.empty() ? 0 : steps_.front().version; }
  [[nodiscard]] std::vector<uint32_t> Way() const { return WayOf(steps_); }
  [[nodiscard]] std::vector<uint32_t> Versions() const { return VersionsOf(steps_); }

 private:
  std::vector<HistoryStep> steps_;  // newest first
};

TEST(ProgrammeHistoryTest, EachRollbackGoesFurtherBack) {
  History history({1, 2, 3});
  EXPECT_EQ(history.Rollback(), 2U);
  EXPECT_EQ(history.Rollback(), 1U);
  EXPECT_EQ(history.Rollback(), 0U) << "nothing lies before it";
  EXPECT_EQ(history.active(), 1U);
  EXPECT_THAT(history.Versions(), ElementsAre(1, 2, 3));
}

TEST(ProgrammeHistoryTest, WhatWasRolledBackFromCountsAgainWhenItIsActiveAgain) {
  History history({1, 2, 3});
  history.Rollback();
  history.Rollback();
  history.Activate(3);
  EXPECT_THAT(history.Way(), ElementsAre(1, 3)) << "3 came from 1, not from 2";
  EXPECT_EQ(history.Rollback(), 1U);
  EXPECT_EQ(history.Rollback(), 0U);

  // A newer one after a rollback: back to what it replaced.
  history = History({1, 2, 3});
  history.Rollback();
  history.Activate(4);
  EXPECT_THAT(history.Way(), ElementsAre(1, 2, 4));
  EXPECT_EQ(history.Rollback(), 2U);
}

TEST(ProgrammeHistoryTest, AStepOverSeveralLeavesAllOfThemOut) {
  History history({1, 2, 3, 4});
  history.Activate(2);
  EXPECT_THAT(history.Way(), ElementsAre(1, 2));
  EXPECT_EQ(history.Rollback(), 1U);
}

// An older version that was never active is a step forward as any other.
TEST(ProgrammeHistoryTest, NumbersDoNotMatter) {
  History history({3, 1, 2});
  EXPECT_EQ(history.Rollback(), 1U);
  EXPECT_EQ(history.Rollback(), 3U);
  EXPECT_EQ(history.Rollback(), 0U);
}

TEST(ProgrammeHistoryTest, ARetiredProgrammeGoesOnFromWhereItStood) {
  History history({1, 2, 0});
  EXPECT_EQ(history.Rollback(), 2U) << "what was active when it was retired";
  EXPECT_EQ(history.Rollback(), 1U);
  EXPECT_EQ(history.Rollback(), 0U);
  history = History({1, 0, 0, 2, 0});
  EXPECT_THAT(history.Way(), ElementsAre(1, 2));
  EXPECT_EQ(history.Rollback(), 2U);
}

TEST(ProgrammeHistoryTest, WithoutHistoryThereIsNothing) {
  History history({});
  EXPECT_EQ(history.Rollback(), 0U);
  EXPECT_THAT(history.Way(), IsEmpty());
  EXPECT_THAT(history.Versions(), IsEmpty());
  EXPECT_EQ(History({7}).Rollback(), 0U);
}

// Whatever was done before: rollbacks never visit a version twice, and they end.
TEST(ProgrammeHistoryTest, RollbacksAloneAlwaysEnd) {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(seed);
    Prng prng(seed);
    History history({1});
    for (int i = 0; i < 30; ++i) {
      history.Activate(static_cast<uint32_t>(prng.Below(6)));
    }
    std::vector<uint32_t> expected = history.Way();
    if (history.active() != 0) {
      ASSERT_EQ(expected.back(), history.active());
      expected.pop_back();
    }
    while (!expected.empty()) {
      ASSERT_EQ(history.Rollback(), expected.back());
      expected.pop_back();
    }
    ASSERT_EQ(history.Rollback(), 0U);
  }
}

}  // namespace
}  // namespace gonghui
