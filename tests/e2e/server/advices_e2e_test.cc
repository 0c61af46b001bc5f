// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What a terminal did without a network, over gRPC: days late, repeated, out of order.

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <google/protobuf/stubs/logging.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "gonghui/v1/member_service.grpc.pb.h"
#include "tests/e2e/server/shop.h"

namespace gonghui {
namespace {

constexpr int64_t kNoon_s = kNoonNs / kNsPerSecond;
constexpr int64_t kHour_s = 3'600;

// The till was without a network from noon on, and it is three days later.
class AdvicesTest : public ShopTest {
 protected:
  AdvicesTest() { clock_.Advance(3 * kDay_s); }

  static int64_t Seconds(const google::protobuf::Timestamp& at) { return at.seconds(); }

  // Of the till's own count, from 1.
  v1::Advice Evidence(int64_t occurred_at_s) {
    v1::Advice advice;
    advice.mutable_occurred_at()->set_seconds(occurred_at_s);
    advice.set_terminal_sequence(++sequence_);
    advice.set_business_date("2026-06-15");
    return advice;
  }
  v1::Advice Sale(int64_t list_price_fen,
                  int64_t member_paid_fen,
                  int64_t occurred_at_s = kNoon_s + kHour_s) {
    v1::Advice advice = Evidence(occurred_at_s);
    *advice.mutable_sale() = Purchase(list_price_fen, /*sale=*/true);
    advice.mutable_sale()->clear_terminal_id();
    advice.set_member_paid_fen(member_paid_fen);
    return advice;
  }
  static v1::SubmitAdvicesRequest Message(const std::vector<v1::Advice>& advices,
                                          const std::string& terminal_id = "POS1") {
    v1::SubmitAdvicesRequest message;
    message.set_terminal_id(terminal_id);
    for (const v1::Advice& advice : advices) {
      *message.add_advices() = advice;
    }
    return message;
  }

  // A stream of one message.
  std::vector<v1::AdviceResult> Submit(const v1::SubmitAdvicesRequest& message) {
    grpc::ClientContext context;
    auto stream = stub_->SubmitAdvices(&context);
    EXPECT_TRUE(stream->Write(message));
    stream->WritesDone();
    v1::SubmitAdvicesResponse response;
    EXPECT_TRUE(stream->Read(&response));
    EXPECT_EQ(response.results_size(), message.advices_size());
    const grpc::Status status = stream->Finish();
    EXPECT_TRUE(status.ok()) << status.error_message();
    return {response.results().begin(), response.results().end()};
  }
  std::vector<v1::AdviceResult> Submit(const std::vector<v1::Advice>& advices) {
    return Submit(Message(advices));
  }
  v1::AdviceResult SubmitOne(const v1::Advice& advice) { return Submit({advice}).at(0); }
  v1::Transaction Accepted(const v1::Advice& advice) {
    const v1::AdviceResult result = SubmitOne(advice);
    EXPECT_TRUE(result.accepted()) << result.DebugString();
    EXPECT_FALSE(result.idempotent_replay());
    return result.transaction();
  }

  void SetCardStatus(v1::CardStatus status) {
    const auto members = v1::MemberService::NewStub(harness_.Operators());
    v1::SetCardStatusRequest request;
    request.set_card_number(kCard1);
    request.set_status(status);
    v1::SetCardStatusResponse response;
    grpc::ClientContext context;
    EXPECT_TRUE(members->SetCardStatus(&context, request, &response).ok());
  }

  static void ExpectBorne(const v1::Transaction& transaction,
                          v1::Liability liability,
                          int64_t acquirer_bears_fen) {
    EXPECT_EQ(transaction.liability(), liability) << transaction.DebugString();
    EXPECT_EQ(transaction.acquirer_bears_fen(), acquirer_bears_fen);
  }

  uint32_t sequence_ = 0;
};

// ---- A sale ------------------------------------------------------------------

TEST_F(AdvicesTest, ASaleIsJudgedAsOfItsTimeAndRemembered) {
  v1::Advice advice = Sale(10'000, 8'000);
  advice.mutable_sale()->set_stan(42);
  advice.mutable_sale()->set_transport_data("abc");
  const v1::AdviceResult first = SubmitOne(advice);
  EXPECT_TRUE(first.accepted());
  EXPECT_FALSE(first.idempotent_replay());
  EXPECT_EQ(first.transport_data(), "abc");
  const v1::Transaction& sale = first.transaction();
  EXPECT_EQ(sale.kind(), v1::TRANSACTION_KIND_AUTHORIZATION);
  EXPECT_EQ(sale.outcome(), v1::OUTCOME_APPROVED);
  EXPECT_EQ(sale.state(), v1::TRANSACTION_STATE_CAPTURED);
  EXPECT_EQ(sale.request_id(), advice.sale().request_id());
  EXPECT_EQ(sale.terminal_id(), "POS1");
  EXPECT_EQ(sale.merchant_id(), "SHOP");
  EXPECT_EQ(sale.stan(), 42U);
  ExpectMoney(sale, 10'000, 2'000);
  ExpectBorne(sale, v1::LIABILITY_PROGRAMME, 0);
  EXPECT_EQ(Seconds(sale.decided_at()), kNoon_s + 3 * kDay_s);
  EXPECT_EQ(Seconds(sale.occurred_at()), kNoon_s + kHour_s);
  EXPECT_EQ(Seconds(sale.judged_at()), kNoon_s + kHour_s);
  EXPECT_FALSE(sale.clock_adjusted());
  ASSERT_EQ(sale.applied_benefits_size(), 1);
  EXPECT_EQ(sale.applied_benefits(0).amount_fen(), 2'000);
  EXPECT_EQ(ShopFund().spent(), 2'000);
  for (const v1::Transaction& told : {Now(sale), Found(sale)}) {
    ExpectBorne(told, v1::LIABILITY_PROGRAMME, 0);
    EXPECT_EQ(Seconds(told.occurred_at()), kNoon_s + kHour_s);
    EXPECT_EQ(Seconds(told.judged_at()), kNoon_s + kHour_s);
  }

  // Again, by a till that remembers the time otherwise.
  v1::Advice again = advice;
  again.mutable_occurred_at()->set_seconds(kNoon_s + 2 * kHour_s);
  again.mutable_deny_list_at()->set_seconds(kNoon_s);
  const v1::AdviceResult repeat = SubmitOne(again);
  EXPECT_TRUE(repeat.accepted());
  EXPECT_TRUE(repeat.idempotent_replay());
  EXPECT_EQ(repeat.transaction().SerializeAsString(), sale.SerializeAsString());
  EXPECT_EQ(ShopFund().spent(), 2'000);
}

TEST_F(AdvicesTest, TheSameIdWithOtherContentIsNamed) {
  const v1::Advice advice = Sale(10'000, 8'000);
  Accepted(advice);
  const auto mismatch = [&](const std::function<void(v1::Advice*)>& change) {
    v1::Advice other = advice;
    change(&other);
    const v1::AdviceResult result = SubmitOne(other);
    EXPECT_FALSE(result.accepted());
    EXPECT_EQ(result.error().code(), grpc::StatusCode::ALREADY_EXISTS);
    const ErrorDetails details = DetailsOf(result.error());
    EXPECT_EQ(details.info.reason(), "DUPLICATE_MISMATCH");
    return details.info.metadata().at("field");
  };
  using A = v1::Advice;
  EXPECT_EQ(mismatch([](A* a) { a->set_terminal_sequence(99); }), "terminal_sequence");
  EXPECT_EQ(mismatch([](A* a) { a->set_business_date("2026-06-16"); }), "business_date");
  EXPECT_EQ(mismatch([](A* a) { a->set_member_paid_fen(7'999); }), "member_paid_fen");
  EXPECT_EQ(mismatch([](A* a) { a->mutable_sale()->set_card_number(kCard2); }), "card_number");
  EXPECT_EQ(mismatch([](A* a) { a->mutable_sale()->set_list_price_fen(10'001); }),
            "list_price_fen");
  // The same asked online is another thing.
  v1::AuthorizeRequest online = advice.sale();
  online.set_terminal_id("POS1");
  EXPECT_EQ(DetailsOf(CallError(&Stub::Authorize, online)).info.metadata().at("field"), "method");
  v1::Advice offline = Sale(1'000, 800);
  offline.mutable_sale()->set_request_id(Decide(Purchase(1'000, /*sale=*/true)).request_id());
  EXPECT_EQ(DetailsOf(SubmitOne(offline).error()).info.metadata().at("field"), "method");
}

TEST_F(AdvicesTest, ARepeatUnderANewIdIsTheFirstsAnswer) {
  const v1::Advice advice = Sale(10'000, 8'000);
  const v1::Transaction first = Accepted(advice);
  const uint64_t before = TransactionCount();
  v1::Advice again = advice;
  again.mutable_sale()->set_request_id(NextUuid());
  const v1::AdviceResult result = SubmitOne(again);
  EXPECT_TRUE(result.accepted());
  EXPECT_TRUE(result.idempotent_replay());
  EXPECT_EQ(result.transaction().SerializeAsString(), first.SerializeAsString());
  EXPECT_EQ(result.transaction().request_id(), advice.sale().request_id());
  EXPECT_EQ(TransactionCount(), before);
  // The till's count wrapped: another day is another sale.
  again.set_business_date("2026-06-16");
  EXPECT_FALSE(SubmitOne(again).idempotent_replay());
  EXPECT_EQ(TransactionCount(), before + 1);
}

TEST_F(AdvicesTest, WhoBearsItIsSaid) {
  // The card is paused a day after noon, three days ago as we ask.
  clock_.Advance(-2 * int64_t{kDay_s});
  SetCardStatus(v1::CARD_STATUS_PAUSED);
  clock_.Advance(2 * kDay_s);
  const int64_t paused_s = kNoon_s + kDay_s;

  // Before: as if it had been asked.
  v1::Transaction sale = Accepted(Sale(5'000, 4'000, paused_s - kHour_s));
  EXPECT_EQ(sale.outcome(), v1::OUTCOME_APPROVED);
  EXPECT_EQ(sale.reason(), v1::REASON_UNSPECIFIED);
  ExpectBorne(sale, v1::LIABILITY_PROGRAMME, 0);

  // After, by a till whose list said so.
  v1::Advice told = Sale(5'000, 4'000, paused_s + 2 * kHour_s);
  told.mutable_deny_list_at()->set_seconds(paused_s + kHour_s);
  sale = Accepted(told);
  ExpectDeclined(sale, v1::REASON_CARD_PAUSED);
  ExpectBorne(sale, v1::LIABILITY_ACQUIRER, 1'000);

  // By one whose list was older.
  told = Sale(6'000, 4'800, paused_s + 2 * kHour_s);
  told.mutable_deny_list_at()->set_seconds(paused_s - kHour_s);
  sale = Accepted(told);
  EXPECT_EQ(sale.outcome(), v1::OUTCOME_APPROVED);
  EXPECT_EQ(sale.reason(), v1::REASON_CARD_PAUSED);
  EXPECT_EQ(sale.display_message(), "Approved");
  ExpectMoney(sale, 6'000, 1'200);
  ExpectBorne(sale, v1::LIABILITY_PROGRAMME, 0);

  // More was given away than any rule gives.
  sale = Accepted(Sale(7'000, 4'000, paused_s - kHour_s));
  EXPECT_EQ(sale.outcome(), v1::OUTCOME_APPROVED_PARTIAL);
  ExpectMoney(sale, 7'000, 1'400);
  ExpectBorne(sale, v1::LIABILITY_ACQUIRER, 1'600);

  // Nothing was.
  sale = Accepted(Sale(8'000, 8'000, paused_s + kHour_s));
  EXPECT_EQ(sale.outcome(), v1::OUTCOME_APPROVED);
  ExpectMoney(sale, 8'000, 0);
  ExpectBorne(sale, v1::LIABILITY_UNSPECIFIED, 0);
}

TEST_F(AdvicesTest, TheClockIsHeldToWhatCanHaveBeen) {
  v1::Transaction sale = Accepted(Sale(1'000, 800, kNoon_s + 9 * kDay_s));
  EXPECT_TRUE(sale.clock_adjusted());
  EXPECT_EQ(Seconds(sale.occurred_at()), kNoon_s + 9 * kDay_s);
  EXPECT_EQ(Seconds(sale.judged_at()), kNoon_s + 3 * kDay_s);

  v1::Advice last = Sale(1'100, 880);
  last.set_queue_empty(true);
  EXPECT_FALSE(Accepted(last).clock_adjusted());
  clock_.Advance(kDay_s);
  // All that happened before is told already.
  sale = Accepted(Sale(1'200, 960, kNoon_s + kDay_s));
  EXPECT_TRUE(sale.clock_adjusted());
  EXPECT_EQ(Seconds(sale.judged_at()), kNoon_s + 3 * kDay_s);
}

TEST_F(AdvicesTest, WhatIsTooOldGoesToAPerson) {
  const v1::Advice advice = Sale(1'000, 800, kNoon_s + 3 * kDay_s - 60 * kDay_s - 1);
  const v1::AdviceResult result = SubmitOne(advice);
  EXPECT_FALSE(result.accepted());
  ExpectDeclined(result.transaction(), v1::REASON_ADVICE_TOO_OLD);
  EXPECT_EQ(result.transaction().liability(), v1::LIABILITY_MANUAL);
  EXPECT_EQ(result.transaction().retry(), v1::RETRY_NEVER);
  EXPECT_EQ(Seconds(result.transaction().occurred_at()), Seconds(advice.occurred_at()));
  const v1::AdviceResult again = SubmitOne(advice);
  EXPECT_FALSE(again.accepted());
  EXPECT_TRUE(again.idempotent_replay());
  EXPECT_EQ(again.transaction().SerializeAsString(), result.transaction().SerializeAsString());
  // To the second.
  const v1::AdviceResult just = SubmitOne(Sale(1'000, 800, kNoon_s + 3 * kDay_s - 60 * kDay_s));
  EXPECT_TRUE(just.accepted()) << just.DebugString();
}

TEST_F(AdvicesTest, AnUnknownTerminalGoesToAPerson) {
  const v1::Advice advice = Sale(1'000, 800);
  const v1::AdviceResult result = Submit(Message({advice}, "NOBODY")).at(0);
  EXPECT_FALSE(result.accepted());
  EXPECT_EQ(result.transaction().reason(), v1::REASON_INVALID_TERMINAL);
  EXPECT_EQ(result.transaction().terminal_id(), "NOBODY");
  EXPECT_TRUE(result.transaction().transaction_id().empty());
}

TEST_F(AdvicesTest, LinesComeWithIt) {
  v1::Advice advice = Sale(10'000, 8'000);
  for (const int64_t price_fen : {3'333, 6'667}) {
    v1::LineItem* const line = advice.mutable_sale()->add_lines();
    line->set_item_code("tea");
    line->set_quantity(1);
    line->set_price_fen(price_fen);
  }
  v1::Advice refund = Evidence(kNoon_s + 2 * kHour_s);
  refund.mutable_refund()->set_request_id(NextUuid());
  refund.mutable_refund()->set_original_request_id(advice.sale().request_id());
  v1::ReturnedLine* const returned = refund.mutable_refund()->add_lines();
  returned->set_line_number(1);
  returned->set_quantity(1);
  const std::vector<v1::AdviceResult> results = Submit({advice, refund});
  ASSERT_EQ(results[0].transaction().lines_size(), 2);
  EXPECT_EQ(results[0].transaction().lines(0).subsidy_fen(), 667);
  ASSERT_EQ(results[1].transaction().lines_size(), 1);
  ExpectMoney(results[1].transaction(), 3'333, 667);
}

// ---- The other kinds -----------------------------------------------------------

TEST_F(AdvicesTest, ALateCaptureIsNeverRefused) {
  v1::AuthorizeRequest meal = Purchase(12'000);
  meal.set_programme_code("meals");  // whose captures may not be late
  meal.set_hold_seconds(60);
  const v1::Transaction hold = Decide(meal);
  clock_.Advance(kDay_s);
  v1::Advice advice = Evidence(kNoon_s + 3 * kDay_s + 30);
  *advice.mutable_capture() = Capture(hold, 12'000);
  advice.mutable_capture()->clear_terminal_id();
  advice.mutable_capture()->set_transport_data("abc");
  const v1::AdviceResult result = SubmitOne(advice);
  EXPECT_TRUE(result.accepted());
  EXPECT_EQ(result.transport_data(), "abc");
  EXPECT_EQ(result.transaction().kind(), v1::TRANSACTION_KIND_CAPTURE);
  EXPECT_EQ(result.transaction().outcome(), v1::OUTCOME_APPROVED) << result.DebugString();
  ExpectMoney(result.transaction(), 12'000, 2'000);
  ExpectBorne(result.transaction(), v1::LIABILITY_PROGRAMME, 0);
  EXPECT_EQ(Seconds(result.transaction().occurred_at()), kNoon_s + 3 * kDay_s + 30);
  ExpectBorne(Now(result.transaction()), v1::LIABILITY_PROGRAMME, 0);
  EXPECT_TRUE(SubmitOne(advice).idempotent_replay());

  // Of nothing that is known: the till bears what it gave away.
  v1::Advice lost = Evidence(kNoon_s + kHour_s);
  lost.mutable_capture()->set_request_id(NextUuid());
  lost.mutable_capture()->set_original_request_id(NextUuid());
  lost.mutable_capture()->set_amount_fen(700);
  lost.mutable_capture()->set_final_capture(true);
  const v1::Transaction declined = Accepted(lost);
  ExpectDeclined(declined, v1::REASON_ORIGINAL_NOT_FOUND);
  ExpectBorne(declined, v1::LIABILITY_ACQUIRER, 700);
}

TEST_F(AdvicesTest, ReversalsAndRefundsAreWhatTheyAreOnline) {
  const v1::Advice sale = Sale(10'000, 8'000);
  const v1::Advice undone = Sale(5'000, 4'000);
  v1::Advice refund = Evidence(kNoon_s + 2 * kHour_s);
  refund.mutable_refund()->set_request_id(NextUuid());
  refund.mutable_refund()->set_original_request_id(sale.sale().request_id());
  refund.mutable_refund()->set_amount_fen(2'500);
  v1::Advice reversal;  // no number and no day of its own
  reversal.mutable_occurred_at()->set_seconds(kNoon_s + 2 * kHour_s);
  reversal.mutable_reversal()->set_request_id(NextUuid());
  reversal.mutable_reversal()->set_original_request_id(undone.sale().request_id());
  reversal.mutable_reversal()->set_reversal_reason(v1::REVERSAL_REASON_TIMEOUT);
  const std::vector<v1::AdviceResult> results = Submit({sale, undone, refund, reversal});
  for (const v1::AdviceResult& result : results) {
    EXPECT_TRUE(result.accepted());
    EXPECT_EQ(result.transaction().outcome(), v1::OUTCOME_APPROVED) << result.DebugString();
  }
  EXPECT_EQ(results[2].transaction().kind(), v1::TRANSACTION_KIND_REFUND);
  ExpectMoney(results[2].transaction(), 2'500, 500);
  EXPECT_FALSE(results[2].transaction().has_occurred_at());
  EXPECT_EQ(results[3].transaction().kind(), v1::TRANSACTION_KIND_REVERSAL);
  EXPECT_TRUE(results[3].transaction().original_found());
  EXPECT_EQ(ShopFund().spent(), 1'500);
  // A refund that is declined is none the less taken off the till's hands.
  refund.mutable_refund()->set_request_id(NextUuid());
  refund.mutable_refund()->set_amount_fen(90'000);
  ExpectDeclined(Accepted(refund), v1::REASON_EXCEEDS_CAPTURED_AMOUNT);
}

// ---- The stream ----------------------------------------------------------------

TEST_F(AdvicesTest, InAnyOrderAndAnyNumberOfTimes) {
  const v1::Advice late = Sale(2'000, 1'600);
  const v1::Advice later = Sale(3'000, 2'400);
  const v1::Advice stopped = Sale(4'000, 3'200);
  v1::Advice reversal = Evidence(kNoon_s + 2 * kHour_s);
  reversal.mutable_reversal()->set_request_id(NextUuid());
  reversal.mutable_reversal()->set_original_request_id(stopped.sale().request_id());
  reversal.mutable_reversal()->set_reversal_reason(v1::REVERSAL_REASON_DEVICE_UNABLE);
  grpc::ClientContext context;
  auto stream = stub_->SubmitAdvices(&context);
  // All written before the first is read.
  const std::vector<v1::SubmitAdvicesRequest> messages = {
      Message({later, reversal}), Message({late, later, stopped}), Message({late, reversal})};
  for (const v1::SubmitAdvicesRequest& message : messages) {
    ASSERT_TRUE(stream->Write(message));
  }
  stream->WritesDone();
  std::vector<v1::AdviceResult> results;
  v1::SubmitAdvicesResponse response;
  for (const v1::SubmitAdvicesRequest& message : messages) {
    ASSERT_TRUE(stream->Read(&response));
    ASSERT_EQ(response.results_size(), message.advices_size());
    results.insert(results.end(), response.results().begin(), response.results().end());
  }
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_TRUE(stream->Finish().ok());
  for (const v1::AdviceResult& result : results) {
    EXPECT_TRUE(result.accepted()) << result.DebugString();
  }
  EXPECT_EQ(results[0].transaction().request_id(), later.sale().request_id());
  EXPECT_FALSE(results[1].transaction().original_found());
  EXPECT_EQ(results[2].transaction().request_id(), late.sale().request_id());
  EXPECT_TRUE(results[3].idempotent_replay());
  // Undone before it came: nothing was given away that anybody bears.
  ExpectDeclined(results[4].transaction(), v1::REASON_PREVIOUSLY_REVERSED);
  ExpectBorne(results[4].transaction(), v1::LIABILITY_UNSPECIFIED, 0);
  EXPECT_TRUE(results[5].idempotent_replay());
  EXPECT_TRUE(results[6].idempotent_replay());
  EXPECT_EQ(ShopFund().spent(), 400 + 600);
}

TEST_F(AdvicesTest, OneThatIsWrongStandsInNobodysWay) {
  std::vector<v1::Advice> advices;
  for (int i = 0; i < 9; ++i) {
    advices.push_back(Sale(1'000 + 100 * i, 800 + 80 * i));
    advices.back().mutable_sale()->set_transport_data(std::to_string(i));
  }
  advices[1].mutable_sale()->set_card_number("x");
  advices[1].clear_business_date();
  advices[2].mutable_sale()->clear_capture();
  advices[3].clear_sale();
  advices[3].clear_member_paid_fen();
  advices[4].mutable_sale()->set_terminal_id("GATE1");
  advices[5].clear_member_paid_fen();
  advices[5].mutable_capture()->set_request_id(NextUuid());
  advices[5].mutable_capture()->set_original_request_id("\xff");  // no text
  advices[6].clear_occurred_at();
  advices[7] = advices[0];
  const uint64_t before = TransactionCount();
  auto* const complaints = google::protobuf::SetLogHandler(nullptr);
  const std::vector<v1::AdviceResult> results = Submit(advices);
  google::protobuf::SetLogHandler(complaints);
  const auto fields = [&](size_t i) {
    EXPECT_FALSE(results[i].accepted());
    EXPECT_EQ(results[i].error().code(), grpc::StatusCode::INVALID_ARGUMENT);
    std::vector<std::string> names;
    const ErrorDetails details = DetailsOf(results[i].error());
    for (const auto& violation : details.bad_request.field_violations()) {
      names.push_back(violation.field());
    }
    return names;
  };
  EXPECT_TRUE(results[0].accepted());
  using Names = std::vector<std::string>;
  EXPECT_EQ(fields(1), (Names{"advices[1].sale.card_number", "advices[1].business_date"}));
  EXPECT_EQ(results[1].transport_data(), "1");
  EXPECT_EQ(fields(2), Names{"advices[2].sale.capture"});
  EXPECT_EQ(fields(3), Names{"advices[3].advice"});
  EXPECT_EQ(fields(4), Names{"advices[4].sale.terminal_id"});
  EXPECT_EQ(fields(5), Names{});
  EXPECT_EQ(DetailsOf(results[5].error()).info.reason(), "MALFORMED_MESSAGE");
  EXPECT_EQ(fields(6), Names{"advices[6].occurred_at"});
  EXPECT_TRUE(results[7].accepted());
  EXPECT_TRUE(results[7].idempotent_replay());
  EXPECT_TRUE(results[8].accepted());
  EXPECT_EQ(results[8].transport_data(), "8");
  EXPECT_EQ(TransactionCount(), before + 2);
}

TEST_F(AdvicesTest, WithoutASenderNobodyIsAnswered) {
  std::vector<v1::Advice> advices = {Sale(1'000, 800), Sale(2'000, 1'600)};
  advices[0].mutable_sale()->set_transport_data("abc");
  advices[1].mutable_sale()->set_transport_data(std::string(65, 'x'));
  for (const char* const terminal : {"", "no id"}) {
    const std::vector<v1::AdviceResult> results = Submit(Message(advices, terminal));
    ASSERT_EQ(results.size(), 2U);
    EXPECT_EQ(results[0].transport_data(), "abc");
    EXPECT_EQ(results[1].transport_data(), "") << "it is longer than any may be";
    for (const v1::AdviceResult& result : results) {
      EXPECT_FALSE(result.accepted());
      EXPECT_EQ(result.error().code(), grpc::StatusCode::INVALID_ARGUMENT);
      EXPECT_EQ(DetailsOf(result.error()).bad_request.field_violations(0).field(), "terminal_id");
    }
  }
}

TEST_F(AdvicesTest, AMessageHolds1024AndNotMore) {
  for (const int count : {0, 1'024, 1'025}) {
    std::vector<v1::Advice> advices;
    for (int i = 0; i < count; ++i) {
      advices.push_back(Sale(100, 100));
    }
    grpc::ClientContext context;
    auto stream = stub_->SubmitAdvices(&context);
    stream->Write(Message(advices));
    stream->WritesDone();
    v1::SubmitAdvicesResponse response;
    const bool answered = stream->Read(&response);
    EXPECT_EQ(answered, count == 1'024);
    if (answered) {
      EXPECT_EQ(response.results_size(), count);
      EXPECT_TRUE(response.results(1'023).accepted());
    }
    const grpc::Status status = stream->Finish();
    EXPECT_EQ(status.error_code(),
              count == 1'024 ? grpc::StatusCode::OK : grpc::StatusCode::INVALID_ARGUMENT);
    if (!answered) {
      EXPECT_EQ(DetailsOf(status).bad_request.field_violations(0).field(), "advices");
    }
  }
}

TEST_F(AdvicesTest, AStreamThatIsCutLeavesTheServerWell) {
  std::vector<v1::Advice> advices;
  for (int i = 0; i < 100; ++i) {
    advices.push_back(Sale(100, 80));
  }
  for (int i = 0; i < 30; ++i) {
    grpc::ClientContext context;
    auto stream = stub_->SubmitAdvices(&context);
    for (int j = 0; j < i % 4; ++j) {
      stream->Write(Message(advices));
    }
    context.TryCancel();
    stream->Finish();
  }
  // And whatever came through before the cut came through once.
  EXPECT_TRUE(Submit(advices).at(99).accepted());
  EXPECT_EQ(ShopFund().spent(), 100 * 20);
}

TEST_F(AdvicesTest, ADrainEndsTheStreamWhenItIsAnswered) {
  grpc::ClientContext context;
  auto stream = stub_->SubmitAdvices(&context);
  const v1::Advice advice = Sale(1'000, 800);
  ASSERT_TRUE(stream->Write(Message({advice})));
  v1::SubmitAdvicesResponse response;
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_TRUE(response.results(0).accepted());
  harness_.server().Drain(0, 5'000);
  EXPECT_FALSE(stream->Read(&response));
  const grpc::Status status = stream->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(DetailsOf(status).info.reason(), "DRAINING");
}

TEST_F(AdvicesTest, ARestartForgetsNoAdvice) {
  const v1::Advice sale = Sale(10'000, 8'000);
  const v1::Advice borne = Sale(7'000, 4'000);
  v1::Advice old = Sale(1'000, 800, kNoon_s - 90 * kDay_s);
  const std::vector<v1::AdviceResult> before = Submit({sale, borne, old});
  v1::Advice renamed = sale;
  renamed.mutable_sale()->set_request_id(NextUuid());
  Restart();
  const std::vector<v1::AdviceResult> after = Submit({sale, borne, old, renamed});
  for (size_t i = 0; i < after.size(); ++i) {
    const v1::AdviceResult& first = before[i < 3 ? i : 0];
    EXPECT_EQ(after[i].accepted(), first.accepted());
    EXPECT_TRUE(after[i].idempotent_replay());
    EXPECT_EQ(after[i].transaction().SerializeAsString(), first.transaction().SerializeAsString());
  }
  EXPECT_EQ(ShopFund().spent(), 2'000 + 1'400);
}

TEST_F(AdvicesTest, TheyCountInTheTillsBatch) {
  Accepted(Sale(10'000, 8'000));
  Accepted(Sale(1'000, 1'000));
  v1::CloseBatchRequest request;
  request.set_request_id(NextUuid());
  request.set_terminal_id("POS1");
  request.mutable_totals()->set_capture_count(2);
  request.mutable_totals()->set_captured_fen(11'000);
  request.mutable_totals()->set_subsidy_fen(2'000);
  const auto response = CallOk(&Stub::CloseBatch, request);
  EXPECT_EQ(response.outcome(), v1::BATCH_OUTCOME_IN_BALANCE) << response.DebugString();
}

}  // namespace
}  // namespace gonghui
