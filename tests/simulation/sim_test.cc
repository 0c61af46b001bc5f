// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Seeds of the simulations (simulation.h, rush.h): those that once found something, fresh ones, and
// proof that it would find something.
//
//   sim_test                       fresh seeds for half a minute, among others
//   GONGHUI_SIM_SECONDS=600 ...    for ten
//   tools/sim                      the same on all cores, and a seed again

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "engine/base/clock.h"
#include "engine/domain/calendar.h"
#include "tests/simulation/rush.h"
#include "tests/simulation/simulation.h"

namespace gonghui {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int64_t kFreshSeconds = 10;
#else
constexpr int64_t kFreshSeconds = 30;
#endif

SimPlan PlanOf(uint64_t seed) {
  SimPlan plan;
  plan.seed = seed;
  return plan;
}

// Seeds that once found something, in the engine or in what the simulation is made of.
struct NamedSeed {
  uint64_t seed;
  const char* story;
};
constexpr NamedSeed kSeedsThatFoundSomething[] = {
    {2, "an answer of an archive that could not be read came after it was mended"},
    {6, "an archive's put failed behind all of its entries"},
    {8, "a block was lost that no start needs any more"},
    {287, "a stale page differed in rows alone that had left for the archive: it is as good"},
    {387, "answers that overtake each other made a terminal think that less than nothing is left"},
};

TEST(SimulationTest, SeedsThatFoundSomething) {
  for (const NamedSeed& named : kSeedsThatFoundSomething) {
    const SimPlan plan = PlanOf(named.seed);
    EXPECT_EQ(Simulate(plan).problem, "")
        << named.story << "\nReplay: tools/sim " << ReplayText(plan);
  }
}

TEST(SimulationTest, FreshSeeds) {
  const char* const wanted = std::getenv("GONGHUI_SIM_SECONDS");
  const int64_t seconds = wanted != nullptr ? std::atoll(wanted) : kFreshSeconds;
  const Clock& clock = SystemClock::Instance();
  const int64_t begin_ns = clock.MonotonicNs();
  std::random_device device;
  const uint64_t first = device();
  uint64_t seeds = 0;
  uint64_t operations = 0;
  uint64_t starts = 0;
  FaultCounts faults{};
  do {
    const SimPlan plan = PlanOf(first + seeds);
    const SimOutcome outcome = Simulate(plan);
    ++seeds;
    operations += outcome.operations;
    starts += outcome.starts;
    for (size_t i = 0; i < kSimFaultCount; ++i) {
      faults[i] += outcome.faults[i];
    }
    if (!outcome.problem.empty()) {
      SimPlan smaller = MakeSmaller(plan, 10);
      std::vector<std::string> trace;
      smaller.trace = &trace;
      const std::string problem = Simulate(smaller).problem;
      for (size_t i = trace.size() - std::min<size_t>(trace.size(), 60); i < trace.size(); ++i) {
        std::cout << "  " << trace[i] << "\n";
      }
      FAIL() << "seed " << plan.seed << ": " << outcome.problem << "\nReplay: tools/sim "
             << ReplayText(plan) << "\nor smaller (" << problem << "): tools/sim "
             << ReplayText(smaller);
    }
  } while (clock.MonotonicNs() - begin_ns < seconds * kNsPerSecond);
  std::cout << seeds << " seeds from " << first << " on, " << operations << " operations, "
            << starts << " starts\n";
  for (size_t i = 0; i < kSimFaultCount; ++i) {
    std::cout << faults[i] << "\t" << NameOf(static_cast<SimFault>(i)) << "\n";
    // A few seeds may miss some; as many as there are in a few seconds do not.
    EXPECT_TRUE(faults[i] > 0 || seeds < 50)
        << NameOf(static_cast<SimFault>(i)) << " never struck: the test has gone blind";
  }
}

TEST(SimulationTest, TheSameSeedIsTheSameRun) {
  std::vector<std::string> first;
  std::vector<std::string> second;
  SimPlan plan = PlanOf(17);
  plan.trace = &first;
  const SimOutcome a = Simulate(plan);
  plan.trace = &second;
  const SimOutcome b = Simulate(plan);
  EXPECT_EQ(a.operations, b.operations);
  EXPECT_EQ(a.faults, b.faults);
  EXPECT_GT(first.size(), 100U);
  EXPECT_EQ(first, second);
}

TEST(SimulationTest, WithoutFaultsNothingGoesWrong) {
  SimPlan plan = PlanOf(18);
  plan.faults = SimFaults{};
  const SimOutcome outcome = Simulate(plan);
  EXPECT_EQ(outcome.problem, "");
  EXPECT_EQ(outcome.starts, 1U);
  for (size_t i = 0; i < kSimFaultCount; ++i) {
    const auto fault = static_cast<SimFault>(i);
    if (fault != SimFault::kOrderlyStop &&
        fault != SimFault::kOverload) {  // its end, and small rings
      EXPECT_EQ(outcome.faults[i], 0U) << NameOf(fault);
    }
  }
}

// The proof of the oracle: a disk that forgets what it acknowledged is found, whatever seed.
TEST(SimulationTest, ADiskThatLiesIsFoundAndMadeSmall) {
  int found = 0;
  SimPlan failing;
  constexpr int kSeeds = 20;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    SimPlan plan = PlanOf(seed);
    plan.disk_lies = true;
    const std::string problem = Simulate(plan).problem;
    found += problem.empty() ? 0 : 1;
    if (problem.starts_with("LOST")) {
      failing = plan;
    }
  }
  // Where there was no power cut nothing could be forgotten.
  EXPECT_GE(found, kSeeds / 2);
  ASSERT_TRUE(failing.disk_lies);
  const SimPlan smaller = MakeSmaller(failing, 5);
  EXPECT_NE(Simulate(smaller).problem, "");
  EXPECT_LT(smaller.commands - smaller.left_out.size(), failing.commands / 2);
}

SimPlan RushPlanOf(uint64_t seed) {
  SimPlan plan = PlanOf(seed);
  plan.commands = 40'000;
  return plan;
}

TEST(RushTest, FreshSeeds) {
  const Clock& clock = SystemClock::Instance();
  const int64_t begin_ns = clock.MonotonicNs();
  std::random_device device;
  const uint64_t first = device();
  uint64_t seeds = 0;
  uint64_t operations = 0;
  uint64_t starts = 0;
  do {
    const SimPlan plan = RushPlanOf(first + seeds);
    const SimOutcome outcome = SimulateRush(plan);
    ++seeds;
    operations += outcome.operations;
    starts += outcome.starts;
    ASSERT_EQ(outcome.problem, "") << "Replay: tools/sim --rush " << ReplayText(plan);
    EXPECT_GE(outcome.operations, plan.commands);
  } while (clock.MonotonicNs() - begin_ns < 10 * kNsPerSecond);
  std::cout << seeds << " seeds from " << first << " on, " << operations << " operations, "
            << starts << " starts\n";
}

TEST(RushTest, TheSameSeedIsTheSameRun) {
  const SimOutcome a = SimulateRush(RushPlanOf(3));
  const SimOutcome b = SimulateRush(RushPlanOf(3));
  EXPECT_EQ(a.operations, b.operations);
  EXPECT_EQ(a.starts, b.starts);
  EXPECT_EQ(a.faults, b.faults);
}

TEST(RushTest, ADiskThatLiesIsFound) {
  int found = 0;
  constexpr int kSeeds = 8;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    SimPlan plan = RushPlanOf(seed);
    plan.disk_lies = true;
    found += SimulateRush(plan).problem.empty() ? 0 : 1;
  }
  EXPECT_GE(found, kSeeds / 2);
}

TEST(SimulationTest, AReplayIsACommandLine) {
  SimPlan plan = PlanOf(5);
  plan.commands = 70;
  EXPECT_EQ(ReplayText(plan), "--seed 5 --commands 70");
  plan.faults = SimFaults::OfBits(0x11);
  plan.left_out = {1, 3, 4, 5, 9};
  EXPECT_EQ(ReplayText(plan), "--seed 5 --commands 70 --faults 0x11 --leave-out 1,3-5,9");
}

}  // namespace
}  // namespace gonghui
