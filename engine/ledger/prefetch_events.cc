// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Evolve() of a sale that was decided a moment ago finds all in the cache, for the decision
// has just looked at it.  Of events out of the journal it finds next to nothing: the slots of
// the request id and of the counters, these themselves, the merchant, the terminal's batch
// and the ends of the tables that grow.  For several events these are fetched side by side.

#include <algorithm>
#include <array>

#include "engine/ledger/keys.h"
#include "engine/ledger/ledger.h"

namespace gonghui {
namespace {

// Of all events together; most have two or three.
constexpr size_t kCountersAheadMax = 4 * Ledger::kPrefetchMax;

// A row that an event before it is yet to make is not there to be fetched, and one that
// never comes is Evolve()'s to complain about.
template <class Table, class Row>
void FetchIfThere(const Table& table, Row row) {
  if (table.Contains(row)) {
    table.Prefetch(row);
  }
}

}  // namespace

void Ledger::PrefetchEvents(std::span<const Event* const> events) const {
  GH_DCHECK(events.size() <= kPrefetchMax, "events=", events.size());
  std::array<uint64_t, kCountersAheadMax> counter_hashes;
  size_t counter_count = 0;
  uint32_t transactions_ahead = 0;
  uint32_t applied_ahead = 0;
  uint32_t uses_ahead = 0;
  for (const Event* const event : events) {
    FetchIfThere(transactions_, event->original.row);
    if (event->transaction_row != TransactionRow{}) {
      const Transaction& transaction = event->transaction;
      request_index_.Prefetch(HashOf(transaction.request_id));
      transactions_.PrefetchAppend(++transactions_ahead);
      FetchIfThere(merchants_, transaction.merchant);
      FetchIfThere(open_batches_, transaction.terminal);
    }
    for (uint32_t i = 0; i < event->share_count; ++i) {
      applied_.PrefetchAppend(++applied_ahead);
    }
    for (uint32_t i = 0; i < event->use_count; ++i) {
      const UseDelta& use = event->uses[i];
      uses_.PrefetchAppend(++uses_ahead);
      if (counter_count < counter_hashes.size() && limits_.Contains(use.limit)) {
        uint64_t& hash = counter_hashes[counter_count++];
        hash = HashOf(limits_[use.limit].series, use.subject, use.window);
        counter_index_.Prefetch(hash);
      }
    }
  }
  for (const Event* const event : events) {
    if (transactions_.Contains(event->original.row)) {
      const Transaction& original = transactions_[event->original.row];
      FetchIfThere(applied_, original.first_applied);
      FetchIfThere(uses_, original.first_use);
    }
  }
  uint32_t counters_ahead = 0;
  for (size_t i = 0; i < counter_count; ++i) {
    const CounterRow counter{counter_index_.Guess(counter_hashes[i])};
    if (counter != CounterRow{}) {
      counters_.Prefetch(counter);
    } else {
      counters_.PrefetchAppend(++counters_ahead);
    }
  }
  asm volatile("");  // see PrefetchBenefits()
}

}  // namespace gonghui
