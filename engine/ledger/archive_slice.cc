// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/ledger/archive_slice.h"

#include <algorithm>
#include <cstddef>
#include <memory>

#include "engine/ledger/table.h"

namespace gonghui {

void ArchiveSlice::Clear() {
  begin = ArchiveMark{};
  transactions.clear();
  applied.clear();
  uses.clear();
  lines.clear();
  advices.clear();
}

void ArchiveSlice::Reserve(uint32_t count) {
  transactions.reserve(count);
  applied.reserve(size_t{count} * 2 + kSharesPerTransactionMax);
  uses.reserve(size_t{count} * 3 + kUsesPerTransactionMax);
  lines.reserve(size_t{count} + kLinesPerTransactionMax);
  advices.reserve(size_t{count} / 4 + 1);
  is_bounded = true;
}

void ArchiveSlice::ForEach(const std::function<void(const ArchivedTransaction&)>& visit) const {
  const auto whole = std::make_unique<ArchivedTransaction>();
  size_t next_applied = 0;
  size_t next_use = 0;
  size_t next_line = 0;
  size_t next_advice = 0;
  for (const Transaction& transaction : transactions) {
    const bool is_advice = transaction.advice() != AdviceRow{};
    if (!StaysInMemory(transaction)) {
      whole->transaction = transaction;
      whole->advice = is_advice ? advices[next_advice] : Advice{};
      std::copy_n(applied.data() + next_applied, transaction.applied_count, whole->applied.data());
      std::copy_n(uses.data() + next_use, transaction.use_count, whole->uses.data());
      std::copy_n(lines.data() + next_line, transaction.line_count(), whole->lines.data());
      visit(*whole);
    }
    next_applied += transaction.applied_count;
    next_use += transaction.use_count;
    next_line += transaction.line_count();
    next_advice += is_advice ? 1 : 0;
  }
}

std::vector<ArchiveMark> ArchiveSlice::StepsOf(uint32_t rows) const {
  return ArchiveStepsOf(
      begin,
      static_cast<uint32_t>(transactions.size()),
      ArchiveRows{transactions.data(), applied.data(), uses.data(), lines.data(), advices.data()},
      rows);
}

std::vector<ArchiveMark> ArchiveStepsOf(const ArchiveMark& begin,
                                        uint32_t count,
                                        const ArchiveRows& from,
                                        uint32_t rows) {
  std::vector<ArchiveMark> steps;
  ArchiveMark mark = begin;
  ArchiveRows next = from;
  // Rows leave the tables by number, as they were made: holds that stay leave, too, and are
  // other rows from then on.
  const auto leave = [&from](TableId table, auto* row, auto** copy, uint64_t* sum) {
    if (from.digests) {
      *sum += RowDigest(table, row->value(), **copy);
    }
    ++*copy;
    *row = std::remove_pointer_t<decltype(row)>{row->value() + 1};
  };
  const uint32_t staying_max = std::max(rows / 16, 1u);
  uint32_t in_step = 0;
  uint32_t staying = 0;
  for (uint32_t i = 0; i < count; ++i) {
    const Transaction& transaction = *next.transactions;
    for (uint32_t j = 0; j < transaction.applied_count; ++j) {
      leave(TableId::kApplied, &mark.applied, &next.applied, &mark.digests[1]);
    }
    for (uint32_t j = 0; j < transaction.use_count; ++j) {
      leave(TableId::kUses, &mark.uses, &next.uses, &mark.digests[2]);
    }
    for (uint32_t j = 0; j < transaction.line_count(); ++j) {
      leave(TableId::kLines, &mark.lines, &next.lines, &mark.digests[3]);
    }
    if (transaction.advice() != AdviceRow{}) {
      leave(TableId::kAdvices, &mark.advices, &next.advices, &mark.digests[4]);
    }
    leave(TableId::kTransactions, &mark.transactions, &next.transactions, &mark.digests[0]);
    staying += uint32_t{StaysInMemory(transaction)};
    if (++in_step == rows || staying == staying_max || i + 1 == count) {
      steps.push_back(mark);
      in_step = 0;
      staying = 0;
    }
  }
  return steps;
}

}  // namespace gonghui
