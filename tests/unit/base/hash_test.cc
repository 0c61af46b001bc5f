// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/base/hash.h"

#include <bit>
#include <cstdint>
#include <string_view>

#include <gtest/gtest.h>

namespace gonghui {
namespace {

// Frozen: these values are in stored blocks.
static_assert(Mix64(0) == 0);
static_assert(Mix64(1) == 0x5692161d100b05e5U);

TEST(HashTest, HashBytesIsXxh3) {
  // Published: XXH3_64bits of no bytes with seed 0.
  EXPECT_EQ(HashBytes("", 0), 0x2d06800538d394c2U);
  constexpr std::string_view kText = "gonghui";
  EXPECT_EQ(HashBytes(kText.data(), kText.size()), 0x577878c041997a3fU);  // as libxxhash gives it
}

TEST(HashTest, HashBytesDependsOnEveryByteLengthAndSeed) {
  char bytes[300] = {};
  const uint64_t plain = HashBytes(bytes, sizeof(bytes));
  EXPECT_NE(HashBytes(bytes, sizeof(bytes) - 1), plain);
  EXPECT_NE(HashBytes(bytes, sizeof(bytes), 1), plain);
  for (char& byte : bytes) {
    byte = 1;
    EXPECT_NE(HashBytes(bytes, sizeof(bytes)), plain);
    byte = 0;
  }
}

TEST(HashTest, Mix64SpreadsEveryBit) {
  for (int bit = 0; bit < 64; ++bit) {
    int flipped = 0;
    for (uint64_t x = 1; x <= 256; ++x) {
      flipped += std::popcount(Mix64(x) ^ Mix64(x ^ (uint64_t{1} << bit)));
    }
    EXPECT_NEAR(flipped / 256.0, 32.0, 2.0) << "bit " << bit;
  }
}

}  // namespace
}  // namespace gonghui
