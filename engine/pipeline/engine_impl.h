// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The engine's inside, for engine*.cc alone:
//
//   engine.cc          start and stop, submitting, what others may ask
//   engine_ledger.cc   the ledger thread
//   engine_archive.cc  what leaves memory and comes back
//   engine_commit.cc   blocks on their way to the journal, and the journal thread

#ifndef GONGHUI_ENGINE_PIPELINE_ENGINE_IMPL_H_
#define GONGHUI_ENGINE_PIPELINE_ENGINE_IMPL_H_

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <thread>

#include <absl/status/status.h>

#include "engine/base/cache_line.h"
#include "engine/base/clock.h"
#include "engine/domain/event.h"
#include "engine/ledger/ledger.h"
#include "engine/pipeline/archiver.h"
#include "engine/pipeline/checkpointer.h"
#include "engine/pipeline/doorbell.h"
#include "engine/pipeline/engine.h"
#include "engine/pipeline/group_commit.h"
#include "engine/pipeline/memory_thread.h"
#include "engine/pipeline/ring.h"
#include "engine/pipeline/shadow_tallies.h"
#include "engine/pipeline/yield_pause.h"

namespace gonghui {

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

  absl::Status Start(CheckpointStore* checkpoints, Archive* archive);
  bool Submit(Submission* submission);
  bool RequestCheckpoint();
  bool Step(EngineWorker worker);
  void Stop();

  [[nodiscard]] EngineStats stats() const;

  const EngineOptions options_;
  const Clock& clock_;
  Journal& journal_;
  [[nodiscard]] bool has_threads() const { return options_.threads == EngineThreads::kOwn; }
  // Ledger thread only, once Start() has returned.
  Ledger ledger_;
  RecoveryReport recovery_;
  std::unique_ptr<Checkpointer> checkpointer_;
  std::unique_ptr<Archiver> archiver_;
  ShadowTallies shadow_tallies_;

 private:
  static constexpr int64_t kSleepNsMax = 1'000'000'000;
  // Two hundred decisions, made in less time than a sync takes.  What arrives during
  // the sync of so small a block waits for its end in any case, and deciding it earlier
  // is not worth handing the block to another thread and being woken by it.
  static constexpr size_t kSmallBlockBytes = 16 << 10;

  absl::Status StartArchiver(Archive* archive);
  bool LookUp(Submission& submission);
  void ForgetFinds(Submission& submission);
  void TellUnreadable(const std::string& why);
  // What a turn of the ledger thread came to.
  enum class Turn : uint8_t { kWorked, kIdle, kEnded };

  void StartThreads();
  void RunLedger();
  Turn TakeTurn();
  [[nodiscard]] bool NothingLeft() const;
  bool LastCheckpointDone();
  void RunJournal();
  bool JournalStepBlocking();
  void AwaitJournal();
  void LetOthersFill();
  bool DrainRings();
  void ProcessAll(std::span<Submission* const> taken);
  void Process(Submission& submission, const Ledger::Trail& first);
  void DecideOne(const Command& command, const Ledger::Trail& trail, Result* result);
  void DecideAndApply(const Command& command, const Ledger::Trail& trail, Result* result);
  bool Thaw(Submission& submission);
  void ThawFinds(const ArchiveFinds& finds);
  [[nodiscard]] bool MayThaw(const ArchiveFind& find) const;
  void TellPause(int64_t ns);
  void AdvanceClock();
  void ActivateDue();
  void CompareWithShadow(const Command& command, const Transaction& decided);
  void FollowShadow();
  void ExpireHolds();
  void TakeCheckpoint();
  void LetOldOnesLeave();
  void PopulateAhead();
  bool PopulateReserve();
  void ReleaseBehind();
  void HandOver(bool wait);
  void Commit(Block& block);
  void FailStop(const std::string& why);
  void Sleep();
  [[nodiscard]] bool JournalIdle() const {
    return in_journal_.load(std::memory_order_acquire) == nullptr;
  }
  [[nodiscard]] bool PhotoActive() const {
    return checkpointer_ != nullptr && checkpointer_->active();
  }
  // 0 = at once.
  [[nodiscard]] TimestampNs NextArchiveStep() const {
    return archiver_ == nullptr || stopping_.load(std::memory_order_relaxed)
               ? kTimestampMax
               : archiver_->NextStep(/*may_leave=*/!PhotoActive());
  }
  [[nodiscard]] bool NothingReady() const {
    return std::all_of(rings_.begin(), rings_.end(), [](const auto& ring) { return ring.Empty(); });
  }

  std::array<MpscRing<Submission*>, kPriorityCount> rings_;
  alignas(kCacheLineBytes) std::atomic<uint64_t> in_flight_commands_{0};
  alignas(kCacheLineBytes) std::atomic<uint64_t> refused_{0};
  std::atomic<uint64_t> finds_bytes_{0};  // of all submissions in flight
  std::atomic<uint64_t> unreadable_{0};
  std::atomic<bool> stopping_{false};
  Doorbell ledger_bell_;
  Doorbell journal_bell_;

  // Ledger thread only.
  Event event_;
  TimestampNs now_;   // by AdvanceClock() alone: never before what has been decided
  TimestampNs wall_;  // what the clock said then: before now_ when somebody has set it back
  // What a version in shadow would have answered.
  Event shadow_event_;
  Result shadow_result_;
  std::array<ProgrammeRow, Ledger::kShadowsPerDecisionMax> shadows_;
  std::array<Block, 2> blocks_;
  Block* filling_ = &blocks_[0];
  uint64_t epoch_ = 0;
  uint64_t journal_bytes_since_photo_ = 0;
  int64_t photo_monotonic_ns_ = 0;
  uint64_t photo_seq_ = 0;
  uint64_t commands_ = 0;
  uint64_t live_commands_ = 0;
  YieldPause yield_pause_;
  uint64_t commands_at_reserve_step_ = 0;
  int64_t reserve_step_ns_ = 0;
  uint64_t commands_at_archive_step_ = 0;
  Result own_result_;  // of commands that nobody waits for
  // Told by the ledger, and not yet taken by the memory thread.
  std::array<MemoryRange, Ledger::kReleasedMax> to_release_;
  size_t to_release_count_ = 0;

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
  std::atomic<uint64_t> reserved_bytes_{0};
  std::atomic<uint64_t> archived_{0};
  std::atomic<uint64_t> thawed_{0};
  std::atomic<uint64_t> checkpoint_requests_{0};
  uint64_t checkpoints_begun_ = 0;  // ledger thread, as the next
  bool last_checkpoint_asked_ = false;
  std::atomic<bool> failed_{false};
  std::atomic<bool> ledger_ended_{false};

  MemoryThread memory_thread_;
  std::thread ledger_thread_;
  std::thread journal_thread_;
};

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_PIPELINE_ENGINE_IMPL_H_
