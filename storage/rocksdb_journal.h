// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The journal on RocksDB: one key a block (shard, first sequence; both
// big-endian), one synced write a block.
//
// The epoch of a shard's writer stands in `meta`, and beside the store (journal_fence.h), where
// it is looked at with every append, so that an object that was superseded in this process is
// fenced; another process does not get past the folder's LOCK.  After a failed write the object
// refuses every further append: only recovery knows what the disk holds.

#ifndef GONGHUI_STORAGE_ROCKSDB_JOURNAL_H_
#define GONGHUI_STORAGE_ROCKSDB_JOURNAL_H_

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "engine/durability/journal.h"
#include "storage/rocksdb_store.h"

namespace gonghui {

struct JournalFence;

class RocksdbJournal final : public Journal {
 public:
  // `store` outlives the journal.
  explicit RocksdbJournal(RocksdbStore& store) : store_(store), fence_(store.journal_fence()) {}

  absl::StatusOr<uint64_t> Acquire(uint16_t shard) override;
  AppendResult AppendBlocking(const BlockHeader& header,
                              std::span<const uint8_t> block,
                              std::string* why) override;
  absl::Status ReadBlocking(uint16_t shard,
                            uint64_t from_seq,
                            const std::function<absl::Status(const BlockView&)>& visit) override;
  absl::StatusOr<JournalTail> TailBlocking(uint16_t shard) override;

 private:
  absl::StatusOr<uint64_t> EpochBlocking(uint16_t shard) const;

  RocksdbStore& store_;
  JournalFence& fence_;  // its mutex guards what is below
  bool failed_ = false;
  std::map<uint16_t, JournalTail> tails_;  // of shards that this object has acquired
};

// The shards that ever had a writer in this folder, ascending.
absl::StatusOr<std::vector<uint16_t>> ShardsBlocking(const RocksdbStore& store);

// The key of a block, for tools and tests.
std::string JournalKey(uint16_t shard, uint64_t first_seq);

}  // namespace gonghui

#endif  // GONGHUI_STORAGE_ROCKSDB_JOURNAL_H_
