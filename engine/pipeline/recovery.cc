// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/pipeline/recovery.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>

#include "engine/base/status_macros.h"
#include "engine/domain/rules_version.h"
#include "engine/durability/page_codec.h"
#include "engine/durability/record_format.h"
#include "engine/ledger/archive_slice.h"
#include "engine/pipeline/archiver.h"

namespace gonghui {

std::string RecoveryReport::Summary() const {
  const auto ms = [](int64_t ns) { return static_cast<double>(ns) / 1e6; };
  const std::string base =
      had_checkpoint
          ? absl::StrFormat(
                "loaded the checkpoint at seq %d in %.1f ms", checkpoint_seq, ms(load_ns))
          : std::string("found no checkpoint");
  return absl::StrFormat(
      "%s, replayed %d events of %d blocks in %.1f ms, every digest agrees; now at seq %d, "
      "state hash %016x",
      base,
      events_replayed,
      blocks_replayed,
      ms(replay_ns),
      last_seq,
      state_hash);
}

absl::StatusOr<bool> LoadCheckpointBlocking(Ledger& ledger, CheckpointStore& checkpoints) {
  GH_ASSIGN_OR_RETURN(const std::optional<CheckpointMeta> meta,
                      checkpoints.LatestBlocking(ledger.shard()));
  if (!meta.has_value()) {
    return false;
  }
  for (TableBase* table : ledger.tables()) {
    const size_t id = static_cast<size_t>(table->id());
    if (meta->row_bytes[id] != table->row_bytes()) {
      return absl::FailedPreconditionError(absl::StrFormat(
          "checkpoint at seq %d: table %d has rows of %d bytes, this release "
          "reads rows of %d; start the release that wrote it and upgrade from there",
          meta->applied_seq,
          id,
          meta->row_bytes[id],
          table->row_bytes()));
    }
    if (!table->BeginLoad(meta->table_sizes[id])) {
      return absl::FailedPreconditionError(
          absl::StrFormat("checkpoint at seq %d: table %d has %d rows, more than the limit of %d",
                          meta->applied_seq,
                          id,
                          meta->table_sizes[id],
                          table->size_max()));
    }
  }
  PageUnpacker unpacker;
  GH_RETURN_IF_ERROR(checkpoints.LoadBlocking(
      ledger.shard(),
      [&](uint8_t table, uint32_t page, std::span<const uint8_t> packed) -> absl::Status {
        if (table == 0 || table > ledger.tables().size()) {
          return absl::DataLossError(absl::StrFormat("checkpoint: table %d is not known", table));
        }
        const auto rows = unpacker.Unpack(packed, meta->row_bytes[table]);
        if (!rows || !ledger.tables()[table - 1u]->LoadPage(page, *rows)) {
          return absl::DataLossError(
              absl::StrFormat("checkpoint: page %d of table %d does not fit (%d bytes)",
                              page,
                              table,
                              packed.size()));
        }
        return absl::OkStatus();
      }));
  if (const char* why = ledger.FinishLoadOfRows(); why != nullptr) {
    return absl::DataLossError(absl::StrFormat("checkpoint at seq %d: %s", meta->applied_seq, why));
  }
  if (ledger.applied_seq().value() != meta->applied_seq) {
    return absl::DataLossError(absl::StrFormat("checkpoint at seq %d: its rows are of seq %d",
                                               meta->applied_seq,
                                               ledger.applied_seq().value()));
  }
  if (ledger.StateHash() != meta->state_hash) {
    return absl::DataLossError(
        absl::StrFormat("checkpoint at seq %d: state hash %016x, its rows give %016x",
                        meta->applied_seq,
                        meta->state_hash,
                        ledger.StateHash()));
  }
  if (const char* why = ledger.FinishLoadOfIndexes(); why != nullptr) {
    return absl::DataLossError(absl::StrFormat("checkpoint at seq %d: %s", meta->applied_seq, why));
  }
  return true;
}

namespace {

// Puts what the event is about to make leave.  Most of it is there already; what a later
// event of the journal puts again replaces it.
absl::Status ArchiveBlocking(Ledger& ledger,
                             const Event& event,
                             Archive& archive,
                             ArchiveSlice* slice) {
  slice->Clear();
  const uint32_t last = event.command->archive->transactions.value() - 1;
  const uint32_t rows = last > ledger.archived_rows() ? last - ledger.archived_rows() : 0;
  if (ledger.CopyForArchive(rows, slice) != rows) {
    return absl::DataLossError(
        absl::StrFormat("event at seq %d: rows up to %d leave memory, which "
                        "has %d",
                        event.seq.value(),
                        last,
                        ledger.transactions().size()));
  }
  return PutSliceBlocking(*slice, ledger, archive);
}

// Applies the events of blocks, as many at a time as can be fetched for side by side.
class Replay {
 public:
  Replay(Ledger& ledger, Archive* archive) : ledger_(ledger), archive_(archive) {}

  // Those after the ledger's last one.
  absl::Status ApplyBlocking(const BlockView& block) {
    std::span<const uint8_t> payload = block.payload;
    TimestampNs previous_at;
    uint64_t seq = block.header.first_seq;
    const uint64_t end_seq = seq + block.header.event_count;
    while (seq < end_seq) {
      size_t count = 0;
      for (; seq < end_seq && count < events_.size(); ++seq) {
        GH_ASSIGN_OR_RETURN(events_[count], decoders_[count].Next(&payload, seq, previous_at));
        previous_at = events_[count]->at;
        // Else the checkpoint was taken in the middle of this block.
        count += seq > ledger_.applied_seq().value() ? 1u : 0u;
      }
      GH_RETURN_IF_ERROR(EvolveBlocking({events_.data(), count}));
    }
    if (!payload.empty()) {
      return absl::DataLossError(absl::StrFormat("block at seq %d: %d bytes after its last event",
                                                 block.header.first_seq,
                                                 payload.size()));
    }
    return absl::OkStatus();
  }

  [[nodiscard]] uint64_t events_replayed() const { return events_replayed_; }

 private:
  absl::Status EvolveBlocking(std::span<const Event* const> events) {
    ledger_.PrefetchEvents(events);
    for (const Event* const event : events) {
      if (event->kind == EventKind::kArchived && archive_ != nullptr) {
        GH_RETURN_IF_ERROR(ArchiveBlocking(ledger_, *event, *archive_, &leaving_));
      }
      ledger_.Evolve(*event);
    }
    events_replayed_ += events.size();
    return absl::OkStatus();
  }

  Ledger& ledger_;
  Archive* const archive_;
  // An event lives in its decoder.
  std::array<RecordDecoder, Ledger::kPrefetchMax> decoders_;
  std::array<const Event*, Ledger::kPrefetchMax> events_{};
  ArchiveSlice leaving_;
  uint64_t events_replayed_ = 0;
};

}  // namespace

absl::StatusOr<RecoveryReport> RecoverBlocking(Ledger& ledger,
                                               Journal& journal,
                                               CheckpointStore* checkpoints,
                                               Archive* archive,
                                               const Clock& clock) {
  RecoveryReport report;
  const int64_t begin_ns = clock.MonotonicNs();
  if (checkpoints != nullptr) {
    GH_ASSIGN_OR_RETURN(report.had_checkpoint, LoadCheckpointBlocking(ledger, *checkpoints));
    report.checkpoint_seq = ledger.applied_seq().value();
  }
  const int64_t loaded_ns = clock.MonotonicNs();
  report.load_ns = loaded_ns - begin_ns;

  GH_ASSIGN_OR_RETURN(const JournalTail tail, journal.TailBlocking(ledger.shard()));
  if (ledger.applied_seq().value() >= tail.next_seq) {
    return absl::DataLossError(
        absl::StrFormat("the checkpoint is at seq %d but the journal ends at seq %d: blocks that "
                        "were committed are missing",
                        ledger.applied_seq().value(),
                        tail.next_seq - 1));
  }
  Replay replay(ledger, archive);
  const auto replay_block = [&](const BlockView& block) -> absl::Status {
    GH_RETURN_IF_ERROR(replay.ApplyBlocking(block));
    ++report.blocks_replayed;
    const uint64_t last = block.header.first_seq + block.header.event_count - 1;
    if (last == ledger.applied_seq().value() && ledger.StateHash() != block.header.state_hash) {
      if (block.header.rules_version != kRulesVersion) {
        // Its rows were perhaps of other sizes, and their digest another.
        return absl::FailedPreconditionError(absl::StrFormat(
            "block at seq %d is of rules version %d, this release is of %d, and does not find "
            "the state that the block names; use the release that wrote it",
            block.header.first_seq,
            block.header.rules_version,
            kRulesVersion));
      }
      return absl::DataLossError(
          absl::StrFormat("block at seq %d: state hash %016x, replay gives %016x",
                          block.header.first_seq,
                          block.header.state_hash,
                          ledger.StateHash()));
    }
    return absl::OkStatus();
  };
  if (ledger.applied_seq().value() + 1 < tail.next_seq) {
    GH_RETURN_IF_ERROR(
        journal.ReadBlocking(ledger.shard(), ledger.applied_seq().value() + 1, replay_block));
  }
  report.events_replayed = replay.events_replayed();
  if (ledger.applied_seq().value() + 1 != tail.next_seq) {
    return absl::DataLossError(
        absl::StrFormat("replay ended at seq %d but the journal's last is %d",
                        ledger.applied_seq().value(),
                        tail.next_seq - 1));
  }
  report.replay_ns = clock.MonotonicNs() - loaded_ns;
  report.last_seq = ledger.applied_seq().value();
  report.state_hash = ledger.StateHash();
  return report;
}

}  // namespace gonghui
