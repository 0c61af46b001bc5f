// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The whole engine in one thread: rings, ledger, group commit, checkpoints, archive and
// recovery, with terminals and operators who ask (tests/model/random_commands.h), a network
// that loses, doubles and overtakes, and a machine that breaks down.  One seed decides
// everything, so that a seed can be run again.
//
// What must hold whatever happens: every answer is the naive model's, in the order in which the
// engine decided; nothing is answered before it is durable; what was answered is there after
// every crash, exactly once; what a caller reads is what was decided for it; the same request is
// answered the same however often it comes; a version is active before anything is decided at its
// instant, and holds that are over are let go of however much there is to decide, some in each turn
// of the ledger thread; the state after a replay has the digest that the journal names, and all
// that ever happened is in it or in the archive; damage is refused, and never taken for something
// else; an engine that was told that a write failed does nothing more; when all is quiet, everybody
// has been answered, nothing is due, and what is old enough leaves memory.

#ifndef GONGHUI_TESTS_SIMULATION_SIMULATION_H_
#define GONGHUI_TESTS_SIMULATION_SIMULATION_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "tests/simulation/sim_faults.h"

namespace gonghui {

struct SimPlan {
  uint64_t seed = 0;
  // The simulation for many operations instead, rush.h: its commands are deeds.
  bool rush = false;
  size_t commands = 600;  // that terminals and operators think of
  SimFaults faults = SimFaults::All();
  // Of the commands, by number, those that are never sent: for making a failure small.  Not of a
  // rush.
  std::set<size_t> left_out;
  // The disk acknowledges what is in its cache, and forgets the newest of it when the power goes.
  // No engine can be right on it: what finds it is the simulation, which is so put to the test.
  bool disk_lies = false;
  // What happens, a line each; null = nobody reads it.  Not of a rush.
  std::vector<std::string>* trace = nullptr;
};

struct SimOutcome {
  std::string problem;      // empty = none
  size_t commands = 0;      // thought of until then
  uint64_t operations = 0;  // commands that the engine decided, repeats among them
  uint64_t starts = 0;
  FaultCounts faults{};
};

[[nodiscard]] SimOutcome Simulate(const SimPlan& plan);

// What some seeds came to, together.
struct SimSum {
  uint64_t seeds = 0;
  uint64_t operations = 0;
  uint64_t starts = 0;
  FaultCounts faults{};

  void Add(const SimOutcome& outcome) {
    Add(SimSum{1, outcome.operations, outcome.starts, outcome.faults});
  }
  void Add(const SimSum& other) {
    seeds += other.seeds;
    operations += other.operations;
    starts += other.starts;
    for (size_t i = 0; i < kSimFaultCount; ++i) {
      faults[i] += other.faults[i];
    }
  }
};

// The same problem or another one with fewer commands and kinds of fault, as far as `seconds`
// allow.  REQUIRES: the plan has a problem.
[[nodiscard]] SimPlan MakeSmaller(const SimPlan& plan, double seconds);
// Likewise, of whatever `fails` tells.
[[nodiscard]] SimPlan MakeSmaller(const SimPlan& plan,
                                  double seconds,
                                  const std::function<bool(const SimPlan&)>& fails);

// As a command line: what `tools/sim` and sim_test take.
[[nodiscard]] std::string ReplayText(const SimPlan& plan);

}  // namespace gonghui

#endif  // GONGHUI_TESTS_SIMULATION_SIMULATION_H_
