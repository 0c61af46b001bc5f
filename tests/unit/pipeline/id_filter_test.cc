// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/pipeline/id_filter.h"

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "engine/base/hash.h"

namespace gonghui {
namespace {

// Ids number 1 .. count are added; those from kUnknown on never are.
constexpr uint64_t kUnknown = uint64_t{1} << 40;

uint64_t HashOfId(uint64_t number) {
  return Mix64(number);
}

void AddIds(uint64_t first, uint64_t last, IdFilter* filter) {
  for (uint64_t number = first; number <= last; ++number) {
    filter->Add(HashOfId(number));
  }
}

uint64_t CountMissing(const IdFilter& filter, uint64_t last) {
  uint64_t missing = 0;
  for (uint64_t number = 1; number <= last; ++number) {
    missing += filter.MayContain(HashOfId(number)) ? 0U : 1U;
  }
  return missing;
}

// Of a hundred thousand that were never added.
uint64_t CountMistaken(const IdFilter& filter) {
  uint64_t mistaken = 0;
  for (uint64_t i = 0; i < 100'000; ++i) {
    mistaken += filter.MayContain(HashOfId(kUnknown + i)) ? 1U : 0U;
  }
  return mistaken;
}

TEST(IdFilter, KnowsNothingForCertainUntilItIsComplete) {
  IdFilter filter;
  EXPECT_FALSE(filter.complete());
  EXPECT_TRUE(filter.MayContain(HashOfId(1)));
  filter.SetComplete();
  EXPECT_TRUE(filter.complete());
  EXPECT_FALSE(filter.MayContain(HashOfId(1)));
  EXPECT_FALSE(filter.MayContain(0));
  filter.Add(HashOfId(1));
  EXPECT_TRUE(filter.MayContain(HashOfId(1)));
  EXPECT_EQ(filter.size(), 1U);
}

TEST(IdFilter, TakesNoMemoryBeforeTheFirst) {
  IdFilter filter;
  filter.SetComplete();
  filter.Prefetch(HashOfId(1));
  EXPECT_FALSE(filter.MayContain(HashOfId(1)));
  EXPECT_EQ(filter.bytes(), 0U);
  filter.Add(HashOfId(1));
  EXPECT_TRUE(filter.MayContain(HashOfId(1)));
  EXPECT_GT(filter.bytes(), 0U);
  // Where it is known how many there will be, it is made for these at once.
  EXPECT_EQ(IdFilter(1).bytes(), filter.bytes());
  EXPECT_GT(IdFilter(2 * IdFilter::kFirstIdsMin).bytes(), filter.bytes());
}

TEST(IdFilter, TakesAnyHash) {
  IdFilter filter;
  filter.SetComplete();
  for (const uint64_t hash : {uint64_t{0}, uint64_t{1}, UINT64_MAX, uint64_t{1} << 63}) {
    filter.Add(hash);
    filter.Prefetch(hash);
    EXPECT_TRUE(filter.MayContain(hash)) << hash;
  }
}

TEST(IdFilter, AddingTwiceTakesNoRoom) {
  IdFilter filter;
  filter.SetComplete();
  for (int i = 0; i < 3; ++i) {
    AddIds(1, 1'000, &filter);
  }
  EXPECT_EQ(filter.size(), 1'000U);
}

// From one that is nearly empty to three, two of them full.
TEST(IdFilter, FindsAllAndMistakesFew) {
  IdFilter filter;
  filter.SetComplete();
  uint64_t added = 0;
  for (const uint64_t count : {uint64_t{1'000},
                               IdFilter::kFirstIdsMin / 2,
                               IdFilter::kFirstIdsMin,
                               IdFilter::kFirstIdsMin + 1,
                               3 * IdFilter::kFirstIdsMin}) {
    SCOPED_TRACE(count);
    AddIds(added + 1, count, &filter);
    added = count;
    EXPECT_EQ(CountMissing(filter, added), 0U);
    EXPECT_LT(CountMistaken(filter), 200U);
  }
  // 20 bits each, and no more than twice as much room as there are ids.
  EXPECT_GE(filter.bytes() * 8, added * 20);
  EXPECT_LE(filter.bytes() * 8, 2 * added * 20 + 4'096);
}

TEST(IdFilter, OneThatBeginsLargeIsOne) {
  constexpr uint64_t kIds = 2'000'000;
  IdFilter filter(kIds);
  const uint64_t bytes = filter.bytes();
  filter.SetComplete();
  AddIds(1, kIds, &filter);
  EXPECT_EQ(filter.bytes(), bytes);
  EXPECT_EQ(CountMissing(filter, kIds), 0U);
  EXPECT_LT(CountMistaken(filter), 100U);
}

// What a reader has been told of it finds, whoever adds what meanwhile.
TEST(IdFilter, FindsWhatItWasToldOfWhileOthersAdd) {
  constexpr uint64_t kEach = 200'000;
  IdFilter filter;
  filter.SetComplete();
  std::atomic<uint64_t> told{0};
  std::atomic<bool> done{false};
  std::thread reader([&] {
    uint64_t missing = 0;
    for (bool last = false; !last;) {
      last = done.load(std::memory_order_acquire);
      const uint64_t known = told.load(std::memory_order_acquire);
      for (uint64_t i = 0; i < 1'000 && i < known; ++i) {
        missing += filter.MayContain(HashOfId(known - i)) ? 0U : 1U;
      }
    }
    EXPECT_EQ(missing, 0U);
  });
  std::thread other([&] { AddIds(kUnknown, kUnknown + kEach, &filter); });
  std::thread another([&] { AddIds(2 * kUnknown, 2 * kUnknown + kEach, &filter); });
  for (uint64_t number = 1; number <= kEach; ++number) {
    filter.Add(HashOfId(number));
    told.store(number, std::memory_order_release);
  }
  other.join();
  another.join();
  done.store(true, std::memory_order_release);
  reader.join();
  EXPECT_EQ(CountMissing(filter, kEach), 0U);
}

}  // namespace
}  // namespace gonghui
