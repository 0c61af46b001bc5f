// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What fails where nobody waits for it: the store tells whoever opened it, who ends the process,
// because nobody knows any more what is on the disk.

#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include <absl/strings/match.h>
#include <gtest/gtest.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>

#include "storage/rocksdb_store.h"
#include "tests/faults/fault_file_system.h"
#include "tests/testing/temp_folder.h"

namespace gonghui {
namespace {

TEST(BackgroundErrorTest, IsTold) {
  const TempFolder temp;
  FaultFileSystem disk(temp.path("held"));
  // It owns nothing of the disk.
  const std::unique_ptr<rocksdb::Env> env = rocksdb::NewCompositeEnv(
      std::shared_ptr<rocksdb::FileSystem>(&disk, [](rocksdb::FileSystem*) {}));
  std::mutex mutex;
  std::string told;
  RocksdbStoreOptions options;
  options.folder = temp.path("data");
  options.env = env.get();
  options.on_background_error = [&](std::string_view what) {
    const std::lock_guard lock(mutex);
    told += what;
  };
  const auto store = RocksdbStore::OpenBlocking(options);
  ASSERT_TRUE(store.ok()) << store.status();
  ASSERT_TRUE((*store)->PutBlocking(Family::kVault, "key", "value").ok());
  // The table file of a flush can not be made.
  disk.FailNth(FileCall::kMake, 1, rocksdb::IOStatus::IOError("injected"), /*stays=*/true);
  const rocksdb::Status flushed =
      (*store)->db()->Flush(rocksdb::FlushOptions(), (*store)->family(Family::kVault));
  EXPECT_FALSE(flushed.ok());
  EXPECT_GT(disk.struck(), 0U);
  const std::lock_guard lock(mutex);
  EXPECT_TRUE(absl::StrContains(told, "injected")) << told;
}

}  // namespace
}  // namespace gonghui
