// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Imports, end to end.

#include <csignal>

#include "tests/e2e/ctl/ctl_fixture.h"

namespace gonghui::testing_e2e {
namespace {

using testing::HasSubstr;
using testing::Not;

class CtlImportTest : public CtlTest {
 protected:
  std::string WriteMembers(size_t count, size_t bad_every = 0) const {
    std::string text = "member_id,union_node_id,name\n";
    for (size_t i = 1; i <= count; ++i) {
      const bool bad = bad_every != 0 && i % bad_every == 0;
      text += "M" + std::to_string(i) + (bad ? ",BAD" : ",U1") + ",欧阳春\n";
    }
    return Write("members.csv", text);
  }

  // Waits until gonghuictl has noted so many answered rows, and is then stalled.
  void AwaitRows(const std::string& count) const {
    const std::string line = "\nrow_count=" + count + "\n";
    for (int i = 0; i < 10'000 && Read("members.csv.progress").find(line) == std::string::npos;
         ++i) {
      usleep(1'000);
    }
    ASSERT_THAT(Read("members.csv.progress"), HasSubstr(line));
  }
};

TEST_F(CtlImportTest, TenThousandMembers) {
  const RunResult result = Run({"import", "members", WriteMembers(10'000), "--quiet"});
  EXPECT_EQ(result.exit, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("created    10,000\n"));
  EXPECT_EQ(result.err, "");
  const auto members = server_->members();
  ASSERT_EQ(members.size(), 10'000U);
  EXPECT_EQ(members[0].member_id(), "M1");
  EXPECT_EQ(members[9'999].member_id(), "M10000");
  EXPECT_EQ(members[0].personal_data().name(), "欧阳春");
  EXPECT_EQ(server_->import_message_count(), 10U);
  EXPECT_FALSE(Exists("members.csv.progress"));
}

TEST_F(CtlImportTest, EveryKind) {
  const std::pair<const char*, const char*> files[] = {
      {"unions", "union_node_id,level,display_name\nU1,city,昆明市总工会\n"},
      {"segments", "segment_code,display_name\nmodel_worker,劳模\n"},
      {"members", "member_id,union_node_id,joined_on\nM1,U1,2019-03-01\n"},
      {"cards", "card_number,member_id\n6253011000000016,M1\n"},
      {"merchants", "merchant_id,union_node_id,mcc,display_name\nS1,U1,4111,昆明地铁\n"},
      {"terminals", "terminal_id,merchant_id,kind\nT1,S1,office\n"},
      {"funds", "fund_code,budget_yuan,paid_by\nmetro-2026,1000000,merchant\n"}};
  for (const auto& [kind, text] : files) {
    const RunResult result = Run({"import", kind, Write(std::string(kind) + ".csv", text)});
    EXPECT_EQ(result.exit, 0) << kind << result.err;
    EXPECT_THAT(result.out, HasSubstr("created    1\n")) << kind;
  }
  ASSERT_EQ(server_->members().size(), 1U);
  EXPECT_EQ(server_->members()[0].joined_on(), "2019-03-01");
}

// Money may be taken out of a fund on purpose; but never unseen.
TEST_F(CtlImportTest, ABudgetThatGoesDownIsTold) {
  const std::string lower = Write("funds.csv",
                                  "fund_code,budget_yuan,pieces\n"
                                  "metro-2026,999999.99,\n"
                                  "BAD-stock,,1\n"  // refused, so it stays as it was
                                  "new-2026,1,\n"
                                  "cups-2026,,20\n");
  const std::string warnings =
      "warning (提示): line 2: the budget of metro-2026 goes down from 1,000,000.00 yuan to "
      "999,999.99 yuan (预算调低)\n"
      "warning (提示): line 5: the budget of cups-2026 goes down from 1,500 pieces to 20 pieces "
      "(预算调低)\n";
  const RunResult dry = Run({"import", "funds", lower, "--dry-run", "--quiet"});
  EXPECT_EQ(dry.exit, 8);
  EXPECT_THAT(dry.err, HasSubstr(warnings));
  const RunResult done = Run({"import", "funds", lower, "--quiet", "-o", "json"});
  EXPECT_EQ(done.exit, 8);
  EXPECT_THAT(done.err, HasSubstr(warnings));
  // What is raised, or not said, does not go down.
  EXPECT_EQ(Run({"import",
                 "funds",
                 Write("up.csv", "fund_code,budget_yuan\nmetro-2026,1000000\n"),
                 "--quiet"})
                .err,
            "");
  EXPECT_EQ(Run({"import",
                 "funds",
                 Write("name.csv", "fund_code,display_name\nmetro-2026,地铁\n"),
                 "--quiet"})
                .err,
            "");
  // Warnings about the funds of the first page alone would speak for all of them.
  server_->FailListsAfterFirstPage(true);
  EXPECT_EQ(Run({"import",
                 "funds",
                 Write("half.csv", "fund_code,budget_yuan\nmetro-2026,1\n"),
                 "--quiet"})
                .err,
            "whether budgets go down is not known (无法判断预算是否调低): UNAVAILABLE: the server "
            "is stopping (DRAINING)\n");
}

// Members leave segments; but paid cover may never go unseen.
TEST_F(CtlImportTest, SegmentsThatTheFileTakesAwayAreTold) {
  const std::string path = Write("seg.csv",
                                 "member_id,union_node_id,segments\n"
                                 "COVERED1,U1,born-in-november\n"
                                 "COVERED2,U1,mutual-aid@2026-01-01..2027-01-01\n"
                                 "COVERED3,U1,born-in-november;model_worker;mutual-aid\n"
                                 "COVERED4,BAD,born-in-november\n"  // refused: keeps what it has
                                 "NONE1,U1,born-in-november\n"      // new
                                 "M5,U1,born-in-november\n");       // had none
  const std::string hint =
      "a cell of segments replaces all that the member has: name those that stay, with their days "
      "(segments 单元格会替换该会员的全部群体：要保留的也要写上，连同起止日期)\n";
  const RunResult dry =
      Run({"--zone", "Asia/Shanghai", "import", "members", path, "--dry-run", "--quiet"});
  EXPECT_EQ(dry.exit, 8);
  EXPECT_THAT(
      dry.err,
      HasSubstr("warning (提示): members that would lose the segment model_worker, which their "
                "rows do not name: 2 (2名会员将失去群体 model_worker，因为文件没有写): "
                "COVERED1 (line 2), COVERED2 (line 3)\n"
                "warning (提示): members that would lose the segment mutual-aid, which their "
                "rows do not name: 1 (1名会员将失去群体 mutual-aid，因为文件没有写): "
                "COVERED1 (line 2)\n" +
                hint));
  const RunResult done =
      Run({"--zone", "Asia/Shanghai", "import", "members", path, "--quiet", "-o", "json"});
  EXPECT_EQ(done.exit, 8);
  EXPECT_THAT(done.err,
              HasSubstr("members that lose the segment mutual-aid, which their rows do not name: "
                        "1 (1名会员失去群体 mutual-aid，因为文件没有写): COVERED1 (line 2)\n" +
                        hint));
  EXPECT_THAT(done.err, Not(HasSubstr("COVERED3")));
  EXPECT_THAT(done.err, Not(HasSubstr("COVERED4 (")));

  // An empty cell says: in none.  Without the column nothing is said.
  EXPECT_THAT(
      Run({"import", "members", Write("none.csv", "member_id,segments\nCOVERED1,\n"), "--quiet"})
          .err,
      HasSubstr("lose the segment mutual-aid"));
  EXPECT_EQ(
      Run({"import", "members", Write("sex.csv", "member_id,sex\nCOVERED1,female\n"), "--quiet"})
          .err,
      "");
}

// So many that all members are listed instead of each being asked for.
TEST_F(CtlImportTest, SegmentsThatALargeFileTakesAwayAreTold) {
  std::string text = "member_id,segments\n";
  for (int i = 0; i < 2'500; ++i) {
    text += "L" + std::to_string(i) + ",born-in-november\n";
  }
  const std::string path = Write("large.csv", text);
  const RunResult result = Run({"import", "members", path, "--quiet"});
  EXPECT_EQ(result.exit, 0) << result.err;
  EXPECT_THAT(result.err,
              HasSubstr("lose the segment mutual-aid, which their rows do not name: 1 "
                        "(1名会员失去群体 mutual-aid，因为文件没有写): L2499 (line 2501)\n"));

  server_->FailListsAfterFirstPage(true);
  const RunResult half = Run({"import", "members", path, "--quiet"});
  EXPECT_EQ(half.exit, 0) << half.err;
  EXPECT_EQ(half.err,
            "whether members lose segments is not known (无法判断会员是否会失去群体): UNAVAILABLE: "
            "the server is stopping (DRAINING)\n");

  // A few of each segment are shown, all are counted.
  std::string covered = "member_id,segments\n";
  for (int i = 1; i <= 7; ++i) {
    covered += "COVERED" + std::to_string(i) + ",\n";
  }
  EXPECT_THAT(
      Run({"import", "members", Write("covered.csv", covered), "--quiet"}).err,
      HasSubstr("mutual-aid, which their rows do not name: 7 (7名会员失去群体 mutual-aid，因为文件"
                "没有写): COVERED1 (line 2), COVERED2 (line 3), COVERED3 (line 4), COVERED4 "
                "(line 5), COVERED5 (line 6), ...\n"));
}

TEST_F(CtlImportTest, Rejects) {
  const std::string path = WriteMembers(3'000, 1'000);
  const RunResult result = Run({"import", "members", path, "-o", "json"});
  EXPECT_EQ(result.exit, 8);
  EXPECT_THAT(result.out, HasSubstr("\"acceptedCount\": 2997"));
  EXPECT_THAT(result.out, HasSubstr("\"index\": 999"));
  EXPECT_THAT(result.out, HasSubstr("\"line\": 1001"));
  EXPECT_THAT(result.out, HasSubstr("\"reason\": \"UNKNOWN_REFERENCE\""));
  EXPECT_THAT(result.err, HasSubstr(path + ":1001:2: union_node_id: there is no such union"));
  EXPECT_EQ(Read("members.rejects.csv"),
            "reject_line,reject_column,reject_column_name,reject_reason,reject_description,"
            "member_id,union_node_id,name\n"
            "1001,2,union_node_id,UNKNOWN_REFERENCE,there is no such union,M1000,BAD,欧阳春\n"
            "2001,2,union_node_id,UNKNOWN_REFERENCE,there is no such union,M2000,BAD,欧阳春\n"
            "3001,2,union_node_id,UNKNOWN_REFERENCE,there is no such union,M3000,BAD,欧阳春\n");
  EXPECT_FALSE(Exists("members.csv.progress"));
}

TEST_F(CtlImportTest, DryRunIsDecidedByTheServer) {
  const RunResult result = Run({"import", "members", WriteMembers(10, 5), "--dry-run"});
  EXPECT_EQ(result.exit, 8);
  EXPECT_THAT(result.out, HasSubstr("would create  8\n"));
  EXPECT_THAT(result.out, HasSubstr("would reject  2\n"));
  EXPECT_FALSE(Exists("members.rejects.csv"));
  EXPECT_THAT(result.err, HasSubstr("nothing was changed"));
  EXPECT_EQ(server_->members().size(), 0U);
  EXPECT_EQ(server_->import_message_count(), 1U);
}

TEST_F(CtlImportTest, MalformedFileChangesNothing) {
  const std::string path = Write("bad.csv", "member_id,union_node_id\nM1,U1\nM2,\"U1\n");
  const RunResult result = Run({"import", "members", path});
  EXPECT_EQ(result.exit, 4);
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(result.err,
            path + ":3:4: the quote that opens here is never closed\n" + "gonghuictl: " + path +
                " is malformed; nothing was imported\n");
  EXPECT_EQ(server_->import_message_count(), 0U);
}

TEST_F(CtlImportTest, ServerStopsHalfwayAndResume) {
  const std::string path = WriteMembers(10'000);
  server_->FailImportsAfter(3);
  const RunResult first = Run({"import", "members", path});
  EXPECT_EQ(first.exit, 6);
  EXPECT_EQ(first.out, "");
  EXPECT_THAT(first.err, HasSubstr("UNAVAILABLE: the server is stopping (DRAINING)"));
  EXPECT_THAT(first.err, HasSubstr("3,000 of 10,000 rows were answered for"));
  EXPECT_THAT(Read("members.csv.progress"), HasSubstr("row_count=3000\n"));

  server_->FailImportsAfter(SIZE_MAX);
  const RunResult second = Run({"import", "members", path, "--resume"});
  EXPECT_EQ(second.exit, 0) << second.err;
  EXPECT_THAT(second.out, HasSubstr("created    10,000\n"));
  EXPECT_EQ(server_->members().size(), 10'000U) << "each row exactly once";
  EXPECT_EQ(server_->members()[3'000].member_id(), "M3001");
  EXPECT_FALSE(Exists("members.csv.progress"));
}

TEST_F(CtlImportTest, CtrlCLeavesTheProgressFile) {
  const std::string path = WriteMembers(10'000);
  server_->StallImportsAfter(2);
  Running running(Command({"import", "members", path}), options_);
  AwaitRows("2000");
  kill(running.pid(), SIGINT);
  const RunResult result = running.Wait();
  EXPECT_EQ(result.exit, 130);
  EXPECT_THAT(result.err, HasSubstr("interrupted"));
  EXPECT_THAT(Read("members.csv.progress"), HasSubstr("row_count=2000\n"));

  server_->StallImportsAfter(SIZE_MAX);
  const size_t before = server_->import_message_count();
  EXPECT_EQ(Run({"import", "members", path, "--resume", "--quiet"}).exit, 0);
  EXPECT_EQ(server_->import_message_count() - before, 8U);
}

TEST_F(CtlImportTest, NoAnswerInTime) {
  server_->StallImportsAfter(0);
  const RunResult result = Run({"import", "members", WriteMembers(10), "--timeout-ms", "300"});
  EXPECT_EQ(result.exit, 7);
  EXPECT_THAT(result.err, HasSubstr("no answer for 300 ms"));
}

TEST_F(CtlImportTest, ServerThatIsNotThere) {
  const RunResult result =
      Run({"import", "members", WriteMembers(10), "--server", "unix:/tmp/none.sock"});
  EXPECT_EQ(result.exit, 6);
  EXPECT_THAT(result.err, HasSubstr("UNAVAILABLE"));
  EXPECT_THAT(result.err, HasSubstr("is gonghuid running? (--server / GONGHUI_SERVER: unix:/tmp"));
}

TEST_F(CtlImportTest, BarOnATerminal) {
  server_->StallImportsAfter(4);
  RunOptions options = options_;
  options.on_terminal = true;
  Running running(Command({"import", "members", WriteMembers(10'000)}), options);
  AwaitRows("4000");
  usleep(500'000);  // several times as long as between two drawings
  server_->StallImportsAfter(SIZE_MAX);
  const RunResult result = running.Wait();
  EXPECT_EQ(result.exit, 0);
  EXPECT_THAT(result.out,
              HasSubstr("\r"
                        "members  [##"));
  EXPECT_THAT(result.out, HasSubstr(" 40%  4,000/10,000"));
  EXPECT_THAT(result.out, HasSubstr("\r\x1b[K"));
}

// A file means the same on every machine, but nobody may have to guess what.
TEST_F(CtlImportTest, SaysInWhichZoneAFileIsRead) {
  const std::string note =
      "days and times that name no zone are taken in Asia/Shanghai; --zone names another "
      "(未注明时区的日期和时间按 Asia/Shanghai 计，可用 --zone 另行指定)\n";
  const std::string funds = Write("funds.csv",
                                  "fund_code,budget_yuan,opens_on\na,1,2026-01-01\n"
                                  "b,1,2026-01-01\n");
  EXPECT_EQ(Run({"import", "funds", funds}).err, note) << "once, of however many cells";
  EXPECT_EQ(Run({"import", "funds", funds, "--zone", "Asia/Urumqi"}).err, "");
  EXPECT_EQ(
      Run({"import", "funds", Write("dayless.csv", "fund_code,budget_yuan,opens_on\na,1,\n")}).err,
      "")
      << "nothing depends on it";
  EXPECT_EQ(Run({"import",
                 "members",
                 Write("joined.csv", "member_id,union_node_id,joined_on\nM1,U1,2019-03-01\n")})
                .err,
            "")
      << "a day of a calendar is in no zone";
  options_.environment["GONGHUI_ZONE"] = "Asia/Urumqi";
  EXPECT_EQ(Run({"import", "funds", funds}).err, "") << "somebody has said it";
}

TEST_F(CtlImportTest, UsageErrors) {
  EXPECT_EQ(Run({"import", "members"}).exit, 2);
  EXPECT_EQ(Run({"import"}).exit, 2);
  const RunResult kind = Run({"import", "menbers", "x.csv"});
  EXPECT_EQ(kind.exit, 2);
  EXPECT_THAT(kind.err, HasSubstr("did you mean \"members\"?"));
  const RunResult zone = Run({"import", "members", WriteMembers(1), "--zone", "Asia/Kunming"});
  EXPECT_EQ(zone.exit, 2);
  EXPECT_THAT(zone.err, HasSubstr("unknown time zone"));
  EXPECT_EQ(Run({"import", "members", WriteMembers(1), "--batch-rows", "1001"}).exit, 2);
  const RunResult missing = Run({"import", "members", folder_ + "/none.csv"});
  EXPECT_EQ(missing.exit, 1);
  EXPECT_THAT(missing.err, HasSubstr("No such file"));
}

}  // namespace
}  // namespace gonghui::testing_e2e
