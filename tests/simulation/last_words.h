// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What a program says of its seed when that ends it: a check of the engine's own, a wild pointer,
// something that a sanitizer found.  A seed that contradicts the model comes back from Simulate()
// and is made smaller; of one that does not come back this is all there is, and it is replayed as
// it is.
//
// Thread safety: none; a simulation has one thread.

#ifndef GONGHUI_TESTS_SIMULATION_LAST_WORDS_H_
#define GONGHUI_TESTS_SIMULATION_LAST_WORDS_H_

#include "tests/simulation/simulation.h"

namespace gonghui {

// From now on this process says last words, once there are any.
void InstallLastWords();

// The command that replays the plan, to standard error, should it not come back.
void PrepareLastWords(const SimPlan& plan);

}  // namespace gonghui

#endif  // GONGHUI_TESTS_SIMULATION_LAST_WORDS_H_
