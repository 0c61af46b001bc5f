// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What becomes of a voucher with the authorization that took it:
// docs/decisions/0008-vouchers-draws-appointments.md, "Afterwards".

#include <cstdint>

#include <gtest/gtest.h>

#include "tests/unit/ledger/occasion_world.h"

namespace gonghui {
namespace {

class VoucherLifecycleTest : public OccasionWorld {
 protected:
  VoucherLifecycleTest() { Issue({1, 2}, "M1"); }

  void ApplyVoucher(bool returns = false, LateCapture late = LateCapture::kForcePost) {
    Apply([&](OwnedProgramme& programme, BenefitSpec& benefit) {
      AskForVoucher(&benefit);
      benefit.voucher_returns = returns;
      programme.spec.late_capture = late;
    });
  }
  void ExpectState(uint64_t key, VoucherState state, uint64_t by = 0) const {
    const Voucher& voucher = VoucherOf(key);
    EXPECT_EQ(voucher.state, state) << NameOf(voucher.state);
    const CommandSeq seq = voucher.authorization;
    EXPECT_EQ(seq == CommandSeq{}, by == 0);
    if (by != 0) {
      EXPECT_EQ(seq, SeqOfRequest(by));
    }
  }
  [[nodiscard]] CommandSeq SeqOfRequest(uint64_t request) const {
    const TerminalRow terminal = ledger_->FindTerminal(CodeOf<TerminalId>("T1"));
    return ledger_->transactions()[ledger_->FindTransaction(terminal, RequestId{1, request})].seq;
  }
  void Hold(uint64_t request, uint64_t key, int64_t price = 1'000) {
    Run(WithCode(Authorize(request, price), key));
    ASSERT_EQ(result_.transaction.outcome, Outcome::kApproved)
        << NameOf(result_.transaction.reason);
    ExpectState(key, VoucherState::kReserved, request);
  }
  void Expire() {
    now_ = AfterDays(8);
    Command sweep;
    sweep.kind = CommandKind::kExpireHolds;
    Run(Own(sweep));
    ASSERT_EQ(event_.kind, EventKind::kHoldExpired);
  }
  void ExpectApproved(const Result& result, bool overrun = false) {
    EXPECT_EQ(result.transaction.outcome, Outcome::kApproved) << NameOf(result.transaction.reason);
    EXPECT_EQ(result.transaction.overrun, overrun);
  }
};

TEST_F(VoucherLifecycleTest, TheFirstCaptureOfSomethingRedeems) {
  ApplyVoucher();
  Hold(10, 1);
  ExpectApproved(Run(Own(CapturePart(11, 10, 0))));
  ExpectState(1, VoucherState::kReserved, 10);
  ExpectApproved(Run(Own(CapturePart(12, 10, 300))));
  ExpectState(1, VoucherState::kRedeemed, 10);
  ExpectApproved(Run(Own(CapturePart(13, 10, 700))));
  ExpectState(1, VoucherState::kRedeemed, 10);
}

TEST_F(VoucherLifecycleTest, AFinalCaptureOfNothingReleases) {
  ApplyVoucher();
  Hold(10, 1);
  Command capture = AboutPart(CommandKind::kCapture, 11, 10, 0);
  ExpectApproved(Run(Own(capture)));
  ExpectState(1, VoucherState::kIssued);
  Hold(12, 1);
}

TEST_F(VoucherLifecycleTest, OfAPriceOfNothingTheCaptureRedeems) {
  Apply([&](OwnedProgramme&, BenefitSpec& benefit) {
    AskForVoucher(&benefit);
    benefit.price.kind = PriceKind::kFree;
    benefit.funding = PoolRange{};
  });
  Hold(10, 1, 0);
  ExpectApproved(Run(Own(About(CommandKind::kCapture, 11, 10))));
  ExpectState(1, VoucherState::kRedeemed, 10);
}

TEST_F(VoucherLifecycleTest, AReversalOfAllReleases) {
  ApplyVoucher();
  Hold(10, 1);
  ExpectApproved(Run(Own(AboutPart(CommandKind::kReverse, 11, 10, 400))));
  ExpectState(1, VoucherState::kReserved, 10);
  ExpectApproved(Run(Own(About(CommandKind::kReverse, 12, 10))));
  ExpectState(1, VoucherState::kIssued);
  Run(WithCode(Sale(13, 1'000), 1));
  ExpectState(1, VoucherState::kRedeemed, 13);
  ExpectApproved(Run(Own(AboutPart(CommandKind::kReverse, 14, 13, 400))));
  ExpectState(1, VoucherState::kRedeemed, 13);
  ExpectApproved(Run(Own(About(CommandKind::kReverse, 15, 13))));
  ExpectState(1, VoucherState::kIssued);
  // A second one finds nothing to undo, whoever has it by then.
  Hold(16, 1);
  ExpectApproved(Run(Own(About(CommandKind::kReverse, 17, 10))));
  ExpectState(1, VoucherState::kReserved, 16);
}

TEST_F(VoucherLifecycleTest, AnExpiryReleasesWhatNobodyTouched) {
  ApplyVoucher();
  Hold(10, 1);
  Hold(11, 2);
  Run(Own(CapturePart(12, 11, 300)));
  Expire();
  ExpectState(1, VoucherState::kIssued);
  Expire();
  ExpectState(2, VoucherState::kRedeemed, 11);
  // The reversal of what has expired takes nothing from whoever has it by now.
  Hold(13, 1);
  ExpectApproved(Run(Own(About(CommandKind::kReverse, 14, 10))));
  ExpectState(1, VoucherState::kReserved, 13);
}

TEST_F(VoucherLifecycleTest, ARefundOfEverythingReturnsItWhenTheBenefitSaysSo) {
  ApplyVoucher(/*returns=*/true);
  Run(WithCode(Sale(10, 1'000), 1));
  ExpectApproved(Run(Own(AboutPart(CommandKind::kRefund, 11, 10, 400))));
  ExpectState(1, VoucherState::kRedeemed, 10);
  ExpectApproved(Run(Own(About(CommandKind::kRefund, 12, 10))));
  ExpectState(1, VoucherState::kIssued);
  // Of a hold that is still open it is not known yet.
  Hold(13, 1);
  Run(Own(CapturePart(14, 13, 300)));
  ExpectApproved(Run(Own(About(CommandKind::kRefund, 15, 13))));
  ExpectState(1, VoucherState::kRedeemed, 13);
}

TEST_F(VoucherLifecycleTest, ElseARefundLeavesItRedeemed) {
  ApplyVoucher();
  Run(WithCode(Sale(10, 1'000), 1));
  ExpectApproved(Run(Own(About(CommandKind::kRefund, 11, 10))));
  ExpectState(1, VoucherState::kRedeemed, 10);
}

TEST_F(VoucherLifecycleTest, ALateCaptureRedeemsWhatIsFree) {
  ApplyVoucher();
  Hold(10, 1);
  Expire();
  ExpectApproved(Run(Own(CapturePart(11, 10, 0))));
  ExpectState(1, VoucherState::kIssued);
  ExpectApproved(Run(Own(CapturePart(12, 10, 300))));
  ExpectState(1, VoucherState::kRedeemed, 10);
  ExpectApproved(Run(Own(CapturePart(13, 10, 300))));
  ExpectState(1, VoucherState::kRedeemed, 10);
}

TEST_F(VoucherLifecycleTest, ALateCaptureOfWhatAnotherHasIsAnOverrun) {
  ApplyVoucher();
  Hold(10, 1);
  Hold(11, 2);
  Expire();
  Expire();
  Hold(12, 1);
  ExpectApproved(Run(Own(CapturePart(13, 10, 300))), /*overrun=*/true);
  ExpectState(1, VoucherState::kReserved, 12);
  // One of nothing takes none, whoever has it.
  ExpectApproved(Run(Own(CapturePart(17, 10, 0))));
  ExpectState(1, VoucherState::kReserved, 12);
  ExpectApproved(Run(Own(About(CommandKind::kReverse, 14, 12))));
  ExpectApproved(Run(Own(CapturePart(15, 10, 300))));
  ExpectState(1, VoucherState::kRedeemed, 10);
  Void(2);
  ExpectApproved(Run(Own(About(CommandKind::kCapture, 16, 11))), /*overrun=*/true);
  ExpectState(2, VoucherState::kVoid);
}

TEST_F(VoucherLifecycleTest, ARefundOfALateCaptureTakesNothingFromWhoeverHasItByNow) {
  ApplyVoucher(/*returns=*/true);
  Hold(10, 1);
  Expire();
  Hold(11, 1);
  ExpectApproved(Run(Own(About(CommandKind::kCapture, 12, 10))), /*overrun=*/true);
  ExpectApproved(Run(Own(About(CommandKind::kRefund, 13, 10))));
  ExpectState(1, VoucherState::kReserved, 11);
}

TEST_F(VoucherLifecycleTest, ALateCaptureBeforeTheSweepFindsItReserved) {
  ApplyVoucher();
  Hold(10, 1);
  now_ = AfterDays(8);
  ExpectApproved(Run(Own(CapturePart(11, 10, 300))));
  ExpectState(1, VoucherState::kRedeemed, 10);
}

TEST_F(VoucherLifecycleTest, AStrictLateCaptureIsDeclinedAndTakesNothing) {
  ApplyVoucher(/*returns=*/false, LateCapture::kStrict);
  Hold(10, 1);
  Expire();
  ExpectDeclined(Run(Own(About(CommandKind::kCapture, 11, 10))), Reason::kHoldExpired);
  ExpectState(1, VoucherState::kIssued);
}

TEST_F(VoucherLifecycleTest, WhatComesBackTooLateIsOfNoUse) {
  ApplyVoucher();
  Issue({3}, "M1", TimestampNs{}, AfterDays(1));
  Hold(10, 3);
  now_ = AfterDays(2);
  ExpectApproved(Run(Own(About(CommandKind::kReverse, 11, 10))));
  ExpectState(3, VoucherState::kIssued);
  ExpectDeclined(Run(WithCode(Sale(12, 1'000), 3)), Reason::kVoucherExpired);
}

TEST_F(VoucherLifecycleTest, OneFoundWithoutItsCodeGoesTheSameWay) {
  ApplyVoucher(/*returns=*/true);
  ExpectGiven(Run(Own(Authorize(10, 1'000))), 500);
  ExpectState(1, VoucherState::kReserved, 10);
  ExpectApproved(Run(Own(About(CommandKind::kCapture, 11, 10))));
  ExpectState(1, VoucherState::kRedeemed, 10);
  ExpectApproved(Run(Own(About(CommandKind::kRefund, 12, 10))));
  ExpectState(1, VoucherState::kIssued);
}

TEST_F(VoucherLifecycleTest, ABearersHoldIsRaisedWithoutACard) {
  Apply([&](OwnedProgramme&, BenefitSpec& benefit) {
    AskForVoucher(&benefit);
    benefit.require_real_name = false;
  });
  Issue({4}, nullptr);
  Run(WithCode(WithoutCard(Authorize(10, 1'000)), 4));
  ASSERT_EQ(result_.transaction.outcome, Outcome::kApproved) << NameOf(result_.transaction.reason);
  ExpectApproved(Run(Own(AboutPart(CommandKind::kIncrement, 11, 10, 200))));
  EXPECT_EQ(result_.transaction.subsidy, Fen{100});
  ExpectApproved(Run(Own(About(CommandKind::kCapture, 12, 10))));
  EXPECT_EQ(result_.transaction.subsidy, Fen{600});
  ExpectState(4, VoucherState::kRedeemed, 10);
}

TEST_F(VoucherLifecycleTest, ABoundHoldWithoutACardIsRaisedByItsMembersStatus) {
  ApplyVoucher();
  Run(WithCode(WithoutCard(Authorize(10, 1'000)), 1));
  ASSERT_EQ(result_.transaction.outcome, Outcome::kApproved) << NameOf(result_.transaction.reason);
  SetStatus("M1", MemberStatus::kSuspended);
  ExpectDeclined(Run(Own(AboutPart(CommandKind::kIncrement, 11, 10, 200))),
                 Reason::kMemberSuspended);
  SetStatus("M1", MemberStatus::kActive);
  ExpectApproved(Run(Own(AboutPart(CommandKind::kIncrement, 12, 10, 200))));
}

}  // namespace
}  // namespace gonghui
