// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Several producers against one consumer: the ring loses nothing, doubles
// nothing, reorders nothing of one producer, and never shows a half-written value
// (each carries its own checksum).

#include <cstdint>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "engine/base/hash.h"
#include "engine/pipeline/doorbell.h"
#include "engine/pipeline/ring.h"

namespace gonghui {
namespace {

struct Parcel {
  uint64_t producer;
  uint64_t number;
  uint64_t checksum;

  static Parcel Make(uint64_t producer, uint64_t number) {
    return Parcel{producer, number, Mix64(producer << 40 ^ number ^ 1)};
  }
  [[nodiscard]] bool Whole() const { return checksum == Mix64(producer << 40 ^ number ^ 1); }
};

void Stress(uint32_t slots, uint64_t producers, uint64_t each) {
  MpscRing<Parcel> ring(slots);
  Doorbell bell;
  std::vector<std::thread> threads;
  for (uint64_t producer = 0; producer < producers; ++producer) {
    threads.emplace_back([&, producer] {
      for (uint64_t number = 0; number < each; ++number) {
        while (!ring.Push(Parcel::Make(producer, number))) {
          std::this_thread::yield();
        }
        bell.Ring();
      }
    });
  }
  std::vector<uint64_t> next(producers, 0);
  for (uint64_t taken = 0; taken < producers * each;) {
    Parcel parcel{};
    if (!ring.Pop(&parcel)) {
      bell.Prepare();
      if (!ring.Empty()) {
        bell.Cancel();
      } else {
        // Long, so that a lost wake-up shows as a test that does not end in time.
        bell.Sleep(60'000'000'000);
      }
      continue;
    }
    ASSERT_TRUE(parcel.Whole());
    ASSERT_LT(parcel.producer, producers);
    ASSERT_EQ(parcel.number, next[parcel.producer]++);
    ++taken;
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_TRUE(ring.Empty());
}

TEST(RingStress, TinyRing) {
  Stress(2, 3, 20'000);
}
TEST(RingStress, OneProducer) {
  Stress(64, 1, 100'000);
}
TEST(RingStress, ManyProducers) {
  Stress(256, 6, 30'000);
}

}  // namespace
}  // namespace gonghui
