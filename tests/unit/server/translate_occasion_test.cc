// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What makes an authorization more than an ordinary sale: a pick-up code, an appointment, a
// claim.

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/domain/occasion.h"
#include "engine/programmes/voucher_code.h"
#include "engine/server/text_codec.h"
#include "engine/server/translate.h"
#include "gonghui/v1/authorization_service.pb.h"
#include "tests/unit/server/requests.h"

namespace gonghui {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr int64_t kAt_s = 1'777'777'000;

VoucherCode Code() {
  constexpr std::array<uint8_t, kVoucherCodeRandomBytes> kRandom = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
  return MakeVoucherCode(kRandom);
}

v1::AuthorizeRequest WithCode() {
  v1::AuthorizeRequest request = GoodAuthorize();
  request.set_voucher_code(Code().text);
  return request;
}

TEST(TranslateOccasionTest, AnOrdinarySaleHasNone) {
  const auto translated = Translate(CommandKind::kAuthorize, GoodAuthorize());
  ASSERT_TRUE(translated->good);
  EXPECT_EQ(translated->call.command.authorize.occasion, nullptr);
  EXPECT_EQ(translated->call.attachment, nullptr);
  // Nor has one that says nothing of it in so many words.
  const std::string nothing = GoodAuthorize().SerializeAsString() + std::string("\x9a\x01\x00", 3);
  TerminalCall call;
  Refusal refusal;
  ASSERT_TRUE(ToCommand(CommandKind::kAuthorize, nothing, {}, &call, &refusal)) << refusal.message;
  EXPECT_EQ(call.command.authorize.occasion, nullptr);
}

TEST(TranslateOccasionTest, EveryFieldArrives) {
  v1::AuthorizeRequest request = WithCode();
  request.mutable_slot_at()->set_seconds(kAt_s);
  request.mutable_event_at()->set_seconds(kAt_s - 1);
  request.mutable_event_at()->set_nanos(7);
  request.set_filed_by("Li-Ming");  // one person, however it is written
  const auto translated = Translate(CommandKind::kAuthorize, request);
  ASSERT_TRUE(translated->good) << translated->refusal.message;
  const OccasionRequest* const occasion = translated->call.command.authorize.occasion;
  ASSERT_NE(occasion, nullptr);
  EXPECT_EQ(occasion, &translated->call.attachment->occasion);
  EXPECT_EQ(occasion->voucher, Code().key);
  EXPECT_EQ(occasion->slot_at, TimestampNs{kAt_s * kNsPerSecond});
  EXPECT_EQ(occasion->event_at, TimestampNs{(kAt_s - 1) * kNsPerSecond + 7});
  EXPECT_EQ(occasion->filed_by, *ParseCode<OperatorName>("li-ming"));
  EXPECT_EQ(translated->call.command.details, &translated->call.attachment->details)
      << "the answer tells when";

  // Nothing is left of it for the next call.
  const std::string next = GoodAuthorize().SerializeAsString();
  ASSERT_TRUE(
      ToCommand(CommandKind::kAuthorize, next, {}, &translated->call, &translated->refusal));
  EXPECT_EQ(translated->call.command.authorize.occasion, nullptr);
  EXPECT_EQ(translated->call.command.details, nullptr);
}

TEST(TranslateOccasionTest, AQuoteHasOneAndLinesStandBesideIt) {
  v1::QuoteRequest quote;
  *quote.mutable_authorize() = WithCode();
  AddLine(quote.mutable_authorize(), "rice", 2, 400);
  const auto translated = Translate(CommandKind::kQuote, quote);
  ASSERT_TRUE(translated->good) << translated->refusal.message;
  const AuthorizeRequest& authorize = translated->call.command.authorize;
  ASSERT_NE(authorize.occasion, nullptr);
  EXPECT_EQ(authorize.occasion->voucher, Code().key);
  ASSERT_EQ(authorize.line_count, 1U);
  EXPECT_EQ(authorize.lines[0].quantity, 2U);
}

TEST(TranslateOccasionTest, ACodeIsReadAsPeopleTypeIt) {
  v1::AuthorizeRequest request = WithCode();
  std::string typed;
  for (const char c : Code().text) {
    typed += c == '-' ? ' ' : static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  }
  request.set_voucher_code(typed);
  const auto translated = Translate(CommandKind::kAuthorize, request);
  ASSERT_TRUE(translated->good) << translated->refusal.message;
  EXPECT_EQ(translated->call.command.authorize.occasion->voucher, Code().key);
}

TEST(TranslateOccasionTest, OnlyACodeStandsForTheCard) {
  using R = v1::AuthorizeRequest;
  v1::AuthorizeRequest request = WithCode();
  request.clear_card_number();
  const auto translated = Translate(CommandKind::kAuthorize, request);
  ASSERT_TRUE(translated->good) << translated->refusal.message;
  EXPECT_EQ(translated->call.command.authorize.card, CardNumber{});
  EXPECT_THAT(AuthorizeViolations([](R* r) {
                r->clear_card_number();
                r->mutable_slot_at()->set_seconds(kAt_s);
              }),
              ElementsAre("card_number"));
  EXPECT_THAT(AuthorizeViolations([](R* r) {
                r->clear_card_number();
                r->mutable_event_at()->set_seconds(kAt_s);
                r->set_filed_by("li-ming");
              }),
              ElementsAre("card_number"));
  EXPECT_THAT(AuthorizeViolations([](R* r) {
                r->set_card_number("x");
                r->set_voucher_code(Code().text);
              }),
              ElementsAre("card_number"));
}

TEST(TranslateOccasionTest, EachIsHeldToItsRule) {
  using R = v1::AuthorizeRequest;
  const auto& violations = AuthorizeViolations;
  std::string mistyped = Code().text;
  mistyped[0] = mistyped[0] == '2' ? '3' : '2';
  EXPECT_THAT(violations([&](R* r) { r->set_voucher_code(mistyped); }),
              ElementsAre("voucher_code"));
  EXPECT_THAT(violations([](R* r) { r->set_voucher_code(Code().text.substr(1)); }),
              ElementsAre("voucher_code"));
  EXPECT_THAT(violations([](R* r) { r->set_voucher_code("-"); }), ElementsAre("voucher_code"));
  EXPECT_THAT(violations([](R* r) { r->mutable_slot_at(); }), ElementsAre("slot_at"));
  EXPECT_THAT(violations([](R* r) { r->mutable_slot_at()->set_nanos(-1); }),
              ElementsAre("slot_at"));
  EXPECT_THAT(violations([](R* r) {
                r->mutable_event_at()->set_seconds(7'258'118'400);
                r->set_filed_by("li-ming");
              }),
              ElementsAre("event_at"));
  EXPECT_THAT(violations([](R* r) { r->mutable_event_at()->set_seconds(kAt_s); }),
              ElementsAre("filed_by"));
  EXPECT_THAT(violations([](R* r) { r->set_filed_by("li-ming"); }), ElementsAre("filed_by"));
  EXPECT_THAT(violations([](R* r) {
                r->mutable_event_at()->set_seconds(kAt_s);
                r->set_filed_by("李明");
              }),
              ElementsAre("filed_by"));
  EXPECT_THAT(violations([](R* r) {
                r->mutable_event_at()->set_seconds(kAt_s);
                r->set_filed_by(std::string(33, 'a'));
              }),
              ElementsAre("filed_by"));
  EXPECT_THAT(violations([](R* r) {
                r->mutable_event_at()->set_seconds(kAt_s);
                r->set_filed_by(std::string(32, 'a'));
              }),
              IsEmpty());
}

TEST(TranslateOccasionTest, ACardsOwnCodeDoesNotGoWithIt) {
  using R = v1::AuthorizeRequest;
  const auto with_code = [](R* r) {
    r->mutable_qr_code()->mutable_issued_at()->set_seconds(kAt_s);
  };
  EXPECT_THAT(AuthorizeViolations([&](R* r) {
                with_code(r);
                r->set_voucher_code(Code().text);
              }),
              ElementsAre("qr_code"));
  EXPECT_THAT(AuthorizeViolations([&](R* r) {
                with_code(r);
                r->mutable_slot_at()->set_seconds(kAt_s);
              }),
              ElementsAre("qr_code"));
  EXPECT_THAT(AuthorizeViolations([&](R* r) {
                with_code(r);
                r->mutable_event_at()->set_seconds(kAt_s);
                r->set_filed_by("li-ming");
              }),
              ElementsAre("qr_code"));
}

// A cashier is told what is wrong with the text.
TEST(TranslateOccasionTest, AWrongCodeIsToldInBothLanguages) {
  v1::AuthorizeRequest request = GoodAuthorize();
  const auto told = [&request](const std::string& code) {
    request.set_voucher_code(code);
    const auto translated = Translate(CommandKind::kAuthorize, request);
    EXPECT_EQ(translated->refusal.violations.size(), 1U) << code;
    return translated->refusal.violations.empty() ? ""
                                                  : translated->refusal.violations[0].description;
  };
  EXPECT_THAT(told("1234"), HasSubstr("fewer"));
  EXPECT_THAT(told(Code().text + "0"), HasSubstr("more"));
  EXPECT_THAT(told("UUUU-UUUU-UUUU-UUUU"), HasSubstr("no U"));
  EXPECT_THAT(told("1234"), HasSubstr("取货码"));
}

TEST(TranslateOccasionTest, WhatIsNoInstantIsNoMessage) {
  // slot_at = 20, of which only the first of two bytes is there.
  const std::string bytes =
      GoodAuthorize().SerializeAsString() + std::string("\xa2\x01\x01\x08", 4);
  AuthorizeFields fields;
  EXPECT_FALSE(ParseAuthorizeRequest(bytes, &fields));
}

}  // namespace
}  // namespace gonghui
