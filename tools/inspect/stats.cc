// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tools/inspect/stats.h"

#include <fmt/format.h>

#include "engine/base/status_macros.h"
#include "engine/durability/block_format.h"
#include "engine/durability/record_format.h"
#include "storage/rocksdb_archive.h"
#include "tools/inspect/dump.h"
#include "tools/inspect/event_names.h"

namespace gonghui {
namespace {

// One decimal, rounded down; no more is needed to compare.
std::string Average(uint64_t sum, uint64_t count) {
  return count == 0 ? "-" : fmt::format("{}.{}", sum / count, sum * 10 / count % 10);
}

}  // namespace

uint32_t JournalStats::GroupSize(uint32_t percent) const {
  uint64_t seen = 0;
  for (const auto& [events, blocks] : blocks_by_event_count) {
    seen += blocks;
    if (seen * 100 >= block_count * percent) {
      return events;
    }
  }
  return 0;
}

absl::StatusOr<JournalStats> CollectStatsBlocking(Journal& journal, uint16_t shard) {
  JournalStats stats;
  uint64_t epoch = 0;
  RecordDecoder decoder;
  GH_RETURN_IF_ERROR(journal.ReadBlocking(shard, 1, [&](const BlockView& block) -> absl::Status {
    ++stats.block_count;
    stats.block_bytes += kBlockHeaderBytes + block.payload.size();
    stats.event_count += block.header.event_count;
    ++stats.blocks_by_event_count[block.header.event_count];
    stats.epochs += block.header.epoch != epoch ? 1 : 0;
    epoch = block.header.epoch;
    std::span<const uint8_t> payload = block.payload;
    TimestampNs previous_at;
    for (uint32_t i = 0; i < block.header.event_count; ++i) {
      const size_t before = payload.size();
      const uint64_t seq = block.header.first_seq + i;
      GH_ASSIGN_OR_RETURN(const Event* const event, decoder.Next(&payload, seq, previous_at));
      previous_at = event->at;
      KindStats& kind = stats.kinds[event->kind];
      ++kind.event_count;
      kind.record_bytes += before - payload.size();
      if (stats.first_seq == 0) {
        stats.first_seq = seq;
        stats.first_at = event->at;
      }
      stats.last_seq = seq;
      stats.last_at = event->at;
    }
    return absl::OkStatus();
  }));
  return stats;
}

std::string Render(const JournalStats& s, uint16_t shard) {
  if (s.block_count == 0) {
    return fmt::format("journal of shard {}: empty\n", shard);
  }
  std::string text = fmt::format(
      "journal of shard {}\n"
      "  events            {} (seq {} to {})\n"
      "  time              {} to {}\n"
      "  blocks            {}, {} bytes, {} writer{}\n"
      "  events a block    average {}, p50 {}, p99 {}, most {}\n"
      "  bytes an event    {} with its part of the header\n\n",
      shard,
      s.event_count,
      s.first_seq,
      s.last_seq,
      TimeText(s.first_at),
      TimeText(s.last_at),
      s.block_count,
      s.block_bytes,
      s.epochs,
      s.epochs == 1 ? "" : "s",
      Average(s.event_count, s.block_count),
      s.GroupSize(50),
      s.GroupSize(99),
      s.GroupSize(100),
      Average(s.block_bytes, s.event_count));
  text += fmt::format("  {:<20}{:>14}{:>18}{:>14}\n", "KIND", "EVENTS", "BYTES", "BYTES EACH");
  for (const auto& [kind, of_kind] : s.kinds) {
    text += fmt::format("  {:<20}{:>14}{:>18}{:>14}\n",
                        NameOf(kind),
                        of_kind.event_count,
                        of_kind.record_bytes,
                        Average(of_kind.record_bytes, of_kind.event_count));
  }
  return text;
}

std::string RenderFolder(RocksdbStore& store) {
  std::string text = fmt::format("data folder {}\n", store.folder());
  for (const Family family : {Family::kJournal,
                              Family::kState,
                              Family::kMeta,
                              Family::kVault,
                              Family::kProgrammes,
                              Family::kArchive,
                              Family::kArchiveIds}) {
    text += fmt::format("  {:<18}{} bytes\n", NameOf(family), store.ApproximateBytes(family));
  }
  text += fmt::format("  {:<18}{} bytes\n", "wal", store.WalBytes());
  text += fmt::format("  {:<18}about {} transactions\n",
                      "archived",
                      RocksdbArchive(store).ApproximateTransactions());
  if (const auto free = store.FreeBytes(); free.ok()) {
    text += fmt::format("  {:<18}{} bytes\n", "free on disk", *free);
  }
  return text;
}

}  // namespace gonghui
