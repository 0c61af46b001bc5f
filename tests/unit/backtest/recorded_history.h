// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// A small city whose history is in a journal: what backtests are tried on.  Commands are
// decided as the engine would, each Commit() makes a block of what was decided since.

#ifndef GONGHUI_TESTS_UNIT_BACKTEST_RECORDED_HISTORY_H_
#define GONGHUI_TESTS_UNIT_BACKTEST_RECORDED_HISTORY_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "engine/backtest/draft.h"
#include "engine/durability/memory_journal.h"
#include "engine/ledger/ledger.h"
#include "engine/pipeline/group_commit.h"
#include "engine/programmes/compiler.h"
#include "tests/testing/names.h"

namespace gonghui {

// Noon in Shanghai, on the day-th of May 2026, and so many seconds.
TimestampNs May(int day, int64_t seconds = 0);

// A file that must compile.
CompiledFile Compiled(const std::string& text);
// Valid as long as the file is.
Draft DraftOf(const CompiledFile& file);

class RecordedHistory {
 public:
  // Members M1 .. M<members> with cards 62000001 ..., merchants S1 .. S<merchants> of
  // category 5411 with a terminal T1 ... each.  They came on 30 April.
  explicit RecordedHistory(int members = 4, int merchants = 2);

  Result Run(const Command& command, TimestampNs at);
  // A file as an operator applies it.
  void Apply(const std::string& text, TimestampNs at);
  // A sale of so many fen, or a hold.
  Result Sale(int member, int merchant, int64_t fen, TimestampNs at, bool hold = false);
  Result Capture(const Result& original, int merchant, int64_t fen, TimestampNs at);
  Result Refund(const Result& original, int merchant, int64_t fen, TimestampNs at);
  Result Reverse(const Result& original, int merchant, TimestampNs at);
  // Everything that is older than the newest so many transactions leaves for the archive.
  void Archive(uint32_t rows);
  void ExpireHolds(TimestampNs at);

  // Everything so far, in the journal.
  MemoryJournal& Committed();
  [[nodiscard]] const Ledger& ledger() const { return *ledger_; }

 private:
  void Commit();
  [[nodiscard]] Command Ask(CommandKind kind, int merchant);

  std::unique_ptr<Ledger> ledger_ = std::make_unique<Ledger>();
  MemoryJournal journal_;
  uint64_t epoch_ = 0;
  Block block_;
  Committer committer_;
  Event event_;
  Result result_;
  uint64_t next_request_ = 1;
};

}  // namespace gonghui

#endif  // GONGHUI_TESTS_UNIT_BACKTEST_RECORDED_HISTORY_H_
