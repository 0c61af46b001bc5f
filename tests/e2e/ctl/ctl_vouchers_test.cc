// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Vouchers, end to end: codes go to their file and nowhere else, and what failed is told.

#include <algorithm>
#include <regex>

#include "engine/programmes/voucher_code.h"
#include "tests/e2e/ctl/ctl_fixture.h"

namespace gonghui::testing_e2e {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class CtlVouchersTest : public CtlTest {
 protected:
  RunResult Issue(const std::vector<std::string>& more, bool with_output = true) const {
    return IssueOf("cake-2026", more, with_output);
  }
  RunResult IssueOf(const std::string& series,
                    const std::vector<std::string>& more,
                    bool with_output = true) const {
    std::vector<std::string> command = {
        "voucher", "issue", "--series", series, "--from", "2026-06-01", "--until", "2026-07-01"};
    if (with_output) {
      command.insert(command.end(), {"--output", folder_ + "/codes.csv"});
    }
    command.insert(command.end(), more.begin(), more.end());
    return Run(command);
  }
  RunResult Grant(const std::string& file, const std::vector<std::string>& more = {}) const {
    return GrantOf("gift-2026", file, more);
  }
  RunResult GrantOf(const std::string& series,
                    const std::string& file,
                    const std::vector<std::string>& more = {}) const {
    std::vector<std::string> command = {"voucher",
                                        "grant",
                                        file,
                                        "--source",
                                        "quiz-2026",
                                        "--series",
                                        series,
                                        "--from",
                                        "2026-06-01",
                                        "--until",
                                        "2026-07-01"};
    command.insert(command.end(), more.begin(), more.end());
    return Run(command);
  }
  std::string WriteMembers(int count) const {
    std::string text = "name,member_id\n";
    for (int i = 1; i <= count; ++i) {
      text += "欧阳春,M" + std::to_string(i) + "\n";
    }
    return Write("members.csv", text);
  }
  size_t LinesOf(const std::string& name) const {
    const std::string text = Read(name);
    return static_cast<size_t>(std::count(text.begin(), text.end(), '\n'));
  }
  mode_t Mode(const std::string& name) const {
    struct stat info {};
    GH_CHECK(stat((folder_ + "/" + name).c_str(), &info) == 0);
    return info.st_mode & 0777U;
  }
};

// --- issue ---

TEST_F(CtlVouchersTest, BearersCodesGoToTheirFileAlone) {
  const RunResult result = Issue({"--count", "2500"});
  EXPECT_EQ(result.exit, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("issued              2,500\n"));
  EXPECT_THAT(result.out + result.err, Not(HasSubstr("7K3M")));
  EXPECT_EQ(LinesOf("codes.csv"), 2'501U);
  EXPECT_EQ(Mode("codes.csv"), 0600U);
  EXPECT_THAT(Read("codes.csv"),
              StartsWith("voucher_code,member_id,voucher_key,series_code,valid_from,expires_at\n"
                         "7K3M-9QXA-0001-V4TC,,00000000000000000000000000000001,cake-2026,"
                         "2026-06-01T00:00:00+08:00,2026-07-01T00:00:00+08:00\n"));
  const OccasionCalls calls = server_->occasions();
  ASSERT_EQ(calls.issues.size(), 3U);
  EXPECT_EQ(calls.issues[0].count(), 1'000U);
  EXPECT_EQ(calls.issues[2].count(), 500U);
  EXPECT_EQ(calls.issues[0].valid_from().seconds(), 1'780'243'200);
  EXPECT_EQ(calls.issues[0].expires_at().seconds(), 1'782'835'200);
}

TEST_F(CtlVouchersTest, CodesOfMembers) {
  const RunResult result = Issue({"--members", WriteMembers(1'200), "-o", "json"});
  EXPECT_EQ(result.exit, 0) << result.err;
  EXPECT_EQ(result.out,
            "{\"issued_count\": 1200, \"before_count\": 0, \"refused_count\": 0, \"file\": \"" +
                folder_ + "/codes.csv\"}\n");
  EXPECT_THAT(Read("codes.csv"), HasSubstr(",M1200,"));
  ASSERT_EQ(server_->occasions().issues.size(), 2U);
  EXPECT_EQ(server_->occasions().issues[1].member_ids_size(), 200);
}

TEST_F(CtlVouchersTest, WhatWasWrittenStaysWhenACallFails) {
  server_->FailVouchersAfter(2);
  const RunResult result = Issue({"--count", "2500"});
  EXPECT_EQ(result.exit, 6);
  EXPECT_THAT(result.out, HasSubstr("issued              2,000\n"));
  EXPECT_THAT(result.err, HasSubstr("UNAVAILABLE: the server is stopping (DRAINING)"));
  EXPECT_THAT(result.err, HasSubstr("up to 1,000 codes more may have been made"));
  EXPECT_THAT(result.err, HasSubstr("500 of 2,500 codes are missing; the same command with"));
  EXPECT_EQ(LinesOf("codes.csv"), 2'001U);

  server_->FailVouchersAfter(SIZE_MAX);
  const RunResult over = Issue({"--count", "2500"});
  EXPECT_EQ(over.exit, 1);
  EXPECT_THAT(over.err, HasSubstr("codes.csv is there; it is not written over"));
  const RunResult rest = Issue({"--count", "2500", "--resume"});
  EXPECT_EQ(rest.exit, 0) << rest.err;
  EXPECT_THAT(rest.out, HasSubstr("issued              500\n"));
  EXPECT_THAT(rest.out, HasSubstr("in the file before  2,000\n"));
  EXPECT_EQ(LinesOf("codes.csv"), 2'501U);
  EXPECT_EQ(server_->occasions().code_count, 2'500U);
  const RunResult nothing = Issue({"--count", "2500", "--resume"});
  EXPECT_EQ(nothing.exit, 0) << nothing.err;
  EXPECT_THAT(nothing.out, HasSubstr("issued              0\n"));
}

TEST_F(CtlVouchersTest, MembersWhoHaveACodeArePassedOver) {
  server_->FailVouchersAfter(1);
  EXPECT_EQ(Issue({"--members", WriteMembers(1'500)}).exit, 6);
  server_->FailVouchersAfter(SIZE_MAX);
  EXPECT_EQ(Issue({"--members", WriteMembers(1'500), "--resume"}).exit, 0);
  const OccasionCalls calls = server_->occasions();
  ASSERT_EQ(calls.issues.size(), 2U);
  EXPECT_EQ(calls.issues[1].member_ids(0), "M1001");
  EXPECT_EQ(LinesOf("codes.csv"), 1'501U);
}

// What helps against a second voucher is not told who is refused for another reason.
TEST_F(CtlVouchersTest, RefusedMembersWhoHaveNone) {
  const RunResult result = Issue({"--members", Write("members.csv", "member_id\nBAD1\nM2\n")});
  EXPECT_EQ(result.exit, 8);
  EXPECT_THAT(result.err, HasSubstr("members.csv:2: there is no such member\n"));
  EXPECT_THAT(result.err, Not(HasSubstr("--again")));
}

// A member's voucher needs no code, so one that nobody knows is a second one.
TEST_F(CtlVouchersTest, MembersWhoseAnswerWasLostAreNotServedTwice) {
  server_->LoseVoucherAnswers(true);
  const RunResult lost = Issue({"--members", WriteMembers(3)});
  EXPECT_EQ(lost.exit, 6);
  EXPECT_THAT(lost.err, HasSubstr("a member's voucher is given by the card alone"));
  EXPECT_THAT(lost.err, Not(HasSubstr("hurt nobody")));
  EXPECT_FALSE(Exists("codes.csv"));
  server_->LoseVoucherAnswers(false);
  const RunResult again = Issue({"--members", WriteMembers(4)});
  EXPECT_EQ(again.exit, 8);
  EXPECT_THAT(again.err, HasSubstr("members.csv:2: has one already\n"));
  EXPECT_THAT(again.err, HasSubstr("take that back first, or say --again"));
  EXPECT_THAT(again.out, HasSubstr("issued              1\n"));
  const RunResult meant = Issue({"--members", WriteMembers(4), "--resume", "--again"});
  EXPECT_EQ(meant.exit, 0) << meant.err;
  EXPECT_EQ(LinesOf("codes.csv"), 5U);
}

TEST_F(CtlVouchersTest, AnotherIssueIsNotResumed) {
  ASSERT_EQ(Issue({"--count", "5"}).exit, 0);
  const RunResult times = Issue({"--count", "9", "--resume", "--until", "2026-08-01"}, false);
  EXPECT_EQ(times.exit, 2) << "said twice";
  const RunResult members = Issue({"--members", WriteMembers(9), "--resume"});
  EXPECT_EQ(members.exit, 2);
  EXPECT_THAT(members.err, HasSubstr("codes.csv:2 is of another issue"));
  const RunResult series = Run({"voucher",
                                "issue",
                                "--series",
                                "tea-2026",
                                "--from",
                                "2026-06-01",
                                "--until",
                                "2026-07-01",
                                "--count",
                                "9",
                                "--resume",
                                "--output",
                                folder_ + "/codes.csv"});
  EXPECT_EQ(series.exit, 2);
  EXPECT_EQ(LinesOf("codes.csv"), 6U);
  // As a spreadsheet leaves it.
  std::string text = Read("codes.csv");
  text.pop_back();
  (void)Write("codes.csv", text);
  const RunResult changed = Issue({"--count", "9", "--resume"});
  EXPECT_EQ(changed.exit, 1);
  EXPECT_THAT(changed.err, HasSubstr("is not as it was written"));
}

TEST_F(CtlVouchersTest, AMemberWhoIsRefusedHoldsUpNobody) {
  const std::string path = Write("members.csv", "member_id\nM1\nBAD2\nM3\nBAD4\nM5\n");
  const RunResult result = Issue({"--members", path});
  EXPECT_EQ(result.exit, 8);
  EXPECT_THAT(result.err, HasSubstr(path + ":3: there is no such member\n"));
  EXPECT_THAT(result.err, HasSubstr(path + ":5: there is no such member\n"));
  EXPECT_THAT(result.out, HasSubstr("issued              3\n"));
  EXPECT_THAT(result.out, HasSubstr("refused             2\n"));
  EXPECT_EQ(LinesOf("codes.csv"), 4U);

  const RunResult all = Run({"voucher",
                             "issue",
                             "--series",
                             "x",
                             "--from",
                             "2026-06-01",
                             "--until",
                             "2026-07-01",
                             "--members",
                             Write("bad.csv", "member_id\nBAD1\n"),
                             "--output",
                             folder_ + "/none.csv"});
  EXPECT_EQ(all.exit, 4);
  EXPECT_FALSE(Exists("none.csv"));
}

TEST_F(CtlVouchersTest, CodesThatCanNotBeWrittenAreTakenBack) {
  // SIGXFSZ is ignored, so that a file that may not grow is an error of write().
  const std::string command =
      "trap '' XFSZ; ulimit -f 8; exec " + std::string(GONGHUICTL_PATH) +
      " voucher issue --series cake-2026 --count 1500 --from 2026-06-01 --until 2026-07-01 "
      "--output " +
      folder_ + "/codes.csv";
  const RunResult result = RunProgram({"/bin/bash", "-c", command}, options_);
  EXPECT_EQ(result.exit, 1);
  EXPECT_THAT(result.err, HasSubstr("1,000 codes that could not be written were taken back"));
  EXPECT_THAT(result.err, HasSubstr("can not write"));
  EXPECT_FALSE(Exists("codes.csv"));
  ASSERT_EQ(server_->occasions().voids.size(), 1U);
  EXPECT_EQ(server_->occasions().voids[0].voucher_keys_size(), 1'000);
}

TEST_F(CtlVouchersTest, IssueDryRun) {
  const RunResult result = Issue({"--count", "1500", "--dry-run"}, false);
  EXPECT_EQ(result.exit, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("would issue   1,500\n"));
  EXPECT_THAT(result.err, HasSubstr("nothing was changed"));
  ASSERT_EQ(server_->occasions().issues.size(), 2U);
  EXPECT_TRUE(server_->occasions().issues[0].validate_only());
  EXPECT_EQ(Issue({"--count", "1", "--dry-run"}).exit, 0);
  EXPECT_FALSE(Exists("codes.csv"));
}

// However many calls tell it, and in a dry run as well.
TEST_F(CtlVouchersTest, CodesThatNobodyCanUseAreToldOfOnce) {
  const std::string warning =
      "warning (提示): series unused: series_code: no benefit asks for it (apply a programme)\n"
      "  series_code：没有优惠使用它（请让项目生效）\n";
  EXPECT_THAT(IssueOf("unused", {"--count", "1500", "--dry-run"}, false).err, StartsWith(warning));
  const RunResult result = IssueOf("unused", {"--count", "1500", "--quiet"});
  EXPECT_EQ(result.exit, 0);
  EXPECT_EQ(result.err, warning);
  EXPECT_EQ(LinesOf("codes.csv"), 1'501U);
}

TEST_F(CtlVouchersTest, IssueUsage) {
  EXPECT_EQ(Issue({}).exit, 2);
  EXPECT_EQ(Issue({"--count", "0"}).exit, 2);
  EXPECT_EQ(Issue({"--count", "1000001"}).exit, 2);
  EXPECT_EQ(Issue({"--count", "1", "--members", WriteMembers(1)}).exit, 2);
  const RunResult nowhere = Issue({"--count", "1"}, false);
  EXPECT_EQ(nowhere.exit, 2);
  EXPECT_THAT(nowhere.err, HasSubstr("codes are told once and printed nowhere else"));
  EXPECT_EQ(Issue({"--count", "1", "--zone", "Asia/Kunming"}).exit, 2);
  const RunResult span = Run({"voucher",
                              "issue",
                              "--series",
                              "x",
                              "--count",
                              "1",
                              "--from",
                              "2026-07-01",
                              "--until",
                              "2026-07-01",
                              "--output",
                              folder_ + "/x"});
  EXPECT_EQ(span.exit, 2);
  EXPECT_THAT(span.err, HasSubstr("--until: it ends before it begins"));
  EXPECT_EQ(Issue({"--members", folder_ + "/none.csv"}).exit, 1);
  EXPECT_EQ(Issue({"--members", Write("bad.csv", "member_id\nM 1\n")}).exit, 4);
  EXPECT_EQ(Run({"voucher",
                 "issue",
                 "--series",
                 "x",
                 "--count",
                 "1",
                 "--from",
                 "2026-06-01",
                 "--until",
                 "2026-07-01",
                 "--output",
                 folder_ + "/none/codes.csv"})
                .exit,
            1);
  EXPECT_EQ(Issue({"--count", "1", "--resume"}).exit, 1) << "there is nothing to resume";
  EXPECT_EQ(server_->occasions().issues.size(), 0U);
}

// --- grant ---

TEST_F(CtlVouchersTest, GrantsOfEvents) {
  std::string text = "event_id,member_id\nold1,M1\n";
  for (int i = 2; i <= 1'300; ++i) {
    text += "e" + std::to_string(i) + ",M" + std::to_string(i) + "\n";
  }
  const RunResult result = Grant(Write("passed.csv", text));
  EXPECT_EQ(result.exit, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("granted         1,299\n"));
  EXPECT_THAT(result.out, HasSubstr("granted before  1\n"));
  const OccasionCalls calls = server_->occasions();
  ASSERT_EQ(calls.grants.size(), 2U);
  EXPECT_EQ(calls.grants[0].source(), "quiz-2026");
  EXPECT_EQ(calls.grants[0].series_code(), "gift-2026");
  EXPECT_EQ(calls.grants[1].grants(299).event_id(), "e1300");
}

// However many calls tell it, and in a dry run as well; not of what had been granted before.
TEST_F(CtlVouchersTest, GrantsThatNobodyCanUseAreToldOfOnce) {
  const std::string warning =
      "warning (提示): series unused: series_code: no benefit asks for it (apply a programme)\n"
      "  series_code：没有优惠使用它（请让项目生效）\n";
  std::string text = "event_id,member_id\n";
  for (int i = 1; i <= 1'300; ++i) {
    text += "e" + std::to_string(i) + ",M" + std::to_string(i) + "\n";
  }
  const std::string path = Write("passed.csv", text);
  EXPECT_THAT(GrantOf("unused", path, {"--dry-run", "--quiet"}).err, StartsWith(warning));
  const RunResult result = GrantOf("unused", path, {"--quiet"});
  EXPECT_EQ(result.exit, 0);
  EXPECT_EQ(result.err, warning);
  EXPECT_EQ(server_->occasions().grants.size(), 4U);
  const std::string before = Write("before.csv", "event_id,member_id\nold1,M1\n");
  EXPECT_EQ(GrantOf("unused", before, {"--quiet"}).err, "");
}

TEST_F(CtlVouchersTest, GrantsOfWhichSomeAreRefused) {
  const std::string path = Write("passed.csv", "event_id,member_id\ne1,M1\ne2,BAD\ne3,M3\n");
  const RunResult result = Grant(path, {"-o", "csv"});
  EXPECT_EQ(result.exit, 8);
  EXPECT_EQ(result.out, "created_count,unchanged_count,refused_count,file\n2,0,1," + path + "\n");
  EXPECT_EQ(result.err, path + ":3: member_id: there is no such member\n");
  const RunResult dry = Grant(path, {"--dry-run"});
  EXPECT_EQ(dry.exit, 8);
  EXPECT_THAT(dry.out, HasSubstr("would refuse    1\n"));
  EXPECT_TRUE(server_->occasions().grants.back().validate_only());
}

TEST_F(CtlVouchersTest, GrantsThatWereCutOff) {
  server_->FailVouchersAfter(0);
  const RunResult result = Grant(Write("passed.csv", "event_id,member_id\ne1,M1\n"));
  EXPECT_EQ(result.exit, 6);
  EXPECT_THAT(result.err, HasSubstr("the same command again goes on: an event grants once"));
}

TEST_F(CtlVouchersTest, GrantsOfAWrongFileAreNotSent) {
  const std::string path = Write("passed.csv", "event_id,member_id\ne1,M1\ne1,M2\n,M3\n");
  const RunResult result = Grant(path);
  EXPECT_EQ(result.exit, 4);
  EXPECT_THAT(result.err, HasSubstr(path + ":3:1: event_id: stands in line 2 already"));
  EXPECT_THAT(result.err, HasSubstr(path + ":4:1: event_id: "));
  EXPECT_THAT(result.err, HasSubstr("has errors; nothing was sent"));
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(server_->occasions().grants.size(), 0U);
}

// --- void ---

TEST_F(CtlVouchersTest, TakesBackWhatAFileHas) {
  ASSERT_EQ(Issue({"--count", "3"}).exit, 0);
  const std::string path = folder_ + "/codes.csv";
  const RunResult bare = Run({"voucher", "void", path});
  EXPECT_EQ(bare.exit, 2);
  EXPECT_THAT(bare.err, HasSubstr("Take back 3 vouchers for good?"));
  EXPECT_THAT(bare.err, HasSubstr("add --yes"));
  const RunResult dry = Run({"voucher", "void", path, "--dry-run"});
  EXPECT_EQ(dry.exit, 0) << dry.err;
  EXPECT_THAT(dry.out, HasSubstr("would take back    3\n"));
  EXPECT_EQ(server_->change_count(), 0U);
  const RunResult result = Run({"voucher", "void", path, "--yes"});
  EXPECT_EQ(result.exit, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("taken back         3\n"));
  EXPECT_EQ(server_->occasions().voids.back().voucher_keys(2), "00000000000000000000000000000003");
}

TEST_F(CtlVouchersTest, TakesBackKeysOfWhichSomeAreInUse) {
  const std::string used = "f" + std::string(31, '0');
  const std::string gone = "e" + std::string(31, '0');
  const std::string good = "a" + std::string(31, '0');
  const RunResult result =
      Run({"voucher", "void", "--key", used, "--key", gone, "--key", good, "--yes"});
  EXPECT_EQ(result.exit, 8);
  EXPECT_EQ(result.err, "voucher " + used + ": it is redeemed\n");
  EXPECT_THAT(result.out, HasSubstr("taken back         1\n"));
  EXPECT_THAT(result.out, HasSubstr("taken back before  1\n"));
  EXPECT_EQ(Run({"voucher", "void", "--key", used, "--yes"}).exit, 4);
  EXPECT_EQ(Run({"voucher", "void", "--key", "123", "--yes"}).exit, 2);
  EXPECT_EQ(Run({"voucher", "void", "--yes"}).exit, 2);
  EXPECT_EQ(Run({"voucher", "void", "x.csv", "--key", good, "--yes"}).exit, 2);
  EXPECT_EQ(Run({"voucher", "void", folder_ + "/none.csv", "--yes"}).exit, 1);
  EXPECT_EQ(Run({"voucher", "void", Write("x.csv", "code\n1\n"), "--yes"}).exit, 4);
}

// --- show, list, series ---

TEST_F(CtlVouchersTest, ShowsByCodeKeyOrEvent) {
  const RunResult code = Run({"voucher", "show", "--code", "7k3m 9qxa"});
  EXPECT_EQ(code.exit, 0) << code.err;
  EXPECT_THAT(code.out, HasSubstr("issued (可使用)"));
  EXPECT_EQ(server_->occasions().get_voucher.voucher_code(), "7k3m 9qxa");
  EXPECT_EQ(Run({"voucher", "show", "--key", "01", "-o", "csv"}).exit, 0);
  EXPECT_EQ(server_->occasions().get_voucher.voucher_key(), "01");
  EXPECT_EQ(Run({"voucher", "show", "--source", "quiz", "--event", "e1", "-o", "json"}).exit, 0);
  EXPECT_EQ(server_->occasions().get_voucher.event_id(), "e1");
  EXPECT_EQ(Run({"voucher", "show", "--code", "7K3M"}).exit, 3);
  EXPECT_EQ(Run({"voucher", "show"}).exit, 2);
  EXPECT_EQ(Run({"voucher", "show", "--source", "quiz"}).exit, 2);
  EXPECT_EQ(Run({"voucher", "show", "--key", "01", "--code", "7K3M"}).exit, 2);
}

TEST_F(CtlVouchersTest, Lists) {
  const RunResult member = Run({"voucher", "list", "--member", "M1", "-o", "csv"});
  EXPECT_EQ(std::count(member.out.begin(), member.out.end(), '\n'), 4);
  EXPECT_THAT(Run({"voucher", "list", "--member", "M1", "-o", "jsonl"}).out,
              HasSubstr("\"memberId\":\"M1\""));
  EXPECT_THAT(Run({"voucher", "list", "--member", "MANY"}).err, HasSubstr("--series asks for"));
  const RunResult series = Run({"voucher", "list", "--series", "tea-2026", "--state", "redeemed"});
  EXPECT_EQ(series.exit, 0) << series.err;
  EXPECT_THAT(series.out, HasSubstr("tea-2026"));
  EXPECT_THAT(series.out, HasSubstr("redeemed (已使用)"));
  EXPECT_EQ(Run({"voucher", "list"}).exit, 2);
  EXPECT_EQ(Run({"voucher", "list", "--member", "M1", "--state", "issued"}).exit, 2);
  EXPECT_EQ(Run({"voucher", "list", "--series", "x", "--state", "lost"}).exit, 2);
  EXPECT_THAT(Run({"voucher", "series"}).out, HasSubstr("cake-2026  12,345"));
  // What a list prints as CSV can be taken back as it is.
  const RunResult again = Run({"voucher", "void", Write("list.csv", member.out), "--yes"});
  EXPECT_EQ(again.exit, 0) << again.err;
}

// --- at the till ---

// Whoever types what the help shows must not be told that it was mistyped.
TEST_F(CtlVouchersTest, TheCodesInTheHelpAreRight) {
  const std::string help = Run({"voucher", "show", "--help"}).out + Run({"voucher", "--help"}).out +
                           Run({"authorize", "--help"}).out;
  const std::regex pattern("[0-9A-Z]{4}(-[0-9A-Z]{4}){3}");
  size_t codes = 0;
  for (std::sregex_iterator it(help.begin(), help.end(), pattern), end; it != end; ++it) {
    const char* const wrong = WhyNoVoucherCode(it->str());
    EXPECT_EQ(wrong, nullptr) << it->str() << ": " << wrong;
    ++codes;
  }
  EXPECT_GE(codes, 2U);
}

TEST_F(CtlVouchersTest, ACodeAtTheTillNeedsNoCard) {
  const RunResult result = RunInsecure({"authorize",
                                        "--terminal",
                                        "T1",
                                        "--voucher",
                                        "7K3M-9QXA-2HNB-V4TW",
                                        "--price",
                                        "0",
                                        "--capture"});
  EXPECT_EQ(result.exit, 0) << result.err;
  EXPECT_EQ(server_->last_authorize().voucher_code(), "7K3M-9QXA-2HNB-V4TW");
  EXPECT_EQ(server_->last_authorize().card_number(), "");
  const RunResult neither =
      RunInsecure({"authorize", "--terminal", "T1", "--price", "0", "--capture"});
  EXPECT_EQ(neither.exit, 2);
  EXPECT_THAT(neither.err, HasSubstr("--card is needed; only with --voucher"));
  EXPECT_EQ(RunInsecure({"authorize",
                         "--terminal",
                         "T1",
                         "--card",
                         "62530110",
                         "--price",
                         "0",
                         "--voucher",
                         "7K3M",
                         "--code-issued-at",
                         "2026-05-03T08:15:00Z"})
                .exit,
            2);
}

TEST_F(CtlVouchersTest, AppointmentsAndClaims) {
  EXPECT_EQ(RunInsecure({"authorize",
                         "--terminal",
                         "T1",
                         "--card",
                         "62530110",
                         "--price",
                         "30",
                         "--slot-at",
                         "2026-05-03 08:30:00"})
                .exit,
            0);
  v1::AuthorizeRequest request = server_->last_authorize();
  EXPECT_EQ(request.slot_at().seconds(), 1'777'768'200);
  EXPECT_FALSE(request.has_event_at());
  EXPECT_EQ(RunInsecure({"authorize",
                         "--terminal",
                         "T9",
                         "--card",
                         "62530110",
                         "--price",
                         "8500",
                         "--event-at",
                         "2026-05-03",
                         "--filed-by",
                         "li.min"})
                .exit,
            0);
  request = server_->last_authorize();
  EXPECT_EQ(request.event_at().seconds(), 1'777'737'600);
  EXPECT_EQ(request.filed_by(), "li.min");
  EXPECT_FALSE(request.has_slot_at());
  EXPECT_EQ(RunInsecure({"quote",
                         "--terminal",
                         "T9",
                         "--card",
                         "62530110",
                         "--price",
                         "8500",
                         "--event-at",
                         "2026-05-03"})
                .exit,
            2)
      << "who files it?";
  EXPECT_EQ(RunInsecure({"quote",
                         "--terminal",
                         "T9",
                         "--card",
                         "62530110",
                         "--price",
                         "1",
                         "--filed-by",
                         "li.min"})
                .exit,
            2);
  const RunResult bad = RunInsecure(
      {"quote", "--terminal", "T9", "--card", "62530110", "--price", "1", "--slot-at", "tomorrow"});
  EXPECT_EQ(bad.exit, 2);
  EXPECT_THAT(bad.err, HasSubstr("--slot-at: \"tomorrow\" is not a time"));
}

}  // namespace
}  // namespace gonghui::testing_e2e
