// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Requests as terminals send them, and what comes of them.

#ifndef GONGHUI_TESTS_UNIT_SERVER_REQUESTS_H_
#define GONGHUI_TESTS_UNIT_SERVER_REQUESTS_H_

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "engine/server/refusal.h"
#include "engine/server/translate.h"
#include "gonghui/v1/authorization_service.pb.h"

namespace gonghui {

inline constexpr const char* kUuid = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";
inline constexpr const char* kOtherUuid = "6ba7b810-9dad-11d1-80b4-00c04fd430c9";

inline v1::AuthorizeRequest GoodAuthorize() {
  v1::AuthorizeRequest request;
  request.set_request_id(kUuid);
  request.set_terminal_id("T1");
  request.set_merchant_id("MERCHANT-1");
  request.set_card_number("6212345678901234");
  request.set_list_price_fen(400);
  request.set_programme_code("metro");
  request.set_capture(true);
  request.set_if_no_benefit(v1::IF_NO_BENEFIT_FULL_PRICE);
  request.set_pos_entry_mode(v1::POS_ENTRY_MODE_QR_CODE);
  request.set_hold_seconds(60);
  request.set_stan(123'456);
  request.mutable_transmission_time()->set_seconds(1'777'777'777);
  request.mutable_occurred_at()->set_seconds(1'777'777'776);
  request.set_transport_data("abc");
  request.set_allow_partial_approval(true);
  return request;
}

inline v1::CaptureRequest GoodCapture() {
  v1::CaptureRequest request;
  request.set_request_id(kUuid);
  request.set_terminal_id("T1");
  request.set_original_transaction_id("00000000000A");
  request.set_amount_fen(300);
  request.set_final_capture(true);
  request.set_stan(11);
  request.set_transport_data("abc");
  return request;
}

inline v1::ReverseRequest GoodReverse() {
  v1::ReverseRequest request;
  request.set_request_id(kUuid);
  request.set_terminal_id("T1");
  request.set_original_request_id(kOtherUuid);
  request.set_reversal_reason(v1::REVERSAL_REASON_TIMEOUT);
  request.set_stan(12);
  return request;
}

inline v1::IncrementAuthorizationRequest GoodIncrement() {
  v1::IncrementAuthorizationRequest request;
  request.set_request_id(kUuid);
  request.set_terminal_id("T1");
  request.set_original_transaction_id("00000000000A");
  request.set_amount_fen(300);
  request.set_hold_seconds(86'400);
  request.set_stan(13);
  request.set_transport_data("abc");
  return request;
}

inline v1::RefundRequest GoodRefund() {
  v1::RefundRequest request;
  request.set_request_id(kUuid);
  request.set_terminal_id("T1");
  request.set_original_transaction_id("00000000000A");
  request.set_amount_fen(300);
  request.set_stan(14);
  request.set_transport_data("abc");
  return request;
}

inline v1::CloseBatchRequest GoodCloseBatch() {
  v1::CloseBatchRequest request;
  request.set_request_id(kUuid);
  request.set_terminal_id("T1");
  v1::BatchTotals* const totals = request.mutable_totals();
  totals->set_capture_count(1);
  totals->set_captured_fen(2);
  totals->set_refund_count(3);
  totals->set_refunded_fen(4);
  totals->set_reversal_count(5);
  totals->set_reversed_fen(6);
  totals->set_subsidy_fen(-7);
  request.set_transport_data("abc");
  return request;
}

inline void AddLine(v1::AuthorizeRequest* request,
                    std::string_view item_code,
                    uint32_t quantity,
                    int64_t price_fen) {
  v1::LineItem* const line = request->add_lines();
  line->set_item_code(std::string(item_code));
  line->set_quantity(quantity);
  line->set_price_fen(price_fen);
}

inline void AddReturned(v1::RefundRequest* request, uint32_t number, uint32_t quantity) {
  v1::ReturnedLine* const line = request->add_lines();
  line->set_line_number(number);
  line->set_quantity(quantity);
}

// Names of the fields that are wrong; each says why.
inline std::vector<std::string> FieldsOf(const Refusal& refusal) {
  std::vector<std::string> names;
  for (const FieldViolation& violation : refusal.violations) {
    EXPECT_FALSE(violation.description.empty()) << violation.field;
    names.push_back(violation.field);
  }
  return names;
}

// What comes of a request; the bytes live as long as this.
struct Translated {
  std::string bytes;
  bool good = false;
  TerminalCall call;
  Refusal refusal;

  [[nodiscard]] std::vector<std::string> fields() const { return FieldsOf(refusal); }
};

template <class Request>
std::unique_ptr<Translated> Translate(CommandKind kind,
                                      const Request& request,
                                      const Caller& caller = {}) {
  auto translated = std::make_unique<Translated>();
  translated->bytes = request.SerializeAsString();
  translated->good =
      ToCommand(kind, translated->bytes, caller, &translated->call, &translated->refusal);
  return translated;
}

// Names of what is wrong with GoodAuthorize() after a change.
inline std::vector<std::string> AuthorizeViolations(
    const std::function<void(v1::AuthorizeRequest*)>& change) {
  v1::AuthorizeRequest request = GoodAuthorize();
  change(&request);
  const auto translated = Translate(CommandKind::kAuthorize, request);
  EXPECT_EQ(translated->good, translated->refusal.ok());
  if (!translated->good) {
    EXPECT_EQ(translated->refusal.code, StatusCode::kInvalidArgument);
  }
  return translated->fields();
}

}  // namespace gonghui

#endif  // GONGHUI_TESTS_UNIT_SERVER_REQUESTS_H_
