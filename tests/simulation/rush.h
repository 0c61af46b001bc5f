// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The simulation for many operations: terminals that send as many requests as the engine takes,
// with RushBook in place of the naive model.  It knows less than Simulate() (one programme, no
// operators, no network but repeats) and is a hundred times as fast, so that rare moments of the
// pipeline come up: many blocks, checkpoints in the midst of the rush, rings that run full,
// crashes between any two of them.
//
// Seeds are of three sorts, because a start costs as much as the operations whose rows it reads:
// an eighth break down every thousand operations or so and end early, half of the others keep
// little in memory and break down every some ten thousand, the rest keep all and do so now and
// then.

#ifndef GONGHUI_TESTS_SIMULATION_RUSH_H_
#define GONGHUI_TESTS_SIMULATION_RUSH_H_

#include "tests/simulation/simulation.h"

namespace gonghui {

// Of the plan: the seed, `commands` (deeds here), faults, and whether the disk lies.  With fewer
// commands the same happens up to there.
[[nodiscard]] SimOutcome SimulateRush(const SimPlan& plan);

}  // namespace gonghui

#endif  // GONGHUI_TESTS_SIMULATION_RUSH_H_
