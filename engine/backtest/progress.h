// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// How far a backtest or a simulation is.

#ifndef GONGHUI_ENGINE_BACKTEST_PROGRESS_H_
#define GONGHUI_ENGINE_BACKTEST_PROGRESS_H_

#include <cstdint>
#include <functional>

namespace gonghui {

struct BacktestProgress {
  enum class Step : uint8_t {
    kReplay = 1,    // brings a scratch ledger to where it begins
    kDecide = 2,    // decides again, or for the first time
    kBaseline = 3,  // simulation: the same without the draft
  };
  Step step = Step::kReplay;
  uint64_t done = 0;  // events, or visits
  uint64_t total = 0;
};

// Called often, on the thread that works.  False: it ends, with CANCELLED.
using BacktestWatcher = std::function<bool(const BacktestProgress&)>;

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_BACKTEST_PROGRESS_H_
