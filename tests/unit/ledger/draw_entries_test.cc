// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/ledger/draw_entries.h"

#include <cstdint>

#include <gtest/gtest.h>

#include "tests/testing/names.h"

namespace gonghui {
namespace {

constexpr int64_t kCloses_s = 1'777'860'000;

Counter EntryAt(uint32_t since_s) {
  Counter counter;
  counter.subject = 7;
  counter.since_s = since_s;
  counter.used = 1;
  return counter;
}

TEST(DrawEntriesTest, AreUsesOfThePersonsInTheProgramme) {
  const CounterSeries series =
      EntrySeriesOf(CodeOf<ProgrammeCode>("spring"), CodeOf<LimitCode>("entered"));
  EXPECT_EQ(series.programme, CodeOf<ProgrammeCode>("spring"));
  EXPECT_EQ(series.limit, CodeOf<LimitCode>("entered"));
  EXPECT_EQ(series.measure, LimitMeasure::kCount);
  EXPECT_EQ(series.subject, LimitSubject::kPerson);
  EXPECT_EQ(series.window, WindowKind::kProgramme);
}

TEST(DrawEntriesTest, WhoComesWhenItHasClosedTakesNoPart) {
  Draw draw;
  draw.closes_at = TimestampNs{kCloses_s * kNsPerSecond};
  EXPECT_TRUE(IsEntry(EntryAt(kCloses_s - 1), draw));
  EXPECT_FALSE(IsEntry(EntryAt(kCloses_s), draw));
}

TEST(DrawEntriesTest, OfTheSecondWithinWhichItClosesAllCounts) {
  for (const int64_t ns : {int64_t{1}, kNsPerSecond / 2, kNsPerSecond - 1}) {
    Draw draw;
    draw.closes_at = TimestampNs{kCloses_s * kNsPerSecond + ns};
    EXPECT_TRUE(IsEntry(EntryAt(kCloses_s), draw)) << ns;
    EXPECT_FALSE(IsEntry(EntryAt(kCloses_s + 1), draw)) << ns;
  }
}

TEST(DrawEntriesTest, WhatWasGivenBackOrIsNobodysIsNoEntry) {
  Draw draw;
  draw.closes_at = TimestampNs{kCloses_s * kNsPerSecond};
  Counter returned = EntryAt(kCloses_s - 1);
  returned.used = 0;
  EXPECT_FALSE(IsEntry(returned, draw));
  Counter nobodys = EntryAt(kCloses_s - 1);
  nobodys.subject = 0;
  EXPECT_FALSE(IsEntry(nobodys, draw));
}

}  // namespace
}  // namespace gonghui
