// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/server/price_words.h"

#include <array>

#include <gtest/gtest.h>

namespace gonghui {
namespace {

TEST(AmountsInWordsTest, ReadAsPeopleWriteThem) {
  EXPECT_EQ(YuanInWords(Fen{0}), "0.00 yuan");
  EXPECT_EQ(YuanInWords(Fen{123'456'705}), "1,234,567.05 yuan");
  EXPECT_EQ(ThousandsOf(999), "999");
  EXPECT_EQ(ThousandsOf(-1'000), "-1,000");
  EXPECT_EQ(PercentInWords(Bps{10'000}), "100%");
  EXPECT_EQ(PercentInWords(Bps{5}), "0.05%");
}

TEST(PriceInWordsTest, ReadsAsPeopleSayIt) {
  PriceRule price;
  price.amount = Fen{1};
  EXPECT_EQ(PriceInWords(price), "member pays 1 fen");
  price.amount = Fen{250};
  EXPECT_EQ(PriceInWords(price), "member pays 2.50 yuan");
  price = PriceRule{};
  price.kind = PriceKind::kPercentOff;
  price.rate = Bps{6'000};
  price.discount_max = Fen{5'000};
  EXPECT_EQ(PriceInWords(price), "60% off, at most 50.00 yuan");
  price.rate = Bps{1'250};
  price.threshold = Fen{10'000};
  EXPECT_EQ(PriceInWords(price), "12.50% off, from 100.00 yuan, at most 50.00 yuan");
  price = PriceRule{};
  price.kind = PriceKind::kThreshold;
  price.threshold = Fen{10'000};
  price.amount = Fen{2'000};
  EXPECT_EQ(PriceInWords(price), "20.00 yuan off from 100.00 yuan");
  price.repeat = true;
  EXPECT_EQ(PriceInWords(price), "20.00 yuan off each full 100.00 yuan");
  price = PriceRule{};
  price.kind = PriceKind::kFree;
  EXPECT_EQ(PriceInWords(price), "free");
}

TEST(PriceInWordsTest, TellsEachStep) {
  PriceRule price;
  price.kind = PriceKind::kTiers;
  const std::array<PriceStep, 2> tiers = {
      {{Fen{5'000}, Fen{}, Bps{1'000}, 0}, {Fen{20'000}, Fen{3'000}, Bps{}, 0}}};
  EXPECT_EQ(PriceInWords(price, tiers), "10% off from 50.00 yuan, 30.00 yuan off from 200.00 yuan");
  price.threshold = Fen{6'000};
  price.discount_max = Fen{4'000};
  EXPECT_EQ(PriceInWords(price, tiers),
            "10% off from 50.00 yuan, 30.00 yuan off from 200.00 yuan, not below 60.00 yuan, at "
            "most 40.00 yuan");
  price = PriceRule{};
  price.kind = PriceKind::kBands;
  const std::array<PriceStep, 2> bands = {
      {{Fen{}, Fen{}, Bps{}, 0}, {Fen{6'000'000}, Fen{}, Bps{5'050}, 0}}};
  EXPECT_EQ(PriceInWords(price, bands),
            "0% off the part from 0 fen, 50.50% off the part from 60,000.00 yuan");
  EXPECT_EQ(CountedOnInWords("own-cost"), ", counted on from limit own-cost");
}

}  // namespace
}  // namespace gonghui
