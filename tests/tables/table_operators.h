// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What an operator asks in a table.

#ifndef GONGHUI_TESTS_TABLES_TABLE_OPERATORS_H_
#define GONGHUI_TESTS_TABLES_TABLE_OPERATORS_H_

#include <string>
#include <vector>

#include "tests/tables/table_words.h"
#include "tests/testing/owned_command.h"

namespace gonghui {

OwnedCommand ReadAdmin(const std::string& verb, RowWords& row);
// The lines from "programme" to "end", without what must be answered.
OwnedCommand ReadProgramme(const std::vector<std::string>& block);

}  // namespace gonghui

#endif  // GONGHUI_TESTS_TABLES_TABLE_OPERATORS_H_
