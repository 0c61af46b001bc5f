// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "storage/programme_sources.h"

#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rocksdb/db.h>

#include "engine/base/check.h"
#include "tests/testing/temp_folder.h"
#include "tests/unit/durability/programme_sources_conformance.h"

namespace gonghui {
namespace {

using testing::HasSubstr;

constexpr uint16_t kShard = 3;

class RocksdbUnderTest final : public ProgrammeSourcesUnderTest {
 public:
  RocksdbUnderTest() { Open(/*read_only=*/false); }

  ProgrammeSources& sources() override { return *sources_; }
  RocksdbStore& store() { return *store_; }

  void Crash() override {
    const std::string next = temp_.path(std::to_string(generation_ + 1));
    CopyFolder(temp_.path(std::to_string(generation_)), next);
    ++generation_;
    Open(/*read_only=*/false);
  }
  void Open(bool read_only) {
    sources_.reset();
    store_.reset();
    RocksdbStoreOptions options;
    options.folder = temp_.path(std::to_string(generation_));
    options.read_only = read_only;
    auto store = RocksdbStore::OpenBlocking(options);
    GH_CHECK(store.ok(), store.status().message());
    store_ = *std::move(store);
    sources_ = std::make_unique<RocksdbProgrammeSources>(*store_, kShard);
  }

 private:
  const TempFolder temp_;
  int generation_ = 0;
  std::unique_ptr<RocksdbStore> store_;
  std::unique_ptr<RocksdbProgrammeSources> sources_;
};

std::unique_ptr<ProgrammeSourcesUnderTest> MakeRocksdb() {
  return std::make_unique<RocksdbUnderTest>();
}

INSTANTIATE_TEST_SUITE_P(Rocksdb, ProgrammeSourcesConformanceTest, testing::Values(&MakeRocksdb));

class RocksdbProgrammeSourcesTest : public ProgrammeSourcesConformanceTest {
 protected:
  RocksdbUnderTest& rocks() { return static_cast<RocksdbUnderTest&>(*under_test_); }

  std::string Value(const std::string& key) {
    std::string value;
    EXPECT_TRUE(*rocks().store().GetBlocking(Family::kProgrammes, key, &value));
    return value;
  }
  void Replace(const std::string& key, const std::string& value) {
    ASSERT_TRUE(rocks().store().PutBlocking(Family::kProgrammes, key, value).ok());
  }
  // What reading draft "metro" says is damaged.
  std::string Damage() {
    SourceFacts facts;
    std::string text;
    const auto found = sources().GetDraftBlocking(NameOf("metro"), &facts, &text);
    EXPECT_EQ(found.status().code(), absl::StatusCode::kDataLoss) << found.status();
    return std::string(found.status().message());
  }
};

INSTANTIATE_TEST_SUITE_P(Rocksdb, RocksdbProgrammeSourcesTest, testing::Values(&MakeRocksdb));

TEST_P(RocksdbProgrammeSourcesTest, DamageIsTold) {
  ASSERT_TRUE(sources().PutDraftBlocking(NameOf("metro"), FactsOf("note"), "a text").ok());
  const std::string facts_key = DraftKey(kShard, SourceTag::kDraftFacts, NameOf("metro"));
  const std::string text_key = DraftKey(kShard, SourceTag::kDraftText, NameOf("metro"));
  const std::string facts = Value(facts_key);
  for (size_t i = 0; i < facts.size(); ++i) {
    Replace(facts_key, facts.substr(0, i));
    EXPECT_THAT(Damage(), HasSubstr("programme sources: ")) << i;
  }
  Replace(facts_key, facts + "x");
  EXPECT_THAT(Damage(), HasSubstr("bytes after its end"));
  Replace(facts_key, "\x02" + facts.substr(1));
  EXPECT_THAT(Damage(), HasSubstr("unknown version 2"));
  EXPECT_EQ(Drafts(), "!");
  Replace(facts_key, facts);
  for (const char* text : {"A text", "a tex", ""}) {
    Replace(text_key, text);
    EXPECT_THAT(Damage(), HasSubstr("not the one that was put")) << text;
  }
  ASSERT_TRUE(
      rocks().store().db()->Delete({}, rocks().store().family(Family::kProgrammes), text_key).ok());
  EXPECT_THAT(Damage(), HasSubstr("not the one that was put"));
  // A draft that can not be read can be replaced.
  ASSERT_TRUE(sources().PutDraftBlocking(NameOf("metro"), FactsOf("note"), "a text").ok());
  EXPECT_EQ(Draft("metro"), "note: a text");
}

TEST_P(RocksdbProgrammeSourcesTest, ForeignKeysAreTold) {
  ASSERT_TRUE(sources().PutDraftBlocking(NameOf("metro"), FactsOf("note"), "a text").ok());
  const std::string facts_key = DraftKey(kShard, SourceTag::kDraftFacts, NameOf("metro"));
  Replace(facts_key + "x", Value(facts_key));
  EXPECT_EQ(Drafts(), "!");
}

TEST_P(RocksdbProgrammeSourcesTest, ShardsAreApart) {
  ASSERT_TRUE(sources().PutDraftBlocking(NameOf("metro"), FactsOf("note"), "a text").ok());
  ASSERT_TRUE(sources().PutSourceBlocking(KeyOf("metro", 1), FactsOf("note"), "a text").ok());
  const RocksdbProgrammeSources other(rocks().store(), kShard + 1);
  EXPECT_TRUE(other.ListDraftsBlocking(DraftName{}, 10)->empty());
  EXPECT_FALSE(other.GetSourceFactsBlocking(KeyOf("metro", 1))->has_value());
}

TEST_P(RocksdbProgrammeSourcesTest, AReadOnlyFolderIsRead) {
  ASSERT_TRUE(sources().PutDraftBlocking(NameOf("metro"), FactsOf("note"), "a text").ok());
  rocks().Open(/*read_only=*/true);
  EXPECT_EQ(Draft("metro"), "note: a text");
  EXPECT_FALSE(sources().PutDraftBlocking(NameOf("other"), FactsOf("note"), "").ok());
  EXPECT_FALSE(sources().DeleteDraftBlocking(NameOf("metro")).ok());
}

}  // namespace
}  // namespace gonghui
