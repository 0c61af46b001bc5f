// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// docs/PROGRAMMES.md says nothing that is not so: every programme and part of one in it
// compiles, every row is answered as it says, and what is wrong there is told as shown.
//
//   ```yaml           a whole file
//   ```yaml benefit   a benefit, put into a file with what it names
//   ```yaml limits    limits, likewise
//   ```table          rows for the whole file before it (tests/tables/README.md)
//   ```yaml of FILE    a part of a file of tests/programmes, as it stands there
//   ```table of FILE   likewise of its scenario
//   ```broken         a file with errors, and after it in ```text what is told
//   ```sh             commands: guide_commands_test.py

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "engine/programmes/compiler.h"
#include "tests/tables/table_runner.h"

namespace gonghui {
namespace {

struct Block {
  std::string kind;  // what stands behind the fence
  std::string text;
  int line = 0;
};

std::vector<Block> BlocksOf(const std::string& text) {
  std::vector<Block> blocks;
  std::istringstream stream(text);
  bool inside = false;
  int number = 0;
  for (std::string line; std::getline(stream, line);) {
    ++number;
    if (line.starts_with("```")) {
      inside = !inside;
      if (inside) {
        blocks.push_back({line.substr(3), "", number});
      }
    } else if (inside) {
      blocks.back().text += line + "\n";
    }
  }
  EXPECT_FALSE(inside) << "a fence is not closed";
  return blocks;
}

constexpr const char* kHead =
    "gonghui: 1\n"
    "programme: {code: p, name: P, zone: Asia/Shanghai, starts: 2026-01-01, until: 2027-01-01}\n";
constexpr const char* kFunds =
    "funds:\n  - {code: union-2026, name: 工会资金, budget: 10000 yuan}\n";

std::string Indented(const std::string& text) {
  std::istringstream stream(text);
  std::string indented;
  for (std::string line; std::getline(stream, line);) {
    indented += "  " + line + "\n";
  }
  return indented;
}

// With the codes of the limits that the text declares.
std::string FileWithLimits(const std::string& limits) {
  std::string codes;
  for (size_t at = limits.find("code: "); at != std::string::npos;
       at = limits.find("code: ", at + 1)) {
    codes += (codes.empty() ? "" : ", ") + limits.substr(at + 6, limits.find(',', at) - at - 6);
  }
  return std::string(kHead) + kFunds + limits +
         "benefits:\n  - {code: b, name: B, at: {mcc: [5411]}, price: {percent_off: 10}, "
         "funding: {fund: union-2026}, limits: [" +
         codes + "]}\n";
}

// As gonghuictl prints it.
std::string Rendered(const std::string& text, const std::string& name) {
  std::string rendered;
  for (const Diagnostic& diagnostic : Compile(text).diagnostics) {
    rendered += Render(diagnostic, name) + "\n  " + RenderZh(diagnostic) + "\n";
  }
  return rendered;
}

// What every table may count on, unless it says otherwise itself.
std::string Beginning(const std::string& table) {
  std::string rows =
      "merchant SHOP-1 mcc=5411\nmerchant SHOP-2 mcc=5411\nmerchant SHOP-3 mcc=5411\n"
      "terminal T1 merchant=SHOP-1\nterminal T3 merchant=SHOP-3\nfile programme.yaml -> ok\n";
  if (table.find("member M1") == std::string::npos) {
    rows += "member M1\ncard C1 member=M1\n";
  }
  return rows;
}

class GuideTest : public ::testing::Test {
 protected:
  void SetUp() override {
    // One of its own: tests run side by side, and each removes it in the end.
    const char* const test = ::testing::UnitTest::GetInstance()->current_test_info()->name();
    folder_ = std::filesystem::path(::testing::TempDir()) / ("gonghui_guide_" + std::string(test));
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void Check(const Block& block) {
    SCOPED_TRACE("docs/PROGRAMMES.md:" + std::to_string(block.line));
    if (block.kind == "yaml") {
      EXPECT_EQ(Rendered(block.text, "programme.yaml"), "");
      std::ofstream(folder_ / "programme.yaml") << block.text;
      ++programmes_;
    } else if (block.kind == "yaml benefit") {
      const std::string file = kHead + std::string(kFunds) + "benefits:\n" + Indented(block.text);
      EXPECT_EQ(Rendered(file, "programme.yaml"), "") << file;
    } else if (block.kind == "yaml limits") {
      const std::string file = FileWithLimits(block.text);
      EXPECT_EQ(Rendered(file, "programme.yaml"), "") << file;
    } else if (block.kind == "table") {
      TableOptions options;
      options.folder = folder_.string();
      const std::string beginning = Beginning(block.text);
      const TableReport report = RunTable(
          "the rows at docs/PROGRAMMES.md:" + std::to_string(block.line) + ", with a beginning",
          beginning + block.text,
          BetweenRows::kNothing,
          options);
      for (const std::string& error : report.errors) {
        ADD_FAILURE() << error;
      }
      ++tables_;
    } else if (const size_t of = block.kind.find(" of "); of != std::string::npos) {
      // What it says is run by scenarios_test.
      const std::string file = block.kind.substr(of + 4);
      const std::string text = ReadFile(std::string(GONGHUI_PROGRAMMES_DIR) + "/" + file);
      EXPECT_NE(text.find(block.text), std::string::npos) << "not so in " << file;
      examples_ += block.kind.starts_with("yaml") ? 1 : 0;
    } else if (block.kind == "broken") {
      told_ = Rendered(block.text, "wrong.yaml");
      EXPECT_NE(told_, "");
      ++broken_;
      ++untold_;
    } else if (block.kind == "text") {
      EXPECT_EQ(block.text, told_);
      --untold_;
    } else {
      EXPECT_EQ(block.kind, "sh");
    }
  }

  std::filesystem::path folder_;
  std::string told_;
  int programmes_ = 0;
  int tables_ = 0;
  int examples_ = 0;
  int broken_ = 0;
  int untold_ = 0;
};

TEST_F(GuideTest, EverySnippetIsAsItSays) {
  for (const Block& block : BlocksOf(ReadFile(GONGHUI_GUIDE_FILE))) {
    Check(block);
  }
  EXPECT_GE(programmes_, 7);
  EXPECT_GE(tables_, 6);
  EXPECT_EQ(examples_, 13);
  EXPECT_EQ(broken_, 1);
  EXPECT_EQ(untold_, 0) << "what is told of a broken file stands behind it";
}

// Every example that it names is there.
TEST_F(GuideTest, LinksLeadSomewhere) {
  const std::string text = ReadFile(GONGHUI_GUIDE_FILE);
  const std::filesystem::path docs = std::filesystem::path(GONGHUI_GUIDE_FILE).parent_path();
  int links = 0;
  for (size_t at = text.find("]("); at != std::string::npos; at = text.find("](", at + 1)) {
    std::string target = text.substr(at + 2, text.find(')', at) - at - 2);
    if (target.starts_with('#') || target.starts_with("http")) {
      continue;
    }
    target = target.substr(0, target.find('#'));
    EXPECT_TRUE(std::filesystem::exists(docs / target)) << target;
    ++links;
  }
  EXPECT_GE(links, 10);
}

}  // namespace
}  // namespace gonghui
