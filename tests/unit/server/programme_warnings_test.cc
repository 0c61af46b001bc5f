// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Of a file that compiles.  What asks the ledger is in tests/e2e/server/warnings_e2e_test.cc.

#include "engine/server/programme_warnings.h"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/programmes/compiler.h"
#include "tests/unit/programmes/both_languages.h"

namespace gonghui {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

CompiledFile Compiled(const std::string& text) {
  CompileOutcome outcome = Compile(text);
  EXPECT_TRUE(outcome.ok()) << Render(outcome.diagnostics.front(), "test") << "\n" << text;
  return outcome.ok() ? *std::move(outcome.file) : CompiledFile{};
}

// A benefit beside one that is said to be somewhere.
CompiledFile FileWith(const std::string& benefit) {
  return Compiled(R"(gonghui: 1
programme: {code: p, name: 项目, zone: Asia/Shanghai, starts: 2026-01-01, until: 2027-01-01}
funds:
  - {code: money, name: 资金, budget: 100 yuan}
groups:
  - {code: chain, name: 连锁店, merchants: [SHOP-1]}
benefits:
  - {code: chained, name: 连锁店, at: {groups: [chain]}, price: {percent_off: 5}, funding: {fund: money}}
  - {code: tried, name: 试, price: {percent_off: 10}, funding: {fund: money}, )" +
                  benefit + "}\n");
}

WarningRows WarningsOf(const CompiledFile& file, std::optional<TimestampNs> from = {}) {
  WarningRows warnings;
  AddWarnings(file, from, &warnings);
  for (const v1::Diagnostic& warning : warnings) {
    EXPECT_TRUE(InBothLanguages(Words(warning.message(), warning.message_zh())));
    EXPECT_TRUE(InBothLanguages(Words(warning.hint(), warning.hint_zh())));
  }
  return warnings;
}

std::vector<std::string> PathsOf(const WarningRows& warnings) {
  std::vector<std::string> paths;
  for (const v1::Diagnostic& warning : warnings) {
    paths.push_back(warning.path());
  }
  return paths;
}

std::vector<std::string> PathsWith(const std::string& benefit) {
  return PathsOf(WarningsOf(FileWith(benefit)));
}

TEST(ProgrammeWarningsTest, ABenefitThatIsEverywhere) {
  const WarningRows warnings = WarningsOf(FileWith("for: {real_name: false}"));
  ASSERT_EQ(warnings.size(), 1);
  EXPECT_EQ(warnings[0].line(), 9U);
  EXPECT_EQ(warnings[0].column(), 12U);
  EXPECT_EQ(warnings[0].path(), "benefits[1].code");
  EXPECT_EQ(warnings[0].message(),
            "the benefit 'tried' is offered at every merchant: a sale that has nothing to do with "
            "it may use it up, or be refused because of it");
  EXPECT_EQ(warnings[0].hint(),
            "say where with 'at'; if every place is meant, list all kinds of terminal there");
  EXPECT_EQ(warnings[0].message_zh(),
            "优惠 'tried' 没有写在哪里，对所有商户都有效：无关的交易可能用掉它，或因它被拒绝");
  EXPECT_EQ(warnings[0].hint_zh(),
            "请用 'at' 写明在哪里；确实处处有效的，请在其中列出所有终端种类");
}

TEST(ProgrammeWarningsTest, OnePlaceOrKindOfPlaceIsEnough) {
  for (const char* at : {"{mcc: [5411]}",
                         "{merchants: [SHOP-1]}",
                         "{groups: [chain]}",
                         "{union: CITY}",
                         "{terminal_ids: [T1]}",
                         "{terminals: [online]}",
                         "{terminals: [pos, gate, vending, online, office]}"}) {
    EXPECT_THAT(PathsWith(std::string("at: ") + at), IsEmpty()) << at;
  }
}

// Each of these leaves a say in sales that have nothing to do with the benefit, but for a claim,
// which no sale ever is.
TEST(ProgrammeWarningsTest, WhatDoesNotMakeThePlacePlain) {
  for (const char* terms : {"at: {items: {any_of: [towel]}}",
                            "for: {segments_any: [courier], union: CITY}",
                            "when: {weekdays: [mon]}",
                            "voucher: gift",
                            "when: {hours: [\"08:00-11:00\"]}, slots: {minutes: 30, places: 1, "
                            "ahead: 30d}"}) {
    EXPECT_THAT(PathsWith(terms), ElementsAre("benefits[1].code")) << terms;
  }
  EXPECT_THAT(PathsWith("claim: {within: 90d}"), IsEmpty());
}

TEST(ProgrammeWarningsTest, CasesOfAPriceAreOneBenefit) {
  EXPECT_THAT(PathsOf(WarningsOf(Compiled(R"(gonghui: 1
programme: {code: p, name: 项目, zone: Asia/Shanghai, starts: 2026-01-01, until: 2027-01-01}
benefits:
  - code: check
    name: 体检
    price_by:
      - {sex: male, price: {free: true}}
      - {price: {free: true}}
)"))),
              ElementsAre("benefits[0].code"));
}

// What is over does no harm any more, wherever it is.
TEST(ProgrammeWarningsTest, OfWhatIsOverNothingElseIsTold) {
  const CompiledFile file = FileWith("when: {until: 2026-03-01}");
  const auto on = [&file](int32_t month, int32_t day) {
    return StartOfBusinessDay(file.programme.calendar, DayOf(CivilDate{2026, month, day}));
  };
  EXPECT_THAT(WarningsOf(file, on(2, 28))[0].message(), HasSubstr("every merchant"));
  const WarningRows over = WarningsOf(file, on(3, 1));
  ASSERT_EQ(over.size(), 1);
  EXPECT_EQ(over[0].message(),
            "the benefit 'tried' is over when the programme becomes active: it ends with 'until' "
            "2026-03-01");
  EXPECT_EQ(over[0].message_zh(), "项目生效时，优惠 'tried' 已经结束：它的 'until' 是 2026-03-01");
  EXPECT_THAT(PathsOf(WarningsOf(file, file.programme.ends_at)), ElementsAre("programme.until"));
}

// They have said where, and are live for years: nothing of what unions do is warned of.
TEST(ProgrammeWarningsTest, TheProgrammesThatRunGiveNone) {
  size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(GONGHUI_PROGRAMMES_DIR)) {
    if (entry.path().extension() == ".yaml") {
      std::ifstream stream(entry.path());
      std::ostringstream text;
      text << stream.rdbuf();
      EXPECT_THAT(PathsOf(WarningsOf(Compiled(text.str()))), IsEmpty()) << entry.path();
      ++count;
    }
  }
  EXPECT_GE(count, 13U);
}

}  // namespace
}  // namespace gonghui
