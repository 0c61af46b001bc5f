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
    const Fen subsidy = SubsidyOf(rule, list);
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
      const Fen subsidy = SubsidyOf(rule, Fen{list});
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
  EXPECT_EQ(SubsidyOf(rule, Fen{kTransactionFenMax}), Fen{kTransactionFenMax});
}

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
