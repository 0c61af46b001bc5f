// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What a dump says of transactions, batches, programmes and the registry.

#include "tools/inspect/dump.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/testing/city.h"
#include "tests/unit/durability/event_maker.h"
#include "tools/inspect/event_names.h"

namespace gonghui {
namespace {

using testing::HasSubstr;

TEST(TimeTextTest, IsUtcToTheNanosecond) {
  EXPECT_EQ(TimeText(TimestampNs{1'795'478'400'123'456'789}), "2026-11-24T00:00:00.123456789Z");
  EXPECT_EQ(TimeText(TimestampNs{-1}), "1969-12-31T23:59:59.999999999Z");
  EXPECT_EQ(TimeText(kTimestampMax), "never");
}

TEST(DumpTest, ARefundIsToldWithWhatItChanges) {
  const auto refund = MakeFollowUp(EventKind::kRefunded, 5'002, kCityNoon);
  refund->event.shares[0].overrun_delta = Fen{-100};
  refund->event.shares[0].suspense_delta = Fen{300};
  const std::string line = LineOf(refund->event, 0, false);
  for (const char* part :
       {R"("kind":"refunded","terminal_id":"KM004217")",
        R"("command":{"original_transaction_id":5001,"amount_fen":1000},"effect":)",
        R"("list_price_fen":1000,"member_pays_fen":600,"subsidy_fen":400)",
        R"("original":{"transaction_row":1843212,"state":"partially_refunded",)"
        R"("refunded_delta_fen":1000,"refunded_subsidy_delta_fen":400})",
        R"("spent_delta":-400,"overrun_delta":-100,"suspense_delta":300})",
        R"("member_posted_delta_fen":-600)"}) {
    EXPECT_THAT(line, HasSubstr(part));
  }
}

TEST(DumpTest, AnIncrementIsToldWithWhatItChanges) {
  const auto increment = MakeFollowUp(EventKind::kIncremented, 5'002, kCityNoon);
  increment->command.increment.hold_s = 3'600;
  increment->command.increment.stan = 42;
  increment->event.original.expires_at_delta_ns = 60'000'000'000;
  const std::string line = LineOf(increment->event, 0, false);
  for (const char* part :
       {R"("kind":"incremented")",
        R"("command":{"original_transaction_id":5001,"amount_fen":1000,"stan":42,"hold_s":3600})",
        R"("state":"pending","restates":true,"list_price_delta_fen":1000,)"
        R"("subsidy_delta_fen":400,"expires_at_delta_ns":60000000000})"}) {
    EXPECT_THAT(line, HasSubstr(part));
  }
}

// A decline keeps them where an approval keeps what is captured.
TEST(DumpTest, ADeclineIsToldWithWhatRefused) {
  const auto sale = MakeSale(5'001, kCityNoon);
  Transaction& declined = sale->event.transaction;
  declined.outcome = Outcome::kDeclined;
  declined.state = TransactionState::kDeclined;
  declined.captured = Fen{3};
  declined.captured_subsidy = Fen{0};
  const auto effect = [&sale] {
    const std::string line = LineOf(sale->event, 0, false);
    return line.substr(line.find("\"effect\""));
  };
  const auto told = [](const char* numbers, const char* row) {
    return testing::AllOf(HasSubstr(numbers), HasSubstr(row), testing::Not(HasSubstr("captured")));
  };
  declined.reason = Reason::kExceedsFrequencyLimit;
  declined.failed_row = 7;
  EXPECT_THAT(effect(), told(R"("used":3,"held":0)", R"("failed_limit_row":7)"));
  declined.reason = Reason::kQuotaExhausted;
  declined.captured = Fen{0};
  declined.captured_subsidy = Fen{2};
  EXPECT_THAT(effect(), told(R"("available":0,"needed":2)", R"("failed_fund_row":7)"));
  // Nothing of a limit or fund: there is nothing to tell.
  declined.reason = Reason::kNoEffect;
  declined.failed_row = 0;
  EXPECT_THAT(effect(),
              testing::AllOf(testing::Not(HasSubstr("captured")),
                             testing::Not(HasSubstr("needed")),
                             testing::Not(HasSubstr("\"held\"")),
                             testing::Not(HasSubstr("failed"))));
}

TEST(DumpTest, AnAmountThatWasNotGivenIsNotTold) {
  for (const EventKind kind : {EventKind::kCaptured, EventKind::kReversed, EventKind::kRefunded}) {
    const auto with = MakeFollowUp(kind, 5'002, kCityNoon);
    EXPECT_THAT(LineOf(with->event, 0, false), HasSubstr("\"amount_fen\":1000"));
    Command& command = with->command;
    (kind == EventKind::kCaptured   ? command.capture.has_amount
     : kind == EventKind::kReversed ? command.reverse.has_amount
                                    : command.refund.has_amount) = false;
    EXPECT_THAT(LineOf(with->event, 0, false), testing::Not(HasSubstr("\"amount_fen\"")));
  }
}

TEST(DumpTest, LinesAreToldAsAskedAndAsSplit) {
  const auto sale = MakeSaleOfLines(5'001, kCityNoon);
  const std::string sold = LineOf(sale->event, 0, false);
  for (const char* part :
       {R"("lines":[{"item_code":"6901234567892","quantity":2,"price_fen":2000},)"
        R"({"item_code":"fruit","quantity":1,"price_fen":580}])",
        R"("lines":[{"line_number":1,"quantity":2,"price_fen":2000,"subsidy_fen":800},)"
        R"({"line_number":2,"quantity":1,"price_fen":580,"subsidy_fen":232}])"}) {
    EXPECT_THAT(sold, HasSubstr(part));
  }
  const auto refund = MakeRefundOfLine(5'002, kCityNoon);
  const std::string returned = LineOf(refund->event, 0, false);
  for (const char* part :
       {R"("command":{"original_transaction_id":5001,"lines":[{"line_number":1,"quantity":1}]})",
        R"("lines":[{"line_number":1,"quantity":1,"price_fen":1000,"subsidy_fen":400}])"}) {
    EXPECT_THAT(returned, HasSubstr(part));
  }
  EXPECT_THAT(LineOf(MakeSale(5'001, kCityNoon)->event, 0, false),
              testing::Not(HasSubstr("\"lines\"")));
}

TEST(DumpTest, ACodeIsTold) {
  const auto sale = MakeCodeSale(5'001, kCityNoon);
  const std::string line = LineOf(sale->event, 0, false);
  EXPECT_THAT(line,
              HasSubstr(R"("code":{"issued_at":"2026-05-03T02:59:47.500000000Z","valid_s":60,)"
                        R"("purpose":"entry"}},"effect":)"));
  EXPECT_THAT(line, HasSubstr(R"("code_use_row":90210)"));
  EXPECT_THAT(LineOf(MakeSale(5'001, kCityNoon)->event, 0, false), testing::Not(HasSubstr("code")));
}

TEST(DumpTest, WhatLeavesAndComesBackIsTold) {
  EXPECT_THAT(LineOf(MakeArchive(5'001, kCityNoon)->event, 0, false),
              HasSubstr(R"("kind":"archived","command":{"first_transaction_row":4097,)"
                        R"("first_applied_row":3818,"first_use_row":8018,"first_line_row":1,)"
                        R"("first_advice_row":1},"effect":{}})"));
  const auto thaw = MakeThaw(5'009, kCityNoon);
  const std::string line = LineOf(thaw->event, 3, false);
  for (const char* part :
       {R"("kind":"thawed","command":{"transaction_id":3377699720532873,)",
        R"("request_id":"01934a5e-7c2b-7f31-9d1f-62a8b04ce573",)",
        R"("transaction_kind":"authorization","decided_at":"2026-05-03T02:59:59.999996000Z",)",
        R"("card_number":"621700*********5678")",
        R"("state":"captured","list_price_fen":2580)",
        R"("share_count":1,"use_count":2,"line_count":0,"is_advice":false},)",
        R"("effect":{"transaction_row":1850001}})"}) {
    EXPECT_THAT(line, HasSubstr(part));
  }
  thaw->thaw = MakeArchivedRefund(5'002, kCityNoon);
  EXPECT_THAT(LineOf(thaw->event, 0, false), HasSubstr(R"("original_transaction_id":5001)"));
}

TEST(DumpTest, AnAdviceIsToldWithItsEvidenceAndItsVerdict) {
  const auto advice = MakeAdvice(5'001, kCityNoon);
  advice->advice.deny_list_at = TimestampNs{kCityNoon.value() - kNsPerSecond};
  advice->event.advice.judged_at = kCityNoon;
  advice->event.advice.clock_adjusted = true;
  const std::string line = LineOf(advice->event, 0, false);
  for (const char* part :
       {R"("advice":{"occurred_at":"2026-05-03T01:00:00.000000000Z","terminal_sequence":37,)"
        R"("business_date":"2026-11-23","member_paid_fen":1200,)"
        R"("deny_list_at":"2026-05-03T02:59:59.000000000Z","queue_empty":true}},"effect":)",
        R"("advice":{"advice_row":412,"judged_at":"2026-05-03T03:00:00.000000000Z",)"
        R"("clock_adjusted":true,"liability":"acquirer","acquirer_bears_fen":348})"}) {
    EXPECT_THAT(line, HasSubstr(part));
  }
}

TEST(DumpTest, ABatchIsToldWithBothSides) {
  const auto close = MakeBatchClose(5'004, kCityNoon);
  close->event.batch.opened_at = TimestampNs{kCityNoon.value() - kNsPerSecond};
  const std::string line = LineOf(close->event, 0, false);
  for (const char* part :
       {R"("kind":"batch_closed","terminal_id":"KM004217")",
        R"("command":{"totals":{"captures":4,"captured_fen":10320,"refunds":0,"refunded_fen":0,)"
        R"("reversals":0,"reversed_fen":0,"subsidy_fen":4128}},"effect":)",
        R"("batch":{"batch_row":77,"number":1,"in_balance":false,"totals":{"captures":3,)",
        R"("subsidy_fen":3096},"opened_at":"2026-05-03T02:59:59.000000000Z"})"}) {
    EXPECT_THAT(line, HasSubstr(part));
  }
  close->event.batch.ours = close->event.batch.theirs;
  EXPECT_THAT(LineOf(close->event, 0, false), HasSubstr("\"in_balance\":true"));
}

TEST(DumpTest, AProgrammeIsToldWithItsCaptures) {
  OwnedEvent owned;
  owned.command.kind = CommandKind::kApplyProgramme;
  owned.command.programme = &owned.image;
  owned.event.kind = EventKind::kProgrammeApplied;
  owned.event.command = &owned.command;
  owned.image.programme.late_capture = LateCapture::kForcePost;
  owned.over_capture = {{{5'811, 5'814}, Bps{1'500}}};
  owned.image.over_capture = owned.over_capture;
  EXPECT_THAT(LineOf(owned.event, 0, false),
              HasSubstr(R"("late_capture":"force_post","over_capture":)"
                        R"([{"mcc_first":5811,"mcc_last":5814,"rate_bps":1500}])"));
}

TEST(DumpTest, AVersionIsToldWithItsStage) {
  EXPECT_THAT(
      LineOf(MakeProgramme(5'001, kCityNoon)->event, 0, false),
      testing::AllOf(HasSubstr(R"("stage":"scheduled","activates_at":"2026-11-30T16:00:00)"),
                     HasSubstr(R"("price":"tiers","layer":2})"),
                     HasSubstr(R"("effect":{"row":41})")));
  const auto staging = MakeStaging(5'001, kCityNoon);
  EXPECT_THAT(LineOf(staging->event, 0, false),
              HasSubstr(R"("kind":"programme_staged","command":{"programme":"basket","version":3,)"
                        R"("stage":"shadow"},"effect":{"row":41}})"));
  staging->stage_programme.stage = Stage::kScheduled;
  staging->stage_programme.activates_at = kCityNoon;
  EXPECT_THAT(LineOf(staging->event, 0, false),
              HasSubstr(R"("stage":"scheduled","activates_at":"2026-05-03T03:00:00.000000000Z"})"));
  EXPECT_THAT(LineOf(MakeActivation(5'001, kCityNoon)->event, 0, false),
              HasSubstr(R"("kind":"programme_activated","command":{},"effect":{"row":41}})"));
}

TEST(DumpTest, AMembersFirstDayAndAFundsPayerAreTold) {
  OwnedEvent owned;
  owned.event.command = &owned.command;
  owned.command.kind = CommandKind::kSetMember;
  owned.command.member = &owned.member;
  owned.event.kind = EventKind::kMemberSet;
  EXPECT_THAT(LineOf(owned.event, 0, false), testing::Not(HasSubstr("joined_on")));
  owned.member.joined_day = static_cast<JoinedDay>(DayOf({2019, 3, 1}) - kJoinedDayZero);
  owned.member.keep.joined_day = true;
  EXPECT_THAT(LineOf(owned.event, 0, false),
              testing::AllOf(HasSubstr(R"("joined_on":"2019-03-01")"),
                             HasSubstr(R"("keeps":"joined_on")")));
  owned.command.kind = CommandKind::kSetFund;
  owned.command.fund = &owned.fund;
  owned.event.kind = EventKind::kFundSet;
  owned.fund.payer = Payer::kSponsor;
  EXPECT_THAT(
      LineOf(owned.event, 0, false),
      testing::AllOf(HasSubstr(R"("paid_by":"sponsor")"), testing::Not(HasSubstr("keeps"))));
  owned.fund.keep.budget = owned.fund.keep.payer = true;
  EXPECT_THAT(LineOf(owned.event, 0, false), HasSubstr(R"("keeps":"budget_fen,paid_by")"));
}

TEST(EventNamesTest, EveryKindHasItsName) {
  EXPECT_THAT(AllEventKinds(), testing::ElementsAreArray(kAllEventKinds));
  for (const EventKind kind : AllEventKinds()) {
    EXPECT_EQ(EventKindOf(NameOf(kind)), kind);
  }
  EXPECT_FALSE(EventKindOf("none").has_value());
}

}  // namespace
}  // namespace gonghui
