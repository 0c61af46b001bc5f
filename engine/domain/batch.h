// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Batches: what a terminal was answered between two closes, and how it compared (ISO 8583
// 5xx reconciliation, 批结算).

#ifndef GONGHUI_ENGINE_DOMAIN_BATCH_H_
#define GONGHUI_ENGINE_DOMAIN_BATCH_H_

#include <cstdint>

#include "engine/domain/calendar.h"
#include "engine/domain/ids.h"
#include "engine/domain/money.h"

namespace gonghui {

// Sums are of list prices, as captured, refunded and taken back.
struct Totals {
  uint32_t captures = 0;
  uint32_t refunds = 0;
  uint32_t reversals = 0;  // those that took back something captured, or a whole sale
  uint32_t reserved = 0;
  Fen captured;
  Fen subsidy;  // net: of captures, less that of refunds and reversals; beside `captured`,
                // because every sale changes both (Table::AddToWords)
  Fen refunded;
  Fen reversed;

  friend bool operator==(const Totals&, const Totals&) = default;
};
static_assert(sizeof(Totals) == 48);

// Row for row beside the terminals: what is not yet in a closed batch.
struct OpenBatch {
  Totals totals;
  TimestampNs queue_empty_at;  // the terminal's store was empty then; 0 = not known
  BatchRow last;               // the batch closed last; none = this is the first
  uint32_t reserved = 0;
};
static_assert(sizeof(OpenBatch) == 64);  // one cache line: every sale changes it

// A closed batch.
struct Batch {
  Totals ours;
  Totals theirs;
  TimestampNs opened_at;  // when the one before was closed; 0 = the first
  TimestampNs closed_at;
  TransactionRow transaction;  // the close's own
  TerminalRow terminal;
  BatchRow previous;    // of the terminal; none = this is the first
  uint32_t number = 0;  // of the terminal, from 1
  uint64_t reserved = 0;
};
static_assert(sizeof(Batch) == 136);

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_DOMAIN_BATCH_H_
