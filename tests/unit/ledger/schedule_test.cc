// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/ledger/schedule.h"

#include <map>
#include <set>
#include <utility>

#include <gtest/gtest.h>

#include "engine/base/prng.h"

namespace gonghui {
namespace {

TEST(ScheduleTest, NothingIsNeverDue) {
  const Schedule schedule(4);
  EXPECT_EQ(schedule.next_at(), kTimestampMax);
  EXPECT_EQ(schedule.next(), ProgrammeHeadRow{});
  EXPECT_EQ(schedule.size(), 0U);
}

TEST(ScheduleTest, OfEqualInstantsTheFirstHead) {
  Schedule schedule(4);
  for (const uint32_t head : {3U, 2U, 4U}) {
    schedule.Set(ProgrammeHeadRow{head}, TimestampNs{7});
  }
  EXPECT_EQ(schedule.next(), ProgrammeHeadRow{2});
  schedule.Set(ProgrammeHeadRow{4}, TimestampNs{6});
  EXPECT_EQ(schedule.next(), ProgrammeHeadRow{4});
  schedule.Set(ProgrammeHeadRow{4}, TimestampNs{8});
  EXPECT_EQ(schedule.next(), ProgrammeHeadRow{2});
  EXPECT_EQ(schedule.size(), 3U);
  schedule.Remove(ProgrammeHeadRow{1});  // was never there
  EXPECT_EQ(schedule.size(), 3U);
  schedule.Clear();
  EXPECT_EQ(schedule.next(), ProgrammeHeadRow{});
  schedule.Remove(ProgrammeHeadRow{2});
  EXPECT_EQ(schedule.size(), 0U);
}

// Beside an ordered set, with few instants, so that many are equal.
TEST(ScheduleTest, IsLikeAnOrderedSet) {
  constexpr uint32_t kHeads = 60;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    Prng prng(seed);
    Schedule schedule(kHeads);
    std::set<std::pair<TimestampNs, ProgrammeHeadRow>> set;
    std::map<ProgrammeHeadRow, TimestampNs> instants;
    for (int step = 0; step < 2'000; ++step) {
      const ProgrammeHeadRow head{static_cast<uint32_t>(1 + prng.Below(kHeads))};
      if (const auto stored = instants.find(head); stored != instants.end()) {
        set.erase({stored->second, head});
        instants.erase(stored);
      }
      if (prng.Chance(2, 3)) {
        const TimestampNs at{static_cast<int64_t>(prng.Below(20))};
        schedule.Set(head, at);
        set.insert({at, head});
        instants[head] = at;
      } else {
        schedule.Remove(head);
      }
      ASSERT_EQ(schedule.size(), set.size());
      ASSERT_EQ(schedule.next_at(), set.empty() ? kTimestampMax : set.begin()->first);
      ASSERT_EQ(schedule.next(), set.empty() ? ProgrammeHeadRow{} : set.begin()->second);
    }
  }
}

}  // namespace
}  // namespace gonghui
