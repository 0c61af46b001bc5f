// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tools/load/stalls.h"

#include <algorithm>
#include <ostream>
#include <tuple>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/base/prng.h"

namespace gonghui::load {

bool operator==(const Stall& a, const Stall& b) {
  return std::tie(a.from_ns, a.until_ns, a.calls) == std::tie(b.from_ns, b.until_ns, b.calls);
}

void PrintTo(const Stall& stall, std::ostream* out) {
  *out << stall.from_ns << " to " << stall.until_ns << ", " << stall.calls << " calls";
}

namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Wait = std::pair<int64_t, int64_t>;  // from, until

Stalls Of(const std::vector<Wait>& waits) {
  Stalls stalls(5);
  for (const auto& [from_ns, until_ns] : waits) {
    stalls.Add(from_ns, until_ns);
  }
  return stalls;
}

TEST(StallsTest, AtTheThresholdACallIsNotSlow) {
  EXPECT_THAT(Of({{10, 15}}).list(), IsEmpty());
  EXPECT_EQ(Of({{10, 15}}).slow_calls(), 0U);
  EXPECT_EQ(Of({{10, 15}}).LongestNs(), 0);
  EXPECT_THAT(Of({{10, 16}}).list(), ElementsAre(Stall{10, 16, 1}));
}

TEST(StallsTest, WaitsThatOverlapAreOneStall) {
  const Stalls stalls = Of({{0, 20}, {10, 21}, {15, 22}, {21, 23}, {40, 50}});
  EXPECT_THAT(stalls.list(), ElementsAre(Stall{0, 22, 3}, Stall{40, 50, 1}))
      << "the call from 21 to 23 was not slow";
  EXPECT_EQ(stalls.slow_calls(), 4U);
  EXPECT_EQ(stalls.LongestNs(), 22);
}

TEST(StallsTest, OneThatBeginsAsAnotherEndsGoesOnWithIt) {
  EXPECT_THAT(Of({{0, 10}, {10, 20}}).list(), ElementsAre(Stall{0, 20, 2}));
  EXPECT_THAT(Of({{0, 10}, {11, 20}}).list(), ElementsAre(Stall{0, 10, 1}, Stall{11, 20, 1}));
}

TEST(StallsTest, ALongWaitBridgesShorterOnes) {
  EXPECT_THAT(Of({{0, 10}, {20, 30}, {40, 50}, {25, 60}}).list(),
              ElementsAre(Stall{0, 10, 1}, Stall{20, 60, 3}));
}

TEST(StallsTest, StallsOfTwoThreadsAtATimeAreOne) {
  Stalls stalls = Of({{0, 10}, {30, 40}, {60, 70}});
  stalls.Merge(Of({{8, 20}, {40, 65}, {80, 90}}));
  EXPECT_THAT(stalls.list(), ElementsAre(Stall{0, 20, 2}, Stall{30, 70, 3}, Stall{80, 90, 1}));
  EXPECT_EQ(stalls.slow_calls(), 6U);
  stalls.Merge(Of({}));
  EXPECT_EQ(stalls.list().size(), 3U);
}

TEST(StallsTest, TheLongestInOrderOfTime) {
  const Stalls stalls = Of({{0, 10}, {20, 50}, {60, 68}, {70, 90}});
  EXPECT_THAT(stalls.Longest(2), ElementsAre(Stall{20, 50, 1}, Stall{70, 90, 1}));
  EXPECT_EQ(stalls.Longest(9).size(), 4U);
  EXPECT_THAT(stalls.Longest(0), IsEmpty());
}

// Marks every nanosecond in which a slow call waits; a stall is a run of marks.
std::vector<std::pair<int64_t, int64_t>> Obvious(const std::vector<Wait>& waits, int64_t end_ns) {
  std::vector<bool> waited(static_cast<size_t>(end_ns) + 1);
  for (const auto& [from_ns, until_ns] : waits) {
    for (int64_t ns = from_ns; until_ns - from_ns > 5 && ns < until_ns; ++ns) {
      waited[static_cast<size_t>(ns)] = true;
    }
  }
  std::vector<std::pair<int64_t, int64_t>> stretches;
  for (int64_t ns = 0; ns < end_ns; ++ns) {
    if (!waited[static_cast<size_t>(ns)]) {
      continue;
    }
    if (!stretches.empty() && stretches.back().second == ns) {
      ++stretches.back().second;
    } else {
      stretches.emplace_back(ns, ns + 1);
    }
  }
  return stretches;
}

TEST(StallsTest, AsMarkingEveryNanosecond) {
  constexpr int64_t kEndNs = 2'000;
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    Prng prng(seed);
    std::vector<Wait> threads[2];
    std::vector<Wait> all;
    for (std::vector<Wait>& waits : threads) {
      for (int i = 0; i < 40; ++i) {
        const auto from_ns = static_cast<int64_t>(prng.Next() % (kEndNs - 60));
        waits.emplace_back(from_ns, from_ns + static_cast<int64_t>(prng.Next() % 60));
      }
      std::sort(waits.begin(), waits.end(), [](const Wait& a, const Wait& b) {
        return a.second < b.second;
      });
      all.insert(all.end(), waits.begin(), waits.end());
    }
    Stalls stalls = Of(threads[0]);
    stalls.Merge(Of(threads[1]));
    std::vector<std::pair<int64_t, int64_t>> found;
    uint64_t calls = 0;
    for (const Stall& stall : stalls.list()) {
      found.emplace_back(stall.from_ns, stall.until_ns);
      calls += stall.calls;
    }
    EXPECT_EQ(found, Obvious(all, kEndNs)) << "seed " << seed;
    EXPECT_EQ(calls, stalls.slow_calls()) << "seed " << seed;
  }
}

}  // namespace
}  // namespace gonghui::load
