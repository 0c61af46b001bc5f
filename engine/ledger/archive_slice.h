// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// A run of the oldest transactions on its way to the archive: rows copied by the ledger
// thread (Ledger::CopyForArchive), everything else done by whoever then has the slice.
//
//   slice.Clear();
//   ledger.CopyForArchive(rows, &slice);            // ledger thread, some at a time
//   slice.ForEach([&](const ArchivedTransaction& transaction) { ... });  // stored, durable
//   for (const ArchiveMark& mark : slice.StepsOf(4096)) kArchive(mark);  // ledger thread
//
// Open holds are in the slice, but are not archived: they stay in memory, in new rows.
//
// Thread safety: one thread at a time.

#ifndef GONGHUI_ENGINE_LEDGER_ARCHIVE_SLICE_H_
#define GONGHUI_ENGINE_LEDGER_ARCHIVE_SLICE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "engine/domain/archive.h"

namespace gonghui {

struct ArchiveSlice {
  ArchiveMark begin;  // as the ledger's was
  std::vector<Transaction> transactions;
  std::vector<Applied> applied;
  std::vector<Use> uses;
  std::vector<Line> lines;
  std::vector<Advice> advices;
  // It takes no more than there is room for, so that copying never allocates.
  bool is_bounded = false;

  // Keeps the memory.
  void Clear();
  // Makes room for so many transactions of the common kind, and bounds the slice: fewer of
  // those that have more lines or uses.  One always has room.
  void Reserve(uint32_t transactions);
  template <class Row>
  [[nodiscard]] static bool HasRoom(const std::vector<Row>& rows, size_t more) {
    return more <= rows.capacity() - rows.size();
  }

  // Visits what goes to the archive, in order of rows.
  void ForEach(const std::function<void(const ArchivedTransaction&)>& visit) const;
  // ArchiveStepsOf() all of it.
  [[nodiscard]] std::vector<ArchiveMark> StepsOf(uint32_t rows) const;
};

// Rows of transactions side by side, with what they have, of which each kind follows that of
// the transaction before.
struct ArchiveRows {
  const Transaction* transactions = nullptr;
  const Applied* applied = nullptr;
  const Use* uses = nullptr;
  const Line* lines = nullptr;
  const Advice* advices = nullptr;
  bool digests = true;  // of the rows that leave are wanted in the marks
};
// Where memory begins after each `rows` of so many transactions from `begin`, or a sixteenth
// of that many that stay (each costs its ledger thread as much as a decision), and after the
// last.
[[nodiscard]] std::vector<ArchiveMark> ArchiveStepsOf(const ArchiveMark& begin,
                                                      uint32_t count,
                                                      const ArchiveRows& from,
                                                      uint32_t rows);

// However old it is.
[[nodiscard]] inline bool StaysInMemory(const Transaction& transaction) {
  return transaction.IsOpenHold();
}

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_LEDGER_ARCHIVE_SLICE_H_
