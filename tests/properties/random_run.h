// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The ledger alone under random commands (tests/model/random_commands.h), with a
// look after each.  The model says what each answer must be; a property says what
// must be true whatever the answer is, and so holds even where the model shares the
// ledger's mistake.

#ifndef GONGHUI_TESTS_PROPERTIES_RANDOM_RUN_H_
#define GONGHUI_TESTS_PROPERTIES_RANDOM_RUN_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "engine/ledger/ledger.h"
#include "tests/model/random_archiver.h"
#include "tests/testing/answer.h"
#include "tests/testing/owned_command.h"

namespace gonghui {

struct Step {
  OwnedCommand command;
  TimestampNs now;
  Event event;
  Result result;
  Answer answer;
  uint64_t hash_before = 0;
};

// Decide, and Evolve what there is.
Step ApplyTo(Ledger* ledger, const OwnedCommand& command, TimestampNs now);

// A ledger with tables small enough to make one for each of many runs.
std::unique_ptr<Ledger> MakeSmallLedger();

class RandomRun {
 public:
  // Looks at the ledger after a step; empty, or what is wrong.
  using Check = std::function<std::string(const Ledger&, const Step&)>;

  // The whole run: the world's setup first, then `commands` random commands.  Stops at
  // the first that `check` finds fault with.  What a command names is in memory then.
  RandomRun(uint64_t seed,
            int commands,
            const Check& check,
            Archiving archiving = Archiving::kNever);

  // Empty, or what is wrong, with the last commands and the replay command.
  [[nodiscard]] const std::string& problem() const { return problem_; }
  [[nodiscard]] const Ledger& ledger() const { return *ledger_; }
  [[nodiscard]] const std::deque<Step>& steps() const { return steps_; }
  // One more command, after the run.
  Step Send(const OwnedCommand& command, TimestampNs now);
  // All that has left for the archive.  Empty, or what is wrong.
  [[nodiscard]] std::string BringAllBack() {
    return archiver_.BringAllBack(ledger_.get(), ledger_->applied_at());
  }
  [[nodiscard]] const RandomArchiver& archiver() const { return archiver_; }
  // The same report about anything that was found after the run.
  [[nodiscard]] std::string Report(const std::string& problem, size_t step) const;

 private:
  bool Apply(const OwnedCommand& command, TimestampNs now, const Check& check);

  const uint64_t seed_;
  const int commands_;
  std::unique_ptr<Ledger> ledger_;
  RandomArchiver archiver_;
  std::deque<Step> steps_;  // a deque: events point to their commands
  std::string problem_;
};

}  // namespace gonghui

#endif  // GONGHUI_TESTS_PROPERTIES_RANDOM_RUN_H_
