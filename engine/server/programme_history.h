// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What became of a programme, by the activations that the ledger keeps of it: when each of
// its versions was active, and what a rollback goes back to.

#ifndef GONGHUI_ENGINE_SERVER_PROGRAMME_HISTORY_H_
#define GONGHUI_ENGINE_SERVER_PROGRAMME_HISTORY_H_

#include <cstdint>
#include <span>
#include <vector>

#include "engine/ledger/ledger.h"

namespace gonghui {

// From `from` on, until the next step.
struct HistoryStep {
  uint32_t version = 0;  // 0 = none was active: the programme was retired
  TimestampNs from;
};

// The newest first, at most `steps_max` of them.  On the ledger thread.
std::vector<HistoryStep> ViewLiveHistory(const Ledger& ledger,
                                         const ProgrammeHead& head,
                                         uint32_t steps_max);

// The versions that lead to the one that is active, or was active last, the oldest first: what
// one rollback after the other passes, from the end of the list to its beginning.
//
// Nobody keeps whether an activation was meant as a step forward or back; its version tells.
// One that is not on the way yet is a step forward.  One that is on it is a step back, and
// what lay beyond it was rolled back from: it is off the way until somebody makes it active
// again.  Of 1, 2, 3 and then 2 the way is 1, 2; of 1, 2, 3, 1 and then 3 it is 1, 3.
std::vector<uint32_t> WayOf(std::span<const HistoryStep> newest_first);

// What a rollback goes back to; 0 = nothing lies before what is active, or nothing ever was.
uint32_t EarlierVersion(std::span<const HistoryStep> newest_first);

// Every version that was ever active, ascending.
std::vector<uint32_t> VersionsOf(std::span<const HistoryStep> newest_first);

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_SERVER_PROGRAMME_HISTORY_H_
