// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Knows what a simulated engine should decide: the naive model is given every command in the
// order in which the engine decides them, at the same instants, and must say the same.  After
// a crash it goes back to what was durable, for which it keeps all that changed anything.
//
// Of the instants it knows what they may be: none before the command was sent, none that no
// clock has shown, none after the moment at which a version was due that is not active.
//
// Of holds it knows less, because the engine promises less: that one is over is told by its
// instant, whether it was let go of or not, so the engine does that after the decisions of a turn
// and some at a time.  But each turn does some of it, however much there is to decide.
//
// Thread safety: none; a simulation has one thread.

#ifndef GONGHUI_TESTS_SIMULATION_SIM_ORACLE_H_
#define GONGHUI_TESTS_SIMULATION_SIM_ORACLE_H_

#include <algorithm>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "engine/pipeline/engine.h"
#include "tests/model/naive_ledger.h"
#include "tests/simulation/sim_clock.h"
#include "tests/testing/answer.h"
#include "tests/testing/owned_command.h"

namespace gonghui {

// What somebody sent, once, as the engine has it: a unit of work with its memory.
struct SimCall {
  // One for each command.
  std::vector<size_t> asked;  // whose: a number of the sender's
  std::vector<OwnedCommand> owned;
  std::vector<Command> commands;
  std::vector<Result> results;  // the engine's to fill, until the call is complete
  std::vector<Result> decided_results;
  std::vector<Answer> answers;       // as decided
  std::vector<uint64_t> decided_as;  // which of the oracle's decisions(), the first is 1; 0 = none
  // What the clock showed when it was sent; earlier, where it was set back since.
  TimestampNs not_before;
  // The last event that the decisions could see or are.
  uint64_t seen_seq = 0;
  bool archive_failed = false;  // when it was asked what they name
  Submission submission;
};

class SimOracle final : public DecisionObserver {
 public:
  // The clock is the engine's, and outlives the oracle.
  SimOracle(uint16_t shard, const SimClock& clock)
      : shard_(shard), clock_(clock), model_(std::make_unique<NaiveLedger>(shard)) {}

  // What is asked next, until Forget().
  void Expect(SimCall* call);
  void Forget(const SimCall& call);

  // The call is complete: what its caller reads is what was decided, or that it was not,
  // for a reason that was seen.
  void CheckTold(const Ledger& names, const SimCall& call);

  // The engine decided something.  Of a call that is expected the answer is kept there.
  void OnDecision(const Ledger& ledger,
                  const Command& command,
                  TimestampNs now,
                  const Event& event,
                  const Result& result) override;

  // Only the events up to this one have survived; all calls are forgotten.
  void GoBackTo(uint64_t seq);

  // Everything; O(n).
  void Compare(const Ledger& ledger, const char* when);
  // All transactions, and that all is whole, on a ledger to which everything that had left
  // for an archive has come back.
  void CompareWhole(const Ledger& ledger, const char* when);
  // A turn of the ledger thread is over, which nothing has stopped: where holds are due it has let
  // go of one at least, so that they do not wait until nobody asks for anything.
  void CheckTurn(const Ledger& ledger);
  // Nothing is due any more.
  void CheckNothingDue(const Ledger& ledger);

  // Somebody saw what was decided up to this event.
  void Acknowledge(uint64_t seq) { acknowledged_seq_ = std::max(acknowledged_seq_, seq); }

  // The first thing that is not as it should be; empty = all is well.
  [[nodiscard]] const std::string& problem() const { return problem_; }
  void Report(std::string problem) {
    if (problem_.empty()) {
      problem_ = std::move(problem);
    }
  }
  [[nodiscard]] uint64_t decisions() const { return decisions_; }
  // When the last thing was decided that is still there.
  [[nodiscard]] TimestampNs last_change_at() const {
    return changes_.empty() ? TimestampNs{} : changes_.back().now;
  }
  [[nodiscard]] const NaiveLedger& model() const { return *model_; }

 private:
  // What changed something.
  struct Change {
    OwnedCommand command;
    TimestampNs now;
    uint64_t seq = 0;
    bool only_passes = false;  // the archive's: the model has none
  };
  struct Place {
    SimCall* call = nullptr;
    size_t index = 0;
  };

  void OnOwnDecision(const Ledger& ledger,
                     const Command& command,
                     TimestampNs now,
                     const Event& event,
                     const Result& result);
  [[nodiscard]] TimestampNs DeadlineOf(const Command& command) const;
  void CheckInstant(const Command& command, TimestampNs now, TimestampNs not_before);
  void CompareContent(const Ledger& ledger, const char* when);
  void CompareNext(const Ledger& ledger, const Command& command);

  const uint16_t shard_;
  const SimClock& clock_;
  std::unique_ptr<NaiveLedger> model_;
  absl::flat_hash_map<const Command*, Place> expected_;
  std::deque<Change> changes_;
  uint64_t acknowledged_seq_ = 0;
  uint64_t decisions_ = 0;
  bool hold_has_expired_ = false;  // in this turn
  // Of the engine since its start.
  TimestampNs last_decision_at_;
  uint64_t full_thaws_ = 0;        // each excuses one call that is answered as full
  uint64_t unreadable_thaws_ = 0;  // likewise, as unreadable
  std::string problem_;
};

}  // namespace gonghui

#endif  // GONGHUI_TESTS_SIMULATION_SIM_ORACLE_H_
