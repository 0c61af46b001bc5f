// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/server/reason_text.h"

#include <set>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "engine/server/text_codec.h"
#include "gonghui/v1/reason.pb.h"

namespace gonghui {
namespace {

// The proto mirrors the enum one to one, so it lists them all.
template <class Visit>
void ForEachReason(const Visit& visit) {
  const google::protobuf::EnumDescriptor* const reasons = v1::Reason_descriptor();
  for (int i = 0; i < reasons->value_count(); ++i) {
    visit(static_cast<Reason>(reasons->value(i)->number()), reasons->value(i)->name());
  }
}

TEST(ReasonTextTest, EveryReasonHasBothTextsOfItsOwn) {
  std::set<std::string_view> english;
  std::set<std::string_view> chinese;
  ForEachReason([&](Reason reason, const std::string& name) {
    const DisplayMessage message = DisplayMessageOf(reason);
    EXPECT_FALSE(message.english.empty()) << name;
    EXPECT_FALSE(message.chinese.empty()) << name;
    EXPECT_LE(message.english.size(), 48U) << name;
    EXPECT_TRUE(IsPrintableUtf8(message.chinese)) << name;
    EXPECT_TRUE(english.insert(message.english).second) << name;
    EXPECT_TRUE(chinese.insert(message.chinese).second) << name;
  });
}

TEST(ReasonTextTest, EveryReasonSaysWhetherToTryAgain) {
  ForEachReason([](Reason reason, const std::string& name) {
    const Retry retry = RetryOf(reason);
    EXPECT_TRUE(retry == Retry::kNever || retry == Retry::kNewIdLater) << name;
  });
  EXPECT_EQ(RetryOf(Reason::kInvalidCard), Retry::kNever);
  EXPECT_EQ(RetryOf(Reason::kExceedsFrequencyLimit), Retry::kNewIdLater);
  EXPECT_EQ(RetryOf(Reason::kExceedsCapturedAmount), Retry::kNever);
  EXPECT_EQ(RetryOf(Reason::kAdviceTooOld), Retry::kNever);
  // Not with the same code, but with the next one.
  EXPECT_EQ(RetryOf(Reason::kSecurityViolation), Retry::kNewIdLater);
  EXPECT_EQ(RetryOf(Reason::kCredentialExpired), Retry::kNewIdLater);
  // What somebody may still do something about.
  EXPECT_EQ(RetryOf(Reason::kApprovalMissing), Retry::kNewIdLater);
  EXPECT_EQ(RetryOf(Reason::kVoucherReserved), Retry::kNewIdLater);
  EXPECT_EQ(RetryOf(Reason::kVoucherRedeemed), Retry::kNever);
  EXPECT_EQ(RetryOf(Reason::kClaimTooLate), Retry::kNever);
}

TEST(ReasonTextTest, AFullSlotHasAWordOfItsOwn) {
  const DisplayMessage message = FullSlotMessage();
  EXPECT_LE(message.english.size(), 48U);
  EXPECT_TRUE(IsPrintableUtf8(message.chinese));
  EXPECT_NE(message.english, DisplayMessageOf(Reason::kExceedsFrequencyLimit).english);
}

TEST(ReasonTextTest, EachMistakeAboutASlotHasWordsOfItsOwn) {
  std::set<std::string_view> english;
  std::set<std::string_view> chinese;
  for (const SlotFault fault : {SlotFault::kNone,
                                SlotFault::kNotNamed,
                                SlotFault::kBegun,
                                SlotFault::kTooFarAhead,
                                SlotFault::kNoneBegins}) {
    const DisplayMessage message = SlotMessageOf(fault);
    EXPECT_LE(message.english.size(), 48U) << message.english;
    EXPECT_TRUE(IsPrintableUtf8(message.chinese));
    EXPECT_TRUE(english.insert(message.english).second) << message.english;
    EXPECT_TRUE(chinese.insert(message.chinese).second) << message.chinese;
  }
}

TEST(ReasonTextTest, ACheckSaysWhatWasFound) {
  ForEachReason([](Reason reason, const std::string& name) {
    const DisplayMessage passed = CheckMessageOf(reason, true);
    EXPECT_FALSE(passed.english.empty()) << name;
    EXPECT_LE(passed.english.size(), 48U) << name;
    EXPECT_TRUE(IsPrintableUtf8(passed.chinese)) << name;
    EXPECT_NE(passed.chinese, DisplayMessageOf(reason).chinese) << name;
    EXPECT_EQ(CheckMessageOf(reason, false).chinese, DisplayMessageOf(reason).chinese) << name;
  });
}

TEST(ReasonTextTest, AnEntitlementSaysWhetherItMayBeUsed) {
  EXPECT_EQ(EntitlementMessageOf(Reason::kNone).english, "May be used now");
  EXPECT_EQ(EntitlementMessageOf(Reason::kFundNotOpen).chinese,
            DisplayMessageOf(Reason::kFundNotOpen).chinese);
  Transaction answer;
  answer.reason = Reason::kMemberSuspended;
  EXPECT_EQ(EntitlementsMessageOf(answer, 0).chinese, "会员已停用");
  answer.outcome = Outcome::kApproved;
  answer.reason = Reason::kNone;
  EXPECT_EQ(EntitlementsMessageOf(answer, 0).english, "No benefit for this member");
  EXPECT_EQ(EntitlementsMessageOf(answer, 1).english, "Benefits of this member");
}

TEST(ReasonTextTest, AnApprovalSaysOfWhat) {
  Transaction transaction;
  transaction.outcome = Outcome::kApproved;
  EXPECT_EQ(DisplayMessageOf(transaction).english, "Approved");
  transaction.outcome = Outcome::kApprovedPartial;
  EXPECT_EQ(DisplayMessageOf(transaction).english, "Approved, benefit in part");
  transaction.outcome = Outcome::kApproved;
  transaction.reason = Reason::kNoApplicableBenefit;
  EXPECT_EQ(DisplayMessageOf(transaction).english, "Full price, no benefit");
  transaction.reason = Reason::kNone;
  transaction.kind = TransactionKind::kCapture;
  EXPECT_EQ(DisplayMessageOf(transaction).english, "Captured");
  transaction.kind = TransactionKind::kReversal;
  transaction.no_amount = true;
  EXPECT_EQ(DisplayMessageOf(transaction).english, "Reversed");
  transaction.kind = TransactionKind::kIncrement;
  EXPECT_EQ(DisplayMessageOf(transaction).english, "Authorization raised");
  transaction.kind = TransactionKind::kRefund;
  EXPECT_EQ(DisplayMessageOf(transaction).english, "Refunded");
  EXPECT_EQ(DisplayMessageOf(transaction).chinese, "已退货");
  transaction.kind = TransactionKind::kBatchClose;
  EXPECT_EQ(DisplayMessageOf(transaction).english, "Batch closed");
}

// The amount it named may be all there was, which the reversal itself does not tell.
TEST(ReasonTextTest, AReversalOfAnAmountDoesNotSayThatAllIsUndone) {
  Transaction reversal;
  reversal.kind = TransactionKind::kReversal;
  reversal.outcome = Outcome::kApproved;
  reversal.list_price = Fen{400};
  reversal.no_amount = true;
  EXPECT_EQ(DisplayMessageOf(reversal).english, "Reversed");
  EXPECT_EQ(DisplayMessageOf(reversal).chinese, "已撤销");
  reversal.no_amount = false;
  EXPECT_EQ(DisplayMessageOf(reversal).english, "Amount reversed");
  EXPECT_EQ(DisplayMessageOf(reversal).chinese, "已撤销该金额");
  // Nothing was there to be undone.
  reversal.list_price = Fen{0};
  EXPECT_EQ(DisplayMessageOf(reversal).english, "Reversed");
}

// Approved with the reason why the terminal should have known better, had it been told.
TEST(ReasonTextTest, AnAdviceMayHaveAReasonAndItsBenefit) {
  Transaction sale;
  sale.outcome = Outcome::kApproved;
  sale.reason = Reason::kCardPaused;
  sale.applied_count = 1;
  EXPECT_EQ(DisplayMessageOf(sale).english, "Approved");
  sale.outcome = Outcome::kApprovedPartial;
  EXPECT_EQ(DisplayMessageOf(sale).english, "Approved, benefit in part");
}

TEST(ReasonTextTest, ACloseSaysWhetherItBalances) {
  Batch batch;
  EXPECT_EQ(BatchMessageOf(batch).english, "Batch closed, in balance");
  EXPECT_EQ(BatchMessageOf(batch).chinese, "批结算完成，账平");
  batch.theirs.captures = 1;
  EXPECT_EQ(BatchMessageOf(batch).english, "Batch closed, OUT OF BALANCE");
  EXPECT_EQ(BatchMessageOf(batch).chinese, "批结算完成，账不平");
}

}  // namespace
}  // namespace gonghui
