// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/pipeline/engine.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <utility>

#include "engine/base/cache_line.h"
#include "engine/base/check.h"
#include "engine/base/status_macros.h"
#include "engine/durability/record_format.h"
#include "engine/pipeline/checkpointer.h"
#include "engine/pipeline/doorbell.h"
#include "engine/pipeline/group_commit.h"
#include "engine/pipeline/memory_thread.h"
#include "engine/pipeline/recovery.h"
#include "engine/pipeline/ring.h"

namespace gonghui {
namespace {

// Taken from one ring before the next look at the others, at the journal and at the
// clock: submissions of the live one; commands of the others, whose submissions are taken
// one by one, because an upload's may hold a thousand and taps wait meanwhile.
constexpr int kLiveTurn = 256;
constexpr int kAdviceTurn = 32;
constexpr int kAdminTurn = 4;
constexpr int kExpiriesPerTurn = 64;

constexpr int64_t kSleepNsMax = 1'000'000'000;

// Work that is worth waking the ledger thread for while the journal is busy: the
// decisions can not leave before the block under way is synced, so a few are taken
// up when it is.  A long sync must not let the rings run full meanwhile.
constexpr size_t kMuchWork = 32;
constexpr int64_t kDozeNsMax = 2'000'000;

// Two hundred decisions, made in less time than a sync takes.  What arrives during
// the sync of so small a block waits for its end in any case, and deciding it earlier
// is not worth handing the block to another thread and being woken by it.
constexpr size_t kSmallBlockBytes = 16 << 10;

constexpr int64_t kCheckpointPollNs = 1'000'000;
constexpr int64_t kExpiryPollNs = 1'000'000;

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

constexpr size_t kLineBytes = kCacheLineBytes;

void PrefetchCommand(const Command& command) {
  const auto* const bytes = reinterpret_cast<const char*>(&command);
  for (size_t at = 0; at < sizeof(Command); at += kLineBytes) {
    __builtin_prefetch(bytes + at);
  }
}

// The part of a result that every decision writes.  It was last touched by the thread
// that answered with it, on another core.
void PrefetchForWriting(const Result& result) {
  constexpr size_t kAlwaysBytes = offsetof(Result, shares) + sizeof(ResultShare);
  const auto* const bytes = reinterpret_cast<const char*>(&result);
  for (size_t at = 0; at < kAlwaysBytes; at += kLineBytes) {
    __builtin_prefetch(bytes + at, /*rw=*/1);
  }
  __builtin_prefetch(&result.limits, /*rw=*/1);
}

}  // namespace

class Engine::Impl {
 public:
  Impl(const EngineOptions& options, const Clock& clock, Journal& journal)
      : options_(options),
        clock_(clock),
        journal_(journal),
        ledger_(options.shard, options.limits),
        rings_{MpscRing<Submission*>(options.ring_slots),
               MpscRing<Submission*>(options.ring_slots),
               MpscRing<Submission*>(options.ring_slots)} {}

  absl::Status Start(CheckpointStore* checkpoints);
  bool Submit(Submission* submission);
  bool RequestCheckpoint();
  void Stop();

  [[nodiscard]] EngineStats stats() const;

  const EngineOptions options_;
  const Clock& clock_;
  Journal& journal_;
  // Ledger thread only, once Start() has returned.
  Ledger ledger_;
  RecoveryReport recovery_;
  std::unique_ptr<Checkpointer> checkpointer_;

 private:
  void RunLedger();
  void RunJournal();
  bool DrainRings();
  void ProcessAll(std::span<Submission* const> taken);
  void Process(Submission& submission, const Ledger::Trail& first);
  void DecideOne(const Command& command, const Ledger::Trail& trail, Result* result);
  void ExpireHolds();
  void TakeCheckpoint();
  void PopulateAhead();
  void HandOver(bool wait);
  void Commit(Block& block);
  void FailStop(const std::string& why);
  void Sleep();
  [[nodiscard]] bool JournalIdle() const {
    return in_journal_.load(std::memory_order_acquire) == nullptr;
  }
  [[nodiscard]] bool NothingReady() const {
    return std::all_of(rings_.begin(), rings_.end(), [](const auto& ring) { return ring.Empty(); });
  }

  std::array<MpscRing<Submission*>, kPriorityCount> rings_;
  alignas(kCacheLineBytes) std::atomic<uint64_t> in_flight_commands_{0};
  alignas(kCacheLineBytes) std::atomic<uint64_t> refused_{0};
  std::atomic<bool> stopping_{false};
  Doorbell ledger_bell_;
  Doorbell journal_bell_;

  // Ledger thread only.
  Event event_;
  TimestampNs now_;
  std::array<Block, 2> blocks_;
  Block* filling_ = &blocks_[0];
  uint64_t epoch_ = 0;
  uint64_t journal_bytes_since_photo_ = 0;
  int64_t photo_monotonic_ns_ = 0;
  uint64_t photo_seq_ = 0;
  uint64_t commands_ = 0;

  // The block that the journal thread works on; null = it is idle.  Release by
  // whoever sets it, acquire by whoever reads it.
  alignas(kCacheLineBytes) std::atomic<Block*> in_journal_{nullptr};
  // Whoever commits: the journal thread while in_journal_ is set, else the ledger thread.
  std::unique_ptr<Committer> committer_;

  // Published for stats().  Each is written by one thread, or by the committing threads
  // in turn, as in_journal_ passes from one to the other.
  alignas(kCacheLineBytes) std::atomic<uint64_t> applied_seq_{0};
  std::atomic<uint64_t> durable_seq_{0};
  std::atomic<uint64_t> commands_decided_{0};
  std::atomic<uint64_t> blocks_committed_{0};
  std::atomic<uint64_t> block_bytes_{0};
  std::atomic<int64_t> sync_ns_last_{0};
  std::atomic<int64_t> sync_ns_max_{0};
  std::atomic<int64_t> pause_ns_max_{0};
  std::atomic<uint64_t> checkpoint_requests_{0};
  uint64_t checkpoints_begun_ = 0;  // ledger thread
  std::atomic<bool> failed_{false};
  std::atomic<bool> ledger_ended_{false};

  MemoryThread memory_thread_;
  std::thread ledger_thread_;
  std::thread journal_thread_;
};

// ---- Start and stop --------------------------------------------------------------

absl::Status Engine::Impl::Start(CheckpointStore* checkpoints) {
  GH_ASSIGN_OR_RETURN(recovery_, RecoverBlocking(ledger_, journal_, checkpoints, clock_));
  GH_ASSIGN_OR_RETURN(epoch_, journal_.Acquire(options_.shard));
  GH_ASSIGN_OR_RETURN(const JournalTail tail, journal_.TailBlocking(options_.shard));
  const uint64_t applied = ledger_.applied_seq().value();
  if (tail.next_seq != applied + 1) {
    return absl::AbortedError("the journal grew while it was being replayed: another writer");
  }
  committer_ = std::make_unique<Committer>(journal_, tail.last_hash);
  now_ = ledger_.applied_at();
  applied_seq_.store(applied, std::memory_order_relaxed);
  durable_seq_.store(applied, std::memory_order_relaxed);
  photo_seq_ = recovery_.checkpoint_seq;
  photo_monotonic_ns_ = clock_.MonotonicNs();
  if (checkpoints != nullptr) {
    // Replayed pages are marked by Evolve(); those of the checkpoint are not.
    checkpointer_ = std::make_unique<Checkpointer>(
        ledger_, *checkpoints, durable_seq_, [this](const std::string& why) { FailStop(why); });
  }
  filling_->Reset(applied + 1);
  ledger_thread_ = std::thread([this] { RunLedger(); });
  if (options_.pipeline != CommitPipeline::kOneThread) {
    journal_thread_ = std::thread([this] { RunJournal(); });
  }
  return absl::OkStatus();
}

void Engine::Impl::Stop() {
  stopping_.store(true, std::memory_order_seq_cst);
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
  if (before + commands > options_.in_flight_commands_max ||
      stopping_.load(std::memory_order_seq_cst) ||
      !rings_[static_cast<size_t>(submission->priority)].Push(submission)) {
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

// ---- Ledger thread -------------------------------------------------------------------

void Engine::Impl::RunLedger() {
  for (;;) {
    bool worked = DrainRings();
    if (worked && options_.pipeline != CommitPipeline::kTwoThreads &&
        filling_->size_bytes() <= kSmallBlockBytes) {
      // Whoever waits for this core may have more for the block; an idle one goes on at
      // once.  Under load that makes larger groups, and fewer syncs.
      std::this_thread::yield();
      worked = DrainRings() || worked;
    }
    ExpireHolds();
    TakeCheckpoint();
    HandOver(/*wait=*/false);
    if (failed_.load(std::memory_order_acquire)) {
      return;
    }
    if (worked) {
      continue;
    }
    if (stopping_.load(std::memory_order_seq_cst) && NothingReady() && filling_->empty() &&
        JournalIdle() && in_flight_commands_.load(std::memory_order_seq_cst) == 0) {
      break;
    }
    Sleep();
  }
  if (options_.checkpoint_at_stop && checkpointer_ != nullptr &&
      ledger_.applied_seq().value() > photo_seq_) {
    const uint64_t seq = ledger_.applied_seq().value();
    while (checkpointer_->active()) {
      checkpointer_->Continue();
      std::this_thread::yield();
    }
    checkpointer_->Begin();
    while (checkpointer_->active()) {
      checkpointer_->Continue();
      std::this_thread::yield();
    }
    while (checkpointer_->committed_seq() < seq && !failed_.load(std::memory_order_acquire)) {
      std::this_thread::sleep_for(std::chrono::microseconds(200));
    }
  }
}

// Live work first; each lower ring gets a short turn, so that none starves.
bool Engine::Impl::DrainRings() {
  now_ = std::max({now_, TimestampNs{clock_.NowNs()}, ledger_.applied_at()});
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
      n += i > 0 ? static_cast<int>(std::max(taken[0]->commands.size(), size_t{1}))
                 : static_cast<int>(count);
      worked = true;
      ProcessAll({taken.data(), count});
    }
  }
  return worked;
}

// Submissions of one command each share their fetches as the commands of a large
// one do: what unary calls ask, comes by the dozen when a sync is over.
void Engine::Impl::ProcessAll(std::span<Submission* const> taken) {
  std::array<const Command*, Ledger::kPrefetchMax> singles;
  std::array<Ledger::Trail, Ledger::kPrefetchMax> trails;
  size_t count = 0;
  for (const Submission* submission : taken) {
    if (submission->commands.size() == 1) {
      singles[count++] = submission->commands.data();
      PrefetchCommand(submission->commands[0]);
      PrefetchForWriting(submission->results[0]);
    }
  }
  if (count > 1) {
    ledger_.Prefetch({singles.data(), count}, now_, {trails.data(), count});
  }
  size_t next_trail = 0;
  for (Submission* const submission : taken) {
    const bool single = submission->commands.size() == 1;
    Process(*submission, single && count > 1 ? trails[next_trail++] : Ledger::Trail{});
    if (submission->commands.size() > 1 || filling_->size_bytes() >= options_.block_bytes_max) {
      // A large one took a while: let the journal have what there is.
      HandOver(/*wait=*/filling_->size_bytes() >= options_.block_bytes_max);
      now_ = std::max(now_, TimestampNs{clock_.NowNs()});
    }
  }
}

// `first` is the trail of a single command.
void Engine::Impl::Process(Submission& submission, const Ledger::Trail& first) {
  const std::span<const Command> commands = submission.commands;
  std::array<Ledger::Trail, Ledger::kPrefetchMax> trails;
  trails[0] = first;
  for (size_t i = 0; i < commands.size(); ++i) {
    const size_t in_turn = i % Ledger::kPrefetchMax;
    if (in_turn == 0 && commands.size() > 1) {
      std::array<const Command*, Ledger::kPrefetchMax> next;
      const size_t count = std::min(next.size(), commands.size() - i);
      for (size_t j = 0; j < count; ++j) {
        next[j] = &commands[i + j];
        PrefetchForWriting(submission.results[i + j]);
      }
      ledger_.Prefetch({next.data(), count}, now_, {trails.data(), count});
    }
    DecideOne(commands[i], trails[in_turn], &submission.results[i]);
  }
  if (submission.inspect != nullptr) {
    submission.inspect(ledger_, submission.inspect_argument);
  }
  filling_->AddWaiter(&submission);
  applied_seq_.store(ledger_.applied_seq().value(), std::memory_order_release);
  commands_ += submission.commands.size();
  commands_decided_.store(commands_, std::memory_order_relaxed);
}

void Engine::Impl::DecideOne(const Command& command, const Ledger::Trail& trail, Result* result) {
  ledger_.Decide(command, now_, trail, &event_, result);
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
  // The journal's copy first: Evolve() of a programme consumes nothing, but the
  // order shows that what is applied is exactly what is written.  Both copy what the
  // command points to (lines, evidence, an operator's content), so that nothing of it is
  // needed once the submission is complete.
  filling_->Add(event_);
  ledger_.Evolve(event_);
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
  const int64_t pause_ns = clock_.MonotonicNs() - begin_ns;
  if (pause_ns > pause_ns_max_.load(std::memory_order_relaxed)) {
    pause_ns_max_.store(pause_ns, std::memory_order_relaxed);
  }
}

void Engine::Impl::PopulateAhead() {
  std::array<MemoryRange, Ledger::kUpcomingMax> ranges;
  const size_t count = ledger_.TakeUpcomingMemory(ranges);
  for (size_t i = 0; i < count; ++i) {
    memory_thread_.Ask(ranges[i]);
  }
}

// Gives the block to the journal if that is idle; with `wait`, as soon as it is.
void Engine::Impl::HandOver(bool wait) {
  if (filling_->empty()) {
    return;
  }
  while (!JournalIdle()) {
    if (!wait || failed_.load(std::memory_order_acquire)) {
      return;
    }
    ledger_bell_.PrepareToDoze();
    if (JournalIdle()) {
      ledger_bell_.Cancel();
    } else {
      ledger_bell_.Sleep(kSleepNsMax);
    }
  }
  // A failed block keeps its waiters for ever; see Commit().
  if (failed_.load(std::memory_order_acquire)) {
    return;
  }
  Block& block = *filling_;
  filling_ = filling_ == &blocks_[0] ? &blocks_[1] : &blocks_[0];
  filling_->Reset(block.next_seq());
  if (block.has_events()) {
    block.Close(options_.shard, epoch_, ledger_.StateHash());
    journal_bytes_since_photo_ += block.size_bytes();
    PopulateAhead();
  }
  const bool here =
      options_.pipeline == CommitPipeline::kOneThread ||
      (options_.pipeline == CommitPipeline::kAdaptive && block.size_bytes() <= kSmallBlockBytes) ||
      // Nothing to write, and all before it written: its waiters can go.
      !block.has_events();
  if (here) {
    Commit(block);
    return;
  }
  // Release: the journal thread sees the whole block; pairs with its acquire.
  in_journal_.store(&block, std::memory_order_release);
  journal_bell_.Ring();
}

void Engine::Impl::Sleep() {
  const bool journal_busy = !JournalIdle();
  if (journal_busy) {
    ledger_bell_.PrepareToDoze();
  } else {
    ledger_bell_.Prepare();
  }
  const bool wakeful =
      !NothingReady() || (!filling_->empty() && JournalIdle()) || journal_busy == JournalIdle() ||
      failed_.load(std::memory_order_acquire) ||
      (checkpointer_ != nullptr && checkpointer_->can_continue()) ||
      (checkpointer_ != nullptr && !checkpointer_->active() &&
       checkpoint_requests_.load(std::memory_order_acquire) > checkpoints_begun_) ||
      (stopping_.load(std::memory_order_seq_cst) && JournalIdle() &&
       in_flight_commands_.load(std::memory_order_seq_cst) == 0);
  if (wakeful) {
    ledger_bell_.Cancel();
    return;
  }
  int64_t sleep_ns = journal_busy ? kDozeNsMax : kSleepNsMax;
  if (checkpointer_ != nullptr && checkpointer_->active()) {
    sleep_ns = kCheckpointPollNs;  // until the disk has caught up
  }
  if (ledger_.next_expiry() < kTimestampMax) {
    const int64_t until_ns = ledger_.next_expiry().value() - clock_.NowNs();
    sleep_ns = std::min(sleep_ns, std::max<int64_t>(until_ns, kExpiryPollNs));
  }
  ledger_bell_.Sleep(sleep_ns);
}

// ---- Journal thread ----------------------------------------------------------------

// One write, one sync; then everyone who waited is told.
void Engine::Impl::Commit(Block& block) {
  if (failed_.load(std::memory_order_acquire)) {
    return;
  }
  const int64_t begin_ns = clock_.MonotonicNs();
  std::string why;
  if (!committer_->CommitBlocking(block, &why)) {
    FailStop("journal: " + why);
    return;
  }
  if (block.has_events()) {
    const int64_t sync_ns = clock_.MonotonicNs() - begin_ns;
    sync_ns_last_.store(sync_ns, std::memory_order_relaxed);
    if (sync_ns > sync_ns_max_.load(std::memory_order_relaxed)) {
      sync_ns_max_.store(sync_ns, std::memory_order_relaxed);
    }
    blocks_committed_.fetch_add(1, std::memory_order_relaxed);
    block_bytes_.fetch_add(block.size_bytes(), std::memory_order_relaxed);
    // Release: pairs with the checkpoint thread's acquire.
    durable_seq_.store(block.next_seq() - 1, std::memory_order_release);
    if (checkpointer_ != nullptr) {
      checkpointer_->OnDurable();
    }
  }
  uint64_t commands = 0;
  Submission* const waiters = block.TakeWaiters();
  for (const Submission* waiter = waiters; waiter != nullptr; waiter = waiter->next) {
    commands += std::max<uint64_t>(1, waiter->commands.size());
  }
  // Before they are told, so that whoever hears of room finds it.
  in_flight_commands_.fetch_sub(commands, std::memory_order_seq_cst);
  CompleteAll(waiters);
}

void Engine::Impl::RunJournal() {
  for (;;) {
    Block* const block = in_journal_.load(std::memory_order_acquire);
    if (block != nullptr) {
      Commit(*block);
      // Release: the ledger thread may fill the block again; pairs with JournalIdle().
      in_journal_.store(nullptr, std::memory_order_release);
      ledger_bell_.Ring();
      continue;
    }
    journal_bell_.Prepare();
    if (in_journal_.load(std::memory_order_acquire) != nullptr) {
      journal_bell_.Cancel();
      continue;
    }
    // The ledger thread ends only with nothing left in the journal.
    if (ledger_ended_.load(std::memory_order_acquire)) {
      journal_bell_.Cancel();
      return;
    }
    journal_bell_.Sleep(kSleepNsMax);
  }
}

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
  return stats;
}

// ---- Engine ----------------------------------------------------------------------------

Engine::Engine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Engine::~Engine() {
  Stop();
}

absl::StatusOr<std::unique_ptr<Engine>> Engine::Start(const EngineOptions& options,
                                                      const Clock& clock,
                                                      Journal& journal,
                                                      CheckpointStore* checkpoints) {
  auto impl = std::make_unique<Impl>(options, clock, journal);
  GH_RETURN_IF_ERROR(impl->Start(checkpoints));
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

void Engine::Stop() {
  impl_->Stop();
}

EngineStats Engine::stats() const {
  return impl_->stats();
}

const RecoveryReport& Engine::recovery() const {
  return impl_->recovery_;
}

const Ledger& Engine::names() const {
  return impl_->ledger_;
}

}  // namespace gonghui
