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
#include <array>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <random>
#include <string>
#include <vector>

#include <absl/strings/str_cat.h>
#include <gtest/gtest.h>

#include "engine/base/clock.h"
#include "engine/domain/calendar.h"
#include "engine/ledger/ledger.h"
#include "tests/model/ledger_pair.h"
#include "tests/simulation/last_words.h"
#include "tests/simulation/sim_disk.h"
#include "tests/simulation/sim_oracle.h"
#include "tests/simulation/sim_results.h"
#include "tests/simulation/simulation.h"
#include "tests/testing/city.h"
#include "tests/testing/owned_command.h"

namespace gonghui {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int64_t kFreshSeconds = 10;
#else
constexpr int64_t kFreshSeconds = 30;
#endif
constexpr int64_t kRushSeconds = 8;
constexpr double kSmallerSeconds = 10;
constexpr uint16_t kShard = 7;

SimPlan PlanOf(uint64_t seed) {
  SimPlan plan;
  plan.seed = seed;
  return plan;
}

SimPlan RushPlanOf(uint64_t seed) {
  SimPlan plan = PlanOf(seed);
  plan.rush = true;
  plan.commands = 40'000;
  return plan;
}

// Says which seed it is before it runs, so that one is known that hangs (ctest ends it and shows
// what was printed) or that ends the process.
SimOutcome RunSeed(const SimPlan& plan) {
  [[maybe_unused]] static const bool once = [] {
    InstallLastWords();
    return true;
  }();
  PrepareLastWords(plan);
  std::cout << "tools/sim " << ReplayText(plan) << std::endl;
  return Simulate(plan);
}

std::string SummaryOf(const char* what, uint64_t first_seed, const SimSum& sum) {
  return absl::StrCat(what,
                      ": ",
                      sum.seeds,
                      " seeds from ",
                      first_seed,
                      " on, ",
                      sum.operations,
                      " operations, ",
                      sum.starts,
                      " starts; faults:",
                      TextOf(sum.faults),
                      "\n");
}

// What tools/sim prints, too: the seed as a command, a smaller one, and what happens in that.
std::string TextOfFailure(const SimPlan& plan, const SimOutcome& outcome, double seconds) {
  SimPlan smaller = MakeSmaller(plan, seconds);
  std::vector<std::string> trace;
  smaller.trace = plan.rush ? nullptr : &trace;
  const std::string problem = Simulate(smaller).problem;
  std::string text = absl::StrCat("seed ",
                                  plan.seed,
                                  ": ",
                                  outcome.problem,
                                  "\nReplay: tools/sim ",
                                  ReplayText(plan),
                                  "\nor smaller (",
                                  problem,
                                  "): tools/sim ",
                                  ReplayText(smaller),
                                  "\n");
  for (size_t i = trace.size() - std::min<size_t>(trace.size(), 60); i < trace.size(); ++i) {
    absl::StrAppend(&text, "  ", trace[i], "\n");
  }
  return text;
}

// Plans like this one with seeds that nobody has seen.  What they came to is printed, and left for
// whoever runs ctest (print_summary.cmake).
void RunFreshSeeds(const char* what, SimPlan plan, int64_t seconds) {
  const Clock& clock = SystemClock::Instance();
  const int64_t begin_ns = clock.MonotonicNs();
  std::random_device device;
  const uint64_t first = device();
  SimSum sum;
  do {
    plan.seed = first + sum.seeds;
    const SimOutcome outcome = RunSeed(plan);
    sum.Add(outcome);
    if (!outcome.problem.empty()) {
      FAIL() << TextOfFailure(plan, outcome, kSmallerSeconds);
    }
    // Each that is thought of is decided, and some more than once; but for the last, perhaps.
    if (plan.rush) {
      EXPECT_GE(outcome.operations, outcome.commands - 1) << ReplayText(plan);
    }
  } while (clock.MonotonicNs() - begin_ns < seconds * kNsPerSecond);
  const std::string text = SummaryOf(what, first, sum);
  std::cout << text;
  std::ofstream(GONGHUI_SIM_SUMMARY, std::ios::app) << text;
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
    {786944656, "a declined increment told a limit as if the benefits before had taken more of it"},
};

TEST(SimulationTest, SeedsThatFoundSomething) {
  for (const NamedSeed& named : kSeedsThatFoundSomething) {
    const SimPlan plan = PlanOf(named.seed);
    EXPECT_EQ(RunSeed(plan).problem, "")
        << named.story << "\nReplay: tools/sim " << ReplayText(plan);
  }
}

TEST(SimulationTest, FreshSeeds) {
  const char* const wanted = std::getenv("GONGHUI_SIM_SECONDS");
  RunFreshSeeds(
      "with the model", PlanOf(0), wanted != nullptr ? std::atoll(wanted) : kFreshSeconds);
}

// Of those that may, each strikes in fixed seeds, so that no machine is too slow for it.
void ExpectAllStrike(const std::vector<SimPlan>& plans, const std::vector<SimFault>& kinds) {
  FaultCounts faults{};
  for (const SimPlan& plan : plans) {
    const SimOutcome outcome = RunSeed(plan);
    EXPECT_EQ(outcome.problem, "") << "Replay: tools/sim " << ReplayText(plan);
    for (size_t i = 0; i < kSimFaultCount; ++i) {
      faults[i] += outcome.faults[i];
    }
  }
  for (const SimFault kind : kinds) {
    EXPECT_GT(faults[static_cast<size_t>(kind)], 0U)
        << NameOf(kind) << " never struck: the test has gone blind";
  }
}

TEST(SimulationTest, EveryKindOfFaultStrikes) {
  std::vector<SimPlan> plans;
  for (uint64_t seed = 1'000; seed < 1'030; ++seed) {
    plans.push_back(PlanOf(seed));
  }
  std::vector<SimFault> kinds;
  for (size_t i = 0; i < kSimFaultCount; ++i) {
    kinds.push_back(static_cast<SimFault>(i));
  }
  ExpectAllStrike(plans, kinds);
}

TEST(SimulationTest, TheSameSeedIsTheSameRun) {
  std::vector<std::string> first;
  std::vector<std::string> second;
  SimPlan plan = PlanOf(17);
  plan.trace = &first;
  const SimOutcome a = RunSeed(plan);
  plan.trace = &second;
  const SimOutcome b = RunSeed(plan);
  EXPECT_EQ(a.operations, b.operations);
  EXPECT_EQ(a.faults, b.faults);
  EXPECT_GT(first.size(), 100U);
  EXPECT_EQ(first, second);
}

TEST(SimulationTest, WithoutFaultsNothingGoesWrong) {
  SimPlan plan = PlanOf(18);
  plan.faults = SimFaults{};
  const SimOutcome outcome = RunSeed(plan);
  EXPECT_EQ(outcome.problem, "");
  EXPECT_EQ(outcome.starts, 1U);
  for (size_t i = 0; i < kSimFaultCount; ++i) {
    const auto fault = static_cast<SimFault>(i);
    if (fault != SimFault::kOverload) {  // small rings
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
    const std::string problem = RunSeed(plan).problem;
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
  // How small it gets is a matter of the time that it had.
  EXPECT_LT(smaller.commands - smaller.left_out.size(), failing.commands);
}

TEST(RushTest, FreshSeeds) {
  SimPlan plan = RushPlanOf(0);
  plan.commands = 100'000;
  RunFreshSeeds("rush", plan, kRushSeconds);
}

// Of those that it has; but for a put of the archive that is torn, which is one call of so many
// that the other simulation has to do it.
TEST(RushTest, EveryKindOfFaultStrikes) {
  std::vector<SimPlan> plans;
  // Those of the first 110 that break down often.
  for (const uint64_t seed : std::array<uint64_t, 16>{
           24, 34, 36, 38, 52, 53, 61, 73, 75, 89, 91, 93, 94, 102, 109, 110}) {
    plans.push_back(RushPlanOf(seed));
  }
  ExpectAllStrike(plans,
                  {SimFault::kOverload,
                   SimFault::kPowerCut,
                   SimFault::kCutInCall,
                   SimFault::kCutInRecovery,
                   SimFault::kOrderlyStop,
                   SimFault::kFailedWrite,
                   SimFault::kDiskFull,
                   SimFault::kBlockRot,
                   SimFault::kBlockMisplaced,
                   SimFault::kBlockLost,
                   SimFault::kPageRot,
                   SimFault::kPageStale});
}

TEST(RushTest, TheSameSeedIsTheSameRun) {
  const SimOutcome a = RunSeed(RushPlanOf(3));
  const SimOutcome b = RunSeed(RushPlanOf(3));
  EXPECT_EQ(a.operations, b.operations);
  EXPECT_EQ(a.starts, b.starts);
  EXPECT_EQ(a.faults, b.faults);
}

// What a failing seed prints is as small as bisection makes it, and fails like it.
TEST(RushTest, ADiskThatLiesIsFoundAndMadeSmall) {
  int found = 0;
  SimPlan failing;
  constexpr int kSeeds = 8;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    SimPlan plan = RushPlanOf(seed);
    plan.disk_lies = true;
    const std::string problem = RunSeed(plan).problem;
    if (!problem.empty()) {
      ++found;
      failing = plan;
    }
  }
  EXPECT_GE(found, kSeeds / 2);
  ASSERT_TRUE(failing.disk_lies);
  const SimPlan smaller = MakeSmaller(failing, 10);
  EXPECT_NE(Simulate(smaller).problem, "") << ReplayText(smaller);
  EXPECT_LT(smaller.commands, failing.commands);
}

TEST(RushTest, IsMadeSmallerByBisectionThenByKind) {
  SimPlan plan;
  plan.rush = true;
  plan.commands = 100'000;
  int runs = 0;
  const auto fails = [&runs](const SimPlan& candidate) {
    ++runs;
    return candidate.commands >= 777 && candidate.faults.Has(SimFault::kTornWrite);
  };
  const SimPlan smaller = MakeSmaller(plan, 60, fails);
  EXPECT_EQ(smaller.commands, 777U);
  EXPECT_EQ(smaller.faults.bits(), SimFaults::OfBits(1u << 14).bits());
  EXPECT_EQ(NameOf(static_cast<SimFault>(14)), std::string("torn_write"));
  EXPECT_LT(runs, 60);
}

// With fewer commands the same happens up to there: else bisection would look at other runs.
TEST(RushTest, AShorterRunIsTheBeginningOfALongerOne) {
  SimPlan plan = RushPlanOf(5);
  plan.disk_lies = true;
  const SimOutcome whole = RunSeed(plan);
  ASSERT_NE(whole.problem, "");
  plan.commands = plan.commands * 2;
  const SimOutcome longer = RunSeed(plan);
  EXPECT_EQ(longer.problem, whole.problem);
  EXPECT_EQ(longer.operations, whole.operations);
}

TEST(SimulationTest, AReplayIsACommandLine) {
  SimPlan plan = PlanOf(5);
  plan.commands = 70;
  EXPECT_EQ(ReplayText(plan), "--seed 5 --commands 70");
  plan.faults = SimFaults::OfBits(0x11);
  plan.left_out = {1, 3, 4, 5, 9};
  EXPECT_EQ(ReplayText(plan), "--seed 5 --commands 70 --faults 0x11 --leave-out 1,3-5,9");
  plan.left_out.clear();
  plan.rush = true;
  EXPECT_EQ(ReplayText(plan), "--rush --seed 5 --commands 70 --faults 0x11");
}

// A check of the engine's own, or a wild pointer, takes the process with it: the seed is told.
TEST(SimulationDeathTest, ASeedThatEndsTheProcessIsTold) {
  SimPlan plan = PlanOf(7);
  plan.commands = 3;
  const auto end_by = [&plan](int signal) {
    RunSeed(plan);
    std::raise(signal);
  };
  EXPECT_DEATH(end_by(SIGABRT), "seed 7 ended the process.Replay: tools/sim --seed 7 --commands 3");
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  EXPECT_DEATH(end_by(SIGSEGV), "Replay: tools/sim --seed 7 --commands 3");
#endif
}

#ifdef __SANITIZE_ADDRESS__
TEST(SimulationDeathTest, ASeedThatASanitizerEndsIsTold) {
  SimPlan plan = PlanOf(7);
  plan.commands = 3;
  const auto read_behind = [&plan] {
    RunSeed(plan);
    const volatile std::vector<int>::size_type beyond = 8;
    const std::vector<int> eight(8);
    [[maybe_unused]] const volatile int read = eight.data()[beyond];
  };
  EXPECT_DEATH(read_behind(), "heap-buffer-overflow.*Replay: tools/sim --seed 7 --commands 3");
}
#endif

TEST(SimulationTest, WhatFreshSeedsCameToIsALine) {
  SimSum sum;
  SimOutcome outcome;
  outcome.operations = 40;
  outcome.starts = 2;
  outcome.faults[static_cast<size_t>(SimFault::kPowerCut)] = 5;
  sum.Add(outcome);
  sum.Add(outcome);
  const std::string text = SummaryOf("rush", 9, sum);
  EXPECT_TRUE(text.starts_with("rush: 2 seeds from 9 on, 80 operations, 4 starts; faults: "))
      << text;
  EXPECT_NE(text.find(" power_cut=10 "), std::string::npos) << text;
  EXPECT_TRUE(text.ends_with(" tables_full=0\n")) << text;
}

// A rush, too: what tools/check finds in a fresh seed is as small as what tools/sim prints.
TEST(SimulationTest, AFailureOfFreshSeedsIsToldSmaller) {
  for (SimPlan plan : {PlanOf(0), RushPlanOf(0)}) {
    plan.commands = plan.rush ? 10'000 : plan.commands;
    plan.disk_lies = true;
    SimOutcome outcome;
    while (outcome.problem.empty()) {
      ++plan.seed;
      outcome = RunSeed(plan);
    }
    const std::string text = TextOfFailure(plan, outcome, 5);
    const size_t replay = text.find("\nReplay: tools/sim " + ReplayText(plan) + "\n");
    ASSERT_NE(replay, std::string::npos) << text;
    const size_t smaller = text.find("\nor smaller (", replay);
    ASSERT_NE(smaller, std::string::npos) << text;
    EXPECT_EQ(text.find(ReplayText(plan) + "\n", smaller), std::string::npos) << text;
    EXPECT_EQ(text.find("thinks of") != std::string::npos, !plan.rush) << text;
  }
}

// ---- What the simulation is made of -------------------------------------------------

TEST(SimDiskTest, APageWhoseWriteFailsIsThereOnlyWhenItIsDone) {
  int there = 0;
  constexpr int kTimes = 100;
  FaultCounts counts{};
  for (int seed = 0; seed < kTimes; ++seed) {
    SimDisk disk(static_cast<uint64_t>(seed), &counts);
    constexpr std::array<uint8_t, 3> kBytes{1, 2, 3};
    ASSERT_TRUE(disk.checkpoints().BeginBlocking(kShard).ok());
    ASSERT_TRUE(disk.checkpoints().AddPageBlocking(1, 0, kBytes).ok());
    EXPECT_FALSE(disk.write_has_failed());
    disk.FailNextWrite();
    EXPECT_FALSE(disk.checkpoints().AddPageBlocking(1, 1, kBytes).ok());
    EXPECT_TRUE(disk.write_has_failed());
    ASSERT_TRUE(disk.checkpoints().CommitBlocking(CheckpointMeta{}).ok());
    EXPECT_GE(disk.page_count(), 1U);
    there += disk.page_count() == 2 ? 1 : 0;
  }
  EXPECT_GT(there, kTimes / 4);
  EXPECT_LT(there, kTimes * 3 / 4);
  EXPECT_EQ(counts[static_cast<size_t>(SimFault::kFailedWrite)], uint64_t{kTimes});
  EXPECT_EQ(counts[static_cast<size_t>(SimFault::kTornWrite)], 0U);
}

// Of the ports the archive's alone knows of parts: a block is there or is not.
TEST(SimDiskTest, TornIsWhatLeavesAPart) {
  FaultCounts counts{};
  const uint64_t& torn = counts[static_cast<size_t>(SimFault::kTornWrite)];
  BlockHeader header;
  header.shard = kShard;
  header.event_count = 1;
  std::array<Archive::Entry, 5> entries{};
  for (size_t i = 0; i < entries.size(); ++i) {
    entries[i].transaction.transaction.seq = CommandSeq{i + 1};
    entries[i].transaction.transaction.request_id = RequestId{1, i + 1};
  }
  uint64_t parts = 0;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    SimDisk disk(seed, &counts);
    header.epoch = *disk.journal().Acquire(kShard);
    header.first_seq = disk.durable_next_seq();
    disk.CutPowerAfter(0);
    std::string why;
    EXPECT_NE(disk.journal().AppendBlocking(header, std::array<uint8_t, 64>{}, &why),
              AppendResult::kCommitted);
    ASSERT_TRUE(disk.is_off());
    EXPECT_EQ(torn, parts) << "nothing is kept of a block that was cut";
    disk.PowerOn();
    disk.CutPowerAfter(0);
    EXPECT_FALSE(disk.archive().PutBlocking(kShard, entries).ok());
    disk.PowerOn();
    size_t kept = 0;
    ASSERT_TRUE(disk.archive()
                    .ForEachBlocking(kShard,
                                     [&kept](const Archive::Entry&) {
                                       ++kept;
                                       return absl::OkStatus();
                                     })
                    .ok());
    parts += kept > 0 && kept < entries.size() ? 1 : 0;
    EXPECT_EQ(torn, parts) << kept << " of " << entries.size() << " are there";
  }
  EXPECT_GT(parts, 10U);
}

TEST(SimDiskTest, CountsWhatStruckAndNotWhatWasArmed) {
  FaultCounts counts{};
  const auto count = [&counts](SimFault fault) { return counts[static_cast<size_t>(fault)]; };
  SimDisk disk(1, &counts);
  disk.SetFull(true);
  disk.CutPowerAfter(1);
  EXPECT_EQ(counts, FaultCounts{});
  EXPECT_TRUE(disk.checkpoints().LatestBlocking(kShard).ok());  // which writes nothing
  EXPECT_EQ(counts, FaultCounts{});
  EXPECT_FALSE(disk.checkpoints().BeginBlocking(kShard).ok());
  EXPECT_FALSE(disk.checkpoints().BeginBlocking(kShard).ok());
  EXPECT_EQ(count(SimFault::kDiskFull), 1U) << "once each time that it is full";
  EXPECT_FALSE(disk.checkpoints().LatestBlocking(kShard).ok());
  EXPECT_TRUE(disk.is_off());
  EXPECT_EQ(count(SimFault::kCutInRecovery), 1U);
  EXPECT_EQ(count(SimFault::kCutInCall), 0U);
  disk.PowerOn();
  disk.Started();
  disk.CutPowerAfter(0);
  EXPECT_FALSE(disk.checkpoints().BeginBlocking(kShard).ok());
  EXPECT_EQ(count(SimFault::kCutInCall), 1U);
  EXPECT_EQ(count(SimFault::kCutInRecovery), 1U);
  EXPECT_EQ(count(SimFault::kTornWrite), 0U) << "one record has no parts";
}

// ---- The oracle: what it must not believe ----------------------------------------------

// A call of one inquiry that nobody has decided yet, and an oracle that waits for it.
class SimOracleTest : public testing::Test {
 protected:
  SimOracleTest() {
    clock_.PassTo(TimestampNs{kTimestampNsMin + 1'000});
    Command command;
    command.kind = CommandKind::kGetTransaction;
    command.inquiry = InquiryRequest{};
    command.inquiry.request_id = RequestId{1, 1};
    call_.asked = {0};
    call_.owned = {Own(command)};
    call_.commands = {call_.owned[0].command};
    call_.results.resize(1);
    call_.decided_results.resize(1);
    call_.answers.resize(1);
    call_.decided_as.resize(1);
    call_.not_before = TimestampNs{clock_.NowNs()};
    oracle_.Expect(&call_);
  }

  void Decide(const Command& command, TimestampNs now) {
    Event event;
    ledger_.Decide(command, now, &event, &call_.results[0]);
    oracle_.OnDecision(ledger_, command, now, event, call_.results[0]);
  }
  void DecideCall() { Decide(call_.commands[0], TimestampNs{clock_.NowNs()}); }

  SimClock clock_;
  Ledger ledger_{kShard, LedgerPair::SmallLimits()};
  SimOracle oracle_{kShard, clock_};
  SimCall call_;
};

TEST_F(SimOracleTest, WhatWasDecidedMayBeTold) {
  DecideCall();
  oracle_.CheckTold(ledger_, call_);
  EXPECT_EQ(oracle_.problem(), "");
}

TEST_F(SimOracleTest, AnothersAnswerIsFound) {
  DecideCall();
  call_.results[0].transaction_id = MakeTransactionId(kShard, CommandSeq{77});
  oracle_.CheckTold(ledger_, call_);
  EXPECT_TRUE(oracle_.problem().starts_with("TOLD OTHERWISE")) << oracle_.problem();
}

TEST_F(SimOracleTest, AnAnswerThatNobodyDecidedIsFound) {
  for (const Verdict verdict : {Verdict::kDecided, Verdict::kFull, Verdict::kArchiveUnreadable}) {
    SimOracle oracle(kShard, clock_);
    oracle.Expect(&call_);
    call_.results[0].verdict = verdict;
    oracle.CheckTold(ledger_, call_);
    EXPECT_TRUE(oracle.problem().starts_with("TOLD OTHERWISE")) << oracle.problem();
  }
}

TEST_F(SimOracleTest, ADecisionBeforeItWasSentIsFound) {
  Decide(call_.commands[0], TimestampNs{clock_.NowNs() - 1});
  EXPECT_NE(oracle_.problem().find("before it was sent"), std::string::npos) << oracle_.problem();
}

TEST_F(SimOracleTest, ADecisionAtAnInstantThatNoClockHasShownIsFound) {
  Decide(call_.commands[0], TimestampNs{clock_.NowNs() + 1});
  EXPECT_NE(oracle_.problem().find("no clock"), std::string::npos) << oracle_.problem();
}

// The clock was an hour ahead for a while: what was read then is as good.
TEST_F(SimOracleTest, ADecisionAtAnInstantThatTheClockHasShownIsNot) {
  constexpr int64_t kHourNs = 3600 * kNsPerSecond;
  clock_.Set(kHourNs);
  const TimestampNs shown{clock_.NowNs()};
  clock_.Set(0);
  Decide(call_.commands[0], shown);
  EXPECT_EQ(oracle_.problem(), "");
}

// The engine's own time is an hour ahead of a clock that was set back: a deadline is of the clock.
TEST_F(SimOracleTest, ADeadlineIsReckonedFromTheClockAsItIs) {
  constexpr int64_t kHourNs = 3600 * kNsPerSecond;
  clock_.Set(kHourNs);
  const TimestampNs shown{clock_.NowNs()};
  clock_.Set(0);
  call_.commands[0].deadline = TimestampNs{clock_.NowNs()};
  Command in_time = call_.commands[0];
  in_time.deadline = kTimestampMax;
  for (const bool by_the_clock : {true, false}) {
    SimOracle oracle(kShard, clock_);
    oracle.Expect(&call_);
    call_.decided_as[0] = 0;
    Event event;
    Result result;
    ledger_.Decide(by_the_clock ? in_time : call_.commands[0], shown, &event, &result);
    ASSERT_EQ(result.verdict == Verdict::kDeadlineExceeded, !by_the_clock);
    oracle.OnDecision(ledger_, call_.commands[0], shown, event, result);
    EXPECT_EQ(oracle.problem().empty(), by_the_clock) << oracle.problem();
  }
}

TEST_F(SimOracleTest, WhatIsDecidedTwiceIsFound) {
  DecideCall();
  DecideCall();
  EXPECT_NE(oracle_.problem().find("decided twice"), std::string::npos) << oracle_.problem();
}

TEST_F(SimOracleTest, WhatNobodyAskedForIsFound) {
  const Command nobodys = call_.commands[0];
  Decide(nobodys, TimestampNs{clock_.NowNs()});
  EXPECT_TRUE(oracle_.problem().starts_with("DECIDED, AND NOBODY ASKED")) << oracle_.problem();
}

// A hold that is over while calls keep coming: one turn passes over it.
class SimOracleHoldTest : public SimOracleTest {
 protected:
  SimOracleHoldTest() {
    const CityOptions city{.members = 1, .merchants = 1};
    clock_.PassTo(kCityNoon);
    BuildCity(city, [this](const Command& command) { Ask(OwnedCommand{command, nullptr}); });
    Prng prng(1);
    Command hold = RandomSale(city, prng);
    hold.authorize.capture_at_once = false;
    hold.authorize.hold_s = 60;
    Ask(Own(hold));
    EXPECT_EQ(ledger_.next_expiry(), TimestampNs{kCityNoon.value() + 60 * kNsPerSecond});
    oracle_.CheckTurn(ledger_);
    EXPECT_EQ(oracle_.problem(), "");
  }

  void Ask(const OwnedCommand& command) {
    SimCall call;
    call.asked = {0};
    call.owned = {command};
    call.commands = {command.command};
    call.decided_results.resize(1);
    call.answers.resize(1);
    call.decided_as.resize(1);
    oracle_.Expect(&call);
    Apply(call.commands[0]);
    oracle_.Forget(call);
  }
  void Apply(const Command& command) {
    Event event;
    Result result;
    const TimestampNs now{clock_.NowNs()};
    ledger_.Decide(command, now, &event, &result);
    if (event.kind != EventKind::kNone) {
      ledger_.Evolve(event);
    }
    oracle_.OnDecision(ledger_, command, now, event, result);
  }
  void PassOneMinute() { clock_.PassTo(TimestampNs{kCityNoon.value() + 60 * kNsPerSecond}); }
};

TEST_F(SimOracleHoldTest, ATurnThatLetsGoOfNothingIsFound) {
  PassOneMinute();
  DecideCall();
  EXPECT_EQ(oracle_.problem(), "");
  oracle_.CheckTurn(ledger_);
  EXPECT_NE(oracle_.problem().find("let go of no hold"), std::string::npos) << oracle_.problem();
}

// The clock was set back since: the engine's own time was not.
TEST_F(SimOracleHoldTest, ATurnAfterTheClockWasSetBackIsFound) {
  PassOneMinute();
  DecideCall();
  clock_.Set(-3600 * kNsPerSecond);
  oracle_.CheckTurn(ledger_);
  EXPECT_NE(oracle_.problem().find("let go of no hold"), std::string::npos) << oracle_.problem();
}

TEST_F(SimOracleHoldTest, ATurnThatLetsGoOfOneIsNot) {
  PassOneMinute();
  DecideCall();
  Command expiry;
  expiry.kind = CommandKind::kExpireHolds;
  Apply(expiry);
  oracle_.CheckTurn(ledger_);
  EXPECT_EQ(oracle_.problem(), "");
  EXPECT_EQ(ledger_.next_expiry(), kTimestampMax);
}

// ---- Answers to the same request -------------------------------------------------------

TEST(SimResultsTest, WhatWasDecidedIsToldAgain) {
  Answer sale;
  sale.has_transaction = true;
  sale.id = TransactionId{7};
  sale.outcome = Outcome::kApproved;
  sale.subsidy = Fen{50};
  EXPECT_EQ(Contradiction(sale, sale), "");
  Answer otherwise = sale;
  otherwise.subsidy = Fen{60};
  EXPECT_NE(Contradiction(sale, otherwise), "");
  otherwise = sale;
  otherwise.id = TransactionId{8};
  EXPECT_NE(Contradiction(sale, otherwise), "");
  // Without a transaction there are three excuses, none of which lasts.
  for (const Verdict verdict : {Verdict::kFull,
                                Verdict::kArchiveUnreadable,
                                Verdict::kDeadlineExceeded,
                                Verdict::kNotFound,
                                Verdict::kPermissionDenied,
                                Verdict::kDuplicateMismatch,
                                Verdict::kOutOfRange,
                                Verdict::kRefused}) {
    Answer without;
    without.verdict = verdict;
    const bool excused = verdict == Verdict::kFull || verdict == Verdict::kArchiveUnreadable ||
                         verdict == Verdict::kDeadlineExceeded;
    EXPECT_EQ(Contradiction(sale, without).empty(), excused) << TextOf(without);
    // What could not be decided may be later.
    EXPECT_EQ(Contradiction(without, sale), "") << TextOf(without);
  }
}

TEST(SimResultsTest, EveryFieldCounts) {
  Result decided;
  decided.share_count = decided.limit_count = 1;
  const auto expect_found = [&decided](const char* what, const auto& change) {
    Result told = decided;
    change(&told);
    EXPECT_NE(Difference(decided, told), "") << what;
    EXPECT_NE(DigestOf(decided), DigestOf(told)) << what;
  };
  EXPECT_EQ(Difference(decided, decided), "");
  expect_found("verdict", [](Result* r) { r->verdict = Verdict::kNotFound; });
  expect_found("field", [](Result* r) { r->field = Field::kAmount; });
  expect_found("admin_reason", [](Result* r) { r->admin_reason = AdminReason::kMissing; });
  expect_found("replay", [](Result* r) { r->replay = true; });
  expect_found("created", [](Result* r) { r->created = true; });
  expect_found("index", [](Result* r) { r->index = 1; });
  expect_found("row", [](Result* r) { r->row = 1; });
  expect_found("programme_version", [](Result* r) { r->programme_version = 1; });
  expect_found("transaction_id", [](Result* r) { r->transaction_id = TransactionId{1}; });
  expect_found("original_id", [](Result* r) { r->original_id = TransactionId{1}; });
  expect_found("merchant", [](Result* r) { r->merchant.words[1] = 1; });
  expect_found("share_count", [](Result* r) { r->share_count = 0; });
  expect_found("limit_count", [](Result* r) { r->limit_count = 0; });
  expect_found("transaction", [](Result* r) { r->transaction.subsidy = Fen{1}; });
  expect_found("share", [](Result* r) { r->shares[0].amount = Fen{1}; });
  expect_found("limit", [](Result* r) { r->limits[0].left = 1; });
  // What is beyond the counts is whatever was there before.
  Result told = decided;
  told.shares[1].amount = Fen{1};
  told.limits[1].left = 1;
  EXPECT_EQ(Difference(decided, told), "");
  EXPECT_EQ(DigestOf(decided), DigestOf(told));
}

}  // namespace
}  // namespace gonghui
