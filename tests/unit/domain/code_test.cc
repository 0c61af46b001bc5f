// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/domain/code.h"

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

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
