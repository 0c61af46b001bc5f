// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/base/strong_id.h"

#include <concepts>
#include <cstdint>
#include <map>
#include <type_traits>

#include <absl/container/flat_hash_set.h>
#include <gtest/gtest.h>

namespace gonghui {
namespace {

using CardId = StrongId<struct CardIdTag>;
using MerchantId = StrongId<struct MerchantIdTag>;
using CardRow = StrongId<struct CardRowTag, uint32_t>;

static_assert(sizeof(CardId) == 8 && sizeof(CardRow) == 4);
static_assert(std::is_trivially_copyable_v<CardId>);
static_assert(std::has_unique_object_representations_v<CardId>);
static_assert(!std::is_convertible_v<CardId, MerchantId>);
static_assert(!std::is_constructible_v<CardId, MerchantId>);
static_assert(!std::is_convertible_v<uint64_t, CardId>);
static_assert(!std::is_convertible_v<CardId, uint64_t>);
static_assert(!std::equality_comparable_with<CardId, MerchantId>);
static_assert(CardId{} == CardId::kNone && CardId::kNone.value() == 0);
static_assert(CardId{1} < CardId{2} && CardId{2} >= CardId{2} && CardId{1} != CardId{2});

TEST(StrongIdTest, HoldsEveryValueOfItsRepresentation) {
  EXPECT_EQ(CardId{UINT64_MAX}.value(), UINT64_MAX);
  EXPECT_EQ(CardRow{UINT32_MAX}.value(), UINT32_MAX);
}

TEST(StrongIdTest, NoneIsOfEachIdsOwnType) {
  static_assert(!std::is_convertible_v<MerchantId::None, CardId>);
  const CardId none = CardId::kNone;
  const CardId some{7};
  EXPECT_EQ(none, CardId::kNone);
  EXPECT_NE(some, CardId::kNone);
  EXPECT_GT(some, CardId::kNone);
  EXPECT_EQ(some.value() > 9 ? some : CardId::kNone, none);
}

TEST(StrongIdTest, PrintsItsNumber) {
  EXPECT_EQ(testing::PrintToString(CardRow{65}), "65");
}

TEST(StrongIdTest, IsAKeyOfOrderedAndHashedContainers) {
  std::map<CardRow, int> ordered{{CardRow{2}, 20}, {CardRow{1}, 10}};
  EXPECT_EQ(ordered.begin()->second, 10);
  absl::flat_hash_set<CardId> hashed{CardId{1}, CardId{2}, CardId{1}};
  EXPECT_EQ(hashed.size(), 2U);
  EXPECT_TRUE(hashed.contains(CardId{2}));
}

}  // namespace
}  // namespace gonghui
