// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The server claims an order: every transaction's id holds the sequence of its
// decision.  To check a claim takes no search (checker.h), so histories of any
// length can be checked whole:
//
//   1. one request, one sequence; one sequence, one request;
//   2. every answer is the model's, asked in the order of the sequences;
//   3. what was answered before another request was first sent has the lower one.

#ifndef GONGHUI_TESTS_LINEARIZABILITY_CLAIMED_ORDER_H_
#define GONGHUI_TESTS_LINEARIZABILITY_CLAIMED_ORDER_H_

#include <string>
#include <vector>

#include "tests/linearizability/history.h"

namespace gonghui::lin {

// What is wrong with the claim; empty = nothing.
std::vector<std::string> CheckClaimedOrder(const World& world, const History& history);

}  // namespace gonghui::lin

#endif  // GONGHUI_TESTS_LINEARIZABILITY_CLAIMED_ORDER_H_
