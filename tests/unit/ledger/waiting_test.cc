// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Whom a benefit is for beyond segments: sex, segments that exclude, waiting periods; and
// the terminals at which it is given.

#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/ledger/rule_world.h"

namespace gonghui {
namespace {

class WaitingTest : public RuleWorld {
 protected:
  WaitingTest() {
    DefineSegment("hardship");
    DefineSegment("model");
    DefineSegment("retired");
  }
  const Result& Sell() { return Run(Own(Sale(++request_, 100))); }
  const Result& SellAt(TimestampNs at) {
    now_ = at;
    return Sell();
  }
  static PoolRange Segments(OwnedProgramme& programme, const std::vector<const char*>& codes) {
    std::vector<SegmentCode> segments;
    for (const char* const code : codes) {
      segments.push_back(CodeOf<SegmentCode>(code));
    }
    return Append(programme.segments, segments);
  }

  uint64_t request_ = 0;
};

TEST_F(WaitingTest, ASexThatIsNotKnownIsNoneOfThem) {
  Apply([](OwnedProgramme&, BenefitSpec& benefit) { benefit.sexes = MaskOf(Sex::kFemale); });
  ExpectDeclined(Sell(), Reason::kNotPermittedToMember);
  ChangeMember([](MemberRequest& member) { member.sex = Sex::kMale; });
  ExpectDeclined(Sell(), Reason::kNotPermittedToMember);
  EXPECT_EQ(Entitlements().count, 0U);
  ChangeMember([](MemberRequest& member) { member.sex = Sex::kFemale; });
  ExpectGiven(Sell(), 50);
  EXPECT_EQ(Entitlements().count, 1U);
  // The rest of a price by attribute: those who are not known, too.
  Apply([](OwnedProgramme&, BenefitSpec& benefit) {
    benefit.sexes = MaskOf(Sex::kFemale) | MaskOf(Sex::kUnknown);
  });
  ExpectGiven(Sell(), 50);
  ChangeMember([](MemberRequest& member) { member.sex = Sex::kUnknown; });
  ExpectGiven(Sell(), 50);
}

TEST_F(WaitingTest, ASegmentMayExclude) {
  Apply([](OwnedProgramme& programme, BenefitSpec& benefit) {
    benefit.segments_none = Segments(programme, {"retired", "model"});
    benefit.segment_days_min = 30;  // of those that exclude at once
    benefit.segments_any = Segments(programme, {"hardship"});
  });
  const auto set = [this](bool retired) {
    ChangeMember([retired](MemberRequest& member) {
      AddSpan(&member, "hardship", After(-24 * 90));
      if (retired) {
        AddSpan(&member, "retired", After(-1), After(24));
      }
    });
  };
  set(false);
  ExpectGiven(Sell(), 50);
  set(true);
  ExpectDeclined(Sell(), Reason::kNotPermittedToMember);
  EXPECT_EQ(Entitlements().count, 0U);
  ExpectGiven(SellAt(After(24)), 50);  // no longer retired
}

TEST_F(WaitingTest, ASegmentCountsFromSoManyDaysAfterItBegan) {
  Apply([](OwnedProgramme& programme, BenefitSpec& benefit) {
    benefit.segments_any = Segments(programme, {"hardship", "model"});
    benefit.segment_days_min = 30;
  });
  ExpectDeclined(Sell(), Reason::kNotPermittedToMember);
  ChangeMember([](MemberRequest& member) { AddSpan(&member, "hardship", kNow); });
  ExpectDeclined(Sell(), Reason::kWaitingPeriod, AfterDays(30));
  const EntitlementList& list = Entitlements();
  ASSERT_EQ(list.count, 1U);
  EXPECT_EQ(list.items[0].reason, Reason::kWaitingPeriod);
  EXPECT_EQ(list.items[0].next_eligible_at, AfterDays(30));
  // Of several that are enough the first.
  ChangeMember([](MemberRequest& member) {
    AddSpan(&member, "hardship", kNow);
    AddSpan(&member, "model", After(-24));
    AddSpan(&member, "retired", After(-24 * 400));  // not asked for
  });
  ExpectDeclined(Sell(), Reason::kWaitingPeriod, AfterDays(29));
  ExpectDeclined(
      SellAt(TimestampNs{AfterDays(29).value() - 1}), Reason::kWaitingPeriod, AfterDays(29));
  ExpectGiven(SellAt(AfterDays(29)), 50);
}

TEST_F(WaitingTest, OfAllThatAreAskedForTheLast) {
  Apply([](OwnedProgramme& programme, BenefitSpec& benefit) {
    benefit.segments_all = Segments(programme, {"hardship", "model"});
    benefit.segments_any = Segments(programme, {"retired"});
    benefit.segment_days_min = 10;
  });
  ChangeMember([](MemberRequest& member) {
    AddSpan(&member, "hardship", After(-24 * 9));
    AddSpan(&member, "model", After(-24 * 2));
    AddSpan(&member, "model", After(-24 * 5));                    // the longer one counts
    AddSpan(&member, "model", After(-24 * 90), After(-24 * 80));  // over
    AddSpan(&member, "retired", After(-24 * 4));
  });
  ExpectDeclined(Sell(), Reason::kWaitingPeriod, AfterDays(6));  // retired
  ChangeMember([](MemberRequest& member) {
    AddSpan(&member, "hardship", After(-24 * 9));
    AddSpan(&member, "model", After(-24 * 5));
    AddSpan(&member, "retired", After(-24 * 40));
  });
  ExpectDeclined(Sell(), Reason::kWaitingPeriod, AfterDays(5));
  ExpectGiven(SellAt(AfterDays(5)), 50);
}

TEST_F(WaitingTest, AMemberForSoManyDays) {
  Apply([](OwnedProgramme&, BenefitSpec& benefit) { benefit.member_days_min = 90; });
  ExpectDeclined(Sell(), Reason::kNotPermittedToMember);  // nobody knows since when
  EXPECT_EQ(Entitlements().count, 0U);
  // Since 2026-02-04, and so from 2026-05-05 on.
  const auto joined = static_cast<JoinedDay>(DayOf({2026, 2, 4}) - kJoinedDayZero);
  ChangeMember([joined](MemberRequest& member) { member.joined_day = joined; });
  ExpectDeclined(Sell(), Reason::kWaitingPeriod, After(14));
  EXPECT_EQ(Entitlements().items[0].reason, Reason::kWaitingPeriod);
  ExpectGiven(SellAt(After(14)), 50);
  ExpectGiven(Sell(), 50);
}

TEST_F(WaitingTest, TheDayOfJoiningIsOfTheProgrammesCalendar) {
  Apply([](OwnedProgramme& programme, BenefitSpec& benefit) {
    programme.spec.calendar = TestCalendar("Asia:Shanghai", 4 * 3600);
    benefit.member_days_min = 1;
    benefit.segments_any = Segments(programme, {"hardship"});
    benefit.segment_days_min = 1;
  });
  const auto set = [this](int64_t hours) {
    ChangeMember([hours](MemberRequest& member) {
      member.joined_day = static_cast<JoinedDay>(DayOf({2026, 5, 4}) - kJoinedDayZero);
      AddSpan(&member, "hardship", After(hours));
    });
  };
  set(-20);
  ExpectDeclined(Sell(), Reason::kWaitingPeriod, After(18));  // 04:00 on the next day
  set(-2);
  ExpectDeclined(Sell(), Reason::kWaitingPeriod, After(22));  // the later of the two
}

TEST_F(WaitingTest, WaitingIsAskedAfterAllOtherRules) {
  Apply([](OwnedProgramme&, BenefitSpec& benefit) {
    benefit.member_days_min = 90;
    benefit.price.threshold = Fen{500};
  });
  ChangeMember([](MemberRequest& member) {
    member.joined_day = static_cast<JoinedDay>(DayOf({2026, 5, 1}) - kJoinedDayZero);
  });
  ExpectDeclined(Sell(), Reason::kBelowMinimumAmount);
  const std::vector<Reason> checks = ChecksOf(OwnExplained(Quote(100)));
  ASSERT_NE(CheckOf(Reason::kWaitingPeriod), nullptr);
  EXPECT_FALSE(CheckOf(Reason::kWaitingPeriod)->passed);
  EXPECT_EQ(CheckOf(Reason::kNoEligibleItem), nullptr);
}

TEST_F(WaitingTest, OnlyAtTheTerminalsThatAreListed) {
  for (const char* const id : {"T2", "T3", "T4"}) {
    TerminalRequest terminal;
    terminal.id = CodeOf<TerminalId>(id);
    terminal.merchant = CodeOf<MerchantId>("S1");
    Run(Own(terminal));
  }
  const auto sell_at = [this](const char* terminal) -> const Result& {
    Command sale = Sale(++request_, 100);
    sale.terminal = CodeOf<TerminalId>(terminal);
    return Run(Own(sale));
  };
  Apply([](OwnedProgramme& programme, BenefitSpec& benefit) {
    benefit.terminals =
        Append(programme.terminals, {CodeOf<TerminalId>("T4"), CodeOf<TerminalId>("T2")});
  });
  ExpectDeclined(sell_at("T1"), Reason::kNotPermittedToTerminal);
  ExpectGiven(sell_at("T2"), 50);
  ExpectDeclined(sell_at("T3"), Reason::kNotPermittedToTerminal);
  ExpectGiven(sell_at("T4"), 50);
  ChecksOf(OwnExplained(Quote(100)));
  EXPECT_FALSE(CheckOf(Reason::kNotPermittedToTerminal)->passed);
  // The kind is asked as well.
  Apply([](OwnedProgramme& programme, BenefitSpec& benefit) {
    benefit.terminals = Append(programme.terminals, {CodeOf<TerminalId>("T2")});
    benefit.terminal_kinds = MaskOf(TerminalKind::kGate);
  });
  ExpectDeclined(sell_at("T2"), Reason::kNotPermittedToTerminal);
}

}  // namespace
}  // namespace gonghui
