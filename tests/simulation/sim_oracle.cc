// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/simulation/sim_oracle.h"

#include <algorithm>
#include <utility>

#include <absl/strings/str_cat.h>

#include "tests/model/compare_events.h"
#include "tests/model/compare_ledgers.h"
#include "tests/simulation/sim_results.h"
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
    CheckInstant(command, now, TimestampNs{});
    OnOwnDecision(ledger, command, now, event, result);
    CompareNext(ledger, command);
    return;
  }
  ++decisions_;
  SimCall& call = *place->second.call;
  const size_t index = place->second.index;
  CheckInstant(command, now, call.not_before);
  if (call.decided_as[index] != 0) {
    Report("decided twice: " + CommandText(command));
  }
  call.seen_seq = ledger.applied_seq().value();
  call.decided_as[index] = decisions_;
  call.decided_results[index] = result;
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
  OwnedCommand asked = call.owned[index];
  asked.command.deadline = DeadlineOf(command);
  Answer wanted = model_->Apply(asked.command, now);
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
    changes_.push_back({std::move(asked), now, call.seen_seq, false});
  }
  CompareNext(ledger, command);
}

// Callers reckon deadlines from the clock as it is, and the model reckons from the instant of the
// decision, which may be hours ahead of a clock that was set back.
TimestampNs SimOracle::DeadlineOf(const Command& command) const {
  return TimestampNs{clock_.NowNs()} <= command.deadline ? kTimestampMax : command.deadline;
}

// What nobody asked for: what is due, and the archive's.
void SimOracle::OnOwnDecision(const Ledger& ledger,
                              const Command& command,
                              TimestampNs now,
                              const Event& event,
                              const Result& result) {
  const bool of_archive =
      command.kind == CommandKind::kArchive || command.kind == CommandKind::kThaw;
  if (!of_archive && command.kind != CommandKind::kExpireHolds &&
      command.kind != CommandKind::kActivateDue) {
    Report("DECIDED, AND NOBODY ASKED: " + CommandText(command));
    return;
  }
  if (event.kind == EventKind::kNone) {
    if (command.kind == CommandKind::kThaw) {
      full_thaws_ += result.verdict == Verdict::kFull ? 1 : 0;
      unreadable_thaws_ += result.verdict == Verdict::kRefused ? 1 : 0;
    }
    return;
  }
  if (of_archive) {
    model_->PassNumber();
  } else {
    model_->Apply(command, now);
  }
  hold_has_expired_ |= command.kind == CommandKind::kExpireHolds;
  // What the archive's commands point to is the engine's, and the model has no use of it.
  changes_.push_back({OwnedCommand{of_archive ? Command{} : command, nullptr},
                      now,
                      ledger.applied_seq().value(),
                      of_archive});
}

void SimOracle::CheckInstant(const Command& command, TimestampNs now, TimestampNs not_before) {
  const auto wrong = [&](const char* what, TimestampNs than) {
    Report(absl::StrCat(
        CommandText(command), " is decided as of ", TextOf(now), ", ", what, " ", TextOf(than)));
  };
  if (now < not_before) {
    wrong("before it was sent, at", not_before);
  }
  if (now > clock_.highest()) {
    wrong("and no clock has shown more than", clock_.highest());
  }
  if (now < last_decision_at_) {
    wrong("after something as of", last_decision_at_);
  }
  last_decision_at_ = now;
  if (command.kind != CommandKind::kActivateDue && model_->next_activation() <= now) {
    wrong("and a version should be active from", model_->next_activation());
  }
}

// The engine's own time has come to what the clock shows and to what it has decided anything as of.
void SimOracle::CheckTurn(const Ledger& ledger) {
  const TimestampNs now = std::max(TimestampNs{clock_.NowNs()}, last_decision_at_);
  if (!std::exchange(hold_has_expired_, false) && ledger.next_expiry() <= now) {
    Report(absl::StrCat("a turn of the ledger thread is over at ",
                        TextOf(now),
                        ", and it has let go of no hold, not of that which was over at ",
                        TextOf(ledger.next_expiry())));
  }
}

void SimOracle::CheckNothingDue(const Ledger& ledger) {
  const TimestampNs now{clock_.NowNs()};
  if (ledger.next_expiry() <= now) {
    Report(absl::StrCat("at rest at ",
                        TextOf(now),
                        ", and a hold should have expired at ",
                        TextOf(ledger.next_expiry())));
  }
  if (ledger.next_activation() <= now) {
    Report(absl::StrCat("at rest at ",
                        TextOf(now),
                        ", and a version should be active from ",
                        TextOf(ledger.next_activation())));
  }
}

void SimOracle::CheckTold(const Ledger& names, const SimCall& call) {
  const auto report = [&](size_t i, const std::string& what) {
    Report(
        absl::StrCat("TOLD OTHERWISE than decided: ", CommandText(call.commands[i]), ": ", what));
  };
  uint64_t* excuses = nullptr;
  for (size_t i = 0; i < call.commands.size(); ++i) {
    const Result& told = call.results[i];
    if (call.decided_as[i] != 0) {
      if (const std::string what = Difference(call.decided_results[i], told); !what.empty()) {
        return report(i, what);
      }
      // With what the command asked to be filled.
      const Answer answer = AnswerOf(names, call.commands[i], told);
      if (const std::string what = Difference(call.answers[i], answer); !what.empty()) {
        return report(
            i, what + "\n  decided: " + TextOf(call.answers[i]) + "\n  told:    " + TextOf(answer));
      }
      continue;
    }
    if (i > 0 && (call.decided_as[0] != 0 || told.verdict != call.results[0].verdict)) {
      return report(i, "one of a call is not decided, others are");
    }
    switch (told.verdict) {
      case Verdict::kFull:
        excuses = &full_thaws_;
        break;
      case Verdict::kArchiveUnreadable:
        excuses = call.archive_failed ? nullptr : &unreadable_thaws_;
        break;
      default:
        return report(i, absl::StrCat("not decided, and told ", NameOf(told.verdict)));
    }
  }
  if (excuses != nullptr) {
    if (*excuses == 0) {
      return report(0, "not decided, and nothing was in the way");
    }
    --*excuses;
  }
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
  full_thaws_ = unreadable_thaws_ = 0;
  hold_has_expired_ = false;
  if (acknowledged_seq_ > seq) {
    Report(absl::StrCat(
        "LOST: event ", acknowledged_seq_, " was acknowledged, and the disk has ", seq, " only"));
  }
  const bool nothing_is_lost = changes_.empty() || changes_.back().seq <= seq;
  while (!changes_.empty() && changes_.back().seq > seq) {
    changes_.pop_back();
  }
  last_decision_at_ = last_change_at();
  if (nothing_is_lost) {
    return;
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
  if (ledger.applied_seq() != model_->applied_seq()) {
    Report(absl::StrCat(when,
                        ": engine against model: applied_seq: ",
                        ledger.applied_seq().value(),
                        " against ",
                        model_->applied_seq().value()));
    return;
  }
  CompareContent(ledger, when);
}

// To come back takes a number, so that of these it has more.
void SimOracle::CompareWhole(const Ledger& ledger, const char* when) {
  if (const uint64_t missing = ledger.globals().archived_count; missing != 0) {
    Report(absl::StrCat(
        when, ": ", missing, " transactions have left memory, and no archive has them"));
  }
  CompareContent(ledger, when);
}

void SimOracle::CompareContent(const Ledger& ledger, const char* when) {
  const auto report = [&](const std::string& problem) {
    if (!problem.empty()) {
      Report(absl::StrCat(when, ": engine against model: ", problem));
    }
  };
  report(BrokenInvariant(ledger));
  report(CompareTotals(ledger, *model_));
  report(CompareEvents(ledger, *model_));
  if (ledger.globals().archived_count == 0) {
    report(CompareTransactions(ledger, *model_));
  }
}

}  // namespace gonghui
