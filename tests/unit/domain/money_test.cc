// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/domain/money.h"

#include <cstdint>

#include <gtest/gtest.h>

#include "engine/base/prng.h"
#include "engine/domain/limits.h"

namespace gonghui {
namespace {

TEST(MoneyTest, RoundsAsItsNameSays) {
  struct Row {
    int64_t amount;
    int32_t bps;
    int64_t down;
    int64_t half_up;
    int64_t up;
  };
  for (const Row& row : {Row{0, 5000, 0, 0, 0},
                         Row{1, 5000, 0, 1, 1},
                         Row{3, 5000, 1, 2, 2},
                         Row{1999, 7500, 1499, 1499, 1500},
                         Row{1, 4999, 0, 0, 1},
                         Row{1, 1, 0, 0, 1},
                         Row{100, 0, 0, 0, 0},
                         Row{100, 10'000, 100, 100, 100},
                         Row{kFundFenMax,
                             9'999,
                             999'900'000'000'000'000,
                             999'900'000'000'000'000,
                             999'900'000'000'000'000}}) {
    const Fen amount{row.amount};
    const Bps rate{row.bps};
    EXPECT_EQ(MulBps(amount, rate, Rounding::kDown), Fen{row.down}) << row.amount;
    EXPECT_EQ(MulBps(amount, rate, Rounding::kHalfUp), Fen{row.half_up}) << row.amount;
    EXPECT_EQ(MulBps(amount, rate, Rounding::kUp), Fen{row.up}) << row.amount;
  }
}

TEST(MoneyTest, TheThreeRoundingsDifferByAtMostOneFen) {
  Prng prng(1);
  for (int i = 0; i < 100'000; ++i) {
    const Fen amount{prng.Between(0, prng.Chance(1, 2) ? 1'000 : kFundFenMax)};
    const Bps rate{static_cast<int32_t>(prng.Between(0, kBpsPerOne))};
    const Fen down = MulBpsRoundDown(amount, rate);
    const Fen half_up = MulBpsRoundHalfUp(amount, rate);
    const Fen up = MulBpsRoundUp(amount, rate);
    ASSERT_LE(down, half_up);
    ASSERT_LE(half_up, up);
    ASSERT_LE(up, down + Fen{1});
    ASSERT_LE(up, amount);
    // What is paid rounded up and what is taken off rounded down re-add.
    ASSERT_EQ(up + MulBpsRoundDown(amount, Bps{kBpsPerOne - rate.value()}), amount);
  }
}

TEST(MoneyTest, ComparesAndAdds) {
  Fen amount{5};
  amount += Fen{3};
  amount -= Fen{10};
  EXPECT_EQ(amount, Fen{-2});
  EXPECT_EQ(-amount, Fen{2});
  EXPECT_LT(Fen{1}, Fen{2});
  EXPECT_EQ(Fen{}, Fen{0});
}

}  // namespace
}  // namespace gonghui
