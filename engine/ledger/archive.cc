// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// How transactions leave memory for the archive and come back
// (docs/decisions/0004-archive.md).

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>

#include "engine/base/check.h"
#include "engine/ledger/archive_slice.h"
#include "engine/ledger/decide.h"
#include "engine/ledger/keys.h"

namespace gonghui {

// ---- Reading -------------------------------------------------------------------

// Rows that never left stand in order of time; whether there is one up to a given row, that
// row tells.
TimestampNs Ledger::oldest_decided_at() const {
  const uint32_t first = transactions_.first();
  uint32_t low = first;
  uint32_t high = transactions_.size() + 1;
  while (low < high) {
    const uint32_t middle = low + (high - low) / 2;
    const Transaction& transaction = transactions_[TransactionRow{middle}];
    if (transaction.returned() && transaction.in_order.value() < first) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  const TransactionRow row{low};
  return transactions_.Contains(row) ? transactions_[row].decided_at : kTimestampMax;
}

// The last row that never left; none when there is none in memory.
TransactionRow Ledger::LastInOrder() const {
  const TransactionRow last{transactions_.size()};
  if (!transactions_.Contains(last)) {
    return TransactionRow{};
  }
  const Transaction& transaction = transactions_[last];
  const TransactionRow row = transaction.returned() ? transaction.in_order : last;
  return transactions_.Contains(row) ? row : TransactionRow{};
}

uint32_t Ledger::CopyForArchive(uint32_t rows_max, ArchiveSlice* slice) {
  if (slice->transactions.empty()) {
    slice->begin = globals().archived;
    copied_until_ = slice->begin.transactions;
    copies_stale_ = false;
  }
  const uint32_t begin =
      slice->begin.transactions.value() + static_cast<uint32_t>(slice->transactions.size());
  GH_CHECK_EQ(begin, copied_until_.value(), "the ledger's copies are another slice's");
  const uint32_t count_max = std::min(rows_max, transactions_.size() + 1 - begin);
  const auto copy = [](const auto& table, auto first, size_t copied, uint32_t rows, auto* to) {
    if (rows != 0) {
      const auto* const from =
          &table[decltype(first){first.value() + static_cast<uint32_t>(copied)}];
      to->insert(to->end(), from, from + rows);
    }
  };
  // A transaction's rows follow those of the one before, in every table.
  uint32_t applied = 0;
  uint32_t uses = 0;
  uint32_t lines = 0;
  uint32_t advices = 0;
  uint32_t count = 0;
  for (; count < count_max; ++count) {
    const uint32_t i = count;
    const Transaction& transaction = transactions_[TransactionRow{begin + i}];
    const bool has_advice = transaction.advice() != AdviceRow{};
    if (slice->is_bounded &&
        (!slice->HasRoom(slice->transactions, i + 1) ||
         !slice->HasRoom(slice->applied, applied + transaction.applied_count) ||
         !slice->HasRoom(slice->uses, uses + transaction.use_count) ||
         !slice->HasRoom(slice->lines, lines + transaction.line_count()) ||
         !slice->HasRoom(slice->advices, advices + uint32_t{has_advice}))) {
      break;
    }
    GH_DCHECK(transaction.applied_count == 0 ||
                  transaction.first_applied.value() ==
                      slice->begin.applied.value() + slice->applied.size() + applied,
              "row=",
              begin + i);
    GH_DCHECK(
        transaction.use_count == 0 ||
            transaction.first_use.value() == slice->begin.uses.value() + slice->uses.size() + uses,
        "row=",
        begin + i);
    applied += transaction.applied_count;
    uses += transaction.use_count;
    lines += transaction.line_count();
    advices += uint32_t{has_advice};
  }
  const ArchiveMark& from = slice->begin;
  copy(applied_, from.applied, slice->applied.size(), applied, &slice->applied);
  copy(uses_, from.uses, slice->uses.size(), uses, &slice->uses);
  copy(lines_, from.lines, slice->lines.size(), lines, &slice->lines);
  copy(advices_, from.advices, slice->advices.size(), advices, &slice->advices);
  copy(transactions_, from.transactions, slice->transactions.size(), count, &slice->transactions);
  copied_until_ = TransactionRow{begin + count};
  return count;
}

std::vector<ArchiveMark> Ledger::StepsWithoutArchive(uint32_t rows_max, uint32_t step_rows) {
  const ArchiveMark& begin = globals().archived;
  const uint32_t count = std::min(rows_max, transactions_.size() + 1 - begin.transactions.value());
  copied_until_ = TransactionRow{begin.transactions.value() + count};
  copies_stale_ = false;
  const auto from = [](const auto& table, auto row) {
    return table.Contains(row) ? &table[row] : nullptr;
  };
  return ArchiveStepsOf(begin,
                        count,
                        ArchiveRows{from(transactions_, begin.transactions),
                                    from(applied_, begin.applied),
                                    from(uses_, begin.uses),
                                    from(lines_, begin.lines),
                                    from(advices_, begin.advices),
                                    transactions_.keeps_digest()},
                        step_rows);
}

size_t Ledger::TakeReleasedMemory(std::span<MemoryRange, kReleasedMax> ranges) {
  size_t count = 0;
  for (TableBase* const table : ArchivedTables()) {
    if (const MemoryRange range = table->TakeReleasedMemory(); range.size != 0) {
      ranges[count++] = range;
    }
  }
  return count;
}

// ---- Decide --------------------------------------------------------------------

void Decider::RowCounts::Add(const Transaction& transaction) {
  ++transactions;
  applied += transaction.applied_count;
  uses += transaction.use_count;
  lines += transaction.line_count();
  advices += uint32_t{transaction.advice() != AdviceRow{}};
}

// For transactions that are appended again: their counters are there.
bool Decider::HasRoomAgain(const RowCounts& rows) {
  const auto lacks = [](const TableBase& table, uint32_t more) {
    return table.size_max() - table.size() < more;
  };
  if (lacks(ledger_.transactions_, rows.transactions) || lacks(ledger_.applied_, rows.applied) ||
      lacks(ledger_.uses_, rows.uses) || lacks(ledger_.lines_, rows.lines) ||
      lacks(ledger_.advices_, rows.advices)) {
    Full(Field::kTransactions);
    return false;
  }
  return true;
}

// Refused when the copies, by which the mark was made, are not what is in memory.
void Decider::Archive() {
  const ArchiveMark& mark = *command_.archive;
  const ArchiveMark& before = ledger_.globals().archived;
  if (mark.transactions <= before.transactions || mark.transactions > ledger_.copied_until_ ||
      ledger_.copies_stale_) {
    result_->verdict = Verdict::kRefused;
    return;
  }
  RowCounts staying;
  for (TransactionRow row = before.transactions; row < mark.transactions;
       row = TransactionRow{row.value() + 1}) {
    const Transaction& transaction = ledger_.transactions_[row];
    if (StaysInMemory(transaction)) {
      staying.Add(transaction);
    }
  }
  if (HasRoomAgain(staying)) {
    event_->kind = EventKind::kArchived;
  }
}

// A request id has one transaction, so what has its id in memory is the transaction itself,
// or what took the id over from it.  It may be in the archive none the less: it is put there
// before it leaves.
void Decider::Thaw() {
  const Transaction& transaction = command_.thaw->transaction;
  const TransactionRow row = ledger_.FindTransaction(transaction.terminal, transaction.request_id);
  if (row != TransactionRow{} && (transaction.tombstone || !ledger_.transactions_[row].tombstone)) {
    result_->verdict = Verdict::kUnchanged;
    result_->row = row.value();
    return;
  }
  const bool imported = transaction.seq >= kImportedSeqFirst;
  const bool counted = !imported && !transaction.tombstone;
  if (!ledger_.terminals_.Contains(transaction.terminal) ||
      (!imported && transaction.seq > ledger_.applied_seq()) ||
      (counted && ledger_.globals().archived_count == 0)) {
    result_->verdict = Verdict::kRefused;  // it never left: the archive is another ledger's
    return;
  }
  if (StaysInMemory(transaction)) {
    result_->verdict = Verdict::kRefused;  // an open hold never left
    return;
  }
  RowCounts rows;
  rows.Add(transaction);
  if (HasRoomAgain(rows)) {
    event_->kind = EventKind::kThawed;
    event_->transaction_row = ledger_.transactions_.next();
    result_->row = event_->transaction_row.value();
  }
}

// ---- Evolve --------------------------------------------------------------------

// A new row, out of order, for a transaction that was decided before.  Indexes are the
// caller's.
TransactionRow Ledger::AppendAgain(const Transaction& transaction,
                                   const Applied* applied,
                                   const Use* uses,
                                   const Line* lines,
                                   const Advice* advice) {
  Transaction again = transaction;
  again.in_order = LastInOrder();
  again.first_applied = again.applied_count == 0 ? AppliedRow{} : applied_.next();
  again.first_use = again.use_count == 0 ? UseRow{} : uses_.next();
  const LineRow first_line = again.line_count() == 0 ? LineRow{} : lines_.next();
  const AdviceRow advice_row = advice == nullptr ? AdviceRow{} : advices_.next();
  const auto renumber = [&](auto& part) {
    part.first_line = first_line;
    part.advice = advice_row;
    part.returned = true;
  };
  if (again.IsAuthorization()) {
    renumber(again.progress);
  } else {
    renumber(again.reference);
  }
  for (uint32_t i = 0; i < again.applied_count; ++i) {
    applied_.Append(applied[i]);
  }
  for (uint32_t i = 0; i < again.use_count; ++i) {
    uses_.Append(uses[i]);
  }
  for (uint32_t i = 0; i < again.line_count(); ++i) {
    lines_.Append(lines[i]);
  }
  if (advice != nullptr) {
    Advice moved = *advice;
    moved.transaction = transactions_.next();
    advices_.Append(moved);
  }
  return transactions_.Append(again);
}

void Ledger::EvolveArchived(const ArchiveMark& mark) {
  const ArchiveMark before = globals().archived;
  GH_CHECK(mark.transactions > before.transactions && !(transactions_.next() < mark.transactions),
           "mark=",
           mark.transactions.value(),
           " before=",
           before.transactions.value());
  ArchiveMark end = before;
  uint64_t left = 0;
  for (TransactionRow row = before.transactions; row < mark.transactions;
       row = TransactionRow{row.value() + 1}) {
    const Transaction& transaction = transactions_[row];
    end.applied = AppliedRow{end.applied.value() + transaction.applied_count};
    end.uses = UseRow{end.uses.value() + transaction.use_count};
    end.lines = LineRow{end.lines.value() + transaction.line_count()};
    const AdviceRow advice = transaction.advice();
    end.advices = AdviceRow{end.advices.value() + uint32_t{advice != AdviceRow{}}};
    if (!StaysInMemory(transaction)) {
      left += uint64_t{!transaction.tombstone && transaction.seq < kImportedSeqFirst};
      continue;
    }
    const TransactionRow again = AppendAgain(transaction,
                                             &applied_[transaction.first_applied],
                                             &uses_[transaction.first_use],
                                             &lines_[transaction.first_line()],
                                             advice != AdviceRow{} ? &advices_[advice] : nullptr);
    request_index_.Replace(HashOf(transaction.request_id), row.value(), again.value());
    if (transaction.returned()) {
      returned_index_.Replace(HashOf(transaction.seq), row.value(), again.value());
    } else {
      returned_index_.Insert(HashOf(transaction.seq), again.value());
    }
    if (advice != AdviceRow{}) {
      IndexAdvice(transactions_[again].advice());
    }
    PushExpiry(again);
  }
  GH_CHECK(end.applied == mark.applied && end.uses == mark.uses && end.lines == mark.lines &&
               end.advices == mark.advices,
           "the mark's rows are not those of its transactions, mark=",
           mark.transactions.value());

  const std::array<uint32_t, kArchivedTables> firsts = FirstRowsOf(mark);
  const std::array<TableBase*, kArchivedTables> tables = ArchivedTables();
  for (size_t i = 0; i < kArchivedTables; ++i) {
    tables[i]->EvictBefore(firsts[i], mark.digests[i] - before.digests[i]);
  }
  SetFirstRows(mark);
  PopStaleExpiries();
  globals_table_.UpdateUndigested(kGlobalsRow, [&mark, left](Globals& globals) {
    globals.archived = mark;
    globals.archived.reserved = 0;
    globals.archived_count += left;
  });
}

void Ledger::SetFirstRows(const ArchiveMark& mark) {
  request_index_.set_first_row(mark.transactions.value());
  returned_index_.set_first_row(mark.transactions.value());
  advice_index_.set_first_row(mark.advices.value());
}

// Totals, batches, funds, counters and accounts have had it all along.
void Ledger::EvolveThawed(const Event& event) {
  const ArchivedTransaction& archived = *event.command->thaw;
  const Transaction& transaction = archived.transaction;
  GH_CHECK(!StaysInMemory(transaction), "an open hold was archived, seq=", transaction.seq);
  const TransactionRow before = FindTransaction(transaction.terminal, transaction.request_id);
  const bool is_advice = transaction.advice() != AdviceRow{};
  const TransactionRow row = AppendAgain(transaction,
                                         archived.applied.data(),
                                         archived.uses.data(),
                                         archived.lines.data(),
                                         is_advice ? &archived.advice : nullptr);
  GH_CHECK_EQ(row.value(), event.transaction_row.value());
  const uint64_t hash = HashOf(transaction.request_id);
  if (before == TransactionRow{}) {
    request_index_.Insert(hash, row.value());
  } else {
    GH_CHECK(transactions_[before].tombstone && !transaction.tombstone,
             "a transaction came back that is there, seq=",
             transaction.seq);
    request_index_.Replace(hash, before.value(), row.value());
  }
  if (transaction.tombstone) {
    return;  // nobody asks for it by its seq, which is its reversal's
  }
  returned_index_.Insert(HashOf(transaction.seq), row.value());
  if (is_advice) {
    IndexAdvice(transactions_[row].advice());
  }
  if (transaction.seq < kImportedSeqFirst) {
    GH_CHECK(globals().archived_count > 0, "seq=", transaction.seq);
    globals_table_.UpdateUndigested(kGlobalsRow,
                                    [](Globals& globals) { --globals.archived_count; });
  }
}

}  // namespace gonghui
