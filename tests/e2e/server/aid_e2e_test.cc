// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// A mutual fund over gRPC: contributions and the cover they buy, claims and their review, and
// whether the fund can pay.

#include <string>

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "tests/e2e/server/office.h"

namespace gonghui {
namespace {

using Aid = v1::AidService::Stub;
using grpc::StatusCode;

// Half of what a year's bills exceed 100 yuan by.
constexpr const char* kMutualYaml = R"(gonghui: 1
programme: {code: mutual, name: 住院互助, zone: Asia/Shanghai, starts: 2026-01-01, until: 2027-01-01}
segments:
  - {code: insured, name: 参保职工}
funds:
  - {code: mutual-2026, name: 互助金, budget: 300 yuan}
limits:
  - {code: cost, per: person, each: year, price: unlimited}
  - {code: ceiling, per: person, each: year, amount: 400 yuan, when_exceeded: reduce}
benefits:
  - code: hospital
    name: 住院互助金
    for: {real_name: false, segments_any: [insured], in_segments_for: 30d}
    at: {terminals: [office]}
    claim: {approvals: 2, within: 180d}
    price:
      bands:
        - {from: 100 yuan, percent_off: 50}
      counts_on: cost
    funding: {fund: mutual-2026}
    limits: [cost, ceiling]
    hold: 60d
)";
constexpr int64_t kNewYear_s = 1'767'196'800;   // 2026-01-01 in Shanghai
constexpr int64_t kNextYear_s = 1'798'732'800;  // 2027-01-01
constexpr int64_t kWeek_s = 7 * int64_t{kDay_s};

class AidTest : public OfficeTest {
 protected:
  AidTest() {
    Apply(kMutualYaml);
    AddTerminal("OFFICE1", v1::TERMINAL_KIND_OFFICE);
  }

  static v1::Contribution Paid(const std::string& receipt,
                               const std::string& member = "M1",
                               int64_t amount_fen = 10'000) {
    v1::Contribution row;
    row.set_receipt_code(receipt);
    row.set_fund_code("mutual-2026");
    row.set_member_id(member);
    row.set_segment_code("insured");
    row.set_amount_fen(amount_fen);
    row.mutable_covers_from()->set_seconds(kNewYear_s);
    row.mutable_covers_until()->set_seconds(kNextYear_s);
    return row;
  }
  v1::ImportSummary Import(std::initializer_list<v1::Contribution> rows,
                           bool validate_only = false) {
    v1::ImportContributionsRequest request;
    request.set_validate_only(validate_only);
    for (const v1::Contribution& row : rows) {
      *request.add_contributions() = row;
    }
    const auto stub = v1::AidService::NewStub(harness_.Operators());
    return ImportOne<v1::ImportContributionsResponse>(
        stub.get(), &Aid::ImportContributions, request);
  }

  static v1::AuthorizeRequest Bill(int64_t fen, int64_t days_ago = 14) {
    v1::AuthorizeRequest request;
    request.set_request_id(NextUuid());
    request.set_terminal_id("OFFICE1");
    request.set_card_number(kCard1);
    request.set_list_price_fen(fen);
    request.mutable_event_at()->set_seconds(kNoon_s - days_ago * kDay_s);
    request.set_filed_by("li-ming");
    return request;
  }
  template <class Request>
  static Request AtOffice(const v1::Transaction& claim) {
    Request request = About<Request>(claim);
    request.set_terminal_id("OFFICE1");
    return request;
  }
  v1::Transaction Pay(const v1::Transaction& claim) {
    return Decide(AtOffice<v1::CaptureRequest>(claim));
  }
  template <class Request = v1::ApproveClaimRequest>
  static Request Judged(const v1::Transaction& claim,
                        const std::string& by,
                        const std::string& note = "") {
    Request request;
    request.set_transaction_id(claim.transaction_id());
    request.set_by(by);
    request.set_note(note);
    return request;
  }
  v1::Claim Approve(const v1::Transaction& claim, const std::string& by) {
    return Ok(&Aid::ApproveClaim, Judged(claim, by)).claim();
  }
  v1::Claim Claimed(const v1::Transaction& claim) {
    v1::GetClaimRequest request;
    request.set_transaction_id(claim.transaction_id());
    return Ok(&Aid::GetClaim, request).claim();
  }
  static v1::GetSolvencyRequest Question() {
    v1::GetSolvencyRequest request;
    request.set_fund_code("mutual-2026");
    request.set_segment_code("insured");
    request.mutable_covered_at()->set_seconds(kNoon_s);
    return request;
  }
};

TEST_F(AidTest, AClaimIsFiledApprovedByTwoAndPaid) {
  EXPECT_EQ(Import({Paid("R-1")}).created_count(), 1U);
  const v1::AuthorizeRequest asked = Bill(30'000);
  const v1::Transaction claim = Decide(asked);
  ASSERT_EQ(claim.outcome(), v1::OUTCOME_APPROVED) << claim.DebugString();
  ExpectMoney(claim, 30'000, 10'000);
  EXPECT_EQ(claim.event_at().seconds(), asked.event_at().seconds());
  EXPECT_FALSE(claim.has_slot_at());
  EXPECT_EQ(Now(claim).event_at().seconds(), asked.event_at().seconds());
  ASSERT_EQ(claim.limits_size(), 2);
  EXPECT_EQ(claim.limits(0).limit_code(), "cost");
  EXPECT_EQ(claim.limits(0).measure(), v1::LIMIT_MEASURE_PRICE_FEN);
  EXPECT_TRUE(claim.limits(0).unlimited());
  EXPECT_EQ(claim.limits(0).held(), 30'000);
  ExpectRemembered<v1::AuthorizeRequest, v1::AuthorizeResponse>(
      &Stub::Authorize, asked, claim, "event_at", [](v1::AuthorizeRequest* r) {
        r->mutable_event_at()->set_nanos(1);
      });
  ExpectRemembered<v1::AuthorizeRequest, v1::AuthorizeResponse>(
      &Stub::Authorize, asked, claim, "filed_by", [](v1::AuthorizeRequest* r) {
        r->set_filed_by("wang");
      });

  const v1::Transaction too_early = Pay(claim);
  EXPECT_EQ(too_early.outcome(), v1::OUTCOME_DECLINED);
  EXPECT_EQ(too_early.reason(), v1::REASON_APPROVAL_MISSING);
  EXPECT_EQ(too_early.retry(), v1::RETRY_NEW_ID_LATER);
  ExpectRefused(&Aid::ApproveClaim,
                Judged(claim, "Li-Ming"),
                StatusCode::FAILED_PRECONDITION,
                "SAME_PERSON",
                "by");
  v1::ApproveClaimRequest simulated = Judged(claim, "wang");
  simulated.set_validate_only(true);
  EXPECT_EQ(Ok(&Aid::ApproveClaim, simulated).claim().approvals(), 0U);
  EXPECT_EQ(Approve(claim, "wang").approvals(), 1U);
  EXPECT_EQ(Approve(claim, "wang").approvals(), 1U);  // once is enough
  EXPECT_EQ(Pay(claim).reason(), v1::REASON_APPROVAL_MISSING);
  Restart();
  clock_.Advance(60);
  EXPECT_EQ(Ok(&Aid::ApproveClaim, Judged(claim, "zhao", "材料齐全")).claim().approvals(), 2U);
  const v1::Transaction paid = Pay(claim);
  EXPECT_EQ(paid.outcome(), v1::OUTCOME_APPROVED) << paid.DebugString();

  const v1::Claim told = Claimed(claim);
  EXPECT_EQ(told.transaction_id(), claim.transaction_id());
  EXPECT_EQ(told.transaction().state(), v1::TRANSACTION_STATE_CAPTURED);
  EXPECT_EQ(told.event_at().seconds(), kNoon_s - 14 * int64_t{kDay_s});
  EXPECT_EQ(told.filed_by(), "li-ming");
  EXPECT_EQ(told.approvals_required(), 2U);
  ASSERT_EQ(told.judgements_size(), 2);
  EXPECT_EQ(told.judgements(0).by(), "wang");
  EXPECT_EQ(told.judgements(1).by(), "zhao");
  EXPECT_EQ(told.judgements(1).note(), "材料齐全");
  EXPECT_TRUE(told.judgements(1).approved());
  EXPECT_EQ(told.judgements(1).at().seconds(), kNoon_s + 60);
  ExpectRefused(&Aid::ApproveClaim,
                Judged(claim, "sun"),
                StatusCode::FAILED_PRECONDITION,
                "NOT_ALLOWED_FROM_STATE",
                "transaction_id");
}

TEST_F(AidTest, AClaimSaysWhoFilesIt) {
  ExpectBad<v1::AuthorizeRequest, v1::AuthorizeResponse>(
      &Stub::Authorize, Bill(30'000), "filed_by", [](v1::AuthorizeRequest* r) {
        r->clear_filed_by();
      });
}

TEST_F(AidTest, WhatIsRejectedIsReleased) {
  Import({Paid("R-1")});
  const v1::Transaction claim = Decide(Bill(30'000));
  v1::RejectClaimRequest request = Judged<v1::RejectClaimRequest>(claim, "wang");
  ExpectRefused(&Aid::RejectClaim, request, StatusCode::INVALID_ARGUMENT, "INVALID_FIELD", "note");
  request.set_note("不在保障范围");
  const v1::Claim rejected = Ok(&Aid::RejectClaim, request).claim();
  EXPECT_EQ(rejected.transaction().state(), v1::TRANSACTION_STATE_REVERSED);
  ASSERT_EQ(rejected.judgements_size(), 1);
  EXPECT_FALSE(rejected.judgements(0).approved());
  EXPECT_EQ(rejected.judgements(0).note(), "不在保障范围");
  ExpectRefused(&Aid::RejectClaim,
                request,
                StatusCode::FAILED_PRECONDITION,
                "NOT_ALLOWED_FROM_STATE",
                "transaction_id");
  EXPECT_EQ(Pay(claim).outcome(), v1::OUTCOME_DECLINED);
  // Its bill counts no more: the next one starts where it did.
  ExpectMoney(Decide(Bill(30'000)), 30'000, 10'000);
}

TEST_F(AidTest, BillsOfAYearAddUp) {
  Import({Paid("R-1")});
  ExpectMoney(Decide(Bill(5'000)), 5'000, 0);
  ExpectMoney(Decide(Bill(15'000)), 15'000, 5'000);  // of 200 yuan together
  ExpectMoney(Decide(Bill(10'000)), 10'000, 5'000);
}

TEST_F(AidTest, TheDayOfTheEventDecides) {
  ExpectDeclined(Decide(Bill(30'000)), v1::REASON_NOT_PERMITTED_TO_MEMBER);
  v1::Contribution late = Paid("R-1");
  late.mutable_covers_from()->set_seconds(kNoon_s - 4 * kWeek_s);
  Import({late});
  ExpectDeclined(Decide(Bill(30'000, 35)), v1::REASON_NOT_PERMITTED_TO_MEMBER);
  ExpectDeclined(Decide(Bill(30'000, 14)), v1::REASON_WAITING_PERIOD);
  v1::AuthorizeRequest future = Bill(30'000, -1);
  ExpectDeclined(Decide(future), v1::REASON_EVENT_NOT_YET);
  Import({Paid("R-2", "M2")});
  v1::AuthorizeRequest old = Bill(30'000, 100);
  old.set_card_number(kCard2);
  EXPECT_EQ(Decide(old).outcome(), v1::OUTCOME_APPROVED);
  clock_.Advance(81 * int64_t{kDay_s});
  old.set_request_id(NextUuid());
  ExpectDeclined(Decide(old), v1::REASON_CLAIM_TOO_LATE);
  // Without the event it is no claim, and an office sells nothing else.
  v1::AuthorizeRequest plain = Bill(30'000);
  plain.clear_event_at();
  plain.clear_filed_by();
  plain.set_programme_code("mutual");
  EXPECT_EQ(Decide(plain).outcome(), v1::OUTCOME_DECLINED);
}

TEST_F(AidTest, AContributionIsImportedOnceAndUndoneWhileItIsThere) {
  v1::ImportSummary summary = Import({Paid("R-1"), Paid("R-2", "M2")}, /*validate_only=*/true);
  EXPECT_EQ(summary.accepted_count(), 2U);
  summary = Import({Paid("R-1"), Paid("R-2", "M2")});
  EXPECT_EQ(summary.accepted_count(), 2U);
  EXPECT_EQ(summary.created_count(), 2U);
  summary = Import({Paid("R-1"), Paid("R-2", "M2"), Paid("R-1", "M1", 9'999), Paid("R-3", "M9")});
  EXPECT_EQ(summary.unchanged_count(), 2U);
  ASSERT_EQ(summary.rejected_rows_size(), 2);
  EXPECT_EQ(summary.rejected_rows(0).index(), 2U);
  EXPECT_EQ(summary.rejected_rows(0).reason(), "BELONGS_TO_ANOTHER");
  EXPECT_EQ(summary.rejected_rows(0).field(), "receipt_code");
  EXPECT_EQ(summary.rejected_rows(1).reason(), "UNKNOWN_REFERENCE");
  EXPECT_EQ(summary.rejected_rows(1).field(), "member_id");
  v1::Contribution unknown = Paid("R-4");
  unknown.set_segment_code("none");
  summary = Import({unknown});
  ASSERT_EQ(summary.rejected_rows_size(), 1);
  EXPECT_EQ(summary.rejected_rows(0).field(), "segment_code");

  v1::ListContributionsRequest list;
  list.set_fund_code("mutual-2026");
  auto found = Ok(&Aid::ListContributions, list);
  ASSERT_EQ(found.contributions_size(), 2);
  EXPECT_EQ(found.contributions(1).receipt_code(), "R-2");
  EXPECT_EQ(found.contributions(1).member_id(), "M2");
  EXPECT_EQ(found.contributions(1).segment_code(), "insured");
  EXPECT_EQ(found.contributions(1).amount_fen(), 10'000);
  EXPECT_EQ(found.contributions(1).contributed_at().seconds(), kNoon_s);
  list.set_fund_code("shop-fund");
  EXPECT_EQ(Ok(&Aid::ListContributions, list).contributions_size(), 0);
  list.set_fund_code("none");
  ExpectRefused(&Aid::ListContributions, list, StatusCode::NOT_FOUND, "NOT_FOUND", "fund_code");

  v1::RevokeContributionRequest revoke;
  revoke.set_fund_code("mutual-2026");
  revoke.set_receipt_code("R-2");
  EXPECT_TRUE(Ok(&Aid::RevokeContribution, revoke).contribution().revoked());
  EXPECT_TRUE(Ok(&Aid::RevokeContribution, revoke).contribution().revoked());
  revoke.set_receipt_code("R-9");
  ExpectRefused(
      &Aid::RevokeContribution, revoke, StatusCode::NOT_FOUND, "UNKNOWN_REFERENCE", "receipt_code");
  // What is promised to somebody can not be taken back.
  EXPECT_EQ(Decide(Bill(70'000)).subsidy_fen(), 30'000);
  EXPECT_EQ(Decide(Bill(30'000)).outcome(), v1::OUTCOME_APPROVED);
  revoke.set_receipt_code("R-1");
  ExpectRefused(&Aid::RevokeContribution,
                revoke,
                StatusCode::FAILED_PRECONDITION,
                "BELOW_COMMITTED",
                "amount_fen");
}

TEST_F(AidTest, SolvencyIsCounted) {
  Import({Paid("R-1")});
  clock_.Advance(kDay_s);
  Import({Paid("R-2", "M2"), Paid("R-3", "M2", 5'000)});
  const v1::Transaction paid = Decide(Bill(30'000));  // 100 yuan
  const v1::Transaction held = Decide(Bill(10'000));  // 50
  const v1::Transaction rejected = Decide(Bill(2'000));
  Approve(paid, "wang");
  Approve(paid, "zhao");
  EXPECT_EQ(Pay(paid).outcome(), v1::OUTCOME_APPROVED);
  Ok(&Aid::RejectClaim, Judged<v1::RejectClaimRequest>(rejected, "wang", "重复"));

  v1::GetSolvencyResponse told = Ok(&Aid::GetSolvency, Question());
  EXPECT_EQ(told.brought_fen(), 30'000);
  EXPECT_EQ(told.contributed_fen(), 25'000);
  EXPECT_EQ(told.contribution_count(), 3U);
  EXPECT_EQ(told.contributed_within_fen(), 25'000);
  EXPECT_EQ(told.contribution_within_count(), 3U);
  EXPECT_EQ(told.held_fen(), 5'000);
  EXPECT_EQ(told.paid_fen(), 10'000);
  EXPECT_EQ(told.left_fen(), 40'000);
  EXPECT_EQ(told.suspense_fen(), 0);
  EXPECT_EQ(told.paid_of_contributed_bps(), 4'000);
  EXPECT_EQ(told.claims_filed(), 3U);
  EXPECT_EQ(told.claims_paid(), 1U);
  EXPECT_EQ(told.claims_rejected(), 1U);
  EXPECT_EQ(told.claims_ended(), 0U);
  EXPECT_EQ(told.covered_members(), 2);

  v1::GetSolvencyRequest question = Question();
  question.mutable_contributions_from()->set_seconds(kNoon_s + 1);
  question.mutable_covered_at()->set_seconds(kNextYear_s);
  told = Ok(&Aid::GetSolvency, question);
  EXPECT_EQ(told.contributed_within_fen(), 15'000);
  EXPECT_EQ(told.contribution_within_count(), 2U);
  EXPECT_EQ(told.covered_members(), 0);
  question.mutable_contributions_until()->set_seconds(kNoon_s);
  ExpectRefused(&Aid::GetSolvency,
                question,
                StatusCode::INVALID_ARGUMENT,
                "INVALID_FIELD",
                "contributions_until");
  question = Question();
  question.clear_segment_code();
  EXPECT_EQ(Ok(&Aid::GetSolvency, question).covered_members(), -1);
  question.set_segment_code("none");
  ExpectRefused(&Aid::GetSolvency, question, StatusCode::NOT_FOUND, "NOT_FOUND", "segment_code");
  question = Question();
  question.set_fund_code("shop-fund");
  EXPECT_EQ(Ok(&Aid::GetSolvency, question).paid_of_contributed_bps(), -1);

  v1::ListClaimsRequest list;
  EXPECT_EQ(Ok(&Aid::ListClaims, list).claims_size(), 3);
  list.set_open_only(true);
  const auto open = Ok(&Aid::ListClaims, list);
  ASSERT_EQ(open.claims_size(), 1);
  EXPECT_EQ(open.claims(0).transaction_id(), held.transaction_id());
  EXPECT_EQ(open.claims(0).transaction().state(), v1::TRANSACTION_STATE_PENDING);
  EXPECT_EQ(open.claims(0).approvals_required(), 2U);
  EXPECT_EQ(open.claims(0).member_id(), "M1");
  list.set_open_only(false);
  list.set_member_id("M2");
  EXPECT_EQ(Ok(&Aid::ListClaims, list).claims_size(), 0);
  list.set_member_id("M1");
  list.set_page_size(2);
  const auto page = Ok(&Aid::ListClaims, list);
  EXPECT_EQ(page.claims_size(), 2);
  list.set_page_token(page.next_page_token());
  EXPECT_EQ(Ok(&Aid::ListClaims, list).claims_size(), 1);
  list.set_member_id("M9");
  ExpectRefused(&Aid::ListClaims, list, StatusCode::NOT_FOUND, "NOT_FOUND", "member_id");
}

TEST_F(AidTest, OnlyAClaimIsOne) {
  const v1::Transaction sale = Decide(Purchase(1'000));
  v1::GetClaimRequest request;
  request.set_transaction_id(sale.transaction_id());
  ExpectRefused(&Aid::GetClaim, request, StatusCode::NOT_FOUND, "NOT_FOUND", "transaction_id");
  ExpectRefused(&Aid::ApproveClaim,
                Judged(sale, "wang"),
                StatusCode::NOT_FOUND,
                "UNKNOWN_REFERENCE",
                "transaction_id");
  request.set_transaction_id("zzzzzzzzzzzz");
  ExpectRefused(&Aid::GetClaim, request, StatusCode::NOT_FOUND, "NOT_FOUND", "transaction_id");
  request.set_transaction_id("");
  ExpectRefused(
      &Aid::GetClaim, request, StatusCode::INVALID_ARGUMENT, "INVALID_FIELD", "transaction_id");
}

// A claim is paid at once only where nobody has to agree.
TEST_F(AidTest, NothingIsPaidAtOnceThatHasToBeApproved) {
  Import({Paid("R-1")});
  v1::AuthorizeRequest request = Bill(30'000);
  request.set_capture(true);
  ExpectDeclined(Decide(request), v1::REASON_APPROVAL_MISSING);
}

}  // namespace
}  // namespace gonghui
