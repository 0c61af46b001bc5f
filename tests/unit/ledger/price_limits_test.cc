// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Limits of prices, and bands that go on where earlier prices of the year ended:
// docs/decisions/0009-aid-and-mutual-funds.md, "Yearly accumulators".

#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include "engine/base/prng.h"
#include "engine/ledger/pricing.h"
#include "tests/unit/ledger/occasion_world.h"

namespace gonghui {
namespace {

PriceStep Step(int64_t from, int32_t rate) {
  return PriceStep{Fen{from}, {}, Bps{rate}, 0};
}

// Of the first 1,000 fen of a year a half, up to 5,000 six tenths, then eight.
const std::vector<PriceStep> kSteps{Step(0, 5'000), Step(1'000, 6'000), Step(5'000, 8'000)};

class PriceLimitsTest : public OccasionWorld {
 protected:
  PriceLimitsTest() { SetFund("F", 10'000'000); }

  template <class Change>
  void ApplyBands(Change&& change) {
    Apply([&](OwnedProgramme& programme, BenefitSpec& benefit) {
      benefit.price = PriceRule{};
      benefit.price.kind = PriceKind::kBands;
      benefit.price.steps = Append(programme.steps, kSteps);
      LimitSpec& year = AddLimit(programme, "year", kLimitUnlimited);
      year.measure = LimitMeasure::kPrice;
      year.window = WindowKind::kYear;
      programme.benefits[0].earlier_prices = 0;
      AskFor(&programme.benefits[0], Asks::kEarlierPrices);
      change(programme, programme.benefits[0], year);
    });
  }
  void ApplyBands() {
    ApplyBands([](OwnedProgramme&, BenefitSpec&, LimitSpec&) {});
  }
  // What is left to be counted of "year", of all members and windows.
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
  void Expire(int64_t days) {
    now_ = AfterDays(days);
    Command sweep;
    sweep.kind = CommandKind::kExpireHolds;
    Run(Own(sweep));
    ASSERT_EQ(event_.kind, EventKind::kHoldExpired);
  }
  void ExpectOverrun(bool overrun) const {
    EXPECT_EQ(result_.transaction.outcome, Outcome::kApproved);
    EXPECT_EQ(result_.transaction.overrun, overrun);
  }
};

// ---- Bands -------------------------------------------------------------------------

TEST_F(PriceLimitsTest, FiveSmallBillsEarnWhatALargeOneDoes) {
  ApplyBands();
  const std::vector<int64_t> expected{1'100, 1'200, 1'400, 1'600, 1'600};
  int64_t sum = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    ExpectGiven(Run(Own(Sale(10 + i, 2'000))), expected[i]);
    sum += expected[i];
  }
  ExpectCounted(10'000, 0);
  now_ = AfterDays(365);  // another year
  ExpectGiven(Run(Own(Sale(20, 10'000))), sum);
}

TEST_F(PriceLimitsTest, AnySplitEarnsWhatTheSumDoes) {
  Prng prng(20'260'504);
  for (const Rounding rounding : {Rounding::kHalfUp, Rounding::kUp, Rounding::kDown}) {
    PriceRule rule;
    rule.kind = PriceKind::kBands;
    rule.rounding = rounding;
    for (int round = 0; round < 1'000; ++round) {
      const std::vector<PriceStep> steps{
          Step(static_cast<int64_t>(prng.Below(300)), static_cast<int32_t>(prng.Below(10'001))),
          Step(400, static_cast<int32_t>(prng.Below(10'001))),
          Step(900, static_cast<int32_t>(prng.Below(10'001)))};
      Fen earlier;
      Fen sum;
      for (int i = 0; i < 5; ++i) {
        const Fen base{static_cast<int64_t>(prng.Below(500))};
        const Fen subsidy = SubsidyOf(rule, steps, base, earlier);
        EXPECT_GE(subsidy, Fen{0});
        EXPECT_LE(subsidy, base);
        sum += subsidy;
        earlier += base;
      }
      EXPECT_EQ(sum, SubsidyOf(rule, steps, earlier)) << "round=" << round;
    }
  }
}

TEST_F(PriceLimitsTest, OtherRulesDoNotLookAtEarlierPrices) {
  PriceRule rule;
  rule.kind = PriceKind::kTiers;
  EXPECT_EQ(SubsidyOf(rule, kSteps, Fen{900}, Fen{9'000}), SubsidyOf(rule, kSteps, Fen{900}));
  rule.kind = PriceKind::kPercentOff;
  rule.rate = Bps{3'000};
  EXPECT_EQ(SubsidyOf(rule, {}, Fen{900}, Fen{9'000}), Fen{270});
}

TEST_F(PriceLimitsTest, TheCapsAreOfEachBill) {
  ApplyBands([](OwnedProgramme&, BenefitSpec& benefit, LimitSpec&) {
    benefit.price.discount_max = Fen{1'500};
    benefit.price.member_pays_min = Fen{600};
  });
  ExpectGiven(Run(Own(Sale(10, 5'000))), 1'500);
  ExpectGiven(Run(Own(Sale(11, 2'000))), 1'400);
  ExpectGiven(Run(Own(Sale(12, 1'000))), 400);
  ExpectCounted(8'000, 0);
}

TEST_F(PriceLimitsTest, CapturesInPartsEarnByWhatCameBeforeTheHold) {
  ApplyBands();
  ExpectGiven(Run(Own(Sale(10, 4'000))), 2'300);
  ExpectGiven(Run(Own(Authorize(11, 2'000))), 1'400);
  ExpectCounted(4'000, 2'000);
  ExpectGiven(Run(Own(Sale(12, 3'000))), 2'400);
  ExpectGiven(Run(Own(CapturePart(13, 11, 500))), 300);
  ExpectCounted(7'500, 1'500);
  ExpectGiven(Run(Own(CapturePart(14, 11, 1'500))), 1'100);
  ExpectCounted(9'000, 0);
}

TEST_F(PriceLimitsTest, WhatCameLaterStaysAsDecided) {
  ApplyBands();
  ExpectGiven(Run(Own(Sale(10, 4'000))), 2'300);
  ExpectGiven(Run(Own(Authorize(11, 2'000))), 1'400);
  ExpectGiven(Run(Own(About(CommandKind::kReverse, 12, 10))), 2'300);
  ExpectCounted(0, 2'000);
  ExpectGiven(Run(Own(About(CommandKind::kCapture, 13, 11))), 1'400);
  // Whoever comes now begins after that.
  ExpectGiven(Run(Own(Sale(14, 1'000))), 600);
  ExpectCounted(3'000, 0);
}

TEST_F(PriceLimitsTest, AnIncrementGoesOnFromTheSamePlace) {
  ApplyBands();
  Run(Own(Sale(10, 4'000)));
  ExpectGiven(Run(Own(Authorize(11, 2'000))), 1'400);
  ExpectGiven(Run(Own(Sale(12, 1'000))), 800);
  ExpectGiven(Run(Own(AboutPart(CommandKind::kIncrement, 13, 11, 1'000))), 800);
  ExpectCounted(5'000, 3'000);
  ExpectGiven(Run(Own(About(CommandKind::kCapture, 14, 11))), 2'200);
  ExpectCounted(8'000, 0);
}

TEST_F(PriceLimitsTest, APartOfAHoldIsReversed) {
  ApplyBands();
  Run(Own(Sale(10, 4'000)));
  Run(Own(Authorize(11, 2'000)));
  Run(Own(CapturePart(12, 11, 500)));
  ExpectGiven(Run(Own(AboutPart(CommandKind::kReverse, 13, 11, 1'000))), 800);
  ExpectCounted(4'500, 500);
  ExpectGiven(Run(Own(AboutPart(CommandKind::kReverse, 14, 11, 500))), 300);
  ExpectCounted(4'500, 0);
}

TEST_F(PriceLimitsTest, APartOfASaleIsReversed) {
  ApplyBands();
  Run(Own(Sale(10, 4'000)));
  ExpectGiven(Run(Own(Sale(11, 2'000))), 1'400);
  ExpectGiven(Run(Own(AboutPart(CommandKind::kReverse, 12, 11, 500))), 400);
  ExpectCounted(5'500, 0);
  ExpectGiven(Run(Own(About(CommandKind::kReverse, 13, 11))), 1'000);
  ExpectCounted(4'000, 0);
}

TEST_F(PriceLimitsTest, AClawBackLeavesWhatTheRestHadEarned) {
  ApplyBands([](OwnedProgramme&, BenefitSpec& benefit, LimitSpec&) {
    benefit.price.on_return = OnReturn::kClawBack;
  });
  Run(Own(Sale(10, 4'000)));
  ExpectGiven(Run(Own(Sale(11, 2'000))), 1'400);
  ExpectGiven(Run(Own(AboutPart(CommandKind::kRefund, 12, 11, 1'000))), 800);
  ExpectCounted(5'000, 0);
  ExpectGiven(Run(Own(About(CommandKind::kRefund, 13, 11))), 600);
  ExpectCounted(4'000, 0);
}

TEST_F(PriceLimitsTest, ARollingYearIsCountedOn) {
  ApplyBands([](OwnedProgramme&, BenefitSpec&, LimitSpec& year) {
    year.window = WindowKind::kMonth;
    year.span = 3;
  });
  Run(Own(Sale(10, 4'000)));
  now_ = AfterDays(40);
  ExpectGiven(Run(Own(Authorize(11, 2'000))), 1'400);
  now_ = AfterDays(100);  // the first one dropped out
  ExpectGiven(Run(Own(Sale(12, 1'000))), 600);
}

// ---- Limits ------------------------------------------------------------------------

TEST_F(PriceLimitsTest, ALimitIsExceededByTheBaseAndNeverReduces) {
  ApplyBands([](OwnedProgramme&, BenefitSpec&, LimitSpec& year) { year.max = 5'000; });
  ExpectGiven(Run(Own(Sale(10, 4'000))), 2'300);
  EXPECT_EQ(result_.limits[0].used, 4'000);
  EXPECT_EQ(result_.limits[0].left, 1'000);
  Run(Own(Sale(11, 1'001)));
  EXPECT_EQ(result_.transaction.reason, Reason::kExceedsAmountLimit);
  Command partial = Sale(12, 1'001);
  partial.authorize.allow_partial = true;
  Run(Own(partial));
  EXPECT_EQ(result_.transaction.reason, Reason::kExceedsAmountLimit);
  ExpectGiven(Run(Own(Authorize(13, 900))), 540);
  Run(Own(AboutPart(CommandKind::kIncrement, 14, 13, 101)));
  EXPECT_EQ(result_.transaction.reason, Reason::kExceedsAmountLimit);
  EXPECT_EQ(result_.limits[0].used, 4'000);
  EXPECT_EQ(result_.limits[0].held, 900);
  ExpectGiven(Run(Own(AboutPart(CommandKind::kIncrement, 15, 13, 100))), 60);
  ExpectCounted(4'000, 1'000);
}

TEST_F(PriceLimitsTest, LimitsAreAskedInTheirOrder) {
  ApplyBands([](OwnedProgramme& programme, BenefitSpec&, LimitSpec& year) {
    year.max = 1'000;
    LimitSpec& ceiling = AddLimit(programme, "ceiling", 550);
    ceiling.measure = LimitMeasure::kAmount;
    ceiling.window = WindowKind::kYear;
    ceiling.when_exceeded = WhenExceeded::kReduce;
  });
  ExpectGiven(Run(Own(Authorize(10, 1'000))), 500);
  Run(Own(AboutPart(CommandKind::kIncrement, 11, 10, 1)));
  EXPECT_EQ(result_.transaction.reason, Reason::kExceedsAmountLimit);
  EXPECT_EQ(ledger_->limits()[result_.transaction.failed_limit()].code, CodeOf<LimitCode>("year"));
}

TEST_F(PriceLimitsTest, AnExpiryReleasesWhatIsNotCaptured) {
  ApplyBands();
  Run(Own(Authorize(10, 2'000)));
  Run(Own(Authorize(11, 1'000)));
  Run(Own(CapturePart(12, 10, 700)));
  ExpectCounted(700, 2'300);
  Expire(8);
  ExpectCounted(700, 1'000);
  Expire(8);
  ExpectCounted(700, 0);
}

TEST_F(PriceLimitsTest, ALateCaptureCountsWhereThereIsNoRoomForIt) {
  ApplyBands([](OwnedProgramme& programme, BenefitSpec&, LimitSpec& year) {
    programme.spec.late_capture = LateCapture::kForcePost;
    year.max = 2'000;
  });
  Run(Own(Authorize(10, 2'000)));
  Run(Own(CapturePart(11, 10, 500)));
  Expire(8);
  ExpectCounted(500, 0);
  ExpectGiven(Run(Own(Sale(12, 1'200))), 670);
  Run(Own(CapturePart(13, 10, 300)));
  ExpectOverrun(false);
  ExpectCounted(2'000, 0);
  Run(Own(CapturePart(14, 10, 200)));
  ExpectOverrun(true);
  ExpectCounted(2'200, 0);
}

TEST_F(PriceLimitsTest, MoreThanWasAuthorizedCountsForNoMore) {
  ApplyBands([](OwnedProgramme& programme, BenefitSpec&, LimitSpec&) {
    programme.over_capture.push_back(OverCapture{{5'411, 5'411}, Bps{2'000}});
  });
  Run(Own(Authorize(10, 1'000)));
  Run(Own(CapturePart(11, 10, 900)));
  Run(Own(AboutPart(CommandKind::kRefund, 12, 10, 500)));
  ExpectCounted(400, 100);
  Run(Own(CapturePart(13, 10, 300)));
  EXPECT_EQ(result_.transaction.outcome, Outcome::kApproved);
  // 700 are captured and not given back.
  ExpectCounted(700, 0);
  Run(Own(AboutPart(CommandKind::kRefund, 14, 10, 600)));
  ExpectCounted(100, 0);
  Run(Own(About(CommandKind::kRefund, 15, 10)));
  ExpectCounted(0, 0);
}

TEST_F(PriceLimitsTest, ExcessIsGivenBackFirst) {
  ApplyBands([](OwnedProgramme& programme, BenefitSpec&, LimitSpec&) {
    programme.over_capture.push_back(OverCapture{{5'411, 5'411}, Bps{2'000}});
  });
  Run(Own(Authorize(10, 1'000)));
  Run(Own(CapturePart(11, 10, 1'200)));
  ExpectCounted(1'000, 0);
  Run(Own(AboutPart(CommandKind::kRefund, 12, 10, 150)));
  ExpectCounted(1'000, 0);
  Run(Own(AboutPart(CommandKind::kRefund, 13, 10, 150)));
  ExpectCounted(900, 0);
}

TEST_F(PriceLimitsTest, RefundsGoWhereTheLimitSays) {
  for (const RefundTo to :
       {RefundTo::kOriginalWindow, RefundTo::kCurrentWindow, RefundTo::kNever}) {
    now_ = AfterDays(static_cast<int64_t>(to) * 1'000);
    const uint64_t first = static_cast<uint64_t>(to) * 100;
    ApplyBands([to](OwnedProgramme& programme, BenefitSpec&, LimitSpec& year) {
      programme.spec.code = CodeOf<ProgrammeCode>(to == RefundTo::kOriginalWindow  ? "p"
                                                  : to == RefundTo::kCurrentWindow ? "q"
                                                                                   : "r");
      year.refund_to = to;
    });
    Command sale = Sale(first, 1'000);
    sale.authorize.programme = to == RefundTo::kOriginalWindow  ? CodeOf<ProgrammeCode>("p")
                               : to == RefundTo::kCurrentWindow ? CodeOf<ProgrammeCode>("q")
                                                                : CodeOf<ProgrammeCode>("r");
    ExpectGiven(Run(Own(sale)), 500);
    now_ = AfterDays(static_cast<int64_t>(to) * 1'000 + 370);
    Run(Own(AboutPart(CommandKind::kRefund, first + 1, first, 400)));
    if (to == RefundTo::kNever) {
      EXPECT_EQ(result_.limit_count, 0U);
    } else {
      ASSERT_EQ(result_.limit_count, 1U);
      EXPECT_EQ(result_.limits[0].used, to == RefundTo::kOriginalWindow ? 600 : -400);
    }
    if (to == RefundTo::kCurrentWindow) {
      // Below zero the bands do not begin.
      sale.request_id = RequestId{1, first + 2};
      ExpectGiven(Run(Own(sale)), 500);
    }
  }
}

TEST_F(PriceLimitsTest, TheBaseIsThatOfTheItems) {
  ApplyBands([](OwnedProgramme& programme, BenefitSpec& benefit, LimitSpec&) {
    benefit.items_any = Append<ItemCode>(programme.items, {CodeOf<ItemCode>("drug")});
  });
  const std::vector<LineItem> lines{Item("drug", 999), Item("food", 1'001)};
  ExpectGiven(Run(OwnWithLines(Authorize(10, 2'000), lines)), 499);
  ExpectCounted(0, 999);
  // Half up of 999 x 1,001 / 2,000.
  Run(Own(CapturePart(11, 10, 1'001)));
  ExpectCounted(500, 499);
  Run(Own(AboutPart(CommandKind::kRefund, 12, 10, 333)));
  ExpectCounted(334, 499);
  Run(Own(CapturePart(13, 10, 999)));
  ExpectCounted(833, 0);
  ExpectGiven(Run(OwnWithLines(Sale(14, 2'000), lines)), 583);  // 999 of 1,832 less 416 of 833
  Run(Own(About(CommandKind::kRefund, 15, 10)));
  ExpectCounted(999, 0);
}

TEST_F(PriceLimitsTest, ItMayBeThatOfAnyRule) {
  Apply([&](OwnedProgramme& programme, BenefitSpec&) {
    LimitSpec& year = AddLimit(programme, "year", 1'500);
    year.measure = LimitMeasure::kPrice;
    year.window = WindowKind::kYear;
  });
  ExpectGiven(Run(Own(Sale(10, 1'000))), 500);
  Run(Own(Sale(11, 501)));
  EXPECT_EQ(result_.transaction.reason, Reason::kExceedsAmountLimit);
  ExpectGiven(Run(Own(Sale(12, 500))), 250);
  Run(Own(AboutPart(CommandKind::kRefund, 13, 10, 300)));
  ExpectGiven(Run(Own(Sale(14, 300))), 150);
  ExpectCounted(1'500, 0);
}

}  // namespace
}  // namespace gonghui
