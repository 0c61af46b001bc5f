// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Benefits that combine, when they are authorized.

#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "engine/ledger/ledger.h"
#include "tests/testing/names.h"
#include "tests/unit/ledger/combine_world.h"

namespace gonghui {
namespace {

class CombineTest : public CombineWorld {};

// ---- Layers ------------------------------------------------------------------------

TEST_F(CombineTest, EachLayerIsReckonedOnTheListPriceOrOnTheRest) {
  AddLayer("union", 1, 2'000, "F");
  AddLayer("shop", 2, 1'000, "G", StackBase::kRest);
  AddLayer("city", 3, 500, "H");
  Apply();
  EXPECT_EQ(Decided(Authorize(1, 10'000)), "union:F=2000 shop:G=800 city:H=500");
  EXPECT_EQ(result_.transaction.outcome, Outcome::kApproved);
  EXPECT_EQ(result_.transaction.subsidy, Fen{3'300});
  EXPECT_EQ(result_.transaction.member_pays, Fen{6'700});
  EXPECT_EQ(Decided(Sale(2, 10'000)), "union:F=2000 shop:G=800 city:H=500");
  EXPECT_EQ(FundOf("G").held, Fen{800});
  EXPECT_EQ(FundOf("G").spent, Fen{800});
  Command quote = Authorize(3, 10'000);
  quote.kind = CommandKind::kQuote;
  EXPECT_EQ(Decided(quote), "union:F=2000 shop:G=800 city:H=500");
}

TEST_F(CombineTest, TheRestIsThatOfTheBenefitsOwnBase) {
  // Of 1,001 fen 334 are left out of the first benefit; the second is for tea alone.
  AddLayer("union", 1, 3'333, "F");
  BenefitSpec& tea = AddLayer("tea", 2, 5'000, "G", StackBase::kRest);
  tea.items_any = Append(programme_.items, {CodeOf<ItemCode>("tea")});
  Apply();
  // 1001 - round(1001 x 0.6667) = 334 off; 100 x 667 / 1001 = 66.6: 67, of which 33 are off.
  EXPECT_EQ(Given(Run(OwnWithLines(Sale(1, 1'001), {Item("tea", 100), Item("rice", 901)}))),
            "union:F=334 tea:G=33");
  EXPECT_EQ(Given(Run(OwnWithLines(Sale(2, 901), {Item("rice", 901)}))), "union:F=300");
}

TEST_F(CombineTest, OfALayerTheOneThatGivesMostThereTiesToTheFirst) {
  AddLayer("first", 2, 2'000, "F");
  AddLayer("equal", 2, 2'000, "G");
  AddLayer("least", 2, 1'000, "H");
  AddLayer("before", 1, 1'000, "H");
  Apply();
  EXPECT_EQ(Decided(Sale(1, 1'000)), "before:H=100 first:F=200");
  // By the price that is left: 25 off a rest of 90 or more, 22 % off it else.
  programme_ = Programme("p");
  AddLayer("before", 1, 1'000, "H");
  AddLayer("percent", 2, 2'200, "F", StackBase::kRest);
  MakeThreshold(&AddLayer("threshold", 2, 0, "G", StackBase::kRest), 90, 25);
  Apply();
  EXPECT_EQ(Decided(Sale(2, 100)), "before:H=10 threshold:G=25");
  EXPECT_EQ(Decided(Sale(3, 99)), "before:H=10 percent:F=20");
  EXPECT_EQ(Decided(Sale(4, 200)), "before:H=20 percent:F=40");
}

TEST_F(CombineTest, ALayerIsLeftOutWhenNoneOfItPasses) {
  BenefitSpec& early = AddLayer("early", 1, 5'000, "F");
  early.starts_at = After(1);
  AddLayer("late", 3, 1'000, "G", StackBase::kRest);
  MakeThreshold(&AddLayer("high", 2, 0, "H", StackBase::kRest), 901, 100);
  Apply();
  EXPECT_EQ(Decided(Sale(1, 900)), "late:G=90");
  EXPECT_EQ(Decided(Sale(2, 901)), "high:H=100 late:G=80");
  now_ = After(1);
  EXPECT_EQ(Decided(Sale(3, 1'000)), "early:F=500 late:G=50");
}

TEST_F(CombineTest, TogetherNoMoreThanThePrice) {
  AddLayer("first", 1, 6'000, "F");
  AddLayer("second", 2, 6'000, "G");
  AddLayer("third", 3, 1'000, "H");
  Apply();
  EXPECT_EQ(Decided(Sale(1, 1'000)), "first:F=600 second:G=400");  // of nothing nothing is off
  EXPECT_EQ(result_.transaction.member_pays, Fen{0});
  EXPECT_EQ(Decided(Sale(2, 0)), "no_effect");
}

TEST_F(CombineTest, WhatTheMemberPaysAtLeastIsOfWhatIsLeft) {
  AddLayer("first", 1, 6'000, "F");
  AddLayer("second", 2, 5'000, "G").price.member_pays_min = Fen{150};
  AddLayer("third", 3, 5'000, "H").price.member_pays_min = Fen{1'000};
  Apply();
  EXPECT_EQ(Decided(Sale(1, 1'000)), "first:F=600 second:G=250");
  EXPECT_EQ(result_.transaction.member_pays, Fen{150});
}

TEST_F(CombineTest, FreeOfAnEarlierLayerStillHandsOut) {
  AddLayer("all", 1, 10'000, "F");
  BenefitSpec& pack = AddLayer("pack", 2, 0, "F", StackBase::kRest);
  pack.price.kind = PriceKind::kFree;
  pack.funding = PoolRange{};
  pack.stock = CodeOf<FundCode>("packs");
  pack.stock_units = 2;
  FundRequest stock;
  stock.code = CodeOf<FundCode>("packs");
  stock.asset = Asset::kThing;
  stock.budget = Fen{3};
  Run(Own(stock));
  Apply();
  EXPECT_EQ(Decided(Authorize(1, 500)), "all:F=500 pack:packs=2");
  EXPECT_EQ(Decided(Authorize(2, 500)), "all:F=500");  // one pack is left
  Run(Own(About(CommandKind::kCapture, 3, 1)));
  EXPECT_EQ(StandingOf(1), "all:F=0/500 pack:packs=0/2");
}

// ---- Against those that stand alone --------------------------------------------------

TEST_F(CombineTest, TheCombinationWinsOnlyWhenItGivesMore) {
  AddAlone("alone", 2'800, "H");
  AddLayer("union", 1, 2'000, "F");
  AddLayer("shop", 2, 1'000, "G", StackBase::kRest);
  Apply();
  EXPECT_EQ(Decided(Sale(1, 10'000)), "alone:H=2800");
  EXPECT_EQ(Decided(Sale(2, 9'999)), "alone:H=2800");  // 2,000 + 800
  SetFund("H", 5'600);
  EXPECT_EQ(Decided(Sale(3, 10'000)), "union:F=2000 shop:G=800");
}

TEST_F(CombineTest, OneLayerCompetesAsACombinationOfOne) {
  AddLayer("union", 4, 2'000, "F", StackBase::kRest);
  AddAlone("alone", 1'000, "H");
  Apply();
  EXPECT_EQ(Decided(Sale(1, 1'000)), "union:F=200");
  SetFund("F", 200);
  EXPECT_EQ(Decided(Sale(2, 1'000)), "alone:H=100");
}

TEST_F(CombineTest, ACombinationOfNothingIsBetterThanNone) {
  // Free, at no price: a use is counted, and no money moves.
  BenefitSpec& entry = AddLayer("entry", 1, 0, "F");
  entry.price.kind = PriceKind::kFree;
  AddLayer("shop", 2, 1'000, "G");
  Apply();
  EXPECT_EQ(Decided(Sale(1, 0)), "entry:F=0");
  EXPECT_EQ(result_.transaction.outcome, Outcome::kApproved);
}

TEST_F(CombineTest, OfWhatIsNamedAloneTheProgrammesOwn) {
  AddLayer("union", 1, 2'000, "F");
  Apply();
  OwnedProgramme other = Programme("q");
  AddPercentOff(&other, "shop", 1'000, "G").layer = 2;
  Run(Own(other));
  EXPECT_EQ(Decided(Sale(1, 1'000)), "union:F=200 shop:G=100");
  Command sale = Sale(2, 1'000);
  sale.authorize.programme = CodeOf<ProgrammeCode>("q");
  EXPECT_EQ(Decided(sale), "shop:G=100");
}

// ---- Limits and funds ----------------------------------------------------------------

TEST_F(CombineTest, ALaterLayerFindsWhatAnEarlierOneLeavesOfALimit) {
  const uint32_t both = AddLimit("both", LimitMeasure::kAmount, 250);
  programme_.limits[both].when_exceeded = WhenExceeded::kReduce;
  const uint32_t uses = AddLimit("uses", LimitMeasure::kCount, 3);
  LimitBy(&AddLayer("union", 1, 2'000, "F"), {both, uses});
  LimitBy(&AddLayer("shop", 2, 1'000, "G"), {both, uses});
  Apply();
  EXPECT_EQ(Decided(Authorize(1, 1'000)), "union:F=200 shop:G=50");
  EXPECT_EQ(result_.transaction.outcome, Outcome::kApproved);  // that is its rule
  EXPECT_EQ(Limits(), "both=0/200/50 uses=0/1/2 both=0/250/0 uses=0/2/1");
  EXPECT_TRUE(Run(Own(Authorize(1, 1'000))).replay);
  EXPECT_EQ(Limits(), "both=0/200/50 uses=0/1/2 both=0/250/0 uses=0/2/1");
  EXPECT_EQ(Decided(Authorize(2, 1'000)), "exceeds_amount_limit");
  Run(Own(About(CommandKind::kReverse, 3, 1)));
  // Of the uses one is left for the second sale.
  EXPECT_EQ(Decided(Sale(4, 100)), "union:F=20 shop:G=10");
  EXPECT_EQ(Limits(), "both=20/0/230 uses=1/0/2 both=30/0/220 uses=2/0/1");
  EXPECT_EQ(Decided(Sale(5, 100)), "union:F=20");
  EXPECT_EQ(Limits(), "both=50/0/200 uses=3/0/0");
  EXPECT_EQ(Decided(Sale(6, 100)), "exceeds_frequency_limit");
}

TEST_F(CombineTest, ALaterLayerFindsWhatAnEarlierOneLeavesOfAFund) {
  AddLayer("union", 1, 2'000, "F");
  AddLayer("shop", 2, 1'000, "F");
  AddLayer("city", 3, 1'000, "G");
  Apply();
  SetFund("F", 250);
  EXPECT_EQ(Decided(Sale(1, 1'000)), "union:F=200 city:G=100");
  SetFund("F", 500);
  EXPECT_EQ(Decided(Sale(2, 1'000)), "union:F=200 shop:F=100 city:G=100");
  // A caller who takes a part is given what the fund still has.
  Command part = Sale(3, 1'000);
  part.authorize.allow_partial = true;
  SetFund("F", 750);
  EXPECT_EQ(Decided(part), "union:F=200 shop:F=50 city:G=100");
  EXPECT_EQ(result_.transaction.outcome, Outcome::kApprovedPartial);
}

TEST_F(CombineTest, TheBestOfALayerIsByWhatLimitsLeave) {
  const uint32_t small = AddLimit("small", LimitMeasure::kAmount, 60);
  programme_.limits[small].when_exceeded = WhenExceeded::kReduce;
  LimitBy(&AddLayer("large", 2, 2'000, "F"), {small});
  AddLayer("steady", 2, 1'000, "G");
  AddLayer("before", 1, 1'000, "H");
  Apply();
  EXPECT_EQ(Decided(Sale(1, 500)), "before:H=50 large:F=60");
  EXPECT_EQ(Decided(Sale(2, 500)), "before:H=50 steady:G=50");
}

TEST_F(CombineTest, AtMostThree) {
  for (uint8_t layer = 1; layer <= kLayersMax; ++layer) {
    AddLayer(std::string(1, static_cast<char>('a' + layer)).c_str(), layer, 1'000, "F");
  }
  Apply();
  EXPECT_EQ(Decided(Sale(1, 1'000)), "b:F=100 c:F=100 d:F=100");
}

TEST_F(CombineTest, OneWithoutRoomForItsSharesIsPassedOver) {
  FundBy(&AddLayer("four", 1, 1'000, "F"), {"F", "G", "H", "F"});
  FundBy(&AddLayer("three", 2, 1'000, "F"), {"F", "G", "H"});
  FundBy(&AddLayer("two", 3, 1'000, "F"), {"F", "G"});
  AddLayer("one", 3, 500, "H");
  Apply();
  EXPECT_EQ(Decided(Sale(1, 1'200)),
            "four:F=30 four:G=30 four:H=30 four:F=30 three:F=40 three:G=40 three:H=40 one:H=60");
}

TEST_F(CombineTest, OneWithoutRoomForItsUsesIsPassedOver) {
  std::vector<uint32_t> eight;
  for (const char* code : {"a", "b", "c", "d", "e", "f", "g", "h"}) {
    eight.push_back(AddLimit(code, LimitMeasure::kCount, 10));
  }
  LimitBy(&AddLayer("first", 1, 1'000, "F"), eight);
  LimitBy(&AddLayer("second", 2, 1'000, "G"), eight);
  LimitBy(&AddLayer("third", 3, 1'000, "H"), {eight[0]});
  AddLayer("fourth", 3, 100, "H");
  Apply();
  EXPECT_EQ(Decided(Sale(1, 1'000)), "first:F=100 second:G=100 fourth:H=10");
  EXPECT_EQ(result_.limit_count, kUsesPerTransactionMax);
  EXPECT_EQ(result_.limits[15].used, 2);
  EXPECT_EQ(ledger_->counters().size(), 8U) << "the second one's uses are of the first one's";
}

TEST_F(CombineTest, EachLimitResetsByItsOwnCalendar) {
  const uint32_t daily = AddLimit("daily", LimitMeasure::kCount, 2);
  LimitBy(&AddLayer("union", 1, 1'000, "F"), {daily});
  Apply();
  OwnedProgramme other = Programme("q");
  other.spec.calendar = TestCalendar("America:New_York");
  BenefitSpec& shop = AddPercentOff(&other, "shop", 1'000, "G");
  shop.layer = 2;
  other.limits = programme_.limits;
  shop.limits = Append<uint32_t>(other.limit_refs, {0});
  Run(Own(other));
  for (const bool repeat : {false, true}) {
    SCOPED_TRACE(repeat);
    EXPECT_EQ(Decided(Sale(1, 100)), "union:F=10 shop:G=10");
    ASSERT_EQ(result_.limit_count, 2U);
    // Midnight of Shanghai, and of New York (-04:00).
    EXPECT_EQ(TextOf(result_.limits[0].resets_at), "2026-05-05T00:00:00+08:00");
    EXPECT_EQ(TextOf(result_.limits[1].resets_at), "2026-05-04T12:00:00+08:00");
  }
}

// ---- Declines ------------------------------------------------------------------------

TEST_F(CombineTest, WhenNothingAppliesTheAnswerIsAboutTheOneThatCameFurthest) {
  AddAlone("alone", 1'000, "H").starts_at = After(5);
  MakeThreshold(&AddLayer("union", 1, 0, "F"), 1'000, 100);
  const uint32_t daily = AddLimit("daily", LimitMeasure::kCount, 1);
  LimitBy(&AddLayer("shop", 2, 1'000, "G"), {daily});
  Apply();
  EXPECT_EQ(Decided(Sale(1, 999)), "shop:G=100");
  EXPECT_EQ(Decided(Sale(2, 999)), "exceeds_frequency_limit");
  EXPECT_EQ(Limits(), "daily=1/0/0");
  EXPECT_EQ(TextOf(result_.transaction.expires_at), "2026-05-05T00:00:00+08:00");
  EXPECT_EQ(TextOf(ledger_->benefits()[result_.transaction.benefit].code), "shop");
  // It would have had its effect on the list price alone.
  EXPECT_EQ(Decided(Sale(3, 1'000)), "union:F=100");
  Command full = Sale(4, 999);
  full.authorize.if_no_benefit = IfNoBenefit::kFullPrice;
  EXPECT_EQ(Decided(full), "");
  EXPECT_EQ(result_.transaction.reason, Reason::kExceedsFrequencyLimit);
  EXPECT_EQ(result_.transaction.member_pays, Fen{999});
}

TEST_F(CombineTest, AFailingOneIsNoReasonWhileAnotherApplies) {
  AddLayer("union", 1, 1'000, "F").starts_at = After(5);
  AddAlone("alone", 1'000, "H");
  Apply();
  EXPECT_EQ(Decided(Sale(1, 999)), "alone:H=100");
  EXPECT_EQ(result_.transaction.reason, Reason::kNone);
}

// ---- Lines ---------------------------------------------------------------------------

TEST_F(CombineTest, NoLineBearsMoreThanItsPrice) {
  BenefitSpec& tea = AddLayer("tea", 1, 10'000, "F");
  tea.items_any = Append(programme_.items, {CodeOf<ItemCode>("tea")});
  AddLayer("shop", 2, 5'000, "G", StackBase::kRest);
  Apply();
  const auto subsidies = [this] {
    std::vector<int64_t> of;
    for (uint32_t i = 0; i < details().line_count; ++i) {
      of.push_back(details().lines[i].subsidy.value());
    }
    return of;
  };
  // All of the tea, and half of the others, which is all that is left.
  EXPECT_EQ(
      Given(Run(OwnWithLines(Sale(1, 100), {Item("tea", 10), Item("rice", 60), Item("salt", 30)}))),
      "tea:F=10 shop:G=45");
  EXPECT_EQ(subsidies(), (std::vector<int64_t>{10, 30, 15}));

  // The first takes nine tenths of every line, so that the tea has too little left for what
  // the second gives of it.
  programme_ = Programme("p");
  AddLayer("shop", 1, 9'000, "G");
  BenefitSpec& half = AddLayer("tea", 2, 5'000, "F");
  half.items_any = Append(programme_.items, {CodeOf<ItemCode>("tea")});
  Apply();
  EXPECT_EQ(
      Given(Run(OwnWithLines(Sale(2, 100), {Item("tea", 40), Item("rice", 40), Item("salt", 20)}))),
      "shop:G=90 tea:F=10");
  EXPECT_EQ(subsidies(), (std::vector<int64_t>{40, 40, 20}));
}

}  // namespace
}  // namespace gonghui
