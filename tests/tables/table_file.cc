// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/tables/table_file.h"

#include <memory>
#include <utility>

#include "engine/programmes/compiler.h"
#include "tests/tables/table_runner.h"
#include "tests/tables/table_words.h"

namespace gonghui {
namespace {

// The file and the image of it stay as long as a command points to them.
struct AppliedFile {
  CompiledFile file;
  ProgrammeImage image;
};

// A repetition of more is looked at when it is over.
constexpr int64_t kLookedAtMax = 8;

std::string Replaced(std::string text, const std::string& name, int64_t number) {
  for (size_t at = text.find("{" + name); at != std::string::npos;
       at = text.find("{" + name, at + 1)) {
    const size_t end = text.find('}', at);
    if (end == std::string::npos) {
      Fail("'{' without '}': " + text);
    }
    const size_t sign = at + 1 + name.size();
    int64_t value = number;
    if (sign != end) {
      const int64_t by = NumberOf(text.substr(sign + 1, end - sign - 1));
      switch (text[sign]) {
        case '%':
          value = number % by;
          break;
        case '/':
          value = number / by;
          break;
        case '+':
          value = number + by;
          break;
        default:
          continue;  // a longer name
      }
    }
    text.replace(at, end - at + 1, std::to_string(value));
  }
  return text;
}

struct Repetition {
  std::string name;
  int64_t first = 0;
  int64_t last = 0;
};

Repetition ReadRepetition(const std::string& text) {
  RowWords words(text);
  words.Next("repeat");
  const std::string range = words.Next("a range: 1..28");
  const size_t dots = range.find("..");
  if (dots == std::string::npos || words.Next("as") != "as") {
    Fail("not 'repeat 1..28 as i': " + text);
  }
  Repetition repetition;
  repetition.first = NumberOf(range.substr(0, dots));
  repetition.last = NumberOf(range.substr(dots + 2));
  repetition.name = words.Next("a name");
  words.ExpectNothingLeft();
  return repetition;
}

}  // namespace

std::vector<OwnedCommand> ReadProgrammeFile(const std::string& path) {
  CompileOutcome outcome = Compile(ReadFile(path));
  if (!outcome.ok()) {
    std::string text;
    for (const Diagnostic& diagnostic : outcome.diagnostics) {
      text += "\n    " + Render(diagnostic, path);
    }
    Fail("a programme file with errors:" + text);
  }
  const auto applied = std::make_shared<AppliedFile>();
  applied->file = std::move(*outcome.file);
  applied->image = applied->file.image();
  std::vector<OwnedCommand> commands;
  const auto add = [&](CommandKind kind) -> Command& {
    OwnedCommand& command = commands.emplace_back();
    command.content = applied;
    command.command.kind = kind;
    return command.command;
  };
  for (const SegmentRequest& segment : applied->file.segments) {
    add(CommandKind::kDefineSegment).segment = &segment;
  }
  for (const FundRequest& fund : applied->file.funds) {
    add(CommandKind::kSetFund).fund = &fund;
  }
  add(CommandKind::kApplyProgramme).programme = &applied->image;
  return commands;
}

std::vector<TextLine> WriteOut(const std::vector<TextLine>& lines) {
  std::vector<TextLine> out;
  for (size_t i = 0; i < lines.size(); ++i) {
    if (!lines[i].text.starts_with("repeat ")) {
      out.push_back(lines[i]);
      continue;
    }
    const Repetition repetition = ReadRepetition(lines[i].text);
    std::vector<TextLine> body;
    int depth = 1;
    while (depth > 0) {
      if (++i == lines.size()) {
        Fail("a 'repeat' without 'end repeat'");
      }
      depth += lines[i].text.starts_with("repeat ") ? 1 : 0;
      depth -= lines[i].text == "end repeat" ? 1 : 0;
      if (depth > 0) {
        body.push_back(lines[i]);
      }
    }
    const bool many = repetition.last - repetition.first >= kLookedAtMax;
    for (int64_t number = repetition.first; number <= repetition.last; ++number) {
      std::vector<TextLine> written = body;
      for (TextLine& line : written) {
        line.text = Replaced(line.text, repetition.name, number);
      }
      written = WriteOut(written);
      for (size_t j = 0; j < written.size(); ++j) {
        const bool end = number == repetition.last && j + 1 == written.size();
        written[j].passing = written[j].passing || (many && !end);
        out.push_back(std::move(written[j]));
      }
    }
  }
  return out;
}

}  // namespace gonghui
