// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "engine/domain/details.h"
#include "engine/domain/explanation.h"
#include "engine/domain/limits.h"
#include "engine/server/text_codec.h"
#include "engine/server/translate.h"
#include "gonghui/v1/authorization_service.pb.h"
#include "gonghui/v1/member_service.pb.h"
#include "google/rpc/error_details.pb.h"
#include "tests/testing/owned_command.h"
#include "tests/unit/server/requests.h"

namespace gonghui {
namespace {

// ---- Verdicts ----------------------------------------------------------------

TEST(RefusalTest, EveryVerdictHasItsStatus) {
  Command command;
  Result result;
  Refusal refusal;
  const auto code = [&](Verdict verdict, Field field) {
    result.verdict = verdict;
    result.field = field;
    EXPECT_TRUE(IsRefused(command, result, &refusal));
    EXPECT_FALSE(refusal.message.empty());
    return refusal.code;
  };
  EXPECT_EQ(code(Verdict::kDuplicateMismatch, Field::kListPrice), StatusCode::kAlreadyExists);
  EXPECT_STREQ(refusal.reason, "DUPLICATE_MISMATCH");
  EXPECT_EQ(refusal.field, "list_price_fen");
  EXPECT_FALSE(refusal.index.has_value());
  // Which of the lines it is, from 0.
  result.index = 3;
  EXPECT_EQ(code(Verdict::kDuplicateMismatch, Field::kLines), StatusCode::kAlreadyExists);
  EXPECT_EQ(refusal.field, "lines");
  EXPECT_EQ(refusal.index, 3U);
  EXPECT_EQ(code(Verdict::kDuplicateMismatch, Field::kTotals), StatusCode::kAlreadyExists);
  EXPECT_EQ(refusal.field, "totals");
  EXPECT_FALSE(refusal.index.has_value());
  EXPECT_EQ(code(Verdict::kPermissionDenied, Field::kMerchantId), StatusCode::kPermissionDenied);
  EXPECT_EQ(refusal.field, "merchant_id");
  EXPECT_EQ(code(Verdict::kNotFound, Field::kNone), StatusCode::kNotFound);
  EXPECT_EQ(code(Verdict::kDeadlineExceeded, Field::kNone), StatusCode::kDeadlineExceeded);
  EXPECT_EQ(code(Verdict::kFull, Field::kTransactions), StatusCode::kResourceExhausted);
  EXPECT_GT(refusal.retry_delay_ms, 0);
  EXPECT_STREQ(refusal.reason, "TABLE_FULL");
  EXPECT_EQ(code(Verdict::kFull, Field::kTotals), StatusCode::kResourceExhausted);
  EXPECT_GT(refusal.retry_delay_ms, 0);
  EXPECT_STREQ(refusal.reason, "BATCH_FULL");
  EXPECT_EQ(code(Verdict::kRefused, Field::kStatus), StatusCode::kFailedPrecondition);
  EXPECT_EQ(code(Verdict::kOutOfRange, Field::kAmount), StatusCode::kInvalidArgument);
  EXPECT_EQ(refusal.field, "amount_fen");
  ASSERT_EQ(refusal.violations.size(), 1U);
  EXPECT_EQ(refusal.violations[0].field, "amount_fen");
  result.verdict = Verdict::kDecided;
  EXPECT_FALSE(IsRefused(command, result, &refusal));
  result.verdict = Verdict::kUnchanged;
  EXPECT_FALSE(IsRefused(command, result, &refusal));
}

TEST(RefusalTest, DetailsTravelInTheStatus) {
  Refusal refusal = InvalidArgument({{"a", "must be b"}, {"c", "must be d"}});
  refusal.retry_delay_ms = 1'500;
  google::rpc::Status status;
  FillStatus(refusal, &status);
  EXPECT_EQ(status.code(), 3);
  EXPECT_EQ(status.message(), "a: must be b (and 1 more)");
  ASSERT_EQ(status.details_size(), 3);
  google::rpc::ErrorInfo info;
  ASSERT_TRUE(status.details(0).UnpackTo(&info));
  EXPECT_EQ(info.reason(), "INVALID_FIELD");
  EXPECT_EQ(info.domain(), "gonghui");
  EXPECT_EQ(info.metadata().at("field"), "a");
  EXPECT_EQ(info.metadata().count("index"), 0U);
  google::rpc::BadRequest bad_request;
  ASSERT_TRUE(status.details(1).UnpackTo(&bad_request));
  EXPECT_EQ(bad_request.field_violations_size(), 2);
  google::rpc::RetryInfo retry;
  ASSERT_TRUE(status.details(2).UnpackTo(&retry));
  EXPECT_EQ(retry.retry_delay().seconds(), 1);
  EXPECT_EQ(retry.retry_delay().nanos(), 500'000'000);

  refusal.index = 0;
  status.Clear();
  FillStatus(refusal, &status);
  ASSERT_TRUE(status.details(0).UnpackTo(&info));
  EXPECT_EQ(info.metadata().at("index"), "0");
}

TEST(FieldNameTest, OfAdvicesAndBatchesAsInTheProto) {
  EXPECT_EQ(FieldName(Field::kLines), "lines");
  EXPECT_EQ(FieldName(Field::kSequence), "terminal_sequence");
  EXPECT_EQ(FieldName(Field::kBusinessDay), "business_date");
  EXPECT_EQ(FieldName(Field::kMemberPaid), "member_paid_fen");
  EXPECT_EQ(FieldName(Field::kTotals), "totals");
}

TEST(FieldNameTest, OfOccasionsAsInTheProto) {
  EXPECT_EQ(FieldName(Field::kVoucher), "voucher_code");
  EXPECT_EQ(FieldName(Field::kSlotAt), "slot_at");
  EXPECT_EQ(FieldName(Field::kEventAt), "event_at");
  EXPECT_EQ(FieldName(Field::kFiledBy), "filed_by");
  EXPECT_EQ(FieldName(Field::kClaim), "transaction_id");
  EXPECT_EQ(FieldName(Field::kReceipt), "receipt_code");
}

TEST(FieldNameTest, EveryFieldHasOne) {
  for (int i = static_cast<int>(Field::kMethod); i <= static_cast<int>(Field::kApprover); ++i) {
    EXPECT_FALSE(FieldName(static_cast<Field>(i)).empty()) << i;
  }
}

// ---- Replies -----------------------------------------------------------------

// A ledger with one of everything, under names as long as names may be.
class ReplyTest : public ::testing::Test {
 protected:
  static constexpr int64_t kNowNs = 1'777'777'200'000'000'000;
  // 96 bytes.
  static constexpr std::string_view kLongName =
      "会员会员会员会员会员会员会员会员会员会员会员会员会员会员会员会员";

  ReplyTest() {
    UnionNodeRequest node;
    node.id = *ParseCode<UnionNodeId>("KM");
    Run(Own(node));
    MerchantRequest merchant;
    merchant.id = *ParseCode<MerchantId>("MERCHANT90123456");
    merchant.union_node = node.id;
    merchant.mcc = 4'111;
    Run(Own(merchant));
    TerminalRequest terminal;
    terminal.id = *ParseCode<TerminalId>("TERMINAL90123456");
    terminal.merchant = merchant.id;
    Run(Own(terminal));
    FundRequest fund;
    fund.code = Long<FundCode>('f');
    fund.budget = Fen{1'000'000};
    Run(Own(fund));
    FundRequest stock;
    stock.code = *ParseCode<FundCode>("stock");
    stock.asset = Asset::kThing;
    stock.budget = Fen{10};
    Run(Own(stock));

    OwnedProgramme programme;
    programme.spec.code = Long<ProgrammeCode>('p');
    programme.spec.calendar = TestCalendar("Asia:Shanghai");
    programme.spec.starts_at = TimestampNs{kTimestampNsMin};
    programme.spec.ends_at = TimestampNs{kTimestampNsMax};
    LimitSpec limit;
    limit.code = Long<LimitCode>('l');
    limit.max = INT64_MAX / 2;
    programme.limits.push_back(limit);
    BenefitSpec benefit;
    benefit.code = Long<BenefitCode>('b');
    benefit.name = *DisplayName::From(std::span<const char>(kLongName.data(), kLongName.size()));
    benefit.price.kind = PriceKind::kFree;
    benefit.limits = Append(programme.limit_refs, {0U});
    benefit.funding = Append(programme.funding, {FundingShareSpec{fund.code, Bps{10'000}, 0}});
    benefit.starts_at = programme.spec.starts_at;
    benefit.ends_at = programme.spec.ends_at;
    programme.benefits.push_back(benefit);
    Run(Own(std::move(programme)));
  }

  template <class Code>
  static Code Long(char c) {
    return *ParseCode<Code>(std::string(Code::kBytes, c));
  }

  void Run(const OwnedCommand& owned) {
    Event event;
    Result result;
    ledger_.Decide(owned.command, TimestampNs{kNowNs}, &event, &result);
    ASSERT_EQ(result.verdict, Verdict::kDecided);
    ledger_.Evolve(event);
  }

  // An approval with as much to tell as there can be.
  static Result BigResult() {
    Result result;
    result.transaction_id = TransactionId{(uint64_t{1} << 60) - 1};
    result.original_id = result.transaction_id;
    result.merchant = *ParseCode<MerchantId>("MERCHANT90123456");
    Transaction& transaction = result.transaction;
    transaction.terminal = TerminalRow{1};
    transaction.request_id = *ParseUuid(kUuid);
    transaction.decided_at = TimestampNs{kNowNs + 999'999'999};
    transaction.expires_at = TimestampNs{kTimestampNsMax - 1};
    transaction.outcome = Outcome::kApproved;
    transaction.state = TransactionState::kPending;
    transaction.list_price = transaction.member_pays = transaction.subsidy = Fen{INT64_MAX};
    transaction.captured = transaction.captured_subsidy = Fen{INT64_MAX};
    transaction.progress.refunded = transaction.progress.refunded_subsidy = Fen{INT64_MAX};
    transaction.progress.restated = transaction.progress.restated_subsidy = Fen{-1};
    transaction.overrun = true;
    transaction.stan = kStanMax;
    result.share_count = kSharesPerTransactionMax;
    for (ResultShare& share : result.shares) {
      share = ResultShare{BenefitRow{1}, FundRow{1}, Fen{INT64_MAX}};
    }
    result.limit_count = kUsesPerTransactionMax;
    for (ResultLimit& limit : result.limits) {
      limit.limit = LimitRow{1};
      limit.used = limit.held = limit.left = INT64_MIN;  // the longest on the wire
      limit.resets_at = TimestampNs{kTimestampNsMax - 1};
    }
    return result;
  }

  v1::AuthorizeResponse Reply(const Command& command,
                              const Result& result,
                              std::string_view transport_data = {}) {
    writer_.Clear();
    writer_.Reserve(kReplyBytesMax);
    AppendReply(ledger_, command, result, transport_data, &writer_);
    v1::AuthorizeResponse response;
    EXPECT_TRUE(response.ParseFromArray(writer_.data(), static_cast<int>(writer_.size())));
    EXPECT_EQ(response.SerializeAsString(), writer_.view());  // canonical
    return response;
  }

  v1::CloseBatchResponse CloseReply(const Command& command,
                                    const Result& result,
                                    std::string_view transport_data = {}) {
    writer_.Clear();
    writer_.Reserve(kReplyBytesMax);
    AppendReply(ledger_, command, result, transport_data, &writer_);
    v1::CloseBatchResponse response;
    EXPECT_TRUE(response.ParseFromArray(writer_.data(), static_cast<int>(writer_.size())));
    EXPECT_EQ(response.SerializeAsString(), writer_.view());  // canonical
    return response;
  }

  static ResultLimit BigLimit() {
    return {.limit = LimitRow{1},
            .used = INT64_MIN,
            .held = INT64_MIN,
            .left = INT64_MIN,
            .resets_at = TimestampNs{kTimestampNsMax - 1}};
  }

  Ledger ledger_;
  WireWriter writer_;
};

TEST_F(ReplyTest, TheLongestReplyFits) {
  const auto details = std::make_unique<Details>();
  details->is_advice = true;
  details->advice.occurred_at = details->advice.judged_at = TimestampNs{kTimestampNsMax - 1};
  details->advice.clock_adjusted = true;
  details->advice.liability = Liability::kManual;
  details->advice.acquirer_bears = Fen{INT64_MAX};
  details->slot_at = details->event_at = TimestampNs{kTimestampNsMax - 1};
  details->line_count = kLinesPerTransactionMax;
  for (Line& line : details->lines) {
    line =
        Line{Long<ItemCode>('i'), Fen{-1}, Fen{INT64_MIN / 2}, UINT32_MAX, UINT32_MAX, UINT32_MAX};
  }
  Command command;
  command.terminal = *ParseCode<TerminalId>("TERMINAL90123456");
  command.details = details.get();
  const std::string transport_data(kTransportDataBytesMax, '\xff');
  Result approved = BigResult();
  approved.transaction.benefit = BenefitRow{1};  // the first of a combination, without a share
  const v1::AuthorizeResponse response = Reply(command, approved, transport_data);
  EXPECT_LT(writer_.size(), kReplyBytesMax - 64);
  const v1::Transaction& transaction = response.transaction();
  EXPECT_EQ(transaction.transaction_id(), "ZZZZZZZZZZZZ");
  EXPECT_EQ(transaction.approval_code(), "ZZZZZZ");
  EXPECT_EQ(transaction.request_id(), kUuid);
  EXPECT_EQ(transaction.terminal_id(), "TERMINAL90123456");
  EXPECT_EQ(transaction.merchant_id(), "MERCHANT90123456");
  EXPECT_EQ(transaction.decided_at().nanos(), 999'999'999);
  ASSERT_EQ(transaction.applied_benefits_size(), 9);
  EXPECT_EQ(transaction.applied_benefits(0).fund_code(), "");
  EXPECT_EQ(transaction.applied_benefits(8).benefit_code(), std::string(32, 'b'));
  EXPECT_EQ(transaction.applied_benefits(8).amount_fen(), INT64_MAX);
  EXPECT_EQ(transaction.limits_size(), 16);
  EXPECT_EQ(transaction.limits(15).limit_code(), std::string(32, 'l'));
  EXPECT_EQ(transaction.limits(15).max(), INT64_MAX / 2);
  EXPECT_EQ(transaction.limits(15).used(), INT64_MIN);
  EXPECT_EQ(transaction.stan(), kStanMax);
  EXPECT_EQ(transaction.captured_subsidy_fen(), INT64_MAX);
  EXPECT_EQ(transaction.refunded_fen(), INT64_MAX);
  EXPECT_EQ(transaction.refunded_subsidy_fen(), INT64_MAX);
  EXPECT_TRUE(transaction.overrun());
  EXPECT_EQ(response.transport_data(), transport_data);
  ASSERT_EQ(transaction.lines_size(), 64);
  EXPECT_EQ(transaction.lines(63).item_code(), std::string(32, 'i'));
  EXPECT_EQ(transaction.lines(63).returned_quantity(), UINT32_MAX);
  EXPECT_EQ(transaction.liability(), v1::LIABILITY_MANUAL);
  EXPECT_EQ(transaction.acquirer_bears_fen(), INT64_MAX);

  // A decline tells the failed check instead.
  Result declined = BigResult();
  declined.transaction.outcome = Outcome::kDeclined;
  declined.transaction.state = TransactionState::kDeclined;
  declined.transaction.reason = Reason::kExceedsAmountLimit;
  declined.transaction.benefit = BenefitRow{1};
  declined.transaction.failed_row = LimitRow{1}.value();
  const v1::Transaction refused = Reply(command, declined).transaction();
  EXPECT_EQ(refused.limits_size(), 0);
  EXPECT_EQ(refused.failed_check().limit().held(), INT64_MIN);
  EXPECT_EQ(refused.reason(), v1::REASON_EXCEEDS_AMOUNT_LIMIT);
  EXPECT_FALSE(refused.has_expires_at());
  // An advice has happened; a sale that was asked for may be tried again.
  EXPECT_EQ(refused.retry(), v1::RETRY_NEVER);
  EXPECT_FALSE(refused.has_next_eligible_at());
  Command asked = command;
  asked.details = nullptr;
  const v1::Transaction again = Reply(asked, declined).transaction();
  EXPECT_EQ(again.retry(), v1::RETRY_NEW_ID_LATER);
  EXPECT_TRUE(again.has_next_eligible_at());
  EXPECT_EQ(refused.captured_fen(), 0);
  EXPECT_EQ(refused.captured_subsidy_fen(), 0);
  EXPECT_EQ(refused.refunded_fen(), 0);
}

// Whoever may see a transaction is told whose it is.
TEST_F(ReplyTest, TheTerminalIsWhoseTransactionItIs) {
  Command command;
  command.terminal = *ParseCode<TerminalId>("CALLER");
  Result result = BigResult();
  EXPECT_EQ(Reply(command, result).transaction().terminal_id(), "CALLER");
  command.kind = CommandKind::kGetTransaction;
  EXPECT_EQ(Reply(command, result).transaction().terminal_id(), "TERMINAL90123456");
  command.terminal = TerminalId{};  // an operator asks
  EXPECT_EQ(Reply(command, result).transaction().terminal_id(), "TERMINAL90123456");
  // There is no terminal that it could be.
  result = Result{};
  command.kind = CommandKind::kAuthorize;
  command.terminal = *ParseCode<TerminalId>("UNKNOWN");
  EXPECT_EQ(Reply(command, result).transaction().terminal_id(), "UNKNOWN");
}

TEST_F(ReplyTest, ThingsAreToldInPieces) {
  Command command;
  Result result = BigResult();
  result.share_count = 1;
  result.shares[0] = ResultShare{BenefitRow{1}, FundRow{2}, Fen{3}};
  const v1::Transaction transaction = Reply(command, result).transaction();
  EXPECT_EQ(transaction.applied_benefits(0).fund_code(), "stock");
  EXPECT_EQ(transaction.applied_benefits(0).pieces(), 3);
  EXPECT_EQ(transaction.applied_benefits(0).amount_fen(), 0);
}

// Of money in fen, of a stock in pieces; nothing of it is told as progress.
TEST_F(ReplyTest, ADeclineByAFundTellsItsNumbers) {
  Command command;
  Result declined = BigResult();
  declined.transaction.outcome = Outcome::kDeclined;
  declined.transaction.state = TransactionState::kDeclined;
  declined.transaction.reason = Reason::kBudgetExhausted;
  declined.transaction.benefit = BenefitRow{1};
  declined.transaction.failed_row = FundRow{1}.value();
  declined.transaction.captured = Fen{320};
  declined.transaction.captured_subsidy = Fen{500};
  v1::Transaction refused = Reply(command, declined).transaction();
  EXPECT_EQ(refused.captured_fen(), 0);
  EXPECT_EQ(refused.captured_subsidy_fen(), 0);
  EXPECT_EQ(refused.failed_check().benefit_code(), std::string(32, 'b'));
  EXPECT_FALSE(refused.failed_check().has_limit());
  const v1::FailedFund& fund = refused.failed_check().fund();
  EXPECT_EQ(fund.fund_code(), std::string(32, 'f'));
  EXPECT_EQ(fund.needed_fen(), 500);
  EXPECT_EQ(fund.available_fen(), 320);
  EXPECT_EQ(fund.needed_pieces(), 0);
  EXPECT_EQ(fund.available_pieces(), 0);

  declined.transaction.reason = Reason::kQuotaExhausted;
  declined.transaction.failed_row = FundRow{2}.value();
  declined.transaction.captured = Fen{1};
  declined.transaction.captured_subsidy = Fen{2};
  refused = Reply(command, declined).transaction();
  EXPECT_EQ(refused.failed_check().fund().fund_code(), "stock");
  EXPECT_EQ(refused.failed_check().fund().needed_pieces(), 2);
  EXPECT_EQ(refused.failed_check().fund().available_pieces(), 1);
  EXPECT_EQ(refused.failed_check().fund().needed_fen(), 0);

  // Nobody could pay at all.
  declined.transaction.reason = Reason::kBudgetExhausted;
  declined.transaction.failed_row = 0;
  EXPECT_FALSE(Reply(command, declined).transaction().failed_check().has_fund());

  // At full price nothing has failed: what is captured is told as such.
  declined.transaction.failed_row = FundRow{1}.value();
  declined.transaction.outcome = Outcome::kApproved;
  const v1::Transaction full = Reply(command, declined).transaction();
  EXPECT_FALSE(full.has_failed_check());
  EXPECT_EQ(full.captured_fen(), 1);
}

TEST_F(ReplyTest, ABenefitWithoutAShareStandsAlone) {
  Command command;
  Result result = BigResult();
  result.share_count = 0;
  result.transaction.benefit = BenefitRow{1};
  v1::Transaction told = Reply(command, result).transaction();
  ASSERT_EQ(told.applied_benefits_size(), 1);
  EXPECT_EQ(told.applied_benefits(0).programme_code(), std::string(32, 'p'));
  EXPECT_EQ(told.applied_benefits(0).programme_version(), 1U);
  EXPECT_EQ(told.applied_benefits(0).benefit_code(), std::string(32, 'b'));
  EXPECT_TRUE(told.applied_benefits(0).fund_code().empty());
  EXPECT_FALSE(told.has_failed_check());

  // Of a combination it stands before those that are paid for.
  result.share_count = 1;
  EXPECT_EQ(Reply(command, result).transaction().applied_benefits_size(), 2);
  // An advice that was approved although the card had been blocked meanwhile.
  result.transaction.reason = Reason::kCardPaused;
  EXPECT_EQ(Reply(command, result).transaction().applied_benefits_size(), 2);
  // At full price it is the one that did not apply.
  result.share_count = 0;
  result.transaction.reason = Reason::kBelowMinimumAmount;
  EXPECT_EQ(Reply(command, result).transaction().applied_benefits_size(), 0);
}

TEST_F(ReplyTest, WhatChangedSinceIsTold) {
  Command command;
  Result result = BigResult();
  result.transaction.progress.restated = Fen{-300};
  result.transaction.progress.restated_subsidy = Fen{-60};
  v1::Transaction told = Reply(command, result).transaction();
  EXPECT_EQ(told.restated_fen(), -300);
  EXPECT_EQ(told.restated_subsidy_fen(), -60);
  result.transaction.outcome = Outcome::kDeclined;
  told = Reply(command, result).transaction();
  EXPECT_EQ(told.restated_fen(), 0);
  EXPECT_EQ(told.restated_subsidy_fen(), 0);
}

TEST_F(ReplyTest, SlotAndEventAreToldAsAsked) {
  const auto details = std::make_unique<Details>();
  details->slot_at = TimestampNs{kNowNs + 1};
  details->event_at = TimestampNs{kNowNs - kNsPerSecond};
  Command command;
  command.details = details.get();
  v1::Transaction told = Reply(command, BigResult()).transaction();
  EXPECT_EQ(told.slot_at().nanos(), 1);
  EXPECT_EQ(told.event_at().seconds(), kNowNs / kNsPerSecond - 1);
  details->slot_at = details->event_at = TimestampNs{};
  told = Reply(command, BigResult()).transaction();
  EXPECT_FALSE(told.has_slot_at());
  EXPECT_FALSE(told.has_event_at());
}

TEST_F(ReplyTest, WhatWasNotRecordedHasNoId) {
  Command command;
  command.terminal = *ParseCode<TerminalId>("UNKNOWN");
  command.request_id = *ParseUuid(kOtherUuid);
  Result result;
  result.transaction.reason = Reason::kInvalidTerminal;
  command.kind = CommandKind::kIncrement;
  EXPECT_EQ(Reply(command, result).transaction().kind(), v1::TRANSACTION_KIND_INCREMENT);
  command.kind = CommandKind::kRefund;
  EXPECT_EQ(Reply(command, result).transaction().kind(), v1::TRANSACTION_KIND_REFUND);
  const auto details = std::make_unique<Details>();
  command.kind = CommandKind::kCloseBatch;
  command.details = details.get();
  const v1::CloseBatchResponse close = CloseReply(command, result);
  EXPECT_EQ(close.transaction().kind(), v1::TRANSACTION_KIND_BATCH_CLOSE);
  EXPECT_EQ(close.transaction().reason(), v1::REASON_INVALID_TERMINAL);
  EXPECT_EQ(close.outcome(), v1::BATCH_OUTCOME_UNSPECIFIED);
  EXPECT_FALSE(close.has_engine_totals());
  command.details = nullptr;
  command.kind = CommandKind::kReverse;
  const v1::Transaction transaction = Reply(command, result).transaction();
  EXPECT_TRUE(transaction.transaction_id().empty());
  EXPECT_EQ(transaction.kind(), v1::TRANSACTION_KIND_REVERSAL);
  EXPECT_EQ(transaction.outcome(), v1::OUTCOME_DECLINED);
  EXPECT_EQ(transaction.reason(), v1::REASON_INVALID_TERMINAL);
  EXPECT_EQ(transaction.terminal_id(), "UNKNOWN");
  EXPECT_EQ(transaction.request_id(), kOtherUuid);
  EXPECT_EQ(transaction.state(), v1::TRANSACTION_STATE_UNSPECIFIED);
}

TEST_F(ReplyTest, QuotesAndInquiriesHaveTheTransactionOnly) {
  Command command;
  Result result = BigResult();
  result.replay = true;
  command.kind = CommandKind::kQuote;
  EXPECT_FALSE(Reply(command, result, "abc").idempotent_replay());
  EXPECT_TRUE(Reply(command, result, "abc").transport_data().empty());
  command.kind = CommandKind::kGetTransaction;
  EXPECT_FALSE(Reply(command, result, "abc").idempotent_replay());
  for (const CommandKind kind : {CommandKind::kCapture,
                                 CommandKind::kReverse,
                                 CommandKind::kIncrement,
                                 CommandKind::kRefund}) {
    command.kind = kind;
    EXPECT_TRUE(Reply(command, result, "abc").idempotent_replay());
    EXPECT_EQ(Reply(command, result, "abc").transport_data(), "abc");
  }
}

TEST_F(ReplyTest, OnlyAnAuthorizationHasProgressAndOnlyHoldsExpire) {
  Command command;
  for (const auto& [kind, expires] : {std::pair(TransactionKind::kCapture, false),
                                      std::pair(TransactionKind::kReversal, false),
                                      std::pair(TransactionKind::kIncrement, true),
                                      std::pair(TransactionKind::kRefund, false)}) {
    Result result = BigResult();
    result.transaction.kind = kind;
    result.transaction.state = TransactionState::kCompleted;
    // The union's other member: nothing of it may be told as progress.
    Reference reference;
    reference.original_id = TransactionId{10};
    reference.original_request_id = *ParseUuid(kUuid);
    reference.asked_amount = Fen{9};
    result.transaction.reference = reference;
    const v1::Transaction transaction = Reply(command, result).transaction();
    EXPECT_EQ(transaction.has_expires_at(), expires);
    EXPECT_EQ(transaction.captured_fen(), 0);
    EXPECT_EQ(transaction.captured_subsidy_fen(), 0);
    EXPECT_EQ(transaction.refunded_fen(), 0);
    EXPECT_EQ(transaction.refunded_subsidy_fen(), 0);
    EXPECT_EQ(transaction.restated_fen(), 0);
    EXPECT_TRUE(transaction.overrun());
  }
}

TEST_F(ReplyTest, EveryKindStateAndOutcomeArrives) {
  Command command;
  for (const TransactionKind kind : {TransactionKind::kAuthorization,
                                     TransactionKind::kCapture,
                                     TransactionKind::kReversal,
                                     TransactionKind::kIncrement,
                                     TransactionKind::kRefund,
                                     TransactionKind::kBatchClose}) {
    for (int state = 1; state <= static_cast<int>(TransactionState::kRefunded); ++state) {
      for (int outcome = 1; outcome <= static_cast<int>(Outcome::kDeclined); ++outcome) {
        Result result = BigResult();
        result.transaction.kind = kind;
        result.transaction.state = static_cast<TransactionState>(state);
        result.transaction.outcome = static_cast<Outcome>(outcome);
        result.transaction.original_found = true;
        const v1::Transaction transaction = Reply(command, result).transaction();
        EXPECT_EQ(transaction.kind(), static_cast<int>(kind));
        EXPECT_EQ(transaction.state(), state);
        EXPECT_EQ(transaction.outcome(), outcome);
        EXPECT_EQ(transaction.original_found(), kind == TransactionKind::kReversal);
        EXPECT_EQ(transaction.original_transaction_id(), "ZZZZZZZZZZZZ");
      }
    }
  }
}

TEST_F(ReplyTest, LinesTellWhoPaysWhat) {
  const auto details = std::make_unique<Details>();
  details->line_count = 2;
  details->lines[0] = Line{Long<ItemCode>('i'), Fen{250}, Fen{83}, 1, 3, 2};
  details->lines[1] = Line{*ParseCode<ItemCode>("tea"), Fen{0}, Fen{0}, 2, 1, 0};
  Command command;
  command.details = details.get();
  const v1::Transaction transaction = Reply(command, BigResult()).transaction();
  ASSERT_EQ(transaction.lines_size(), 2);
  const v1::TransactionLine& first = transaction.lines(0);
  EXPECT_EQ(first.line_number(), 1U);
  EXPECT_EQ(first.item_code(), std::string(32, 'i'));
  EXPECT_EQ(first.quantity(), 3U);
  EXPECT_EQ(first.price_fen(), 250);
  EXPECT_EQ(first.member_pays_fen(), 167);
  EXPECT_EQ(first.subsidy_fen(), 83);
  EXPECT_EQ(first.returned_quantity(), 2U);
  EXPECT_EQ(transaction.lines(1).line_number(), 2U);
  EXPECT_EQ(transaction.lines(1).item_code(), "tea");
  EXPECT_EQ(transaction.lines(1).returned_quantity(), 0U);
  // Not of an advice.
  EXPECT_FALSE(transaction.has_occurred_at());
  EXPECT_FALSE(transaction.has_judged_at());
  EXPECT_EQ(transaction.liability(), v1::LIABILITY_UNSPECIFIED);

  // What was asked for without details is answered without.
  command.details = nullptr;
  EXPECT_EQ(Reply(command, BigResult()).transaction().lines_size(), 0);
}

TEST_F(ReplyTest, AnAdviceTellsItsTimesAndWhoBearsIt) {
  const auto details = std::make_unique<Details>();
  details->is_advice = true;
  details->advice.occurred_at = TimestampNs{kNowNs + 5};
  details->advice.judged_at = TimestampNs{kNowNs - kNsPerSecond};
  details->advice.clock_adjusted = true;
  details->advice.acquirer_bears = Fen{77};
  Command command;
  command.details = details.get();
  for (const Liability liability :
       {Liability::kNone, Liability::kProgramme, Liability::kAcquirer, Liability::kManual}) {
    details->advice.liability = liability;
    const v1::Transaction transaction = Reply(command, BigResult()).transaction();
    EXPECT_EQ(transaction.liability(), static_cast<int>(liability));
    EXPECT_EQ(transaction.occurred_at().nanos(), 5);
    EXPECT_EQ(transaction.judged_at().seconds(), kNowNs / kNsPerSecond - 1);
    EXPECT_TRUE(transaction.clock_adjusted());
    EXPECT_EQ(transaction.acquirer_bears_fen(), 77);
  }
}

TEST_F(ReplyTest, ACloseTellsBothSides) {
  const auto details = std::make_unique<Details>();
  details->is_batch = true;
  Batch& batch = details->batch;
  batch.number = 7;
  batch.closed_at = TimestampNs{kNowNs};
  batch.ours.captures = 1;
  batch.ours.captured = Fen{2};
  batch.ours.refunds = 3;
  batch.ours.refunded = Fen{4};
  batch.ours.reversals = 5;
  batch.ours.reversed = Fen{6};
  batch.ours.subsidy = Fen{-7};
  batch.theirs = batch.ours;
  Command command;
  command.kind = CommandKind::kCloseBatch;
  command.close_batch = CloseBatchRequest{};
  command.details = details.get();
  Result result = BigResult();
  result.transaction.kind = TransactionKind::kBatchClose;
  result.transaction.state = TransactionState::kCompleted;
  result.replay = true;
  v1::CloseBatchResponse response = CloseReply(command, result, "abc");
  EXPECT_EQ(response.transaction().kind(), v1::TRANSACTION_KIND_BATCH_CLOSE);
  EXPECT_EQ(response.transaction().display_message(), "Batch closed, in balance");
  EXPECT_TRUE(response.idempotent_replay());
  EXPECT_EQ(response.transport_data(), "abc");
  EXPECT_EQ(response.outcome(), v1::BATCH_OUTCOME_IN_BALANCE);
  EXPECT_EQ(response.batch_number(), 7U);
  EXPECT_FALSE(response.has_opened_at());  // the first
  EXPECT_EQ(response.closed_at().seconds(), kNowNs / kNsPerSecond);
  const v1::BatchTotals& ours = response.engine_totals();
  EXPECT_EQ(ours.capture_count(), 1U);
  EXPECT_EQ(ours.captured_fen(), 2);
  EXPECT_EQ(ours.refund_count(), 3U);
  EXPECT_EQ(ours.refunded_fen(), 4);
  EXPECT_EQ(ours.reversal_count(), 5U);
  EXPECT_EQ(ours.reversed_fen(), 6);
  EXPECT_EQ(ours.subsidy_fen(), -7);
  EXPECT_EQ(response.terminal_totals().SerializeAsString(), ours.SerializeAsString());

  batch.theirs.subsidy = Fen{-8};
  batch.opened_at = TimestampNs{kNowNs - 1};
  response = CloseReply(command, result);
  EXPECT_EQ(response.outcome(), v1::BATCH_OUTCOME_OUT_OF_BALANCE);
  EXPECT_EQ(response.transaction().display_message_zh(), "批结算完成，账不平");
  EXPECT_EQ(response.terminal_totals().subsidy_fen(), -8);
  EXPECT_EQ(response.engine_totals().subsidy_fen(), -7);
  EXPECT_TRUE(response.has_opened_at());

  // A shift without a sale has totals of its own, not none.
  batch.ours = batch.theirs = Totals{};
  response = CloseReply(command, result);
  EXPECT_TRUE(response.has_engine_totals());
  EXPECT_EQ(response.outcome(), v1::BATCH_OUTCOME_IN_BALANCE);
}

TEST_F(ReplyTest, ChecksFollowTheTransaction) {
  const auto explanation = std::make_unique<Explanation>();
  explanation->checks[0].check = Reason::kCardNotActive;
  explanation->checks[0].passed = true;
  explanation->checks[1].benefit = BenefitRow{1};
  explanation->checks[1].check = Reason::kExceedsAmountLimit;
  explanation->checks[1].about_limit = true;
  explanation->checks[1].limit = BigLimit();
  explanation->checks[2].benefit = BenefitRow{1};
  explanation->checks[2].check = Reason::kQuotaExhausted;
  explanation->checks[2].fund = FundRow{2};
  explanation->checks[2].needed = Fen{3};
  explanation->checks[2].available = Fen{2};
  explanation->count = 3;
  Command command;
  command.authorize.explanation = explanation.get();
  const v1::AuthorizeResponse response = Reply(command, BigResult(), "abc");
  EXPECT_EQ(response.transport_data(), "abc");
  EXPECT_FALSE(response.checks_truncated());
  ASSERT_EQ(response.checks_size(), 3);
  const v1::CheckOutcome& card = response.checks(0);
  EXPECT_TRUE(card.programme_code().empty());
  EXPECT_EQ(card.programme_version(), 0U);
  EXPECT_TRUE(card.benefit_code().empty());
  EXPECT_EQ(card.check(), v1::REASON_CARD_NOT_ACTIVE);
  EXPECT_TRUE(card.passed());
  EXPECT_FALSE(card.has_limit());
  EXPECT_EQ(card.display_message(), "Card may be used");
  EXPECT_EQ(card.display_message_zh(), "卡可用");
  const v1::CheckOutcome& limit = response.checks(1);
  EXPECT_EQ(limit.programme_code(), std::string(32, 'p'));
  EXPECT_EQ(limit.programme_version(), 1U);
  EXPECT_EQ(limit.benefit_code(), std::string(32, 'b'));
  EXPECT_FALSE(limit.passed());
  EXPECT_EQ(limit.limit().limit_code(), std::string(32, 'l'));
  EXPECT_EQ(limit.limit().left(), INT64_MIN);
  EXPECT_EQ(limit.display_message_zh(), "优惠额度已用完");
  EXPECT_FALSE(limit.has_fund());
  EXPECT_EQ(response.checks(2).fund().fund_code(), "stock");
  EXPECT_EQ(response.checks(2).fund().needed_pieces(), 3);
  EXPECT_EQ(response.checks(2).fund().available_pieces(), 2);

  command.kind = CommandKind::kQuote;
  EXPECT_EQ(Reply(command, BigResult()).checks_size(), 3);
}

TEST_F(ReplyTest, AsManyChecksAsThereMayBeFit) {
  const auto explanation = std::make_unique<Explanation>();
  explanation->count = kChecksPerExplanationMax;
  explanation->truncated = true;
  for (CheckResult& check : explanation->checks) {
    check.benefit = BenefitRow{1};
    check.check = Reason::kOriginalNotFound;
    check.about_limit = true;
    check.limit = BigLimit();
    check.fund = FundRow{1};
    check.needed = check.available = Fen{INT64_MIN};
  }
  Command command;
  command.authorize.explanation = explanation.get();
  const v1::AuthorizeResponse response = Reply(command, BigResult());
  ASSERT_EQ(response.checks_size(), static_cast<int>(kChecksPerExplanationMax));
  EXPECT_TRUE(response.checks_truncated());
  // Room is made for one at a time: kCheckBytesMax of translate_answers.cc.
  EXPECT_LT(response.checks(0).ByteSizeLong(), 512U - 64U);
  // What gRPC's clients take without being told to.
  EXPECT_LT(response.ByteSizeLong(), 4U << 20);
}

TEST_F(ReplyTest, EntitlementsAreToldOneByOne) {
  const auto list = std::make_unique<EntitlementList>();
  list->count = kEntitlementsMax;
  list->truncated = true;
  for (Entitlement& item : list->items) {
    item.benefit = BenefitRow{1};
    item.reason = Reason::kOutsideTimeWindow;
    item.next_eligible_at = TimestampNs{kTimestampNsMax - 1};
    item.limit_count = kLimitsPerBenefitMax;
    item.limits.fill(BigLimit());
  }
  list->items[0].reason = Reason::kNone;
  list->items[0].next_eligible_at = TimestampNs{};
  list->items[0].limit_count = 0;
  Command command;
  command.kind = CommandKind::kGetEntitlements;
  command.entitlements = EntitlementsRequest{};
  command.entitlements.list = list.get();
  Result result;
  result.transaction.outcome = Outcome::kApproved;
  result.transaction.decided_at = TimestampNs{kNowNs};
  writer_.Clear();
  writer_.Reserve(kReplyBytesMax);
  AppendReply(ledger_, command, result, "", &writer_);
  v1::GetEntitlementsResponse response;
  ASSERT_TRUE(response.ParseFromArray(writer_.data(), static_cast<int>(writer_.size())));
  EXPECT_EQ(response.SerializeAsString(), writer_.view());  // canonical
  EXPECT_EQ(response.outcome(), v1::OUTCOME_APPROVED);
  EXPECT_EQ(response.reason(), v1::REASON_UNSPECIFIED);
  EXPECT_FALSE(response.display_message_zh().empty());
  EXPECT_EQ(response.as_of().seconds(), kNowNs / kNsPerSecond);
  EXPECT_TRUE(response.truncated());
  ASSERT_EQ(response.entitlements_size(), static_cast<int>(kEntitlementsMax));
  const v1::Entitlement& now = response.entitlements(0);
  EXPECT_EQ(now.programme_code(), std::string(32, 'p'));
  EXPECT_EQ(now.programme_version(), 1U);
  EXPECT_EQ(now.benefit_code(), std::string(32, 'b'));
  EXPECT_EQ(now.display_name(), kLongName);
  EXPECT_EQ(now.price(), "free");
  EXPECT_EQ(now.reason(), v1::REASON_UNSPECIFIED);
  EXPECT_FALSE(now.has_next_eligible_at());
  EXPECT_EQ(now.display_message_zh(), "现在可用");
  const v1::Entitlement& later = response.entitlements(255);
  EXPECT_EQ(later.reason(), v1::REASON_OUTSIDE_TIME_WINDOW);
  EXPECT_EQ(later.next_eligible_at().seconds(), (kTimestampNsMax - 1) / kNsPerSecond);
  ASSERT_EQ(later.limits_size(), 8);
  EXPECT_EQ(later.limits(7).used(), INT64_MIN);
  // Room is made for one at a time: kEntitlementBytesMax of translate_answers.cc.
  EXPECT_LT(later.ByteSizeLong(), 2'560U - 64U);
  EXPECT_LT(response.ByteSizeLong(), 4U << 20);
  // Operators' answer has the same fields.
  v1::GetMemberEntitlementsResponse twin;
  ASSERT_TRUE(twin.ParseFromArray(writer_.data(), static_cast<int>(writer_.size())));
  EXPECT_EQ(twin.SerializeAsString(), writer_.view());
  EXPECT_EQ(twin.entitlements_size(), response.entitlements_size());
}

TEST_F(ReplyTest, WithoutAMemberThereIsNoList) {
  const auto list = std::make_unique<EntitlementList>();
  Command command;
  command.kind = CommandKind::kGetEntitlements;
  command.entitlements = EntitlementsRequest{};
  command.entitlements.list = list.get();
  Result result;
  result.transaction.reason = Reason::kCardPaused;
  WireWriter out;
  AppendEntitlements(ledger_, command, result, &out);
  v1::GetEntitlementsResponse response;
  ASSERT_TRUE(response.ParseFromArray(out.data(), static_cast<int>(out.size())));
  EXPECT_EQ(response.outcome(), v1::OUTCOME_DECLINED);
  EXPECT_EQ(response.reason(), v1::REASON_CARD_PAUSED);
  EXPECT_EQ(response.display_message_zh(), "卡已暂停使用");
  EXPECT_EQ(response.entitlements_size(), 0);
}

}  // namespace
}  // namespace gonghui
