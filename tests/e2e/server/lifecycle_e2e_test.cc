// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The life of an authorization, over gRPC: increments, partial approvals and
// reversals, refunds, over- and late captures.

#include <functional>
#include <string>

#include <gtest/gtest.h>

#include "tests/e2e/server/shop.h"

namespace gonghui {
namespace {

class LifecycleTest : public ShopTest {};

// ---- IncrementAuthorization --------------------------------------------------

TEST_F(LifecycleTest, AnIncrementRaisesTheHoldAndProlongsIt) {
  const v1::AuthorizeRequest purchase = Purchase(10'000);
  const v1::Transaction hold = Decide(purchase);
  ExpectMoney(hold, 10'000, 2'000);
  v1::IncrementAuthorizationRequest request = Increment(hold, 5'000);
  request.set_hold_seconds(8 * kDay_s);
  request.set_stan(42);
  request.set_transport_data("abc");
  const auto response = CallOk(&Stub::IncrementAuthorization, request);
  EXPECT_FALSE(response.idempotent_replay());
  EXPECT_EQ(response.transport_data(), "abc");
  const v1::Transaction& increment = response.transaction();
  EXPECT_EQ(increment.kind(), v1::TRANSACTION_KIND_INCREMENT);
  EXPECT_EQ(increment.outcome(), v1::OUTCOME_APPROVED);
  EXPECT_EQ(increment.state(), v1::TRANSACTION_STATE_COMPLETED);
  EXPECT_EQ(increment.original_transaction_id(), hold.transaction_id());
  EXPECT_EQ(increment.request_id(), request.request_id());
  EXPECT_EQ(increment.terminal_id(), "POS1");
  EXPECT_EQ(increment.merchant_id(), "SHOP");
  EXPECT_EQ(increment.display_message_zh(), "预授权已追加");
  EXPECT_EQ(increment.expires_at().seconds(), kNoonNs / kNsPerSecond + 8 * kDay_s);
  ExpectMoney(increment, 5'000, 1'000);
  ASSERT_EQ(increment.applied_benefits_size(), 1);
  EXPECT_EQ(increment.applied_benefits(0).benefit_code(), "groceries");
  EXPECT_EQ(increment.applied_benefits(0).amount_fen(), 1'000);
  const v1::LimitState month = Quote(1'000).limits(0);
  EXPECT_EQ(month.limit_code(), "month");
  EXPECT_EQ(month.held(), 3'000 + 200);
  EXPECT_EQ(month.left(), 7'000 - 200);

  const v1::Transaction now = Now(hold);
  EXPECT_EQ(now.state(), v1::TRANSACTION_STATE_PENDING);
  ExpectMoney(now, 15'000, 3'000);
  EXPECT_EQ(now.restated_fen(), 5'000);
  EXPECT_EQ(now.restated_subsidy_fen(), 1'000);
  const v1::Transaction again = Decide(purchase);  // as it was decided
  ExpectMoney(again, 10'000, 2'000);
  EXPECT_EQ(again.restated_fen(), 0);
  EXPECT_EQ(now.expires_at().seconds(), increment.expires_at().seconds());
  EXPECT_EQ(ShopFund().held(), 3'000);

  using R = v1::IncrementAuthorizationRequest;
  const auto method = &Stub::IncrementAuthorization;
  ExpectRemembered<R>(
      method, request, increment, "amount_fen", [](R* r) { r->set_amount_fen(5'001); });
  ExpectRemembered<R>(
      method, request, increment, "hold_seconds", [](R* r) { r->set_hold_seconds(1); });
  ExpectRemembered<R>(method, request, increment, "original_transaction_id", [](R* r) {
    r->set_original_transaction_id("000000000001");
  });
  // The id belongs to an increment.
  v1::RefundRequest refund = Refund(hold, 1);
  refund.set_request_id(request.request_id());
  EXPECT_EQ(DetailsOf(CallError(&Stub::Refund, refund)).info.metadata().at("field"), "method");
}

// ---- Trace numbers -----------------------------------------------------------

TEST_F(LifecycleTest, TheTraceNumberIsKeptWithEachTransactionAndIsNoContent) {
  const auto expect_kept = [this](auto method, auto request, uint32_t stan) {
    request.set_stan(stan);
    const auto first = CallOk(method, request);
    EXPECT_EQ(first.transaction().outcome(), v1::OUTCOME_APPROVED);
    EXPECT_EQ(first.transaction().stan(), stan);
    request.set_stan(stan + 100);  // a terminal that repeats itself has counted on
    const auto again = CallOk(method, request);
    EXPECT_TRUE(again.idempotent_replay());
    EXPECT_EQ(again.transaction().SerializeAsString(), first.transaction().SerializeAsString());
    EXPECT_EQ(Now(first.transaction()).stan(), stan);
    return first.transaction();
  };
  const v1::Transaction hold = expect_kept(&Stub::Authorize, Purchase(10'000), 1);
  expect_kept(&Stub::IncrementAuthorization, Increment(hold, 5'000), 2);
  expect_kept(&Stub::Reverse, Reversal(hold, 1'000), 3);
  expect_kept(&Stub::Capture, Capture(hold, 14'000), 4);
  expect_kept(&Stub::Refund, Refund(hold, 2'000), 999'899);
  EXPECT_EQ(Now(hold).stan(), 1U);
  // A decline and what came without one.
  v1::CaptureRequest late = Capture(hold, 1);
  late.set_stan(5);
  const v1::Transaction declined = Decide(late);
  ExpectDeclined(declined, v1::REASON_ALREADY_CAPTURED);
  EXPECT_EQ(declined.stan(), 5U);
  EXPECT_EQ(Now(declined).stan(), 5U);
  EXPECT_EQ(Decide(Refund(hold, 1'000)).stan(), 0U);
}

TEST_F(LifecycleTest, AnIncrementsFieldsAreNamed) {
  const v1::Transaction hold = Decide(Purchase(10'000));
  using R = v1::IncrementAuthorizationRequest;
  const R good = Increment(hold, 1);
  const auto bad = [&](const std::string& field, const std::function<void(R*)>& change) {
    ExpectBad<R>(&Stub::IncrementAuthorization, good, field, change);
  };
  bad("request_id", [](R* r) { r->clear_request_id(); });
  bad("terminal_id", [](R* r) { r->clear_terminal_id(); });
  bad("original_transaction_id", [](R* r) { r->clear_original_transaction_id(); });
  bad("original_transaction_id", [](R* r) { r->set_original_request_id(NextUuid()); });
  bad("amount_fen", [](R* r) { r->clear_amount_fen(); });
  bad("amount_fen", [](R* r) { r->set_amount_fen(-1); });
  bad("amount_fen", [](R* r) { r->set_amount_fen(1'000'000'000'001); });
  bad("hold_seconds", [](R* r) { r->set_hold_seconds(31 * kDay_s + 1); });
  bad("stan", [](R* r) { r->set_stan(1'000'000); });
  bad("transport_data", [](R* r) { r->set_transport_data(std::string(65, 'x')); });
  // Right by itself, too much together with the hold: only the ledger knows.
  bad("amount_fen", [](R* r) { r->set_amount_fen(1'000'000'000'000); });
  // And the id was not used up by any of it.
  EXPECT_FALSE(CallOk(&Stub::IncrementAuthorization, good).idempotent_replay());
}

TEST_F(LifecycleTest, AnIncrementIsDeclined) {
  v1::Transaction nothing;
  nothing.set_transaction_id("0000000000ZZ");
  v1::Transaction declined = Decide(Increment(nothing, 1));
  ExpectDeclined(declined, v1::REASON_ORIGINAL_NOT_FOUND);
  EXPECT_EQ(declined.kind(), v1::TRANSACTION_KIND_INCREMENT);

  const v1::Transaction hold = Decide(Purchase(10'000));
  declined = Decide(Increment(hold, 45'000));
  ExpectDeclined(declined, v1::REASON_EXCEEDS_AMOUNT_LIMIT);
  ExpectMoney(declined, 45'000, 0);
  EXPECT_EQ(declined.failed_check().benefit_code(), "groceries");
  EXPECT_EQ(declined.failed_check().limit().limit_code(), "month");
  EXPECT_EQ(declined.failed_check().limit().left(), 8'000);
  EXPECT_EQ(declined.retry(), v1::RETRY_NEW_ID_LATER);
  EXPECT_TRUE(declined.has_next_eligible_at());
  EXPECT_FALSE(declined.has_expires_at());
  ExpectMoney(Now(hold), 10'000, 2'000);

  ExpectDeclined(Decide(Increment(Decide(Purchase(1'000, /*sale=*/true)), 1)),
                 v1::REASON_ALREADY_CAPTURED);
  clock_.Advance(7 * kDay_s);
  ExpectDeclined(Decide(Increment(hold, 1)), v1::REASON_HOLD_EXPIRED);
}

// ---- Refund ------------------------------------------------------------------

TEST_F(LifecycleTest, ARefundGivesTheFundItsPartBack) {
  const v1::Transaction sale = Decide(Purchase(10'000, /*sale=*/true));
  EXPECT_EQ(sale.captured_subsidy_fen(), 2'000);
  EXPECT_EQ(ShopFund().spent(), 2'000);
  v1::RefundRequest request = Refund(sale, 5'000);
  request.set_transport_data("abc");
  const auto response = CallOk(&Stub::Refund, request);
  EXPECT_EQ(response.transport_data(), "abc");
  const v1::Transaction& part = response.transaction();
  EXPECT_EQ(part.kind(), v1::TRANSACTION_KIND_REFUND);
  EXPECT_EQ(part.outcome(), v1::OUTCOME_APPROVED);
  EXPECT_EQ(part.state(), v1::TRANSACTION_STATE_COMPLETED);
  EXPECT_EQ(part.original_transaction_id(), sale.transaction_id());
  EXPECT_EQ(part.display_message_zh(), "已退货");
  ExpectMoney(part, 5'000, 1'000);
  ASSERT_EQ(part.applied_benefits_size(), 1);
  EXPECT_EQ(part.applied_benefits(0).fund_code(), "shop-fund");
  EXPECT_EQ(part.applied_benefits(0).amount_fen(), 1'000);
  ASSERT_EQ(part.limits_size(), 1);
  EXPECT_EQ(part.limits(0).used(), 1'000);
  EXPECT_EQ(part.limits(0).left(), 9'000);

  v1::Transaction now = Now(sale);
  EXPECT_EQ(now.state(), v1::TRANSACTION_STATE_PARTIALLY_REFUNDED);
  ExpectMoney(now, 10'000, 2'000);
  EXPECT_EQ(now.captured_fen(), 10'000);
  EXPECT_EQ(now.refunded_fen(), 5'000);
  EXPECT_EQ(now.refunded_subsidy_fen(), 1'000);
  EXPECT_EQ(ShopFund().spent(), 1'000);

  using R = v1::RefundRequest;
  ExpectRemembered<R>(
      &Stub::Refund, request, part, "amount_fen", [](R* r) { r->set_amount_fen(4'999); });
  ExpectRemembered<R>(
      &Stub::Refund, request, part, "amount_fen", [](R* r) { r->clear_amount_fen(); });
  ExpectRemembered<R>(&Stub::Refund, request, part, "original_transaction_id", [](R* r) {
    r->set_original_transaction_id("000000000001");
  });

  // By the terminal's own reference, and all that is left.
  R rest = Refund(sale, 0);
  rest.clear_original_transaction_id();
  rest.set_original_request_id(sale.request_id());
  ExpectMoney(Decide(rest), 5'000, 1'000);
  now = Now(sale);
  EXPECT_EQ(now.state(), v1::TRANSACTION_STATE_REFUNDED);
  EXPECT_EQ(now.refunded_fen(), 10'000);
  EXPECT_EQ(now.refunded_subsidy_fen(), 2'000);
  const v1::Fund fund = ShopFund();
  EXPECT_EQ(fund.spent(), 0);
  EXPECT_EQ(fund.left(), fund.budget());
  EXPECT_EQ(fund.available(), fund.left());
  EXPECT_EQ(fund.overrun(), 0);
  EXPECT_EQ(fund.suspense(), 0);

  ExpectDeclined(Decide(Reversal(sale, 0)), v1::REASON_FURTHER_ACTIVITY_PREVENTS_REVERSAL);
}

TEST_F(LifecycleTest, ARefundsFieldsAreNamed) {
  using R = v1::RefundRequest;
  const R good = Refund(Decide(Purchase(10'000, /*sale=*/true)), 1);
  const auto bad = [&](const std::string& field, const std::function<void(R*)>& change) {
    ExpectBad<R>(&Stub::Refund, good, field, change);
  };
  bad("request_id", [](R* r) { r->set_request_id("x"); });
  bad("original_transaction_id", [](R* r) { r->clear_original_transaction_id(); });
  bad("original_transaction_id", [](R* r) { r->set_original_request_id(NextUuid()); });
  bad("original_transaction_id", [](R* r) { r->set_original_transaction_id("short"); });
  bad("amount_fen", [](R* r) { r->set_amount_fen(0); });
  bad("amount_fen", [](R* r) { r->set_amount_fen(-1); });
  bad("amount_fen", [](R* r) { r->set_amount_fen(1'000'000'000'001); });
  bad("stan", [](R* r) { r->set_stan(1'000'000); });
  EXPECT_FALSE(CallOk(&Stub::Refund, good).idempotent_replay());
}

TEST_F(LifecycleTest, ARefundIsDeclined) {
  v1::Transaction nothing;
  nothing.set_transaction_id("0000000000ZZ");
  v1::Transaction declined = Decide(Refund(nothing, 1));
  ExpectDeclined(declined, v1::REASON_ORIGINAL_NOT_FOUND);
  EXPECT_EQ(declined.kind(), v1::TRANSACTION_KIND_REFUND);
  EXPECT_TRUE(declined.original_transaction_id().empty());

  const v1::Transaction sale = Decide(Purchase(10'000, /*sale=*/true));
  declined = Decide(Refund(sale, 10'001));
  ExpectDeclined(declined, v1::REASON_EXCEEDS_CAPTURED_AMOUNT);
  EXPECT_EQ(declined.retry(), v1::RETRY_NEVER);
  EXPECT_EQ(declined.original_transaction_id(), sale.transaction_id());
  EXPECT_EQ(declined.display_message_zh(), "超过可退金额");
  ExpectDeclined(Decide(Refund(Decide(Purchase(1'000)), 1)), v1::REASON_EXCEEDS_CAPTURED_AMOUNT);

  const v1::Transaction reversed = Decide(Purchase(1'000, /*sale=*/true));
  EXPECT_EQ(Decide(Reversal(reversed, 0)).outcome(), v1::OUTCOME_APPROVED);
  ExpectDeclined(Decide(Refund(reversed, 1)), v1::REASON_PREVIOUSLY_REVERSED);

  // A return that breaks the threshold, where the programme refuses that.
  v1::AuthorizeRequest meal = Purchase(12'000, /*sale=*/true);
  meal.set_programme_code("meals");
  const v1::Transaction eaten = Decide(meal);
  ExpectMoney(eaten, 12'000, 2'000);
  declined = Decide(Refund(eaten, 5'000));
  ExpectDeclined(declined, v1::REASON_BELOW_MINIMUM_AMOUNT);
  EXPECT_EQ(declined.failed_check().programme_code(), "meals");
  EXPECT_EQ(declined.failed_check().benefit_code(), "meal");
  EXPECT_EQ(declined.failed_check().minimum_fen(), 10'000);
  EXPECT_EQ(Decide(Refund(eaten, 0)).outcome(), v1::OUTCOME_APPROVED);
}

TEST_F(LifecycleTest, WhoBuysForTooLittleIsToldTheLeastAmount) {
  v1::AuthorizeRequest meal = Purchase(9'999, /*sale=*/true);
  meal.set_programme_code("meals");
  meal.set_explain(true);
  const v1::AuthorizeResponse response = CallOk(&Stub::Authorize, meal);
  ExpectDeclined(response.transaction(), v1::REASON_BELOW_MINIMUM_AMOUNT);
  EXPECT_EQ(response.transaction().failed_check().minimum_fen(), 10'000);
  int told = 0;
  for (const v1::CheckOutcome& check : response.checks()) {
    const bool about_it = check.check() == v1::REASON_BELOW_MINIMUM_AMOUNT;
    EXPECT_EQ(check.minimum_fen(), about_it ? 10'000 : 0) << check.DebugString();
    told += about_it ? 1 : 0;
  }
  EXPECT_EQ(told, 1);
  // Of another reason there is none to tell.
  v1::AuthorizeRequest unknown = Purchase(9'999, /*sale=*/true);
  unknown.set_programme_code("nothing");
  EXPECT_EQ(Decide(unknown).failed_check().minimum_fen(), 0);
}

// ---- Reversals in part -------------------------------------------------------

TEST_F(LifecycleTest, AReversalInPartRestatesTheHold) {
  const v1::Transaction hold = Decide(Purchase(10'000));
  const v1::ReverseRequest request = Reversal(hold, 4'000);
  const v1::Transaction part = Decide(request);
  EXPECT_EQ(part.kind(), v1::TRANSACTION_KIND_REVERSAL);
  EXPECT_EQ(part.outcome(), v1::OUTCOME_APPROVED);
  EXPECT_TRUE(part.original_found());
  EXPECT_EQ(part.display_message(), "Amount reversed");
  ExpectMoney(part, 4'000, 800);
  v1::Transaction now = Now(hold);
  EXPECT_EQ(now.state(), v1::TRANSACTION_STATE_PENDING);
  ExpectMoney(now, 6'000, 1'200);
  EXPECT_EQ(ShopFund().held(), 1'200);

  using R = v1::ReverseRequest;
  ExpectRemembered<R>(
      &Stub::Reverse, request, part, "amount_fen", [](R* r) { r->set_amount_fen(4'001); });
  ExpectRemembered<R>(
      &Stub::Reverse, request, part, "amount_fen", [](R* r) { r->clear_amount_fen(); });
  for (const int64_t amount_fen : {int64_t{0}, int64_t{-1}, int64_t{1'000'000'000'001}}) {
    ExpectBad<R>(&Stub::Reverse, Reversal(hold, 1), "amount_fen", [=](R* r) {
      r->set_amount_fen(amount_fen);
    });
  }
  ExpectDeclined(Decide(Reversal(hold, 6'001)), v1::REASON_EXCEEDS_AUTHORIZED_AMOUNT);
  EXPECT_EQ(Decide(Reversal(hold, 6'000)).outcome(), v1::OUTCOME_APPROVED);
  EXPECT_EQ(Now(hold).state(), v1::TRANSACTION_STATE_REVERSED);
  EXPECT_EQ(ShopFund().held(), 0);
}

TEST_F(LifecycleTest, AReversalInPartRestatesTheSale) {
  const v1::Transaction sale = Decide(Purchase(10'000, /*sale=*/true));
  ExpectMoney(Decide(Reversal(sale, 2'500)), 2'500, 500);
  const v1::Transaction now = Now(sale);
  EXPECT_EQ(now.state(), v1::TRANSACTION_STATE_CAPTURED);
  ExpectMoney(now, 7'500, 1'500);
  EXPECT_EQ(now.captured_fen(), 7'500);
  EXPECT_EQ(now.captured_subsidy_fen(), 1'500);
  EXPECT_EQ(ShopFund().spent(), 1'500);
}

// ---- Partial approval, over- and late captures -------------------------------

TEST_F(LifecycleTest, APartialApprovalGivesWhatIsLeft) {
  v1::AuthorizeRequest request = Purchase(60'000, /*sale=*/true);
  v1::Transaction transaction = Decide(request);
  ExpectDeclined(transaction, v1::REASON_EXCEEDS_AMOUNT_LIMIT);
  request.set_request_id(NextUuid());
  request.set_allow_partial_approval(true);
  transaction = Decide(request);
  EXPECT_EQ(transaction.outcome(), v1::OUTCOME_APPROVED_PARTIAL);
  EXPECT_EQ(transaction.state(), v1::TRANSACTION_STATE_CAPTURED);
  EXPECT_EQ(transaction.display_message_zh(), "已批准，优惠不足额");
  EXPECT_EQ(transaction.approval_code().size(), 6U);
  ExpectMoney(transaction, 60'000, 10'000);
  EXPECT_EQ(transaction.limits(0).left(), 0);
  using R = v1::AuthorizeRequest;
  ExpectRemembered<R>(&Stub::Authorize, request, transaction, "allow_partial_approval", [](R* r) {
    r->set_allow_partial_approval(false);
  });
}

TEST_F(LifecycleTest, ACaptureMayExceedTheHoldAsFarAsTheProgrammeLetsIt) {
  const v1::Transaction hold = Decide(Purchase(10'000));
  ExpectDeclined(Decide(Capture(hold, 12'001)), v1::REASON_EXCEEDS_AUTHORIZED_AMOUNT);
  const v1::Transaction capture = Decide(Capture(hold, 12'000));
  EXPECT_EQ(capture.outcome(), v1::OUTCOME_APPROVED);
  ExpectMoney(capture, 12'000, 2'000);
  EXPECT_FALSE(capture.overrun());
  const v1::Transaction now = Now(hold);
  EXPECT_EQ(now.state(), v1::TRANSACTION_STATE_CAPTURED);
  EXPECT_EQ(now.captured_fen(), 12'000);
  EXPECT_EQ(now.captured_subsidy_fen(), 2'000);
}

TEST_F(LifecycleTest, ALateCaptureIsPostedThoughTheLimitIsUsedUp) {
  v1::AuthorizeRequest request = Purchase(10'000);
  request.set_hold_seconds(60);
  const v1::Transaction hold = Decide(request);
  clock_.Advance(61);
  for (int i = 0; i < 1'000 && Now(hold).state() != v1::TRANSACTION_STATE_EXPIRED; ++i) {
  }
  ASSERT_EQ(Now(hold).state(), v1::TRANSACTION_STATE_EXPIRED);
  // The whole month's allowance goes to another purchase.
  ExpectMoney(Decide(Purchase(50'000, /*sale=*/true)), 50'000, 10'000);
  const v1::Transaction capture = Decide(Capture(hold, 10'000));
  EXPECT_EQ(capture.outcome(), v1::OUTCOME_APPROVED);
  EXPECT_TRUE(capture.overrun());
  ExpectMoney(capture, 10'000, 2'000);
  const v1::LimitState month = Quote(1'000).failed_check().limit();
  EXPECT_EQ(month.max(), 10'000);
  EXPECT_EQ(month.used(), 12'000);
  EXPECT_EQ(month.left(), -2'000);
  EXPECT_EQ(Now(hold).state(), v1::TRANSACTION_STATE_CAPTURED);
  EXPECT_EQ(ShopFund().spent(), 12'000);
}

// ---- What operators see ------------------------------------------------------

TEST_F(LifecycleTest, AProgrammeTellsWhatBecomesOfItsBenefits) {
  const auto get = [this](const char* code) {
    v1::GetProgrammeRequest request;
    request.set_programme_code(code);
    v1::GetProgrammeResponse response;
    grpc::ClientContext context;
    EXPECT_TRUE(programmes_->GetProgramme(&context, request, &response).ok());
    return response.programme();
  };
  const v1::Programme shops = get("shops");
  EXPECT_EQ(shops.late_capture(), v1::LATE_CAPTURE_FORCE_POST);
  EXPECT_EQ(shops.benefits(0).on_return(), v1::ON_RETURN_KEEP);
  EXPECT_EQ(shops.limits(0).refund_to(), v1::REFUND_TO_ORIGINAL_WINDOW);
  ASSERT_EQ(shops.over_capture_size(), 1);
  EXPECT_EQ(shops.over_capture(0).mcc_first(), 5'411U);
  EXPECT_EQ(shops.over_capture(0).mcc_last(), 5'412U);
  EXPECT_EQ(shops.over_capture(0).rate_bps(), 2'000U);
  const v1::Programme meals = get("meals");
  EXPECT_EQ(meals.late_capture(), v1::LATE_CAPTURE_STRICT);
  EXPECT_EQ(meals.over_capture_size(), 0);
  EXPECT_EQ(meals.benefits(0).on_return(), v1::ON_RETURN_REFUSE);
  EXPECT_EQ(meals.limits(0).refund_to(), v1::REFUND_TO_NEVER);
}

}  // namespace
}  // namespace gonghui
