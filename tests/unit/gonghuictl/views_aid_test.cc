// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Views of vouchers, draws, claims, contributions and of a fund's solvency.

#include "tools/gonghuictl/views_aid.h"

#include <cstdio>
#include <cstdlib>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tools/gonghuictl/text.h"
#include "tools/gonghuictl/views.h"
#include "tools/gonghuictl/views_vouchers.h"

namespace gonghui::ctl {
namespace {

using testing::HasSubstr;
using testing::Not;

class ViewsAidTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { UseUtf8Locale(); }

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

TEST_F(ViewsAidTest, Vouchers) {
  v1::Voucher voucher;
  voucher.set_voucher_key("0123456789abcdef0123456789abcdef");
  voucher.set_series_code("cake-2026");
  voucher.set_state(v1::VOUCHER_STATE_REDEEMED);
  voucher.mutable_valid_from()->set_seconds(1'780'243'200);
  voucher.set_transaction_id("0123456789AB");
  const auto show = [&](OutputFormat format) {
    return Capture(format,
                   [&](Output* out) { out->RecordOf<v1::Voucher>(voucher, VoucherView()); });
  };
  EXPECT_THAT(show(OutputFormat::kTable), HasSubstr("member      the bearer's\n"));
  EXPECT_THAT(show(OutputFormat::kTable), HasSubstr("state       redeemed (已使用)\n"));
  EXPECT_THAT(show(OutputFormat::kTable), HasSubstr("used by     0123456789AB\n"));
  EXPECT_EQ(show(OutputFormat::kCsv),
            "voucher_key,series_code,member_id,state,valid_from,expires_at,transaction_id,"
            "draw_code\n0123456789abcdef0123456789abcdef,cake-2026,,redeemed,"
            "2026-05-31T16:00:00Z,,0123456789AB,\n");
  for (const auto& [state, words] : {std::pair(v1::VOUCHER_STATE_ISSUED, "issued (可使用)"),
                                     std::pair(v1::VOUCHER_STATE_RESERVED, "reserved (已占用)"),
                                     std::pair(v1::VOUCHER_STATE_VOID, "void (已作废)"),
                                     std::pair(v1::VOUCHER_STATE_BLANK, "blank (未中奖)")}) {
    voucher.set_state(state);
    EXPECT_THAT(show(OutputFormat::kTable), HasSubstr(words));
  }
}

TEST_F(ViewsAidTest, DrawsAndPools) {
  v1::Draw draw;
  draw.set_draw_code("quiz-2026");
  draw.set_kind(v1::DRAW_KIND_POOL);
  draw.set_state(v1::DRAW_STATE_COMMITTED);
  draw.set_seed_hash("630dcd29");
  v1::Prize* prize = draw.add_prizes();
  prize->set_series_code("tea");
  prize->set_count(500);
  prize->set_weight(10);
  prize->set_won_count(3);
  draw.add_prizes()->set_weight(90);
  const auto show = [&](OutputFormat format) {
    return Capture(format, [&](Output* out) { ShowDraw(draw, DrawView(), out); });
  };
  const std::string text = show(OutputFormat::kTable);
  EXPECT_THAT(text, HasSubstr("state      committed (已承诺种子)\n"));
  EXPECT_THAT(text, HasSubstr("\nPrizes (奖项)\n"));
  EXPECT_THAT(text, HasSubstr("tea                       500      10    3"));
  EXPECT_THAT(text, HasSubstr("nothing (未中奖)  without end      90    0"));
  const std::string csv = show(OutputFormat::kCsv);
  EXPECT_THAT(csv, HasSubstr("draw_code,kind,state,programme_code,limit_code,closes_at,"));
  EXPECT_THAT(csv, HasSubstr("quiz-2026,pool,committed,"));
  EXPECT_THAT(csv, Not(HasSubstr("tea")));
  draw.set_state(v1::DRAW_STATE_CLOSED);
  EXPECT_THAT(show(OutputFormat::kTable), HasSubstr("closed (已截止)"));
  draw.set_state(v1::DRAW_STATE_SETTLED);
  EXPECT_THAT(show(OutputFormat::kTable), HasSubstr("settled (已开奖)"));
}

TEST_F(ViewsAidTest, EntriesOfADrawAreCountedWhenItCloses) {
  v1::Draw draw;
  draw.set_kind(v1::DRAW_KIND_DRAW);
  draw.set_state(v1::DRAW_STATE_COMMITTED);
  const auto show = [&](OutputFormat format) {
    return Capture(format, [&](Output* out) { ShowDraw(draw, DrawView(), out); });
  };
  const std::string words = "entries  not counted yet (尚未统计)\n";
  EXPECT_THAT(show(OutputFormat::kTable), HasSubstr(words));
  EXPECT_THAT(show(OutputFormat::kCsv), Not(HasSubstr("counted")));
  draw.set_state(v1::DRAW_STATE_CLOSED);
  EXPECT_THAT(show(OutputFormat::kTable), HasSubstr("entries  0\n")) << "nobody has entered";
  draw.set_state(v1::DRAW_STATE_COMMITTED);
  draw.set_kind(v1::DRAW_KIND_POOL);
  EXPECT_THAT(show(OutputFormat::kTable), HasSubstr("entries  0\n")) << "no event has drawn yet";
}

v1::Claim Surgery() {
  v1::Claim claim;
  claim.set_transaction_id("0123456789AB");
  claim.mutable_event_at()->set_seconds(1'777'737'600);
  claim.set_filed_by("li.min");
  claim.set_approvals_required(2);
  claim.set_approvals(1);
  v1::ClaimJudgement* judgement = claim.add_judgements();
  judgement->set_by("wang.fang");
  judgement->set_approved(true);
  judgement->set_note("材料齐全");
  v1::Transaction& transaction = *claim.mutable_transaction();
  transaction.set_state(v1::TRANSACTION_STATE_PENDING);
  transaction.set_list_price_fen(850'000);
  transaction.set_subsidy_fen(300'000);
  return claim;
}

TEST_F(ViewsAidTest, AClaimUnderReview) {
  v1::Claim claim = Surgery();
  const auto show = [&](OutputFormat format) {
    return Capture(format, [&](Output* out) { ShowClaim(claim, out); });
  };
  std::string text = show(OutputFormat::kTable);
  EXPECT_THAT(text, HasSubstr("approved  1 of 2\n"));
  EXPECT_THAT(text, HasSubstr("aid       3,000.00 yuan\n"));
  EXPECT_THAT(text, HasSubstr("\nJudgements (审核意见)\n"));
  EXPECT_THAT(text, HasSubstr("wang.fang  approved (同意)  材料齐全"));
  EXPECT_THAT(text, HasSubstr("\nAuthorization (授权)\n"));
  EXPECT_THAT(text, HasSubstr("list price   8,500.00 yuan\n"));
  const std::string csv = show(OutputFormat::kCsv);
  EXPECT_THAT(csv,
              HasSubstr("0123456789AB,pending,,2026-05-02T16:00:00Z,,li.min,850000,300000,0,1,2"));
  EXPECT_THAT(csv, Not(HasSubstr("wang.fang")));
  claim.mutable_judgements(0)->set_approved(false);
  EXPECT_THAT(show(OutputFormat::kTable), HasSubstr("rejected (驳回)"));
  claim.clear_transaction();
  text = show(OutputFormat::kTable);
  EXPECT_THAT(text, HasSubstr("in the archive: txn show\n"));
  EXPECT_THAT(text, Not(HasSubstr("Authorization")));
  claim.set_approvals_required(0);
  claim.set_approvals(0);
  EXPECT_THAT(show(OutputFormat::kTable), HasSubstr("none needed\n"));
}

// To file is not to approve: who reads "approved" hands the money out.
TEST_F(ViewsAidTest, AFiledClaimAwaitsApproval) {
  v1::Claim claim = Surgery();
  claim.set_approvals(0);
  v1::Transaction& held = *claim.mutable_transaction();
  held.set_outcome(v1::OUTCOME_APPROVED);
  held.set_display_message("Approved");
  held.set_display_message_zh("已批准");
  held.mutable_expires_at()->set_seconds(1'780'243'200);
  const auto show = [&](const v1::Claim* known) {
    return Capture(OutputFormat::kTable,
                   [&](Output* out) { ShowTransaction(AsFiled(held, known), out); });
  };
  std::string text = show(nullptr);
  EXPECT_THAT(text, HasSubstr("filed: awaits approval (待审批), where its programme asks for it"));
  EXPECT_THAT(text, HasSubstr("已受理，如项目要求审批则待审批\n"));
  EXPECT_THAT(text, Not(HasSubstr("outcome")));
  EXPECT_THAT(text, Not(HasSubstr("已批准")));
  text = show(&claim);
  EXPECT_THAT(text, HasSubstr("filed: awaits approval (待审批), 0 of 2 have approved\n"));
  EXPECT_THAT(text, HasSubstr("已受理，待审批：需2人同意，已有0人\n"));
  const auto whole = [&] {
    return Capture(OutputFormat::kTable, [&](Output* out) { ShowClaim(claim, out); });
  };
  EXPECT_THAT(whole(), HasSubstr("filed: awaits approval (待审批), 0 of 2"));
  EXPECT_THAT(whole(), HasSubstr("hold expires"));
  claim.set_approvals(2);
  EXPECT_THAT(show(&claim), HasSubstr("filed: approved by all who must, awaits payment (待支付)"));
  EXPECT_THAT(show(&claim), HasSubstr("已受理，审批已齐，待支付\n"));
  claim.set_approvals_required(0);
  EXPECT_THAT(show(&claim), HasSubstr("filed: needs no approval, awaits payment (待支付)"));
  held.set_outcome(v1::OUTCOME_APPROVED_PARTIAL);
  EXPECT_THAT(show(nullptr), HasSubstr("filed, benefit in part: awaits approval (待审批)"));
  EXPECT_THAT(show(nullptr), HasSubstr("已受理，优惠不足额，如项目"));
  held.set_state(v1::TRANSACTION_STATE_CAPTURED);
  EXPECT_THAT(show(&claim), HasSubstr("已批准\n")) << "paid";
  EXPECT_THAT(whole(), Not(HasSubstr("hold expires")));
}

TEST_F(ViewsAidTest, Contributions) {
  v1::Contribution paid;
  paid.set_receipt_code("R1");
  paid.set_amount_fen(8'000);
  const auto show = [&](OutputFormat format) {
    return Capture(format,
                   [&](Output* out) { out->RecordOf<v1::Contribution>(paid, ContributionView()); });
  };
  EXPECT_THAT(show(OutputFormat::kTable), HasSubstr("80.00 yuan\n"));
  EXPECT_THAT(show(OutputFormat::kTable), Not(HasSubstr("revoked")));
  EXPECT_THAT(show(OutputFormat::kCsv), HasSubstr("R1,,,,8000,,,,false\n"));
  paid.set_revoked(true);
  EXPECT_THAT(show(OutputFormat::kTable), HasSubstr("revoked (已撤销)"));
}

TEST_F(ViewsAidTest, SolvencyForAFinanceOffice) {
  Solvency solvency;
  solvency.asked.set_fund_code("mutual-2026");
  v1::GetSolvencyResponse& answer = solvency.answer;
  answer.set_brought_fen(100'000'000);
  answer.set_contributed_fen(80'000'000);
  answer.set_paid_fen(66'600'000);
  answer.set_paid_of_contributed_bps(8'325);
  answer.set_claims_filed(10);
  answer.set_claims_paid(6);
  answer.set_claims_rejected(1);
  answer.set_claims_ended(1);
  answer.set_covered_members(-1);
  const auto show = [&](OutputFormat format) {
    return Capture(format, [&](Output* out) { out->RecordOf<Solvency>(solvency, SolvencyView()); });
  };
  std::string text = show(OutputFormat::kTable);
  EXPECT_THAT(text, HasSubstr("contributed 缴费收入        800,000.00 yuan\n"));
  EXPECT_THAT(text, HasSubstr("paid of contributed 赔付率  83.25%\n"));
  EXPECT_THAT(text, HasSubstr("claims open 待处理          2\n"));
  EXPECT_THAT(text, Not(HasSubstr("参保人数")));
  EXPECT_THAT(text, Not(HasSubstr("统计自")));
  EXPECT_THAT(text, Not(HasSubstr("期间")));
  EXPECT_THAT(text, Not(HasSubstr("挂账")));
  answer.set_suspense_fen(5);
  EXPECT_THAT(show(OutputFormat::kTable), HasSubstr("of it in suspense 其中挂账  0.05 yuan\n"));
  answer.set_suspense_fen(0);
  const std::string csv = show(OutputFormat::kCsv);
  EXPECT_THAT(csv, HasSubstr("fund_code,brought_fen,contributed_fen,contribution_count,held_fen,"));
  EXPECT_THAT(csv, HasSubstr("mutual-2026,100000000,80000000,0,0,66600000,0,0,8325,10,6,1,1,2,"));
  answer.set_paid_of_contributed_bps(-1);
  answer.set_covered_members(1'234);
  solvency.asked.set_segment_code("insured");
  solvency.asked.mutable_contributions_from()->set_seconds(1'767'196'800);
  answer.set_contributed_within_fen(12'300);
  text = show(OutputFormat::kTable);
  EXPECT_THAT(text, HasSubstr("期间缴费    123.00 yuan\n"));
  EXPECT_THAT(text, HasSubstr("nothing was contributed (无缴费)"));
  EXPECT_THAT(text, HasSubstr("members covered 参保人数       1,234\n"));
}

TEST_F(ViewsAidTest, HundredthsOfAPercent) {
  EXPECT_EQ(FormatHundredths(0), "0.00%");
  EXPECT_EQ(FormatHundredths(5), "0.05%");
  EXPECT_EQ(FormatHundredths(8'325), "83.25%");
  EXPECT_EQ(FormatHundredths(12'345'678), "123,456.78%");
  EXPECT_EQ(FormatHundredths(-1), "");
}

// Limits of bills, of slots, and of appointments that were not kept.
TEST_F(ViewsAidTest, LimitsOfClaimsAndAppointments) {
  v1::Transaction t;
  v1::LimitState* bills = t.add_limits();
  bills->set_limit_code("bills");
  bills->set_measure(v1::LIMIT_MEASURE_PRICE_FEN);
  bills->set_unlimited(true);
  bills->set_held(850'000);
  v1::LimitState* places = t.add_limits();
  places->set_limit_code("checkup.places");
  places->set_measure(v1::LIMIT_MEASURE_COUNT);
  places->set_subject(v1::LIMIT_SUBJECT_MERCHANT);
  places->set_window(v1::LIMIT_WINDOW_SLOT);
  places->set_max(20);
  places->set_held(1);
  places->set_left(19);
  const std::string text =
      Capture(OutputFormat::kTable, [&](Output* out) { ShowTransaction(t, out); });
  EXPECT_THAT(text, HasSubstr("unlimited  0.00 yuan  8,500.00 yuan\n"));
  EXPECT_THAT(
      text,
      HasSubstr("checkup.places  merchant  slot         20          0              1    19\n"));

  v1::Entitlement entitlement;
  *entitlement.add_limits() = *bills;
  *entitlement.add_limits() = *places;
  entitlement.set_reason(v1::REASON_TOO_MANY_NO_SHOWS);
  const auto show = [&](OutputFormat format) {
    return Capture(format, [&](Output* out) {
      out->RecordOf<v1::Entitlement>(entitlement, EntitlementView());
    });
  };
  EXPECT_THAT(show(OutputFormat::kTable),
              HasSubstr("bills 0.00 yuan used, checkup.places 19/20\n"));
  EXPECT_THAT(show(OutputFormat::kTable), HasSubstr("✗ too_many_no_shows\n"));
  EXPECT_THAT(show(OutputFormat::kCsv), HasSubstr("bills=unlimited checkup.places=19/20"));

  v1::Limit limit;
  limit.set_measure(v1::LIMIT_MEASURE_PRICE_FEN);
  limit.set_max(10'000'000);
  std::string row = Capture(OutputFormat::kTable,
                            [&](Output* out) { out->RecordOf<v1::Limit>(limit, LimitView()); });
  EXPECT_THAT(row, HasSubstr("counts   price\n"));
  EXPECT_THAT(row, HasSubstr("at most  100,000.00 yuan\n"));
  limit.set_measure(v1::LIMIT_MEASURE_COUNT);
  limit.set_no_shows(true);
  row = Capture(OutputFormat::kTable,
                [&](Output* out) { out->RecordOf<v1::Limit>(limit, LimitView()); });
  EXPECT_THAT(row, HasSubstr("counts   no-shows\n"));
}

}  // namespace
}  // namespace gonghui::ctl
