// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Claims, contributions and solvency, end to end.

#include "tests/e2e/ctl/ctl_fixture.h"

namespace gonghui::testing_e2e {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class CtlAidTest : public CtlTest {};

// --- claims ---

TEST_F(CtlAidTest, ShowsAndListsClaims) {
  const RunResult one = Run({"claim", "show", "0123456789AB"});
  EXPECT_EQ(one.exit, 0) << one.err;
  EXPECT_THAT(one.out, HasSubstr("approved  0 of 2\n"));
  EXPECT_THAT(one.out, HasSubstr("filed by  li.min\n"));
  EXPECT_THAT(one.out, HasSubstr("\nAuthorization (授权)\n"));
  EXPECT_THAT(Run({"claim", "show", "0123456789AB", "-o", "json"}).out,
              HasSubstr("\"approvalsRequired\": 2"));
  // Two are about one day: a person must see that.
  EXPECT_THAT(one.out, HasSubstr("\nOther claims of the member (该会员的其他申请)\n"));
  EXPECT_THAT(one.out, HasSubstr("0123456789AC"));
  EXPECT_THAT(one.err, HasSubstr("is it the same bill (是否重复申请)?"));
  EXPECT_THAT(Run({"claim", "list", "--member", "M0000001"}).out, HasSubstr("0123456789AC"));
  EXPECT_EQ(Run({"claim", "list", "--member", "NONE"}).exit, 3);
  EXPECT_EQ(Run({"claim", "show", "NONE"}).exit, 3);
  EXPECT_EQ(Run({"claim", "show"}).exit, 2);
  const std::string open = Run({"claim", "list", "--open", "-o", "csv"}).out;
  EXPECT_THAT(open, StartsWith("transaction_id,state,member_id,event_at,decided_at,filed_by,"));
  EXPECT_THAT(open, Not(HasSubstr("0123456789AC")));
  const std::string all = Run({"claim", "list"}).out;
  EXPECT_THAT(all, HasSubstr("0123456789AC"));
  // Both were reversed; a reviewer wants to know by whom.
  EXPECT_THAT(all, ContainsRegex("0123456789AD +withdrawn \\(撤回\\)"));
  EXPECT_THAT(all, ContainsRegex("0123456789AE +rejected \\(驳回\\)"));
  EXPECT_THAT(Run({"claim", "list", "-o", "csv"}).out, HasSubstr("\n0123456789AE,reversed,"));
  // What was refunded is paid no longer.
  EXPECT_THAT(all, ContainsRegex("0123456789AC .* 3,000.00 yuan +2,014.71 yuan"));
  EXPECT_THAT(Run({"claim", "list", "-o", "csv"}).out, HasSubstr(",850000,300000,201471,"));
}

// What was declined never held a fen; what was withdrawn or has run out is history, and no second
// payment.
TEST_F(CtlAidTest, OnlyWhatMayPayIsASecondFiling) {
  const RunResult one = Run({"claim", "show", "0123456789AA"});
  EXPECT_EQ(one.exit, 0) << one.err;
  EXPECT_THAT(one.out, HasSubstr("0123456789AD"));
  EXPECT_THAT(one.out, HasSubstr("0123456789AH"));
  EXPECT_THAT(one.out, Not(HasSubstr("0123456789AF")));
  EXPECT_EQ(one.err, "");
}

// It is compared, so it is an account.
TEST_F(CtlAidTest, APersonsNameIsNoAccount) {
  const std::string why =
      "is no account name such as li.na: 1 to 32 of A-Z a-z 0-9 . _ : - "
      "(用账号，如 li.na，不是姓名)";
  const RunResult result = Run({"claim", "approve", "0123456789AB", "--by", "王芳"});
  EXPECT_EQ(result.exit, 2);
  EXPECT_THAT(result.err, HasSubstr("--by: \"王芳\" " + why));
  EXPECT_EQ(server_->occasions().judgements.size(), 0U);
  const RunResult filed = Run({"authorize",
                               "--terminal",
                               "T1",
                               "--card",
                               "6253011000000016",
                               "--price",
                               "8500",
                               "--event-at",
                               "2026-05-03",
                               "--filed-by",
                               "李娜"});
  EXPECT_EQ(filed.exit, 2);
  EXPECT_THAT(filed.err, HasSubstr("--filed-by: \"李娜\" " + why));
  EXPECT_EQ(Run({"claim", "reject", "0123456789AB", "--by", "王芳", "--note", "否", "--yes"}).exit,
            2);
  // What the environment says hinders claims alone.
  options_.environment["GONGHUI_OPERATOR"] = "王芳";
  EXPECT_EQ(Run({"claim", "approve", "0123456789AB"}).exit, 2);
  EXPECT_EQ(Run({"claim", "list"}).exit, 0);
  EXPECT_THAT(Run({"claim", "approve", "--help"}).out, HasSubstr("account name (账号)"));
  EXPECT_THAT(Run({"authorize", "--help"}).out, HasSubstr("account name (账号)"));
}

TEST_F(CtlAidTest, TwoPersonsApprove) {
  const RunResult dry = Run({"claim", "approve", "0123456789AB", "--by", "wang.fang", "--dry-run"});
  EXPECT_EQ(dry.exit, 0) << dry.err;
  EXPECT_THAT(dry.err, HasSubstr("nothing was changed"));
  const RunResult first =
      Run({"claim", "approve", "0123456789AB", "--by", "wang.fang", "--note", "材料齐全"});
  EXPECT_EQ(first.exit, 0) << first.err;
  EXPECT_THAT(first.out, HasSubstr("approved (同意)  材料齐全"));
  EXPECT_EQ(first.err, "1 more person has to approve it before it is paid (还需1人同意)\n");
  const RunResult again = Run({"claim", "approve", "0123456789AB", "--by", "wang.fang"});
  EXPECT_EQ(again.exit, 0);
  EXPECT_EQ(again.err,
            "wang.fang has approved already; nothing was changed (已审批过，未作变动)\n"
            "1 more person has to approve it before it is paid (还需1人同意)\n");
  EXPECT_EQ(server_->occasions().judgements.size(), 1U);
  options_.environment["GONGHUI_OPERATOR"] = "zhao.lei";
  const RunResult second = Run({"claim", "approve", "0123456789AB", "-o", "json"});
  EXPECT_EQ(second.exit, 0) << second.err;
  EXPECT_THAT(second.out, HasSubstr("\"by\": \"zhao.lei\""));
  EXPECT_EQ(second.err, "it may be paid: capture (可以支付)\n");
}

TEST_F(CtlAidTest, WhoFiledItCanNotApproveIt) {
  const RunResult result = Run({"claim", "approve", "0123456789AB", "--by", "li.min"});
  EXPECT_EQ(result.exit, 4);
  EXPECT_THAT(result.err, HasSubstr("(SAME_PERSON)"));
  EXPECT_EQ(Run({"claim", "approve", "0123456789AB"}).exit, 2) << "nobody says so";
}

TEST_F(CtlAidTest, RejectAsksAndSaysWhy) {
  const std::vector<std::string> command = {
      "claim", "reject", "0123456789AB", "--by", "wang.fang", "--note", "不在保障期内"};
  const RunResult bare = Run(command);
  EXPECT_EQ(bare.exit, 2);
  EXPECT_THAT(bare.err, HasSubstr("Reject claim 0123456789AB?"));
  std::vector<std::string> dry = command;
  dry.emplace_back("--dry-run");
  EXPECT_EQ(Run(dry).exit, 0);
  EXPECT_EQ(server_->change_count(), 0U);
  EXPECT_EQ(RunOnTerminal(command, "n\n").exit, 1);
  const RunResult result = RunOnTerminal(command, "y\n");
  EXPECT_EQ(result.exit, 0) << result.out;
  EXPECT_THAT(result.out, HasSubstr("rejected (驳回)"));
  ASSERT_EQ(server_->occasions().judgements.size(), 1U);
  EXPECT_EQ(server_->occasions().judgements[0].note(), "不在保障期内");
  EXPECT_EQ(Run({"claim", "reject", "0123456789AB", "--by", "wang.fang", "--yes"}).exit, 2)
      << "why is not said";
  EXPECT_EQ(Run({"claim", "reject", "FINAL", "--by", "a", "--note", "b", "--yes"}).exit, 4);
}

// --- contributions ---

TEST_F(CtlAidTest, ImportsContributions) {
  const std::string header =
      "receipt_code,fund_code,member_id,segment_code,amount_yuan,covers_from,covers_until\n";
  const std::string tail = ",insured,80,2026-01-01,2027-01-01\n";
  const std::string path = Write("paid.csv",
                                 header + "R1,mutual-2026,M1" + tail + "R2,mutual-2026,BAD2" +
                                     tail + "R1,mutual-2027,M1" + tail);
  const RunResult dry = Run({"contribution", "import", path, "--dry-run"});
  EXPECT_EQ(dry.exit, 8);
  EXPECT_THAT(dry.out, HasSubstr("would create  2\n"));
  EXPECT_EQ(server_->occasions().contributions.size(), 0U);
  const RunResult result = Run({"contribution", "import", path});
  EXPECT_EQ(result.exit, 8);
  EXPECT_THAT(result.err, HasSubstr(path + ":3"));
  EXPECT_THAT(Read("paid.rejects.csv"), HasSubstr("R2,mutual-2026,BAD2"));
  const OccasionCalls calls = server_->occasions();
  ASSERT_EQ(calls.contributions.size(), 2U);
  EXPECT_EQ(calls.contributions[0].amount_fen(), 8'000);
  EXPECT_EQ(calls.contributions[1].fund_code(), "mutual-2027");
  EXPECT_EQ(Run({"import", "contributions", Write("one.csv", header + "R9,f,M1" + tail)}).exit, 0);
  EXPECT_THAT(Run({"contribution", "import", "--help"}).out, HasSubstr("covers_until *"));
}

TEST_F(CtlAidTest, ImportsOfContributionsGoOn) {
  std::string text =
      "receipt_code,fund_code,member_id,segment_code,amount_yuan,covers_from,covers_until\n";
  for (int i = 0; i < 3'000; ++i) {
    text += "R" + std::to_string(i) + ",f,M1,insured,80,2026-01-01,2027-01-01\n";
  }
  const std::string path = Write("paid.csv", text);
  server_->FailImportsAfter(2);
  EXPECT_EQ(Run({"contribution", "import", path, "--quiet"}).exit, 6);
  EXPECT_THAT(Read("paid.csv.progress"), HasSubstr("kind=contributions\n"));
  server_->FailImportsAfter(SIZE_MAX);
  EXPECT_EQ(Run({"contribution", "import", path, "--resume", "--quiet"}).exit, 0);
  EXPECT_EQ(server_->occasions().contributions.size(), 3'000U);
}

TEST_F(CtlAidTest, RevokesAndListsContributions) {
  const std::vector<std::string> command = {"contribution", "revoke", "mutual-2026", "R1"};
  const RunResult bare = Run(command);
  EXPECT_EQ(bare.exit, 2);
  EXPECT_THAT(bare.err, HasSubstr("Revoke receipt R1 of fund mutual-2026"));
  EXPECT_EQ(Run({"contribution", "revoke", "mutual-2026", "R1", "--dry-run"}).exit, 0);
  EXPECT_EQ(server_->change_count(), 0U);
  const RunResult result = Run({"contribution", "revoke", "mutual-2026", "R1", "--yes"});
  EXPECT_EQ(result.exit, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("revoked (已撤销)"));
  EXPECT_EQ(Run({"contribution", "revoke", "mutual-2026", "NONE", "--yes"}).exit, 3);
  EXPECT_EQ(Run({"contribution", "revoke", "mutual-2026", "--yes"}).exit, 2);
  EXPECT_THAT(Run({"contribution", "list", "--fund", "mutual-2027"}).out, HasSubstr("mutual-2027"));
  EXPECT_THAT(Run({"contribution", "list", "-o", "csv"}).out, HasSubstr("R1,mutual-2026,,,8000,"));
}

// --- solvency ---

TEST_F(CtlAidTest, SolvencyOfAFund) {
  const RunResult bare = Run({"fund", "solvency", "mutual-2026"});
  EXPECT_EQ(bare.exit, 0) << bare.err;
  EXPECT_THAT(bare.out, HasSubstr("83.25%\n"));
  EXPECT_THAT(bare.out, HasSubstr("800,000.00 yuan\n"));
  EXPECT_THAT(bare.out, HasSubstr("claims open 待处理"));
  EXPECT_THAT(bare.out, Not(HasSubstr("参保人数")));
  const RunResult all = Run({"fund",
                             "solvency",
                             "mutual-2026",
                             "--segment",
                             "insured",
                             "--at",
                             "2026-06-30",
                             "--from",
                             "2026-01-01",
                             "--until",
                             "2026-07-01"});
  EXPECT_EQ(all.exit, 0) << all.err;
  EXPECT_THAT(all.out, HasSubstr("9,876\n"));
  const v1::GetSolvencyRequest asked = server_->occasions().solvency;
  EXPECT_EQ(asked.segment_code(), "insured");
  EXPECT_EQ(asked.covered_at().seconds(), 1'782'748'800);
  EXPECT_EQ(asked.contributions_from().seconds(), 1'767'196'800);
  EXPECT_EQ(asked.contributions_until().seconds(), 1'782'835'200);
  EXPECT_THAT(Run({"fund", "solvency", "mutual-2026", "-o", "json"}).out,
              HasSubstr("\"paidOfContributedBps\": \"8325\""));
  EXPECT_THAT(Run({"fund", "solvency", "mutual-2026", "-o", "csv"}).out,
              HasSubstr("mutual-2026,100000000,80000000,10000,"));
  EXPECT_EQ(Run({"fund", "solvency", "NONE"}).exit, 3);
  EXPECT_EQ(Run({"fund", "solvency", "f", "--at", "2026-06-30"}).exit, 2) << "of which segment?";
  EXPECT_EQ(Run({"fund", "solvency", "f", "--from", "soon"}).exit, 2);
}

}  // namespace
}  // namespace gonghui::testing_e2e
