// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/unit/durability/draw_store_conformance.h"

#include <span>

#include "engine/base/check.h"

namespace gonghui {
namespace {

template <class Code>
Code Parsed(std::string_view text) {
  const auto code = Code::Parse(std::span<const char>(text.data(), text.size()));
  GH_CHECK(code.has_value(), text);
  return *code;
}

}  // namespace

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(DrawStoreConformanceTest);

DrawCode DrawStoreConformanceTest::NameOf(std::string_view text) {
  return Parsed<DrawCode>(text);
}

Digest DrawStoreConformanceTest::DigestOf(uint8_t byte) {
  Digest digest;
  digest.fill(byte);
  return digest;
}

std::vector<MemberId> DrawStoreConformanceTest::Members(uint32_t count) {
  std::vector<MemberId> members;
  members.reserve(count);
  for (uint32_t i = 1; i <= count; ++i) {
    members.push_back(Parsed<MemberId>("M" + std::to_string(i)));
  }
  return members;
}

std::string DrawStoreConformanceTest::Seed(std::string_view draw) {
  const auto seed = store().GetSeedBlocking(NameOf(draw));
  if (!seed.ok()) {
    return "!";
  }
  return seed->has_value() ? std::to_string((**seed)[0]) : "-";
}

std::string DrawStoreConformanceTest::Entries(const EntryListKey& key,
                                              uint32_t first,
                                              size_t count_max) {
  const auto entries = store().GetEntriesBlocking(key, first, count_max);
  if (!entries.ok()) {
    return entries.status().code() == absl::StatusCode::kNotFound ? "-" : "!";
  }
  std::string ids;
  for (const MemberId& member : *entries) {
    const auto text = member.Text();
    ids.append(text.data(), text.size);
    ids.push_back(' ');
  }
  return ids;
}

std::string DrawStoreConformanceTest::Count(const EntryListKey& key) {
  const auto count = store().CountEntriesBlocking(key);
  if (!count.ok()) {
    return "!";
  }
  return count->has_value() ? std::to_string(**count) : "-";
}

TEST_P(DrawStoreConformanceTest, ASeedIsNeverReplaced) {
  EXPECT_EQ(Seed("camp"), "-");
  EXPECT_TRUE(*store().PutSeedBlocking(NameOf("camp"), DigestOf(7)));
  EXPECT_EQ(Seed("camp"), "7");
  EXPECT_FALSE(*store().PutSeedBlocking(NameOf("camp"), DigestOf(8)));
  EXPECT_FALSE(*store().PutSeedBlocking(NameOf("camp"), DigestOf(7)));
  EXPECT_EQ(Seed("camp"), "7");
  EXPECT_EQ(**store().GetSeedBlocking(NameOf("camp")), DigestOf(7));
  EXPECT_EQ(Seed("camp2"), "-");
  EXPECT_TRUE(*store().PutSeedBlocking(NameOf("camp2"), DigestOf(0)));
  EXPECT_EQ(Seed("camp2"), "0");
}

TEST_P(DrawStoreConformanceTest, EntriesAreReadByPages) {
  const EntryListKey list = ListOf("camp", 1);
  EXPECT_EQ(Count(list), "-");
  EXPECT_EQ(Entries(list), "-");
  ASSERT_TRUE(store().PutEntriesBlocking(list, Members(5)).ok());
  EXPECT_EQ(Count(list), "5");
  EXPECT_EQ(Entries(list), "M1 M2 M3 M4 M5 ");
  EXPECT_EQ(Entries(list, 0, 2), "M1 M2 ");
  EXPECT_EQ(Entries(list, 3, 2), "M4 M5 ");
  EXPECT_EQ(Entries(list, 4, SIZE_MAX), "M5 ");
  EXPECT_EQ(Entries(list, 5), "");
  EXPECT_EQ(Entries(list, UINT32_MAX, SIZE_MAX), "");
  EXPECT_EQ(Entries(list, 1, 0), "");
}

TEST_P(DrawStoreConformanceTest, ALongListKeepsItsOrder) {
  const EntryListKey list = ListOf("camp", 1);
  const std::vector<MemberId> members = Members(3'000);
  ASSERT_TRUE(store().PutEntriesBlocking(list, members).ok());
  EXPECT_EQ(*store().GetEntriesBlocking(list, 0, 10'000), members);
  EXPECT_EQ(Entries(list, 1'022, 4), "M1023 M1024 M1025 M1026 ");
  EXPECT_EQ(Entries(list, 2'047, 2), "M2048 M2049 ");
  EXPECT_EQ(Entries(list, 2'998), "M2999 M3000 ");
  // A whole number of the store's own pages, whatever they hold.
  const EntryListKey whole = ListOf("camp", 2);
  ASSERT_TRUE(store().PutEntriesBlocking(whole, Members(2'048)).ok());
  EXPECT_EQ(Entries(whole, 2'047), "M2048 ");
  EXPECT_EQ(Entries(whole, 2'048), "");
}

TEST_P(DrawStoreConformanceTest, NobodyMayHaveEntered) {
  const EntryListKey list = ListOf("camp", 1);
  ASSERT_TRUE(store().PutEntriesBlocking(list, {}).ok());
  EXPECT_EQ(Count(list), "0");
  EXPECT_EQ(Entries(list), "");
}

TEST_P(DrawStoreConformanceTest, ListsAreByDrawAndHash) {
  ASSERT_TRUE(store().PutEntriesBlocking(ListOf("camp", 1), Members(1)).ok());
  ASSERT_TRUE(store().PutEntriesBlocking(ListOf("camp", 2), Members(2)).ok());
  ASSERT_TRUE(store().PutEntriesBlocking(ListOf("camp", 1), Members(1)).ok());
  EXPECT_EQ(Entries(ListOf("camp", 1)), "M1 ");
  EXPECT_EQ(Entries(ListOf("camp", 2)), "M1 M2 ");
  EXPECT_EQ(Entries(ListOf("camp", 3)), "-");
  EXPECT_EQ(Entries(ListOf("camp2", 1)), "-");
  EXPECT_EQ(Seed("camp"), "-") << "a list is no seed";
}

TEST_P(DrawStoreConformanceTest, SurvivesACrash) {
  ASSERT_TRUE(*store().PutSeedBlocking(NameOf("camp"), DigestOf(7)));
  ASSERT_TRUE(store().PutEntriesBlocking(ListOf("camp", 1), Members(1'500)).ok());
  under_test_->Crash();
  EXPECT_EQ(Seed("camp"), "7");
  EXPECT_FALSE(*store().PutSeedBlocking(NameOf("camp"), DigestOf(8)));
  EXPECT_EQ(Count(ListOf("camp", 1)), "1500");
  EXPECT_EQ(Entries(ListOf("camp", 1), 1'498), "M1499 M1500 ");
}

}  // namespace gonghui
