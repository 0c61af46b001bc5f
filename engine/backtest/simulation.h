// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Decides days that have not been: with this server's members, merchants, funds and counters
// as they stand, visits (visits.h) are made and decided twice, by the programmes as they are
// and with the draft among them, one after the other on a scratch ledger.

#ifndef GONGHUI_ENGINE_BACKTEST_SIMULATION_H_
#define GONGHUI_ENGINE_BACKTEST_SIMULATION_H_

#include <cstddef>
#include <cstdint>
#include <optional>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "engine/backtest/draft.h"
#include "engine/backtest/progress.h"
#include "engine/backtest/report.h"
#include "engine/backtest/scratch.h"
#include "engine/backtest/visits.h"
#include "engine/durability/journal.h"

namespace gonghui {

// Of report.goods_benefits, which is for people to read.
inline constexpr size_t kGoodsBenefitsMax = 1'000;

struct SimulationOptions {
  ScratchOptions scratch;
  // Business days of the draft's calendar; the first one begins after the journal's last
  // event.  None = the first that does.
  std::optional<CivilDay> first_day;
  uint32_t days = 1;  // 1 .. kSimulatedDaysMax
  SimulationProfile profile;
  // Instead of the profile: as on this business day.  The seed makes the request ids.
  std::optional<CivilDay> like;
  // The draft's dates are made to cover the days (WidenedDraft).
  bool widen_dates = true;
  bool by_merchant_and_day = false;
};

// INVALID_ARGUMENT and OUT_OF_RANGE say what can not be simulated; FAILED_PRECONDITION: the
// ledger refuses the draft, see *refusal.
absl::StatusOr<BacktestReport> SimulateBlocking(Journal& journal,
                                                const Draft& draft,
                                                const SimulationOptions& options,
                                                const BacktestWatcher& watch,
                                                DraftRefusal* refusal);

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_BACKTEST_SIMULATION_H_
