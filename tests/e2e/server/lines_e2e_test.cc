// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Lines, over gRPC: what was bought, what the funds pay of it, and what comes back.

#include <string>
#include <utility>
#include <vector>

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "tests/e2e/server/shop.h"

namespace gonghui {
namespace {

class LinesTest : public ShopTest {
 protected:
  // 100 yuan: the union pays 20.
  static v1::AuthorizeRequest Basket(bool sale = true) {
    v1::AuthorizeRequest request = Purchase(10'000, sale);
    AddLine(&request, "6901234567892", 3, 3'333);
    AddLine(&request, "tea", 1, 6'667);
    return request;
  }
  static void AddLine(v1::AuthorizeRequest* request,
                      const std::string& item_code,
                      uint32_t quantity,
                      int64_t price_fen) {
    v1::LineItem* const line = request->add_lines();
    line->set_item_code(item_code);
    line->set_quantity(quantity);
    line->set_price_fen(price_fen);
  }
  static v1::RefundRequest Return(const v1::Transaction& sale,
                                  const std::vector<std::pair<uint32_t, uint32_t>>& lines) {
    auto request = About<v1::RefundRequest>(sale);
    for (const auto& [number, quantity] : lines) {
      v1::ReturnedLine* const line = request.add_lines();
      line->set_line_number(number);
      line->set_quantity(quantity);
    }
    return request;
  }
  static void ExpectLine(const v1::TransactionLine& line,
                         uint32_t number,
                         const std::string& item_code,
                         uint32_t quantity,
                         int64_t price_fen,
                         int64_t subsidy_fen,
                         uint32_t returned = 0) {
    EXPECT_EQ(line.line_number(), number);
    EXPECT_EQ(line.item_code(), item_code);
    EXPECT_EQ(line.quantity(), quantity);
    EXPECT_EQ(line.price_fen(), price_fen);
    EXPECT_EQ(line.subsidy_fen(), subsidy_fen);
    EXPECT_EQ(line.member_pays_fen(), price_fen - subsidy_fen);
    EXPECT_EQ(line.returned_quantity(), returned);
  }
  // 2,000 x 3,333 / 10,000 = 666.6 and 1,333.4: the larger remainder has the odd fen.
  static void ExpectBasket(const v1::Transaction& transaction, uint32_t returned_first = 0) {
    ASSERT_EQ(transaction.lines_size(), 2) << transaction.DebugString();
    ExpectLine(transaction.lines(0), 1, "6901234567892", 3, 3'333, 667, returned_first);
    ExpectLine(transaction.lines(1), 2, "tea", 1, 6'667, 1'333);
  }
};

TEST_F(LinesTest, TheSubsidyIsSplitOverThemAndToldEverAfter) {
  const v1::AuthorizeRequest request = Basket();
  const v1::Transaction sale = Decide(request);
  ExpectMoney(sale, 10'000, 2'000);
  ExpectBasket(sale);
  EXPECT_FALSE(sale.has_occurred_at());
  EXPECT_EQ(sale.liability(), v1::LIABILITY_UNSPECIFIED);
  ExpectBasket(Now(sale));
  ExpectBasket(Found(sale));

  using R = v1::AuthorizeRequest;
  const auto method = &Stub::Authorize;
  ExpectRemembered<R>(
      method, request, sale, "lines", [](R* r) { r->mutable_lines(1)->set_item_code("rice"); });
  // Which of them it is, from 0; one that only one of the two has, too.
  const auto differs_at = [&](const std::function<void(R*)>& change) {
    R other = request;
    change(&other);
    const grpc::Status status = CallError(method, other);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::ALREADY_EXISTS);
    const ErrorDetails details = DetailsOf(status);
    EXPECT_EQ(details.info.metadata().at("field"), "lines");
    return details.info.metadata().at("index");
  };
  EXPECT_EQ(differs_at([](R* r) { r->mutable_lines(0)->set_quantity(4); }), "0");
  EXPECT_EQ(differs_at([](R* r) { r->mutable_lines(1)->set_item_code("rice"); }), "1");
  EXPECT_EQ(differs_at([](R* r) { r->clear_lines(); }), "0");
  EXPECT_EQ(differs_at([](R* r) { AddLine(r, "bag", 1, 0); }), "2");
  EXPECT_EQ(Now(sale).SerializeAsString(), sale.SerializeAsString());
}

TEST_F(LinesTest, AQuoteTellsTheSplitAndRecordsNothing) {
  v1::QuoteRequest request;
  *request.mutable_authorize() = Basket();
  const uint64_t before = TransactionCount();
  const v1::Transaction quote = CallOk(&Stub::Quote, request).transaction();
  ExpectMoney(quote, 10'000, 2'000);
  ExpectBasket(quote);
  EXPECT_EQ(TransactionCount(), before);
  request.mutable_authorize()->mutable_lines(1)->clear_item_code();
  const grpc::Status status = CallError(&Stub::Quote, request);
  EXPECT_EQ(DetailsOf(status).bad_request.field_violations(0).field(),
            "authorize.lines[1].item_code");
}

TEST_F(LinesTest, ADeclineAndAFullPriceKeepThemWithoutASubsidy) {
  v1::AuthorizeRequest request = Purchase(60'000, /*sale=*/true);
  AddLine(&request, "tv", 1, 60'000);
  const v1::Transaction declined = Decide(request);
  ExpectDeclined(declined, v1::REASON_EXCEEDS_AMOUNT_LIMIT);
  ASSERT_EQ(declined.lines_size(), 1);
  ExpectLine(declined.lines(0), 1, "tv", 1, 60'000, 0);
  EXPECT_EQ(CallOk(&Stub::Authorize, request).transaction().SerializeAsString(),
            declined.SerializeAsString());

  request.set_request_id(NextUuid());
  request.set_if_no_benefit(v1::IF_NO_BENEFIT_FULL_PRICE);
  const v1::Transaction full = Decide(request);
  EXPECT_EQ(full.outcome(), v1::OUTCOME_APPROVED);
  ASSERT_EQ(full.lines_size(), 1);
  ExpectLine(full.lines(0), 1, "tv", 1, 60'000, 0);
}

TEST_F(LinesTest, TheirFieldsAreNamed) {
  using R = v1::AuthorizeRequest;
  const auto bad = [&](const std::string& field, const std::function<void(R*)>& change) {
    ExpectBad<R>(&Stub::Authorize, Basket(), field, change);
  };
  bad("lines[0].item_code", [](R* r) { r->mutable_lines(0)->set_item_code("a b"); });
  bad("lines[1].quantity", [](R* r) { r->mutable_lines(1)->clear_quantity(); });
  bad("lines[1].price_fen", [](R* r) { r->mutable_lines(1)->set_price_fen(-1); });
  bad("lines", [](R* r) { r->set_list_price_fen(9'999); });
  bad("lines", [](R* r) {
    for (int i = 0; i < 63; ++i) {
      AddLine(r, "bag", 1, 0);
    }
  });
}

TEST_F(LinesTest, AStreamTakesThemToo) {
  v1::AuthorizeStreamRequest message;
  for (int i = 0; i < 3; ++i) {
    *message.add_requests() = Basket();
  }
  message.mutable_requests(1)->mutable_lines(0)->clear_item_code();
  *message.add_requests() = Purchase(1'000, /*sale=*/true);  // without
  *message.add_requests() = message.requests(0);
  message.mutable_requests(4)->mutable_lines(1)->set_item_code("rice");
  grpc::ClientContext context;
  auto stream = stub_->AuthorizeStream(&context);
  ASSERT_TRUE(stream->Write(message));
  stream->WritesDone();
  v1::AuthorizeStreamResponse response;
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_TRUE(stream->Finish().ok());
  ASSERT_EQ(response.results_size(), 5);
  ExpectBasket(response.results(0).response().transaction());
  EXPECT_EQ(DetailsOf(response.results(1).error()).bad_request.field_violations(0).field(),
            "requests[1].lines[0].item_code");
  ExpectBasket(response.results(2).response().transaction());
  EXPECT_EQ(response.results(3).response().transaction().outcome(), v1::OUTCOME_APPROVED);
  EXPECT_EQ(response.results(3).response().transaction().lines_size(), 0);
  const ErrorDetails details = DetailsOf(response.results(4).error());
  EXPECT_EQ(details.info.metadata().at("field"), "lines");
  EXPECT_EQ(details.info.metadata().at("index"), "1");
}

TEST_F(LinesTest, AsManyAsThereMayBeComeBack) {
  v1::AuthorizeRequest request = Purchase(6'400, /*sale=*/true);
  const std::string code(31, 'x');
  for (int i = 0; i < 64; ++i) {
    AddLine(&request, code + static_cast<char>('0' + i % 10), 1'000'000, 100);
  }
  const v1::Transaction sale = Decide(request);
  ASSERT_EQ(sale.lines_size(), 64);
  for (int i = 0; i < 64; ++i) {
    ExpectLine(sale.lines(i),
               static_cast<uint32_t>(i) + 1,
               request.lines(i).item_code(),
               1'000'000,
               100,
               20);
  }
  EXPECT_EQ(Now(sale).lines_size(), 64);
}

// ---- Refunds -----------------------------------------------------------------

TEST_F(LinesTest, APieceGivesBackWhatItCost) {
  const v1::Transaction sale = Decide(Basket());
  const v1::RefundRequest request = Return(sale, {{1, 1}});
  const v1::Transaction refund = Decide(request);
  EXPECT_EQ(refund.kind(), v1::TRANSACTION_KIND_REFUND);
  EXPECT_EQ(refund.outcome(), v1::OUTCOME_APPROVED);
  ExpectMoney(refund, 1'111, 222);
  ASSERT_EQ(refund.lines_size(), 1);
  ExpectLine(refund.lines(0), 1, "6901234567892", 1, 1'111, 222);
  EXPECT_EQ(ShopFund().spent(), 2'000 - 222);
  ExpectBasket(Now(sale), /*returned_first=*/1);
  EXPECT_EQ(Now(refund).SerializeAsString(), refund.SerializeAsString());

  using R = v1::RefundRequest;
  ExpectRemembered<R>(
      &Stub::Refund, request, refund, "lines", [](R* r) { r->mutable_lines(0)->set_quantity(2); });

  // The rest, by several lines at once: every fen is back.
  const v1::Transaction rest = Decide(Return(sale, {{1, 2}, {2, 1}}));
  ExpectMoney(rest, 10'000 - 1'111, 2'000 - 222);
  ASSERT_EQ(rest.lines_size(), 2);
  ExpectLine(rest.lines(0), 1, "6901234567892", 2, 2'222, 667 - 222);
  ExpectLine(rest.lines(1), 2, "tea", 1, 6'667, 1'333);
  EXPECT_EQ(Now(sale).state(), v1::TRANSACTION_STATE_REFUNDED);
  EXPECT_EQ(Now(sale).lines(0).returned_quantity(), 3U);
  EXPECT_EQ(ShopFund().spent(), 0);
}

TEST_F(LinesTest, MoreThanTheLineHasIsDeclined) {
  const v1::Transaction sale = Decide(Basket());
  ExpectDeclined(Decide(Return(sale, {{1, 4}})), v1::REASON_EXCEEDS_CAPTURED_AMOUNT);
  ExpectDeclined(Decide(Return(sale, {{3, 1}})), v1::REASON_EXCEEDS_CAPTURED_AMOUNT);
  EXPECT_EQ(Decide(Return(sale, {{2, 1}})).outcome(), v1::OUTCOME_APPROVED);
  ExpectDeclined(Decide(Return(sale, {{2, 1}})), v1::REASON_EXCEEDS_CAPTURED_AMOUNT);
  const v1::Transaction without = Decide(Purchase(1'000, /*sale=*/true));
  ExpectDeclined(Decide(Return(without, {{1, 1}})), v1::REASON_EXCEEDS_CAPTURED_AMOUNT);
}

TEST_F(LinesTest, ARefundsLinesAreNamed) {
  const v1::Transaction sale = Decide(Basket());
  using R = v1::RefundRequest;
  const auto bad = [&](const std::string& field, const std::function<void(R*)>& change) {
    ExpectBad<R>(&Stub::Refund, Return(sale, {{1, 1}, {2, 1}}), field, change);
  };
  bad("lines", [](R* r) { r->set_amount_fen(1'111); });
  bad("lines[0].line_number", [](R* r) { r->mutable_lines(0)->set_line_number(0); });
  bad("lines[1].line_number", [](R* r) { r->mutable_lines(1)->set_line_number(1); });
  bad("lines[1].quantity", [](R* r) { r->mutable_lines(1)->clear_quantity(); });
  bad("amount_fen", [](R* r) {
    r->clear_lines();
    r->set_amount_fen(0);
  });
}

TEST_F(LinesTest, ARestartForgetsNoLine) {
  const v1::AuthorizeRequest request = Basket();
  const v1::Transaction kept = Decide(request);
  const v1::Transaction sale = Decide(Basket());
  const v1::RefundRequest refund = Return(sale, {{1, 1}});
  const v1::Transaction refunded = Decide(refund);
  Restart();
  const auto again = CallOk(&Stub::Authorize, request);
  EXPECT_TRUE(again.idempotent_replay());
  EXPECT_EQ(again.transaction().SerializeAsString(), kept.SerializeAsString());
  const auto refund_again = CallOk(&Stub::Refund, refund);
  EXPECT_TRUE(refund_again.idempotent_replay());
  EXPECT_EQ(refund_again.transaction().SerializeAsString(), refunded.SerializeAsString());
  ExpectBasket(Now(sale), /*returned_first=*/1);
  ExpectDeclined(Decide(Return(sale, {{1, 3}})), v1::REASON_EXCEEDS_CAPTURED_AMOUNT);
}

}  // namespace
}  // namespace gonghui
