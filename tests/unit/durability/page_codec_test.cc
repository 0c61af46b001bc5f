// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/durability/page_codec.h"

#include <cstdint>
#include <cstring>
#include <iostream>
#include <vector>

#include <gtest/gtest.h>

#include "engine/base/prng.h"

namespace gonghui {
namespace {

using Bytes = std::vector<uint8_t>;

Bytes Packed(const Bytes& rows, size_t row_bytes) {
  PagePacker packer;
  const std::span<const uint8_t> packed = packer.Pack(rows, row_bytes);
  return {packed.begin(), packed.end()};
}

std::optional<Bytes> Unpacked(const Bytes& packed, size_t row_bytes) {
  PageUnpacker unpacker;
  const auto rows = unpacker.Unpack(packed, row_bytes);
  return rows ? std::optional<Bytes>(Bytes(rows->begin(), rows->end())) : std::nullopt;
}

Bytes WordsOf(std::initializer_list<uint32_t> words) {
  Bytes bytes(words.size() * 4);
  std::memcpy(bytes.data(), words.begin(), bytes.size());
  return bytes;
}

// Words of every length, some of them as in the row before.
Bytes RandomRows(Prng& prng, size_t rows, size_t row_bytes) {
  Bytes bytes(rows * row_bytes);
  for (size_t at = 0; at < bytes.size(); at += 4) {
    uint32_t word = static_cast<uint32_t>(prng.Next()) >> (8 * prng.Below(5) % 32);
    if (at >= row_bytes && prng.Below(2) == 0) {
      std::memcpy(&word, bytes.data() + at - row_bytes, 4);
      word += static_cast<uint32_t>(prng.Below(3));
    }
    std::memcpy(bytes.data() + at, &word, 4);
  }
  return bytes;
}

TEST(PageCodecTest, RowsOfEverySizeComeBack) {
  constexpr uint64_t kSeed = 2022;
  std::cout << "seed " << kSeed << "\n";
  Prng prng{kSeed};
  PagePacker packer;
  PageUnpacker unpacker;
  for (size_t row_bytes = 4; row_bytes <= kPageBytesMax; row_bytes += row_bytes < 512 ? 4 : 1'020) {
    const size_t rows_max = kPageBytesMax / row_bytes;
    for (const size_t rows : {size_t{0}, size_t{1}, size_t{prng.Below(rows_max) + 1}, rows_max}) {
      const Bytes page = RandomRows(prng, rows, row_bytes);
      const std::span<const uint8_t> packed = packer.Pack(page, row_bytes);
      // Two more bytes, and one more for sixteen, at worst.
      ASSERT_LE(packed.size(), 2 + (page.size() + 15) / 16 + page.size());
      const auto back = unpacker.Unpack(packed, row_bytes);
      ASSERT_TRUE(back.has_value()) << "row_bytes=" << row_bytes << " rows=" << rows;
      ASSERT_EQ(Bytes(back->begin(), back->end()), page)
          << "row_bytes=" << row_bytes << " rows=" << rows;
    }
  }
}

TEST(PageCodecTest, OnlyWhatDiffersIsStored) {
  const Bytes page = WordsOf({7, 0, 0x1234, 0x12345678, 8, 0, 0x1234, 0x12345679});
  // 8 words; codes 1, 0, 2 and 3 of the first row, 1, 0, 0 and 1 of what differs in the second.
  EXPECT_EQ(
      Packed(page, 16),
      (Bytes{8, 0, 0b11'10'00'01, 0b01'00'00'01, 7, 0x34, 0x12, 0x78, 0x56, 0x34, 0x12, 15, 1}));
  // A row like the one before takes its lengths alone.
  const Bytes same(kPageBytesMax, 0xab);
  EXPECT_EQ(Packed(same, 64).size(), 2 + kPageBytesMax / 16 + 64);
}

TEST(PageCodecTest, RowsThatEndWithinAGroup) {
  for (size_t rows = 1; rows <= 5; ++rows) {
    Bytes page;
    for (size_t i = 0; i < rows * 3; ++i) {
      page.insert(page.end(), {static_cast<uint8_t>(i + 1), 1, 0, 9});
    }
    EXPECT_EQ(Unpacked(Packed(page, 12), 12), page);
  }
}

TEST(PageCodecTest, WhatIsCutOffOrAppendedIsRefused) {
  constexpr uint64_t kSeed = 7;
  std::cout << "seed " << kSeed << "\n";
  Prng prng{kSeed};
  const Bytes packed = Packed(RandomRows(prng, 20, 40), 40);
  for (size_t size = 0; size < packed.size(); ++size) {
    EXPECT_EQ(Unpacked({packed.begin(), packed.begin() + static_cast<ptrdiff_t>(size)}, 40),
              std::nullopt)
        << size;
  }
  Bytes longer = packed;
  longer.push_back(0);
  EXPECT_EQ(Unpacked(longer, 40), std::nullopt);
}

TEST(PageCodecTest, MoreWordsThanAPageHoldsAreRefused) {
  // 2,049 words, all zero: as many lengths as they need.
  Bytes packed = {0x01, 0x08};
  packed.resize(2 + 513);
  EXPECT_EQ(Unpacked(packed, 4), std::nullopt);
  packed[0] = 0x00;
  packed.pop_back();
  EXPECT_EQ(Unpacked(packed, 4), Bytes(kPageBytesMax));
}

TEST(PageCodecTest, DamagedBytesGiveRowsOrNothing) {
  constexpr uint64_t kSeed = 11;
  std::cout << "seed " << kSeed << "\n";
  Prng prng{kSeed};
  for (const size_t row_bytes : {size_t{4}, size_t{8}, size_t{12}, size_t{200}}) {
    SCOPED_TRACE(row_bytes);
    const Bytes packed = Packed(RandomRows(prng, 40, row_bytes), row_bytes);
    uint32_t refused = 0;
    for (uint32_t round = 0; round < 5'000; ++round) {
      Bytes damaged = packed;
      damaged[prng.Below(damaged.size())] ^= static_cast<uint8_t>(1u << prng.Below(8));
      const auto rows = Unpacked(damaged, row_bytes);
      refused += rows ? 0U : 1U;
      if (rows) {
        // Whatever they are, they are rows.
        ASSERT_LE(rows->size(), kPageBytesMax);
        ASSERT_EQ(Unpacked(Packed(*rows, row_bytes), row_bytes), rows);
      }
    }
    EXPECT_GT(refused, 0U);
  }
}

}  // namespace
}  // namespace gonghui
