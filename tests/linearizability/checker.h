// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Is there an order of the operations, each somewhere between its call and its
// return, in which one server asked one thing after another (model.h) gives the
// very answers that were seen?
//
// Wing and Gong's search ("Testing and Verifying Concurrent Objects", 1993) with
// Lowe's memory of configurations ("Testing for Linearizability", 2017): a
// configuration is the set of operations that are done and the state they led to,
// and one that failed before fails again.  A configuration is remembered by 128
// bits of hash: two of a million are confused with odds of 1 to 10^26.
//
// An operation without an answer may have happened until its return_ns, or never.
// It is given up only when it stands in the way of the next one, and an operation
// that changes nothing and says the right thing is taken at once: neither loses an
// order, both spare most of the search.

#ifndef GONGHUI_TESTS_LINEARIZABILITY_CHECKER_H_
#define GONGHUI_TESTS_LINEARIZABILITY_CHECKER_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "tests/linearizability/history.h"

namespace gonghui::lin {

inline constexpr size_t kOperationsMax = 256;  // of one search
// Some 24 bytes each, and about half a microsecond.
inline constexpr uint64_t kConfigurationsMax = 1'000'000;

enum class Verdict : uint8_t {
  kLinearizable,
  kContradiction,
  kUndecided,  // too many configurations
};

struct Checked {
  Verdict verdict = Verdict::kUndecided;
  uint64_t configurations = 0;
  // Linearizable: indices into the history, in an order that explains it; operations
  // that need not have happened are left out.
  std::vector<size_t> order;
};

// REQUIRES: history.size() <= kOperationsMax.
Checked CheckHistory(const World& world,
                     const History& history,
                     uint64_t configurations_max = kConfigurationsMax);

}  // namespace gonghui::lin

#endif  // GONGHUI_TESTS_LINEARIZABILITY_CHECKER_H_
