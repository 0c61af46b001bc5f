// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/tables/table_runner.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>
#include <utility>

#include "engine/base/check.h"
#include "tests/model/ledger_pair.h"
#include "tests/tables/table_answers.h"
#include "tests/tables/table_commands.h"
#include "tests/tables/table_file.h"
#include "tests/tables/table_occasions.h"
#include "tests/tables/table_operators.h"
#include "tests/tables/table_words.h"

namespace gonghui {
namespace {

class Runner {
 public:
  Runner(const std::string& file,
         const TableOptions& options,
         BetweenRows between,
         TableReport* report)
      : file_(file), options_(options), between_(between), report_(report) {}

  void Run(const std::vector<TextLine>& lines) {
    // Lines before the first scenario are the beginning of each.
    std::vector<TextLine> prologue;
    std::vector<std::vector<TextLine>> scenarios;
    for (const TextLine& line : lines) {
      if (line.text.starts_with("scenario")) {
        scenarios.emplace_back();
        report_->titles.push_back(line.text.substr(std::min<size_t>(9, line.text.size())));
      }
      (scenarios.empty() ? prologue : scenarios.back()).push_back(line);
    }
    if (scenarios.empty()) {
      scenarios.emplace_back();
    }
    for (const std::vector<TextLine>& scenario : scenarios) {
      std::vector<TextLine> all = prologue;
      all.insert(all.end(), scenario.begin(), scenario.end());
      RunScenario(all, prologue.size());
    }
  }

 private:
  void RunScenario(const std::vector<TextLine>& lines, size_t prologue_size) {
    ++report_->scenarios;
    StartWorld(options_.limits, true);
    for (size_t i = 0; i < lines.size(); ++i) {
      line_ = lines[i].number;
      try {
        if (lines[i].text.starts_with("programme ")) {
          // A block: up to its "end", which carries the expectation.
          std::vector<std::string> block = {lines[i].text};
          while (!block.back().starts_with("end")) {
            if (i + 1 == lines.size()) {
              Fail("a programme without 'end'");
            }
            block.push_back(lines[++i].text);
          }
          line_ = lines[i].number;
          const size_t arrow = block.back().find("->");
          ApplyAdmin(ReadProgramme(block),
                     arrow == std::string::npos ? "" : block.back().substr(arrow + 2));
        } else {
          RunRow(lines[i].text);
        }
        // To make ledgers takes most of the time.
        const bool last = i + 1 == lines.size();
        if (lines[i].passing) {
          continue;
        }
        if (between_ == BetweenRows::kArchiveAndCrash && (last || i % 4 == 3)) {
          Crash();
        }
        if (const std::string problem = pair_->CheckEverything(last); !problem.empty()) {
          Fail("after this row: " + problem);
        }
      } catch (const RowError& error) {
        const char* const how = between_ == BetweenRows::kNothing   ? ": "
                                : between_ == BetweenRows::kArchive ? ": with an archive: "
                                                                    : ": archived and crashed: ";
        report_->errors.push_back(Where() + how + error.what() + "\n    " + lines[i].text);
        return;  // what follows would only repeat it
      }
      for (const auto& [path, times] : pair_->model().paths()) {
        if (times > 0) {
          report_->paths.emplace(path, Where());
        }
      }
      if (i >= prologue_size || report_->scenarios == 1) {
        ++report_->rows;
      }
    }
  }

  // With few rows nothing is archived: what comes back takes new ones.
  void StartWorld(const LedgerLimits& limits, bool may_archive, TimestampNs begin = TimestampNs{}) {
    const bool archive = may_archive && between_ != BetweenRows::kNothing;
    pair_ = std::make_unique<LedgerPair>(limits, archive ? Archiving::kAlways : Archiving::kNever);
    now_ =
        begin != TimestampNs{} ? begin : *ParseTimestamp("2026-05-04T10:00:00+08:00");  // a Monday
    given_ = GivenIds{};
    UnionNodeRequest all;
    all.id = CodeOf<UnionNodeId>("ALL");
    all.level = UnionLevel::kNational;
    const std::string problem = pair_->Apply(Own(all), now_);
    GH_CHECK(problem.empty(), problem);
  }

  [[nodiscard]] std::string Where() const { return file_ + ":" + std::to_string(line_); }

  void RunRow(const std::string& text) {
    const size_t arrow = text.find("->");
    const std::string left = text.substr(0, arrow);
    const std::string wanted = arrow == std::string::npos ? "" : text.substr(arrow + 2);
    RowWords row(left);
    const std::string verb = row.Next("a verb");
    if (verb == "scenario") {
      return;
    }
    if (verb == "begin") {
      StartWorld(options_.limits, true, TimeOf(row.Next("a time")));
    } else if (verb == "at") {
      MoveTo(TimeOf(row.Next("a time")));
    } else if (verb == "wait") {
      MoveTo(TimestampNs{now_.value() + DurationNsOf(row.Next("a duration"))});
    } else if (verb == "tables") {
      StartWorld(ReadLimits(row), false);
    } else if (verb == "crash") {
      Crash();
    } else if (verb == "archive") {
      if (const std::string problem = pair_->TakeAllAway(now_); !problem.empty()) {
        Fail("archive: " + problem);
      }
    } else if (verb == "file") {
      ApplyFile(row.Next("a file"), wanted);
    } else if (verb == "sweep") {
      Sweep(wanted);
    } else if (verb == "activate") {
      ActivateDue(wanted);
    } else if (verb == "expect") {
      Expect(pair_->ledger(), now_, given_, row);
    } else if (const auto asked = ReadTerminalCommand(verb, now_, given_, row)) {
      Submit(*asked, wanted);
    } else {
      SubmitAdmin(verb, row, wanted);
    }
    row.ExpectNothingLeft();
  }

  void Crash() {
    if (const std::string problem = pair_->Crash(); !problem.empty()) {
      Fail("crash: " + problem);
    }
  }

  void MoveTo(TimestampNs at) {
    if (at < now_) {
      Fail("time never goes back: it is " + TextOf(now_));
    }
    now_ = at;
  }

  static LedgerLimits ReadLimits(RowWords& row) {
    LedgerLimits limits = LedgerPair::SmallLimits();
    const auto read = [&row](const char* key, uint32_t* limit) {
      if (const auto value = row.Value(key)) {
        *limit = static_cast<uint32_t>(NumberOf(*value));
      }
    };
    read("union_nodes", &limits.union_nodes_max);
    read("members", &limits.members_max);
    read("cards", &limits.cards_max);
    read("merchants", &limits.merchants_max);
    read("terminals", &limits.terminals_max);
    read("funds", &limits.funds_max);
    read("counters", &limits.counters_max);
    read("transactions", &limits.transactions_max);
    read("lines", &limits.lines_max);
    read("advices", &limits.advices_max);
    read("batches", &limits.batches_max);
    read("status_changes", &limits.status_changes_max);
    read("code_uses", &limits.code_uses_max);
    read("voucher_series", &limits.voucher_series_max);
    read("vouchers", &limits.vouchers_max);
    read("occasions", &limits.occasions_max);
    read("approvals", &limits.approvals_max);
    read("draws", &limits.draws_max);
    read("contributions", &limits.contributions_max);
    return limits;
  }

  void Submit(const AskedCommand& asked, const std::string& wanted) {
    const CommandKind kind = asked.command.command.kind;
    const std::string problem = pair_->Apply(asked.command, now_);
    const Answer& answer = pair_->answer();
    if (answer.id != TransactionId{} && kind != CommandKind::kGetTransaction) {
      given_.Note(asked.request, asked.terminal, answer.id);
    }
    if (!problem.empty()) {
      Fail(problem);
    }
    RowWords words(wanted);
    if (words.empty()) {
      Fail("a terminal's row says what is answered: -> ...");
    }
    if (kind == CommandKind::kGetEntitlements && answer.outcome != Outcome::kDeclined) {
      gonghui::CheckEntitlements(answer, words);
      words.ExpectNothingLeft();
    } else {
      Check(words);
    }
    if (answer.has_transaction) {
      report_->reasons.emplace(answer.reason, Where());
    }
  }

  void Check(RowWords& words) const {
    try {
      CheckAnswer(pair_->answer(), given_, words);
      words.ExpectNothingLeft();
    } catch (const RowError& error) {
      Fail(std::string(error.what()) + "\n    answer: " + TextOf(pair_->answer()));
    }
  }

  void Sweep(const std::string& wanted) {
    int64_t swept = 0;
    Command command;
    command.kind = CommandKind::kExpireHolds;
    while (pair_->ledger().next_expiry() <= now_) {
      if (const std::string problem = pair_->Apply(Own(command), now_); !problem.empty()) {
        Fail(problem);
      }
      ++swept;
    }
    if (const std::string problem = pair_->Apply(Own(command), now_); !problem.empty()) {
      Fail(problem);
    }
    RowWords words(wanted);
    const std::string count = words.Next("how many holds expire");
    if (swept != NumberOf(count)) {
      Fail("holds expired: expected " + count + ", got " + std::to_string(swept));
    }
    words.ExpectNothingLeft();
  }

  // What the pipeline does before anything at or after the instant.
  void ActivateDue(const std::string& wanted) {
    int64_t activated = 0;
    Command command;
    command.kind = CommandKind::kActivateDue;
    for (bool due = true; due;) {
      due = pair_->ledger().next_activation() <= now_;
      if (const std::string problem = pair_->Apply(Own(command), now_); !problem.empty()) {
        Fail(problem);
      }
      activated += due ? 1 : 0;
    }
    RowWords words(wanted);
    const std::string count = words.Next("how many versions become active");
    if (activated != NumberOf(count)) {
      Fail("activated: expected " + count + ", got " + std::to_string(activated));
    }
    words.ExpectNothingLeft();
  }

  void SubmitAdmin(const std::string& verb, RowWords& row, const std::string& wanted) {
    const bool dry_run = row.Flag("dry-run");
    std::optional<OwnedCommand> about = ReadOccasionAdmin(verb, given_, row);
    OwnedCommand command = about.has_value() ? std::move(*about) : ReadAdmin(verb, row);
    row.ExpectNothingLeft();
    command.command.validate_only = dry_run;
    ApplyAdmin(command, wanted);
  }

  // What must be answered is about the programme, which comes last.
  void ApplyFile(const std::string& name, const std::string& wanted) {
    const std::vector<OwnedCommand> commands = ReadProgrammeFile(options_.folder + "/" + name);
    for (size_t i = 0; i < commands.size(); ++i) {
      if (i + 1 == commands.size()) {
        ApplyAdmin(commands[i], wanted);
      } else if (const std::string problem = pair_->Apply(commands[i], now_); !problem.empty()) {
        Fail(problem);
      }
    }
  }

  void ApplyAdmin(const OwnedCommand& command, const std::string& wanted) {
    if (const std::string problem = pair_->Apply(command, now_); !problem.empty()) {
      Fail(problem);
    }
    RowWords words(wanted.find_first_not_of(' ') == std::string::npos ? "ok" : wanted);
    Check(words);
  }

  const std::string file_;
  const TableOptions options_;
  const BetweenRows between_;
  TableReport* const report_;
  int line_ = 0;
  std::unique_ptr<LedgerPair> pair_;
  TimestampNs now_;
  GivenIds given_;
};

}  // namespace

TableReport RunTable(const std::string& file,
                     const std::string& text,
                     BetweenRows between,
                     const TableOptions& options) {
  TableReport report;
  std::vector<TextLine> lines;
  std::istringstream stream(text);
  int number = 0;
  for (std::string line; std::getline(stream, line);) {
    ++number;
    line = line.substr(0, line.find("//"));
    const size_t begin = line.find_first_not_of(" \t");
    if (begin == std::string::npos) {
      continue;
    }
    lines.push_back({number, line.substr(begin, line.find_last_not_of(" \t") - begin + 1)});
  }
  try {
    lines = WriteOut(lines);
  } catch (const RowError& error) {
    report.errors.push_back(file + ": " + error.what());
    return report;
  }
  Runner(file, options, between, &report).Run(lines);
  return report;
}

std::vector<std::string> TableFiles() {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(GONGHUI_TABLES_DIR)) {
    if (entry.path().extension() == ".table") {
      files.push_back(entry.path().string());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string ReadFile(const std::string& path) {
  std::ifstream stream(path);
  GH_CHECK(stream.good(), "can not read ", path);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

}  // namespace gonghui
