// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "storage/rocksdb_archive.h"

#include <memory>
#include <string>
#include <variant>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rocksdb/db.h>

#include "engine/base/prng.h"
#include "engine/durability/archived_codec.h"
#include "storage/archive_keys.h"
#include "tests/testing/temp_folder.h"
#include "tests/unit/durability/any_value.h"
#include "tests/unit/durability/archive_conformance.h"
#include "tests/unit/durability/event_maker.h"

namespace gonghui {
namespace {

using testing::HasSubstr;

class RocksdbUnderTest final : public ArchiveUnderTest {
 public:
  RocksdbUnderTest() { Open(/*read_only=*/false); }

  Archive& archive() override { return *archive_; }
  RocksdbArchive& rocks() { return *archive_; }
  RocksdbStore& store() { return *store_; }

  void Crash() override {
    const std::string next = temp_.path(std::to_string(generation_ + 1));
    CopyFolder(temp_.path(std::to_string(generation_)), next);
    ++generation_;
    Open(/*read_only=*/false);
  }
  void Open(bool read_only) {
    archive_.reset();
    store_.reset();
    RocksdbStoreOptions options;
    options.folder = temp_.path(std::to_string(generation_));
    options.read_only = read_only;
    auto store = RocksdbStore::OpenBlocking(options);
    GH_CHECK(store.ok(), store.status().message());
    store_ = *std::move(store);
    archive_ = std::make_unique<RocksdbArchive>(*store_);
  }

 private:
  const TempFolder temp_;
  int generation_ = 0;
  std::unique_ptr<RocksdbStore> store_;
  std::unique_ptr<RocksdbArchive> archive_;
};

std::unique_ptr<ArchiveUnderTest> MakeRocksdb() {
  return std::make_unique<RocksdbUnderTest>();
}

INSTANTIATE_TEST_SUITE_P(Rocksdb, ArchiveConformanceTest, testing::Values(&MakeRocksdb));

class RocksdbArchiveTest : public ArchiveConformanceTest {
 protected:
  RocksdbUnderTest& rocks() { return static_cast<RocksdbUnderTest&>(*under_test_); }
  void Replace(Family family, const std::string& key, const std::string& value) {
    ASSERT_TRUE(rocks().store().PutBlocking(family, key, value).ok());
  }
  void Delete(Family family, const std::string& key) {
    ASSERT_TRUE(rocks().store().db()->Delete({}, rocks().store().family(family), key).ok());
  }
  std::string Value(Family family, const std::string& key) {
    std::string value;
    EXPECT_TRUE(*rocks().store().GetBlocking(family, key, &value));
    return value;
  }
  std::string FindDamage(uint64_t seq) {
    return Damage(
        archive().FindBlocking(kShard, MakeTransactionId(kShard, CommandSeq{seq}), &found_));
  }
  std::string FindDamage(const Archive::Entry& entry) {
    return Damage(archive().FindBlocking(
        kShard, entry.terminal, entry.transaction.transaction.request_id, &found_));
  }
  std::string FindDamage(const AdviceName& name) {
    return Damage(archive().FindBlocking(kShard, name, &found_));
  }
  std::string ScanDamage() {
    const absl::Status all = archive().ForEachBlocking(
        kShard, [](const Archive::Entry&) -> absl::Status { return absl::OkStatus(); });
    EXPECT_TRUE(all.ok() || absl::IsDataLoss(all)) << all;
    return std::string(all.message());
  }
  std::string HashDamage() {
    const absl::Status all = archive().ForEachHashBlocking(kShard, [](uint64_t) { return true; });
    EXPECT_TRUE(all.ok() || absl::IsDataLoss(all)) << all;
    return std::string(all.message());
  }

 private:
  static std::string Damage(const absl::StatusOr<bool>& found) {
    EXPECT_TRUE(found.ok() || absl::IsDataLoss(found.status())) << found.status();
    return std::string(found.status().message());
  }
};

INSTANTIATE_TEST_SUITE_P(Rocksdb, RocksdbArchiveTest, testing::Values(&MakeRocksdb));

TEST_P(RocksdbArchiveTest, ADamagedValueIsNamed) {
  const Archive::Entry sale = SaleOf(7);
  Put({sale, SaleOf(8)});
  const std::string key = ArchiveKey(kShard, CommandSeq{7}, false);
  const std::string value = Value(Family::kArchive, key);
  for (size_t i = 0; i < value.size(); ++i) {
    std::string bad = value;
    bad[i] = static_cast<char>(bad[i] ^ 0x04);
    Replace(Family::kArchive, key, bad);
    EXPECT_THAT(FindDamage(7), HasSubstr("archive of shard 5, seq 7: byte "));
    EXPECT_THAT(FindDamage(sale), HasSubstr("archive of shard 5, seq 7: byte "));
    EXPECT_THAT(ScanDamage(), HasSubstr("archive of shard 5, seq 7: byte "));
  }
  Replace(Family::kArchive, key, "");
  EXPECT_THAT(FindDamage(7), HasSubstr("seq 7: byte 0: ends early"));
  Replace(Family::kArchive, key, "\x02" + value.substr(1));
  EXPECT_THAT(FindDamage(7), HasSubstr("byte 0: unknown version of an archived transaction"));
  EXPECT_EQ(FindSeq(8), 8u);
}

TEST_P(RocksdbArchiveTest, AValueUnderAnothersKeyIsFound) {
  Put({SaleOf(7), SaleOf(8)});
  Replace(Family::kArchive,
          ArchiveKey(kShard, CommandSeq{8}, false),
          Value(Family::kArchive, ArchiveKey(kShard, CommandSeq{7}, false)));
  EXPECT_THAT(FindDamage(8), HasSubstr("archive of shard 5, seq 8: holds seq 7"));
  EXPECT_THAT(ScanDamage(), HasSubstr("seq 8: holds seq 7"));
  Replace(Family::kArchive,
          ArchiveKey(kShard, CommandSeq{7}, true),
          Value(Family::kArchive, ArchiveKey(kShard, CommandSeq{7}, false)));
  EXPECT_THAT(ScanDamage(), HasSubstr("tombstone of seq 7: holds seq 7"));
}

TEST_P(RocksdbArchiveTest, AnIdThatLeadsAstrayIsDamage) {
  const Archive::Entry sale = SaleOf(7);
  const Archive::Entry advice = AdviceOf(8, 37);
  const AdviceName name = AdviceNameOf(advice.transaction, advice.terminal);
  Put({sale, advice, AdviceOf(9, 38)});
  const std::string id =
      ArchiveIdKey(kShard, sale.transaction.transaction.request_id, sale.terminal);
  Replace(Family::kArchiveIds, id, ArchiveIdValue(CommandSeq{8}, false));
  EXPECT_THAT(FindDamage(sale), HasSubstr("seq 8: another's request id leads to it"));
  Replace(Family::kArchiveIds, id, ArchiveIdValue(CommandSeq{7}, true));
  EXPECT_THAT(FindDamage(sale),
              HasSubstr("tombstone of seq 7: an id leads to it, but it is not there"));
  Replace(Family::kArchiveIds, id, "short");
  EXPECT_THAT(FindDamage(sale), HasSubstr("an id's value of 5 bytes"));
  Replace(Family::kArchiveIds, ArchiveNameKey(kShard, name), ArchiveIdValue(CommandSeq{9}, false));
  EXPECT_THAT(FindDamage(name), HasSubstr("seq 9: another advice's name leads to it"));
  Replace(Family::kArchiveIds, ArchiveNameKey(kShard, name), ArchiveIdValue(CommandSeq{7}, false));
  EXPECT_THAT(FindDamage(name), HasSubstr("seq 7: another advice's name leads to it"));
  Delete(Family::kArchive, ArchiveKey(kShard, CommandSeq{7}, false));
  EXPECT_THAT(FindDamage(name), HasSubstr("seq 7: an id leads to it, but it is not there"));
}

TEST_P(RocksdbArchiveTest, KeysOfAnotherFormAreDamage) {
  Put({SaleOf(7)});
  const std::string longer = ArchiveKey(kShard, CommandSeq{8}, false) + "x";
  Replace(Family::kArchive, longer, "");
  EXPECT_THAT(ScanDamage(), HasSubstr("archive: a key of 12 bytes"));
  Delete(Family::kArchive, longer);
  std::string odd = ArchiveKey(kShard, CommandSeq{8}, false);
  odd.back() = 2;
  Replace(Family::kArchive, odd, "");
  EXPECT_THAT(ScanDamage(), HasSubstr("neither a tombstone's nor another's"));
  EXPECT_EQ(HashDamage(), "");
  for (const std::string& key : {ArchiveShardPrefix(kShard),
                                 ArchiveShardPrefix(kShard) + "\x01" + std::string(15, 'i'),
                                 ArchiveShardPrefix(kShard) + "\x01" + std::string(16, 'i') + "?",
                                 ArchiveShardPrefix(kShard) + "\x02",
                                 ArchiveShardPrefix(kShard) + "\x03"}) {
    Replace(Family::kArchiveIds, key, "");
    EXPECT_THAT(HashDamage(), HasSubstr("archive: ")) << key.size();
    Delete(Family::kArchiveIds, key);
  }
  EXPECT_EQ(HashDamage(), "");
}

TEST_P(RocksdbArchiveTest, AReaderFindsAndDoesNotPut) {
  Put({SaleOf(7)});
  rocks().Open(/*read_only=*/true);
  EXPECT_EQ(FindSeq(7), 7u);
  EXPECT_EQ(AllSeqs(), (std::vector<uint64_t>{7}));
  const std::vector<Archive::Entry> more = {SaleOf(8)};
  EXPECT_FALSE(archive().PutBlocking(kShard, more).ok());
  EXPECT_EQ(rocks().rocks().ApproximateTransactions(), 1u);
}

// Levels, filters and compression as they are after a while.
TEST_P(RocksdbArchiveTest, FlushedAndCompactedItIsTheSame) {
  std::vector<Archive::Entry> entries;
  for (uint64_t seq = 1; seq <= 3'000; ++seq) {
    entries.push_back(SaleOf(seq));
  }
  for (const Family family : {Family::kArchive, Family::kArchiveIds}) {
    for (int i = 0; i < 3; ++i) {
      Put({entries.begin() + i * 1'000, entries.begin() + (i + 1) * 1'000});
      ASSERT_TRUE(rocks().store().db()->Flush({}, rocks().store().family(family)).ok());
    }
    ASSERT_TRUE(rocks()
                    .store()
                    .db()
                    ->CompactRange({}, rocks().store().family(family), nullptr, nullptr)
                    .ok());
  }
  EXPECT_GT(rocks().store().ApproximateBytes(Family::kArchive), 0u);
  for (const Archive::Entry& entry : entries) {
    ASSERT_EQ(FindRequest(entry), entry.transaction.transaction.seq.value());
  }
  EXPECT_EQ(FindRequest(SaleOf(4'000)), 0u);
  EXPECT_EQ(FindSeq(4'000), 0u);
  EXPECT_EQ(AllHashes().size(), 3'000u);
}

// ---- Keys -----------------------------------------------------------------------

TEST(ArchiveKeysTest, ComeBackOrAreRefused) {
  Prng prng(20'261'125);
  for (int i = 0; i < 2'000; ++i) {
    const auto shard = static_cast<uint16_t>(prng.Below(1'024));
    const CommandSeq seq{AnyUint(prng, (uint64_t{1} << 50) - 1)};
    const bool tombstone = AnyBool(prng);
    const auto place = ParseArchiveKey(ArchiveKey(shard, seq, tombstone));
    ASSERT_TRUE(place.ok());
    EXPECT_EQ(*place, (ArchivePlace{seq, tombstone}));
    EXPECT_EQ(*ParseArchiveIdValue(ArchiveIdValue(seq, tombstone)), *place);

    const ArchivedRequest request{AnyRequestId(prng), AnyCode<TerminalId>(prng)};
    const std::string id_key = ArchiveIdKey(shard, request.id, request.terminal);
    const auto id = ParseArchiveIdKey(id_key);
    ASSERT_TRUE(id.ok()) << id.status();
    ASSERT_TRUE(std::holds_alternative<ArchivedRequest>(*id));
    EXPECT_EQ(std::get<ArchivedRequest>(*id), request);

    AdviceName name;
    name.terminal = AnyCode<TerminalId>(prng);
    name.sequence = static_cast<uint32_t>(AnyUint(prng, UINT32_MAX));
    name.business_day = AnyInt32(prng);
    name.amount = AnyFen(prng);
    if (AnyBool(prng)) {
      name.card = CardNumber{AnyUint(prng, UINT64_MAX)};
    } else {
      name.kind = TransactionKind::kCapture;
      name.original = TransactionId{AnyUint(prng, UINT64_MAX)};
      name.original_request_id = AnyRequestId(prng);
    }
    const std::string name_key = ArchiveNameKey(shard, name);
    const auto parsed = ParseArchiveIdKey(name_key);
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    ASSERT_TRUE(std::holds_alternative<AdviceName>(*parsed));
    EXPECT_EQ(std::get<AdviceName>(*parsed), name);
    for (size_t size = 2; size < name_key.size(); ++size) {
      EXPECT_FALSE(ParseArchiveIdKey(std::string_view(name_key).substr(0, size)).ok());
    }
    EXPECT_FALSE(ParseArchiveIdKey(name_key + "x").ok());
  }
}

TEST(ArchiveKeysTest, OrderIsThatOfNumbersAndTexts) {
  EXPECT_LT(ArchiveKey(1, CommandSeq{255}, true), ArchiveKey(1, CommandSeq{256}, false));
  EXPECT_LT(ArchiveKey(1, CommandSeq{256}, false), ArchiveKey(1, CommandSeq{256}, true));
  EXPECT_LT(ArchiveKey(1, CommandSeq{UINT64_MAX}, true), ArchiveKey(2, CommandSeq{1}, false));
  const auto id = [](uint64_t low, std::string_view terminal) {
    return ArchiveIdKey(1, {1, low}, CodeOf<TerminalId>(terminal));
  };
  EXPECT_LT(id(1, "T2"), id(2, "T"));
  EXPECT_LT(id(1, "T"), id(1, "T2"));
  EXPECT_LT(id(1, "T10"), id(1, "T2"));
}

}  // namespace
}  // namespace gonghui
