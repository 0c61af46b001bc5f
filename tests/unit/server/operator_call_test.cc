// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/server/operator_call.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>

#include <gtest/gtest.h>

#include "engine/base/prng.h"
#include "engine/durability/memory_journal.h"
#include "engine/pipeline/engine.h"
#include "tests/testing/city.h"

namespace gonghui {
namespace {

constexpr int64_t kMillisecond = 1'000'000;

TEST(BulkPaceTest, NobodyElseNoPause) {
  EXPECT_EQ(BulkPace::PauseNsAfter(50 * kMillisecond, 0), 0);
}

TEST(BulkPaceTest, WithOthersItRestsTwiceAsLongAsItWorked) {
  EXPECT_EQ(BulkPace::PauseNsAfter(7 * kMillisecond, 1), 14 * kMillisecond);
  EXPECT_EQ(BulkPace::PauseNsAfter(7 * kMillisecond, 1'000'000), 14 * kMillisecond);
  EXPECT_EQ(BulkPace::PauseNsAfter(0, 1), 0);
}

TEST(BulkPaceTest, NoPauseIsLong) {
  EXPECT_EQ(BulkPace::PauseNsAfter(3'600'000 * kMillisecond, 1), BulkPace::kPauseNsMax);
}

// Its monotonic time is told.
class ToldClock final : public Clock {
 public:
  [[nodiscard]] int64_t NowNs() const override { return kCityNoon.value(); }
  [[nodiscard]] int64_t MonotonicNs() const override { return ns; }
  int64_t ns = 0;
};

class PaceOfAnEngineTest : public ::testing::Test {
 protected:
  PaceOfAnEngineTest() {
    auto engine = Engine::Start(EngineOptions{}, SystemClock::Instance(), journal_, nullptr);
    EXPECT_TRUE(engine.ok()) << engine.status();
    engine_ = *std::move(engine);
    BuildCity(city_, [this](const Command& command) { Run(command); });
  }

  void Run(const Command& command) {
    Result result;
    ASSERT_TRUE(engine_->RunBlocking({&command, 1}, {&result, 1}).ok());
  }

  // Nanoseconds that it paused after a piece of its own and `others` sales.
  int64_t PauseOf(int own, int others) {
    ToldClock told;
    const BulkPace pace(engine_.get(), told);
    for (int i = 0; i < own + others; ++i) {
      Run(RandomSale(city_, prng_));
    }
    told.ns = 30 * kMillisecond;
    const int64_t began = SystemClock::Instance().MonotonicNs();
    pace.PauseBlocking(static_cast<uint64_t>(own));
    return SystemClock::Instance().MonotonicNs() - began;
  }

  MemoryJournal journal_;
  CityOptions city_;
  Prng prng_{3};
  std::unique_ptr<Engine> engine_;
};

TEST_F(PaceOfAnEngineTest, PausesForOthersAndNotForItself) {
  EXPECT_GE(PauseOf(3, 1), 60 * kMillisecond);
  // A busy machine may be late, but nobody is that late by chance, every time.
  int64_t least = INT64_MAX;
  for (int i = 0; i < 20 && least >= 60 * kMillisecond; ++i) {
    least = std::min(least, PauseOf(3, 0));
  }
  EXPECT_LT(least, 60 * kMillisecond);
}

}  // namespace
}  // namespace gonghui
