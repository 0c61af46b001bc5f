// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/server/text_codec.h"

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

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

// Fresh at every run; printed with the command that replays it.
uint64_t Seed() {
  const char* const told = std::getenv("GONGHUI_SEED");
  const uint64_t seed =
      told != nullptr ? std::strtoull(told, nullptr, 10) : uint64_t{std::random_device()()};
  const ::testing::TestInfo& test = *::testing::UnitTest::GetInstance()->current_test_info();
  std::printf("GONGHUI_SEED=%llu server_test --gtest_filter=%s.%s\n",
              static_cast<unsigned long long>(seed),
              test.test_suite_name(),
              test.name());
  return seed;
}

// In a buffer of its own, so that ASan sees every byte read beyond the text.
template <class Parse>
auto ParsedAlone(Parse parse, std::string_view text) {
  const std::vector<char> alone(text.begin(), text.end());
  return parse(std::string_view(alone.data(), alone.size()));
}

// ---- UUIDs and card numbers, character by character ---------------------------------

std::optional<RequestId> SlowlyParsedUuid(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdefABCDEF";
  if (text.size() != 36) {
    return std::nullopt;
  }
  RequestId id;
  for (size_t i = 0; i < 36; ++i) {
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      if (text[i] != '-') {
        return std::nullopt;
      }
      continue;
    }
    const size_t digit = kDigits.find(text[i]);
    if (digit == std::string_view::npos) {
      return std::nullopt;
    }
    uint64_t& half = i < 18 ? id.high : id.low;
    half = half << 4 | (digit < 16 ? digit : digit - 6);
  }
  return id.IsNone() ? std::nullopt : std::optional(id);
}

std::string SlowUuidText(const RequestId& id) {
  std::string text(40, '\0');
  std::snprintf(text.data(),
                text.size(),
                "%08x-%04x-%04x-%04x-%012llx",
                static_cast<unsigned>(id.high >> 32),
                static_cast<unsigned>(id.high >> 16 & 0xffff),
                static_cast<unsigned>(id.high & 0xffff),
                static_cast<unsigned>(id.low >> 48),
                static_cast<unsigned long long>(id.low & 0xffff'ffff'ffff));
  text.resize(36);
  return text;
}

std::optional<CardNumber> SlowlyParsedCardNumber(std::string_view text) {
  if (text.size() < 8 || text.size() > 19 || text[0] == '0' ||
      text.find_first_not_of("0123456789") != std::string_view::npos) {
    return std::nullopt;
  }
  return CardNumber{std::strtoull(std::string(text).c_str(), nullptr, 10)};
}

void ExpectUuidAsSlowly(std::string_view text) {
  EXPECT_EQ(ParsedAlone(ParseUuid, text), SlowlyParsedUuid(text))
      << ::testing::PrintToString(std::string(text));
}

void ExpectCardNumberAsSlowly(std::string_view text) {
  EXPECT_EQ(ParsedAlone(ParseCardNumber, text), SlowlyParsedCardNumber(text))
      << ::testing::PrintToString(std::string(text));
}

// With each byte instead of each character.
template <class Expect>
void WithEveryByteAtEveryPlace(std::string text, Expect expect) {
  for (char& c : text) {
    const char was = c;
    for (int byte = 0; byte < 256; ++byte) {
      c = static_cast<char>(byte);
      expect(text);
    }
    c = was;
  }
}

void SpoilSome(Prng& prng, std::string& text) {
  for (uint64_t wrong = prng.Below(4); wrong > 0 && !text.empty(); --wrong) {
    text[prng.Below(text.size())] = static_cast<char>(prng.Below(256));
  }
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

TEST(UuidTest, EveryByteAtEveryPlaceAndEveryLength) {
  for (const std::string_view text : {kUuid,
                                      std::string_view("00000000-0000-0000-0000-000000000000"),
                                      std::string_view("FFFFFFFF-ffff-9999-AaAa-bCdEf0123456")}) {
    WithEveryByteAtEveryPlace(std::string(text), ExpectUuidAsSlowly);
  }
  const std::string longer = std::string(kUuid) + "00";
  for (size_t length = 0; length <= longer.size(); ++length) {
    ExpectUuidAsSlowly(longer.substr(0, length));
  }
}

// A difference that reaches the next character would make one good or bad by its neighbour.
TEST(UuidTest, EveryPairOfBytes) {
  for (int pair = 0; pair < 65'536; ++pair) {
    std::string text(kUuid);
    text[3] = static_cast<char>(pair >> 8);
    text[4] = static_cast<char>(pair & 0xff);
    ExpectUuidAsSlowly(text);
  }
}

TEST(UuidTest, RandomOnesAreReadAndWrittenAsSlowly) {
  Prng prng(Seed());
  for (int i = 0; i < 20'000; ++i) {
    const RequestId id{prng.Next() >> prng.Below(64), prng.Next() >> prng.Below(64)};
    // Nothing beside the text is written.
    std::string framed(kUuidTextBytes + 2, '?');
    WriteUuid(id, framed.data() + 1);
    std::string text = framed.substr(1, kUuidTextBytes);
    EXPECT_EQ(text, SlowUuidText(id));
    EXPECT_TRUE(framed.front() == '?' && framed.back() == '?') << framed;
    EXPECT_EQ(ParseUuid(text), id.IsNone() ? std::nullopt : std::optional(id)) << text;
    for (char& c : text) {
      c = c >= 'a' && prng.Below(2) == 0 ? static_cast<char>(c - 'a' + 'A') : c;
    }
    ExpectUuidAsSlowly(text);
    SpoilSome(prng, text);
    ExpectUuidAsSlowly(text);
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

TEST(CardNumberTest, EveryByteAtEveryPlaceOfEveryLength) {
  const std::string digits = "622848000000123456789";
  for (size_t length = 0; length <= kCardDigitsMax + 2; ++length) {
    ExpectCardNumberAsSlowly(digits.substr(0, length));
    WithEveryByteAtEveryPlace(digits.substr(0, length), ExpectCardNumberAsSlowly);
  }
}

TEST(CardNumberTest, EveryPairOfBytes) {
  for (int pair = 0; pair < 65'536; ++pair) {
    std::string text = "6228480000123456";
    text[3] = static_cast<char>(pair >> 8);
    text[4] = static_cast<char>(pair & 0xff);
    ExpectCardNumberAsSlowly(text);
  }
}

TEST(CardNumberTest, RandomOnesAreReadAsSlowly) {
  Prng prng(Seed());
  for (int i = 0; i < 20'000; ++i) {
    std::string text(prng.Below(kCardDigitsMax + 3), '0');
    for (char& c : text) {
      c = static_cast<char>('0' + prng.Below(10));
    }
    ExpectCardNumberAsSlowly(text);
    if (const auto number = ParseCardNumber(text)) {
      EXPECT_EQ(CardNumberText(*number), text);
    }
    SpoilSome(prng, text);
    ExpectCardNumberAsSlowly(text);
  }
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
