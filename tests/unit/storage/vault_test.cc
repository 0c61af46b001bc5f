// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "storage/vault.h"

#include <sys/stat.h>

#include <filesystem>
#include <string>
#include <vector>

#include <absl/strings/match.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rocksdb/db.h>

#include "storage/rocksdb_store.h"
#include "tests/testing/temp_folder.h"

namespace gonghui {
namespace {

using testing::HasSubstr;

class VaultTest : public testing::Test {
 protected:
  VaultTest() {
    EXPECT_TRUE(GenerateKeyFile(key_file()).ok());
    OpenStore();
  }

  void OpenStore() {
    store_.reset();
    RocksdbStoreOptions options;
    options.folder = temp_.path("data");
    auto store = RocksdbStore::OpenBlocking(options);
    GH_CHECK(store.ok(), store.status().message());
    store_ = *std::move(store);
  }
  [[nodiscard]] std::string key_file() const { return temp_.path("vault.key"); }
  absl::StatusOr<std::unique_ptr<Vault>> Open(uint16_t shard = 0) {
    return Vault::OpenBlocking(*store_, shard, key_file());
  }
  std::string OpenError(const std::string& file) {
    const auto vault = Vault::OpenBlocking(*store_, 0, file);
    EXPECT_EQ(vault.status().code(), absl::StatusCode::kFailedPrecondition);
    return std::string(vault.status().message());
  }
  std::string Stored(MemberRow member) {
    std::string value;
    EXPECT_TRUE(*store_->GetBlocking(Family::kVault, VaultKey(0, member), &value));
    return value;
  }

  const TempFolder temp_;
  std::unique_ptr<RocksdbStore> store_;
};

const PersonalRecord kZhang{"张三", "530102199001011234", "13800001234"};
const PersonalRecord kLi{"李四", "530103198512315678", "13900005678"};

TEST_F(VaultTest, WhatIsPutIsGot) {
  {
    const auto vault = Open();
    ASSERT_TRUE(vault.ok()) << vault.status();
    const std::vector<PersonalEntry> entries = {{MemberRow{1}, kZhang}, {MemberRow{2}, kLi}};
    ASSERT_TRUE((*vault)->PutBlocking(entries).ok());
    EXPECT_EQ((*vault)->GetBlocking(MemberRow{1})->value(), kZhang);
  }
  OpenStore();
  const auto vault = Open();
  ASSERT_TRUE(vault.ok()) << vault.status();
  EXPECT_EQ((*vault)->GetBlocking(MemberRow{1})->value(), kZhang);
  EXPECT_EQ((*vault)->GetBlocking(MemberRow{2})->value(), kLi);
  EXPECT_FALSE((*vault)->GetBlocking(MemberRow{3})->has_value());
}

TEST_F(VaultTest, ReplacedAndEmptyRecords) {
  const auto vault = Open();
  ASSERT_TRUE((*vault)->PutBlocking(std::vector<PersonalEntry>{{MemberRow{1}, kZhang}}).ok());
  ASSERT_TRUE((*vault)->PutBlocking(std::vector<PersonalEntry>{{MemberRow{1}, {}}}).ok());
  EXPECT_EQ((*vault)->GetBlocking(MemberRow{1})->value(), PersonalRecord());
}

TEST_F(VaultTest, TheSameDataIsNeverSealedAlike) {
  const auto vault = Open();
  ASSERT_TRUE((*vault)->PutBlocking(std::vector<PersonalEntry>{{MemberRow{1}, kZhang}}).ok());
  const std::string first = Stored(MemberRow{1});
  ASSERT_TRUE((*vault)->PutBlocking(std::vector<PersonalEntry>{{MemberRow{1}, kZhang}}).ok());
  EXPECT_NE(Stored(MemberRow{1}), first);
}

TEST_F(VaultTest, OneBadEntryStoresNone) {
  const auto vault = Open();
  std::vector<PersonalEntry> entries = {{MemberRow{1}, kZhang}, {MemberRow{}, kLi}};
  EXPECT_EQ((*vault)->PutBlocking(entries).code(), absl::StatusCode::kInvalidArgument);
  entries[1] = {MemberRow{2}, {std::string(256, 'x'), "", ""}};
  EXPECT_EQ((*vault)->PutBlocking(entries).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_FALSE((*vault)->GetBlocking(MemberRow{1})->has_value());
}

TEST_F(VaultTest, AnyChangedByteIsRefused) {
  const auto vault = Open();
  ASSERT_TRUE((*vault)->PutBlocking(std::vector<PersonalEntry>{{MemberRow{1}, kZhang}}).ok());
  const std::string good = Stored(MemberRow{1});
  for (size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 0x80);
    ASSERT_TRUE(
        store_->db()->Put({}, store_->family(Family::kVault), VaultKey(0, MemberRow{1}), bad).ok());
    EXPECT_EQ((*vault)->GetBlocking(MemberRow{1}).status().code(), absl::StatusCode::kDataLoss);
  }
  ASSERT_TRUE(store_->PutBlocking(Family::kVault, VaultKey(0, MemberRow{1}), "").ok());
  EXPECT_EQ((*vault)->GetBlocking(MemberRow{1}).status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(VaultTest, SwappedRecordsAreRefused) {
  const auto vault = Open();
  const std::vector<PersonalEntry> entries = {{MemberRow{1}, kZhang}, {MemberRow{2}, kLi}};
  ASSERT_TRUE((*vault)->PutBlocking(entries).ok());
  const std::string first = Stored(MemberRow{1});
  ASSERT_TRUE(
      store_->PutBlocking(Family::kVault, VaultKey(0, MemberRow{1}), Stored(MemberRow{2})).ok());
  ASSERT_TRUE(store_->PutBlocking(Family::kVault, VaultKey(0, MemberRow{2}), first).ok());
  EXPECT_EQ((*vault)->GetBlocking(MemberRow{1}).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ((*vault)->GetBlocking(MemberRow{2}).status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(VaultTest, ShardsAreApart) {
  const auto one = Open(1);
  const auto two = Open(2);
  ASSERT_TRUE((*one)->PutBlocking(std::vector<PersonalEntry>{{MemberRow{1}, kZhang}}).ok());
  EXPECT_FALSE((*two)->GetBlocking(MemberRow{1})->has_value());
}

TEST_F(VaultTest, AnotherKeyIsToldAtOnce) {
  ASSERT_TRUE(Open().ok());
  ASSERT_TRUE(GenerateKeyFile(temp_.path("other.key")).ok());
  const std::string said = OpenError(temp_.path("other.key"));
  for (const std::string& part : {std::string("is not the key"),
                                  std::string("put the old key back"),
                                  temp_.path("other.key"),
                                  temp_.path("data")}) {
    EXPECT_THAT(said, HasSubstr(part));
  }
}

TEST_F(VaultTest, AMissingKeyIsToldByWhatTheFolderHas) {
  EXPECT_FALSE(*Vault::HasKeyBlocking(*store_, 0));
  const std::string none = temp_.path("none.key");
  EXPECT_THAT(OpenError(none), HasSubstr("--generate-vault-key"));
  ASSERT_TRUE(Open().ok());
  EXPECT_TRUE(*Vault::HasKeyBlocking(*store_, 0));
  EXPECT_FALSE(*Vault::HasKeyBlocking(*store_, 1));
  const std::string said = OpenError(none);
  for (const std::string& part : {std::string("does not exist"),
                                  std::string("put the old key back"),
                                  none,
                                  temp_.path("data")}) {
    EXPECT_THAT(said, HasSubstr(part));
  }
  EXPECT_FALSE(std::filesystem::exists(none));
}

TEST_F(VaultTest, RawAndHexadecimalKeysAreTheSame) {
  ASSERT_TRUE(Open().ok());
  const std::string text = ReadFile(key_file());
  ASSERT_EQ(text.size(), 65u);
  std::string raw;
  for (size_t i = 0; i < 64; i += 2) {
    raw.push_back(static_cast<char>(std::stoi(text.substr(i, 2), nullptr, 16)));
  }
  const std::string file = temp_.path("raw.key");
  WriteFile(file, raw);
  ASSERT_EQ(::chmod(file.c_str(), 0400), 0);
  EXPECT_TRUE(Vault::OpenBlocking(*store_, 0, file).ok());
}

TEST_F(VaultTest, BadKeyFilesAreRefused) {
  EXPECT_THAT(
      std::string(Vault::CheckKeyFile(temp_.path("data"), temp_.path("none.key")).message()),
      HasSubstr("No such file"));
  EXPECT_TRUE(Vault::CheckKeyFile(temp_.path("data"), key_file()).ok());
  EXPECT_THAT(OpenError(temp_.path("")), HasSubstr("not a regular file"));
  for (const mode_t mode : {0644u, 0640u, 0660u, 0700u, 0604u, 04600u}) {
    ASSERT_EQ(::chmod(key_file().c_str(), mode), 0);
    EXPECT_THAT(OpenError(key_file()), HasSubstr("0600 or 0400")) << mode;
  }
  const std::string inside = temp_.path("data/vault.key");
  std::filesystem::copy(key_file(), inside);
  EXPECT_THAT(OpenError(inside), HasSubstr("inside the data folder"));
  std::filesystem::create_symlink(inside, temp_.path("link.key"));
  EXPECT_THAT(OpenError(temp_.path("link.key")), HasSubstr("inside the data folder"));
  for (const std::string& text : {std::string(),
                                  std::string(31, 'a'),
                                  std::string(33, 'a'),
                                  std::string(63, 'a'),
                                  std::string(65, 'a'),
                                  std::string(63, 'a') + "g",
                                  std::string(64, 'a') + "\n\n\n\nbb"}) {
    const std::string file = temp_.path("bad.key");
    std::filesystem::remove(file);
    WriteFile(file, text);
    ASSERT_EQ(::chmod(file.c_str(), 0600), 0);
    EXPECT_THAT(OpenError(file), HasSubstr("32 bytes or 64 hexadecimal")) << text;
  }
}

TEST_F(VaultTest, AKeyFileIsNeverOverwritten) {
  const std::string before = ReadFile(key_file());
  EXPECT_EQ(GenerateKeyFile(key_file()).code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(ReadFile(key_file()), before);
  struct stat facts = {};
  ASSERT_EQ(::stat(key_file().c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 07777, 0600u);
}

// Canaries: planted in every field, looked for in every byte of every file.
TEST_F(VaultTest, NothingOfItIsReadableOnTheDisk) {
  const PersonalRecord canary{"欧阳锋金丝雀", "530112197703039876", "15912345678"};
  const auto appears = [this, &canary]() -> std::string {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(temp_.path("data"))) {
      const std::string bytes = ReadFile(entry.path());
      for (const std::string& word : {canary.name, canary.national_id, canary.phone}) {
        if (bytes.find(word) != std::string::npos) {
          return entry.path().string();
        }
      }
    }
    return "";
  };
  const auto vault = Open();
  std::vector<PersonalEntry> entries;
  for (uint32_t row = 1; row <= 500; ++row) {
    entries.push_back({MemberRow{row}, canary});
  }
  ASSERT_TRUE((*vault)->PutBlocking(entries).ok());
  EXPECT_EQ(appears(), "") << "in the WAL";
  ASSERT_TRUE(store_->db()->Flush(rocksdb::FlushOptions(), store_->family(Family::kVault)).ok());
  EXPECT_EQ(appears(), "") << "in a file";
  store_->db()->CompactRange({}, store_->family(Family::kVault), nullptr, nullptr);
  OpenStore();
  EXPECT_EQ(appears(), "") << "after a restart";

  // The test can see: the same words unsealed are found.
  ASSERT_TRUE(store_->PutBlocking(Family::kMeta, "canary", canary.phone).ok());
  EXPECT_NE(appears(), "");
}

TEST(MaskTest, Names) {
  EXPECT_EQ(MaskName("张三"), "张*");
  EXPECT_EQ(MaskName("欧阳修"), "欧**");
  EXPECT_EQ(MaskName("李"), "*");
  EXPECT_EQ(MaskName(""), "");
  EXPECT_EQ(MaskName("Ana"), "A**");
  EXPECT_EQ(MaskName("𠮷野"), "𠮷*");
  EXPECT_EQ(MaskName("\xe5\xbc"), "**");    // a character cut off
  EXPECT_EQ(MaskName("\xff张三"), "***");   // a stray byte first
  EXPECT_EQ(MaskName("\xc0\x80x"), "***");  // an overlong form
}

TEST(MaskTest, NumbersShowTheirEnds) {
  EXPECT_EQ(MaskNationalId("530102199001011234"), "5301**********1234");
  EXPECT_EQ(MaskNationalId("53010219900101123X"), "5301**********123X");
  EXPECT_EQ(MaskNationalId("530102900101123"), "5301*******1123");
  EXPECT_EQ(MaskNationalId("53010219"), "********");
  EXPECT_EQ(MaskNationalId(""), "");
  EXPECT_EQ(MaskPhone("13800001234"), "138****1234");
  EXPECT_EQ(MaskPhone("+8613800001234"), "+86*******1234");
  EXPECT_EQ(MaskPhone("8001234"), "*******");
}

// What is kept elsewhere opens where it was sealed for, under this key and in this shard.
TEST_F(VaultTest, WhatIsSealedForAPlaceOpensThereAlone) {
  const auto vault = Open();
  ASSERT_TRUE(vault.ok()) << vault.status();
  const auto sealed = (*vault)->Seal("draw seed/camp", "secret");
  ASSERT_TRUE(sealed.ok()) << sealed.status();
  EXPECT_FALSE(absl::StrContains(*sealed, "secret"));
  std::string plain;
  EXPECT_TRUE(*(*vault)->Unseal("draw seed/camp", *sealed, &plain));
  EXPECT_EQ(plain, "secret");
  EXPECT_FALSE(*(*vault)->Unseal("draw seed/quiz", *sealed, &plain));
  EXPECT_FALSE(*(*vault)->Unseal("draw seed/camp", sealed->substr(1), &plain));
  EXPECT_FALSE(*(*vault)->Unseal("draw seed/camp", "", &plain));
  EXPECT_NE(*(*vault)->Seal("draw seed/camp", "secret"), *sealed) << "nonces differ";
  const auto other = Open(/*shard=*/1);
  ASSERT_TRUE(other.ok()) << other.status();
  EXPECT_FALSE(*(*other)->Unseal("draw seed/camp", *sealed, &plain));
  // Four bytes are a member's place.
  EXPECT_DEATH((void)(*vault)->Seal("camp", "secret"), "size=4");
}

}  // namespace
}  // namespace gonghui
