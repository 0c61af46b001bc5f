// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The fast ledger, a follower that only evolves its events, and the naive model,
// fed with the same commands and compared after each.

#ifndef GONGHUI_TESTS_MODEL_LEDGER_PAIR_H_
#define GONGHUI_TESTS_MODEL_LEDGER_PAIR_H_

#include <deque>
#include <memory>
#include <string>

#include "engine/ledger/ledger.h"
#include "tests/model/naive_ledger.h"
#include "tests/testing/answer.h"
#include "tests/testing/owned_command.h"

namespace gonghui {

class LedgerPair {
 public:
  explicit LedgerPair(const LedgerLimits& limits = SmallLimits());

  // Enough for any test of rules; the real ones reserve address space only, but
  // reserving takes time.
  static LedgerLimits SmallLimits();

  // Gives the command to all three.  Empty, or what they disagree about.
  [[nodiscard]] std::string Apply(const OwnedCommand& command, TimestampNs now);
  [[nodiscard]] const Answer& answer() const { return answer_; }
  [[nodiscard]] const Answer& naive_answer() const { return naive_answer_; }
  [[nodiscard]] const Result& result() const { return result_; }

  // Funds, counters, accounts and what every transaction tells against the model,
  // invariants, and the hash against the follower's.  O(n).  Empty, or what is wrong.
  [[nodiscard]] std::string CheckEverything();

  // Throws the ledgers away and makes them again: one from all events (through their
  // bytes), one from a photo of the tables.  Empty, or what is not as it was.
  [[nodiscard]] std::string Crash();

  [[nodiscard]] const Ledger& ledger() const { return *ledger_; }
  [[nodiscard]] const NaiveLedger& model() const { return model_; }

 private:
  struct Step {
    OwnedCommand command;
    Event event;
  };

  [[nodiscard]] std::string CompareTotals() const;
  [[nodiscard]] std::string CompareTransactions() const;
  [[nodiscard]] std::string Replay(Ledger* ledger) const;
  [[nodiscard]] std::string LoadPhoto(Ledger* ledger);

  const LedgerLimits limits_;
  std::unique_ptr<Ledger> ledger_;
  std::unique_ptr<Ledger> follower_;
  NaiveLedger model_;
  // All that changed anything.  A deque: events point to their commands.
  std::deque<Step> history_;
  Answer answer_;
  Answer naive_answer_;
  Result result_;
};

// An explanation and the decision it explains agree: empty, or where they do not.  What
// declines is the first check that fails of the candidate that came furthest; what is
// approved passed all of its own.
std::string ContradictionIn(const Answer& answer);

// The invariant that does not hold, with its row; empty when all do.
std::string BrokenInvariant(const Ledger& ledger);

}  // namespace gonghui

#endif  // GONGHUI_TESTS_MODEL_LEDGER_PAIR_H_
