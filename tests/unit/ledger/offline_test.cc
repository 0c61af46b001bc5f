// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What may be given without asking: benefits that refuse it, and allowances.

#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/ledger/rule_world.h"

namespace gonghui {
namespace {

class OfflineTest : public RuleWorld {
 protected:
  const Result& Advise(uint64_t request, int64_t price, int64_t member_paid = 0) {
    AdviceRequest advice;
    advice.occurred_at = now_;
    advice.member_paid = Fen{member_paid};
    advice.sequence = ++sequence_;
    advice.business_day = 20'577;
    return Run(OwnAdvice(Sale(request, price), advice));
  }
  void ExpectBorne(Liability liability, int64_t acquirer_bears) const {
    ASSERT_TRUE(details().is_advice);
    EXPECT_EQ(details().advice.liability, liability);
    EXPECT_EQ(details().advice.acquirer_bears, Fen{acquirer_bears});
  }
  void ExpectGivenInPart(const Result& result, int64_t subsidy, int64_t acquirer_bears) const {
    EXPECT_EQ(result.transaction.outcome, Outcome::kApprovedPartial)
        << NameOf(result.transaction.reason);
    EXPECT_EQ(result.transaction.subsidy, Fen{subsidy});
    ExpectBorne(Liability::kAcquirer, acquirer_bears);
  }
  // Of terminal and day.
  static LimitSpec& AddAllowance(OwnedProgramme& programme, LimitMeasure measure, int64_t max) {
    LimitSpec& limit = AddLimit(programme, "offline", max);
    limit.measure = measure;
    limit.subject = LimitSubject::kTerminal;
    limit.scope = LimitScope::kOffline;
    return limit;
  }
  void ApplyAllowance(LimitMeasure measure, int64_t max) {
    Apply([&](OwnedProgramme& programme, BenefitSpec&) { AddAllowance(programme, measure, max); });
  }

  uint32_t sequence_ = 0;
};

TEST_F(OfflineTest, ABenefitThatIsToBeAskedForIsNoneOfAnAdvice) {
  Apply([](OwnedProgramme&, BenefitSpec& benefit) { benefit.offline = OfflinePolicy::kRefuse; });
  ExpectDeclined(Advise(1, 100, 50), Reason::kOfflineNotPermitted);
  ExpectBorne(Liability::kAcquirer, 50);
  EXPECT_EQ(FundOf("F").spent, Fen{0});
  ExpectGiven(Run(Own(Sale(2, 100))), 50);
  // A capture is of what was asked for.
  Run(Own(Authorize(3, 100)));
  AdviceRequest advice;
  advice.occurred_at = now_;
  advice.sequence = ++sequence_;
  advice.business_day = 20'577;
  ExpectGiven(Run(OwnAdvice(About(CommandKind::kCapture, 4, 3), advice)), 50);
}

TEST_F(OfflineTest, AnotherBenefitStandsIn) {
  Apply([](OwnedProgramme& programme, BenefitSpec& benefit) {
    benefit.offline = OfflinePolicy::kRefuse;
    AddPercentOff(&programme, "c", 1'000, "F");
  });
  ExpectGivenInPart(Advise(1, 100, 50), 10, 40);
  ExpectGiven(Run(Own(Sale(2, 100))), 50);
}

TEST_F(OfflineTest, OnlineAnAllowanceIsNotThere) {
  ApplyAllowance(LimitMeasure::kCount, 1);
  for (uint64_t request = 1; request <= 3; ++request) {
    ExpectGiven(Run(Own(Sale(request, 100))), 50);
    EXPECT_EQ(result_.limit_count, 0U);
  }
  EXPECT_EQ(ledger_->counters().size(), 0U);
  EXPECT_EQ(Entitlements().items[0].limit_count, 0U);
  ChecksOf(OwnExplained(Quote(100)));
  EXPECT_EQ(CheckOf(Reason::kExceedsFrequencyLimit), nullptr);
}

TEST_F(OfflineTest, BeyondACountNothingIsGiven) {
  ApplyAllowance(LimitMeasure::kCount, 2);
  ExpectGiven(Advise(1, 100, 50), 50);
  ASSERT_EQ(result_.limit_count, 1U);
  EXPECT_EQ(result_.limits[0].left, 1);
  ExpectGiven(Advise(2, 100, 50), 50);
  ExpectDeclined(Advise(3, 100, 50), Reason::kExceedsFrequencyLimit, After(14));
  EXPECT_EQ(result_.limits[0].used, 2);
  ExpectBorne(Liability::kAcquirer, 50);
  EXPECT_EQ(FundOf("F").spent, Fen{100});
  now_ = After(14);  // another day
  ExpectGiven(Advise(4, 100, 50), 50);
}

TEST_F(OfflineTest, BeyondAnAmountTheAcquirerBearsIt) {
  ApplyAllowance(LimitMeasure::kAmount, 80);
  ExpectGiven(Advise(1, 100, 50), 50);
  ExpectGivenInPart(Advise(2, 100, 50), 30, 20);
  EXPECT_FALSE(result_.transaction.overrun);
  EXPECT_EQ(result_.limits[0].left, 0);
  ExpectDeclined(Advise(3, 100, 50), Reason::kExceedsAmountLimit, After(14));
  ExpectBorne(Liability::kAcquirer, 50);
  EXPECT_EQ(FundOf("F").spent, Fen{80});
}

TEST_F(OfflineTest, AnAllowanceDoesNotGrowWhereOtherLimitsOverrun) {
  Apply([](OwnedProgramme& programme, BenefitSpec&) {
    AddAllowance(programme, LimitMeasure::kAmount, 80);
    AddLimit(programme, "daily", 1);
  });
  ExpectGiven(Advise(1, 100, 50), 50);
  EXPECT_FALSE(result_.transaction.overrun);
  // The daily use is gone, and forced; what is booked stays within the allowance.
  ExpectGivenInPart(Advise(2, 100, 50), 30, 20);
  EXPECT_TRUE(result_.transaction.overrun);
  ASSERT_EQ(result_.limit_count, 2U);
  EXPECT_EQ(result_.limits[0].left, 0);
  EXPECT_EQ(result_.limits[1].left, -1);
  ExpectDeclined(Advise(3, 100, 50), Reason::kExceedsAmountLimit, After(14));
  EXPECT_EQ(FundOf("F").spent, Fen{80});
}

TEST_F(OfflineTest, WhatIsNotWithinItsAllowanceIsPassedOver) {
  Apply([](OwnedProgramme& programme, BenefitSpec&) {
    AddAllowance(programme, LimitMeasure::kCount, 1);
    LimitSpec daily;
    daily.code = CodeOf<LimitCode>("daily");
    daily.max = 1;
    programme.limits.push_back(daily);
    AddPercentOff(&programme, "c", 1'000, "F").limits = Append<uint32_t>(programme.limit_refs, {1});
  });
  ExpectGiven(Advise(1, 100, 50), 50);
  ExpectGivenInPart(Advise(2, 100, 50), 10, 40);  // c, within its limit
  ExpectGivenInPart(Advise(3, 100, 50), 10, 40);  // c, forced
  EXPECT_TRUE(result_.transaction.overrun);
  EXPECT_EQ(FundOf("F").spent, Fen{70});
}

TEST_F(OfflineTest, AnAllowanceMayBeOfASum) {
  Apply([](OwnedProgramme& programme, BenefitSpec&) {
    AddAllowance(programme, LimitMeasure::kAmount, 80).span = 3;
  });
  ExpectGiven(Advise(1, 100, 50), 50);
  now_ = After(24);
  ExpectGivenInPart(Advise(2, 100, 50), 30, 20);
  now_ = After(48);
  ExpectDeclined(Advise(3, 100, 50), Reason::kExceedsAmountLimit, After(62));
  now_ = After(62);  // the first day has dropped out
  ExpectGiven(Advise(4, 100, 50), 50);
}

TEST_F(OfflineTest, AFreeThingAtPriceZeroAsksNoAmount) {
  Apply([](OwnedProgramme& programme, BenefitSpec& benefit) {
    AddAllowance(programme, LimitMeasure::kAmount, 50);
    benefit.price = PriceRule{};
    benefit.price.kind = PriceKind::kFree;
  });
  ExpectGiven(Advise(1, 50), 50);
  ExpectGiven(Advise(2, 0), 0);
  EXPECT_EQ(result_.limits[0].left, 0);
  ExpectDeclined(Advise(3, 1), Reason::kExceedsAmountLimit, After(14));
}

}  // namespace
}  // namespace gonghui
