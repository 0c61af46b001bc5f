// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "storage/synced_sizes.h"

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>

#include "storage/log_damage.h"
#include "storage/rocksdb_store.h"
#include "tests/faults/fault_file_system.h"
#include "tests/testing/temp_folder.h"

namespace gonghui {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

// Where it begins in a log; the last piece of one that is in pieces.
size_t LastRecordOf(const std::string& log) {
  size_t last = 0;
  for (size_t at = 0; at + 7 < log.size();) {
    if (at % 32'768 > 32'768 - 7) {
      at = (at / 32'768 + 1) * 32'768;
    }
    last = at;
    at += 7 + static_cast<uint8_t>(log[at + 4]) + 256U * static_cast<uint8_t>(log[at + 5]);
  }
  return last;
}

class SyncedSizesTest : public ::testing::Test {
 protected:
  absl::StatusOr<std::unique_ptr<RocksdbStore>> Open(bool point_in_time = false) {
    RocksdbStoreOptions options;
    options.folder = folder_;
    options.recover_point_in_time = point_in_time;
    return RocksdbStore::OpenBlocking(options);
  }
  std::string Refusal() {
    const absl::Status status = Open().status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
    return std::string(status.message());
  }
  // Some synced values in the log.
  void Fill(int values = 20) {
    const auto store = Open();
    ASSERT_TRUE(store.ok()) << store.status();
    for (int i = 0; i < values; ++i) {
      ASSERT_TRUE((*store)
                      ->PutBlocking(Family::kMeta, "k" + std::to_string(i), std::string(100, 'v'))
                      .ok());
    }
  }
  // What an operator gave up is not in the way of the start after.
  void GiveUpAndGoOn() {
    {
      const auto store = Open(/*point_in_time=*/true);
      ASSERT_TRUE(store.ok()) << store.status();
      ASSERT_TRUE((*store)->PutBlocking(Family::kMeta, "later", "v").ok());
    }
    const auto store = Open();
    ASSERT_TRUE(store.ok()) << store.status();
    std::string value;
    EXPECT_TRUE(*(*store)->GetBlocking(Family::kMeta, "later", &value));
  }
  fs::path Log() const { return NewestFile(folder_, ".log"); }

  const TempFolder temp_;
  const std::string folder_ = temp_.path("data");
};

TEST_F(SyncedSizesTest, TheTextIsReadBackAndNoOther) {
  const SyncedSizes sizes{{5, 1234}, {{12, 70'349}, {17, 0}}};
  const std::string text = EncodeSyncedSizes(sizes);
  EXPECT_THAT(text,
              testing::StartsWith(
                  "gonghui synced 1\nMANIFEST-000005 1234\n000012.log 70349\n000017.log 0\nxxh3 "));
  EXPECT_EQ(DecodeSyncedSizes(text), sizes);
  for (size_t i = 0; i < text.size(); ++i) {
    std::string damaged = text;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    EXPECT_FALSE(DecodeSyncedSizes(damaged).has_value()) << i;
    EXPECT_FALSE(DecodeSyncedSizes(text.substr(0, i)).has_value()) << i;
  }
}

TEST_F(SyncedSizesTest, ALogThatLostItsEndIsRefused) {
  Fill();
  const uint64_t size = fs::file_size(Log());
  fs::resize_file(Log(), size - 1);
  const std::string said = Refusal();
  EXPECT_THAT(said,
              AllOf(HasSubstr(Log().filename().string() + " ends at byte " +
                              std::to_string(size - 1) + ", but " + std::to_string(size)),
                    HasSubstr("restore a backup")));
  EXPECT_TRUE(Open(/*point_in_time=*/true).ok());
  EXPECT_TRUE(Open().ok()) << "what an operator has given up is not missed again";
}

TEST_F(SyncedSizesTest, AMissingLogIsRefused) {
  Fill();
  const std::string name = Log().filename().string();
  fs::remove(Log());
  EXPECT_THAT(Refusal(), HasSubstr(name + " is missing"));
}

// A server that was killed when a flush had changed the manifest, and SYNCED did not say so yet.
TEST_F(SyncedSizesTest, AMissingLogIsRefusedIfTheManifestNeedsIt) {
  for (const bool is_needed : {true, false}) {
    SCOPED_TRACE(is_needed);
    fs::remove_all(folder_);
    const TempFolder killed;
    fs::path older;
    {
      const auto store = Open();
      ASSERT_TRUE(store.ok()) << store.status();
      ASSERT_TRUE((*store)->PutBlocking(Family::kVault, "in the older", "v").ok());
      ASSERT_TRUE((*store)->PutBlocking(Family::kMeta, "flushed", "v").ok());
      older = NewestFile(folder_, ".log");
      ASSERT_TRUE((*store)->MarkSyncedBlocking().ok());
      const std::string before = ReadFile(folder_ + "/SYNCED");
      ASSERT_THAT(before, HasSubstr(older.filename().string()));
      rocksdb::DB* const db = (*store)->db();
      ASSERT_TRUE(db->Flush({}, (*store)->family(Family::kMeta)).ok());
      if (!is_needed) {
        ASSERT_TRUE(db->Flush({}, (*store)->family(Family::kVault)).ok());
      }
      ASSERT_TRUE((*store)->PutBlocking(Family::kMeta, "in the newer", "v").ok());
      ASSERT_NE(NewestFile(folder_, ".log"), older);
      CopyFolder(folder_, killed.path("data"));
      WriteFile(killed.path("data") + "/SYNCED", before);
      fs::remove(fs::path(killed.path("data")) / older.filename());
    }
    RocksdbStoreOptions options;
    options.folder = killed.path("data");
    for (const bool read_only : {true, false}) {
      options.read_only = read_only;
      const auto store = RocksdbStore::OpenBlocking(options);
      if (is_needed) {
        EXPECT_EQ(store.status().code(), absl::StatusCode::kDataLoss) << store.status();
        EXPECT_THAT(std::string(store.status().message()),
                    HasSubstr(older.filename().string() + " is missing"));
        continue;
      }
      ASSERT_TRUE(store.ok()) << store.status();
      std::string value;
      EXPECT_TRUE(*(*store)->GetBlocking(Family::kVault, "in the older", &value));
      EXPECT_TRUE(*(*store)->GetBlocking(Family::kMeta, "in the newer", &value));
    }
  }
}

TEST_F(SyncedSizesTest, AManifestThatLostItsEndIsRefused) {
  Fill();
  std::string name = ReadFile(folder_ + "/CURRENT");
  name.pop_back();
  const fs::path manifest = fs::path(folder_) / name;
  fs::resize_file(manifest, fs::file_size(manifest) - 1);
  EXPECT_THAT(Refusal(), HasSubstr(name + " ends at byte "));
}

TEST_F(SyncedSizesTest, ALostCurrentIsRefusedAndNothingIsDeleted) {
  Fill();
  fs::remove(folder_ + "/CURRENT");
  EXPECT_THAT(Refusal(), HasSubstr("has lost its file CURRENT"));
  EXPECT_TRUE(fs::exists(Log()));
  EXPECT_FALSE(fs::exists(folder_ + "/CURRENT"));
}

TEST_F(SyncedSizesTest, WithoutTheFileOrWithHalfOfItAFolderOpens) {
  Fill();
  WriteFile(folder_ + "/SYNCED", "gonghui syn");
  EXPECT_TRUE(Open().ok());
  fs::remove(folder_ + "/SYNCED");
  EXPECT_TRUE(Open().ok());
  EXPECT_TRUE(fs::exists(folder_ + "/SYNCED"));
}

// To RocksDB all behind it is an unfinished record, which it drops without a word.
TEST_F(SyncedSizesTest, ADamagedLengthIsNotTakenForAnUnfinishedRecord) {
  Fill();
  fs::remove(folder_ + "/SYNCED");
  std::string bytes = ReadFile(Log());
  ASSERT_GT(bytes.size(), 1'000U);
  bytes[5] = '\x7f';  // of the first record
  WriteFile(Log(), bytes);
  EXPECT_THAT(Refusal(),
              HasSubstr(Log().filename().string() + " is damaged in the record at byte 0"));
}

TEST_F(SyncedSizesTest, AnUnwrittenEndIsCutOffAndADamagedOneIsNot) {
  Fill();
  const std::string bytes = ReadFile(Log());
  // As after a power cut: nobody knows that these bytes were synced.
  fs::remove(folder_ + "/SYNCED");
  const std::string damaged_log = Log().string();
  std::string damaged = bytes;
  damaged[damaged.size() - 3] ^= 1;
  WriteFile(damaged_log, damaged);
  EXPECT_THAT(Refusal(), HasSubstr("its last: if the power went"));
  std::string unwritten = bytes;
  unwritten.replace(unwritten.size() - 60, 60, 60, '\0');
  // Whole sectors are written or not: the last one begins inside the last record.
  const size_t sector = (unwritten.size() - 1) / 512 * 512;
  const auto damage = [&] {
    return FindLogDamageBlocking(*rocksdb::Env::Default(), damaged_log, 0);
  };
  WriteFile(damaged_log, unwritten);
  ASSERT_TRUE(damage().has_value());
  EXPECT_TRUE(damage()->is_last);
  EXPECT_EQ(damage()->is_unwritten, sector >= unwritten.size() - 60);
  unwritten.replace(damage()->at + 7, unwritten.size(), unwritten.size() - damage()->at - 7, '\0');
  WriteFile(damaged_log, unwritten);
  EXPECT_TRUE(damage()->is_unwritten);
  const auto store = Open();
  ASSERT_TRUE(store.ok()) << store.status();
  std::string value;
  EXPECT_TRUE(*(*store)->GetBlocking(Family::kMeta, "k18", &value));
}

// A record of three blocks, of which a power cut left the pieces in between and at the end: disks
// write the sectors of one write in any order.  To whoever has lost nothing it is one record.
TEST_F(SyncedSizesTest, ATornRecordOfManyBlocksIsTheLastOne) {
  {
    const auto store = Open();
    ASSERT_TRUE(store.ok()) << store.status();
    ASSERT_TRUE((*store)->PutBlocking(Family::kMeta, "small", "v").ok());
    ASSERT_TRUE((*store)->PutBlocking(Family::kMeta, "large", std::string(90'000, 'v')).ok());
  }
  fs::remove(folder_ + "/SYNCED");
  const std::string log = Log().string();
  std::string torn = ReadFile(log);
  torn.replace(1'024, 512, 512, '\0');
  WriteFile(log, torn);
  const auto damage = FindLogDamageBlocking(*rocksdb::Env::Default(), log, 0);
  ASSERT_TRUE(damage.has_value());
  EXPECT_TRUE(damage->is_last);
  EXPECT_TRUE(damage->is_unwritten);
  torn.replace(1'024, 512, 512, 'w');
  WriteFile(log, torn);
  EXPECT_THAT(Refusal(), HasSubstr("--recover-point-in-time gives up nothing but it"));
  torn.replace(1'024, 512, 512, '\0');
  WriteFile(log, torn);
  {
    const auto store = Open();
    ASSERT_TRUE(store.ok()) << store.status();
    std::string value;
    EXPECT_TRUE(*(*store)->GetBlocking(Family::kMeta, "small", &value));
    EXPECT_FALSE(*(*store)->GetBlocking(Family::kMeta, "large", &value));
  }
  EXPECT_TRUE(Open().ok());
}

// As in a log that is written over: to RocksDB the record is what an earlier log left there.
TEST_F(SyncedSizesTest, AFlippedBitOfARecordsTypeIsSeen) {
  Fill(1'000);
  for (const std::string& file :
       {Log().string(), folder_ + "/" + ReadFile(folder_ + "/CURRENT").substr(0, 15)}) {
    SCOPED_TRACE(file);
    const std::string bytes = ReadFile(file);
    const size_t second =
        7 + static_cast<uint8_t>(bytes[4]) + 256U * static_cast<uint8_t>(bytes[5]);
    for (int bit = 0; bit < 8; ++bit) {
      std::string damaged = bytes;
      damaged[second + 6] = static_cast<char>(damaged[second + 6] ^ (1 << bit));
      WriteFile(file, damaged);
      EXPECT_THAT(Refusal(), HasSubstr(" is damaged in the record at byte "));
    }
    WriteFile(file, bytes);
  }
  // Nobody knows that the last one was synced, but perhaps it was.
  fs::remove(folder_ + "/SYNCED");
  const std::string log = Log().string();
  std::string damaged = ReadFile(log);
  const size_t last = LastRecordOf(damaged);
  damaged[last + 6] = static_cast<char>(damaged[last + 6] ^ 4);
  WriteFile(log, damaged);
  EXPECT_THAT(Refusal(), HasSubstr("--recover-point-in-time gives up nothing but it"));
  EXPECT_TRUE(Open(/*point_in_time=*/true).ok());
}

// A record of which a power cut left the first piece, whole, and then nothing: zeroes to the end.
TEST_F(SyncedSizesTest, ARecordThatEndsInZeroesAtABlocksBeginningIsCutOff) {
  {
    const auto store = Open();
    ASSERT_TRUE(store.ok()) << store.status();
    ASSERT_TRUE((*store)->PutBlocking(Family::kMeta, "small", "v").ok());
    ASSERT_TRUE((*store)->PutBlocking(Family::kMeta, "large", std::string(90'000, 'v')).ok());
  }
  const std::string log = Log().string();
  std::string torn = ReadFile(log);
  torn.replace(32'768, torn.size() - 32'768, torn.size() - 32'768, '\0');
  WriteFile(log, torn);
  EXPECT_THAT(Refusal(), HasSubstr(" is damaged in the record at byte ")) << "it was synced";
  fs::remove(folder_ + "/SYNCED");
  const auto store = Open();
  ASSERT_TRUE(store.ok()) << store.status();
  std::string value;
  EXPECT_TRUE(*(*store)->GetBlocking(Family::kMeta, "small", &value));
  EXPECT_FALSE(*(*store)->GetBlocking(Family::kMeta, "large", &value));
}

// The last record seems shorter than it is, by so little that no other fits behind it.
TEST_F(SyncedSizesTest, ALastLengthThatIsALittleLessIsSeen) {
  Fill();
  const std::string log = Log().string();
  const std::string bytes = ReadFile(log);
  const size_t last = LastRecordOf(bytes);
  for (const int less : {1, 2, 4}) {
    std::string damaged = bytes;
    damaged[last + 4] = static_cast<char>(damaged[last + 4] - less);
    WriteFile(log, damaged);
    EXPECT_THAT(Refusal(), HasSubstr(" is damaged in the record at byte "));
  }
}

// To RocksDB zeroes are room that was never written to: it goes on with the next block, and what
// was in this one is gone without a word.
TEST_F(SyncedSizesTest, ZeroesInTheMiddleOfALogAreDamage) {
  Fill(1'000);
  fs::remove(folder_ + "/SYNCED");
  const std::string log = Log().string();
  const std::string bytes = ReadFile(log);
  ASSERT_GT(bytes.size(), 3U * 32'768);
  // From the beginning of a record on, so that no checksum tells.
  size_t record = 0;
  while (record < 20'000) {
    record += 7 + static_cast<uint8_t>(bytes[record + 4]) +
              256U * static_cast<uint8_t>(bytes[record + 5]);
  }
  std::string holed = bytes;
  holed.replace(record, 32'768 - record, 32'768 - record, '\0');
  WriteFile(log, holed);
  EXPECT_THAT(Refusal(),
              HasSubstr(Log().filename().string() + " is damaged in the record at byte " +
                        std::to_string(record)));
  // The same to the end of the file: nobody wrote it, unless it is known that somebody did.
  std::string unwritten = bytes;
  unwritten.replace(record, bytes.size() - record, bytes.size() - record, '\0');
  WriteFile(log, unwritten);
  EXPECT_FALSE(FindLogDamageBlocking(*rocksdb::Env::Default(), log, record).has_value());
  EXPECT_TRUE(FindLogDamageBlocking(*rocksdb::Env::Default(), log, record + 1).has_value());
  EXPECT_TRUE(Open().ok());
}

TEST_F(SyncedSizesTest, AManifestThatWasNotWrittenToItsEndIsReadAsOneThatEndsThere) {
  Fill();
  const SyncedSizes before = *DecodeSyncedSizes(ReadFile(folder_ + "/SYNCED"));
  std::string name = ReadFile(folder_ + "/CURRENT");
  name.pop_back();
  const std::string manifest = folder_ + "/" + name;
  const std::string whole = ReadFile(manifest);
  ASSERT_EQ(before.manifest.bytes, whole.size());
  // A record of 600 bytes that was not written to its end: checksum, length, type, and what there
  // is of the rest.
  const std::string unfinished = std::string("abcd\x58\x02\x01", 7) + std::string(93, 'x');
  WriteFile(manifest, whole + unfinished + std::string(512, '\0'));
  EXPECT_TRUE(Open().ok());

  name = ReadFile(folder_ + "/CURRENT");
  name.pop_back();
  const std::string next = folder_ + "/" + name;
  const std::string whole_next = ReadFile(next);
  WriteFile(next, whole_next + unfinished + std::string(507, 'x'));
  EXPECT_THAT(Refusal(),
              HasSubstr(name + " is damaged in the record at byte " +
                        std::to_string(whole_next.size()) + ", its last"));
  RocksdbStoreOptions reader;
  reader.folder = folder_;
  reader.read_only = true;
  EXPECT_FALSE(RocksdbStore::OpenBlocking(reader).ok());
  EXPECT_EQ(ReadFile(next).size(), whole_next.size() + unfinished.size() + 507) << "read only";
  EXPECT_TRUE(Open(/*point_in_time=*/true).ok());
  EXPECT_TRUE(Open().ok());

  // What was synced is never given up so.
  name = ReadFile(folder_ + "/CURRENT");
  name.pop_back();
  std::string rotten = ReadFile(folder_ + "/" + name);
  rotten[rotten.size() - 2] ^= 1;
  WriteFile(folder_ + "/" + name, rotten);
  EXPECT_THAT(Refusal(), HasSubstr(name + " is damaged in the record at byte "));
  EXPECT_FALSE(Open(/*point_in_time=*/true).ok());
  EXPECT_EQ(ReadFile(folder_ + "/" + name), rotten);
}

// RocksDB takes a last record that seems too long for one that was cut off, and drops it.
TEST_F(SyncedSizesTest, AFlippedBitOfTheLastRecordsLengthIsSeen) {
  Fill();
  fs::remove(folder_ + "/SYNCED");
  const std::string log = Log().string();
  const std::string bytes = ReadFile(log);
  const size_t last = LastRecordOf(bytes);
  for (size_t bit = 0; bit < 16; ++bit) {
    std::string damaged = bytes;
    damaged[last + 4 + bit / 8] = static_cast<char>(damaged[last + 4 + bit / 8] ^ (1 << bit % 8));
    WriteFile(log, damaged);
    EXPECT_THAT(Refusal(), HasSubstr("is damaged in the record at byte " + std::to_string(last)));
  }
}

// The end may be given up, but then all behind the other place would be.
TEST_F(SyncedSizesTest, TwoDamagesAreBothNamedAndNothingIsPromised) {
  Fill(1'000);
  fs::remove(folder_ + "/SYNCED");
  const std::string log = Log().string();
  std::string bytes = ReadFile(log);
  const size_t last = LastRecordOf(bytes);
  bytes[last + 6] = 5;  // a type that RocksDB drops without a word
  WriteFile(log, bytes);
  EXPECT_THAT(Refusal(), HasSubstr("--recover-point-in-time gives up nothing but it"));
  bytes[20] ^= 1;
  WriteFile(log, bytes);
  EXPECT_THAT(Refusal(),
              AllOf(HasSubstr("is damaged in the record at byte 0"),
                    HasSubstr("restore a backup"),
                    Not(HasSubstr("--recover-point-in-time"))));
}

// A power cut may meet the manifest and a log, each being written.
TEST_F(SyncedSizesTest, TheEndsOfBothMayBeUnfinished) {
  Fill();
  fs::remove(folder_ + "/SYNCED");
  const std::string log = Log().string();
  std::string bytes = ReadFile(log);
  bytes[LastRecordOf(bytes) + 6] = 5;
  WriteFile(log, bytes);
  std::string manifest = folder_ + "/" + ReadFile(folder_ + "/CURRENT");
  manifest.pop_back();
  const std::string whole = ReadFile(manifest);
  const std::string unfinished = std::string("abcd\x08\x00\x01", 7) + std::string(8, 'x');
  WriteFile(manifest, whole + unfinished);
  EXPECT_THAT(Refusal(),
              AllOf(HasSubstr("MANIFEST-"),
                    HasSubstr(Log().filename().string() + " is damaged"),
                    HasSubstr("--recover-point-in-time gives up nothing but it")));
  // What stands in the midst of the manifest is another matter.
  std::string rotten = whole;
  rotten[20] ^= 1;
  WriteFile(manifest, rotten);
  EXPECT_THAT(Refusal(),
              AllOf(HasSubstr("MANIFEST-"),
                    HasSubstr(Log().filename().string() + " is damaged"),
                    Not(HasSubstr("--recover-point-in-time"))));
  WriteFile(manifest, whole + unfinished);
  EXPECT_TRUE(Open(/*point_in_time=*/true).ok());
  EXPECT_TRUE(Open().ok());
}

TEST_F(SyncedSizesTest, AnothersFileThatIsNamedLikeALogIsNone) {
  Fill();
  WriteFile(folder_ + "/gonghuid.log", std::string(1'000, 'x'));
  EXPECT_TRUE(Open().ok());
}

// RocksDB 7.8 leaves a log where it is in which it found nothing.
TEST_F(SyncedSizesTest, ALogOfGarbageThatWasGivenUpIsNotInTheWayLater) {
  Fill();
  { ASSERT_TRUE(Open().ok()); }  // what stood in the log is in a table
  fs::remove(folder_ + "/SYNCED");
  const std::string log = Log().string();
  WriteFile(log, std::string("\xbe\xd8\x8b\xb3\x49\x46\x8a", 7) + std::string(32, 'x'));
  EXPECT_THAT(Refusal(), HasSubstr("--recover-point-in-time gives up nothing but it"));
  GiveUpAndGoOn();
}

// The same where it was not the end: what stood behind the damage was given up with it.
TEST_F(SyncedSizesTest, ALogThatWasGivenUpFromItsBeginningOnIsNotInTheWayLater) {
  Fill();
  { ASSERT_TRUE(Open().ok()); }
  Fill();
  const std::string log = Log().string();
  std::string bytes = ReadFile(log);
  bytes[6] = 5;  // a type at which RocksDB ends it without a word
  WriteFile(log, bytes);
  EXPECT_THAT(Refusal(), HasSubstr("is damaged in the record at byte 0: restore a backup"));
  GiveUpAndGoOn();
}

// A log that ends unfinished, but was not the last one to be written: somebody damaged it.
TEST_F(SyncedSizesTest, TheEndOfALogThatIsNotTheNewestIsNotCutOff) {
  Fill();
  const std::string older = Log().string();
  std::string bytes = ReadFile(older);
  const size_t last = LastRecordOf(bytes);
  { ASSERT_TRUE(Open().ok()); }
  Fill();
  fs::remove(folder_ + "/SYNCED");
  bytes.replace(last + 7, bytes.size(), bytes.size() - last - 7, '\0');
  WriteFile(older, bytes);
  EXPECT_FALSE(OnlyEndsAreUnwrittenBlocking(*rocksdb::Env::Default(), folder_));
  const auto cuts = CutUnfinishedEndsBlocking(
      *rocksdb::Env::Default(), folder_, LogSearch::kAll, /*damaged_too=*/true);
  ASSERT_TRUE(cuts.ok()) << cuts.status();
  EXPECT_TRUE(cuts->empty());
  EXPECT_EQ(ReadFile(older), bytes);
}

// A start that mends the end of a log and fails on the way leaves no more than it found.
TEST_F(SyncedSizesTest, WhereverAStartThatCutsOffAnEndFailsTheNextOneDoesNot) {
  Fill();
  fs::remove(folder_ + "/SYNCED");
  std::string log = ReadFile(Log());
  const size_t last = LastRecordOf(log);
  log.replace(last + 7, log.size(), log.size() - last - 7, '\0');
  const std::string name = Log().filename().string();
  for (const FileCall call : {FileCall::kMake, FileCall::kAppend, FileCall::kSync}) {
    bool failed = true;
    for (uint64_t n = 1; failed; n += n < 6 ? 1 : 4) {
      SCOPED_TRACE(std::string(NameOf(call)) + " " + std::to_string(n));
      const TempFolder copy;
      const std::string folder = copy.path("data");
      CopyFolder(folder_, folder);
      WriteFile(folder + "/" + name, log);
      FaultFileSystem disk(copy.path("held"));
      const std::unique_ptr<rocksdb::Env> env = rocksdb::NewCompositeEnv(
          std::shared_ptr<rocksdb::FileSystem>(&disk, [](rocksdb::FileSystem*) {}));
      disk.FailNth(call, n, rocksdb::IOStatus::NoSpace("injected"), /*stays=*/true);
      RocksdbStoreOptions options;
      options.folder = folder;
      options.env = env.get();
      std::string cut;
      options.on_cut_end = [&cut](std::string_view what) { cut = what; };
      failed = !RocksdbStore::OpenBlocking(options).ok();
      ASSERT_LT(n, 200U);
      options.env = nullptr;
      std::string cut_now;
      options.on_cut_end = [&cut_now](std::string_view what) { cut_now = what; };
      const auto store = RocksdbStore::OpenBlocking(options);
      ASSERT_TRUE(store.ok()) << store.status();
      std::string value;
      EXPECT_TRUE(*(*store)->GetBlocking(Family::kMeta, "k18", &value));
      EXPECT_FALSE(*(*store)->GetBlocking(Family::kMeta, "k19", &value));
      // Whether it was cut is not known where the cut itself could not be synced.
      if (call != FileCall::kSync || n != 1) {
        EXPECT_THAT(cut + cut_now, HasSubstr(name + ": "));
      }
    }
  }
}

// Whoever holds the folder may be writing to it at this moment.
TEST_F(SyncedSizesTest, AFolderInUseIsNotCalledDamaged) {
  Fill();
  const auto store = Open();
  ASSERT_TRUE(store.ok()) << store.status();
  fs::resize_file(Log(), 0);
  const absl::Status second = Open().status();
  EXPECT_EQ(second.code(), absl::StatusCode::kFailedPrecondition) << second;
  EXPECT_THAT(std::string(second.message()), HasSubstr("is in use by another process"));
}

TEST_F(SyncedSizesTest, EveryTableIsRead) {
  Fill();
  {
    const auto store = Open();
    ASSERT_TRUE(store.ok()) << store.status();
    ASSERT_TRUE((*store)->db()->Flush({}, (*store)->family(Family::kMeta)).ok());
    EXPECT_TRUE((*store)->VerifyFilesBlocking().ok());
  }
  const fs::path table = NewestFile(folder_, ".sst");
  std::string bytes = ReadFile(table);
  bytes[20] ^= 1;
  WriteFile(table, bytes);
  RocksdbStoreOptions options;
  options.folder = folder_;
  options.read_only = true;
  const auto store = RocksdbStore::OpenBlocking(options);
  const absl::Status found = store.ok() ? (*store)->VerifyFilesBlocking() : store.status();
  EXPECT_EQ(found.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(found.message()), HasSubstr(table.filename().string()));
}

}  // namespace
}  // namespace gonghui
