// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Runs scenario tables: rows of text that say what is asked and what must be
// answered, one after another against one ledger (and the naive model beside it,
// which must say the same).  README.md describes the language.

#ifndef GONGHUI_TESTS_TABLES_TABLE_RUNNER_H_
#define GONGHUI_TESTS_TABLES_TABLE_RUNNER_H_

#include <map>
#include <set>
#include <string>
#include <vector>

#include "engine/domain/reason.h"
#include "engine/ledger/ledger.h"
#include "tests/model/ledger_pair.h"
#include "tests/model/naive_path.h"

namespace gonghui {

struct TableReport {
  int scenarios = 0;
  int rows = 0;
  // Reasons that a row states, each with the first such row as file:line.
  std::map<Reason, std::string> reasons;
  // Branches of the model that a row went, each with the first such row.
  std::map<NaivePath, std::string> paths;
  // What follows the word "scenario".
  std::vector<std::string> titles;
  // "file:line: what is wrong", the first of each scenario.
  std::vector<std::string> errors;
};

// What happens between the rows, of which no answer may tell.
enum class BetweenRows {
  kNothing,
  kArchive,          // all that may leave memory does, after every command
  kArchiveAndCrash,  // the same, and after some all is made again from events and photos
};

struct TableOptions {
  std::string folder;  // of the programme files that it names
  LedgerLimits limits = LedgerPair::SmallLimits();
};

// Runs the table in `text`; `file` is what errors call it.
TableReport RunTable(const std::string& file,
                     const std::string& text,
                     BetweenRows between = BetweenRows::kNothing,
                     const TableOptions& options = {});

// The table files of this folder, sorted.
std::vector<std::string> TableFiles();
// REQUIRES: it can be read.
std::string ReadFile(const std::string& path);

}  // namespace gonghui

#endif  // GONGHUI_TESTS_TABLES_TABLE_RUNNER_H_
