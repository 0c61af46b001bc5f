// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/properties/random_run.h"

#include <algorithm>
#include <cerrno>  // program_invocation_short_name

#include <gtest/gtest.h>

#include "tests/model/ledger_pair.h"
#include "tests/model/random_commands.h"
#include "tests/testing/command_text.h"
#include "tests/testing/names.h"

namespace gonghui {

Step ApplyTo(Ledger* ledger, const OwnedCommand& command, TimestampNs now) {
  Step step{command, now, {}, {}, {}, ledger->StateHash()};
  ClearAnswers(command.command);
  ledger->Decide(step.command.command, now, &step.event, &step.result);
  if (step.event.kind != EventKind::kNone) {
    step.event.command = &step.command.command;
    ledger->Evolve(step.event);
  }
  step.event.command = nullptr;  // it would point to this copy
  step.answer = AnswerOf(*ledger, step.command.command, step.result);
  return step;
}

std::unique_ptr<Ledger> MakeSmallLedger() {
  return std::make_unique<Ledger>(uint16_t{7}, LedgerPair::SmallLimits());
}

RandomRun::RandomRun(uint64_t seed, int commands, const Check& check, Archiving archiving)
    : seed_(seed),
      commands_(commands),
      ledger_(MakeSmallLedger()),
      archiver_(archiving, seed, [](const OwnedCommand&, const Event&) {}) {
  RandomCommands random(seed);
  for (const OwnedCommand& command : random.Setup()) {
    if (!Apply(command, TimestampNs{kTimestampNsMin}, check)) {
      return;
    }
  }
  for (int i = 0; i < commands; ++i) {
    TimestampNs now;
    const OwnedCommand command =
        random.Next(ledger_->next_expiry(), ledger_->next_activation(), &now);
    if (!Apply(command, now, check)) {
      return;
    }
    if (!steps_.back().answer.replay) {
      random.Remember(command, steps_.back().answer);
    }
  }
}

bool RandomRun::Apply(const OwnedCommand& command, TimestampNs now, const Check& check) {
  std::string wrong = archiver_.BringBack(ledger_.get(), command.command, now);
  steps_.push_back(ApplyTo(ledger_.get(), command, now));
  if (wrong.empty()) {
    wrong = check(*ledger_, steps_.back());
  }
  if (wrong.empty()) {
    wrong = archiver_.TakeAway(ledger_.get(), now);
  }
  if (!wrong.empty()) {
    problem_ = Report(wrong, steps_.size() - 1);
  }
  return wrong.empty();
}

Step RandomRun::Send(const OwnedCommand& command, TimestampNs now) {
  std::string wrong = archiver_.BringBack(ledger_.get(), command.command, now);
  Step step = ApplyTo(ledger_.get(), command, now);
  if (wrong.empty()) {
    wrong = archiver_.TakeAway(ledger_.get(), now);
  }
  if (!wrong.empty() && problem_.empty()) {
    problem_ = Report(wrong, steps_.size() - 1);
  }
  return step;
}

std::string RandomRun::Report(const std::string& problem, size_t step) const {
  std::string text = "seed " + std::to_string(seed_) + ", step " + std::to_string(step) + ": " +
                     problem + "\nLast commands:\n";
  for (size_t i = step - std::min<size_t>(step, 11); i <= step; ++i) {
    text += "  " + std::to_string(i) + " " + TextOf(steps_[i].now) + " " +
            CommandText(steps_[i].command.command) + " -> " + TextOf(steps_[i].answer) + "\n";
  }
  const ::testing::TestInfo* const test = ::testing::UnitTest::GetInstance()->current_test_info();
  return text + "Replay: " + program_invocation_short_name + " --gtest_filter='*" + test->name() +
         "' --seed=" + std::to_string(seed_) + " --commands=" + std::to_string(commands_);
}

}  // namespace gonghui
