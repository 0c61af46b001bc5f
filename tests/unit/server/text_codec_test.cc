// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/server/text_codec.h"

#include <string>

#include <gtest/gtest.h>

#include "engine/base/prng.h"

namespace gonghui {
namespace {

constexpr std::string_view kUuid = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";

std::string UuidText(const RequestId& id) {
  std::string text(kUuidTextBytes, '?');
  WriteUuid(id, text.data());
  return text;
}

std::string TransactionIdText(TransactionId id) {
  std::string text(kTransactionIdTextBytes, '?');
  WriteTransactionId(id, text.data());
  return text;
}

TEST(UuidTest, IsReadAndWritten) {
  const auto id = ParseUuid(kUuid);
  ASSERT_TRUE(id.has_value());
  EXPECT_EQ(id->high, 0x6ba7b8109dad11d1U);
  EXPECT_EQ(id->low, 0x80b400c04fd430c8U);
  EXPECT_EQ(UuidText(*id), kUuid);
  EXPECT_EQ(ParseUuid("6BA7B810-9DAD-11D1-80B4-00C04FD430C8"), id);
}

TEST(UuidTest, AnythingElseIsRefused) {
  EXPECT_FALSE(ParseUuid(""));
  EXPECT_FALSE(ParseUuid("6ba7b810-9dad-11d1-80b4-00c04fd430c"));
  EXPECT_FALSE(ParseUuid("6ba7b810-9dad-11d1-80b4-00c04fd430c80"));
  EXPECT_FALSE(ParseUuid("{6ba7b810-9dad-11d1-80b4-00c04fd430}"));
  EXPECT_FALSE(ParseUuid("6ba7b8109dad11d180b400c04fd430c8abcd"));
  EXPECT_FALSE(ParseUuid("00000000-0000-0000-0000-000000000000"));
  // Every single place, with every character that does not belong there.
  for (size_t i = 0; i < kUuidTextBytes; ++i) {
    for (const char c : {'g', ' ', '\0', '\xff', '/', ':', '@', '`'}) {
      std::string text(kUuid);
      text[i] = c;
      EXPECT_FALSE(ParseUuid(text)) << text;
    }
  }
}

TEST(UuidTest, RoundTrips) {
  Prng prng(7);
  for (int i = 0; i < 1'000; ++i) {
    const RequestId id{prng.Next(), prng.Next()};
    EXPECT_EQ(ParseUuid(UuidText(id)), id);
  }
}

TEST(TransactionIdTest, IsCrockfordsBase32) {
  EXPECT_EQ(TransactionIdText(TransactionId{1}), "000000000001");
  EXPECT_EQ(TransactionIdText(TransactionId{31}), "00000000000Z");
  EXPECT_EQ(TransactionIdText(TransactionId{32}), "000000000010");
  EXPECT_EQ(TransactionIdText(TransactionId{(uint64_t{1} << 60) - 1}), "ZZZZZZZZZZZZ");
}

TEST(TransactionIdTest, IsReadAsPeopleWriteIt) {
  EXPECT_EQ(ParseTransactionId("00000000000z"), TransactionId{31});
  EXPECT_EQ(ParseTransactionId("oooOOO000oil"), TransactionId{1 << 5 | 1});
  EXPECT_EQ(ParseTransactionId("00000000000L"), TransactionId{1});
  EXPECT_FALSE(ParseTransactionId(""));
  EXPECT_FALSE(ParseTransactionId("00000000001"));
  EXPECT_FALSE(ParseTransactionId("0000000000010"));
  EXPECT_FALSE(ParseTransactionId("000000000000"));
  EXPECT_FALSE(ParseTransactionId("00000000000U"));
  EXPECT_FALSE(ParseTransactionId("00000000000-"));
  EXPECT_FALSE(ParseTransactionId("0000000000\xe5\xb7"));
}

TEST(TransactionIdTest, RoundTrips) {
  Prng prng(8);
  for (int i = 0; i < 1'000; ++i) {
    const TransactionId id{(prng.Next() >> 4) | 1};
    EXPECT_EQ(ParseTransactionId(TransactionIdText(id)), id);
  }
}

TEST(CardNumberTest, Has8To19DigitsAndNoLeadingZero) {
  EXPECT_EQ(ParseCardNumber("10000000"), CardNumber{10'000'000});
  EXPECT_EQ(ParseCardNumber("9999999999999999999"), CardNumber{9'999'999'999'999'999'999U});
  EXPECT_EQ(CardNumberText(CardNumber{9'999'999'999'999'999'999U}), "9999999999999999999");
  EXPECT_FALSE(ParseCardNumber(""));
  EXPECT_FALSE(ParseCardNumber("1000000"));
  EXPECT_FALSE(ParseCardNumber("10000000000000000000"));
  EXPECT_FALSE(ParseCardNumber("01234567"));
  EXPECT_FALSE(ParseCardNumber("1234567a"));
  EXPECT_FALSE(ParseCardNumber("1234 5678"));
  EXPECT_FALSE(ParseCardNumber("-12345678"));
}

TEST(DateTest, OnlyDaysThatExist) {
  EXPECT_EQ(ParseDay("2026-03-01"), 20'513);
  EXPECT_EQ(DayText(20'513), "2026-03-01");
  EXPECT_TRUE(ParseDay("2024-02-29"));
  EXPECT_FALSE(ParseDay("2026-02-29"));
  EXPECT_FALSE(ParseDay("2026-13-01"));
  EXPECT_FALSE(ParseDay("2026-00-01"));
  EXPECT_FALSE(ParseDay("2026-01-00"));
  EXPECT_FALSE(ParseDay("2026-01-32"));
  EXPECT_FALSE(ParseDay("1969-12-31"));
  EXPECT_FALSE(ParseDay("1970-01-01"));  // day 0 means never
  EXPECT_FALSE(ParseDay("2200-01-01"));
  EXPECT_FALSE(ParseDay("2026-1-1"));
  EXPECT_FALSE(ParseDay("2026/01/01"));
  EXPECT_FALSE(ParseDay(" 026-01-01"));
}

TEST(JoinedDayTest, DaysBefore2000AreOne) {
  EXPECT_EQ(ParseJoinedDay("2000-01-01"), JoinedDay{1});
  EXPECT_EQ(ParseJoinedDay("2000-01-02"), JoinedDay{2});
  for (const char* long_ago : {"1999-12-31", "1970-01-01", "1951-05-01", "1900-01-01"}) {
    EXPECT_EQ(ParseJoinedDay(long_ago), JoinedDay{1}) << long_ago;
  }
  for (const char* wrong :
       {"", "1899-12-31", "2179-01-01", "2019-02-29", "2019-3-1", "2019/03/01"}) {
    EXPECT_FALSE(ParseJoinedDay(wrong)) << wrong;
  }
  for (const char* day : {"2000-01-01", "2019-03-01", "2024-02-29", "2178-12-31"}) {
    EXPECT_EQ(JoinedDayText(*ParseJoinedDay(day)), day);
  }
  EXPECT_EQ(JoinedDayText(0), "");
}

TEST(Utf8Test, IsCheckedToTheLetter) {
  EXPECT_TRUE(IsPrintableUtf8(""));
  EXPECT_TRUE(IsPrintableUtf8("abc 张三丰 \xf0\x9f\x9a\x87"));
  EXPECT_FALSE(IsPrintableUtf8(std::string_view("a\0b", 3)));
  EXPECT_FALSE(IsPrintableUtf8("a\nb"));
  EXPECT_FALSE(IsPrintableUtf8("\x7f"));
  EXPECT_FALSE(IsPrintableUtf8("\xc2\x85"));          // U+0085
  EXPECT_FALSE(IsPrintableUtf8("\x80"));              // continuation alone
  EXPECT_FALSE(IsPrintableUtf8("\xe5\xbc"));          // cut short
  EXPECT_FALSE(IsPrintableUtf8("\xc0\xaf"));          // overlong
  EXPECT_FALSE(IsPrintableUtf8("\xe0\x80\xaf"));      // overlong
  EXPECT_FALSE(IsPrintableUtf8("\xed\xa0\x80"));      // surrogate
  EXPECT_FALSE(IsPrintableUtf8("\xf4\x90\x80\x80"));  // beyond U+10FFFF
  EXPECT_FALSE(IsPrintableUtf8("\xff"));
}

}  // namespace
}  // namespace gonghui
