// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What must be answered, and what must be so, in a table.

#ifndef GONGHUI_TESTS_TABLES_TABLE_ANSWERS_H_
#define GONGHUI_TESTS_TABLES_TABLE_ANSWERS_H_

#include <cstdint>
#include <string>

#include "engine/ledger/ledger.h"
#include "tests/tables/table_commands.h"
#include "tests/tables/table_words.h"
#include "tests/testing/answer.h"

namespace gonghui {

// These fail when it is not as the words say.
void CheckAnswer(const Answer& answer, const GivenIds& given, RowWords& words);
void CheckEntitlements(const Answer& answer, RowWords& words);
// expect fund F held=0 ...
void Expect(const Ledger& ledger, TimestampNs now, const GivenIds& given, RowWords& row);

// When the row gives the key, what it is compared with what there is.
void Compare(RowWords& words, const char* key, int64_t got);
void Compare(RowWords& words, const char* key, const std::string& got);
void Compare(RowWords& words, const char* key, TimestampNs got);

}  // namespace gonghui

#endif  // GONGHUI_TESTS_TABLES_TABLE_ANSWERS_H_
