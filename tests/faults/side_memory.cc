// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/faults/side_memory.h"

#include <map>
#include <tuple>
#include <utility>

#include <absl/container/flat_hash_set.h>
#include <absl/status/statusor.h>
#include <absl/strings/str_cat.h>

#include "engine/base/status_macros.h"
#include "engine/durability/archived_codec.h"

namespace gonghui {
namespace {

constexpr uint16_t kShard = 0;

std::string Encoded(const ArchivedTransaction& transaction, const TerminalId& terminal) {
  std::string bytes;
  AppendArchiveValue(transaction, terminal, &bytes);
  return bytes;
}

std::string Named(const Archive::Entry& entry) {
  const Transaction& transaction = entry.transaction.transaction;
  return absl::StrCat(transaction.tombstone ? "the tombstone of seq " : "archived seq ",
                      transaction.seq.value());
}

std::tuple<CommandSeq, bool> KeyOf(const Archive::Entry& entry) {
  return {entry.transaction.transaction.seq, entry.transaction.transaction.tombstone};
}

}  // namespace

absl::Status SideMemory::NoteBlocking(const Archive& archive, std::vector<SideDatum> side_data) {
  side_data_ = std::move(side_data);
  archived_.clear();
  GH_RETURN_IF_ERROR(
      archive.ForEachBlocking(kShard, [this](const Archive::Entry& entry) -> absl::Status {
        archived_.push_back({entry, {}});
        return absl::OkStatus();
      }));
  for (Archived& known : archived_) {
    ArchivedTransaction found;
    GH_ASSIGN_OR_RETURN(
        const bool is_there,
        archive.FindBlocking(
            kShard, known.entry.terminal, known.entry.transaction.transaction.request_id, &found));
    if (!is_there) {
      return absl::DataLossError(absl::StrCat("no id leads to ", Named(known.entry)));
    }
    known.found_by_id = Encoded(found, known.entry.terminal);
  }
  return absl::OkStatus();
}

SideMemory::Findings SideMemory::CompareBlocking(const Archive& archive,
                                                 const Vault& vault,
                                                 const ProgrammeSources& sources,
                                                 As as) const {
  Findings findings;
  for (const SideDatum& put : side_data_) {
    const absl::Status status = CheckSideDatum(put, vault, sources);
    if (!status.ok()) {
      (absl::IsNotFound(status) ? findings.wrong : findings.unreadable)
          .push_back(status.ToString());
    }
  }
  for (const Archived& known : archived_) {
    CompareOne(archive, known, as, &findings);
  }
  CompareScans(archive, as, &findings);
  return findings;
}

void SideMemory::CompareOne(const Archive& archive,
                            const Archived& known,
                            As as,
                            Findings* findings) const {
  const Transaction& transaction = known.entry.transaction.transaction;
  ArchivedTransaction found;
  const auto judge = [&](const absl::StatusOr<bool>& is_there, const std::string& was) {
    if (!is_there.ok()) {
      findings->unreadable.push_back(is_there.status().ToString());
    } else if (!*is_there) {
      findings->wrong.push_back(absl::StrCat(Named(known.entry), " is not there"));
    } else if (as == As::kItWas && Encoded(found, known.entry.terminal) != was) {
      findings->wrong.push_back(absl::StrCat(Named(known.entry), " is another"));
    }
  };
  judge(archive.FindBlocking(kShard, known.entry.terminal, transaction.request_id, &found),
        known.found_by_id);
  // Of a tombstone the id is its reversal's.
  if (!transaction.tombstone) {
    judge(archive.FindBlocking(kShard, MakeTransactionId(kShard, transaction.seq), &found),
          Encoded(known.entry.transaction, known.entry.terminal));
  }
}

// As a start builds the filter of ids, and as reports and exports read.
void SideMemory::CompareScans(const Archive& archive, As as, Findings* findings) const {
  absl::flat_hash_set<uint64_t> hashes;
  const absl::Status scanned = archive.ForEachHashBlocking(kShard, [&hashes](uint64_t hash) {
    hashes.insert(hash);
    return true;
  });
  std::map<std::tuple<CommandSeq, bool>, std::string> all;
  const absl::Status visited =
      archive.ForEachBlocking(kShard, [&all](const Archive::Entry& entry) -> absl::Status {
        all[KeyOf(entry)] = Encoded(entry.transaction, entry.terminal);
        return absl::OkStatus();
      });
  for (const absl::Status& status : {scanned, visited}) {
    if (!status.ok()) {
      findings->unreadable.push_back(status.ToString());
    }
  }
  for (const Archived& known : archived_) {
    if (scanned.ok() &&
        hashes.count(ArchiveHash(known.entry.transaction.transaction.request_id)) == 0) {
      findings->wrong.push_back(absl::StrCat("the filter lacks ", Named(known.entry)));
    }
    if (visited.ok()) {
      const auto found = all.find(KeyOf(known.entry));
      if (found == all.end()) {
        findings->wrong.push_back(absl::StrCat("a scan lacks ", Named(known.entry)));
      } else if (as == As::kItWas &&
                 found->second != Encoded(known.entry.transaction, known.entry.terminal)) {
        findings->wrong.push_back(absl::StrCat("to a scan ", Named(known.entry), " is another"));
      }
    }
  }
}

}  // namespace gonghui
