// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "storage/rocksdb_journal.h"

#include <array>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>

#include "storage/meta_keys.h"
#include "storage/rocksdb_store.h"
#include "tests/faults/fault_file_system.h"
#include "tests/testing/temp_folder.h"
#include "tests/unit/durability/journal_conformance.h"

namespace gonghui {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class RocksdbJournalUnderTest final : public JournalUnderTest {
 public:
  RocksdbJournalUnderTest() { Open(); }

  Journal& journal() override { return *journal_; }
  RocksdbStore& store() { return *store_; }
  [[nodiscard]] std::string folder() const { return temp_.path(std::to_string(generation_)); }

  void Crash() override {
    CopyFolder(folder(), temp_.path(std::to_string(generation_ + 1)));
    Close();
    ++generation_;
    Open();
  }
  void Close() {
    journal_.reset();
    store_.reset();
  }
  void Open() {
    auto store = TryOpen();
    GH_CHECK(store.ok(), store.status().message());
    store_ = *std::move(store);
    journal_ = std::make_unique<RocksdbJournal>(*store_);
  }
  absl::StatusOr<std::unique_ptr<RocksdbStore>> TryOpen() {
    RocksdbStoreOptions options;
    options.folder = folder();
    return RocksdbStore::OpenBlocking(options);
  }

  std::vector<uint8_t> StoredBlock(uint16_t shard, uint64_t first_seq) override {
    std::string value;
    GH_CHECK(*store_->GetBlocking(Family::kJournal, JournalKey(shard, first_seq), &value));
    return {value.begin(), value.end()};
  }
  void ReplaceBlock(uint16_t shard, uint64_t first_seq, std::vector<uint8_t> bytes) override {
    const std::string value(bytes.begin(), bytes.end());
    // Not synced, for the tests that try thousands of these.
    GH_CHECK(store_->db()
                 ->Put({}, store_->family(Family::kJournal), JournalKey(shard, first_seq), value)
                 .ok());
  }
  void RemoveBlock(uint16_t shard, uint64_t first_seq) override {
    GH_CHECK(store_->db()
                 ->Delete({}, store_->family(Family::kJournal), JournalKey(shard, first_seq))
                 .ok());
  }

 private:
  const TempFolder temp_;
  int generation_ = 0;
  std::unique_ptr<RocksdbStore> store_;
  std::unique_ptr<RocksdbJournal> journal_;
};

std::unique_ptr<JournalUnderTest> MakeRocksdb() {
  return std::make_unique<RocksdbJournalUnderTest>();
}

INSTANTIATE_TEST_SUITE_P(Rocksdb, JournalConformanceTest, testing::Values(&MakeRocksdb));

class RocksdbJournalTest : public JournalConformanceTest {
 protected:
  RocksdbJournalUnderTest& rocks() { return static_cast<RocksdbJournalUnderTest&>(*under_test_); }
};

INSTANTIATE_TEST_SUITE_P(Rocksdb, RocksdbJournalTest, testing::Values(&MakeRocksdb));

TEST_P(RocksdbJournalTest, IsReadBackAfterAnOrderlyClose) {
  Fill(0, 3);
  rocks().Close();
  rocks().Open();
  EXPECT_THAT(*Read(0, 1), ElementsAre(1, 2, 4));
}

TEST_P(RocksdbJournalTest, IsReadBackFromFilesAsFromMemory) {
  Fill(0, 3);
  ASSERT_TRUE(rocks()
                  .store()
                  .db()
                  ->Flush(rocksdb::FlushOptions(), rocks().store().family(Family::kJournal))
                  .ok());
  Fill(0, 2);
  EXPECT_THAT(*Read(0, 1), ElementsAre(1, 2, 4, 7, 8));
  EXPECT_THAT(*Read(0, 5), ElementsAre(4, 7, 8));
}

TEST_P(RocksdbJournalTest, AnUnacquiredShardIsFenced) {
  JournalTail tail;
  const Block block = MakeBlock(0, 1, &tail, 1);
  std::string why;
  EXPECT_EQ(journal().AppendBlocking(block.header, block.bytes, &why), AppendResult::kFenced);
}

TEST_P(RocksdbJournalTest, AnotherObjectsAcquireFencesThisOne) {
  const uint64_t epoch = *journal().Acquire(0);
  RocksdbJournal usurper(rocks().store());
  ASSERT_TRUE(usurper.Acquire(0).ok());
  JournalTail tail;
  const Block block = MakeBlock(0, epoch, &tail, 1);
  std::string why;
  EXPECT_EQ(journal().AppendBlocking(block.header, block.bytes, &why), AppendResult::kFenced);
}

// Whoever is fenced while a block is on its way has either written it before the other looked at
// where the journal ends, or not at all.
TEST_P(RocksdbJournalTest, OfWritersThatTakeItFromEachOtherNobodysBlockIsLost) {
  constexpr size_t kWriters = 2;
  constexpr int kTimesEach = 20;
  constexpr int kTurnsMax = 10'000;  // of one that the other never meets
  constexpr int kBlocksPerTurn = 8;
  std::array<std::vector<Block>, kWriters> committed;
  std::array<std::atomic<int>, kWriters> fenced{};
  const auto take_turns = [&](size_t writer) {
    RocksdbJournal journal(rocks().store());
    const auto is_over = [&] { return fenced[0] >= kTimesEach && fenced[1] >= kTimesEach; };
    for (int turn = 0; turn < kTurnsMax && !is_over(); ++turn) {
      const absl::StatusOr<uint64_t> epoch = journal.Acquire(0);
      ASSERT_TRUE(epoch.ok()) << epoch.status();
      absl::StatusOr<JournalTail> tail = journal.TailBlocking(0);
      ASSERT_TRUE(tail.ok()) << tail.status();
      for (int i = 0; i < kBlocksPerTurn; ++i) {
        Block block = MakeBlock(0, *epoch, &*tail, 1);
        std::string why;
        const AppendResult result = journal.AppendBlocking(block.header, block.bytes, &why);
        if (result == AppendResult::kFenced) {
          ++fenced[writer];
          break;
        }
        ASSERT_EQ(result, AppendResult::kCommitted) << why;
        committed[writer].push_back(std::move(block));
      }
    }
  };
  std::thread other([&] { take_turns(1); });
  take_turns(0);
  other.join();
  EXPECT_GE(fenced[0], kTimesEach);
  EXPECT_GE(fenced[1], kTimesEach);
  size_t blocks = 0;
  for (const std::vector<Block>& own : committed) {
    blocks += own.size();
    for (const Block& block : own) {
      ASSERT_EQ(rocks().StoredBlock(0, block.header.first_seq), block.bytes)
          << "block " << block.header.first_seq;
    }
  }
  EXPECT_EQ(Read(0, 1)->size(), blocks);
}

TEST_P(RocksdbJournalTest, AnEpochThatWentBackIsDamage) {
  Fill(0, 1);
  std::string key(kEpochKey);
  AppendBigEndian16(0, &key);
  std::string zero;
  AppendBigEndian64(0, &zero);
  ASSERT_TRUE(rocks().store().PutBlocking(Family::kMeta, key, zero).ok());
  EXPECT_EQ(journal().TailBlocking(0).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(journal().Acquire(0).status().code(), absl::StatusCode::kDataLoss);
}

// Nobody knows whether the block is on the disk.  A database that has mended itself, as RocksDB
// does when there is room again, and takes writes again does not make it known: what follows could
// stand behind a block that nobody was told of, or behind none.
TEST_P(RocksdbJournalTest, AWriteThatFailedIsTheLast) {
  const TempFolder temp;
  FaultFileSystem disk(temp.path("held"));
  // It owns nothing of the disk.
  const std::unique_ptr<rocksdb::Env> env = rocksdb::NewCompositeEnv(
      std::shared_ptr<rocksdb::FileSystem>(&disk, [](rocksdb::FileSystem*) {}));
  RocksdbStoreOptions options;
  options.folder = temp.path("data");
  options.env = env.get();
  const auto store = RocksdbStore::OpenBlocking(options);
  ASSERT_TRUE(store.ok()) << store.status();
  RocksdbJournal journal(**store);
  const uint64_t epoch = *journal.Acquire(0);
  JournalTail tail;
  std::string why;
  const Block first = MakeBlock(0, epoch, &tail, 1);
  ASSERT_EQ(journal.AppendBlocking(first.header, first.bytes, &why), AppendResult::kCommitted);

  const Block second = MakeBlock(0, epoch, &tail, 1);
  rocksdb::IOStatus error = rocksdb::IOStatus::IOError("injected");
  error.SetRetryable(true);  // as a full disk is
  disk.FailNth(FileCall::kSync, 1, error, /*stays=*/false);
  EXPECT_EQ(journal.AppendBlocking(second.header, second.bytes, &why), AppendResult::kUnknown);
  EXPECT_THAT(why, HasSubstr("injected"));
  disk.ClearFaults();
  absl::Status put;
  for (int tries = 0; tries < 10'000; ++tries) {
    if (put = (*store)->PutBlocking(Family::kVault, "key", "value"); put.ok()) {
      break;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  ASSERT_TRUE(put.ok()) << "the database did not mend itself: " << put;

  const absl::StatusOr<uint64_t> one_anew = journal.Acquire(1);
  ASSERT_TRUE(one_anew.ok()) << one_anew.status();
  JournalTail other;
  const Block elsewhere = MakeBlock(1, *one_anew, &other, 1);
  ASSERT_EQ(journal.AppendBlocking(elsewhere.header, elsewhere.bytes, &why),
            AppendResult::kUnknown);
  EXPECT_THAT(why, HasSubstr("an earlier write failed"));
  EXPECT_EQ(journal.AppendBlocking(second.header, second.bytes, &why), AppendResult::kUnknown);
  EXPECT_THAT(why, HasSubstr("an earlier write failed"));
}

// The last record of the WAL, cut anywhere, was never acknowledged: what is before
// it stays, and the folder opens.
TEST_P(RocksdbJournalTest, ATornTailIsCut) {
  Fill(0, 3);
  const std::string before = ReadFile(NewestFile(rocks().folder(), ".log"));
  Fill(0, 1);  // an epoch and one block
  const std::filesystem::path wal = NewestFile(rocks().folder(), ".log");
  const std::string whole = ReadFile(wal);
  ASSERT_EQ(whole.compare(0, before.size(), before), 0);
  const TempFolder scratch;
  for (size_t size = before.size(); size < whole.size(); size += 7) {
    const std::string folder = scratch.path(std::to_string(size));
    CopyFolder(rocks().folder(), folder);
    WriteFile(std::filesystem::path(folder) / wal.filename(), whole.substr(0, size));
    RocksdbStoreOptions options;
    options.folder = folder;
    auto store = RocksdbStore::OpenBlocking(options);
    ASSERT_TRUE(store.ok()) << "cut at " << size << ": " << store.status();
    RocksdbJournal cut(**store);
    EXPECT_EQ(cut.TailBlocking(0)->next_seq, 7u) << "cut at " << size;
    store = absl::CancelledError();  // closed before its folder goes
    std::filesystem::remove_all(folder);
  }
}

// Damage with acknowledged records behind it: refused.
TEST_P(RocksdbJournalTest, DamageInTheMiddleOfTheWalIsRefused) {
  Fill(0, 1);
  const size_t start = ReadFile(NewestFile(rocks().folder(), ".log")).size();
  Fill(0, 1);
  const size_t end = ReadFile(NewestFile(rocks().folder(), ".log")).size();
  Fill(0, 3);
  const std::filesystem::path wal = NewestFile(rocks().folder(), ".log");
  const std::string whole = ReadFile(wal);
  ASSERT_GT(whole.size(), end);
  const TempFolder scratch;
  int refused = 0;
  for (size_t at = start; at < end; at += 5) {
    const std::string folder = scratch.path(std::to_string(at));
    CopyFolder(rocks().folder(), folder);
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x20);
    WriteFile(std::filesystem::path(folder) / wal.filename(), damaged);
    RocksdbStoreOptions options;
    options.folder = folder;
    auto store = RocksdbStore::OpenBlocking(options);
    if (store.ok()) {
      // RocksDB takes some damage of a record's own length for a torn tail.  Then
      // blocks are missing at the end, and whoever knows of them is told.
      RocksdbJournal journal(**store);
      EXPECT_FALSE(
          journal
              .ReadBlocking(0, 9, [](const BlockView&) -> absl::Status { return absl::OkStatus(); })
              .ok())
          << "byte " << at;
    } else {
      ++refused;
      EXPECT_EQ(store.status().code(), absl::StatusCode::kDataLoss) << store.status();
    }
    store = absl::CancelledError();  // closed before its folder goes
    std::filesystem::remove_all(folder);
  }
  EXPECT_GT(refused, 0);
}

// Refused when the folder is opened or when the journal is read, or harmless;
// never another answer.
TEST_P(RocksdbJournalTest, DamageInAFileIsNeverReadSilently) {
  Fill(0, 6);
  ASSERT_TRUE(rocks()
                  .store()
                  .db()
                  ->Flush(rocksdb::FlushOptions(), rocks().store().family(Family::kJournal))
                  .ok());
  const auto good = Read(0, 1);
  const std::filesystem::path file = NewestFile(rocks().folder(), ".sst");
  const std::string whole = ReadFile(file);
  const TempFolder scratch;
  int refused = 0;
  for (size_t at = 0; at < whole.size(); at += 41) {
    const std::string folder = scratch.path(std::to_string(at));
    CopyFolder(rocks().folder(), folder);
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x01);
    WriteFile(std::filesystem::path(folder) / file.filename(), damaged);
    RocksdbStoreOptions options;
    options.folder = folder;
    auto store = RocksdbStore::OpenBlocking(options);
    absl::Status status = store.status();
    std::vector<uint64_t> seqs;
    if (store.ok()) {
      RocksdbJournal damaged_journal(**store);
      status = damaged_journal.ReadBlocking(0, 1, [&seqs](const BlockView& block) -> absl::Status {
        seqs.push_back(block.header.first_seq);
        return absl::OkStatus();
      });
    }
    if (status.ok()) {
      EXPECT_EQ(seqs, *good) << "byte " << at;
    } else {
      ++refused;
      EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
    }
    store = absl::CancelledError();  // closed before its folder goes
    std::filesystem::remove_all(folder);
  }
  EXPECT_GT(refused, 0);
}

}  // namespace
}  // namespace gonghui
