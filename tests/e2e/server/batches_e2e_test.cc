// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The end of a terminal's shift, over gRPC.

#include <functional>
#include <string>

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "tests/e2e/server/shop.h"

namespace gonghui {
namespace {

class BatchesTest : public ShopTest {
 protected:
  static v1::CloseBatchRequest Close(const v1::BatchTotals& totals) {
    v1::CloseBatchRequest request;
    request.set_request_id(NextUuid());
    request.set_terminal_id("POS1");
    *request.mutable_totals() = totals;
    request.set_transport_data("abc");
    return request;
  }
  v1::CloseBatchResponse CloseOk(const v1::CloseBatchRequest& request) {
    return CallOk(&Stub::CloseBatch, request);
  }

  // Two sales and a capture, a refund, a reversal; a hold and a decline that do not count.
  v1::BatchTotals WorkAShift() {
    const v1::Transaction sale = Decide(Purchase(10'000, /*sale=*/true));
    const v1::Transaction undone = Decide(Purchase(1'000, /*sale=*/true));
    const v1::Transaction hold = Decide(Purchase(6'000));
    Decide(Purchase(2'000));
    EXPECT_EQ(Decide(Capture(hold, 5'000)).outcome(), v1::OUTCOME_APPROVED);
    EXPECT_EQ(Decide(Refund(sale, 2'500)).outcome(), v1::OUTCOME_APPROVED);
    EXPECT_EQ(Decide(Reversal(undone, 0)).outcome(), v1::OUTCOME_APPROVED);
    ExpectDeclined(Decide(Purchase(90'000, /*sale=*/true)), v1::REASON_EXCEEDS_AMOUNT_LIMIT);
    v1::BatchTotals totals;
    totals.set_capture_count(3);
    totals.set_captured_fen(10'000 + 1'000 + 5'000);
    totals.set_refund_count(1);
    totals.set_refunded_fen(2'500);
    totals.set_reversal_count(1);
    totals.set_reversed_fen(1'000);
    totals.set_subsidy_fen(2'000 + 200 + 1'000 - 500 - 200);
    return totals;
  }
};

TEST_F(BatchesTest, AShiftThatWasCountedRightIsInBalance) {
  const v1::BatchTotals totals = WorkAShift();
  const v1::CloseBatchRequest request = Close(totals);
  const v1::CloseBatchResponse response = CloseOk(request);
  EXPECT_FALSE(response.idempotent_replay());
  EXPECT_EQ(response.transport_data(), "abc");
  EXPECT_EQ(response.outcome(), v1::BATCH_OUTCOME_IN_BALANCE) << response.DebugString();
  EXPECT_EQ(response.batch_number(), 1U);
  EXPECT_FALSE(response.has_opened_at());
  EXPECT_EQ(response.closed_at().seconds(), kNoonNs / kNsPerSecond);
  EXPECT_EQ(response.engine_totals().SerializeAsString(), totals.SerializeAsString());
  EXPECT_EQ(response.terminal_totals().SerializeAsString(), totals.SerializeAsString());
  const v1::Transaction& close = response.transaction();
  EXPECT_EQ(close.kind(), v1::TRANSACTION_KIND_BATCH_CLOSE);
  EXPECT_EQ(close.outcome(), v1::OUTCOME_APPROVED);
  EXPECT_EQ(close.state(), v1::TRANSACTION_STATE_COMPLETED);
  EXPECT_EQ(close.request_id(), request.request_id());
  EXPECT_EQ(close.terminal_id(), "POS1");
  EXPECT_EQ(close.merchant_id(), "SHOP");
  EXPECT_EQ(close.display_message(), "Batch closed, in balance");
  EXPECT_EQ(close.transaction_id().size(), 12U);
  EXPECT_EQ(Now(close).kind(), v1::TRANSACTION_KIND_BATCH_CLOSE);
  EXPECT_EQ(Now(close).display_message_zh(), "批结算完成，账平");
  EXPECT_EQ(Found(close).request_id(), request.request_id());
}

TEST_F(BatchesTest, ADifferenceIsToldAndTheNextBatchBegins) {
  v1::BatchTotals counted = WorkAShift();
  counted.set_captured_fen(counted.captured_fen() + 1);
  const v1::CloseBatchResponse first = CloseOk(Close(counted));
  EXPECT_EQ(first.outcome(), v1::BATCH_OUTCOME_OUT_OF_BALANCE);
  EXPECT_EQ(first.transaction().outcome(), v1::OUTCOME_APPROVED);
  EXPECT_EQ(first.transaction().display_message_zh(), "批结算完成，账不平");
  EXPECT_EQ(first.engine_totals().captured_fen(), 16'000);
  EXPECT_EQ(first.terminal_totals().captured_fen(), 16'001);

  clock_.Advance(3'600);
  const v1::CloseBatchResponse second = CloseOk(Close({}));
  EXPECT_EQ(second.outcome(), v1::BATCH_OUTCOME_IN_BALANCE);
  EXPECT_EQ(second.batch_number(), 2U);
  EXPECT_EQ(second.opened_at().seconds(), first.closed_at().seconds());
  EXPECT_EQ(second.closed_at().seconds(), kNoonNs / kNsPerSecond + 3'600);
  EXPECT_TRUE(second.has_engine_totals());
  EXPECT_EQ(second.engine_totals().ByteSizeLong(), 0U);

  // More comes back in this shift than is sold in it.
  const v1::Transaction sale = Decide(Purchase(5'000, /*sale=*/true));
  v1::BatchTotals totals;
  totals.set_capture_count(1);
  totals.set_captured_fen(5'000);
  totals.set_subsidy_fen(1'000);
  EXPECT_EQ(CloseOk(Close(totals)).outcome(), v1::BATCH_OUTCOME_IN_BALANCE);
  EXPECT_EQ(Decide(Refund(sale, 0)).outcome(), v1::OUTCOME_APPROVED);
  totals.Clear();
  totals.set_refund_count(1);
  totals.set_refunded_fen(5'000);
  totals.set_subsidy_fen(-1'000);
  EXPECT_EQ(CloseOk(Close(totals)).outcome(), v1::BATCH_OUTCOME_IN_BALANCE);
}

TEST_F(BatchesTest, ARepeatIsTheSameAnswerEvenAfterARestart) {
  const v1::CloseBatchRequest request = Close(WorkAShift());
  v1::CloseBatchResponse first = CloseOk(request);
  const auto expect_remembered = [&] {
    v1::CloseBatchResponse again = CloseOk(request);
    EXPECT_TRUE(again.idempotent_replay());
    again.clear_idempotent_replay();
    EXPECT_EQ(again.SerializeAsString(), first.SerializeAsString());
    v1::CloseBatchRequest other = request;
    other.mutable_totals()->set_refund_count(9);
    const grpc::Status status = CallError(&Stub::CloseBatch, other);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::ALREADY_EXISTS);
    EXPECT_EQ(DetailsOf(status).info.metadata().at("field"), "totals");
    v1::RefundRequest refund = Refund(first.transaction(), 1);
    refund.set_request_id(request.request_id());
    EXPECT_EQ(DetailsOf(CallError(&Stub::Refund, refund)).info.metadata().at("field"), "method");
  };
  expect_remembered();
  // What is sold since belongs to the next.
  Decide(Purchase(1'000, /*sale=*/true));
  expect_remembered();
  Restart();
  expect_remembered();
  v1::BatchTotals totals;
  totals.set_capture_count(1);
  totals.set_captured_fen(1'000);
  totals.set_subsidy_fen(200);
  const v1::CloseBatchResponse next = CloseOk(Close(totals));
  EXPECT_EQ(next.outcome(), v1::BATCH_OUTCOME_IN_BALANCE) << next.DebugString();
  EXPECT_EQ(next.batch_number(), 2U);
}

TEST_F(BatchesTest, EachTerminalHasItsOwn) {
  EXPECT_EQ(CallOk(&Stub::Authorize, Ride()).transaction().outcome(), v1::OUTCOME_APPROVED);
  Decide(Purchase(1'000, /*sale=*/true));
  v1::CloseBatchRequest gate = Close({});
  gate.set_terminal_id("GATE1");  // it holds one, and has sold nothing
  EXPECT_EQ(CloseOk(gate).outcome(), v1::BATCH_OUTCOME_IN_BALANCE);
  EXPECT_EQ(CloseOk(Close({})).outcome(), v1::BATCH_OUTCOME_OUT_OF_BALANCE);
}

TEST_F(BatchesTest, AnUnknownTerminalHasNone) {
  v1::CloseBatchRequest request = Close({});
  request.set_terminal_id("NOBODY");
  const v1::CloseBatchResponse response = CloseOk(request);
  ExpectDeclined(
      response.transaction(), v1::REASON_INVALID_TERMINAL, v1::TRANSACTION_STATE_UNSPECIFIED);
  EXPECT_EQ(response.transaction().kind(), v1::TRANSACTION_KIND_BATCH_CLOSE);
  EXPECT_EQ(response.outcome(), v1::BATCH_OUTCOME_UNSPECIFIED);
  EXPECT_FALSE(response.has_engine_totals());
  EXPECT_EQ(response.transport_data(), "abc");
}

TEST_F(BatchesTest, ItsFieldsAreNamed) {
  using R = v1::CloseBatchRequest;
  const auto bad = [&](const std::string& field, const std::function<void(R*)>& change) {
    ExpectBad<R>(&Stub::CloseBatch, Close({}), field, change);
  };
  bad("request_id", [](R* r) { r->clear_request_id(); });
  bad("terminal_id", [](R* r) { r->clear_terminal_id(); });
  bad("totals", [](R* r) { r->clear_totals(); });
  bad("totals.captured_fen", [](R* r) { r->mutable_totals()->set_captured_fen(-1); });
  bad("totals.subsidy_fen", [](R* r) { r->mutable_totals()->set_subsidy_fen(INT64_MIN); });
  bad("transport_data", [](R* r) { r->set_transport_data(std::string(65, 'x')); });
  EXPECT_EQ(CloseOk(Close({})).batch_number(), 1U);
}

}  // namespace
}  // namespace gonghui
