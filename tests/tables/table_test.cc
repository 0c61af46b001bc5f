// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Every *.table of this folder is a test; together they state every Reason.

#include <iostream>
#include <map>
#include <set>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "tests/tables/table_runner.h"
#include "tests/testing/names.h"

namespace gonghui {
namespace {

std::string StemOf(const std::string& path) {
  const size_t slash = path.rfind('/') + 1;
  return path.substr(slash, path.rfind('.') - slash);
}

// Relative to the repository, so that an editor finds it.
std::string ShortName(const std::string& path) {
  return "tests/tables/" + StemOf(path) + ".table";
}

// By path; each is run once.
const std::map<std::string, TableReport>& Reports() {
  static const std::map<std::string, TableReport> reports = [] {
    std::map<std::string, TableReport> all;
    for (const std::string& path : TableFiles()) {
      all.emplace(path, RunTable(ShortName(path), ReadFile(path)));
    }
    return all;
  }();
  return reports;
}

class TableTest : public ::testing::TestWithParam<std::string> {};

TEST_P(TableTest, Holds) {
  const TableReport report = RunTable(ShortName(GetParam()), ReadFile(GetParam()));
  for (const std::string& error : report.errors) {
    ADD_FAILURE() << error;
  }
  std::cout << ShortName(GetParam()) << ": " << report.rows << " rows in " << report.scenarios
            << " scenarios, " << report.reasons.size() << " reasons\n";
  EXPECT_GT(report.rows, 0);
}

// And so nobody notices an archive, nor a crash.
TEST_P(TableTest, HoldsWithAnArchive) {
  const TableReport report =
      RunTable(ShortName(GetParam()), ReadFile(GetParam()), BetweenRows::kArchive);
  for (const std::string& error : report.errors) {
    ADD_FAILURE() << error;
  }
}

TEST_P(TableTest, HoldsArchivedAndCrashed) {
  const TableReport report =
      RunTable(ShortName(GetParam()), ReadFile(GetParam()), BetweenRows::kArchiveAndCrash);
  for (const std::string& error : report.errors) {
    ADD_FAILURE() << error;
  }
}

INSTANTIATE_TEST_SUITE_P(Tables,
                         TableTest,
                         ::testing::ValuesIn(TableFiles()),
                         [](const auto& file) { return StemOf(file.param); });

// A new enumerator of reason.h does not get by without a row.
TEST(TablesTest, EveryReasonHasARow) {
  std::map<Reason, std::string> rows;
  int count = 0;
  for (const auto& [path, report] : Reports()) {
    rows.insert(report.reasons.begin(), report.reasons.end());
    count += report.rows;
  }
  for (const Reason reason : AllOf<Reason>()) {
    EXPECT_TRUE(rows.contains(reason)) << "no row of tests/tables states " << NameOf(reason)
                                       << ": add one, see tests/tables/README.md";
    if (rows.contains(reason)) {
      std::cout << NameOf(reason) << "\t" << rows.at(reason) << "\n";
    }
  }
  std::cout << count << " rows, " << rows.size() << " of " << AllOf<Reason>().size()
            << " reasons\n";
}

// Nor a branch of docs/decisions/0001-lifecycle.md, 0003-lines-advices-batches.md or
// 0005-codes.md.
TEST(TablesTest, EveryBranchHasARow) {
  std::map<NaivePath, std::string> rows;
  for (const auto& [path, report] : Reports()) {
    rows.insert(report.paths.begin(), report.paths.end());
  }
  for (const NaivePath path : AllOf<NaivePath>()) {
    EXPECT_TRUE(rows.contains(path)) << "no row of tests/tables goes " << NameOf(path);
    if (rows.contains(path)) {
      std::cout << NameOf(path) << "\t" << rows.at(path) << "\n";
    }
  }
}

// README.md names the scenarios that show a trap of the semantics, and no others.
TEST(TablesTest, ReadmeListsTheTraps) {
  std::set<std::string> shown;
  for (const auto& [path, report] : Reports()) {
    for (const std::string& title : report.titles) {
      if (title.starts_with("trap-")) {
        shown.insert(StemOf(path) + ".table: " + title);
      }
    }
  }
  // | trap-08 | `lifecycle.table` | a hold counts, a capture uses |
  std::set<std::string> listed;
  std::set<std::string> traps;
  std::istringstream readme(ReadFile(GONGHUI_TABLES_DIR "/README.md"));
  for (std::string line; std::getline(readme, line);) {
    if (!line.starts_with("| trap-")) {
      continue;
    }
    const std::string trap = line.substr(2, 7);
    traps.insert(trap);
    const size_t file = line.find('`');
    const size_t file_end = line.find("` | ");
    if (file == std::string::npos || file_end == std::string::npos) {
      continue;  // not a table's
    }
    const std::string title = line.substr(file_end + 4, line.rfind(" |") - file_end - 4);
    listed.insert(line.substr(file + 1, file_end - file - 1) + ": " + trap + " " + title);
  }
  EXPECT_EQ(traps.size(), 28u);
  EXPECT_EQ(listed, shown);
}

// ---- The runner itself: a table that is wrong says where ------------------------

std::string FirstError(const std::string& text) {
  const TableReport report = RunTable("x.table", text);
  return report.errors.empty() ? "" : report.errors.front();
}

constexpr const char* kWorld = R"(member M1
card C1 member=M1
merchant S1
terminal T1
fund F budget=100
programme p
  benefit b price=1 fund=F
end
)";

TEST(TableRunnerTest, SaysFileLineExpectedAndGot) {
  const std::string error =
      FirstError(std::string(kWorld) + "auth K1 C1 T1 price=10 -> approved pays=2 subsidy=9\n");
  EXPECT_TRUE(error.starts_with("x.table:9: pays: expected 2, got 1")) << error;
}

TEST(TableRunnerTest, RefusesWhatItDoesNotKnow) {
  EXPECT_NE(FirstError("frobnicate X\n").find("not a verb"), std::string::npos);
  EXPECT_NE(FirstError("member M1 shoes=2\n").find("shoes="), std::string::npos);
  EXPECT_NE(FirstError(std::string(kWorld) + "auth K1 C1 T1 price=1\n").find("what is answered"),
            std::string::npos);
  EXPECT_NE(FirstError(std::string(kWorld) + "auth K1 C1 T1 price=9 -> approved reason=because\n")
                .find("'because'"),
            std::string::npos);
  EXPECT_NE(
      FirstError(std::string(kWorld) + "increment I1 T1 of=K1 -> approved\n").find("not a number"),
      std::string::npos);
  EXPECT_NE(FirstError(std::string(kWorld) + "auth K1 C1 T1 lines=cola:1 -> approved\n")
                .find("not pieces*item:price"),
            std::string::npos);
  EXPECT_NE(FirstError(std::string(kWorld) + "refund F1 T1 of=K1 lines=1 -> approved\n")
                .find("not line:pieces"),
            std::string::npos);
  EXPECT_NE(FirstError(std::string(kWorld) + "close B1 T1 totals=1:2 -> approved\n")
                .find("not captures:fen"),
            std::string::npos);
  EXPECT_NE(FirstError(std::string(kWorld) + "close B1 T1 -> approved\n")
                .find("in_balance or out_of_balance"),
            std::string::npos);
  EXPECT_NE(FirstError("at 2026-06-01\nat 2026-05-01\n").find("never goes back"),
            std::string::npos);
  EXPECT_NE(FirstError("programme p\n").find("without 'end'"), std::string::npos);
}

TEST(TableRunnerTest, EveryScenarioBeginsWithThePrologue) {
  const TableReport report = RunTable("x.table",
                                      std::string(kWorld) +
                                          "scenario one\n"
                                          "auth K1 C1 T1 price=101 -> approved subsidy=100\n"
                                          "scenario two\n"
                                          "expect fund F left=100  // as if nothing had been\n");
  EXPECT_EQ(report.scenarios, 2);
  EXPECT_TRUE(report.errors.empty()) << report.errors.front();
}

}  // namespace
}  // namespace gonghui
