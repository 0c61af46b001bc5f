// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Pick-up codes as text, and the keys of vouchers.  What they give is kept for ever, so the
// known answers are of another implementation: of each code here its key was computed by
//   python3 -c "import hashlib; print(hashlib.sha256(b'code:0123...').hexdigest()[:32])"
// and the check characters by a Luhn of ten lines beside it.

#include "engine/programmes/voucher_code.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include <gtest/gtest.h>

#include "engine/base/prng.h"
#include "tests/testing/names.h"

namespace gonghui {
namespace {

using RandomBytes = std::array<uint8_t, kVoucherCodeRandomBytes>;

RandomBytes Bytes(Prng* prng) {
  RandomBytes bytes;
  for (uint8_t& byte : bytes) {
    byte = static_cast<uint8_t>(prng->Next());
  }
  return bytes;
}

TEST(VoucherCode, KnownAnswers) {
  struct Case {
    RandomBytes random;
    std::string_view text;
    VoucherKey key;
  };
  constexpr Case kCases[] = {
      {{}, "0000-0000-0000-0000", {0x8b629ed5b8965223, 0x98bc356f30d99889}},
      {{0, 1, 2, 3, 4, 5, 6, 7, 8, 9},
       "000G-40R4-0M30-E20V",
       {0x2a6de63d2d6d6311, 0x2258fd856d39c543}},
      {{0x9f, 0x86, 0xd0, 0x81, 0x88, 0x4c, 0x7d, 0x65, 0x9a, 0x2f},
       "KY3D-10C8-9HYP-B6HH",
       {0xd6b1ea8d1a33d7c7, 0xf1ec735f6e405d4c}},
      {{255, 255, 255, 255, 255, 255, 255, 255, 255, 255},
       "ZZZZ-ZZZZ-ZZZZ-ZZZF",
       {0x0eaf8bcd7a9cbc93, 0x228cced5b44332b3}},
      // Of the last byte five bits are not used, and the one before them is.
      {{255, 255, 255, 255, 255, 255, 255, 255, 255, 0xe0},
       "ZZZZ-ZZZZ-ZZZZ-ZZZF",
       {0x0eaf8bcd7a9cbc93, 0x228cced5b44332b3}},
      {{255, 255, 255, 255, 255, 255, 255, 255, 255, 0xdf},
       "ZZZZ-ZZZZ-ZZZZ-ZZYH",
       {0xba49cef9145f84e5, 0x74be00eab1761b8a}},
  };
  for (const Case& item : kCases) {
    const VoucherCode code = MakeVoucherCode(item.random);
    EXPECT_EQ(code.text, item.text);
    EXPECT_EQ(code.key, item.key) << item.text;
    EXPECT_EQ(ParseVoucherCode(item.text), item.key) << item.text;
  }
}

TEST(VoucherCode, ReadsWhatPeopleType) {
  const std::optional<VoucherKey> key = ParseVoucherCode("000G-40R4-0M30-E20V");
  ASSERT_TRUE(key.has_value());
  for (const std::string_view typed : {"000g-40r4-0m30-e20v",
                                       "000G40R40M30E20V",
                                       " 000G 40R4\t0M30 E20V ",
                                       "0-0-0-G-4-0-R-4-0-M-3-0-E-2-0-V",
                                       "OoOG-4OR4-oM3O-E2oV"}) {
    EXPECT_EQ(ParseVoucherCode(typed), key) << typed;
    EXPECT_EQ(WhyNoVoucherCode(typed), nullptr) << typed;
  }
  const VoucherCode ones =
      MakeVoucherCode(RandomBytes{0x08, 0x42, 0x10, 0x84, 0x21, 0x08, 0x42, 0x10, 0x84, 0x20});
  EXPECT_EQ(ones.text.substr(0, 15), "1111-1111-1111-");
  std::string typed = ones.text;
  typed[0] = 'I';
  typed[1] = 'l';
  typed[2] = 'i';
  typed[3] = 'L';
  EXPECT_EQ(ParseVoucherCode(typed), ones.key);
}

TEST(VoucherCode, SaysWhatIsWrong) {
  const auto why = [](std::string_view text) -> std::string {
    const char* const problem = WhyNoVoucherCode(text);
    EXPECT_EQ(problem == nullptr, ParseVoucherCode(text).has_value()) << text;
    return problem == nullptr ? "" : problem;
  };
  EXPECT_EQ(why(""), "a pick-up code has 16 characters, this has fewer");
  EXPECT_EQ(why("----"), "a pick-up code has 16 characters, this has fewer");
  EXPECT_EQ(why("000G-40R4-0M30-E20"), "a pick-up code has 16 characters, this has fewer");
  EXPECT_EQ(why("000G-40R4-0M30-E20V-0"), "a pick-up code has 16 characters, this has more");
  EXPECT_EQ(why("000G-40R4-0M30-E20W"), "the check character is wrong: the code was mistyped");
  for (const std::string_view text : {"U00G-40R4-0M30-E20V",
                                      "000G_40R4-0M30-E20V",
                                      "000G-40R4-0M30-E20\n",
                                      "000G-40R4-0M30-\xe4\xba\x8c",
                                      "000G/40R4/0M30/E20V"}) {
    EXPECT_EQ(why(text), "a pick-up code has digits and letters only, and no U") << text;
  }
  EXPECT_EQ(why(std::string_view("\0", 1)), "a pick-up code has digits and letters only, and no U");
}

// Another character anywhere, and two neighbours that change places, are noticed; of the
// latter Luhn misses 0 and Z, and what is alike.
TEST(VoucherCode, TheCheckCharacterNoticesWhatPeopleMistype) {
  constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  constexpr uint64_t kSeed = 20'220'801;
  SCOPED_TRACE("seed " + std::to_string(kSeed) + ", fixed");
  Prng prng(kSeed);
  for (int n = 0; n < 50; ++n) {
    std::string text = MakeVoucherCode(Bytes(&prng)).text;
    std::erase(text, '-');
    ASSERT_EQ(text.size(), kVoucherCodeCharacters);
    for (size_t i = 0; i < text.size(); ++i) {
      for (const char c : kAlphabet) {
        std::string other = text;
        other[i] = c;
        EXPECT_EQ(ParseVoucherCode(other).has_value(), c == text[i]) << text << " " << other;
      }
      if (i > 0) {
        std::string swapped = text;
        std::swap(swapped[i - 1], swapped[i]);
        const bool blind = (text[i - 1] == '0' && text[i] == 'Z') ||
                           (text[i - 1] == 'Z' && text[i] == '0') || text[i - 1] == text[i];
        EXPECT_EQ(ParseVoucherCode(swapped).has_value(), blind) << text << " " << swapped;
      }
    }
  }
}

TEST(VoucherCode, EveryBitOfTheRandomBytesCounts) {
  std::set<std::string> texts;
  for (size_t bit = 0; bit < 75; ++bit) {
    RandomBytes random{};
    random[bit / 8] = static_cast<uint8_t>(0x80 >> bit % 8);
    texts.insert(MakeVoucherCode(random).text);
  }
  EXPECT_EQ(texts.size(), 75U);
}

// printf 'grant:quiz:2022-08-20.17' | sha256sum, and likewise.
TEST(VoucherKeys, KnownAnswers) {
  EXPECT_EQ(GrantKey("quiz", "2022-08-20.17"),
            (VoucherKey{0x40d19756b7a5e2b8, 0x191a8864fabb2a67}));
  EXPECT_EQ(DrawKey(CodeOf<DrawCode>("packs-2022"), 1),
            (VoucherKey{0x1104f485473f5bd6, 0x907d7b4690d1513b}));
  EXPECT_EQ(DrawKey(CodeOf<DrawCode>("packs-2022"), UINT32_MAX),
            (VoucherKey{0xc0e7ee1ee491b2aa, 0xe76b82ce61042060}));
}

TEST(VoucherKeys, OfAnotherEventRankOrKindAreOthers) {
  const std::set<VoucherKey> keys{GrantKey("quiz", "1"),
                                  GrantKey("quiz", "2"),
                                  GrantKey("quiz2", "1"),
                                  GrantKey("quiz", ""),
                                  DrawKey(CodeOf<DrawCode>("quiz"), 1),
                                  DrawKey(CodeOf<DrawCode>("quiz"), 11),
                                  DrawKey(CodeOf<DrawCode>("quiz:1"), 1)};
  EXPECT_EQ(keys.size(), 7U);
}

}  // namespace
}  // namespace gonghui
