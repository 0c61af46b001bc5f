// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/server/programme_history.h"

#include <algorithm>
#include <set>

namespace gonghui {

std::vector<HistoryStep> ViewLiveHistory(const Ledger& ledger,
                                         const ProgrammeHead& head,
                                         uint32_t steps_max) {
  std::vector<HistoryStep> steps;
  steps.reserve(std::min(steps_max, ledger.activations().size()));  // of all programmes together
  ActivationRow row = head.last_activation;
  while (row != ActivationRow{} && steps.size() < steps_max) {
    const Activation& activation = ledger.activations()[row];
    // Row 0 stands for no version, and its number is 0.
    steps.push_back({ledger.programmes()[activation.version].version, activation.from});
    row = activation.previous;
  }
  return steps;
}

std::vector<uint32_t> WayOf(std::span<const HistoryStep> newest_first) {
  std::vector<uint32_t> way;
  std::set<uint32_t> on_it;
  for (auto step = newest_first.rbegin(); step != newest_first.rend(); ++step) {
    if (step->version == 0) {
      continue;  // a programme that was retired goes on from where it stood
    }
    if (on_it.insert(step->version).second) {
      way.push_back(step->version);
    }
    while (way.back() != step->version) {
      on_it.erase(way.back());
      way.pop_back();
    }
  }
  return way;
}

uint32_t EarlierVersion(std::span<const HistoryStep> newest_first) {
  const std::vector<uint32_t> way = WayOf(newest_first);
  const bool is_active = !newest_first.empty() && newest_first.front().version != 0;
  const size_t passed = is_active ? 1 : 0;  // the end of the way is where the programme stands
  return way.size() > passed ? way[way.size() - 1 - passed] : 0;
}

std::vector<uint32_t> VersionsOf(std::span<const HistoryStep> newest_first) {
  std::set<uint32_t> versions;
  for (const HistoryStep& step : newest_first) {
    versions.insert(step.version);
  }
  versions.erase(0);
  return {versions.begin(), versions.end()};
}

}  // namespace gonghui
