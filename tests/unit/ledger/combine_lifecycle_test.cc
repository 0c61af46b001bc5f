// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What becomes of benefits that were combined: captures, increments, reversals, refunds,
// late captures and advices.

#include <cstdint>
#include <string>

#include <gtest/gtest.h>

#include "engine/ledger/ledger.h"
#include "tests/testing/names.h"
#include "tests/unit/ledger/combine_world.h"

namespace gonghui {
namespace {

class CombineLifecycleTest : public CombineWorld {
 protected:
  // 20 % of the list price paid by F, and a tenth of the rest by G and H.
  void ApplyTwoLayers() {
    AddLayer("union", 1, 2'000, "F");
    FundBy(&AddLayer("shop", 2, 1'000, "G", StackBase::kRest), {"G", "H"});
    Apply();
  }
  // Holds, captures or the like, then everything must hold.
  std::string After(const Command& command) {
    const std::string given = Decided(command);
    ExpectInvariants();
    return given;
  }
  std::string Capture(uint64_t request, uint64_t original, int64_t amount, bool final = false) {
    Command capture = AboutPart(CommandKind::kCapture, request, original, amount);
    capture.capture.final_capture = final;
    return After(capture);
  }
  std::string Increment(uint64_t request, uint64_t original, int64_t amount) {
    return After(AboutPart(CommandKind::kIncrement, request, original, amount));
  }
  std::string ReversePart(uint64_t request, uint64_t original, int64_t amount) {
    return After(AboutPart(CommandKind::kReverse, request, original, amount));
  }
  std::string Refund(uint64_t request, uint64_t original, int64_t amount) {
    return After(AboutPart(CommandKind::kRefund, request, original, amount));
  }
  void Expire(int64_t hours) {
    now_ = LedgerWorld::After(hours);
    Command expire;
    expire.kind = CommandKind::kExpireHolds;
    Run(Own(expire));
    ExpectInvariants();
  }
  [[nodiscard]] const Transaction& Original(uint64_t request) const {
    return ledger_->transactions()[RowOf(request)];
  }
  [[nodiscard]] int64_t Counted(const char* limit_code) const {
    for (uint32_t i = 1; i <= ledger_->counters().size(); ++i) {
      const Counter& counter = ledger_->counters()[CounterRow{i}];
      if (ledger_->counter_series()[counter.series].limit == CodeOf<LimitCode>(limit_code)) {
        return counter.held + counter.used;
      }
    }
    return -1;
  }
};

// ---- Captures ------------------------------------------------------------------------

TEST_F(CombineLifecycleTest, EachBenefitEarnsOfWhatIsCapturedSoFar) {
  ApplyTwoLayers();
  EXPECT_EQ(After(Authorize(1, 10'000)), "union:F=2000 shop:G=400 shop:H=400");
  EXPECT_EQ(Capture(2, 1, 3'000), "union:F=600 shop:G=120 shop:H=120");
  EXPECT_EQ(result_.transaction.member_pays, Fen{2'160});
  EXPECT_EQ(StandingOf(1), "union:F=1400/600 shop:G=280/120 shop:H=280/120");
  // 3,333 captured: 667 of them, and 267 of the 2,666 left.
  EXPECT_EQ(Capture(3, 1, 333), "union:F=67 shop:G=14 shop:H=13");
  EXPECT_EQ(Capture(4, 1, 1'667, /*final=*/true), "union:F=333 shop:G=66 shop:H=67");
  EXPECT_EQ(StandingOf(1), "union:F=0/1000 shop:G=0/200 shop:H=0/200");
  EXPECT_EQ(Original(1).captured_subsidy, Fen{1'400});
  EXPECT_EQ(Original(1).state, TransactionState::kCaptured);
}

TEST_F(CombineLifecycleTest, TheWholeIsWhatWasAuthorized) {
  ApplyTwoLayers();
  EXPECT_EQ(After(Authorize(1, 9'999)), "union:F=2000 shop:G=400 shop:H=400");
  EXPECT_EQ(After(About(CommandKind::kCapture, 2, 1)), "union:F=2000 shop:G=400 shop:H=400");
  EXPECT_EQ(After(About(CommandKind::kRefund, 3, 1)), "union:F=2000 shop:G=400 shop:H=400");
  EXPECT_EQ(Original(1).state, TransactionState::kRefunded);
  EXPECT_EQ(FundOf("F").spent, Fen{0});
}

TEST_F(CombineLifecycleTest, WhatAFundCouldNotGiveIsNotEarnedLater) {
  AddLayer("union", 1, 5'000, "F");
  AddLayer("shop", 2, 5'000, "G", StackBase::kRest);
  Apply();
  SetFund("F", 100);
  Command part = Authorize(1, 1'000);
  part.authorize.allow_partial = true;
  EXPECT_EQ(After(part), "union:F=100 shop:G=450");
  // Of 500: the first would give 250 and has 100; the second half of the 400 left.
  EXPECT_EQ(Capture(2, 1, 500), "union:F=100 shop:G=200");
  EXPECT_EQ(Capture(3, 1, 500), "shop:G=250");
}

TEST_F(CombineLifecycleTest, ACaptureGivesNoMoreThanItsAmount) {
  AddLayer("shop", 2, 10'000, "G", StackBase::kRest);
  MakeThreshold(&AddLayer("union", 1, 0, "F"), 100, 90);
  Apply();
  EXPECT_EQ(After(Authorize(1, 100)), "union:F=90 shop:G=10");
  EXPECT_EQ(Capture(2, 1, 60), "shop:G=10");
  // The threshold is reached: 90 of it, but no more than what is captured.
  EXPECT_EQ(Capture(3, 1, 40), "union:F=40");
  EXPECT_EQ(StandingOf(1), "union:F=0/40 shop:G=0/10");
}

TEST_F(CombineLifecycleTest, ItemsEarnInProportion) {
  BenefitSpec& tea = AddLayer("tea", 1, 5'000, "F");
  tea.items_any = Append(programme_.items, {CodeOf<ItemCode>("tea")});
  AddLayer("shop", 2, 1'000, "G", StackBase::kRest);
  Apply();
  EXPECT_EQ(Given(Run(OwnWithLines(Authorize(1, 100), {Item("tea", 30), Item("rice", 70)}))),
            "tea:F=15 shop:G=8");  // 85 x 0.9 = 76.5: 77
  // A third: of the tea 10, of which 5; of the 28 left 2.8.
  EXPECT_EQ(Capture(2, 1, 33), "tea:F=5 shop:G=3");
  EXPECT_EQ(Capture(3, 1, 67), "tea:F=10 shop:G=5");
  ExpectInvariants();
}

TEST_F(CombineLifecycleTest, UsesCountWhatTheirOwnBenefitGives) {
  const uint32_t of_union = AddLimit("union", LimitMeasure::kAmount, 5'000);
  const uint32_t of_shop = AddLimit("shop", LimitMeasure::kAmount, 5'000);
  const uint32_t uses = AddLimit("uses", LimitMeasure::kCount, 5);
  LimitBy(&AddLayer("union", 1, 2'000, "F"), {of_union, uses});
  LimitBy(&AddLayer("shop", 2, 1'000, "G", StackBase::kRest), {of_shop, uses});
  Apply();
  EXPECT_EQ(After(Authorize(1, 1'000)), "union:F=200 shop:G=80");
  EXPECT_EQ(Limits(), "union=0/200/4800 uses=0/1/4 shop=0/80/4920 uses=0/2/3");
  EXPECT_EQ(Capture(2, 1, 500), "union:F=100 shop:G=40");
  EXPECT_EQ(Counted("union"), 200);
  EXPECT_EQ(Refund(3, 1, 250), "union:F=50 shop:G=20");
  EXPECT_EQ(Limits(), "union=50/100/4850 shop=20/40/4940");
  EXPECT_EQ(Capture(4, 1, 100, /*final=*/true), "union:F=20 shop:G=8");
  EXPECT_EQ(Counted("union"), 70);
  EXPECT_EQ(Counted("shop"), 28);
  EXPECT_EQ(Counted("uses"), 2);
  EXPECT_EQ(After(About(CommandKind::kRefund, 5, 1)), "union:F=70 shop:G=28");
  EXPECT_EQ(Limits(), "union=0/0/5000 uses=1/0/4 shop=0/0/5000 uses=0/0/5");
  EXPECT_EQ(Counted("uses"), 0);
}

TEST_F(CombineLifecycleTest, AHoldThatExpiresGivesBackTheRestOfEach) {
  const uint32_t both = AddLimit("both", LimitMeasure::kAmount, 5'000);
  LimitBy(&AddLayer("union", 1, 2'000, "F"), {both});
  LimitBy(&AddLayer("shop", 2, 1'000, "G", StackBase::kRest), {both});
  Apply();
  Command hold = Authorize(1, 1'000);
  hold.authorize.hold_s = 3'600;
  EXPECT_EQ(After(hold), "union:F=200 shop:G=80");
  EXPECT_EQ(Capture(2, 1, 500), "union:F=100 shop:G=40");
  Expire(1);
  EXPECT_EQ(StandingOf(1), "union:F=0/100 shop:G=0/40");
  EXPECT_EQ(Counted("both"), 140);
  EXPECT_EQ(FundOf("F").held, Fen{0});
}

// ---- Increments ------------------------------------------------------------------------

TEST_F(CombineLifecycleTest, AnIncrementRaisesEachInTheOrderOfLayers) {
  ApplyTwoLayers();
  EXPECT_EQ(After(Authorize(1, 1'000)), "union:F=200 shop:G=40 shop:H=40");
  EXPECT_EQ(Increment(2, 1, 500), "union:F=100 shop:G=20 shop:H=20");
  EXPECT_EQ(result_.transaction.member_pays, Fen{360});
  EXPECT_EQ(StandingOf(1), "union:F=300/0 shop:G=60/0 shop:H=60/0");
  EXPECT_EQ(Original(1).standing_subsidy(), Fen{420});
  EXPECT_EQ(Capture(3, 1, 1'500), "union:F=300 shop:G=60 shop:H=60");
}

TEST_F(CombineLifecycleTest, AnIncrementLeavesALaterBenefitWhatItHas) {
  // The first takes 10, and from 150 on 150; the second all that is left.
  BenefitSpec& steps = AddLayer("union", 1, 0, "F");
  steps.price.kind = PriceKind::kTiers;
  steps.price.steps =
      Append(programme_.steps, {{Fen{0}, Fen{10}, {}, 0}, {Fen{150}, Fen{150}, {}, 0}});
  AddLayer("shop", 2, 10'000, "G", StackBase::kRest);
  Apply();
  EXPECT_EQ(After(Authorize(1, 100)), "union:F=10 shop:G=90");
  EXPECT_EQ(Increment(2, 1, 100), "union:F=100");  // of the 140 that it would take more
  EXPECT_EQ(StandingOf(1), "union:F=110/0 shop:G=90/0");
  EXPECT_EQ(Increment(3, 1, 50), "union:F=40 shop:G=10");
  EXPECT_EQ(After(About(CommandKind::kCapture, 4, 1)), "union:F=150 shop:G=100");
}

TEST_F(CombineLifecycleTest, AnIncrementBringsInNoOtherBenefit) {
  MakeThreshold(&AddLayer("union", 1, 0, "F"), 150, 150);
  AddLayer("shop", 2, 10'000, "G", StackBase::kRest);
  Apply();
  EXPECT_EQ(After(Authorize(1, 100)), "shop:G=100");
  EXPECT_EQ(Increment(2, 1, 100), "shop:G=100");
}

TEST_F(CombineLifecycleTest, LimitsOfAnIncrementAreThoseOfEach) {
  const uint32_t both = AddLimit("both", LimitMeasure::kAmount, 300);
  LimitBy(&AddLayer("union", 1, 2'000, "F"), {both});
  LimitBy(&AddLayer("shop", 2, 1'000, "G", StackBase::kRest), {both});
  Apply();
  EXPECT_EQ(After(Authorize(1, 1'000)), "union:F=200 shop:G=80");
  // 20 are left: the first takes 16, which leaves too little for the 6 of the second.
  EXPECT_EQ(Increment(2, 1, 80), "exceeds_amount_limit");
  EXPECT_EQ(TextOf(ledger_->benefits()[result_.transaction.benefit].code), "shop");
  EXPECT_EQ(Limits(), "both=0/280/20") << "as it stands, for nothing was taken";
  EXPECT_EQ(Increment(3, 1, 70), "union:F=14 shop:G=6");
  EXPECT_EQ(Counted("both"), 300);

  programme_.limits[both].when_exceeded = WhenExceeded::kReduce;
  programme_.limits[both].max = 330;
  Apply();
  EXPECT_EQ(After(Authorize(4, 100)), "union:F=20 shop:G=8");
  EXPECT_EQ(Increment(5, 4, 100), "union:F=2");
  EXPECT_EQ(Increment(6, 4, 100), "");
  EXPECT_EQ(Original(4).standing_price(), Fen{300});
}

TEST_F(CombineLifecycleTest, FundsOfAnIncrementPayAllOfIt) {
  AddLayer("union", 1, 2'000, "F");
  AddLayer("shop", 2, 1'000, "F");
  AddLayer("city", 3, 1'000, "G");
  Apply();
  SetFund("F", 330);
  EXPECT_EQ(After(Authorize(1, 1'000)), "union:F=200 shop:F=100 city:G=100");
  EXPECT_EQ(Increment(2, 1, 105), "budget_exhausted");  // 21 and 10 of 30
  EXPECT_EQ(TextOf(ledger_->benefits()[result_.transaction.benefit].code), "shop");
  EXPECT_EQ(TextOf(ledger_->funds()[result_.transaction.failed_fund()].code), "F");
  EXPECT_EQ(result_.transaction.captured, Fen{30});
  EXPECT_EQ(result_.transaction.captured_subsidy, Fen{31});
  EXPECT_EQ(result_.transaction.failed_limit(), LimitRow{});
  EXPECT_EQ(Increment(3, 1, 100), "union:F=20 shop:F=10 city:G=10");
  FundRequest closed;
  closed.code = CodeOf<FundCode>("G");
  closed.budget = Fen{100'000};
  closed.opens_at = LedgerWorld::After(24);
  Run(Own(closed));
  EXPECT_EQ(Increment(4, 1, 100), "fund_not_open");
  EXPECT_EQ(TextOf(ledger_->benefits()[result_.transaction.benefit].code), "city");
  EXPECT_EQ(result_.transaction.expires_at, LedgerWorld::After(24));
  EXPECT_EQ(TextOf(ledger_->funds()[result_.transaction.failed_fund()].code), "G");
  EXPECT_EQ(result_.transaction.captured, Fen{0});
  EXPECT_EQ(result_.transaction.captured_subsidy, Fen{0});
}

// ---- Reversals ---------------------------------------------------------------------------

TEST_F(CombineLifecycleTest, AReversalInPartRestatesEach) {
  ApplyTwoLayers();
  After(Authorize(1, 1'000));
  EXPECT_EQ(Capture(2, 1, 300), "union:F=60 shop:G=12 shop:H=12");
  EXPECT_EQ(ReversePart(3, 1, 400), "union:F=80 shop:G=16 shop:H=16");
  EXPECT_EQ(StandingOf(1), "union:F=60/60 shop:G=12/12 shop:H=12/12");
  EXPECT_EQ(ReversePart(4, 1, 300), "union:F=60 shop:G=12 shop:H=12");
  EXPECT_EQ(Original(1).state, TransactionState::kCaptured);
  EXPECT_EQ(Original(1).standing_subsidy(), Fen{84});

  After(Sale(5, 1'000));
  EXPECT_EQ(ReversePart(6, 5, 500), "union:F=100 shop:G=20 shop:H=20");
  EXPECT_EQ(StandingOf(5), "union:F=0/100 shop:G=0/20 shop:H=0/20");
  EXPECT_EQ(After(About(CommandKind::kReverse, 7, 5)), "union:F=100 shop:G=20 shop:H=20");

  After(Authorize(8, 1'000));
  EXPECT_EQ(After(About(CommandKind::kReverse, 9, 8)), "union:F=200 shop:G=40 shop:H=40");
  EXPECT_EQ(FundOf("F").held, Fen{0});
}

TEST_F(CombineLifecycleTest, ALowerPriceLeavesNoneLessThanItHasCaptured) {
  // From 80 on the first takes 60; the second all that is left.
  MakeThreshold(&AddLayer("union", 1, 0, "F"), 80, 60);
  AddLayer("shop", 2, 10'000, "G", StackBase::kRest);
  Apply();
  EXPECT_EQ(After(Authorize(1, 200)), "union:F=60 shop:G=140");
  EXPECT_EQ(Capture(2, 1, 70), "shop:G=70");
  // Of 85 the first would take 60; the second has 70 of them, so that 15 are left.
  EXPECT_EQ(ReversePart(3, 1, 115), "union:F=45 shop:G=70");
  EXPECT_EQ(StandingOf(1), "union:F=15/0 shop:G=0/70");
  EXPECT_EQ(Original(1).standing_subsidy(), Fen{85});
  EXPECT_EQ(Capture(4, 1, 15), "union:F=15");
}

TEST_F(CombineLifecycleTest, OfASaleNoMoreComesBackThanItsPart) {
  MakeThreshold(&AddLayer("union", 1, 0, "F"), 100, 60);
  MakeThreshold(&AddLayer("shop", 2, 0, "G", StackBase::kRest), 40, 30);
  Apply();
  EXPECT_EQ(After(Sale(1, 100)), "union:F=60 shop:G=30");
  // Below 100 the first loses all; the second keeps its 30: more than the 10 of the price.
  EXPECT_EQ(ReversePart(2, 1, 10), "union:F=7 shop:G=3");
  EXPECT_EQ(Original(1).standing_subsidy(), Fen{80});
}

// ---- Refunds -----------------------------------------------------------------------------

TEST_F(CombineLifecycleTest, ARefundInProportionIsDividedByWhatEachHas) {
  ApplyTwoLayers();
  After(Sale(1, 1'000));
  EXPECT_EQ(Refund(2, 1, 333), "union:F=66 shop:G=14 shop:H=13");  // 93 of 280
  EXPECT_EQ(Refund(3, 1, 333), "union:F=67 shop:G=13 shop:H=13");
  EXPECT_EQ(Refund(4, 1, 334), "union:F=67 shop:G=13 shop:H=14");
  EXPECT_EQ(Original(1).state, TransactionState::kRefunded);
}

TEST_F(CombineLifecycleTest, ClawBackTakesFromEachWhatTheRestWouldNotHaveEarned) {
  BenefitSpec& off = AddLayer("union", 1, 0, "F");
  MakeThreshold(&off, 10'000, 3'000);
  off.price.on_return = OnReturn::kClawBack;
  AddLayer("shop", 2, 500, "G");
  Apply();
  EXPECT_EQ(After(Sale(1, 12'000)), "union:F=3000 shop:G=600");
  EXPECT_EQ(Refund(2, 1, 1'000), "shop:G=50");
  EXPECT_EQ(result_.transaction.member_pays, Fen{950});
  // The threshold is lost: 3,000 come back, and 5 % of what is returned.
  EXPECT_EQ(Refund(3, 1, 5'000), "union:F=3000 shop:G=250");
  EXPECT_EQ(StandingOf(1), "union:F=0/0 shop:G=0/300");
  EXPECT_EQ(Refund(4, 1, 6'000), "shop:G=300");
}

TEST_F(CombineLifecycleTest, ClawBackTakesNoMoreThanWhatIsReturned) {
  BenefitSpec& off = AddLayer("union", 1, 0, "F");
  MakeThreshold(&off, 10'000, 3'000);
  off.price.on_return = OnReturn::kClawBack;
  AddLayer("shop", 2, 1'000, "G");
  Apply();
  EXPECT_EQ(After(Sale(1, 10'000)), "union:F=3000 shop:G=1000");
  // 3,000 and 10 would come back: the 100 are divided 3 to 1.
  EXPECT_EQ(Refund(2, 1, 100), "union:F=75 shop:G=25");
  EXPECT_EQ(result_.transaction.member_pays, Fen{0});
}

TEST_F(CombineLifecycleTest, AnyOfThemMayRefuseABrokenThreshold) {
  AddLayer("union", 1, 2'000, "F");
  BenefitSpec& off = AddLayer("shop", 2, 0, "G", StackBase::kRest);
  MakeThreshold(&off, 800, 100);
  off.price.on_return = OnReturn::kRefuse;
  Apply();
  EXPECT_EQ(After(Sale(1, 1'000)), "union:F=200 shop:G=100");
  // Its threshold is of the rest: 800 of 1,000, less of less.
  EXPECT_EQ(Refund(2, 1, 1), "below_minimum_amount");
  EXPECT_EQ(TextOf(ledger_->benefits()[result_.transaction.benefit].code), "shop");
  EXPECT_EQ(Refund(3, 1, 1'000), "union:F=200 shop:G=100");
}

TEST_F(CombineLifecycleTest, LinesGiveBackTheFrozenSplitDivided) {
  BenefitSpec& tea = AddLayer("tea", 1, 5'000, "F");
  tea.items_any = Append(programme_.items, {CodeOf<ItemCode>("tea")});
  AddLayer("shop", 2, 1'000, "G", StackBase::kRest);
  Apply();
  EXPECT_EQ(Given(Run(OwnWithLines(Sale(1, 1'000), {Item("tea", 400, 2), Item("rice", 600)}))),
            "tea:F=200 shop:G=80");  // the tea bears 220 of them
  EXPECT_EQ(details().lines[0].subsidy, Fen{220});
  EXPECT_EQ(Given(Run(OwnWithLines(About(CommandKind::kRefund, 2, 1), {ReturnedLine{1, 1}}))),
            "tea:F=79 shop:G=31");
  EXPECT_EQ(result_.transaction.subsidy, Fen{110});
  EXPECT_EQ(Given(Run(OwnWithLines(About(CommandKind::kRefund, 3, 1),
                                   {ReturnedLine{1, 1}, ReturnedLine{2, 1}}))),
            "tea:F=121 shop:G=49");
  ExpectInvariants();
}

TEST_F(CombineLifecycleTest, WhatComesBackToAClosedFundStandsInItsSuspense) {
  ApplyTwoLayers();
  After(Sale(1, 1'000));
  FundRequest closing;
  closing.code = CodeOf<FundCode>("G");
  closing.budget = Fen{100'000};
  closing.closes_at = LedgerWorld::After(24);
  Run(Own(closing));
  now_ = LedgerWorld::After(24);
  EXPECT_EQ(After(About(CommandKind::kRefund, 2, 1)), "union:F=200 shop:G=40 shop:H=40");
  EXPECT_EQ(FundOf("G").suspense, Fen{40});
  EXPECT_EQ(FundOf("F").suspense, Fen{0});
}

// ---- Late captures, advices ----------------------------------------------------------------

class CombineLateTest : public CombineLifecycleTest {
 protected:
  void HoldAnHour() {
    programme_.spec.late_capture = LateCapture::kForcePost;
    const uint32_t both = AddLimit("both", LimitMeasure::kAmount, 280);
    LimitBy(&AddLayer("union", 1, 2'000, "F"), {both});
    LimitBy(&AddLayer("shop", 2, 1'000, "G", StackBase::kRest), {both});
    Apply();
    Command hold = Authorize(1, 1'000);
    hold.authorize.hold_s = 3'600;
    EXPECT_EQ(After(hold), "union:F=200 shop:G=80");
  }
};

TEST_F(CombineLateTest, EachIsTakenAnewAndOverrunsWhereThereIsNoRoom) {
  HoldAnHour();
  EXPECT_EQ(Capture(2, 1, 500), "union:F=100 shop:G=40");
  Expire(1);
  SetFund("F", 150);
  EXPECT_EQ(After(Sale(3, 10)), "union:F=2 shop:G=1");  // of the limit 137 are left
  EXPECT_EQ(Capture(4, 1, 500), "union:F=100 shop:G=40");
  EXPECT_TRUE(result_.transaction.overrun);
  EXPECT_EQ(FundOf("F").overrun, Fen{52});
  EXPECT_EQ(FundOf("G").spent, Fen{81});
  EXPECT_EQ(Counted("both"), 283);
  EXPECT_EQ(Original(1).state, TransactionState::kCaptured);
}

TEST_F(CombineLateTest, TheLimitThatBothCountOnIsExceededTogether) {
  HoldAnHour();
  Expire(1);
  EXPECT_EQ(After(Sale(2, 50)), "union:F=10 shop:G=4");
  EXPECT_EQ(Capture(3, 1, 950), "union:F=190 shop:G=76");  // 280 with the 14: not exceeded
  EXPECT_FALSE(result_.transaction.overrun);
  EXPECT_EQ(Capture(4, 1, 50), "union:F=10 shop:G=4");
  EXPECT_TRUE(result_.transaction.overrun);
}

TEST_F(CombineLateTest, AfterARefundAndTheSweepWhatIsCapturedIsReckonedFromTheShares) {
  HoldAnHour();
  EXPECT_EQ(Capture(2, 1, 500), "union:F=100 shop:G=40");
  EXPECT_EQ(Refund(3, 1, 250), "union:F=50 shop:G=20");
  Expire(1);
  EXPECT_EQ(StandingOf(1), "union:F=0/50 shop:G=0/20");
  // Captured were 50 and 20, and of the 70 given back 150 : 60 of 210 each.
  EXPECT_EQ(Capture(4, 1, 500), "union:F=100 shop:G=40");
  EXPECT_EQ(Original(1).captured_subsidy, Fen{280});
  EXPECT_EQ(After(About(CommandKind::kRefund, 5, 1)), "union:F=150 shop:G=60");
}

class CombineAdviceTest : public CombineLifecycleTest {
 protected:
  const Result& Advise(uint64_t request, int64_t price, int64_t member_paid) {
    AdviceRequest advice;
    advice.occurred_at = now_;
    advice.member_paid = Fen{member_paid};
    advice.sequence = static_cast<uint32_t>(request);
    advice.business_day = 20'577;
    const Result& result = Run(OwnAdvice(Sale(request, price), advice));
    ExpectInvariants();
    return result;
  }
};

TEST_F(CombineAdviceTest, TogetherNoMoreThanWhatIsClaimed) {
  ApplyTwoLayers();
  EXPECT_EQ(Given(Advise(1, 1'000, 720)), "union:F=200 shop:G=40 shop:H=40");
  EXPECT_EQ(result_.transaction.outcome, Outcome::kApproved);
  EXPECT_EQ(details().advice.liability, Liability::kProgramme);
  EXPECT_EQ(Given(Advise(2, 1'000, 790)), "union:F=200 shop:G=5 shop:H=5");
  EXPECT_EQ(Given(Advise(3, 1'000, 850)), "union:F=150");
  EXPECT_EQ(Given(Advise(4, 1'000, 700)), "union:F=200 shop:G=40 shop:H=40");
  EXPECT_EQ(result_.transaction.outcome, Outcome::kApprovedPartial);
  EXPECT_EQ(details().advice.liability, Liability::kAcquirer);
  EXPECT_EQ(details().advice.acquirer_bears, Fen{20});
}

TEST_F(CombineAdviceTest, OneIsForcedByItself) {
  const uint32_t daily = AddLimit("daily", LimitMeasure::kCount, 1);
  LimitBy(&AddLayer("union", 1, 2'000, "F"), {daily});
  LimitBy(&AddLayer("shop", 2, 1'000, "G"), {daily});
  Apply();
  EXPECT_EQ(Given(Advise(1, 1'000, 800)), "union:F=200");
  EXPECT_EQ(Given(Advise(2, 1'000, 700)), "union:F=200");  // beyond the limit
  EXPECT_TRUE(result_.transaction.overrun);
  EXPECT_EQ(details().advice.acquirer_bears, Fen{100});
}

TEST_F(CombineAdviceTest, JudgedByWhatWasActiveThen) {
  ApplyTwoLayers();
  now_ = LedgerWorld::After(1);
  programme_ = Programme("p");
  AddLayer("union", 1, 2'000, "F");
  Apply();
  now_ = LedgerWorld::After(2);
  EXPECT_EQ(Given(Advise(1, 1'000, 720)), "union:F=200");
  AdviceRequest advice;
  advice.occurred_at = kNow;
  advice.member_paid = Fen{720};
  advice.sequence = 2;
  advice.business_day = 20'577;
  EXPECT_EQ(Given(Run(OwnAdvice(Sale(2, 1'000), advice))), "union:F=200 shop:G=40 shop:H=40");
}

// ---- Benefits without money ------------------------------------------------------------

TEST_F(CombineLifecycleTest, AFreeEntryWithoutAFundBurnsItsUse) {
  const uint32_t daily = AddLimit("daily", LimitMeasure::kCount, 3);
  BenefitSpec& entry = AddAlone("entry", 0, "F");
  entry.price.kind = PriceKind::kFree;
  entry.funding = PoolRange{};
  LimitBy(&entry, {daily});
  Apply();
  EXPECT_EQ(After(Authorize(1, 0)), "");
  EXPECT_EQ(result_.transaction.outcome, Outcome::kApproved);
  EXPECT_EQ(After(About(CommandKind::kCapture, 2, 1)), "");
  EXPECT_EQ(Counted("daily"), 1);
  EXPECT_EQ(Increment(3, 1, 100), "already_captured");
  EXPECT_EQ(After(About(CommandKind::kRefund, 4, 1)), "");
  EXPECT_EQ(Limits(), "daily=0/0/3");
  After(Authorize(5, 0));
  EXPECT_EQ(Increment(6, 5, 100), "budget_exhausted");  // there is nobody who pays for it
  EXPECT_EQ(After(About(CommandKind::kReverse, 7, 5)), "");
  EXPECT_EQ(Counted("daily"), 0);
}

TEST_F(CombineLifecycleTest, AFreeEntryBesideOneThatPays) {
  const uint32_t daily = AddLimit("daily", LimitMeasure::kCount, 3);
  const uint32_t amount = AddLimit("amount", LimitMeasure::kAmount, 500);
  BenefitSpec& entry = AddLayer("entry", 2, 0, "F");
  entry.price.kind = PriceKind::kFree;
  entry.items_any = Append(programme_.items, {CodeOf<ItemCode>("ticket")});
  entry.funding = PoolRange{};
  LimitBy(&entry, {daily, amount});
  AddLayer("union", 1, 2'000, "G");
  Apply();
  EXPECT_EQ(Given(Run(OwnWithLines(Authorize(1, 1'000), {Item("ticket", 0), Item("meal", 1'000)}))),
            "union:G=200");
  ExpectInvariants();
  EXPECT_EQ(Limits(), "daily=0/1/2 amount=0/0/500");
  EXPECT_EQ(Capture(2, 1, 500), "union:G=100");
  EXPECT_EQ(Increment(3, 1, 500), "union:G=100");
  EXPECT_EQ(ReversePart(4, 1, 500), "union:G=100");
  EXPECT_EQ(After(About(CommandKind::kCapture, 5, 1)), "union:G=100");
  EXPECT_EQ(Refund(6, 1, 500), "union:G=100");
  EXPECT_EQ(After(About(CommandKind::kRefund, 7, 1)), "union:G=100");
  EXPECT_EQ(Limits(), "daily=0/0/3");
  EXPECT_EQ(Counted("amount"), 0);
}

TEST_F(CombineLifecycleTest, AGiveawayHasNoPriceToRaise) {
  BenefitSpec& pack = AddAlone("pack", 0, "F");
  pack.price.kind = PriceKind::kFree;
  pack.funding = PoolRange{};
  pack.stock = CodeOf<FundCode>("packs");
  pack.stock_units = 1;
  FundRequest stock;
  stock.code = CodeOf<FundCode>("packs");
  stock.asset = Asset::kThing;
  stock.budget = Fen{3};
  Run(Own(stock));
  Apply();
  EXPECT_EQ(After(Authorize(1, 0)), "pack:packs=1");
  EXPECT_EQ(Increment(2, 1, 100), "budget_exhausted");
  EXPECT_EQ(After(About(CommandKind::kCapture, 3, 1)), "pack:packs=1");
}

TEST_F(CombineLifecycleTest, MembersPayForWhatNobodyFunds) {
  const uint32_t daily = AddLimit("daily", LimitMeasure::kCount, 3);
  BenefitSpec& entry = AddAlone("entry", 0, "F");
  entry.price.kind = PriceKind::kFree;
  entry.items_any = Append(programme_.items, {CodeOf<ItemCode>("ticket")});
  entry.funding = PoolRange{};
  LimitBy(&entry, {daily});
  Apply();
  const std::vector<LineItem> lines = {Item("ticket", 0), Item("meal", 300)};
  EXPECT_EQ(Given(Run(OwnWithLines(Authorize(1, 300), lines))), "");
  ExpectInvariants();
  EXPECT_EQ(result_.transaction.member_pays, Fen{300});
  EXPECT_EQ(Capture(2, 1, 100), "");
  EXPECT_EQ(ReversePart(3, 1, 100), "");
  EXPECT_EQ(After(About(CommandKind::kCapture, 4, 1)), "");
  EXPECT_EQ(Refund(5, 1, 150), "");
  EXPECT_EQ(Given(Run(OwnWithLines(Sale(6, 300), lines))), "");
  ExpectInvariants();
  EXPECT_EQ(ReversePart(7, 6, 100), "");
  EXPECT_EQ(ledger_->globals().members_payable_posted, Fen{250});
}

}  // namespace
}  // namespace gonghui
