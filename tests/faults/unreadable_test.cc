// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What can not be read is not taken for what is not there: a repeat would be decided anew.

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>

#include "storage/rocksdb_archive.h"
#include "storage/rocksdb_store.h"
#include "tests/faults/fault_file_system.h"
#include "tests/testing/temp_folder.h"
#include "tests/unit/durability/event_maker.h"

namespace gonghui {
namespace {

class UnreadableTest : public ::testing::Test {
 protected:
  void Open() {
    store_.reset();
    RocksdbStoreOptions options;
    options.folder = temp_.path("data");
    options.env = env_.get();
    auto store = RocksdbStore::OpenBlocking(options);
    GH_CHECK(store.ok(), store.status().message());
    store_ = *std::move(store);
  }
  // What is in memory can always be read: a table file, opened anew, is asked.
  void FlushAndOpenAgain(Family family) {
    ASSERT_TRUE(store_->db()->Flush(rocksdb::FlushOptions(), store_->family(family)).ok());
    Open();
  }
  void FailEveryRead() {
    disk_.FailNth(FileCall::kRead, 1, rocksdb::IOStatus::IOError("injected"), /*stays=*/true);
  }

  const TempFolder temp_;
  FaultFileSystem disk_{temp_.path("held")};
  // It owns nothing of the disk.
  const std::unique_ptr<rocksdb::Env> env_ = rocksdb::NewCompositeEnv(
      std::shared_ptr<rocksdb::FileSystem>(&disk_, [](rocksdb::FileSystem*) {}));
  std::unique_ptr<RocksdbStore> store_;
};

TEST_F(UnreadableTest, AnArchivedIdIsNotAbsent) {
  const Archive::Entry sale{MakeArchivedSale(7, TimestampNs{1'795'478'400'000'000'000}),
                            CodeOf<TerminalId>("KM004217")};
  const RequestId& id = sale.transaction.transaction.request_id;
  Open();
  ASSERT_TRUE(RocksdbArchive(*store_).PutBlocking(0, std::vector<Archive::Entry>{sale}).ok());
  for (const Family family : {Family::kArchiveIds, Family::kArchive}) {
    FlushAndOpenAgain(family);
    const RocksdbArchive archive(*store_);
    ArchivedTransaction found;
    FailEveryRead();
    EXPECT_FALSE(archive.FindBlocking(0, sale.terminal, id, &found).ok());
    EXPECT_GT(disk_.struck(), 0U) << "nothing was read";
    disk_.ClearFaults();
    const auto again = archive.FindBlocking(0, sale.terminal, id, &found);
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_TRUE(*again);
  }
}

TEST_F(UnreadableTest, AValueIsNotAbsent) {
  Open();
  ASSERT_TRUE(store_->PutBlocking(Family::kVault, "key", "value").ok());
  FlushAndOpenAgain(Family::kVault);
  std::string value;
  FailEveryRead();
  EXPECT_FALSE(store_->GetBlocking(Family::kVault, "key", &value).ok());
  EXPECT_GT(disk_.struck(), 0U) << "nothing was read";
  disk_.ClearFaults();
  EXPECT_TRUE(*store_->GetBlocking(Family::kVault, "key", &value));
  EXPECT_EQ(value, "value");
}

}  // namespace
}  // namespace gonghui
