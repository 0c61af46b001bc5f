// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What is written beside the journal, for which nothing syncs again: the power goes as soon as a
// store says that it is done, and the next start has it.

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <rocksdb/env.h>

#include "engine/base/prng.h"
#include "storage/draw_store.h"
#include "storage/programme_sources.h"
#include "storage/rocksdb_archive.h"
#include "storage/rocksdb_journal.h"
#include "storage/rocksdb_store.h"
#include "storage/vault.h"
#include "tests/faults/fault_file_system.h"
#include "tests/testing/temp_folder.h"
#include "tests/unit/durability/event_maker.h"

namespace gonghui {
namespace {

constexpr TimestampNs kAt{1'795'478'400'000'000'000};

// The stores on one folder.
struct Stores {
  Stores(RocksdbStore& store_of_all, const std::string& key_file)
      : store(store_of_all), sources(store, 0), archive(store), journal(store) {
    auto opened = Vault::OpenBlocking(store, 0, key_file);
    GH_CHECK(opened.ok(), opened.status().message());
    vault = *std::move(opened);
    draws = std::make_unique<RocksdbDrawStore>(store, 0, *vault);
  }

  RocksdbStore& store;
  RocksdbProgrammeSources sources;
  RocksdbArchive archive;
  RocksdbJournal journal;
  std::unique_ptr<Vault> vault;
  std::unique_ptr<RocksdbDrawStore> draws;
};

using Deed = std::function<void(Stores&)>;

class SyncedWritesTest : public ::testing::Test {
 protected:
  // A cut may keep what nobody synced, so one proves little.
  static void SurvivesACut(const Deed& write, const Deed& look) {
    constexpr uint64_t kCuts = 16;
    for (uint64_t seed = 1; seed <= kCuts && !HasFailure(); ++seed) {
      SCOPED_TRACE(seed);
      const TempFolder temp;
      ASSERT_TRUE(GenerateKeyFile(temp.path("vault.key")).ok());
      FaultFileSystem disk(temp.path("held"));
      const auto run = [&](const Deed& deed) {
        // The environment owns nothing of the disk.
        const std::unique_ptr<rocksdb::Env> env = rocksdb::NewCompositeEnv(
            std::shared_ptr<rocksdb::FileSystem>(&disk, [](rocksdb::FileSystem*) {}));
        RocksdbStoreOptions options;
        options.folder = temp.path("data");
        options.env = env.get();
        auto store = RocksdbStore::OpenBlocking(options);
        ASSERT_TRUE(store.ok()) << store.status();
        {
          Stores stores(**store, temp.path("vault.key"));
          deed(stores);
        }
        disk.PowerOff();  // before the store is closed in order
        store->reset();
      };
      run(write);
      Prng prng(seed);
      const std::string done = disk.CutPower(&prng, FaultFileSystem::Tail::kCut);
      SCOPED_TRACE(done);
      run(look);
    }
  }
};

TEST_F(SyncedWritesTest, PersonalData) {
  const PersonalRecord zhang{"张三", "530102199001011234", "13800001234"};
  SurvivesACut(
      [&](Stores& stores) {
        ASSERT_TRUE(
            stores.vault->PutBlocking(std::vector<PersonalEntry>{{MemberRow{1}, zhang}}).ok());
      },
      [&](Stores& stores) {
        const auto found = stores.vault->GetBlocking(MemberRow{1});
        ASSERT_TRUE(found.ok()) << found.status();
        ASSERT_TRUE(found->has_value()) << "lost";
        EXPECT_EQ(**found, zhang);
      });
}

TEST_F(SyncedWritesTest, ADraft) {
  const auto name = CodeOf<DraftName>("metro");
  SurvivesACut(
      [&](Stores& stores) {
        ASSERT_TRUE(*stores.sources.PutDraftBlocking(name, SourceFacts{}, "a: 1\n"));
      },
      [&](Stores& stores) {
        SourceFacts facts;
        std::string text;
        EXPECT_TRUE(*stores.sources.GetDraftBlocking(name, &facts, &text)) << "lost";
        EXPECT_EQ(text, "a: 1\n");
      });
}

TEST_F(SyncedWritesTest, ADraftThatWasThrownAway) {
  const auto name = CodeOf<DraftName>("metro");
  SurvivesACut(
      [&](Stores& stores) {
        ASSERT_TRUE(*stores.sources.PutDraftBlocking(name, SourceFacts{}, "a: 1\n"));
        ASSERT_TRUE(*stores.sources.DeleteDraftBlocking(name));
      },
      [&](Stores& stores) {
        SourceFacts facts;
        std::string text;
        EXPECT_FALSE(*stores.sources.GetDraftBlocking(name, &facts, &text)) << "is back";
      });
}

// What was published of it is its hash: no other seed will do.
TEST_F(SyncedWritesTest, TheSeedOfADraw) {
  const auto draw = CodeOf<DrawCode>("D1");
  Digest seed;
  seed.fill(7);
  SurvivesACut([&](Stores& stores) { ASSERT_TRUE(*stores.draws->PutSeedBlocking(draw, seed)); },
               [&](Stores& stores) {
                 const auto found = stores.draws->GetSeedBlocking(draw);
                 ASSERT_TRUE(found.ok()) << found.status();
                 ASSERT_TRUE(found->has_value()) << "lost";
                 EXPECT_EQ(**found, seed);
               });
}

TEST_F(SyncedWritesTest, TheEntriesOfADraw) {
  EntryListKey list;
  list.draw = CodeOf<DrawCode>("D1");
  const std::vector<MemberId> members = {CodeOf<MemberId>("M1"), CodeOf<MemberId>("M2")};
  SurvivesACut(
      [&](Stores& stores) { ASSERT_TRUE(stores.draws->PutEntriesBlocking(list, members).ok()); },
      [&](Stores& stores) {
        const auto found = stores.draws->GetEntriesBlocking(list, 0, 10);
        ASSERT_TRUE(found.ok()) << found.status();
        EXPECT_EQ(*found, members);
      });
}

// Rows leave memory when the archive says that it has them.
TEST_F(SyncedWritesTest, ArchivedTransactions) {
  const Archive::Entry sale{MakeArchivedSale(7, kAt), CodeOf<TerminalId>("KM004217")};
  SurvivesACut(
      [&](Stores& stores) {
        ASSERT_TRUE(stores.archive.PutBlocking(0, std::vector<Archive::Entry>{sale}).ok());
      },
      [&](Stores& stores) {
        ArchivedTransaction found;
        const auto by_id = stores.archive.FindBlocking(
            0, sale.terminal, sale.transaction.transaction.request_id, &found);
        ASSERT_TRUE(by_id.ok()) << by_id.status();
        EXPECT_TRUE(*by_id) << "lost";
        EXPECT_EQ(found.transaction.seq, CommandSeq{7});
      });
}

// One that comes again would let two writers believe that the shard is theirs.
TEST_F(SyncedWritesTest, AnEpoch) {
  SurvivesACut([](Stores& stores) { EXPECT_EQ(*stores.journal.Acquire(0), 1U); },
               [](Stores& stores) { EXPECT_EQ(*stores.journal.Acquire(0), 2U); });
}

}  // namespace
}  // namespace gonghui
