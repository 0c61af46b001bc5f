// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Takes transactions out of memory (docs/decisions/0004-archive.md): the ledger thread
// copies the oldest into a slice, some at a time between commands; the archive thread
// stores the slice once the journal has all of it, and publishes it; then the ledger
// thread lets the rows leave, by an event for each step.
//
//   ledger thread    kIdle -> kCopying ---.            .-> kLeaving -> kIdle
//   archive thread                        '-> kStoring '
//
// The slice belongs to one of the two threads at a time, and neither waits for the other.
// Another thread adds the ids that were on disk at the start to the filter, and ends.

#ifndef GONGHUI_ENGINE_PIPELINE_ARCHIVER_H_
#define GONGHUI_ENGINE_PIPELINE_ARCHIVER_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "engine/domain/command.h"
#include "engine/domain/result.h"
#include "engine/durability/archive.h"
#include "engine/ledger/archive_slice.h"
#include "engine/ledger/ledger.h"
#include "engine/pipeline/archive_lookup.h"
#include "engine/pipeline/doorbell.h"

namespace gonghui {

// Puts what of the slice goes to the archive; `names` is the ledger that the rows are of.
// Then calls after(entries), if given; ends early, between two puts, when that is false.
absl::Status PutSliceBlocking(
    const ArchiveSlice& slice,
    const Ledger& names,
    Archive& archive,
    const std::function<bool(std::span<const Archive::Entry>)>& after = nullptr);

struct ArchiverOptions {
  int64_t after_ns = 0;
  uint32_t rows_max = 0;
  uint32_t slice_rows = 0;
  uint32_t begin_rows = 0;
  int64_t overdue_ns = 0;
};

class Archiver {
 public:
  // What it may ask of its owner.
  struct Hooks {
    std::function<void()> wake;  // the ledger thread: Step() has something to do
    std::function<void(const std::string&)> fail_stop;
  };

  // Opens the archive of `ledger`, which is recovered.  An archive that is empty although
  // the ledger says otherwise is DATA_LOSS.
  static absl::StatusOr<std::unique_ptr<Archiver>> OpenBlocking(
      const ArchiverOptions& options,
      Ledger& ledger,
      Archive& archive,
      const std::atomic<uint64_t>& durable_seq,
      Hooks hooks);
  ~Archiver();
  // The archive thread, which does what StoreStepBlocking() does until Stop(), and the one
  // that fills the filter.
  void StartThreads();
  Archiver(const Archiver&) = delete;
  Archiver& operator=(const Archiver&) = delete;

  // ---- The ledger thread ----

  using Decide = std::function<Verdict(const Command&)>;

  // A little work, to be called between commands; more when many `commands` have been
  // decided since the last call, so that what leaves keeps up with what comes.  `decide`
  // decides a command of kind kArchive and journals it; with `may_leave` false (a photo is
  // under way) none is asked.
  void Step(TimestampNs now, uint64_t commands, bool may_leave, const Decide& decide);
  // When Step() has something to do next; 0 = at once.
  [[nodiscard]] TimestampNs NextStep(bool may_leave);
  // The newest slice of which something has left: nobody goes by an earlier one.
  [[nodiscard]] uint64_t left_slice() const { return left_slice_; }

  // ---- Any thread ----

  [[nodiscard]] ArchiveLookup& lookup() { return *lookup_; }
  [[nodiscard]] const ArchiveLookup& lookup() const { return *lookup_; }
  [[nodiscard]] uint64_t put_count() const { return put_count_.load(std::memory_order_relaxed); }
  // The journal is durable further than before, for which the archive thread may wait.
  void OnDurable() {
    // Pairs with the fence in bell_.Prepare(): either this sees that it waits, or it
    // sees the new durable_seq.
    std::atomic_thread_fence(std::memory_order_seq_cst);
    if (awaits_durable_.load(std::memory_order_relaxed)) {
      bell_.Ring();
    }
  }
  // Ends the threads; a slice under way is given up, between two puts.
  void Stop();

  // ---- The archive thread, or whoever plays it ----

  // Stores the slice once the journal has all of it.  False: there is none yet, or the
  // archive has failed.
  bool StoreStepBlocking();

  // ---- The filter thread, or whoever plays it ----

  // Adds what was on disk at the start to the filter.  False: it was complete.
  bool FillFilterBlocking();

 private:
  enum class State : uint8_t { kIdle, kCopying, kStoring, kLeaving };

  Archiver(const ArchiverOptions& options,
           Ledger& ledger,
           Archive& archive,
           const std::atomic<uint64_t>& durable_seq,
           Hooks hooks);

  [[nodiscard]] State state() const { return state_.load(std::memory_order_acquire); }
  [[nodiscard]] bool stopping() const { return stopping_.load(std::memory_order_acquire); }
  [[nodiscard]] bool IsOldEnough(TimestampNs decided_at, TimestampNs now) const {
    return now.value() - decided_at.value() >= options_.after_ns;
  }
  [[nodiscard]] bool IsDue(uint32_t row, TimestampNs now) const;
  [[nodiscard]] uint32_t TooMany() const;
  TimestampNs OldestDecidedAt();
  [[nodiscard]] TimestampNs BeginAt();
  void Copy(TimestampNs now, uint32_t rows_max);
  void Leave(TimestampNs now, const Decide& decide);
  void EndSlice(TimestampNs not_before, uint32_t next_target);

  void Run();
  [[nodiscard]] bool HasWork() const;
  absl::Status StoreBlocking();

  const ArchiverOptions options_;
  Ledger& ledger_;
  Archive& archive_;
  const std::atomic<uint64_t>& durable_seq_;
  const Hooks hooks_;
  std::unique_ptr<ArchiveLookup> lookup_;
  // So many transactions are in the archive at least, each under a name of its own.
  const uint64_t hashes_min_;

  // Ledger thread.
  uint32_t slice_target_;   // rows; less after a slice that came to nothing
  TimestampNs not_before_;  // nothing is begun, nor leaves
  TimestampNs oldest_decided_at_ = kTimestampMax;
  uint32_t oldest_as_of_rows_ = 0;  // archived rows, when that was asked
  uint64_t left_slice_ = 0;
  size_t step_ = 0;
  uint32_t stays_ = 0;  // open holds of the slice

  // Whose the slice is, and all below: the archive thread's in kStoring, else the ledger
  // thread's.  Release by whoever hands it over, acquire by whoever takes it.
  std::atomic<State> state_{State::kIdle};
  ArchiveSlice slice_;
  uint64_t copied_seq_ = 0;  // the ledger had applied this much
  uint64_t slice_number_ = 0;
  std::vector<ArchiveMark> steps_;

  bool archive_failed_ = false;  // archive thread
  std::atomic<uint64_t> put_count_{0};
  std::atomic<bool> awaits_durable_{false};
  std::atomic<bool> stopping_{false};
  Doorbell bell_;
  std::thread thread_;
  std::thread filter_thread_;
};

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_PIPELINE_ARCHIVER_H_
