// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/server/translate.h"

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/domain/explanation.h"
#include "engine/domain/limits.h"
#include "engine/server/text_codec.h"
#include "gonghui/v1/authorization_service.pb.h"
#include "gonghui/v1/member_service.pb.h"
#include "google/rpc/error_details.pb.h"
#include "tests/testing/owned_command.h"

namespace gonghui {
namespace {

using ::testing::ElementsAre;

constexpr const char* kUuid = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";
constexpr const char* kOtherUuid = "6ba7b810-9dad-11d1-80b4-00c04fd430c9";

v1::AuthorizeRequest GoodAuthorize() {
  v1::AuthorizeRequest request;
  request.set_request_id(kUuid);
  request.set_terminal_id("T1");
  request.set_merchant_id("MERCHANT-1");
  request.set_card_number("6212345678901234");
  request.set_list_price_fen(400);
  request.set_programme_code("metro");
  request.set_capture(true);
  request.set_if_no_benefit(v1::IF_NO_BENEFIT_FULL_PRICE);
  request.set_pos_entry_mode(v1::POS_ENTRY_MODE_QR_CODE);
  request.set_hold_seconds(60);
  request.set_stan(123'456);
  request.mutable_transmission_time()->set_seconds(1'777'777'777);
  request.mutable_occurred_at()->set_seconds(1'777'777'776);
  request.set_transport_data("abc");
  request.set_allow_partial_approval(true);
  return request;
}

v1::CaptureRequest GoodCapture() {
  v1::CaptureRequest request;
  request.set_request_id(kUuid);
  request.set_terminal_id("T1");
  request.set_original_transaction_id("00000000000A");
  request.set_amount_fen(300);
  request.set_final_capture(true);
  request.set_transport_data("abc");
  return request;
}

v1::ReverseRequest GoodReverse() {
  v1::ReverseRequest request;
  request.set_request_id(kUuid);
  request.set_terminal_id("T1");
  request.set_original_request_id(kOtherUuid);
  request.set_reversal_reason(v1::REVERSAL_REASON_TIMEOUT);
  return request;
}

v1::IncrementAuthorizationRequest GoodIncrement() {
  v1::IncrementAuthorizationRequest request;
  request.set_request_id(kUuid);
  request.set_terminal_id("T1");
  request.set_original_transaction_id("00000000000A");
  request.set_amount_fen(300);
  request.set_hold_seconds(86'400);
  request.set_transport_data("abc");
  return request;
}

v1::RefundRequest GoodRefund() {
  v1::RefundRequest request;
  request.set_request_id(kUuid);
  request.set_terminal_id("T1");
  request.set_original_transaction_id("00000000000A");
  request.set_amount_fen(300);
  request.set_transport_data("abc");
  return request;
}

// What comes of a request; the bytes live as long as this.
struct Translated {
  std::string bytes;
  bool good = false;
  TerminalCall call;
  Refusal refusal;

  [[nodiscard]] std::vector<std::string> fields() const {
    std::vector<std::string> names;
    for (const FieldViolation& violation : refusal.violations) {
      EXPECT_FALSE(violation.description.empty()) << violation.field;
      names.push_back(violation.field);
    }
    return names;
  }
};

template <class Request>
std::unique_ptr<Translated> Translate(CommandKind kind,
                                      const Request& request,
                                      const Caller& caller = {}) {
  auto translated = std::make_unique<Translated>();
  translated->bytes = request.SerializeAsString();
  translated->good =
      ToCommand(kind, translated->bytes, caller, &translated->call, &translated->refusal);
  return translated;
}

std::vector<std::string> AuthorizeViolations(
    const std::function<void(v1::AuthorizeRequest*)>& change) {
  v1::AuthorizeRequest request = GoodAuthorize();
  change(&request);
  const auto translated = Translate(CommandKind::kAuthorize, request);
  EXPECT_EQ(translated->good, translated->refusal.ok());
  if (!translated->good) {
    EXPECT_EQ(translated->refusal.code, StatusCode::kInvalidArgument);
  }
  return translated->fields();
}

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
  EXPECT_FALSE(ToCommand(fields, {}, "", CommandKind::kAuthorize, &command, &refusal));
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

// ---- Verdicts ----------------------------------------------------------------

TEST(RefusalTest, EveryVerdictHasItsStatus) {
  Command command;
  Result result;
  Refusal refusal;
  const auto code = [&](Verdict verdict, Field field) {
    result.verdict = verdict;
    result.field = field;
    EXPECT_TRUE(IsRefused(command, result, &refusal));
    EXPECT_FALSE(refusal.message.empty());
    return refusal.code;
  };
  EXPECT_EQ(code(Verdict::kDuplicateMismatch, Field::kListPrice), StatusCode::kAlreadyExists);
  EXPECT_STREQ(refusal.reason, "DUPLICATE_MISMATCH");
  EXPECT_EQ(refusal.field, "list_price_fen");
  EXPECT_EQ(code(Verdict::kPermissionDenied, Field::kMerchantId), StatusCode::kPermissionDenied);
  EXPECT_EQ(refusal.field, "merchant_id");
  EXPECT_EQ(code(Verdict::kNotFound, Field::kNone), StatusCode::kNotFound);
  EXPECT_EQ(code(Verdict::kDeadlineExceeded, Field::kNone), StatusCode::kDeadlineExceeded);
  EXPECT_EQ(code(Verdict::kFull, Field::kTransactions), StatusCode::kResourceExhausted);
  EXPECT_GT(refusal.retry_delay_ms, 0);
  EXPECT_EQ(code(Verdict::kRefused, Field::kStatus), StatusCode::kFailedPrecondition);
  EXPECT_EQ(code(Verdict::kOutOfRange, Field::kAmount), StatusCode::kInvalidArgument);
  EXPECT_EQ(refusal.field, "amount_fen");
  ASSERT_EQ(refusal.violations.size(), 1U);
  EXPECT_EQ(refusal.violations[0].field, "amount_fen");
  result.verdict = Verdict::kDecided;
  EXPECT_FALSE(IsRefused(command, result, &refusal));
  result.verdict = Verdict::kUnchanged;
  EXPECT_FALSE(IsRefused(command, result, &refusal));
}

TEST(RefusalTest, DetailsTravelInTheStatus) {
  Refusal refusal = InvalidArgument({{"a", "must be b"}, {"c", "must be d"}});
  refusal.retry_delay_ms = 1'500;
  google::rpc::Status status;
  FillStatus(refusal, &status);
  EXPECT_EQ(status.code(), 3);
  EXPECT_EQ(status.message(), "a: must be b (and 1 more)");
  ASSERT_EQ(status.details_size(), 3);
  google::rpc::ErrorInfo info;
  ASSERT_TRUE(status.details(0).UnpackTo(&info));
  EXPECT_EQ(info.reason(), "INVALID_FIELD");
  EXPECT_EQ(info.domain(), "gonghui");
  EXPECT_EQ(info.metadata().at("field"), "a");
  google::rpc::BadRequest bad_request;
  ASSERT_TRUE(status.details(1).UnpackTo(&bad_request));
  EXPECT_EQ(bad_request.field_violations_size(), 2);
  google::rpc::RetryInfo retry;
  ASSERT_TRUE(status.details(2).UnpackTo(&retry));
  EXPECT_EQ(retry.retry_delay().seconds(), 1);
  EXPECT_EQ(retry.retry_delay().nanos(), 500'000'000);
}

TEST(FieldNameTest, EveryFieldHasOne) {
  for (int i = static_cast<int>(Field::kMethod); i <= static_cast<int>(Field::kCounters); ++i) {
    EXPECT_FALSE(FieldName(static_cast<Field>(i)).empty()) << i;
  }
}

// ---- Replies -----------------------------------------------------------------

// A ledger with one of everything, under names as long as names may be.
class ReplyTest : public ::testing::Test {
 protected:
  static constexpr int64_t kNowNs = 1'777'777'200'000'000'000;
  // 96 bytes.
  static constexpr std::string_view kLongName =
      "会员会员会员会员会员会员会员会员会员会员会员会员会员会员会员会员";

  ReplyTest() {
    UnionNodeRequest node;
    node.id = *ParseCode<UnionNodeId>("KM");
    Run(Own(node));
    MerchantRequest merchant;
    merchant.id = *ParseCode<MerchantId>("MERCHANT90123456");
    merchant.union_node = node.id;
    merchant.mcc = 4'111;
    Run(Own(merchant));
    TerminalRequest terminal;
    terminal.id = *ParseCode<TerminalId>("TERMINAL90123456");
    terminal.merchant = merchant.id;
    Run(Own(terminal));
    FundRequest fund;
    fund.code = Long<FundCode>('f');
    fund.budget = Fen{1'000'000};
    Run(Own(fund));
    FundRequest stock;
    stock.code = *ParseCode<FundCode>("stock");
    stock.asset = Asset::kThing;
    stock.budget = Fen{10};
    Run(Own(stock));

    OwnedProgramme programme;
    programme.spec.code = Long<ProgrammeCode>('p');
    programme.spec.calendar = TestCalendar("Asia:Shanghai");
    programme.spec.starts_at = TimestampNs{kTimestampNsMin};
    programme.spec.ends_at = TimestampNs{kTimestampNsMax};
    LimitSpec limit;
    limit.code = Long<LimitCode>('l');
    limit.max = INT64_MAX / 2;
    programme.limits.push_back(limit);
    BenefitSpec benefit;
    benefit.code = Long<BenefitCode>('b');
    benefit.name = *DisplayName::From(std::span<const char>(kLongName.data(), kLongName.size()));
    benefit.price.kind = PriceKind::kFree;
    benefit.limits = Append(programme.limit_refs, {0U});
    benefit.funding = Append(programme.funding, {FundingShareSpec{fund.code, Bps{10'000}, 0}});
    benefit.starts_at = programme.spec.starts_at;
    benefit.ends_at = programme.spec.ends_at;
    programme.benefits.push_back(benefit);
    Run(Own(std::move(programme)));
  }

  template <class Code>
  static Code Long(char c) {
    return *ParseCode<Code>(std::string(Code::kBytes, c));
  }

  void Run(const OwnedCommand& owned) {
    Event event;
    Result result;
    ledger_.Decide(owned.command, TimestampNs{kNowNs}, &event, &result);
    ASSERT_EQ(result.verdict, Verdict::kDecided);
    ledger_.Evolve(event);
  }

  // An approval with as much to tell as there can be.
  static Result BigResult() {
    Result result;
    result.transaction_id = TransactionId{(uint64_t{1} << 60) - 1};
    result.original_id = result.transaction_id;
    result.merchant = *ParseCode<MerchantId>("MERCHANT90123456");
    result.terminal = *ParseCode<TerminalId>("TERMINAL90123456");
    Transaction& transaction = result.transaction;
    transaction.request_id = *ParseUuid(kUuid);
    transaction.decided_at = TimestampNs{kNowNs + 999'999'999};
    transaction.expires_at = TimestampNs{kTimestampNsMax - 1};
    transaction.outcome = Outcome::kApproved;
    transaction.state = TransactionState::kPending;
    transaction.list_price = transaction.member_pays = transaction.subsidy = Fen{INT64_MAX};
    transaction.captured = transaction.captured_subsidy = Fen{INT64_MAX};
    transaction.progress.refunded = transaction.progress.refunded_subsidy = Fen{INT64_MAX};
    transaction.overrun = true;
    transaction.stan = kStanMax;
    result.share_count = kSharesPerTransactionMax;
    for (ResultShare& share : result.shares) {
      share = ResultShare{BenefitRow{1}, FundRow{1}, Fen{INT64_MAX}};
    }
    result.limit_count = kUsesPerTransactionMax;
    for (ResultLimit& limit : result.limits) {
      limit.limit = LimitRow{1};
      limit.used = limit.held = limit.left = INT64_MIN;  // the longest on the wire
      limit.resets_at = TimestampNs{kTimestampNsMax - 1};
    }
    return result;
  }

  v1::AuthorizeResponse Reply(const Command& command,
                              const Result& result,
                              std::string_view transport_data = {}) {
    writer_.Clear();
    writer_.Reserve(kReplyBytesMax);
    AppendReply(ledger_, command, result, transport_data, &writer_);
    v1::AuthorizeResponse response;
    EXPECT_TRUE(response.ParseFromArray(writer_.data(), static_cast<int>(writer_.size())));
    EXPECT_EQ(response.SerializeAsString(), writer_.view());  // canonical
    return response;
  }

  static ResultLimit BigLimit() {
    return {.limit = LimitRow{1},
            .used = INT64_MIN,
            .held = INT64_MIN,
            .left = INT64_MIN,
            .resets_at = TimestampNs{kTimestampNsMax - 1}};
  }

  Ledger ledger_;
  WireWriter writer_;
};

TEST_F(ReplyTest, TheLongestReplyFits) {
  Command command;
  const std::string transport_data(kTransportDataBytesMax, '\xff');
  const v1::AuthorizeResponse response = Reply(command, BigResult(), transport_data);
  EXPECT_LT(writer_.size(), kReplyBytesMax - 64);
  const v1::Transaction& transaction = response.transaction();
  EXPECT_EQ(transaction.transaction_id(), "ZZZZZZZZZZZZ");
  EXPECT_EQ(transaction.approval_code(), "ZZZZZZ");
  EXPECT_EQ(transaction.request_id(), kUuid);
  EXPECT_EQ(transaction.terminal_id(), "TERMINAL90123456");
  EXPECT_EQ(transaction.merchant_id(), "MERCHANT90123456");
  EXPECT_EQ(transaction.decided_at().nanos(), 999'999'999);
  EXPECT_EQ(transaction.applied_benefits_size(), 8);
  EXPECT_EQ(transaction.applied_benefits(7).benefit_code(), std::string(32, 'b'));
  EXPECT_EQ(transaction.applied_benefits(7).amount_fen(), INT64_MAX);
  EXPECT_EQ(transaction.limits_size(), 16);
  EXPECT_EQ(transaction.limits(15).limit_code(), std::string(32, 'l'));
  EXPECT_EQ(transaction.limits(15).max(), INT64_MAX / 2);
  EXPECT_EQ(transaction.limits(15).used(), INT64_MIN);
  EXPECT_EQ(transaction.stan(), kStanMax);
  EXPECT_EQ(transaction.captured_subsidy_fen(), INT64_MAX);
  EXPECT_EQ(transaction.refunded_fen(), INT64_MAX);
  EXPECT_EQ(transaction.refunded_subsidy_fen(), INT64_MAX);
  EXPECT_TRUE(transaction.overrun());
  EXPECT_EQ(response.transport_data(), transport_data);

  // A decline tells the failed check instead.
  Result declined = BigResult();
  declined.transaction.outcome = Outcome::kDeclined;
  declined.transaction.state = TransactionState::kDeclined;
  declined.transaction.reason = Reason::kExceedsAmountLimit;
  declined.transaction.failed_benefit = BenefitRow{1};
  declined.transaction.failed_limit = LimitRow{1};
  const v1::Transaction refused = Reply(command, declined).transaction();
  EXPECT_EQ(refused.limits_size(), 0);
  EXPECT_EQ(refused.failed_check().limit().held(), INT64_MIN);
  EXPECT_EQ(refused.retry(), v1::RETRY_NEW_ID_LATER);
  EXPECT_EQ(refused.reason(), v1::REASON_EXCEEDS_AMOUNT_LIMIT);
  EXPECT_FALSE(refused.has_expires_at());
  EXPECT_TRUE(refused.has_next_eligible_at());
  EXPECT_EQ(refused.captured_fen(), 0);
  EXPECT_EQ(refused.captured_subsidy_fen(), 0);
  EXPECT_EQ(refused.refunded_fen(), 0);
}

TEST_F(ReplyTest, ThingsAreToldInPieces) {
  Command command;
  Result result = BigResult();
  result.share_count = 1;
  result.shares[0] = ResultShare{BenefitRow{1}, FundRow{2}, Fen{3}};
  const v1::Transaction transaction = Reply(command, result).transaction();
  EXPECT_EQ(transaction.applied_benefits(0).fund_code(), "stock");
  EXPECT_EQ(transaction.applied_benefits(0).pieces(), 3);
  EXPECT_EQ(transaction.applied_benefits(0).amount_fen(), 0);
}

TEST_F(ReplyTest, WhatWasNotRecordedHasNoId) {
  Command command;
  command.terminal = *ParseCode<TerminalId>("UNKNOWN");
  command.request_id = *ParseUuid(kOtherUuid);
  Result result;
  result.transaction.reason = Reason::kInvalidTerminal;
  command.kind = CommandKind::kIncrement;
  EXPECT_EQ(Reply(command, result).transaction().kind(), v1::TRANSACTION_KIND_INCREMENT);
  command.kind = CommandKind::kRefund;
  EXPECT_EQ(Reply(command, result).transaction().kind(), v1::TRANSACTION_KIND_REFUND);
  command.kind = CommandKind::kReverse;
  const v1::Transaction transaction = Reply(command, result).transaction();
  EXPECT_TRUE(transaction.transaction_id().empty());
  EXPECT_EQ(transaction.kind(), v1::TRANSACTION_KIND_REVERSAL);
  EXPECT_EQ(transaction.outcome(), v1::OUTCOME_DECLINED);
  EXPECT_EQ(transaction.reason(), v1::REASON_INVALID_TERMINAL);
  EXPECT_EQ(transaction.terminal_id(), "UNKNOWN");
  EXPECT_EQ(transaction.request_id(), kOtherUuid);
  EXPECT_EQ(transaction.state(), v1::TRANSACTION_STATE_UNSPECIFIED);
}

TEST_F(ReplyTest, QuotesAndInquiriesHaveTheTransactionOnly) {
  Command command;
  Result result = BigResult();
  result.replay = true;
  command.kind = CommandKind::kQuote;
  EXPECT_FALSE(Reply(command, result, "abc").idempotent_replay());
  EXPECT_TRUE(Reply(command, result, "abc").transport_data().empty());
  command.kind = CommandKind::kGetTransaction;
  EXPECT_FALSE(Reply(command, result, "abc").idempotent_replay());
  for (const CommandKind kind : {CommandKind::kCapture,
                                 CommandKind::kReverse,
                                 CommandKind::kIncrement,
                                 CommandKind::kRefund}) {
    command.kind = kind;
    EXPECT_TRUE(Reply(command, result, "abc").idempotent_replay());
    EXPECT_EQ(Reply(command, result, "abc").transport_data(), "abc");
  }
}

TEST_F(ReplyTest, OnlyAnAuthorizationHasProgressAndOnlyHoldsExpire) {
  Command command;
  for (const auto& [kind, expires] : {std::pair(TransactionKind::kCapture, false),
                                      std::pair(TransactionKind::kReversal, false),
                                      std::pair(TransactionKind::kIncrement, true),
                                      std::pair(TransactionKind::kRefund, false)}) {
    Result result = BigResult();
    result.transaction.kind = kind;
    result.transaction.state = TransactionState::kCompleted;
    // The union's other member: nothing of it may be told as progress.
    result.transaction.reference = Reference{TransactionId{10}, *ParseUuid(kUuid), Fen{9}};
    const v1::Transaction transaction = Reply(command, result).transaction();
    EXPECT_EQ(transaction.has_expires_at(), expires);
    EXPECT_EQ(transaction.captured_fen(), 0);
    EXPECT_EQ(transaction.captured_subsidy_fen(), 0);
    EXPECT_EQ(transaction.refunded_fen(), 0);
    EXPECT_EQ(transaction.refunded_subsidy_fen(), 0);
    EXPECT_TRUE(transaction.overrun());
  }
}

TEST_F(ReplyTest, EveryKindStateAndOutcomeArrives) {
  Command command;
  for (const TransactionKind kind : {TransactionKind::kAuthorization,
                                     TransactionKind::kCapture,
                                     TransactionKind::kReversal,
                                     TransactionKind::kIncrement,
                                     TransactionKind::kRefund}) {
    for (int state = 1; state <= static_cast<int>(TransactionState::kRefunded); ++state) {
      for (int outcome = 1; outcome <= static_cast<int>(Outcome::kDeclined); ++outcome) {
        Result result = BigResult();
        result.transaction.kind = kind;
        result.transaction.state = static_cast<TransactionState>(state);
        result.transaction.outcome = static_cast<Outcome>(outcome);
        result.transaction.original_found = true;
        const v1::Transaction transaction = Reply(command, result).transaction();
        EXPECT_EQ(transaction.kind(), static_cast<int>(kind));
        EXPECT_EQ(transaction.state(), state);
        EXPECT_EQ(transaction.outcome(), outcome);
        EXPECT_EQ(transaction.original_found(), kind == TransactionKind::kReversal);
        EXPECT_EQ(transaction.original_transaction_id(), "ZZZZZZZZZZZZ");
      }
    }
  }
}

TEST_F(ReplyTest, ChecksFollowTheTransaction) {
  const auto explanation = std::make_unique<Explanation>();
  explanation->checks[0].check = Reason::kCardNotActive;
  explanation->checks[0].passed = true;
  explanation->checks[1].benefit = BenefitRow{1};
  explanation->checks[1].check = Reason::kExceedsAmountLimit;
  explanation->checks[1].about_limit = true;
  explanation->checks[1].limit = BigLimit();
  explanation->count = 2;
  Command command;
  command.authorize.explanation = explanation.get();
  const v1::AuthorizeResponse response = Reply(command, BigResult(), "abc");
  EXPECT_EQ(response.transport_data(), "abc");
  EXPECT_FALSE(response.checks_truncated());
  ASSERT_EQ(response.checks_size(), 2);
  const v1::CheckOutcome& card = response.checks(0);
  EXPECT_TRUE(card.programme_code().empty());
  EXPECT_EQ(card.programme_version(), 0U);
  EXPECT_TRUE(card.benefit_code().empty());
  EXPECT_EQ(card.check(), v1::REASON_CARD_NOT_ACTIVE);
  EXPECT_TRUE(card.passed());
  EXPECT_FALSE(card.has_limit());
  EXPECT_EQ(card.display_message(), "Card may be used");
  EXPECT_EQ(card.display_message_zh(), "卡可用");
  const v1::CheckOutcome& limit = response.checks(1);
  EXPECT_EQ(limit.programme_code(), std::string(32, 'p'));
  EXPECT_EQ(limit.programme_version(), 1U);
  EXPECT_EQ(limit.benefit_code(), std::string(32, 'b'));
  EXPECT_FALSE(limit.passed());
  EXPECT_EQ(limit.limit().limit_code(), std::string(32, 'l'));
  EXPECT_EQ(limit.limit().left(), INT64_MIN);
  EXPECT_EQ(limit.display_message_zh(), "优惠额度已用完");

  command.kind = CommandKind::kQuote;
  EXPECT_EQ(Reply(command, BigResult()).checks_size(), 2);
}

TEST_F(ReplyTest, AsManyChecksAsThereMayBeFit) {
  const auto explanation = std::make_unique<Explanation>();
  explanation->count = kChecksPerExplanationMax;
  explanation->truncated = true;
  for (CheckResult& check : explanation->checks) {
    check.benefit = BenefitRow{1};
    check.check = Reason::kOriginalNotFound;
    check.about_limit = true;
    check.limit = BigLimit();
  }
  Command command;
  command.authorize.explanation = explanation.get();
  const v1::AuthorizeResponse response = Reply(command, BigResult());
  ASSERT_EQ(response.checks_size(), static_cast<int>(kChecksPerExplanationMax));
  EXPECT_TRUE(response.checks_truncated());
  // Room is made for one at a time: kCheckBytesMax of translate.cc.
  EXPECT_LT(response.checks(0).ByteSizeLong(), 512U - 64U);
  // What gRPC's clients take without being told to.
  EXPECT_LT(response.ByteSizeLong(), 4U << 20);
}

TEST_F(ReplyTest, EntitlementsAreToldOneByOne) {
  const auto list = std::make_unique<EntitlementList>();
  list->count = kEntitlementsMax;
  list->truncated = true;
  for (Entitlement& item : list->items) {
    item.benefit = BenefitRow{1};
    item.reason = Reason::kOutsideTimeWindow;
    item.next_eligible_at = TimestampNs{kTimestampNsMax - 1};
    item.limit_count = kLimitsPerBenefitMax;
    item.limits.fill(BigLimit());
  }
  list->items[0].reason = Reason::kNone;
  list->items[0].next_eligible_at = TimestampNs{};
  list->items[0].limit_count = 0;
  Command command;
  command.kind = CommandKind::kGetEntitlements;
  command.entitlements = EntitlementsRequest{};
  command.entitlements.list = list.get();
  Result result;
  result.transaction.outcome = Outcome::kApproved;
  result.transaction.decided_at = TimestampNs{kNowNs};
  writer_.Clear();
  writer_.Reserve(kReplyBytesMax);
  AppendReply(ledger_, command, result, "", &writer_);
  v1::GetEntitlementsResponse response;
  ASSERT_TRUE(response.ParseFromArray(writer_.data(), static_cast<int>(writer_.size())));
  EXPECT_EQ(response.SerializeAsString(), writer_.view());  // canonical
  EXPECT_EQ(response.outcome(), v1::OUTCOME_APPROVED);
  EXPECT_EQ(response.reason(), v1::REASON_UNSPECIFIED);
  EXPECT_FALSE(response.display_message_zh().empty());
  EXPECT_EQ(response.as_of().seconds(), kNowNs / kNsPerSecond);
  EXPECT_TRUE(response.truncated());
  ASSERT_EQ(response.entitlements_size(), static_cast<int>(kEntitlementsMax));
  const v1::Entitlement& now = response.entitlements(0);
  EXPECT_EQ(now.programme_code(), std::string(32, 'p'));
  EXPECT_EQ(now.programme_version(), 1U);
  EXPECT_EQ(now.benefit_code(), std::string(32, 'b'));
  EXPECT_EQ(now.display_name(), kLongName);
  EXPECT_EQ(now.price(), "free");
  EXPECT_EQ(now.reason(), v1::REASON_UNSPECIFIED);
  EXPECT_FALSE(now.has_next_eligible_at());
  EXPECT_EQ(now.display_message_zh(), "现在可用");
  const v1::Entitlement& later = response.entitlements(255);
  EXPECT_EQ(later.reason(), v1::REASON_OUTSIDE_TIME_WINDOW);
  EXPECT_EQ(later.next_eligible_at().seconds(), (kTimestampNsMax - 1) / kNsPerSecond);
  ASSERT_EQ(later.limits_size(), 8);
  EXPECT_EQ(later.limits(7).used(), INT64_MIN);
  // Room is made for one at a time: kEntitlementBytesMax of translate.cc.
  EXPECT_LT(later.ByteSizeLong(), 2'560U - 64U);
  EXPECT_LT(response.ByteSizeLong(), 4U << 20);
  // Operators' answer has the same fields.
  v1::GetMemberEntitlementsResponse twin;
  ASSERT_TRUE(twin.ParseFromArray(writer_.data(), static_cast<int>(writer_.size())));
  EXPECT_EQ(twin.SerializeAsString(), writer_.view());
  EXPECT_EQ(twin.entitlements_size(), response.entitlements_size());
}

TEST_F(ReplyTest, WithoutAMemberThereIsNoList) {
  const auto list = std::make_unique<EntitlementList>();
  Command command;
  command.kind = CommandKind::kGetEntitlements;
  command.entitlements = EntitlementsRequest{};
  command.entitlements.list = list.get();
  Result result;
  result.transaction.reason = Reason::kCardPaused;
  WireWriter out;
  AppendEntitlements(ledger_, command, result, &out);
  v1::GetEntitlementsResponse response;
  ASSERT_TRUE(response.ParseFromArray(out.data(), static_cast<int>(out.size())));
  EXPECT_EQ(response.outcome(), v1::OUTCOME_DECLINED);
  EXPECT_EQ(response.reason(), v1::REASON_CARD_PAUSED);
  EXPECT_EQ(response.display_message_zh(), "卡已暂停使用");
  EXPECT_EQ(response.entitlements_size(), 0);
}

}  // namespace
}  // namespace gonghui
