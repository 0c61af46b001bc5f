// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The archive: transactions that have left memory, whole, with all that belongs to them.
// docs/decisions/0004-archive.md says how they leave and how they come back.

#ifndef GONGHUI_ENGINE_DOMAIN_ARCHIVE_H_
#define GONGHUI_ENGINE_DOMAIN_ARCHIVE_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "engine/domain/advice.h"
#include "engine/domain/calendar.h"
#include "engine/domain/ids.h"
#include "engine/domain/limits.h"
#include "engine/domain/line.h"
#include "engine/domain/money.h"
#include "engine/domain/transaction.h"

namespace gonghui {

// The tables whose oldest rows leave, in the order of ArchiveMark::digests.
inline constexpr size_t kArchivedTables = 5;  // transactions, applied, uses, lines, advices

// Sequences from here on are not the ledger's: transactions of another system, which a
// loader put into the archive.  No total has them, and no count of what is archived.
inline constexpr CommandSeq kImportedSeqFirst{uint64_t{1} << 49};

// Where memory begins: of each table the first row that has not left.
struct ArchiveMark {
  TransactionRow transactions{1};
  AppliedRow applied{1};
  UseRow uses{1};
  LineRow lines{1};
  AdviceRow advices{1};
  uint32_t reserved = 0;
  // By table: the sum of the digests of all rows before these, each as it was when it left.
  std::array<uint64_t, kArchivedTables> digests{};

  friend bool operator==(const ArchiveMark&, const ArchiveMark&) = default;
};
static_assert(sizeof(ArchiveMark) == 64);

// A transaction with its rows.  Row numbers of the five tables above that it carries
// (first_applied, first_use, first_line, advice) are those that it had, and mean nothing
// any more; what it names of other tables never moves.
struct ArchivedTransaction {
  Transaction transaction;
  Advice advice;  // when transaction.advice() is not none
  std::array<Applied, kSharesPerTransactionMax> applied;
  std::array<Use, kUsesPerTransactionMax> uses;
  std::array<Line, kLinesPerTransactionMax> lines;
};

// What tells an advice that comes again under a new request id, in words that do not
// depend on the ledger's rows (0003-lines-advices-batches.md).
struct AdviceName {
  TerminalId terminal;
  uint32_t sequence = 0;
  CivilDay business_day = 0;
  TransactionKind kind = TransactionKind::kAuthorization;
  Fen amount;       // a sale's list price, a capture's asked amount or 0
  CardNumber card;  // of a sale
  // A capture's, as it names them.
  TransactionId original;
  RequestId original_request_id;

  friend bool operator==(const AdviceName&, const AdviceName&) = default;
};

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_DOMAIN_ARCHIVE_H_
