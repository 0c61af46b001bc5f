// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/pipeline/checkpointer.h"

#include <cstdint>

#include <gtest/gtest.h>

namespace gonghui {
namespace {

constexpr int64_t kTookNs = 5'000'000;
constexpr bool kOthers = true;

TEST(CheckpointerPauseTest, HasAFifthOfACoreWhileOthersAreAnswered) {
  EXPECT_EQ(Checkpointer::PauseNsAfter(kTookNs, kOthers, 1), 4 * kTookNs);
  EXPECT_EQ(Checkpointer::PauseNsAfter(0, kOthers, 1), 0);
}

TEST(CheckpointerPauseTest, DoesNotPauseWhenNobodyIsKeptWaiting) {
  EXPECT_EQ(Checkpointer::PauseNsAfter(kTookNs, !kOthers, 1), 0);
}

TEST(CheckpointerPauseTest, ChunksThatWaitAreMemoryAndHurryIt) {
  EXPECT_EQ(Checkpointer::PauseNsAfter(kTookNs, kOthers, 256), 4 * kTookNs);
  EXPECT_EQ(Checkpointer::PauseNsAfter(kTookNs, kOthers, 257), 0);
}

TEST(CheckpointerPauseTest, ADiskThatStoodStillDoesNotMakeItStandStillForLonger) {
  EXPECT_EQ(Checkpointer::PauseNsAfter(10'000'000'000, kOthers, 1), 500'000'000);
}

}  // namespace
}  // namespace gonghui
