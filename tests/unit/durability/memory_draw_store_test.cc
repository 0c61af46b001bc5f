// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/durability/memory_draw_store.h"

#include <memory>

#include <gtest/gtest.h>

#include "tests/unit/durability/draw_store_conformance.h"

namespace gonghui {
namespace {

class MemoryUnderTest final : public DrawStoreUnderTest {
 public:
  DrawStore& store() override { return store_; }
  MemoryDrawStore& memory() { return store_; }
  void Crash() override {}

 private:
  MemoryDrawStore store_;
};

std::unique_ptr<DrawStoreUnderTest> MakeMemory() {
  return std::make_unique<MemoryUnderTest>();
}

INSTANTIATE_TEST_SUITE_P(Memory, DrawStoreConformanceTest, testing::Values(&MakeMemory));

class MemoryDrawStoreTest : public DrawStoreConformanceTest {
 protected:
  MemoryDrawStore& memory() { return static_cast<MemoryUnderTest&>(*under_test_).memory(); }
};

INSTANTIATE_TEST_SUITE_P(Memory, MemoryDrawStoreTest, testing::Values(&MakeMemory));

TEST_P(MemoryDrawStoreTest, FailuresAreInjected) {
  const EntryListKey list = ListOf("camp", 1);
  ASSERT_TRUE(*store().PutSeedBlocking(NameOf("camp"), DigestOf(7)));
  ASSERT_TRUE(store().PutEntriesBlocking(list, Members(1)).ok());
  memory().Fail(true);
  EXPECT_EQ(Seed("camp"), "!");
  EXPECT_EQ(Entries(list), "!");
  EXPECT_EQ(Count(list), "!");
  EXPECT_EQ(store().PutSeedBlocking(NameOf("camp2"), DigestOf(7)).status().code(),
            absl::StatusCode::kUnavailable);
  EXPECT_EQ(store().PutEntriesBlocking(list, {}).code(), absl::StatusCode::kUnavailable);
  memory().Fail(false);
  EXPECT_EQ(Seed("camp"), "7");
  EXPECT_EQ(Entries(list), "M1 ");
  memory().Clear();
  EXPECT_EQ(Seed("camp"), "-");
  EXPECT_EQ(Entries(list), "-");
}

}  // namespace
}  // namespace gonghui
