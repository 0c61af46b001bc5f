// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What leaves memory, and what comes back because it is named
// (docs/decisions/0004-archive.md).

#include <algorithm>
#include <utility>

#include <absl/strings/str_cat.h>

#include "engine/base/check.h"
#include "engine/base/status_macros.h"
#include "engine/pipeline/engine_impl.h"

namespace gonghui {

absl::Status Engine::Impl::StartArchiver(Archive* archive) {
  archived_.store(ledger_.globals().archived_count, std::memory_order_relaxed);
  if (archive == nullptr) {
    return ledger_.archived_rows() == 0
               ? absl::OkStatus()
               : absl::FailedPreconditionError(
                     "transactions have left memory for an archive, and none is given");
  }
  ArchiverOptions options;
  options.after_ns = options_.archive_after_ns;
  options.rows_max = options_.archive_rows_max;
  options.slice_rows = options_.archive_slice_rows;
  options.begin_rows = options_.archive_begin_rows;
  options.overdue_ns = options_.archive_overdue_ns;
  Archiver::Hooks hooks;
  hooks.wake = [this] { ledger_bell_.Ring(); };
  hooks.fail_stop = [this](const std::string& why) { FailStop(why); };
  GH_ASSIGN_OR_RETURN(
      archiver_,
      Archiver::OpenBlocking(options, ledger_, *archive, durable_seq_, std::move(hooks)));
  return absl::OkStatus();
}

// ---- Whoever submits -------------------------------------------------------------

// False: what is found would take too much memory, together with what others wait with.
bool Engine::Impl::LookUp(Submission& submission) {
  submission.archived.reset();
  submission.archive_looked = archiver_ != nullptr && !submission.commands.empty();
  submission.archive_unreadable = false;
  if (!submission.archive_looked) {
    return true;
  }
  submission.archive_seen = archiver_->lookup().Enter();
  const absl::Status status =
      archiver_->lookup().FindBlocking(submission.commands, &submission.archived);
  if (!status.ok()) {
    // To decide without it could answer a repeat as if it were new, and spend twice.
    submission.archive_unreadable = true;
    TellUnreadable(std::string(status.message()));
  }
  if (submission.archived == nullptr) {
    return true;
  }
  const uint64_t bytes = submission.archived->size() * sizeof(ArchiveFind);
  if (finds_bytes_.fetch_add(bytes, std::memory_order_relaxed) + bytes >
      options_.archive_finds_bytes_max) {
    ForgetFinds(submission);
    return false;
  }
  return true;
}

// Once for each submission that has looked.
void Engine::Impl::ForgetFinds(Submission& submission) {
  if (submission.archived != nullptr) {
    finds_bytes_.fetch_sub(submission.archived->size() * sizeof(ArchiveFind),
                           std::memory_order_relaxed);
    submission.archived.reset();
  }
  if (std::exchange(submission.archive_looked, false)) {
    archiver_->lookup().Leave(submission.archive_seen);
  }
}

void Engine::Impl::TellUnreadable(const std::string& why) {
  unreadable_.fetch_add(1, std::memory_order_relaxed);
  if (options_.archive_unreadable) {
    options_.archive_unreadable(why);
  }
}

// ---- Ledger thread ---------------------------------------------------------------

// Brings back what the commands name and what has left memory.  False when that can not
// be: own_result_ says why.
bool Engine::Impl::Thaw(Submission& submission) {
  GH_CHECK(submission.archive_seen >= archiver_->left_slice(), "seen=", submission.archive_seen);
  own_result_.verdict = Verdict::kDecided;
  if (submission.archive_unreadable) [[unlikely]] {
    own_result_ = Result{};
    own_result_.verdict = Verdict::kArchiveUnreadable;
  } else if (submission.archived != nullptr) [[unlikely]] {
    const bool in_time = std::any_of(
        submission.commands.begin(), submission.commands.end(), [this](const Command& each) {
          return wall_ <= each.deadline;
        });
    if (in_time) {
      ThawFinds(*submission.archived);
    }
  }
  ForgetFinds(submission);  // journal and ledger have copies
  return own_result_.verdict == Verdict::kDecided || own_result_.verdict == Verdict::kUnchanged;
}

void Engine::Impl::ThawFinds(const ArchiveFinds& finds) {
  Command command;
  command.kind = CommandKind::kThaw;
  for (const ArchiveFind& find : finds) {
    if (!MayThaw(find)) {
      continue;
    }
    command.thaw = &find;
    DecideOne(command, Ledger::Trail{}, &own_result_);
    if (own_result_.verdict == Verdict::kDecided) {
      thawed_.fetch_add(1, std::memory_order_relaxed);
    } else if (own_result_.verdict != Verdict::kUnchanged) {
      if (own_result_.verdict == Verdict::kRefused) {
        own_result_.verdict = Verdict::kArchiveUnreadable;
        TellUnreadable("what is in the archive under seq " +
                       std::to_string(find.transaction.seq.value()) + " is not this ledger's");
      }
      break;
    }
  }
  archived_.store(ledger_.globals().archived_count, std::memory_order_relaxed);
}

// Of another merchant's transaction the caller is told nothing, so it stays where it is.
bool Engine::Impl::MayThaw(const ArchiveFind& find) const {
  if (find.asker.IsNone()) {
    return true;
  }
  const TerminalRow terminal = ledger_.FindTerminal(find.asker);
  return terminal != TerminalRow{} &&
         ledger_.terminals()[terminal].merchant == find.transaction.merchant;
}

void Engine::Impl::LetOldOnesLeave() {
  if (archiver_ == nullptr || stopping_.load(std::memory_order_relaxed)) {
    return;
  }
  const int64_t begin_ns = clock_.MonotonicNs();
  const uint64_t commands = commands_ - std::exchange(commands_at_archive_step_, commands_);
  const uint32_t rows = ledger_.archived_rows();
  archiver_->Step(now_, commands, /*may_leave=*/!PhotoActive(), [this](const Command& command) {
    DecideOne(command, Ledger::Trail{}, &own_result_);
    return own_result_.verdict;
  });
  if (ledger_.archived_rows() != rows) {
    applied_seq_.store(ledger_.applied_seq().value(), std::memory_order_relaxed);
    archived_.store(ledger_.globals().archived_count, std::memory_order_relaxed);
    ReleaseBehind();
  }
  TellPause(clock_.MonotonicNs() - begin_ns);
}

void Engine::Impl::ReleaseBehind() {
  if (to_release_count_ == 0) {
    to_release_count_ = ledger_.TakeReleasedMemory(to_release_);
  }
  // The ledger tells each part once: what is not taken today is asked again.
  while (to_release_count_ > 0 && memory_thread_.AskToRelease(to_release_[to_release_count_ - 1])) {
    --to_release_count_;
  }
}

}  // namespace gonghui
