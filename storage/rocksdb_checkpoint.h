// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Checkpoints on RocksDB: one key a page and checkpoint number, so that a new
// checkpoint stands beside the one before until it is committed.
//
// Pages do not go through the WAL, which is the journal's: they are flushed to
// files of their own before the commit, a record in `meta` that goes through the
// WAL and is synced.  What a crash leaves of an unfinished checkpoint has a number
// above the committed one: it is never loaded, and cleared away by the next Begin.
//
// Thread safety: one thread at a time, as the port says.

#ifndef GONGHUI_STORAGE_ROCKSDB_CHECKPOINT_H_
#define GONGHUI_STORAGE_ROCKSDB_CHECKPOINT_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <absl/container/flat_hash_map.h>
#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "engine/durability/checkpoint_store.h"
#include "storage/rocksdb_store.h"

namespace gonghui {

class RocksdbCheckpointStore final : public CheckpointStore {
 public:
  // `store` outlives this.
  explicit RocksdbCheckpointStore(RocksdbStore& store);
  ~RocksdbCheckpointStore() override;

  absl::StatusOr<std::optional<CheckpointMeta>> LatestBlocking(uint16_t shard) override;
  absl::Status LoadBlocking(uint16_t shard, const PageVisitor& visit) override;
  absl::Status BeginBlocking(uint16_t shard) override;
  absl::Status AddPageBlocking(uint8_t table,
                               uint32_t page,
                               std::span<const uint8_t> bytes) override;
  absl::Status CommitBlocking(const CheckpointMeta& meta) override;

  // Pages of all numbers that the shard has on disk; for tools and tests.
  absl::StatusOr<uint64_t> CountStoredPagesBlocking(uint16_t shard) const;

 private:
  struct Committed {
    uint64_t number = 0;  // 0: there is none
    CheckpointMeta meta;
  };
  struct Batch;

  // What the shard has on disk, so that nothing is looked for when pages are replaced.
  struct Stored {
    uint16_t shard = 0;
    // By table and page the number of the newest that is committed; some 40 bytes a page, of
    // 8 KB in memory.
    absl::flat_hash_map<std::pair<uint8_t, uint32_t>, uint64_t> numbers;
    std::vector<std::string> superseded;  // keys that a crash kept from being cleared

    void Note(std::string_view key);
  };

  absl::StatusOr<Committed> CommittedBlocking(uint16_t shard) const;
  // Calls visit(key, value) for all pages of all numbers; an error names the place.
  template <class Visit>
  absl::Status ForEachPageBlocking(uint16_t shard, Visit&& visit) const;
  absl::Status WriteBatchBlocking();
  absl::Status FlushBlocking();
  absl::Status ClearUnfinishedBlocking(uint16_t shard, uint64_t committed);
  absl::StatusOr<Stored> StoredBlocking(uint16_t shard, uint64_t committed) const;
  absl::Status ClearSupersededBlocking(uint16_t shard);

  RocksdbStore& store_;
  std::optional<uint16_t> shard_;                    // of the checkpoint that is being written
  uint64_t number_ = 0;                              // and its number
  std::vector<std::pair<uint8_t, uint32_t>> pages_;  // and its pages
  std::unique_ptr<Batch> batch_;
  std::optional<Stored> stored_;  // known after a load, or when one is begun
  uint64_t unflushed_bytes_ = 0;
};

// The key of a page, for tools and tests.
std::string PageKey(uint16_t shard, uint8_t table, uint32_t page, uint64_t number);

// The value of a checkpoint's record in `meta`, and back.  DATA_LOSS says why not.
std::string EncodeCheckpointMeta(uint64_t number, const CheckpointMeta& meta);
absl::Status DecodeCheckpointMeta(std::string_view value, uint64_t* number, CheckpointMeta* meta);

}  // namespace gonghui

#endif  // GONGHUI_STORAGE_ROCKSDB_CHECKPOINT_H_
