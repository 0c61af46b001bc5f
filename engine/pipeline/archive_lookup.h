// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Finds what the commands of a submission name and what has left memory, so that it can
// be thawed before they are decided (docs/decisions/0004-archive.md).
//
// A transaction that is found may be in memory as well: then memory is right, and the
// ledger does not thaw it.  Only the other way round would harm, that a transaction has
// left memory (again) after it was looked up: it is not among what was found, or as it
// was before.  So rows leave in *slices* that are numbered: what a slice holds is on disk
// and in the filter before its number is published, and leaves only when nobody goes by a
// look-up of before that any more: who looks up says so first (Enter()), and when it has
// used what it found (Leave()).
//
// Thread safety: any thread may look up; slices are published by one thread.

#ifndef GONGHUI_ENGINE_PIPELINE_ARCHIVE_LOOKUP_H_
#define GONGHUI_ENGINE_PIPELINE_ARCHIVE_LOOKUP_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include <absl/status/status.h>

#include "engine/base/cache_line.h"
#include "engine/domain/archive.h"
#include "engine/domain/command.h"
#include "engine/durability/archive.h"
#include "engine/pipeline/id_filter.h"

namespace gonghui {

struct ArchiveFind : ArchivedTransaction {
  // Named it by its engine's id, which any terminal may guess: it is to be of that
  // terminal's merchant.  None = nothing to ask, it was named by what only its own has.
  TerminalId asker;
};
using ArchiveFinds = std::vector<ArchiveFind>;

class ArchiveLookup {
 public:
  // No transaction after `seq_max` is in the archive yet, but imported ones.
  ArchiveLookup(uint16_t shard, const Archive& archive, uint64_t first_ids, uint64_t seq_max)
      : shard_(shard), archive_(archive), filter_(first_ids), seq_max_(seq_max) {}

  // What the commands name; null = nothing is found, which is the rule.  Does not block
  // then, unless the filter takes an id for another.  An error is the disk's.
  absl::Status FindBlocking(std::span<const Command> commands,
                            std::unique_ptr<ArchiveFinds>* finds) const;

  // Before FindBlocking(): the newest slice that it sees.  None after that leaves until
  // Leave(seen).
  [[nodiscard]] uint64_t Enter() {
    for (;;) {
      const uint64_t seen = published_.load(std::memory_order_seq_cst);
      // Sequentially consistent with the store in Publish() and the load in HasReadersOf():
      // either the publisher sees this reader, or this one sees what was published.
      readers_[seen % 2].fetch_add(1, std::memory_order_seq_cst);
      if (published_.load(std::memory_order_seq_cst) == seen) {
        return seen;
      }
      readers_[seen % 2].fetch_sub(1, std::memory_order_seq_cst);
    }
  }
  // What was found has been used, or is not going to be.
  void Leave(uint64_t seen) { readers_[seen % 2].fetch_sub(1, std::memory_order_seq_cst); }

  // Slice number `slice`, one more than before, with transactions up to `seq_max`, is on disk
  // and in the filter.  REQUIRES: nobody goes by a slice of before the last (HasReadersOf()).
  void Publish(uint64_t slice, uint64_t seq_max) {
    if (seq_max > seq_max_.load(std::memory_order_relaxed)) {
      seq_max_.store(seq_max, std::memory_order_relaxed);
    }
    published_.store(slice, std::memory_order_seq_cst);
  }
  // Whether somebody may go by `slice`, which is no longer the newest.  Once nobody does,
  // nobody will.
  [[nodiscard]] bool HasReadersOf(uint64_t slice) const {
    return readers_[slice % 2].load(std::memory_order_seq_cst) != 0;
  }

  [[nodiscard]] IdFilter& filter() { return filter_; }
  [[nodiscard]] const IdFilter& filter() const { return filter_; }
  // How often the disk was asked.
  [[nodiscard]] uint64_t disk_lookups() const {
    return disk_lookups_.load(std::memory_order_relaxed);
  }

 private:
  struct Names;

  struct Collected;

  static Names NamesOf(const Command& command);
  [[nodiscard]] bool MayHold(TransactionId id) const;
  absl::Status FindNamedBlocking(const Command& command,
                                 const Names& names,
                                 std::unique_ptr<Collected>* collected) const;

  const uint16_t shard_;
  const Archive& archive_;
  IdFilter filter_;
  // Written by the publisher, read by all.
  alignas(kCacheLineBytes) std::atomic<uint64_t> published_{0};
  // By parity of the slice: at most two are gone by at any time.
  alignas(kCacheLineBytes) std::array<std::atomic<uint64_t>, 2> readers_{};
  std::atomic<uint64_t> seq_max_;
  alignas(kCacheLineBytes) mutable std::atomic<uint64_t> disk_lookups_{0};
};

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_PIPELINE_ARCHIVE_LOOKUP_H_
