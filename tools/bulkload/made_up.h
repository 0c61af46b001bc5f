// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Transactions that nobody ever asked for, over a ledger's own terminals and cards: to
// see how a server does with a long past.  What gonghui-load would send for one of them
// is exactly what is stored, so that it can be asked again.

#ifndef GONGHUI_TOOLS_BULKLOAD_MADE_UP_H_
#define GONGHUI_TOOLS_BULKLOAD_MADE_UP_H_

#include <cstdint>
#include <string>

#include <absl/status/status.h>

#include "engine/domain/archive.h"
#include "engine/ledger/ledger.h"

namespace gonghui::bulkload {

class MadeUp {
 public:
  // `ledger` outlives this.  The same seed, ledger and numbers give the same ids.
  MadeUp(const Ledger& ledger, uint64_t seed) : ledger_(ledger), seed_(seed) {}

  // FAILED_PRECONDITION: there are no terminals or no cards to make any of.
  [[nodiscard]] absl::Status Check() const;

  // The one that gets the number `seq`, decided at `at`.
  void Fill(CommandSeq seq, TimestampNs at, ArchivedTransaction* out) const;

 private:
  const Ledger& ledger_;
  const uint64_t seed_;
};

}  // namespace gonghui::bulkload

#endif  // GONGHUI_TOOLS_BULKLOAD_MADE_UP_H_
