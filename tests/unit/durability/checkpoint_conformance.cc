// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/unit/durability/checkpoint_conformance.h"

#include <span>

namespace gonghui {

CheckpointMeta CheckpointConformanceTest::MakeMeta(uint16_t shard, uint64_t seq) {
  CheckpointMeta meta;
  meta.shard = shard;
  meta.applied_seq = seq;
  meta.applied_at = TimestampNs{1'795'478'400'000'000'000 + static_cast<int64_t>(seq)};
  meta.state_hash = seq * 0x9e3779b97f4a7c15;
  meta.table_sizes[3] = 17;
  meta.row_bytes[3] = 40;
  meta.table_sizes[63] = 4'000'000'000;
  meta.row_bytes[63] = 168;
  return meta;
}

void CheckpointConformanceTest::AddPages(const Pages& pages) {
  for (const auto& [key, text] : pages) {
    const absl::Status added =
        store().AddPageBlocking(static_cast<uint8_t>(key.first),
                                key.second,
                                {reinterpret_cast<const uint8_t*>(text.data()), text.size()});
    ASSERT_TRUE(added.ok()) << added;
  }
}

void CheckpointConformanceTest::Write(uint16_t shard, uint64_t seq, const Pages& pages) {
  ASSERT_TRUE(store().BeginBlocking(shard).ok());
  AddPages(pages);
  const absl::Status committed = store().CommitBlocking(MakeMeta(shard, seq));
  ASSERT_TRUE(committed.ok()) << committed;
}

CheckpointConformanceTest::Pages CheckpointConformanceTest::Load(uint16_t shard) {
  Pages pages;
  const absl::Status loaded = store().LoadBlocking(
      shard,
      [&pages](uint8_t table, uint32_t page, std::span<const uint8_t> bytes) -> absl::Status {
        const bool is_new =
            pages
                .emplace(std::pair(int{table}, page),
                         std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()))
                .second;
        EXPECT_TRUE(is_new) << "table " << int{table} << " page " << page << " came twice";
        return absl::OkStatus();
      });
  EXPECT_TRUE(loaded.ok()) << loaded;
  return pages;
}

namespace {

TEST_P(CheckpointConformanceTest, AtFirstThereIsNone) {
  const auto latest = store().LatestBlocking(0);
  ASSERT_TRUE(latest.ok()) << latest.status();
  EXPECT_FALSE(latest->has_value());
}

TEST_P(CheckpointConformanceTest, WhatIsCommittedIsLoaded) {
  const Pages pages = {{{1, 0}, "a"}, {{1, 700'000}, "b"}, {{22, 3}, std::string(9'000, 'c')}};
  Write(5, 41, pages);
  under_test_->Crash();
  const auto latest = store().LatestBlocking(5);
  ASSERT_TRUE(latest.ok() && latest->has_value());
  const CheckpointMeta expected = MakeMeta(5, 41);
  EXPECT_EQ((*latest)->shard, 5);
  EXPECT_EQ((*latest)->applied_seq, 41u);
  EXPECT_EQ((*latest)->applied_at, expected.applied_at);
  EXPECT_EQ((*latest)->state_hash, expected.state_hash);
  EXPECT_EQ((*latest)->table_sizes, expected.table_sizes);
  EXPECT_EQ((*latest)->row_bytes, expected.row_bytes);
  EXPECT_EQ((*latest)->first_pages, expected.first_pages);
  EXPECT_EQ(Load(5), pages);
  EXPECT_FALSE(store().LatestBlocking(4)->has_value());
}

TEST_P(CheckpointConformanceTest, TheNextOneHoldsOnlyWhatChanged) {
  Write(0, 10, {{{1, 0}, "a"}, {{1, 1}, "b"}, {{2, 0}, "c"}});
  Write(0, 20, {{{1, 1}, "B"}, {{2, 1}, "d"}});
  Write(0, 30, {{{1, 0}, "AA"}});
  under_test_->Crash();
  EXPECT_EQ((*store().LatestBlocking(0))->applied_seq, 30u);
  EXPECT_EQ(Load(0), (Pages{{{1, 0}, "AA"}, {{1, 1}, "B"}, {{2, 0}, "c"}, {{2, 1}, "d"}}));
}

TEST_P(CheckpointConformanceTest, ACrashBeforeTheCommitLeavesTheOneBefore) {
  const Pages before = {{{1, 0}, "a"}, {{1, 1}, "b"}};
  Write(0, 10, before);
  ASSERT_TRUE(store().BeginBlocking(0).ok());
  // Enough that part of it has reached the disk.
  Pages half = {{{1, 0}, "x"}};
  for (uint32_t page = 10; page < 300; ++page) {
    half[{1, page}] = std::string(8'192, static_cast<char>('a' + page % 26));
  }
  AddPages(half);
  under_test_->Crash();
  EXPECT_EQ((*store().LatestBlocking(0))->applied_seq, 10u);
  EXPECT_EQ(Load(0), before);

  // The next one does not inherit a page from it.
  Write(0, 20, {{{1, 1}, "B"}});
  under_test_->Crash();
  EXPECT_EQ(Load(0), (Pages{{{1, 0}, "a"}, {{1, 1}, "B"}}));
}

TEST_P(CheckpointConformanceTest, BeginningAgainDropsWhatWasBegun) {
  Write(0, 10, {{{1, 0}, "a"}});
  ASSERT_TRUE(store().BeginBlocking(0).ok());
  AddPages({{{1, 0}, "x"}, {{1, 1}, "y"}});
  Write(0, 20, {{{2, 0}, "b"}});
  EXPECT_EQ(Load(0), (Pages{{{1, 0}, "a"}, {{2, 0}, "b"}}));
}

TEST_P(CheckpointConformanceTest, AnEmptyCheckpointMovesTheSequence) {
  Write(0, 10, {{{1, 0}, "a"}});
  Write(0, 11, {});
  under_test_->Crash();
  EXPECT_EQ((*store().LatestBlocking(0))->applied_seq, 11u);
  EXPECT_EQ(Load(0), (Pages{{{1, 0}, "a"}}));
}

TEST_P(CheckpointConformanceTest, PagesBelowTheFirstAreGone) {
  Write(0, 10, {{{1, 0}, "a"}, {{1, 1}, "b"}, {{1, 2}, "c"}, {{2, 0}, "d"}});
  const auto write_from = [this](uint64_t seq, uint32_t first, const Pages& pages) {
    ASSERT_TRUE(store().BeginBlocking(0).ok());
    AddPages(pages);
    CheckpointMeta meta = MakeMeta(0, seq);
    meta.row_bytes[1] = 8;
    meta.first_pages[1] = first;
    ASSERT_TRUE(store().CommitBlocking(meta).ok());
  };
  // A page may leave in the very checkpoint that has it.
  write_from(20, 1, {{{1, 0}, "A"}, {{1, 2}, "C"}});
  EXPECT_EQ(Load(0), (Pages{{{1, 1}, "b"}, {{1, 2}, "C"}, {{2, 0}, "d"}}));
  write_from(30, 2, {});
  under_test_->Crash();
  EXPECT_EQ((*store().LatestBlocking(0))->first_pages[1], 2u);
  EXPECT_EQ((*store().LatestBlocking(0))->first_pages[2], 0u);
  EXPECT_EQ(Load(0), (Pages{{{1, 2}, "C"}, {{2, 0}, "d"}}));
  // What is not committed takes none away.
  ASSERT_TRUE(store().BeginBlocking(0).ok());
  AddPages({{{1, 3}, "e"}});
  under_test_->Crash();
  EXPECT_EQ(Load(0), (Pages{{{1, 2}, "C"}, {{2, 0}, "d"}}));
  write_from(40, 3, {{{1, 3}, "e"}});
  under_test_->Crash();
  EXPECT_EQ(Load(0), (Pages{{{1, 3}, "e"}, {{2, 0}, "d"}}));
}

TEST_P(CheckpointConformanceTest, ShardsAreApart) {
  Write(1, 10, {{{1, 0}, "one"}});
  Write(2, 20, {{{1, 0}, "two"}});
  EXPECT_EQ(Load(1), (Pages{{{1, 0}, "one"}}));
  EXPECT_EQ(Load(2), (Pages{{{1, 0}, "two"}}));
}

TEST_P(CheckpointConformanceTest, ALoadOfAnotherShardChangesNothingOfOneThatIsWritten) {
  Write(1, 10, {{{1, 0}, "one"}});
  Write(2, 20, {{{1, 0}, "two"}});
  Write(2, 30, {{{1, 0}, "TWO"}});
  ASSERT_TRUE(store().BeginBlocking(1).ok());
  AddPages({{{1, 0}, "ONE"}});
  EXPECT_EQ(Load(2), (Pages{{{1, 0}, "TWO"}}));
  ASSERT_TRUE(store().CommitBlocking(MakeMeta(1, 40)).ok());
  EXPECT_EQ(Load(1), (Pages{{{1, 0}, "ONE"}}));
  EXPECT_EQ(Load(2), (Pages{{{1, 0}, "TWO"}}));
}

TEST_P(CheckpointConformanceTest, APageThatIsAddedTwiceIsTheLast) {
  Write(0, 10, {{{1, 0}, "a"}, {{1, 1}, "b"}});
  ASSERT_TRUE(store().BeginBlocking(0).ok());
  AddPages({{{1, 0}, "A"}});
  AddPages({{{1, 0}, "AA"}});
  ASSERT_TRUE(store().CommitBlocking(MakeMeta(0, 20)).ok());
  EXPECT_EQ(Load(0), (Pages{{{1, 0}, "AA"}, {{1, 1}, "b"}}));
  under_test_->Crash();
  EXPECT_EQ(Load(0), (Pages{{{1, 0}, "AA"}, {{1, 1}, "b"}}));
}

TEST_P(CheckpointConformanceTest, OutOfOrderCallsAreRefused) {
  EXPECT_EQ(store().AddPageBlocking(1, 0, {}).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(store().CommitBlocking(MakeMeta(0, 1)).code(), absl::StatusCode::kFailedPrecondition);
  ASSERT_TRUE(store().BeginBlocking(0).ok());
  EXPECT_EQ(store().CommitBlocking(MakeMeta(1, 1)).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(store().LoadBlocking(0, nullptr).code(), absl::StatusCode::kNotFound);
}

TEST_P(CheckpointConformanceTest, TheVisitorsErrorIsPassedOn) {
  Write(0, 10, {{{1, 0}, "a"}, {{1, 1}, "b"}});
  int visits = 0;
  const absl::Status loaded = store().LoadBlocking(
      0, [&visits](uint8_t, uint32_t, std::span<const uint8_t>) -> absl::Status {
        ++visits;
        return absl::CancelledError("enough");
      });
  EXPECT_EQ(loaded.code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(visits, 1);
}

}  // namespace
}  // namespace gonghui
