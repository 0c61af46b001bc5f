// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/base/virtual_array.h"

#include <cstdint>
#include <type_traits>
#include <utility>

#include <gtest/gtest.h>

namespace gonghui {
namespace {

struct Row {
  uint64_t key;
  uint32_t value;
  uint32_t spare;
};

static_assert(!std::is_copy_constructible_v<VirtualArray<Row>>);
static_assert(std::is_nothrow_move_constructible_v<VirtualArray<Row>>);

TEST(VirtualArrayTest, RowsAreZeroUntilWritten) {
  VirtualArray<Row> rows(1'000);
  EXPECT_EQ(rows.capacity(), 1'000U);
  EXPECT_EQ(rows[0].key, 0U);
  EXPECT_EQ(rows[999].value, 0U);
  rows[999].value = 5;
  EXPECT_EQ(std::as_const(rows)[999].value, 5U);
}

TEST(VirtualArrayTest, ReservesFarMoreThanTheMachineHas) {
  constexpr size_t kRows = size_t{1} << 36;  // 1 TiB
  VirtualArray<Row> rows(kRows);
  rows[0].key = 1;
  rows[kRows - 1].key = 2;
  EXPECT_EQ(rows[kRows / 2].key, 0U);
  EXPECT_EQ(rows[0].key + rows[kRows - 1].key, 3U);
}

TEST(VirtualArrayTest, ResetZeroesInPlace) {
  VirtualArray<Row> rows(10'000);
  const Row* const address = rows.data();
  for (size_t i = 0; i < rows.capacity(); ++i) {
    rows[i].key = i + 1;
  }
  rows.Reset();
  EXPECT_EQ(rows.data(), address);
  for (size_t i = 0; i < rows.capacity(); ++i) {
    ASSERT_EQ(rows[i].key, 0U);
  }
}

// Of a range that begins and ends within pages, what lies beside is not touched.
TEST(VirtualArrayTest, WholePagesAreGivenBack) {
  constexpr size_t kPage = 4096;
  VirtualArray<uint8_t> bytes(8 * kPage);
  const auto fill = [&bytes] {
    for (size_t i = 0; i < bytes.capacity(); ++i) {
      bytes[i] = 1;
    }
  };
  fill();
  ReleaseMemory({bytes.data() + 1, 3 * kPage});
  for (size_t i = 0; i < bytes.capacity(); ++i) {
    ASSERT_EQ(bytes[i], i < kPage || i >= 3 * kPage ? 1 : 0) << i;
  }
  fill();
  ReleaseMemory({bytes.data() + 1, kPage});
  ReleaseMemory({bytes.data() + kPage, 0});
  ReleaseMemory({});
  for (size_t i = 0; i < bytes.capacity(); ++i) {
    ASSERT_EQ(bytes[i], 1) << i;
  }
}

TEST(VirtualArrayTest, MovesKeepAddresses) {
  VirtualArray<Row> first(8);
  first[3].key = 33;
  const Row* const address = first.data();
  VirtualArray<Row> second(std::move(first));
  EXPECT_EQ(second.data(), address);
  VirtualArray<Row> third;
  EXPECT_EQ(third.capacity(), 0U);
  third = std::move(second);
  EXPECT_EQ(third.data(), address);
  EXPECT_EQ(third.capacity(), 8U);
  EXPECT_EQ(third[3].key, 33U);
}

TEST(VirtualArrayTest, AnEmptyOneHoldsNothing) {
  VirtualArray<Row> rows(0);
  EXPECT_EQ(rows.data(), nullptr);
  rows.Reset();
}

#ifdef GONGHUI_DCHECK
TEST(VirtualArrayDeathTest, AnIndexPastTheEndIsABug) {
  VirtualArray<Row> rows(4);
  EXPECT_DEATH(rows[4].key = 1, "index=4 capacity=4");
}
#endif

}  // namespace
}  // namespace gonghui
