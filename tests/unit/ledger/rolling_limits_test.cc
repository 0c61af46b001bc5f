// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Limits over rolling windows, by union node, and without an end.

#include <cstdint>
#include <map>
#include <vector>

#include <gtest/gtest.h>

#include "engine/base/prng.h"
#include "tests/unit/ledger/rule_world.h"

namespace gonghui {
namespace {

class RollingLimitsTest : public RuleWorld {
 protected:
  void ApplyRolling(int64_t max,
                    uint8_t span,
                    WindowKind window = WindowKind::kDay,
                    LimitMeasure measure = LimitMeasure::kCount,
                    WhenExceeded when_exceeded = WhenExceeded::kRefuse) {
    Apply([&](OwnedProgramme& programme, BenefitSpec&) {
      LimitSpec& limit = AddLimit(programme, "rolling", max);
      limit.window = window;
      limit.span = span;
      limit.measure = measure;
      limit.when_exceeded = when_exceeded;
    });
  }
  const Result& SellOn(int64_t day, int64_t price = 100) {
    now_ = AfterDays(day);
    return Run(Own(Sale(++request_, price)));
  }
  // Midnight at which the business day `days` after the world's begins.
  static constexpr TimestampNs Midnight(int64_t days) { return After(24 * days - 10); }
  void ExpectLimit(int64_t used, int64_t held, int64_t left, TimestampNs resets_at) const {
    ASSERT_EQ(result_.limit_count, 1U);
    EXPECT_EQ(result_.limits[0].used, used);
    EXPECT_EQ(result_.limits[0].held, held);
    EXPECT_EQ(result_.limits[0].left, left);
    EXPECT_EQ(result_.limits[0].resets_at.value(), resets_at.value());
  }

  uint64_t request_ = 0;
};

TEST_F(RollingLimitsTest, TheSumOfTheWindowsIsCompared) {
  ApplyRolling(3, 7);
  ExpectGiven(SellOn(0), 50);
  ExpectLimit(1, 0, 2, Midnight(7));
  ExpectGiven(SellOn(3), 50);
  ExpectLimit(2, 0, 1, Midnight(10));
  ExpectGiven(SellOn(6), 50);
  ExpectLimit(3, 0, 0, Midnight(13));
  ExpectDeclined(SellOn(6), Reason::kExceedsFrequencyLimit, Midnight(7));
  ExpectLimit(3, 0, 0, Midnight(7));
  ExpectGiven(SellOn(7), 50);  // that of day 0 dropped out
  ExpectLimit(3, 0, 0, Midnight(14));
  ExpectDeclined(SellOn(9), Reason::kExceedsFrequencyLimit, Midnight(10));
  ExpectGiven(SellOn(30), 50);
  ExpectLimit(1, 0, 2, Midnight(37));
}

TEST_F(RollingLimitsTest, ARepeatTellsTheSameWhateverHappenedSince) {
  ApplyRolling(3, 7);
  SellOn(0);
  SellOn(1);
  const ResultLimit told = result_.limits[0];
  now_ = AfterDays(2);
  Run(Own(About(CommandKind::kRefund, 90, 1)));
  Run(Own(Sale(2, 100)));
  EXPECT_TRUE(result_.replay);
  ExpectLimit(told.used, told.held, told.left, told.resets_at);
}

TEST_F(RollingLimitsTest, HoldsCountAndARefundFindsItsOwnWindow) {
  ApplyRolling(2, 7);
  now_ = AfterDays(0);
  Run(Own(Authorize(1, 100)));
  ExpectLimit(0, 1, 1, Midnight(7));
  now_ = AfterDays(2);
  Run(Own(Sale(2, 100)));
  ExpectLimit(1, 1, 0, Midnight(9));
  now_ = AfterDays(3);
  ExpectDeclined(Run(Own(Sale(3, 100))), Reason::kExceedsFrequencyLimit, Midnight(7));
  ExpectLimit(1, 1, 0, Midnight(7));
  Run(Own(About(CommandKind::kRefund, 4, 2)));
  ExpectLimit(0, 1, 1, Midnight(9));
  Run(Own(About(CommandKind::kReverse, 5, 1)));
  ExpectGiven(Run(Own(Sale(6, 100))), 50);
  ExpectLimit(1, 0, 1, Midnight(10));
}

TEST_F(RollingLimitsTest, AmountsAreReducedToWhatIsLeftOfTheSum) {
  ApplyRolling(100, 3, WindowKind::kDay, LimitMeasure::kAmount, WhenExceeded::kReduce);
  ExpectGiven(SellOn(0, 120), 60);
  ExpectGiven(SellOn(1, 120), 40);
  ExpectLimit(100, 0, 0, Midnight(4));
  ExpectDeclined(SellOn(2), Reason::kExceedsAmountLimit, Midnight(3));
  ExpectGiven(SellOn(3, 1'000), 60);
  ExpectLimit(100, 0, 0, Midnight(6));
}

TEST_F(RollingLimitsTest, WeeksMonthsAndYearsRoll) {
  // The world's instant is a Monday.
  ApplyRolling(1, 2, WindowKind::kWeek);
  ExpectGiven(SellOn(0), 50);
  ExpectDeclined(SellOn(13), Reason::kExceedsFrequencyLimit, Midnight(14));
  ExpectGiven(SellOn(14), 50);
  ApplyRolling(1, 12, WindowKind::kMonth);  // from another counter
  ExpectGiven(SellOn(15), 50);              // in May
  const int64_t may = DayOf({2027, 5, 1}) - DayOf({2026, 5, 4});
  ExpectDeclined(SellOn(may - 1), Reason::kExceedsFrequencyLimit, Midnight(may));
  ExpectGiven(SellOn(may), 50);
  ApplyRolling(1, 3, WindowKind::kYear);
  ExpectGiven(SellOn(may), 50);
  const int64_t later = DayOf({2030, 1, 1}) - DayOf({2026, 5, 4});
  ExpectDeclined(SellOn(later - 1), Reason::kExceedsFrequencyLimit, Midnight(later));
  ExpectGiven(SellOn(later), 50);
}

TEST_F(RollingLimitsTest, ExplanationsAndEntitlementsAreOfTheSum) {
  ApplyRolling(2, 7);
  SellOn(0);
  SellOn(4);
  now_ = AfterDays(5);
  const EntitlementList& list = Entitlements();
  ASSERT_EQ(list.count, 1U);
  EXPECT_EQ(list.items[0].reason, Reason::kExceedsFrequencyLimit);
  EXPECT_EQ(list.items[0].next_eligible_at, Midnight(7));
  ASSERT_EQ(list.items[0].limit_count, 1U);
  EXPECT_EQ(list.items[0].limits[0].used, 2);
  EXPECT_EQ(list.items[0].limits[0].left, 0);
  EXPECT_EQ(list.items[0].limits[0].resets_at, Midnight(7));
  ChecksOf(OwnExplained(Quote(100)));
  const CheckResult* const check = CheckOf(Reason::kExceedsFrequencyLimit);
  ASSERT_NE(check, nullptr);
  EXPECT_FALSE(check->passed);
  EXPECT_EQ(check->limit.used, 2);
  EXPECT_EQ(check->limit.resets_at, Midnight(7));
  // With nothing counted: the window of now.
  now_ = AfterDays(40);
  EXPECT_EQ(Entitlements().items[0].limits[0].resets_at, Midnight(47));
}

TEST_F(RollingLimitsTest, AgainstAListOfAllUses) {
  constexpr uint64_t kSeed = 5;
  SCOPED_TRACE("seed 5: ledger_test --gtest_filter=RollingLimitsTest.AgainstAList*");
  Prng prng(kSeed);
  SetFund("F", kFundFenMax);
  for (const uint8_t span : {uint8_t{2}, uint8_t{7}, uint8_t{31}}) {
    ApplyRolling(4, span);
    std::map<int64_t, int64_t> uses;  // by day
    for (int64_t day = span * 1'000; day < span * 1'000 + 150; ++day) {
      for (uint64_t i = 0; i < prng.Below(3); ++i) {
        int64_t sum = 0;
        for (int64_t earlier = day - span + 1; earlier <= day; ++earlier) {
          sum += uses[earlier];
        }
        const Result& result = SellOn(day);
        EXPECT_EQ(result.transaction.outcome == Outcome::kApproved, sum < 4);
        uses[day] += sum < 4 ? 1 : 0;
        if (sum >= 4) {
          int64_t oldest = day - span + 1;
          while (uses[oldest] == 0) {
            ++oldest;
          }
          EXPECT_EQ(result.transaction.expires_at, Midnight(oldest + span));
        }
      }
    }
    uses.clear();
    ApplyRolling(1'000'000, 1, WindowKind::kYear);  // another counter in between
  }
}

// ---- Whom it counts by ---------------------------------------------------------------

class UnionLimitsTest : public RollingLimitsTest {
 protected:
  static constexpr uint64_t kFirstCard = 62'000'100;

  // U is a province; below it a city, below that two works; each member has a card.
  UnionLimitsTest() {
    AddNode("U", "", UnionLevel::kProvince);
    AddNode("city", "U", UnionLevel::kCity);
    AddNode("works-1", "city", UnionLevel::kEnterprise);
    AddNode("works-2", "city", UnionLevel::kEnterprise);
    AddMember("A", "works-1");
    AddMember("B", "works-2");
    AddMember("C", "city");
    AddMember("D", "U");
  }
  void AddNode(const char* id, const char* parent, UnionLevel level) {
    UnionNodeRequest node;
    node.id = CodeOf<UnionNodeId>(id);
    node.parent = *parent == '\0' ? UnionNodeId{} : CodeOf<UnionNodeId>(parent);
    node.level = level;
    Run(Own(node));
  }
  void AddMember(const char* id, const char* node) {
    MemberRequest member;
    member.id = CodeOf<MemberId>(id);
    member.union_node = CodeOf<UnionNodeId>(node);
    member.real_name_verified = true;
    Run(Own(member));
    CardRequest card;
    card.number = CardNumber{kFirstCard + static_cast<uint64_t>(*id)};
    card.member = member.id;
    Run(Own(card));
  }
  void ApplyByUnion(uint8_t level, int64_t max) {
    Apply([&](OwnedProgramme& programme, BenefitSpec&) {
      LimitSpec& limit = AddLimit(programme, "union", max);
      limit.subject = LimitSubject::kUnion;
      limit.union_level = level;
    });
  }
  const Result& SellTo(char member) {
    Command sale = Sale(++request_, 100);
    sale.authorize.card = CardNumber{kFirstCard + static_cast<uint64_t>(member)};
    return Run(Own(sale));
  }
};

TEST_F(UnionLimitsTest, ByTheMembersOwnNode) {
  ApplyByUnion(0, 1);
  ExpectGiven(SellTo('A'), 50);
  ExpectGiven(SellTo('B'), 50);
  ExpectGiven(SellTo('C'), 50);
  ExpectGiven(SellTo('D'), 50);
  ExpectDeclined(SellTo('A'), Reason::kExceedsFrequencyLimit, Midnight(1));
  EXPECT_EQ(result_.limits[0].used, 1);
}

TEST_F(UnionLimitsTest, ByTheAncestorOfALevelOrTheOwnNode) {
  ApplyByUnion(static_cast<uint8_t>(UnionLevel::kCity), 3);
  ExpectGiven(SellTo('A'), 50);
  ExpectGiven(SellTo('B'), 50);
  ExpectGiven(SellTo('C'), 50);
  EXPECT_EQ(result_.limits[0].used, 3);
  ExpectDeclined(SellTo('A'), Reason::kExceedsFrequencyLimit, Midnight(1));
  ExpectGiven(SellTo('D'), 50);  // above: by its own
  EXPECT_EQ(result_.limits[0].used, 1);
}

TEST_F(UnionLimitsTest, ByTheNearestOfALevel) {
  AddNode("branch", "works-1", UnionLevel::kEnterprise);
  AddMember("E", "branch");
  ApplyByUnion(static_cast<uint8_t>(UnionLevel::kEnterprise), 1);
  ExpectGiven(SellTo('E'), 50);
  ExpectGiven(SellTo('A'), 50);
  ExpectDeclined(SellTo('E'), Reason::kExceedsFrequencyLimit, Midnight(1));
}

TEST_F(UnionLimitsTest, AUseStaysWithTheNodeItWasTakenFrom) {
  ApplyByUnion(0, 1);
  ExpectGiven(SellTo('A'), 50);
  AddMember("A", "works-2");  // moves
  ExpectGiven(SellTo('A'), 50);
  Run(Own(About(CommandKind::kRefund, 90, 1)));
  EXPECT_EQ(result_.limits[0].used, 0);
  ExpectDeclined(SellTo('B'), Reason::kExceedsFrequencyLimit, Midnight(1));
  AddMember("B", "works-1");
  ExpectGiven(SellTo('B'), 50);
}

TEST_F(RollingLimitsTest, UnlimitedCountsAndNeverRefuses) {
  ApplyRolling(kLimitUnlimited, 1);
  for (int i = 0; i < 5; ++i) {
    ExpectGiven(SellOn(0), 50);
  }
  ExpectLimit(5, 0, kLimitUnlimited - 5, Midnight(1));
  Run(Own(Authorize(90, 100)));
  ExpectLimit(5, 1, kLimitUnlimited - 6, Midnight(1));
  EXPECT_EQ(Entitlements().items[0].reason, Reason::kNone);

  SetFund("F", kFundFenMax);
  ApplyRolling(kLimitUnlimited, 31, WindowKind::kDay, LimitMeasure::kAmount);
  ExpectGiven(SellOn(1, kTransactionFenMax), kTransactionFenMax / 2);
  ExpectGiven(SellOn(2, kTransactionFenMax), kTransactionFenMax / 2);
  ExpectLimit(kTransactionFenMax, 0, kLimitUnlimited - kTransactionFenMax, Midnight(33));
}

}  // namespace
}  // namespace gonghui
