// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Codes of digital cards, over gRPC: fresh, and accepted once for each purpose.

#include <functional>
#include <string>

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "tests/e2e/server/shop.h"

namespace gonghui {
namespace {

class CodesTest : public ShopTest {
 protected:
  // Made so many seconds before noon.
  static v1::AuthorizeRequest Showing(int64_t age_s,
                                      v1::CodePurpose purpose = v1::CODE_PURPOSE_UNSPECIFIED) {
    v1::AuthorizeRequest request = Purchase(1'000, /*sale=*/true);
    request.set_pos_entry_mode(v1::POS_ENTRY_MODE_QR_CODE);
    v1::QrCode* const code = request.mutable_qr_code();
    code->mutable_issued_at()->set_seconds(kNoonNs / kNsPerSecond - age_s);
    code->set_purpose(purpose);
    return request;
  }
  void ExpectCodeDeclined(const v1::AuthorizeRequest& request, v1::Reason reason) {
    const v1::Transaction transaction = Decide(request);
    EXPECT_EQ(transaction.outcome(), v1::OUTCOME_DECLINED);
    EXPECT_EQ(transaction.reason(), reason) << v1::Reason_Name(transaction.reason());
    EXPECT_EQ(transaction.retry(), v1::RETRY_NEW_ID_LATER);
    EXPECT_NE(transaction.display_message_zh().find("请刷新二维码"), std::string::npos);
  }
  void ExpectApproved(const v1::AuthorizeRequest& request) {
    const v1::Transaction transaction = Decide(request);
    EXPECT_EQ(transaction.outcome(), v1::OUTCOME_APPROVED) << transaction.DebugString();
  }
};

TEST_F(CodesTest, ACodeIsAcceptedOnceForEachPurpose) {
  ExpectApproved(Showing(1, v1::CODE_PURPOSE_ENTRY));
  ExpectCodeDeclined(Showing(1, v1::CODE_PURPOSE_ENTRY), v1::REASON_SECURITY_VIOLATION);
  ExpectApproved(Showing(1, v1::CODE_PURPOSE_EXIT));
  ExpectCodeDeclined(Showing(1, v1::CODE_PURPOSE_EXIT), v1::REASON_SECURITY_VIOLATION);
  ExpectApproved(Showing(1));
  ExpectCodeDeclined(Showing(1, v1::CODE_PURPOSE_PAYMENT), v1::REASON_SECURITY_VIOLATION);
  ExpectApproved(Showing(0));
}

TEST_F(CodesTest, ACodeIsGoodForAMinuteUnlessItSaysOtherwise) {
  ExpectApproved(Showing(59));
  ExpectCodeDeclined(Showing(60), v1::REASON_CREDENTIAL_EXPIRED);
  v1::AuthorizeRequest request = Showing(60);
  request.mutable_qr_code()->set_valid_seconds(61);
  ExpectApproved(request);
  ExpectApproved(Showing(-300));
  ExpectCodeDeclined(Showing(-301), v1::REASON_CREDENTIAL_EXPIRED);
  request = Showing(0);
  clock_.Advance(60);
  ExpectCodeDeclined(request, v1::REASON_CREDENTIAL_EXPIRED);
}

TEST_F(CodesTest, ARepeatIsTheSameAnswerWhateverCodeItShows) {
  const v1::AuthorizeRequest request = Showing(1);
  const v1::Transaction first = Decide(request);
  EXPECT_EQ(first.outcome(), v1::OUTCOME_APPROVED);
  v1::AuthorizeRequest again = request;
  again.mutable_qr_code()->mutable_issued_at()->set_seconds(kNoonNs / kNsPerSecond);
  for (int i = 0; i < 2; ++i) {
    const auto answer = CallOk(&Stub::Authorize, again);
    EXPECT_TRUE(answer.idempotent_replay());
    EXPECT_EQ(answer.transaction().SerializeAsString(), first.SerializeAsString());
    again.clear_qr_code();
  }
  ExpectRemembered<v1::AuthorizeRequest, v1::AuthorizeResponse>(
      &Stub::Authorize, request, first, "list_price_fen", [](v1::AuthorizeRequest* r) {
        r->set_list_price_fen(1'001);
      });
}

TEST_F(CodesTest, ARestartForgetsNoCode) {
  ExpectApproved(Showing(1));
  v1::AuthorizeRequest stale = Showing(90);
  ExpectCodeDeclined(stale, v1::REASON_CREDENTIAL_EXPIRED);
  Restart();
  ExpectCodeDeclined(Showing(1), v1::REASON_SECURITY_VIOLATION);
  ExpectCodeDeclined(stale, v1::REASON_CREDENTIAL_EXPIRED);
  ExpectApproved(Showing(2));
}

TEST_F(CodesTest, AQuoteUsesNothingAndTheChecksAreExplained) {
  v1::QuoteRequest quote;
  *quote.mutable_authorize() = Showing(1);
  quote.mutable_authorize()->set_explain(true);
  v1::QuoteResponse quoted = CallOk(&Stub::Quote, quote);
  EXPECT_EQ(quoted.transaction().outcome(), v1::OUTCOME_APPROVED);
  ASSERT_GE(quoted.checks_size(), 3);
  EXPECT_EQ(quoted.checks(0).check(), v1::REASON_SECURITY_VIOLATION);
  EXPECT_TRUE(quoted.checks(0).passed());
  EXPECT_EQ(quoted.checks(0).display_message_zh(), "二维码未使用过");
  EXPECT_EQ(quoted.checks(1).check(), v1::REASON_CREDENTIAL_EXPIRED);
  EXPECT_TRUE(quoted.checks(1).passed());
  EXPECT_EQ(quoted.checks(2).check(), v1::REASON_TERMINAL_INACTIVE);

  ExpectApproved(Showing(1));
  quoted = CallOk(&Stub::Quote, quote);
  EXPECT_EQ(quoted.transaction().reason(), v1::REASON_SECURITY_VIOLATION);
  ASSERT_EQ(quoted.checks_size(), 1);
  EXPECT_FALSE(quoted.checks(0).passed());
}

TEST_F(CodesTest, WhatIsNoCodeIsRefusedByItsName) {
  using R = v1::AuthorizeRequest;
  const auto expect_bad = [this](const std::string& field, const std::function<void(R*)>& change) {
    ExpectBad<R, v1::AuthorizeResponse>(&Stub::Authorize, Showing(1), field, change);
  };
  expect_bad("qr_code", [](R* r) { r->set_pos_entry_mode(v1::POS_ENTRY_MODE_CHIP); });
  expect_bad("qr_code.issued_at", [](R* r) { r->mutable_qr_code()->clear_issued_at(); });
  expect_bad("qr_code.issued_at",
             [](R* r) { r->mutable_qr_code()->mutable_issued_at()->set_seconds(1); });
  expect_bad("qr_code.valid_seconds", [](R* r) { r->mutable_qr_code()->set_valid_seconds(3'601); });
  expect_bad("qr_code.purpose",
             [](R* r) { r->mutable_qr_code()->set_purpose(static_cast<v1::CodePurpose>(17)); });
}

}  // namespace
}  // namespace gonghui
