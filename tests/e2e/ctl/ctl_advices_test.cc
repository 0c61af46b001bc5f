// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Stored advices and batches, end to end.

#include <algorithm>

#include "tests/e2e/ctl/ctl_fixture.h"

namespace gonghui::testing_e2e {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr const char* kHeader =
    "request_id,kind,occurred_at,terminal_sequence,business_date,card_number,amount_yuan,"
    "member_paid_yuan,original\n";

class CtlAdvicesTest : public CtlTest {
 protected:
  // The last digit of the request id tells rows apart.
  static std::string Sale(char id, const std::string& card, const std::string& paid = "8") {
    return Id(id) + ",,2026-05-03 08:15:00," + id + ",2026-05-03," + card + ",10," + paid + ",\n";
  }
  static std::string Id(char id) { return std::string("8c9f3a52-6a0e-4d3c-9a57-2f1f0e6f2b1") + id; }

  RunResult Submit(const std::string& rows, const std::vector<std::string>& more = {}) const {
    return RunInsecure(
        With({"advice", "submit", Write("stored.csv", kHeader + rows), "--terminal", "T1"}, more));
  }
};

TEST_F(CtlAdvicesTest, AllAccepted) {
  const RunResult result = Submit(Sale('1', "62530110") + Sale('2', "99999999") + Id('3') +
                                  ",capture,2026-05-03T00:15:00Z,3,2026-05-03,,,,0123456789AB\n");
  EXPECT_EQ(result.exit, 0) << result.err;
  EXPECT_THAT(result.out, StartsWith("LINE  ACCEPTED  OUTCOME   REASON"));
  EXPECT_THAT(result.out, HasSubstr("programme (工会承担)"));
  EXPECT_THAT(result.out, HasSubstr("card_lost_or_stolen (305)  卡已挂失  acquirer (收单方承担)"));
  EXPECT_THAT(result.err,
              HasSubstr("3 of 3 accepted (已接受); the acquirer bears 2.00 yuan "
                        "(收单方承担)\n"));
  const auto messages = server_->advice_messages();
  ASSERT_EQ(messages.size(), 1U);
  EXPECT_EQ(messages[0].terminal_id(), "T1");
  ASSERT_EQ(messages[0].advices_size(), 3);
  const v1::Advice& sale = messages[0].advices(0);
  EXPECT_TRUE(sale.sale().capture());
  EXPECT_EQ(sale.sale().request_id(), Id('1'));
  EXPECT_EQ(sale.sale().list_price_fen(), 1'000);
  EXPECT_EQ(sale.member_paid_fen(), 800);
  EXPECT_EQ(sale.occurred_at().seconds(), 1'777'767'300) << "08:15 in Shanghai";
  EXPECT_EQ(sale.business_date(), "2026-05-03");
  EXPECT_FALSE(sale.queue_empty());
  EXPECT_EQ(messages[0].advices(2).capture().original_transaction_id(), "0123456789AB");
  EXPECT_TRUE(messages[0].advices(2).capture().final_capture());

  const RunResult again = Submit(Sale('1', "62530110"));
  EXPECT_EQ(again.exit, 0);
  EXPECT_THAT(again.out, HasSubstr("  yes     0123456789A1  "));
  const RunResult twice = Submit(Sale('2', "99999999") +
                                 "8c9f3a52-6a0e-4d3c-9a57-2f1f0e6f2b19,,2026-05-03 08:15:00,2,"
                                 "2026-05-03,99999999,10,8,\n");
  EXPECT_THAT(twice.err, HasSubstr("the acquirer bears 2.00 yuan")) << "one transaction";
}

TEST_F(CtlAdvicesTest, SomeAreNotAccepted) {
  const std::string old = Id('2') + ",,2019-05-03 08:15:00,2,2019-05-03,62530110,10,8,\n";
  const RunResult result = Submit(Sale('1', "62530110") + old + Sale('3', "88888888"));
  EXPECT_EQ(result.exit, 8);
  EXPECT_THAT(result.out, HasSubstr("advice_too_old (231)"));
  EXPECT_THAT(result.out, HasSubstr("manual (人工处理)"));
  EXPECT_THAT(result.out, HasSubstr("   4  no                  INVALID_ARGUMENT"));
  EXPECT_THAT(result.err, HasSubstr("older than 60 days: not accepted, a person has to look at"));
  EXPECT_THAT(result.err,
              HasSubstr("stored.csv:4:6: INVALID_ARGUMENT: advices[2].sale.card_number: is not a "
                        "card number (INVALID_FIELD)\n"));
  EXPECT_THAT(result.err,
              HasSubstr("1 of 3 accepted (已接受); 1 for a person to look at (需人工处理)"));
  EXPECT_EQ(Submit(old).exit, 4) << "none is";
  EXPECT_EQ(Submit(Sale('4', "62530110"), {"--terminal", "REFUSE"}).exit, 2) << "twice";
}

TEST_F(CtlAdvicesTest, AnUnknownTerminal) {
  const std::string path = Write("a.csv", kHeader + Sale('1', "62530110"));
  const RunResult result = RunInsecure({"advice", "submit", path, "--terminal", "REFUSE"});
  EXPECT_EQ(result.exit, 4);
  EXPECT_THAT(result.out, HasSubstr("invalid_terminal (201)"));
}

TEST_F(CtlAdvicesTest, ForPrograms) {
  const std::string rows = Sale('1', "62530110") + Sale('2', "88888888");
  const RunResult json = Submit(rows, {"-o", "json"});
  EXPECT_EQ(json.exit, 8);
  EXPECT_THAT(json.out, HasSubstr("\"liability\": \"LIABILITY_PROGRAMME\""));
  EXPECT_THAT(json.out, HasSubstr("\"reason\": \"INVALID_FIELD\""));
  EXPECT_THAT(json.out, Not(HasSubstr("newer"))) << "what can not be shown is left out";
  const RunResult lines = Submit(rows, {"-o", "jsonl"});
  EXPECT_EQ(std::count(lines.out.begin(), lines.out.end(), '\n'), 2);
  EXPECT_THAT(lines.out, StartsWith("{\"accepted\":true,\"idempotentReplay\":true,"));
  const RunResult csv = Submit(rows, {"-o", "csv"});
  EXPECT_THAT(csv.out,
              StartsWith("line,accepted,outcome,reason,display_message_zh,liability,list_price_fen,"
                         "member_pays_fen,subsidy_fen,acquirer_bears_fen,idempotent_replay,"
                         "transaction_id,request_id\n"
                         "2,true,approved,,,programme,1000,800,200,0,true,0123456789A1," +
                         Id('1') + "\n3,false,,INVALID_ARGUMENT,,,,,,,false,," + Id('2') + "\n"));
}

TEST_F(CtlAdvicesTest, DryRunAsksNoServer) {
  server_.reset();
  const std::string path =
      Write("a.csv",
            kHeader + Sale('1', "62530110") + Sale('2', "62530110", "0") + Id('3') +
                ",capture,2026-05-03T00:15:00Z,3,2026-05-03,,,,0123456789AB\n");
  const std::vector<std::string> command = {
      "advice", "submit", path, "--terminal", "T1", "--dry-run"};
  const RunResult result = Run(command);
  EXPECT_EQ(result.exit, 0) << result.err;
  EXPECT_THAT(result.out, StartsWith("LINE  KIND     OCCURRED AT"));
  EXPECT_THAT(
      result.out,
      HasSubstr("   2  sale     2026-05-03 08:15:00 +08:00  2026-05-03            1  62530110"
                "          10.00 yuan    8.00 yuan      0  "));
  EXPECT_THAT(result.out, HasSubstr("0123456789AB             all                   0  "));
  EXPECT_THAT(result.err, HasSubstr("3 advices are right, 12.00 yuan claimed by sales"));
  std::vector<std::string> as = command;
  as.insert(as.end(), {"-o", "json"});
  EXPECT_THAT(Run(as).out, HasSubstr("\"terminalId\": \"T1\""));
  as.back() = "jsonl";
  const std::string lines = Run(as).out;
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 3);
  as.back() = "csv";
  EXPECT_THAT(Run(as).out,
              StartsWith("line,kind,occurred_at,business_date,terminal_sequence,card_or_original,"
                         "amount_fen,member_paid_fen,line_count,request_id\n"
                         "2,sale,2026-05-03T00:15:00Z,2026-05-03,1,62530110,1000,800,0," +
                         Id('1') + "\n"));
}

TEST_F(CtlAdvicesTest, NothingIsSentOfAFileWithErrors) {
  const RunResult result = Submit(Sale('1', "62530110") + Sale('2', "62530110", "11") +
                                  Sale('1', "62530110") + Sale('3', "1"));
  EXPECT_EQ(result.exit, 4);
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(result.err, HasSubstr("stored.csv:3:8: member_paid_yuan: the member paid more"));
  EXPECT_THAT(result.err, HasSubstr("stored.csv:4:1: request_id: stands in line 2 already"));
  EXPECT_THAT(result.err, HasSubstr("stored.csv:5:6: card_number: "));
  EXPECT_THAT(result.err, HasSubstr("stored.csv has errors; nothing was sent\n"));
  EXPECT_TRUE(server_->advice_messages().empty());
  EXPECT_EQ(RunInsecure({"advice", "submit", folder_ + "/none.csv", "--terminal", "T1"}).exit, 1);
  EXPECT_EQ(Submit(Sale('1', "62530110"), {"--zone", "Mars"}).exit, 2);
  EXPECT_EQ(RunInsecure({"advice", "submit", "a.csv"}).exit, 2) << "without a terminal";
  EXPECT_EQ(Run({"advice", "submit", Write("a.csv", kHeader), "--terminal", "T1"}).exit, 2)
      << "without TLS files";
}

TEST_F(CtlAdvicesTest, TheLastSaysThatTheQueueIsEmpty) {
  EXPECT_EQ(Submit(Sale('1', "62530110") + Sale('2', "62530110"), {"--queue-empty"}).exit, 0);
  auto messages = server_->advice_messages();
  ASSERT_EQ(messages.size(), 2U);
  EXPECT_FALSE(messages[0].advices(0).queue_empty());
  EXPECT_TRUE(messages[1].advices(0).queue_empty());
  EXPECT_EQ(Submit(Sale('3', "88888888") + Sale('4', "62530110"), {"--queue-empty"}).exit, 8);
  messages = server_->advice_messages();
  ASSERT_EQ(messages.size(), 4U);
  EXPECT_FALSE(messages[3].advices(0).queue_empty()) << "one has to be sent again";
}

TEST_F(CtlAdvicesTest, AStreamThatEndsEarly) {
  std::string rows;
  for (int i = 0; i < 600; ++i) {
    char id[8];
    std::snprintf(id, sizeof id, "%04d", i);
    rows += std::string("8c9f3a52-6a0e-4d3c-9a57-2f1f0e6f") + id +
            ",,2026-05-03 08:15:00,1,2026-05-03,62530110,10,8,\n";
  }
  const std::string path = Write("a.csv", kHeader + rows);
  const RunResult result = RunInsecure({"advice", "submit", path, "--terminal", "BREAKS"});
  EXPECT_EQ(result.exit, 6);
  EXPECT_THAT(result.err, HasSubstr("UNAVAILABLE: the server is stopping (DRAINING)"));
  EXPECT_THAT(result.err,
              HasSubstr("256 of 600 advices were answered; submit the same file again"));
  EXPECT_THAT(result.out, HasSubstr(" 601  no answer"));
  EXPECT_THAT(result.err, HasSubstr("256 of 600 accepted"));
  const RunResult nobody = RunInsecure(
      {"advice", "submit", path, "--terminal", "T1", "--terminal-server", "127.0.0.1:1"});
  EXPECT_EQ(nobody.exit, 6);
  EXPECT_EQ(nobody.out, "");
  const RunResult slow =
      RunInsecure({"advice", "submit", path, "--terminal", "SLOW", "--timeout-ms", "200"});
  EXPECT_EQ(slow.exit, 7);
  EXPECT_THAT(slow.err, HasSubstr("no answer for 200 ms"));
}

TEST_F(CtlAdvicesTest, CtrlC) {
  const std::string path = Write("a.csv", kHeader + Sale('1', "62530110"));
  Running running(Command({"advice", "submit", path, "--terminal", "SLOW", "--insecure"}),
                  options_);
  for (int i = 0; i < 10'000 && server_->slow_call_count() == 0; ++i) {
    usleep(1'000);
  }
  ASSERT_EQ(server_->slow_call_count(), 1U);
  kill(running.pid(), SIGINT);
  const RunResult result = running.Wait();
  EXPECT_EQ(result.exit, 130);
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(result.err, HasSubstr("gonghuictl: interrupted\n0 of 1 advices were answered"));
}

// --- batches ---

class CtlBatchesTest : public CtlTest {
 protected:
  RunResult Close(std::vector<std::string> totals) const {
    totals.insert(totals.begin(), {"batch", "close", "--terminal", "T1"});
    return RunInsecure(totals);
  }
};

TEST_F(CtlBatchesTest, InBalance) {
  const std::vector<std::string> totals = {"--captures",
                                           "2",
                                           "--captured",
                                           "1480.50",
                                           "--refunds",
                                           "1",
                                           "--refunded-fen",
                                           "3500",
                                           "--subsidy",
                                           "289.10",
                                           "--request-id",
                                           "8c9f3a52-6a0e-4d3c-9a57-2f1f0e6f2b11"};
  const RunResult result = Close(totals);
  EXPECT_EQ(result.exit, 0) << result.err;
  EXPECT_EQ(result.out,
            "batch        7\n"
            "outcome      in_balance (平)\n"
            "terminal     T1\n"
            "closed at    2026-06-16 00:00:00 +08:00\n"
            "transaction  0123456789AC\n"
            "\nTotals\n"
            "TOTAL      合计           TERMINAL         LEDGER  DIFFERENCE\n"
            "captures   消费笔数              2              2\n"
            "captured   消费金额  1,480.50 yuan  1,480.50 yuan\n"
            "refunds    退货笔数              1              1\n"
            "refunded   退货金额     35.00 yuan     35.00 yuan\n"
            "reversals  撤销笔数              0              0\n"
            "reversed   撤销金额      0.00 yuan      0.00 yuan\n"
            "subsidy    补贴净额    289.10 yuan    289.10 yuan\n");
  EXPECT_EQ(result.err, "");
  EXPECT_EQ(server_->last_close().terminal_id(), "T1");
  EXPECT_THAT(Close(totals).err, HasSubstr("stored answer to an earlier request"));
}

TEST_F(CtlBatchesTest, OutOfBalance) {
  const std::vector<std::string> totals = {
      "--captures", "3", "--captured-fen", "149050", "--subsidy=-2.05"};
  const RunResult result = Close(totals);
  EXPECT_EQ(result.exit, 9);
  EXPECT_THAT(result.out, HasSubstr("out_of_balance (不平)"));
  EXPECT_THAT(result.out,
              HasSubstr("captures   消费笔数              3              2             1\n"));
  EXPECT_THAT(result.out,
              HasSubstr("refunded   退货金额      0.00 yuan     35.00 yuan   -35.00 yuan\n"));
  EXPECT_THAT(result.err, HasSubstr("out of balance (不平)"));
  EXPECT_EQ(server_->last_close().totals().subsidy_fen(), -205);
  std::vector<std::string> as = totals;
  as.insert(as.end(), {"-o", "csv"});
  const RunResult csv = Close(as);
  EXPECT_EQ(csv.exit, 9);
  EXPECT_THAT(csv.out,
              StartsWith("total,label_zh,terminal,ledger,difference\n"
                         "capture_count,消费笔数,3,2,1\n"
                         "captured_fen,消费金额,149050,148050,1000\n"));
  as.back() = "json";
  const RunResult json = Close(as);
  EXPECT_EQ(json.exit, 9);
  EXPECT_THAT(json.out, HasSubstr("\"outcome\": \"BATCH_OUTCOME_OUT_OF_BALANCE\""));
  EXPECT_EQ(Close({"--subsidy-fen=-205"}).exit, 9);
  EXPECT_EQ(server_->last_close().totals().subsidy_fen(), -205);
  EXPECT_EQ(server_->last_close().totals().capture_count(), 0U);
}

TEST_F(CtlBatchesTest, TotalsThatCanNotBe) {
  EXPECT_THAT(Close({}).err, HasSubstr("--subsidy or --subsidy-fen is needed"));
  EXPECT_THAT(Close({"--captures", "1", "--subsidy", "0"}).err,
              HasSubstr("--captures goes with --captured or --captured-fen"));
  EXPECT_THAT(Close({"--refunded", "1", "--subsidy", "0"}).err,
              HasSubstr("--refunded is not 0, --refunds says how many"));
  for (const std::vector<std::string>& bad :
       {std::vector<std::string>{"--captures=-1", "--captured", "1", "--subsidy", "0"},
        std::vector<std::string>{"--captures", "1", "--captured=-1", "--subsidy", "0"},
        std::vector<std::string>{"--subsidy", "--1"},
        std::vector<std::string>{"--subsidy", "1.234"},
        std::vector<std::string>{"--subsidy", "1", "--subsidy-fen", "100"}}) {
    EXPECT_EQ(Close(bad).exit, 2) << bad[0];
  }
  EXPECT_EQ(server_->last_close().terminal_id(), "") << "nothing was sent";
}

TEST_F(CtlBatchesTest, AnswersThatAreNone) {
  const RunResult declined =
      RunInsecure({"batch", "close", "--terminal", "REFUSE", "--subsidy", "0"});
  EXPECT_EQ(declined.exit, 4);
  EXPECT_THAT(declined.out, HasSubstr("invalid_terminal (201)"));
  const RunResult slow = RunInsecure(
      {"batch", "close", "--terminal", "SLOW", "--subsidy", "0", "--timeout-ms", "200"});
  EXPECT_EQ(slow.exit, 7);
  EXPECT_THAT(slow.err, HasSubstr("ask again with --request-id "));
}

}  // namespace
}  // namespace gonghui::testing_e2e
