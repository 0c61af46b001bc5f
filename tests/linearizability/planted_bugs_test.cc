// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The test of the test: a simulated server with a bug is found out within
// kSeedsToCatch seeds, by the search; the same server without one never is.
//
//   GONGHUI_SEED=7 linearizability_checker_test --gtest_filter="PlantedBugs.*Fresh*"

#include <cstdio>
#include <cstdlib>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/base/clock.h"
#include "tests/linearizability/round.h"
#include "tests/linearizability/simulated_server.h"

namespace gonghui::lin {
namespace {

constexpr uint64_t kSeedsToCatch = 200;
constexpr uint64_t kFreshSeeds = 100;

RoundChecked CheckSimulated(const SimulatedRound& round) {
  return CheckRound(round.plan.theme, round.plan.world, round.history);
}

// In each theme; the seeds from `first` on must all be explained.
void ExpectRight(uint64_t first, uint64_t count) {
  RoundChecked all;
  int crashes = 0;
  for (uint64_t seed = first; seed < first + count; ++seed) {
    for (const Theme theme : kThemes) {
      const SimulatedRound round = Simulate(theme, Bug::kNone, seed);
      const RoundChecked checked = CheckSimulated(round);
      ASSERT_EQ(checked.contradiction + checked.false_claim, "")
          << "GONGHUI_SEED=" << seed << " theme " << static_cast<int>(theme);
      crashes += round.crashes;
      all.Add(checked);
    }
  }
  std::printf(
      "%llu seeds from %llu: %lld histories of %lld operations, %lld unknown, %lld "
      "overlapping, %d crashes; %llu configurations, at most %llu\n",
      static_cast<unsigned long long>(count),
      static_cast<unsigned long long>(first),
      static_cast<long long>(all.histories),
      static_cast<long long>(all.operations),
      static_cast<long long>(all.unknown),
      static_cast<long long>(all.overlapping),
      crashes,
      static_cast<unsigned long long>(all.configurations),
      static_cast<unsigned long long>(all.configurations_most));
  EXPECT_EQ(all.undecided, 0);
  EXPECT_GT(crashes, 0);
  EXPECT_GT(all.unknown, all.operations / 50);
  EXPECT_GT(all.overlapping, all.operations / 4);
}

TEST(PlantedBugs, RightServerPassesTheSameSeeds) {
  ExpectRight(1, kSeedsToCatch);
}

TEST(PlantedBugs, RightServerPassesFreshSeeds) {
  const char* const told = std::getenv("GONGHUI_SEED");
  const uint64_t seed = told != nullptr
                            ? std::strtoull(told, nullptr, 10)
                            : static_cast<uint64_t>(SystemClock::Instance().NowNs()) % 1'000'000;
  std::printf("GONGHUI_SEED=%llu\n", static_cast<unsigned long long>(seed));
  ExpectRight(seed, kFreshSeeds);
}

class PlantedBug : public ::testing::TestWithParam<int> {};

TEST_P(PlantedBug, IsCaught) {
  const auto bug = static_cast<Bug>(GetParam());
  uint64_t caught_at = 0;
  for (uint64_t seed = 1; seed <= kSeedsToCatch && caught_at == 0; ++seed) {
    for (const Theme theme : kThemes) {
      const SimulatedRound round = Simulate(theme, bug, seed);
      const RoundChecked checked = CheckSimulated(round);
      if (checked.contradiction.empty()) {
        continue;
      }
      caught_at = seed;
      EXPECT_THAT(checked.contradiction, ::testing::HasSubstr("no order explains these answers"));
      std::printf("%s: seed %llu, theme %d\n%s",
                  NameOf(bug),
                  static_cast<unsigned long long>(seed),
                  static_cast<int>(theme),
                  checked.contradiction.substr(0, checked.contradiction.find("The whole")).c_str());
      break;
    }
  }
  EXPECT_NE(caught_at, 0U) << NameOf(bug) << " was not caught within " << kSeedsToCatch << " seeds";
}

INSTANTIATE_TEST_SUITE_P(Each,
                         PlantedBug,
                         ::testing::Range(1, static_cast<int>(kBugLast) + 1),
                         [](const auto& bug) {
                           std::string name = NameOf(static_cast<Bug>(bug.param));
                           std::erase_if(name, [](char c) { return c == ','; });
                           for (char& c : name) {
                             c = c == ' ' ? '_' : c;
                           }
                           return name;
                         });

}  // namespace
}  // namespace gonghui::lin
