// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/durability/archived_codec.h"

#include <cstdlib>
#include <string>

#include <absl/strings/match.h>
#include <gtest/gtest.h>

#include "engine/base/hash.h"
#include "engine/base/prng.h"
#include "engine/domain/limits.h"
#include "tests/unit/durability/any_value.h"
#include "tests/unit/durability/event_maker.h"

namespace gonghui {
namespace {

constexpr TimestampNs kAt{1'795'478'400'123'456'789};  // 2026-11-24T00:00:00Z and a bit

// GONGHUI_SEED replays a run.
uint64_t Seed() {
  const char* text = std::getenv("GONGHUI_SEED");
  return text != nullptr ? std::strtoull(text, nullptr, 10) : 20'261'124;
}

std::string Encode(const ArchivedTransaction& archived, const TerminalId& terminal) {
  std::string value;
  AppendArchiveValue(archived, terminal, &value);
  return value;
}
std::string Encode(const ArchivedTransaction& archived) {
  return Encode(archived, CodeOf<TerminalId>("KM004217"));
}

// A fuzzer and a test do not guess a checksum.
std::string Mended(std::string value) {
  const size_t bytes = value.size() - 4;
  const uint64_t checksum = HashBytes(value.data(), bytes);
  for (size_t i = 0; i < 4; ++i) {
    value[bytes + i] = static_cast<char>(checksum >> (8 * i));
  }
  return value;
}

std::string MessageOf(const std::string& value) {
  ArchivedTransaction archived;
  TerminalId terminal;
  const absl::Status status = DecodeArchiveValue(value, &archived, &terminal);
  EXPECT_TRUE(status.ok() || absl::IsDataLoss(status)) << status;
  return std::string(status.message());
}

TEST(ArchivedCodecTest, AnyComesBackBitForBit) {
  const uint64_t seed = Seed();
  SCOPED_TRACE("seed " + std::to_string(seed));
  Prng prng(seed);
  ArchivedTransaction decoded;
  TerminalId terminal;
  for (int i = 0; i < 20'000; ++i) {
    const ArchivedTransaction archived = MakeRandomArchived(prng);
    const auto of = AnyCode<TerminalId>(prng);
    const std::string value = Encode(archived, of);
    const absl::Status status = DecodeArchiveValue(value, &decoded, &terminal);
    ASSERT_TRUE(status.ok()) << status;
    ASSERT_EQ(FirstDifference(archived, decoded), "") << "transaction " << i;
    ASSERT_EQ(terminal, of);
    ASSERT_EQ(Encode(decoded, terminal), value);
  }
}

// Row numbers that mean nothing any more are not kept.
TEST(ArchivedCodecTest, RowsOfItsOwnComeBackAsNone) {
  ArchivedTransaction archived = MakeArchivedAdvice(5'001, kAt);
  const ArchivedTransaction expected = archived;
  archived.transaction.first_applied = AppliedRow{9};
  archived.transaction.first_use = UseRow{9};
  archived.transaction.in_order = TransactionRow{9};
  archived.transaction.progress.first_line = LineRow{9};
  archived.transaction.progress.advice = AdviceRow{9};
  archived.transaction.progress.returned = true;
  archived.advice.transaction = TransactionRow{9};
  ArchivedTransaction decoded;
  TerminalId terminal;
  ASSERT_TRUE(DecodeArchiveValue(Encode(archived), &decoded, &terminal).ok());
  EXPECT_EQ(FirstDifference(decoded, expected), "");
  EXPECT_EQ(decoded.transaction.advice(), AdviceRow{1});
  // What lies behind the counts does not, either.
  archived.uses[7].amount = 5;
  archived.lines[0].quantity = 5;
  ASSERT_TRUE(DecodeArchiveValue(Encode(archived), &decoded, &terminal).ok());
  EXPECT_EQ(FirstDifference(decoded, expected), "");
}

// Which table the row is of, and so how large it may be, is said by the reason.
TEST(ArchivedCodecTest, WhatRefusedIsARowOfAFundOrOfALimit) {
  ArchivedTransaction archived = MakeArchivedSale(5'001, kAt);
  ArchivedTransaction decoded;
  TerminalId terminal;
  archived.transaction.reason = Reason::kFundNotOpen;
  archived.transaction.failed_row = kFundsMax;
  ASSERT_TRUE(DecodeArchiveValue(Encode(archived), &decoded, &terminal).ok());
  EXPECT_EQ(decoded.transaction.failed_fund(), FundRow{kFundsMax});
  EXPECT_EQ(decoded.transaction.failed_limit(), LimitRow{});
  archived.transaction.failed_row = kFundsMax + 1;
  EXPECT_TRUE(absl::StrContains(MessageOf(Encode(archived)), "row beyond its table"));
  archived.transaction.reason = Reason::kTooManyNoShows;
  ASSERT_TRUE(DecodeArchiveValue(Encode(archived), &decoded, &terminal).ok());
  EXPECT_EQ(decoded.transaction.failed_limit(), LimitRow{kFundsMax + 1});
  EXPECT_EQ(decoded.transaction.failed_fund(), FundRow{});
  archived.transaction.failed_row = kLimitsMax + 1;
  EXPECT_TRUE(absl::StrContains(MessageOf(Encode(archived)), "row beyond its table"));
}

TEST(ArchivedCodecTest, NothingLingersFromTheOneBefore) {
  ArchivedTransaction decoded;
  TerminalId terminal;
  ASSERT_TRUE(DecodeArchiveValue(Encode(MakeArchivedAdvice(1, kAt)), &decoded, &terminal).ok());
  const ArchivedTransaction refund = MakeArchivedRefund(2, kAt);
  ASSERT_TRUE(DecodeArchiveValue(Encode(refund), &decoded, &terminal).ok());
  EXPECT_EQ(FirstDifference(decoded, refund), "");
}

TEST(ArchivedCodecTest, ASaleIsSmall) {
  const size_t sale = Encode(MakeArchivedSale(5'000'001, kAt)).size();
  RecordProperty("sale_bytes", static_cast<int>(sale));
  EXPECT_LE(sale, 100u);
  EXPECT_LE(Encode(MakeArchivedAdvice(5'000'001, kAt)).size(), sale + 18);
  EXPECT_LE(Encode(MakeArchivedRefund(5'000'001, kAt)).size(), sale + 30);
}

TEST(ArchivedCodecTest, EveryFlippedBitIsFound) {
  std::string value = Encode(MakeArchivedAdvice(5'001, kAt));
  for (size_t bit = 0; bit < value.size() * 8; ++bit) {
    value[bit / 8] = static_cast<char>(value[bit / 8] ^ (1 << (bit % 8)));
    ASSERT_NE(MessageOf(value), "") << "bit " << bit;
    value[bit / 8] = static_cast<char>(value[bit / 8] ^ (1 << (bit % 8)));
  }
  EXPECT_EQ(MessageOf(value), "");
  EXPECT_TRUE(absl::StrContains(MessageOf("\x02" + value.substr(1)),
                                "byte 0: unknown version of an archived transaction"));
}

TEST(ArchivedCodecTest, TruncatedOrLongerIsDamage) {
  const std::string value = Encode(MakeArchivedRefund(5'001, kAt));
  for (size_t size = 0; size < value.size(); ++size) {
    // A copy of exactly this size: ASan sees a read behind it.
    const std::string cut(value.data(), size);
    ASSERT_NE(MessageOf(cut), "") << size;
    if (size > 5) {
      const std::string message = MessageOf(Mended(cut));
      ASSERT_TRUE(absl::StrContains(message, "byte ")) << size;
    }
  }
  EXPECT_TRUE(absl::StrContains(MessageOf(Mended(value + "x")), "longer than its fields"));
}

// With its checksum mended, anything is damage or a transaction that can be written.
TEST(ArchivedCodecTest, MendedNoiseIsATransactionOrDamage) {
  const uint64_t seed = Seed();
  SCOPED_TRACE("seed " + std::to_string(seed));
  Prng prng(seed);
  ArchivedTransaction archived;
  TerminalId terminal;
  int good = 0;
  int bad = 0;
  for (int i = 0; i < 100'000; ++i) {
    std::string value = Encode(MakeRandomArchived(prng));
    for (uint64_t changes = 1 + prng.Below(3); changes > 0; --changes) {
      value[1 + prng.Below(value.size() - 1)] = static_cast<char>(prng.Next());
    }
    value = Mended(value);
    if (const absl::Status status = DecodeArchiveValue(value, &archived, &terminal); status.ok()) {
      ++good;
      const std::string again = Encode(archived, terminal);
      ArchivedTransaction back;
      ASSERT_TRUE(DecodeArchiveValue(again, &back, &terminal).ok());
      ASSERT_EQ(FirstDifference(archived, back), "");
    } else {
      ++bad;
      ASSERT_TRUE(absl::IsDataLoss(status)) << status;
    }
  }
  EXPECT_GT(good, 1'000);
  EXPECT_GT(bad, 1'000);
}

TEST(ArchivedCodecTest, WhatBelongsToAnotherKindIsRefused) {
  // Version, terminal; then state, kind, mode and the mask of fields.
  constexpr size_t kKindAt = 1 + 9 + 1;
  std::string value = Encode(MakeArchivedSale(5'001, kAt));
  value[kKindAt] = static_cast<char>((value[kKindAt] & 0xf0) | 4);
  EXPECT_TRUE(absl::StrContains(MessageOf(Mended(value)), "unknown kind of transaction"));
  value = Encode(MakeArchivedRefund(5'001, kAt));
  value[kKindAt] = static_cast<char>((value[kKindAt] & 0xf0) | 1);
  EXPECT_TRUE(absl::StrContains(MessageOf(Mended(value)), "a field of another kind"));
}

TEST(ArchivedCodecTest, ReservedFieldsAreZero) {
  ArchivedTransaction archived = MakeArchivedAdvice(5'001, kAt);
  archived.transaction.progress.reserved_2 = 1;
  EXPECT_DEATH(Encode(archived), "reserved_2=1");
  archived.transaction.progress.reserved_2 = 0;
  archived.advice.reserved[0] = 1;
  EXPECT_DEATH(Encode(archived), "reserved=1");
  archived.advice.reserved[0] = 0;
  archived.transaction.use_count = kUsesPerTransactionMax + 1;
  EXPECT_DEATH(Encode(archived), "use_count=17");
}

}  // namespace
}  // namespace gonghui
