// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Every command but import, end to end: what it asks, what it prints, how it
// exits.

#include <set>

#include "tests/e2e/ctl/ctl_fixture.h"

namespace gonghui::testing_e2e {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr const char* kUuid = "8c9f3a52-6a0e-4d3c-9a57-2f1f0e6f2b11";

class CtlCommandsTest : public CtlTest {};

// --- authorize and its kin ---

TEST_F(CtlCommandsTest, AuthorizeApproved) {
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

TEST_F(CtlCommandsTest, AuthorizeDeclined) {
  const RunResult result =
      RunInsecure({"authorize", "--terminal", "T1", "--card", "99999999", "--price-fen", "500"});
  EXPECT_EQ(result.exit, 4);
  EXPECT_THAT(result.out, HasSubstr("card_lost_or_stolen (305)"));
  EXPECT_THAT(result.out, HasSubstr("Card reported lost"));
  EXPECT_THAT(result.out, HasSubstr("卡已挂失"));
  EXPECT_EQ(result.err, "");
}

TEST_F(CtlCommandsTest, AuthorizeOptions) {
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

TEST_F(CtlCommandsTest, ReplayIsSaid) {
  const std::vector<std::string> command = {
      "authorize", "--terminal", "T1", "--card", "62530110", "--price", "5", "--request-id", kUuid};
  EXPECT_THAT(RunInsecure(command).err, Not(HasSubstr("stored answer")));
  const RunResult again = RunInsecure(command);
  EXPECT_EQ(again.exit, 0);
  EXPECT_THAT(again.err, HasSubstr("stored answer to an earlier request"));
}

TEST_F(CtlCommandsTest, QuoteAndDryRunRecordNothing) {
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

TEST_F(CtlCommandsTest, Explain) {
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

TEST_F(CtlCommandsTest, ExplainIsNotAskedForUnasked) {
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

TEST_F(CtlCommandsTest, Entitlements) {
  const std::string table =
      "PROGRAMME  BENEFIT    优惠          PRICE              NOW                        "
      "提示            LEFT OF LIMITS           NEXT ELIGIBLE\n"
      "metro      ride       一分钱乘地铁  member pays 1 fen  ✗ exceeds_frequency_limit  "
      "优惠次数已用完  rides-per-day 0/4        2026-06-16 00:00:00 CST\n"
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

TEST_F(CtlCommandsTest, EntitlementsForPrograms) {
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
  EXPECT_THAT(as("json", "99999999").out, HasSubstr("\"REASON_CARD_LOST_OR_STOLEN\""));
  EXPECT_EQ(as("json", "99999999").exit, 4);
}

TEST_F(CtlCommandsTest, EntitlementsUsage) {
  EXPECT_EQ(Run({"entitlements"}).exit, 2);
  EXPECT_EQ(Run({"entitlements", "--card", "62530110", "--member", "M1"}).exit, 2);
  EXPECT_EQ(Run({"entitlements", "--card", "62530110", "--here"}).exit, 2);
  EXPECT_EQ(RunInsecure({"entitlements", "--member", "M1", "--terminal", "T1"}).exit, 2);
  const std::string help = Run({"entitlements", "--help"}).out;
  EXPECT_THAT(help, HasSubstr("可享优惠"));
  EXPECT_THAT(help,
              HasSubstr("gonghuictl entitlements --card 6253011000000016 --terminal T0000001"));
}

TEST_F(CtlCommandsTest, AuthorizeUsage) {
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

TEST_F(CtlCommandsTest, InvalidFieldIsNamed) {
  const RunResult result =
      RunInsecure({"authorize", "--terminal", "T1", "--card", "1", "--price-fen=-5"});
  EXPECT_EQ(result.exit, 4);
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(result.err,
            "gonghuictl: INVALID_ARGUMENT: a field is wrong (INVALID_FIELD)\n"
            "  list_price_fen: must be 0 or more\n");
}

TEST_F(CtlCommandsTest, Denied) {
  const RunResult result =
      RunInsecure({"authorize", "--terminal", "DENIED", "--card", "1", "--price", "1"});
  EXPECT_EQ(result.exit, 5);
  EXPECT_THAT(result.err,
              HasSubstr("PERMISSION_DENIED: you are another terminal (WRONG_TERMINAL)"));
}

TEST_F(CtlCommandsTest, Overloaded) {
  const RunResult result =
      RunInsecure({"authorize", "--terminal", "FULL", "--card", "1", "--price", "1"});
  EXPECT_EQ(result.exit, 6);
  EXPECT_THAT(result.err, HasSubstr("try again after 50 ms"));
}

TEST_F(CtlCommandsTest, TimeoutNamesTheRequestToRepeat) {
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

TEST_F(CtlCommandsTest, CtrlC) {
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

TEST_F(CtlCommandsTest, Unreachable) {
  const RunResult result = Run({"status", "--server", "unix:/tmp/none.sock"});
  EXPECT_EQ(result.exit, 6);
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(result.err, StartsWith("gonghuictl: UNAVAILABLE"));
}

TEST_F(CtlCommandsTest, ARefusedConnectionHasAnOutcome) {
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

TEST_F(CtlCommandsTest, APlainClientIsToldOfTls) {
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

TEST_F(CtlCommandsTest, MutualTls) {
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

  std::vector<std::string> with_tls = command;
  for (const std::string& word : {std::string("--tls-ca"),
                                  ca,
                                  std::string("--tls-cert"),
                                  cert,
                                  std::string("--tls-key"),
                                  key}) {
    with_tls.push_back(word);
  }
  const RunResult trusted = Run(with_tls);
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

TEST_F(CtlCommandsTest, CaptureAndReverse) {
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

TEST_F(CtlCommandsTest, ReverseAPart) {
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

TEST_F(CtlCommandsTest, Increment) {
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

TEST_F(CtlCommandsTest, Refund) {
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
  EXPECT_EQ(RunInsecure({"refund", "--terminal", "T1", kUuid, "--amount", "0.001"}).exit, 2);
  EXPECT_EQ(RunInsecure({"refund", "--terminal", "T1"}).exit, 2);
  EXPECT_THAT(Run({"refund", "--help"}).out, HasSubstr("退货"));
}

TEST_F(CtlCommandsTest, TxnShow) {
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

// --- programmes ---

TEST_F(CtlCommandsTest, ApplyProgramme) {
  const RunResult result = Run({"programme", "apply", Write("metro.yaml", "programme: metro\n")});
  EXPECT_EQ(result.exit, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("一分钱乘地铁"));
  EXPECT_THAT(result.out, HasSubstr("member pays 1 fen"));
  EXPECT_EQ(server_->last_apply().content(), "programme: metro\n");
  EXPECT_EQ(server_->change_count(), 1U);
}

TEST_F(CtlCommandsTest, ApplyDiagnostics) {
  const std::string path = Write("metro.yaml", "price: wrong\n");
  const RunResult result = Run({"programme", "apply", path});
  EXPECT_EQ(result.exit, 4);
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(result.err,
            path +
                ":12:7: benefits[0].price: \"wrong\" is not a price (member_pays or "
                "percent_off)\n"
                "gonghuictl: 1 diagnostic; nothing was changed\n");
  const RunResult json = Run({"programme", "apply", path, "-o", "jsonl"});
  EXPECT_EQ(json.exit, 4);
  EXPECT_THAT(json.out, HasSubstr("\"line\":12"));
}

TEST_F(CtlCommandsTest, ApplyDryRunAndUnchanged) {
  const RunResult dry =
      Run({"programme", "apply", Write("a.yaml", "programme: metro\n"), "--dry-run"});
  EXPECT_EQ(dry.exit, 0);
  EXPECT_THAT(dry.err, HasSubstr("nothing was changed"));
  EXPECT_EQ(server_->change_count(), 0U);
  EXPECT_TRUE(server_->last_apply().validate_only());
  EXPECT_THAT(Run({"programme", "apply", Write("b.yaml", "same\n")}).err,
              HasSubstr("already says the same"));
}

// Old against new always; a question only when somebody has less afterwards.
TEST_F(CtlCommandsTest, ApplyShowsChangesAndAsksBeforeReductions) {
  const std::string grows = Write("g.yaml", "grows\n");
  const RunResult more = Run({"programme", "apply", grows});
  EXPECT_EQ(more.exit, 0) << more.err;
  EXPECT_THAT(more.err, HasSubstr("fund metro-2026, budget: 1,000.00 yuan -> 2,000.00 yuan\n"));
  EXPECT_EQ(server_->change_count(), 1U);

  const std::string falls = Write("f.yaml", "falls\n");
  const RunResult dry = Run({"programme", "apply", falls, "--dry-run"});
  EXPECT_EQ(dry.exit, 0) << dry.err;
  EXPECT_THAT(dry.out, HasSubstr("fund metro-2026  budget  1,000.00 yuan  500.00 yuan  less\n"));
  const RunResult nobody = Run({"programme", "apply", falls});
  EXPECT_EQ(nobody.exit, 2);
  EXPECT_THAT(nobody.err, HasSubstr("1,000.00 yuan -> 500.00 yuan (less)"));
  EXPECT_THAT(nobody.err, HasSubstr("1 of these takes something away. Apply?"));
  EXPECT_THAT(nobody.err, HasSubstr("add --yes"));
  const RunResult no = RunOnTerminal({"programme", "apply", falls}, "n\n");
  EXPECT_EQ(no.exit, 1);
  EXPECT_EQ(server_->change_count(), 1U) << "nothing since";
  EXPECT_EQ(RunOnTerminal({"programme", "apply", falls}, "y\n").exit, 0);
  EXPECT_EQ(Run({"programme", "apply", falls, "--yes"}).exit, 0);
  EXPECT_EQ(server_->change_count(), 3U);
}

TEST_F(CtlCommandsTest, ApplyFilesThatAreNoGood) {
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
  EXPECT_EQ(Run({"member", "list", "--frobnicate"}).exit, 2);
  EXPECT_EQ(Run({}).exit, 2);
  EXPECT_EQ(Run({"status", "-o", "xml"}).exit, 2);
  EXPECT_EQ(Run({"help", "nonsense"}).exit, 2);
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
  EXPECT_GE(commands, 35U);
}

TEST_F(CtlCommandsTest, HelpTopics) {
  EXPECT_THAT(Run({"help", "exit-codes"}).out, HasSubstr("130  interrupted"));
  EXPECT_THAT(Run({"help", "environment"}).out, HasSubstr("GONGHUI_TERMINAL_SERVER"));
  EXPECT_THAT(Run({"help", "output"}).out, HasSubstr("jsonl"));
  EXPECT_THAT(Run({"help", "import", "members"}).out, HasSubstr("real_name_verified"));
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
  EXPECT_EQ(complete("import ''"), "unions segments members cards merchants terminals funds\n");
  EXPECT_EQ(complete("--server x member suspend --d"), "--dry-run\n");
  EXPECT_EQ(complete("status -o j"), "json jsonl\n");
}

}  // namespace
}  // namespace gonghui::testing_e2e
