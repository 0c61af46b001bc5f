// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/linearizability/round.h"

#include <algorithm>
#include <vector>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>

#include "tests/linearizability/checker.h"
#include "tests/linearizability/claimed_order.h"
#include "tests/linearizability/contradiction.h"
#include "tests/linearizability/text.h"

namespace gonghui::lin {
namespace {

// A limit is its member's, and there is enough in the fund: whatever one member does
// tells nothing of another's.
std::vector<History> PartsOf(Theme theme, const History& history) {
  if (theme != Theme::kMembers) {
    return {history};
  }
  std::vector<History> parts(kMembersOfRound);
  for (const Operation& operation : history) {
    parts[operation.request.member].push_back(operation);
  }
  return parts;
}

int64_t OverlappingIn(const History& history) {
  return std::count_if(history.begin(), history.end(), [&](const Operation& a) {
    return std::any_of(history.begin(), history.end(), [&](const Operation& b) {
      return &a != &b && a.call_ns <= b.return_ns && b.call_ns <= a.return_ns;
    });
  });
}

}  // namespace

void RoundChecked::Add(const RoundChecked& other) {
  contradiction += other.contradiction;
  false_claim += other.false_claim;
  histories += other.histories;
  undecided += other.undecided;
  operations += other.operations;
  overlapping += other.overlapping;
  unknown += other.unknown;
  configurations += other.configurations;
  configurations_most = std::max(configurations_most, other.configurations_most);
}

RoundChecked CheckRound(Theme theme, const World& world, const History& history) {
  RoundChecked round;
  for (const History& part : PartsOf(theme, history)) {
    const Checked checked = CheckHistory(world, part);
    ++round.histories;
    round.operations += static_cast<int64_t>(part.size());
    round.overlapping += OverlappingIn(part);
    round.unknown += std::count_if(part.begin(), part.end(), [](const Operation& operation) {
      return !operation.answer.has_value();
    });
    round.configurations += checked.configurations;
    round.configurations_most = std::max(round.configurations_most, checked.configurations);
    round.undecided += checked.verdict == Verdict::kUndecided ? 1 : 0;
    if (checked.verdict == Verdict::kContradiction) {
      absl::StrAppend(&round.contradiction,
                      TextOf(world, Shrink(world, part)),
                      "The whole history:\n",
                      TableOf(part));
    }
  }
  const std::vector<std::string> wrong = CheckClaimedOrder(world, history);
  if (!wrong.empty()) {
    round.false_claim = absl::StrCat("The order that the server claims:\n",
                                     absl::StrJoin(wrong, "\n"),
                                     "\nThe whole history:\n",
                                     TableOf(history));
  }
  return round;
}

}  // namespace gonghui::lin
