// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tools/gonghuictl/reason_help.h"

#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gonghui::ctl {
namespace {

using testing::HasSubstr;
using testing::Not;

// Of every answer that the contract has, so that a new one is not forgotten.
TEST(ReasonHelp, IsThereOfEveryReason) {
  const google::protobuf::EnumDescriptor* const reasons = v1::Reason_descriptor();
  std::set<std::string> english;
  for (int i = 0; i < reasons->value_count(); ++i) {
    const auto reason = static_cast<v1::Reason>(reasons->value(i)->number());
    const ReasonHelp help = HelpOf(reason);
    const bool none = reason == v1::REASON_UNSPECIFIED;
    EXPECT_EQ(help.english.empty(), none) << reasons->value(i)->name();
    EXPECT_EQ(help.chinese.empty(), none) << reasons->value(i)->name();
    EXPECT_LE(help.english.size(), 120U) << reasons->value(i)->name();
    if (!none) {
      EXPECT_TRUE(english.insert(std::string(help.english)).second) << reasons->value(i)->name();
      EXPECT_GE(static_cast<unsigned char>(help.chinese[0]), 0xe4U) << "Chinese comes first";
    }
  }
  EXPECT_TRUE(HelpOf(static_cast<v1::Reason>(9'999)).english.empty()) << "of a newer server";
}

TEST(ReasonHelp, KnowsMoreOfAWholeAnswer) {
  v1::Transaction t;
  t.set_reason(v1::REASON_EXCEEDS_FREQUENCY_LIMIT);
  EXPECT_TRUE(HelpOf(t).english.empty()) << "no decline";
  t.set_outcome(v1::OUTCOME_DECLINED);
  EXPECT_THAT(std::string(HelpOf(t).english), HasSubstr("when the limit begins anew"));
  t.mutable_failed_check()->mutable_limit()->set_window(v1::LIMIT_WINDOW_SLOT);
  EXPECT_THAT(std::string(HelpOf(t).english), HasSubstr("ask again later"));
  t.mutable_next_eligible_at()->set_seconds(1);
  EXPECT_THAT(std::string(HelpOf(t).english), HasSubstr("choose another time"));
  t.set_reason(v1::REASON_SLOT_NOT_AVAILABLE);
  t.clear_failed_check();
  EXPECT_THAT(std::string(HelpOf(t).english), HasSubstr("choose another time"));
  t.mutable_occurred_at()->set_seconds(1);
  EXPECT_THAT(std::string(HelpOf(t).english), HasSubstr("it has happened"));
  t.set_reason(v1::REASON_ADVICE_TOO_OLD);
  EXPECT_THAT(std::string(HelpOf(t).english), HasSubstr("a person settles it"));
}

// A reversal has no hold to be raised for it.
TEST(ReasonHelp, OfAReversalOfTooMuch) {
  v1::Transaction t;
  t.set_outcome(v1::OUTCOME_DECLINED);
  t.set_reason(v1::REASON_EXCEEDS_AUTHORIZED_AMOUNT);
  t.set_kind(v1::TRANSACTION_KIND_CAPTURE);
  EXPECT_THAT(std::string(HelpOf(t).english), HasSubstr("capture at most"));
  t.set_kind(v1::TRANSACTION_KIND_REVERSAL);
  EXPECT_EQ(HelpOf(t).english, "take back at most what is left (txn show)");
  EXPECT_THAT(std::string(HelpOf(t).chinese), HasSubstr("撤销金额不得超过可撤余额"));
}

// Where there is no fund, no budget can be raised.
TEST(ReasonHelp, OfABenefitWithoutAFundOfMoney) {
  v1::Transaction t;
  t.set_outcome(v1::OUTCOME_DECLINED);
  t.set_reason(v1::REASON_BUDGET_EXHAUSTED);
  EXPECT_THAT(std::string(HelpOf(t).english), HasSubstr("raise the budget")) << "nothing is known";
  t.mutable_failed_check()->mutable_fund()->set_fund_code("city-2026");
  EXPECT_THAT(std::string(HelpOf(t).english), HasSubstr("raise the budget"));
  t.mutable_failed_check()->clear_fund();
  EXPECT_EQ(HelpOf(t).english, "the benefit has no fund of money: ask with price 0");
  EXPECT_THAT(std::string(HelpOf(t).chinese), HasSubstr("没有资金来源"));
}

// "Come again" is no help where nothing comes again.
TEST(ReasonHelp, OfALimitThatNeverBeginsAnew) {
  for (const v1::Reason reason : {v1::REASON_EXCEEDS_FREQUENCY_LIMIT,
                                  v1::REASON_EXCEEDS_AMOUNT_LIMIT,
                                  v1::REASON_TOO_MANY_NO_SHOWS}) {
    v1::Transaction t;
    t.set_outcome(v1::OUTCOME_DECLINED);
    t.set_reason(reason);
    v1::LimitState& limit = *t.mutable_failed_check()->mutable_limit();
    limit.set_window(v1::LIMIT_WINDOW_PROGRAMME);
    const std::string forever(HelpOf(t).english);
    EXPECT_THAT(forever, Not(HasSubstr("again"))) << reason;
    EXPECT_LE(forever.size(), 120U);
    EXPECT_THAT(std::string(HelpOf(t).chinese), Not(HasSubstr("再来"))) << reason;
    limit.mutable_resets_at()->set_seconds(1);
    EXPECT_EQ(HelpOf(t).english, HelpOf(reason).english);
  }
}

// A claim is judged as of its event: there is nothing to be sold, and no day to come again on.
TEST(ReasonHelp, OfAClaim) {
  const google::protobuf::EnumDescriptor* const reasons = v1::Reason_descriptor();
  for (int i = 0; i < reasons->value_count(); ++i) {
    v1::Transaction t;
    t.set_outcome(v1::OUTCOME_DECLINED);
    t.set_reason(static_cast<v1::Reason>(reasons->value(i)->number()));
    t.mutable_event_at()->set_seconds(1);
    if (t.reason() == v1::REASON_UNSPECIFIED || t.reason() == v1::REASON_OFFLINE_NOT_PERMITTED) {
      continue;
    }
    const ReasonHelp help = HelpOf(t);
    EXPECT_FALSE(help.english.empty()) << reasons->value(i)->name();
    EXPECT_LE(help.english.size(), 120U) << reasons->value(i)->name();
    if (t.reason() >= v1::REASON_TERMINAL_INACTIVE) {
      EXPECT_THAT(std::string(help.english), Not(HasSubstr("sell it"))) << help.english;
      EXPECT_THAT(std::string(help.chinese), Not(HasSubstr("原价"))) << help.chinese;
    }
  }
  v1::Transaction t;
  t.set_outcome(v1::OUTCOME_DECLINED);
  t.mutable_event_at()->set_seconds(1);
  t.set_reason(v1::REASON_PROGRAMME_NOT_STARTED);
  EXPECT_THAT(std::string(HelpOf(t).english), HasSubstr("before the programme began"));
  EXPECT_THAT(std::string(HelpOf(t).chinese), HasSubstr("项目开始之前"));
  t.set_reason(v1::REASON_NOT_PERMITTED_TO_MEMBER);
  EXPECT_THAT(std::string(HelpOf(t).english), HasSubstr("no such cover on the day of the event"));
  EXPECT_THAT(std::string(HelpOf(t).chinese), HasSubstr("不在保障范围"));
  // Its limit is that of the event's year, unless it is counted once.
  for (const v1::Reason reason :
       {v1::REASON_EXCEEDS_FREQUENCY_LIMIT, v1::REASON_EXCEEDS_AMOUNT_LIMIT}) {
    t.set_reason(reason);
    v1::LimitState& limit = *t.mutable_failed_check()->mutable_limit();
    limit.clear_resets_at();
    EXPECT_THAT(std::string(HelpOf(t).english), HasSubstr("programme"));
    EXPECT_LE(HelpOf(t).english.size(), 120U);
    EXPECT_THAT(std::string(HelpOf(t).chinese), HasSubstr("不再恢复"));
    limit.mutable_resets_at()->set_seconds(1);
    EXPECT_THAT(std::string(HelpOf(t).english), HasSubstr("period of the event"));
  }
}

}  // namespace
}  // namespace gonghui::ctl
