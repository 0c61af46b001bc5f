// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Who wins a draw.  What the functions give was promised to people, so the known answers are
// of another implementation, in Python:
//
//   def words(seed, code):
//     for k in itertools.count():
//       h = hashlib.sha256(seed + b'draw:' + code + k.to_bytes(8, 'big')).digest()
//       yield from (int.from_bytes(h[8*i:8*i+8], 'big') for i in range(4))
//   def below(w, n): return next(x for x in w if x < 2**64 - 2**64 % n) % n
//   def winners(seed, code, n, k):
//     w, l = words(seed, code), list(range(n))
//     for i in range(k): j = i + below(w, n - i); l[i], l[j] = l[j], l[i]
//     return l[:k]
//
// with seed = bytes(range(32)) and code = b'packs-2022'.

#include "engine/programmes/draw.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "tests/testing/names.h"

namespace gonghui {
namespace {

constexpr std::string_view kCode = "packs-2022";

Seed KnownSeed() {
  Seed seed;
  std::iota(seed.begin(), seed.end(), uint8_t{0});
  return seed;
}

Seed SeedOf(uint64_t number) {
  Seed seed{};
  for (size_t i = 0; i < 8; ++i) {
    seed[i] = static_cast<uint8_t>(number >> 8 * i);
  }
  return seed;
}

std::string Hex(const Digest& digest) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const uint8_t byte : digest) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

TEST(DrawTest, HashesOfSeedAndEntries) {
  EXPECT_EQ(Hex(SeedHashOf(KnownSeed())),
            "630dcd2966c4336691125448bbb25b4ff412a49c732db2c8abc1b8581bd710dd");
  EntriesHash nobody;
  EXPECT_EQ(Hex(nobody.Finish()),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EntriesHash entries;
  entries.Add(CodeOf<MemberId>("M0000001"));
  entries.Add("M0000002");
  entries.Add(CodeOf<MemberId>("M0000003"));
  EXPECT_EQ(entries.count(), 3U);
  EXPECT_EQ(Hex(entries.Finish()),
            "79db92d1acd2226cd8a07fe8146cf25baaa5a6664c91213cee1654be115f4f01");
}

TEST(DrawTest, TheWordsAreKnown) {
  RandomWords words(KnownSeed(), kCode);
  for (const uint64_t word : {0x3cd2a55f79789522U,
                              0x5266d852b785f9f2U,
                              0x2e541720dddf22a2U,
                              0x490a9a71bf985b4fU,
                              0x15744eabc1d7aedaU,
                              0x0aa66e8d7a569c45U}) {
    EXPECT_EQ(words.Next(), word);
  }
}

// Of 2^63 + 1 nearly every second word is skipped.
TEST(DrawTest, WordsThatWouldFavourSomeAreSkipped) {
  RandomWords words(KnownSeed(), kCode);
  for (const uint64_t expected : {4'382'747'216'863'335'714U,
                                  5'937'671'008'512'506'354U,
                                  3'338'318'653'717'160'610U,
                                  5'263'188'927'872'260'943U,
                                  1'545'947'071'693'434'586U,
                                  767'422'340'435'188'805U}) {
    EXPECT_EQ(words.Below((uint64_t{1} << 63) + 1), expected);
  }
  // Of powers of two none is, of 1 and of the largest number nothing goes wrong.
  RandomWords plain(KnownSeed(), kCode);
  RandomWords same(KnownSeed(), kCode);
  for (int i = 0; i < 100; ++i) {
    const uint64_t word = plain.Next();
    ASSERT_EQ(same.Below(uint64_t{1} << 63), word % (uint64_t{1} << 63));
  }
  EXPECT_EQ(same.Below(1), 0U);
  EXPECT_LT(same.Below(UINT64_MAX), UINT64_MAX);
}

TEST(DrawTest, WinnersAreKnown) {
  EXPECT_EQ(WinnersOf(KnownSeed(), kCode, 10, 10),
            (std::vector<uint32_t>{4, 6, 0, 8, 3, 5, 1, 9, 2, 7}));
  EXPECT_EQ(WinnersOf(KnownSeed(), kCode, 10, 3), (std::vector<uint32_t>{4, 6, 0}));
  EXPECT_EQ(WinnersOf(KnownSeed(), kCode, 100'000, 8),
            (std::vector<uint32_t>{35'714, 64'518, 89'122, 9'259, 16'586, 62'350, 94'812, 6'459}));
  EXPECT_EQ(WinnersOf(KnownSeed(), kCode, 1, 1), (std::vector<uint32_t>{0}));
  EXPECT_TRUE(WinnersOf(KnownSeed(), kCode, 7, 0).empty());
  EXPECT_TRUE(WinnersOf(KnownSeed(), kCode, 0, 0).empty());
}

// Suzhou's: 15,000 packs for 100,000 who entered.  The hash is of their places as four bytes
// each, big-endian.
TEST(DrawTest, FifteenThousandOfAHundredThousand) {
  const std::vector<uint32_t> winners = WinnersOf(KnownSeed(), kCode, 100'000, 15'000);
  ASSERT_EQ(winners.size(), 15'000U);
  EXPECT_EQ(std::set<uint32_t>(winners.begin(), winners.end()).size(), 15'000U);
  Sha256 hash;
  for (const uint32_t place : winners) {
    const std::array<uint8_t, 4> bytes{static_cast<uint8_t>(place >> 24),
                                       static_cast<uint8_t>(place >> 16),
                                       static_cast<uint8_t>(place >> 8),
                                       static_cast<uint8_t>(place)};
    hash.Add(bytes);
  }
  EXPECT_EQ(Hex(hash.Finish()), "f86aff7da71e464c9f7363fc2d75279faecf0e4258ed59e244aa0cdee8fd8f4b");
}

TEST(DrawTest, AnotherSeedOrDrawIsAnotherOrder) {
  const std::vector<uint32_t> winners = WinnersOf(KnownSeed(), kCode, 1'000, 20);
  EXPECT_NE(WinnersOf(KnownSeed(), "packs-2023", 1'000, 20), winners);
  Seed seed = KnownSeed();
  seed[31] ^= 1;
  EXPECT_NE(WinnersOf(seed, kCode, 1'000, 20), winners);
}

// Each of the 24 orders of four, 24,000 times: the expected thousand within five standard
// deviations, for seeds that are fixed.
TEST(DrawTest, EveryOrderIsAsLikely) {
  std::array<int, 256> seen{};
  constexpr int kTimes = 24'000;
  for (int i = 0; i < kTimes; ++i) {
    const std::vector<uint32_t> order = WinnersOf(SeedOf(static_cast<uint64_t>(i)), kCode, 4, 4);
    ++seen[order[0] << 6 | order[1] << 4 | order[2] << 2 | order[3]];
  }
  int orders = 0;
  for (const int count : seen) {
    if (count != 0) {
      ++orders;
      EXPECT_NEAR(count, 1'000, 155);
    }
  }
  EXPECT_EQ(orders, 24);
}

TEST(DrawTest, RanksWinThePrizesInOrder) {
  const std::vector<uint32_t> counts{1, 2, 100};
  EXPECT_EQ(PrizeOfRank(counts, 1), 0U);
  EXPECT_EQ(PrizeOfRank(counts, 2), 1U);
  EXPECT_EQ(PrizeOfRank(counts, 3), 1U);
  EXPECT_EQ(PrizeOfRank(counts, 4), 2U);
  EXPECT_EQ(PrizeOfRank(counts, 103), 2U);
  EXPECT_EQ(PrizeOfRank(counts, 104), 3U);
  EXPECT_EQ(WinnerCountOf(counts, 50), 50U);
  EXPECT_EQ(WinnerCountOf(counts, 103), 103U);
  EXPECT_EQ(WinnerCountOf(counts, 1'000), 103U);
  EXPECT_EQ(WinnerCountOf(counts, 0), 0U);
  const std::vector<uint32_t> large{UINT32_MAX, UINT32_MAX};
  EXPECT_EQ(WinnerCountOf(large, UINT32_MAX), UINT32_MAX);
  EXPECT_EQ(PrizeOfRank(large, UINT32_MAX), 0U);
}

TEST(DrawTest, ANumberFallsIntoThePartOfOnePrize) {
  const std::vector<uint32_t> weights{20, 0, 30, 50};
  const auto percent = [](uint64_t of) { return UINT64_MAX / 100 * of + 99; };
  EXPECT_EQ(PrizeOfNumber(weights, 0), 0U);
  EXPECT_EQ(PrizeOfNumber(weights, percent(20) - 200), 0U);
  EXPECT_EQ(PrizeOfNumber(weights, percent(20)), 2U) << "what has run out is passed over";
  EXPECT_EQ(PrizeOfNumber(weights, percent(49)), 2U);
  EXPECT_EQ(PrizeOfNumber(weights, percent(50)), 3U);
  EXPECT_EQ(PrizeOfNumber(weights, UINT64_MAX), 3U);
  EXPECT_EQ(PrizeOfNumber(std::vector<uint32_t>{0, 0}, UINT64_MAX), 2U) << "there is none";
  EXPECT_EQ(PrizeOfNumber({}, 0), 0U);
  const std::vector<uint32_t> large{UINT32_MAX, UINT32_MAX};
  EXPECT_EQ(PrizeOfNumber(large, UINT64_MAX / 2), 0U);
  EXPECT_EQ(PrizeOfNumber(large, UINT64_MAX / 2 + 1), 1U);
}

TEST(DrawTest, APoolsNumberIsOfItsEvent) {
  EXPECT_EQ(PoolNumber(KnownSeed(), "quiz-2022", "quiz", "2022-08-20.17"), 0xad15e0a0475938dfU);
  EXPECT_NE(PoolNumber(KnownSeed(), "quiz-2022", "quiz", "2022-08-20.18"), 0xad15e0a0475938dfU);
  EXPECT_NE(PoolNumber(KnownSeed(), "quiz-2023", "quiz", "2022-08-20.17"), 0xad15e0a0475938dfU);
}

}  // namespace
}  // namespace gonghui
