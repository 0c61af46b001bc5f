// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/linearizability/contradiction.h"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include <absl/strings/str_cat.h>

#include "tests/linearizability/checker.h"
#include "tests/linearizability/text.h"

namespace gonghui::lin {
namespace {

// A search that takes longer does not pay: the operation stays.
constexpr uint64_t kConfigurationsOfTrial = 50'000;

bool IsContradiction(const World& world, const History& history) {
  return CheckHistory(world, history, kConfigurationsOfTrial).verdict == Verdict::kContradiction;
}

// What had been seen at `until_ns`.
History Beginning(const History& history, int64_t until_ns) {
  History beginning;
  for (const Operation& operation : history) {
    if (operation.call_ns > until_ns) {
      continue;
    }
    beginning.push_back(operation);
    if (operation.answer.has_value() && operation.return_ns > until_ns) {
      beginning.back().answer.reset();
      beginning.back().seq = 0;
      beginning.back().return_ns = kNever;
    }
  }
  return beginning;
}

History ShortestBeginning(const World& world, const History& history) {
  std::vector<int64_t> returns;
  for (const Operation& operation : history) {
    if (operation.answer.has_value()) {
      returns.push_back(operation.return_ns);
    }
  }
  std::sort(returns.begin(), returns.end());
  const auto until = std::partition_point(returns.begin(), returns.end(), [&](int64_t until_ns) {
    return !IsContradiction(world, Beginning(history, until_ns));
  });
  // None when the search gives up on all of them.
  return until == returns.end() ? history : Beginning(history, *until);
}

}  // namespace

Contradiction Shrink(const World& world, History history) {
  const size_t size = history.size();
  history = ShortestBeginning(world, history);
  for (size_t i = history.size(); i-- > 0;) {
    if (!IsRead(history[i].request.kind)) {
      continue;
    }
    History without = history;
    without.erase(without.begin() + static_cast<std::ptrdiff_t>(i));
    if (!history[i].answer.has_value() || IsContradiction(world, without)) {
      history = std::move(without);
    }
  }
  for (size_t i = history.size(); i-- > 0;) {
    if (!history[i].answer.has_value()) {
      continue;
    }
    History less = history;
    less[i].answer.reset();
    less[i].seq = 0;
    if (IsContradiction(world, less)) {
      history = std::move(less);
    }
  }
  Contradiction contradiction;
  for (Operation& operation : history) {
    (operation.answer.has_value() ? contradiction.told : contradiction.untold)
        .push_back(std::move(operation));
  }
  contradiction.dropped = size - history.size();
  return contradiction;
}

std::string TextOf(const World& world, const Contradiction& contradiction) {
  // Of what is untold a reader asks about what the told ones name.
  std::vector<uint16_t> named;
  int64_t zero_ns = kNever;
  for (const Operation& operation : contradiction.told) {
    zero_ns = std::min(zero_ns, operation.call_ns);
    if (operation.request.kind == Kind::kLookAtMember ||
        operation.request.kind == Kind::kLookAtFund) {
      continue;
    }
    named.push_back(operation.request.id);
    named.push_back(operation.request.original);
  }
  const auto is_named = [&](uint16_t id) {
    return std::find(named.begin(), named.end(), id) != named.end();
  };
  History beside;
  for (const Operation& operation : contradiction.untold) {
    if (is_named(operation.request.id) || is_named(operation.request.original)) {
      beside.push_back(operation);
      zero_ns = std::min(zero_ns, operation.call_ns);
    }
  }
  std::string text = absl::StrCat("With ",
                                  TextOf(world),
                                  " no order explains these answers:\n",
                                  TableOf(contradiction.told, zero_ns));
  if (!beside.empty()) {
    absl::StrAppend(
        &text, "whatever became of these until they returned:\n", TableOf(beside, zero_ns));
  }
  absl::StrAppend(&text,
                  contradiction.untold.size() - beside.size(),
                  " other operations may have happened or not, ",
                  contradiction.dropped,
                  " more are not needed for it.\n");
  return text;
}

}  // namespace gonghui::lin
