// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tools/inspect/verify.h"

#include <fmt/format.h>

#include <memory>

#include "engine/base/status_macros.h"
#include "engine/domain/limits.h"
#include "engine/durability/record_format.h"
#include "engine/ledger/ledger.h"

namespace gonghui {
namespace {

template <typename... Values>
absl::Status Damage(fmt::format_string<Values...> format, Values&&... values) {
  return absl::DataLossError(fmt::format(format, std::forward<Values>(values)...));
}

absl::Status CheckInvariants(const Ledger& ledger) {
  uint64_t row = 0;
  if (const char* const what = ledger.CheckInvariants(&row); what != nullptr) {
    return Damage("the ledger at seq {}: {} (row {})", ledger.applied_seq().value(), what, row);
  }
  return absl::OkStatus();
}

// Fills an empty ledger from the newest checkpoint and compares digests.
absl::Status LoadCheckpointBlocking(CheckpointStore& checkpoints,
                                    const CheckpointMeta& meta,
                                    Ledger& ledger) {
  for (TableBase* const table : ledger.tables()) {
    const size_t id = static_cast<size_t>(table->id());
    if (meta.row_bytes[id] != table->row_bytes() || !table->BeginLoad(meta.table_sizes[id])) {
      return absl::FailedPreconditionError(
          fmt::format("checkpoint at seq {}: table {} has {} rows of {} bytes, this program reads "
                      "up to {} of {} bytes; use the release that wrote it",
                      meta.applied_seq,
                      id,
                      meta.table_sizes[id],
                      meta.row_bytes[id],
                      table->size_max(),
                      table->row_bytes()));
    }
  }
  GH_RETURN_IF_ERROR(checkpoints.LoadBlocking(
      ledger.shard(),
      [&ledger](uint8_t table, uint32_t page, std::span<const uint8_t> bytes) -> absl::Status {
        for (TableBase* const candidate : ledger.tables()) {
          if (static_cast<uint8_t>(candidate->id()) == table) {
            return candidate->LoadPage(page, bytes)
                       ? absl::OkStatus()
                       : Damage("checkpoint: page {} of table {} does not fit", page, table);
          }
        }
        return Damage("checkpoint: table {} is not known", table);
      }));
  if (const char* const what = ledger.FinishLoad(); what != nullptr) {
    return Damage("checkpoint at seq {}: {}", meta.applied_seq, what);
  }
  if (ledger.applied_seq().value() != meta.applied_seq || ledger.StateHash() != meta.state_hash) {
    return Damage("checkpoint at seq {}: state hash {:016x}; its pages give seq {}, {:016x}",
                  meta.applied_seq,
                  meta.state_hash,
                  ledger.applied_seq().value(),
                  ledger.StateHash());
  }
  return CheckInvariants(ledger);
}

// Replays blocks into a ledger, comparing as it goes.
class Replay {
 public:
  Replay(Ledger& ledger, const VerifyOptions& options, VerifyReport& report)
      : ledger_(ledger), options_(options), report_(report) {}

  absl::Status Visit(const BlockView& block) {
    const BlockHeader& header = block.header;
    std::span<const uint8_t> payload = block.payload;
    TimestampNs previous_at;
    for (uint32_t i = 0; i < header.event_count; ++i) {
      const uint64_t seq = header.first_seq + i;
      GH_ASSIGN_OR_RETURN(const Event* const event, decoder_.Next(&payload, seq, previous_at));
      if (event->at < previous_at) {
        return Damage("event {}: its time lies before that of the event before", seq);
      }
      previous_at = event->at;
      if (seq <= ledger_.applied_seq().value()) {
        continue;  // the checkpoint stands in the middle of this block
      }
      if (event->at < ledger_.applied_at()) {
        return Damage("event {}: its time lies before that of the block before", seq);
      }
      ledger_.Evolve(*event);
      ++report_.event_count;
      if (report_.checkpoint && seq == report_.checkpoint->applied_seq &&
          ledger_.StateHash() != report_.checkpoint->state_hash) {
        return Damage(
            "checkpoint at seq {}: state hash {:016x}, the journal's replay gives {:016x}",
            seq,
            report_.checkpoint->state_hash,
            ledger_.StateHash());
      }
    }
    if (!payload.empty()) {
      return Damage(
          "block at {}: {} bytes follow its last event", header.first_seq, payload.size());
    }
    if (previous_at != header.at) {
      return Damage("block at {}: its time is not that of its last event", header.first_seq);
    }
    ++report_.block_count;
    const uint64_t last = header.first_seq + header.event_count - 1;
    if (last == ledger_.applied_seq().value() && ledger_.StateHash() != header.state_hash) {
      if (header.rules_version != kRulesVersion) {
        // Its rows were perhaps of other sizes, and their digest another.
        return absl::FailedPreconditionError(fmt::format(
            "block at {} is of rules version {}, this program is of {}, and does not find the "
            "state that the block names; use the release that wrote it",
            header.first_seq,
            header.rules_version,
            kRulesVersion));
      }
      return Damage("block at {}: state hash {:016x}, its replay gives {:016x}",
                    header.first_seq,
                    header.state_hash,
                    ledger_.StateHash());
    }
    report_.last_hash = block.hash;
    if (options_.progress && report_.block_count % 1'024 == 0) {
      options_.progress(last);
    }
    return absl::OkStatus();
  }

 private:
  Ledger& ledger_;
  const VerifyOptions& options_;
  VerifyReport& report_;
  RecordDecoder decoder_;
};

}  // namespace

std::string VerifyReport::Text() const {
  std::string text;
  if (checkpoint) {
    text += fmt::format("checkpoint at seq {}: its pages load to state hash {:016x}{}\n",
                        checkpoint->applied_seq,
                        checkpoint->state_hash,
                        started_from_checkpoint ? "" : ", as does the replay at that seq");
  } else {
    text += "no checkpoint\n";
  }
  text += fmt::format(
      "replayed {} events of {} blocks {}; checksums, chain, sequence and the state hash after "
      "every block agree; the ledger's invariants hold\n",
      event_count,
      block_count,
      started_from_checkpoint ? "from the checkpoint" : "from the beginning");
  text += fmt::format("last seq {}, state hash {:016x}, last block {:02x}\n",
                      last_seq,
                      state_hash,
                      fmt::join(last_hash, ""));
  return text;
}

absl::StatusOr<VerifyReport> VerifyBlocking(Journal& journal,
                                            CheckpointStore& checkpoints,
                                            const VerifyOptions& options) {
  VerifyReport report;
  GH_ASSIGN_OR_RETURN(report.checkpoint, checkpoints.LatestBlocking(options.shard));
  report.started_from_checkpoint = options.from_checkpoint && report.checkpoint.has_value();

  auto ledger = std::make_unique<Ledger>(options.shard);
  if (report.started_from_checkpoint) {
    GH_RETURN_IF_ERROR(LoadCheckpointBlocking(checkpoints, *report.checkpoint, *ledger));
  }
  Replay replay(*ledger, options, report);
  GH_RETURN_IF_ERROR(journal.ReadBlocking(
      options.shard, ledger->applied_seq().value() + 1, [&replay](const BlockView& block) {
        return replay.Visit(block);
      }));
  GH_ASSIGN_OR_RETURN(const JournalTail tail, journal.TailBlocking(options.shard));
  report.last_seq = ledger->applied_seq().value();
  report.state_hash = ledger->StateHash();
  report.last_hash = tail.last_hash;
  if (report.last_seq + 1 != tail.next_seq) {
    return Damage(
        "replay ends at {}, the journal's last block at {}", report.last_seq, tail.next_seq - 1);
  }
  if (report.checkpoint && report.checkpoint->applied_seq > report.last_seq) {
    return Damage("the checkpoint is at seq {} but the journal ends at {}",
                  report.checkpoint->applied_seq,
                  report.last_seq);
  }
  GH_RETURN_IF_ERROR(CheckInvariants(*ledger));
  if (report.checkpoint && !report.started_from_checkpoint) {
    ledger.reset();  // one of them in memory at a time
    ledger = std::make_unique<Ledger>(options.shard);
    GH_RETURN_IF_ERROR(LoadCheckpointBlocking(checkpoints, *report.checkpoint, *ledger));
  }
  return report;
}

}  // namespace gonghui
