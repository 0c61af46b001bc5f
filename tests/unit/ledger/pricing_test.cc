// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/ledger/pricing.h"

#include <cstdint>
#include <numeric>
#include <vector>

#include <gtest/gtest.h>

#include "engine/base/prng.h"
#include "engine/domain/limits.h"

namespace gonghui {
namespace {

PriceRule RandomRule(Prng& prng) {
  PriceRule rule;
  rule.kind = static_cast<PriceKind>(prng.Between(1, 4));
  rule.rounding = static_cast<Rounding>(prng.Between(1, 3));
  rule.repeat = prng.Chance(1, 2);
  rule.rate = Bps{static_cast<int32_t>(prng.Between(0, kBpsPerOne))};
  rule.amount = Fen{prng.Between(0, prng.Chance(1, 8) ? kTransactionFenMax : 1000)};
  rule.threshold = Fen{prng.Between(1, 1000)};
  rule.discount_max = Fen{prng.Chance(1, 2) ? 0 : prng.Between(1, 1000)};
  rule.member_pays_min = Fen{prng.Chance(1, 2) ? 0 : prng.Between(1, 100)};
  return rule;
}

TEST(PricingTest, NeverNegativeNeverMoreThanThePriceAndWithinItsBounds) {
  Prng prng(1);
  for (int i = 0; i < 200'000; ++i) {
    const PriceRule rule = RandomRule(prng);
    const Fen list{prng.Between(0, prng.Chance(1, 8) ? kTransactionFenMax : 3000)};
    const Fen subsidy = SubsidyOf(rule, {}, list);
    ASSERT_GE(subsidy, Fen{0});
    ASSERT_LE(subsidy, list);
    if (rule.discount_max > Fen{0}) {
      ASSERT_LE(subsidy, rule.discount_max);
    }
    if (subsidy > Fen{0}) {
      ASSERT_GE(list - subsidy, rule.member_pays_min);
    }
  }
}

// Capture relies on it: what has been earned is never unearned by capturing more.
TEST(PricingTest, ASubsidyNeverShrinksWhenThePriceGrows) {
  Prng prng(2);
  for (int i = 0; i < 5'000; ++i) {
    const PriceRule rule = RandomRule(prng);
    Fen before;
    for (int64_t list = 0; list < 300; ++list) {
      const Fen subsidy = SubsidyOf(rule, {}, Fen{list});
      ASSERT_GE(subsidy, before) << "list=" << list;
      before = subsidy;
    }
  }
}

TEST(PricingTest, TheLargestAmountsDoNotWrap) {
  PriceRule rule;
  rule.kind = PriceKind::kThreshold;
  rule.repeat = true;
  rule.threshold = Fen{1};
  rule.amount = Fen{kTransactionFenMax};
  EXPECT_EQ(SubsidyOf(rule, {}, Fen{kTransactionFenMax}), Fen{kTransactionFenMax});
}

// ---- Tiers and bands -----------------------------------------------------------------

PriceStep Step(int64_t from, int32_t rate, int64_t off = 0) {
  return PriceStep{Fen{from}, Fen{off}, Bps{rate}, 0};
}

PriceRule Stepped(PriceKind kind, Rounding rounding = Rounding::kHalfUp) {
  PriceRule rule;
  rule.kind = kind;
  rule.rounding = rounding;
  return rule;
}

TEST(TiersTest, TheLastStepThatIsReachedHoldsForAllOfIt) {
  const PriceRule rule = Stepped(PriceKind::kTiers);
  const std::vector<PriceStep> steps = {
      Step(1'000, 1'000), Step(5'000, 2'000), Step(9'000, 0, 4'000), Step(20'000, kBpsPerOne)};
  const auto subsidy = [&](int64_t price) { return SubsidyOf(rule, steps, Fen{price}).value(); };
  EXPECT_EQ(subsidy(0), 0);
  EXPECT_EQ(subsidy(999), 0);
  EXPECT_EQ(subsidy(1'000), 100);
  EXPECT_EQ(subsidy(4'999), 500);  // the member pays 4,499.1
  EXPECT_EQ(subsidy(5'000), 1'000);
  EXPECT_EQ(subsidy(8'999), 1'800);
  EXPECT_EQ(subsidy(9'000), 4'000);
  EXPECT_EQ(subsidy(19'999), 4'000);
  EXPECT_EQ(subsidy(20'000), 20'000);
}

TEST(TiersTest, ARateRoundsThePriceThatIsPaid) {
  const std::vector<PriceStep> steps = {Step(0, 3'333)};
  const auto subsidy = [&](Rounding rounding, int64_t price) {
    return SubsidyOf(Stepped(PriceKind::kTiers, rounding), steps, Fen{price}).value();
  };
  // The member pays 66.67 of 100, and 0.67 of 1.
  EXPECT_EQ(subsidy(Rounding::kHalfUp, 100), 33);
  EXPECT_EQ(subsidy(Rounding::kDown, 100), 34);
  EXPECT_EQ(subsidy(Rounding::kUp, 100), 33);
  EXPECT_EQ(subsidy(Rounding::kUp, 1), 0);
}

TEST(TiersTest, NoMoreIsTakenOffThanThereIs) {
  EXPECT_EQ(SubsidyOf(Stepped(PriceKind::kTiers), std::vector{Step(0, 0, 500)}, Fen{300}),
            Fen{300});
  PriceRule rule = Stepped(PriceKind::kTiers);
  rule.discount_max = Fen{200};
  rule.member_pays_min = Fen{150};
  EXPECT_EQ(SubsidyOf(rule, std::vector{Step(0, 0, 500)}, Fen{900}), Fen{200});
  EXPECT_EQ(SubsidyOf(rule, std::vector{Step(0, 0, 500)}, Fen{300}), Fen{150});
  EXPECT_EQ(SubsidyOf(rule, std::vector{Step(0, 0, 500)}, Fen{100}), Fen{0});
}

TEST(BandsTest, EachRateIsOfThePartInItsBand) {
  const PriceRule rule = Stepped(PriceKind::kBands);
  // Nothing up to 600, half up to 1,000, 60 % up to 2,000, all of what is beyond.
  const std::vector<PriceStep> steps = {
      Step(600, 5'000), Step(1'000, 6'000), Step(2'000, kBpsPerOne)};
  const auto subsidy = [&](int64_t price) { return SubsidyOf(rule, steps, Fen{price}).value(); };
  EXPECT_EQ(subsidy(0), 0);
  EXPECT_EQ(subsidy(600), 0);
  EXPECT_EQ(subsidy(601), 0);  // half a fen is left to the member
  EXPECT_EQ(subsidy(602), 1);
  EXPECT_EQ(subsidy(1'000), 200);
  EXPECT_EQ(subsidy(1'500), 500);
  EXPECT_EQ(subsidy(2'000), 800);
  EXPECT_EQ(subsidy(2'700), 1'500);
}

TEST(BandsTest, ThePriceIsRoundedOnceOfTheSum) {
  // The parts leave 0.4, 0.4 and 0.4 fen to pay: one and a fifth together.
  const std::vector<PriceStep> steps = {Step(0, 6'000), Step(1, 6'000), Step(2, 6'000)};
  const auto pays = [&](Rounding rounding) {
    return 3 - SubsidyOf(Stepped(PriceKind::kBands, rounding), steps, Fen{3}).value();
  };
  EXPECT_EQ(pays(Rounding::kHalfUp), 1);
  EXPECT_EQ(pays(Rounding::kDown), 1);
  EXPECT_EQ(pays(Rounding::kUp), 2);
}

TEST(BandsTest, TheLargestAmountsAreExact) {
  const std::vector<PriceStep> steps = {Step(0, 1), Step(kTransactionFenMax / 2, 9'999)};
  EXPECT_EQ(SubsidyOf(Stepped(PriceKind::kBands), steps, Fen{kTransactionFenMax}),
            Fen{kTransactionFenMax / 2});
  const std::vector<PriceStep> all = {Step(0, kBpsPerOne)};
  EXPECT_EQ(SubsidyOf(Stepped(PriceKind::kBands), all, Fen{INT64_MAX}), Fen{INT64_MAX});
}

// Fen by fen, in ten-thousandths.
TEST(BandsTest, AsCountedFenByFen) {
  SCOPED_TRACE("seed 4: ledger_test --gtest_filter=BandsTest.AsCounted*");
  Prng prng(4);
  for (int round = 0; round < 2'000; ++round) {
    std::vector<PriceStep> steps;
    int64_t from = prng.Between(0, 20);
    for (uint64_t i = 0; i < 1 + prng.Below(5); ++i) {
      steps.push_back(Step(from, static_cast<int32_t>(prng.Between(0, kBpsPerOne))));
      from += prng.Between(1, 30);
    }
    const auto rounding = static_cast<Rounding>(prng.Between(1, 3));
    const PriceRule rule = Stepped(PriceKind::kBands, rounding);
    int64_t exact = 0;
    Fen before;
    for (int64_t price = 0; price < 120; ++price) {
      const int64_t bias = rounding == Rounding::kUp       ? 9'999
                           : rounding == Rounding::kHalfUp ? 5'000
                                                           : 0;
      const Fen subsidy = SubsidyOf(rule, steps, Fen{price});
      ASSERT_EQ(subsidy, Fen{price - (exact + bias) / 10'000});
      ASSERT_GE(subsidy, before);
      before = subsidy;
      int64_t rate = 0;  // of the fen from `price` to the next
      for (const PriceStep& step : steps) {
        rate = step.from.value() <= price ? step.rate.value() : rate;
      }
      exact += 10'000 - rate;
    }
  }
}

// ---- Splits ---------------------------------------------------------------------------

std::vector<Fen> Split(int64_t amount, const std::vector<int64_t>& weights) {
  std::vector<Fen> parts(weights.size());
  SplitByLargestRemainder<kLinesPerTransactionMax>(Fen{amount}, weights, parts);
  if (weights.size() <= 8) {
    std::vector<Fen> few(weights.size());
    SplitByLargestRemainder(Fen{amount}, weights, few);
    EXPECT_EQ(few, parts);
  }
  return parts;
}

TEST(SplitTest, TiesGoToTheFirst) {
  EXPECT_EQ(Split(1, {5000, 5000}), (std::vector<Fen>{Fen{1}, Fen{0}}));
  EXPECT_EQ(Split(100, {3333, 3333, 3334}), (std::vector<Fen>{Fen{33}, Fen{33}, Fen{34}}));
  EXPECT_EQ(Split(2, {1, 1, 1}), (std::vector<Fen>{Fen{1}, Fen{1}, Fen{0}}));
  EXPECT_EQ(Split(0, {}), std::vector<Fen>{});
  EXPECT_EQ(Split(0, {0, 0}), (std::vector<Fen>{Fen{0}, Fen{0}}));
  EXPECT_EQ(Split(3, {0, 3}), (std::vector<Fen>{Fen{0}, Fen{3}}));
}

TEST(SplitTest, PartsReAddAreFairAndNeverExceedTheirWeight) {
  Prng prng(3);
  for (int i = 0; i < 50'000; ++i) {
    std::vector<int64_t> weights;
    const uint64_t count = 1 + prng.Below(prng.Chance(1, 4) ? kLinesPerTransactionMax : 8);
    for (uint64_t j = 0; j < count; ++j) {
      weights.push_back(
          prng.Chance(1, 4) ? 0 : prng.Between(0, prng.Chance(1, 4) ? kTransactionFenMax : 20));
    }
    const int64_t sum = std::accumulate(weights.begin(), weights.end(), int64_t{0});
    if (sum == 0) {
      continue;
    }
    const int64_t amount = prng.Between(0, sum);
    const std::vector<Fen> parts = Split(amount, weights);
    int64_t total = 0;
    for (size_t j = 0; j < parts.size(); ++j) {
      const int64_t part = parts[j].value();
      const Int128 exact = static_cast<Int128>(amount) * weights[j];  // times sum
      total += part;
      ASSERT_LE(part, weights[j]);
      ASSERT_TRUE(static_cast<Int128>(part + 1) * sum > exact);
      ASSERT_TRUE(static_cast<Int128>(part - 1) * sum < exact);
    }
    ASSERT_EQ(total, amount);
  }
}

}  // namespace
}  // namespace gonghui
