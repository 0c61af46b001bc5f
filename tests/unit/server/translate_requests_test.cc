// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/domain/explanation.h"
#include "engine/domain/limits.h"
#include "engine/server/text_codec.h"
#include "engine/server/translate.h"
#include "gonghui/v1/authorization_service.pb.h"
#include "google/rpc/status.pb.h"
#include "tests/unit/server/requests.h"

namespace gonghui {
namespace {

using ::testing::ElementsAre;

// ---- Authorize ---------------------------------------------------------------

TEST(TranslateAuthorizeTest, EveryFieldArrives) {
  const auto translated = Translate(CommandKind::kAuthorize, GoodAuthorize());
  ASSERT_TRUE(translated->good) << translated->refusal.message;
  const Command& command = translated->call.command;
  EXPECT_EQ(command.kind, CommandKind::kAuthorize);
  EXPECT_EQ(command.terminal, *ParseCode<TerminalId>("T1"));
  EXPECT_EQ(command.request_id, *ParseUuid(kUuid));
  EXPECT_EQ(command.deadline, kTimestampMax);
  EXPECT_FALSE(command.validate_only);
  EXPECT_EQ(command.authorize.merchant, *ParseCode<MerchantId>("MERCHANT-1"));
  EXPECT_EQ(command.authorize.card, CardNumber{6'212'345'678'901'234});
  EXPECT_EQ(command.authorize.list_price, Fen{400});
  EXPECT_EQ(command.authorize.programme, *ParseCode<ProgrammeCode>("metro"));
  EXPECT_TRUE(command.authorize.capture_at_once);
  EXPECT_TRUE(command.authorize.allow_partial);
  EXPECT_EQ(command.authorize.explanation, nullptr);
  EXPECT_EQ(command.authorize.if_no_benefit, IfNoBenefit::kFullPrice);
  EXPECT_EQ(command.authorize.entry_mode, PosEntryMode::kQrCode);
  EXPECT_EQ(command.authorize.hold_s, 60U);
  EXPECT_EQ(command.authorize.stan, 123'456U);
  EXPECT_EQ(translated->call.transport_data, "abc");
}

TEST(TranslateAuthorizeTest, WhatMayBeLeftOutMay) {
  v1::AuthorizeRequest request;
  request.set_request_id(kUuid);
  request.set_terminal_id("T1");
  request.set_card_number("12345678");
  const auto translated = Translate(CommandKind::kAuthorize, request);
  ASSERT_TRUE(translated->good) << translated->refusal.message;
  const AuthorizeRequest& authorize = translated->call.command.authorize;
  EXPECT_TRUE(authorize.merchant.IsNone());
  EXPECT_TRUE(authorize.programme.IsNone());
  EXPECT_EQ(authorize.list_price, Fen{0});
  EXPECT_EQ(authorize.if_no_benefit, IfNoBenefit::kDecline);
  EXPECT_FALSE(authorize.allow_partial);
}

TEST(TranslateAuthorizeTest, NothingIsLeftOfTheCallBefore) {
  TerminalCall call;
  Refusal refusal;
  const std::string first = GoodAuthorize().SerializeAsString();
  ASSERT_TRUE(ToCommand(CommandKind::kAuthorize, first, {}, &call, &refusal));
  v1::QuoteRequest quote;
  quote.mutable_authorize()->set_terminal_id("T2");
  quote.mutable_authorize()->set_card_number("12345678");
  const std::string second = quote.SerializeAsString();
  ASSERT_TRUE(ToCommand(CommandKind::kQuote, second, {}, &call, &refusal));
  EXPECT_TRUE(call.command.request_id.IsNone());
  EXPECT_TRUE(call.command.authorize.merchant.IsNone());
  EXPECT_TRUE(call.command.authorize.programme.IsNone());
  EXPECT_FALSE(call.command.authorize.capture_at_once);
  EXPECT_FALSE(call.command.authorize.allow_partial);
  EXPECT_TRUE(call.transport_data.empty());
}

TEST(TranslateAuthorizeTest, ACodeArrives) {
  v1::AuthorizeRequest request = GoodAuthorize();
  const auto plain = Translate(CommandKind::kAuthorize, request);
  ASSERT_TRUE(plain->good);
  EXPECT_EQ(plain->call.command.authorize.code_issued_at, TimestampNs{});

  request.mutable_qr_code()->mutable_issued_at()->set_seconds(1'777'777'770);
  request.mutable_qr_code()->mutable_issued_at()->set_nanos(5);
  const auto least = Translate(CommandKind::kAuthorize, request);
  ASSERT_TRUE(least->good) << least->refusal.message;
  EXPECT_EQ(least->call.command.authorize.code_issued_at,
            TimestampNs{1'777'777'770 * kNsPerSecond + 5});
  EXPECT_EQ(least->call.command.authorize.code_valid_s, kCodeValidSDefault);
  EXPECT_EQ(least->call.command.authorize.code_purpose, CodePurpose::kPayment);

  request.mutable_qr_code()->set_valid_seconds(3'600);
  for (const auto& [wire, purpose] : {std::pair(v1::CODE_PURPOSE_PAYMENT, CodePurpose::kPayment),
                                      std::pair(v1::CODE_PURPOSE_ENTRY, CodePurpose::kEntry),
                                      std::pair(v1::CODE_PURPOSE_EXIT, CodePurpose::kExit)}) {
    request.mutable_qr_code()->set_purpose(wire);
    v1::QuoteRequest quote;
    *quote.mutable_authorize() = request;
    const auto quoted = Translate(CommandKind::kQuote, quote);
    ASSERT_TRUE(quoted->good) << quoted->refusal.message;
    EXPECT_EQ(quoted->call.command.authorize.code_valid_s, 3'600U);
    EXPECT_EQ(quoted->call.command.authorize.code_purpose, purpose);
  }

  // Nor is anything of it left for the next call.
  Refusal refusal;
  const std::string next = GoodAuthorize().SerializeAsString();
  ASSERT_TRUE(ToCommand(CommandKind::kAuthorize, next, {}, &least->call, &refusal));
  EXPECT_EQ(least->call.command.authorize.code_issued_at, TimestampNs{});
}

TEST(TranslateAuthorizeTest, ACodeIsHeldToItsRules) {
  using R = v1::AuthorizeRequest;
  const auto violations = [](const std::function<void(R*)>& change) {
    return AuthorizeViolations([&change](R* r) {
      r->mutable_qr_code()->mutable_issued_at()->set_seconds(1'777'777'770);
      change(r);
    });
  };
  EXPECT_THAT(violations([](R*) {}), ElementsAre());
  EXPECT_THAT(violations([](R* r) { r->set_pos_entry_mode(v1::POS_ENTRY_MODE_CONTACTLESS); }),
              ElementsAre("qr_code"));
  EXPECT_THAT(violations([](R* r) { r->clear_pos_entry_mode(); }), ElementsAre("qr_code"));
  EXPECT_THAT(violations([](R* r) { r->mutable_qr_code()->clear_issued_at(); }),
              ElementsAre("qr_code.issued_at"));
  for (const int64_t seconds : {int64_t{0}, int64_t{946'684'799}, int64_t{7'258'118'400}}) {
    EXPECT_THAT(violations([seconds](R* r) {
                  r->mutable_qr_code()->mutable_issued_at()->set_seconds(seconds);
                }),
                ElementsAre("qr_code.issued_at"));
  }
  EXPECT_THAT(violations([](R* r) { r->mutable_qr_code()->mutable_issued_at()->set_nanos(-1); }),
              ElementsAre("qr_code.issued_at"));
  EXPECT_THAT(violations([](R* r) { r->mutable_qr_code()->set_valid_seconds(3'601); }),
              ElementsAre("qr_code.valid_seconds"));
  EXPECT_THAT(
      violations([](R* r) { r->mutable_qr_code()->set_purpose(static_cast<v1::CodePurpose>(4)); }),
      ElementsAre("qr_code.purpose"));
  EXPECT_THAT(
      violations([](R* r) { r->mutable_qr_code()->set_purpose(static_cast<v1::CodePurpose>(-1)); }),
      ElementsAre("qr_code.purpose"));
}

TEST(TranslateAuthorizeTest, EachFieldIsHeldToItsRule) {
  using R = v1::AuthorizeRequest;
  const auto violations = AuthorizeViolations;
  EXPECT_THAT(violations([](R* r) { r->clear_request_id(); }), ElementsAre("request_id"));
  EXPECT_THAT(violations([](R* r) { r->set_request_id("x"); }), ElementsAre("request_id"));
  EXPECT_THAT(violations([](R* r) { r->set_request_id(std::string(1'000, '0')); }),
              ElementsAre("request_id"));
  EXPECT_THAT(violations([](R* r) { r->clear_terminal_id(); }), ElementsAre("terminal_id"));
  EXPECT_THAT(violations([](R* r) { r->set_terminal_id("has space"); }),
              ElementsAre("terminal_id"));
  EXPECT_THAT(violations([](R* r) { r->set_terminal_id("12345678901234567"); }),
              ElementsAre("terminal_id"));
  EXPECT_THAT(violations([](R* r) { r->set_merchant_id("终端"); }), ElementsAre("merchant_id"));
  EXPECT_THAT(violations([](R* r) { r->clear_card_number(); }), ElementsAre("card_number"));
  EXPECT_THAT(violations([](R* r) { r->set_card_number("0123456789"); }),
              ElementsAre("card_number"));
  EXPECT_THAT(violations([](R* r) { r->set_card_number("1234567"); }), ElementsAre("card_number"));
  EXPECT_THAT(violations([](R* r) { r->set_list_price_fen(-1); }), ElementsAre("list_price_fen"));
  EXPECT_THAT(violations([](R* r) { r->set_list_price_fen(kTransactionFenMax + 1); }),
              ElementsAre("list_price_fen"));
  EXPECT_THAT(violations([](R* r) { r->set_list_price_fen(INT64_MAX); }),
              ElementsAre("list_price_fen"));
  EXPECT_THAT(violations([](R* r) { r->set_list_price_fen(INT64_MIN); }),
              ElementsAre("list_price_fen"));
  EXPECT_THAT(violations([](R* r) { r->set_programme_code(std::string(33, 'a')); }),
              ElementsAre("programme_code"));
  EXPECT_THAT(violations([](R* r) { r->set_if_no_benefit(static_cast<v1::IfNoBenefit>(3)); }),
              ElementsAre("if_no_benefit"));
  EXPECT_THAT(violations([](R* r) { r->set_pos_entry_mode(static_cast<v1::PosEntryMode>(-1)); }),
              ElementsAre("pos_entry_mode"));
  EXPECT_THAT(violations([](R* r) { r->set_hold_seconds(31 * 86'400 + 1); }),
              ElementsAre("hold_seconds"));
  EXPECT_THAT(violations([](R* r) { r->set_stan(1'000'000); }), ElementsAre("stan"));
  EXPECT_THAT(violations([](R* r) { r->mutable_transmission_time()->set_seconds(1); }),
              ElementsAre("transmission_time"));
  EXPECT_THAT(violations([](R* r) { r->mutable_transmission_time()->set_nanos(-1); }),
              ElementsAre("transmission_time"));
  EXPECT_THAT(violations([](R* r) { r->mutable_occurred_at()->set_seconds(7'258'118'400); }),
              ElementsAre("occurred_at"));
  EXPECT_THAT(violations([](R* r) { r->set_transport_data(std::string(65, 'x')); }),
              ElementsAre("transport_data"));
  // And all of them at once.
  EXPECT_THAT(violations([](R* r) {
                r->Clear();
                r->set_list_price_fen(-1);
                r->set_stan(9'999'999);
              }),
              ElementsAre("terminal_id", "request_id", "card_number", "list_price_fen", "stan"));
}

TEST(TranslateAuthorizeTest, TheEdgesAreInside) {
  using R = v1::AuthorizeRequest;
  EXPECT_THAT(AuthorizeViolations([](R* r) {
                r->set_list_price_fen(kTransactionFenMax);
                r->set_hold_seconds(31 * 86'400);
                r->set_stan(999'999);
                r->set_terminal_id("1234567890123456");
                r->set_merchant_id("AZaz09._:-");
                r->set_programme_code(std::string(32, 'a'));
                r->set_card_number("9999999999999999999");
                r->set_transport_data(std::string(64, '\xff'));
              }),
              ElementsAre());
}

TEST(TranslateAuthorizeTest, BytesThatAreNoMessageAreRefused) {
  for (const CommandKind kind : {CommandKind::kAuthorize,
                                 CommandKind::kCapture,
                                 CommandKind::kReverse,
                                 CommandKind::kIncrement,
                                 CommandKind::kRefund,
                                 CommandKind::kGetEntitlements,
                                 CommandKind::kCloseBatch,
                                 CommandKind::kGetTransaction}) {
    TerminalCall call;
    Refusal refusal;
    EXPECT_FALSE(ToCommand(kind, "\x0a\xff\x01", {}, &call, &refusal));
    EXPECT_EQ(refusal.code, StatusCode::kInvalidArgument);
    EXPECT_STREQ(refusal.reason, "MALFORMED_MESSAGE");
  }
}

// ---- The caller --------------------------------------------------------------

TEST(TranslateCallerTest, TheCertificateDecides) {
  const Caller caller{*ParseCode<TerminalId>("T1")};
  v1::AuthorizeRequest request = GoodAuthorize();
  EXPECT_TRUE(Translate(CommandKind::kAuthorize, request, caller)->good);
  request.clear_terminal_id();
  const auto unnamed = Translate(CommandKind::kAuthorize, request, caller);
  ASSERT_TRUE(unnamed->good);
  EXPECT_EQ(unnamed->call.command.terminal, caller.terminal);
  request.set_terminal_id("T2");
  const auto another = Translate(CommandKind::kAuthorize, request, caller);
  EXPECT_FALSE(another->good);
  EXPECT_EQ(another->refusal.code, StatusCode::kPermissionDenied);
  EXPECT_EQ(another->refusal.field, "terminal_id");
}

TEST(TranslateCallerTest, EveryCallIsHeldToIt) {
  const Caller caller{*ParseCode<TerminalId>("T2")};
  v1::QuoteRequest quote;
  *quote.mutable_authorize() = GoodAuthorize();
  v1::GetTransactionRequest inquiry;
  inquiry.set_terminal_id("T1");
  inquiry.set_request_id(kUuid);
  EXPECT_EQ(Translate(CommandKind::kQuote, quote, caller)->refusal.code,
            StatusCode::kPermissionDenied);
  EXPECT_EQ(Translate(CommandKind::kCapture, GoodCapture(), caller)->refusal.code,
            StatusCode::kPermissionDenied);
  EXPECT_EQ(Translate(CommandKind::kReverse, GoodReverse(), caller)->refusal.code,
            StatusCode::kPermissionDenied);
  EXPECT_EQ(Translate(CommandKind::kIncrement, GoodIncrement(), caller)->refusal.code,
            StatusCode::kPermissionDenied);
  EXPECT_EQ(Translate(CommandKind::kRefund, GoodRefund(), caller)->refusal.code,
            StatusCode::kPermissionDenied);
  EXPECT_EQ(Translate(CommandKind::kGetTransaction, inquiry, caller)->refusal.code,
            StatusCode::kPermissionDenied);
  v1::GetEntitlementsRequest entitlements;
  entitlements.set_terminal_id("T1");
  entitlements.set_card_number("12345678");
  EXPECT_EQ(Translate(CommandKind::kGetEntitlements, entitlements, caller)->refusal.code,
            StatusCode::kPermissionDenied);
  EXPECT_EQ(Translate(CommandKind::kCloseBatch, GoodCloseBatch(), caller)->refusal.code,
            StatusCode::kPermissionDenied);
}

// ---- The other calls ---------------------------------------------------------

TEST(TranslateQuoteTest, NeedsNoRequestIdAndNamesFieldsBelowAuthorize) {
  v1::QuoteRequest request;
  *request.mutable_authorize() = GoodAuthorize();
  request.mutable_authorize()->clear_request_id();
  EXPECT_TRUE(Translate(CommandKind::kQuote, request)->good);
  request.mutable_authorize()->set_list_price_fen(-5);
  request.mutable_authorize()->set_request_id("wrong");
  EXPECT_THAT(Translate(CommandKind::kQuote, request)->fields(),
              ElementsAre("authorize.request_id", "authorize.list_price_fen"));
  EXPECT_FALSE(Translate(CommandKind::kQuote, v1::QuoteRequest())->good);
}

TEST(TranslateCaptureTest, EveryFieldArrives) {
  const auto translated = Translate(CommandKind::kCapture, GoodCapture());
  ASSERT_TRUE(translated->good) << translated->refusal.message;
  const Command& command = translated->call.command;
  EXPECT_EQ(command.kind, CommandKind::kCapture);
  EXPECT_EQ(command.request_id, *ParseUuid(kUuid));
  EXPECT_EQ(command.capture.original, TransactionId{10});
  EXPECT_TRUE(command.capture.original_request_id.IsNone());
  EXPECT_TRUE(command.capture.has_amount);
  EXPECT_EQ(command.capture.amount, Fen{300});
  EXPECT_TRUE(command.capture.final_capture);
  EXPECT_EQ(command.capture.stan, 11U);
  EXPECT_EQ(translated->call.transport_data, "abc");

  v1::CaptureRequest all = GoodCapture();
  all.clear_amount_fen();
  EXPECT_FALSE(Translate(CommandKind::kCapture, all)->call.command.capture.has_amount);
}

TEST(TranslateCaptureTest, EachFieldIsHeldToItsRule) {
  const auto violations = [](const std::function<void(v1::CaptureRequest*)>& change) {
    v1::CaptureRequest request = GoodCapture();
    change(&request);
    return Translate(CommandKind::kCapture, request)->fields();
  };
  using R = v1::CaptureRequest;
  EXPECT_THAT(violations([](R* r) { r->clear_request_id(); }), ElementsAre("request_id"));
  EXPECT_THAT(violations([](R* r) { r->set_original_request_id(kOtherUuid); }),
              ElementsAre("original_transaction_id"));
  EXPECT_THAT(violations([](R* r) { r->clear_original_transaction_id(); }),
              ElementsAre("original_transaction_id"));
  EXPECT_THAT(violations([](R* r) { r->set_original_transaction_id("UUUUUUUUUUUU"); }),
              ElementsAre("original_transaction_id"));
  EXPECT_THAT(violations([](R* r) {
                r->clear_original_transaction_id();
                r->set_original_request_id("x");
              }),
              ElementsAre("original_request_id"));
  EXPECT_THAT(violations([](R* r) { r->set_amount_fen(-1); }), ElementsAre("amount_fen"));
  EXPECT_THAT(violations([](R* r) { r->set_amount_fen(kTransactionFenMax + 1); }),
              ElementsAre("amount_fen"));
  EXPECT_THAT(violations([](R* r) { r->set_stan(1'000'000); }), ElementsAre("stan"));
  EXPECT_THAT(violations([](R* r) { r->mutable_transmission_time()->set_seconds(-1); }),
              ElementsAre("transmission_time"));
  EXPECT_THAT(violations([](R* r) { r->set_transport_data(std::string(65, 'x')); }),
              ElementsAre("transport_data"));
}

// What the calls about an authorization have in common.
template <class Request>
void ExpectOriginalsRules(CommandKind kind, const Request& good) {
  const auto violations = [&](const std::function<void(Request*)>& change) {
    Request request = good;
    change(&request);
    return Translate(kind, request)->fields();
  };
  EXPECT_THAT(violations([](Request*) {}), ElementsAre());
  EXPECT_THAT(violations([](Request* r) { r->clear_request_id(); }), ElementsAre("request_id"));
  EXPECT_THAT(violations([](Request* r) { r->clear_terminal_id(); }), ElementsAre("terminal_id"));
  EXPECT_THAT(violations([](Request* r) {
                r->set_original_transaction_id("00000000000A");
                r->set_original_request_id(kOtherUuid);
              }),
              ElementsAre("original_transaction_id"));
  EXPECT_THAT(violations([](Request* r) {
                r->clear_original_transaction_id();
                r->clear_original_request_id();
              }),
              ElementsAre("original_transaction_id"));
  EXPECT_THAT(violations([](Request* r) {
                r->clear_original_transaction_id();
                r->set_original_request_id("x");
              }),
              ElementsAre("original_request_id"));
  EXPECT_THAT(violations([](Request* r) { r->set_amount_fen(0); }), ElementsAre("amount_fen"));
  EXPECT_THAT(violations([](Request* r) { r->set_amount_fen(-1); }), ElementsAre("amount_fen"));
  EXPECT_THAT(violations([](Request* r) { r->set_amount_fen(INT64_MIN); }),
              ElementsAre("amount_fen"));
  EXPECT_THAT(violations([](Request* r) { r->set_amount_fen(1); }), ElementsAre());
  EXPECT_THAT(violations([](Request* r) { r->set_amount_fen(kTransactionFenMax); }), ElementsAre());
  EXPECT_THAT(violations([](Request* r) { r->set_amount_fen(kTransactionFenMax + 1); }),
              ElementsAre("amount_fen"));
  EXPECT_THAT(violations([](Request* r) { r->set_stan(1'000'000); }), ElementsAre("stan"));
  EXPECT_THAT(violations([](Request* r) { r->mutable_transmission_time()->set_seconds(-1); }),
              ElementsAre("transmission_time"));
  EXPECT_THAT(violations([](Request* r) { r->set_transport_data(std::string(65, 'x')); }),
              ElementsAre("transport_data"));
  EXPECT_THAT(violations([](Request* r) {
                r->clear_original_transaction_id();
                r->clear_original_request_id();
                r->set_amount_fen(-7);
                r->set_stan(9'999'999);
              }),
              ElementsAre("original_transaction_id", "amount_fen", "stan"));
}

TEST(TranslateIncrementTest, EveryFieldArrivesAndIsHeldToItsRule) {
  const auto translated = Translate(CommandKind::kIncrement, GoodIncrement());
  ASSERT_TRUE(translated->good) << translated->refusal.message;
  const Command& command = translated->call.command;
  EXPECT_EQ(command.kind, CommandKind::kIncrement);
  EXPECT_EQ(command.request_id, *ParseUuid(kUuid));
  EXPECT_EQ(command.increment.original, TransactionId{10});
  EXPECT_TRUE(command.increment.original_request_id.IsNone());
  EXPECT_EQ(command.increment.amount, Fen{300});
  EXPECT_EQ(command.increment.hold_s, 86'400U);
  EXPECT_EQ(command.increment.stan, 13U);
  EXPECT_EQ(translated->call.transport_data, "abc");

  ExpectOriginalsRules(CommandKind::kIncrement, GoodIncrement());
  v1::IncrementAuthorizationRequest request = GoodIncrement();
  request.clear_amount_fen();
  EXPECT_THAT(Translate(CommandKind::kIncrement, request)->fields(), ElementsAre("amount_fen"));
  request = GoodIncrement();
  request.set_hold_seconds(31 * 86'400);
  EXPECT_TRUE(Translate(CommandKind::kIncrement, request)->good);
  request.set_hold_seconds(31 * 86'400 + 1);
  EXPECT_THAT(Translate(CommandKind::kIncrement, request)->fields(), ElementsAre("hold_seconds"));
  request.set_hold_seconds(UINT32_MAX);
  EXPECT_THAT(Translate(CommandKind::kIncrement, request)->fields(), ElementsAre("hold_seconds"));
}

TEST(TranslateRefundTest, EveryFieldArrivesAndIsHeldToItsRule) {
  const auto translated = Translate(CommandKind::kRefund, GoodRefund());
  ASSERT_TRUE(translated->good) << translated->refusal.message;
  const Command& command = translated->call.command;
  EXPECT_EQ(command.kind, CommandKind::kRefund);
  EXPECT_EQ(command.refund.original, TransactionId{10});
  EXPECT_TRUE(command.refund.has_amount);
  EXPECT_EQ(command.refund.amount, Fen{300});
  EXPECT_EQ(command.refund.stan, 14U);
  EXPECT_EQ(translated->call.transport_data, "abc");

  ExpectOriginalsRules(CommandKind::kRefund, GoodRefund());
  v1::RefundRequest request = GoodRefund();
  request.clear_amount_fen();
  request.clear_original_transaction_id();
  request.set_original_request_id(kOtherUuid);
  const auto all = Translate(CommandKind::kRefund, request);
  ASSERT_TRUE(all->good) << all->refusal.message;
  EXPECT_FALSE(all->call.command.refund.has_amount);
  EXPECT_EQ(all->call.command.refund.amount, Fen{0});
  EXPECT_EQ(all->call.command.refund.original_request_id, *ParseUuid(kOtherUuid));
}

TEST(TranslateReverseTest, EveryFieldArrivesAndIsHeldToItsRule) {
  const auto translated = Translate(CommandKind::kReverse, GoodReverse());
  ASSERT_TRUE(translated->good) << translated->refusal.message;
  EXPECT_EQ(translated->call.command.reverse.original_request_id, *ParseUuid(kOtherUuid));
  EXPECT_EQ(translated->call.command.reverse.reason, ReversalReason::kTimeout);
  EXPECT_EQ(translated->call.command.reverse.stan, 12U);
  EXPECT_FALSE(translated->call.command.reverse.has_amount);
  ExpectOriginalsRules(CommandKind::kReverse, GoodReverse());
  v1::ReverseRequest request = GoodReverse();
  request.set_amount_fen(300);
  const auto part = Translate(CommandKind::kReverse, request);
  ASSERT_TRUE(part->good) << part->refusal.message;
  EXPECT_TRUE(part->call.command.reverse.has_amount);
  EXPECT_EQ(part->call.command.reverse.amount, Fen{300});
  request.clear_reversal_reason();
  EXPECT_THAT(Translate(CommandKind::kReverse, request)->fields(), ElementsAre("reversal_reason"));
  request.set_reversal_reason(static_cast<v1::ReversalReason>(99));
  EXPECT_THAT(Translate(CommandKind::kReverse, request)->fields(), ElementsAre("reversal_reason"));
}

TEST(TranslateInquiryTest, NeedsExactlyOneReference) {
  v1::GetTransactionRequest request;
  request.set_terminal_id("T1");
  EXPECT_THAT(Translate(CommandKind::kGetTransaction, request)->fields(),
              ElementsAre("transaction_id"));
  request.set_transaction_id("00000000000a");
  const auto by_id = Translate(CommandKind::kGetTransaction, request);
  ASSERT_TRUE(by_id->good);
  EXPECT_EQ(by_id->call.command.inquiry.transaction, TransactionId{10});
  ASSERT_NE(by_id->call.attachment, nullptr);
  EXPECT_EQ(by_id->call.command.details, &by_id->call.attachment->details);
  request.set_request_id(kUuid);
  EXPECT_FALSE(Translate(CommandKind::kGetTransaction, request)->good);
  request.clear_transaction_id();
  const auto by_request = Translate(CommandKind::kGetTransaction, request);
  ASSERT_TRUE(by_request->good);
  EXPECT_EQ(by_request->call.command.inquiry.request_id, *ParseUuid(kUuid));
}

TEST(TranslateExplainTest, AnExplanationIsThereOnlyWhenAskedFor) {
  v1::AuthorizeRequest request = GoodAuthorize();
  EXPECT_EQ(Translate(CommandKind::kAuthorize, request)->call.explanation, nullptr);
  request.set_explain(true);
  const auto asked = Translate(CommandKind::kAuthorize, request);
  ASSERT_TRUE(asked->good) << asked->refusal.message;
  ASSERT_NE(asked->call.explanation, nullptr);
  EXPECT_EQ(asked->call.command.authorize.explanation, asked->call.explanation.get());
  EXPECT_EQ(asked->call.explanation->count, 0U);

  v1::QuoteRequest quote;
  *quote.mutable_authorize() = request;
  const auto quoted = Translate(CommandKind::kQuote, quote);
  ASSERT_TRUE(quoted->good);
  EXPECT_EQ(quoted->call.command.authorize.explanation, quoted->call.explanation.get());

  // The next call of the same memory does not ask.
  Refusal refusal;
  const std::string bytes = GoodAuthorize().SerializeAsString();
  ASSERT_TRUE(ToCommand(CommandKind::kAuthorize, bytes, {}, &asked->call, &refusal));
  EXPECT_EQ(asked->call.command.authorize.explanation, nullptr);
}

TEST(TranslateExplainTest, WhereThereIsNoRoomForItIsRefusedWithTheRest) {
  v1::AuthorizeRequest request = GoodAuthorize();
  request.set_explain(true);
  request.set_stan(1'000'000);
  const std::string bytes = request.SerializeAsString();
  AuthorizeFields fields;
  ASSERT_TRUE(ParseAuthorizeRequest(bytes, &fields));
  Command command;
  Refusal refusal;
  std::unique_ptr<Attachment> attachment;
  EXPECT_FALSE(ToCommand(fields, {}, "", CommandKind::kAuthorize, &command, &refusal, &attachment));
  EXPECT_EQ(refusal.code, StatusCode::kInvalidArgument);
  ASSERT_EQ(refusal.violations.size(), 2U);
  EXPECT_EQ(refusal.violations[0].field, "stan");
  EXPECT_EQ(refusal.violations[1].field, "explain");
}

TEST(TranslateEntitlementsTest, EveryFieldArrivesAndIsHeldToItsRule) {
  v1::GetEntitlementsRequest request;
  request.set_terminal_id("T1");
  request.set_card_number("6212345678901234");
  request.set_here(true);
  const auto translated = Translate(CommandKind::kGetEntitlements, request);
  ASSERT_TRUE(translated->good) << translated->refusal.message;
  const Command& command = translated->call.command;
  EXPECT_EQ(command.kind, CommandKind::kGetEntitlements);
  EXPECT_EQ(command.terminal, *ParseCode<TerminalId>("T1"));
  EXPECT_EQ(command.entitlements.card, CardNumber{6'212'345'678'901'234});
  EXPECT_TRUE(command.entitlements.member.IsNone());
  EXPECT_TRUE(command.entitlements.here);
  ASSERT_NE(command.entitlements.list, nullptr);
  EXPECT_EQ(command.entitlements.list, translated->call.entitlements.get());

  request.clear_here();
  EXPECT_FALSE(Translate(CommandKind::kGetEntitlements, request)->call.command.entitlements.here);
  request.set_card_number("0123456789");
  request.set_terminal_id("has space");
  EXPECT_THAT(Translate(CommandKind::kGetEntitlements, request)->fields(),
              ElementsAre("terminal_id", "card_number"));
  EXPECT_THAT(Translate(CommandKind::kGetEntitlements, v1::GetEntitlementsRequest())->fields(),
              ElementsAre("terminal_id", "card_number"));
}

// ---- CloseBatch --------------------------------------------------------------

TEST(TranslateCloseBatchTest, EveryFieldArrives) {
  const auto translated = Translate(CommandKind::kCloseBatch, GoodCloseBatch());
  ASSERT_TRUE(translated->good) << translated->refusal.message;
  const Command& command = translated->call.command;
  EXPECT_EQ(command.kind, CommandKind::kCloseBatch);
  EXPECT_EQ(command.terminal, *ParseCode<TerminalId>("T1"));
  EXPECT_EQ(command.request_id, *ParseUuid(kUuid));
  Totals theirs;
  theirs.captures = 1;
  theirs.captured = Fen{2};
  theirs.refunds = 3;
  theirs.refunded = Fen{4};
  theirs.reversals = 5;
  theirs.reversed = Fen{6};
  theirs.subsidy = Fen{-7};
  EXPECT_EQ(command.close_batch.theirs, theirs);
  EXPECT_EQ(command.details, &translated->call.attachment->details);
  EXPECT_EQ(translated->call.transport_data, "abc");

  // A shift without a sale.
  v1::CloseBatchRequest nothing = GoodCloseBatch();
  nothing.mutable_totals()->Clear();
  const auto empty = Translate(CommandKind::kCloseBatch, nothing);
  ASSERT_TRUE(empty->good) << empty->refusal.message;
  EXPECT_EQ(empty->call.command.close_batch.theirs, Totals{});
}

TEST(TranslateCloseBatchTest, EachFieldIsHeldToItsRule) {
  using R = v1::CloseBatchRequest;
  const auto violations = [](const std::function<void(R*)>& change) {
    R request = GoodCloseBatch();
    change(&request);
    return Translate(CommandKind::kCloseBatch, request)->fields();
  };
  EXPECT_THAT(violations([](R* r) { r->clear_request_id(); }), ElementsAre("request_id"));
  EXPECT_THAT(violations([](R* r) { r->clear_terminal_id(); }), ElementsAre("terminal_id"));
  EXPECT_THAT(violations([](R* r) { r->clear_totals(); }), ElementsAre("totals"));
  EXPECT_THAT(violations([](R* r) { r->mutable_totals()->set_captured_fen(-1); }),
              ElementsAre("totals.captured_fen"));
  EXPECT_THAT(violations([](R* r) { r->mutable_totals()->set_refunded_fen(kFundFenMax + 1); }),
              ElementsAre("totals.refunded_fen"));
  EXPECT_THAT(violations([](R* r) { r->mutable_totals()->set_reversed_fen(INT64_MIN); }),
              ElementsAre("totals.reversed_fen"));
  EXPECT_THAT(violations([](R* r) { r->mutable_totals()->set_subsidy_fen(-kFundFenMax - 1); }),
              ElementsAre("totals.subsidy_fen"));
  EXPECT_THAT(violations([](R* r) { r->mutable_totals()->set_subsidy_fen(kFundFenMax + 1); }),
              ElementsAre("totals.subsidy_fen"));
  EXPECT_THAT(violations([](R* r) { r->set_transport_data(std::string(65, 'x')); }),
              ElementsAre("transport_data"));
  EXPECT_THAT(violations([](R* r) {
                r->mutable_totals()->set_captured_fen(kFundFenMax);
                r->mutable_totals()->set_subsidy_fen(-kFundFenMax);
                r->mutable_totals()->set_capture_count(UINT32_MAX);
              }),
              ElementsAre());
}

}  // namespace
}  // namespace gonghui
