// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/domain/code.h"

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "engine/base/prng.h"
#include "engine/domain/ids.h"
#include "tests/testing/names.h"

namespace gonghui {
namespace {

std::optional<MerchantId> Parsed(std::string_view text) {
  return MerchantId::Parse(std::span<const char>(text.data(), text.size()));
}

TEST(CodeTest, TextGoesInAndComesOut) {
  for (const char* text : {"A", "12345678", "123456789", "abc.DEF_0:-9", "1234567890123456"}) {
    ASSERT_TRUE(Parsed(text).has_value()) << text;
    EXPECT_EQ(TextOf(*Parsed(text)), text);
  }
}

TEST(CodeTest, RefusesWhatIsEmptyTooLongOrNoCharacterOfACode) {
  for (const char* text : {"", "12345678901234567", "a b", "a/b", "\xe5\xb7\xa5", "a\n", "a,"}) {
    EXPECT_FALSE(Parsed(text).has_value()) << text;
  }
  EXPECT_FALSE(Parsed(std::string_view("a\0b", 3)).has_value());
}

TEST(CodeTest, NoneIsNoText) {
  EXPECT_TRUE(MerchantId{}.IsNone());
  EXPECT_FALSE(Parsed("0")->IsNone());
  EXPECT_EQ(TextOf(MerchantId{}), "");
}

TEST(CodeTest, OrdersAsText) {
  const std::vector<std::string> sorted = {
      "-", "0", "00", "01", "1", "12345678", "123456789", "9", "A", "Z", "_", "a", "aa", "b"};
  for (size_t i = 0; i + 1 < sorted.size(); ++i) {
    EXPECT_LT(*Parsed(sorted[i]), *Parsed(sorted[i + 1])) << sorted[i] << " " << sorted[i + 1];
  }
}

// Frozen: the journal stores these words.
TEST(CodeTest, PacksMostSignificantByteFirst) {
  const MerchantId code = *Parsed("AB345678Z");
  EXPECT_EQ(code.words[0], 0x4142333435363738U);
  EXPECT_EQ(code.words[1], 0x5a00000000000000U);
}

// ---- The same, character by character -----------------------------------------------

constexpr std::string_view kCharacters =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._:-";

template <class CodeType>
std::optional<CodeType> SlowlyParsed(std::string_view text) {
  if (text.empty() || text.size() > CodeType::kBytes) {
    return std::nullopt;
  }
  CodeType code;
  for (size_t i = 0; i < text.size(); ++i) {
    if (kCharacters.find(text[i]) == std::string_view::npos) {
      return std::nullopt;
    }
    code.words[i / 8] |= uint64_t{static_cast<uint8_t>(text[i])} << (56 - 8 * (i % 8));
  }
  return code;
}

// In a buffer of its own, so that ASan sees every byte read beyond the text.
template <class CodeType>
void ExpectParsedAsSlowly(std::string_view text) {
  const std::vector<char> alone(text.begin(), text.end());
  const auto expected = SlowlyParsed<CodeType>(text);
  EXPECT_EQ(CodeType::Parse(alone), expected) << ::testing::PrintToString(std::string(text));
  if (expected.has_value()) {
    EXPECT_EQ(TextOf(*expected), text);
  }
}

void ExpectAllParsedAsSlowly(std::string_view text) {
  ExpectParsedAsSlowly<MerchantId>(text);
  ExpectParsedAsSlowly<FundCode>(text);
}

// Fresh at every run; printed with the command that replays it.
uint64_t Seed() {
  const char* const told = std::getenv("GONGHUI_SEED");
  const uint64_t seed =
      told != nullptr ? std::strtoull(told, nullptr, 10) : uint64_t{std::random_device()()};
  const ::testing::TestInfo& test = *::testing::UnitTest::GetInstance()->current_test_info();
  std::printf("GONGHUI_SEED=%llu domain_test --gtest_filter=%s.%s\n",
              static_cast<unsigned long long>(seed),
              test.test_suite_name(),
              test.name());
  return seed;
}

std::string RandomText(Prng& prng, size_t length) {
  std::string text(length, '\0');
  for (char& c : text) {
    c = kCharacters[prng.Below(kCharacters.size())];
  }
  return text;
}

TEST(CodeTest, EveryByteAtEveryPlaceOfEveryLength) {
  for (size_t length = 0; length <= FundCode::kBytes + 2; ++length) {
    std::string text(kCharacters.substr(kCharacters.size() - length));
    ExpectAllParsedAsSlowly(text);
    for (char& c : text) {
      const char was = c;
      for (int byte = 0; byte < 256; ++byte) {
        c = static_cast<char>(byte);
        ExpectAllParsedAsSlowly(text);
      }
      c = was;
    }
  }
}

// A sum that reaches the next character would make one good or bad by its neighbour.
TEST(CodeTest, EveryPairOfBytes) {
  for (int pair = 0; pair < 65'536; ++pair) {
    std::string text = "abcdefgh";
    text[3] = static_cast<char>(pair >> 8);
    text[4] = static_cast<char>(pair & 0xff);
    ExpectParsedAsSlowly<MerchantId>(text);
  }
}

TEST(CodeTest, RandomTextsAreParsedAsSlowly) {
  Prng prng(Seed());
  for (int i = 0; i < 20'000; ++i) {
    std::string text = RandomText(prng, prng.Below(FundCode::kBytes + 3));
    ExpectAllParsedAsSlowly(text);
    for (uint64_t wrong = prng.Below(4); wrong > 0 && !text.empty(); --wrong) {
      text[prng.Below(text.size())] = static_cast<char>(prng.Below(256));
    }
    ExpectAllParsedAsSlowly(text);
  }
}

TEST(CodeTest, TheCharactersAreThese) {
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    const bool is_one = kCharacters.find(c) != std::string_view::npos;
    EXPECT_EQ(IsCodeCharacter(c), is_one) << byte;
    EXPECT_EQ(AreCodeCharacters(swar::Each(static_cast<uint8_t>(byte))), is_one) << byte;
  }
}

// Constants are parsed by the compiler.
constexpr std::string_view kConstant = "abc.DEF_0:";
static_assert(MerchantId::Parse(kConstant)->words[0] == 0x6162632e4445465f);
static_assert(MerchantId::Parse(kConstant)->words[1] == 0x303a000000000000);
static_assert(FundCode::Parse(kConstant.substr(0, 3))->words[0] == 0x6162630000000000);
static_assert(!FundCode::Parse(std::string_view("abc DEF_0:")).has_value());

TEST(FixedTextTest, HoldsUpToItsCapacity) {
  const auto from = [](std::string_view text) {
    return FixedText<6>::From(std::span<const char>(text.data(), text.size()));
  };
  EXPECT_EQ(from("")->size(), 0U);
  EXPECT_EQ(from("\xe5\xb7\xa5\xe4\xbc\x9a")->size(), 6U);
  EXPECT_FALSE(from("1234567").has_value());
  EXPECT_EQ(*from("abc"), *from("abc"));
  EXPECT_FALSE(*from("abc") == *from("abd"));
}

}  // namespace
}  // namespace gonghui
