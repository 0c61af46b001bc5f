// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/durability/memory_checkpoint_store.h"

#include <memory>

#include <gtest/gtest.h>

#include "tests/unit/durability/checkpoint_conformance.h"

namespace gonghui {
namespace {

class MemoryStoreUnderTest final : public CheckpointStoreUnderTest {
 public:
  CheckpointStore& store() override { return store_; }
  void Crash() override {}  // what was not committed is dropped by the next Begin

 private:
  MemoryCheckpointStore store_;
};

INSTANTIATE_TEST_SUITE_P(Memory,
                         CheckpointConformanceTest,
                         testing::Values([]() -> std::unique_ptr<CheckpointStoreUnderTest> {
                           return std::make_unique<MemoryStoreUnderTest>();
                         }));

TEST(MemoryCheckpointStoreTest, FailuresComeOnceAndWhenAskedFor) {
  MemoryCheckpointStore store;
  CheckpointMeta meta;
  ASSERT_TRUE(store.BeginBlocking(0).ok());
  store.FailNextPage(1);
  EXPECT_TRUE(store.AddPageBlocking(1, 0, {}).ok());
  EXPECT_FALSE(store.AddPageBlocking(1, 1, {}).ok());
  store.FailNextCommit();
  EXPECT_FALSE(store.CommitBlocking(meta).ok());
  EXPECT_FALSE(store.LatestBlocking(0)->has_value());
  EXPECT_TRUE(store.CommitBlocking(meta).ok());
  EXPECT_TRUE(store.LatestBlocking(0)->has_value());
}

}  // namespace
}  // namespace gonghui
