// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What every journal relies on; what a journal makes of it is in journal_conformance.cc.

#include "engine/durability/chain.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/durability/block_format.h"

namespace gonghui {
namespace {

using testing::HasSubstr;

constexpr uint16_t kShard = 3;

class ChainTest : public ::testing::Test {
 protected:
  // Two events, behind those that the chain has.
  std::vector<uint8_t> MakeBlock(uint64_t epoch, uint16_t shard = kShard) const {
    BlockHeader header;
    header.shard = shard;
    header.epoch = epoch;
    header.first_seq = chain_.tail().next_seq;
    header.event_count = 2;
    header.previous = chain_.tail().last_hash;
    std::vector<uint8_t> block(kBlockHeaderBytes + 8, 0x5a);
    SealBlock(header, block);
    return block;
  }
  absl::Status Next(const std::vector<uint8_t>& block) {
    return chain_.Next(chain_.tail().next_seq, block).status();
  }
  void ExpectRefused(const std::vector<uint8_t>& block, const std::string& why) {
    const JournalTail before = chain_.tail();
    const absl::Status status = Next(block);
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
    EXPECT_THAT(std::string(status.message()), HasSubstr(why));
    EXPECT_EQ(chain_.tail().next_seq, before.next_seq);
  }

  ChainVerifier chain_{kShard};
};

TEST_F(ChainTest, BlocksFollowOneAnother) {
  for (const uint64_t epoch : {1U, 1U, 4U}) {
    const uint64_t first_seq = chain_.tail().next_seq;
    const std::vector<uint8_t> block = MakeBlock(epoch);
    EXPECT_TRUE(Next(block).ok());
    EXPECT_EQ(chain_.tail().next_seq, first_seq + 2);
    EXPECT_EQ(chain_.tail().last_hash, HashBlock(block));
  }
}

// As one that was written to the wrong place would be: whole, and of the right sequence.
TEST_F(ChainTest, ABlockOfAnotherShardIsRefused) {
  ASSERT_TRUE(Next(MakeBlock(1)).ok());
  ExpectRefused(MakeBlock(1, kShard + 1), "its header says shard 4, sequence 3");
}

// Who wrote it had lost the shard by then.
TEST_F(ChainTest, AnEarlierEpochAfterALaterIsRefused) {
  ASSERT_TRUE(Next(MakeBlock(5)).ok());
  ExpectRefused(MakeBlock(4), "written in epoch 4 after one of epoch 5");
}

TEST_F(ChainTest, FromTheMiddleTheFirstBlockIsTaken) {
  ASSERT_TRUE(Next(MakeBlock(5)).ok());
  const std::vector<uint8_t> second = MakeBlock(5);
  ChainVerifier from_middle(kShard);
  from_middle.StartAnywhere();
  EXPECT_TRUE(from_middle.Next(3, second).ok());
  EXPECT_EQ(from_middle.tail().next_seq, 5U);
}

}  // namespace
}  // namespace gonghui
