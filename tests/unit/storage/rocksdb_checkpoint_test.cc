// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "storage/rocksdb_checkpoint.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rocksdb/db.h>

#include "storage/rocksdb_store.h"
#include "tests/testing/temp_folder.h"
#include "tests/unit/durability/checkpoint_conformance.h"

namespace gonghui {
namespace {

using testing::HasSubstr;

class RocksdbStoreUnderTest final : public CheckpointStoreUnderTest {
 public:
  RocksdbStoreUnderTest() { Open(); }

  CheckpointStore& store() override { return *checkpoints_; }
  RocksdbCheckpointStore& checkpoints() { return *checkpoints_; }
  RocksdbStore& rocks() { return *store_; }

  void Crash() override {
    const std::string next = temp_.path(std::to_string(generation_ + 1));
    CopyFolder(temp_.path(std::to_string(generation_)), next);
    checkpoints_.reset();
    store_.reset();
    ++generation_;
    Open();
  }

 private:
  void Open() {
    RocksdbStoreOptions options;
    options.folder = temp_.path(std::to_string(generation_));
    auto store = RocksdbStore::OpenBlocking(options);
    GH_CHECK(store.ok(), store.status().message());
    store_ = *std::move(store);
    checkpoints_ = std::make_unique<RocksdbCheckpointStore>(*store_);
  }

  const TempFolder temp_;
  int generation_ = 0;
  std::unique_ptr<RocksdbStore> store_;
  std::unique_ptr<RocksdbCheckpointStore> checkpoints_;
};

std::unique_ptr<CheckpointStoreUnderTest> MakeRocksdb() {
  return std::make_unique<RocksdbStoreUnderTest>();
}

INSTANTIATE_TEST_SUITE_P(Rocksdb, CheckpointConformanceTest, testing::Values(&MakeRocksdb));

class RocksdbCheckpointTest : public CheckpointConformanceTest {
 protected:
  RocksdbStoreUnderTest& rocks() { return static_cast<RocksdbStoreUnderTest&>(*under_test_); }
  absl::Status LoadStatus() {
    return store().LoadBlocking(0, [](uint8_t, uint32_t, std::span<const uint8_t>) -> absl::Status {
      return absl::OkStatus();
    });
  }
  void PutPage(const std::string& key, const std::string& value) {
    ASSERT_TRUE(rocks().rocks().PutBlocking(Family::kState, key, value).ok());
  }
};

INSTANTIATE_TEST_SUITE_P(Rocksdb, RocksdbCheckpointTest, testing::Values(&MakeRocksdb));

TEST_P(RocksdbCheckpointTest, WhatIsReplacedIsClearedAway) {
  Write(0, 10, {{{1, 0}, "a"}, {{1, 1}, "b"}});
  Write(0, 20, {{{1, 0}, "A"}, {{1, 2}, "c"}});
  Write(0, 30, {{{1, 0}, "AA"}, {{1, 1}, "B"}});
  EXPECT_EQ(*rocks().checkpoints().CountStoredPagesBlocking(0), 3u);
}

// As after a crash behind a commit; whether or not the pages are loaded before the next.
TEST_P(RocksdbCheckpointTest, WhatACommitDidNotComeToClearIsClearedByTheNext) {
  for (const bool loads : {false, true}) {
    SCOPED_TRACE(loads);
    Write(0, 10, {{{1, 0}, "a"}, {{1, 1}, "b"}});
    Write(0, 20, {{{1, 0}, "A"}});
    const uint64_t newest = loads ? 5 : 2;
    PutPage(PageKey(0, 1, 0, newest - 1), "before");
    EXPECT_EQ(*rocks().checkpoints().CountStoredPagesBlocking(0), 3u);
    under_test_->Crash();
    if (loads) {
      EXPECT_EQ(Load(0), (Pages{{{1, 0}, "A"}, {{1, 1}, "b"}}));
    }
    Write(0, 30, {{{1, 1}, "B"}});
    EXPECT_EQ(*rocks().checkpoints().CountStoredPagesBlocking(0), 2u);
    EXPECT_EQ(Load(0), (Pages{{{1, 0}, "A"}, {{1, 1}, "B"}}));
  }
}

TEST_P(RocksdbCheckpointTest, WhatACrashLeftBehindIsClearedAway) {
  Write(0, 10, {{{1, 0}, "a"}});
  ASSERT_TRUE(store().BeginBlocking(0).ok());
  Pages many;
  for (uint32_t page = 0; page < 6'000; ++page) {  // more than is kept in memory
    many[{2, page}] = std::string(8'192, static_cast<char>('a' + page % 26));
  }
  AddPages(many);
  under_test_->Crash();
  EXPECT_GT(*rocks().checkpoints().CountStoredPagesBlocking(0), 1u);
  EXPECT_EQ(Load(0), (Pages{{{1, 0}, "a"}}));
  Write(0, 20, {{{1, 1}, "b"}});
  EXPECT_EQ(*rocks().checkpoints().CountStoredPagesBlocking(0), 2u);
}

TEST_P(RocksdbCheckpointTest, PagesThatLeftAreClearedAway) {
  Write(0, 10, {{{1, 0}, "a"}, {{1, 1}, "b"}, {{1, 2}, "c"}, {{2, 0}, "d"}});
  Write(1, 10, {{{1, 0}, "another shard's"}});
  ASSERT_TRUE(store().BeginBlocking(0).ok());
  AddPages({{{1, 0}, "A"}});
  CheckpointMeta meta = MakeMeta(0, 20);
  meta.row_bytes[1] = 8;
  meta.first_pages[1] = 2;
  ASSERT_TRUE(store().CommitBlocking(meta).ok());
  EXPECT_EQ(*rocks().checkpoints().CountStoredPagesBlocking(0), 2u);
  EXPECT_EQ(*rocks().checkpoints().CountStoredPagesBlocking(1), 1u);
  // They stay away: a checkpoint's pages, written past the WAL, do not come back with it.
  under_test_->Crash();
  EXPECT_EQ(*rocks().checkpoints().CountStoredPagesBlocking(0), 2u);
  meta.first_pages[1] = 1;
  ASSERT_TRUE(store().BeginBlocking(0).ok());
  EXPECT_DEATH((void)store().CommitBlocking(meta), "table=1 first=1");
}

TEST_P(RocksdbCheckpointTest, ADamagedPageIsNamed) {
  Write(0, 10, {{{4, 77}, "pages are larger"}, {{4, 78}, "than this"}});
  const std::string key = PageKey(0, 4, 77, 1);
  std::string value;
  ASSERT_TRUE(*rocks().rocks().GetBlocking(Family::kState, key, &value));
  for (size_t i = 0; i < value.size(); ++i) {
    std::string bad = value;
    bad[i] = static_cast<char>(bad[i] ^ 0x04);
    PutPage(key, bad);
    const absl::Status loaded = LoadStatus();
    ASSERT_EQ(loaded.code(), absl::StatusCode::kDataLoss);
    EXPECT_THAT(std::string(loaded.message()), HasSubstr("table 4, page 77, number 1: checksum"));
  }
  PutPage(key, "short");
  EXPECT_THAT(std::string(LoadStatus().message()), HasSubstr("too short"));
}

TEST_P(RocksdbCheckpointTest, APageUnderAnothersKeyIsFound) {
  Write(0, 10, {{{4, 77}, "pages are larger"}, {{4, 78}, "than this"}});
  std::string value;
  ASSERT_TRUE(*rocks().rocks().GetBlocking(Family::kState, PageKey(0, 4, 77, 1), &value));
  PutPage(PageKey(0, 4, 78, 1), value);
  EXPECT_EQ(LoadStatus().code(), absl::StatusCode::kDataLoss);
}

TEST(CheckpointMetaTest, ComesBackOrIsRefused) {
  CheckpointMeta meta;
  meta.shard = 1'000;
  meta.applied_seq = UINT64_MAX;
  meta.applied_at = TimestampNs{-5};
  meta.state_hash = 77;
  meta.table_sizes[22] = 0;  // an empty table is told from one that is not there
  meta.row_bytes[22] = 8;
  meta.first_pages[22] = 77;
  std::string value = EncodeCheckpointMeta(9, meta);
  uint64_t number = 0;
  CheckpointMeta decoded;
  ASSERT_TRUE(DecodeCheckpointMeta(value, &number, &decoded).ok());
  EXPECT_EQ(number, 9u);
  EXPECT_EQ(decoded.shard, meta.shard);
  EXPECT_EQ(decoded.applied_seq, meta.applied_seq);
  EXPECT_EQ(decoded.applied_at, meta.applied_at);
  EXPECT_EQ(decoded.state_hash, meta.state_hash);
  EXPECT_EQ(decoded.row_bytes, meta.row_bytes);
  EXPECT_EQ(decoded.first_pages, meta.first_pages);
  for (size_t i = 0; i < value.size(); ++i) {
    value[i] = static_cast<char>(value[i] ^ 0x01);
    EXPECT_FALSE(DecodeCheckpointMeta(value, &number, &decoded).ok()) << "byte " << i;
    value[i] = static_cast<char>(value[i] ^ 0x01);
    EXPECT_FALSE(DecodeCheckpointMeta(value.substr(0, i), &number, &decoded).ok());
  }
}

}  // namespace
}  // namespace gonghui
