// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tools/inspect/verify.h"

#include <fmt/format.h>

#include <memory>

#include "engine/base/status_macros.h"
#include "engine/domain/rules_version.h"
#include "engine/durability/page_codec.h"
#include "engine/durability/record_format.h"
#include "engine/ledger/ledger.h"

namespace gonghui {
namespace {

template <typename... Values>
absl::Status Damage(fmt::format_string<Values...> format, Values&&... values) {
  return absl::DataLossError(fmt::format(format, std::forward<Values>(values)...));
}

// Some of them are about all transactions, wherever these are: see the archive first.
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
  PageUnpacker unpacker;
  GH_RETURN_IF_ERROR(checkpoints.LoadBlocking(
      ledger.shard(),
      [&](uint8_t table, uint32_t page, std::span<const uint8_t> packed) -> absl::Status {
        for (TableBase* const candidate : ledger.tables()) {
          if (static_cast<uint8_t>(candidate->id()) == table) {
            const auto rows = unpacker.Unpack(packed, candidate->row_bytes());
            return rows && candidate->LoadPage(page, *rows)
                       ? absl::OkStatus()
                       : Damage("checkpoint: page {} of table {} does not fit", page, table);
          }
        }
        return Damage("checkpoint: table {} is not known", table);
      }));
  if (const char* const what = ledger.FinishLoadOfRows(); what != nullptr) {
    return Damage("checkpoint at seq {}: {}", meta.applied_seq, what);
  }
  if (ledger.applied_seq().value() != meta.applied_seq || ledger.StateHash() != meta.state_hash) {
    return Damage("checkpoint at seq {}: state hash {:016x}; its pages give seq {}, {:016x}",
                  meta.applied_seq,
                  meta.state_hash,
                  ledger.applied_seq().value(),
                  ledger.StateHash());
  }
  if (const char* const what = ledger.FinishLoadOfIndexes(); what != nullptr) {
    return Damage("checkpoint at seq {}: {}", meta.applied_seq, what);
  }
  // The archive is of the journal's end, and may say of a transaction what came later.
  return ledger.globals().archived_count == 0 ? CheckInvariants(ledger) : absl::OkStatus();
}

// Whether every transaction of the archive can be read and found again, and none is missing
// that has left memory.  Brings all of them back, so that the ledger's sums are over
// everything.
class ArchiveCheck {
 public:
  ArchiveCheck(Ledger& ledger, const Archive& archive, VerifyReport& report)
      : ledger_(ledger), archive_(archive), report_(report) {}

  absl::Status RunBlocking() {
    GH_RETURN_IF_ERROR(archive_.ForEachBlocking(
        ledger_.shard(), [this](const Archive::Entry& entry) { return Visit(entry); }));
    if (const uint64_t missing = ledger_.globals().archived_count; missing != 0) {
      return Damage("the archive lacks {} of the transactions that have left memory", missing);
    }
    return absl::OkStatus();
  }

 private:
  absl::Status Visit(const Archive::Entry& entry) {
    const Transaction& transaction = entry.transaction.transaction;
    const uint64_t seq = transaction.seq.value();
    ++report_.archive_count;
    if (!ledger_.terminals().Contains(transaction.terminal) ||
        ledger_.terminals()[transaction.terminal].id != entry.terminal) {
      return Damage("archive, seq {}: its terminal is not one of the ledger's", seq);
    }
    if (transaction.seq >= kImportedSeqFirst) {
      // In none of the ledger's sums, and perhaps too many to look each up at random.
      ++report_.imported_count;
      return absl::OkStatus();
    }
    // A tombstone's id may be its late original's by now.
    GH_ASSIGN_OR_RETURN(
        const bool found,
        archive_.FindBlocking(ledger_.shard(), entry.terminal, transaction.request_id, &found_));
    if (!found || (found_.transaction.seq != transaction.seq && !transaction.tombstone)) {
      return Damage("archive, seq {}: its request id does not lead to it", seq);
    }
    if (transaction.advice() != AdviceRow{} && transaction.reason != Reason::kAdviceTooOld) {
      // To it, or to the first of the name.
      GH_ASSIGN_OR_RETURN(
          const bool named,
          archive_.FindBlocking(
              ledger_.shard(), AdviceNameOf(entry.transaction, entry.terminal), &found_));
      if (!named || found_.transaction.seq > transaction.seq) {
        return Damage("archive, seq {}: its advice's name does not lead to it", seq);
      }
    }
    return Thaw(entry.transaction);
  }

  absl::Status Thaw(const ArchivedTransaction& archived) {
    const uint64_t seq = archived.transaction.seq.value();
    command_.kind = CommandKind::kThaw;
    command_.thaw = &archived;
    ledger_.Decide(command_, ledger_.applied_at(), &event_, &result_);
    if (event_.kind == EventKind::kThawed) {
      ledger_.Evolve(event_);
      ++report_.thawed_count;
      return absl::OkStatus();
    }
    if (result_.verdict == Verdict::kUnchanged) {
      return absl::OkStatus();  // it is in memory, which is right
    }
    if (result_.verdict == Verdict::kFull) {
      return absl::FailedPreconditionError(fmt::format(
          "archive, seq {}: not all of the archive fits the ledger's tables at once", seq));
    }
    return Damage("archive, seq {}: it never left this ledger's memory", seq);
  }

  Ledger& ledger_;
  const Archive& archive_;
  VerifyReport& report_;
  Command command_;
  Event event_;
  Result result_;
  ArchivedTransaction found_;
};

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
  if (archive_count == 0) {
    text += "nothing is archived\n";
  } else if (archive_count != imported_count) {
    text += fmt::format(
        "archive: {} transactions, all found by their request ids; {} of them were not in memory, "
        "and none is missing\n",
        archive_count - imported_count,
        thawed_count);
  }
  if (imported_count != 0) {
    text += fmt::format(
        "archive: {} transactions of a former system, all whole; they are in no account\n",
        imported_count);
  }
  text += fmt::format("last seq {}, state hash {:016x}, last block {:02x}\n",
                      last_seq,
                      state_hash,
                      fmt::join(last_hash, ""));
  return text;
}

absl::StatusOr<VerifyReport> VerifyBlocking(Journal& journal,
                                            CheckpointStore& checkpoints,
                                            const Archive& archive,
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
  GH_RETURN_IF_ERROR(ArchiveCheck(*ledger, archive, report).RunBlocking());
  GH_RETURN_IF_ERROR(CheckInvariants(*ledger));
  if (report.checkpoint && !report.started_from_checkpoint) {
    ledger.reset();  // one of them in memory at a time
    ledger = std::make_unique<Ledger>(options.shard);
    GH_RETURN_IF_ERROR(LoadCheckpointBlocking(checkpoints, *report.checkpoint, *ledger));
  }
  return report;
}

}  // namespace gonghui
