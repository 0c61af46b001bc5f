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
  EXPECT_THAT(std::string(HelpOf(t).english), HasSubstr("choose another time"));
  t.mutable_occurred_at()->set_seconds(1);
  EXPECT_THAT(std::string(HelpOf(t).english), HasSubstr("it has happened"));
  t.set_reason(v1::REASON_ADVICE_TOO_OLD);
  EXPECT_THAT(std::string(HelpOf(t).english), HasSubstr("a person settles it"));
}

}  // namespace
}  // namespace gonghui::ctl
