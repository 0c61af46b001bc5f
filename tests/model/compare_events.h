// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What has happened beside sales, of the ledger against the model: vouchers, draws, what
// brought authorizations about and was said of them, contributions and what they cover.

#ifndef GONGHUI_TESTS_MODEL_COMPARE_EVENTS_H_
#define GONGHUI_TESTS_MODEL_COMPARE_EVENTS_H_

#include <string>

#include "engine/ledger/ledger.h"
#include "tests/model/naive_ledger.h"

namespace gonghui {

// Empty, or what is different.
std::string CompareEvents(const Ledger& ledger, const NaiveLedger& model);

}  // namespace gonghui

#endif  // GONGHUI_TESTS_MODEL_COMPARE_EVENTS_H_
