// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What a data folder holds, in figures.

#ifndef GONGHUI_TOOLS_INSPECT_STATS_H_
#define GONGHUI_TOOLS_INSPECT_STATS_H_

#include <array>
#include <cstdint>
#include <map>
#include <string>

#include <absl/status/statusor.h>

#include "engine/domain/event.h"
#include "engine/durability/journal.h"
#include "storage/rocksdb_store.h"

namespace gonghui {

struct KindStats {
  uint64_t event_count = 0;
  uint64_t record_bytes = 0;
};

struct JournalStats {
  uint64_t block_count = 0;
  uint64_t block_bytes = 0;
  uint64_t event_count = 0;
  uint64_t first_seq = 0;
  uint64_t last_seq = 0;
  uint64_t epochs = 0;
  TimestampNs first_at;
  TimestampNs last_at;
  std::map<EventKind, KindStats> kinds;
  std::map<uint32_t, uint64_t> blocks_by_event_count;

  // The number of events that `percent` of the blocks do not exceed.
  [[nodiscard]] uint32_t GroupSize(uint32_t percent) const;
};

absl::StatusOr<JournalStats> CollectStatsBlocking(Journal& journal, uint16_t shard);

// For people.
std::string Render(const JournalStats& stats, uint16_t shard);
std::string RenderFolder(RocksdbStore& store);

}  // namespace gonghui

#endif  // GONGHUI_TOOLS_INSPECT_STATS_H_
