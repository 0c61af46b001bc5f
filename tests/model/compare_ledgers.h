// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// A ledger against the naive model: each answers empty, or what is different.

#ifndef GONGHUI_TESTS_MODEL_COMPARE_LEDGERS_H_
#define GONGHUI_TESTS_MODEL_COMPARE_LEDGERS_H_

#include <string>

#include "engine/ledger/ledger.h"
#include "tests/model/naive_ledger.h"
#include "tests/testing/answer.h"

namespace gonghui {

// Funds, counters, open batches and merchants' accounts.
std::string CompareTotals(const Ledger& ledger, const NaiveLedger& model);

// What a repeat and an inquiry would be told of each transaction.
// REQUIRES: none of them is in the archive.
std::string CompareTransactions(const Ledger& ledger, const NaiveLedger& model);

// The model tells everything; what is told has a limit.
void TruncateLikeTheLedger(Answer* answer);

// The invariant that does not hold, with its row; empty when all do, as far as they can
// be seen without what is in the archive.
std::string BrokenInvariant(const Ledger& ledger);

}  // namespace gonghui

#endif  // GONGHUI_TESTS_MODEL_COMPARE_LEDGERS_H_
