// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Claims when they are filed: what is judged as of the event, and what as of now; bands that go
// on where earlier claims ended; approvals that a sale can not have.

#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include "engine/domain/result.h"
#include "tests/unit/ledger/occasion_world.h"

namespace gonghui {
namespace {

class FilingTest : public OccasionWorld {
 protected:
  void ApplyClaim() {
    ApplyClaim([](OwnedProgramme&, BenefitSpec&) {});
  }
  template <class Change>
  void ApplyClaim(Change&& change) {
    Apply([&](OwnedProgramme& programme, BenefitSpec& benefit) {
      AskForClaim(&benefit);
      change(programme, benefit);
    });
  }
  // 50 % from 100 yuan on, 80 % from 200 yuan on, of what a person has spent in the year.
  static void GoOn(OwnedProgramme& programme, BenefitSpec& benefit) {
    LimitSpec& limit = AddLimit(programme, "own-cost", kLimitUnlimited);
    limit.measure = LimitMeasure::kPrice;
    limit.window = WindowKind::kYear;
    AskFor(&benefit, Asks::kEarlierPrices);
    benefit.earlier_prices = 0;
    benefit.price.kind = PriceKind::kBands;
    benefit.price.rate = Bps{0};
    benefit.price.steps = Append(programme.steps, {Step(10'000, 5'000), Step(20'000, 8'000)});
  }
  static PriceStep Step(int64_t from, int32_t rate) {
    PriceStep step;
    step.from = Fen{from};
    step.rate = Bps{rate};
    return step;
  }
};

// ---- The event ----------------------------------------------------------------------

TEST_F(FilingTest, AnEventIsOverFirstOfAll) {
  ApplyClaim();
  ExpectGiven(Run(OfEvent(Authorize(1, 1'000), kNow)), 500);
  const TimestampNs later{kNow.value() + 1};
  ExpectDeclined(Run(OfEvent(Authorize(2, 1'000), later)), Reason::kEventNotYet);
  MerchantRequest merchant;
  merchant.id = CodeOf<MerchantId>("S1");
  merchant.union_node = CodeOf<UnionNodeId>("U");
  merchant.mcc = 5411;
  merchant.status = MerchantStatus::kSuspended;
  Run(Own(merchant));
  ExpectDeclined(Run(OfEvent(Authorize(3, 1'000), later)), Reason::kEventNotYet);
  ExpectDeclined(Run(OfEvent(Authorize(4, 1'000), kNow)), Reason::kMerchantInactive);
}

TEST_F(FilingTest, NeitherFindsTheOther) {
  ApplyClaim([](OwnedProgramme& programme, BenefitSpec&) {
    AddPercentOff(&programme, "plain", 9'000, "F");
  });
  ExpectGiven(Run(Own(Authorize(1, 1'000))), 900);
  ExpectGiven(Run(OfEvent(Authorize(2, 1'000), kNow)), 500);
  ApplyClaim();
  ExpectDeclined(Run(Own(Authorize(3, 1'000))), Reason::kNoApplicableBenefit);
  Apply([](OwnedProgramme&, BenefitSpec&) {});
  ExpectDeclined(Run(OfEvent(Authorize(4, 1'000), kNow)), Reason::kNoApplicableBenefit);
}

TEST_F(FilingTest, ItMayBeTooLateByAnInstant) {
  ApplyClaim();
  now_ = AfterDays(185);
  ExpectGiven(Run(OfEvent(Authorize(1, 1'000), AfterDays(5))), 500);
  const TimestampNs earlier{AfterDays(5).value() - 1};
  ExpectDeclined(Run(OfEvent(Authorize(2, 1'000), earlier)), Reason::kClaimTooLate);
}

TEST_F(FilingTest, TheMemberIsJudgedAsOfTheEvent) {
  ApplyClaim();
  now_ = After(1);
  SetStatus("M1", MemberStatus::kClosed);
  now_ = After(2);
  ExpectGiven(Run(OfEvent(Authorize(1, 1'000), TimestampNs{After(1).value() - 1})), 500);
  ExpectDeclined(Run(OfEvent(Authorize(2, 1'000), After(1))), Reason::kMemberClosed);
}

TEST_F(FilingTest, TheCardIsJudgedAsOfNow) {
  ApplyClaim();
  now_ = After(1);
  CardStatusRequest lost;
  lost.card = kCard;
  lost.status = CardStatus::kLost;
  Run(Own(lost));
  ExpectDeclined(Run(OfEvent(Authorize(1, 1'000), kNow)), Reason::kCardLostOrStolen);
}

TEST_F(FilingTest, ACardThatExpiredSinceIsExpired) {
  ApplyClaim();
  CardRequest card;
  card.number = kCard;
  card.member = CodeOf<MemberId>("M1");
  card.expires_day = static_cast<decltype(card.expires_day)>(DayOf({2026, 5, 5}));
  Run(Own(card));
  ExpectGiven(Run(OfEvent(Authorize(1, 1'000), kNow)), 500);
  now_ = AfterDays(2);
  ExpectDeclined(Run(OfEvent(Authorize(2, 1'000), kNow)), Reason::kCardExpired);
}

TEST_F(FilingTest, SegmentsAndWaitingAreOfThatDay) {
  DefineSegment("mutual");
  ChangeMember([](MemberRequest& member) { AddSpan(&member, "mutual", kNow, AfterDays(60)); });
  ApplyClaim([](OwnedProgramme& programme, BenefitSpec& benefit) {
    benefit.segments_any = Append(programme.segments, {CodeOf<SegmentCode>("mutual")});
    benefit.segment_days_min = 30;
  });
  now_ = AfterDays(90);
  const TimestampNs waited = AfterDays(30);
  ExpectDeclined(Run(OfEvent(Authorize(1, 1'000), TimestampNs{waited.value() - 1})),
                 Reason::kWaitingPeriod,
                 waited);
  ExpectGiven(Run(OfEvent(Authorize(2, 1'000), waited)), 500);
  ExpectGiven(Run(OfEvent(Authorize(3, 1'000), TimestampNs{AfterDays(60).value() - 1})), 500);
  ExpectDeclined(Run(OfEvent(Authorize(4, 1'000), AfterDays(60))), Reason::kNotPermittedToMember);
}

TEST_F(FilingTest, TheVersionIsThatOfTheEvent) {
  ApplyClaim();
  now_ = After(10);
  ApplyClaim([](OwnedProgramme&, BenefitSpec& benefit) { benefit.price.rate = Bps{8'000}; });
  now_ = After(20);
  ExpectGiven(Run(OfEvent(Authorize(1, 1'000), After(9))), 500);
  ExpectGiven(Run(OfEvent(Authorize(2, 1'000), After(10))), 800);
  Command named = Authorize(3, 1'000);
  named.authorize.programme = CodeOf<ProgrammeCode>("p");
  ExpectGiven(Run(OfEvent(named, After(9))), 500);
  RetireProgrammeRequest retire;
  retire.code = CodeOf<ProgrammeCode>("p");
  Run(Own(retire));
  now_ = After(30);
  ExpectGiven(Run(OfEvent(Authorize(4, 1'000), After(19))), 800);
  ExpectDeclined(Run(OfEvent(Authorize(5, 1'000), After(20))), Reason::kNoApplicableBenefit);
  // And so it is explained.
  ChecksOf(Explained(OfEvent(Quote(1'000), After(9))));
  EXPECT_NE(CheckOf(Reason::kClaimTooLate), nullptr);
  EXPECT_TRUE(ChecksOf(Explained(OfEvent(Quote(1'000), After(20)))).empty());
}

TEST_F(FilingTest, OfAProgrammeThatCameLaterItIsTheFirst) {
  const auto apply = [this](int32_t rate) {
    OwnedProgramme programme = Programme("q");
    AskForClaim(&AddPercentOff(&programme, "aid", rate, "F"));
    Run(Own(programme));
    ASSERT_EQ(result_.verdict, Verdict::kDecided);
  };
  now_ = After(10);
  apply(6'000);
  now_ = After(20);
  apply(9'000);
  now_ = After(30);
  ExpectGiven(Run(OfEvent(Authorize(1, 1'000), kNow)), 600);
  Command named = Authorize(2, 1'000);
  named.authorize.programme = CodeOf<ProgrammeCode>("q");
  ExpectGiven(Run(OfEvent(named, kNow)), 600);
  ExpectGiven(Run(OfEvent(Authorize(3, 1'000), After(20))), 900);
  // What has been retired by then is.
  RetireProgrammeRequest retire;
  retire.code = CodeOf<ProgrammeCode>("q");
  Run(Own(retire));
  now_ = After(40);
  ExpectGiven(Run(OfEvent(Authorize(4, 1'000), kNow)), 600);
  ExpectDeclined(Run(OfEvent(Authorize(5, 1'000), After(30))), Reason::kNoApplicableBenefit);
  EXPECT_FALSE(ChecksOf(Explained(OfEvent(Quote(1'000), kNow))).empty());
}

TEST_F(FilingTest, WhatIsForOthersIsNoAnswerToAClaim) {
  UnionNodeRequest node;
  node.id = CodeOf<UnionNodeId>("X");
  node.parent = CodeOf<UnionNodeId>("U");
  Run(Own(node));
  Apply([&](OwnedProgramme&, BenefitSpec& benefit) { benefit.member_union = node.id; });
  ExpectDeclined(Run(Own(Sale(1, 1'000))), Reason::kNotPermittedToMember);
  ExpectDeclined(Run(OfEvent(Sale(2, 1'000), kNow)), Reason::kNoApplicableBenefit);
  EXPECT_TRUE(ChecksOf(Explained(OfEvent(Quote(1'000), kNow))).empty());
  // But that it is not at this merchant is said to all.
  Apply([&](OwnedProgramme&, BenefitSpec& benefit) { benefit.merchant_union = node.id; });
  ExpectDeclined(Run(OfEvent(Sale(3, 1'000), kNow)), Reason::kMerchantNotInProgramme);
  EXPECT_FALSE(ChecksOf(Explained(OfEvent(Quote(1'000), kNow))).empty());
}

TEST_F(FilingTest, DatesAndHoursAreOfTheEvent) {
  ApplyClaim([](OwnedProgramme&, BenefitSpec& benefit) {
    benefit.weekdays = 1 << 0;  // Monday
    benefit.ends_at = AfterDays(7);
  });
  now_ = AfterDays(10);
  ExpectGiven(Run(OfEvent(Authorize(1, 1'000), kNow)), 500);
  Run(OfEvent(Authorize(2, 1'000), AfterDays(1)));
  EXPECT_EQ(result_.transaction.reason, Reason::kOutsideTimeWindow);
  ExpectDeclined(Run(OfEvent(Authorize(3, 1'000), AfterDays(7))), Reason::kProgrammeEnded);
}

TEST_F(FilingTest, WindowsAreOfTheEventAndTheHoldOfNow) {
  ApplyClaim([](OwnedProgramme& programme, BenefitSpec&) { AddLimit(programme, "daily", 1); });
  now_ = AfterDays(3);
  ExpectGiven(Run(OfEvent(Authorize(1, 1'000), kNow)), 500);
  EXPECT_EQ(result_.transaction.decided_at, now_);
  EXPECT_EQ(result_.transaction.expires_at.value(),
            now_.value() + kHoldSecondsDefault * kNsPerSecond);
  EXPECT_EQ(result_.limits[0].resets_at.value(), After(14).value());
  ExpectDeclined(
      Run(OfEvent(Authorize(2, 1'000), After(1))), Reason::kExceedsFrequencyLimit, After(14));
  ExpectGiven(Run(OfEvent(Authorize(3, 1'000), AfterDays(1))), 500);
}

TEST_F(FilingTest, AFundIsOpenAsOfTheEvent) {
  FundRequest fund;
  fund.code = CodeOf<FundCode>("F");
  fund.budget = Fen{10'000};
  fund.opens_at = kNow;
  fund.closes_at = AfterDays(1);
  Run(Own(fund));
  ApplyClaim();
  now_ = AfterDays(5);
  ExpectGiven(Run(OfEvent(Authorize(1, 1'000), kNow)), 500);
  ExpectDeclined(Run(OfEvent(Authorize(2, 1'000), AfterDays(1))), Reason::kFundNotOpen);
}

TEST_F(FilingTest, WhoFiledItIsKept) {
  ApplyClaim();
  Run(OfEvent(Authorize(1, 1'000), kNow, "wang"));
  EXPECT_EQ(OccasionOfLast().asked.filed_by, CodeOf<OperatorName>("wang"));
  EXPECT_EQ(OccasionOfLast().asked.event_at, kNow);
  EXPECT_EQ(FundOf("F").claims_filed, 1u);
  // A declined one is kept too, and counted nowhere.
  Run(OfEvent(Authorize(2, 0), kNow, "wang"));
  EXPECT_EQ(result_.transaction.reason, Reason::kNoEffect);
  EXPECT_EQ(OccasionOfLast().asked.filed_by, CodeOf<OperatorName>("wang"));
  EXPECT_EQ(FundOf("F").claims_filed, 1u);
}

// ---- Approvals ------------------------------------------------------------------------

TEST_F(FilingTest, ASaleHasNoApprovals) {
  ApplyClaim([](OwnedProgramme&, BenefitSpec& benefit) { benefit.approvals = 1; });
  ExpectGiven(Run(OfEvent(Authorize(1, 1'000), kNow)), 500);
  const BenefitRow benefit{ledger_->benefits().size()};
  ExpectDeclined(Run(OfEvent(Sale(2, 1'000), kNow)), Reason::kApprovalMissing);
  EXPECT_EQ(result_.transaction.benefit, benefit);
  Command sale = Sale(3, 1'000);
  sale.authorize.if_no_benefit = IfNoBenefit::kFullPrice;
  ExpectDeclined(Run(OfEvent(sale, kNow)), Reason::kApprovalMissing);
  sale.kind = CommandKind::kQuote;
  ExpectDeclined(Run(OfEvent(sale, kNow)), Reason::kApprovalMissing);
  // After limits and funds.
  ExpectDeclined(Run(OfEvent(Sale(4, 30'000), kNow)), Reason::kBudgetExhausted);
  // Without any that it asks for it is paid at once.
  ApplyClaim();
  ExpectGiven(Run(OfEvent(Sale(5, 1'000), kNow)), 500);
}

// ---- Bands that go on ------------------------------------------------------------------

TEST_F(FilingTest, FiveSmallBillsEarnWhatOneLargeDoes) {
  SetFund("F", 1'000'000);
  ApplyClaim(GoOn);
  int64_t sum = 0;
  for (uint64_t i = 1; i <= 5; ++i) {
    Run(OfEvent(Authorize(i, 6'000), kNow));
    ASSERT_EQ(result_.transaction.outcome, Outcome::kApproved)
        << NameOf(result_.transaction.reason);
    sum += result_.transaction.subsidy.value();
    ASSERT_EQ(result_.limit_count, 1u);
    EXPECT_EQ(result_.limits[0].held, static_cast<int64_t>(i) * 6'000);
  }
  EXPECT_EQ(sum, 13'000);  // of 300 yuan: nothing, 50, and 80 of the last 100
}

TEST_F(FilingTest, WhatTheBandsGiveNothingOfCounts) {
  ApplyClaim(GoOn);
  Run(OfEvent(Authorize(1, 8'000), kNow));
  ExpectGiven(result_, 0);
  EXPECT_EQ(result_.share_count, 1u);
  EXPECT_EQ(result_.limits[0].held, 8'000);
  ExpectGiven(Run(OfEvent(Authorize(2, 4'000), kNow)), 1'000);
  ExpectDeclined(Run(OfEvent(Authorize(3, 0), kNow)), Reason::kNoEffect);
}

TEST_F(FilingTest, BandsGoOnWithinTheWindowOfTheEvent) {
  ApplyClaim([](OwnedProgramme& programme, BenefitSpec& benefit) {
    GoOn(programme, benefit);
    benefit.claim_days_max = 400;
  });
  now_ = AfterDays(300);  // in the next year
  ExpectGiven(Run(OfEvent(Authorize(1, 10'000), kNow)), 0);
  ExpectGiven(Run(OfEvent(Authorize(2, 10'000), now_)), 0);
  ExpectGiven(Run(OfEvent(Authorize(3, 1'000), AfterDays(1))), 500);
  ExpectGiven(Run(OfEvent(Authorize(4, 2'000), now_)), 1'000);
}

TEST_F(FilingTest, CapsHoldForEachClaim) {
  ApplyClaim([](OwnedProgramme& programme, BenefitSpec& benefit) {
    GoOn(programme, benefit);
    benefit.price.discount_max = Fen{600};
    benefit.price.member_pays_min = Fen{700};
  });
  ExpectGiven(Run(OfEvent(Authorize(1, 19'000), kNow)), 600);
  ExpectGiven(Run(OfEvent(Authorize(2, 1'000), kNow)), 300);
}

TEST_F(FilingTest, ALimitOfThePriceRefusesAndNeverReduces) {
  ApplyClaim([](OwnedProgramme& programme, BenefitSpec&) {
    LimitSpec& limit = AddLimit(programme, "bills", 10'000);
    limit.measure = LimitMeasure::kPrice;
    limit.window = WindowKind::kYear;
  });
  ExpectGiven(Run(OfEvent(Authorize(1, 9'000), kNow)), 4'500);
  EXPECT_EQ(result_.limits[0].left, 1'000);
  Command partial = Authorize(2, 1'001);
  partial.authorize.allow_partial = true;
  Run(OfEvent(partial, kNow));
  EXPECT_EQ(result_.transaction.reason, Reason::kExceedsAmountLimit);
  EXPECT_EQ(result_.limits[0].held, 9'000);
  ChecksOf(Explained(OfEvent(Quote(1'001), kNow)));
  EXPECT_FALSE(CheckOf(Reason::kExceedsAmountLimit)->passed);
  ChecksOf(Explained(OfEvent(Quote(1'000), kNow)));
  EXPECT_TRUE(CheckOf(Reason::kExceedsAmountLimit)->passed);
  ExpectGiven(Run(OfEvent(Authorize(3, 1'000), kNow)), 500);
  EXPECT_EQ(Entitlements().items[0].reason, Reason::kExceedsAmountLimit);
}

TEST_F(FilingTest, NothingNeverExceedsALimitOfThePrice) {
  const auto apply = [this](int64_t max) {
    Apply([max](OwnedProgramme& programme, BenefitSpec& benefit) {
      benefit.price.kind = PriceKind::kFree;
      LimitSpec& limit = AddLimit(programme, "bills", max);
      limit.measure = LimitMeasure::kPrice;
    });
  };
  apply(100);
  ExpectGiven(Run(Own(Sale(1, 90))), 90);
  apply(50);  // 40 too many by now
  Run(Own(Sale(2, 1)));
  EXPECT_EQ(result_.transaction.reason, Reason::kExceedsAmountLimit);
  ExpectGiven(Run(Own(Sale(3, 0))), 0);
  ChecksOf(OwnExplained(Quote(0)));
  EXPECT_TRUE(CheckOf(Reason::kExceedsAmountLimit)->passed);
}

TEST_F(FilingTest, APlainSaleMayCountThePriceToo) {
  Apply([](OwnedProgramme& programme, BenefitSpec& benefit) {
    LimitSpec& limit = AddLimit(programme, "own-cost", kLimitUnlimited);
    limit.measure = LimitMeasure::kPrice;
    limit.window = WindowKind::kMonth;
    benefit.items_any = Append(programme.items, {CodeOf<ItemCode>("book")});
  });
  Command sale = Sale(1, 1'000);
  Run(OwnWithLines(sale, {Item("book", 600), Item("pen", 400)}));
  ExpectGiven(result_, 300);
  EXPECT_EQ(result_.limits[0].used, 600);  // of the books
}

TEST_F(FilingTest, AnAdvisedSaleGoesOnToo) {
  Apply([](OwnedProgramme& programme, BenefitSpec& benefit) {
    GoOn(programme, benefit);
    benefit.offline = OfflinePolicy::kAccept;
  });
  ExpectGiven(Run(Own(Sale(1, 10'000))), 0);
  AdviceRequest advice;
  advice.sequence = 1;
  advice.occurred_at = kNow;
  advice.member_paid = Fen{500};
  Run(OwnAdvice(Sale(2, 1'000), advice));
  ExpectGiven(result_, 500);
  EXPECT_EQ(result_.limits[0].used, 11'000);
}

// ---- The parties --------------------------------------------------------------------------

TEST_F(FilingTest, TheEventIsExplainedFirst) {
  ApplyClaim();
  bool passed = true;
  Run(Explained(OfEvent(Quote(1'000), After(1))));
  EXPECT_EQ(PartiesOfLast(&passed), (std::vector<Reason>{Reason::kEventNotYet}));
  EXPECT_FALSE(passed);
  Run(Explained(OfEvent(Quote(1'000), kNow)));
  const std::vector<Reason> all = PartiesOfLast(&passed);
  EXPECT_EQ(all.front(), Reason::kEventNotYet);
  EXPECT_EQ(all.size(), 7u);
  EXPECT_TRUE(passed);
}

TEST_F(FilingTest, AClaimOfBeforeTheLastChangeHasNoShadow) {
  ApplyClaim();
  now_ = After(1);
  ApplyClaim([](OwnedProgramme&, BenefitSpec& benefit) { benefit.price.rate = Bps{6'000}; });
  OwnedProgramme shadow = Programme("p");
  AskForClaim(&AddPercentOff(&shadow, "b", 8'000, "F"));
  shadow.stage = Stage::kShadow;
  Run(Own(shadow));
  now_ = After(2);
  EXPECT_FALSE(ledger_->IsShadowed(OfEvent(Authorize(1, 1'000), kNow).command));
  const OwnedCommand claim = OfEvent(Authorize(1, 1'000), After(1));
  ASSERT_TRUE(ledger_->IsShadowed(claim.command));
  Event event;
  Result result;
  ledger_->DecideShadow(claim.command, now_, &event, &result);
  ExpectGiven(result, 800);
}

}  // namespace
}  // namespace gonghui
