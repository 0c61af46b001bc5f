// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tools/load/card_picker.h"

#include <algorithm>
#include <map>

#include <gtest/gtest.h>

namespace gonghui::load {
namespace {

TEST(CardPickerTest, UniformReachesEveryCardAboutEqually) {
  const CardPicker picker(CardOrder::kUniform, 10);
  Prng prng(1);
  std::map<size_t, int> counts;
  for (int i = 0; i < 10'000; ++i) {
    ++counts[picker.Pick(&prng)];
  }
  ASSERT_EQ(counts.size(), 10U);
  for (const auto& [card, count] : counts) {
    EXPECT_NEAR(count, 1'000, 150) << card;
  }
}

TEST(CardPickerTest, ZipfPrefersFewCardsAndStaysInRange) {
  constexpr size_t kCardCount = 100'000;
  constexpr int kPicks = 200'000;
  const CardPicker picker(CardOrder::kZipf, kCardCount);
  Prng prng(1);
  std::map<size_t, int> counts;
  for (int i = 0; i < kPicks; ++i) {
    const size_t card = picker.Pick(&prng);
    ASSERT_LT(card, kCardCount);
    ++counts[card];
  }
  int highest = 0;
  for (const auto& [card, count] : counts) {
    highest = std::max(highest, count);
  }
  // The first rank's share is 1 / zeta(100'000, 0.99) = 1 / 12.8.
  EXPECT_NEAR(highest, kPicks / 12.8, kPicks / 12.8 * 0.1);
  EXPECT_GT(counts.size(), 20'000U) << "the long tail is reached too";
}

TEST(CardPickerTest, FewCards) {
  for (const size_t count : {1U, 2U, 3U}) {
    for (const CardOrder order : {CardOrder::kUniform, CardOrder::kZipf}) {
      const CardPicker picker(order, count);
      Prng prng(3);
      for (int i = 0; i < 100; ++i) {
        EXPECT_LT(picker.Pick(&prng), count);
      }
    }
  }
}

}  // namespace
}  // namespace gonghui::load
