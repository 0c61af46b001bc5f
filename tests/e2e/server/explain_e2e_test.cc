// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Answers that explain, over gRPC: the checks behind a decision, and what a member may
// use now.

#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "gonghui/v1/member_service.grpc.pb.h"
#include "tests/e2e/server/harness.h"

namespace gonghui {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// At SHOP: 20 % off at any time, another 30 % in the morning, and 50 % from 2027.
constexpr const char* kShopYaml = R"(gonghui: 1
programme: {code: shops, name: 购物, zone: Asia/Shanghai, starts: 2020-01-01, until: 2100-01-01}
funds:
  - {code: shop-fund, name: 购物资金, budget: 1000.00 yuan}
limits:
  - {code: month, per: person, each: month, amount: 100 yuan}
  - {code: till, per: terminal, each: day, uses: 1000}
benefits:
  - code: groceries
    name: 购物八折
    at: {mcc: [5411]}
    price: {percent_off: 20}
    funding: {fund: shop-fund}
    limits: [month, till]
  - code: breakfast
    name: 早餐七折
    at: {mcc: [5411]}
    when: {hours: ["06:00-09:00"]}
    price: {percent_off: 30}
    funding: {fund: shop-fund}
)";
constexpr const char* kLaterYaml = R"(gonghui: 1
programme: {code: later, name: 明年, zone: Asia/Shanghai, starts: 2027-01-01, until: 2100-01-01}
benefits:
  - code: half
    name: 半价
    at: {mcc: [5411]}
    price: {percent_off: 50}
    funding: {fund: shop-fund}
)";

constexpr int64_t kNoon_s = 1'781'496'000;  // 15 June 2026, 12:00 in Shanghai
constexpr int64_t kHour_s = 3'600;
constexpr int64_t kNewYear2027_s = 1'798'732'800;  // in Shanghai

// Always noon.
class NoonClock final : public Clock {
 public:
  [[nodiscard]] int64_t NowNs() const override { return kNoon_s * kNsPerSecond; }
  [[nodiscard]] int64_t MonotonicNs() const override {
    return SystemClock::Instance().MonotonicNs();
  }
};

class ExplainTest : public ::testing::Test {
 protected:
  ExplainTest()
      : harness_(OptionsWith(&clock_)),
        stub_(v1::AuthorizationService::NewStub(harness_.Terminals())),
        members_(v1::MemberService::NewStub(harness_.Operators())) {
    const auto programmes = v1::ProgrammeService::NewStub(harness_.Operators());
    for (const char* yaml : {kShopYaml, kLaterYaml}) {
      v1::ApplyProgrammeRequest request;
      request.set_content(yaml);
      v1::ApplyProgrammeResponse response;
      grpc::ClientContext context;
      EXPECT_TRUE(programmes->ApplyProgramme(&context, request, &response).ok());
      EXPECT_EQ(response.diagnostics_size(), 0) << response.DebugString();
    }
  }

  static v1::AuthorizeRequest ExplainedRide() {
    v1::AuthorizeRequest request = Ride();
    request.set_explain(true);
    return request;
  }
  static v1::AuthorizeRequest Purchase(int64_t list_price_fen) {
    v1::AuthorizeRequest request = ExplainedRide();
    request.set_terminal_id("POS1");
    request.set_list_price_fen(list_price_fen);
    return request;
  }

  v1::AuthorizeResponse Authorize(const v1::AuthorizeRequest& request) {
    grpc::ClientContext context;
    v1::AuthorizeResponse response;
    const grpc::Status status = stub_->Authorize(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
  v1::QuoteResponse Quote(const v1::AuthorizeRequest& request) {
    grpc::ClientContext context;
    v1::QuoteRequest quote;
    *quote.mutable_authorize() = request;
    v1::QuoteResponse response;
    const grpc::Status status = stub_->Quote(&context, quote, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
  v1::GetEntitlementsResponse Entitlements(const std::string& terminal,
                                           const std::string& card,
                                           bool here = false) {
    v1::GetEntitlementsRequest request;
    request.set_terminal_id(terminal);
    request.set_card_number(card);
    request.set_here(here);
    grpc::ClientContext context;
    v1::GetEntitlementsResponse response;
    const grpc::Status status = stub_->GetEntitlements(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
  grpc::Status AskAsOperator(const std::string& member,
                             const std::string& card,
                             v1::GetMemberEntitlementsResponse* response) {
    v1::GetMemberEntitlementsRequest request;
    request.set_member_id(member);
    request.set_card_number(card);
    grpc::ClientContext context;
    return members_->GetMemberEntitlements(&context, request, response);
  }
  v1::GetMemberEntitlementsResponse MemberEntitlements(const std::string& member,
                                                       const std::string& card) {
    v1::GetMemberEntitlementsResponse response;
    const grpc::Status status = AskAsOperator(member, card, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
  void Suspend(const char* member) {
    v1::SetMemberStatusRequest request;
    request.set_member_id(member);
    request.set_status(v1::MEMBER_STATUS_SUSPENDED);
    grpc::ClientContext context;
    v1::SetMemberStatusResponse response;
    EXPECT_TRUE(members_->SetMemberStatus(&context, request, &response).ok());
  }
  uint64_t TransactionCount() {
    uint64_t count = 0;
    EXPECT_TRUE(harness_.engine()
                    .InspectBlocking(
                        [&count](const Ledger& ledger) { count = ledger.transactions().size(); })
                    .ok());
    return count;
  }

  // "check" or "!check", of one benefit; "" = of the parties.
  template <class Response>
  static std::vector<std::string> ChecksOf(const Response& response, const std::string& benefit) {
    std::vector<std::string> checks;
    for (const v1::CheckOutcome& check : response.checks()) {
      EXPECT_FALSE(check.display_message().empty());
      EXPECT_FALSE(check.display_message_zh().empty());
      EXPECT_EQ(check.programme_code().empty(), check.benefit_code().empty());
      if (check.benefit_code() == benefit) {
        checks.push_back((check.passed() ? "" : "!") +
                         v1::Reason_Name(check.check()).substr(std::string("REASON_").size()));
      }
    }
    return checks;
  }
  template <class Response>
  static std::vector<std::string> BenefitsOf(const Response& response) {
    std::vector<std::string> benefits;
    for (const v1::Entitlement& entitlement : response.entitlements()) {
      benefits.push_back(entitlement.programme_code() + "/" + entitlement.benefit_code());
    }
    return benefits;
  }
  template <class Response>
  static void ExpectNoList(const Response& response, v1::Reason reason) {
    EXPECT_EQ(response.outcome(), v1::OUTCOME_DECLINED);
    EXPECT_EQ(response.reason(), reason) << v1::Reason_Name(response.reason());
    EXPECT_EQ(response.entitlements_size(), 0);
    EXPECT_FALSE(response.truncated());
    EXPECT_FALSE(response.display_message().empty());
    EXPECT_FALSE(response.display_message_zh().empty());
    EXPECT_EQ(response.as_of().seconds(), kNoon_s);
  }

  NoonClock clock_;
  Harness harness_;
  std::unique_ptr<v1::AuthorizationService::Stub> stub_;
  std::unique_ptr<v1::MemberService::Stub> members_;

 private:
  static HarnessOptions OptionsWith(const Clock* clock) {
    HarnessOptions options;
    options.clock = clock;
    return options;
  }
};

// ---- Checks --------------------------------------------------------------------

TEST_F(ExplainTest, AnApprovalTellsAllThatWasChecked) {
  const v1::AuthorizeResponse response = Authorize(ExplainedRide());
  EXPECT_EQ(response.transaction().outcome(), v1::OUTCOME_APPROVED);
  EXPECT_FALSE(response.checks_truncated());
  EXPECT_THAT(ChecksOf(response, ""),
              ElementsAre("TERMINAL_INACTIVE",
                          "MERCHANT_INACTIVE",
                          "INVALID_CARD",
                          "CARD_NOT_ACTIVE",
                          "MEMBER_NOT_FOUND",
                          "MEMBER_SUSPENDED"));
  EXPECT_THAT(ChecksOf(response, "ride"),
              ElementsAre("MERCHANT_NOT_IN_PROGRAMME",
                          "NOT_PERMITTED_TO_TERMINAL",
                          "PROGRAMME_NOT_STARTED",
                          "PROGRAMME_ENDED",
                          "OUTSIDE_TIME_WINDOW",
                          "MEMBER_NOT_VERIFIED",
                          "NOT_PERMITTED_TO_MEMBER",
                          "BELOW_MINIMUM_AMOUNT",
                          "NO_EFFECT",
                          "EXCEEDS_FREQUENCY_LIMIT",
                          "FUND_NOT_OPEN",
                          "BUDGET_EXHAUSTED"));
  ASSERT_EQ(response.checks_size(), 18);
  const v1::CheckOutcome& uses = response.checks(15);
  EXPECT_EQ(uses.programme_code(), "metro");
  EXPECT_EQ(uses.programme_version(), 1U);
  EXPECT_EQ(uses.limit().limit_code(), "rides");
  EXPECT_EQ(uses.limit().max(), 3);
  EXPECT_EQ(uses.limit().held(), 0) << "as it stood before";
  EXPECT_EQ(uses.limit().left(), 3);
  EXPECT_FALSE(response.checks(16).has_limit());
  // The decision itself is told as ever.
  EXPECT_EQ(response.transaction().limits(0).held(), 1);
}

TEST_F(ExplainTest, ADeclineTellsWhatFailedAndWhatWouldHavePassed) {
  for (int i = 0; i < 3; ++i) {
    v1::AuthorizeRequest request = Ride();
    request.set_capture(true);
    const v1::AuthorizeResponse response = Authorize(request);
    EXPECT_EQ(response.transaction().outcome(), v1::OUTCOME_APPROVED);
    EXPECT_EQ(response.checks_size(), 0) << "nobody asked";
  }
  v1::AuthorizeRequest request = ExplainedRide();
  request.set_card_number(kCard1);
  const v1::AuthorizeResponse response = Authorize(request);
  EXPECT_EQ(response.transaction().reason(), v1::REASON_EXCEEDS_FREQUENCY_LIMIT);
  const std::vector<std::string> checks = ChecksOf(response, "ride");
  ASSERT_EQ(checks.size(), 12U);
  EXPECT_EQ(checks[8], "NO_EFFECT");
  EXPECT_EQ(checks[9], "!EXCEEDS_FREQUENCY_LIMIT");
  EXPECT_EQ(checks[10], "FUND_NOT_OPEN");
  EXPECT_EQ(checks[11], "BUDGET_EXHAUSTED");
  EXPECT_EQ(response.checks(15).limit().used(), 3);
  EXPECT_EQ(response.checks(15).limit().left(), 0);
  EXPECT_EQ(response.checks(15).display_message_zh(), "优惠次数已用完");
}

// The refusal and the check tell the same, and a repeat tells it again.
TEST_F(ExplainTest, AFundThatRefusesTellsItsNumbers) {
  const auto programmes = v1::ProgrammeService::NewStub(harness_.Operators());
  v1::ApplyProgrammeRequest apply;
  apply.set_content(R"(gonghui: 1
programme: {code: poor, name: 余额不足, zone: Asia/Shanghai, starts: 2020-01-01, until: 2100-01-01}
funds:
  - {code: purse, name: 小额, budget: 3.20 yuan}
benefits:
  - {code: half, name: 半价, at: {mcc: [5411]}, price: {percent_off: 50}, funding: {fund: purse}}
)");
  v1::ApplyProgrammeResponse applied;
  grpc::ClientContext context;
  ASSERT_TRUE(programmes->ApplyProgramme(&context, apply, &applied).ok());
  v1::AuthorizeRequest request = Purchase(1'000);
  request.set_programme_code("poor");
  const v1::AuthorizeResponse response = Authorize(request);
  EXPECT_EQ(response.transaction().reason(), v1::REASON_BUDGET_EXHAUSTED);
  EXPECT_EQ(response.transaction().captured_fen(), 0);
  const v1::FailedCheck& failed = response.transaction().failed_check();
  EXPECT_EQ(failed.benefit_code(), "half");
  EXPECT_FALSE(failed.has_limit());
  EXPECT_EQ(failed.fund().fund_code(), "purse");
  EXPECT_EQ(failed.fund().needed_fen(), 500);
  EXPECT_EQ(failed.fund().available_fen(), 320);
  int funds = 0;
  for (const v1::CheckOutcome& check : response.checks()) {
    EXPECT_EQ(check.has_fund(), check.check() == v1::REASON_BUDGET_EXHAUSTED);
    if (check.has_fund()) {
      ++funds;
      EXPECT_EQ(check.fund().SerializeAsString(), failed.fund().SerializeAsString());
    }
  }
  EXPECT_EQ(funds, 1);
  EXPECT_EQ(Authorize(request).transaction().SerializeAsString(),
            response.transaction().SerializeAsString());
}

TEST_F(ExplainTest, EveryCandidateIsJudgedToTheEnd) {
  const v1::AuthorizeResponse response = Authorize(Purchase(60'000));
  EXPECT_EQ(response.transaction().reason(), v1::REASON_EXCEEDS_AMOUNT_LIMIT);
  EXPECT_THAT(ChecksOf(response, "groceries"),
              ElementsAre("MERCHANT_NOT_IN_PROGRAMME",
                          "NOT_PERMITTED_TO_TERMINAL",
                          "PROGRAMME_NOT_STARTED",
                          "PROGRAMME_ENDED",
                          "OUTSIDE_TIME_WINDOW",
                          "MEMBER_NOT_VERIFIED",
                          "NOT_PERMITTED_TO_MEMBER",
                          "BELOW_MINIMUM_AMOUNT",
                          "NO_EFFECT",
                          "!EXCEEDS_AMOUNT_LIMIT",
                          "EXCEEDS_FREQUENCY_LIMIT",
                          "FUND_NOT_OPEN",
                          "BUDGET_EXHAUSTED"));
  EXPECT_THAT(ChecksOf(response, "breakfast"), testing::Contains("!OUTSIDE_TIME_WINDOW"));
  EXPECT_THAT(ChecksOf(response, "half"), testing::Contains("!PROGRAMME_NOT_STARTED"));
  EXPECT_THAT(ChecksOf(response, "ride"), IsEmpty()) << "not offered to this kind of merchant";

  // A named programme: its benefits only.
  v1::AuthorizeRequest request = Purchase(60'000);
  request.set_programme_code("later");
  const v1::AuthorizeResponse named = Authorize(request);
  EXPECT_THAT(ChecksOf(named, "groceries"), IsEmpty());
  EXPECT_THAT(ChecksOf(named, "half"), testing::Contains("!PROGRAMME_NOT_STARTED"));
  request = Purchase(60'000);
  request.set_programme_code("nothing");
  EXPECT_EQ(Authorize(request).checks_size(), 6);
}

TEST_F(ExplainTest, WithoutAMemberNoBenefitIsJudged) {
  Suspend("M1");
  v1::AuthorizeResponse response = Authorize(ExplainedRide());
  EXPECT_EQ(response.transaction().reason(), v1::REASON_MEMBER_SUSPENDED);
  ASSERT_EQ(response.checks_size(), 6);
  EXPECT_EQ(ChecksOf(response, "").back(), "!MEMBER_SUSPENDED");
  EXPECT_EQ(response.checks(5).display_message(), "Membership is suspended");

  v1::AuthorizeRequest request = ExplainedRide();
  request.set_card_number("99999999");
  response = Authorize(request);
  EXPECT_EQ(response.transaction().reason(), v1::REASON_INVALID_CARD);
  EXPECT_THAT(ChecksOf(response, ""),
              ElementsAre("TERMINAL_INACTIVE", "MERCHANT_INACTIVE", "!INVALID_CARD"));

  request = ExplainedRide();
  request.set_terminal_id("NOBODY");
  response = Authorize(request);
  EXPECT_EQ(response.transaction().reason(), v1::REASON_INVALID_TERMINAL);
  EXPECT_EQ(response.checks_size(), 0);
}

TEST_F(ExplainTest, AStoredAnswerHasNoChecks) {
  v1::AuthorizeRequest request = ExplainedRide();
  const v1::AuthorizeResponse first = Authorize(request);
  EXPECT_EQ(first.checks_size(), 18);
  v1::AuthorizeResponse again = Authorize(request);
  EXPECT_TRUE(again.idempotent_replay());
  EXPECT_EQ(again.checks_size(), 0);
  EXPECT_FALSE(again.checks_truncated());
  EXPECT_EQ(again.transaction().SerializeAsString(), first.transaction().SerializeAsString());
  // Whether to explain is not part of what is asked.
  request.set_explain(false);
  again = Authorize(request);
  EXPECT_TRUE(again.idempotent_replay());
  EXPECT_EQ(again.transaction().SerializeAsString(), first.transaction().SerializeAsString());
}

TEST_F(ExplainTest, AQuoteExplainsAndRecordsNothing) {
  const uint64_t before = TransactionCount();
  for (int i = 0; i < 100; ++i) {  // calls' memory is used again
    v1::AuthorizeRequest request = Purchase(1'000);
    request.set_explain(i % 3 != 0);
    request.clear_request_id();
    const v1::QuoteResponse response = Quote(request);
    EXPECT_EQ(response.transaction().outcome(), v1::OUTCOME_APPROVED);
    EXPECT_EQ(response.checks_size(), i % 3 != 0 ? 6 + 13 + 11 + 11 : 0) << "i=" << i;
  }
  EXPECT_EQ(TransactionCount(), before);
}

TEST_F(ExplainTest, AStreamRefusesToExplain) {
  v1::AuthorizeStreamRequest request;
  *request.add_requests() = Ride();
  *request.add_requests() = ExplainedRide();
  *request.add_requests() = Ride();
  grpc::ClientContext context;
  const auto stream = stub_->AuthorizeStream(&context);
  ASSERT_TRUE(stream->Write(request));
  stream->WritesDone();
  v1::AuthorizeStreamResponse response;
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_TRUE(stream->Finish().ok());
  ASSERT_EQ(response.results_size(), 3);
  EXPECT_EQ(response.results(0).response().transaction().outcome(), v1::OUTCOME_APPROVED);
  EXPECT_EQ(response.results(2).response().transaction().outcome(), v1::OUTCOME_APPROVED);
  ASSERT_TRUE(response.results(1).has_error());
  EXPECT_EQ(response.results(1).error().code(), grpc::StatusCode::INVALID_ARGUMENT);
  const ErrorDetails details = DetailsOf(response.results(1).error());
  ASSERT_EQ(details.bad_request.field_violations_size(), 1);
  EXPECT_EQ(details.bad_request.field_violations(0).field(), "requests[1].explain");
}

// ---- Entitlements ----------------------------------------------------------------

TEST_F(ExplainTest, AMemberSeesAllThatMayBeUsedAndWhen) {
  const v1::GetEntitlementsResponse response = Entitlements("GATE1", kCard1);
  EXPECT_EQ(response.outcome(), v1::OUTCOME_APPROVED);
  EXPECT_EQ(response.reason(), v1::REASON_UNSPECIFIED);
  EXPECT_FALSE(response.truncated());
  EXPECT_EQ(response.as_of().seconds(), kNoon_s);
  ASSERT_THAT(BenefitsOf(response),
              ElementsAre("metro/ride", "shops/groceries", "shops/breakfast", "later/half"));

  const v1::Entitlement& ride = response.entitlements(0);
  EXPECT_EQ(ride.programme_version(), 1U);
  EXPECT_EQ(ride.display_name(), "一分钱乘车");
  EXPECT_EQ(ride.price(), "member pays 1 fen");
  EXPECT_EQ(ride.reason(), v1::REASON_UNSPECIFIED);
  EXPECT_FALSE(ride.has_next_eligible_at());
  EXPECT_EQ(ride.display_message_zh(), "现在可用");
  ASSERT_EQ(ride.limits_size(), 1);
  EXPECT_EQ(ride.limits(0).max(), 3);
  EXPECT_EQ(ride.limits(0).left(), 3);
  EXPECT_EQ(ride.limits(0).resets_at().seconds(), kNoon_s + 12 * kHour_s);

  // Which terminal it would be is not known.
  ASSERT_EQ(response.entitlements(1).limits_size(), 1);
  EXPECT_EQ(response.entitlements(1).limits(0).limit_code(), "month");

  const v1::Entitlement& breakfast = response.entitlements(2);
  EXPECT_EQ(breakfast.reason(), v1::REASON_OUTSIDE_TIME_WINDOW);
  EXPECT_EQ(breakfast.next_eligible_at().seconds(), kNoon_s + 18 * kHour_s);
  EXPECT_EQ(breakfast.display_message_zh(), "不在优惠时段");
  const v1::Entitlement& half = response.entitlements(3);
  EXPECT_EQ(half.reason(), v1::REASON_PROGRAMME_NOT_STARTED);
  EXPECT_EQ(half.next_eligible_at().seconds(), kNewYear2027_s);
}

TEST_F(ExplainTest, ALimitThatIsUsedUpSaysWhenItBeginsAnew) {
  for (int i = 0; i < 3; ++i) {
    v1::AuthorizeRequest request = Ride();
    request.set_capture(i > 0);
    EXPECT_EQ(Authorize(request).transaction().outcome(), v1::OUTCOME_APPROVED);
  }
  const uint64_t before = TransactionCount();
  const v1::Entitlement ride = Entitlements("POS1", kCard1).entitlements(0);
  EXPECT_EQ(ride.benefit_code(), "ride");
  EXPECT_EQ(ride.reason(), v1::REASON_EXCEEDS_FREQUENCY_LIMIT);
  EXPECT_EQ(ride.next_eligible_at().seconds(), kNoon_s + 12 * kHour_s);
  EXPECT_EQ(ride.limits(0).used(), 2);
  EXPECT_EQ(ride.limits(0).held(), 1);
  EXPECT_EQ(ride.limits(0).left(), 0);
  EXPECT_EQ(TransactionCount(), before);

  const v1::Entitlement as_operator = MemberEntitlements("M1", "").entitlements(0);
  EXPECT_EQ(as_operator.SerializeAsString(), ride.SerializeAsString());
}

TEST_F(ExplainTest, HereIsWhatTheTerminalOffers) {
  EXPECT_THAT(BenefitsOf(Entitlements("GATE1", kCard1, /*here=*/true)), ElementsAre("metro/ride"));
  const v1::GetEntitlementsResponse shop = Entitlements("POS1", kCard1, /*here=*/true);
  ASSERT_THAT(BenefitsOf(shop), ElementsAre("shops/groceries", "shops/breakfast", "later/half"));
  ASSERT_EQ(shop.entitlements(0).limits_size(), 2);
  EXPECT_EQ(shop.entitlements(0).limits(1).limit_code(), "till");
  EXPECT_EQ(shop.entitlements(0).limits(1).subject(), v1::LIMIT_SUBJECT_TERMINAL);
}

TEST_F(ExplainTest, AMemberWhoQualifiesForNothingHasAnEmptyList) {
  const v1::GetEntitlementsResponse response = Entitlements("GATE1", kCard2);
  EXPECT_EQ(response.outcome(), v1::OUTCOME_APPROVED);
  EXPECT_THAT(BenefitsOf(response), IsEmpty()) << "the real name is not verified";
  EXPECT_EQ(response.display_message_zh(), "该会员暂无优惠");
}

TEST_F(ExplainTest, WhoMayUseNothingIsToldWhy) {
  ExpectNoList(Entitlements("GATE1", "99999999"), v1::REASON_INVALID_CARD);
  ExpectNoList(Entitlements("NOBODY", kCard1), v1::REASON_INVALID_TERMINAL);
  ExpectNoList(MemberEntitlements("", "99999999"), v1::REASON_INVALID_CARD);
  ExpectNoList(MemberEntitlements("M9", ""), v1::REASON_MEMBER_NOT_FOUND);
  Suspend("M1");
  ExpectNoList(Entitlements("GATE1", kCard1), v1::REASON_MEMBER_SUSPENDED);
  ExpectNoList(MemberEntitlements("M1", ""), v1::REASON_MEMBER_SUSPENDED);
  ExpectNoList(MemberEntitlements("", kCard1), v1::REASON_MEMBER_SUSPENDED);
}

TEST_F(ExplainTest, OperatorsAskByCardOrMember) {
  for (const auto& [member, card] : {std::pair("M1", ""), std::pair("", kCard1)}) {
    const v1::GetMemberEntitlementsResponse response = MemberEntitlements(member, card);
    EXPECT_EQ(response.outcome(), v1::OUTCOME_APPROVED);
    EXPECT_THAT(BenefitsOf(response),
                ElementsAre("metro/ride", "shops/groceries", "shops/breakfast", "later/half"));
    EXPECT_EQ(response.as_of().seconds(), kNoon_s);
  }
}

TEST_F(ExplainTest, BadQuestionsNameTheirField) {
  v1::GetEntitlementsRequest request;
  request.set_card_number("0123456789");
  grpc::ClientContext context;
  v1::GetEntitlementsResponse response;
  grpc::Status status = stub_->GetEntitlements(&context, request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  const ErrorDetails details = DetailsOf(status);
  ASSERT_EQ(details.bad_request.field_violations_size(), 2);
  EXPECT_EQ(details.bad_request.field_violations(0).field(), "terminal_id");
  EXPECT_EQ(details.bad_request.field_violations(1).field(), "card_number");

  const auto field = [this](const std::string& member, const std::string& card) {
    v1::GetMemberEntitlementsResponse answer;
    const grpc::Status refused = AskAsOperator(member, card, &answer);
    EXPECT_EQ(refused.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    const ErrorDetails why = DetailsOf(refused);
    EXPECT_EQ(why.bad_request.field_violations_size(), 1);
    return why.info.metadata().at("field");
  };
  EXPECT_EQ(field("", ""), "member_id");
  EXPECT_EQ(field("M1", kCard1), "member_id");
  EXPECT_EQ(field("has space", ""), "member_id");
  EXPECT_EQ(field("", "123"), "card_number");
}

}  // namespace
}  // namespace gonghui
