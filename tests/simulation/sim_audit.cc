// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// In the end: the same state from a checkpoint with what follows it and from the journal
// alone, and all that ever happened in that state or in the archive beside it.  What has left
// memory is brought back into a ledger of the audit's own, so that each transaction is compared
// with the model's, whether somebody has asked for it since or not.

#include <map>
#include <memory>
#include <string>
#include <utility>

#include <absl/strings/str_cat.h>

#include "engine/base/check.h"
#include "engine/durability/archived_codec.h"
#include "engine/pipeline/recovery.h"
#include "tests/model/ledger_pair.h"
#include "tests/simulation/sim_run.h"
#include "tests/testing/archiving.h"
#include "tests/testing/names.h"

namespace gonghui {
namespace {

// A transaction of an archive by its seq and whether it is a tombstone, in the archive's bytes.
using ArchivedBytes = std::map<std::pair<CommandSeq, bool>, std::string>;

ArchivedBytes BytesOf(uint16_t shard, const Archive& archive) {
  ArchivedBytes bytes;
  const absl::Status status = archive.ForEachBlocking(shard, [&bytes](const Archive::Entry& entry) {
    const Transaction& transaction = entry.transaction.transaction;
    AppendArchiveValue(
        entry.transaction, entry.terminal, &bytes[{transaction.seq, transaction.tombstone}]);
    return absl::OkStatus();
  });
  GH_CHECK(status.ok(), status.message());
  return bytes;
}

// Empty, or which may not come back.  What is in memory all the time stays as it is.
std::string BringAllBack(Ledger* ledger, const Archive& archive) {
  const auto event = std::make_unique<Event>();
  const auto result = std::make_unique<Result>();
  const TimestampNs now = ledger->applied_at();
  const absl::Status status =
      archive.ForEachBlocking(ledger->shard(), [&](const Archive::Entry& entry) -> absl::Status {
        const OwnedCommand command = OwnThaw(entry.transaction);
        ledger->Decide(command.command, now, event.get(), result.get());
        if (event->kind != EventKind::kNone) {
          ledger->Evolve(*event);
          return absl::OkStatus();
        }
        return result->verdict == Verdict::kUnchanged
                   ? absl::OkStatus()
                   : absl::DataLossError(absl::StrCat("seq ",
                                                      entry.transaction.transaction.seq.value(),
                                                      " of the archive may not come back: ",
                                                      NameOf(result->verdict)));
      });
  return status.ok() ? "" : status.ToString();
}

}  // namespace

void SimRun::Audit() {
  oracle_.Compare(engine_->names(), "at the end");
  const uint64_t seq = engine_->names().applied_seq().value();
  if (const uint64_t durable = disk_.durable_next_seq() - 1; durable != seq && ok()) {
    oracle_.Report(absl::StrCat("at rest, and only ", durable, " of ", seq, " are durable"));
  }
  if (!ok()) {
    return;
  }
  StopInOrder();
  if (ok()) {
    AuditFrom(&disk_, /*journal_alone=*/false);
  }
  if (ok()) {
    const std::unique_ptr<SimDisk> alone = disk_.JournalAlone();
    AuditFrom(alone.get(), /*journal_alone=*/true);
    if (ok()) {
      CompareArchives(engine_->names(), alone->archive());
    }
  }
}

void SimRun::AuditFrom(SimDisk* disk, bool journal_alone) {
  const std::string from = journal_alone ? "from the journal alone" : "from the disk";
  // Rows that come back take new ones, of which the run had perhaps few.
  LedgerLimits limits = LedgerPair::SmallLimits();
  limits.transactions_max = 1u << 20;
  Ledger ledger(engine_->names().shard(), limits);
  const absl::StatusOr<RecoveryReport> report =
      RecoverBlocking(ledger,
                      disk->journal(),
                      journal_alone ? nullptr : &disk->checkpoints(),
                      &disk->archive(),
                      clock_);
  if (!report.ok()) {
    return oracle_.Report(from + ": " + report.status().ToString());
  }
  const Ledger& engines = engine_->names();
  if (ledger.applied_seq() != engines.applied_seq() || ledger.StateHash() != engines.StateHash()) {
    return oracle_.Report(from + " another state comes");
  }
  oracle_.Compare(ledger, from.c_str());
  if (const std::string problem = BringAllBack(&ledger, disk->archive()); !problem.empty()) {
    return oracle_.Report(from + ": " + problem);
  }
  oracle_.CompareWhole(ledger, (from + ", with the archive").c_str());
}

// What the journal says has left memory is in the archive as it was when it left.  There may
// be more: what is put first and stays in memory after all, where memory is right.
void SimRun::CompareArchives(const Ledger& ledger, const Archive& alone) {
  const ArchivedBytes want = BytesOf(ledger.shard(), alone);
  const ArchivedBytes have = BytesOf(ledger.shard(), disk_.archive());
  for (const auto& [place, bytes] : want) {
    const auto at = have.find(place);
    const bool in_memory = place.second || ledger.FindTransaction(MakeTransactionId(
                                               ledger.shard(), place.first)) != TransactionRow{};
    if (at == have.end() || (!in_memory && at->second != bytes)) {
      return oracle_.Report(absl::StrCat("seq ",
                                         place.first.value(),
                                         at == have.end()
                                             ? " has left memory, and is not in the archive"
                                             : " is otherwise in the archive"));
    }
  }
}

}  // namespace gonghui
