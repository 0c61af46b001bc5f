// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// A ledger of one's own, to try things on: brought to a point of the journal by its events,
// then given commands.  Nothing of it is ever stored.
//
// Memory: as much as the live ledger has, whose members, cards and counters it holds all of,
// and at most rows_max transactions that are decided on it: beyond these the oldest leave,
// and whatever comes later for one that has left finds it gone.
//
// Thread safety: one thread.

#ifndef GONGHUI_ENGINE_BACKTEST_SCRATCH_H_
#define GONGHUI_ENGINE_BACKTEST_SCRATCH_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include <absl/status/status.h>

#include "engine/backtest/draft.h"
#include "engine/backtest/progress.h"
#include "engine/domain/command.h"
#include "engine/domain/event.h"
#include "engine/domain/result.h"
#include "engine/durability/journal.h"
#include "engine/ledger/ledger.h"

namespace gonghui {

struct ScratchOptions {
  uint16_t shard = 0;
  LedgerLimits limits;
  uint32_t rows_max = 20'000'000;
};

class Scratch {
 public:
  explicit Scratch(const ScratchOptions& options);
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  [[nodiscard]] const Ledger& ledger() const { return *ledger_; }

  // Applies a recorded event as it is.
  void Follow(const Event& event);
  // After the last event of a block was followed: the state must be the recorded one.
  [[nodiscard]] absl::Status CheckState(const BlockHeader& header) const;

  // From here on it goes its own way: CheckState() is over, and what it cost is saved.
  void StopFollowing();

  // Decides a command and applies what comes of it; answers the event, kNone when nothing
  // does.  It and result() are good until the next call.
  const Event& Run(const Command& command,
                   TimestampNs at,
                   const Ledger::Trail& trail = Ledger::Trail{});
  [[nodiscard]] const Result& result() const { return result_; }

  // The draft becomes active in place of its programme's active version, and of one that is
  // scheduled.  False: the ledger refuses, and is of no use any more.
  [[nodiscard]] bool Apply(const Draft& draft, TimestampNs at, DraftRefusal* refusal);

  // Keeps to rows_max, and has memory ready for what comes.  Call it every few thousand
  // commands.
  void Tend();

 private:
  void LetOldOnesLeave();

  const ScratchOptions options_;
  const std::unique_ptr<Ledger> ledger_;
  Event event_;
  Result result_;
};

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_BACKTEST_SCRATCH_H_
