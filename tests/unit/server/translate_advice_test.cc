// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/server/translate_advice.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/domain/calendar.h"
#include "engine/domain/limits.h"
#include "engine/server/text_codec.h"
#include "gonghui/v1/authorization_service.pb.h"
#include "tests/unit/server/requests.h"

namespace gonghui {
namespace {

using ::testing::ElementsAre;

const TerminalId kSender = *ParseCode<TerminalId>("T1");

void SetEvidence(v1::Advice* advice) {
  advice->mutable_occurred_at()->set_seconds(1'777'777'777);
  advice->mutable_occurred_at()->set_nanos(5);
  advice->set_terminal_sequence(7);
  advice->set_business_date("2026-05-03");
  advice->mutable_deny_list_at()->set_seconds(1'777'700'000);
  advice->set_queue_empty(true);
}

v1::Advice GoodSale() {
  v1::Advice advice;
  SetEvidence(&advice);
  v1::AuthorizeRequest* const sale = advice.mutable_sale();
  sale->set_request_id(kUuid);
  sale->set_card_number("6212345678901234");
  sale->set_list_price_fen(400);
  sale->set_capture(true);
  sale->set_transport_data("abc");
  advice.set_member_paid_fen(100);
  return advice;
}

template <class Request>
v1::Advice With(Request* (v1::Advice::*mutable_request)(), Request request) {
  v1::Advice advice;
  SetEvidence(&advice);
  request.clear_terminal_id();
  *(advice.*mutable_request)() = std::move(request);
  return advice;
}
v1::Advice GoodCaptureAdvice() {
  return With(&v1::Advice::mutable_capture, GoodCapture());
}
v1::Advice GoodReversal() {
  return With(&v1::Advice::mutable_reversal, GoodReverse());
}
v1::Advice GoodRefundAdvice() {
  return With(&v1::Advice::mutable_refund, GoodRefund());
}

// What comes of an advice; the bytes live as long as this.
struct TranslatedAdvice {
  explicit TranslatedAdvice(std::string message) : bytes(std::move(message)) {
    good = ToCommand(bytes, kSender, &command, &transport_data, &attachment, &refusal);
    EXPECT_EQ(good, refusal.ok());
  }
  explicit TranslatedAdvice(const v1::Advice& advice)
      : TranslatedAdvice(advice.SerializeAsString()) {}

  const std::string bytes;
  bool good = false;
  Command command;
  std::string_view transport_data;
  std::unique_ptr<Attachment> attachment;
  Refusal refusal;
};

std::vector<std::string> Violating(v1::Advice advice,
                                   const std::function<void(v1::Advice*)>& change) {
  change(&advice);
  const TranslatedAdvice translated(advice);
  if (!translated.good) {
    EXPECT_EQ(translated.refusal.code, StatusCode::kInvalidArgument);
  }
  return FieldsOf(translated.refusal);
}

TEST(TranslateAdviceTest, ASaleArrivesWithItsEvidence) {
  v1::Advice advice = GoodSale();
  AddLine(advice.mutable_sale(), "tea", 2, 400);
  *advice.mutable_sale()->mutable_occurred_at() = advice.occurred_at();
  const TranslatedAdvice translated(advice);
  ASSERT_TRUE(translated.good) << translated.refusal.message;
  const Command& command = translated.command;
  EXPECT_EQ(command.kind, CommandKind::kAuthorize);
  EXPECT_EQ(command.terminal, kSender);
  EXPECT_EQ(command.request_id, *ParseUuid(kUuid));
  EXPECT_EQ(command.deadline, kTimestampMax);
  EXPECT_TRUE(command.authorize.capture_at_once);
  EXPECT_EQ(command.authorize.list_price, Fen{400});
  EXPECT_EQ(command.authorize.if_no_benefit, IfNoBenefit::kDecline);
  EXPECT_EQ(command.authorize.explanation, nullptr);
  ASSERT_EQ(command.authorize.line_count, 1U);
  EXPECT_EQ(command.authorize.lines[0].quantity, 2U);
  EXPECT_EQ(command.details, &translated.attachment->details);
  ASSERT_EQ(command.advice, &translated.attachment->advice);
  EXPECT_EQ(command.advice->occurred_at, TimestampNs{1'777'777'777 * kNsPerSecond + 5});
  EXPECT_EQ(command.advice->deny_list_at, TimestampNs{1'777'700'000 * kNsPerSecond});
  EXPECT_EQ(command.advice->member_paid, Fen{100});
  EXPECT_EQ(command.advice->sequence, 7U);
  EXPECT_EQ(command.advice->business_day, DayOf({2026, 5, 3}));
  EXPECT_TRUE(command.advice->queue_empty);
  EXPECT_EQ(translated.transport_data, "abc");
}

TEST(TranslateAdviceTest, WhatMayBeLeftOutMay) {
  v1::Advice advice = GoodSale();
  advice.clear_deny_list_at();
  advice.clear_queue_empty();
  advice.clear_member_paid_fen();
  const TranslatedAdvice translated(advice);
  ASSERT_TRUE(translated.good) << translated.refusal.message;
  EXPECT_EQ(translated.command.advice->deny_list_at, TimestampNs{});
  EXPECT_EQ(translated.command.advice->member_paid, Fen{0});
  EXPECT_FALSE(translated.command.advice->queue_empty);
  EXPECT_EQ(translated.command.authorize.line_count, 0U);
}

TEST(TranslateAdviceTest, ACaptureArrivesWithItsEvidence) {
  const TranslatedAdvice translated(GoodCaptureAdvice());
  ASSERT_TRUE(translated.good) << translated.refusal.message;
  const Command& command = translated.command;
  EXPECT_EQ(command.kind, CommandKind::kCapture);
  EXPECT_EQ(command.terminal, kSender);
  EXPECT_EQ(command.capture.original, TransactionId{10});
  EXPECT_EQ(command.capture.amount, Fen{300});
  ASSERT_NE(command.advice, nullptr);
  EXPECT_EQ(command.advice->sequence, 7U);
  EXPECT_EQ(command.advice->member_paid, Fen{0});
  EXPECT_EQ(command.details, &translated.attachment->details);
  EXPECT_EQ(translated.transport_data, "abc");
}

TEST(TranslateAdviceTest, AReversalAndARefundAreWhatTheyAreOnline) {
  v1::Advice advice = GoodReversal();
  advice.clear_terminal_sequence();
  advice.clear_business_date();
  const TranslatedAdvice reversal(advice);
  ASSERT_TRUE(reversal.good) << reversal.refusal.message;
  EXPECT_EQ(reversal.command.kind, CommandKind::kReverse);
  EXPECT_EQ(reversal.command.terminal, kSender);
  EXPECT_EQ(reversal.command.reverse.original_request_id, *ParseUuid(kOtherUuid));
  EXPECT_EQ(reversal.command.advice, nullptr);
  EXPECT_EQ(reversal.command.details, nullptr);

  const TranslatedAdvice refund(GoodRefundAdvice());
  ASSERT_TRUE(refund.good) << refund.refusal.message;
  EXPECT_EQ(refund.command.kind, CommandKind::kRefund);
  EXPECT_EQ(refund.command.refund.amount, Fen{300});
  EXPECT_EQ(refund.command.advice, nullptr);
  EXPECT_EQ(refund.command.details, nullptr);
  EXPECT_EQ(refund.transport_data, "abc");

  advice = GoodRefundAdvice();
  advice.mutable_refund()->clear_amount_fen();
  AddReturned(advice.mutable_refund(), 2, 1);
  const TranslatedAdvice by_line(advice);
  ASSERT_TRUE(by_line.good) << by_line.refusal.message;
  ASSERT_EQ(by_line.command.refund.line_count, 1U);
  EXPECT_EQ(by_line.command.refund.lines[0].number, 2U);
  EXPECT_EQ(by_line.command.details, &by_line.attachment->details);
}

TEST(TranslateAdviceTest, EvidenceIsHeldToItsRules) {
  using A = v1::Advice;
  for (const bool sale : {true, false}) {
    const auto violations = [sale](const std::function<void(A*)>& change) {
      return Violating(sale ? GoodSale() : GoodCaptureAdvice(), change);
    };
    EXPECT_THAT(violations([](A*) {}), ElementsAre());
    EXPECT_THAT(violations([](A* a) { a->clear_occurred_at(); }), ElementsAre("occurred_at"));
    EXPECT_THAT(violations([](A* a) { a->mutable_occurred_at()->set_seconds(1); }),
                ElementsAre("occurred_at"));
    EXPECT_THAT(violations([](A* a) { a->mutable_occurred_at()->set_seconds(7'258'118'400); }),
                ElementsAre("occurred_at"));
    EXPECT_THAT(violations([](A* a) { a->mutable_occurred_at()->set_nanos(1'000'000'000); }),
                ElementsAre("occurred_at"));
    EXPECT_THAT(violations([](A* a) { a->mutable_occurred_at()->set_seconds(7'258'118'399); }),
                ElementsAre());
    EXPECT_THAT(violations([](A* a) { a->clear_terminal_sequence(); }),
                ElementsAre("terminal_sequence"));
    EXPECT_THAT(violations([](A* a) { a->set_terminal_sequence(UINT32_MAX); }), ElementsAre());
    EXPECT_THAT(violations([](A* a) { a->mutable_deny_list_at()->set_seconds(-1); }),
                ElementsAre("deny_list_at"));
    EXPECT_THAT(violations([](A* a) { a->mutable_deny_list_at()->set_nanos(-1); }),
                ElementsAre("deny_list_at"));
    for (const char* const day : {"",
                                  "2026-5-3",
                                  "20260503",
                                  "2026-05-03 ",
                                  "2026-02-29",
                                  "2026-13-01",
                                  "2026/05/03",
                                  "1969-12-31",
                                  "2200-01-01",
                                  "２０２６-05-03"}) {
      EXPECT_THAT(violations([day](A* a) { a->set_business_date(day); }),
                  ElementsAre("business_date"))
          << day;
    }
  }
}

TEST(TranslateAdviceTest, OfAReversalOrRefundOnlyTheFormIsLookedAt) {
  using A = v1::Advice;
  for (const v1::Advice& good : {GoodReversal(), GoodRefundAdvice()}) {
    EXPECT_THAT(Violating(good, [](A* a) { a->clear_terminal_sequence(); }), ElementsAre());
    EXPECT_THAT(Violating(good, [](A* a) { a->clear_business_date(); }), ElementsAre());
    EXPECT_THAT(Violating(good, [](A* a) { a->clear_occurred_at(); }), ElementsAre("occurred_at"));
    EXPECT_THAT(Violating(good, [](A* a) { a->set_business_date("today"); }),
                ElementsAre("business_date"));
    EXPECT_THAT(Violating(good, [](A* a) { a->set_member_paid_fen(1); }),
                ElementsAre("member_paid_fen"));
    EXPECT_THAT(Violating(good, [](A* a) { a->mutable_deny_list_at()->set_seconds(1); }),
                ElementsAre("deny_list_at"));
  }
}

TEST(TranslateAdviceTest, TheMemberPaidAtMostTheListPrice) {
  const auto violations = [](int64_t member_paid_fen, int64_t list_price_fen) {
    return Violating(GoodSale(), [&](v1::Advice* a) {
      a->set_member_paid_fen(member_paid_fen);
      a->mutable_sale()->set_list_price_fen(list_price_fen);
    });
  };
  EXPECT_THAT(violations(0, 400), ElementsAre());
  EXPECT_THAT(violations(400, 400), ElementsAre());
  EXPECT_THAT(violations(0, 0), ElementsAre());
  EXPECT_THAT(violations(401, 400), ElementsAre("member_paid_fen"));
  EXPECT_THAT(violations(-1, 400), ElementsAre("member_paid_fen"));
  EXPECT_THAT(violations(INT64_MAX, 400), ElementsAre("member_paid_fen"));
  // A price that is none is not compared with.
  EXPECT_THAT(violations(401, -1), ElementsAre("sale.list_price_fen"));
  EXPECT_THAT(Violating(GoodCaptureAdvice(), [](v1::Advice* a) { a->set_member_paid_fen(1); }),
              ElementsAre("member_paid_fen"));
}

TEST(TranslateAdviceTest, WhatIsOverCannotBeAskedFor) {
  using A = v1::Advice;
  const auto violations = [](const std::function<void(v1::AuthorizeRequest*)>& change) {
    return Violating(GoodSale(), [&](A* a) { change(a->mutable_sale()); });
  };
  using R = v1::AuthorizeRequest;
  EXPECT_THAT(violations([](R* r) { r->set_if_no_benefit(v1::IF_NO_BENEFIT_DECLINE); }),
              ElementsAre());
  EXPECT_THAT(violations([](R* r) { r->clear_capture(); }), ElementsAre("sale.capture"));
  EXPECT_THAT(violations([](R* r) { r->set_if_no_benefit(v1::IF_NO_BENEFIT_FULL_PRICE); }),
              ElementsAre("sale.if_no_benefit"));
  EXPECT_THAT(violations([](R* r) { r->set_allow_partial_approval(true); }),
              ElementsAre("sale.allow_partial_approval"));
  EXPECT_THAT(violations([](R* r) { r->set_hold_seconds(1); }), ElementsAre("sale.hold_seconds"));
  EXPECT_THAT(violations([](R* r) { r->set_explain(true); }), ElementsAre("sale.explain"));
  EXPECT_THAT(violations([](R* r) {
                r->set_pos_entry_mode(v1::POS_ENTRY_MODE_QR_CODE);
                r->mutable_qr_code()->mutable_issued_at()->set_seconds(1'777'777'770);
              }),
              ElementsAre("sale.qr_code"));
  EXPECT_THAT(violations([](R* r) { r->set_voucher_code("7ZK4-0WQ2-M9XD-31HB"); }),
              ElementsAre("sale.voucher_code"));
  EXPECT_THAT(violations([](R* r) { r->mutable_slot_at()->set_seconds(1'777'777'770); }),
              ElementsAre("sale.slot_at"));
  EXPECT_THAT(violations([](R* r) {
                r->mutable_event_at()->set_seconds(1'777'777'770);
                r->set_filed_by("li-ming");
              }),
              ElementsAre("sale.event_at"));
  EXPECT_THAT(violations([](R* r) { r->set_filed_by("li-ming"); }), ElementsAre("sale.filed_by"));
  EXPECT_THAT(violations([](R* r) { r->mutable_occurred_at()->set_seconds(1'777'777'776); }),
              ElementsAre("sale.occurred_at"));
}

TEST(TranslateAdviceTest, FieldsWithinAreNamedFromTheAdvice) {
  using A = v1::Advice;
  EXPECT_THAT(Violating(GoodSale(),
                        [](A* a) {
                          a->mutable_sale()->clear_request_id();
                          a->mutable_sale()->set_stan(1'000'000);
                          AddLine(a->mutable_sale(), "tea", 0, 400);
                          a->clear_occurred_at();
                        }),
              ElementsAre("sale.request_id", "sale.stan", "sale.lines[0].quantity", "occurred_at"));
  EXPECT_THAT(
      Violating(GoodCaptureAdvice(), [](A* a) { a->mutable_capture()->set_amount_fen(-1); }),
      ElementsAre("capture.amount_fen"));
  EXPECT_THAT(
      Violating(GoodReversal(), [](A* a) { a->mutable_reversal()->clear_reversal_reason(); }),
      ElementsAre("reversal.reversal_reason"));
  EXPECT_THAT(Violating(GoodRefundAdvice(),
                        [](A* a) {
                          a->mutable_refund()->clear_original_transaction_id();
                          AddReturned(a->mutable_refund(), 1, 1);
                        }),
              ElementsAre("refund.original_transaction_id", "refund.lines"));
  EXPECT_THAT(Violating(GoodSale(), [](A* a) { a->clear_sale(); }),
              ElementsAre("advice", "member_paid_fen"));
}

TEST(TranslateAdviceTest, OneTerminalSendsItsOwn) {
  using A = v1::Advice;
  EXPECT_THAT(Violating(GoodSale(), [](A* a) { a->mutable_sale()->set_terminal_id("T1"); }),
              ElementsAre());
  EXPECT_THAT(Violating(GoodSale(), [](A* a) { a->mutable_sale()->set_terminal_id("T2"); }),
              ElementsAre("sale.terminal_id"));
  EXPECT_THAT(Violating(GoodSale(), [](A* a) { a->mutable_sale()->set_terminal_id("T 1"); }),
              ElementsAre("sale.terminal_id"));
  EXPECT_THAT(Violating(GoodReversal(), [](A* a) { a->mutable_reversal()->set_terminal_id("T2"); }),
              ElementsAre("reversal.terminal_id"));
}

// Also of one that is nobody's, or wrong in all else.
TEST(TranslateAdviceTest, TransportDataIsFoundInAnyAdvice) {
  using A = v1::Advice;
  const auto found = [](A advice, const std::function<void(A*)>& change) {
    change(&advice);
    const std::string bytes = advice.SerializeAsString();
    return std::string(TransportDataOf(bytes));
  };
  const auto nothing = [](A*) {};
  EXPECT_EQ(found(GoodSale(), [](A* a) { a->mutable_sale()->set_transport_data("s"); }), "s");
  EXPECT_EQ(found(GoodSale(), [](A* a) { a->mutable_sale()->clear_transport_data(); }), "");
  EXPECT_EQ(found(A(), nothing), "");
  EXPECT_EQ(found(A(), [](A* a) { a->mutable_capture()->set_transport_data("c"); }), "c");
  EXPECT_EQ(found(A(), [](A* a) { a->mutable_reversal()->set_transport_data("v"); }), "v");
  EXPECT_EQ(found(A(), [](A* a) { a->mutable_refund()->set_transport_data("f"); }), "f");
  EXPECT_EQ(TransportDataOf("\x0a\xff\x01"), "");
  EXPECT_EQ(TransportDataOf(std::string_view("\x0a\x02\x72\x05", 4)), "");
}

TEST(TranslateAdviceTest, TheSenderIsTheCaller) {
  const Caller caller{kSender};
  TerminalId sender;
  Refusal refusal;
  EXPECT_TRUE(ReadSender("T1", caller, &sender, &refusal));
  EXPECT_EQ(sender, kSender);
  sender = TerminalId{};
  EXPECT_TRUE(ReadSender("", caller, &sender, &refusal));
  EXPECT_EQ(sender, kSender);
  EXPECT_FALSE(ReadSender("T2", caller, &sender, &refusal));
  EXPECT_EQ(refusal.code, StatusCode::kPermissionDenied);
  EXPECT_EQ(refusal.field, "terminal_id");
  // Without certificates its own word counts.
  EXPECT_TRUE(ReadSender("T2", {}, &sender, &refusal));
  EXPECT_EQ(sender, *ParseCode<TerminalId>("T2"));
  for (const char* const wrong : {"", "T 2", "12345678901234567"}) {
    EXPECT_FALSE(ReadSender(wrong, {}, &sender, &refusal));
    EXPECT_EQ(refusal.code, StatusCode::kInvalidArgument);
    EXPECT_THAT(FieldsOf(refusal), ElementsAre("terminal_id"));
  }
}

TEST(TranslateAdviceTest, BytesThatAreNoAdviceAreRefused) {
  v1::Advice text_that_is_none = GoodReversal();
  text_that_is_none.mutable_reversal()->set_original_request_id("\xff");
  for (const std::string& bytes : {std::string("\x0a\xff\x01"),  // longer than it is
                                   std::string("\x0a\x02\x08"),  // the same
                                   std::string("\x0a\x01\x0a"),  // a sale that is none
                                   std::string("\x12\x01\x0a"),  // a capture that is none
                                   std::string("\x2a\x01\x08"),  // a time that is none
                                   std::string("\x0b"),          // a group
                                   text_that_is_none.SerializeAsString()}) {
    const TranslatedAdvice translated(bytes);
    EXPECT_FALSE(translated.good);
    EXPECT_STREQ(translated.refusal.reason, "MALFORMED_MESSAGE");
    EXPECT_EQ(translated.refusal.code, StatusCode::kInvalidArgument);
  }
  // Of a oneof the last counts.
  const std::string last =
      GoodCaptureAdvice().SerializeAsString() + GoodReversal().SerializeAsString();
  const TranslatedAdvice translated(last);
  ASSERT_TRUE(translated.good) << translated.refusal.message;
  EXPECT_EQ(translated.command.kind, CommandKind::kReverse);
}

TEST(TranslateAdviceTest, UnknownFieldsArePassedOver) {
  const TranslatedAdvice translated(GoodSale().SerializeAsString() +
                                    std::string("\xa0\x06\x01\xb2\x06\x02zz", 8));
  EXPECT_TRUE(translated.good) << translated.refusal.message;
}

// ---- Answers -----------------------------------------------------------------

v1::AdviceResult ResultOf(const Command& command,
                          const Result& result,
                          std::string_view transport_data) {
  const Ledger ledger;
  WireWriter out;
  out.Reserve(kReplyBytesMax);
  AppendAdviceResult(ledger, command, result, transport_data, &out);
  v1::AdviceResult parsed;
  EXPECT_TRUE(parsed.ParseFromArray(out.data(), static_cast<int>(out.size())));
  EXPECT_EQ(parsed.SerializeAsString(), out.view());  // canonical
  return parsed;
}

TEST(AdviceResultTest, WhateverIsDecidedIsAcceptedButWhatAPersonHasToLookAt) {
  const TranslatedAdvice sale(GoodSale());
  Result result;
  result.transaction_id = TransactionId{10};
  result.transaction.outcome = Outcome::kDeclined;
  for (const Reason reason : {Reason::kPreviouslyReversed,
                              Reason::kTerminalInactive,
                              Reason::kInvalidCard,
                              Reason::kBudgetExhausted}) {
    result.transaction.reason = reason;
    EXPECT_TRUE(IsAccepted(result));
    const v1::AdviceResult answer = ResultOf(sale.command, result, "abc");
    EXPECT_TRUE(answer.accepted());
    EXPECT_FALSE(answer.idempotent_replay());
    EXPECT_EQ(answer.transaction().reason(), static_cast<int>(reason));
    EXPECT_EQ(answer.transport_data(), "abc");
  }
  result.transaction.outcome = Outcome::kApproved;
  result.transaction.reason = Reason::kNone;
  result.replay = true;
  EXPECT_TRUE(ResultOf(sale.command, result, "").accepted());
  EXPECT_TRUE(ResultOf(sale.command, result, "").idempotent_replay());
  result.transaction.outcome = Outcome::kDeclined;
  for (const Reason reason : {Reason::kAdviceTooOld, Reason::kInvalidTerminal}) {
    result.transaction.reason = reason;
    EXPECT_FALSE(IsAccepted(result));
    EXPECT_FALSE(ResultOf(sale.command, result, "").accepted());
  }
}

TEST(AdviceResultTest, TheTransactionTellsWhoBearsIt) {
  const TranslatedAdvice sale(GoodSale());
  Details& details = sale.attachment->details;
  details.is_advice = true;
  details.advice.liability = Liability::kAcquirer;
  details.advice.acquirer_bears = Fen{300};
  details.advice.occurred_at = sale.command.advice->occurred_at;
  Result result;
  result.transaction_id = TransactionId{10};
  result.transaction.reason = Reason::kCardClosed;
  const v1::Transaction transaction = ResultOf(sale.command, result, "").transaction();
  EXPECT_EQ(transaction.liability(), v1::LIABILITY_ACQUIRER);
  EXPECT_EQ(transaction.acquirer_bears_fen(), 300);
  EXPECT_EQ(transaction.occurred_at().seconds(), 1'777'777'777);
}

}  // namespace
}  // namespace gonghui
