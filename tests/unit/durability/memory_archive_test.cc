// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/durability/memory_archive.h"

#include <memory>

#include <gtest/gtest.h>

#include "tests/unit/durability/archive_conformance.h"

namespace gonghui {
namespace {

class MemoryUnderTest final : public ArchiveUnderTest {
 public:
  Archive& archive() override { return archive_; }
  MemoryArchive& memory() { return archive_; }
  void Crash() override {}

 private:
  MemoryArchive archive_;
};

std::unique_ptr<ArchiveUnderTest> MakeMemory() {
  return std::make_unique<MemoryUnderTest>();
}

INSTANTIATE_TEST_SUITE_P(Memory, ArchiveConformanceTest, testing::Values(&MakeMemory));

class MemoryArchiveTest : public ArchiveConformanceTest {
 protected:
  MemoryArchive& memory() { return static_cast<MemoryUnderTest&>(*under_test_).memory(); }
};

INSTANTIATE_TEST_SUITE_P(Memory, MemoryArchiveTest, testing::Values(&MakeMemory));

TEST_P(MemoryArchiveTest, FailuresAreInjected) {
  memory().FailNextPut(/*entries_before=*/1);
  const std::vector<Archive::Entry> entries = {SaleOf(7), SaleOf(8)};
  EXPECT_EQ(archive().PutBlocking(kShard, entries).code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(AllSeqs(), (std::vector<uint64_t>{7}));
  Put(entries);
  EXPECT_EQ(memory().size(), 2u);
  memory().FailFinds(true);
  EXPECT_FALSE(
      archive().FindBlocking(kShard, MakeTransactionId(kShard, CommandSeq{7}), &found_).ok());
  memory().FailFinds(false);
  EXPECT_EQ(FindSeq(7), 7u);
}

}  // namespace
}  // namespace gonghui
