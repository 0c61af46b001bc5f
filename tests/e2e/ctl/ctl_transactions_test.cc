// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The commands of a terminal, end to end: what they ask, what they print, how they
// exit.

#include <algorithm>

#include "tests/e2e/ctl/ctl_fixture.h"

namespace gonghui::testing_e2e {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr const char* kUuid = "8c9f3a52-6a0e-4d3c-9a57-2f1f0e6f2b11";

class CtlTransactionsTest : public CtlTest {};

TEST_F(CtlTransactionsTest, AuthorizeApproved) {
  const RunResult result = RunInsecure({"authorize",
                                        "--terminal",
                                        "T1",
                                        "--card",
                                        "6253011000000016",
                                        "--price",
                                        "5.00",
                                        "--capture"});
  EXPECT_EQ(result.exit, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("outcome      approved\n"));
  EXPECT_THAT(result.out, HasSubstr("member pays  0.01 yuan\n"));
  EXPECT_THAT(result.out, HasSubstr("subsidy      4.99 yuan\n"));
  const v1::AuthorizeRequest request = server_->last_authorize();
  EXPECT_EQ(request.list_price_fen(), 500);
  EXPECT_TRUE(request.capture());
  EXPECT_EQ(request.request_id().size(), 36U);
  EXPECT_EQ(request.if_no_benefit(), v1::IF_NO_BENEFIT_DECLINE);
}

TEST_F(CtlTransactionsTest, AuthorizeDeclined) {
  const RunResult result =
      RunInsecure({"authorize", "--terminal", "T1", "--card", "99999999", "--price-fen", "500"});
  EXPECT_EQ(result.exit, 4);
  EXPECT_THAT(result.out, HasSubstr("card_lost_or_stolen (305)"));
  EXPECT_THAT(result.out, HasSubstr("Card reported lost"));
  EXPECT_THAT(result.out, HasSubstr("卡已挂失"));
  EXPECT_THAT(result.out, HasSubstr("what to do   do not accept this card"));
  EXPECT_THAT(result.out, HasSubstr("怎么办       请勿受理此卡"));
  EXPECT_EQ(result.err, "");
}

TEST_F(CtlTransactionsTest, AuthorizeOptions) {
  const RunResult result = RunInsecure({"authorize",  "--terminal",   "T1",
                                        "--card",     "62530110",     "--price-fen",
                                        "1200",       "--programme",  "metro",
                                        "--merchant", "S1",           "--request-id",
                                        kUuid,        "--full-price", "--hold-seconds",
                                        "600",        "--entry-mode", "qr_code",
                                        "-o",         "json",         "--allow-partial"});
  EXPECT_EQ(result.exit, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("\"listPriceFen\": \"1200\""));
  const v1::AuthorizeRequest request = server_->last_authorize();
  EXPECT_EQ(request.request_id(), kUuid);
  EXPECT_EQ(request.programme_code(), "metro");
  EXPECT_EQ(request.merchant_id(), "S1");
  EXPECT_EQ(request.if_no_benefit(), v1::IF_NO_BENEFIT_FULL_PRICE);
  EXPECT_EQ(request.hold_seconds(), 600U);
  EXPECT_EQ(request.pos_entry_mode(), v1::POS_ENTRY_MODE_QR_CODE);
  EXPECT_FALSE(request.capture());
  EXPECT_TRUE(request.allow_partial_approval());
}

TEST_F(CtlTransactionsTest, AuthorizeWithACode) {
  const std::vector<std::string> base = {
      "authorize", "--terminal", "T1", "--card", "62530110", "--price", "5", "--code-issued-at"};
  const auto with = [&base](const std::vector<std::string>& more) { return With(base, more); };
  EXPECT_EQ(RunInsecure(with({"2026-05-03T08:15:00.5+08:00"})).exit, 0);
  v1::AuthorizeRequest request = server_->last_authorize();
  EXPECT_EQ(request.pos_entry_mode(), v1::POS_ENTRY_MODE_QR_CODE);
  EXPECT_EQ(request.qr_code().issued_at().seconds(), 1'777'767'300);
  EXPECT_EQ(request.qr_code().issued_at().nanos(), 500'000'000);
  EXPECT_EQ(request.qr_code().valid_seconds(), 0U);
  EXPECT_EQ(request.qr_code().purpose(), v1::CODE_PURPOSE_UNSPECIFIED);

  EXPECT_EQ(RunInsecure(with({"2026-05-03 08:15:00",
                              "--code-valid-s",
                              "30",
                              "--code-purpose",
                              "exit",
                              "--entry-mode",
                              "qr_code"}))
                .exit,
            0);
  request = server_->last_authorize();
  EXPECT_EQ(request.qr_code().issued_at().seconds(), 1'777'767'300);
  EXPECT_EQ(request.qr_code().valid_seconds(), 30U);
  EXPECT_EQ(request.qr_code().purpose(), v1::CODE_PURPOSE_EXIT);

  const RunResult no_time = RunInsecure(with({"yesterday"}));
  EXPECT_EQ(no_time.exit, 2);
  EXPECT_THAT(no_time.err, HasSubstr("--code-issued-at"));
  EXPECT_EQ(RunInsecure(with({"2026-05-03T08:15:00Z", "--code-purpose", "fun"})).exit, 2);
  EXPECT_EQ(RunInsecure({"quote",
                         "--terminal",
                         "T1",
                         "--card",
                         "62530110",
                         "--price",
                         "5",
                         "--code-valid-s",
                         "30"})
                .exit,
            2);
}

TEST_F(CtlTransactionsTest, ReplayIsSaid) {
  const std::vector<std::string> command = {
      "authorize", "--terminal", "T1", "--card", "62530110", "--price", "5", "--request-id", kUuid};
  EXPECT_THAT(RunInsecure(command).err, Not(HasSubstr("stored answer")));
  const RunResult again = RunInsecure(command);
  EXPECT_EQ(again.exit, 0);
  EXPECT_THAT(again.err, HasSubstr("stored answer to an earlier request"));
}

TEST_F(CtlTransactionsTest, QuoteAndDryRunRecordNothing) {
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"quote", "--terminal", "T1", "--card", "62530110", "--price", "5"},
        std::vector<std::string>{
            "authorize", "--terminal", "T1", "--card", "62530110", "--price", "5", "--dry-run"}}) {
    const RunResult result = RunInsecure(command);
    EXPECT_EQ(result.exit, 0) << result.err;
    EXPECT_THAT(result.out, HasSubstr("0.01 yuan"));
    EXPECT_THAT(result.out, Not(HasSubstr("0123456789AB")));
  }
  EXPECT_EQ(server_->authorize_count(), 0U);
}

TEST_F(CtlTransactionsTest, Explain) {
  for (const char* command : {"authorize", "quote"}) {
    const RunResult result = RunInsecure(
        {command, "--terminal", "T1", "--card", "62530110", "--price", "5", "--explain"});
    EXPECT_EQ(result.exit, 0) << result.err;
    EXPECT_EQ(result.err, "");
    EXPECT_THAT(result.out, HasSubstr("outcome      approved\n"));
    EXPECT_THAT(
        result.out,
        HasSubstr("\nChecks\n"
                  "OK  PROGRAMME  BENEFIT  CHECK                    提示            LIMIT"
                  "          AT MOST  USED  HELD  LEFT\n"
                  "✓                       card_not_active          卡可用\n"
                  "✓   metro      ride     exceeds_frequency_limit  优惠次数未用完  rides-per-day"
                  "        4     1     0     3\n"));
  }
  EXPECT_TRUE(server_->last_authorize().explain());
  const RunResult declined = RunInsecure(
      {"authorize", "--terminal", "T1", "--card", "99999999", "--price", "5", "--explain"});
  EXPECT_EQ(declined.exit, 4);
  EXPECT_THAT(declined.out, HasSubstr("✗                       card_lost_or_stolen  卡已挂失\n"));
  const RunResult json = RunInsecure({"quote",
                                      "--terminal",
                                      "T1",
                                      "--card",
                                      "62530110",
                                      "--price",
                                      "5",
                                      "--explain",
                                      "-o",
                                      "json"});
  EXPECT_THAT(json.out, HasSubstr("\"check\": \"REASON_EXCEEDS_FREQUENCY_LIMIT\""));
}

TEST_F(CtlTransactionsTest, ExplainIsNotAskedForUnasked) {
  const std::vector<std::string> command = {
      "authorize", "--terminal", "T1", "--card", "62530110", "--price", "5", "--request-id", kUuid};
  EXPECT_THAT(RunInsecure(command).out, Not(HasSubstr("Checks")));
  EXPECT_FALSE(server_->last_authorize().explain());
  std::vector<std::string> explained = command;
  explained.emplace_back("--explain");
  const RunResult again = RunInsecure(explained);
  EXPECT_EQ(again.exit, 0);
  EXPECT_THAT(again.out, Not(HasSubstr("Checks")));
  EXPECT_THAT(again.err, HasSubstr("a stored answer has no checks"));
  explained.emplace_back("-o");
  explained.emplace_back("csv");
  explained[8] = "8c9f3a52-6a0e-4d3c-9a57-2f1f0e6f2b12";
  const RunResult csv = RunInsecure(explained);
  EXPECT_EQ(std::count(csv.out.begin(), csv.out.end(), '\n'), 2) << csv.out;
  EXPECT_THAT(csv.err, HasSubstr("CSV has the decision only"));
}

TEST_F(CtlTransactionsTest, Entitlements) {
  const std::string table =
      "PROGRAMME  BENEFIT    优惠          PRICE              NOW                        "
      "提示            LEFT OF LIMITS           NEXT ELIGIBLE\n"
      "metro      ride       一分钱乘地铁  member pays 1 fen  ✗ exceeds_frequency_limit  "
      "优惠次数已用完  rides-per-day 0/4        2026-06-16 00:00:00 +08:00\n"
      "shops      groceries  购物八折      20% off            ✓                          "
      "现在可用        month 75.50/100.00 yuan\n";
  const RunResult by_card = Run({"entitlements", "--card", "6253011000000016"});
  EXPECT_EQ(by_card.exit, 0) << by_card.err;
  EXPECT_EQ(by_card.out, table);
  EXPECT_EQ(by_card.err, "");
  EXPECT_EQ(server_->last_member_entitlements().card_number(), "6253011000000016");
  EXPECT_EQ(Run({"entitlements", "--member", "M1"}).out, table);
  EXPECT_EQ(server_->last_member_entitlements().member_id(), "M1");
  const RunResult here =
      RunInsecure({"entitlements", "--card", "62530110", "--terminal", "T1", "--here"});
  EXPECT_EQ(here.exit, 0) << here.err;
  EXPECT_EQ(here.out, table);
  EXPECT_EQ(server_->last_entitlements().terminal_id(), "T1");
  EXPECT_EQ(server_->last_entitlements().card_number(), "62530110");
  EXPECT_TRUE(server_->last_entitlements().here());
}

TEST_F(CtlTransactionsTest, EntitlementsForPrograms) {
  const std::vector<std::string> command = {"entitlements", "--member", "M1", "-o"};
  const auto as = [&](const char* format, const char* card = nullptr) {
    std::vector<std::string> words = command;
    words.emplace_back(format);
    if (card != nullptr) {
      words[1] = "--card";
      words[2] = card;
    }
    return Run(words);
  };
  EXPECT_EQ(as("csv").out,
            "programme_code,benefit_code,display_name,price,reason,display_message_zh,"
            "limits_left,next_eligible_at\n"
            "metro,ride,一分钱乘地铁,member pays 1 fen,exceeds_frequency_limit,优惠次数已用完,"
            "rides-per-day=0/4,2026-06-15T16:00:00Z\n"
            "shops,groceries,购物八折,20% off,,现在可用,month=7550/10000,\n");
  const std::string json = as("json").out;
  EXPECT_THAT(json, StartsWith("{\n \"outcome\": \"OUTCOME_APPROVED\""));
  EXPECT_THAT(json, HasSubstr("\"nextEligibleAt\": \"2026-06-15T16:00:00Z\""));
  const std::string lines = as("jsonl").out;
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 2);
  EXPECT_THAT(lines, StartsWith("{\"programmeCode\":\"metro\""));

  // Who may use nothing is told why.
  const RunResult declined = as("table", "99999999");
  EXPECT_EQ(declined.exit, 4);
  EXPECT_EQ(declined.out, "");
  EXPECT_THAT(declined.err,
              HasSubstr("declined: card_lost_or_stolen (305): Card is reported lost or stolen "
                        "卡已挂失"));
  EXPECT_THAT(declined.err, HasSubstr("what to do: do not accept this card"));
  EXPECT_THAT(as("json", "99999999").out, HasSubstr("\"REASON_CARD_LOST_OR_STOLEN\""));
  EXPECT_EQ(as("json", "99999999").exit, 4);
}

TEST_F(CtlTransactionsTest, EntitlementsUsage) {
  EXPECT_EQ(Run({"entitlements"}).exit, 2);
  EXPECT_EQ(Run({"entitlements", "--card", "62530110", "--member", "M1"}).exit, 2);
  EXPECT_EQ(Run({"entitlements", "--card", "62530110", "--here"}).exit, 2);
  EXPECT_EQ(RunInsecure({"entitlements", "--member", "M1", "--terminal", "T1"}).exit, 2);
  const std::string help = Run({"entitlements", "--help"}).out;
  EXPECT_THAT(help, HasSubstr("可享优惠"));
  EXPECT_THAT(help,
              HasSubstr("gonghuictl entitlements --card 6253011000000016 --terminal T0000001"));
}

TEST_F(CtlTransactionsTest, AuthorizeUsage) {
  EXPECT_EQ(RunInsecure({"authorize", "--terminal", "T1", "--card", "1"}).exit, 2);
  EXPECT_EQ(RunInsecure({"authorize", "--terminal", "T1", "--price", "1"}).exit, 2);
  const RunResult fine =
      RunInsecure({"authorize", "--terminal", "T1", "--card", "1", "--price", "1.234"});
  EXPECT_EQ(fine.exit, 2);
  EXPECT_THAT(fine.err, HasSubstr("finer than a fen"));
  EXPECT_EQ(
      RunInsecure(
          {"authorize", "--terminal", "T1", "--card", "1", "--price", "1", "--price-fen", "100"})
          .exit,
      2);
  EXPECT_EQ(server_->authorize_count(), 0U);
}

TEST_F(CtlTransactionsTest, InvalidFieldIsNamed) {
  const RunResult result =
      RunInsecure({"authorize", "--terminal", "T1", "--card", "1", "--price-fen=-5"});
  EXPECT_EQ(result.exit, 4);
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(result.err,
            "gonghuictl: INVALID_ARGUMENT: a field is wrong (INVALID_FIELD)\n"
            "  list_price_fen: must be 0 or more\n");
}

TEST_F(CtlTransactionsTest, Denied) {
  const RunResult result =
      RunInsecure({"authorize", "--terminal", "DENIED", "--card", "1", "--price", "1"});
  EXPECT_EQ(result.exit, 5);
  EXPECT_THAT(result.err,
              HasSubstr("PERMISSION_DENIED: you are another terminal (WRONG_TERMINAL)"));
}

TEST_F(CtlTransactionsTest, Overloaded) {
  const RunResult result =
      RunInsecure({"authorize", "--terminal", "FULL", "--card", "1", "--price", "1"});
  EXPECT_EQ(result.exit, 6);
  EXPECT_THAT(result.err, HasSubstr("try again after 50 ms"));
}

TEST_F(CtlTransactionsTest, TimeoutNamesTheRequestToRepeat) {
  const RunResult result = RunInsecure({"authorize",
                                        "--terminal",
                                        "SLOW",
                                        "--card",
                                        "1",
                                        "--price",
                                        "1",
                                        "--timeout-ms",
                                        "200",
                                        "--request-id",
                                        kUuid});
  EXPECT_EQ(result.exit, 7);
  EXPECT_THAT(result.err, HasSubstr("DEADLINE_EXCEEDED"));
  EXPECT_THAT(result.err, HasSubstr(std::string("ask again with --request-id ") + kUuid));
}

TEST_F(CtlTransactionsTest, CtrlC) {
  Running running(
      Command({"authorize", "--terminal", "SLOW", "--card", "1", "--price", "1", "--insecure"}),
      options_);
  for (int i = 0; i < 10'000 && server_->slow_call_count() == 0; ++i) {
    usleep(1'000);
  }
  ASSERT_EQ(server_->slow_call_count(), 1U);
  kill(running.pid(), SIGINT);
  const RunResult result = running.Wait();
  EXPECT_EQ(result.exit, 130);
  EXPECT_THAT(result.err, HasSubstr("the outcome is not known"));
}

TEST_F(CtlTransactionsTest, Unreachable) {
  const RunResult result = Run({"status", "--server", "unix:/tmp/none.sock"});
  EXPECT_EQ(result.exit, 6);
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(result.err, StartsWith("gonghuictl: UNAVAILABLE"));
}

TEST_F(CtlTransactionsTest, ARefusedConnectionHasAnOutcome) {
  const RunResult operators = Run({"status", "--server", "127.0.0.1:1", "--insecure"});
  EXPECT_EQ(operators.exit, 6);
  EXPECT_THAT(operators.err,
              HasSubstr("is gonghuid running? (--server / GONGHUI_SERVER: 127.0.0.1:1)"));
  const RunResult terminal = RunInsecure({"authorize",
                                          "--terminal",
                                          "T1",
                                          "--card",
                                          "6253011000000016",
                                          "--price",
                                          "1",
                                          "--terminal-server",
                                          "127.0.0.1:1"});
  EXPECT_EQ(terminal.exit, 6);
  EXPECT_THAT(terminal.err,
              HasSubstr("(--terminal-server / GONGHUI_TERMINAL_SERVER: 127.0.0.1:1)"));
  EXPECT_THAT(terminal.err, testing::Not(HasSubstr("outcome is not known")));
}

TEST_F(CtlTransactionsTest, APlainClientIsToldOfTls) {
  const RunResult result = RunInsecure({"quote",
                                        "--terminal",
                                        "T1",
                                        "--card",
                                        "6253011000000016",
                                        "--price",
                                        "1",
                                        "--terminal-server",
                                        server_->tls_target()});
  EXPECT_EQ(result.exit, 6) << result.err;
  EXPECT_THAT(result.err, HasSubstr("does this listener want TLS?"));
}

TEST_F(CtlTransactionsTest, MutualTls) {
  const std::string ca = Write("ca.pem", certificates_.ca.cert_pem);
  const std::string cert = Write("t.pem", certificates_.terminal.cert_pem);
  const std::string key = Write("t.key", certificates_.terminal.key_pem);
  const std::vector<std::string> command = {"quote",
                                            "--terminal",
                                            "T0000001",
                                            "--card",
                                            "62530110",
                                            "--price",
                                            "5",
                                            "--terminal-server",
                                            server_->tls_target()};
  const RunResult bare = Run(command);
  EXPECT_EQ(bare.exit, 2);
  EXPECT_THAT(bare.err, HasSubstr("need --tls-ca, --tls-cert and --tls-key (or --insecure"));

  const RunResult trusted =
      Run(With(command, {"--tls-ca", ca, "--tls-cert", cert, "--tls-key", key}));
  EXPECT_EQ(trusted.exit, 0) << trusted.err;

  options_.environment["GONGHUI_TLS_CA"] = ca;
  options_.environment["GONGHUI_TLS_CERT"] = cert;
  options_.environment["GONGHUI_TLS_KEY"] = key;
  EXPECT_EQ(Run(command).exit, 0) << "from the environment";
  options_.environment["GONGHUI_TLS_CA"] = Write("other.pem", MakeCertificates().ca.cert_pem);
  EXPECT_EQ(Run(command).exit, 6) << "a server that another authority vouches for";
  options_.environment["GONGHUI_TLS_KEY"] = folder_ + "/none.key";
  const RunResult no_key = Run(command);
  EXPECT_EQ(no_key.exit, 2);
  EXPECT_THAT(no_key.err, HasSubstr("none.key: No such file"));
}

TEST_F(CtlTransactionsTest, CaptureAndReverse) {
  EXPECT_EQ(RunInsecure({"capture", "--terminal", "T1", "0123456789AB", "--amount", "3.50"}).exit,
            0);
  EXPECT_EQ(server_->last_capture().original_transaction_id(), "0123456789AB");
  EXPECT_EQ(server_->last_capture().amount_fen(), 350);
  EXPECT_TRUE(server_->last_capture().final_capture());
  EXPECT_EQ(RunInsecure({"capture", "--terminal", "T1", kUuid, "--more"}).exit, 0);
  EXPECT_EQ(server_->last_capture().original_request_id(), kUuid);
  EXPECT_FALSE(server_->last_capture().has_amount_fen());
  EXPECT_FALSE(server_->last_capture().final_capture());
  EXPECT_EQ(RunInsecure({"reverse", "--terminal", "T1", kUuid, "--reason", "timeout"}).exit, 0);
  EXPECT_EQ(server_->last_reverse().original_request_id(), kUuid);
  EXPECT_EQ(server_->last_reverse().reversal_reason(), v1::REVERSAL_REASON_TIMEOUT);
  EXPECT_EQ(RunInsecure({"reverse", "--terminal", "T1", kUuid}).exit, 2) << "without a reason";
  EXPECT_EQ(RunInsecure({"reverse", "--terminal", "T1", kUuid, "--reason", "mood"}).exit, 2);
}

TEST_F(CtlTransactionsTest, ReverseAPart) {
  EXPECT_EQ(RunInsecure({"reverse", "--terminal", "T1", kUuid, "--reason", "timeout"}).exit, 0);
  EXPECT_FALSE(server_->last_reverse().has_amount_fen());
  EXPECT_EQ(RunInsecure({"reverse",
                         "--terminal",
                         "T1",
                         kUuid,
                         "--reason",
                         "customer_cancellation",
                         "--amount",
                         "2.05"})
                .exit,
            0);
  EXPECT_EQ(server_->last_reverse().amount_fen(), 205);
  // The answer to a refusal has no amount: nothing was undone.
  const std::vector<std::string> refused = {
      "reverse", "--terminal", "REFUSE", kUuid, "--reason", "timeout", "--amount", "150"};
  const RunResult told = RunInsecure(refused);
  EXPECT_EQ(told.exit, 4);
  EXPECT_THAT(told.out,
              HasSubstr("150.00 yuan to take back; nothing was changed (申请撤销150.00元，"));
  EXPECT_THAT(told.out, HasSubstr("take back at most what is left (txn show)"));
  EXPECT_THAT(told.out, Not(HasSubstr("all that is left")));
  EXPECT_THAT(RunInsecure(With(refused, {"-o", "csv"})).out, Not(HasSubstr("15000")))
      << "programs get the answer as it is";
  EXPECT_EQ(RunInsecure({"reverse",
                         "--terminal",
                         "T1",
                         kUuid,
                         "--reason",
                         "timeout",
                         "--amount",
                         "2.05",
                         "--amount-fen",
                         "205"})
                .exit,
            2);
}

TEST_F(CtlTransactionsTest, Increment) {
  const std::vector<std::string> command = {"increment",
                                            "--terminal",
                                            "T1",
                                            "0123456789AB",
                                            "--amount",
                                            "380.00",
                                            "--hold-seconds",
                                            "172800",
                                            "--request-id",
                                            kUuid};
  const RunResult result = RunInsecure(command);
  EXPECT_EQ(result.exit, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("increment"));
  EXPECT_EQ(server_->last_increment().request_id(), kUuid);
  EXPECT_EQ(server_->last_increment().terminal_id(), "T1");
  EXPECT_EQ(server_->last_increment().original_transaction_id(), "0123456789AB");
  EXPECT_EQ(server_->last_increment().amount_fen(), 38'000);
  EXPECT_EQ(server_->last_increment().hold_seconds(), 172'800U);
  EXPECT_THAT(RunInsecure(command).err, HasSubstr("stored answer to an earlier request"));
  EXPECT_EQ(
      RunInsecure({"increment", "--terminal", "T1", kUuid, "--amount-fen", "1", "-o", "json"}).exit,
      0);
  EXPECT_EQ(server_->last_increment().original_request_id(), kUuid);
  EXPECT_EQ(server_->last_increment().amount_fen(), 1);
  EXPECT_EQ(server_->last_increment().hold_seconds(), 0U);
  const RunResult no_amount = RunInsecure({"increment", "--terminal", "T1", kUuid});
  EXPECT_EQ(no_amount.exit, 2);
  EXPECT_THAT(no_amount.err, HasSubstr("--amount or --amount-fen is needed"));
  EXPECT_THAT(Run({"increment", "--help"}).out,
              HasSubstr("gonghuictl increment --terminal T0000004 0123456789AB --amount 380.00"));
}

TEST_F(CtlTransactionsTest, Refund) {
  const RunResult all = RunInsecure({"refund", "--terminal", "T1", "0123456789AB"});
  EXPECT_EQ(all.exit, 0) << all.err;
  EXPECT_THAT(all.out, HasSubstr("refund"));
  EXPECT_EQ(server_->last_refund().original_transaction_id(), "0123456789AB");
  EXPECT_EQ(server_->last_refund().request_id().size(), 36U);
  EXPECT_FALSE(server_->last_refund().has_amount_fen());
  EXPECT_EQ(RunInsecure({"refund", "--terminal", "T1", kUuid, "--amount", "35"}).exit, 0);
  EXPECT_EQ(server_->last_refund().original_request_id(), kUuid);
  EXPECT_EQ(server_->last_refund().amount_fen(), 3'500);
  const RunResult declined = RunInsecure({"refund", "--terminal", "REFUSE", "0123456789AB"});
  EXPECT_EQ(declined.exit, 4);
  EXPECT_THAT(declined.out, HasSubstr("exceeds_captured_amount (228)"));
  EXPECT_THAT(declined.out, HasSubstr("all that is left to give back; nothing was changed"));
  const RunResult more =
      RunInsecure({"refund", "--terminal", "REFUSE", "0123456789AB", "--amount", "61"});
  EXPECT_EQ(more.exit, 4);
  EXPECT_THAT(more.out, HasSubstr("61.00 yuan to give back; nothing was changed (申请退货"));
  EXPECT_THAT(more.out, Not(HasSubstr("member pays")));
  EXPECT_EQ(RunInsecure({"refund", "--terminal", "T1", kUuid, "--amount", "0.001"}).exit, 2);
  EXPECT_EQ(RunInsecure({"refund", "--terminal", "T1"}).exit, 2);
  EXPECT_THAT(Run({"refund", "--help"}).out, HasSubstr("退货"));
}

// Filed is not approved.
TEST_F(CtlTransactionsTest, AClaimThatIsFiled) {
  const std::vector<std::string> command = {"authorize",
                                            "--terminal",
                                            "T1",
                                            "--card",
                                            "62530110",
                                            "--price",
                                            "8500",
                                            "--event-at",
                                            "2026-05-03",
                                            "--filed-by",
                                            "li.min"};
  const RunResult filed = RunInsecure(command);
  EXPECT_EQ(filed.exit, 0) << filed.err;
  EXPECT_THAT(filed.out, HasSubstr("filed: awaits approval (待审批)"));
  EXPECT_THAT(filed.out, Not(HasSubstr("已批准")));
  EXPECT_THAT(RunInsecure(With(command, {"-o", "json"})).out, HasSubstr("\"OUTCOME_APPROVED\""))
      << "programs get all";
  const RunResult found = Run({"txn", "show", "0123456789AF"});
  EXPECT_EQ(found.exit, 0) << found.err;
  EXPECT_THAT(found.out, HasSubstr("filed: awaits approval (待审批), 0 of 2 have approved\n"));
  EXPECT_THAT(Run({"txn", "show", "0123456789AF", "-o", "csv"}).out, HasSubstr("已批准"));
  const RunResult ride = Run({"txn", "show", "0123456789AG"});
  EXPECT_EQ(ride.exit, 0) << ride.err;
  EXPECT_EQ(ride.err, "") << "that it is no claim is no trouble";
  EXPECT_THAT(ride.out, HasSubstr("已批准"));
  EXPECT_THAT(ride.out, Not(HasSubstr("filed")));
}

TEST_F(CtlTransactionsTest, TxnShow) {
  const RunResult found = Run({"txn", "show", "0123456789AB"});
  EXPECT_EQ(found.exit, 0) << "a declined transaction that is found";
  EXPECT_THAT(found.out, HasSubstr("declined"));
  const RunResult missing = Run({"txn", "show", "000000000000"});
  EXPECT_EQ(missing.exit, 3);
  EXPECT_THAT(missing.err, HasSubstr("NOT_FOUND: there is no such transaction"));
  const RunResult as_terminal = RunInsecure({"txn", "show", kUuid, "--terminal", "T1"});
  EXPECT_EQ(as_terminal.exit, 0) << as_terminal.err;
  EXPECT_THAT(as_terminal.out, HasSubstr(kUuid));
  EXPECT_EQ(Run({"txn", "show", kUuid}).exit, 2);
}

// --- lines ---

TEST_F(CtlTransactionsTest, AuthorizeWithLines) {
  const RunResult result = RunInsecure({"authorize",
                                        "--terminal",
                                        "T1",
                                        "--card",
                                        "62530110",
                                        "--capture",
                                        "--line",
                                        "rice-5kg:2:59.80",
                                        "--line",
                                        "tea:green:1:88"});
  EXPECT_EQ(result.exit, 0) << result.err;
  const v1::AuthorizeRequest request = server_->last_authorize();
  EXPECT_EQ(request.list_price_fen(), 14'780) << "the sum of the lines";
  ASSERT_EQ(request.lines_size(), 2);
  EXPECT_EQ(request.lines(0).item_code(), "rice-5kg");
  EXPECT_EQ(request.lines(0).quantity(), 2U);
  EXPECT_EQ(request.lines(0).price_fen(), 5'980);
  EXPECT_EQ(request.lines(1).item_code(), "tea:green");
  EXPECT_EQ(request.lines(1).price_fen(), 8'800);
  EXPECT_THAT(
      result.out,
      HasSubstr("\nLines\n"
                "LINE  ITEM       QUANTITY       PRICE  MEMBER PAYS    SUBSIDY  GIVEN BACK\n"
                "   1  rice-5kg          2  59.80 yuan   59.80 yuan  0.00 yuan\n"
                "   2  tea:green         1  88.00 yuan   88.00 yuan  0.00 yuan\n"));
}

TEST_F(CtlTransactionsTest, LinesAndAPriceMustAgree) {
  const auto run = [&](const char* command, const char* price, std::vector<std::string> lines) {
    std::vector<std::string> words = {command, "--terminal", "T1", "--card", "62530110"};
    if (*price != '\0') {
      words.insert(words.end(), {"--price", price});
    }
    for (const std::string& line : lines) {
      words.insert(words.end(), {"--line", line});
    }
    return RunInsecure(words);
  };
  EXPECT_EQ(run("quote", "10", {"a:1:4", "b:1:6"}).exit, 0);
  const RunResult differs = run("quote", "10.01", {"a:1:4", "b:1:6"});
  EXPECT_EQ(differs.exit, 2);
  EXPECT_THAT(differs.err, HasSubstr("the lines cost 10.00 yuan, the price is 10.01 yuan"));
  for (const char* bad :
       {"a:1", "a", "a:0:1", "a:1000001:1", "a:1:1.234", ":1:1", "a b:1:1", "a:x:1"}) {
    EXPECT_EQ(run("authorize", "", {bad}).exit, 2) << bad;
  }
  EXPECT_THAT(run("authorize", "", {"a:1"}).err, HasSubstr("is not ITEM:QUANTITY:PRICE"));
  EXPECT_EQ(run("authorize", "", std::vector<std::string>(64, "a:1:1")).exit, 0);
  EXPECT_EQ(server_->last_authorize().lines_size(), 64);
  const RunResult many = run("authorize", "", std::vector<std::string>(65, "a:1:1"));
  EXPECT_EQ(many.exit, 2);
  EXPECT_THAT(many.err, HasSubstr("more than 64 lines"));
  const RunResult none = run("authorize", "", {});
  EXPECT_EQ(none.exit, 2);
  EXPECT_THAT(none.err, HasSubstr("--price, --price-fen or --line is needed"));
  EXPECT_EQ(server_->authorize_count(), 1U);
}

TEST_F(CtlTransactionsTest, RefundOfLines) {
  const RunResult result =
      RunInsecure({"refund", "--terminal", "T1", "--line", "3:4", "--line", "2:1", "0123456789AB"});
  EXPECT_EQ(result.exit, 0) << result.err;
  const v1::RefundRequest request = server_->last_refund();
  EXPECT_FALSE(request.has_amount_fen());
  ASSERT_EQ(request.lines_size(), 2);
  EXPECT_EQ(request.lines(0).line_number(), 2U) << "in rising order, however they are given";
  EXPECT_EQ(request.lines(0).quantity(), 1U);
  EXPECT_EQ(request.lines(1).line_number(), 3U);
  EXPECT_EQ(request.lines(1).quantity(), 4U);
  EXPECT_THAT(result.out, HasSubstr("\nGiven back\n"));
  const auto bad = [&](std::vector<std::string> words) {
    words.insert(words.begin(), {"refund", "--terminal", "T1", "0123456789AB"});
    return RunInsecure(words);
  };
  for (const char* line : {"1", "0:1", "65:1", "1:0", "1:1000001", "1:1:1", "x:1", ""}) {
    EXPECT_EQ(bad({"--line", line}).exit, 2) << line;
  }
  EXPECT_THAT(bad({"--line", "1:1", "--line", "1:2"}).err, HasSubstr("the line is named twice"));
  EXPECT_EQ(bad({"--line", "1:1", "--amount", "1"}).exit, 2);
  EXPECT_EQ(bad({"--line", "1:1", "--amount-fen", "100"}).exit, 2);
}

// What was authorized is not what was paid.
TEST_F(CtlTransactionsTest, TxnShowTellsAuthorizedFromPaid) {
  const RunResult found = Run({"txn", "show", "0123456789AE"});
  EXPECT_EQ(found.exit, 0) << found.err;
  EXPECT_THAT(found.out,
              HasSubstr("\nWho pays (谁付多少)\n"
                        "              金额      LIST PRICE     MEMBER      FUNDS\n"
                        "authorized    授权       9.00 yuan  0.01 yuan  8.99 yuan\n"
                        "captured      已完成     4.00 yuan  0.01 yuan  3.99 yuan\n"
                        "refunded      已退货     1.00 yuan  0.01 yuan  0.99 yuan\n"
                        "finally paid  最终实付   3.00 yuan  0.00 yuan  3.00 yuan\n"));
  EXPECT_THAT(found.out, Not(HasSubstr("member pays")));
  EXPECT_THAT(found.out, Not(HasSubstr("PAYS")));
  EXPECT_THAT(found.out, HasSubstr("\nBenefits, as authorized\n"));
  EXPECT_THAT(found.out, HasSubstr("FUND        AUTHORIZED  PIECES\n"));
  EXPECT_THAT(found.out,
              HasSubstr("\nLimits, just after this was decided (not as they stand now)\n"));
  const RunResult csv = Run({"txn", "show", "0123456789AE", "-o", "csv"});
  EXPECT_THAT(csv.out, HasSubstr(",900,1,899,400,399,100,99,"));
}

TEST_F(CtlTransactionsTest, TxnShowTellsWhatChangedSince) {
  const RunResult found = Run({"txn", "show", "0123456789AH"});
  EXPECT_EQ(found.exit, 0) << found.err;
  EXPECT_THAT(found.out,
              HasSubstr("authorized     授权      12.00 yuan  0.01 yuan  11.99 yuan\n"
                        "changed since  此后变动  -3.00 yuan  0.00 yuan  -3.00 yuan\n"
                        "stands now     现授权     9.00 yuan  0.01 yuan   8.99 yuan\n"
                        "still held     仍冻结     9.00 yuan  0.01 yuan   8.99 yuan\n"));
  EXPECT_THAT(found.out, HasSubstr("\nBenefits, as they stand now\n"));
  EXPECT_THAT(found.out, ContainsRegex("\nslot 预约时段 +2026-06-16 01:00:00 \\+08:00\n"));
}

TEST_F(CtlTransactionsTest, TxnShowTellsTheFundThatRefused) {
  const RunResult found = Run({"txn", "show", "0123456789AJ"});
  EXPECT_EQ(found.exit, 0) << found.err;
  EXPECT_THAT(found.out,
              ContainsRegex("\nfund +city-2026: needs 5.00, has 3.20 yuan "
                            "\\(需要5.00元，可用3.20元\\)\n"));
  EXPECT_THAT(found.out, HasSubstr("Refused by programme metro version 1, benefit ride\n"));
  const RunResult json = Run({"txn", "show", "0123456789AJ", "-o", "json"});
  EXPECT_THAT(json.out, HasSubstr("\"availableFen\": \"320\""));
}

// One option, or the environment, or the machine; always with the offset.
TEST_F(CtlTransactionsTest, TimesAreInTheZoneThatIsSaid) {
  const std::vector<std::string> show = {"txn", "show", "0123456789AE"};
  const auto with = [&](const std::vector<std::string>& more) { return Run(With(show, more)); };
  EXPECT_THAT(with({}).out, HasSubstr("2026-06-16 00:00:00 +08:00\n")) << "TZ";
  options_.environment["TZ"] = "UTC";
  EXPECT_THAT(with({}).out, HasSubstr("2026-06-15 16:00:00 +00:00\n"));
  options_.environment["GONGHUI_ZONE"] = "Asia/Urumqi";
  EXPECT_THAT(with({}).out, HasSubstr("2026-06-15 22:00:00 +06:00\n"));
  EXPECT_THAT(with({"--zone", "America/New_York"}).out, HasSubstr("2026-06-15 12:00:00 -04:00\n"));
  EXPECT_THAT(Run({"--zone", "Asia/Shanghai", "txn", "show", "0123456789AE"}).out,
              HasSubstr("2026-06-16 00:00:00 +08:00\n"));
  for (const char* format : {"json", "csv"}) {
    EXPECT_THAT(with({"-o", format}).out, HasSubstr("2026-06-15T16:00:00Z"));
  }

  const RunResult unknown = with({"--zone", "Mars/Base"});
  EXPECT_EQ(unknown.exit, 2);
  EXPECT_EQ(unknown.out, "");
  EXPECT_THAT(unknown.err, HasSubstr("unknown time zone \"Mars/Base\" (--zone or GONGHUI_ZONE)"));
  options_.environment["GONGHUI_ZONE"] = "CST";
  EXPECT_EQ(with({}).exit, 2);
  EXPECT_EQ(with({"--zone", "UTC"}).exit, 0) << "the option wins";
  for (const std::vector<std::string>& help :
       {std::vector<std::string>{"--help"}, {"help", "environment"}, {"help", "output"}}) {
    EXPECT_THAT(Run(help).out, HasSubstr(help[0] == "--help" ? "--zone" : "zone"));
  }
}

// The zone is that of times that are read, too: what is printed can be said again.
TEST_F(CtlTransactionsTest, TimesAreReadInTheZoneThatIsSaid) {
  const auto event = [&](const char* at, const std::vector<std::string>& more) {
    std::vector<std::string> words = {"authorize",
                                      "--terminal",
                                      "T1",
                                      "--card",
                                      "62530110",
                                      "--price",
                                      "5",
                                      "--filed-by",
                                      "li",
                                      "--event-at"};
    words.emplace_back(at);
    const RunResult result = RunInsecure(With(words, more));
    EXPECT_EQ(result.exit, 0) << result.err;
    return server_->last_authorize().event_at().seconds();
  };
  constexpr int64_t kMidnight = 1'777'737'600;  // of 3 May 2026 in Shanghai
  options_.environment["TZ"] = "America/New_York";
  EXPECT_EQ(event("2026-05-03", {}), kMidnight) << "whatever the machine's is";
  EXPECT_EQ(event("2026-05-03 00:00:00 +08:00", {}), kMidnight) << "as it is printed";
  EXPECT_EQ(event("2026-05-03", {"--zone", "UTC"}), kMidnight + 8 * 3'600);
  options_.environment["GONGHUI_ZONE"] = "UTC";
  EXPECT_EQ(event("2026-05-03", {}), kMidnight + 8 * 3'600);
  EXPECT_EQ(event("2026-05-03", {"--zone", "Asia/Shanghai"}), kMidnight);
}

TEST_F(CtlTransactionsTest, TxnShowOfAnAdvice) {
  const RunResult found = Run({"txn", "show", "0123456789AD"});
  EXPECT_EQ(found.exit, 0) << found.err;
  EXPECT_THAT(found.out, HasSubstr("liability       acquirer (收单方承担)\n"));
  EXPECT_THAT(found.out, HasSubstr("acquirer bears  5.00 yuan\n"));
  EXPECT_THAT(found.out, HasSubstr("stan            42\n"));
  EXPECT_THAT(found.out, HasSubstr("occurred at     2026-06-16 00:00:00 +08:00\n"));
  EXPECT_THAT(found.out, HasSubstr("judged as of    2026-06-15 23:00:00 +08:00, not when"));
  EXPECT_THAT(
      found.out,
      HasSubstr("   1  rice-5kg         2  100.00 yuan   85.00 yuan  15.00 yuan           1\n"));
  const RunResult csv = Run({"txn", "show", "0123456789AD", "-o", "csv"});
  EXPECT_THAT(csv.out, HasSubstr(",overrun,liability,acquirer_bears_fen,"));
  EXPECT_THAT(csv.out, HasSubstr(",stan,occurred_at,judged_at,clock_adjusted,"));
  EXPECT_THAT(csv.out, HasSubstr(",false,acquirer,500,"));
  EXPECT_THAT(csv.out, HasSubstr(",42,2026-06-15T16:00:00Z,2026-06-15T15:00:00Z,true,"));
  EXPECT_THAT(Run({"txn", "show", "0123456789AD", "-o", "json"}).out,
              HasSubstr("\"acquirerBearsFen\": \"500\""));
}

}  // namespace
}  // namespace gonghui::testing_e2e
