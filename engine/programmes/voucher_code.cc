// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/programmes/voucher_code.h"

#include <array>

#include "engine/programmes/sha256.h"

namespace gonghui {
namespace {

// Crockford's: no I, L, O and U.
constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr uint32_t kBase = 32;
constexpr uint32_t kNoValue = kBase;
constexpr size_t kGroup = 4;
static_assert(kAlphabet.size() == kBase);

using Values = std::array<uint8_t, kVoucherCodeCharacters>;

uint32_t ValueOf(char c) {
  if (c >= 'a' && c <= 'z') {
    c = static_cast<char>(c - 'a' + 'A');
  }
  if (c == 'O') {
    return 0;
  }
  if (c == 'I' || c == 'L') {
    return 1;
  }
  const size_t at = kAlphabet.find(c);
  return at == std::string_view::npos ? kNoValue : static_cast<uint32_t>(at);
}

// Luhn's, mod 32: every second value, from the last one on, is doubled, and what then has two
// digits in base 32 counts as their sum.
uint8_t CheckValueOf(const Values& values) {
  uint32_t sum = 0;
  for (size_t i = 0; i + 1 < values.size(); ++i) {
    const bool doubled = (values.size() - i) % 2 == 0;
    const uint32_t value = doubled ? 2u * values[i] : values[i];
    sum += value / kBase + value % kBase;
  }
  return static_cast<uint8_t>((kBase - sum % kBase) % kBase);
}

VoucherKey KeyOf(Sha256* hash) {
  const Digest digest = hash->Finish();
  return VoucherKey{BigEndianWord(digest, 0), BigEndianWord(digest, 8)};
}

VoucherKey KeyOf(const Values& values) {
  std::array<char, kVoucherCodeCharacters> text;
  for (size_t i = 0; i < values.size(); ++i) {
    text[i] = kAlphabet[values[i]];
  }
  Sha256 hash;
  hash.Add("code:");
  hash.Add({text.data(), text.size()});
  return KeyOf(&hash);
}

const char* Read(std::string_view text, Values* values) {
  size_t count = 0;
  for (const char c : text) {
    if (c == '-' || c == ' ' || c == '\t') {
      continue;
    }
    const uint32_t value = ValueOf(c);
    if (value == kNoValue) {
      return "a pick-up code has digits and letters only, and no U";
    }
    if (count == values->size()) {
      return "a pick-up code has 16 characters, this has more";
    }
    (*values)[count++] = static_cast<uint8_t>(value);
  }
  if (count < values->size()) {
    return "a pick-up code has 16 characters, this has fewer";
  }
  return values->back() == CheckValueOf(*values)
             ? nullptr
             : "the check character is wrong: the code was mistyped";
}

}  // namespace

VoucherCode MakeVoucherCode(std::span<const uint8_t, kVoucherCodeRandomBytes> random) {
  Values values;
  for (size_t i = 0; i + 1 < values.size(); ++i) {
    // Five bits from bit 5 * i on, the first the most significant; they lie in two bytes.
    const size_t bit = 5 * i;
    const uint32_t two_bytes = uint32_t{random[bit / 8]} << 8 |
                               (bit / 8 + 1 < random.size() ? uint32_t{random[bit / 8 + 1]} : 0u);
    values[i] = static_cast<uint8_t>(two_bytes >> (11 - bit % 8) & (kBase - 1));
  }
  values.back() = CheckValueOf(values);
  VoucherCode code;
  for (size_t i = 0; i < values.size(); ++i) {
    if (i != 0 && i % kGroup == 0) {
      code.text += '-';
    }
    code.text += kAlphabet[values[i]];
  }
  code.key = KeyOf(values);
  return code;
}

const char* WhyNoVoucherCode(std::string_view text) {
  Values values;
  return Read(text, &values);
}

std::optional<VoucherKey> ParseVoucherCode(std::string_view text) {
  Values values;
  if (Read(text, &values) != nullptr) {
    return std::nullopt;
  }
  return KeyOf(values);
}

VoucherKey GrantKey(std::string_view source, std::string_view event_id) {
  Sha256 hash;
  hash.Add("grant:");
  hash.Add(source);
  hash.Add(":");
  hash.Add(event_id);
  return KeyOf(&hash);
}

VoucherKey DrawKey(const DrawCode& draw, uint32_t rank) {
  const auto code = draw.Text();
  Sha256 hash;
  hash.Add("draw:");
  hash.Add({code.data(), code.size});
  hash.Add(":");
  hash.Add(std::to_string(rank));
  return KeyOf(&hash);
}

}  // namespace gonghui
