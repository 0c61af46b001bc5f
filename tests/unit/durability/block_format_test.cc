// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/durability/block_format.h"

#include <vector>

#include <gtest/gtest.h>

namespace gonghui {
namespace {

BlockHeader MakeHeader() {
  BlockHeader header;
  header.shard = 513;
  header.epoch = 7;
  header.first_seq = 1'000;
  header.event_count = 2;
  header.at = TimestampNs{1'795'478'400'000'000'000};
  header.rules_version = 3;
  header.state_hash = 0x0123456789abcdef;
  for (size_t i = 0; i < header.previous.size(); ++i) {
    header.previous[i] = static_cast<uint8_t>(i);
  }
  return header;
}

std::vector<uint8_t> MakeBlock() {
  std::vector<uint8_t> block(kBlockHeaderBytes, 0xee);
  for (uint8_t i = 0; i < 40; ++i) {
    block.push_back(i);
  }
  SealBlock(MakeHeader(), block);
  return block;
}

TEST(BlockFormatTest, ComesBackAsItWas) {
  const std::vector<uint8_t> block = MakeBlock();
  const auto view = OpenBlock(block);
  ASSERT_TRUE(view.ok()) << view.status();
  const BlockHeader expected = MakeHeader();
  EXPECT_EQ(view->header.shard, expected.shard);
  EXPECT_EQ(view->header.epoch, expected.epoch);
  EXPECT_EQ(view->header.first_seq, expected.first_seq);
  EXPECT_EQ(view->header.event_count, expected.event_count);
  EXPECT_EQ(view->header.at, expected.at);
  EXPECT_EQ(view->header.rules_version, expected.rules_version);
  EXPECT_EQ(view->header.state_hash, expected.state_hash);
  EXPECT_EQ(view->header.previous, expected.previous);
  EXPECT_EQ(view->payload.size(), 40u);
  EXPECT_EQ(view->payload[39], 39);
  EXPECT_EQ(view->hash, HashBlock(block));
}

TEST(BlockFormatTest, EveryFlippedBitIsFound) {
  std::vector<uint8_t> block = MakeBlock();
  for (size_t bit = 0; bit < block.size() * 8; ++bit) {
    block[bit / 8] ^= static_cast<uint8_t>(1u << (bit % 8));
    EXPECT_EQ(OpenBlock(block).status().code(), absl::StatusCode::kDataLoss) << "bit " << bit;
    block[bit / 8] ^= static_cast<uint8_t>(1u << (bit % 8));
  }
  EXPECT_TRUE(OpenBlock(block).ok());
}

TEST(BlockFormatTest, EveryTruncationIsFound) {
  const std::vector<uint8_t> block = MakeBlock();
  for (size_t size = 0; size < block.size(); ++size) {
    const std::vector<uint8_t> cut(block.begin(),
                                   block.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_EQ(OpenBlock(cut).status().code(), absl::StatusCode::kDataLoss) << size << " bytes";
  }
  std::vector<uint8_t> longer = block;
  longer.push_back(0);
  EXPECT_EQ(OpenBlock(longer).status().code(), absl::StatusCode::kDataLoss);
}

TEST(BlockFormatTest, CountsThatCannotBeAreRefused) {
  std::vector<uint8_t> block = MakeBlock();
  BlockHeader header = MakeHeader();
  header.event_count = 14;  // of at least three bytes each, in forty
  SealBlock(header, block);
  EXPECT_EQ(OpenBlock(block).status().message(), "block: event count does not fit the payload");
  header.event_count = 2;
  header.first_seq = 0;
  SealBlock(header, block);
  EXPECT_EQ(OpenBlock(block).status().message(), "block: sequence out of range");
  header.first_seq = UINT64_MAX;
  SealBlock(header, block);
  EXPECT_EQ(OpenBlock(block).status().message(), "block: sequence out of range");
}

TEST(BlockFormatTest, TheHashIsSha256) {
  const BlockHash hash = HashBlock({});
  EXPECT_EQ(hash[0], 0xe3);
  EXPECT_EQ(hash[1], 0xb0);
  EXPECT_EQ(hash[31], 0x55);
}

}  // namespace
}  // namespace gonghui
