// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Vouchers over gRPC: pick-up codes at a till and at a kiosk, grants of outside events.

#include <array>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "tests/e2e/server/office.h"

namespace gonghui {
namespace {

using Vouchers = v1::VoucherService::Stub;
using grpc::StatusCode;

// Five bottles, each for a code.
constexpr const char* kWaterYaml = R"(gonghui: 1
programme: {code: water, name: 凭码取水, zone: Asia/Shanghai, starts: 2026-01-01, until: 2027-01-01}
funds:
  - {code: bottles, name: 饮用水, budget: 5 pieces}
benefits:
  - code: bottle
    name: 凭码领水
    for: {real_name: false}
    at: {mcc: [5411]}
    price: {free: true}
    stock: {fund: bottles, units: 1}
    voucher: water-2026
)";

class VouchersTest : public OfficeTest {
 protected:
  VouchersTest() {
    Apply(kWaterYaml);
    AddTerminal("VM1", v1::TERMINAL_KIND_VENDING);
  }

  template <class Request>
  static void SetTimes(Request* request, int64_t from_s = -60, int64_t until_s = 3'600) {
    request->mutable_valid_from()->set_seconds(kNoon_s + from_s);
    request->mutable_expires_at()->set_seconds(kNoon_s + until_s);
  }
  static v1::IssueCodesRequest Codes(uint32_t count) {
    v1::IssueCodesRequest request;
    request.set_series_code("water-2026");
    request.set_count(count);
    SetTimes(&request);
    return request;
  }
  v1::IssuedCode NewCode() { return Ok(&Vouchers::IssueCodes, Codes(1)).codes(0); }
  v1::IssuedCode NewCodeOf(const std::string& member) {
    v1::IssueCodesRequest request = Codes(0);
    request.add_member_ids(member);
    request.set_again(true);
    return Ok(&Vouchers::IssueCodes, request).codes(0);
  }
  static v1::GrantVouchersRequest Grant(const std::string& event, const std::string& member) {
    v1::GrantVouchersRequest request;
    request.set_source("quiz-2026");
    request.set_series_code("water-2026");
    v1::Grant* const grant = request.add_grants();
    grant->set_event_id(event);
    grant->set_member_id(member);
    SetTimes(&request);
    return request;
  }

  // A bottle, without a card unless one is given.
  static v1::AuthorizeRequest Fetch(const std::string& code,
                                    bool sale = true,
                                    const std::string& card = "",
                                    const std::string& terminal = "VM1") {
    v1::AuthorizeRequest request;
    request.set_request_id(NextUuid());
    request.set_terminal_id(terminal);
    request.set_card_number(card);
    request.set_voucher_code(code);
    request.set_capture(sale);
    return request;
  }
  template <class Request>
  static Request AtKiosk(const v1::Transaction& hold) {
    Request request = About<Request>(hold);
    request.set_terminal_id("VM1");
    return request;
  }
  v1::VoucherState StateOf(const v1::IssuedCode& code) {
    return VoucherOf(code.voucher_key()).state();
  }
  static v1::ListVouchersRequest ListOf(const std::string& series) {
    v1::ListVouchersRequest request;
    request.set_series_code(series);
    return request;
  }
  int64_t BottlesLeft() {
    v1::GetFundRequest request;
    request.set_fund_code("bottles");
    return Ok(&v1::ProgrammeService::Stub::GetFund, request).fund().left();
  }
};

TEST_F(VouchersTest, ACodeIsUsedOnceThoughTwoTerminalsTry) {
  for (int round = 0; round < 3; ++round) {
    const v1::IssuedCode code = NewCode();
    std::array<v1::Transaction, 2> answers;
    std::thread other([&] { answers[0] = Decide(Fetch(code.voucher_code(), true, "", "POS1")); });
    answers[1] = Decide(Fetch(code.voucher_code()));
    other.join();
    const bool first = answers[0].outcome() == v1::OUTCOME_APPROVED;
    EXPECT_EQ(answers[first ? 0 : 1].outcome(), v1::OUTCOME_APPROVED);
    ExpectDeclined(answers[first ? 1 : 0], v1::REASON_VOUCHER_REDEEMED);
    EXPECT_EQ(StateOf(code), v1::VOUCHER_STATE_REDEEMED);
  }
  EXPECT_EQ(BottlesLeft(), 2);
}

TEST_F(VouchersTest, AKioskReservesDropsAndCaptures) {
  const v1::IssuedCode code = NewCode();
  EXPECT_EQ(code.voucher_code().size(), 19U);
  EXPECT_TRUE(code.member_id().empty());
  const v1::Transaction hold = Decide(Fetch(code.voucher_code(), /*sale=*/false));
  ASSERT_EQ(hold.outcome(), v1::OUTCOME_APPROVED) << hold.DebugString();
  v1::Voucher voucher = VoucherOf(code.voucher_key());
  EXPECT_EQ(voucher.state(), v1::VOUCHER_STATE_RESERVED);
  EXPECT_EQ(voucher.transaction_id(), hold.transaction_id());
  EXPECT_EQ(voucher.series_code(), "water-2026");
  ExpectDeclined(Decide(Fetch(code.voucher_code())), v1::REASON_VOUCHER_RESERVED);
  EXPECT_EQ(Decide(AtKiosk<v1::CaptureRequest>(hold)).outcome(), v1::OUTCOME_APPROVED);
  EXPECT_EQ(StateOf(code), v1::VOUCHER_STATE_REDEEMED);
  ExpectDeclined(Decide(Fetch(code.voucher_code())), v1::REASON_VOUCHER_REDEEMED);
}

TEST_F(VouchersTest, AReversalGivesBackAndARestartForgetsNothing) {
  const v1::IssuedCode code = NewCode();
  const v1::AuthorizeRequest asked = Fetch(code.voucher_code(), /*sale=*/false);
  const v1::Transaction hold = Decide(asked);
  Restart();
  EXPECT_EQ(StateOf(code), v1::VOUCHER_STATE_RESERVED);
  // The same request is the same answer, and another code another request.
  ExpectRemembered<v1::AuthorizeRequest, v1::AuthorizeResponse>(
      &Stub::Authorize, asked, hold, "voucher_code", [&](v1::AuthorizeRequest* r) {
        r->set_voucher_code(NewCode().voucher_code());
      });
  v1::ReverseRequest jammed = AtKiosk<v1::ReverseRequest>(hold);
  jammed.set_reversal_reason(v1::REVERSAL_REASON_DEVICE_UNABLE);
  EXPECT_EQ(Decide(jammed).outcome(), v1::OUTCOME_APPROVED);
  EXPECT_EQ(StateOf(code), v1::VOUCHER_STATE_ISSUED);
  EXPECT_EQ(BottlesLeft(), 5);
  Restart();
  EXPECT_EQ(Decide(Fetch(code.voucher_code())).outcome(), v1::OUTCOME_APPROVED);
  EXPECT_EQ(StateOf(code), v1::VOUCHER_STATE_REDEEMED);
}

TEST_F(VouchersTest, WhatRunsOutGivesBackToo) {
  const v1::IssuedCode code = NewCode();
  v1::AuthorizeRequest request = Fetch(code.voucher_code(), /*sale=*/false);
  request.set_hold_seconds(60);
  const v1::Transaction hold = Decide(request);
  EXPECT_EQ(hold.outcome(), v1::OUTCOME_APPROVED);
  clock_.Advance(60);
  WaitUntilExpired(hold);
  EXPECT_EQ(Decide(Fetch(code.voucher_code())).outcome(), v1::OUTCOME_APPROVED);
}

TEST_F(VouchersTest, ABoundCodeIsItsMembersAlone) {
  const v1::IssuedCode code = NewCodeOf("M1");
  EXPECT_EQ(code.member_id(), "M1");
  ExpectDeclined(Decide(Fetch(code.voucher_code(), true, kCard2)), v1::REASON_VOUCHER_OF_ANOTHER);
  EXPECT_EQ(Decide(Fetch(code.voucher_code(), true, kCard1)).outcome(), v1::OUTCOME_APPROVED);
  // At a kiosk the code stands for its member.
  EXPECT_EQ(Decide(Fetch(NewCodeOf("M2").voucher_code())).outcome(), v1::OUTCOME_APPROVED);
}

// A lost answer that is asked for again must not give anybody two.
TEST_F(VouchersTest, AMemberHasOneUnlessAnotherIsMeant) {
  v1::IssueCodesRequest request = Codes(0);
  request.add_member_ids("M1");
  request.add_member_ids("M1");
  ExpectRefused(&Vouchers::IssueCodes,
                request,
                StatusCode::ALREADY_EXISTS,
                "ALREADY_EXISTS",
                "member_ids[1]");
  request.set_member_ids(1, "M2");
  const v1::IssueCodesResponse first = Ok(&Vouchers::IssueCodes, request);
  ASSERT_EQ(first.codes_size(), 2);
  for (const bool validate_only : {false, true}) {
    request.set_validate_only(validate_only);
    ExpectRefused(&Vouchers::IssueCodes,
                  request,
                  StatusCode::ALREADY_EXISTS,
                  "ALREADY_EXISTS",
                  "member_ids[0]");
  }
  request.set_validate_only(false);
  // With other times it is another thing; what is used counts, what was taken back does not.
  v1::IssueCodesRequest later = request;
  SetTimes(&later, 3'600, 7'200);
  EXPECT_EQ(Ok(&Vouchers::IssueCodes, later).codes_size(), 2);
  EXPECT_EQ(Decide(Fetch(first.codes(1).voucher_code())).outcome(), v1::OUTCOME_APPROVED);
  v1::VoidVouchersRequest taken_back;
  taken_back.add_voucher_keys(first.codes(0).voucher_key());
  EXPECT_EQ(Ok(&Vouchers::VoidVouchers, taken_back).voided_count(), 1U);
  ExpectRefused(&Vouchers::IssueCodes,
                request,
                StatusCode::ALREADY_EXISTS,
                "ALREADY_EXISTS",
                "member_ids[1]");
  request.mutable_member_ids()->RemoveLast();
  EXPECT_EQ(Ok(&Vouchers::IssueCodes, request).codes_size(), 1);
  request.set_again(true);
  EXPECT_EQ(Ok(&Vouchers::IssueCodes, request).codes_size(), 1);
  request.set_member_ids(0, "M9");
  request.set_again(false);
  ExpectRefused(
      &Vouchers::IssueCodes, request, StatusCode::NOT_FOUND, "UNKNOWN_REFERENCE", "member_ids[0]");
}

TEST_F(VouchersTest, ACodeHasItsTime) {
  v1::IssueCodesRequest request = Codes(1);
  SetTimes(&request, 60, 120);
  const std::string code = Ok(&Vouchers::IssueCodes, request).codes(0).voucher_code();
  const v1::Transaction early = Decide(Fetch(code));
  ExpectDeclined(early, v1::REASON_VOUCHER_NOT_YET_VALID);
  EXPECT_EQ(early.next_eligible_at().seconds(), request.valid_from().seconds());
  clock_.Advance(120);
  ExpectDeclined(Decide(Fetch(code)), v1::REASON_VOUCHER_EXPIRED);
}

TEST_F(VouchersTest, AnEventGrantsOnceAndTheMemberNeedsNoCode) {
  v1::AuthorizeRequest plain = Fetch("", true, kCard1);
  plain.set_programme_code("water");
  ExpectDeclined(Decide(plain), v1::REASON_NO_VOUCHER);
  EXPECT_EQ(Ok(&Vouchers::GrantVouchers, Grant("e-1", "M1")).created_count(), 1U);
  EXPECT_EQ(Ok(&Vouchers::GrantVouchers, Grant("e-1", "M1")).created_count(), 0U);
  v1::GrantVouchersRequest two = Grant("e-1", "M1");
  *two.add_grants() = Grant("e-2", "M1").grants(0);
  EXPECT_EQ(Ok(&Vouchers::GrantVouchers, two).created_count(), 1U);
  ExpectRefused(&Vouchers::GrantVouchers,
                Grant("e-1", "M2"),
                StatusCode::FAILED_PRECONDITION,
                "BELONGS_TO_ANOTHER",
                "grants[0]");
  two.mutable_grants(1)->set_event_id("e-3");
  two.mutable_grants(1)->set_member_id("M9");
  ExpectRefused(&Vouchers::GrantVouchers,
                two,
                StatusCode::NOT_FOUND,
                "UNKNOWN_REFERENCE",
                "grants[1].member_id");

  plain.set_request_id(NextUuid());
  const v1::Transaction taken = Decide(plain);
  EXPECT_EQ(taken.outcome(), v1::OUTCOME_APPROVED) << taken.DebugString();
  v1::GetVoucherRequest by_event;
  by_event.set_source("quiz-2026");
  by_event.set_event_id("e-1");
  const v1::Voucher voucher = Ok(&Vouchers::GetVoucher, by_event).voucher();
  EXPECT_EQ(voucher.member_id(), "M1");
  EXPECT_EQ(voucher.state(), v1::VOUCHER_STATE_REDEEMED);
  EXPECT_EQ(voucher.transaction_id(), taken.transaction_id());
}

TEST_F(VouchersTest, WhatIsNotInUseIsTakenBackAndAllOrNone) {
  const v1::IssuedCode unused = NewCode();
  const v1::IssuedCode used = NewCode();
  EXPECT_EQ(Decide(Fetch(used.voucher_code())).outcome(), v1::OUTCOME_APPROVED);
  v1::VoidVouchersRequest request;
  request.add_voucher_keys(unused.voucher_key());
  request.add_voucher_keys(used.voucher_key());
  ExpectRefused(&Vouchers::VoidVouchers,
                request,
                StatusCode::FAILED_PRECONDITION,
                "NOT_ALLOWED_FROM_STATE",
                "voucher_keys[1]");
  EXPECT_EQ(StateOf(unused), v1::VOUCHER_STATE_ISSUED);
  request.set_voucher_keys(1, std::string(32, '1'));
  ExpectRefused(&Vouchers::VoidVouchers,
                request,
                StatusCode::NOT_FOUND,
                "UNKNOWN_REFERENCE",
                "voucher_keys[1]");
  request.mutable_voucher_keys()->RemoveLast();
  request.set_validate_only(true);
  EXPECT_EQ(Ok(&Vouchers::VoidVouchers, request).voided_count(), 1U);
  EXPECT_EQ(StateOf(unused), v1::VOUCHER_STATE_ISSUED);
  request.set_validate_only(false);
  EXPECT_EQ(Ok(&Vouchers::VoidVouchers, request).voided_count(), 1U);
  EXPECT_EQ(Ok(&Vouchers::VoidVouchers, request).voided_count(), 0U);
  ExpectDeclined(Decide(Fetch(unused.voucher_code())), v1::REASON_VOUCHER_VOID);
}

TEST_F(VouchersTest, SeriesAreCountedAndListed) {
  v1::IssueCodesRequest request = Codes(7);
  request.set_validate_only(true);
  EXPECT_EQ(Ok(&Vouchers::IssueCodes, request).codes_size(), 0);
  EXPECT_EQ(Ok(&Vouchers::ListVouchers, ListOf("water-2026")).vouchers_size(), 0);
  request.set_validate_only(false);
  const auto codes = Ok(&Vouchers::IssueCodes, request).codes();
  ASSERT_EQ(codes.size(), 7);
  EXPECT_EQ(Decide(Fetch(codes[0].voucher_code())).outcome(), v1::OUTCOME_APPROVED);
  EXPECT_EQ(Decide(Fetch(codes[1].voucher_code(), false)).outcome(), v1::OUTCOME_APPROVED);

  const auto series = Ok(&Vouchers::ListVoucherSeries, v1::ListVoucherSeriesRequest());
  ASSERT_EQ(series.series_size(), 1);
  EXPECT_EQ(series.series(0).series_code(), "water-2026");
  EXPECT_EQ(series.series(0).issued_count(), 5U);
  EXPECT_EQ(series.series(0).reserved_count(), 1U);
  EXPECT_EQ(series.series(0).redeemed_count(), 1U);
  EXPECT_EQ(series.series(0).voided_count(), 0U);

  v1::ListVouchersRequest list = ListOf("water-2026");
  list.set_page_size(3);
  std::vector<std::string> keys;
  do {
    const auto page = Ok(&Vouchers::ListVouchers, list);
    for (const v1::Voucher& voucher : page.vouchers()) {
      keys.push_back(voucher.voucher_key());
    }
    list.set_page_token(page.next_page_token());
  } while (!list.page_token().empty());
  ASSERT_EQ(keys.size(), 7U);
  for (int i = 0; i < 7; ++i) {
    EXPECT_EQ(keys[static_cast<size_t>(i)], codes[i].voucher_key());
  }
  list = ListOf("water-2026");
  list.set_state(v1::VOUCHER_STATE_RESERVED);
  const auto reserved = Ok(&Vouchers::ListVouchers, list);
  ASSERT_EQ(reserved.vouchers_size(), 1);
  EXPECT_EQ(reserved.vouchers(0).voucher_key(), codes[1].voucher_key());
}

TEST_F(VouchersTest, AMembersVouchersTheNewestFirst) {
  NewCodeOf("M1");
  v1::GrantVouchersRequest other = Grant("e-1", "M1");
  other.set_series_code("cinema-2026");
  Ok(&Vouchers::GrantVouchers, other);
  const v1::IssuedCode newest = NewCodeOf("M1");
  NewCodeOf("M2");
  v1::ListMemberVouchersRequest request;
  request.set_member_id("M1");
  auto found = Ok(&Vouchers::ListMemberVouchers, request);
  ASSERT_EQ(found.vouchers_size(), 3);
  EXPECT_FALSE(found.truncated());
  EXPECT_EQ(found.vouchers(0).voucher_key(), newest.voucher_key());
  EXPECT_EQ(found.vouchers(2).series_code(), "cinema-2026");
  request.set_series_code("cinema-2026");
  EXPECT_EQ(Ok(&Vouchers::ListMemberVouchers, request).vouchers_size(), 1);
  request.set_series_code("none");
  ExpectRefused(
      &Vouchers::ListMemberVouchers, request, StatusCode::NOT_FOUND, "NOT_FOUND", "series_code");
  request.set_member_id("M9");
  request.clear_series_code();
  ExpectRefused(
      &Vouchers::ListMemberVouchers, request, StatusCode::NOT_FOUND, "NOT_FOUND", "member_id");
}

TEST_F(VouchersTest, WhatIsMistypedIsRefusedAndWhatIsUnknownDeclined) {
  using R = v1::AuthorizeRequest;
  const v1::IssuedCode code = NewCode();
  std::string mistyped = code.voucher_code();
  mistyped[0] = mistyped[0] == 'A' ? 'B' : 'A';
  ExpectBad<R, v1::AuthorizeResponse>(
      &Stub::Authorize, Fetch(code.voucher_code()), "voucher_code", [&](R* r) {
        r->set_voucher_code(mistyped);
      });
  // A code that reads well and was never issued: that of a simulation.
  v1::IssueCodesRequest simulated = Codes(1);
  simulated.set_validate_only(true);
  Ok(&Vouchers::IssueCodes, simulated);
  ExpectDeclined(Decide(Fetch("0000-0000-0000-0000")), v1::REASON_VOUCHER_NOT_FOUND);
  v1::GetVoucherRequest request;
  request.set_voucher_code("0000-0000-0000-0000");
  ExpectRefused(&Vouchers::GetVoucher, request, StatusCode::NOT_FOUND, "NOT_FOUND", "voucher_code");
  request.set_voucher_code(mistyped);
  ExpectRefused(&Vouchers::GetVoucher,
                request,
                StatusCode::INVALID_ARGUMENT,
                "INVALID_FIELD",
                "voucher_code");
}

TEST_F(VouchersTest, AStreamTakesCodesToo) {
  const v1::IssuedCode code = NewCode();
  grpc::ClientContext context;
  const auto stream = stub_->AuthorizeStream(&context);
  v1::AuthorizeStreamRequest request;
  for (int i = 0; i < 2; ++i) {
    *request.add_requests() = Fetch(code.voucher_code());
  }
  *request.add_requests() = Fetch("no code");
  ASSERT_TRUE(stream->Write(request));
  stream->WritesDone();
  v1::AuthorizeStreamResponse response;
  ASSERT_TRUE(stream->Read(&response));
  ASSERT_EQ(response.results_size(), 3);
  EXPECT_EQ(response.results(0).response().transaction().outcome(), v1::OUTCOME_APPROVED);
  EXPECT_EQ(response.results(1).response().transaction().reason(), v1::REASON_VOUCHER_REDEEMED);
  const ErrorDetails details = DetailsOf(response.results(2).error());
  ASSERT_EQ(details.bad_request.field_violations_size(), 1);
  EXPECT_EQ(details.bad_request.field_violations(0).field(), "requests[2].voucher_code");
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(VouchersTest, AQuoteTakesNothingAndTheChecksAreExplained) {
  const v1::IssuedCode code = NewCode();
  v1::QuoteRequest quote;
  *quote.mutable_authorize() = Fetch(code.voucher_code());
  quote.mutable_authorize()->set_explain(true);
  const v1::QuoteResponse quoted = CallOk(&Stub::Quote, quote);
  EXPECT_EQ(quoted.transaction().outcome(), v1::OUTCOME_APPROVED);
  bool told = false;
  for (const v1::CheckOutcome& check : quoted.checks()) {
    told = told || (check.check() == v1::REASON_VOUCHER_REDEEMED && check.passed());
    EXPECT_FALSE(check.display_message_zh().empty());
  }
  EXPECT_TRUE(told) << quoted.DebugString();
  EXPECT_EQ(StateOf(code), v1::VOUCHER_STATE_ISSUED);
}

}  // namespace
}  // namespace gonghui
