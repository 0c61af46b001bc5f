// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Claims after they were filed: approvals, rejections, and what funds count of them.
// docs/decisions/0009-aid-and-mutual-funds.md, "Review" and "Solvency".

#include <cstdint>
#include <string>

#include <gtest/gtest.h>

#include "tests/unit/ledger/occasion_world.h"

namespace gonghui {
namespace {

class ClaimsTest : public OccasionWorld {
 protected:
  ClaimsTest() {
    ApplyClaim([](OwnedProgramme&, BenefitSpec&) {});
    now_ = AfterDays(3);
  }

  // Two approvals, paid by funds F and G in equal parts.
  template <class Change>
  void ApplyClaim(Change&& change) {
    SetFund("G", 10'000);
    Apply([&](OwnedProgramme& programme, BenefitSpec& benefit) {
      AskForClaim(&benefit);
      benefit.approvals = 2;
      benefit.funding = Append<FundingShareSpec>(
          programme.funding,
          {{CodeOf<FundCode>("F"), Bps{5'000}, 0}, {CodeOf<FundCode>("G"), Bps{5'000}, 0}});
      LimitSpec& year = AddLimit(programme, "year", 2);
      year.window = WindowKind::kYear;
      change(programme, programme.benefits[0]);
    });
  }
  TransactionId File(uint64_t request, int64_t price = 1'000, const char* by = "ann") {
    ExpectGiven(Run(OfEvent(Authorize(request, price), kNow, by)), price / 2);
    return result_.transaction_id;
  }
  const Result& Judge(CommandKind kind,
                      TransactionId claim,
                      const char* by,
                      bool validate_only = false) {
    JudgeClaimRequest request;
    request.claim = claim;
    request.by = CodeOf<OperatorName>(by);
    OwnedCommand command = Own(kind, request);
    command.command.validate_only = validate_only;
    return Run(command);
  }
  const Result& Approve(TransactionId claim, const char* by, bool validate_only = false) {
    return Judge(CommandKind::kApproveClaim, claim, by, validate_only);
  }
  const Result& Reject(TransactionId claim, const char* by, bool validate_only = false) {
    return Judge(CommandKind::kRejectClaim, claim, by, validate_only);
  }
  void ExpectRefused(const Result& result, AdminReason reason, Field field) const {
    EXPECT_EQ(result.verdict, Verdict::kRefused);
    EXPECT_EQ(result.admin_reason, reason) << NameOf(result.admin_reason);
    EXPECT_EQ(result.field, field) << NameOf(result.field);
    EXPECT_EQ(event_.kind, EventKind::kNone);
  }
  void ApproveTwice(TransactionId claim) {
    EXPECT_EQ(Approve(claim, "bob").verdict, Verdict::kDecided);
    EXPECT_EQ(Approve(claim, "cyd").verdict, Verdict::kDecided);
  }
  // Of each of the funds.
  void ExpectCounts(uint32_t filed, uint32_t paid, uint32_t rejected, uint32_t ended) const {
    for (const char* code : {"F", "G"}) {
      EXPECT_EQ(FundOf(code).claims_filed, filed) << code;
      EXPECT_EQ(FundOf(code).claims_paid, paid) << code;
      EXPECT_EQ(FundOf(code).claims_rejected, rejected) << code;
      EXPECT_EQ(FundOf(code).claims_ended, ended) << code;
    }
  }
  void ExpectCounted(int64_t used, int64_t held) const {
    int64_t sum_used = 0;
    int64_t sum_held = 0;
    for (uint32_t i = 1; i <= ledger_->counters().size(); ++i) {
      const Counter& counter = ledger_->counters()[CounterRow{i}];
      if (ledger_->counter_series()[counter.series].limit == CodeOf<LimitCode>("year")) {
        sum_used += counter.used;
        sum_held += counter.held;
      }
    }
    EXPECT_EQ(sum_used, used);
    EXPECT_EQ(sum_held, held);
  }
  void Expire() {
    now_ = AfterDays(30);
    Command sweep;
    sweep.kind = CommandKind::kExpireHolds;
    Run(Own(sweep));
    ASSERT_EQ(event_.kind, EventKind::kHoldExpired);
  }
  static Command FinalOfNothing(uint64_t request, uint64_t original) {
    return AboutPart(CommandKind::kCapture, request, original, 0);
  }
};

// ---- Approvals ---------------------------------------------------------------------

TEST_F(ClaimsTest, ItIsPaidWhenSoManyPersonsHaveApproved) {
  const TransactionId claim = File(10);
  ExpectDeclined(Run(Own(About(CommandKind::kCapture, 11, 10))), Reason::kApprovalMissing);
  EXPECT_EQ(Approve(claim, "bob").verdict, Verdict::kDecided);
  EXPECT_EQ(Approve(claim, "bob").verdict, Verdict::kUnchanged);
  ExpectDeclined(Run(Own(About(CommandKind::kCapture, 12, 10))), Reason::kApprovalMissing);
  ExpectDeclined(Run(Own(FinalOfNothing(13, 10))), Reason::kApprovalMissing);
  EXPECT_EQ(Approve(claim, "cyd").verdict, Verdict::kDecided);
  ExpectGiven(Run(Own(About(CommandKind::kCapture, 14, 10))), 500);
  // As it was answered, so it is answered for ever.
  ExpectDeclined(Run(Own(About(CommandKind::kCapture, 11, 10))), Reason::kApprovalMissing);
  EXPECT_TRUE(result_.replay);
}

TEST_F(ClaimsTest, TheStateAndTheAmountAreAskedBefore) {
  File(10);
  ExpectDeclined(Run(Own(CapturePart(11, 10, 1'001))), Reason::kExceedsAuthorizedAmount);
  now_ = AfterDays(30);
  ExpectDeclined(Run(Own(About(CommandKind::kCapture, 12, 10))), Reason::kHoldExpired);
}

TEST_F(ClaimsTest, AnAdvisedCaptureNeedsThemToo) {
  const TransactionId claim = File(10);
  AdviceRequest evidence;
  evidence.occurred_at = now_;
  evidence.sequence = 1;
  ExpectDeclined(Run(OwnAdvice(About(CommandKind::kCapture, 11, 10), evidence)),
                 Reason::kApprovalMissing);
  EXPECT_EQ(event_.advice.liability, Liability::kAcquirer);
  ApproveTwice(claim);
  evidence.sequence = 2;
  ExpectGiven(Run(OwnAdvice(About(CommandKind::kCapture, 12, 10), evidence)), 500);
}

TEST_F(ClaimsTest, WhoFiledItCanNotApproveIt) {
  const TransactionId claim = File(10);
  ExpectRefused(Approve(claim, "ann"), AdminReason::kSamePerson, Field::kApprover);
  // Nobody is told to have filed this one.
  const TransactionId other = File(11, 1'000, nullptr);
  EXPECT_EQ(Approve(other, "ann").verdict, Verdict::kDecided);
}

TEST_F(ClaimsTest, OnlyAnOpenHoldThatIsAClaimIsApproved) {
  const TransactionId claim = File(10);
  ExpectRefused(Approve(TransactionId{claim.value() + 1'000}, "bob"),
                AdminReason::kUnknownReference,
                Field::kClaim);
  ApproveTwice(claim);
  Run(Own(CapturePart(11, 10, 300)));
  ExpectRefused(
      Approve(result_.transaction_id, "dee"), AdminReason::kUnknownReference, Field::kClaim);
  EXPECT_EQ(Approve(claim, "dee").verdict, Verdict::kDecided);  // the rest of it is still open
  Run(Own(About(CommandKind::kCapture, 12, 10)));
  ExpectRefused(Approve(claim, "eve"), AdminReason::kNotAllowedFromState, Field::kClaim);
  ExpectRefused(Approve(claim, "bob"), AdminReason::kNotAllowedFromState, Field::kClaim);
}

TEST_F(ClaimsTest, ADeclinedClaimIsNotApproved) {
  Run(OfEvent(Authorize(10, 50'000), kNow, "ann"));
  ASSERT_EQ(result_.transaction.reason, Reason::kBudgetExhausted);
  ExpectRefused(
      Approve(result_.transaction_id, "bob"), AdminReason::kNotAllowedFromState, Field::kClaim);
  ExpectCounts(0, 0, 0, 0);
}

TEST_F(ClaimsTest, OneThatIsOverIsNotJudgedWhetherOrNotItIsSwept) {
  const TransactionId claim = File(10);
  now_ = AfterDays(30);
  ExpectRefused(Approve(claim, "bob"), AdminReason::kNotAllowedFromState, Field::kClaim);
  ExpectRefused(Reject(claim, "bob"), AdminReason::kNotAllowedFromState, Field::kClaim);
  Expire();
  ExpectRefused(Approve(claim, "bob"), AdminReason::kNotAllowedFromState, Field::kClaim);
  ExpectRefused(Reject(claim, "bob"), AdminReason::kNotAllowedFromState, Field::kClaim);
}

TEST_F(ClaimsTest, SoManyAreKeptAndNoMore) {
  const TransactionId claim = File(10);
  for (uint32_t i = 0; i < kApprovalsPerClaimMax; ++i) {
    const std::string by = "bob" + std::to_string(i);
    EXPECT_EQ(Approve(claim, by.c_str()).verdict, Verdict::kDecided);
  }
  EXPECT_EQ(Approve(claim, "bob3").verdict, Verdict::kUnchanged);
  ExpectRefused(Approve(claim, "bob8"), AdminReason::kTooMany, Field::kApprovals);
  EXPECT_EQ(Reject(claim, "bob8").verdict, Verdict::kDecided);
}

TEST_F(ClaimsTest, WhatIsOnlyValidatedChangesNothing) {
  const TransactionId claim = File(10);
  EXPECT_EQ(Approve(claim, "bob", /*validate_only=*/true).verdict, Verdict::kDecided);
  EXPECT_EQ(event_.kind, EventKind::kNone);
  EXPECT_EQ(Reject(claim, "bob", /*validate_only=*/true).verdict, Verdict::kDecided);
  EXPECT_EQ(event_.kind, EventKind::kNone);
  EXPECT_EQ(ledger_->approvals().size(), 0U);
  ExpectCounted(0, 1);
}

TEST_F(ClaimsTest, AnAmountThatAsksForApprovalsIsNotRaised) {
  const TransactionId claim = File(10);
  ExpectDeclined(Run(Own(AboutPart(CommandKind::kIncrement, 11, 10, 200))),
                 Reason::kApprovalMissing);
  Approve(claim, "bob");
  ExpectDeclined(Run(Own(AboutPart(CommandKind::kIncrement, 12, 10, 200))),
                 Reason::kApprovalMissing);
  // Less of it may be claimed.
  ExpectGiven(Run(Own(AboutPart(CommandKind::kReverse, 13, 10, 400))), 200);
}

TEST_F(ClaimsTest, OneThatAsksForNoneIsRaised) {
  ApplyClaim([](OwnedProgramme&, BenefitSpec& benefit) { benefit.approvals = 0; });
  ExpectGiven(Run(OfEvent(Authorize(10, 1'000), now_)), 500);
  ExpectGiven(Run(Own(AboutPart(CommandKind::kIncrement, 11, 10, 200))), 100);
}

TEST_F(ClaimsTest, JudgementsStandInTheirOrder) {
  const TransactionId claim = File(10);
  Approve(claim, "bob");
  now_ = After(24 * 3 + 5);
  Reject(claim, "cyd");
  const Occasion& occasion = ledger_->occasions()[OccasionRow{result_.row}];
  EXPECT_EQ(occasion.approval_count, 1U);
  const Approval& last = ledger_->approvals()[occasion.last_approval];
  EXPECT_EQ(last.judgement, Judgement::kRejected);
  EXPECT_EQ(last.by, CodeOf<OperatorName>("cyd"));
  EXPECT_EQ(last.at.value(), now_.value());
  const Approval& first = ledger_->approvals()[last.previous];
  EXPECT_EQ(first.judgement, Judgement::kApproved);
  EXPECT_EQ(first.by, CodeOf<OperatorName>("bob"));
  EXPECT_EQ(first.previous, ApprovalRow{});
}

// ---- Rejections --------------------------------------------------------------------

TEST_F(ClaimsTest, ARejectionReleasesAllToTheFen) {
  const TransactionId claim = File(10, 2'001 - 1);
  File(11);
  ExpectCounted(0, 2);
  EXPECT_EQ(FundOf("F").held, Fen{750});
  const Totals before = ledger_->open_batches()[TerminalRow{1}].totals;
  EXPECT_EQ(Reject(claim, "ann").verdict, Verdict::kDecided);
  EXPECT_EQ(event_.kind, EventKind::kClaimRejected);
  EXPECT_EQ(FundOf("F").held, Fen{250});
  EXPECT_EQ(FundOf("G").held, Fen{250});
  ExpectCounted(0, 1);
  ExpectCounts(2, 0, 1, 0);
  // It is no reversal of the terminal's.
  EXPECT_EQ(ledger_->open_batches()[TerminalRow{1}].totals, before);
  ExpectDeclined(Run(Own(About(CommandKind::kCapture, 12, 10))), Reason::kPreviouslyReversed);
  ExpectRefused(Reject(claim, "ann"), AdminReason::kNotAllowedFromState, Field::kClaim);
  Run(Own(About(CommandKind::kReverse, 13, 10)));
  EXPECT_EQ(result_.transaction.outcome, Outcome::kApproved);
  ExpectCounts(2, 0, 1, 0);
}

TEST_F(ClaimsTest, WhatWasPaidInPartIsNotRejected) {
  const TransactionId claim = File(10);
  ApproveTwice(claim);
  Run(Own(CapturePart(11, 10, 300)));
  ExpectRefused(Reject(claim, "dee"), AdminReason::kNotAllowedFromState, Field::kClaim);
  ExpectCounts(1, 1, 0, 0);
}

TEST_F(ClaimsTest, ARejectionReturnsTheVoucher) {
  ApplyClaim([](OwnedProgramme&, BenefitSpec& benefit) { AskForVoucher(&benefit); });
  Issue({1}, "M1");
  now_ = AfterDays(4);
  ExpectGiven(Run(OfEvent(Authorize(10, 1'000), AfterDays(3), "ann")), 500);
  EXPECT_EQ(VoucherOf(1).state, VoucherState::kReserved);
  EXPECT_EQ(Reject(result_.transaction_id, "bob").verdict, Verdict::kDecided);
  EXPECT_EQ(VoucherOf(1).state, VoucherState::kIssued);
}

// ---- What funds count --------------------------------------------------------------

TEST_F(ClaimsTest, AClaimIsPaidByItsFirstCaptureOfSomething) {
  ApproveTwice(File(10));
  ExpectCounts(1, 0, 0, 0);
  Run(Own(CapturePart(11, 10, 0)));
  ExpectCounts(1, 0, 0, 0);
  Run(Own(CapturePart(12, 10, 300)));
  ExpectCounts(1, 1, 0, 0);
  Run(Own(CapturePart(13, 10, 300)));
  Run(Own(About(CommandKind::kRefund, 14, 10)));
  Expire();
  ExpectCounts(1, 1, 0, 0);
}

TEST_F(ClaimsTest, AClaimEndsUnpaid) {
  File(10);
  Run(Own(AboutPart(CommandKind::kReverse, 11, 10, 300)));
  ExpectCounts(1, 0, 0, 0);
  Run(Own(About(CommandKind::kReverse, 12, 10)));
  ExpectCounts(1, 0, 0, 1);
  ApproveTwice(File(13));
  Run(Own(FinalOfNothing(14, 13)));
  ExpectCounts(2, 0, 0, 2);
  File(15);
  Expire();
  ExpectCounts(3, 0, 0, 3);
  Run(Own(About(CommandKind::kReverse, 16, 15)));
  ExpectCounts(3, 0, 0, 3);
}

TEST_F(ClaimsTest, ALateCapturePaysWhatHadEnded) {
  ApplyClaim([](OwnedProgramme& programme, BenefitSpec&) {
    programme.spec.late_capture = LateCapture::kForcePost;
  });
  now_ = AfterDays(4);
  ExpectGiven(Run(OfEvent(Authorize(10, 1'000), AfterDays(3), "ann")), 500);
  ApproveTwice(result_.transaction_id);
  Expire();
  ExpectCounts(1, 0, 0, 1);
  Run(Own(CapturePart(11, 10, 300)));
  EXPECT_EQ(result_.transaction.outcome, Outcome::kApproved) << NameOf(result_.transaction.reason);
  ExpectCounts(1, 1, 0, 0);
}

TEST_F(ClaimsTest, ALateCaptureNeedsItsApprovals) {
  ApplyClaim([](OwnedProgramme& programme, BenefitSpec&) {
    programme.spec.late_capture = LateCapture::kForcePost;
  });
  now_ = AfterDays(4);
  ExpectGiven(Run(OfEvent(Authorize(10, 1'000), AfterDays(3), "ann")), 500);
  Expire();
  ExpectDeclined(Run(Own(About(CommandKind::kCapture, 11, 10))), Reason::kApprovalMissing);
  ExpectCounts(1, 0, 0, 1);
}

TEST_F(ClaimsTest, ASaleIsFiledAndPaidAtOnce) {
  ApplyClaim([](OwnedProgramme&, BenefitSpec& benefit) { benefit.approvals = 0; });
  now_ = AfterDays(4);
  ExpectGiven(Run(OfEvent(Sale(10, 1'000), AfterDays(3))), 500);
  ExpectCounts(1, 1, 0, 0);
  Run(Own(About(CommandKind::kReverse, 11, 10)));
  ExpectCounts(1, 1, 0, 0);
}

TEST_F(ClaimsTest, AFundCountsAClaimOnceWhateverItsShares) {
  ApplyClaim([](OwnedProgramme& programme, BenefitSpec& benefit) {
    benefit.funding = Append<FundingShareSpec>(programme.funding,
                                               {{CodeOf<FundCode>("F"), Bps{5'000}, 0},
                                                {CodeOf<FundCode>("G"), Bps{2'000}, 0},
                                                {CodeOf<FundCode>("F"), Bps{3'000}, 0}});
  });
  now_ = AfterDays(4);
  ExpectGiven(Run(OfEvent(Authorize(10, 1'000), AfterDays(3))), 500);
  ExpectCounts(1, 0, 0, 0);
  Run(Own(About(CommandKind::kReverse, 11, 10)));
  ExpectCounts(1, 0, 0, 1);
}

}  // namespace
}  // namespace gonghui
