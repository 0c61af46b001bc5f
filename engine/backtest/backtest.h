// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// *** START HERE ***  Decides a recorded period again, under a draft: what would have been
// otherwise, had the draft been the live version of its programme from the beginning.
//
// The journal holds what was asked and what came of it.  A scratch ledger (scratch.h) is
// brought to the beginning of the period by the events, is given the draft, and from there
// on is given the recorded commands at their recorded times.  What it answers differs more
// and more from what was recorded: a limit that is used up sooner, a fund that lasts longer.
// That is the point: each decision is made against what the draft's own decisions left.
//
// What people would have done otherwise nobody knows, so all do as they did:
//   - a decline that becomes an approval is captured at once and in full, since nobody
//     captured it, and is not tried again; a claim is approved before by as many persons as
//     it takes;
//   - codes and appointments are shown as they were, and vouchers, draws and contributions are
//     what they were: a benefit of the draft that asks for a voucher is given to who has one of
//     its series then, in the scratch ledger, where the draft's own decisions have used it;
//   - captures, increments, reversals and refunds come as they came, and so do judgements of
//     claims; those of an authorization that the draft declines are declined, too.
//   - operators' changes of the draft's own programme, and of funds that it declares, are left
//     out; all others are made as they were made.
// With a draft that is live already everything is the same as it was, to the last fen.
//
// Not pure, but alone: it reads the journal and touches nothing else, so it runs beside the
// engine, on a thread of its own.

#ifndef GONGHUI_ENGINE_BACKTEST_BACKTEST_H_
#define GONGHUI_ENGINE_BACKTEST_BACKTEST_H_

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "engine/backtest/draft.h"
#include "engine/backtest/progress.h"
#include "engine/backtest/report.h"
#include "engine/backtest/scratch.h"
#include "engine/durability/journal.h"

namespace gonghui {

struct BacktestOptions {
  ScratchOptions scratch;
  TimestampNs from;  // [from, to)
  TimestampNs to;
  // See WidenedDraft; false: a draft that begins later decides nothing before.
  bool widen_dates = true;
  bool by_merchant_and_day = false;
};

// OUT_OF_RANGE: nothing was decided in the period.  FAILED_PRECONDITION: the ledger of the
// period's beginning refuses the draft, see *refusal; all else is the journal's.
absl::StatusOr<BacktestReport> BacktestBlocking(Journal& journal,
                                                const Draft& draft,
                                                const BacktestOptions& options,
                                                const BacktestWatcher& watch,
                                                DraftRefusal* refusal);

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_BACKTEST_BACKTEST_H_
