// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The pipeline's look-up against the ledger: what it finds in the archive of its port is
// what the ledger needs to answer as if nothing had ever left (engine/pipeline/
// archive_lookup.h), and no more.

#include <algorithm>
#include <cstdint>
#include <iostream>
#include <memory>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "engine/base/check.h"
#include "engine/durability/memory_archive.h"
#include "engine/pipeline/archive_lookup.h"
#include "storage/rocksdb_archive.h"
#include "storage/rocksdb_store.h"
#include "tests/model/ledger_pair.h"
#include "tests/model/random_commands.h"
#include "tests/testing/command_text.h"
#include "tests/testing/names.h"
#include "tests/testing/temp_folder.h"

namespace gonghui {
namespace {

constexpr uint16_t kShard = 7;  // the pair's

// As the pipeline fills it: put, then in the filter, then published.
class PipelineTwin final : public ArchiveTwin {
 public:
  explicit PipelineTwin(Archive* archive) : archive_(*archive), lookup_(kShard, archive_, 0, 0) {
    lookup_.filter().SetComplete();
  }

  void Put(const ArchiveSlice& slice, const Ledger& ledger) override {
    std::vector<Archive::Entry> entries;
    slice.ForEach([&](const ArchivedTransaction& transaction) {
      const TerminalRow terminal = transaction.transaction.terminal;
      entries.push_back({transaction, ledger.terminals()[terminal].id});
      seq_max_ = std::max(seq_max_, transaction.transaction.seq.value());
    });
    const absl::Status status = archive_.PutBlocking(kShard, entries);
    GH_CHECK(status.ok(), status.ToString());
    for (const Archive::Entry& entry : entries) {
      lookup_.filter().Add(ArchiveHash(entry.transaction.transaction.request_id));
      if (entry.transaction.transaction.advice() != AdviceRow{}) {
        lookup_.filter().Add(ArchiveHash(AdviceNameOf(entry.transaction, entry.terminal)));
      }
    }
    lookup_.Publish(++slices_, seq_max_);
  }

  [[nodiscard]] std::vector<Find> FindNamed(const Command& command) override {
    std::unique_ptr<ArchiveFinds> finds;
    const uint64_t seen = lookup_.Enter();
    const absl::Status status = lookup_.FindBlocking({&command, 1}, &finds);
    lookup_.Leave(seen);
    GH_CHECK(status.ok(), status.ToString());
    std::vector<Find> found;
    if (finds != nullptr) {
      for (const ArchiveFind& find : *finds) {
        found.push_back({find, find.asker});
      }
    }
    return found;
  }

  [[nodiscard]] uint64_t disk_lookups() const { return lookup_.disk_lookups(); }

 private:
  Archive& archive_;
  ArchiveLookup lookup_;
  uint64_t slices_ = 0;
  uint64_t seq_max_ = 0;
};

void RunSeed(uint64_t seed, int commands, Archiving archiving, Archive* archive) {
  RandomCommands random(seed);
  PipelineTwin twin(archive);
  LedgerPair pair(LedgerPair::SmallLimits(), archiving, seed);
  pair.set_archive_twin(&twin);
  for (const OwnedCommand& command : random.Setup()) {
    ASSERT_EQ(pair.Apply(command, TimestampNs{kTimestampNsMin}), "") << "seed " << seed;
  }
  for (int step = 1; step <= commands; ++step) {
    TimestampNs now;
    const OwnedCommand command =
        random.Next(pair.ledger().next_expiry(), pair.ledger().next_activation(), &now);
    ASSERT_EQ(pair.Apply(command, now), "") << "seed " << seed << ", command " << step << " at "
                                            << TextOf(now) << ": " << CommandText(command.command);
    if (step % 300 == 0) {
      ASSERT_EQ(pair.CheckEverything(), "") << "seed " << seed << ", command " << step;
    }
    if (!pair.answer().replay) {
      random.Remember(command, pair.answer());
    }
  }
  EXPECT_GT(pair.archiver().counts().returned, 0) << "seed " << seed << " was blind";
  EXPECT_GT(twin.disk_lookups(), 0u);
}

TEST(LookupTest, FindsWhatTheLedgerNeeds) {
  for (uint64_t seed = 4'000; seed < 4'006 && !HasFatalFailure(); ++seed) {
    MemoryArchive archive;
    RunSeed(seed, 1'500, seed % 2 == 0 ? Archiving::kAlways : Archiving::kSometimes, &archive);
  }
  std::random_device device;
  const uint64_t seed = uint64_t{device()} << 16 ^ device();
  std::cout << "seed " << seed << std::endl;
  MemoryArchive archive;
  RunSeed(seed, 1'500, Archiving::kAlways, &archive);
}

TEST(LookupTest, FindsItOnDisk) {
  for (uint64_t seed = 4'100; seed < 4'102 && !HasFatalFailure(); ++seed) {
    const TempFolder folder;
    RocksdbStoreOptions options;
    options.folder = folder.path("db");
    const auto store = RocksdbStore::OpenBlocking(options);
    ASSERT_TRUE(store.ok()) << store.status();
    RocksdbArchive archive(**store);
    RunSeed(seed, 400, Archiving::kAlways, &archive);
  }
}

}  // namespace
}  // namespace gonghui
