// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The archive in memory, for tests and benchmarks.  It keeps the bytes that an archive on
// disk keeps (archived_codec.h), so that what comes back is what would.
//
// Thread safety: any thread (one mutex).

#ifndef GONGHUI_ENGINE_DURABILITY_MEMORY_ARCHIVE_H_
#define GONGHUI_ENGINE_DURABILITY_MEMORY_ARCHIVE_H_

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "engine/durability/archive.h"

namespace gonghui {

class MemoryArchive final : public Archive {
 public:
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
  [[nodiscard]] uint64_t ApproximateHashes(uint16_t shard) const override;

  // Transactions of all shards, tombstones among them.
  [[nodiscard]] uint64_t size() const;

  // The next Put fails after `entries_before` of its entries.
  void FailNextPut(uint64_t entries_before = 0);
  // Every Find fails from now on, until it is called with false.
  void FailFinds(bool fail);

 private:
  // A tombstone has the seq of its reversal, and stands behind it.
  using Place = std::pair<CommandSeq, bool>;
  struct NameOrder {
    bool operator()(const AdviceName& a, const AdviceName& b) const;
  };
  struct Shard {
    std::map<Place, std::string> values;
    std::map<std::pair<RequestId, TerminalId>, Place> ids;
    std::map<AdviceName, Place, NameOrder> names;
  };

  // Null: there is none.  REQUIRES: mutex_ is held, as of the next.
  const Shard* FindShard(uint16_t shard) const;
  static absl::StatusOr<bool> GetLocked(const Shard& shard,
                                        const Place& place,
                                        ArchivedTransaction* found);

  mutable std::mutex mutex_;
  std::map<uint16_t, Shard> shards_;  // guarded by mutex_, as all below
  bool put_failure_armed_ = false;
  uint64_t put_failure_after_ = 0;
  bool finds_fail_ = false;
};

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_DURABILITY_MEMORY_ARCHIVE_H_
