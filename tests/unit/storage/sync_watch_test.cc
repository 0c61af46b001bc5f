// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "storage/sync_watch.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include "engine/base/prng.h"
#include "storage/rocksdb_store.h"
#include "tests/faults/fault_file_system.h"
#include "tests/testing/temp_folder.h"

namespace gonghui {
namespace {

using rocksdb::IOOptions;
using testing::ElementsAre;
using testing::IsEmpty;

class SyncWatchTest : public ::testing::Test {
 protected:
  SyncWatchTest() { EXPECT_TRUE(files_->CreateDir(folder_, IOOptions(), nullptr).ok()); }

  std::unique_ptr<rocksdb::FSWritableFile> Make(const std::string& name) {
    std::unique_ptr<rocksdb::FSWritableFile> file;
    EXPECT_TRUE(files_->NewWritableFile(folder_ + "/" + name, {}, &file, nullptr).ok());
    return file;
  }
  static bool Append(rocksdb::FSWritableFile& file, size_t bytes) {
    return file.Append(std::string(bytes, 'x'), IOOptions(), nullptr).ok();
  }
  static bool Sync(rocksdb::FSWritableFile& file) { return file.Sync(IOOptions(), nullptr).ok(); }
  bool SyncFolder() {
    std::unique_ptr<rocksdb::FSDirectory> folder;
    EXPECT_TRUE(files_->NewDirectory(folder_, IOOptions(), &folder, nullptr).ok());
    return folder->FsyncWithDirOptions(IOOptions(), nullptr, {}).ok();
  }
  void FailNext(FileCall call) {
    disk_->FailNth(call, 1, rocksdb::IOStatus::IOError("injected"), /*stays=*/false);
  }

  const TempFolder temp_;
  const std::string folder_ = temp_.path("data");
  const std::shared_ptr<FaultFileSystem> disk_ =
      std::make_shared<FaultFileSystem>(temp_.path("held"));
  const std::unique_ptr<rocksdb::Env> disk_env_ = rocksdb::NewCompositeEnv(disk_);
  SyncWatch watch_{*disk_env_};
  const std::shared_ptr<rocksdb::FileSystem> files_ = watch_.env().GetFileSystem();
};

TEST_F(SyncWatchTest, CountsWhatWasSyncedUnderANameThatWas) {
  const auto log = Make("000007.log");
  ASSERT_TRUE(Append(*log, 100));
  EXPECT_THAT(watch_.logs(), IsEmpty());
  ASSERT_TRUE(Sync(*log));
  EXPECT_THAT(watch_.logs(), IsEmpty()) << "a power cut would take its name";
  ASSERT_TRUE(SyncFolder());
  EXPECT_THAT(watch_.logs(), ElementsAre(SyncedFile{7, 100}));
  ASSERT_TRUE(Append(*log, 11));
  EXPECT_THAT(watch_.logs(), ElementsAre(SyncedFile{7, 100}));
  ASSERT_TRUE(Sync(*log));
  EXPECT_THAT(watch_.logs(), ElementsAre(SyncedFile{7, 111}));

  const auto next = Make("000012.log");
  ASSERT_TRUE(Append(*next, 5));
  ASSERT_TRUE(next->Fsync(IOOptions(), nullptr).ok());
  EXPECT_THAT(watch_.logs(), ElementsAre(SyncedFile{7, 111})) << "made after the folder's sync";
  ASSERT_TRUE(SyncFolder());
  EXPECT_THAT(watch_.logs(), ElementsAre(SyncedFile{7, 111}, SyncedFile{12, 5}));
  ASSERT_TRUE(files_->DeleteFile(folder_ + "/000007.log", IOOptions(), nullptr).ok());
  EXPECT_THAT(watch_.logs(), ElementsAre(SyncedFile{12, 5}));
}

TEST_F(SyncWatchTest, OtherFilesAreNotWatched) {
  for (const char* const name : {"000003.sst", "MANIFEST-000004", "LOG", "log", "000x.log"}) {
    const auto file = Make(name);
    ASSERT_TRUE(Append(*file, 100));
    ASSERT_TRUE(Sync(*file));
  }
  ASSERT_TRUE(SyncFolder());
  EXPECT_THAT(watch_.logs(), IsEmpty());
}

// Linux forgets what it could not write, so that the next sync says OK to less than was written.
TEST_F(SyncWatchTest, AfterAFailedCallALogSeemsNoLonger) {
  for (const FileCall call : {FileCall::kSync, FileCall::kAppend}) {
    SCOPED_TRACE(NameOf(call));
    const auto log = Make("000007.log");
    ASSERT_TRUE(Append(*log, 100) && Sync(*log) && SyncFolder());
    FailNext(call);
    EXPECT_FALSE(Append(*log, 10) && Sync(*log));
    EXPECT_TRUE(Append(*log, 10) && Sync(*log));
    EXPECT_THAT(watch_.logs(), ElementsAre(SyncedFile{7, 100}));
  }
}

TEST_F(SyncWatchTest, AFolderThatCouldNotBeSyncedGivesNoName) {
  const auto log = Make("000007.log");
  ASSERT_TRUE(Append(*log, 100) && Sync(*log));
  FailNext(FileCall::kSyncFolder);
  EXPECT_FALSE(SyncFolder());
  EXPECT_THAT(watch_.logs(), IsEmpty());
  EXPECT_TRUE(SyncFolder());
  EXPECT_THAT(watch_.logs(), ElementsAre(SyncedFile{7, 100}));
}

// So that a power cut leaves no hole before a record that is whole.
TEST_F(SyncWatchTest, WhatIsAppendedToAManifestInUseIsOnTheDisk) {
  const auto manifest = Make("MANIFEST-000004");
  ASSERT_TRUE(Append(*manifest, 100) && Sync(*manifest) && SyncFolder());
  ASSERT_TRUE(Append(*manifest, 10));
  ASSERT_TRUE(Append(*manifest, 1));
  const auto other = Make("000003.sst");
  ASSERT_TRUE(Append(*other, 100) && Sync(*other) && SyncFolder() && Append(*other, 10));
  FailNext(FileCall::kSync);
  EXPECT_FALSE(Append(*manifest, 1000));
  disk_->PowerOff();
  Prng prng(1);
  disk_->CutPower(&prng, FaultFileSystem::Tail::kGarbage);
  const std::string left = ReadFile(folder_ + "/MANIFEST-000004");
  ASSERT_GE(left.size(), 111U);
  EXPECT_EQ(left.substr(0, 111), std::string(111, 'x'));
  EXPECT_LE(std::filesystem::file_size(folder_ + "/000003.sst"), 110U);
}

TEST_F(SyncWatchTest, WhatAStoreWritesDownIsWhatItsLogHolds) {
  RocksdbStoreOptions options;
  options.folder = temp_.path("store");
  const auto store = RocksdbStore::OpenBlocking(options);
  ASSERT_TRUE(store.ok()) << store.status();
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE((*store)->PutBlocking(Family::kMeta, "k", std::string(100, 'v')).ok());
  }
  ASSERT_TRUE((*store)->MarkSyncedBlocking().ok());
  const std::optional<SyncedSizes> sizes =
      DecodeSyncedSizes(ReadFile(options.folder + "/" + std::string(kSyncedSizesFile)));
  ASSERT_TRUE(sizes.has_value());
  const std::filesystem::path log = NewestFile(options.folder, ".log");
  EXPECT_THAT(sizes->logs,
              ElementsAre(SyncedFile{*LogNumberOf(log.string()), std::filesystem::file_size(log)}));
}

}  // namespace
}  // namespace gonghui
