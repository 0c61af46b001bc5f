// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Broken programme files, each with the exact text its author reads: the cases of
// *.txt beside this file.  README.md tells their form.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <ostream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "engine/programmes/compiler.h"

namespace gonghui {
namespace {

using Lines = std::vector<std::string>;

// Lines that are taken out, and those that come in their place.
struct Hunk {
  Lines out;
  Lines in;
};

struct BrokenFile {
  std::string where;  // theme and line
  std::string name;
  Lines base;
  std::vector<Hunk> hunks;
  std::string expected;
};

std::ostream& operator<<(std::ostream& stream, const BrokenFile& broken) {
  return stream << broken.where << " " << broken.name;
}

std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

Lines LinesOf(const std::string& text) {
  Lines lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    lines.push_back(line);
  }
  return lines;
}

std::string TextOf(const Lines& lines) {
  std::string text;
  for (const std::string& line : lines) {
    text += line + "\n";
  }
  return text;
}

// "Name (shape)" -> "Name".
std::string NameOf(std::string_view title) {
  return std::string(title.substr(0, title.find(' ')));
}

void AddLine(const std::string& line, bool* in_replacement, BrokenFile* broken) {
  const bool out = line.front() == '-';
  if (!out && line.front() != '+') {
    broken->expected += line + "\n";
    return;
  }
  if (broken->hunks.empty() || (out && *in_replacement)) {
    broken->hunks.emplace_back();
  }
  *in_replacement = !out;
  Hunk& hunk = broken->hunks.back();
  (out ? hunk.out : hunk.in).push_back(line.substr(1));
}

std::vector<BrokenFile> CasesOf(const std::filesystem::path& theme) {
  constexpr std::string_view kBase = "base: ";
  constexpr std::string_view kCase = "== ";
  std::vector<BrokenFile> cases;
  Lines base;
  bool in_replacement = false;
  size_t number = 0;
  for (const std::string& line : LinesOf(ReadFile(theme))) {
    ++number;
    if (line.rfind(kBase, 0) == 0) {
      base = LinesOf(ReadFile(theme.parent_path() / line.substr(kBase.size())));
    } else if (line.rfind(kCase, 0) == 0) {
      BrokenFile& broken = cases.emplace_back();
      broken.where = theme.filename().string() + ":" + std::to_string(number);
      broken.name = NameOf(std::string_view(line).substr(kCase.size()));
      broken.base = base;
      in_replacement = false;
    } else if (!line.empty() && !cases.empty()) {
      AddLine(line, &in_replacement, &cases.back());
    }
  }
  return cases;
}

std::vector<std::filesystem::path> Themes() {
  std::vector<std::filesystem::path> themes;
  for (const auto& entry : std::filesystem::directory_iterator(GONGHUI_BROKEN_FILES_DIR)) {
    if (entry.path().extension() == ".txt" && entry.path().filename() != "CMakeLists.txt") {
      themes.push_back(entry.path());
    }
  }
  std::sort(themes.begin(), themes.end());
  return themes;
}

std::vector<BrokenFile> AllCases() {
  std::vector<BrokenFile> all;
  for (const std::filesystem::path& theme : Themes()) {
    for (BrokenFile& broken : CasesOf(theme)) {
      all.push_back(std::move(broken));
    }
  }
  return all;
}

// The base with its hunks; the whole file when nothing is taken out of the base.
std::string TextOf(const BrokenFile& broken) {
  Lines lines = broken.base;
  for (const Hunk& hunk : broken.hunks) {
    if (hunk.out.empty()) {
      return TextOf(hunk.in);
    }
    const auto at = std::search(lines.begin(), lines.end(), hunk.out.begin(), hunk.out.end());
    EXPECT_NE(at, lines.end()) << broken << ": its base has no\n" << TextOf(hunk.out);
    if (at == lines.end()) {
      continue;
    }
    EXPECT_EQ(std::search(at + 1, lines.end(), hunk.out.begin(), hunk.out.end()), lines.end())
        << broken << ": its base has more than one\n"
        << TextOf(hunk.out);
    const auto gap = lines.erase(at, at + static_cast<ptrdiff_t>(hunk.out.size()));
    lines.insert(gap, hunk.in.begin(), hunk.in.end());
  }
  return TextOf(lines);
}

std::string RenderAll(const CompileOutcome& outcome) {
  constexpr std::string_view kFile = "f";
  std::string text;
  for (const Diagnostic& diagnostic : outcome.diagnostics) {
    text += Render(diagnostic, kFile).substr(kFile.size() + 1) + "\n";
  }
  return text;
}

class BrokenFileTest : public testing::TestWithParam<BrokenFile> {};

TEST_P(BrokenFileTest, SaysWhatIsWrong) {
  const BrokenFile& broken = GetParam();
  const std::string text = TextOf(broken);
  const CompileOutcome outcome = Compile(text);
  EXPECT_FALSE(outcome.ok());
  EXPECT_EQ(RenderAll(outcome), broken.expected) << broken << "\n" << text;
}

INSTANTIATE_TEST_SUITE_P(All, BrokenFileTest, testing::ValuesIn(AllCases()), [](const auto& test) {
  return test.param.name;
});

TEST(BrokenFilesTest, TheBasesAreGood) {
  for (const char* base : {"plain.yaml", "rich.yaml", "asks.yaml"}) {
    const auto path = std::filesystem::path(GONGHUI_BROKEN_FILES_DIR) / base;
    EXPECT_EQ(RenderAll(Compile(ReadFile(path))), "") << base;
  }
}

TEST(BrokenFilesTest, NoNameStandsTwice) {
  std::map<std::string, std::string> seen;
  for (const BrokenFile& broken : AllCases()) {
    const auto [first, added] = seen.insert({broken.name, broken.where});
    EXPECT_TRUE(added) << broken << " is in " << first->second << " as well";
  }
  EXPECT_GT(seen.size(), 300U);
}

}  // namespace
}  // namespace gonghui
