// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Broken programme files, each with the exact text its author reads, in English and by sample
// in Chinese: the cases of *.txt beside this file.  README.md tells their form.

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <map>
#include <ostream>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/programmes/compiler.h"
#include "tests/unit/programmes/both_languages.h"

namespace gonghui {
namespace {

using testing::IsSupersetOf;

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
  std::map<size_t, std::string> expected_zh;  // by finding, of those that are given
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

constexpr std::string_view kChinese = "  ";  // begins a line that is the one above in Chinese

void AddLine(const std::string& line, bool* in_replacement, BrokenFile* broken) {
  if (line.starts_with(kChinese)) {
    const auto findings = std::count(broken->expected.begin(), broken->expected.end(), '\n');
    ASSERT_GT(findings, 0) << *broken << ": nothing stands above " << line;
    broken->expected_zh[static_cast<size_t>(findings) - 1] = line.substr(kChinese.size());
    return;
  }
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

// What stands in 'quotes', which are none within a word: in "the benefit's own" there is nothing.
std::set<std::string> QuotedIn(std::string_view text) {
  const auto in_word = [&](size_t at) {
    return at < text.size() && std::isalnum(static_cast<unsigned char>(text[at])) != 0;
  };
  std::set<std::string> quoted;
  size_t open = std::string_view::npos;
  for (size_t at = text.find('\''); at != text.npos; at = text.find('\'', at + 1)) {
    if (open == text.npos && !in_word(at - 1)) {
      open = at;
    } else if (open != text.npos && !in_word(at + 1)) {
      quoted.insert(std::string(text.substr(open + 1, at - open - 1)));
      open = text.npos;
    }
  }
  return quoted;
}

class BrokenFileTest : public testing::TestWithParam<BrokenFile> {};

TEST_P(BrokenFileTest, SaysWhatIsWrong) {
  const BrokenFile& broken = GetParam();
  const std::string text = TextOf(broken);
  const CompileOutcome outcome = Compile(text);
  EXPECT_FALSE(outcome.ok());
  EXPECT_EQ(RenderAll(outcome), broken.expected) << broken << "\n" << text;
  for (const auto& [finding, chinese] : broken.expected_zh) {
    ASSERT_LT(finding, outcome.diagnostics.size()) << broken;
    EXPECT_EQ(RenderZh(outcome.diagnostics[finding]), chinese) << broken;
  }
}

// The same in both languages: whoever reads the one looks for the same words in the file.
TEST_P(BrokenFileTest, SaysItInChineseAsWell) {
  const BrokenFile& broken = GetParam();
  for (const Diagnostic& diagnostic : Compile(TextOf(broken)).diagnostics) {
    for (const Words* const words : {&diagnostic.message, &diagnostic.hint}) {
      EXPECT_EQ(words->zh.empty(), words->en.empty()) << broken << ": " << words->en;
      // The Chinese may quote more, such as the key that the English only means.
      EXPECT_THAT(QuotedIn(words->zh), IsSupersetOf(QuotedIn(words->en))) << broken;
    }
    EXPECT_TRUE(InBothLanguages(diagnostic.message)) << broken;
    // A hint may be keys and words of the language alone.
    EXPECT_TRUE(diagnostic.hint.zh == diagnostic.hint.en || HoldsChinese(diagnostic.hint.zh))
        << broken << ": " << diagnostic.hint.zh;
  }
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

TEST(BrokenFilesTest, EveryThemeHasASampleInChinese) {
  std::map<std::string, size_t> given;
  for (const BrokenFile& broken : AllCases()) {
    given[broken.where.substr(0, broken.where.find(':'))] += broken.expected_zh.size();
  }
  for (const auto& [theme, count] : given) {
    EXPECT_GE(count, 3U) << theme;
  }
}

TEST(BrokenFilesTest, QuotesWithinAWordAreNone) {
  EXPECT_EQ(QuotedIn("'a b' is none of the benefit's own 'c'"),
            (std::set<std::string>{"a b", "c"}));
  EXPECT_EQ(QuotedIn("没有 'a'，只有 'it's b'"), (std::set<std::string>{"a", "it's b"}));
}

}  // namespace
}  // namespace gonghui
