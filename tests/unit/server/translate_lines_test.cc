// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Lines of what was bought, and of what is given back, on their way to a command.

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/domain/limits.h"
#include "engine/server/text_codec.h"
#include "engine/server/translate.h"
#include "gonghui/v1/authorization_service.pb.h"
#include "google/rpc/status.pb.h"
#include "tests/unit/server/requests.h"

namespace gonghui {
namespace {

using ::testing::ElementsAre;

TEST(TranslateLinesTest, EveryLineArrives) {
  v1::AuthorizeRequest request = GoodAuthorize();
  AddLine(&request, "6901234567892", 2, 300);
  AddLine(&request, "tea", 1, 100);
  AddLine(&request, "gift", 1'000'000, 0);
  const auto translated = Translate(CommandKind::kAuthorize, request);
  ASSERT_TRUE(translated->good) << translated->refusal.message;
  const Command& command = translated->call.command;
  ASSERT_EQ(command.authorize.line_count, 3U);
  ASSERT_NE(translated->call.attachment, nullptr);
  EXPECT_EQ(command.authorize.lines, translated->call.attachment->lines.data());
  EXPECT_EQ(command.details, &translated->call.attachment->details);
  EXPECT_EQ(command.advice, nullptr);
  const LineItem* const lines = command.authorize.lines;
  EXPECT_EQ(lines[0].item, *ParseCode<ItemCode>("6901234567892"));
  EXPECT_EQ(lines[0].quantity, 2U);
  EXPECT_EQ(lines[0].price, Fen{300});
  EXPECT_EQ(lines[1].item, *ParseCode<ItemCode>("tea"));
  EXPECT_EQ(lines[1].price, Fen{100});
  EXPECT_EQ(lines[2].quantity, 1'000'000U);
  EXPECT_EQ(lines[2].price, Fen{0});

  v1::QuoteRequest quote;
  *quote.mutable_authorize() = request;
  const auto quoted = Translate(CommandKind::kQuote, quote);
  ASSERT_TRUE(quoted->good) << quoted->refusal.message;
  EXPECT_EQ(quoted->call.command.authorize.line_count, 3U);
  EXPECT_NE(quoted->call.command.details, nullptr);
}

// The plain sale has to stay as cheap as it is.
TEST(TranslateLinesTest, WithoutLinesThereIsNoRoomForThem) {
  const auto plain = Translate(CommandKind::kAuthorize, GoodAuthorize());
  EXPECT_EQ(plain->call.attachment, nullptr);
  EXPECT_EQ(plain->call.command.details, nullptr);
  EXPECT_EQ(plain->call.command.authorize.lines, nullptr);
  EXPECT_EQ(plain->call.command.authorize.line_count, 0U);

  // Nor after a call of the same memory that had some.
  v1::AuthorizeRequest request = GoodAuthorize();
  AddLine(&request, "tea", 1, 400);
  const auto lined = Translate(CommandKind::kAuthorize, request);
  ASSERT_TRUE(lined->good);
  Refusal refusal;
  for (const std::string& bytes :
       {GoodAuthorize().SerializeAsString(), GoodAuthorize().SerializeAsString()}) {
    ASSERT_TRUE(ToCommand(CommandKind::kAuthorize, bytes, {}, &lined->call, &refusal));
    EXPECT_EQ(lined->call.command.details, nullptr);
    EXPECT_EQ(lined->call.command.authorize.line_count, 0U);
  }
  for (const auto& [kind, bytes] :
       {std::pair(CommandKind::kCapture, GoodCapture().SerializeAsString()),
        std::pair(CommandKind::kReverse, GoodReverse().SerializeAsString()),
        std::pair(CommandKind::kIncrement, GoodIncrement().SerializeAsString()),
        std::pair(CommandKind::kRefund, GoodRefund().SerializeAsString())}) {
    lined->call.command.details = &lined->call.attachment->details;
    lined->call.command.advice = &lined->call.attachment->advice;
    ASSERT_TRUE(ToCommand(kind, bytes, {}, &lined->call, &refusal)) << refusal.message;
    EXPECT_EQ(lined->call.command.details, nullptr);
    EXPECT_EQ(lined->call.command.advice, nullptr);
  }
}

TEST(TranslateLinesTest, EachLineIsHeldToItsRule) {
  using R = v1::AuthorizeRequest;
  const auto violations = [](const std::function<void(R*)>& change) {
    return AuthorizeViolations([&](R* r) {
      AddLine(r, "tea", 1, 150);
      AddLine(r, "rice", 2, 250);
      change(r);
    });
  };
  EXPECT_THAT(violations([](R*) {}), ElementsAre());
  EXPECT_THAT(violations([](R* r) { r->mutable_lines(0)->clear_item_code(); }),
              ElementsAre("lines[0].item_code"));
  EXPECT_THAT(violations([](R* r) { r->mutable_lines(1)->set_item_code("茶"); }),
              ElementsAre("lines[1].item_code"));
  EXPECT_THAT(violations([](R* r) { r->mutable_lines(1)->set_item_code(std::string(33, 'a')); }),
              ElementsAre("lines[1].item_code"));
  EXPECT_THAT(violations([](R* r) { r->mutable_lines(1)->set_item_code(std::string(32, 'a')); }),
              ElementsAre());
  EXPECT_THAT(violations([](R* r) { r->mutable_lines(1)->clear_quantity(); }),
              ElementsAre("lines[1].quantity"));
  EXPECT_THAT(violations([](R* r) { r->mutable_lines(0)->set_quantity(1'000'001); }),
              ElementsAre("lines[0].quantity"));
  EXPECT_THAT(violations([](R* r) { r->mutable_lines(0)->set_price_fen(-1); }),
              ElementsAre("lines[0].price_fen"));
  EXPECT_THAT(violations([](R* r) { r->mutable_lines(0)->set_price_fen(INT64_MAX); }),
              ElementsAre("lines[0].price_fen"));
  // All of a line, and the sum is not told of while a price is none.
  EXPECT_THAT(violations([](R* r) { r->mutable_lines(1)->Clear(); }),
              ElementsAre("lines[1].item_code", "lines[1].quantity", "lines"));
  EXPECT_THAT(violations([](R* r) { r->set_list_price_fen(-1); }), ElementsAre("list_price_fen"));

  v1::QuoteRequest quote;
  *quote.mutable_authorize() = GoodAuthorize();
  AddLine(quote.mutable_authorize(), "", 1, 400);
  EXPECT_THAT(Translate(CommandKind::kQuote, quote)->fields(),
              ElementsAre("authorize.lines[0].item_code"));
}

TEST(TranslateLinesTest, ThePricesAddUpToTheListPrice) {
  v1::AuthorizeRequest request = GoodAuthorize();
  AddLine(&request, "tea", 1, 150);
  AddLine(&request, "rice", 2, 251);
  const auto translated = Translate(CommandKind::kAuthorize, request);
  EXPECT_THAT(translated->fields(), ElementsAre("lines"));
  EXPECT_EQ(translated->refusal.violations[0].description,
            "their prices must add up to list_price_fen, 400, not to 401");
  request.mutable_lines(1)->set_price_fen(250);
  EXPECT_TRUE(Translate(CommandKind::kAuthorize, request)->good);
  // As many as there may be, each of the highest price: what they add up to is no overflow.
  request.clear_lines();
  for (uint32_t i = 0; i < kLinesPerTransactionMax; ++i) {
    AddLine(&request, "gold", 1, kTransactionFenMax);
  }
  EXPECT_THAT(Translate(CommandKind::kAuthorize, request)->fields(), ElementsAre("lines"));
}

TEST(TranslateLinesTest, ThereAreAtMostSixtyFour) {
  v1::AuthorizeRequest request = GoodAuthorize();
  request.set_list_price_fen(0);
  for (uint32_t i = 0; i < kLinesPerTransactionMax; ++i) {
    AddLine(&request, "tea", 1, 0);
  }
  const auto most = Translate(CommandKind::kAuthorize, request);
  ASSERT_TRUE(most->good) << most->refusal.message;
  EXPECT_EQ(most->call.command.authorize.line_count, kLinesPerTransactionMax);
  AddLine(&request, "tea", 1, 0);
  const auto more = Translate(CommandKind::kAuthorize, request);
  EXPECT_THAT(more->fields(), ElementsAre("lines"));
  EXPECT_EQ(more->call.attachment, nullptr);
}

// A status travels in trailers, for which clients have 8 KiB.
TEST(TranslateLinesTest, OnlyTheFirstViolationsAreTold) {
  v1::AuthorizeRequest request = GoodAuthorize();
  for (uint32_t i = 0; i < kLinesPerTransactionMax; ++i) {
    AddLine(&request, "", 0, -1);
  }
  const auto translated = Translate(CommandKind::kAuthorize, request);
  EXPECT_EQ(translated->refusal.violations.size(), 16U);
  EXPECT_EQ(translated->refusal.violations[15].field, "lines[5].item_code");
  EXPECT_TRUE(translated->refusal.message.ends_with(" (and 191 more)"))
      << translated->refusal.message;
  google::rpc::Status status;
  FillStatus(translated->refusal, &status);
  EXPECT_LT(status.ByteSizeLong(), 4'096U);
}

TEST(TranslateLinesTest, ALineThatIsNoMessageIsRefusedWithTheWhole) {
  std::string bytes = GoodAuthorize().SerializeAsString();
  const std::string tag("\x8a\x01", 2);  // lines
  for (const std::string& line :
       {std::string("\x0a\x05tea"), std::string("\x10"), std::string("\x0b")}) {
    TerminalCall call;
    Refusal refusal;
    const std::string message = bytes + tag + static_cast<char>(line.size()) + line;
    EXPECT_FALSE(ToCommand(CommandKind::kAuthorize, message, {}, &call, &refusal));
    EXPECT_STREQ(refusal.reason, "MALFORMED_MESSAGE");
  }
}

TEST(TranslateRefundTest, LinesInsteadOfAnAmount) {
  v1::RefundRequest request = GoodRefund();
  request.clear_amount_fen();
  AddReturned(&request, 1, 3);
  AddReturned(&request, 64, 1'000'000);
  const auto translated = Translate(CommandKind::kRefund, request);
  ASSERT_TRUE(translated->good) << translated->refusal.message;
  const Command& command = translated->call.command;
  EXPECT_FALSE(command.refund.has_amount);
  ASSERT_EQ(command.refund.line_count, 2U);
  EXPECT_EQ(command.refund.lines[0].number, 1U);
  EXPECT_EQ(command.refund.lines[0].quantity, 3U);
  EXPECT_EQ(command.refund.lines[1].number, 64U);
  EXPECT_EQ(command.refund.lines[1].quantity, 1'000'000U);
  EXPECT_EQ(command.details, &translated->call.attachment->details);

  const auto by_amount = Translate(CommandKind::kRefund, GoodRefund());
  EXPECT_EQ(by_amount->call.attachment, nullptr);
  EXPECT_EQ(by_amount->call.command.details, nullptr);
  EXPECT_EQ(by_amount->call.command.refund.line_count, 0U);
}

TEST(TranslateRefundTest, EachReturnedLineIsHeldToItsRule) {
  const auto violations = [](const std::vector<std::pair<uint32_t, uint32_t>>& lines) {
    v1::RefundRequest request = GoodRefund();
    request.clear_amount_fen();
    for (const auto& [number, quantity] : lines) {
      AddReturned(&request, number, quantity);
    }
    return Translate(CommandKind::kRefund, request)->fields();
  };
  EXPECT_THAT(violations({{0, 1}}), ElementsAre("lines[0].line_number"));
  EXPECT_THAT(violations({{65, 1}}), ElementsAre("lines[0].line_number"));
  EXPECT_THAT(violations({{1, 0}}), ElementsAre("lines[0].quantity"));
  EXPECT_THAT(violations({{1, 1'000'001}}), ElementsAre("lines[0].quantity"));
  EXPECT_THAT(violations({{2, 1}, {2, 1}}), ElementsAre("lines[1].line_number"));
  EXPECT_THAT(violations({{2, 1}, {1, 1}, {3, 1}}), ElementsAre("lines[1].line_number"));
  EXPECT_THAT(violations({{0, 0}, {1, 0}}),
              ElementsAre("lines[0].line_number", "lines[0].quantity", "lines[1].quantity"));
  EXPECT_THAT(violations(std::vector<std::pair<uint32_t, uint32_t>>(65, {1, 1})),
              ElementsAre("lines"));
  v1::RefundRequest both = GoodRefund();
  AddReturned(&both, 1, 1);
  EXPECT_THAT(Translate(CommandKind::kRefund, both)->fields(), ElementsAre("lines"));
}

}  // namespace
}  // namespace gonghui
