// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/unit/durability/journal_conformance.h"

#include <gmock/gmock.h>

#include "engine/base/status_macros.h"
#include "engine/durability/block_format.h"
#include "engine/durability/record_format.h"
#include "tests/unit/durability/event_maker.h"

namespace gonghui {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

JournalConformanceTest::Block JournalConformanceTest::MakeBlock(uint16_t shard,
                                                                uint64_t epoch,
                                                                JournalTail* tail,
                                                                uint32_t event_count) {
  Block block;
  block.bytes.resize(kBlockHeaderBytes + event_count * kTransactionRecordBytesMax);
  size_t used = kBlockHeaderBytes;
  TimestampNs previous_at;
  for (uint32_t i = 0; i < event_count; ++i) {
    const uint64_t seq = tail->next_seq + i;
    const TimestampNs at{1'795'478'400'000'000'000 + static_cast<int64_t>(seq) * 1'000};
    const auto sale = MakeSale(seq, at, static_cast<uint32_t>(seq));
    used += EncodeRecord(sale->event, previous_at, block.bytes.data() + used);
    previous_at = at;
  }
  block.bytes.resize(used);
  block.header.shard = shard;
  block.header.epoch = epoch;
  block.header.first_seq = tail->next_seq;
  block.header.event_count = event_count;
  block.header.at = previous_at;
  block.header.rules_version = 1;
  block.header.state_hash = tail->next_seq * 0x9e3779b97f4a7c15;
  block.header.previous = tail->last_hash;
  SealBlock(block.header, block.bytes);
  tail->next_seq += event_count;
  tail->last_hash = HashBlock(block.bytes);
  return block;
}

JournalTail JournalConformanceTest::Fill(uint16_t shard, int blocks) {
  const absl::StatusOr<uint64_t> epoch = journal().Acquire(shard);
  EXPECT_TRUE(epoch.ok()) << epoch.status();
  absl::StatusOr<JournalTail> tail = journal().TailBlocking(shard);
  EXPECT_TRUE(tail.ok()) << tail.status();
  for (int i = 1; i <= blocks; ++i) {
    const Block block = MakeBlock(shard, *epoch, &*tail, static_cast<uint32_t>(i));
    std::string why;
    EXPECT_EQ(journal().AppendBlocking(block.header, block.bytes, &why), AppendResult::kCommitted)
        << why;
  }
  return *tail;
}

absl::StatusOr<std::vector<uint64_t>> JournalConformanceTest::Read(uint16_t shard,
                                                                   uint64_t from_seq) {
  std::vector<uint64_t> seqs;
  GH_RETURN_IF_ERROR(
      journal().ReadBlocking(shard, from_seq, [&seqs](const BlockView& block) -> absl::Status {
        seqs.push_back(block.header.first_seq);
        return absl::OkStatus();
      }));
  return seqs;
}

namespace {

TEST_P(JournalConformanceTest, AnEmptyJournalBeginsAtOne) {
  const auto tail = journal().TailBlocking(3);
  ASSERT_TRUE(tail.ok()) << tail.status();
  EXPECT_EQ(tail->next_seq, 1u);
  EXPECT_EQ(tail->last_hash, BlockHash{});
  const auto seqs = Read(3, 1);
  ASSERT_TRUE(seqs.ok()) << seqs.status();
  EXPECT_THAT(*seqs, IsEmpty());
}

TEST_P(JournalConformanceTest, WhatWasCommittedIsReadBack) {
  const uint64_t epoch = *journal().Acquire(0);
  JournalTail tail;
  std::vector<Block> blocks;
  for (uint32_t i = 1; i <= 4; ++i) {
    blocks.push_back(MakeBlock(0, epoch, &tail, i));
    std::string why;
    ASSERT_EQ(journal().AppendBlocking(blocks.back().header, blocks.back().bytes, &why),
              AppendResult::kCommitted)
        << why;
  }
  size_t i = 0;
  const absl::Status read =
      journal().ReadBlocking(0, 1, [&](const BlockView& view) -> absl::Status {
        const Block& block = blocks.at(i++);
        EXPECT_EQ(view.header.first_seq, block.header.first_seq);
        EXPECT_EQ(view.header.event_count, block.header.event_count);
        EXPECT_EQ(view.header.epoch, epoch);
        EXPECT_EQ(view.header.at, block.header.at);
        EXPECT_EQ(view.header.state_hash, block.header.state_hash);
        EXPECT_EQ(view.header.rules_version, 1u);
        EXPECT_EQ(view.header.previous, block.header.previous);
        EXPECT_EQ(view.hash, HashBlock(block.bytes));
        EXPECT_TRUE(std::equal(view.payload.begin(),
                               view.payload.end(),
                               block.bytes.begin() + kBlockHeaderBytes,
                               block.bytes.end()));
        return absl::OkStatus();
      });
  EXPECT_TRUE(read.ok()) << read;
  EXPECT_EQ(i, blocks.size());
  EXPECT_EQ(journal().TailBlocking(0)->next_seq, tail.next_seq);
  EXPECT_EQ(journal().TailBlocking(0)->last_hash, tail.last_hash);
}

TEST_P(JournalConformanceTest, ACrashKeepsWhatWasCommitted) {
  const JournalTail tail = Fill(0, 5);
  under_test_->Crash();
  EXPECT_THAT(*Read(0, 1), ElementsAre(1, 2, 4, 7, 11));
  EXPECT_EQ(journal().TailBlocking(0)->next_seq, tail.next_seq);
  const JournalTail longer = Fill(0, 2);  // and it goes on
  EXPECT_EQ(longer.next_seq, 16u + 3u);
  EXPECT_THAT(*Read(0, 1), ElementsAre(1, 2, 4, 7, 11, 16, 17));
}

TEST_P(JournalConformanceTest, ReadingBeginsWithTheBlockThatHoldsTheSequence) {
  Fill(0, 5);  // 1, 2-3, 4-6, 7-10, 11-15
  EXPECT_THAT(*Read(0, 0), ElementsAre(1, 2, 4, 7, 11));
  EXPECT_THAT(*Read(0, 2), ElementsAre(2, 4, 7, 11));
  EXPECT_THAT(*Read(0, 3), ElementsAre(2, 4, 7, 11));
  EXPECT_THAT(*Read(0, 4), ElementsAre(4, 7, 11));
  EXPECT_THAT(*Read(0, 15), ElementsAre(11));
  EXPECT_THAT(*Read(0, 16), IsEmpty());
}

TEST_P(JournalConformanceTest, AJournalThatEndsBeforeWhatIsKnownIsDamaged) {
  Fill(0, 2);
  const auto read = Read(0, 5);
  EXPECT_EQ(read.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(read.status().message()), HasSubstr("ends with 3"));
}

TEST_P(JournalConformanceTest, TheVisitorsErrorIsPassedOn) {
  Fill(0, 3);
  int visits = 0;
  const absl::Status read = journal().ReadBlocking(0, 1, [&](const BlockView&) -> absl::Status {
    ++visits;
    return absl::CancelledError("enough");
  });
  EXPECT_EQ(read.code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(visits, 1);
}

TEST_P(JournalConformanceTest, ShardsAreApart) {
  Fill(7, 2);
  Fill(8, 3);
  Fill(0xffff, 1);
  EXPECT_THAT(*Read(7, 1), ElementsAre(1, 2));
  EXPECT_THAT(*Read(8, 1), ElementsAre(1, 2, 4));
  EXPECT_THAT(*Read(0xffff, 1), ElementsAre(1));
  EXPECT_THAT(*Read(9, 1), IsEmpty());
  EXPECT_EQ(journal().TailBlocking(7)->next_seq, 4u);
}

TEST_P(JournalConformanceTest, EpochsRiseAndOutliveACrash) {
  const uint64_t first = *journal().Acquire(0);
  EXPECT_GE(first, 1u);
  const uint64_t second = *journal().Acquire(0);
  EXPECT_GT(second, first);
  under_test_->Crash();
  EXPECT_GT(*journal().Acquire(0), second);
}

TEST_P(JournalConformanceTest, AnEarlierWriterIsFenced) {
  const uint64_t old_epoch = *journal().Acquire(0);
  const uint64_t new_epoch = *journal().Acquire(0);
  JournalTail tail;
  JournalTail again;
  const Block old_block = MakeBlock(0, old_epoch, &tail, 1);
  const Block new_block = MakeBlock(0, new_epoch, &again, 1);
  std::string why;
  EXPECT_EQ(journal().AppendBlocking(old_block.header, old_block.bytes, &why),
            AppendResult::kFenced);
  EXPECT_THAT(why, HasSubstr("epoch"));
  EXPECT_THAT(*Read(0, 1), IsEmpty());
  EXPECT_EQ(journal().AppendBlocking(new_block.header, new_block.bytes, &why),
            AppendResult::kCommitted);
}

TEST_P(JournalConformanceTest, AGapOrARepeatIsAConflict) {
  const uint64_t epoch = *journal().Acquire(0);
  JournalTail tail;
  const Block first = MakeBlock(0, epoch, &tail, 2);
  const Block second = MakeBlock(0, epoch, &tail, 2);
  std::string why;
  EXPECT_EQ(journal().AppendBlocking(second.header, second.bytes, &why), AppendResult::kConflict);
  EXPECT_THAT(why, HasSubstr("begins at 3"));
  ASSERT_EQ(journal().AppendBlocking(first.header, first.bytes, &why), AppendResult::kCommitted);
  EXPECT_EQ(journal().AppendBlocking(first.header, first.bytes, &why), AppendResult::kConflict);
  EXPECT_EQ(journal().AppendBlocking(second.header, second.bytes, &why), AppendResult::kCommitted);
  EXPECT_THAT(*Read(0, 1), ElementsAre(1, 3));
}

TEST_P(JournalConformanceTest, AMissingBlockIsNamed) {
  Fill(0, 4);  // 1, 2-3, 4-6, 7-10
  under_test_->RemoveBlock(0, 4);
  const auto read = Read(0, 1);
  EXPECT_EQ(read.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(read.status().message()), HasSubstr("block at 7: a gap"));
  EXPECT_EQ(Read(0, 4).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(Read(0, 7).status().code(), absl::StatusCode::kDataLoss)
      << "the link to the block before is verified too";
}

TEST_P(JournalConformanceTest, AMissingBeginningIsNamed) {
  Fill(0, 3);
  under_test_->RemoveBlock(0, 1);
  EXPECT_THAT(std::string(Read(0, 1).status().message()), HasSubstr("block at 2: a gap"));
}

TEST_P(JournalConformanceTest, AnyFlippedByteIsFoundAndNamed) {
  Fill(0, 3);
  const std::vector<uint8_t> good = under_test_->StoredBlock(0, 2);
  for (size_t i = 0; i < good.size(); ++i) {
    // What stands at 16 is the sequence, which the journal in memory keys by.
    if (i >= 16 && i < 24) {
      continue;
    }
    std::vector<uint8_t> bad = good;
    bad[i] ^= 0x10;
    under_test_->ReplaceBlock(0, 2, bad);
    const auto read = Read(0, 1);
    ASSERT_EQ(read.status().code(), absl::StatusCode::kDataLoss) << "byte " << i;
    ASSERT_THAT(std::string(read.status().message()), HasSubstr("block at 2: "));
  }
  under_test_->ReplaceBlock(0, 2, good);
  EXPECT_TRUE(Read(0, 1).ok());
}

TEST_P(JournalConformanceTest, ABlockThatWasMadeUpBreaksTheChain) {
  Fill(0, 3);
  // Whole and in sequence, but not the block that the next one names.
  JournalTail tail;
  MakeBlock(0, 1, &tail, 1);
  tail.next_seq = 2;
  tail.last_hash = HashBlock(under_test_->StoredBlock(0, 1));
  Block forged = MakeBlock(0, 1, &tail, 2);
  forged.header.state_hash ^= 1;
  SealBlock(forged.header, forged.bytes);
  under_test_->ReplaceBlock(0, 2, forged.bytes);
  const auto read = Read(0, 1);
  EXPECT_EQ(read.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(read.status().message()), HasSubstr("block at 4: the chain is broken"));
}

TEST_P(JournalConformanceTest, ADamagedLastBlockHasNoTail) {
  Fill(0, 3);
  std::vector<uint8_t> bytes = under_test_->StoredBlock(0, 4);
  bytes.pop_back();
  under_test_->ReplaceBlock(0, 4, bytes);
  EXPECT_EQ(Read(0, 1).status().code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace gonghui
