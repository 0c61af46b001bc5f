// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The harness's city at a clock that stands still, with two programmes at SHOP, and the
// terminals' calls in few words.

#ifndef GONGHUI_TESTS_E2E_SERVER_SHOP_H_
#define GONGHUI_TESTS_E2E_SERVER_SHOP_H_

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "engine/base/clock.h"
#include "gonghui/v1/operations_service.grpc.pb.h"
#include "tests/e2e/server/harness.h"

namespace gonghui {

// 20 % off at SHOP, at most 100 yuan a month; a meal of 100 yuan or more is 20 yuan off.
inline constexpr const char* kShopYaml = R"(gonghui: 1
programme:
  code: shops
  name: 购物
  zone: Asia/Shanghai
  starts: 2020-01-01
  until: 2100-01-01
  late_capture: force_post
  over_capture: [{mcc: "5411-5412", percent: 20}]
funds:
  - {code: shop-fund, name: 购物资金, budget: 1000.00 yuan}
limits:
  - {code: month, per: person, each: month, amount: 100 yuan}
benefits:
  - code: groceries
    name: 购物八折
    at: {mcc: [5411]}
    price: {percent_off: 20}
    funding: {fund: shop-fund}
    limits: [month]
)";
inline constexpr const char* kMealsYaml = R"(gonghui: 1
programme: {code: meals, name: 用餐, zone: Asia/Shanghai, starts: 2020-01-01, until: 2100-01-01}
limits:
  - {code: meals-per-day, per: person, each: day, uses: 2, refund_to: never}
benefits:
  - code: meal
    name: 满减
    at: {mcc: [5411]}
    price: {from: 100 yuan, off: 20 yuan, on_return: refuse}
    funding: {fund: shop-fund}
    limits: [meals-per-day]
)";

inline constexpr int64_t kNoonNs = 1'781'496'000'000'000'000;  // 15 June 2026, 12:00 in Shanghai
inline constexpr uint32_t kDay_s = 86'400;

// Stands still until it is moved: no month ends in the middle of a test.
class HandClock final : public Clock {
 public:
  [[nodiscard]] int64_t NowNs() const override { return now_ns_; }
  [[nodiscard]] int64_t MonotonicNs() const override {
    return SystemClock::Instance().MonotonicNs();
  }
  void Advance(int64_t seconds) { now_ns_ += seconds * kNsPerSecond; }

 private:
  std::atomic<int64_t> now_ns_{kNoonNs};
};

class ShopTest : public ::testing::Test {
 protected:
  using Api = v1::AuthorizationService;
  using Stub = Api::Stub;

  ShopTest() : harness_(OptionsWith(&clock_)) {
    Connect();
    for (const char* yaml : {kShopYaml, kMealsYaml}) {
      v1::ApplyProgrammeRequest request;
      request.set_content(yaml);
      v1::ApplyProgrammeResponse response;
      grpc::ClientContext context;
      EXPECT_TRUE(programmes_->ApplyProgramme(&context, request, &response).ok());
      EXPECT_EQ(response.diagnostics_size(), 0) << response.DebugString();
    }
  }

  void Connect() {
    stub_ = Api::NewStub(harness_.Terminals());
    programmes_ = v1::ProgrammeService::NewStub(harness_.Operators());
  }
  // The server is drained and starts again on the same journal.
  void Restart() {
    harness_.Restart();
    Connect();
  }

  // A card at SHOP's till.
  static v1::AuthorizeRequest Purchase(int64_t list_price_fen, bool sale = false) {
    v1::AuthorizeRequest request;
    request.set_request_id(NextUuid());
    request.set_terminal_id("POS1");
    request.set_card_number(kCard1);
    request.set_list_price_fen(list_price_fen);
    request.set_programme_code("shops");
    request.set_capture(sale);
    return request;
  }
  template <class Request>
  static Request About(const v1::Transaction& original) {
    Request request;
    request.set_request_id(NextUuid());
    request.set_terminal_id("POS1");
    request.set_original_transaction_id(original.transaction_id());
    return request;
  }
  static v1::IncrementAuthorizationRequest Increment(const v1::Transaction& original,
                                                     int64_t amount_fen) {
    auto request = About<v1::IncrementAuthorizationRequest>(original);
    request.set_amount_fen(amount_fen);
    return request;
  }
  static v1::CaptureRequest Capture(const v1::Transaction& original, int64_t amount_fen) {
    auto request = About<v1::CaptureRequest>(original);
    request.set_amount_fen(amount_fen);
    request.set_final_capture(true);
    return request;
  }
  // amount_fen 0 = all.
  static v1::ReverseRequest Reversal(const v1::Transaction& original, int64_t amount_fen) {
    auto request = About<v1::ReverseRequest>(original);
    request.set_reversal_reason(v1::REVERSAL_REASON_CUSTOMER_CANCELLATION);
    if (amount_fen > 0) {
      request.set_amount_fen(amount_fen);
    }
    return request;
  }
  static v1::RefundRequest Refund(const v1::Transaction& original, int64_t amount_fen) {
    auto request = About<v1::RefundRequest>(original);
    if (amount_fen > 0) {
      request.set_amount_fen(amount_fen);
    }
    return request;
  }

  template <class Request, class Response>
  Response CallOk(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                  const Request& request) {
    grpc::ClientContext context;
    Response response;
    const grpc::Status status = (stub_.get()->*method)(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_code() << " " << status.error_message();
    return response;
  }
  template <class Request, class Response>
  grpc::Status CallError(grpc::Status (Stub::*method)(grpc::ClientContext*,
                                                      const Request&,
                                                      Response*),
                         const Request& request) {
    grpc::ClientContext context;
    Response response;
    return (stub_.get()->*method)(&context, request, &response);
  }
  v1::Transaction Decide(const v1::AuthorizeRequest& request) {
    return CallOk(&Stub::Authorize, request).transaction();
  }
  v1::Transaction Decide(const v1::IncrementAuthorizationRequest& request) {
    return CallOk(&Stub::IncrementAuthorization, request).transaction();
  }
  v1::Transaction Decide(const v1::CaptureRequest& request) {
    return CallOk(&Stub::Capture, request).transaction();
  }
  v1::Transaction Decide(const v1::ReverseRequest& request) {
    return CallOk(&Stub::Reverse, request).transaction();
  }
  v1::Transaction Decide(const v1::RefundRequest& request) {
    return CallOk(&Stub::Refund, request).transaction();
  }
  v1::Transaction Now(const v1::Transaction& transaction) {
    v1::GetTransactionRequest request;
    request.set_terminal_id("POS1");
    request.set_transaction_id(transaction.transaction_id());
    return CallOk(&Stub::GetTransaction, request).transaction();
  }
  v1::Transaction Quote(int64_t list_price_fen) {
    v1::QuoteRequest request;
    *request.mutable_authorize() = Purchase(list_price_fen);
    return CallOk(&Stub::Quote, request).transaction();
  }
  v1::Fund ShopFund() {
    v1::GetFundRequest request;
    request.set_fund_code("shop-fund");
    v1::GetFundResponse response;
    grpc::ClientContext context;
    EXPECT_TRUE(programmes_->GetFund(&context, request, &response).ok());
    return response.fund();
  }
  uint64_t TransactionCount() {
    uint64_t count = 0;
    EXPECT_TRUE(harness_.engine()
                    .InspectBlocking(
                        [&count](const Ledger& ledger) { count = ledger.transactions().size(); })
                    .ok());
    return count;
  }

  // The same id again is the same answer; with other content it is refused, and the
  // field named.  `change` makes the other content.
  template <class Request, class Response>
  void ExpectRemembered(grpc::Status (Stub::*method)(grpc::ClientContext*,
                                                     const Request&,
                                                     Response*),
                        const Request& request,
                        const v1::Transaction& first,
                        const std::string& field,
                        const std::function<void(Request*)>& change) {
    const Response again = CallOk(method, request);
    EXPECT_TRUE(again.idempotent_replay());
    EXPECT_EQ(again.transaction().SerializeAsString(), first.SerializeAsString());
    Request other = request;
    change(&other);
    const grpc::Status status = CallError(method, other);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::ALREADY_EXISTS) << field;
    const ErrorDetails details = DetailsOf(status);
    EXPECT_EQ(details.info.reason(), "DUPLICATE_MISMATCH");
    EXPECT_EQ(details.info.metadata().at("field"), field);
  }

  // INVALID_ARGUMENT that names exactly this field, and nothing recorded.
  template <class Request, class Response>
  void ExpectBad(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                 Request request,
                 const std::string& field,
                 const std::function<void(Request*)>& change) {
    change(&request);
    const uint64_t before = TransactionCount();
    const grpc::Status status = CallError(method, request);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << field;
    const ErrorDetails details = DetailsOf(status);
    EXPECT_EQ(details.info.domain(), "gonghui");
    EXPECT_EQ(details.info.metadata().at("field"), field);
    std::vector<std::string> fields;
    for (const auto& violation : details.bad_request.field_violations()) {
      fields.push_back(violation.field());
      EXPECT_FALSE(violation.description().empty());
    }
    EXPECT_THAT(fields, ::testing::ElementsAre(field));
    EXPECT_EQ(TransactionCount(), before);
  }

  // As the operators see it.
  v1::Transaction Found(const v1::Transaction& transaction) {
    const auto operations = v1::OperationsService::NewStub(harness_.Operators());
    v1::FindTransactionRequest request;
    request.set_transaction_id(transaction.transaction_id());
    v1::FindTransactionResponse response;
    grpc::ClientContext context;
    EXPECT_TRUE(operations->FindTransaction(&context, request, &response).ok());
    return response.transaction();
  }

  static void ExpectMoney(const v1::Transaction& transaction, int64_t list, int64_t subsidy) {
    EXPECT_EQ(transaction.list_price_fen(), list);
    EXPECT_EQ(transaction.subsidy_fen(), subsidy);
    EXPECT_EQ(transaction.member_pays_fen(), list - subsidy);
  }
  static void ExpectDeclined(const v1::Transaction& transaction,
                             v1::Reason reason,
                             v1::TransactionState state = v1::TRANSACTION_STATE_DECLINED) {
    EXPECT_EQ(transaction.outcome(), v1::OUTCOME_DECLINED);
    EXPECT_EQ(transaction.state(), state);
    EXPECT_EQ(transaction.reason(), reason) << v1::Reason_Name(transaction.reason());
    EXPECT_EQ(transaction.subsidy_fen(), 0);
    EXPECT_FALSE(transaction.display_message_zh().empty());
  }

  HandClock clock_;
  Harness harness_;
  std::unique_ptr<Stub> stub_;
  std::unique_ptr<v1::ProgrammeService::Stub> programmes_;

 private:
  static HarnessOptions OptionsWith(const Clock* clock) {
    HarnessOptions options;
    options.clock = clock;
    return options;
  }
};

}  // namespace gonghui

#endif  // GONGHUI_TESTS_E2E_SERVER_SHOP_H_
