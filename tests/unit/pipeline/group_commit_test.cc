// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/pipeline/group_commit.h"

#include <cstdint>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "engine/durability/memory_journal.h"
#include "engine/ledger/ledger.h"
#include "tests/testing/city.h"

namespace gonghui {
namespace {

class CommitterTest : public ::testing::Test {
 protected:
  CommitterTest() { block_.Reset(1); }

  // A city's commands, each in a block of its own.
  template <class Close>
  void FillBlocks(Close&& close) {
    BuildCity({.members = 20, .merchants = 3}, [&](const Command& command) {
      ledger_->Decide(command, kCityNoon, event_.get(), result_.get());
      if (event_->kind == EventKind::kNone) {
        return;
      }
      ledger_->Evolve(*event_);
      block_.Add(*event_);
      block_.Close(ledger_->shard(), epoch_, ledger_->StateHash());
      close();
      block_.Reset(block_.next_seq());
    });
  }

  // The journal verifies the chain as it is read.
  uint64_t BlocksRead() {
    uint64_t read = 0;
    const absl::Status status = journal_.ReadBlocking(ledger_->shard(), 1, [&](const BlockView&) {
      ++read;
      return absl::OkStatus();
    });
    EXPECT_TRUE(status.ok()) << status;
    return read;
  }

  MemoryJournal journal_;
  const std::unique_ptr<Ledger> ledger_ = std::make_unique<Ledger>();
  const std::unique_ptr<Event> event_ = std::make_unique<Event>();
  const std::unique_ptr<Result> result_ = std::make_unique<Result>();
  const uint64_t epoch_ = *journal_.Acquire(ledger_->shard());
  Committer committer_{journal_, BlockHash{}};
  Block block_;
  std::string why_;
};

TEST_F(CommitterTest, EachBlockNamesTheOneBefore) {
  uint64_t written = 0;
  FillBlocks([&] {
    ASSERT_TRUE(committer_.CommitBlocking(block_, &why_)) << why_;
    committer_.Chain(block_);
    ++written;
  });
  EXPECT_GT(written, 10U);
  EXPECT_EQ(BlocksRead(), written);
}

TEST_F(CommitterTest, OneThatDoesNotSayWhatTheNextFollowsIsTheLast) {
  EXPECT_DEATH(FillBlocks([&] { (void)committer_.CommitBlocking(block_, &why_); }),
               "the block before was not chained, first_seq=2");
}

// Its waiters only waited for the blocks before.
TEST_F(CommitterTest, ABlockWithoutEventsIsNoLinkOfTheChain) {
  uint64_t written = 0;
  FillBlocks([&] {
    ASSERT_TRUE(committer_.CommitBlocking(block_, &why_)) << why_;
    committer_.Chain(block_);
    ++written;
    Block empty;
    empty.Reset(block_.next_seq());
    ASSERT_TRUE(committer_.CommitBlocking(empty, &why_)) << why_;
    committer_.Chain(empty);
  });
  EXPECT_EQ(BlocksRead(), written);
}

}  // namespace
}  // namespace gonghui
