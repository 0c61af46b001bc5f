// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The engine: threads, rings and group commit around the ledger.
//
//   submitters --(bounded MPSC rings)--> ledger thread --(block)--> journal thread
//        ^                                Decide + Evolve            write + sync
//        '------------- Completions::Complete(submission) <----------------'
//
// Any thread may submit.  The ledger thread alone touches the ledger.  What arrives
// during a sync makes the next block, so an idle engine syncs one request at once and a
// busy one thousands together; there is no timer.  A small block is synced by the
// ledger thread itself, a large one by the journal thread while the next one fills
// (CommitPipeline).  A
// submission is completed only when everything it saw and did is durable: also
// a refusal, also a read.  A failed append ends the process (fail-stop): nothing
// unacknowledged was promised.
//
// With an archive (docs/decisions/0004-archive.md) old transactions leave memory.  Submit()
// then reads back, on the caller's thread, whatever the commands name of them: it blocks
// on the disk when there is something, which is rare.
//
// A version of a programme that is scheduled for an instant is active before anything is
// decided at or after it: the ledger thread's clock never steps past a due activation.
//
// Everything is bounded: Submit() answers false at once when its ring is full or
// too much is in flight.

#ifndef GONGHUI_ENGINE_PIPELINE_ENGINE_H_
#define GONGHUI_ENGINE_PIPELINE_ENGINE_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "engine/base/clock.h"
#include "engine/domain/archive.h"
#include "engine/domain/command.h"
#include "engine/domain/event.h"
#include "engine/domain/result.h"
#include "engine/durability/archive.h"
#include "engine/durability/checkpoint_store.h"
#include "engine/durability/journal.h"
#include "engine/ledger/ledger.h"
#include "engine/pipeline/archive_lookup.h"
#include "engine/pipeline/shadow_tallies.h"

namespace gonghui {

struct Submission;

// Where finished submissions go.  Called by the journal (or ledger) thread once
// for a batch: must not block and not throw; typically pushes to a mailbox of
// the thread that will answer.
class Completions {
 public:
  virtual ~Completions() = default;
  // `first` heads a list linked by Submission::next, in order of submission, of
  // submissions that all named this object.
  virtual void Complete(Submission* first) = 0;
};

// Which ring: live taps and sales go first, then offline uploads, then operators'
// bulk work.
enum class Priority : uint8_t {
  kLive = 0,
  kAdvice = 1,
  kAdmin = 2,
};
inline constexpr int kPriorityCount = 3;

// One unit of work: a few commands that are decided one after another, or a read.
// Owned by the submitter, who keeps it and all it points to alive and untouched
// from a Submit() that answered true until its completion.
struct Submission {
  std::span<const Command> commands;
  Result* results = nullptr;  // as many as there are commands; filled by the ledger thread
  // Runs on the ledger thread after the commands; reads the ledger.  Must be short
  // (a page of rows).  Null = none.
  void (*inspect)(const Ledger& ledger, void* argument) = nullptr;
  void* inspect_argument = nullptr;
  Completions* completions = nullptr;
  Priority priority = Priority::kLive;
  // For the completions' owner: the next of the list, and what it likes.
  Submission* next = nullptr;
  void* user = nullptr;
  // The engine's: what Submit() found in the archive (null = nothing), by which slice
  // (archive_lookup.h), and whether something of it could not be read.
  std::unique_ptr<ArchiveFinds> archived;
  uint64_t archive_seen = 0;
  bool archive_looked = false;
  bool archive_unreadable = false;
};

enum class CommitPipeline : uint8_t {
  kOneThread = 1,   // the ledger thread writes and syncs itself
  kTwoThreads = 2,  // a journal thread does, while the next block fills
  kAdaptive = 3,    // the ledger thread for a small block, the journal thread for a large one
};

// Who does the work.
enum class EngineThreads : uint8_t {
  kOwn = 1,   // the engine's threads
  kNone = 2,  // whoever calls Step(), and from one thread only: simulations
};

// What each of the engine's threads would do.
enum class EngineWorker : uint8_t {
  kLedger = 1,
  kJournal = 2,
  kCheckpoint = 3,
  kArchive = 4,
  kFilter = 5,
};
inline constexpr int kEngineWorkerCount = 5;

// Is told on the ledger thread of all that is decided, in order, also of what nobody asked for
// (a hold that expires, a scheduled version, the archive) and of what changes nothing: for
// simulations, which know what it should be.
class DecisionObserver {
 public:
  virtual ~DecisionObserver() = default;
  // `event` is applied already; kNone: nothing has changed.
  virtual void OnDecision(const Ledger& ledger,
                          const Command& command,
                          TimestampNs now,
                          const Event& event,
                          const Result& result) = 0;
};

struct EngineOptions {
  uint16_t shard = 0;
  EngineThreads threads = EngineThreads::kOwn;
  CommitPipeline pipeline = CommitPipeline::kAdaptive;
  uint32_t ring_slots = 16'384;  // of each ring; a power of two
  // Of all submissions together; advices may fill three quarters of it, operators seven eighths.
  uint32_t in_flight_commands_max = 262'144;
  uint32_t block_bytes_max = 4u << 20;
  // A checkpoint is taken when the journal since the last one has grown by this.
  uint64_t checkpoint_journal_bytes = 256u << 20;
  int64_t checkpoint_interval_ns = 60'000'000'000;
  bool checkpoint_at_stop = true;
  // A transaction leaves memory when it is so old, or when more than these are there.
  int64_t archive_after_ns = int64_t{72} * 3'600'000'000'000;
  uint32_t archive_rows_max = 20'000'000;
  uint32_t archive_slice_rows = 65'536;  // stored together
  // By age it begins when so many are old enough, or one has been for so long (at most as
  // long as archive_after_ns), because each slice costs two syncs.
  uint32_t archive_begin_rows = 4'096;
  int64_t archive_overdue_ns = 60'000'000'000;
  // Of all that is found in the archive and waits for its submission to be decided.
  uint64_t archive_finds_bytes_max = 256u << 20;
  // What an idle engine has ready in cleared memory: as much again as decisions take already,
  // at most this.
  uint64_t memory_reserve_bytes_max = uint64_t{1} << 30;
  LedgerLimits limits;
  // Called once when an append, a checkpoint or the archive fails, on the thread that saw it;
  // afterwards nothing is ever completed.  Empty = print why and abort, which is
  // the only right thing for a server.
  std::function<void(const std::string& why)> fail_stop;
  // Called for each submission that names something that can not be read back, or is not
  // this ledger's; it is answered kArchiveUnreadable.  Any thread.
  std::function<void(const std::string& why)> archive_unreadable;
  DecisionObserver* observer = nullptr;  // outlives the engine; null = none
};

// What recovery did, for the log and the status.
struct RecoveryReport {
  bool had_checkpoint = false;
  uint64_t checkpoint_seq = 0;
  uint64_t blocks_replayed = 0;
  uint64_t events_replayed = 0;
  uint64_t last_seq = 0;
  uint64_t state_hash = 0;
  int64_t load_ns = 0;
  int64_t replay_ns = 0;
  // One sentence for people.
  [[nodiscard]] std::string Summary() const;
};

// Counters that any thread may read at any time (relaxed).
struct EngineStats {
  uint64_t applied_seq = 0;
  uint64_t durable_seq = 0;
  uint64_t blocks = 0;
  uint64_t block_bytes = 0;
  uint64_t commands = 0;             // decided since the start
  uint64_t submissions_refused = 0;  // full
  uint64_t in_flight_commands = 0;
  uint64_t checkpoint_seq = 0;
  uint64_t checkpoints = 0;
  int64_t sync_ns_last = 0;
  int64_t sync_ns_max = 0;
  int64_t ledger_pause_ns_max = 0;     // longest time spent on checkpoint or archive at once
  uint64_t memory_reserved_bytes = 0;  // made ready while it was quiet, since the start
  uint64_t archived_transactions = 0;  // in the archive and not in memory, but imported ones
  uint64_t thawed_transactions = 0;    // since the start, as all below
  uint64_t archive_puts = 0;           // transactions
  uint64_t archive_disk_lookups = 0;
  uint64_t archive_unreadable = 0;  // submissions
  uint64_t archive_filter_bytes = 0;
  bool archive_filter_complete = false;  // until then every id is asked of the disk
};

class Engine {
 public:
  // Recovers the ledger from `checkpoints` and `journal`, acquires the shard and
  // starts the threads.  The ports and the clock outlive the engine.
  // `checkpoints` may be null (tests, benchmarks): then there are none.  `archive` may be
  // null as long as nothing has ever left memory: then nothing does.
  static absl::StatusOr<std::unique_ptr<Engine>> Start(const EngineOptions& options,
                                                       const Clock& clock,
                                                       Journal& journal,
                                                       CheckpointStore* checkpoints,
                                                       Archive* archive = nullptr);
  // Stop().  With EngineThreads::kNone an engine that was not stopped before has crashed: it
  // does nothing more.
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // False: full (or stopping); nothing happens to the submission.  Any thread.
  [[nodiscard]] bool Submit(Submission* submission);

  // Submits and waits; for operators' calls and tests.  RESOURCE_EXHAUSTED when full.
  absl::Status RunBlocking(std::span<const Command> commands, std::span<Result> results);
  // Runs read(ledger) on the ledger thread and waits until what it saw is durable.
  absl::Status InspectBlocking(const std::function<void(const Ledger&)>& read);

  // Takes a checkpoint now and waits for it.
  absl::Status CheckpointBlocking();

  // One turn of what that thread would do.  False: it had nothing to do (the ledger's: took nothing
  // from its rings), or the engine has stopped or failed.  No call of this engine but Submit(),
  // Stop() and what reads may be made then: nobody else would do what the others wait for.
  // REQUIRES: EngineThreads::kNone.
  bool Step(EngineWorker worker);

  // Refuses new submissions, completes all earlier ones, takes a last checkpoint
  // if so configured, and ends the threads.  Idempotent.
  void Stop();

  [[nodiscard]] EngineStats stats() const;
  // What each version in shadow would have answered, since it is in shadow or this engine
  // was started.  Any thread; the ledger thread does not wait for it.
  [[nodiscard]] std::vector<ShadowTally> shadow_tallies() const;
  [[nodiscard]] const RecoveryReport& recovery() const;
  // Codes of rows that a completed submission told of may be read by any thread.
  [[nodiscard]] const Ledger& names() const;

 private:
  class Impl;
  explicit Engine(std::unique_ptr<Impl> impl);
  const std::unique_ptr<Impl> impl_;
};

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_PIPELINE_ENGINE_H_
