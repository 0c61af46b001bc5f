// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tools/gonghuictl/views.h"

#include <cstdio>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gonghui/v1/authorization_service.pb.h"
#include "tools/gonghuictl/text.h"
#include "tools/gonghuictl/units.h"

namespace gonghui::ctl {
namespace {

using testing::HasSubstr;
using testing::Not;

class ViewsTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    UseUtf8Locale();
    SetDisplayZone("UTC");
  }

  // What `show` prints.
  template <typename Show>
  static std::string Capture(OutputFormat format, Show show) {
    char* text = nullptr;
    size_t size = 0;
    std::FILE* file = open_memstream(&text, &size);
    Output out(format, false, file);
    show(&out);
    std::fclose(file);
    std::string result(text, size);
    std::free(text);
    return result;
  }
};

// With one blank in place of several.
std::string Squeezed(const std::string& text) {
  std::string squeezed;
  for (const char c : text) {
    if (c != ' ' || squeezed.empty() || squeezed.back() != ' ') {
      squeezed += c;
    }
  }
  return squeezed;
}

v1::Transaction Declined() {
  v1::Transaction t;
  t.set_transaction_id("0123456789AB");
  t.set_kind(v1::TRANSACTION_KIND_AUTHORIZATION);
  t.set_outcome(v1::OUTCOME_DECLINED);
  t.set_reason(v1::REASON_EXCEEDS_FREQUENCY_LIMIT);
  t.set_retry(v1::RETRY_NEW_ID_LATER);
  t.set_state(v1::TRANSACTION_STATE_DECLINED);
  t.set_list_price_fen(500);
  t.set_member_pays_fen(500);
  t.set_display_message("No rides left today");
  t.set_display_message_zh("今日次数已用完");
  v1::FailedCheck& check = *t.mutable_failed_check();
  check.set_programme_code("metro");
  check.set_programme_version(2);
  check.set_benefit_code("ride");
  v1::LimitState& limit = *check.mutable_limit();
  limit.set_limit_code("rides_a_day");
  limit.set_measure(v1::LIMIT_MEASURE_COUNT);
  limit.set_subject(v1::LIMIT_SUBJECT_PERSON);
  limit.set_window(v1::LIMIT_WINDOW_DAY);
  limit.set_max(4);
  limit.set_used(4);
  return t;
}

TEST_F(ViewsTest, DeclineForPeople) {
  const std::string text =
      Capture(OutputFormat::kTable, [](Output* out) { ShowTransaction(Declined(), out); });
  EXPECT_THAT(text, HasSubstr("outcome      declined\n"));
  EXPECT_THAT(text, HasSubstr("reason       exceeds_frequency_limit (701)\n"));
  EXPECT_THAT(text, HasSubstr("message      No rides left today\n"));
  EXPECT_THAT(text, HasSubstr("提示         今日次数已用完\n"));
  EXPECT_THAT(text, HasSubstr("list price   5.00 yuan\n"));
  EXPECT_THAT(text, Not(HasSubstr("member pays"))) << "nobody collects for what is refused";
  EXPECT_THAT(text, Not(HasSubstr("subsidy")));
  EXPECT_THAT(text, Not(HasSubstr("asked for")));
  EXPECT_THAT(text, HasSubstr("Refused by programme metro version 2, benefit ride\n"));
  EXPECT_THAT(text, HasSubstr("rides_a_day  person    day        4     4     0     0\n"));
}

// A week that rolls is not a day.
TEST_F(ViewsTest, ARollingLimitTellsItsSpan) {
  v1::Transaction t = Declined();
  t.mutable_failed_check()->mutable_limit()->set_window_span(7);
  EXPECT_THAT(Capture(OutputFormat::kTable, [&](Output* out) { ShowTransaction(t, out); }),
              HasSubstr("rides_a_day  person    7 days        4     4     0     0\n"));
  EXPECT_THAT(Capture(OutputFormat::kCsv,
                      [&](Output* out) {
                        out->TableOf<v1::LimitState>(std::span(&t.failed_check().limit(), 1),
                                                     LimitStateView());
                      }),
              HasSubstr("rides_a_day,person,7xday,4,4,"));
}

// GIVEN BACK counts only what was named; that money came back without is said below.
TEST_F(ViewsTest, RefundedWithoutLines) {
  v1::Transaction t;
  t.set_kind(v1::TRANSACTION_KIND_AUTHORIZATION);
  t.set_outcome(v1::OUTCOME_APPROVED);
  t.set_state(v1::TRANSACTION_STATE_PARTIALLY_REFUNDED);
  t.set_list_price_fen(1'000);
  t.set_captured_fen(1'000);
  v1::TransactionLine& line = *t.add_lines();
  line.set_line_number(1);
  line.set_item_code("rice-5kg");
  line.set_quantity(3);
  line.set_price_fen(1'000);
  const auto show = [&t] {
    return Capture(OutputFormat::kTable, [&](Output* out) { ShowTransaction(t, out); });
  };
  const auto note = HasSubstr("given back counts only returns that named lines (退回件数");
  EXPECT_THAT(show(), Not(note)) << "nothing came back";
  t.set_refunded_fen(333);
  EXPECT_THAT(show(), note) << "by an amount alone";
  line.set_returned_quantity(1);
  EXPECT_THAT(show(), Not(note)) << "by the line alone";
  t.set_refunded_fen(334);
  EXPECT_THAT(show(), Not(note)) << "by the line, rounded up";
  t.set_refunded_fen(335);
  EXPECT_THAT(show(), note) << "by the line and by an amount";
}

TEST_F(ViewsTest, BenefitsAndLimits) {
  v1::Transaction t;
  t.set_outcome(v1::OUTCOME_APPROVED);
  auto* benefit = t.add_applied_benefits();
  benefit->set_fund_code("metro-2026");
  benefit->set_amount_fen(499);
  auto* limit = t.add_limits();
  limit->set_limit_code("yuan_a_month");
  limit->set_measure(v1::LIMIT_MEASURE_AMOUNT_FEN);
  limit->set_max(10'000);
  limit->set_left(9'501);
  const std::string text =
      Capture(OutputFormat::kTable, [&](Output* out) { ShowTransaction(t, out); });
  EXPECT_THAT(text, HasSubstr("4.99 yuan"));
  EXPECT_THAT(text, HasSubstr("100.00 yuan"));
  EXPECT_THAT(text, HasSubstr("95.01 yuan"));
  EXPECT_THAT(text, HasSubstr("\nLimits, as this would leave them\n")) << "nothing was recorded";
  EXPECT_THAT(text, Not(HasSubstr("reason")));
}

TEST_F(ViewsTest, CsvHasNumbersWithUnits) {
  const std::string text =
      Capture(OutputFormat::kCsv, [](Output* out) { ShowTransaction(Declined(), out); });
  EXPECT_THAT(text, HasSubstr("list_price_fen,member_pays_fen,subsidy_fen"));
  EXPECT_THAT(text, HasSubstr(",500,500,0,"));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
}

TEST_F(ViewsTest, MembersAlign) {
  v1::ListMembersResponse response;
  auto* a = response.add_members();
  a->set_member_id("M0000001");
  a->mutable_personal_data()->set_name("欧阳*");
  a->set_status(v1::MEMBER_STATUS_ACTIVE);
  auto* b = response.add_members();
  a->set_joined_on("2019-03-01");
  b->set_member_id("M2");
  b->set_status(v1::MEMBER_STATUS_SUSPENDED);
  auto* segment = b->add_segments();
  segment->set_segment_code("model_worker");
  segment->mutable_starts_at()->set_seconds(1'767'196'800);
  const std::string text = Capture(OutputFormat::kTable, [&](Output* out) {
    out->TableOf<v1::Member>(response.members(), MemberView());
  });
  EXPECT_THAT(text, HasSubstr("M0000001  欧阳*  active "));
  EXPECT_THAT(text, HasSubstr("M2               suspended"));
  EXPECT_THAT(text, HasSubstr("JOINED ON"));
  EXPECT_THAT(text, HasSubstr("2019-03-01"));
  EXPECT_THAT(text, HasSubstr("model_worker from 20"));
  const std::string csv = Capture(OutputFormat::kCsv, [&](Output* out) {
    out->TableOf<v1::Member>(response.members(), MemberView(), /*later_page=*/true);
  });
  EXPECT_THAT(csv, HasSubstr("model_worker@2025-12-31T16:00:00Z..\n"));
  EXPECT_THAT(csv, Not(HasSubstr("member_id")));
}

TEST_F(ViewsTest, FundsOfMoneyAndOfThings) {
  v1::ListFundsResponse response;
  auto* money = response.add_funds();
  money->set_asset(v1::ASSET_MONEY);
  money->set_budget(12'345);
  money->set_left(-5);
  money->set_paid_by(v1::PAYER_MERCHANT);
  auto* thing = response.add_funds();
  thing->set_asset(v1::ASSET_THING);
  thing->set_budget(15'000);
  thing->set_overrun(3);
  thing->set_suspense(1);
  const std::string text = Capture(OutputFormat::kTable, [&](Output* out) {
    out->TableOf<v1::Fund>(response.funds(), FundView());
  });
  EXPECT_THAT(text, HasSubstr("123.45 yuan"));
  EXPECT_THAT(text, HasSubstr("-0.05 yuan"));
  EXPECT_THAT(text, HasSubstr("15,000 pieces"));
  EXPECT_THAT(text, HasSubstr("OVERRUN  SUSPENSE  AVAILABLE"));
  EXPECT_THAT(text, HasSubstr("3 pieces   1 piece   0 pieces"));
  const std::string csv = Capture(OutputFormat::kCsv, [&](Output* out) {
    out->TableOf<v1::Fund>(response.funds(), FundView());
  });
  EXPECT_THAT(csv, HasSubstr(",left,overrun,suspense,available,"));
  EXPECT_THAT(csv, HasSubstr(",closes_at,paid_by\n"));
  EXPECT_THAT(csv, HasSubstr(",merchant\n"));
  EXPECT_THAT(csv, HasSubstr(",0,3,1,0,"));
}

TEST_F(ViewsTest, RefundedAndOverrun) {
  v1::Transaction t;
  t.set_kind(v1::TRANSACTION_KIND_AUTHORIZATION);
  t.set_state(v1::TRANSACTION_STATE_PARTIALLY_REFUNDED);
  t.set_captured_fen(10'000);
  t.set_captured_subsidy_fen(2'000);
  t.set_refunded_fen(5'000);
  t.set_refunded_subsidy_fen(1'000);
  std::string text = Capture(OutputFormat::kTable, [&](Output* out) { ShowTransaction(t, out); });
  EXPECT_THAT(text, HasSubstr("partially_refunded\n"));
  EXPECT_THAT(text, HasSubstr("captured      已完成    100.00 yuan  80.00 yuan  20.00 yuan\n"));
  EXPECT_THAT(text, HasSubstr("refunded      已退货     50.00 yuan  40.00 yuan  10.00 yuan\n"));
  EXPECT_THAT(text, HasSubstr("finally paid  最终实付   50.00 yuan  40.00 yuan  10.00 yuan\n"));
  EXPECT_THAT(text, Not(HasSubstr("overrun")));
  t.set_overrun(true);
  text = Capture(OutputFormat::kTable, [&](Output* out) { ShowTransaction(t, out); });
  EXPECT_THAT(text, HasSubstr("overrun  yes"));
  text = Capture(OutputFormat::kCsv, [&](Output* out) { ShowTransaction(t, out); });
  EXPECT_THAT(
      text,
      HasSubstr("captured_fen,captured_subsidy_fen,refunded_fen,refunded_subsidy_fen,overrun"));
  EXPECT_THAT(text, HasSubstr(",10000,2000,5000,1000,true,"));
}

v1::Transaction Approved(v1::TransactionKind kind, v1::TransactionState state) {
  v1::Transaction t;
  t.set_kind(kind);
  t.set_outcome(v1::OUTCOME_APPROVED);
  t.set_state(state);
  t.set_list_price_fen(1'000);
  t.set_member_pays_fen(800);
  t.set_subsidy_fen(200);
  v1::AppliedBenefit& benefit = *t.add_applied_benefits();
  benefit.set_fund_code("city-2026");
  benefit.set_amount_fen(200);
  return t;
}

// In each state of a hold: what was authorized, what of it is held, and what was paid.
TEST_F(ViewsTest, WhoPaysOfAnAuthorization) {
  const auto show = [](const v1::Transaction& t) {
    return Squeezed(Capture(OutputFormat::kTable, [&](Output* out) { ShowTransaction(t, out); }));
  };
  v1::Transaction t = Approved(v1::TRANSACTION_KIND_AUTHORIZATION, v1::TRANSACTION_STATE_PENDING);
  std::string text = show(t);
  EXPECT_THAT(text, HasSubstr("authorized 授权 10.00 yuan 8.00 yuan 2.00 yuan\n"));
  EXPECT_THAT(text, HasSubstr("still held 仍冻结 10.00 yuan 8.00 yuan 2.00 yuan\n"));
  EXPECT_THAT(text, HasSubstr("paid so far 至今实付 0.00 yuan 0.00 yuan 0.00 yuan\n"));
  EXPECT_THAT(text, Not(HasSubstr("captured")));
  EXPECT_THAT(text, Not(HasSubstr("refunded")));
  EXPECT_THAT(text, Not(HasSubstr("finally")));
  EXPECT_THAT(text, Not(HasSubstr("member pays"))) << "said once, by the table";

  t.set_state(v1::TRANSACTION_STATE_PARTIALLY_CAPTURED);
  t.set_captured_fen(600);
  t.set_captured_subsidy_fen(120);
  text = show(t);
  EXPECT_THAT(text, HasSubstr("still held 仍冻结 4.00 yuan 3.20 yuan 0.80 yuan\n"));
  EXPECT_THAT(text, HasSubstr("paid so far 至今实付 6.00 yuan 4.80 yuan 1.20 yuan\n"));

  for (const v1::TransactionState state :
       {v1::TRANSACTION_STATE_CAPTURED, v1::TRANSACTION_STATE_EXPIRED}) {
    t.set_state(state);
    text = show(t);
    EXPECT_THAT(text, Not(HasSubstr("still held")));
    EXPECT_THAT(text, HasSubstr("finally paid 最终实付 6.00 yuan 4.80 yuan 1.20 yuan\n"));
  }
  t.set_captured_fen(1'200);  // a pump's last litre
  t.set_state(v1::TRANSACTION_STATE_PARTIALLY_CAPTURED);
  EXPECT_THAT(show(t), HasSubstr("still held 仍冻结 0.00 yuan"));

  t.set_acquirer_bears_fen(150);
  text = show(t);
  EXPECT_THAT(text, HasSubstr("of it the acquirer bears 其中收单方承担 1.50 yuan\n"));
}

// What was asked for, what came and went since, and what stands.
TEST_F(ViewsTest, WhatChangedSinceItWasAuthorized) {
  v1::Transaction t = Approved(v1::TRANSACTION_KIND_AUTHORIZATION, v1::TRANSACTION_STATE_PENDING);
  const auto show = [&t](int64_t price_fen, int64_t subsidy_fen) {
    t.set_restated_fen(price_fen);
    t.set_restated_subsidy_fen(subsidy_fen);
    return Squeezed(Capture(OutputFormat::kTable, [&](Output* out) { ShowTransaction(t, out); }));
  };
  std::string text = show(-300, -60);
  EXPECT_THAT(text,
              HasSubstr("\nauthorized 授权 13.00 yuan 10.40 yuan 2.60 yuan\n"
                        "changed since 此后变动 -3.00 yuan -2.40 yuan -0.60 yuan\n"
                        "stands now 现授权 10.00 yuan 8.00 yuan 2.00 yuan\n"
                        "still held 仍冻结 10.00 yuan 8.00 yuan 2.00 yuan\n"));
  EXPECT_THAT(text, HasSubstr("\nBenefits, as they stand now\n"));
  text = show(500, 100);
  EXPECT_THAT(text,
              HasSubstr("\nauthorized 授权 5.00 yuan 4.00 yuan 1.00 yuan\n"
                        "changed since 此后变动 +5.00 yuan +4.00 yuan +1.00 yuan\n"
                        "stands now 现授权 10.00 yuan"));
  EXPECT_THAT(show(500, 0), HasSubstr("changed since 此后变动 +5.00 yuan +5.00 yuan 0.00 yuan\n"));
  EXPECT_THAT(show(-200, 10),
              HasSubstr("changed since 此后变动 -2.00 yuan -2.10 yuan +0.10 yuan\n"));
  EXPECT_THAT(show(0, -50), HasSubstr("changed since 此后变动 0.00 yuan +0.50 yuan -0.50 yuan\n"));
  text = show(0, 0);
  EXPECT_THAT(text, Not(HasSubstr("stands now")));
  EXPECT_THAT(text, HasSubstr("\nBenefits, as authorized\n"));
  // What never was a hold can not have been raised; a captured hold can.
  t.set_state(v1::TRANSACTION_STATE_CAPTURED);
  EXPECT_THAT(show(-300, -60),
              HasSubstr("reversed in part 部分撤销 -3.00 yuan -2.40 yuan -0.60 yuan\n"));
  t.mutable_expires_at()->set_seconds(1'781'539'200);
  EXPECT_THAT(show(-300, -60), HasSubstr("changed since 此后变动 -3.00 yuan"));
  t.set_restated_fen(-300);
  EXPECT_THAT(Capture(OutputFormat::kCsv, [&](Output* out) { ShowTransaction(t, out); }),
              HasSubstr("restated_fen,restated_subsidy_fen"));
}

// The fund that refused, and its numbers, as of a limit.
TEST_F(ViewsTest, RefusedByAFund) {
  v1::Transaction t = Declined();
  t.mutable_failed_check()->clear_limit();
  t.set_reason(v1::REASON_BUDGET_EXHAUSTED);
  v1::FailedFund& fund = *t.mutable_failed_check()->mutable_fund();
  fund.set_fund_code("city-2026");
  fund.set_needed_fen(100'500);
  fund.set_available_fen(320);
  const auto show = [&t] {
    return Squeezed(Capture(OutputFormat::kTable, [&](Output* out) { ShowTransaction(t, out); }));
  };
  EXPECT_THAT(show(),
              HasSubstr("\nfund city-2026: needs 1,005.00, has 3.20 yuan "
                        "(需要1005.00元，可用3.20元)\n"));
  EXPECT_THAT(show(), HasSubstr("Refused by programme metro version 2, benefit ride\n"));
  t.set_reason(v1::REASON_FUND_NOT_OPEN);
  fund.set_needed_fen(0);
  fund.set_available_fen(0);
  EXPECT_THAT(show(), HasSubstr("\nfund city-2026: not open at that time (不在使用期内)\n"));
  t.set_reason(v1::REASON_QUOTA_EXHAUSTED);
  fund.set_fund_code("packs");
  fund.set_needed_pieces(1'002);
  fund.set_available_pieces(1);
  EXPECT_THAT(show(), HasSubstr("\nfund packs: needs 1,002, has 1 (需要1,002件，可用1件)\n"));
  t.mutable_failed_check()->clear_fund();
  EXPECT_THAT(show(), Not(HasSubstr("\nfund ")));
}

TEST_F(ViewsTest, AnEntryHasItsBenefitAndNoFund) {
  v1::Transaction t;
  t.set_kind(v1::TRANSACTION_KIND_AUTHORIZATION);
  t.set_outcome(v1::OUTCOME_APPROVED);
  t.set_state(v1::TRANSACTION_STATE_CAPTURED);
  v1::AppliedBenefit& benefit = *t.add_applied_benefits();
  benefit.set_programme_code("gifts");
  benefit.set_programme_version(3);
  benefit.set_benefit_code("enter");
  const std::string text =
      Capture(OutputFormat::kTable, [&](Output* out) { ShowTransaction(t, out); });
  EXPECT_THAT(Squeezed(text), HasSubstr("\ngifts 3 enter\n")) << "and nothing that is paid";
}

TEST_F(ViewsTest, SlotAndEventHaveTheirOffset) {
  v1::Transaction t = Approved(v1::TRANSACTION_KIND_AUTHORIZATION, v1::TRANSACTION_STATE_PENDING);
  t.mutable_slot_at()->set_seconds(1'781'539'200);
  t.mutable_event_at()->set_seconds(1'781'539'200 - 86'400);
  const std::string text =
      Squeezed(Capture(OutputFormat::kTable, [&](Output* out) { ShowTransaction(t, out); }));
  EXPECT_THAT(text, HasSubstr("\nslot 预约时段 2026-06-15 16:00:00 +00:00\n"));
  EXPECT_THAT(text, HasSubstr("\nevent 事发时间 2026-06-14 16:00:00 +00:00\n"));
  const std::string csv =
      Capture(OutputFormat::kCsv, [&](Output* out) { ShowTransaction(t, out); });
  EXPECT_THAT(csv, HasSubstr("expires_at,slot_at,event_at,restated_fen,restated_subsidy_fen\n"));
  EXPECT_THAT(csv, HasSubstr("2026-06-15T16:00:00Z,2026-06-14T16:00:00Z,0,0\n"));
}

TEST_F(ViewsTest, WhoPaysOfWhatFollows) {
  const auto show = [](v1::TransactionKind kind) {
    const v1::Transaction t = Approved(kind, v1::TRANSACTION_STATE_COMPLETED);
    return Squeezed(Capture(OutputFormat::kTable, [&](Output* out) { ShowTransaction(t, out); }));
  };
  const auto row = [](const char* label) {
    return HasSubstr(std::string("\n") + label + " 10.00 yuan 8.00 yuan 2.00 yuan\n");
  };
  EXPECT_THAT(show(v1::TRANSACTION_KIND_CAPTURE), row("captured by this 本次完成"));
  EXPECT_THAT(show(v1::TRANSACTION_KIND_CAPTURE), HasSubstr(" CAPTURED PIECES\n"));
  EXPECT_THAT(show(v1::TRANSACTION_KIND_INCREMENT), row("authorized in addition 追加授权"));
  EXPECT_THAT(show(v1::TRANSACTION_KIND_REVERSAL), row("taken back by this 本次撤销"));
  EXPECT_THAT(show(v1::TRANSACTION_KIND_REFUND), row("given back by this 本次退货"));
  EXPECT_THAT(show(v1::TRANSACTION_KIND_REFUND), HasSubstr(" GETS BACK PIECES\n"));
}

// A cashier who reads "member pays" collects once more.
TEST_F(ViewsTest, NobodyPaysForARefusedFollowUp) {
  v1::Transaction t = Declined();
  t.clear_failed_check();
  t.set_reason(v1::REASON_EXCEEDS_CAPTURED_AMOUNT);
  t.set_list_price_fen(6'100);
  t.set_member_pays_fen(6'100);
  const auto show = [&](v1::TransactionKind kind) {
    t.set_kind(kind);
    const std::string text =
        Capture(OutputFormat::kTable, [&](Output* out) { ShowTransaction(t, out); });
    EXPECT_THAT(text, Not(HasSubstr("member")));
    EXPECT_THAT(text, Not(HasSubstr("subsidy")));
    EXPECT_THAT(text, Not(HasSubstr("list price")));
    EXPECT_THAT(text, Not(HasSubstr("Who pays")));
    return Squeezed(text);
  };
  EXPECT_THAT(show(v1::TRANSACTION_KIND_REFUND),
              HasSubstr("asked for 61.00 yuan to give back; nothing was changed "
                        "(申请退货61.00元，未作任何变动)\n"));
  EXPECT_THAT(show(v1::TRANSACTION_KIND_CAPTURE),
              HasSubstr("asked for 61.00 yuan to capture; nothing was changed (申请完成61.00元"));
  EXPECT_THAT(show(v1::TRANSACTION_KIND_REVERSAL),
              HasSubstr("asked for 61.00 yuan to take back; nothing was changed (申请撤销61.00元"));
  EXPECT_THAT(show(v1::TRANSACTION_KIND_INCREMENT),
              HasSubstr("asked for 61.00 yuan to authorize in addition; nothing was changed "
                        "(申请追加授权61.00元"));
  const std::string csv =
      Capture(OutputFormat::kCsv, [&](Output* out) { ShowTransaction(t, out); });
  EXPECT_THAT(csv, HasSubstr(",6100,6100,0,")) << "programs get all";

  t.set_list_price_fen(0);
  t.set_member_pays_fen(0);
  EXPECT_THAT(show(v1::TRANSACTION_KIND_CAPTURE),
              HasSubstr("asked for all that is left to capture; nothing was changed "
                        "(申请完成全部余额，"));
  EXPECT_THAT(show(v1::TRANSACTION_KIND_REVERSAL),
              HasSubstr("asked for all or a part to take back; nothing was changed"))
      << "what it asked for is not kept";
  t.set_reason(v1::REASON_EXCEEDS_AUTHORIZED_AMOUNT);
  EXPECT_THAT(show(v1::TRANSACTION_KIND_REVERSAL),
              HasSubstr("asked for more than is left to take back; nothing was changed "
                        "(申请撤销超出可撤余额的金额，"));
  v1::TransactionLine& line = *t.add_lines();
  line.set_line_number(2);
  line.set_item_code("rice-5kg");
  line.set_quantity(3);
  const std::string lines = show(v1::TRANSACTION_KIND_REFUND);
  EXPECT_THAT(lines, HasSubstr("asked for the lines below to give back;"));
  EXPECT_THAT(lines, HasSubstr("\nAsked to give back (申请退货)\n"));
  EXPECT_THAT(lines, HasSubstr(" 2 rice-5kg 3\n"));

  // Of an advice the member has paid, and somebody bears what was given.
  t.set_list_price_fen(6'100);
  t.set_member_pays_fen(6'100);
  t.mutable_occurred_at()->set_seconds(1'781'539'200);
  EXPECT_THAT(Capture(OutputFormat::kTable, [&](Output* out) { ShowTransaction(t, out); }),
              HasSubstr("member pays"));
}

TEST_F(ViewsTest, AHoldExpiresWhileItIsOpen) {
  const auto show = [](v1::TransactionKind kind, v1::TransactionState state) {
    v1::Transaction t = Approved(kind, state);
    t.mutable_expires_at()->set_seconds(1'781'539'200);
    EXPECT_THAT(Capture(OutputFormat::kCsv, [&](Output* out) { ShowTransaction(t, out); }),
                HasSubstr("2026-06-15T16:00:00Z"))
        << "programs get it always";
    return Capture(OutputFormat::kTable, [&](Output* out) { ShowTransaction(t, out); });
  };
  for (const v1::TransactionState state : {v1::TRANSACTION_STATE_UNSPECIFIED,
                                           v1::TRANSACTION_STATE_PENDING,
                                           v1::TRANSACTION_STATE_PARTIALLY_CAPTURED}) {
    EXPECT_THAT(show(v1::TRANSACTION_KIND_AUTHORIZATION, state), HasSubstr("hold expires"));
  }
  for (const v1::TransactionState state : {v1::TRANSACTION_STATE_CAPTURED,
                                           v1::TRANSACTION_STATE_REVERSED,
                                           v1::TRANSACTION_STATE_EXPIRED,
                                           v1::TRANSACTION_STATE_DECLINED,
                                           v1::TRANSACTION_STATE_REFUNDED}) {
    EXPECT_THAT(show(v1::TRANSACTION_KIND_AUTHORIZATION, state), Not(HasSubstr("hold expires")));
  }
  EXPECT_THAT(show(v1::TRANSACTION_KIND_INCREMENT, v1::TRANSACTION_STATE_COMPLETED),
              HasSubstr("hold expires"));
}

TEST_F(ViewsTest, ADeclineTellsTheLeastAmountAndWhatToDo) {
  v1::Transaction t = Declined();
  t.set_reason(v1::REASON_BELOW_MINIMUM_AMOUNT);
  t.set_list_price_fen(8'800);
  t.mutable_failed_check()->clear_limit();
  t.mutable_failed_check()->set_minimum_fen(10'000);
  const auto show = [&](OutputFormat format) {
    return Capture(format, [&](Output* out) { ShowTransaction(t, out); });
  };
  std::string text = show(OutputFormat::kTable);
  EXPECT_THAT(text, HasSubstr("least amount  100.00 yuan; the price was 88.00 yuan\n"));
  EXPECT_THAT(text, HasSubstr("what to do    sell it at full price, or buy more"));
  EXPECT_THAT(text, HasSubstr("怎么办        请按原价收款"));
  EXPECT_THAT(show(OutputFormat::kCsv), Not(HasSubstr("sell it")));
  t.set_list_price_fen(12'000);
  EXPECT_THAT(
      show(OutputFormat::kTable),
      HasSubstr("100.00 yuan of the items that it is for; the whole price was 120.00 yuan"));
  t.set_kind(v1::TRANSACTION_KIND_REFUND);
  EXPECT_THAT(show(OutputFormat::kTable), HasSubstr("100.00 yuan of what was bought must remain"));
  t.set_reason(v1::REASON_MEMBER_SUSPENDED);
  t.mutable_failed_check()->clear_minimum_fen();
  text = show(OutputFormat::kTable);
  EXPECT_THAT(text, HasSubstr("member reinstate"));
  EXPECT_THAT(text, Not(HasSubstr("least amount")));
  t.set_outcome(v1::OUTCOME_APPROVED);
  EXPECT_THAT(show(OutputFormat::kTable), Not(HasSubstr("what to do")));
}

TEST_F(ViewsTest, ACheckOfTheLeastAmountHasIt) {
  v1::AuthorizeResponse response;
  v1::CheckOutcome& check = *response.add_checks();
  check.set_check(v1::REASON_BELOW_MINIMUM_AMOUNT);
  check.set_display_message_zh("未达到最低消费金额");
  check.set_minimum_fen(10'000);
  const std::string text =
      Capture(OutputFormat::kTable, [&](Output* out) { ShowChecks(response.checks(), out); });
  EXPECT_THAT(text, HasSubstr("未达到最低消费金额 (at least 100.00 元)"));
}

TEST_F(ViewsTest, ACheckOfAFundHasItsNumbers) {
  v1::AuthorizeResponse response;
  v1::CheckOutcome& closed = *response.add_checks();
  closed.set_check(v1::REASON_FUND_NOT_OPEN);
  closed.mutable_fund()->set_fund_code("winter");
  v1::CheckOutcome& gone = *response.add_checks();
  gone.set_check(v1::REASON_QUOTA_EXHAUSTED);
  gone.mutable_fund()->set_fund_code("packs");
  gone.mutable_fund()->set_needed_pieces(2);
  v1::CheckOutcome& poor = *response.add_checks();
  poor.set_check(v1::REASON_BUDGET_EXHAUSTED);
  poor.mutable_fund()->set_fund_code("city-2026");
  poor.mutable_fund()->set_needed_fen(500);
  poor.mutable_fund()->set_available_fen(320);
  response.add_checks()->set_passed(true);
  const std::string text = Squeezed(
      Capture(OutputFormat::kTable, [&](Output* out) { ShowChecks(response.checks(), out); }));
  EXPECT_THAT(text, HasSubstr(" FUND NEEDS HAS\n"));
  EXPECT_THAT(text, HasSubstr("✗ fund_not_open winter\n")) << "has no numbers";
  EXPECT_THAT(text, HasSubstr("✗ quota_exhausted packs 2 0\n"));
  EXPECT_THAT(text, HasSubstr("✗ budget_exhausted city-2026 5.00 yuan 3.20 yuan\n"));
}

TEST_F(ViewsTest, AProgrammesTimesAreInItsZone) {
  v1::Programme programme;
  programme.mutable_starts_at()->set_seconds(1'767'196'800);
  programme.mutable_applied_at()->set_seconds(1'767'196'800);
  programme.set_time_zone("Asia/Shanghai");
  const auto show = [&](OutputFormat format) {
    return Capture(format, [&](Output* out) { out->RecordOf(programme, ProgrammeView()); });
  };
  EXPECT_THAT(show(OutputFormat::kTable), HasSubstr("starts at   2026-01-01 00:00:00 +08:00\n"));
  EXPECT_THAT(show(OutputFormat::kTable), HasSubstr("applied at  2026-01-01 00:00:00 +08:00\n"));
  EXPECT_THAT(show(OutputFormat::kCsv), HasSubstr(",2025-12-31T16:00:00Z,"));
  programme.clear_time_zone();
  EXPECT_THAT(show(OutputFormat::kTable), HasSubstr("2025-12-31 16:00:00 +00:00\n"));
}

TEST_F(ViewsTest, WhatBecomesOfABenefitAfterItsDay) {
  v1::Programme programme;
  programme.set_programme_code("shops");
  programme.set_late_capture(v1::LATE_CAPTURE_FORCE_POST);
  v1::OverCapture* entry = programme.add_over_capture();
  entry->set_mcc_first(742);
  entry->set_mcc_last(742);
  entry->set_rate_bps(2'000);
  entry = programme.add_over_capture();
  entry->set_mcc_first(5812);
  entry->set_mcc_last(5814);
  entry->set_rate_bps(1'250);
  programme.add_benefits()->set_on_return(v1::ON_RETURN_CLAW_BACK);
  programme.add_limits()->set_refund_to(v1::REFUND_TO_CURRENT_WINDOW);
  std::string text = Capture(OutputFormat::kTable, [&](Output* out) {
    out->RecordOf(programme, ProgrammeView());
    out->TableOf<v1::Benefit>(programme.benefits(), BenefitView());
    out->TableOf<v1::Limit>(programme.limits(), LimitView());
  });
  EXPECT_THAT(text, HasSubstr("late capture  force_post\n"));
  EXPECT_THAT(text, HasSubstr("over-capture  0742 up to 20%, 5812-5814 up to 12.50%\n"));
  EXPECT_THAT(text, HasSubstr("claw_back"));
  EXPECT_THAT(text, HasSubstr("current_window"));
  text =
      Capture(OutputFormat::kCsv, [&](Output* out) { out->RecordOf(programme, ProgrammeView()); });
  EXPECT_THAT(text, HasSubstr(",force_post,0742@2000;5812-5814@1250"));
}

TEST_F(ViewsTest, JsonIsTheProto3Mapping) {
  v1::AuthorizeResponse response;
  *response.mutable_transaction() = Declined();
  const std::string line = ToJson(response, false);
  EXPECT_THAT(line, HasSubstr("\"listPriceFen\":\"500\""));
  EXPECT_THAT(line, HasSubstr("\"subsidyFen\":\"0\""));
  EXPECT_THAT(line, HasSubstr("\"reason\":\"REASON_EXCEEDS_FREQUENCY_LIMIT\""));
  EXPECT_THAT(line, HasSubstr("今日次数已用完"));
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  EXPECT_EQ(line.back(), '\n');
  EXPECT_EQ(ToJson(response, true).back(), '\n');
}

TEST_F(ViewsTest, LinesAndWhoBearsAnAdvice) {
  v1::Transaction t;
  t.set_kind(v1::TRANSACTION_KIND_AUTHORIZATION);
  t.set_liability(v1::LIABILITY_PROGRAMME);
  t.mutable_occurred_at()->set_seconds(1'767'196'800);
  t.mutable_judged_at()->set_seconds(1'767'196'800);
  auto* line = t.add_lines();
  line->set_line_number(1);
  line->set_item_code("tea");
  line->set_quantity(1'000);
  line->set_price_fen(100);
  line->set_member_pays_fen(80);
  line->set_subsidy_fen(20);
  const auto show = [&](OutputFormat format) {
    return Capture(format, [&](Output* out) { ShowTransaction(t, out); });
  };
  std::string text = show(OutputFormat::kTable);
  EXPECT_THAT(text, HasSubstr("liability     programme (工会承担)\n"));
  EXPECT_THAT(text, Not(HasSubstr("acquirer bears")));
  EXPECT_THAT(text, Not(HasSubstr("not when it occurred")));
  EXPECT_THAT(text, HasSubstr("   1  tea      1,000  1.00 yuan    0.80 yuan  0.20 yuan\n"));
  EXPECT_THAT(text, HasSubstr("\nLines\n"));
  t.set_kind(v1::TRANSACTION_KIND_REFUND);
  t.set_liability(v1::LIABILITY_MANUAL);
  t.set_clock_adjusted(true);
  text = show(OutputFormat::kTable);
  EXPECT_THAT(text, HasSubstr("\nGiven back\n"));
  EXPECT_THAT(text, HasSubstr("manual (人工处理)"));
  EXPECT_THAT(text, HasSubstr(", not when it occurred by the terminal's clock (终端时钟有误)\n"));
  text = show(OutputFormat::kCsv);
  EXPECT_THAT(text, HasSubstr(",manual,0,"));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
  EXPECT_THAT(text, Not(HasSubstr("tea")));
}

TEST_F(ViewsTest, BothSidesOfABatch) {
  v1::CloseBatchResponse response;
  response.set_outcome(v1::BATCH_OUTCOME_OUT_OF_BALANCE);
  v1::BatchTotals& terminal = *response.mutable_terminal_totals();
  terminal.set_capture_count(1);
  terminal.set_captured_fen(2);
  terminal.set_refund_count(3);
  terminal.set_refunded_fen(4);
  terminal.set_reversal_count(5);
  terminal.set_reversed_fen(6);
  terminal.set_subsidy_fen(-7);
  v1::BatchTotals& ledger = *response.mutable_engine_totals();
  ledger.set_capture_count(11);
  ledger.set_subsidy_fen(-7);
  EXPECT_EQ(Capture(OutputFormat::kCsv, [&](Output* out) { ShowBatch(response, out); }),
            "total,label_zh,terminal,ledger,difference\n"
            "capture_count,消费笔数,1,11,-10\n"
            "captured_fen,消费金额,2,0,2\n"
            "refund_count,退货笔数,3,0,3\n"
            "refunded_fen,退货金额,4,0,4\n"
            "reversal_count,撤销笔数,5,0,5\n"
            "reversed_fen,撤销金额,6,0,6\n"
            "subsidy_fen,补贴净额,-7,-7,0\n");
  const std::string text =
      Capture(OutputFormat::kTable, [&](Output* out) { ShowBatch(response, out); });
  EXPECT_THAT(text, HasSubstr("out_of_balance (不平)"));
  EXPECT_THAT(text, HasSubstr("captures   消费笔数           1          11         -10\n"));
  EXPECT_THAT(text, HasSubstr("subsidy    补贴净额  -0.07 yuan  -0.07 yuan\n"));
}

}  // namespace
}  // namespace gonghui::ctl
