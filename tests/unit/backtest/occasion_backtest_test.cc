// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Backtests of what was asked with a voucher's code, for an appointment, as a claim, and of
// funds that members pay into.

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "engine/backtest/backtest.h"
#include "engine/backtest/simulation.h"
#include "tests/unit/backtest/recorded_history.h"

namespace gonghui {
namespace {

constexpr int64_t kDayNs = kSecondsPerDay * kNsPerSecond;

// One benefit of half the price; `asks` are lines of it, `limits` of the file.
std::string Half(const std::string& asks,
                 const std::string& budget = "100000.00 yuan",
                 const std::string& percent = "50 %") {
  return "gonghui: 1\n"
         "programme:\n"
         "  code: half\n"
         "  name: Half\n"
         "  zone: Asia/Shanghai\n"
         "  starts: 2026-04-01\n"
         "  until: 2027-01-01\n"
         "funds:\n"
         "  - {code: purse, name: Purse, budget: " +
         budget +
         "}\n"
         "benefits:\n"
         "  - code: food\n"
         "    name: Food\n"
         "    at: {mcc: [5411]}\n"
         "    price: {percent_off: " +
         percent + "}\n" + asks + "    funding: {fund: purse}\n";
}

constexpr const char* kWithVoucher = "    voucher: rice\n    for: {real_name: false}\n";
constexpr const char* kWithClaim = "    claim: {approvals: 2, within: 5d}\n    hold: 20d\n";
constexpr const char* kWithSlots = "    slots: {minutes: 60, places: 1, ahead: 10d, grace: 10m}\n";

class OccasionBacktest : public testing::Test {
 protected:
  // Vouchers number first .. last of series rice, of all of May; member 0 = the bearer's.
  void Issue(uint64_t first, uint64_t last, int member, TimestampNs at) {
    std::vector<VoucherToIssue> vouchers;
    for (uint64_t i = first; i <= last; ++i) {
      const std::string id = "M" + std::to_string(member);
      vouchers.push_back({Key(i), member == 0 ? MemberId{} : CodeOf<MemberId>(id)});
    }
    const IssueVouchersRequest request{
        CodeOf<SeriesCode>("rice"), May(1, -40'000), May(32), {}, vouchers};
    Command command;
    command.kind = CommandKind::kIssueVouchers;
    command.issue_vouchers = &request;
    history_.Run(command, at);
  }
  static VoucherKey Key(uint64_t number) { return {0xabc, number}; }

  Result Ask(
      int member, int64_t fen, TimestampNs at, const OccasionRequest& occasion, bool hold = false) {
    Command command;
    command.kind = CommandKind::kAuthorize;
    command.terminal = CodeOf<TerminalId>("T1");
    command.request_id = {2, next_request_++};
    command.authorize.card =
        member == 0 ? CardNumber{} : CardNumber{62'000'000u + static_cast<uint64_t>(member)};
    command.authorize.list_price = Fen{fen};
    command.authorize.capture_at_once = !hold;
    command.authorize.occasion = &occasion;
    return history_.Run(command, at);
  }
  Result Claim(int member, int64_t fen, TimestampNs at, int days_ago) {
    OccasionRequest occasion;
    occasion.event_at = TimestampNs{at.value() - days_ago * kDayNs};
    occasion.filed_by = CodeOf<OperatorName>("wang");
    return Ask(member, fen, at, occasion, /*hold=*/true);
  }
  void Judge(CommandKind kind, const Result& claim, const std::string& by, TimestampNs at) {
    JudgeClaimRequest request;
    request.claim = claim.transaction_id;
    request.by = CodeOf<OperatorName>(by);
    Command command;
    command.kind = kind;
    command.judge_claim = &request;
    history_.Run(command, at);
  }
  void DefineSegment() {
    SegmentRequest segment;
    segment.code = CodeOf<SegmentCode>("mutual");
    Command command;
    command.kind = CommandKind::kDefineSegment;
    command.segment = &segment;
    history_.Run(command, May(1));
  }
  void Contribute(const std::string& receipt, int member, int64_t fen, TimestampNs at) {
    ContributeRequest request;
    request.receipt = CodeOf<ReceiptCode>(receipt);
    request.fund = CodeOf<FundCode>("purse");
    request.member = CodeOf<MemberId>("M" + std::to_string(member));
    request.segment = CodeOf<SegmentCode>("mutual");
    request.amount = Fen{fen};
    request.covers_from = at;
    request.covers_until = May(60);
    Command command;
    command.kind = CommandKind::kContribute;
    command.contribute = &request;
    history_.Run(command, at);
  }
  void Revoke(const std::string& receipt, TimestampNs at) {
    const RevokeContributionRequest request{CodeOf<ReceiptCode>(receipt),
                                            CodeOf<FundCode>("purse")};
    Command command;
    command.kind = CommandKind::kRevokeContribution;
    command.revoke_contribution = &request;
    history_.Run(command, at);
  }

  BacktestReport Try(const std::string& text, int first = 2, int end = 31) {
    const CompiledFile file = Compiled(text);
    BacktestOptions options;
    options.from = TimestampNs{May(first).value() - 12 * 3'600 * kNsPerSecond};
    options.to = TimestampNs{May(end).value() - 12 * 3'600 * kNsPerSecond};
    DraftRefusal refusal;
    auto report = BacktestBlocking(history_.Committed(), DraftOf(file), options, nullptr, &refusal);
    EXPECT_TRUE(report.ok()) << report.status();
    return report.ok() ? *std::move(report) : BacktestReport{};
  }

  static void ExpectAllTheSame(const BacktestReport& report) {
    EXPECT_EQ(report.all.same, report.all.decisions);
    for (const BacktestReport::Fund& fund : report.funds) {
      EXPECT_EQ(fund.paid_before, fund.paid_after);
      EXPECT_EQ(fund.held_before, fund.held_after);
      EXPECT_EQ(fund.left_before, fund.left_after);
    }
    for (const BacktestReport::FundDay& day : report.fund_days) {
      EXPECT_EQ(day.left_before, day.left_after);
    }
    EXPECT_EQ(report.followups_refused, 0u);
    EXPECT_EQ(report.originals_gone, 0u);
    EXPECT_EQ(report.changes_refused, 0u);
    EXPECT_EQ(report.undecided, 0u);
  }
  static BacktestReport::Fund FundOf(const BacktestReport& report) {
    EXPECT_EQ(report.funds.size(), 1u);
    return report.funds.empty() ? BacktestReport::Fund{} : report.funds[0];
  }

  RecordedHistory history_;
  uint64_t next_request_ = 1;
};

TEST_F(OccasionBacktest, OfWhatIsLiveVouchersAreTheSame) {
  history_.Apply(Half(kWithVoucher), May(1));
  Issue(1, 2, 1, May(1, 1));
  Issue(3, 5, 0, May(2, 1));
  OccasionRequest shown;
  shown.voucher = Key(3);
  EXPECT_EQ(Ask(0, 1'000, May(3), shown).transaction.outcome, Outcome::kApproved);
  EXPECT_EQ(Ask(0, 1'000, May(3, 1), shown).transaction.reason, Reason::kVoucherRedeemed);
  EXPECT_EQ(history_.Sale(1, 1, 1'000, May(3, 2)).transaction.outcome, Outcome::kApproved);
  EXPECT_EQ(history_.Sale(2, 1, 1'000, May(3, 3)).transaction.reason, Reason::kNoVoucher);
  shown.voucher = Key(4);
  const Result hold = Ask(2, 2'000, May(3, 4), shown, /*hold=*/true);
  EXPECT_EQ(Ask(2, 2'000, May(3, 5), shown).transaction.reason, Reason::kVoucherReserved);
  history_.Reverse(hold, 1, May(3, 6));
  EXPECT_EQ(Ask(2, 2'000, May(3, 7), shown).transaction.outcome, Outcome::kApproved);
  shown.voucher = Key(99);
  EXPECT_EQ(Ask(2, 2'000, May(3, 8), shown).transaction.reason, Reason::kVoucherNotFound);
  const BacktestReport report = Try(Half(kWithVoucher));
  ExpectAllTheSame(report);
  EXPECT_TRUE(report.draft_is_live);
  EXPECT_EQ(report.all.decisions, 8u);
}

// A draft's voucher is looked for where the draft's own decisions have used them.
TEST_F(OccasionBacktest, ADraftThatAsksForAVoucherGivesToWhoHasOne) {
  history_.Apply(Half(""), May(1));
  Issue(1, 1, 1, May(1, 1));
  history_.Sale(1, 1, 1'000, May(3));
  history_.Sale(1, 1, 1'000, May(4));
  history_.Sale(2, 1, 1'000, May(5));
  const BacktestReport report = Try(Half(kWithVoucher));
  EXPECT_EQ(report.all.decisions, 3u);
  EXPECT_EQ(report.all.same, 1u);
  EXPECT_EQ(report.all.lost, 2u);
  ASSERT_EQ(report.reasons.size(), 2u);
  EXPECT_EQ(report.reasons[1].after, Reason::kNoVoucher);
  EXPECT_EQ(report.reasons[1].decisions, 2u);
  EXPECT_EQ(FundOf(report).paid_after, Fen{500});
}

// What is asked with a code is only for benefits of its series: to a draft without one it is
// nothing.
TEST_F(OccasionBacktest, ACodeIsOfNoUseToADraftWithoutVouchers) {
  history_.Apply(Half(kWithVoucher), May(1));
  Issue(1, 1, 0, May(1, 1));
  OccasionRequest shown;
  shown.voucher = Key(1);
  EXPECT_EQ(Ask(1, 1'000, May(3), shown).transaction.outcome, Outcome::kApproved);
  history_.Sale(1, 1, 1'000, May(4));
  const BacktestReport report = Try(Half(""));
  EXPECT_EQ(report.all.lost, 1u);
  EXPECT_EQ(report.all.gained, 1u);
  EXPECT_EQ(FundOf(report).paid_before, Fen{500});
  EXPECT_EQ(FundOf(report).paid_after, Fen{500});
}

TEST_F(OccasionBacktest, AppointmentsAreTakenAsTheyWere) {
  history_.Apply(Half(kWithSlots), May(1));
  OccasionRequest slot;
  slot.slot_at = May(4);  // noon
  EXPECT_EQ(Ask(1, 1'000, May(3), slot, /*hold=*/true).transaction.outcome, Outcome::kApproved);
  EXPECT_EQ(Ask(2, 1'000, May(3, 1), slot, /*hold=*/true).transaction.reason,
            Reason::kExceedsFrequencyLimit);
  const BacktestReport same = Try(Half(kWithSlots));
  ExpectAllTheSame(same);
  const BacktestReport more =
      Try(Half("    slots: {minutes: 60, places: 2, ahead: 10d, grace: 10m}\n"));
  EXPECT_EQ(more.all.same, 1u);
  EXPECT_EQ(more.all.gained, 1u);
  EXPECT_EQ(more.holds_assumed_captured, 1u);
  EXPECT_EQ(FundOf(more).paid_after, Fen{500});
}

TEST_F(OccasionBacktest, OfWhatIsLiveClaimsAreTheSame) {
  history_.Apply(Half(kWithClaim), May(1));
  const Result early = Claim(3, 5'000, May(3), 1);
  const Result paid = Claim(1, 10'000, May(5), 3);
  Judge(CommandKind::kApproveClaim, paid, "li", May(6));
  EXPECT_EQ(history_.Capture(paid, 1, 10'000, May(6, 1)).transaction.reason,
            Reason::kApprovalMissing);
  Judge(CommandKind::kApproveClaim, paid, "zhang", May(7));
  EXPECT_EQ(history_.Capture(paid, 1, 10'000, May(7, 1)).transaction.outcome, Outcome::kApproved);
  const Result refused = Claim(2, 20'000, May(8), 2);
  Judge(CommandKind::kRejectClaim, refused, "li", May(9));
  EXPECT_EQ(Claim(2, 20'000, May(10), 8).transaction.reason, Reason::kClaimTooLate);
  // One from before the period is judged in it.
  Judge(CommandKind::kApproveClaim, early, "li", May(11));
  Judge(CommandKind::kApproveClaim, early, "zhang", May(11, 1));
  EXPECT_EQ(history_.Capture(early, 1, 5'000, May(11, 2)).transaction.outcome, Outcome::kApproved);
  const BacktestReport report = Try(Half(kWithClaim), 4);
  ExpectAllTheSame(report);
  EXPECT_EQ(report.all.decisions, 3u);
  EXPECT_EQ(report.followups, 8u);
  EXPECT_EQ(FundOf(report).paid_after, Fen{7'500});
  EXPECT_EQ(FundOf(report).held_after, Fen{0});
}

TEST_F(OccasionBacktest, JudgementsOfAClaimThatTheDraftDeclinesAreRefused) {
  history_.Apply(Half("    claim: {approvals: 2, within: 30d}\n"), May(1));
  const Result paid = Claim(1, 10'000, May(15), 10);
  Judge(CommandKind::kApproveClaim, paid, "li", May(16));
  Judge(CommandKind::kApproveClaim, paid, "zhang", May(17));
  EXPECT_EQ(history_.Capture(paid, 1, 10'000, May(17, 1)).transaction.outcome, Outcome::kApproved);
  const BacktestReport report = Try(Half("    claim: {approvals: 2, within: 5d}\n"));
  EXPECT_EQ(report.all.lost, 1u);
  EXPECT_EQ(report.followups, 3u);
  EXPECT_EQ(report.followups_refused, 3u);
  EXPECT_EQ(FundOf(report).paid_before, Fen{5'000});
  EXPECT_EQ(FundOf(report).paid_after, Fen{0});
}

TEST_F(OccasionBacktest, AGainedClaimIsApprovedAndPaid) {
  history_.Apply(Half("    claim: {approvals: 1, within: 5d}\n"), May(1));
  EXPECT_EQ(Claim(1, 10'000, May(15), 10).transaction.reason, Reason::kClaimTooLate);
  EXPECT_EQ(Claim(2, 10'000, May(16), 1).transaction.outcome, Outcome::kApproved);
  const BacktestReport report = Try(Half("    claim: {approvals: 3, within: 30d}\n"));
  EXPECT_EQ(report.all.gained, 1u);
  EXPECT_EQ(report.all.same, 1u);
  EXPECT_EQ(report.holds_assumed_captured, 1u);
  EXPECT_EQ(FundOf(report).paid_before, Fen{0});
  EXPECT_EQ(FundOf(report).paid_after, Fen{5'000});
  EXPECT_EQ(FundOf(report).held_after, Fen{5'000});
}

TEST_F(OccasionBacktest, ContributionsRaiseAFundAsTheyDid) {
  history_.Apply(Half("", "10.00 yuan"), May(1));
  DefineSegment();
  Contribute("R1", 1, 3'000, May(1, 1));
  Contribute("R2", 2, 5'000, May(3));
  Contribute("R3", 3, 700, May(3, 1));
  history_.Sale(1, 1, 10'000, May(4));
  Revoke("R3", May(5));
  history_.Sale(2, 1, 9'000, May(6));  // 40.00 of 45.00 are left
  const BacktestReport report = Try(Half("", "10.00 yuan"));
  ExpectAllTheSame(report);
  EXPECT_EQ(report.all.decisions, 2u);
  EXPECT_EQ(FundOf(report).paid_before, Fen{5'000});
  EXPECT_EQ(FundOf(report).left_before, Fen{4'000});
  ASSERT_GE(report.fund_days.size(), 3u);
  EXPECT_EQ(report.fund_days[0].left_after, Fen{9'700});
  EXPECT_EQ(report.fund_days[1].left_after, Fen{4'700});
  EXPECT_EQ(report.fund_days[2].left_after, Fen{4'000});
}

// The draft has spent what was paid back.
TEST_F(OccasionBacktest, ARevocationThatTheDraftCanNotPayIsCounted) {
  history_.Apply(Half("", "0.01 yuan"), May(1));
  DefineSegment();
  Contribute("R1", 1, 5'000, May(3));
  Contribute("R2", 2, 1'000, May(3, 1));
  history_.Sale(1, 1, 5'500, May(4));
  Revoke("R2", May(6));
  const BacktestReport report = Try(Half("", "0.01 yuan", "100 %"));
  EXPECT_EQ(report.all.more, 1u);
  EXPECT_EQ(report.changes_refused, 1u);
  EXPECT_EQ(FundOf(report).left_before, Fen{5'001 - 2'750});
  EXPECT_EQ(FundOf(report).left_after, Fen{6'001 - 5'500});
}

// The draft's fund has no room for what was paid in, so nothing of it is paid back.
TEST_F(OccasionBacktest, AContributionThatTheDraftCanNotTakeIsCounted) {
  history_.Apply(Half("", "0.01 yuan"), May(1));
  DefineSegment();
  Contribute("R1", 1, 5'000, May(3));
  Contribute("R2", 1, 4'000, May(3, 1));
  history_.Sale(1, 1, 2'000, May(4));
  Revoke("R1", May(5));
  const BacktestReport report = Try(Half("", "10000000000000000 yuan"));
  EXPECT_EQ(report.all.same, 1u);
  EXPECT_EQ(report.changes_refused, 3u);
  EXPECT_EQ(FundOf(report).left_before, Fen{4'001 - 1'000});
  EXPECT_EQ(FundOf(report).left_after, Fen{kFundFenMax - 1'000});
}

// What the draft still has under a receipt is another one than the record's: each side gives back
// its own.
TEST_F(OccasionBacktest, AReceiptThatIsPutRightIsTheDraftsOwn) {
  history_.Apply(Half("", "30.00 yuan"), May(1));
  DefineSegment();
  Contribute("R1", 1, 5'000, May(3));
  const Result sale = history_.Sale(1, 1, 4'000, May(4));
  Revoke("R1", May(5));  // the draft has spent too much of it
  Contribute("R1", 1, 700, May(6));
  history_.Refund(sale, 1, 4'000, May(7));
  Revoke("R1", May(8));
  Contribute("R1", 1, 900, May(9));
  const BacktestReport report = Try(Half("", "30.00 yuan", "100 %"));
  EXPECT_EQ(report.all.more, 1u);
  EXPECT_EQ(report.changes_refused, 2u);
  struct Left {
    int day;
    Fen before;
    Fen after;
  };
  constexpr std::array<Left, 7> kLeft = {{{3, Fen{8'000}, Fen{8'000}},
                                          {4, Fen{6'000}, Fen{4'000}},
                                          {5, Fen{1'000}, Fen{4'000}},
                                          {6, Fen{1'700}, Fen{4'000}},
                                          {7, Fen{3'700}, Fen{8'000}},
                                          {8, Fen{3'000}, Fen{3'000}},
                                          {9, Fen{3'900}, Fen{3'900}}}};
  ASSERT_EQ(report.fund_days.size(), kLeft.size());
  for (size_t i = 0; i < kLeft.size(); ++i) {
    SCOPED_TRACE(kLeft[i].day);
    EXPECT_EQ(report.fund_days[i].day, DayOf({2026, 5, kLeft[i].day}));
    EXPECT_EQ(report.fund_days[i].left_before, kLeft[i].before);
    EXPECT_EQ(report.fund_days[i].left_after, kLeft[i].after);
  }
  EXPECT_EQ(FundOf(report).left_before, Fen{3'900});
  EXPECT_EQ(FundOf(report).left_after, Fen{3'900});
}

// The same, and the draft never has as much left.
TEST_F(OccasionBacktest, AReceiptThatTheDraftKeepsToTheEnd) {
  history_.Apply(Half("", "30.00 yuan"), May(1));
  DefineSegment();
  Contribute("R1", 1, 5'000, May(3));
  history_.Sale(1, 1, 4'000, May(4));
  Revoke("R1", May(5));
  Contribute("R1", 1, 700, May(6));
  Revoke("R1", May(8));
  const BacktestReport report = Try(Half("", "30.00 yuan", "100 %"));
  EXPECT_EQ(report.changes_refused, 3u);
  EXPECT_EQ(FundOf(report).left_before, Fen{3'000 - 2'000});
  EXPECT_EQ(FundOf(report).left_after, Fen{8'000 - 4'000});
}

// Codes and claims are no visits of a simulated day; a voucher of one's own is used.
TEST_F(OccasionBacktest, SimulatedVisitsAreSales) {
  history_.Apply(Half(kWithVoucher), May(1));
  Issue(1, 1, 1, May(1, 1));
  Issue(2, 2, 0, May(1, 2));
  OccasionRequest shown;
  shown.voucher = Key(2);
  EXPECT_EQ(Ask(0, 1'000, May(3), shown).transaction.outcome, Outcome::kApproved);
  history_.Sale(1, 1, 1'000, May(3, 1));
  history_.Sale(2, 1, 1'000, May(3, 2));
  Issue(3, 3, 1, May(4));
  SimulationOptions options;
  options.like = DayOf({2026, 5, 3});
  DraftRefusal refusal;
  const CompiledFile file = Compiled(Half(kWithVoucher));
  const auto report =
      SimulateBlocking(history_.Committed(), DraftOf(file), options, nullptr, &refusal);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->all.decisions, 2u);
  EXPECT_EQ(report->all.same, 2u);
  EXPECT_EQ(report->all.subsidy_after, Fen{500});
  EXPECT_TRUE(report->is_simulated);
  EXPECT_EQ(report->unplayed, 1u) << "the code";
}

}  // namespace
}  // namespace gonghui
