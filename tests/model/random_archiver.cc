// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/model/random_archiver.h"

#include <algorithm>
#include <cstring>
#include <set>
#include <utility>

namespace gonghui {
namespace {

constexpr uint32_t kAllRows = UINT32_MAX;

// Are the copies from the row `first` on what the table has?
template <class Row, class RowId>
bool AreAsCopied(const std::vector<Row>& copies,
                 RowId first_copied,
                 RowId first,
                 const Table<Row, RowId>& table) {
  for (uint32_t row = std::max(first_copied.value(), first.value());
       row < first_copied.value() + copies.size();
       ++row) {
    if (std::memcmp(&copies[row - first_copied.value()], &table[RowId{row}], sizeof(Row)) != 0) {
      return false;
    }
  }
  return true;
}

// In any order.
std::string NamesOf(const std::vector<ArchivedTransaction>& transactions) {
  std::set<std::string> names;
  for (const ArchivedTransaction& archived : transactions) {
    names.insert(std::to_string(archived.transaction.seq.value()) +
                 (archived.transaction.tombstone ? " (tombstone)" : ""));
  }
  std::string text;
  for (const std::string& name : names) {
    text += (text.empty() ? "" : ", ") + name;
  }
  return text.empty() ? "nothing" : text;
}

}  // namespace

RandomArchiver::RandomArchiver(Archiving when, uint64_t seed, const EmitEvent& emit)
    : when_(when),
      prng_(seed ^ 0xa4c417e),
      once_in_(std::vector<uint64_t>{1, 3, 10, 40}[prng_.Below(4)]),
      emit_(emit) {}

// ---- On the way out ---------------------------------------------------------------

std::string RandomArchiver::TakeAway(Ledger* ledger, TimestampNs now) {
  switch (when_) {
    case Archiving::kNever:
      return "";
    case Archiving::kAlways:
      return TakeAllAway(ledger, now);
    case Archiving::kSometimes:
      break;
  }
  switch (stage_) {
    case Stage::kIdle:
      if (prng_.Chance(1, once_in_)) {
        Begin(ledger);
      }
      return "";
    case Stage::kCopying:
      // In pieces, between commands.
      ledger->CopyForArchive(static_cast<uint32_t>(prng_.Between(1, 20)), &slice_);
      if (prng_.Chance(1, 2)) {
        ledger->CopyForArchive(prng_.Chance(1, 2) ? kAllRows : 0, &slice_);
        Put(*ledger, prng_.Chance(1, 2) ? kAllRows : static_cast<uint32_t>(prng_.Between(1, 30)));
      }
      return "";
    case Stage::kLeaving:
      do {
        if (std::string problem = MakeStep(ledger, now); !problem.empty()) {
          return problem;
        }
      } while (stage_ == Stage::kLeaving && prng_.Chance(1, 2));
      if (prng_.Chance(1, 10)) {
        stage_ = Stage::kIdle;  // the rest is given up
      }
      return "";
  }
  return "?";
}

std::string RandomArchiver::TakeAllAway(Ledger* ledger, TimestampNs now) {
  Begin(ledger);
  ledger->CopyForArchive(kAllRows, &slice_);
  Put(*ledger, prng_.Chance(1, 2) ? kAllRows : static_cast<uint32_t>(prng_.Between(1, 30)));
  while (stage_ == Stage::kLeaving) {
    const int refused = counts_.refused;
    if (std::string problem = MakeStep(ledger, now); !problem.empty()) {
      return problem;
    }
    if (counts_.refused > refused) {
      return "a step was refused, and nothing has changed";
    }
  }
  return "";
}

void RandomArchiver::CopySome(Ledger* ledger, uint32_t rows) {
  if (stage_ == Stage::kCopying) {
    ledger->CopyForArchive(rows, &slice_);
  } else {
    Begin(ledger);
  }
}

std::string RandomArchiver::LeaveSome(Ledger* ledger, TimestampNs now, uint32_t step_rows) {
  if (stage_ == Stage::kCopying) {
    Put(*ledger, step_rows);
  }
  return stage_ == Stage::kLeaving ? MakeStep(ledger, now) : "";
}

void RandomArchiver::Begin(Ledger* ledger) {
  slice_.Clear();
  ledger->CopyForArchive(1, &slice_);
  stage_ = slice_.transactions.empty() ? Stage::kIdle : Stage::kCopying;
}

void RandomArchiver::Put(const Ledger& ledger, uint32_t step_rows) {
  slice_.ForEach([&](const ArchivedTransaction& transaction) {
    archive_.Put(transaction, ledger.terminals()[transaction.transaction.terminal].id);
  });
  if (twin_ != nullptr) {
    twin_->Put(slice_, ledger);
  }
  steps_ = slice_.StepsOf(step_rows);
  std::reverse(steps_.begin(), steps_.end());
  stage_ = steps_.empty() ? Stage::kIdle : Stage::kLeaving;
}

std::string RandomArchiver::MakeStep(Ledger* ledger, TimestampNs now) {
  const bool changed = HasChanged(*ledger);
  const uint32_t rows_before = ledger->archived_rows();
  const ArchiveMark mark = steps_.back();
  steps_.pop_back();
  const Verdict verdict = Submit(ledger, OwnArchive(mark), now);
  if (verdict != Verdict::kDecided) {
    stage_ = Stage::kIdle;
    counts_.refused += verdict == Verdict::kRefused ? 1 : 0;
    return verdict == Verdict::kRefused || verdict == Verdict::kFull
               ? ""
               : "a step is neither made nor refused";
  }
  ++counts_.steps;
  counts_.left += static_cast<int>(ledger->archived_rows() - rows_before);
  stage_ = steps_.empty() ? Stage::kIdle : Stage::kLeaving;
  if (changed) {
    return "rows left memory that had changed since they were copied";
  }
  if (ledger->globals().archived != mark) {
    return "a step ends elsewhere than it was to";
  }
  // The same once more, or back, is no step.
  if (prng_.Chance(1, 8) && Submit(ledger, OwnArchive(mark), now) != Verdict::kRefused) {
    return "the same step was not refused";
  }
  return "";
}

bool RandomArchiver::HasChanged(const Ledger& ledger) const {
  const ArchiveMark& from = slice_.begin;
  const ArchiveMark& to = ledger.globals().archived;
  return !(
      AreAsCopied(slice_.transactions, from.transactions, to.transactions, ledger.transactions()) &&
      AreAsCopied(slice_.applied, from.applied, to.applied, ledger.applied()) &&
      AreAsCopied(slice_.uses, from.uses, to.uses, ledger.uses()) &&
      AreAsCopied(slice_.lines, from.lines, to.lines, ledger.lines()) &&
      AreAsCopied(slice_.advices, from.advices, to.advices, ledger.advices()));
}

// ---- On the way in ----------------------------------------------------------------

std::string RandomArchiver::BringBack(Ledger* ledger, const Command& command, TimestampNs now) {
  was_full_ = false;
  const bool judges =
      command.kind == CommandKind::kApproveClaim || command.kind == CommandKind::kRejectClaim;
  if (archive_.size() == 0 || (IsAdmin(command.kind) && !judges)) {
    return "";
  }
  const bool once_more = prng_.Chance(1, 4);
  std::vector<ArchivedTransaction> named = archive_.FindNamed(ledger->shard(), command);
  if (twin_ != nullptr) {
    const std::vector<ArchiveTwin::Find> finds = twin_->FindNamed(command);
    std::vector<ArchivedTransaction> theirs;
    std::vector<ArchivedTransaction> wanted;
    for (const ArchiveTwin::Find& find : finds) {
      theirs.push_back(find.transaction);
      const TerminalRow asker = ledger->FindTerminal(find.asker);
      if (find.asker.IsNone() ||
          ledger->terminals()[asker].merchant == find.transaction.transaction.merchant) {
        wanted.push_back(find.transaction);
      }
    }
    if (NamesOf(theirs) != NamesOf(named)) {
      return "the twin finds " + NamesOf(theirs) + ", not " + NamesOf(named);
    }
    named = std::move(wanted);
  }
  for (const ArchivedTransaction& transaction : named) {
    const Verdict verdict = Thaw(ledger, transaction, now);
    if (verdict == Verdict::kFull) {
      was_full_ = true;
      return "";
    }
    if (verdict == Verdict::kRefused) {
      return "what is in the archive may not come back";
    }
    // One that is in memory already does not come back again.
    if (once_more && Thaw(ledger, transaction, now) != Verdict::kUnchanged) {
      return "a transaction came back twice";
    }
  }
  return "";
}

std::string RandomArchiver::BringAllBack(Ledger* ledger, TimestampNs now) {
  was_full_ = false;
  bool refused = false;
  archive_.ForEach([&](const ArchivedTransaction& transaction) {
    const Verdict verdict = Thaw(ledger, transaction, now);
    was_full_ = was_full_ || verdict == Verdict::kFull;
    refused = refused || verdict == Verdict::kRefused;
  });
  if (refused) {
    return "what is in the archive may not come back";
  }
  const uint64_t missing = ledger->globals().archived_count;
  return was_full_ || missing == 0
             ? ""
             : "not in the archive, though they left: " + std::to_string(missing);
}

void RandomArchiver::Restart(MapArchive archive) {
  archive_ = std::move(archive);
  stage_ = Stage::kIdle;
}

Verdict RandomArchiver::Thaw(Ledger* ledger,
                             const ArchivedTransaction& transaction,
                             TimestampNs now) {
  const Verdict verdict = Submit(ledger, OwnThaw(transaction), now);
  counts_.returned += verdict == Verdict::kDecided ? 1 : 0;
  return verdict;
}

Verdict RandomArchiver::Submit(Ledger* ledger, const OwnedCommand& command, TimestampNs now) {
  Event event;
  Result result;
  ledger->Decide(command.command, now, &event, &result);
  if (event.kind != EventKind::kNone) {
    event.command = &command.command;
    ledger->Evolve(event);
    emit_(command, event);
  }
  return result.verdict;
}

}  // namespace gonghui
