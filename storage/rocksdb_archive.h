// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The archive on RocksDB: transactions in order of their seq in family `archive`, and where
// each request id and each advice's name leads in family `archive_ids`.
//
// A put goes through the WAL that is the journal's as well, in small writes, so that the
// journal's writer never waits long behind one; only the last of them is synced.
//
// Thread safety: as the port says; finding takes no lock of ours.

#ifndef GONGHUI_STORAGE_ROCKSDB_ARCHIVE_H_
#define GONGHUI_STORAGE_ROCKSDB_ARCHIVE_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/durability/archive.h"
#include "storage/archive_keys.h"
#include "storage/rocksdb_store.h"

namespace gonghui {

class RocksdbArchive final : public Archive {
 public:
  // `store` outlives this.
  explicit RocksdbArchive(RocksdbStore& store) : store_(store) {}

  absl::Status PutBlocking(uint16_t shard, std::span<const Entry> entries) override;
  absl::StatusOr<bool> FindBlocking(uint16_t shard,
                                    TransactionId id,
                                    ArchivedTransaction* found) const override;
  absl::StatusOr<bool> FindBlocking(uint16_t shard,
                                    const TerminalId& terminal,
                                    const RequestId& id,
                                    ArchivedTransaction* found) const override;
  absl::StatusOr<bool> FindBlocking(uint16_t shard,
                                    const AdviceName& name,
                                    ArchivedTransaction* found) const override;
  absl::Status ForEachBlocking(
      uint16_t shard, const std::function<absl::Status(const Entry&)>& visit) const override;
  absl::Status ForEachHashBlocking(uint16_t shard,
                                   const std::function<bool(uint64_t)>& visit) const override;
  // Of all shards together, for RocksDB counts no closer.
  [[nodiscard]] uint64_t ApproximateHashes(uint16_t shard) const override;
  [[nodiscard]] uint64_t ApproximateTransactions() const;

 private:
  // False: there is no such key.
  absl::StatusOr<bool> FindPlaceBlocking(std::string_view id_key, ArchivePlace* place) const;
  absl::StatusOr<bool> FindAtBlocking(uint16_t shard,
                                      const ArchivePlace& place,
                                      ArchivedTransaction* found,
                                      TerminalId* terminal) const;
  // REQUIRES: an id leads to it, so that it is there.
  absl::Status GetAtBlocking(uint16_t shard,
                             const ArchivePlace& place,
                             ArchivedTransaction* found,
                             TerminalId* terminal) const;
  void WaitForFlushesBlocking() const;
  [[nodiscard]] uint64_t ApproximateKeys(Family family) const;

  RocksdbStore& store_;
};

}  // namespace gonghui

#endif  // GONGHUI_STORAGE_ROCKSDB_ARCHIVE_H_
