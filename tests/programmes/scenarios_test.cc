// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The union programmes as they would be applied, each with what its members do: every
// *.table of this folder runs against the ledger, a follower and the naive model.

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/tables/table_runner.h"

namespace gonghui {
namespace {

std::vector<std::string> Scenarios() {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(GONGHUI_PROGRAMMES_DIR)) {
    if (entry.path().extension() == ".table") {
      files.push_back(entry.path().stem().string());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

class ScenariosTest : public ::testing::TestWithParam<std::string> {
 protected:
  static void Run(BetweenRows between) {
    TableOptions options;
    options.folder = GONGHUI_PROGRAMMES_DIR;
    const std::string path = options.folder + "/" + GetParam() + ".table";
    const TableReport report =
        RunTable("tests/programmes/" + GetParam() + ".table", ReadFile(path), between, options);
    for (const std::string& error : report.errors) {
      ADD_FAILURE() << error;
    }
    EXPECT_GT(report.rows, 0);
    std::cout << GetParam() << ": " << report.rows << " rows in " << report.scenarios
              << " scenarios\n";
  }
};

TEST_P(ScenariosTest, Holds) {
  Run(BetweenRows::kNothing);
}

TEST_P(ScenariosTest, HoldsArchivedAndCrashed) {
  Run(BetweenRows::kArchiveAndCrash);
}

INSTANTIATE_TEST_SUITE_P(Programmes,
                         ScenariosTest,
                         ::testing::ValuesIn(Scenarios()),
                         [](const auto& scenario) {
                           std::string name = "P" + scenario.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace gonghui
