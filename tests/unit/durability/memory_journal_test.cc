// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/durability/memory_journal.h"

#include <cstring>

#include <gtest/gtest.h>

#include "tests/unit/durability/journal_conformance.h"

namespace gonghui {
namespace {

class MemoryJournalUnderTest final : public JournalUnderTest {
 public:
  Journal& journal() override { return journal_; }
  void Crash() override {}  // what it holds is what was committed
  std::vector<uint8_t> StoredBlock(uint16_t shard, uint64_t first_seq) override {
    return journal_.block(shard, IndexOf(shard, first_seq));
  }
  void ReplaceBlock(uint16_t shard, uint64_t first_seq, std::vector<uint8_t> bytes) override {
    journal_.set_block(shard, IndexOf(shard, first_seq), std::move(bytes));
  }
  void RemoveBlock(uint16_t shard, uint64_t first_seq) override {
    journal_.RemoveBlock(shard, IndexOf(shard, first_seq));
  }

 private:
  size_t IndexOf(uint16_t shard, uint64_t first_seq) const {
    for (size_t i = 0;; ++i) {
      const std::vector<uint8_t> block = journal_.block(shard, i);
      uint64_t stored = 0;
      std::memcpy(&stored, block.data() + 16, sizeof(stored));
      if (stored == first_seq) {
        return i;
      }
    }
  }

  MemoryJournal journal_;
};

INSTANTIATE_TEST_SUITE_P(Memory,
                         JournalConformanceTest,
                         testing::Values([]() -> std::unique_ptr<JournalUnderTest> {
                           return std::make_unique<MemoryJournalUnderTest>();
                         }));

class MemoryJournalTest : public JournalConformanceTest {};

TEST_P(MemoryJournalTest, FailuresComeOnceAndWhenAskedFor) {
  auto& memory = static_cast<MemoryJournal&>(journal());
  const uint64_t epoch = *memory.Acquire(0);
  JournalTail tail;
  std::string why;
  for (const AppendResult failure :
       {AppendResult::kConflict, AppendResult::kFenced, AppendResult::kUnknown}) {
    memory.FailNextAppend(failure, /*written=*/false, /*appends_before=*/1);
    const Block first = MakeBlock(0, epoch, &tail, 1);
    EXPECT_EQ(memory.AppendBlocking(first.header, first.bytes, &why), AppendResult::kCommitted);
    const Block second = MakeBlock(0, epoch, &tail, 1);
    EXPECT_EQ(memory.AppendBlocking(second.header, second.bytes, &why), failure);
    EXPECT_EQ(why, "injected failure");
    EXPECT_EQ(memory.AppendBlocking(second.header, second.bytes, &why), AppendResult::kCommitted);
  }
  EXPECT_EQ(memory.block_count(0), 6u);
}

TEST_P(MemoryJournalTest, AnUnknownAppendMayHaveBeenWritten) {
  auto& memory = static_cast<MemoryJournal&>(journal());
  const uint64_t epoch = *memory.Acquire(0);
  JournalTail tail;
  std::string why;
  memory.FailNextAppend(AppendResult::kUnknown, /*written=*/true);
  const Block block = MakeBlock(0, epoch, &tail, 2);
  EXPECT_EQ(memory.AppendBlocking(block.header, block.bytes, &why), AppendResult::kUnknown);
  EXPECT_EQ(memory.TailBlocking(0)->next_seq, 3u);
}

TEST_P(MemoryJournalTest, TheHookRunsBeforeTheWrite) {
  auto& memory = static_cast<MemoryJournal&>(journal());
  const uint64_t epoch = *memory.Acquire(0);
  JournalTail tail;
  size_t blocks_at_hook = 99;
  memory.set_before_append([&] { blocks_at_hook = memory.block_count(0); });
  const Block block = MakeBlock(0, epoch, &tail, 1);
  std::string why;
  EXPECT_EQ(memory.AppendBlocking(block.header, block.bytes, &why), AppendResult::kCommitted);
  EXPECT_EQ(blocks_at_hook, 0u);
}

INSTANTIATE_TEST_SUITE_P(Memory,
                         MemoryJournalTest,
                         testing::Values([]() -> std::unique_ptr<JournalUnderTest> {
                           return std::make_unique<MemoryJournalUnderTest>();
                         }));

}  // namespace
}  // namespace gonghui
