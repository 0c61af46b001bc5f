// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The commands of operators but import, end to end: what they ask, what they print,
// how they exit; and help and completion of all.

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "tests/e2e/ctl/ctl_fixture.h"

namespace gonghui::testing_e2e {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class CtlCommandsTest : public CtlTest {};

// --- members, cards ---

TEST_F(CtlCommandsTest, ShowsThings) {
  EXPECT_THAT(Run({"member", "show", "M1"}).out, HasSubstr("欧阳**"));
  EXPECT_THAT(Run({"member", "show", "--card", "62530110"}).out, HasSubstr("M0000001"));
  EXPECT_EQ(Run({"member", "show"}).exit, 2);
  EXPECT_EQ(Run({"member", "show", "M1", "--card", "62530110"}).exit, 2);
  const RunResult none = Run({"member", "show", "NONE"});
  EXPECT_EQ(none.exit, 3);
  EXPECT_EQ(none.err, "gonghuictl: NOT_FOUND: there is no such member (MEMBER_NOT_FOUND)\n");
  EXPECT_THAT(Run({"merchant", "show", "S1"}).out, HasSubstr("receivable  499.00 yuan\n"));
  EXPECT_THAT(Run({"fund", "show", "f"}).out, HasSubstr("budget     1,000,000.00 yuan\n"));
  EXPECT_THAT(Run({"card", "show", "62530110", "-o", "csv"}).out,
              StartsWith("card_number,member_id,status,kind,expires_on,replaced_by\n62530110,"));
  EXPECT_THAT(Run({"union", "list"}).out, HasSubstr("昆明市总工会"));
  EXPECT_THAT(Run({"segment", "list", "-o", "jsonl"}).out,
              HasSubstr("\"model_worker\",\"displayName\":\"\"}\n{"));
}

TEST_F(CtlCommandsTest, ListsPageByPage) {
  const RunResult few = Run({"member", "list", "-o", "jsonl"});
  EXPECT_EQ(std::count(few.out.begin(), few.out.end(), '\n'), 100);
  EXPECT_THAT(few.err, HasSubstr("--page-token 100 goes on from here"));
  const RunResult all = Run({"member", "list", "--limit", "0", "-o", "csv"});
  EXPECT_EQ(all.exit, 0);
  EXPECT_EQ(std::count(all.out.begin(), all.out.end(), '\n'), 2'501) << "and one header";
  EXPECT_EQ(all.err, "");
  const RunResult table = Run({"member", "list", "--limit", "2300"});
  EXPECT_EQ(std::count(table.out.begin(), table.out.end(), '\n'), 2'301);
  const RunResult rest = Run({"member", "list", "--page-token", "2499", "-o", "json"});
  EXPECT_THAT(rest.out, HasSubstr("\"memberId\": \"L2499\""));
  EXPECT_THAT(rest.out, HasSubstr("\"nextPageToken\": \"\""));
}

TEST_F(CtlCommandsTest, DangerousCommandsNeedYes) {
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"member", "suspend", "M1"},
        std::vector<std::string>{"card", "block", "62530110", "--reason", "lost"},
        std::vector<std::string>{"card", "replace", "62530110", "62530111"},
        std::vector<std::string>{"programme", "retire", "metro"}}) {
    const size_t before = server_->change_count();
    const RunResult bare = Run(command);
    EXPECT_EQ(bare.exit, 2) << command[1];
    EXPECT_THAT(bare.err, HasSubstr("add --yes"));

    std::vector<std::string> dry = command;
    dry.emplace_back("--dry-run");
    const RunResult tried = Run(dry);
    EXPECT_EQ(tried.exit, 0) << tried.err;
    EXPECT_THAT(tried.err, HasSubstr("nothing was changed"));

    const RunResult no = RunOnTerminal(command, "n\n");
    EXPECT_EQ(no.exit, 1) << no.out;
    EXPECT_THAT(no.out, HasSubstr("? [y/N]"));
    EXPECT_THAT(no.out, HasSubstr("nothing was changed"));
    EXPECT_EQ(server_->change_count(), before);

    EXPECT_EQ(RunOnTerminal(command, "y\n").exit, 0);
    std::vector<std::string> yes = command;
    yes.emplace_back("--yes");
    EXPECT_EQ(Run(yes).exit, 0);
    EXPECT_EQ(server_->change_count(), before + 2);
  }
}

TEST_F(CtlCommandsTest, Statuses) {
  EXPECT_THAT(Run({"member", "suspend", "M1", "-y"}).out, HasSubstr("suspended"));
  EXPECT_THAT(Run({"member", "reinstate", "M1"}).out, HasSubstr("active"));
  EXPECT_THAT(Run({"card", "block", "62530110", "--reason", "pause", "-y"}).out,
              HasSubstr("paused"));
  EXPECT_THAT(Run({"card", "block", "62530110", "--reason", "stolen", "-y"}).out,
              HasSubstr("stolen"));
  EXPECT_EQ(Run({"card", "block", "62530110", "--reason", "mood", "-y"}).exit, 2);
  EXPECT_EQ(Run({"card", "block", "62530110", "-y"}).exit, 2);
  EXPECT_THAT(Run({"card", "activate", "62530110"}).out, HasSubstr("active"));
  const RunResult replaced = Run({"card",
                                  "replace",
                                  "62530110",
                                  "62530111",
                                  "--kind",
                                  "digital",
                                  "--expires-on",
                                  "2030-01-01",
                                  "-y"});
  EXPECT_THAT(replaced.out, HasSubstr("replaced"));
  EXPECT_THAT(replaced.out, HasSubstr("2030-01-01"));
  EXPECT_EQ(Run({"card", "replace", "1", "2", "--expires-on", "soon", "-y"}).exit, 2);
}

TEST_F(CtlCommandsTest, SeveralMembersOfWhichSomeFail) {
  const RunResult mixed = Run({"member", "suspend", "M1", "NONE1", "M2", "--yes"});
  EXPECT_EQ(mixed.exit, 8);
  EXPECT_THAT(mixed.out, HasSubstr("M2"));
  EXPECT_THAT(mixed.err, HasSubstr("MEMBER_NOT_FOUND"));
  EXPECT_EQ(Run({"member", "suspend", "NONE1", "NONE2", "--yes"}).exit, 3);
  EXPECT_EQ(Run({"member", "suspend", "FINAL", "--yes"}).exit, 4);
}

// --- the rest ---

TEST_F(CtlCommandsTest, StatusAndVersion) {
  EXPECT_THAT(Run({"status"}).out, HasSubstr("123,456"));
  EXPECT_THAT(Run({"status", "-o", "json"}).out, HasSubstr("\"appliedSeq\": \"123456\""));
  EXPECT_THAT(Run({"version"}).out, HasSubstr("9.8.7"));
  const RunResult alone = Run({"version", "--server", "unix:/tmp/none.sock"});
  EXPECT_EQ(alone.exit, 0);
  EXPECT_THAT(alone.out, HasSubstr("not reachable"));
  EXPECT_THAT(Run({"--version"}).out, StartsWith("gonghuictl "));
}

TEST_F(CtlCommandsTest, OptionWinsOverEnvironment) {
  options_.environment["GONGHUI_SERVER"] = "unix:/tmp/none.sock";
  EXPECT_EQ(Run({"status"}).exit, 6);
  EXPECT_EQ(Run({"status", "--server", server_->target()}).exit, 0);
  EXPECT_EQ(Run({"--server", server_->target(), "status"}).exit, 0);
}

TEST_F(CtlCommandsTest, UnknownWords) {
  const RunResult command = Run({"memebr", "list"});
  EXPECT_EQ(command.exit, 2);
  EXPECT_THAT(command.err, HasSubstr("did you mean \"member\"?"));
  EXPECT_THAT(Run({"member", "suspned", "M1"}).err, HasSubstr("did you mean \"suspend\"?"));
  const RunResult other = Run({"card", "pause", "62530110"});
  EXPECT_EQ(other.exit, 2);
  EXPECT_EQ(other.err,
            "gonghuictl: \"pause\" is not a command of gonghuictl card (没有这个命令); use (请用): "
            "card block CARD --reason pause\n"
            "See: gonghuictl card --help\n");
  EXPECT_THAT(Run({"card", "close", "62530110"}).err,
              HasSubstr("; use (请用): card replace OLD NEW, or import cards FILE.csv with status "
                        "closed\n"));
  const RunResult option = Run({"member", "list", "--frobnicate"});
  EXPECT_EQ(option.exit, 2);
  EXPECT_EQ(option.err,
            "gonghuictl: gonghuictl member list has no option --frobnicate (没有这个选项)\n"
            "See: gonghuictl member list --help\n");
  EXPECT_EQ(Run({}).exit, 2);
  EXPECT_EQ(Run({"status", "-o", "xml"}).exit, 2);
  EXPECT_EQ(Run({"help", "nonsense"}).exit, 2);
}

// Also where the option that is written wrong is one that must be there.
TEST_F(CtlCommandsTest, UnknownOptions) {
  const RunResult reason = Run({"card", "block", "62530110", "--reson", "lost", "-y"});
  EXPECT_EQ(reason.exit, 2);
  EXPECT_THAT(reason.err,
              HasSubstr("gonghuictl card block has no option --reson (没有这个选项); did you mean "
                        "\"--reason\"? (是否指 --reason？)\n"));
  EXPECT_THAT(Run({"member", "list", "--limt=5"}).err, HasSubstr("did you mean \"--limit\"?"));
  EXPECT_THAT(Run({"status", "--servr", "x"}).err, HasSubstr("did you mean \"--server\"?"))
      << "those that all commands share, too";
  EXPECT_THAT(Run({"card", "block", "62530110", "--reason", "losst", "-y"}).err,
              HasSubstr("lost,stolen,pause"));
  // "--" ends the options and is none; nor is what follows it.
  for (const char* behind : {"62530110", "--reson"}) {
    const RunResult ended = Run({"card", "block", "--", behind});
    EXPECT_EQ(ended.exit, 2);
    EXPECT_EQ(ended.err, "gonghuictl: --reason is required\nSee: gonghuictl card block --help\n");
  }
  EXPECT_THAT(Run({"card", "block", "--reson", "lost", "--", "62530110"}).err,
              HasSubstr("has no option --reson"));
}

TEST_F(CtlCommandsTest, UnknownCards) {
  const std::string known = "6253011000000016";
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"card", "show", "6253011000000061"},
        std::vector<std::string>{"card", "block", "6253011000000061", "--reason", "lost", "-y"},
        std::vector<std::string>{"card", "activate", "625301100000016"},
        std::vector<std::string>{"card", "replace", "6253011000000018", "62530111", "-y"}}) {
    const RunResult result = Run(command);
    EXPECT_EQ(result.exit, 3) << command[1];
    EXPECT_THAT(result.err,
                HasSubstr("did you mean \"" + known + "\"? (是否指 " + known + "？)\n"));
    EXPECT_EQ(result.out, "");
  }
  const RunResult far = Run({"card", "show", "6253011999990000"});
  EXPECT_EQ(far.exit, 3);
  EXPECT_THAT(far.err, Not(HasSubstr("did you mean")));
  EXPECT_THAT(far.err, HasSubstr("card list has all numbers"));
  // Two are as near: neither is offered.
  EXPECT_THAT(Run({"card", "show", "6253011000000034"}).err, Not(HasSubstr("did you mean")));
  // Another as near may be on the page that could not be read.
  server_->FailListsAfterFirstPage(true);
  const RunResult unread = Run({"card", "show", "6253011000000061"});
  EXPECT_EQ(unread.exit, 3);
  EXPECT_THAT(unread.err, Not(HasSubstr("did you mean")));
  EXPECT_THAT(unread.err, HasSubstr("card list has all numbers"));
  EXPECT_EQ(server_->change_count(), 0U);
}

TEST_F(CtlCommandsTest, Colour) {
  EXPECT_THAT(RunOnTerminal({"union", "list"}, "").out, HasSubstr("\x1b[1m"));
  options_.environment["NO_COLOR"] = "1";
  EXPECT_THAT(RunOnTerminal({"union", "list"}, "").out, Not(HasSubstr("\x1b[")));
  options_.environment["NO_COLOR"] = "";
  options_.environment["TERM"] = "dumb";
  EXPECT_THAT(RunOnTerminal({"union", "list"}, "").out, Not(HasSubstr("\x1b[")));
  EXPECT_THAT(Run({"union", "list"}).out, Not(HasSubstr("\x1b[")));
}

// The terminal of the test has 120 columns; a pipe has none, whatever the environment says.
TEST_F(CtlCommandsTest, ATableIsAsWideAsTheTerminal) {
  options_.environment["NO_COLOR"] = "1";
  options_.environment["COLUMNS"] = "40";
  const std::vector<std::string> command = {"programme", "versions", "metro"};
  const std::string piped = Run(command).out;
  EXPECT_THAT(piped, HasSubstr("CONTENT"));
  EXPECT_THAT(piped, Not(HasSubstr("-o wide")));
  const std::string shown = RunOnTerminal(command, "").out;
  EXPECT_THAT(shown, HasSubstr("ACTIVE"));
  EXPECT_THAT(shown, HasSubstr("no room for "));
  EXPECT_THAT(shown, HasSubstr("-o wide shows all (宽度不足，未全部显示)\r\n"));
  // The longest line in bytes is no longer than the piped one only because columns are missing.
  EXPECT_LT(shown.find("\r\n"), piped.find('\n'));
  const std::vector<std::string> wide = {"programme", "versions", "metro", "-o", "wide"};
  EXPECT_EQ(Run(wide).out, piped);
  std::string all = RunOnTerminal(wide, "").out;
  all.erase(std::remove(all.begin(), all.end(), '\r'), all.end());
  EXPECT_EQ(all, piped);
}

TEST_F(CtlCommandsTest, HelpOfEveryCommandHasExamples) {
  // "  name   description" lines under a heading, down the tree.
  std::vector<std::vector<std::string>> to_visit = {{}};
  size_t commands = 0;
  while (!to_visit.empty()) {
    const std::vector<std::string> path = to_visit.back();
    to_visit.pop_back();
    std::vector<std::string> command = path;
    command.emplace_back("--help");
    const RunResult result = Run(command);
    ASSERT_EQ(result.exit, 0);
    std::istringstream lines(result.out);
    std::string line;
    std::string heading;
    size_t examples = 0;
    bool leaf = true;
    while (std::getline(lines, line)) {
      if (!line.starts_with(" ")) {
        heading = line;
      } else if (line.starts_with("  gonghuictl ")) {
        ++examples;
      } else if (line.starts_with("  ") && line[2] >= 'a' && line[2] <= 'z' &&
                 heading.ends_with(":") && heading.find(' ') == std::string::npos) {
        leaf = false;
        std::vector<std::string> below = path;
        below.push_back(line.substr(2, line.find(' ', 2) - 2));
        to_visit.push_back(below);
      }
    }
    if (leaf) {
      ++commands;
      EXPECT_GE(examples, 2U) << result.out;
    }
  }
  EXPECT_GE(commands, 70U);
}

TEST_F(CtlCommandsTest, HelpTopics) {
  const std::string exit_codes = Run({"help", "exit-codes"}).out;
  EXPECT_THAT(exit_codes, HasSubstr("130  interrupted"));
  EXPECT_THAT(exit_codes, HasSubstr("9  out of balance"));
  EXPECT_THAT(Run({"help", "environment"}).out, HasSubstr("GONGHUI_TERMINAL_SERVER"));
  EXPECT_THAT(Run({"help", "output"}).out, HasSubstr("jsonl"));
  EXPECT_THAT(Run({"help", "import", "members"}).out, HasSubstr("real_name_verified"));
  EXPECT_THAT(Run({"help", "advice", "submit"}).out, HasSubstr("terminal_sequence *"));
  EXPECT_THAT(Run({"--help"}).out, HasSubstr("Exit codes"));
}

TEST_F(CtlCommandsTest, CompletionInBash) {
  const std::string script = Write("c.bash", Run({"completion", "bash"}).out);
  const auto complete = [&](const std::string& words) {
    return RunProgram({"/bin/bash",
                       "-c",
                       "source " + script + "; COMP_WORDS=(gonghuictl " + words +
                           "); COMP_CWORD=$((${#COMP_WORDS[@]}-1)); _gonghuictl; echo "
                           "\"${COMPREPLY[@]}\""})
        .out;
  };
  EXPECT_EQ(complete("me"), "member merchant\n");
  EXPECT_EQ(complete("member s"), "show suspend\n");
  EXPECT_EQ(complete("import ''"),
            "unions segments members cards merchants terminals funds "
            "contributions\n");
  EXPECT_EQ(complete("--server x member suspend --d"), "--dry-run\n");
  EXPECT_EQ(complete("status -o j"), "json jsonl\n");
  EXPECT_EQ(complete("status -o w"), "wide\n");
  EXPECT_EQ(complete("ba"), "batch\n");
  EXPECT_EQ(complete("programme sh"), "show shadow\n");
  EXPECT_EQ(complete("programme draft ''"), "save show list delete\n");
  EXPECT_EQ(complete("programme apply --st"), "--stage\n");
  EXPECT_EQ(complete("programme apply --stage s"), "shadow scheduled\n");
  EXPECT_EQ(complete("batch close --sub"), "--subsidy --subsidy-fen\n");
  EXPECT_EQ(complete("advice submit --q"), "--queue-empty\n");
  EXPECT_EQ(complete("refund --li"), "--line\n");
  EXPECT_EQ(complete("vou"), "voucher\n");
  EXPECT_EQ(complete("voucher ''"), "issue grant void show list series\n");
  EXPECT_EQ(complete("draw e"), "entries\n");
  EXPECT_EQ(complete("claim re"), "reject\n");
  EXPECT_EQ(complete("contribution ''"), "import revoke list\n");
  EXPECT_EQ(complete("fund s"), "show solvency\n");
  EXPECT_EQ(complete("authorize --ev"), "--event-at\n");
}

}  // namespace
}  // namespace gonghui::testing_e2e
