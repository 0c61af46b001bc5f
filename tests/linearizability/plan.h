// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What the clients of one round will ask, by seed.  How their calls overlap is for
// the server, real or simulated, and the scheduler.

#ifndef GONGHUI_TESTS_LINEARIZABILITY_PLAN_H_
#define GONGHUI_TESTS_LINEARIZABILITY_PLAN_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/base/prng.h"
#include "tests/linearizability/history.h"

namespace gonghui::lin {

// What binds, and so what a search has to hold together.
enum class Theme : uint8_t {
  kMembers,  // limits; the fund never runs out: a history for each member
  kFund,     // the fund; there is no limit: one history
  kBoth,     // one history
};
inline constexpr Theme kThemes[] = {Theme::kMembers, Theme::kFund, Theme::kBoth};
inline constexpr uint16_t kMembersOfRound = 2;
inline constexpr uint16_t kTerminalsOfTheme = 4;
inline constexpr size_t kClients = 5;
constexpr int32_t UsesMaxOf(Theme theme) {
  return theme == Theme::kMembers ? 3 : theme == Theme::kBoth ? 2 : 0;
}

struct Step {
  Request request;
  bool impatient = false;  // its client soon stops waiting
};

struct Plan {
  Theme theme = Theme::kMembers;
  World world;                           // its fund begins with nothing
  std::vector<Request> requests;         // by id
  std::vector<std::vector<Step>> steps;  // by client
  [[nodiscard]] size_t StepCount() const;
};

Plan MakePlan(Theme theme, Prng* prng);

// Asked when all steps are done.  What became of each request, and the limits and the fund:
std::vector<Request> LastInquiries(const Plan& plan);
// and once more each request that was never answered.  Then it is decided for good: should
// the first one still arrive, it is a repeat.
std::vector<Request> Unsettled(const Plan& plan, const History& history);
std::vector<Request> LastLooks(const Plan& plan);

}  // namespace gonghui::lin

#endif  // GONGHUI_TESTS_LINEARIZABILITY_PLAN_H_
