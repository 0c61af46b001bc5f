// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/simulation/sim_oracle.h"

#include <utility>

#include <absl/strings/str_cat.h>

#include "tests/model/compare_events.h"
#include "tests/model/compare_ledgers.h"
#include "tests/testing/command_text.h"
#include "tests/testing/names.h"

namespace gonghui {

void SimOracle::Expect(SimCall* call) {
  for (size_t i = 0; i < call->commands.size(); ++i) {
    expected_[&call->commands[i]] = Place{call, i};
  }
}

void SimOracle::Forget(const SimCall& call) {
  for (const Command& command : call.commands) {
    expected_.erase(&command);
  }
}

void SimOracle::OnDecision(const Ledger& ledger,
                           const Command& command,
                           TimestampNs now,
                           const Event& event,
                           const Result& result) {
  const auto place = expected_.find(&command);
  if (place == expected_.end()) {
    OnOwnDecision(ledger, command, now, event);
    CompareNext(ledger, command);
    return;
  }
  ++decisions_;
  SimCall& call = *place->second.call;
  const size_t index = place->second.index;
  call.seen_seq = ledger.applied_seq().value();
  call.decided[index] = true;
  Answer& answer = call.answers[index];
  answer = AnswerOf(ledger, command, result);
  const bool changed = event.kind != EventKind::kNone;
  if (answer.verdict == Verdict::kFull) {
    // The model never is.
    if (changed) {
      Report("full, and yet something changed");
    }
    return;
  }
  Answer wanted = model_->Apply(command, now);
  TruncateLikeTheLedger(&wanted);
  if (const std::string difference = Difference(answer, wanted); !difference.empty()) {
    Report(absl::StrCat("engine against model: ",
                        CommandText(command),
                        " at ",
                        TextOf(now),
                        ": ",
                        difference,
                        "\n  engine: ",
                        TextOf(answer),
                        "\n  model:  ",
                        TextOf(wanted)));
  }
  if (changed) {
    changes_.push_back({call.owned[index], now, call.seen_seq, false});
  }
  CompareNext(ledger, command);
}

// What nobody asked for.
void SimOracle::OnOwnDecision(const Ledger& ledger,
                              const Command& command,
                              TimestampNs now,
                              const Event& event) {
  const bool of_archive =
      command.kind == CommandKind::kArchive || command.kind == CommandKind::kThaw;
  if (event.kind == EventKind::kNone) {
    return;
  }
  if (of_archive) {
    model_->PassNumber();
  } else {
    model_->Apply(command, now);
  }
  // What the archive's commands point to is the engine's, and the model has no use of it.
  changes_.push_back({OwnedCommand{of_archive ? Command{} : command, nullptr},
                      now,
                      ledger.applied_seq().value(),
                      of_archive});
}

void SimOracle::CompareNext(const Ledger& ledger, const Command& command) {
  const auto differs = [&](const char* what, uint64_t engine, uint64_t model) {
    Report(absl::StrCat("engine against model, after ",
                        CommandText(command),
                        ": ",
                        what,
                        ": ",
                        engine,
                        " against ",
                        model));
  };
  if (ledger.applied_seq() != model_->applied_seq()) {
    differs("applied_seq", ledger.applied_seq().value(), model_->applied_seq().value());
  }
  if (ledger.next_expiry() != model_->next_expiry()) {
    differs("next_expiry",
            static_cast<uint64_t>(ledger.next_expiry().value()),
            static_cast<uint64_t>(model_->next_expiry().value()));
  }
  if (ledger.next_activation() != model_->next_activation()) {
    differs("next_activation",
            static_cast<uint64_t>(ledger.next_activation().value()),
            static_cast<uint64_t>(model_->next_activation().value()));
  }
}

void SimOracle::GoBackTo(uint64_t seq) {
  expected_.clear();
  if (acknowledged_seq_ > seq) {
    Report(absl::StrCat(
        "LOST: event ", acknowledged_seq_, " was acknowledged, and the disk has ", seq, " only"));
  }
  if (changes_.empty() || changes_.back().seq <= seq) {
    return;
  }
  while (!changes_.empty() && changes_.back().seq > seq) {
    changes_.pop_back();
  }
  model_ = std::make_unique<NaiveLedger>(shard_);
  for (const Change& change : changes_) {
    if (change.only_passes) {
      model_->PassNumber();
    } else {
      model_->Apply(change.command.command, change.now);
    }
  }
}

void SimOracle::Compare(const Ledger& ledger, const char* when) {
  const auto report = [&](const std::string& problem) {
    if (!problem.empty()) {
      Report(absl::StrCat(when, ": engine against model: ", problem));
    }
  };
  if (ledger.applied_seq() != model_->applied_seq()) {
    report(absl::StrCat(
        "applied_seq: ", ledger.applied_seq().value(), " against ", model_->applied_seq().value()));
    return;
  }
  report(BrokenInvariant(ledger));
  report(CompareTotals(ledger, *model_));
  report(CompareEvents(ledger, *model_));
  if (ledger.globals().archived_count == 0) {
    report(CompareTransactions(ledger, *model_));
  }
}

}  // namespace gonghui
