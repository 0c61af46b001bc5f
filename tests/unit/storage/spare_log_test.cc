// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "storage/spare_log.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <iterator>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include "engine/base/check.h"
#include "engine/base/prng.h"
#include "storage/log_damage.h"
#include "storage/rocksdb_store.h"
#include "storage/sync_watch.h"
#include "tests/faults/fault_file_system.h"
#include "tests/faults/log_headers.h"
#include "tests/testing/temp_folder.h"

namespace gonghui {
namespace {

namespace fs = std::filesystem;
using rocksdb::IOOptions;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr uint64_t kBytesMax = 1 << 20;
constexpr uint64_t kSectorBytes = 512;
// All are looked at; of so many one is opened, which takes longer.
constexpr int kOpenEach = 11;

// True once `is_so` is.
template <class Condition>
bool Becomes(const Condition& is_so) {
  constexpr int kTries = 2'000;
  for (int tries = 0; tries < kTries; ++tries) {
    if (is_so()) {
      return true;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return false;
}

// ---- The spare itself ------------------------------------------------------------------

class SpareLogTest : public ::testing::Test {
 protected:
  SpareLogTest() { fs::create_directories(folder_); }

  [[nodiscard]] std::string path(std::string_view name) const {
    return folder_ + "/" + std::string(name);
  }
  [[nodiscard]] bool IsThere(uint64_t bytes) const {
    return fs::exists(path(kSpareLogFile)) && fs::file_size(path(kSpareLogFile)) == bytes;
  }
  [[nodiscard]] bool NothingIsThere() const {
    return !fs::exists(path(kSpareLogFile)) && !fs::exists(path(kUnfinishedSpareLogFile));
  }
  // The next log, as RocksDB makes it.
  std::unique_ptr<rocksdb::FSWritableFile> NewLog(const std::string& name) {
    std::unique_ptr<rocksdb::FSWritableFile> file;
    EXPECT_TRUE(watch_.env().GetFileSystem()->NewWritableFile(path(name), {}, &file, nullptr).ok());
    return file;
  }
  static bool Append(rocksdb::FSWritableFile& file, size_t bytes) {
    return file.Append(std::string(bytes, 'x'), IOOptions(), nullptr).ok();
  }
  static bool Close(rocksdb::FSWritableFile& file) {
    return file.Sync(IOOptions(), nullptr).ok() && file.Close(IOOptions(), nullptr).ok();
  }

  const TempFolder temp_;
  const std::string folder_ = temp_.path("data");
  const std::shared_ptr<FaultFileSystem> disk_ =
      std::make_shared<FaultFileSystem>(temp_.path("held"));
  const std::unique_ptr<rocksdb::Env> disk_env_ = rocksdb::NewCompositeEnv(disk_);
  SpareLog spare_{disk_, folder_, kBytesMax};
  SyncWatch watch_{*disk_env_, &spare_};
};

TEST_F(SpareLogTest, ALogIsWrittenOverItFromItsBeginning) {
  spare_.StartBlocking();
  ASSERT_TRUE(Becomes([&] { return IsThere(kBytesMax); }));
  EXPECT_EQ(ReadFile(path(kSpareLogFile)), std::string(kBytesMax, '\0'));
  const auto log = NewLog("000007.log");
  ASSERT_TRUE(Append(*log, 1'000) && Append(*log, 24));
  EXPECT_EQ(log->GetFileSize(IOOptions(), nullptr), 1'024U);
  ASSERT_TRUE(log->Sync(IOOptions(), nullptr).ok());
  const std::string bytes = ReadFile(path("000007.log"));
  EXPECT_EQ(bytes, std::string(1'024, 'x') + std::string(kBytesMax - 1'024, '\0'));
  // Only what was written counts as synced.
  std::unique_ptr<rocksdb::FSDirectory> folder;
  ASSERT_TRUE(
      watch_.env().GetFileSystem()->NewDirectory(folder_, IOOptions(), &folder, nullptr).ok());
  ASSERT_TRUE(folder->FsyncWithDirOptions(IOOptions(), nullptr, {}).ok());
  EXPECT_THAT(watch_.logs(), ElementsAre(SyncedFile{7, 1'024}));
  ASSERT_TRUE(Close(*log));
  EXPECT_EQ(fs::file_size(path("000007.log")), 1'024U) << "the rest is given back";
}

TEST_F(SpareLogTest, ALogThatCanNotBeCutKeepsItsRoom) {
  spare_.StartBlocking();
  ASSERT_TRUE(Becomes([&] { return IsThere(kBytesMax); }));
  const auto log = NewLog("000007.log");
  ASSERT_TRUE(Append(*log, 1'024));
  disk_->FailNth(FileCall::kTruncate, 1, rocksdb::IOStatus::IOError("injected"), /*stays=*/false);
  ASSERT_TRUE(Close(*log)) << "what it holds is synced";
  EXPECT_EQ(disk_->struck(), 1U);
  EXPECT_EQ(ReadFile(path("000007.log")),
            std::string(1'024, 'x') + std::string(kBytesMax - 1'024, '\0'));
}

TEST_F(SpareLogTest, TheNextIsForTwiceWhatTheLastOneTook) {
  spare_.StartBlocking();
  ASSERT_TRUE(Becomes([&] { return IsThere(kBytesMax); }));
  const auto small = NewLog("000007.log");
  ASSERT_TRUE(Becomes([&] { return IsThere(kBytesMax); })) << "nothing is known yet";
  ASSERT_TRUE(Append(*small, 100));
  const auto large = NewLog("000009.log");
  ASSERT_TRUE(Becomes([&] { return IsThere(kBytesMax / 16); })) << "but not less than a part";
  ASSERT_TRUE(Append(*large, 200'000));
  const auto larger = NewLog("000011.log");
  ASSERT_TRUE(Becomes([&] { return IsThere(13 * SpareLog::kUnitBytes); }));
  ASSERT_TRUE(Append(*larger, 3 * kBytesMax)) << "it grows where its room ends";
  const auto last = NewLog("000013.log");
  ASSERT_TRUE(Becomes([&] { return IsThere(kBytesMax); })) << "but not more than all";
  ASSERT_TRUE(Close(*larger));
  EXPECT_EQ(ReadFile(path("000011.log")), std::string(3 * kBytesMax, 'x'));
}

TEST_F(SpareLogTest, WithoutOneALogGrows) {
  const auto log = NewLog("000007.log");
  ASSERT_TRUE(Append(*log, 100));
  EXPECT_EQ(fs::file_size(path("000007.log")), 100U);
  ASSERT_TRUE(Close(*log));
  EXPECT_TRUE(NothingIsThere());
}

TEST_F(SpareLogTest, WhatIsLeftOfAnEarlierOneIsNotUsed) {
  WriteFile(path(kSpareLogFile), std::string(kBytesMax, 'o'));
  WriteFile(path(kUnfinishedSpareLogFile), "old");
  const auto before = NewLog("000007.log");
  EXPECT_EQ(fs::file_size(path("000007.log")), 0U);
  spare_.StartBlocking();
  ASSERT_TRUE(Becomes([&] { return IsThere(kBytesMax); }));
  EXPECT_EQ(ReadFile(path(kSpareLogFile)), std::string(kBytesMax, '\0'));
}

TEST_F(SpareLogTest, ADiskThatCanNotTakeItIsAskedAgainWithTheNextLog) {
  for (const FileCall call :
       {FileCall::kMake, FileCall::kAppend, FileCall::kSync, FileCall::kClose, FileCall::kRename}) {
    SCOPED_TRACE(NameOf(call));
    SpareLog spare(disk_, folder_, kBytesMax);
    disk_->FailNth(call, 1, rocksdb::IOStatus::IOError("injected"), /*stays=*/false);
    spare.StartBlocking();
    ASSERT_TRUE(Becomes([&] { return disk_->struck() == 1; }));
    uint64_t room = 0;
    EXPECT_EQ(spare.TakeBlocking(path("000007.log"), {}, 0, &room), nullptr);
    ASSERT_TRUE(Becomes([&] { return IsThere(kBytesMax); }));
    disk_->FailNth(FileCall::kRename, 1, rocksdb::IOStatus::IOError("injected"), false);
    EXPECT_EQ(spare.TakeBlocking(path("000009.log"), {}, 0, &room), nullptr)
        << "it has no other name yet";
    EXPECT_FALSE(fs::exists(path("000009.log")));
    ASSERT_TRUE(Becomes([&] {
      return spare.TakeBlocking(path("000011.log"), {}, 0, &room) != nullptr;
    })) << "one is made anew";
    EXPECT_EQ(room, kBytesMax);
    spare.StopBlocking();
    EXPECT_TRUE(NothingIsThere());
  }
}

TEST_F(SpareLogTest, NoneIsLeftInAFolderThatIsStopped) {
  spare_.StartBlocking();
  ASSERT_TRUE(Becomes([&] { return IsThere(kBytesMax); }));
  spare_.StopBlocking();
  EXPECT_TRUE(NothingIsThere());
  uint64_t room = 0;
  EXPECT_EQ(spare_.TakeBlocking(path("000007.log"), {}, 0, &room), nullptr);
}

// ---- Logs that were written over one --------------------------------------------------

struct Value {
  size_t bytes = 0;
  size_t zeroes = 0;  // of these, at its end
};
void PrintTo(const Value& value, std::ostream* out) {
  *out << value.bytes << " bytes, " << value.zeroes << " zeroes";
}

// A folder as a killed process leaves it, and what a power cut, or rot, does to its last record.
class WrittenOverLogTest : public ::testing::TestWithParam<Value> {
 protected:
  void SetUp() override {
    {
      const auto store = Open();
      ASSERT_TRUE(store.ok()) << store.status();
      for (const char* const key : {"first", "last"}) {
        Prng prng(GetParam().bytes);
        std::string value(GetParam().bytes, '\0');
        for (size_t i = 0; i < value.size() - GetParam().zeroes; ++i) {
          value[i] = static_cast<char>(1 + prng.Below(255));
        }
        ASSERT_TRUE((*store)->PutBlocking(Family::kMeta, key, value).ok());
      }
    }
    fs::remove(folder_ + "/SYNCED");  // written when it was stopped
    log_ = NewestFile(folder_, ".log").string();
    bytes_ = ReadFile(log_);
    const std::vector<uint64_t> headers = LogHeadersOf(bytes_);
    for (const uint64_t at : headers) {
      const auto piece = static_cast<uint8_t>(bytes_[at + 6]);
      last_ = piece == 1 || piece == 2 ? at : last_;
    }
  }

  absl::StatusOr<std::unique_ptr<RocksdbStore>> Open() {
    RocksdbStoreOptions options;
    options.folder = folder_;
    options.on_cut_end = [this](std::string_view /*what*/) { ++cuts_; };
    return RocksdbStore::OpenBlocking(options);
  }
  // Room behind what is there.
  void Leave(const std::string& bytes) const {
    WriteFile(log_, bytes + std::string(100'000, '\0'));
  }
  void ExpectOpens(bool with_last) {
    const auto store = Open();
    ASSERT_TRUE(store.ok()) << store.status();
    std::string value;
    EXPECT_TRUE(*(*store)->GetBlocking(Family::kMeta, "first", &value));
    EXPECT_EQ(*(*store)->GetBlocking(Family::kMeta, "last", &value), with_last);
  }
  // What is found of it, and whether it is taken for one that was never finished.
  void ExpectFound(bool is_unwritten) const {
    const auto damage = FindLogDamageBlocking(*rocksdb::Env::Default(), log_, 0);
    ASSERT_TRUE(damage.has_value());
    EXPECT_EQ(damage->is_unwritten, is_unwritten);
    EXPECT_TRUE(damage->is_last);
  }
  // Each attempt begins with the folder as it was.
  void Save() { CopyFolder(folder_, temp_.path("saved")); }
  void Restore() { CopyFolder(temp_.path("saved"), folder_); }

  const TempFolder temp_;
  const std::string folder_ = temp_.path("data");
  std::string log_;
  std::string bytes_;
  uint64_t last_ = 0;  // where its last record begins
  int cuts_ = 0;
};

TEST_P(WrittenOverLogTest, RoomBehindTheLastRecordIsNothing) {
  Leave(bytes_);
  ExpectOpens(/*with_last=*/true);
  EXPECT_EQ(cuts_, 0);
  ExpectOpens(/*with_last=*/true);
}

TEST_P(WrittenOverLogTest, ARecordOfWhichSectorsAreMissingIsCutOff) {
  Save();
  int tries = 0;
  const auto sectors_end = (bytes_.size() + kSectorBytes - 1) / kSectorBytes;
  // Each sector alone, those from it on, and those up to it.
  for (uint64_t sector = last_ / kSectorBytes; sector < sectors_end; ++sector) {
    for (const int which : {0, 1, 2}) {
      const uint64_t from = std::max(last_, which == 2 ? 0 : sector * kSectorBytes);
      const uint64_t to =
          which == 1 ? bytes_.size() : std::min((sector + 1) * kSectorBytes, bytes_.size());
      // Of nothing at all it could not be told that it was begun.
      if (to - from == bytes_.size() - last_) {
        continue;
      }
      SCOPED_TRACE(testing::Message() << "zeroes from " << from << " to " << to << " of "
                                      << bytes_.size() << ", begun at " << last_);
      std::string torn = bytes_;
      torn.replace(from, to - from, to - from, '\0');
      Leave(torn);
      ExpectFound(/*is_unwritten=*/true);
      if (tries++ % kOpenEach == 0) {
        ExpectOpens(/*with_last=*/false);
        ExpectOpens(/*with_last=*/false);
        Restore();
      }
    }
  }
}

// Also of a value that is zeroes, by sectors.
class RottenLogTest : public WrittenOverLogTest {};

TEST_P(RottenLogTest, ARottenBitIsNotTakenForAMissingSector) {
  Save();
  std::vector<uint64_t> places;
  for (const uint64_t at : LogHeadersOf(bytes_)) {
    for (uint64_t i = 0; at >= last_ && i < 7; ++i) {
      places.push_back(at + i);
    }
  }
  for (const uint64_t at : {last_ + 20, (last_ + bytes_.size()) / 2, bytes_.size() - 1}) {
    places.push_back(at);
  }
  int tries = 0;
  for (const uint64_t at : places) {
    for (int bit = 0; bit < 8; ++bit) {
      SCOPED_TRACE(testing::Message() << "bit " << bit << " of byte " << at << ", record at "
                                      << last_ << ", " << bytes_.size() << " bytes");
      Leave(bytes_);
      FlipBit(log_, at, bit);
      ExpectFound(/*is_unwritten=*/false);
      if (tries++ % kOpenEach != 0) {
        continue;
      }
      const absl::Status refused = Open().status();
      ASSERT_EQ(refused.code(), absl::StatusCode::kDataLoss) << refused;
      EXPECT_THAT(std::string(refused.message()), HasSubstr(" is damaged in the record at byte "));
      Restore();
    }
  }
}

// Its last bytes are those of a small number, of which one bit is set and lies alone in a sector.
TEST(WrittenOverLog, ANumberOfOneBitInAMissingSectorIsCutOff) {
  for (size_t in_last = 1; in_last <= 8; ++in_last) {
    SCOPED_TRACE(in_last);
    const TempFolder temp;
    RocksdbStoreOptions options;
    options.folder = temp.path("data");
    std::string log;
    const auto end_with = [&](size_t filler) {
      fs::remove_all(options.folder);
      const auto store = RocksdbStore::OpenBlocking(options);
      GH_CHECK(store.ok(), store.status().message());
      const std::string value = std::string(400 + filler, 'v') + std::string(7, '\0') + '\1';
      EXPECT_TRUE((*store)->PutBlocking(Family::kMeta, "one", value).ok());
      log = NewestFile(options.folder, ".log").string();
      return fs::file_size(log);
    };
    const uint64_t end = end_with((in_last - end_with(0)) % kSectorBytes);
    ASSERT_EQ(end % kSectorBytes, in_last);
    std::string torn = ReadFile(log);
    torn.replace(end - in_last, in_last, 100'000, '\0');
    WriteFile(log, torn);
    const auto damage = FindLogDamageBlocking(*rocksdb::Env::Default(), log, 0);
    ASSERT_TRUE(damage.has_value());
    EXPECT_TRUE(damage->is_unwritten);
  }
}

// A folder whose log ends with "last", of so many bytes, `at` bytes on in a unit of `unit`; what is
// before it is of "one".
struct LastRecord {
  std::string log;
  uint64_t at = 0;
};
LastRecord MakeLastRecordAt(const std::string& folder, uint64_t at, uint64_t unit, size_t bytes) {
  RocksdbStoreOptions options;
  options.folder = folder;
  LastRecord last;
  const auto make = [&](size_t filler) {
    fs::remove_all(folder);
    const auto store = RocksdbStore::OpenBlocking(options);
    GH_CHECK(store.ok(), store.status().message());
    GH_CHECK((*store)->PutBlocking(Family::kMeta, "one", std::string(400 + filler, 'v')).ok());
    last.log = NewestFile(folder, ".log").string();
    last.at = fs::file_size(last.log);
    GH_CHECK((*store)->PutBlocking(Family::kMeta, "last", std::string(bytes, 'v')).ok());
  };
  make(0);
  const uint64_t filler = (at + unit - last.at % unit) % unit;
  make(filler);
  if (last.at % unit == at + 1) {
    make(filler - 1);  // its length takes a byte more than that of the first
  }
  fs::remove(folder + "/SYNCED");  // written when it was stopped
  return last;
}

TEST(WrittenOverLog, AHeaderOfWhichTheFirstSectorIsMissingIsCutOff) {
  for (uint64_t in_first = 1; in_first <= kLogHeaderBytes; ++in_first) {
    const size_t bytes = in_first % 2 == 0 ? 300 : 2'000;
    for (const size_t room : {size_t{0}, size_t{100'000}}) {
      SCOPED_TRACE(testing::Message() << in_first << " of 7 bytes, of a value of " << bytes
                                      << ", with room of " << room);
      const TempFolder temp;
      RocksdbStoreOptions options;
      options.folder = temp.path("data");
      const LastRecord last =
          MakeLastRecordAt(options.folder, kSectorBytes - in_first, kSectorBytes, bytes);
      ASSERT_EQ(last.at % kSectorBytes, kSectorBytes - in_first);
      std::string torn = ReadFile(last.log);
      torn.replace(last.at, in_first, in_first, '\0');
      WriteFile(last.log, torn + std::string(room, '\0'));
      int cuts = 0;
      options.on_cut_end = [&cuts](std::string_view /*what*/) { ++cuts; };
      const auto store = RocksdbStore::OpenBlocking(options);
      ASSERT_TRUE(store.ok()) << store.status();
      std::string value;
      EXPECT_TRUE(*(*store)->GetBlocking(Family::kMeta, "one", &value));
      EXPECT_FALSE(*(*store)->GetBlocking(Family::kMeta, "last", &value));
      EXPECT_EQ(cuts, 1);
    }
  }
}

// Where only its header has room before the end of a block, its first piece is empty.
TEST(WrittenOverLog, ARecordThatBeginsWithAnEmptyPieceIsARecord) {
  const TempFolder temp;
  const LastRecord last = MakeLastRecordAt(
      temp.path("data"), kLogBlockBytes - kLogHeaderBytes, kLogBlockBytes, /*bytes=*/300);
  ASSERT_EQ(last.at % kLogBlockBytes, kLogBlockBytes - kLogHeaderBytes);
  std::string bytes = ReadFile(last.log);
  const std::vector<uint64_t> headers = LogHeadersOf(bytes);
  const auto own = std::find(headers.begin(), headers.end(), last.at);
  ASSERT_TRUE(own != headers.end() && own != headers.begin());
  // A sector of the one before.
  bytes.replace(last.at - 2 * kSectorBytes, kSectorBytes, kSectorBytes, '\0');
  WriteFile(last.log, bytes);
  const auto damage = FindLogDamageBlocking(*rocksdb::Env::Default(), last.log, 0);
  ASSERT_TRUE(damage.has_value());
  EXPECT_EQ(damage->at, *std::prev(own));
  EXPECT_FALSE(damage->is_last);
  EXPECT_FALSE(damage->is_unwritten);
}

// A limit (docs/RELIABILITY.md): a sector of garbage is taken for rot, but where the record's last
// sector has zeroes alone, for the neighbour of one that was never written.
TEST(WrittenOverLog, GarbageIsRotUnlessTheRecordHasASectorOfZeroes) {
  for (const char last_byte : {'v', '\0'}) {
    const TempFolder temp;
    RocksdbStoreOptions options;
    options.folder = temp.path("data");
    std::string log;
    const auto end_with = [&](size_t filler) {
      fs::remove_all(options.folder);
      const auto store = RocksdbStore::OpenBlocking(options);
      GH_CHECK(store.ok(), store.status().message());
      const std::string value = std::string(2'000 + filler, 'v') + last_byte;
      GH_CHECK((*store)->PutBlocking(Family::kMeta, "one", value).ok());
      log = NewestFile(options.folder, ".log").string();
      return fs::file_size(log);
    };
    const uint64_t end = end_with((1 + kSectorBytes - end_with(0) % kSectorBytes) % kSectorBytes);
    ASSERT_EQ(end % kSectorBytes, 1U);
    std::string rotten = ReadFile(log);
    rotten.replace(end - 1 - kSectorBytes, kSectorBytes, kSectorBytes, 'g');
    WriteFile(log, rotten + std::string(100'000, '\0'));
    const auto damage = FindLogDamageBlocking(*rocksdb::Env::Default(), log, 0);
    ASSERT_TRUE(damage.has_value());
    EXPECT_EQ(damage->is_unwritten, last_byte == '\0');
  }
}

TEST_P(WrittenOverLogTest, ALogOfRoomOnlyIsNotTheOneThatWasBeingWritten) {
  std::string torn = bytes_;
  torn.replace(last_ + 7, std::string::npos, bytes_.size() - last_ - 7, '\0');
  Leave(torn);
  WriteFile(folder_ + "/999999.log", std::string(100'000, '\0'));
  ExpectOpens(/*with_last=*/false);
  EXPECT_EQ(cuts_, 1);
}

// One sector, some, two blocks, four.
INSTANTIATE_TEST_SUITE_P(SizesOfRecords,
                         WrittenOverLogTest,
                         testing::Values(Value{300}, Value{2'000}, Value{40'000}, Value{100'000}));
INSTANTIATE_TEST_SUITE_P(SizesOfRecords,
                         RottenLogTest,
                         testing::Values(Value{300},
                                         Value{2'000},
                                         Value{40'000},
                                         Value{100'000},
                                         Value{340, 40},
                                         Value{4'096, 4'096},
                                         Value{6'000, 2'000},
                                         Value{70'000, 70'000}));

// ---- A store with one -------------------------------------------------------------------

std::string SpareIn(const std::string& folder) {
  return folder + "/" + std::string(kSpareLogFile);
}

TEST(StoreWithSpareLog, IsReadBackAfterItWasKilled) {
  const TempFolder temp;
  RocksdbStoreOptions options;
  options.folder = temp.path("data");
  options.spare_log_bytes_max = kBytesMax;
  const std::string spare = SpareIn(options.folder);
  {
    const auto store = RocksdbStore::OpenBlocking(options);
    ASSERT_TRUE(store.ok()) << store.status();
    ASSERT_TRUE((*store)->PutBlocking(Family::kMeta, "before", "v").ok());
    ASSERT_TRUE(Becomes([&] { return fs::exists(spare); }));
    rocksdb::DB* const db = (*store)->db();
    ASSERT_TRUE(db->Flush({}, (*store)->family(Family::kMeta)).ok());  // begins a log
    ASSERT_TRUE((*store)->PutBlocking(Family::kMeta, "after", "v").ok());
    ASSERT_GT(fs::file_size(NewestFile(options.folder, ".log")), 60'000U) << "it is written over";
    CopyFolder(options.folder, temp.path("killed"));
  }
  EXPECT_FALSE(fs::exists(spare));
  options.folder = temp.path("killed");
  for (const bool read_only : {true, false}) {
    options.read_only = read_only;
    const auto store = RocksdbStore::OpenBlocking(options);
    ASSERT_TRUE(store.ok()) << store.status();
    std::string value;
    EXPECT_TRUE(*(*store)->GetBlocking(Family::kMeta, "before", &value));
    EXPECT_TRUE(*(*store)->GetBlocking(Family::kMeta, "after", &value));
  }
}

// Who cuts a log at its end does not sync that: a power cut may give it its room back, behind which
// there are newer logs by then.
TEST(StoreWithSpareLog, ALogThatHasItsRoomBackIsReadAsItWas) {
  const TempFolder temp;
  RocksdbStoreOptions options;
  options.folder = temp.path("data");
  {
    const auto store = RocksdbStore::OpenBlocking(options);
    ASSERT_TRUE(store.ok()) << store.status();
    ASSERT_TRUE((*store)->PutBlocking(Family::kVault, "needs the older", "v").ok());
    ASSERT_TRUE((*store)->PutBlocking(Family::kMeta, "flushed", "v").ok());
    const fs::path older = NewestFile(options.folder, ".log");
    rocksdb::DB* const db = (*store)->db();
    ASSERT_TRUE(db->Flush({}, (*store)->family(Family::kMeta)).ok());
    ASSERT_TRUE((*store)->PutBlocking(Family::kMeta, "in the newer", "v").ok());
    ASSERT_NE(NewestFile(options.folder, ".log"), older);
    CopyFolder(options.folder, temp.path("killed"));
    const std::string copy = temp.path("killed") + "/" + older.filename().string();
    WriteFile(copy, ReadFile(copy) + std::string(100'000, '\0'));
  }
  options.folder = temp.path("killed");
  int cuts = 0;
  options.on_cut_end = [&cuts](std::string_view /*what*/) { ++cuts; };
  for (const bool read_only : {true, false}) {
    options.read_only = read_only;
    const auto store = RocksdbStore::OpenBlocking(options);
    ASSERT_TRUE(store.ok()) << store.status();
    std::string value;
    EXPECT_TRUE(*(*store)->GetBlocking(Family::kVault, "needs the older", &value));
    EXPECT_TRUE(*(*store)->GetBlocking(Family::kMeta, "flushed", &value));
    EXPECT_TRUE(*(*store)->GetBlocking(Family::kMeta, "in the newer", &value));
  }
  EXPECT_EQ(cuts, 0);
}

// What is written over takes no room, so the log is not what tells of a full disk.
TEST(StoreWithSpareLog, AFullDiskTakesTheLogAndNothingElse) {
  const TempFolder temp;
  FaultFileSystem disk(temp.path("held"));
  // It owns nothing of the disk.
  const std::unique_ptr<rocksdb::Env> env = rocksdb::NewCompositeEnv(
      std::shared_ptr<rocksdb::FileSystem>(&disk, [](rocksdb::FileSystem*) {}));
  std::atomic<int> told{0};
  RocksdbStoreOptions options;
  options.folder = temp.path("data");
  options.spare_log_bytes_max = kBytesMax;
  options.env = env.get();
  options.on_background_error = [&](std::string_view /*what*/) { ++told; };
  {
    const auto store = RocksdbStore::OpenBlocking(options);
    ASSERT_TRUE(store.ok()) << store.status();
    ASSERT_TRUE((*store)->PutBlocking(Family::kMeta, "before", "v").ok());
    ASSERT_TRUE(Becomes([&] { return fs::exists(SpareIn(options.folder)); }));
    rocksdb::DB* const db = (*store)->db();
    ASSERT_TRUE(db->Flush({}, (*store)->family(Family::kMeta)).ok());  // begins a log
    ASSERT_EQ(disk.reused(), 1U);
    disk.FillAfter(0);
    ASSERT_TRUE((*store)->PutBlocking(Family::kMeta, "full", "v").ok());
    EXPECT_EQ(told, 0);
    EXPECT_FALSE(db->Flush({}, (*store)->family(Family::kMeta)).ok());
    EXPECT_TRUE(Becomes([&] { return told > 0; }));
  }
  disk.EndProcess();
  disk.ClearFaults();
  const auto store = RocksdbStore::OpenBlocking(options);
  ASSERT_TRUE(store.ok()) << store.status();
  std::string value;
  EXPECT_TRUE(*(*store)->GetBlocking(Family::kMeta, "before", &value));
  EXPECT_TRUE(*(*store)->GetBlocking(Family::kMeta, "full", &value));
}

}  // namespace
}  // namespace gonghui
