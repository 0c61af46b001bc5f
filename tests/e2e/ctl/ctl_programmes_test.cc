// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The commands about programmes, end to end: files, versions, shadows and drafts.

#include "tests/e2e/ctl/ctl_fixture.h"

namespace gonghui::testing_e2e {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class CtlProgrammesTest : public CtlTest {};

// --- files ---

TEST_F(CtlProgrammesTest, ApplyProgramme) {
  const RunResult result = Run({"programme", "apply", Write("metro.yaml", "programme: metro\n")});
  EXPECT_EQ(result.exit, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("一分钱乘地铁"));
  EXPECT_THAT(result.out, HasSubstr("member pays 1 fen"));
  EXPECT_EQ(server_->last_apply().content(), "programme: metro\n");
  EXPECT_EQ(server_->change_count(), 1U);
}

TEST_F(CtlProgrammesTest, ApplyDiagnostics) {
  const std::string path = Write("metro.yaml", "price: wrong\n");
  const RunResult result = Run({"programme", "apply", path});
  EXPECT_EQ(result.exit, 4);
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(result.err,
            path +
                ":12:7: benefits[0].price: \"wrong\" is not a price (member_pays or "
                "percent_off)\n"
                "  benefits[0].price：“wrong”不是价格（写 member_pays 或 percent_off）\n"
                "gonghuictl: 1 diagnostic; nothing was changed\n");
  const RunResult json = Run({"programme", "apply", path, "-o", "jsonl"});
  EXPECT_EQ(json.exit, 4);
  EXPECT_THAT(json.out, HasSubstr("\"line\":12"));
  EXPECT_THAT(json.out, HasSubstr("\"messageZh\":\"“wrong”不是价格\""));
  EXPECT_THAT(json.out, HasSubstr("\"hintZh\":\"写 member_pays 或 percent_off\""));
}

// A server of an earlier version has no Chinese to tell.
TEST_F(CtlProgrammesTest, DiagnosticsInEnglishAlone) {
  const std::string path = Write("metro.yaml", "price: wrong, of old\n");
  EXPECT_EQ(Run({"programme", "apply", path}).err,
            path +
                ":12:7: benefits[0].price: \"wrong\" is not a price\n"
                "gonghuictl: 1 diagnostic; nothing was changed\n");
}

TEST_F(CtlProgrammesTest, ApplyDryRunAndUnchanged) {
  const RunResult dry =
      Run({"programme", "apply", Write("a.yaml", "programme: metro\n"), "--dry-run"});
  EXPECT_EQ(dry.exit, 0);
  EXPECT_THAT(dry.err,
              HasSubstr("a.yaml is right; nothing was changed (试运行：文件无误，未作任何变动); "
                        "without --dry-run it is done at once: nothing of this needs a "
                        "confirmation (去掉 --dry-run 即直接执行，无需确认)\n"));
  EXPECT_EQ(server_->change_count(), 0U);
  EXPECT_TRUE(server_->last_apply().validate_only());
  EXPECT_THAT(Run({"programme", "apply", Write("b.yaml", "same\n")}).err,
              HasSubstr("already says the same"));
}

// Old against new always; a question only when somebody has less afterwards.
TEST_F(CtlProgrammesTest, ApplyShowsChangesAndAsksBeforeReductions) {
  const std::string grows = Write("g.yaml", "grows\n");
  const RunResult more = Run({"programme", "apply", grows});
  EXPECT_EQ(more.exit, 0) << more.err;
  EXPECT_THAT(more.err, HasSubstr("fund metro-2026, budget: 1,000.00 yuan -> 2,000.00 yuan\n"));
  EXPECT_EQ(server_->change_count(), 1U);

  const std::string falls = Write("f.yaml", "falls\n");
  const RunResult dry = Run({"programme", "apply", falls, "--dry-run"});
  EXPECT_EQ(dry.exit, 0) << dry.err;
  EXPECT_THAT(dry.out, HasSubstr("fund metro-2026  budget  1,000.00 yuan  500.00 yuan  less\n"));
  EXPECT_THAT(
      dry.err,
      HasSubstr("without --dry-run it asks for a confirmation first (scripts: --yes), "
                "because 1 of these takes something away (其中1项会减少权益，去掉 --dry-run "
                "后会先请您确认；脚本请加 --yes)\n"));
  EXPECT_THAT(Run({"programme", "apply", falls, "--dry-run", "--yes"}).err,
              HasSubstr("without --dry-run it is done at once, since --yes was said, because"));
  const RunResult nobody = Run({"programme", "apply", falls});
  EXPECT_EQ(nobody.exit, 2);
  EXPECT_THAT(nobody.err, HasSubstr("1,000.00 yuan -> 500.00 yuan (less)"));
  EXPECT_THAT(nobody.err,
              HasSubstr("1 of these takes something away. Apply (其中1项会减少权益，是否执行)?"));
  EXPECT_THAT(nobody.err, HasSubstr("add --yes"));
  const RunResult no = RunOnTerminal({"programme", "apply", falls}, "n\n");
  EXPECT_EQ(no.exit, 1);
  EXPECT_EQ(server_->change_count(), 1U) << "nothing since";
  EXPECT_EQ(RunOnTerminal({"programme", "apply", falls}, "y\n").exit, 0);
  EXPECT_EQ(Run({"programme", "apply", falls, "--yes"}).exit, 0);
  EXPECT_EQ(server_->change_count(), 3U);
}

TEST_F(CtlProgrammesTest, ApplyFilesThatAreNoGood) {
  EXPECT_EQ(Run({"programme", "apply", folder_ + "/none.yaml"}).exit, 1);
  const RunResult large = Run({"programme", "apply", Write("l.yaml", std::string(1'048'577, 'x'))});
  EXPECT_EQ(large.exit, 4);
  EXPECT_THAT(large.err, HasSubstr("larger than 1048576 bytes"));
  const std::string path = Write("gbk.yaml", "a: b\nname: \xC0\xA5\n");
  const RunResult gbk = Run({"programme", "apply", path});
  EXPECT_EQ(gbk.exit, 4);
  EXPECT_EQ(gbk.err, path + ":2:7: not UTF-8\n");
  EXPECT_EQ(server_->change_count(), 0U);
}

// What a version becomes, when, by whom and why.
TEST_F(CtlProgrammesTest, ApplyToAStage) {
  const std::string path = Write("m.yaml", "programme: metro\n");
  EXPECT_EQ(Run({"programme", "apply", path}).exit, 0);
  EXPECT_EQ(server_->last_apply().stage(), v1::STAGE_ACTIVE);
  EXPECT_NE(server_->last_apply().author(), "") << "the account's name";
  options_.environment["GONGHUI_OPERATOR"] = "王小明";
  EXPECT_EQ(Run({"programme", "apply", path, "--stage", "shadow", "--note", "试一试"}).exit, 0);
  EXPECT_EQ(server_->last_apply().stage(), v1::STAGE_SHADOW);
  EXPECT_EQ(server_->last_apply().author(), "王小明");
  EXPECT_EQ(server_->last_apply().note(), "试一试");
  EXPECT_EQ(Run({"programme", "apply", path, "--stage", "validated", "--by", "li"}).exit, 0);
  EXPECT_EQ(server_->last_apply().author(), "li");

  const RunResult scheduled =
      Run({"programme", "apply", path, "--stage", "scheduled", "--at", "2026-10-01 00:00:00"});
  EXPECT_EQ(scheduled.exit, 0) << scheduled.err;
  EXPECT_EQ(server_->last_apply().activates_at().seconds(), 1'790'784'000);
  EXPECT_EQ(
      Run({"programme", "apply", path, "--stage", "scheduled", "--at", "2026-10-01T00:00:00Z"})
          .exit,
      0);
  EXPECT_EQ(server_->last_apply().activates_at().seconds(), 1'790'812'800);
  // A day is its beginning, and minutes will do.
  for (const char* at : {"2026-10-01", "2026-10-01 00:00", "2026-10-01T00:00"}) {
    EXPECT_EQ(Run({"programme", "apply", path, "--stage", "scheduled", "--at", at}).exit, 0) << at;
    EXPECT_EQ(server_->last_apply().activates_at().seconds(), 1'790'784'000) << at;
  }
  EXPECT_EQ(Run({"programme",
                 "apply",
                 path,
                 "--stage",
                 "scheduled",
                 "--at",
                 "2026-10-01",
                 "--zone",
                 "UTC"})
                .exit,
            0);
  EXPECT_EQ(server_->last_apply().activates_at().seconds(), 1'790'812'800);
}

TEST_F(CtlProgrammesTest, ApplyThatIsWronglyAsked) {
  const std::string path = Write("m.yaml", "programme: metro\n");
  EXPECT_THAT(Run({"programme", "apply", path, "--stage", "scheduled"}).err,
              HasSubstr("--stage scheduled needs --at"));
  EXPECT_EQ(Run({"programme", "apply", path, "--at", "2026-10-01 00:00:00"}).exit, 2);
  const RunResult soon = Run({"programme", "apply", path, "--stage", "scheduled", "--at", "soon"});
  EXPECT_EQ(soon.exit, 2);
  EXPECT_THAT(soon.err, HasSubstr("--at: \"soon\" is not a time such as 2026-01-31 08:15:00, "));
  EXPECT_THAT(Run({"programme",
                   "apply",
                   path,
                   "--stage",
                   "scheduled",
                   "--at",
                   "2026-10-01 00:00:00",
                   "--zone",
                   "Mars/Base"})
                  .err,
              HasSubstr("unknown time zone"));
  EXPECT_EQ(Run({"programme", "apply", path, "--stage", "retired"}).exit, 2);
  EXPECT_EQ(Run({"programme", "apply"}).exit, 2);
  EXPECT_EQ(Run({"programme", "apply", path, "--draft", "d"}).exit, 2);
  EXPECT_EQ(server_->change_count(), 0U);
}

TEST_F(CtlProgrammesTest, ShowAVersionAndItsText) {
  const RunResult shown = Run({"programme", "show", "metro"});
  EXPECT_EQ(shown.exit, 0) << shown.err;
  EXPECT_THAT(shown.out, HasSubstr("stage      active\n"));
  EXPECT_THAT(shown.out, HasSubstr("verified name; women"));
  EXPECT_THAT(shown.out, HasSubstr("workdays; 06:00-09:00"));
  EXPECT_THAT(shown.out, HasSubstr("union at level city"));
  EXPECT_THAT(shown.out, HasSubstr("7 days"));
  EXPECT_THAT(shown.out, HasSubstr("unlimited"));
  EXPECT_THAT(Run({"programme", "show", "metro", "--version", "2", "-o", "json"}).out,
              HasSubstr("\"version\": 2"));
  EXPECT_EQ(Run({"programme", "show", "metro", "--version", "2", "--source"}).out,
            "gonghui: 1\n# version 2\n");
  EXPECT_THAT(Run({"programme", "show", "metro", "--source", "-o", "json"}).out,
              HasSubstr("\"content\": \"gonghui: 1\\n"));
  const RunResult lost = Run({"programme", "show", "metro", "--version", "1", "--source"});
  EXPECT_EQ(lost.exit, 3);
  EXPECT_THAT(lost.err, HasSubstr("SOURCE_NOT_FOUND"));
  EXPECT_EQ(Run({"programme", "show", "NONE"}).exit, 3);
  EXPECT_EQ(Run({"programme", "show", "metro", "--version", "0"}).exit, 2);
}

TEST_F(CtlProgrammesTest, ListWithWhatIsNotLive) {
  EXPECT_THAT(Run({"programme", "list"}).out, Not(HasSubstr("winter")));
  const RunResult all = Run({"programme", "list", "--all"});
  EXPECT_THAT(all.out, HasSubstr("winter"));
  EXPECT_THAT(all.out, HasSubstr("validated"));
}

// --- versions ---

TEST_F(CtlProgrammesTest, Versions) {
  const RunResult result = Run({"programme", "versions", "metro"});
  EXPECT_EQ(result.exit, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("王小明"));
  EXPECT_THAT(result.out, HasSubstr("每天三次"));
  EXPECT_THAT(result.out, HasSubstr("2026-06-16 00:00:00 +08:00 to now (and 1 before)"));
  EXPECT_THAT(result.out, HasSubstr("not kept"));
  EXPECT_THAT(Run({"programme", "versions", "metro", "-o", "csv"}).out,
              HasSubstr("2026-06-15T16:00:00Z/;2026-06-15T05:06:40Z/2026-06-15T07:53:20Z"));
  EXPECT_THAT(Run({"programme", "versions", "metro", "-o", "jsonl"}).out,
              HasSubstr("\"stage\":\"STAGE_RETIRED\""));
  EXPECT_EQ(Run({"programme", "versions", "NONE"}).exit, 3);
}

TEST_F(CtlProgrammesTest, Stage) {
  const RunResult shadow = Run({"programme", "stage", "metro", "4", "shadow", "--note", "why"});
  EXPECT_EQ(shadow.exit, 0) << shadow.err;
  EXPECT_THAT(shadow.out, HasSubstr("shadow"));
  EXPECT_EQ(server_->last_stage().version(), 4U);
  EXPECT_EQ(server_->last_stage().stage(), v1::STAGE_SHADOW);
  EXPECT_EQ(server_->last_stage().note(), "why");
  EXPECT_FALSE(server_->last_stage().validate_only());
  EXPECT_EQ(server_->change_count(), 1U);

  EXPECT_THAT(Run({"programme", "stage", "metro", "4", "scheduled"}).err, HasSubstr("needs --at"));
  EXPECT_EQ(Run({"programme", "stage", "metro", "4", "shadow", "--at", "2026-10-01 00:00:00"}).exit,
            2);
  EXPECT_EQ(
      Run({"programme", "stage", "metro", "4", "scheduled", "--at", "2026-10-01 00:00:00"}).exit,
      0);
  EXPECT_EQ(server_->last_stage().activates_at().seconds(), 1'790'784'000);
  EXPECT_EQ(Run({"programme", "stage", "metro", "4", "scheduled", "--at", "2026-10-01 08:00"}).exit,
            0);
  EXPECT_EQ(server_->last_stage().activates_at().seconds(), 1'790'812'800);
  EXPECT_EQ(Run({"programme", "stage", "metro", "4", "retired"}).exit, 2);
  EXPECT_EQ(Run({"programme", "stage", "metro", "none", "active"}).exit, 2);
  EXPECT_EQ(Run({"programme", "stage", "NONE", "4", "active"}).exit, 3);
  const RunResult refused = Run({"programme", "stage", "FINAL", "4", "active"});
  EXPECT_EQ(refused.exit, 4);
  EXPECT_THAT(refused.err, HasSubstr("NOT_ALLOWED_FROM_STATE"));
  const RunResult same = Run({"programme", "stage", "metro", "3", "active"});
  EXPECT_EQ(same.exit, 0);
  EXPECT_THAT(same.err, HasSubstr("it is so already; nothing was changed"));
}

TEST_F(CtlProgrammesTest, StageAsksBeforeSomebodyHasLess) {
  const RunResult more = Run({"programme", "stage", "metro", "4", "active"});
  EXPECT_EQ(more.exit, 0) << more.err;
  EXPECT_THAT(more.err, HasSubstr("budget: 1,000.00 yuan -> 2,000.00 yuan\n"));
  const size_t before = server_->change_count();
  const RunResult dry = Run({"programme", "stage", "metro", "2", "active", "--dry-run"});
  EXPECT_EQ(dry.exit, 0) << dry.err;
  EXPECT_THAT(dry.out, HasSubstr("500.00 yuan"));
  EXPECT_THAT(dry.err, HasSubstr("nothing was changed"));
  EXPECT_EQ(Run({"programme", "stage", "metro", "2", "active"}).exit, 2) << "nobody to ask";
  EXPECT_EQ(RunOnTerminal({"programme", "stage", "metro", "2", "active"}, "n\n").exit, 1);
  EXPECT_EQ(server_->change_count(), before);
  EXPECT_EQ(RunOnTerminal({"programme", "stage", "metro", "2", "active"}, "y\n").exit, 0);
  EXPECT_EQ(Run({"programme", "stage", "metro", "2", "active", "--yes"}).exit, 0);
  EXPECT_EQ(server_->change_count(), before + 2);
}

// A shadow takes nothing away: what would is marked, and not asked about.
TEST_F(CtlProgrammesTest, AShadowMarksWhatTakesAwayAndAsksNothing) {
  const RunResult shadow = Run({"programme", "stage", "metro", "2", "shadow"});
  EXPECT_EQ(shadow.exit, 0) << shadow.err;
  EXPECT_THAT(shadow.err, HasSubstr("budget: 1,000.00 yuan -> 500.00 yuan (less)\n"));
  EXPECT_THAT(shadow.err, Not(HasSubstr("Apply (")));
  const RunResult dry = Run({"programme", "stage", "metro", "2", "shadow", "--dry-run"});
  EXPECT_THAT(dry.out, HasSubstr("1,000.00 yuan  500.00 yuan  less\n"));
  EXPECT_THAT(dry.err, HasSubstr("it is done at once: nothing of this takes effect before"));
  const std::string falls = Write("f.yaml", "falls\n");
  EXPECT_EQ(Run({"programme", "apply", falls, "--stage", "shadow"}).exit, 0);
  EXPECT_EQ(Run({"programme", "apply", falls, "--stage", "validated"}).exit, 0);
  EXPECT_EQ(Run({"programme", "apply", falls, "--stage", "scheduled", "--at", "2026-10-01"}).exit,
            2)
      << "asks: it is for an instant to come";
}

// A code that nobody has: which one may be meant, of programmes and of drafts.
TEST_F(CtlProgrammesTest, ACodeThatIsNotThereHasNeighbours) {
  const std::string meant = "did you mean \"metro\"? (是否指 metro？)\n";
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"show", "metor"},
                                             {"versions", "metor"},
                                             {"stage", "metor", "4", "active"},
                                             {"rollback", "metor"},
                                             {"shadow", "metor"}}) {
    std::vector<std::string> command = words;
    command.insert(command.begin(), "programme");
    const RunResult result = Run(command);
    EXPECT_EQ(result.exit, 3) << words[0];
    EXPECT_THAT(result.err, testing::EndsWith(meant)) << words[0];
  }
  const RunResult draft = Run({"programme", "draft", "show", "wintre"});
  EXPECT_EQ(draft.exit, 3);
  EXPECT_THAT(draft.err, testing::EndsWith("did you mean \"winter\"? (是否指 winter？)\n"));
  EXPECT_THAT(Run({"programme", "draft", "delete", "wintre", "--yes"}).err,
              HasSubstr("\"winter\""));
  // Nothing is near: where to look.
  EXPECT_THAT(
      Run({"programme", "show", "NONE"}).err,
      testing::EndsWith("gonghuictl programme list --all lists the programmes (列出所有项目)\n"));
  EXPECT_THAT(
      Run({"programme", "draft", "show", "NONE"}).err,
      testing::EndsWith("gonghuictl programme draft list lists the drafts (列出所有草稿)\n"));
  // The programme is there, and something of it is not.
  EXPECT_THAT(Run({"programme", "show", "metro", "--version", "1", "--source"}).err,
              Not(HasSubstr("list")));
}

// A programme's midnight is midnight, wherever it is looked at.
TEST_F(CtlProgrammesTest, TimesAreInTheProgrammesOwnZone) {
  for (const char* zone : {"UTC", "America/New_York"}) {
    EXPECT_THAT(Run({"programme", "show", "metro", "--zone", zone}).out,
                HasSubstr("2026-05-03 00:00:00 +06:00\n"));
    EXPECT_THAT(Run({"programme", "list", "--zone", zone}).out,
                HasSubstr("2026-05-03 00:00:00 +06:00 "));
    EXPECT_THAT(Run({"programme", "versions", "metro", "--zone", zone}).out,
                HasSubstr("2026-06-16 00:00:00 +08:00 to now"));
  }
  const std::string moves = Write("m.yaml", "moves\n");
  EXPECT_THAT(Run({"programme", "diff", moves}).out, HasSubstr("2026-05-03 00:00:00 +06:00\n"));
  EXPECT_THAT(Run({"programme", "apply", moves, "--dry-run"}).out,
              HasSubstr("2026-05-03 00:00:00 +06:00\n"));
  EXPECT_THAT(Run({"programme", "apply", moves}).err,
              HasSubstr("programme metro, starts: (none) -> 2026-05-03 00:00:00 +06:00\n"));
  // For programs it is as the server words it.
  EXPECT_THAT(Run({"programme", "diff", moves, "-o", "csv"}).out,
              HasSubstr(",2026-05-02T18:00:00Z,"));
  EXPECT_THAT(Run({"programme", "diff", moves, "-o", "json"}).out,
              HasSubstr("\"after\": \"2026-05-02T18:00:00Z\""));
  EXPECT_THAT(Run({"programme", "show", "metro", "-o", "json"}).out,
              HasSubstr("\"startsAt\": \"2026-05-02T18:00:00Z\""));
}

TEST_F(CtlProgrammesTest, ADryRunSaysWhetherItWillAsk) {
  const auto said = [&](std::vector<std::string> words) {
    words.insert(words.begin(), "programme");
    words.emplace_back("--dry-run");
    return Run(words).err;
  };
  EXPECT_THAT(said({"stage", "metro", "4", "active"}), HasSubstr("it is done at once"));
  EXPECT_THAT(said({"stage", "metro", "2", "active"}), HasSubstr("it asks for a confirmation"));
  EXPECT_THAT(said({"stage", "metro", "4", "withdrawn"}), HasSubstr("it asks for a confirmation"));
  EXPECT_THAT(said({"rollback", "metro", "--to", "1"}), HasSubstr("it asks for a confirmation"));
  EXPECT_THAT(said({"retire", "metro"}), HasSubstr("it asks for a confirmation"));
}

// Once, before anything is done; it is done all the same.
TEST_F(CtlProgrammesTest, WarningsAreTold) {
  const std::string path = Write("o.yaml", "over\n");
  const std::string warning =
      "warning (提示): " + path +
      ":6:6: the programme is over (write a later day)\n  项目已结束（请写晚一些的日期）\n";
  EXPECT_EQ(Run({"programme", "apply", path}).err, warning);
  EXPECT_THAT(Run({"programme", "apply", path, "--dry-run"}).err, StartsWith(warning));
  EXPECT_EQ(server_->change_count(), 1U);
  EXPECT_THAT(
      Run({"programme", "rollback", "metro"}).err,
      StartsWith("warning (提示): programme metro: the programme is over (write a later day)\n"
                 "  项目已结束（请写晚一些的日期）\n"));
}

// What a programme that is retired leaves behind is told before it is asked about.
TEST_F(CtlProgrammesTest, WarningsOfARetirement) {
  const std::string warning =
      "warning (提示): programme drawn: the draw is open (settle it first)\n"
      "  抽签未开奖（请先开奖）\n";
  EXPECT_THAT(Run({"programme", "retire", "drawn", "--dry-run"}).err, StartsWith(warning));
  const RunResult no = RunOnTerminal({"programme", "retire", "drawn"}, "n\n");
  EXPECT_EQ(no.exit, 1);
  const size_t told = no.out.find("the draw is open");
  EXPECT_LT(told, no.out.find("End programme drawn now (停用项目)?")) << no.out;
  EXPECT_EQ(server_->change_count(), 0U);
  const RunResult yes = Run({"programme", "retire", "drawn", "--yes"});
  EXPECT_EQ(yes.exit, 0);
  EXPECT_EQ(yes.err, warning) << "once";
  EXPECT_EQ(server_->change_count(), 1U);
}

TEST_F(CtlProgrammesTest, Rollback) {
  const RunResult last = Run({"programme", "rollback", "metro", "--by", "li"});
  EXPECT_EQ(last.exit, 0) << last.err;
  EXPECT_THAT(last.out, HasSubstr("version    2\n"));
  EXPECT_EQ(server_->last_rollback().to_version(), 2U) << "what was shown, whoever came between";
  EXPECT_EQ(server_->last_rollback().author(), "li");
  EXPECT_EQ(Run({"programme", "rollback", "metro", "--to", "1"}).exit, 2) << "1 takes away";
  EXPECT_EQ(Run({"programme", "rollback", "metro", "--to", "1", "--yes"}).exit, 0);
  EXPECT_EQ(server_->last_rollback().to_version(), 1U);
  const size_t before = server_->change_count();
  EXPECT_EQ(Run({"programme", "rollback", "metro", "--dry-run"}).exit, 0);
  EXPECT_EQ(server_->change_count(), before);
  EXPECT_EQ(Run({"programme", "rollback", "NONE"}).exit, 3);
  EXPECT_EQ(Run({"programme", "rollback", "FINAL"}).exit, 4);
  EXPECT_EQ(Run({"programme", "rollback", "metro", "--to", "0"}).exit, 2);
}

TEST_F(CtlProgrammesTest, Shadow) {
  const RunResult one = Run({"programme", "shadow", "metro"});
  EXPECT_EQ(one.exit, 0) << one.err;
  EXPECT_THAT(one.out, HasSubstr("asked          12,345\n"));
  EXPECT_THAT(one.out, HasSubstr("difference     -499.50 yuan\n"));
  EXPECT_THAT(Run({"programme", "shadow"}).out, StartsWith("PROGRAMME"));
  EXPECT_THAT(Run({"programme", "shadow", "-o", "csv"}).out,
              HasSubstr(",12345,12000,300,45,0,0,1000000,950050,-49950\n"));
  EXPECT_THAT(Run({"programme", "shadow", "metro", "-o", "json"}).out,
              HasSubstr("\"gainedCount\": \"300\""));
  EXPECT_EQ(Run({"programme", "shadow", "NONE"}).exit, 3);
  EXPECT_EQ(Run({"programme", "shadow", "FINAL"}).exit, 4);
}

TEST_F(CtlProgrammesTest, Diff) {
  const RunResult live = Run({"programme", "diff", "metro", "4"});
  EXPECT_EQ(live.exit, 0) << live.err;
  EXPECT_THAT(live.out, HasSubstr("fund metro-2026  budget  1,000.00 yuan  500.00 yuan  less\n"));
  EXPECT_EQ(server_->last_compare().before_version(), 0U);
  EXPECT_EQ(server_->last_compare().after_version(), 4U);
  EXPECT_THAT(Run({"programme", "diff", "metro", "3", "4", "-o", "json"}).out,
              HasSubstr("\"beforeVersion\": 3"));
  EXPECT_EQ(server_->last_compare().after_version(), 4U);
  const RunResult same = Run({"programme", "diff", "metro", "3", "3"});
  EXPECT_EQ(same.exit, 0);
  EXPECT_EQ(same.out, "");
  EXPECT_THAT(same.err, HasSubstr("no difference"));

  const RunResult file = Run({"programme", "diff", Write("g.yaml", "grows\n")});
  EXPECT_EQ(file.exit, 0) << file.err;
  EXPECT_THAT(file.out, HasSubstr("2,000.00 yuan"));
  EXPECT_TRUE(server_->last_apply().validate_only());
  EXPECT_EQ(Run({"programme", "diff", Write("w.yaml", "wrong\n")}).exit, 4);
  EXPECT_EQ(Run({"programme", "diff", folder_ + "/none.yaml"}).exit, 1);
  EXPECT_EQ(Run({"programme", "diff", "--draft", "winter"}).exit, 0);
  EXPECT_EQ(server_->last_apply().draft_name(), "winter");
  EXPECT_EQ(Run({"programme", "diff"}).exit, 2);
  EXPECT_EQ(Run({"programme", "diff", "metro", "--draft", "winter"}).exit, 2);
  EXPECT_EQ(Run({"programme", "diff", "metro", "0"}).exit, 2);
  EXPECT_EQ(server_->change_count(), 0U);
}

// --- drafts ---

TEST_F(CtlProgrammesTest, DraftsAreSavedThoughTheyAreWrong) {
  const std::string path = Write("winter.yaml", "price: wrong\n");
  const RunResult saved = Run({"programme", "draft", "save", path, "--note", "冬季"});
  EXPECT_EQ(saved.exit, 0) << saved.err;
  EXPECT_THAT(saved.out, HasSubstr("winter"));
  EXPECT_THAT(saved.err, HasSubstr("winter.yaml:12:7: benefits[0].price: "));
  EXPECT_THAT(saved.err, HasSubstr("saved with 1 diagnostic\n"));
  EXPECT_EQ(server_->last_draft().draft().draft_name(), "winter");
  EXPECT_EQ(server_->last_draft().draft().file_name(), "winter.yaml");
  EXPECT_EQ(server_->last_draft().draft().note(), "冬季");
  EXPECT_EQ(server_->change_count(), 1U);
  EXPECT_THAT(Run({"programme", "draft", "save", Write("r.yaml", "right\n"), "--name", "w"}).err,
              HasSubstr("saved; it can be applied"));
  EXPECT_EQ(server_->last_draft().draft().draft_name(), "w");
  EXPECT_EQ(Run({"programme", "draft", "save", path, "--dry-run"}).exit, 0);
  EXPECT_EQ(server_->change_count(), 2U);
  const RunResult name = Run({"programme", "draft", "save", Write("冬.yaml", "x\n")});
  EXPECT_EQ(name.exit, 2);
  EXPECT_THAT(name.err, HasSubstr("say another with --name"));
  EXPECT_EQ(Run({"programme", "draft", "save", folder_ + "/none.yaml"}).exit, 1);
}

TEST_F(CtlProgrammesTest, DraftsAreShownListedAndApplied) {
  const RunResult shown = Run({"programme", "draft", "show", "winter"});
  EXPECT_EQ(shown.exit, 0) << shown.err;
  EXPECT_THAT(shown.err, StartsWith("winter.yaml:12:7: "));
  EXPECT_EQ(Run({"programme", "draft", "show", "winter", "--source"}).out, "price: wrong\n");
  EXPECT_EQ(Run({"programme", "draft", "show", "NONE"}).exit, 3);
  EXPECT_THAT(Run({"programme", "draft", "list"}).out, HasSubstr("王小明"));
  EXPECT_THAT(Run({"programme", "draft", "list", "-o", "csv"}).out,
              StartsWith("draft_name,saved_at,author,note,file_name,content_bytes,"));
  EXPECT_EQ(Run({"programme", "apply", "--draft", "winter", "--stage", "validated"}).exit, 0);
  EXPECT_EQ(server_->last_apply().draft_name(), "winter");
  EXPECT_EQ(server_->last_apply().content(), "");
}

TEST_F(CtlProgrammesTest, WhatIsGoneForGoodIsAskedAbout) {
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"programme", "draft", "delete", "winter"},
        std::vector<std::string>{"programme", "stage", "metro", "4", "withdrawn"}}) {
    const size_t before = server_->change_count();
    const RunResult asked = Run(command);
    EXPECT_EQ(asked.exit, 2) << command[2];
    EXPECT_THAT(asked.err,
                testing::AnyOf(HasSubstr("(删除草稿)?"), HasSubstr("(撤回后不可恢复)?")));
    EXPECT_EQ(RunOnTerminal(command, "n\n").exit, 1);
    std::vector<std::string> dry = command;
    dry.emplace_back("--dry-run");
    EXPECT_EQ(Run(dry).exit, 0);
    EXPECT_EQ(server_->change_count(), before);
    EXPECT_EQ(RunOnTerminal(command, "y\n").exit, 0);
    std::vector<std::string> yes = command;
    yes.emplace_back("--yes");
    EXPECT_EQ(Run(yes).exit, 0);
    EXPECT_EQ(server_->change_count(), before + 2);
  }
  EXPECT_EQ(Run({"programme", "draft", "delete", "NONE", "--yes"}).exit, 3);
}

}  // namespace
}  // namespace gonghui::testing_e2e
