// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/durability/memory_programme_sources.h"

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "tests/unit/durability/programme_sources_conformance.h"

namespace gonghui {
namespace {

class MemoryUnderTest final : public ProgrammeSourcesUnderTest {
 public:
  ProgrammeSources& sources() override { return sources_; }
  MemoryProgrammeSources& memory() { return sources_; }
  void Crash() override {}

 private:
  MemoryProgrammeSources sources_;
};

std::unique_ptr<ProgrammeSourcesUnderTest> MakeMemory() {
  return std::make_unique<MemoryUnderTest>();
}

INSTANTIATE_TEST_SUITE_P(Memory, ProgrammeSourcesConformanceTest, testing::Values(&MakeMemory));

class MemoryProgrammeSourcesTest : public ProgrammeSourcesConformanceTest {
 protected:
  MemoryProgrammeSources& memory() { return static_cast<MemoryUnderTest&>(*under_test_).memory(); }
};

INSTANTIATE_TEST_SUITE_P(Memory, MemoryProgrammeSourcesTest, testing::Values(&MakeMemory));

TEST_P(MemoryProgrammeSourcesTest, FailuresAreInjected) {
  ASSERT_TRUE(sources().PutDraftBlocking(NameOf("a"), FactsOf("n"), "t").ok());
  memory().Fail(true);
  EXPECT_EQ(Draft("a"), "!");
  EXPECT_EQ(sources().PutSourceBlocking(KeyOf("metro", 1), FactsOf("n"), "t").code(),
            absl::StatusCode::kUnavailable);
  memory().Fail(false);
  EXPECT_EQ(Draft("a"), "n: t");
  memory().FailOnce();
  EXPECT_EQ(Draft("a"), "!");
  EXPECT_EQ(Draft("a"), "n: t");
  memory().Clear();
  EXPECT_EQ(Draft("a"), "-");
}

TEST_P(MemoryProgrammeSourcesTest, DraftsAreBounded) {
  for (uint32_t i = 0; i < kDraftsMax; ++i) {
    ASSERT_TRUE(sources().PutDraftBlocking(NameOf("d" + std::to_string(i)), FactsOf("n"), "").ok());
  }
  EXPECT_EQ(sources().PutDraftBlocking(NameOf("more"), FactsOf("n"), "").status().code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(sources().PutDraftBlocking(NameOf("d7"), FactsOf("n"), "").ok());
}

}  // namespace
}  // namespace gonghui
