// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// A server to test the checker by: the model, behind calls that are under way
// together, with a disk that lags, clients that stop waiting and crashes; and bugs
// that can be switched on.  One thread, by seed: what it does once it does again.

#ifndef GONGHUI_TESTS_LINEARIZABILITY_SIMULATED_SERVER_H_
#define GONGHUI_TESTS_LINEARIZABILITY_SIMULATED_SERVER_H_

#include <cstdint>

#include "tests/linearizability/history.h"
#include "tests/linearizability/plan.h"

namespace gonghui::lin {

enum class Bug : uint8_t {
  kNone,
  kStaleRead,            // inquiries and looks are answered from a snapshot of a while ago
  kDirtyRead,            // ... from what is not durable yet
  kDedupSkipped,         // a repeat is decided anew
  kAnswerChanges,        // a repeat is told the amounts as they stand now
  kLimitRace,            // the limit is checked first and the use taken later
  kBudgetRace,           // the same of the fund
  kLimitOffByOne,        // one use more than allowed
  kAcknowledgedTooSoon,  // an answer does not wait for the disk
  kLostUpdate,           // read, decided, written: over what was written in between
  kReversedTwice,        // a second reversal gives the money and the use back again
  kTombstoneIgnored,     // a late original is approved although its reversal came first
  kUseNotReturned,       // a reversal forgets to give the use back
  kDecidedAfterCrash,    // a call that a crash took is decided after the restart
  kAnsweredTooEarly,     // answered by the state when it came, applied later
};
inline constexpr Bug kBugLast = Bug::kAnsweredTooEarly;
const char* NameOf(Bug bug);

// Of the plan that the seed gives for this theme, with what its clients ask in the end.
struct SimulatedRound {
  Plan plan;
  History history;
  int crashes = 0;
};
SimulatedRound Simulate(Theme theme, Bug bug, uint64_t seed);

}  // namespace gonghui::lin

#endif  // GONGHUI_TESTS_LINEARIZABILITY_SIMULATED_SERVER_H_
