// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/pipeline/engine.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/status_macros.h"
#include "engine/base/thread_name.h"
#include "engine/pipeline/engine_impl.h"
#include "engine/pipeline/recovery.h"

namespace gonghui {
namespace {

// Work that is worth waking the ledger thread for while the journal is busy: the
// decisions can not leave before the block under way is synced, so a few are taken
// up when it is.  A long sync must not let the rings run full meanwhile.
constexpr size_t kMuchWork = 32;

// A thread that waits for its one submission: operators' calls and tests.  Told
// under the lock, because the waiter is gone as soon as it knows.
class Waiter final : public Completions {
 public:
  void Complete(Submission* first) override {
    GH_CHECK(first != nullptr && first->next == nullptr);
    const std::lock_guard lock(mutex_);
    done_ = true;
    changed_.notify_one();
  }
  void Wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return done_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool done_ = false;
};

// Of in_flight_commands_max: what can wait leaves room for who stands at a till.
uint64_t InFlightMaxOf(Priority priority, uint64_t all) {
  switch (priority) {
    case Priority::kLive:
      break;
    case Priority::kAdvice:
      return all - all / 4;
    case Priority::kAdmin:
      return all - all / 8;
  }
  return all;
}

}  // namespace

// ---- Start and stop --------------------------------------------------------------

absl::Status Engine::Impl::Start(CheckpointStore* checkpoints, Archive* archive) {
  GH_ASSIGN_OR_RETURN(recovery_, RecoverBlocking(ledger_, journal_, checkpoints, archive, clock_));
  GH_ASSIGN_OR_RETURN(epoch_, journal_.Acquire(options_.shard));
  GH_ASSIGN_OR_RETURN(const JournalTail tail, journal_.TailBlocking(options_.shard));
  const uint64_t applied = ledger_.applied_seq().value();
  if (tail.next_seq != applied + 1) {
    return absl::AbortedError("the journal grew while it was being replayed: another writer");
  }
  committer_ = std::make_unique<Committer>(journal_, tail.last_hash);
  now_ = ledger_.applied_at();
  wall_ = now_;
  applied_seq_.store(applied, std::memory_order_relaxed);
  durable_seq_.store(applied, std::memory_order_relaxed);
  photo_seq_ = recovery_.checkpoint_seq;
  photo_monotonic_ns_ = clock_.MonotonicNs();
  if (checkpoints != nullptr) {
    // Replayed pages are marked by Evolve(); those of the checkpoint are not.
    checkpointer_ = std::make_unique<Checkpointer>(
        ledger_, *checkpoints, durable_seq_, clock_, [this](const std::string& why) {
          FailStop(why);
        });
  }
  GH_RETURN_IF_ERROR(StartArchiver(archive));
  shadow_tallies_.Start(ledger_, std::max(now_, TimestampNs{clock_.NowNs()}));
  filling_->Reset(applied + 1);
  if (has_threads()) {
    StartThreads();
  }
  return absl::OkStatus();
}

void Engine::Impl::StartThreads() {
  memory_thread_.Start();
  if (checkpointer_ != nullptr) {
    checkpointer_->StartThread();
  }
  if (archiver_ != nullptr) {
    archiver_->StartThreads();
  }
  ledger_thread_ = std::thread([this] {
    SetThreadName("ledger");
    RunLedger();
  });
  if (options_.pipeline != CommitPipeline::kOneThread) {
    journal_thread_ = std::thread([this] {
      SetThreadName("journal");
      RunJournal();
    });
  }
}

bool Engine::Impl::Step(EngineWorker worker) {
  GH_CHECK(!has_threads());
  if (failed_.load(std::memory_order_acquire)) {
    return false;
  }
  switch (worker) {
    case EngineWorker::kLedger: {
      if (ledger_ended_.load(std::memory_order_relaxed)) {
        return false;
      }
      const Turn turn = TakeTurn();
      ledger_ended_.store(turn == Turn::kEnded, std::memory_order_relaxed);
      return turn == Turn::kWorked;
    }
    case EngineWorker::kJournal:
      return JournalStepBlocking();
    case EngineWorker::kCheckpoint:
      return checkpointer_ != nullptr && checkpointer_->StepBlocking();
    case EngineWorker::kArchive:
      return archiver_ != nullptr && archiver_->StoreStepBlocking();
    case EngineWorker::kFilter:
      return archiver_ != nullptr && archiver_->FillFilterBlocking();
  }
  return false;
}

void Engine::Impl::Stop() {
  stopping_.store(true, std::memory_order_seq_cst);
  if (!has_threads()) {
    while (!ledger_ended_.load(std::memory_order_relaxed) &&
           !failed_.load(std::memory_order_relaxed)) {
      for (int worker = 1; worker <= kEngineWorkerCount; ++worker) {
        Step(static_cast<EngineWorker>(worker));
      }
    }
    return;
  }
  ledger_bell_.Ring();
  if (ledger_thread_.joinable()) {
    ledger_thread_.join();
  }
  ledger_ended_.store(true, std::memory_order_release);
  journal_bell_.Ring();
  if (journal_thread_.joinable()) {
    journal_thread_.join();
  }
  if (checkpointer_ != nullptr) {
    checkpointer_->Stop();
  }
  if (archiver_ != nullptr) {
    archiver_->Stop();
  }
  memory_thread_.Stop();
}

void Engine::Impl::FailStop(const std::string& why) {
  failed_.store(true, std::memory_order_seq_cst);
  if (options_.fail_stop) {
    options_.fail_stop(why);
    ledger_bell_.Ring();
    return;
  }
  std::fprintf(stderr,
               "gonghui: fail-stop: %s\nNothing after the last synced block was promised to "
               "anyone; start again to recover.\n",
               why.c_str());
  std::abort();
}

// ---- Submitting --------------------------------------------------------------------

bool Engine::Impl::Submit(Submission* submission) {
  const uint64_t commands = std::max<uint64_t>(1, submission->commands.size());
  // Counted before the look at stopping_: the ledger thread stops only when it
  // sees stopping_ and then a count of zero, so it never leaves one behind.
  const uint64_t before = in_flight_commands_.fetch_add(commands, std::memory_order_seq_cst);
  if (before + commands > InFlightMaxOf(submission->priority, options_.in_flight_commands_max) ||
      stopping_.load(std::memory_order_seq_cst) || !LookUp(*submission) ||
      !rings_[static_cast<size_t>(submission->priority)].Push(submission)) {
    ForgetFinds(*submission);
    in_flight_commands_.fetch_sub(commands, std::memory_order_seq_cst);
    refused_.fetch_add(1, std::memory_order_relaxed);
    ledger_bell_.Ring();  // it may be waiting for the count to fall
    return false;
  }
  if (commands >= kMuchWork) {
    ledger_bell_.Ring();
  } else {
    ledger_bell_.RingSoftly();
  }
  return true;
}

bool Engine::Impl::RequestCheckpoint() {
  if (checkpointer_ == nullptr) {
    return false;
  }
  const uint64_t wanted = applied_seq_.load(std::memory_order_acquire);
  checkpoint_requests_.fetch_add(1, std::memory_order_acq_rel);
  ledger_bell_.Ring();
  while (std::max(checkpointer_->committed_seq(), recovery_.checkpoint_seq) < wanted) {
    if (failed_.load(std::memory_order_acquire) || stopping_.load(std::memory_order_acquire)) {
      return false;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

// ---- What others may ask -----------------------------------------------------------

EngineStats Engine::Impl::stats() const {
  EngineStats stats;
  stats.applied_seq = applied_seq_.load(std::memory_order_relaxed);
  stats.durable_seq = durable_seq_.load(std::memory_order_relaxed);
  stats.blocks = blocks_committed_.load(std::memory_order_relaxed);
  stats.block_bytes = block_bytes_.load(std::memory_order_relaxed);
  stats.commands = commands_decided_.load(std::memory_order_relaxed);
  stats.submissions_refused = refused_.load(std::memory_order_relaxed);
  stats.in_flight_commands = in_flight_commands_.load(std::memory_order_relaxed);
  if (checkpointer_ != nullptr) {
    stats.checkpoint_seq = std::max(checkpointer_->committed_seq(), recovery_.checkpoint_seq);
    stats.checkpoints = checkpointer_->committed_count();
  }
  stats.sync_ns_last = sync_ns_last_.load(std::memory_order_relaxed);
  stats.sync_ns_max = sync_ns_max_.load(std::memory_order_relaxed);
  stats.ledger_pause_ns_max = pause_ns_max_.load(std::memory_order_relaxed);
  stats.memory_reserved_bytes = reserved_bytes_.load(std::memory_order_relaxed);
  stats.archived_transactions = archived_.load(std::memory_order_relaxed);
  stats.thawed_transactions = thawed_.load(std::memory_order_relaxed);
  if (archiver_ != nullptr) {
    const ArchiveLookup& lookup = archiver_->lookup();
    stats.archive_puts = archiver_->put_count();
    stats.archive_disk_lookups = lookup.disk_lookups();
    stats.archive_unreadable = unreadable_.load(std::memory_order_relaxed);
    stats.archive_filter_bytes = lookup.filter().bytes();
    stats.archive_filter_complete = lookup.filter().complete();
  }
  return stats;
}

// ---- Engine ----------------------------------------------------------------------------

Engine::Engine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Engine::~Engine() {
  if (impl_->has_threads()) {
    Stop();
  }
}

absl::StatusOr<std::unique_ptr<Engine>> Engine::Start(const EngineOptions& options,
                                                      const Clock& clock,
                                                      Journal& journal,
                                                      CheckpointStore* checkpoints,
                                                      Archive* archive) {
  auto impl = std::make_unique<Impl>(options, clock, journal);
  GH_RETURN_IF_ERROR(impl->Start(checkpoints, archive));
  return std::unique_ptr<Engine>(new Engine(std::move(impl)));
}

bool Engine::Submit(Submission* submission) {
  return impl_->Submit(submission);
}

absl::Status Engine::RunBlocking(std::span<const Command> commands, std::span<Result> results) {
  GH_CHECK_EQ(commands.size(), results.size());
  Waiter waiter;
  Submission submission;
  submission.commands = commands;
  submission.results = results.data();
  submission.completions = &waiter;
  submission.priority = Priority::kAdmin;
  if (!impl_->Submit(&submission)) {
    return absl::ResourceExhaustedError("the engine is full or stopping");
  }
  waiter.Wait();
  return absl::OkStatus();
}

absl::Status Engine::InspectBlocking(const std::function<void(const Ledger&)>& read) {
  Waiter waiter;
  Submission submission;
  submission.inspect = [](const Ledger& ledger, void* argument) {
    (*static_cast<const std::function<void(const Ledger&)>*>(argument))(ledger);
  };
  // The callee takes it back as what it is: const.
  submission.inspect_argument = const_cast<std::function<void(const Ledger&)>*>(&read);
  submission.completions = &waiter;
  submission.priority = Priority::kAdmin;
  if (!impl_->Submit(&submission)) {
    return absl::ResourceExhaustedError("the engine is full or stopping");
  }
  waiter.Wait();
  return absl::OkStatus();
}

absl::Status Engine::CheckpointBlocking() {
  return impl_->RequestCheckpoint()
             ? absl::OkStatus()
             : absl::FailedPreconditionError("the engine takes no checkpoints, or is stopping");
}

bool Engine::Step(EngineWorker worker) {
  return impl_->Step(worker);
}

void Engine::Stop() {
  impl_->Stop();
}

EngineStats Engine::stats() const {
  return impl_->stats();
}

std::vector<ShadowTally> Engine::shadow_tallies() const {
  return impl_->shadow_tallies_.Read();
}

const RecoveryReport& Engine::recovery() const {
  return impl_->recovery_;
}

const Ledger& Engine::names() const {
  return impl_->ledger_;
}

}  // namespace gonghui
