// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The ledger thread: takes from the rings, decides, evolves, fills blocks, and between
// commands a little of everything else that only it may do.

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <thread>

#include "engine/base/cache_line.h"
#include "engine/base/check.h"
#include "engine/durability/record_format.h"
#include "engine/pipeline/engine_impl.h"

namespace gonghui {
namespace {

// Taken from one ring before the next look at the others, at the journal and at the
// clock: submissions of the live one; commands of the others, whose submissions are taken
// one by one, because an upload's may hold a thousand and taps wait meanwhile.
constexpr int kLiveTurn = 256;
constexpr int kAdviceTurn = 32;
constexpr int kAdminTurn = 4;
// Vouchers that one command issues or takes back, and that count as one more command.
constexpr size_t kVouchersPerTurn = 256;
constexpr int kExpiriesPerTurn = 64;

constexpr int64_t kDozeNsMax = 2'000'000;
constexpr int64_t kCheckpointPollNs = 1'000'000;
constexpr int64_t kExpiryPollNs = 1'000'000;
constexpr int64_t kArchivePollNs = 1'000'000;
constexpr int64_t kActivationPollNs = 1'000'000;

// Between two huge pages of the reserve, at least: a slow machine takes longer to clear one.
constexpr int64_t kReserveStepNs = 4'000'000;
constexpr int64_t kReserveBusyStepNs = 200'000'000;

// Results are fetched so many decisions before they are written: soon enough, and not so many at
// once that what the next decisions read waits for it.
constexpr size_t kResultsAhead = 4;

// The part of a result that every decision writes.  It was last touched by the thread
// that answered with it, on another core.
void PrefetchForWriting(const Result& result) {
  const auto* const bytes = reinterpret_cast<const char*>(&result);
  for (size_t at = 0; at < offsetof(Result, shares); at += kCacheLineBytes) {
    __builtin_prefetch(bytes + at, /*rw=*/1);
  }
  __builtin_prefetch(&result.shares, /*rw=*/1);
  __builtin_prefetch(&result.limits, /*rw=*/1);
}

// How much of its ring's turn it takes.
int WeightOf(const Submission& submission) {
  size_t weight = std::max(submission.commands.size(), size_t{1});
  for (const Command& command : submission.commands) {
    if (command.kind == CommandKind::kIssueVouchers) {
      weight += command.issue_vouchers->vouchers.size() / kVouchersPerTurn;
    } else if (command.kind == CommandKind::kVoidVouchers) {
      weight += command.void_vouchers->keys.size() / kVouchersPerTurn;
    }
  }
  return static_cast<int>(weight);
}

bool IsAboutProgramme(EventKind kind) {
  return kind == EventKind::kProgrammeApplied || kind == EventKind::kProgrammeStaged ||
         kind == EventKind::kProgrammeActivated || kind == EventKind::kProgrammeRetired;
}

}  // namespace

void Engine::Impl::RunLedger() {
  for (;;) {
    switch (TakeTurn()) {
      case Turn::kWorked:
        continue;
      case Turn::kIdle:
        Sleep();
        continue;
      case Turn::kEnded:
        return;
    }
  }
}

Engine::Impl::Turn Engine::Impl::TakeTurn() {
  const bool worked = DrainRings();
  if (worked && has_threads() && options_.pipeline != CommitPipeline::kTwoThreads &&
      filling_->size_bytes() <= kSmallBlockBytes) {
    LetOthersFill();
  }
  // Once the last checkpoint has been asked for nothing changes any more, whatever falls due
  // meanwhile: else there would be no last one.
  if (!last_checkpoint_asked_) {
    ExpireHolds();
  }
  TakeCheckpoint();
  LetOldOnesLeave();
  HandOver(/*wait=*/false);
  if (failed_.load(std::memory_order_acquire)) {
    return Turn::kEnded;
  }
  if (worked) {
    return Turn::kWorked;
  }
  return stopping_.load(std::memory_order_seq_cst) && NothingLeft() && LastCheckpointDone()
             ? Turn::kEnded
             : Turn::kIdle;
}

bool Engine::Impl::NothingLeft() const {
  return NothingReady() && filling_->empty() && JournalIdle() &&
         in_flight_commands_.load(std::memory_order_seq_cst) == 0;
}

// REQUIRES: the engine is stopping, and nothing is left, so that nothing changes any more.
bool Engine::Impl::LastCheckpointDone() {
  if (!options_.checkpoint_at_stop || checkpointer_ == nullptr ||
      std::max(checkpointer_->committed_seq(), recovery_.checkpoint_seq) >=
          ledger_.applied_seq().value()) {
    return true;
  }
  if (!checkpointer_->active() && photo_seq_ < ledger_.applied_seq().value()) {
    checkpoint_requests_.fetch_add(1, std::memory_order_acq_rel);  // for the next turn
  }
  last_checkpoint_asked_ = true;
  return false;
}

// Whoever waits for this core may have more for the block; see YieldPause.
void Engine::Impl::LetOthersFill() {
  const int64_t begin_ns = clock_.MonotonicNs();
  if (!yield_pause_.MayYield(begin_ns)) {
    return;
  }
  const uint64_t before = live_commands_;
  std::this_thread::yield();
  const int64_t took_ns = clock_.MonotonicNs() - begin_ns;
  DrainRings();
  yield_pause_.Yielded(begin_ns, took_ns, static_cast<int64_t>(live_commands_ - before));
}

// Live work first; each lower ring gets a short turn, so that none starves.
bool Engine::Impl::DrainRings() {
  constexpr std::array<int, kPriorityCount> kTurns{kLiveTurn, kAdviceTurn, kAdminTurn};
  bool worked = false;
  for (size_t i = 0; i < kTurns.size(); ++i) {
    std::array<Submission*, Ledger::kPrefetchMax> taken;
    for (int n = 0; n < kTurns[i];) {
      const size_t most = i > 0 ? 1 : std::min(taken.size(), static_cast<size_t>(kTurns[i] - n));
      size_t count = 0;
      while (count < most && rings_[i].Pop(&taken[count])) {
        __builtin_prefetch(taken[count]);
        ++count;
      }
      if (count == 0) {
        break;
      }
      n += i > 0 ? WeightOf(*taken[0]) : static_cast<int>(count);
      worked = true;
      ProcessAll({taken.data(), count});
    }
  }
  if (!worked) {
    AdvanceClock();  // for what is due by itself
  }
  return worked;
}

// Submissions of one command each share their fetches as the commands of a large
// one do: what unary calls ask, comes by the dozen when a sync is over.
//
// The clock is read after they were taken, not before: no decision is dated before it was
// asked.
void Engine::Impl::ProcessAll(std::span<Submission* const> taken) {
  AdvanceClock();
  std::array<const Command*, Ledger::kPrefetchMax> singles;
  std::array<Ledger::Trail, Ledger::kPrefetchMax> trails;
  size_t count = 0;
  for (const Submission* submission : taken) {
    if (submission->commands.size() == 1) {
      singles[count++] = submission->commands.data();
      Ledger::PrefetchCommand(submission->commands[0]);
    }
  }
  for (const Submission* const submission : taken.first(std::min(taken.size(), kResultsAhead))) {
    if (!submission->commands.empty()) {
      PrefetchForWriting(submission->results[0]);
    }
  }
  if (count > 1) {
    ledger_.Prefetch({singles.data(), count}, now_, {trails.data(), count});
  }
  size_t next_trail = 0;
  for (size_t i = 0; i < taken.size(); ++i) {
    Submission* const submission = taken[i];
    const bool single = submission->commands.size() == 1;
    if (i + kResultsAhead < taken.size() && !taken[i + kResultsAhead]->commands.empty()) {
      PrefetchForWriting(taken[i + kResultsAhead]->results[0]);
    }
    Process(*submission, single && count > 1 ? trails[next_trail++] : Ledger::Trail{});
    if (submission->commands.size() > 1 || filling_->size_bytes() >= options_.block_bytes_max) {
      // A large one took a while: let the journal have what there is.
      HandOver(/*wait=*/filling_->size_bytes() >= options_.block_bytes_max);
      AdvanceClock();
    }
  }
}

// `first` is the trail of a single command.
void Engine::Impl::Process(Submission& submission, const Ledger::Trail& first) {
  const std::span<const Command> commands = submission.commands;
  std::array<Ledger::Trail, Ledger::kPrefetchMax> trails;
  trails[0] = first;
  for (size_t i = 1; i < std::min(commands.size(), kResultsAhead); ++i) {
    PrefetchForWriting(submission.results[i]);
  }
  const bool thawed = !submission.archive_looked || Thaw(submission);
  for (size_t i = 0; !thawed && i < commands.size(); ++i) {
    submission.results[i] = own_result_;
  }
  for (size_t i = 0; thawed && i < commands.size(); ++i) {
    const size_t in_turn = i % Ledger::kPrefetchMax;
    if (in_turn == 0 && commands.size() > 1) {
      std::array<const Command*, Ledger::kPrefetchMax> next;
      const size_t count = std::min(next.size(), commands.size() - i);
      for (size_t j = 0; j < count; ++j) {
        next[j] = &commands[i + j];
      }
      ledger_.Prefetch({next.data(), count}, now_, {trails.data(), count});
    }
    if (i + kResultsAhead < commands.size()) {
      PrefetchForWriting(submission.results[i + kResultsAhead]);
    }
    if (i + Ledger::kPrefetchMax < commands.size()) {
      Ledger::PrefetchCommand(commands[i + Ledger::kPrefetchMax]);
    }
    DecideOne(commands[i], trails[in_turn], &submission.results[i]);
  }
  if (submission.inspect != nullptr) {
    submission.inspect(ledger_, submission.inspect_argument);
  }
  filling_->AddWaiter(&submission);
  applied_seq_.store(ledger_.applied_seq().value(), std::memory_order_release);
  commands_ += submission.commands.size();
  live_commands_ += submission.priority == Priority::kLive ? submission.commands.size() : 0;
  commands_decided_.store(commands_, std::memory_order_relaxed);
}

void Engine::Impl::DecideOne(const Command& command, const Ledger::Trail& trail, Result* result) {
  if (now_ > command.deadline && wall_ <= command.deadline) [[unlikely]] {
    // Callers reckon from the clock as it is, which now_ may be hours ahead of.
    Command in_time = command;
    in_time.deadline = kTimestampMax;
    DecideAndApply(in_time, trail, result);
  } else {
    DecideAndApply(command, trail, result);
  }
  if (options_.observer != nullptr && !failed_.load(std::memory_order_relaxed)) [[unlikely]] {
    options_.observer->OnDecision(ledger_, command, now_, event_, *result);
  }
}

void Engine::Impl::DecideAndApply(const Command& command,
                                  const Ledger::Trail& trail,
                                  Result* result) {
  ledger_.DecideFirst(command, now_, trail, &event_, result);
  if (event_.kind == EventKind::kNone) {
    return;
  }
  const size_t bytes_max = RecordBytesMax(command);
  if (bytes_max > filling_->room()) {
    if (bytes_max > kBlockBytesMax - kBlockHeaderBytes) {
      event_.kind = EventKind::kNone;
      result->verdict = Verdict::kFull;
      result->field = Field::kProgrammes;
      return;
    }
    HandOver(/*wait=*/true);
    if (bytes_max > filling_->room()) {
      return;  // failed: nobody will ever see this result
    }
  }
  // Of what a reversal came before, nothing was asked.
  if (event_.kind == EventKind::kAuthorized && event_.tombstone_row == TransactionRow{} &&
      ledger_.IsShadowed(command)) [[unlikely]] {
    CompareWithShadow(command, event_.transaction);
  }
  // What is applied, written and answered is the same event; the order is that in which its memory
  // is at hand.  There is room for it, and nobody but this thread sees the ledger before the
  // block is synced: whatever fails in between stops the process with nothing answered.  Evolve()
  // and the journal copy what the command points to (lines, evidence, an operator's content), so
  // that nothing of it is needed once the submission is complete.
  ledger_.Evolve(event_);
  filling_->Add(event_);
  Ledger::TellTransaction(event_, result);
  if (IsAboutProgramme(event_.kind)) [[unlikely]] {
    FollowShadow();
  }
}

// The instant of a scheduled version comes before anything is decided at it.
void Engine::Impl::AdvanceClock() {
  wall_ = TimestampNs{clock_.NowNs()};
  now_ = std::max({now_, wall_, ledger_.applied_at()});
  if (ledger_.next_activation() <= now_ && !last_checkpoint_asked_) [[unlikely]] {
    ActivateDue();
  }
}

void Engine::Impl::ActivateDue() {
  Command command;
  command.kind = CommandKind::kActivateDue;
  while (ledger_.next_activation() <= now_) {
    const CommandSeq seq = ledger_.applied_seq();
    DecideOne(command, Ledger::Trail{}, &own_result_);
    if (ledger_.applied_seq() == seq) {
      GH_CHECK(failed_.load(std::memory_order_acquire), "seq=", seq);
      return;  // nobody will ever see what is decided
    }
  }
  applied_seq_.store(ledger_.applied_seq().value(), std::memory_order_relaxed);
}

// Before the decision is applied: both are asked of the same counters and funds.
void Engine::Impl::CompareWithShadow(const Command& command, const Transaction& decided) {
  const size_t count = ledger_.ShadowsOf(command, shadows_);
  if (count == 0) {
    return;
  }
  ledger_.DecideShadow(command, now_, &shadow_event_, &shadow_result_);
  shadow_tallies_.Count(
      ledger_, std::span(shadows_).first(count), decided, shadow_result_.transaction);
}

void Engine::Impl::FollowShadow() {
  const ProgrammeHeadRow head = event_.kind == EventKind::kProgrammeRetired
                                    ? ProgrammeHeadRow{event_.row}
                                    : ledger_.programmes()[ProgrammeRow{event_.row}].head;
  shadow_tallies_.Follow(ledger_, head);
}

void Engine::Impl::ExpireHolds() {
  if (ledger_.next_expiry() > now_) {
    return;
  }
  Command command;
  command.kind = CommandKind::kExpireHolds;
  Result result;
  for (int n = 0; n < kExpiriesPerTurn && ledger_.next_expiry() <= now_; ++n) {
    DecideOne(command, Ledger::Trail{}, &result);
  }
  applied_seq_.store(ledger_.applied_seq().value(), std::memory_order_relaxed);
}

void Engine::Impl::TakeCheckpoint() {
  if (checkpointer_ == nullptr) {
    return;
  }
  const int64_t begin_ns = clock_.MonotonicNs();
  if (checkpointer_->active()) {
    checkpointer_->Continue();
  } else {
    const uint64_t requests = checkpoint_requests_.load(std::memory_order_acquire);
    const bool asked = requests > checkpoints_begun_;
    const bool changed = ledger_.applied_seq().value() > photo_seq_;
    const bool due = journal_bytes_since_photo_ >= options_.checkpoint_journal_bytes ||
                     begin_ns - photo_monotonic_ns_ >= options_.checkpoint_interval_ns;
    if (!asked && !(changed && due)) {
      return;
    }
    checkpoints_begun_ = requests;
    photo_seq_ = ledger_.applied_seq().value();
    photo_monotonic_ns_ = begin_ns;
    journal_bytes_since_photo_ = 0;
    checkpointer_->Begin();
  }
  TellPause(clock_.MonotonicNs() - begin_ns);
}

void Engine::Impl::TellPause(int64_t ns) {
  if (ns > pause_ns_max_.load(std::memory_order_relaxed)) {
    pause_ns_max_.store(ns, std::memory_order_relaxed);
  }
}

void Engine::Impl::PopulateAhead() {
  std::array<MemoryRange, Ledger::kUpcomingMax> ranges;
  const size_t count = ledger_.TakeUpcomingMemory(ranges);
  for (size_t i = 0; i < count; ++i) {
    memory_thread_.Ask(ranges[i]);
  }
}

// A huge page at a time, more seldom while somebody else wants the cores, and behind nothing:
// what is needed soon must not wait for it.  False: there is nothing more to populate.
bool Engine::Impl::PopulateReserve() {
  const int64_t step_ns =
      commands_ == commands_at_reserve_step_ ? kReserveStepNs : kReserveBusyStepNs;
  const int64_t monotonic_ns = clock_.MonotonicNs();
  if (monotonic_ns - reserve_step_ns_ < step_ns || !memory_thread_.idle()) {
    return true;
  }
  const MemoryRange range = ledger_.TakeReserveMemory(options_.memory_reserve_bytes_max);
  if (range.size == 0) {
    return false;
  }
  commands_at_reserve_step_ = commands_;
  reserve_step_ns_ = monotonic_ns;
  if (memory_thread_.Ask(range)) {
    reserved_bytes_.fetch_add(range.size, std::memory_order_relaxed);
  }
  return true;
}

void Engine::Impl::Sleep() {
  const bool journal_busy = !JournalIdle();
  if (journal_busy) {
    ledger_bell_.PrepareToDoze();
  } else {
    ledger_bell_.Prepare();
  }
  const TimestampNs next_archive_step = NextArchiveStep();
  const bool wakeful =
      !NothingReady() || (!filling_->empty() && JournalIdle()) || journal_busy == JournalIdle() ||
      failed_.load(std::memory_order_acquire) ||
      (checkpointer_ != nullptr && checkpointer_->can_continue()) ||
      (checkpointer_ != nullptr && !checkpointer_->active() &&
       checkpoint_requests_.load(std::memory_order_acquire) > checkpoints_begun_) ||
      next_archive_step <= now_ ||
      (stopping_.load(std::memory_order_seq_cst) && NothingLeft() && !last_checkpoint_asked_);
  if (wakeful) {
    ledger_bell_.Cancel();
    return;
  }
  int64_t sleep_ns = journal_busy ? kDozeNsMax : kSleepNsMax;
  if (checkpointer_ != nullptr && (checkpointer_->active() || last_checkpoint_asked_)) {
    sleep_ns = kCheckpointPollNs;  // until the disk has caught up
  }
  if (ledger_.next_expiry() < kTimestampMax) {
    const int64_t until_ns = ledger_.next_expiry().value() - clock_.NowNs();
    sleep_ns = std::min(sleep_ns, std::max<int64_t>(until_ns, kExpiryPollNs));
  }
  if (ledger_.next_activation() < kTimestampMax) {
    const int64_t until_ns = ledger_.next_activation().value() - clock_.NowNs();
    sleep_ns = std::min(sleep_ns, std::max<int64_t>(until_ns, kActivationPollNs));
  }
  if (next_archive_step < kTimestampMax) {
    const int64_t until_ns = next_archive_step.value() - clock_.NowNs();
    sleep_ns = std::min(sleep_ns, std::max<int64_t>(until_ns, kArchivePollNs));
  }
  if (!journal_busy && PopulateReserve()) {
    sleep_ns = std::min(sleep_ns, kReserveStepNs);
  }
  ledger_bell_.Sleep(sleep_ns);
}

}  // namespace gonghui
