// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Checkpoints, as a port: the ledger's tables as they were after one event, so
// that recovery need not replay the whole journal.
//
// A checkpoint is incremental: it holds the pages that changed since the one
// before, and Load() puts together the newest version of every page.  It counts
// only when Commit() has answered OK: a crash before leaves the one before.

#ifndef GONGHUI_ENGINE_DURABILITY_CHECKPOINT_STORE_H_
#define GONGHUI_ENGINE_DURABILITY_CHECKPOINT_STORE_H_

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "engine/domain/calendar.h"

namespace gonghui {

inline constexpr uint8_t kCheckpointTablesMax = 64;

struct CheckpointMeta {
  uint16_t shard = 0;
  uint64_t applied_seq = 0;  // state after this event
  TimestampNs applied_at;
  uint64_t state_hash = 0;
  // By table id (ledger/table.h): number of the last row, and bytes of a row.
  std::array<uint32_t, kCheckpointTablesMax> table_sizes{};
  std::array<uint32_t, kCheckpointTablesMax> row_bytes{};
  // Pages below this one are of no use any more, and are not loaded.
  std::array<uint32_t, kCheckpointTablesMax> first_pages{};
};

// All methods block on I/O and belong to one thread at a time (the checkpoint
// thread; at start-up, the thread that recovers).
class CheckpointStore {
 public:
  virtual ~CheckpointStore() = default;

  // The newest committed checkpoint, if there is one.
  virtual absl::StatusOr<std::optional<CheckpointMeta>> LatestBlocking(uint16_t shard) = 0;

  // Calls visit for each page of the newest committed checkpoint; verified
  // against its checksum.  Damage is DATA_LOSS and says where.
  using PageVisitor =
      std::function<absl::Status(uint8_t table, uint32_t page, std::span<const uint8_t> bytes)>;
  virtual absl::Status LoadBlocking(uint16_t shard, const PageVisitor& visit) = 0;

  // Writing one: Begin, AddPage any number of times, Commit.
  virtual absl::Status BeginBlocking(uint16_t shard) = 0;
  virtual absl::Status AddPageBlocking(uint8_t table,
                                       uint32_t page,
                                       std::span<const uint8_t> bytes) = 0;
  // Durable when it answers OK.  Clears away what the checkpoint replaces.
  virtual absl::Status CommitBlocking(const CheckpointMeta& meta) = 0;
};

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_DURABILITY_CHECKPOINT_STORE_H_
