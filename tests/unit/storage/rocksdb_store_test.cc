// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "storage/rocksdb_store.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>

#include <absl/strings/str_cat.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include "storage/meta_keys.h"
#include "tests/testing/temp_folder.h"

namespace gonghui {
namespace {

using testing::HasSubstr;

absl::StatusOr<std::unique_ptr<RocksdbStore>> Open(const std::string& folder,
                                                   bool read_only = false) {
  RocksdbStoreOptions options;
  options.folder = folder;
  options.read_only = read_only;
  return RocksdbStore::OpenBlocking(options);
}

std::string MessageOf(const absl::StatusOr<std::unique_ptr<RocksdbStore>>& store) {
  return std::string(store.status().message());
}

TEST(RocksdbStoreTest, MakesItsFolderAndFindsItAgain) {
  const TempFolder temp;
  const std::string folder = temp.path("a/b/data");
  {
    const auto store = Open(folder);
    ASSERT_TRUE(store.ok()) << store.status();
    EXPECT_TRUE((*store)->PutBlocking(Family::kMeta, "k", "v").ok());
    EXPECT_GT(*(*store)->FreeBytes(), 0u);
    EXPECT_GT((*store)->WalBytes(), 0u);
  }
  for (const bool read_only : {false, true}) {
    const auto store = Open(folder, read_only);
    ASSERT_TRUE(store.ok()) << store.status();
    std::string value;
    EXPECT_TRUE(*(*store)->GetBlocking(Family::kMeta, "k", &value));
    EXPECT_EQ(value, "v");
    EXPECT_FALSE(*(*store)->GetBlocking(Family::kMeta, "other", &value));
  }
}

// Whatever the file system lets.
TEST(RocksdbStoreTest, FilesAreTheSameHoweverTheyAreWritten) {
  const TempFolder temp;
  const std::string large(1 << 20, 'x');
  for (const bool direct : {true, false, true}) {
    RocksdbStoreOptions options;
    options.folder = temp.path("data");
    options.direct_writes = direct;
    const auto store = RocksdbStore::OpenBlocking(options);
    ASSERT_TRUE(store.ok()) << store.status();
    for (int i = 0; i < 8; ++i) {
      ASSERT_TRUE((*store)->PutBlocking(Family::kState, absl::StrCat("k", i), large).ok());
    }
    rocksdb::FlushOptions flush;
    ASSERT_TRUE((*store)->db()->Flush(flush, (*store)->family(Family::kState)).ok());
    ASSERT_TRUE(
        (*store)->db()->CompactRange({}, (*store)->family(Family::kState), nullptr, nullptr).ok());
    std::string value;
    ASSERT_TRUE(*(*store)->GetBlocking(Family::kState, "k7", &value));
    EXPECT_EQ(value, large);
  }
}

TEST(RocksdbStoreTest, ANewFolderIsItsOwnersOnly) {
  const TempFolder temp;
  for (const char* name : {"a/b/data", "slash/"}) {
    ASSERT_TRUE(Open(temp.path(name)).ok());
    struct stat facts = {};
    ASSERT_EQ(::stat(temp.path(name).c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 07777, 0700u) << name;
  }
}

// Without rights that root has; the answer of what `run` says.  It stands in `folder`,
// to which there may be no other way for it.
std::string AsNobody(const std::string& folder, const std::function<std::string()>& run) {
  int ends[2];
  GH_CHECK(::pipe(ends) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    if (::chdir(folder.c_str()) != 0 || (::geteuid() == 0 && ::seteuid(65'534) != 0)) {
      ::_exit(1);
    }
    const std::string said = run();
    const ssize_t written = ::write(ends[1], said.data(), said.size());
    ::_exit(written < 0 ? 1 : 0);
  }
  ::close(ends[1]);
  std::string said;
  for (char c = 0; ::read(ends[0], &c, 1) == 1;) {
    said.push_back(c);
  }
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  return said;
}

TEST(RocksdbStoreTest, WhoMayNotIsNotToldThatItIsInUse) {
  const TempFolder temp;
  ASSERT_EQ(::chmod(temp.path().c_str(), 0755), 0);
  ASSERT_TRUE(Open(temp.path("data")).ok());
  const auto open = [&temp] {
    return AsNobody(temp.path(), [] { return MessageOf(Open("data", /*read_only=*/true)); });
  };
  const auto check = [&temp] {
    return AsNobody(temp.path(), [] {
      return std::string(RocksdbStore::CheckFolderBlocking("data").message());
    });
  };
  ASSERT_EQ(::chmod(temp.path("data").c_str(), 0), 0);
  EXPECT_THAT(open(), HasSubstr("cannot be read: Permission denied"));
  EXPECT_THAT(check(), HasSubstr("cannot be read: Permission denied"));
  ASSERT_EQ(::chmod(temp.path("data").c_str(), 0555), 0);
  ASSERT_EQ(::chmod(temp.path("data/LOCK").c_str(), 0444), 0);
  EXPECT_THAT(open(), HasSubstr("cannot be locked by this user: "));
  EXPECT_THAT(check(), HasSubstr("cannot be written to: Permission denied"));
  ASSERT_EQ(::chmod(temp.path("data").c_str(), 0700), 0);
}

TEST(RocksdbStoreTest, AFolderIsCheckedWithoutAChange) {
  const TempFolder temp;
  const auto check = [](const std::string& folder) {
    return std::string(RocksdbStore::CheckFolderBlocking(folder).message());
  };
  EXPECT_EQ(check(temp.path("new")), "");
  EXPECT_EQ(check(temp.path("new/and/deep/")), "");
  EXPECT_TRUE(std::filesystem::is_empty(temp.path()));
  const auto store = Open(temp.path("data"));
  EXPECT_EQ(check(temp.path("data")), "");  // in use, which is no fault of the folder
  WriteFile(temp.path("file"), "x");
  EXPECT_THAT(check(temp.path("file")), HasSubstr("is not a folder"));
  EXPECT_THAT(check(temp.path("file/data")), HasSubstr("cannot be made: Not a directory"));
  EXPECT_THAT(check(temp.path()), HasSubstr("is not one of Gonghui's"));
  EXPECT_THAT(check("/proc/gonghui"), HasSubstr("cannot be made"));
}

TEST(RocksdbStoreTest, ASecondOpenerIsRefused) {
  const TempFolder temp;
  const auto first = Open(temp.path("data"));
  ASSERT_TRUE(first.ok());
  for (const bool read_only : {false, true}) {
    const auto second = Open(temp.path("data"), read_only);
    EXPECT_EQ(second.status().code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(MessageOf(second), HasSubstr("is in use by another process"));
  }
}

TEST(RocksdbStoreTest, AReaderHoldsTheLockToo) {
  const TempFolder temp;
  ASSERT_TRUE(Open(temp.path("data")).ok());
  const auto reader = Open(temp.path("data"), true);
  ASSERT_TRUE(reader.ok()) << reader.status();
  EXPECT_THAT(MessageOf(Open(temp.path("data"))), HasSubstr("is in use"));
}

TEST(RocksdbStoreTest, AReaderWritesNothing) {
  const TempFolder temp;
  {
    const auto store = Open(temp.path("data"));
    ASSERT_TRUE(store.ok());
    ASSERT_TRUE((*store)->PutBlocking(Family::kMeta, "k", "v").ok());
  }
  const auto names = [&temp] {
    std::vector<std::string> all;
    for (const auto& entry : std::filesystem::directory_iterator(temp.path("data"))) {
      all.push_back(entry.path().filename().string() + " " + std::to_string(entry.file_size()));
    }
    std::sort(all.begin(), all.end());
    return all;
  };
  const auto before = names();
  { ASSERT_TRUE(Open(temp.path("data"), true).ok()); }
  EXPECT_EQ(names(), before);
}

TEST(RocksdbStoreTest, AReaderNeedsAFolder) {
  const TempFolder temp;
  EXPECT_EQ(Open(temp.path("none"), true).status().code(), absl::StatusCode::kNotFound);
  EXPECT_FALSE(std::filesystem::exists(temp.path("none")));
  std::filesystem::create_directory(temp.path("empty"));
  EXPECT_EQ(Open(temp.path("empty"), true).status().code(), absl::StatusCode::kNotFound);
}

TEST(RocksdbStoreTest, AFolderWithOtherFilesIsLeftAlone) {
  const TempFolder temp;
  WriteFile(temp.path("thesis.txt"), "precious");
  const auto store = Open(temp.path());
  EXPECT_EQ(store.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(MessageOf(store), HasSubstr("holds thesis.txt"));
  EXPECT_FALSE(std::filesystem::exists(temp.path("CURRENT")));
}

TEST(RocksdbStoreTest, AnotherDatabaseIsLeftAlone) {
  const TempFolder temp;
  rocksdb::Options options;
  options.create_if_missing = true;
  rocksdb::DB* raw = nullptr;
  ASSERT_TRUE(rocksdb::DB::Open(options, temp.path("theirs"), &raw).ok());
  std::unique_ptr<rocksdb::DB> db(raw);
  ASSERT_TRUE(db->Put({}, "k", "v").ok());
  db.reset();
  EXPECT_THAT(MessageOf(Open(temp.path("theirs"))), HasSubstr("is not one of Gonghui's"));

  ASSERT_TRUE(rocksdb::DB::Open(options, temp.path("theirs"), &raw).ok());
  db.reset(raw);
  rocksdb::ColumnFamilyHandle* handle = nullptr;
  ASSERT_TRUE(db->CreateColumnFamily({}, "users", &handle).ok());
  db->DestroyColumnFamilyHandle(handle);
  db.reset();
  EXPECT_THAT(MessageOf(Open(temp.path("theirs"))), HasSubstr("column family \"users\""));
}

TEST(RocksdbStoreTest, AFirstStartThatWasCutOffIsFinished) {
  const TempFolder temp;
  rocksdb::Options options;
  options.create_if_missing = true;
  rocksdb::DB* raw = nullptr;
  ASSERT_TRUE(rocksdb::DB::Open(options, temp.path("data"), &raw).ok());
  delete raw;
  const auto store = Open(temp.path("data"));
  EXPECT_TRUE(store.ok()) << store.status();
}

TEST(RocksdbStoreTest, AnUnknownFormatIsRefused) {
  const TempFolder temp;
  {
    const auto store = Open(temp.path("data"));
    std::string value;
    AppendBigEndian32(kFormatVersion + 40, &value);
    ASSERT_TRUE((*store)->PutBlocking(Family::kMeta, kFormatKey, value).ok());
  }
  for (const bool read_only : {false, true}) {
    const auto store = Open(temp.path("data"), read_only);
    EXPECT_EQ(store.status().code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(MessageOf(store),
                HasSubstr(absl::StrCat("format version ",
                                       kFormatVersion + 40,
                                       "; this program knows version ",
                                       kFormatVersion)));
  }
}

// Without the archive's families, as an older format has it, or a folder that was damaged.
TEST(RocksdbStoreTest, AFolderThatLacksAFamilyIsRefused) {
  for (const uint32_t format : {1u, kFormatVersion}) {
    const TempFolder temp;
    rocksdb::Options options;
    options.create_if_missing = true;
    rocksdb::DB* raw = nullptr;
    ASSERT_TRUE(rocksdb::DB::Open(options, temp.path("data"), &raw).ok());
    const std::unique_ptr<rocksdb::DB> db(raw);
    for (const Family family : {Family::kJournal, Family::kState, Family::kMeta, Family::kVault}) {
      rocksdb::ColumnFamilyHandle* handle = nullptr;
      ASSERT_TRUE(db->CreateColumnFamily({}, std::string(NameOf(family)), &handle).ok());
      if (family == Family::kMeta) {
        std::string value;
        AppendBigEndian32(format, &value);
        ASSERT_TRUE(db->Put({}, handle, std::string(kFormatKey), value).ok());
      }
      db->DestroyColumnFamilyHandle(handle);
    }
    ASSERT_TRUE(db->Close().ok());
    for (const bool read_only : {false, true}) {
      const auto store = Open(temp.path("data"), read_only);
      EXPECT_EQ(store.status().code(), absl::StatusCode::kFailedPrecondition);
      EXPECT_THAT(
          MessageOf(store),
          HasSubstr(format == 1 ? absl::StrCat("has format version 1; this program knows version ",
                                               kFormatVersion,
                                               " only")
                                : "it lacks the column family \"archive\""));
    }
  }
}

TEST(RocksdbStoreTest, AFullFolderWithoutAFormatIsRefused) {
  const TempFolder temp;
  {
    const auto store = Open(temp.path("data"));
    ASSERT_TRUE((*store)->PutBlocking(Family::kMeta, "k", "v").ok());
    ASSERT_TRUE(
        (*store)->db()->Delete({}, (*store)->family(Family::kMeta), std::string(kFormatKey)).ok());
  }
  EXPECT_THAT(MessageOf(Open(temp.path("data"))), HasSubstr("names no format version"));
}

// As RocksDB does when what a table says of itself is not what it can be.
class AbortingFiles final : public rocksdb::FileSystemWrapper {
 public:
  AbortingFiles() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}
  const char* Name() const override { return "AbortingFiles"; }
  rocksdb::IOStatus NewRandomAccessFile(const std::string& /*path*/,
                                        const rocksdb::FileOptions& /*options*/,
                                        std::unique_ptr<rocksdb::FSRandomAccessFile>* /*file*/,
                                        rocksdb::IODebugContext* /*debug*/) override {
    std::abort();
  }
};

TEST(RocksdbStoreTest, WhenRocksdbAbortsAnOperatorIsToldWhatToDo) {
  const TempFolder temp;
  {
    const auto store = Open(temp.path("data"));
    ASSERT_TRUE((*store)->PutBlocking(Family::kMeta, "k", "v").ok());
    ASSERT_TRUE(
        (*store)->db()->Flush(rocksdb::FlushOptions(), (*store)->family(Family::kMeta)).ok());
  }
  const auto env = rocksdb::NewCompositeEnv(std::make_shared<AbortingFiles>());
  RocksdbStoreOptions options;
  options.folder = temp.path("data");
  options.env = env.get();
  EXPECT_EXIT((void)RocksdbStore::OpenBlocking(options),
              testing::KilledBySignal(SIGABRT),
              "while it opened data folder .*restore a backup");
  EXPECT_TRUE(Open(temp.path("data")).ok());
}

TEST(RocksdbStoreTest, BigEndianKeysSortAsNumbers) {
  std::string low;
  std::string high;
  AppendBigEndian64(0x00ff, &low);
  AppendBigEndian64(0x0100, &high);
  EXPECT_LT(low, high);
  EXPECT_EQ(BigEndian64At(high, 0), 0x0100u);
  EXPECT_EQ(BigEndian32At(high, 4), 0x0100u);
  EXPECT_EQ(BigEndian16At(high, 6), 0x0100u);
}

}  // namespace
}  // namespace gonghui
