// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// One round's history, checked: divided as its theme allows, each part searched
// (checker.h), and the order that the server claims compared with the model
// (claimed_order.h).

#ifndef GONGHUI_TESTS_LINEARIZABILITY_ROUND_H_
#define GONGHUI_TESTS_LINEARIZABILITY_ROUND_H_

#include <cstdint>
#include <string>

#include "tests/linearizability/history.h"
#include "tests/linearizability/plan.h"

namespace gonghui::lin {

struct RoundChecked {
  // What is wrong, for people; empty = nothing.
  std::string contradiction;  // found by the search
  std::string false_claim;    // found in the claimed order

  int64_t histories = 0;
  int64_t undecided = 0;
  int64_t operations = 0;
  int64_t overlapping = 0;  // operations that were under way together with another one
  int64_t unknown = 0;
  uint64_t configurations = 0;
  uint64_t configurations_most = 0;

  void Add(const RoundChecked& other);
};

// `world` is the plan's with what its fund held and had spent before.
RoundChecked CheckRound(Theme theme, const World& world, const History& history);

}  // namespace gonghui::lin

#endif  // GONGHUI_TESTS_LINEARIZABILITY_ROUND_H_
