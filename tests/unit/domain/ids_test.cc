// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/domain/ids.h"

#include <cstdint>
#include <type_traits>

#include <gtest/gtest.h>

namespace gonghui {
namespace {

static_assert(!std::is_convertible_v<MemberRow, CardRow>);
static_assert(!std::is_convertible_v<uint32_t, MemberRow>);
static_assert(!std::is_constructible_v<MerchantId, TerminalId>);

TEST(TransactionIdTest, HoldsShardAndSequence) {
  for (const uint16_t shard : {uint16_t{0}, uint16_t{1}, uint16_t{1023}}) {
    for (const uint64_t seq : {uint64_t{1}, uint64_t{1} << 32, (uint64_t{1} << 50) - 1}) {
      const TransactionId id = MakeTransactionId(shard, CommandSeq{seq});
      EXPECT_EQ(ShardOf(id), shard);
      EXPECT_EQ(SeqOf(id), CommandSeq{seq});
      EXPECT_LT(id.value(), uint64_t{1} << 60);  // 12 characters of base 32
    }
  }
}

TEST(RequestIdTest, OrdersAndKnowsNone) {
  EXPECT_TRUE(RequestId{}.IsNone());
  EXPECT_FALSE((RequestId{0, 1}).IsNone());
  EXPECT_FALSE((RequestId{1, 0}).IsNone());
  EXPECT_LT((RequestId{0, UINT64_MAX}), (RequestId{1, 0}));
}

}  // namespace
}  // namespace gonghui
