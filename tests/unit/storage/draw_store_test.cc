// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "storage/draw_store.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include <absl/strings/match.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rocksdb/db.h>

#include "engine/base/check.h"
#include "tests/testing/temp_folder.h"
#include "tests/unit/durability/draw_store_conformance.h"

namespace gonghui {
namespace {

using testing::HasSubstr;

constexpr uint16_t kShard = 3;

class RocksdbUnderTest final : public DrawStoreUnderTest {
 public:
  RocksdbUnderTest() {
    GH_CHECK(GenerateKeyFile(key_file()).ok(), "no key");
    Open(/*read_only=*/false);
  }

  DrawStore& store() override { return *draws_; }
  RocksdbStore& rocks() { return *store_; }
  [[nodiscard]] const Vault& vault() const { return *vault_; }
  [[nodiscard]] std::string folder() const { return temp_.path(std::to_string(generation_)); }

  void Crash() override {
    const std::string next = temp_.path(std::to_string(generation_ + 1));
    CopyFolder(folder(), next);
    ++generation_;
    Open(/*read_only=*/false);
  }
  void Open(bool read_only) {
    draws_.reset();
    vault_.reset();
    store_.reset();
    RocksdbStoreOptions options;
    options.folder = folder();
    options.read_only = read_only;
    auto store = RocksdbStore::OpenBlocking(options);
    GH_CHECK(store.ok(), store.status().message());
    store_ = *std::move(store);
    auto vault = Vault::OpenBlocking(*store_, kShard, key_file());
    GH_CHECK(vault.ok(), vault.status().message());
    vault_ = *std::move(vault);
    draws_ = std::make_unique<RocksdbDrawStore>(*store_, kShard, *vault_);
  }

 private:
  [[nodiscard]] std::string key_file() const { return temp_.path("vault.key"); }

  const TempFolder temp_;
  int generation_ = 0;
  std::unique_ptr<RocksdbStore> store_;
  std::unique_ptr<Vault> vault_;
  std::unique_ptr<RocksdbDrawStore> draws_;
};

std::unique_ptr<DrawStoreUnderTest> MakeRocksdb() {
  return std::make_unique<RocksdbUnderTest>();
}

INSTANTIATE_TEST_SUITE_P(Rocksdb, DrawStoreConformanceTest, testing::Values(&MakeRocksdb));

class RocksdbDrawStoreTest : public DrawStoreConformanceTest {
 protected:
  RocksdbUnderTest& under_test() { return static_cast<RocksdbUnderTest&>(*under_test_); }
  RocksdbStore& rocks() { return under_test().rocks(); }

  std::string Value(const std::string& key) {
    std::string value;
    EXPECT_TRUE(*rocks().GetBlocking(Family::kProgrammes, key, &value));
    return value;
  }
  void Replace(const std::string& key, const std::string& value) {
    ASSERT_TRUE(rocks().PutBlocking(Family::kProgrammes, key, value).ok());
  }
  void Delete(const std::string& key) {
    ASSERT_TRUE(rocks().db()->Delete({}, rocks().family(Family::kProgrammes), key).ok());
  }
  // What reading says is damaged.
  std::string DamageOfSeed() {
    const auto seed = store().GetSeedBlocking(NameOf("camp"));
    EXPECT_EQ(seed.status().code(), absl::StatusCode::kDataLoss) << seed.status();
    return std::string(seed.status().message());
  }
  std::string DamageOfList() {
    const auto entries = store().GetEntriesBlocking(ListOf("camp", 1), 0, 2'000);
    EXPECT_EQ(entries.status().code(), absl::StatusCode::kDataLoss) << entries.status();
    return std::string(entries.status().message());
  }
};

INSTANTIATE_TEST_SUITE_P(Rocksdb, RocksdbDrawStoreTest, testing::Values(&MakeRocksdb));

// Who reads the disk can not tell who will win.
TEST_P(RocksdbDrawStoreTest, ASeedIsNotReadableOnTheDisk) {
  Digest seed;
  for (size_t i = 0; i < seed.size(); ++i) {
    seed[i] = static_cast<uint8_t>(7 * i + 1);
  }
  ASSERT_TRUE(*store().PutSeedBlocking(NameOf("camp"), seed));
  const std::string plain(reinterpret_cast<const char*>(seed.data()), 8);
  EXPECT_FALSE(absl::StrContains(Value(DrawSeedKey(kShard, NameOf("camp"))), plain));
  const auto search = [&](const std::string& text) {
    bool found = false;
    for (const auto& entry : std::filesystem::directory_iterator(under_test().folder())) {
      std::ifstream file(entry.path(), std::ios::binary);
      const std::string bytes((std::istreambuf_iterator<char>(file)), {});
      found = found || absl::StrContains(bytes, text);
    }
    return found;
  };
  EXPECT_TRUE(search("camp")) << "the key is in the log";
  EXPECT_FALSE(search(plain));
  ASSERT_TRUE(rocks().db()->Flush({}, rocks().family(Family::kProgrammes)).ok());
  EXPECT_FALSE(search(plain));
  EXPECT_EQ(**store().GetSeedBlocking(NameOf("camp")), seed);
}

TEST_P(RocksdbDrawStoreTest, ASeedOpensInItsPlaceAlone) {
  ASSERT_TRUE(*store().PutSeedBlocking(NameOf("camp"), DigestOf(7)));
  ASSERT_TRUE(*store().PutSeedBlocking(NameOf("quiz"), DigestOf(8)));
  const std::string key = DrawSeedKey(kShard, NameOf("camp"));
  const std::string sealed = Value(key);
  for (size_t i = 0; i < sealed.size(); ++i) {
    std::string flipped = sealed;
    flipped[i] = static_cast<char>(flipped[i] ^ 1);
    Replace(key, flipped);
    EXPECT_THAT(DamageOfSeed(), HasSubstr("not its draw's")) << i;
    Replace(key, sealed.substr(0, i));
    EXPECT_THAT(DamageOfSeed(), HasSubstr("not its draw's")) << i;
  }
  Replace(key, Value(DrawSeedKey(kShard, NameOf("quiz"))));
  EXPECT_THAT(DamageOfSeed(), HasSubstr("not its draw's"));
  // What is sealed for the place, but is no seed.
  const auto shorter = under_test().vault().Seal("draw seed/camp", "short");
  ASSERT_TRUE(shorter.ok());
  Replace(key, *shorter);
  EXPECT_THAT(DamageOfSeed(), HasSubstr("not its draw's"));
  // A damaged seed stays: another one would be another draw.
  EXPECT_FALSE(*store().PutSeedBlocking(NameOf("camp"), DigestOf(9)));
  Replace(key, sealed);
  EXPECT_EQ(Seed("camp"), "7");
}

TEST_P(RocksdbDrawStoreTest, DamageOfAListIsTold) {
  const EntryListKey list = ListOf("camp", 1);
  ASSERT_TRUE(store().PutEntriesBlocking(list, Members(1'030)).ok());
  const std::string head_key = DrawEntriesKey(kShard, list);
  const std::string head = Value(head_key);
  for (size_t i = 0; i < head.size(); ++i) {
    Replace(head_key, head.substr(0, i));
    EXPECT_THAT(DamageOfList(), HasSubstr("draws: the head of a list")) << i;
    EXPECT_EQ(Count(list), "!");
  }
  Replace(head_key, head + "x");
  EXPECT_THAT(DamageOfList(), HasSubstr("bytes after its end"));
  Replace(head_key, "\x02" + head.substr(1));
  EXPECT_THAT(DamageOfList(), HasSubstr("unknown version 2"));
  Replace(head_key, head);

  const std::string first_key = DrawEntriesPageKey(kShard, list, 0);
  const std::string last_key = DrawEntriesPageKey(kShard, list, 1);
  const std::string last = Value(last_key);
  for (size_t i = 0; i < last.size(); ++i) {
    std::string flipped = last;
    flipped[i] = static_cast<char>(flipped[i] ^ 1);
    Replace(last_key, flipped);
    EXPECT_THAT(DamageOfList(), HasSubstr("a page of entries")) << i;
    Replace(last_key, last.substr(0, i));
    EXPECT_THAT(DamageOfList(), HasSubstr("a page of entries")) << i;
  }
  // A page is that of its place and list.
  Replace(last_key, Value(first_key));
  EXPECT_THAT(DamageOfList(), HasSubstr("not the one that was put"));
  Delete(last_key);
  EXPECT_THAT(DamageOfList(), HasSubstr("page 1 of a list of entries is missing"));
  EXPECT_EQ(Entries(list, 1'022, 2), "M1023 M1024 ") << "what is whole is read";
  Replace(last_key, last);
  // A list of another length ends elsewhere.
  const EntryListKey other = ListOf("camp", 2);
  ASSERT_TRUE(store().PutEntriesBlocking(other, Members(1'031)).ok());
  Replace(head_key, Value(DrawEntriesKey(kShard, other)));
  EXPECT_THAT(DamageOfList(), HasSubstr("holds 6 of them where there should be 7"));
  // It can be put again.
  ASSERT_TRUE(store().PutEntriesBlocking(list, Members(1'030)).ok());
  EXPECT_EQ(Entries(list, 1'029), "M1030 ");
}

// A put that was cut off has pages, but no head.
TEST_P(RocksdbDrawStoreTest, PagesWithoutAHeadAreNoList) {
  const EntryListKey list = ListOf("camp", 1);
  ASSERT_TRUE(store().PutEntriesBlocking(list, Members(1'030)).ok());
  Delete(DrawEntriesKey(kShard, list));
  EXPECT_EQ(Count(list), "-");
  EXPECT_EQ(Entries(list), "-");
}

TEST_P(RocksdbDrawStoreTest, ShardsAreApart) {
  ASSERT_TRUE(*store().PutSeedBlocking(NameOf("camp"), DigestOf(7)));
  ASSERT_TRUE(store().PutEntriesBlocking(ListOf("camp", 1), Members(1)).ok());
  const RocksdbDrawStore other(rocks(), kShard + 1, under_test().vault());
  EXPECT_FALSE(other.GetSeedBlocking(NameOf("camp"))->has_value());
  EXPECT_FALSE(other.CountEntriesBlocking(ListOf("camp", 1))->has_value());
}

TEST_P(RocksdbDrawStoreTest, AReadOnlyFolderIsRead) {
  ASSERT_TRUE(*store().PutSeedBlocking(NameOf("camp"), DigestOf(7)));
  ASSERT_TRUE(store().PutEntriesBlocking(ListOf("camp", 1), Members(2)).ok());
  under_test().Open(/*read_only=*/true);
  EXPECT_EQ(Seed("camp"), "7");
  EXPECT_EQ(Entries(ListOf("camp", 1)), "M1 M2 ");
  EXPECT_FALSE(store().PutSeedBlocking(NameOf("quiz"), DigestOf(7)).ok());
  EXPECT_FALSE(store().PutEntriesBlocking(ListOf("quiz", 1), Members(1)).ok());
}

}  // namespace
}  // namespace gonghui
